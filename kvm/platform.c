/* SPDX-License-Identifier: BSD-2-Clause */
/* The shell for machines without Xen: QEMU with or without KVM, Firecracker, Cloud Hypervisor, and
 * as far as they are PCs, others. Nothing here is needed to reach main but the console. */
#include "include/platform.h"

#include "arch/x86/cpu.h"
#include "include/errno.h"
#include "kvm/acpi_memory.h"
#include "kvm/cpus.h"
#include "kvm/kvmclock.h"
#include "kvm/power.h"
#include "kvm/reference.h"
#include "kvm/rtc.h"
#include "kvm/serial.h"

#define DEBUGCON_PORT 0xe9
#define PIC1_DATA 0x21 /* 8259A: interrupt masks of the two */
#define PIC2_DATA 0xa1

/* The last shell to be asked: it takes everything. */
static bool detect(void)
{
	return true;
}

static void early_init(struct boot_info *bi)
{
	/* Firmware leaves the timer's interrupt open, on a vector that is an exception's. Before the
	 * local APIC is touched: QEMU 7.2 keeps a request that the 8259A takes back while LINT0 is
	 * masked, and delivers it as vector -1 at the first STI. */
	outb(PIC1_DATA, 0xff);
	outb(PIC2_DATA, 0xff);
	if (IS_ENABLED(CONFIG_CONSOLE_SERIAL))
		serial_init();
	if (IS_ENABLED(CONFIG_ACPI))
		acpi_set_rsdp(bi->rsdp);
}

static int init(void)
{
	return 0;
}

static void console_write(const char *buf, size_t len)
{
	if (IS_ENABLED(CONFIG_CONSOLE_SERIAL))
		serial_write(buf, len);
	if (IS_ENABLED(CONFIG_CONSOLE_DEBUGCON))
		for (size_t i = 0; i < len; i++)
			outb(DEBUGCON_PORT, (uint8_t)buf[i]);
}

static size_t console_read(char *buf, size_t len)
{
	return IS_ENABLED(CONFIG_CONSOLE_SERIAL) ? serial_read(buf, len) : 0;
}

static int console_listen(void)
{
	return IS_ENABLED(CONFIG_CONSOLE_SERIAL) ? serial_listen() : -ENODEV;
}

static uint64_t wall_clock(void)
{
	uint64_t ns = IS_ENABLED(CONFIG_KVM_CLOCK) ? kvmclock_wall_ns() : 0;

	return ns || !IS_ENABLED(CONFIG_CLOCK_RTC) ? ns : rtc_wall_ns();
}

static bool tsc_scale(struct tsc_scale *scale)
{
	return IS_ENABLED(CONFIG_KVM_CLOCK) && kvmclock_scale(scale);
}

static __noreturn void stop(enum stop_reason reason, int status)
{
	if (IS_ENABLED(CONFIG_CONSOLE_SERIAL))
		serial_flush();
	power_stop(reason, status);
}

const struct platform kvm_platform = {
	.name = "kvm",
	.detect = detect,
	.early_init = early_init,
	.init = init,
	.console_write = console_write,
	.console_read = console_read,
	.console_listen = console_listen,
	.tsc_scale = tsc_scale,
	.reference = reference_read,
	.wall_clock = wall_clock,
#ifdef CONFIG_SMP
	.cpus_start = kvm_cpus_start,
	.cpus = kvm_cpus,
#endif
	.stop = stop,
};
