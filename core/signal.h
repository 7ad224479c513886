/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals, as the rest of the core uses them: sending, asking whether a sleep was interrupted, masks
 * for the length of one call. Without CONFIG_SIGNALS nothing is ever sent; what would have been ends
 * the machine, or is nothing. */
#ifndef PAGURUS_CORE_SIGNAL_H
#define PAGURUS_CORE_SIGNAL_H

#include <linux/signal.h>

#include "arch/x86/trap.h"
#include "core/exit.h"
#include "include/types.h"

struct thread;
struct queued_signal;

#ifdef CONFIG_SIGNALS

/* Sends info->si_signo to thread, or with NULL to the program: one thread that does not block it
 * takes it. own: room for it, as for pending_add(). Returns 0, -EAGAIN (no room in the queue), or
 * -ESRCH (thread is exiting). Any context; thread's memory must stay (thread_get()). */
int signal_send(struct thread *thread, const struct siginfo *info, struct queued_signal *own);

/* The same to the thread of that number: also -ESRCH where there is none. */
int signal_send_tid(int tid, const struct siginfo *info, struct queued_signal *own);

/* A signal typed on the console (SIGINT, SIGQUIT). Any context. */
void signal_from_console(int signal);

/* For a call that came back with -EINTR: is there really a signal for the caller, or has another
 * thread taken it, or is it ignored? Then the call goes on sleeping. Threads only. */
bool signal_interrupted(void);

/* The caller's mask for the length of one call that sleeps: user names one of size bytes in the
 * program's memory, NULL: no change. Returns 0, -EFAULT, -EINVAL. */
long signal_mask_borrow(const uint64_t *user, size_t size);

/* The end of that call: what it returns decides when the old mask comes back, at once, or (-EINTR)
 * after the signal has been taken. Returns result. */
long signal_mask_return(long result);

/* The calling thread is about to exit: its signals go to others, or away. */
void signal_thread_exit(void);

/* CONFIG_EXEC: every other thread of the program exits before it runs program code again; and what
 * is done about signals is as a new program finds it: what was ignored still is. */
void signal_end_others(void);
void signal_reset(void);

#else

static inline void signal_from_console(int signal)
{
	machine_stop(STOP_SIGNAL, signal);
}

static inline bool signal_interrupted(void)
{
	return true;
}

static inline long signal_mask_borrow(const uint64_t *user, size_t size)
{
	(void)user;
	(void)size;
	return 0;
}

static inline long signal_mask_return(long result)
{
	return result;
}

static inline void signal_thread_exit(void)
{
}

#endif
#endif
