/* SPDX-License-Identifier: BSD-2-Clause */
/* CONFIG_PLANTED_BUGS: bugs for the tests of those options that find bugs. pagurus.plant=NAME has one of
 * them happen, before the program starts. */
#include "core/plant.h"

#include "arch/x86/paging.h"
#include "arch/x86/spinlock.h"
#include "arch/x86/tsc.h"
#include "include/log.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "sched/thread.h"
#include "sched/wait.h"

#define FRAMES 2000 /* enough to get a certain one again */

static struct spinlock first, second, third;

/* The compiler sees what these do, and would warn, or leave it out. */
static char *hidden(void *p)
{
	__asm__("" : "+r"(p));
	return p;
}

static void frame_after_free(void)
{
	phys_t frame = frame_alloc(0);
	char *p = phys_to_virt(frame);

	frame_free(frame, 0);
	*(volatile char *)hidden(p + 1000) = 1;
	for (int i = 0; i < FRAMES; i++)
		frame_alloc(0);
}

static void frame_twice(void)
{
	phys_t block = frame_alloc(2);

	frame_free(block, 2);
	frame_free(block, 2);
}

static void heap_overflow(void)
{
	char *p = heap_alloc(100);

	hidden(p)[100] = 1;
	heap_free(p);
}

static void heap_underflow(void)
{
	char *p = heap_alloc(128);

	hidden(p)[-40] = 1;
	heap_free(p);
}

static void heap_after_free(void)
{
	char *p = heap_alloc(300);

	heap_free(p);
	hidden(p)[7] = 1;
	for (int i = 0; i < 100; i++)
		heap_free(heap_alloc(100));
}

static void heap_twice(void)
{
	char *p = heap_alloc(100);

	heap_free(p);
	heap_free(hidden(p));
}

static void heap_read(void)
{
	static char copy[200];
	char *p = heap_alloc(100);

	memcpy(copy, hidden(p), 101);
}

static void heap_read_freed(void)
{
	char *p = heap_alloc(300);

	heap_free(p);
	(void)*(volatile char *)hidden(p + 7);
}

static void lock_order(void)
{
	uint64_t flags = spin_lock(&first);

	spin_lock(&second);
	spin_unlock(&second, 0);
	spin_unlock(&first, flags);
	flags = spin_lock(&second);
	spin_lock(&third);
	spin_unlock(&third, 0);
	spin_unlock(&second, flags);
	/* Nobody holds any of them now: there is no deadlock, only the possibility. */
	flags = spin_lock(&third);
	spin_lock(&first);
	spin_unlock(&first, 0);
	spin_unlock(&third, flags);
}

static void lock_twice(void)
{
	spin_lock(&first);
	spin_lock(&first);
}

static void lock_sleep(void)
{
	static struct mutex mutex = MUTEX_INIT(mutex);

	spin_lock(&first);
	mutex_lock(&mutex);
}

static void lock_unheld(void)
{
	spin_unlock(&first, 0);
}

static struct mutex outer = MUTEX_INIT(outer), middle = MUTEX_INIT(middle),
					inner = MUTEX_INIT(inner);

static void nest(struct mutex *a, struct mutex *b)
{
	mutex_lock(a);
	mutex_lock(b);
	mutex_unlock(b);
	mutex_unlock(a);
}

static void mutex_order(void)
{
	nest(&outer, &middle);
	nest(&middle, &inner);
	nest(&inner, &outer);
}

static void mutex_twice(void)
{
	nest(&outer, &outer);
}

static void mutex_unheld(void)
{
	mutex_lock(&outer);
	mutex_unlock(&inner);
}

static void end_with_mutex(void *unused)
{
	(void)unused;
	mutex_lock(&outer);
}

static void mutex_end(void)
{
	thread_create(end_with_mutex, NULL, "planted");
	thread_sleep_until(clock_ns() + NS_PER_SEC);
}

static const struct {
	const char *name;
	void (*happen)(void);
} bugs[] = {
	{ "frame_after_free", frame_after_free },
	{ "frame_twice", frame_twice },
	{ "heap_overflow", heap_overflow },
	{ "heap_underflow", heap_underflow },
	{ "heap_after_free", heap_after_free },
	{ "heap_twice", heap_twice },
	{ "heap_read", heap_read },
	{ "heap_read_freed", heap_read_freed },
	{ "lock_order", lock_order },
	{ "lock_twice", lock_twice },
	{ "lock_sleep", lock_sleep },
	{ "lock_unheld", lock_unheld },
	{ "mutex_order", mutex_order },
	{ "mutex_twice", mutex_twice },
	{ "mutex_unheld", mutex_unheld },
	{ "mutex_end", mutex_end },
};

void plant_bug(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(bugs); i++) {
		if (strcmp(bugs[i].name, name) != 0)
			continue;
		bugs[i].happen();
		log_error("the planted bug %s was not found", name);
		return;
	}
	if (name)
		panic("pagurus.plant=%s: there is no such bug", name);
}
