/* SPDX-License-Identifier: BSD-2-Clause */
/* A use of the shell's interfaces for tests; see xen/check.c. */
#ifndef PAGURUS_XEN_CHECK_H
#define PAGURUS_XEN_CHECK_H

/* Starts its thread. The heap and threads exist, xenstore is connected. */
void xen_check_begin(void);

#endif
