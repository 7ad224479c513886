/* SPDX-License-Identifier: BSD-2-Clause */
/* How a PC stops. */
#ifndef PAGURUS_KVM_POWER_H
#define PAGURUS_KVM_POWER_H

#include "include/platform.h"

/* As struct platform's stop(): QEMU's exit device, ACPI power-off, reset, and at last a halt. A call
 * from within itself (a fault on the way) goes on behind the step that failed. */
__noreturn void power_stop(enum stop_reason reason, int status);

#endif
