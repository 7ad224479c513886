/* SPDX-License-Identifier: BSD-2-Clause */
/* The mode "areas". Returns the exit status. */
int areas(void);
