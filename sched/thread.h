/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: one kind, for the kernel and for programs. Run queues are per CPU and by priority;
 * there is no tick: the timer runs only for sleepers, and for time slices only while a CPU has
 * more than one ready thread (CONFIG_PREEMPT). Only a CPU itself, with interrupts off, touches its
 * run queue, so that takes no lock; threads come to other CPUs through sched/balance.c. */
#ifndef PAGURUS_SCHED_THREAD_H
#define PAGURUS_SCHED_THREAD_H

#include "arch/x86/context.h"
#include "arch/x86/lock_order.h"
#include "arch/x86/percpu.h"
#include "include/types.h"
#include "lib/list.h"
#include "lib/tree.h"
#include "sched/thread_signals.h"
#include "sched/timer.h"

#define PRIORITY_DEFAULT 32
#define PRIORITY_IDLE (PRIORITIES - 1)

enum thread_state {
	THREAD_RUNNING, /* on a CPU, or ready in its run queue */
	THREAD_BLOCKED, /* in a wait queue */
	THREAD_DEAD,    /* exited; freed by whoever runs next */
	THREAD_SLEEPING, /* in none: waits for its timer, or to be started */
	THREAD_NEW,     /* cloned, not started (CONFIG_SIGNALS) */
};

/* What sched/futex_pi.c keeps of a thread, under its lock. */
struct thread_pi {
	uint8_t base_priority;   /* what it has without those that wait for it */
	bool exited;             /* owns nothing any more */
	int result;              /* of the wait that has ended */
	struct pi_lock *lock;    /* what it waits for, NULL for nothing, */
	struct list waits;       /* and where in its queue it stands */
	struct list owns;        /* those that it owns and others wait for */
	uint32_t *target;        /* FUTEX_WAIT_REQUEUE_PI: what it is to wait for next */
};

struct thread {
	struct context ctx; /* must stay first: assembly uses its offsets from the thread */
	int tid;
	enum thread_state state;
	uint8_t priority;        /* thread_set_priority() changes it */
	bool kernel;             /* never runs program code */
	uint32_t cpu;            /* whose run queue it stands in, or last stood in */
	char name[16];
	struct list run;         /* wait queue, or on its way to another CPU */
	struct list all;         /* every thread, by creation */
	struct tree_node by_tid;
	void (*entry)(void *);   /* where a kernel thread starts */
	void *arg;               /* its argument; of a dead thread: the next dead one */
	struct timer timer;      /* wakes it from a timed sleep */
	int wake_error;          /* what a sleep returns: 0, -ETIMEDOUT, -EINTR */
	struct wait_queue *queue; /* where it waits, NULL for none */
	uint32_t *clear_child_tid; /* set_tid_address/CLONE_CHILD_CLEARTID: cleared and woken at exit */
	uint64_t signal_mask;    /* rt_sigprocmask */
	void *robust_list;       /* set_robust_list */
	uint8_t policy;          /* sched_setscheduler: SCHED_OTHER, _FIFO, ... and what it was given */
	uint8_t policy_priority;
	bool unsliced;           /* SCHED_FIFO: keeps the CPU from its equals until it gives it up */
	const void *futex_key;   /* futex address waited for */
	uint32_t futex_bitset;
	uint32_t references;     /* thread_get(); one is the thread's own */
#ifdef CONFIG_FUTEX_PI
	struct thread_pi pi;
#endif
#ifdef CONFIG_SMP
	uint64_t affinity;       /* CPUs that it may run on */
	uint8_t wanted;          /* priority, from the next time on that it becomes ready */
#endif
#ifdef CONFIG_SIGNALS
	struct thread_signals signals;
#endif
#ifdef CONFIG_LOCK_ORDER
	struct lock_order_held mutexes; /* that it owns */
#endif
#ifdef CONFIG_THREAD_TIMES
	uint64_t cpu_tsc;        /* CPU time used until it last left the CPU, TSC ticks */
	uint64_t started_tsc;    /* when it last got the CPU */
#endif
};

/* Makes the calling flow of control the first thread of this CPU (tid 1). */
void sched_init(void);

static inline struct thread *current_thread(void)
{
	return this_cpu->current;
}

/* A kernel thread that runs entry(arg) and ends when it returns. Ready at once. name is cut to 15
 * characters. NULL: no memory. */
struct thread *thread_create(void (*entry)(void *), void *arg, const char *name);

/* clone() with CLONE_VM|CLONE_THREAD...: a thread of the program that goes on as frame says with
 * RAX = 0. Not ready until thread_start(). NULL: no memory. */
struct thread *thread_clone(const struct trap_frame *frame, uint64_t fs_base);
void thread_start(struct thread *thread);

/* Gives up a thread that was cloned but not started. */
void thread_discard(struct thread *thread);

/* The calling thread no longer counts as one of the program; to be called before thread_exit().
 * Returns how many remain. */
unsigned thread_retire(void);

/* CONFIG_EXEC: the calling thread gets another number, which no other one has; and (sched/robust.c)
 * it gives up the futexes that it owns, as if it exited. */
void thread_set_tid(int tid);
void thread_give_up_futexes(void);

/* Ends the calling thread: clear_child_tid, robust list, then its memory. Threads only. */
__noreturn void thread_exit(void);

/* Is another thread ready that is at least as urgent as the current one? */
static inline bool thread_has_rival(void)
{
	return this_cpu->ready & current_thread()->ctx.rivals;
}

/* Gives the CPU to the next ready thread, if it is at least as urgent. Returns 0. Threads only,
 * interrupts on. */
int thread_give_way(void);

/* The same; the usual case, nobody else ready, takes no call. */
static inline int thread_yield(void)
{
	return likely(!thread_has_rival()) ? 0 : thread_give_way();
}

/* Takes the current thread out of its run queue, and runs another one; the caller has put it where it
 * waits (or marked it dead). Interrupts off. */
void schedule(void);

/* For upcall_preempt(): takes the CPU from the interrupted thread if another one as urgent is
 * ready, and then does not return; the thread goes on as frame says when its turn comes. */
void sched_preempt(struct trap_frame *frame);

/* Makes a blocked thread ready, taking it out of the queue that it waits in. wake_error is what its
 * sleep returns. A thread that is not blocked is left alone. Any context. */
void thread_wake(struct thread *thread, int wake_error);

/* Sleeps until clock_ns() >= ns. Returns 0, or what thread_wake() said (-EINTR). Threads only. */
int thread_sleep_until(uint64_t ns);

/* priority < PRIORITIES. Any context. */
void thread_set_priority(struct thread *thread, unsigned priority);

/* The same, which those who wait for what thread owns may raise (CONFIG_FUTEX_PI). */
#ifdef CONFIG_FUTEX_PI
void thread_set_base_priority(struct thread *thread, unsigned priority);
#else
static inline void thread_set_base_priority(struct thread *thread, unsigned priority)
{
	thread_set_priority(thread, priority);
}
#endif

/* What the idle thread of each CPU does. */
__noreturn void idle_loop(void *unused);

#ifdef CONFIG_SMP
/* Makes the flow of control of a further CPU its idle thread. Interrupts off. */
void sched_init_cpu(void);

/* The top of the stack that it starts on. */
void *idle_stack(unsigned cpu);

/* CPUs that thread may run on, bits beyond those that exist ignored. Returns 0 or -EINVAL: none.
 * The calling thread, if it is the one, is on an allowed CPU afterwards. Threads only. */
int thread_set_affinity(struct thread *thread, uint64_t mask);
#endif

/* NULL: no such thread. It may exit as soon as interrupts are on again, and on another CPU at any
 * time: only whether there is one can be told. */
struct thread *thread_find(int tid);

/* The same, for use: its memory stays until thread_put(), even if it exits. */
struct thread *thread_get(int tid);
void thread_put(struct thread *thread);

/* The oldest thread that wanted() says yes to; NULL: none. Called under the lock of the table of
 * threads, with interrupts off. Any context. */
struct thread *thread_select(bool (*wanted)(struct thread *thread, uint64_t arg), uint64_t arg);

/* Threads that run program code (kernel threads do not count). */
unsigned thread_count(void);

/* Called for each thread, oldest first; for the panic report. Takes no lock. */
void thread_for_each(void (*visit)(struct thread *thread, void *ctx), void *ctx);

/* Time that the program has had the CPU, ns: all time that this CPU was not halted. */
uint64_t sched_busy_ns(void);

#ifdef CONFIG_THREAD_TIMES
/* CPU time of one thread, ns. */
uint64_t thread_cpu_ns(const struct thread *thread);
#endif

#endif
