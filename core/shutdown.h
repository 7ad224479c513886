/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending the program from outside: what a toolstack's "shutdown" and "reboot" mean. */
#ifndef PAGURUS_CORE_SHUTDOWN_H
#define PAGURUS_CORE_SHUTDOWN_H

#include "include/platform.h"

/* Sends the program SIGTERM, so that it can end in order; the default action ends it. Where it still
 * runs after CONFIG_SHUTDOWN_GRACE seconds, because it handles the signal slowly or ignores it, the
 * machine is stopped. reason: STOP_EXIT or STOP_REBOOT; the last request counts. Kernel threads
 * only; may not return. */
void shutdown_request(enum stop_reason reason);

/* Changes how the machine ends (machine_stop()'s arguments) to what the outside shall see of it:
 * after a request, an exit or a death by its SIGTERM is what was asked for, and no failure. Status
 * becomes a shell's: 128 + n for signal n. */
void shutdown_outcome(enum stop_reason *reason, int *status);

#endif
