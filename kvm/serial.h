/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial console: a 16550 UART (National Semiconductor PC16550D) at CONFIG_CONSOLE_SERIAL_PORT.
 * A machine without one costs a single port read per message. */
#ifndef PAGURUS_KVM_SERIAL_H
#define PAGURUS_KVM_SERIAL_H

#include "include/types.h"

/* Sets the UART up. Needs nothing but the processor. */
void serial_init(void);

/* Writes len bytes. Waits for room, but not for ever: what nobody takes is dropped. */
void serial_write(const char *buf, size_t len);

/* Waits, with a bound, until the last byte has left. */
void serial_flush(void);

/* Takes up to len bytes that have arrived. */
size_t serial_read(char *buf, size_t len);

/* Makes the UART raise its interrupt and routes it to VECTOR_CONSOLE. Returns 0, -ENODEV (no UART),
 * or -ENOSYS (no IOAPIC: poll). */
int serial_listen(void);

#endif
