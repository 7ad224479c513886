/* SPDX-License-Identifier: BSD-2-Clause */
/* signals: handlers, masks, queues, waiting, faults, timers, cancellation. */
#define _GNU_SOURCE
#include "signals.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "../tap.h"

TAP_STATE;

volatile int seen, seen_signal;
volatile unsigned long seen_order;
siginfo_t seen_info;

static void counter(int signal, siginfo_t *info, void *context)
{
	(void)context;
	seen++;
	seen_signal = signal;
	seen_order = seen_order << 8 | (unsigned)signal;
	seen_info = *info;
}

void set_handler(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO };

	sigaction(signal, &action, NULL);
}

void count(int signal, int flags)
{
	set_handler(signal, counter, flags);
	seen = 0;
	seen_order = 0;
}

void set_default(int signal)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(signal, &action, NULL);
}

static void change_mask(int how, int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(how, &set, NULL);
}

void block(int signal)
{
	change_mask(SIG_BLOCK, signal);
}

void unblock(int signal)
{
	change_mask(SIG_UNBLOCK, signal);
}

int is_blocked(int signal)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, signal);
}

void alarm_ms(long ms)
{
	const struct itimerval once = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	setitimer(ITIMER_REAL, &once, NULL);
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void test_sending(void)
{
	count(SIGUSR1, 0);
	is(raise(SIGUSR1), 0, "raise");
	is(seen, 1, "calls the handler before it returns");
	is(seen_signal, SIGUSR1, "with the signal's number");
	is(seen_info.si_signo, SIGUSR1, "si_signo says the same");
	is(seen_info.si_code, SI_TKILL, "si_code: tkill");
	is(seen_info.si_pid, getpid(), "si_pid: this process");
	is(kill(getpid(), SIGUSR1), 0, "kill");
	is(seen, 2, "calls it again");
	is(seen_info.si_code, SI_USER, "si_code: kill");
	is(kill(getpid(), 0), 0, "signal 0 is nothing but a question");
	is(seen, 2, "and calls nobody");
	errno = 0;
	ok(kill(getpid(), 65) == -1 && errno == EINVAL, "there is no signal 65: EINVAL");
	errno = 0;
	ok(syscall(SYS_tgkill, getpid(), 1 << 29, SIGUSR1) == -1 && errno == ESRCH,
	   "nor a thread of any number: ESRCH");
	errno = 0;
	ok(kill(1 << 29, SIGUSR1) == -1 && errno == ESRCH, "nor a process: ESRCH");
}

static void test_action(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN }, old;

	count(SIGUSR1, SA_RESTART);
	is(sigaction(SIGUSR1, NULL, &old), 0, "sigaction only asks");
	ok(old.sa_sigaction == counter, "it knows the handler");
	ok((old.sa_flags & (SA_SIGINFO | SA_RESTART | SA_NODEFER)) == (SA_SIGINFO | SA_RESTART),
	   "and its flags");
	sigaction(SIGUSR1, &action, NULL);
	is(raise(SIGUSR1), 0, "an ignored signal");
	is(seen, 0, "calls nobody");
	errno = 0;
	ok(sigaction(SIGKILL, &action, NULL) == -1 && errno == EINVAL, "SIGKILL cannot be ignored");
	errno = 0;
	ok(sigaction(SIGSTOP, &action, NULL) == -1 && errno == EINVAL, "nor can SIGSTOP");
	is(raise(SIGCHLD), 0, "SIGCHLD is ignored by default");

	count(SIGUSR1, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &old);
	ok(seen == 1 && old.sa_handler == SIG_DFL, "SA_RESETHAND: once");
}

static volatile int depth, deepest, blocked_inside, again;

static void reraise(int signal, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	if (++depth > deepest)
		deepest = depth;
	if (again) {
		again = 0;
		blocked_inside = is_blocked(signal);
		raise(signal);
	}
	depth--;
}

static void raise_other(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	blocked_inside = is_blocked(SIGUSR2);
	raise(SIGUSR2);
	depth = seen;
}

static void test_mask_in_handler(void)
{
	struct sigaction action = { .sa_sigaction = raise_other, .sa_flags = SA_SIGINFO };

	depth = deepest = 0;
	again = 1;
	set_handler(SIGUSR1, reraise, 0);
	raise(SIGUSR1);
	is(blocked_inside, 1, "a signal is blocked while its handler runs");
	is(deepest, 1, "so it comes a second time only afterwards");
	is(is_blocked(SIGUSR1), 0, "and is not blocked any more then");

	depth = deepest = 0;
	again = 1;
	set_handler(SIGUSR1, reraise, SA_NODEFER);
	raise(SIGUSR1);
	is(blocked_inside, 0, "SA_NODEFER: it is not blocked");
	is(deepest, 2, "and interrupts its own handler");

	count(SIGUSR2, 0);
	sigaddset(&action.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	is(blocked_inside, 1, "sa_mask blocks others");
	ok(depth == 0 && seen == 1, "until the handler returns");
}

static void test_pending(void)
{
	sigset_t set;

	count(SIGUSR1, 0);
	count(SIGUSR2, 0);
	block(SIGUSR1);
	block(SIGUSR2);
	kill(getpid(), SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR1);
	is(seen, 0, "blocked signals wait");
	is(sigpending(&set), 0, "sigpending");
	ok(sigismember(&set, SIGUSR1) && sigismember(&set, SIGUSR2) && !sigismember(&set, SIGHUP),
	   "knows which");
	unblock(SIGUSR1);
	is(seen, 1, "unblocking brings one of two equal ones");
	unblock(SIGUSR2);
	is(seen, 2, "and that of the process");

	block(SIGUSR1);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	count(SIGUSR1, 0);
	unblock(SIGUSR1);
	is(seen, 0, "ignoring a signal forgets the one that waits");

	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	is(is_blocked(SIGKILL), 0, "SIGKILL cannot be blocked");
	sigemptyset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	errno = 0;
	ok(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 4) == -1 && errno == EINVAL,
	   "a mask of 4 bytes: EINVAL");
}

static volatile long values[8];

static void keep_value(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (seen < 8)
		values[seen] = (long)(uintptr_t)info->si_value.sival_ptr;
	seen++;
	seen_order = seen_order << 8 | (unsigned)signal;
	seen_info = *info;
}

static void test_queue(void)
{
	const int first = SIGRTMIN + 1, second = SIGRTMIN + 2;
	union sigval value = { 0 };

	count(first, 0);
	set_handler(first, keep_value, 0);
	set_handler(second, keep_value, 0);
	block(first);
	block(second);
	value.sival_ptr = (void *)40L;
	is(sigqueue(getpid(), second, value), 0, "sigqueue");
	for (long i = 1; i <= 3; i++) {
		value.sival_ptr = (void *)(i << 32 | i);
		sigqueue(getpid(), first, value);
	}
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, first);
	sigaddset(&set, second);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	is(seen, 4, "real-time signals come as often as they were sent");
	/* Each handler blocks its own signal: the second one's interrupts the first one's at once. */
	ok(values[0] == 40 && values[1] == (1L << 32 | 1) && values[2] == (2L << 32 | 2) &&
	       values[3] == (3L << 32 | 3),
	   "in order, with the values that were sent");
	is(seen_info.si_code, SI_QUEUE, "si_code: sigqueue");
	is(seen_info.si_pid, getpid(), "si_pid: this process");
}

/* Many real-time signals wait at a time, but not without end. */
static void test_queue_bound(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	union sigval value = { .sival_int = 1 };
	struct timespec zero = { 0 };
	int sent = 0, taken = 0;
	sigset_t set;

#ifdef RLIMIT_SIGPENDING
	getrlimit(RLIMIT_SIGPENDING, &limit);
#endif
	if (limit.rlim_cur > 100000)
		limit.rlim_cur = 100000;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMAX);
	block(SIGRTMAX);
	errno = 0;
	while (sent <= (int)limit.rlim_cur && sigqueue(getpid(), SIGRTMAX, value) == 0)
		sent++;
	ok(sent >= 32 && (errno == EAGAIN || sent > 100000), "%d signals wait, then EAGAIN", sent);
	while (sigtimedwait(&set, NULL, &zero) == SIGRTMAX)
		taken++;
	is(taken, sent, "and each of them can be taken");
	unblock(SIGRTMAX);
}

static sigjmp_buf out;

static void jump(int signal, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	siglongjmp(out, signal);
}

static void test_jump(void)
{
	volatile int jumps = 0;

	set_handler(SIGUSR1, jump, 0);
	for (int i = 0; i < 100; i++) {
		if (sigsetjmp(out, 1) == 0)
			raise(SIGUSR1);
		else
			jumps++;
	}
	is(jumps, 100, "siglongjmp out of a handler");
	is(is_blocked(SIGUSR1), 0, "restores the mask");
	set_default(SIGUSR1);
}

static volatile int interrupted;

static void note_interrupt(int signal)
{
	(void)signal;
	interrupted++;
}

/* For a test with a terminal: what is typed as interrupt becomes SIGINT. */
static int read_and_count_interrupts(void)
{
	struct sigaction action = { .sa_handler = note_interrupt };
	char line[80];
	ssize_t n;

	sigaction(SIGINT, &action, NULL);
	printf("ready\n");
	fflush(stdout);
	n = read(0, line, sizeof(line));
	printf("read: %s\n", n < 0 && errno == EINTR ? "interrupted" : "something else");
	fflush(stdout);
	action.sa_flags = SA_RESTART;
	sigaction(SIGINT, &action, NULL);
	n = read(0, line, sizeof(line) - 1);
	line[n > 0 ? n - 1 : 0] = '\0';
	printf("read <%s> after %d interrupts\n", line, interrupted);
	return interrupted;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "terminal") == 0)
		return read_and_count_interrupts();
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	test_sending();
	test_action();
	test_mask_in_handler();
	test_pending();
	test_queue();
	test_queue_bound();
	test_jump();
	test_wait();
	test_fault();
	test_frame();
	test_thread();
	test_cancel();
	test_timer();
	test_stop();
	return tap_done();
}
