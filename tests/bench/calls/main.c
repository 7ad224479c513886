// SPDX-License-Identifier: BSD-2-Clause
/* Instructions of system calls, where the TSC counts them (QEMU's -icount shift=0): the same bytes
 * run as Pagurus's program and as Linux's init. Prints "call,NAME,INSTRUCTIONS". */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../apps/common/tsc.h"
#include "calls.h"

#define BATCHES 31

const char *failed;

static void nothing(void)
{
	__asm__ volatile("");
}

static uint64_t batch(void (*turn)(void), int turns)
{
	uint64_t start = tsc_start();

	for (int i = 0; i < turns; i++)
		turn();
	return tsc_end() - start;
}

/* The least of several batches: the others had a timer's interrupt among them. */
static double least(void (*turn)(void), int turns)
{
	uint64_t best = UINT64_MAX;

	batch(turn, turns);
	for (int i = 0; i < BATCHES; i++) {
		uint64_t took = batch(turn, turns);

		if (took < best)
			best = took;
	}
	return (double)best / turns;
}

int main(int argc, char **argv)
{
	/* As Linux's init: what Pagurus has from the start. */
	mkdir("/tmp", 0777);
	if (getpid() == 1 && mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0)
		printf("# a tmpfs of Linux's\n");
	for (int i = 0; i < subject_count; i++) {
		const struct subject *subject = &subjects[i];

		if (argc > 1 && strcmp(argv[1], subject->name) != 0)
			continue;
		failed = NULL;
		if (subject->prepare && !subject->prepare()) {
			printf("missing,%s: %m\n", subject->name);
			continue;
		}
		double cost = least(subject->turn, subject->turns) - least(nothing, subject->turns);

		if (failed)
			printf("missing,%s: %s failed: %m\n", subject->name, failed);
		else
			printf("call,%s,%.1f\n", subject->name, cost);
		fflush(stdout);
		if (subject->finish)
			subject->finish();
	}
	printf("done\n");
	return 0;
}
