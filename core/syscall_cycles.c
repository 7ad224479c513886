/* SPDX-License-Identifier: BSD-2-Clause */
/* Cycles of system calls; see core/syscall_cycles.h. What a call takes is the time between two readings
 * of the TSC around the function behind its number: sleeping and other threads' turns included, the
 * door's saving and restoring of registers not. Calls that do not come back are not counted. */
#include "core/syscall_cycles.h"

#include "arch/x86/asm.h"
#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "core/console.h"
#include "include/pagurus.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define BUCKETS PAGURUS_SYSCALL_BUCKETS
#define TRIALS 64

struct call_cycles {
	uint64_t calls, total, min, max;
	uint32_t histogram[BUCKETS];
};

/* One more than there are calls: where the counting is tried out. */
static struct call_cycles counted[CONFIG_NR_CPUS][SYSCALL_TABLE_SIZE + 1];
static bool requested;

#define SYSCALL(number, name) [number] = #name,
static const char *const names[SYSCALL_TABLE_SIZE] = {
#include "core/syscalls.h"
};
#undef SYSCALL

long syscall_account(unsigned long number, uint64_t start, long result)
{
	uint64_t spent = rdtsc() - start;
	unsigned bucket = spent ? 63 - (unsigned)__builtin_clzl(spent) : 0;
	struct call_cycles *c;

	irq_disable();
	c = &counted[cpu_id()][number];
	if (spent < c->min || !c->calls)
		c->min = spent;
	if (spent > c->max)
		c->max = spent;
	c->calls++;
	c->total += spent;
	c->histogram[MIN(bucket, BUCKETS - 1U)]++;
	irq_enable();
	return result;
}

/* What counting adds to a call: the least of several trials. */
static uint64_t own_cost(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIALS; i++) {
		uint64_t start = rdtsc();

		syscall_account(SYSCALL_TABLE_SIZE, start, 0);
		least = MIN(least, rdtsc() - start);
	}
	return least;
}

/* Where the table goes. */
struct table {
	void (*sink)(void *ctx, const char *data, size_t len);
	void *ctx;
};

static void put(const struct table *table, const char *fmt, ...) __printf(2, 3);

static void put(const struct table *table, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fmt_vprint(table->sink, table->ctx, fmt, args);
	va_end(args);
}

/* Registers of the program must be saved for some: core/syscalls.h names their shim. */
static void copy_name(char *buf, size_t size, unsigned number)
{
	size_t len = names[number] ? strlen(names[number]) : 0;

	if (len > 6 && strcmp(names[number] + len - 6, "_entry") == 0)
		len -= 6;
	fmt_snprintf(buf, size, "%.*s", (int)len, names[number] ? names[number] : "?");
}

/* The histogram: "2^5:9990 2^6:10". */
static void put_call(const struct table *table, unsigned cpu, unsigned number)
{
	/* A copy: calls go on meanwhile. */
	struct call_cycles c = counted[cpu][number];
	char name[32];

	if (!c.calls)
		return;
	copy_name(name, sizeof(name), number);
	put(table, "%3u %3u %-17s %10lu %8lu %8lu %10lu ", cpu, number, name, c.calls, c.min,
	    c.total / c.calls, c.max);
	for (unsigned i = 0; i < BUCKETS; i++)
		if (c.histogram[i])
			put(table, " 2^%u:%u", i, c.histogram[i]);
	put(table, "\n");
}

void syscall_cycles_print(void (*sink)(void *ctx, const char *data, size_t len), void *ctx)
{
	const struct table table = { sink, ctx };

	put(&table,
	    "system calls through the syscall instruction, in TSC cycles; counting adds at least "
	    "%lu to each\n",
	    own_cost());
	put(&table, "CPU num name                   calls      min     mean        max  histogram\n");
	for (unsigned cpu = 0; cpu < CONFIG_NR_CPUS; cpu++)
		for (unsigned number = 0; number < SYSCALL_TABLE_SIZE; number++)
			put_call(&table, cpu, number);
}

void syscall_cycles_request(void)
{
	requested = true;
}

static void to_console(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	console_write(data, len);
}

void syscall_cycles_at_exit(void)
{
	if (requested)
		syscall_cycles_print(to_console, NULL);
}

static void add(struct pagurus_syscall_stats *sum, const struct call_cycles *c)
{
	if (!c->calls)
		return;
	sum->min = sum->calls ? MIN(sum->min, c->min) : c->min;
	sum->max = MAX(sum->max, c->max);
	sum->calls += c->calls;
	sum->total += c->total;
	for (unsigned i = 0; i < BUCKETS; i++)
		sum->histogram[i] += c->histogram[i];
}

EXPORT int pagurus_syscall_stats(int cpu, unsigned number, struct pagurus_syscall_stats *stats)
{
	*stats = (struct pagurus_syscall_stats){ 0 };
	if (number >= SYSCALL_TABLE_SIZE || cpu >= CONFIG_NR_CPUS)
		return 0;
	for (unsigned i = 0; i < CONFIG_NR_CPUS; i++)
		if (cpu < 0 || (unsigned)cpu == i)
			add(stats, &counted[i][number]);
	return stats->calls != 0;
}
