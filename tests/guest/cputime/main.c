/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers of CPU time: they go on while the program works, and stand still while it sleeps. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"

TAP_STATE;

static volatile sig_atomic_t seen;

static void count(int signal)
{
	(void)signal;
	seen++;
}

static uint64_t ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Works until so many signals have come; for half a minute at most. Returns the CPU time it took. */
static uint64_t work(int signals)
{
	uint64_t begin = ms(CLOCK_MONOTONIC), cpu = ms(CLOCK_PROCESS_CPUTIME_ID);

	while (seen < signals && ms(CLOCK_MONOTONIC) - begin < 30000)
		;
	return ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;
}

static void test_interval(int which, int signal, const char *name)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } }, never = { 0 };
	struct itimerval setting;
	uint64_t took;

	sigaction(signal, &(struct sigaction){ .sa_handler = count }, NULL);
	seen = 0;
	is(setitimer(which, &often, NULL), 0, name);
	took = work(5);
	ok(seen >= 5, "five signals");
	ok(took >= 60, "not before their time (%d ms)", (int)took);
	is(getitimer(which, &setting), 0, "getitimer");
	ok(setting.it_interval.tv_usec == 20000 && setting.it_value.tv_sec == 0 &&
	       setting.it_value.tv_usec > 0 && setting.it_value.tv_usec <= 24000,
	   "tells what is left (%d us)", (int)setting.it_value.tv_usec);
	is(setitimer(which, &never, NULL), 0, "stopped");
	seen = 0;
	took = ms(CLOCK_MONOTONIC);
	while (ms(CLOCK_MONOTONIC) - took < 60)
		;
	is(seen, 0, "no more of them");
}

static void test_asleep(void)
{
	const struct itimerval soon = { { 0, 0 }, { 0, 300000 } }, never = { 0 };
	struct itimerval setting;

	seen = 0;
	setitimer(ITIMER_PROF, &soon, NULL);
	usleep(700000);
	is(seen, 0, "while the program sleeps, no time goes by");
	is(setitimer(ITIMER_PROF, &never, &setting), 0, "setitimer");
	ok(setting.it_value.tv_usec > 100000, "and most of it is left (%d us)",
	   (int)setting.it_value.tv_usec);
}

static void test_posix(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	const struct itimerspec soon = { .it_value = { 0, 50000000 } };
	struct itimerspec setting;
	uint64_t took;
	timer_t timer;

	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = count }, NULL);
	seen = 0;
	is(timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer), 0, "timer_create");
	is(timer_settime(timer, 0, &soon, NULL), 0, "timer_settime");
	is(timer_gettime(timer, &setting), 0, "timer_gettime");
	ok(setting.it_value.tv_nsec > 0 && setting.it_value.tv_nsec <= 54000000, "what is left");
	took = work(1);
	is(seen, 1, "one signal");
	ok(took >= 40, "not before its time (%d ms)", (int)took);
	is(timer_delete(timer), 0, "timer_delete");
}

int main(void)
{
	struct itimerval setting;

	test_interval(ITIMER_PROF, SIGPROF, "ITIMER_PROF");
	test_interval(ITIMER_VIRTUAL, SIGVTALRM, "ITIMER_VIRTUAL");
	test_asleep();
	test_posix();
	errno = 0;
	ok(getitimer(3, &setting) == -1 && errno == EINVAL, "no fourth one");
	return tap_done();
}
