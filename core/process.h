/* SPDX-License-Identifier: BSD-2-Clause */
/* What calls answer that would need another process. */
#ifndef PAGURUS_CORE_PROCESS_H
#define PAGURUS_CORE_PROCESS_H

/* Says so on the console, once. Returns -ENOSYS. */
long process_refused(const char *call);

#endif
