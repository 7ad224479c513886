/* SPDX-License-Identifier: BSD-2-Clause */
/* cpus: threads on several CPUs. CPUS=n in the environment says how many there should be, SECONDS=n
 * how long each stress lasts. */
#define _GNU_SOURCE
#include "cpus.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"

TAP_STATE;

int cpus, seconds = 1;

static int64_t stress_end;

int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void begin_stress(void)
{
	stress_end = now_ns() + seconds * 1000000000LL;
}

int is_over(void)
{
	return now_ns() >= stress_end;
}

struct job {
	long (*work)(long index);
	long index;
};

static void *run_job(void *arg)
{
	const struct job *job = arg;

	return (void *)job->work(job->index);
}

long run_threads(int count, long (*work)(long index))
{
	pthread_t threads[THREADS_MAX];
	struct job jobs[THREADS_MAX];
	long sum = 0;
	int made = 0;

	for (; made < count; made++) {
		jobs[made] = (struct job){ work, made };
		if (pthread_create(&threads[made], NULL, run_job, &jobs[made]) != 0)
			break;
	}
	for (int i = 0; i < made; i++) {
		void *result;

		pthread_join(threads[i], &result);
		sum += (long)result;
	}
	return made == count ? sum : -1;
}

static int count_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 0;
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static int pin_nowhere(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	return sched_setaffinity(0, sizeof(set), &set);
}

static int where(void)
{
	unsigned cpu = 99;

	return syscall(SYS_getcpu, &cpu, NULL, NULL) == 0 ? (int)cpu : -1;
}

static void test_there(void)
{
	const char *text = getenv("CPUS");
	int expected = text ? atoi(text) : 1;

	cpus = count_cpus();
	is(cpus, expected, "CPUs, whoever asks first");
}

static void test_affinity(void)
{
	int right = 0;

	for (int i = 0; i < cpus; i++)
		right += pin(i) == 0 && where() == i;
	is(right, cpus, "each CPU can be chosen");
	ok(pin(63) != 0 || cpus > 63, "one that does not exist cannot");
	is(pin_nowhere(), 0, "back to all");
}

static atomic_int arrived;

/* All of them at a time, or nobody gets on: that needs a CPU each. */
static long meet(long index)
{
	int64_t end = now_ns() + 20000000000LL;

	(void)index;
	arrived++;
	while (arrived < cpus)
		if (now_ns() > end)
			return 0;
	return 1;
}

static void test_at_once(void)
{
	arrived = 0;
	is(run_threads(cpus, meet), cpus, "as many threads as CPUs meet without a system call");
}

static __thread uint64_t own = 1;

/* Wanders over all CPUs with live floating-point state, its own TLS and a stack full of marks. */
static long wander(long index)
{
	volatile uint8_t marks[512];
	double sum = 0, expected = 0;
	long bad = 0;

	own = (uint64_t)index * 1000;
	for (int i = 0; i < 512; i++)
		marks[i] = (uint8_t)(i ^ index);
	for (long i = 0; i < 200; i++) {
		int target = (int)((i * 7 + index) % cpus);

		sum += (double)i * 0.5;
		bad += pin(target) != 0 || where() != target;
		own++;
	}
	for (long i = 0; i < 200; i++)
		expected += (double)i * 0.5;
	for (int i = 0; i < 512; i++)
		bad += marks[i] != (uint8_t)(i ^ index);
	return bad + (sum != expected) + (own != (uint64_t)index * 1000 + 200);
}

static void test_wandering(void)
{
	is(run_threads(2 * cpus, wander), 0, "threads that wander keep registers, stack and TLS");
}

static _Atomic int64_t latest;

/* What one CPU's clock has shown, another's may not undercut. */
static long watch_clock(long index)
{
	long bad = 0;

	(void)index;
	while (!is_over()) {
		int64_t seen = latest, now = now_ns();

		bad += now < seen;
		while (seen < now && !atomic_compare_exchange_weak(&latest, &seen, now))
			;
	}
	return bad;
}

static void test_clock(void)
{
	begin_stress();
	is(run_threads(cpus, watch_clock), 0, "time never runs backwards from one CPU to another");
}

static long higher(long index)
{
	struct sched_param param = { .sched_priority = (int)(index % 50) + 1 };
	long bad = 0;

	for (int i = 0; i < 100; i++) {
		int policy = -1;
		struct sched_param got;

		bad += pthread_setschedparam(pthread_self(), i % 2 ? SCHED_FIFO : SCHED_OTHER,
		                             i % 2 ? &param : &(struct sched_param){ 0 }) != 0;
		bad += pthread_getschedparam(pthread_self(), &policy, &got) != 0;
		bad += policy != (i % 2 ? SCHED_FIFO : SCHED_OTHER);
		sched_yield();
	}
	return bad;
}

static void test_priorities(void)
{
	is(run_threads(2 * cpus, higher), 0, "threads change their policies on all CPUs");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (getenv("SECONDS"))
		seconds = atoi(getenv("SECONDS"));
	test_there();
	test_affinity();
	test_at_once();
	test_wandering();
	test_clock();
	test_priorities();
	test_memory();
	test_stress();
	return tap_done();
}
