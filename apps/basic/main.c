/* SPDX-License-Identifier: BSD-2-Clause */
/* basic: what the basic operations of a system cost, in TSC cycles. measure.h says how. The same
 * source is a native program of Pagurus and a static Linux program. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define DEFAULT_COUNT 10000
#define DEFAULT_MIB 256
#define PAGES_PER_MIB 256

struct options {
	size_t count;
	size_t mib;
	bool csv;
	const char *only; /* NULL: everything */
};

struct subject {
	const char *name;
	const char *title;
	void (*measure)(struct result *result, size_t n);
};

static const struct subject subjects[] = {
	{ "getpid_call", "getpid, C library's call", measure_getpid_call },
	{ "getpid_syscall", "getpid, syscall instruction", measure_getpid_syscall },
	{ "yield_alone", "sched_yield, nobody else ready", measure_yield_alone },
	{ "yield_switch", "sched_yield, one real switch", measure_yield_switch },
};

static int usage(const char *wrong)
{
	fprintf(
		stderr,
		"basic: cannot use '%s'\n"
		"usage: basic [--n COUNT] [--mib MIB] [--csv] [--only NAME]\n"
		"  --n COUNT    calls per operation (%d)\n"
		"  --mib MIB    blocks of 1 MiB to allocate and write to (%d, less where less is free)\n"
		"  --csv        lines of name,unit,min,median,mean,batch\n"
		"  --only NAME  getpid_call, getpid_syscall, yield_alone, yield_switch or memory\n",
		wrong, DEFAULT_COUNT, DEFAULT_MIB);
	return 2;
}

static bool number(const char *text, size_t *value)
{
	char *end;
	unsigned long n = text ? strtoul(text, &end, 10) : 0;

	if (!n || *end || n > 100000000)
		return false;
	*value = n;
	return true;
}

static bool known(const char *name)
{
	if (!name)
		return false;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		if (strcmp(subjects[i].name, name) == 0)
			return true;
	return strcmp(name, "memory") == 0;
}

/* Returns NULL, or the word that cannot be used. */
static const char *parse(struct options *options, char **argv)
{
	for (argv++; *argv; argv++) {
		const char *word = *argv;

		if (strcmp(word, "--csv") == 0) {
			options->csv = true;
			continue;
		}
		if (!argv[1])
			return word;
		argv++;
		if (strcmp(word, "--only") == 0 && known(*argv))
			options->only = *argv;
		else if (strcmp(word, "--n") == 0 && number(*argv, &options->count))
			;
		else if (strcmp(word, "--mib") == 0 && number(*argv, &options->mib))
			;
		else
			return *argv;
	}
	return NULL;
}

static bool wanted(const struct options *options, const char *name)
{
	return !options->only || strcmp(options->only, name) == 0;
}

static void print_result(const struct options *options, const struct result *result)
{
	if (options->csv) {
		printf("%s,cycles,%.0f,%.0f,%.1f,%.2f\n", result->name, result->min, result->median,
		       result->mean, result->batch);
		if (result->note[0])
			printf("# %s: %s\n", result->name, result->note);
		return;
	}
	printf("%-32s %8zu %9.0f %9.0f %11.1f %11.2f\n", result->title, result->count, result->min,
	       result->median, result->mean, result->batch);
	if (result->note[0])
		printf("    (%s)\n", result->note);
}

static void print_head(const struct options *options)
{
	if (options->csv) {
		printf("name,unit,min,median,mean,batch\n");
		printf("tsc_pair,cycles,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", overhead.pair,
		       overhead.pair, overhead.pair, overhead.pair);
		printf("empty_loop,cycles,%.2f,%.2f,%.2f,%.2f\n", overhead.loop, overhead.loop,
		       overhead.loop, overhead.loop);
		return;
	}
	printf("basic: TSC cycles per operation; taken off already: %" PRIu64
	       " for a pair of readings, %.2f for a turn of the loop (batch)\n",
	       overhead.pair, overhead.loop);
	printf("%-32s %8s %9s %9s %11s %11s\n", "operation", "count", "min", "median", "mean", "batch");
}

static void run_memory(const struct options *options)
{
	struct result allocate = { .name = "malloc_1mib", .title = "malloc of 1 MiB, kept" };
	struct result touch = { .name = "first_write", .title = "first write to a 4 KiB page" };

	measure_memory(&allocate, &touch, options->mib);
	print_result(options, &allocate);
	print_result(options, &touch);
	print_page_policy(options->csv ? "# " : "");
}

int main(int argc, char **argv)
{
	struct options options = { .count = DEFAULT_COUNT, .mib = DEFAULT_MIB };
	const char *wrong = parse(&options, argv);

	(void)argc;
	if (wrong)
		return usage(wrong);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	options.mib = memory_mib(options.mib);
	if (!measure_init((options.mib + 1) * PAGES_PER_MIB, options.count)) {
		fprintf(stderr, "basic: no memory for %zu samples: take a smaller --n or --mib\n",
		        options.count);
		return 1;
	}
	if (!stay_on_one_cpu())
		printf("# not pinned to one CPU: the figures for yield may mean little\n");
	print_head(&options);
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		struct result result = { .name = subjects[i].name, .title = subjects[i].title };

		if (!wanted(&options, subjects[i].name))
			continue;
		subjects[i].measure(&result, options.count);
		print_result(&options, &result);
	}
	if (wanted(&options, "memory"))
		run_memory(&options);
	return 0;
}
