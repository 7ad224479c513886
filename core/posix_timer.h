/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers that send a signal when they expire: POSIX's (timer_create) and alarm's. A periodic one whose
 * signal is not taken in time counts what it missed instead of sending it again. */
#ifndef PAGURUS_CORE_POSIX_TIMER_H
#define PAGURUS_CORE_POSIX_TIMER_H

#include "core/clock.h"
#include "core/signal_queue.h"
#include "include/types.h"
#include "sched/timer.h"

/* Shorter periods are served as if they were that long, and the rest counted as missed: or a program
 * could keep the CPU busy with nothing but interrupts. */
#define POSIX_TIMER_PERIOD_MIN (20 * NS_PER_US)

struct posix_timer {
	struct timer timer;
	struct queued_signal signal;
	struct siginfo info; /* what it sends */
	bool silent;         /* SIGEV_NONE */
	bool set;            /* it has yet to expire; not so .timer.armed, while that is looked into */
#ifdef CONFIG_CPU_TIMERS
	bool cpu_time; /* it counts the program's CPU time, and is looked at now and then */
	uint64_t left; /* when that was done last */
#endif
	uint64_t due; /* on its own clock: clock_ns(), or CPU time */
	int tid;      /* SIGEV_THREAD_ID: to that thread; 0: to the program */
	int clock;
	bool at_wall;      /* set to a time of the wall clock: moves when that is set */
	uint64_t interval; /* ns; 0: once */
	unsigned missed;   /* expirations since the signal that waits now was sent */
	unsigned overrun;  /* the same of the one that was taken last */
};

/* What a timer is set to: ns until it expires (0: it does not) and between expirations. */
struct posix_timer_setting {
	uint64_t value;
	uint64_t interval;
};

/* info: what it sends; it is sent as info says, with missed expirations added where SI_TIMER. */
void posix_timer_init(struct posix_timer *timer, const struct siginfo *info);

/* What timer is set to now. */
struct posix_timer_setting posix_timer_get(struct posix_timer *timer);

/* What the clock says that timer goes by, ns. */
uint64_t posix_timer_now(const struct posix_timer *timer);

/* Sets timer to deadline (on its clock; UINT64_MAX: stops it) and then every interval ns. */
void posix_timer_set(struct posix_timer *timer, uint64_t deadline, uint64_t interval);

/* The wall clock has gone forward by ns (or back): a timer at_wall expires that much earlier. */
void posix_timer_shift(struct posix_timer *timer, int64_t ns);

/* core/sys_timer.c: sets the wall clock, and with it all timers that the program has made. */
#ifdef CONFIG_SIGNALS
void timers_set_wall_ns(uint64_t ns);
#else
static inline void timers_set_wall_ns(uint64_t ns)
{
	clock_set_wall_ns(ns);
}
#endif

/* core/sys_timer.c: deletes those that the program has made; alarm's stays. */
void timers_delete_all(void);

/* Stops timer and takes its signal back: nothing refers to it any more. */
void posix_timer_stop(struct posix_timer *timer);

#endif
