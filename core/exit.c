/* SPDX-License-Identifier: BSD-2-Clause */
/* How the machine ends: the last line, then the shell's way of stopping. */
#include "core/exit.h"

#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "arch/x86/smp.h"
#include "core/boot_trace.h"
#include "core/console.h"
#include "core/log.h"
#include "core/shutdown.h"
#include "core/signal_name.h"
#include "core/syscall_cycles.h"
#include "include/log.h"
#include "lib/fmt.h"

unsigned exit_value(enum stop_reason reason, int status)
{
	switch (reason) {
	case STOP_EXIT:
		return MIN((unsigned)status & 0xff, (unsigned)EXIT_VALUE_STATUS_MAX);
	case STOP_SIGNAL:
		/* Real-time signals have no value of their own. */
		return EXIT_VALUE_PANIC + (status >= 1 && status <= 31 ? (unsigned)status : 31);
	case STOP_REBOOT:
		return 0;
	default:
		return EXIT_VALUE_PANIC;
	}
}

static int last_line(char *line, size_t size, enum stop_reason reason, int status)
{
	switch (reason) {
	case STOP_EXIT:
		return fmt_snprintf(line, size, "pagurus: exit status %d\n", status & 0xff);
	case STOP_SIGNAL:
		return fmt_snprintf(line, size, "pagurus: killed by signal %d (SIG%s)\n", status,
		                    signal_name(status));
	case STOP_REBOOT:
		return fmt_snprintf(line, size, "pagurus: reboot\n");
	default:
		return fmt_snprintf(line, size, "pagurus: panic\n");
	}
}

#ifdef CONFIG_SMP
/* The first CPU to stop the machine does it, and what it says is the last that is heard. */
static void stop_others(void)
{
	static uint32_t stopper; /* cpu_id() + 1 */
	uint32_t nobody = 0;

	irq_disable();
	if (!__atomic_compare_exchange_n(&stopper, &nobody, cpu_id() + 1, false, __ATOMIC_SEQ_CST,
	                                 __ATOMIC_SEQ_CST) &&
	    nobody != cpu_id() + 1)
		for (;;)
			cpu_wait();
	console_keep();
	smp_stop_others();
}
#else
static void stop_others(void)
{
}
#endif

void machine_stop(enum stop_reason reason, int status)
{
	char line[64];

	stop_others();
	log_debug("%lu ticks of the TSC since the first instruction", rdtsc() - boot_steps[0].tsc);
	log_flush();
	console_fresh_line();
#ifdef CONFIG_SYSCALL_CYCLES
	if (reason == STOP_EXIT || reason == STOP_SIGNAL)
		syscall_cycles_at_exit();
#endif
	console_write(line, (size_t)last_line(line, sizeof(line), reason, status));
	if (IS_ENABLED(CONFIG_SHUTDOWN_REQUEST))
		shutdown_outcome(&reason, &status);
	if (platform)
		platform->stop(reason, status);
	for (;;)
		__asm__ volatile("cli; hlt");
}
