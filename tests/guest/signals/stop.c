/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers stopped at any moment, most of them when they expire on another CPU: nothing comes afterwards. */
#define _GNU_SOURCE
#include "signals.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "../tap.h"

#define ROUND_MS 700
#define QUIET_US 150 /* several periods */

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* A timer fires on the CPU that set it: it is stopped from another one, where there is one. */
static void go_to_cpu(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void spin_us(uint64_t us)
{
	uint64_t begin = now_us();

	while (now_us() - begin < us)
		;
}

/* Sets and stops in turn; returns how many signals came after a stop. */
static int hammer(void (*set)(void), void (*stop)(void), int *rounds)
{
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN), seed = 1;
	uint64_t begin = now_ms();
	int late = 0, stopped;

	for (*rounds = 0; now_ms() - begin < ROUND_MS; ++*rounds) {
		go_to_cpu((unsigned)*rounds % cpus);
		set();
		go_to_cpu((unsigned)(*rounds + 1) % cpus);
		spin_us((unsigned)rand_r(&seed) % 60);
		stop();
		stopped = seen;
		spin_us(QUIET_US);
		late += seen - stopped;
	}
	return late;
}

static timer_t timer;

static void set_once(void)
{
	const struct itimerspec soon = { .it_value = { 0, 60000 } };

	timer_settime(timer, 0, &soon, NULL);
}

static void set_periodic(void)
{
	const struct itimerspec often = { { 0, 20000 }, { 0, 20000 } };

	timer_settime(timer, 0, &often, NULL);
}

static void create_periodic(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };

	timer_create(CLOCK_MONOTONIC, &event, &timer);
	set_periodic();
}

static void disarm(void)
{
	const struct itimerspec never = { 0 };

	timer_settime(timer, 0, &never, NULL);
}

static void delete (void)
{
	timer_delete(timer);
}

static void set_alarm(void)
{
	const struct itimerval often = { { 0, 20 }, { 0, 20 } };

	setitimer(ITIMER_REAL, &often, NULL);
}

static void stop_alarm(void)
{
	const struct itimerval never = { 0 };

	setitimer(ITIMER_REAL, &never, NULL);
}

static int unset;

/* A periodic timer is set all the time, whatever its signal is about at the moment. */
static void look_and_stop(void)
{
	struct itimerval left;

	for (int i = 0; i < 20; i++) {
		getitimer(ITIMER_REAL, &left);
		unset += left.it_value.tv_sec == 0 && left.it_value.tv_usec == 0;
	}
	stop_alarm();
}

void test_stop(void)
{
	cpu_set_t all;
	int rounds;

	sched_getaffinity(0, sizeof(all), &all);
	count(SIGALRM, 0);
	create_periodic();
	is(hammer(set_periodic, disarm, &rounds), 0, "a periodic timer, disarmed: nothing comes");
	is(hammer(set_once, disarm, &rounds), 0, "nor of one that expires once");
	timer_delete(timer);
	is(hammer(create_periodic, delete, &rounds), 0, "nor of one that is deleted");
	is(hammer(set_alarm, stop_alarm, &rounds), 0, "nor of setitimer's (%d rounds)", rounds);
	ok(seen > 0, "they do come (%d)", seen);
	is(hammer(set_alarm, look_and_stop, &rounds), 0, "nor of one that is asked what is left");
	is(unset, 0, "and as long as it is set, that is something");
	sched_setaffinity(0, sizeof(all), &all);
	set_default(SIGALRM);
}
