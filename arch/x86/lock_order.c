/* SPDX-License-Identifier: BSD-2-Clause */
/* The graph of lock classes (arch/x86/lock_order.h): an edge from each one held to the one that is
 * taken. A circle is a deadlock that only has to find its moment. */
#include "arch/x86/lock_order.h"

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"
#include "include/panic.h"

#define CLASSES 512

static struct lock_order_held held_by[CONFIG_NR_CPUS];

/* Under busy, interrupts off. Number 0 is nobody's. */
static bool busy;
static uint64_t keys[CLASSES];
static uint16_t numbers[2 * CLASSES]; /* by key, hashed */
_Static_assert(2 * CLASSES == 1 << (64 - 54), "the hash has ten bits");
static const struct lock_site *known[CLASSES]; /* where it was first taken */
static unsigned nr_classes = 1;
static uint64_t after[CLASSES][CLASSES / 64]; /* bit b of a: b was taken while a was held */
static bool stopped;

static void lock_graph(void)
{
	while (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
		cpu_relax();
}

static void unlock_graph(void)
{
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

void lock_order_stop(void)
{
	WRITE_ONCE(stopped, true);
}

/* FNV-1a. */
static uint64_t hash(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3;
	return h;
}

static bool is_static(const void *lock)
{
	return (uint64_t)lock >= IMAGE_BASE;
}

static unsigned class_of(const void *lock, struct lock_site *site)
{
	uint64_t key = (uint64_t)lock;
	unsigned n = site->number;
	uint16_t *slot;

	if (!is_static(lock)) {
		if (n)
			return n;
		key = hash(hash(0xcbf29ce484222325, site->file), site->what) >> 1;
	}
	slot = &numbers[key * 0x9e3779b97f4a7c15 >> 54];
	while ((n = *slot) && keys[n] != key)
		slot = slot + 1 < numbers + 2 * CLASSES ? slot + 1 : numbers;
	if (!n) {
		if (nr_classes == CLASSES)
			return 0; /* more than there is room for: not checked */
		n = *slot = (uint16_t)nr_classes++;
		keys[n] = key;
		known[n] = site;
	}
	if (!is_static(lock))
		site->number = (uint16_t)n;
	return n;
}

static bool has_edge(unsigned from, unsigned to)
{
	return after[from][to / 64] & BIT(to % 64);
}

/* Is there a way from one class to another? Returns the class before the last on it; 0: no. */
static unsigned find_way(unsigned from, unsigned to)
{
	static uint64_t seen[CLASSES / 64];
	static uint16_t list[CLASSES];
	unsigned n = 1;

	for (unsigned i = 0; i < CLASSES / 64; i++)
		seen[i] = 0;
	list[0] = (uint16_t)from;
	seen[from / 64] |= BIT(from % 64);
	for (unsigned i = 0; i < n; i++) {
		if (has_edge(list[i], to))
			return list[i];
		for (unsigned next = 1; next < nr_classes; next++) {
			if (!has_edge(list[i], next) || seen[next / 64] & BIT(next % 64))
				continue;
			seen[next / 64] |= BIT(next % 64);
			list[n++] = (uint16_t)next;
		}
	}
	return 0;
}

static __noreturn void report(const char *what, const struct lock_site *site,
                              const struct lock_site *other, const struct lock_site *before)
{
	lock_order_stop();
	unlock_graph();
	if (before)
		panic("lock order: %s (%s:%u) is taken while %s (%s:%u) is held; the other way round, "
		      "after %s (%s:%u), it was seen before",
		      site->what, site->file, site->line, other->what, other->file, other->line,
		      before->what, before->file, before->line);
	panic("lock order: %s (%s:%u) %s %s (%s:%u)", site->what, site->file, site->line, what,
	      other->what, other->file, other->line);
}

/* Against the lock at index i of those held. */
static void check(const struct lock_order_held *held, unsigned i, const void *lock,
                  const struct lock_site *site, unsigned number)
{
	unsigned from = held->stack[i].number, before;

	if (held->stack[i].lock == lock)
		report("is taken again, by who took it as", site, held->stack[i].site, NULL);
	if (!number || !from || from == number || has_edge(from, number))
		return;
	before = find_way(number, from);
	if (before)
		report("", site, held->stack[i].site, known[before]);
	after[from][number / 64] |= BIT(number % 64);
}

/* Interrupts off. */
static void take(struct lock_order_held *held, const void *lock, struct lock_site *site, bool tried)
{
	unsigned n = held->depth, number;

	if (READ_ONCE(stopped))
		return;
	lock_graph();
	number = class_of(lock, site);
	for (unsigned i = 0; i < n && !tried; i++)
		check(held, i, lock, site, number);
	unlock_graph();
	if (n == LOCK_ORDER_HELD_MAX)
		panic("lock order: %s:%u takes more than %u locks", site->file, site->line,
		      LOCK_ORDER_HELD_MAX);
	held->stack[n].lock = lock;
	held->stack[n].site = site;
	held->stack[n].number = number;
	held->depth = n + 1;
}

static void release(struct lock_order_held *held, const void *lock, const char *who)
{
	unsigned n = held->depth, i = n;

	if (READ_ONCE(stopped))
		return;
	while (i > 0 && held->stack[i - 1].lock != lock)
		i--;
	if (i == 0) {
		lock_order_stop();
		panic("lock order: the lock at %p is released, but this %s does not hold it", lock, who);
	}
	for (; i < n; i++)
		held->stack[i - 1] = held->stack[i];
	held->depth = n - 1;
}

void lock_order_take(const void *lock, struct lock_site *site, bool tried)
{
	take(&held_by[cpu_id()], lock, site, tried);
}

void lock_order_release(const void *lock)
{
	release(&held_by[cpu_id()], lock, "CPU");
}

void lock_order_take_mutex(struct lock_order_held *held, const void *mutex, struct lock_site *site,
                           bool tried)
{
	uint64_t flags = irq_save();

	take(held, mutex, site, tried);
	irq_restore(flags);
}

void lock_order_release_mutex(struct lock_order_held *held, const void *mutex)
{
	release(held, mutex, "thread");
}

void lock_order_check_end(const struct lock_order_held *held)
{
	const struct lock_site *site = held->stack[0].site;

	if (READ_ONCE(stopped) || !held->depth)
		return;
	lock_order_stop();
	panic("lock order: a thread ends while it holds %s (%s:%u)", site->what, site->file,
	      site->line);
}

void lock_order_check_none(void)
{
	unsigned cpu = cpu_id();
	const struct lock_site *site;

	if (READ_ONCE(stopped) || !held_by[cpu].depth)
		return;
	site = held_by[cpu].stack[0].site;
	lock_order_stop();
	panic("lock order: a thread sleeps while it holds %s (%s:%u)", site->what, site->file,
	      site->line);
}
