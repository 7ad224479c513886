/* SPDX-License-Identifier: BSD-2-Clause */
/* How the machine ends, and what the outside sees of it.
 *
 * The last line on the console says it exactly: "pagurus: exit status N", "pagurus: killed by
 * signal N (NAME)", "pagurus: panic". A hypervisor has less room; QEMU's isa-debug-exit turns a
 * value v of 7 bits into its own exit status v << 1 | 1. The value is:
 *
 *   0..94    the program's exit status itself
 *   95       an exit status of 95 or more (the console line tells which)
 *   96       kernel panic
 *   96 + n   the program was killed by signal n (1..31)
 *
 * scripts/run undoes this: it exits with the program's status, 128 + n for a signal, and 255 for a
 * panic. Without that device the machine powers off (ACPI) or resets, and the status is lost; under
 * Xen the reason is SHUTDOWN_poweroff, and SHUTDOWN_crash for a panic or a signal. */
#ifndef PAGURUS_CORE_EXIT_H
#define PAGURUS_CORE_EXIT_H

#include "include/platform.h"

#define EXIT_VALUE_STATUS_MAX 95
#define EXIT_VALUE_PANIC 96

/* Prints the last line, flushes the consoles and stops the machine. Any context. */
__noreturn void machine_stop(enum stop_reason reason, int status);

/* The 7-bit value above, for shells. */
unsigned exit_value(enum stop_reason reason, int status);

#endif
