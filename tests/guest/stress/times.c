/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for time and for signals, and threads that come and go. Nobody may wake too early, no signal
 * may be lost, and each must bring its own value, in order. */
#define _GNU_SOURCE
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define SLEEPERS 4
#define PAIRS 2
#define TIMERS 2
#define COMERS 2

static struct timespec after(int64_t ns)
{
	int64_t then = now_ns() + ns;

	return (struct timespec){ .tv_sec = then / 1000000000, .tv_nsec = then % 1000000000 };
}

static void sleep_a_little(struct worker *worker)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_condattr_t attr;
	pthread_cond_t never;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&never, &attr);
	while (!over) {
		int64_t ns = below(worker, 3000000);
		struct timespec until = after(ns), length = { 0, ns };
		int64_t start = now_ns();
		int error;

		switch (below(worker, 3)) {
		case 0:
			error = clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL);
			break;
		case 1:
			error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
			break;
		default:
			pthread_mutex_lock(&mutex);
			error = pthread_cond_timedwait(&never, &mutex, &until);
			pthread_mutex_unlock(&mutex);
			must(error == ETIMEDOUT, "pthread_cond_timedwait: %d", error);
			error = 0;
		}
		must(error == 0, "clock_nanosleep: %d", error);
		/* until was taken before start. */
		must(now_ns() - start >= ns - (start - (until.tv_sec * 1000000000LL + until.tv_nsec - ns)),
		     "woke %lld ns early", (long long)(ns - (now_ns() - start)));
		worker->turns++;
	}
}

/* One that is interrupted all the time, another that does so. */
static struct pair {
	sem_t handled;
	_Atomic uint64_t expected; /* value of the next signal */
	_Atomic bool done;
	_Atomic int tid;
} pairs[PAIRS];

static void on_signal(int signal, siginfo_t *info, void *context)
{
	struct pair *pair = info->si_value.sival_ptr;

	(void)context;
	must(signal == SIGRTMIN + 1 && pair >= pairs && pair < pairs + PAIRS, "a signal for nobody");
	must(pair->tid == (int)syscall(SYS_gettid), "a signal for somebody else");
	pair->expected++;
	sem_post(&pair->handled);
}

static void be_interrupted(struct worker *worker)
{
	struct pair *pair = &pairs[worker->index / 2];
	struct timespec long_time = { 0, 50000000 };
	volatile unsigned spin;
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pair->tid = (int)syscall(SYS_gettid);
	while (!pair->done) {
		switch (below(worker, 4)) {
		case 0:
			nanosleep(&long_time, NULL);
			break;
		case 1:
			for (spin = below(worker, 20000); spin; spin--)
				;
			break;
		case 2:
			pthread_mutex_lock(&mutex);
			pthread_mutex_unlock(&mutex);
			break;
		default:
			sched_yield();
		}
		worker->turns++;
	}
}

static void interrupt(struct worker *worker)
{
	struct pair *pair = &pairs[worker->index / 2];
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	info.si_value.sival_ptr = pair;
	while (!pair->tid)
		usleep(1000);
	while (!over) {
		unsigned burst = 1 + below(worker, 3);

		for (unsigned i = 0; i < burst; i++)
			must(syscall(SYS_rt_tgsigqueueinfo, getpid(), pair->tid, SIGRTMIN + 1, &info) == 0,
			     "rt_tgsigqueueinfo: %s", strerror(errno));
		worker->turns += burst;
		for (unsigned i = 0; i < burst; i++)
			while (sem_wait(&pair->handled) != 0)
				;
		must(pair->expected == worker->turns, "%llu signals sent, %llu handled",
		     (unsigned long long)worker->turns, (unsigned long long)pair->expected);
		if (below(worker, 16) == 0)
			usleep(below(worker, 500));
	}
	pair->done = true;
}

/* A timer that repeats: what came and what overran must be as many as its time allows. */
static void wait_for_timer(struct worker *worker)
{
	int signal = SIGRTMIN + 2 + (int)worker->index;
	int64_t period = 1000000 + below(worker, 4000000), start;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal };
	struct itimerspec times = { { 0, period }, { 0, period } };
	sigset_t set;
	timer_t timer;

	sigemptyset(&set);
	sigaddset(&set, signal);
	must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
	start = now_ns();
	must(timer_settime(timer, 0, &times, NULL) == 0, "timer_settime");
	while (!over) {
		siginfo_t info;

		must(sigwaitinfo(&set, &info) == signal, "sigwaitinfo: %s", strerror(errno));
		worker->turns += 1 + (unsigned)timer_getoverrun(timer);
		must((int64_t)worker->turns * period <= now_ns() - start, "a timer runs ahead");
		/* Overruns that were not yet counted are those since the last signal. */
		must((int64_t)(worker->turns + 2) * period + 10000000000LL > now_ns() - start,
		     "a timer has lost %lld of its signals",
		     (long long)((now_ns() - start) / period - (int64_t)worker->turns));
	}
	timer_delete(timer);
}

unsigned add_sleepers(struct worker *workers)
{
	unsigned n = 0;
	sigset_t set;

	/* Only those who wait for the timers' signals take them. */
	sigemptyset(&set);
	for (int i = 0; i < TIMERS; i++)
		sigaddset(&set, SIGRTMIN + 2 + i);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (unsigned i = 0; i < SLEEPERS; i++)
		workers[n++] = (struct worker){ .name = "sleeper", .run = sleep_a_little, .index = i };
	for (unsigned i = 0; i < TIMERS; i++)
		workers[n++] = (struct worker){ .name = "timer", .run = wait_for_timer, .index = i };
	return n;
}

unsigned add_signals(struct worker *workers)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
	unsigned n = 0;

	sigaction(SIGRTMIN + 1, &action, NULL);
	for (unsigned i = 0; i < PAIRS; i++) {
		sem_init(&pairs[i].handled, 0, 0);
		workers[n++] =
			(struct worker){ .name = "interrupted", .run = be_interrupted, .index = 2 * i };
		workers[n++] =
			(struct worker){ .name = "interrupter", .run = interrupt, .index = 2 * i + 1 };
	}
	return n;
}

static __thread uint64_t own;

static void *come_and_go(void *arg)
{
	uint64_t value = (uint64_t)arg;

	must(own == 0, "a new thread's own variable holds %llu", (unsigned long long)own);
	own = value;
	if (value % 3 == 0)
		usleep((unsigned)value % 500);
	else if (value % 3 == 1)
		sched_yield();
	must(own == value, "a thread's own variable changed");
	return (void *)(value + 1);
}

static void *wait_for_the_end(void *arg)
{
	while (arg)
		pause();
	return NULL;
}

static void create_and_join(struct worker *worker)
{
	while (!over) {
		pthread_t threads[4];
		void *result;

		for (uint64_t i = 0; i < 4; i++)
			must(pthread_create(&threads[i], NULL, come_and_go,
			                    (void *)((worker->turns + i) * 4 + 1)) == 0,
			     "pthread_create");
		for (uint64_t i = 0; i < 4; i++)
			must(pthread_join(threads[i], &result) == 0 &&
			         result == (void *)((worker->turns + i) * 4 + 2),
			     "a thread's result");
		if (below(worker, 4) == 0) {
			must(pthread_create(&threads[0], NULL, wait_for_the_end, worker) == 0,
			     "pthread_create");
			if (below(worker, 2))
				usleep(below(worker, 500));
			pthread_cancel(threads[0]);
			must(pthread_join(threads[0], &result) == 0 && result == PTHREAD_CANCELED,
			     "a thread that was cancelled");
		}
		worker->turns++;
	}
}

unsigned add_comers(struct worker *workers)
{
	for (unsigned i = 0; i < COMERS; i++)
		workers[i] = (struct worker){ .name = "comers", .run = create_and_join, .index = i };
	return COMERS;
}
