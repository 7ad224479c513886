/* SPDX-License-Identifier: BSD-2-Clause */
/* cycles: what pagurus_syscall_stats() says of calls that this program makes (an image with
 * CONFIG_SYSCALL_CYCLES; nothing to do elsewhere). */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../tap.h"

TAP_STATE;

#ifdef __pagurus__
#include <pagurus.h>

#define CALLS 1000

static struct pagurus_syscall_stats stats_of(int cpu, unsigned number)
{
	struct pagurus_syscall_stats stats;

	pagurus_syscall_stats(cpu, number, &stats);
	return stats;
}

static void check_sense(const struct pagurus_syscall_stats *stats, const char *name)
{
	uint64_t sum = 0, low = 0;

	for (int i = 0; i < PAGURUS_SYSCALL_BUCKETS; i++) {
		sum += stats->histogram[i];
		low += stats->histogram[i] * (i ? 1UL << i : 0);
	}
	ok(stats->min <= stats->max && stats->min * stats->calls <= stats->total &&
	       stats->total <= stats->max * stats->calls,
	   "%s: the mean lies between minimum and maximum", name);
	is(sum, stats->calls, "%s: the histogram has each call", name);
	ok(low <= stats->total && stats->total <= 2 * low + 2 * sum, "%s: and agrees with the sum", name);
}

static void *make_calls(void *arg)
{
	for (int i = 0; i < CALLS; i++)
		syscall(SYS_gettid);
	return arg;
}

static void test_counts(void)
{
	struct pagurus_syscall_stats before = stats_of(-1, SYS_getppid), after;
	uint64_t by_cpu = 0;
	pthread_t threads[4];

	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	after = stats_of(-1, SYS_getppid);
	is(after.calls - before.calls, CALLS, "each call is counted");
	ok(after.total > before.total, "with its time");
	check_sense(&after, "getppid");
	usleep(20000);
	after = stats_of(-1, SYS_nanosleep);
	ok(after.calls > 0 || stats_of(-1, SYS_clock_nanosleep).calls > 0, "so is one that sleeps");
	before = stats_of(-1, SYS_gettid);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, make_calls, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	after = stats_of(-1, SYS_gettid);
	is(after.calls - before.calls, 4 * CALLS, "also from several threads");
	check_sense(&after, "gettid");
	for (int cpu = 0; cpu < 64; cpu++)
		by_cpu += stats_of(cpu, SYS_gettid).calls;
	is(by_cpu, after.calls, "the CPUs together have counted as many");
	ok(stats_of(-1, SYS_clone).calls >= 4, "calls that save all registers are counted, too");
	is(stats_of(-1, SYS_ptrace).calls, 0, "nobody has called this");
	is(stats_of(-1, 100000).calls, 0, "nor this");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (pagurus_syscall_stats)
		test_counts();
	else
		skip("this image does not count (CONFIG_SYSCALL_CYCLES)");
	return tap_done();
}
#else
int main(void)
{
	skip("Linux does not count");
	return tap_done();
}
#endif
