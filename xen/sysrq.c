/* SPDX-License-Identifier: BSD-2-Clause */
/* `xl sysrq`: looking into a running guest, or making it crash, by one letter. */
#include "arch/x86/cpu.h"
#include "core/console.h"
#include "core/log.h"
#include "core/shutdown.h"
#include "include/panic.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "sched/thread.h"
#include "xen/control.h"

#define LINE_MAX 160
#define LOG_LINES 100

static void print(const char *fmt, ...) __printf(1, 2);

static void print(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = fmt_vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	console_write(line, MIN((size_t)len, sizeof(line) - 1));
}

static void print_thread(struct thread *thread, void *ctx)
{
	static const char *const states[] = {
		[THREAD_RUNNING] = "ready",
		[THREAD_BLOCKED] = "waits",
		[THREAD_SLEEPING] = "sleeps",
		[THREAD_DEAD] = "dead",
	};

	(void)ctx;
	print("  %6d  %-15s  %s%s, priority %u\n", thread->tid, thread->name, states[thread->state],
	      thread == current_thread() ? " (this)" : "", thread->priority);
}

static void print_threads(void)
{
	uint64_t flags = irq_save();

	print("sysrq: %u threads of the program; all threads:\n", thread_count());
	thread_for_each(print_thread, NULL);
	irq_restore(flags);
}

static void print_memory(void)
{
	struct frame_stats stats;

	frame_stats(&stats);
	print("sysrq: memory: %lu KiB, of them %lu free, %lu never used, %lu for bookkeeping\n",
	      stats.total << 2, stats.free << 2, stats.untouched << 2, stats.overhead << 2);
}

void xen_sysrq(char letter)
{
	console_fresh_line();
	switch (letter) {
	case 'b':
		shutdown_request(STOP_REBOOT);
		break;
	case 'c':
		panic("sysrq: crash asked for");
	case 'l':
		log_print_tail("sysrq: messages:\n", LOG_LINES);
		break;
	case 'm':
		print_memory();
		break;
	case 'o':
		shutdown_request(STOP_EXIT);
		break;
	case 't':
		print_threads();
		break;
	default:
		print("sysrq: b reboot, c crash, l messages, m memory, o power off, t threads\n");
	}
}
