/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers that send signals: alarm, setitimer, timer_create. */
#define _GNU_SOURCE
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "../tap.h"

static void test_alarm(void)
{
	const struct itimerval never = { 0 };
	struct itimerval setting;

	count(SIGALRM, 0);
	is(alarm(100), 0, "alarm, none was set");
	ok(alarm(50) >= 99, "alarm tells what was left");
	is(getitimer(ITIMER_REAL, &setting), 0, "getitimer");
	ok(setting.it_value.tv_sec >= 49 && setting.it_value.tv_sec <= 50 &&
	       setting.it_interval.tv_sec == 0,
	   "sees the same timer");
	is(setitimer(ITIMER_REAL, &never, &setting), 0, "setitimer stops it");
	ok(setting.it_value.tv_sec >= 49, "and tells what was left");
	is(alarm(0), 0, "then none is set");
	errno = 0;
	ok(setitimer(77, &never, NULL) == -1 && errno == EINVAL, "no such timer: EINVAL");
	is(seen, 0, "no alarm came");
}

static void test_interval(void)
{
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never = { 0 };
	uint64_t begin = now_ms();

	count(SIGALRM, 0);
	setitimer(ITIMER_REAL, &often, NULL);
	while (seen < 10 && now_ms() - begin < 10000)
		pause();
	setitimer(ITIMER_REAL, &never, NULL);
	is(seen, 10, "ten alarms, 5 ms apart");
	ok(now_ms() - begin >= 49, "take 50 ms (%d)", (int)(now_ms() - begin));
	is(seen_info.si_code, SI_KERNEL, "si_code: the kernel");
	usleep(20000);
	is(seen, 10, "and no more after that");
}

static timer_t make(int notify, int signal, void *value)
{
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = signal };
	timer_t timer = (timer_t)-1;

	event.sigev_value.sival_ptr = value;
	ok(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
	return timer;
}

static void set(timer_t timer, long ms, long interval_ms)
{
	const struct itimerspec setting = {
		.it_interval = { interval_ms / 1000, interval_ms % 1000 * 1000000 },
		.it_value = { ms / 1000, ms % 1000 * 1000000 },
	};

	is(timer_settime(timer, 0, &setting, NULL), 0, "timer_settime");
}

static volatile int overrun;

/* On a busy machine it may have expired once more before anybody looks. */
static void keep_overrun(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_overrun > overrun)
		overrun = info->si_overrun;
}

static void test_posix(void)
{
	timer_t timer = make(SIGEV_SIGNAL, SIGRTMIN, (void *)0x12345678abcdL);
	struct itimerspec left;
	uint64_t begin = now_ms();

	count(SIGRTMIN, 0);
	set(timer, 30, 0);
	is(timer_gettime(timer, &left), 0, "timer_gettime");
	ok(left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 30000000,
	   "tells what is left");
	while (!seen && now_ms() - begin < 10000)
		pause();
	ok(seen == 1 && now_ms() - begin >= 29, "its signal comes when it has expired");
	ok(seen_info.si_code == SI_TIMER && seen_info.si_value.sival_ptr == (void *)0x12345678abcdL,
	   "with SI_TIMER and its value");
	is(seen_info.si_overrun, 0, "and no overrun");
	timer_gettime(timer, &left);
	ok(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0, "then it is not set any more");

	set_handler(SIGRTMIN, keep_overrun, 0);
	block(SIGRTMIN);
	set(timer, 5, 5);
	usleep(60000);
	unblock(SIGRTMIN);
	ok(overrun >= 1 && overrun <= 4000, /* how many, depends on the machine's other work */
	   "a periodic one, blocked, tells how often it expired in the meantime (%d)", overrun);
	ok(timer_getoverrun(timer) >= 0, "timer_getoverrun");
	set(timer, 0, 0);
	count(SIGRTMIN, 0);
	block(SIGRTMIN);
	set(timer, 1, 0);
	usleep(10000);
	is(timer_delete(timer), 0, "timer_delete");
	errno = 0;
	ok(timer_delete(timer) != 0, "only once");
	unblock(SIGRTMIN);
	ok(seen <= 1, "after which nothing comes more than once");
	errno = 0;
	ok(syscall(SYS_timer_settime, 4711, 0, &left, NULL) == -1 && errno == EINVAL,
	   "no timer: EINVAL");
}

static void test_absolute(void)
{
	timer_t timer;
	struct itimerspec at = { 0 };
	uint64_t begin = now_ms();

	count(SIGALRM, 0);
	is(timer_create(CLOCK_REALTIME, NULL, &timer), 0, "timer_create without an event");
	clock_gettime(CLOCK_REALTIME, &at.it_value);
	at.it_value.tv_nsec += 40000000;
	if (at.it_value.tv_nsec >= 1000000000) {
		at.it_value.tv_sec++;
		at.it_value.tv_nsec -= 1000000000;
	}
	is(timer_settime(timer, TIMER_ABSTIME, &at, NULL), 0, "set to a time of day");
	while (!seen && now_ms() - begin < 10000)
		pause();
	ok(seen == 1 && seen_signal == SIGALRM && now_ms() - begin >= 38, "SIGALRM comes then");
	timer_delete(timer);
}

/* Elsewhere the clock is not ours to set. */
static void test_clock_set(void)
{
	struct itimerspec at = { 0 }, left;
	struct timespec now;
	timer_t timer;

	if (getpid() != 1) {
		skip("the clock is this machine's");
		return;
	}
	count(SIGALRM, 0);
	timer_create(CLOCK_REALTIME, NULL, &timer);
	clock_gettime(CLOCK_REALTIME, &now);
	at.it_value.tv_sec = now.tv_sec + 1000;
	timer_settime(timer, TIMER_ABSTIME, &at, NULL);
	now.tv_sec -= 500;
	is(clock_settime(CLOCK_REALTIME, &now), 0, "the clock is put back");
	timer_gettime(timer, &left);
	ok(left.it_value.tv_sec >= 1480 && left.it_value.tv_sec <= 1500, "the timer comes later");
	is(seen, 0, "and not yet");
	now.tv_sec += 2000;
	is(clock_settime(CLOCK_REALTIME, &now), 0, "and put forward");
	for (int i = 0; i < 1000 && !seen; i++)
		usleep(1000);
	is(seen, 1, "past its time: it comes at once");
	at.it_value.tv_sec = 1000;
	timer_settime(timer, 0, &at, NULL);
	now.tv_sec -= 1500;
	clock_settime(CLOCK_REALTIME, &now);
	timer_gettime(timer, &left);
	ok(left.it_value.tv_sec >= 980 && left.it_value.tv_sec <= 1000, "one from now on stays");
	timer_delete(timer);
}

static void test_silent(void)
{
	timer_t timer = make(SIGEV_NONE, 0, NULL);
	struct itimerspec left;

	set(timer, 20, 0);
	usleep(40000);
	timer_gettime(timer, &left);
	ok(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0, "SIGEV_NONE: expires in silence");
	timer_delete(timer);
}

static sem_t called;
static volatile pthread_t caller;
static void *volatile called_with;

static void callback(union sigval value)
{
	caller = pthread_self();
	called_with = value.sival_ptr;
	sem_post(&called);
}

static void test_callback(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD };
	const struct itimerspec soon = { .it_interval = { 0, 10000000 }, .it_value = { 0, 10000000 } };
	struct timespec until;
	timer_t timer;
	int calls = 0;

	sem_init(&called, 0, 0);
	event.sigev_value.sival_ptr = &called;
	event.sigev_notify_function = callback;
	is(timer_create(CLOCK_MONOTONIC, &event, &timer), 0, "timer_create for a thread");
	timer_settime(timer, 0, &soon, NULL);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	while (calls < 3 && sem_timedwait(&called, &until) == 0)
		calls++;
	is(calls, 3, "SIGEV_THREAD: the function is called each time");
	ok(called_with == &called && caller != pthread_self(),
	   "in a thread of its own, with the value");
	timer_delete(timer);
}

void test_timer(void)
{
	test_alarm();
	test_interval();
	test_posix();
	test_absolute();
	test_clock_set();
	test_silent();
	test_callback();
	set_default(SIGALRM);
	set_default(SIGRTMIN);
}
