/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals and threads: who takes which, wherever it is. */
#define _GNU_SOURCE
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../tap.h"

static volatile int stop, running;
static volatile pthread_t took;
static volatile int took_count;

static void note_thread(int signal)
{
	(void)signal;
	took = pthread_self();
	took_count++;
	stop = 1;
}

static void start(pthread_t *thread, void *(*function)(void *))
{
	running = stop = 0;
	took = 0;
	pthread_create(thread, NULL, function, NULL);
	while (!running)
		sched_yield();
}

static void *compute(void *arg)
{
	volatile unsigned long n = 0;

	running = 1;
	while (!stop)
		n++;
	return arg;
}

static void *yield(void *arg)
{
	running = 1;
	while (!stop)
		sched_yield();
	return arg;
}

static void *sleep_long(void *arg)
{
	running = 1;
	while (!stop)
		sleep(1000);
	return arg;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void *wait_condition(void *arg)
{
	pthread_mutex_lock(&lock);
	running = 1;
	while (!stop) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 20000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		pthread_cond_timedwait(&never, &lock, &until);
	}
	pthread_mutex_unlock(&lock);
	return arg;
}

static void test_to_thread(void *(*function)(void *), const char *what)
{
	pthread_t thread;

	signal(SIGUSR1, note_thread);
	start(&thread, function);
	usleep(2000);
	is(pthread_kill(thread, SIGUSR1), 0, "pthread_kill of a thread that %s", what);
	pthread_join(thread, NULL);
	ok(took == thread, "its handler ran there");
}

/* The signal is for the process: only one thread lets it in. */
static void test_to_process(void)
{
	pthread_t thread;

	signal(SIGUSR1, note_thread);
	start(&thread, sleep_long);
	block(SIGUSR1);
	kill(getpid(), SIGUSR1);
	pthread_join(thread, NULL);
	ok(took == thread, "a signal to the process finds the thread that does not block it");
	unblock(SIGUSR1);
	start(&thread, compute);
	block(SIGUSR1);
	kill(getpid(), SIGUSR1);
	pthread_join(thread, NULL);
	ok(took == thread, "also while that computes");
	took = 0;
	kill(getpid(), SIGUSR1);
	ok(took == 0, "with all blocked it waits");
	unblock(SIGUSR1);
	ok(took == pthread_self(), "for the one that unblocks it");
}

static void *unblock_and_leave(void *arg)
{
	running = 1;
	while (!stop)
		usleep(1000);
	return arg;
}

/* A thread that has been chosen for a signal and then blocks it leaves it to another. */
static void test_exit_passes_on(void)
{
	pthread_t thread;

	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR1, note_thread);
	block(SIGUSR1);
	start(&thread, unblock_and_leave); /* blocked there, too */
	kill(getpid(), SIGUSR1);
	stop = 1;
	pthread_join(thread, NULL);
	ok(took == 0, "nobody took it");
	unblock(SIGUSR1);
	ok(took == pthread_self(), "a signal outlives the threads that blocked it");
	errno = 0;
	ok(syscall(SYS_tgkill, getpid(), (int)syscall(SYS_gettid), 0) == 0, "tgkill asks for a thread");
}

static void *wait_for_two(void *arg)
{
	sigset_t set;
	int got;
	long sum = 0;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	running = 1;
	for (int i = 0; i < 2; i++) {
		sigwait(&set, &got);
		sum += got;
		running++;
	}
	return (void *)sum;
}

static void test_sigwait_thread(void)
{
	pthread_t thread;
	void *sum;

	block(SIGUSR1);
	block(SIGUSR2);
	start(&thread, wait_for_two);
	usleep(1000);
	kill(getpid(), SIGUSR1);
	while (running < 2)
		usleep(1000);
	pthread_kill(thread, SIGUSR2);
	pthread_join(thread, &sum);
	is((intptr_t)sum, SIGUSR1 + SIGUSR2, "a thread in sigwait takes signals to the process and its own");
	unblock(SIGUSR1);
	unblock(SIGUSR2);
}

#define PINGS 2000

static pthread_t players[2];
static volatile int hits[2];

static void hit(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	hits[info->si_value.sival_int]++;
}

/* The C library has no pthread_sigqueue(): its system call. */
static int queue_to(pid_t tid, int player)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	info.si_value.sival_int = player;
	return (int)syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, SIGRTMIN, &info);
}

static volatile pid_t tids[2];

static void *play(void *arg)
{
	int self = (int)(intptr_t)arg, other = 1 - self;
	long failed = 0;

	tids[self] = (pid_t)syscall(SYS_gettid);
	while (!tids[other])
		sched_yield();
	for (int i = 0; i < PINGS; i++) {
		while (queue_to(tids[other], other) != 0) {
			failed++;
			sched_yield();
		}
		if (i % 16 == 0)
			sched_yield();
	}
	while (hits[self] < PINGS)
		sched_yield();
	return (void *)failed;
}

static void test_storm(void)
{
	set_handler(SIGRTMIN, hit, SA_NODEFER * 0);
	for (intptr_t i = 0; i < 2; i++)
		pthread_create(&players[i], NULL, play, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(players[i], NULL);
	is(hits[0], PINGS, "two threads send each other 2000 queued signals: all come");
	is(hits[1], PINGS, "both ways");
}

void test_thread(void)
{
	test_to_thread(compute, "computes");
	test_to_thread(yield, "only yields");
	test_to_thread(sleep_long, "sleeps");
	test_to_thread(wait_condition, "waits for a condition");
	test_to_process();
	test_exit_passes_on();
	test_sigwait_thread();
	test_storm();
	set_default(SIGUSR1);
}
