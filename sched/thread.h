/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: one kind, for the kernel and for programs. Run queues are per CPU and by priority;
 * there is no tick: the timer runs only for sleepers, and for time slices only while a CPU has
 * more than one ready thread (CONFIG_PREEMPT). */
#ifndef PAGURUS_SCHED_THREAD_H
#define PAGURUS_SCHED_THREAD_H

#include "arch/x86/context.h"
#include "arch/x86/percpu.h"
#include "include/types.h"
#include "lib/list.h"
#include "sched/timer.h"

#define PRIORITY_DEFAULT 32
#define PRIORITY_IDLE (PRIORITIES - 1)

enum thread_state {
	THREAD_RUNNING, /* on a CPU, or ready in its run queue */
	THREAD_BLOCKED, /* in a wait queue, or sleeping on its timer */
	THREAD_DEAD,    /* exited; freed by whoever runs next */
};

struct thread {
	struct context ctx; /* must stay first: assembly uses its offsets from the thread */
	int tid;
	enum thread_state state;
	uint8_t priority;
	bool kernel;             /* never runs program code */
	uint32_t cpu;
	char name[16];
	struct list run;         /* run queue or wait queue */
	struct list all;         /* every thread, by creation */
	struct timer timer;      /* wakes it from a timed sleep */
	int wake_error;          /* what a sleep returns: 0, -ETIMEDOUT, -EINTR */
	struct wait_queue *queue; /* where it waits, NULL for none */
	uint32_t *clear_child_tid; /* set_tid_address/CLONE_CHILD_CLEARTID: cleared and woken at exit */
	uint64_t signal_mask;    /* rt_sigprocmask */
	void *robust_list;       /* set_robust_list */
	const void *futex_key;   /* futex address waited for */
	uint32_t futex_bitset;
	uint64_t cpu_ns;         /* CPU time used until it last left the CPU */
	uint64_t started_tsc;    /* when it last got the CPU (only with CONFIG_THREAD_TIMES) */
};

/* Makes the calling flow of control the first thread of this CPU (tid 1). */
void sched_init(void);

static inline struct thread *current_thread(void)
{
	return this_cpu->current;
}

/* A kernel thread that runs entry(arg) and ends when it returns. Ready at once.
 * NULL: no memory. */
struct thread *thread_create(void (*entry)(void *), void *arg, const char *name);

/* clone() with CLONE_VM|CLONE_THREAD...: a thread of the program that goes on as frame says with
 * RAX = 0. Not ready until thread_start(). NULL: no memory. */
struct thread *thread_clone(const struct trap_frame *frame, uint64_t fs_base);
void thread_start(struct thread *thread);

/* Ends the calling thread: clear_child_tid, robust list, then its memory. */
__noreturn void thread_exit(void);

/* Gives the CPU to the next ready thread of at least the same priority, if any. Returns 0. */
long thread_yield(void);

/* Picks and runs another thread; the caller has put the current one where it belongs (or marked it
 * dead). Interrupts off. */
void schedule(void);

/* Makes a blocked thread ready. Any context. */
void thread_wake(struct thread *thread, int wake_error);

/* Sleeps until clock_ns() >= ns, woken only by the timer (or by a signal: -EINTR). */
int thread_sleep_until(uint64_t ns);

void thread_set_priority(struct thread *thread, unsigned priority);
struct thread *thread_find(int tid);
unsigned thread_count(void);

/* Called for each thread, oldest first; for the panic report. */
void thread_for_each(void (*visit)(struct thread *thread, void *ctx), void *ctx);

#endif
