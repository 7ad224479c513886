/* SPDX-License-Identifier: BSD-2-Clause */
/* The platform interface: what a shell (xen/, kvm/) gives to the core. A new hypervisor is a new
 * folder that fills in one struct platform and is named in core/platform.c's list.
 *
 * Every function may be called with interrupts on or off, from any context, and must not sleep. */
#ifndef PAGURUS_PLATFORM_H
#define PAGURUS_PLATFORM_H

#include "include/boot_info.h"
#include "include/types.h"

/* Why the machine stops. A script can tell them apart: see core/exit.h for the encoding. */
enum stop_reason {
	STOP_EXIT,   /* the program returned or called exit: status is its exit status, 0..255 */
	STOP_SIGNAL, /* the program was killed (abort, fault): status is the signal's number */
	STOP_PANIC,  /* the kernel gave up */
	STOP_REBOOT, /* reboot asked for */
};

/* How the TSC relates to nanoseconds: ns = (tsc_delta << shift, or >> -shift) * mul >> 32,
 * the form that Xen's vcpu_time_info and KVM's pvclock state. */
struct tsc_scale {
	uint32_t mul;
	int8_t shift;
};

struct platform {
	const char *name; /* "xen", "kvm" */

	/* Is this the hypervisor we run on? CPUID only; must be cheap. */
	bool (*detect)(void);

	/* Makes the console write. Called once, first thing; the heap does not exist yet.
	 * bi is writable so that a shell may add what the hypervisor tells (RSDP). */
	void (*early_init)(struct boot_info *bi);

	/* The rest: interrupts, clock. Called once, memory and traps work. Returns 0 or -errno. */
	int (*init)(void);

	/* Writes len bytes to every console of this shell; waits for room where that cannot hang. */
	void (*console_write)(const char *buf, size_t len);

	/* Takes up to len bytes of input. Returns how many (0: none waiting). */
	size_t (*console_read)(char *buf, size_t len);

	/* Asks for console_input() (core/console.h) to be called when input arrives.
	 * Returns 0, -ENODEV where no input can ever come, or another -errno where input must be
	 * polled. */
	int (*console_listen)(void);

	/* States the TSC's scale. Returns false where the hypervisor does not say. */
	bool (*tsc_scale)(struct tsc_scale *scale);

	/* Reads a free-running reference counter for measuring the TSC beside the work, where
	 * tsc_scale() knows nothing. *hz is its frequency, *mask its width (2^n - 1).
	 * NULL where there is none. */
	uint64_t (*reference)(uint64_t *hz, uint64_t *mask);

	/* Wall clock now, ns since 1970-01-01 UTC; 0 where there is none. May be slow. */
	uint64_t (*wall_clock)(void);

#ifdef CONFIG_SMP
	/* Starts all CPUs beyond the first (arch/x86/smp.h), waiting for none. Returns 0 or -errno.
	 * NULL: there are none that could be started. */
	int (*cpus_start)(const struct boot_info *bi);

	/* How many CPUs the machine has; 0: nobody knows. May be slow. */
	unsigned (*cpus)(void);

	/* Called on each further CPU. Returns 0 or -errno. NULL: nothing to do. */
	int (*cpu_init)(void);
#endif

	/* Stops the machine so that the outside sees why. Tries every way there is. */
	__noreturn void (*stop)(enum stop_reason reason, int status);
};

extern const struct platform *platform; /* core/platform.c; set before anything above uses it */

/* Sets platform to the shell that detects its hypervisor. Called once, first thing in C. */
void platform_select(void);

#endif
