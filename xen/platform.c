/* SPDX-License-Identifier: BSD-2-Clause */
/* The Xen shell. Each hypercall is an exit from the VM, so on the way to main there are only those
 * that the console and the clock need: the vCPU's time and the console's two parameters. Events
 * begin when somebody wants one. */
#include "include/platform.h"

#include "arch/x86/cpu.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/fmt.h"
#include "xen/clock.h"
#include "xen/console.h"
#include "xen/control.h"
#include "xen/cpus.h"
#include "xen/hypercall.h"
#include "xen/shared.h"
#include "xen/xenstore.h"

#define EXIT_STATUS_NS (200 * NS_PER_MS) /* as long may it keep the machine from stopping */
#define PIC1_DATA 0x21                   /* 8259A: interrupt masks of the two */
#define PIC2_DATA 0xa1

static int vcpu_error = -ENODEV, console_error = -ENODEV;
static bool emulated; /* there is a device model: an HVM guest */

static void early_init(struct boot_info *bi)
{
	if (!xen_detect())
		return;
	emulated = bi->protocol != BOOT_PROTOCOL_PVH;
	vcpu_error = xen_vcpu_map();
	console_error = xen_console_init();
}

static int init(void)
{
	if (console_error)
		log_warn("xen: no console (error %d): the toolstack gave this domain none", console_error);
	/* Firmware leaves the timer's interrupt open, on a vector that is an exception's. */
	if (emulated) {
		outb(PIC1_DATA, 0xff);
		outb(PIC2_DATA, 0xff);
	}
	if (IS_ENABLED(CONFIG_XEN_CONTROL) && !vcpu_error)
		xen_control_init(emulated);
	return vcpu_error;
}

#define DEBUGCON_PORT 0xe9 /* a Xen built for debugging prints it on its own console */

static void console_write(const char *buf, size_t len)
{
	if (IS_ENABLED(CONFIG_CONSOLE_DEBUGCON) && console_error) {
		for (size_t i = 0; i < len; i++)
			outb(DEBUGCON_PORT, (uint8_t)buf[i]);
		return;
	}
	xen_console_write(buf, len);
}

static unsigned shutdown_reason(enum stop_reason reason)
{
	switch (reason) {
	case STOP_EXIT:
		return SHUTDOWN_poweroff;
	case STOP_REBOOT:
		return SHUTDOWN_reboot;
	case STOP_SIGNAL:
	case STOP_PANIC:
		break;
	}
	return SHUTDOWN_crash;
}

/* As a shell has it, for whoever asks in dom0 (xenstore-read /local/domain/N/data/...). */
static void write_exit_status(enum stop_reason reason, int status)
{
	char text[8];

	if (reason == STOP_SIGNAL)
		status += 128;
	else if (reason == STOP_PANIC)
		status = 255;
	fmt_snprintf(text, sizeof(text), "%d", status & 0xff);
	xenstore_last_write("data/pagurus/exit-status", text, EXIT_STATUS_NS);
}

static __noreturn void stop(enum stop_reason reason, int status)
{
	struct sched_shutdown shutdown = { .reason = shutdown_reason(reason) };

	irq_disable();
	xen_console_flush();
	if (IS_ENABLED(CONFIG_XEN_EXIT_STATUS) && !vcpu_error)
		write_exit_status(reason, status);
	if (xen_detect())
		xen_sched_op(SCHEDOP_shutdown, &shutdown);
	for (;;)
		__asm__ volatile("hlt");
}

const struct platform xen_platform = {
	.name = "xen",
	.detect = xen_detect,
	.early_init = early_init,
	.init = init,
	.console_write = console_write,
	.console_read = xen_console_read,
	.console_listen = xen_console_listen,
	.tsc_scale = xen_tsc_scale,
	.wall_clock = xen_wall_clock,
#ifdef CONFIG_SMP
	.cpus_start = xen_cpus_start,
	.cpus = xen_cpus,
	.cpu_init = xen_vcpu_map,
#endif
	.stop = stop,
};
