/* SPDX-License-Identifier: BSD-2-Clause */
/* See arena.h. Accesses that must fault do so under a handler that jumps back. */
#define _GNU_SOURCE
#include "arena.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "stress.h"

#define WORDS (PAGE / sizeof(uint64_t))
#define LARGE (2UL << 20)

static __thread sigjmp_buf *volatile fault_return;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (fault_return)
		siglongjmp(*fault_return, 1);
	wrong("signal %d at %p", signal, info->si_addr);
}

void arena_init(struct arena *arena, size_t pages)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
	size_t size = pages * PAGE;
	char *room = mmap(NULL, size + LARGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigaction(SIGSEGV, &action, NULL);
	must(room != MAP_FAILED, "no addresses for %zu pages", pages);
	arena->base = (char *)(((uintptr_t)room + LARGE - 1) & ~(LARGE - 1));
	arena->pages = pages;
	arena->model = calloc(pages, sizeof(*arena->model));
	must(arena->model, "no memory for a model");
	for (size_t p = 0; p < pages; p++)
		arena->model[p] = (struct page){ .mapped = true, .prot = PROT_NONE };
	pthread_rwlock_init(&arena->lock, NULL);
}

static uint64_t word(uint64_t stamp, size_t i)
{
	return stamp + i * 0x9e3779b97f4a7c15;
}

void arena_stamp(struct arena *arena, size_t p, uint64_t stamp)
{
	volatile uint64_t *words = (volatile uint64_t *)(arena->base + p * PAGE);

	for (size_t i = 0; i < WORDS; i++)
		words[i] = word(stamp, i);
	arena->model[p].content = STAMPED;
	arena->model[p].stamp = stamp;
}

/* Does an access to at fault? */
static bool faults(volatile char *at, bool write)
{
	sigjmp_buf here;
	bool jumped = true;

	if (sigsetjmp(here, 0) == 0) {
		fault_return = &here;
		if (write)
			*at = 1;
		else
			(void)*at;
		jumped = false;
	}
	fault_return = NULL;
	return jumped;
}

static bool is_zero(const volatile uint64_t *words)
{
	for (size_t i = 0; i < WORDS; i++)
		if (words[i])
			return false;
	return true;
}

void arena_check(struct arena *arena, size_t p, const char *who)
{
	const struct page *page = &arena->model[p];
	char *at = arena->base + p * PAGE;
	const volatile uint64_t *words = (const volatile uint64_t *)at;

	if (!page->mapped || page->prot == PROT_NONE) {
		must(faults(at + 8, false), "%s: %p can be read, but is %s", who, (void *)at,
		     page->mapped ? "protected" : "unmapped");
		return;
	}
	if (!(page->prot & PROT_WRITE))
		must(faults(at + 8, true), "%s: %p can be written, but is read-only", who, (void *)at);
	/* Those of which nothing is known but that they fault together are told by their first word. */
	if (page->content == ZERO || (page->content == EITHER && words[0] != word(page->stamp, 0))) {
		must(is_zero(words), "%s: page %p should hold zeros", who, (void *)at);
		return;
	}
	for (size_t i = 0; i < WORDS; i++)
		must(words[i] == word(page->stamp, i) || page->content == EITHER,
		     "%s: page %p holds %#llx in word %zu, not %#llx", who, (void *)at,
		     (unsigned long long)words[i], i, (unsigned long long)word(page->stamp, i));
}
