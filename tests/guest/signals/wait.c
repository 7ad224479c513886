/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that sleep, and signals that end it: which come back with EINTR, which begin anew, and those
 * that wait for nothing else. */
#define _GNU_SOURCE
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../tap.h"

/* linux/futex.h */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

static void test_sleeps(void)
{
	struct timespec request = { 5, 0 }, left = { 9, 9 };
	uint64_t begin = now_ms();

	count(SIGALRM, SA_RESTART);
	alarm_ms(30);
	errno = 0;
	ok(nanosleep(&request, &left) == -1 && errno == EINTR,
	   "a handler interrupts nanosleep, even with SA_RESTART");
	ok(seen == 1 && now_ms() - begin < 3000, "at the time of the alarm");
	ok(left.tv_sec == 4 && left.tv_nsec > 0, "it says how much is left (%ld s)", (long)left.tv_sec);
	alarm_ms(30);
	is(clock_nanosleep(CLOCK_MONOTONIC, 0, &request, NULL), EINTR, "clock_nanosleep");
	alarm_ms(30);
	errno = 0;
	ok(poll(NULL, 0, 5000) == -1 && errno == EINTR, "poll");
	alarm_ms(30);
	struct timeval tv = { 5, 0 };
	errno = 0;
	ok(select(0, NULL, NULL, NULL, &tv) == -1 && errno == EINTR, "select");

	signal(SIGALRM, SIG_IGN);
	request = (struct timespec){ 0, 80000000 };
	begin = now_ms();
	alarm_ms(20);
	is(nanosleep(&request, NULL), 0, "an ignored signal does not interrupt");
	ok(now_ms() - begin >= 79, "nor shorten the sleep");
}

static uint32_t word;

static long futex_wait(const struct timespec *timeout)
{
	return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, timeout, NULL, 0);
}

static void *wake_later(void *arg)
{
	usleep(150000);
	__atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return arg;
}

static void test_restart(void)
{
	struct timespec timeout = { 5, 0 };
	pthread_t waker;

	count(SIGALRM, 0);
	alarm_ms(30);
	errno = 0;
	ok(futex_wait(NULL) == -1 && errno == EINTR && seen == 1, "futex without SA_RESTART: EINTR");
	count(SIGALRM, SA_RESTART);
	alarm_ms(30);
	errno = 0;
	ok(futex_wait(&timeout) == -1 && errno == EINTR && seen == 1, "with a timeout always");

	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* the alarm is for this thread */
	pthread_create(&waker, NULL, wake_later, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	seen = 0;
	alarm_ms(30);
	is(futex_wait(NULL), 0, "with SA_RESTART it waits on, until it is woken");
	ok(seen == 1 && word == 1, "though the handler ran");
	pthread_join(waker, NULL);
	word = 0;
}

static void test_suspend(void)
{
	sigset_t none;
	uint64_t begin = now_ms();

	sigemptyset(&none);
	count(SIGALRM, 0);
	count(SIGUSR1, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	errno = 0;
	ok(sigsuspend(&none) == -1 && errno == EINTR, "sigsuspend takes a signal that waits");
	is(seen, 1, "its handler has run");
	is(is_blocked(SIGUSR1), 1, "and the mask is what it was");
	block(SIGALRM);
	alarm_ms(40);
	ok(sigsuspend(&none) == -1 && now_ms() - begin >= 39, "sigsuspend sleeps until one comes");
	is(seen_signal, SIGALRM, "that was the alarm");
	unblock(SIGALRM);
	unblock(SIGUSR1);
	begin = now_ms();
	alarm_ms(40);
	errno = 0;
	ok(pause() == -1 && errno == EINTR && now_ms() - begin >= 39, "pause");
	begin = now_ms();
	alarm(1);
	unsigned unslept = sleep(5);
	ok(unslept == 3 || unslept == 4, "sleep, interrupted by alarm, says how much is left");
	ok(now_ms() - begin >= 999, "after a second");

	/* Another signal, which is ignored, must not end it. */
	block(SIGCHLD);
	raise(SIGCHLD);
	seen = 0;
	alarm_ms(40);
	ok(sigsuspend(&none) == -1 && seen == 1, "sigsuspend ends after a handler only");
	unblock(SIGCHLD);
}

static void test_masked_poll(void)
{
	struct timespec timeout = { 5, 0 }, zero = { 0, 0 };
	sigset_t none, usr1;

	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	count(SIGUSR1, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	is(ppoll(NULL, 0, &zero, NULL), 0, "ppoll without a mask leaves signals alone");
	is(seen, 0, "the handler did not run");
	errno = 0;
	ok(ppoll(NULL, 0, &timeout, &none) == -1 && errno == EINTR, "ppoll with a mask takes them");
	ok(seen == 1 && is_blocked(SIGUSR1), "and has the old mask again afterwards");
	raise(SIGUSR1);
	errno = 0;
	ok(pselect(0, NULL, NULL, NULL, &timeout, &none) == -1 && errno == EINTR, "so does pselect");
	ok(seen == 2 && is_blocked(SIGUSR1), "and has the old mask again");
	unblock(SIGUSR1);
	is(ppoll(NULL, 0, &zero, &usr1), 0, "a mask that blocks more");
	is(is_blocked(SIGUSR1), 0, "is gone after ppoll");
}

static void test_sigwait(void)
{
	struct timespec zero = { 0 }, soon = { 0, 30000000 };
	uint64_t begin;
	siginfo_t info;
	sigset_t set;
	int got = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGALRM);
	count(SIGUSR1, 0);
	count(SIGALRM, 0);
	count(SIGUSR2, 0);
	block(SIGUSR1);
	block(SIGALRM);
	errno = 0;
	ok(sigtimedwait(&set, &info, &zero) == -1 && errno == EAGAIN, "sigtimedwait, none there: EAGAIN");
	begin = now_ms();
	errno = 0;
	ok(sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN && now_ms() - begin >= 29,
	   "after its timeout");
	raise(SIGUSR1);
	is(sigtimedwait(&set, &info, &zero), SIGUSR1, "takes what waits");
	is(info.si_code, SI_TKILL, "with what is known of it");
	alarm_ms(30);
	is(sigwait(&set, &got), 0, "sigwait");
	is(got, SIGALRM, "sleeps until one comes");
	is(seen, 0, "no handler ran for those");
	raise(SIGUSR2);
	is(seen, 1, "and others go on as ever");

	unblock(SIGALRM);
	sigdelset(&set, SIGALRM);
	alarm_ms(30);
	errno = 0;
	ok(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8) == -1 && errno == EINTR,
	   "another signal's handler: EINTR");
	unblock(SIGUSR1);
	errno = 0;
	ok(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 4) == -1 && errno == EINVAL,
	   "a set of 4 bytes: EINVAL");
}

void test_wait(void)
{
	test_sleeps();
	test_restart();
	test_suspend();
	test_masked_poll();
	test_sigwait();
	set_default(SIGALRM);
}
