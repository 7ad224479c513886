/* SPDX-License-Identifier: BSD-2-Clause */
/* The PV console: what `xl console` shows and types. */
#ifndef PAGURUS_XEN_CONSOLE_H
#define PAGURUS_XEN_CONSOLE_H

#include "include/types.h"

/* Finds the ring. Needs hypercalls and page tables, no heap and no events. Returns 0, -ENODEV
 * where the toolstack gave this domain none, -ENOMEM, or Xen's error. */
int xen_console_init(void);

/* Waits for room as long as the other side takes anything at all, up to
 * CONFIG_XEN_CONSOLE_PATIENCE seconds without progress; then bytes are dropped, and the next that
 * get through are preceded by how many were. Callers serialise. */
void xen_console_write(const char *buf, size_t len);

size_t xen_console_read(char *buf, size_t len);

/* Calls console_input() when something is typed. Returns 0, -ENODEV or -errno. */
int xen_console_listen(void);

/* In a new domain after a suspension, whose toolstack has made a new ring. Events work again. Returns
 * as the two above. */
int xen_console_resume(void);

/* Waits until the other side has taken everything, as above. */
void xen_console_flush(void);

#endif
