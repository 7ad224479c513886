// SPDX-License-Identifier: BSD-2-Clause
/* What ends with a program that execve replaces; see core/replace.h. */
#include "core/replace.h"

#include "arch/x86/asm.h"
#include "arch/x86/context.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/tsc.h"
#include "core/aslr.h"
#include "core/doors.h"
#include "core/file.h"
#include "core/posix_timer.h"
#include "core/signal.h"
#include "include/errno.h"
#include "mm/area.h"
#include "sched/futex.h"
#include "sched/thread.h"

#define WAIT_FIRST (20 * NS_PER_US)
#define WAIT_LONGEST NS_PER_MS

static struct thread *replacing;

/* Another thread that has run program code, and may touch the program's memory once more? */
static bool is_other(struct thread *thread, uint64_t self)
{
	return thread != (struct thread *)self && thread->ctx.xstate;
}

int replace_begin(void)
{
	struct thread *self = current_thread(), *nobody = NULL;
	uint64_t wait = WAIT_FIRST;

	if (!__atomic_compare_exchange_n(&replacing, &nobody, self, false, __ATOMIC_SEQ_CST,
	                                 __ATOMIC_SEQ_CST))
		return -EAGAIN;
	self->signals.deaf = true; /* those of the program wait until there is the new one */
	/* Again and again: a thread may just be making another one. */
	while (thread_select(is_other, (uint64_t)self)) {
		signal_end_others();
		thread_sleep_until(clock_ns() + wait);
		wait = MIN(2 * wait, WAIT_LONGEST);
	}
	self->signals.deaf = false;
	return 0;
}

void replace_reset(void)
{
	struct thread *self = current_thread();

	thread_give_up_futexes();
	self->clear_child_tid = NULL;
	timers_delete_all();
	signal_reset();
	descriptors_exec();
	area_unmap(program_space, USER_MIN, USER_MAX - USER_MIN);
	thread_set_tid(PROGRAM_PID);
	aslr_renew();
	__atomic_store_n(&replacing, NULL, __ATOMIC_RELEASE);
}

void replace_enter(uint64_t sp, uint64_t entry)
{
	struct context *ctx = &current_thread()->ctx;
	struct trap_frame frame = {
		.rip = entry,
		.cs = SELECTOR_CODE,
		.rflags = RFLAGS_IF,
		.rsp = sp,
		.ss = SELECTOR_DATA,
	};

	context_set_xstate(ctx, ctx->xstate);
	irq_disable();
	context_set_fs(ctx, 0);
	xstate_restore(ctx->xstate);
	irq_enable();
	signal_exit(&frame);
	trap_resume(&frame);
}
