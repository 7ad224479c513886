/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of free objects that belong to a CPU and that program code takes from and puts into with a
 * few plain instructions: no lock, and interrupts stay on. Whoever is interrupted before the one
 * store that makes the change begins again (percpu_list_restart()), so that no other thread of this
 * CPU can come between.
 *
 * A list is one word: the address of the first object in the low 48 bits and the number of objects
 * in the high 16; 0: empty. The first word of each object is the list behind it, the second says
 * CHAIN_MARK: so it is noticed where an object is put in twice, or written to while it is in. */
#ifndef PAGURUS_X86_PERCPU_LIST_H
#define PAGURUS_X86_PERCPU_LIST_H

#include "arch/x86/asm.h"
#include "arch/x86/percpu.h"
#include "arch/x86/trap.h"
#include "include/types.h"

typedef uint64_t chain_t;

#define CHAIN_COUNT_SHIFT 48

static inline void *chain_first(chain_t list)
{
	return (void *)(list << (64 - CHAIN_COUNT_SHIFT) >> (64 - CHAIN_COUNT_SHIFT));
}

static inline uint32_t chain_count(chain_t list)
{
	return list >> CHAIN_COUNT_SHIFT;
}

static inline chain_t chain_behind(chain_t list)
{
	return *(chain_t *)chain_first(list);
}

/* Where an object that is in a list has CHAIN_MARK. */
static inline uint64_t *chain_mark(void *object)
{
	return (uint64_t *)object + 1;
}

/* The list with object, of at least 16 bytes that nobody uses, in front of it. */
static inline chain_t chain_with(chain_t list, void *object)
{
	*(chain_t *)object = list;
	*chain_mark(object) = CHAIN_MARK;
	return ((list >> CHAIN_COUNT_SHIFT) + 1) << CHAIN_COUNT_SHIFT | (uint64_t)object;
}

/* By list: how many objects it may have. */
extern uint16_t percpu_list_most[PERCPU_LISTS];

/* Takes the first object of this CPU's list; where it is empty: upcall_percpu_list_empty(); where it
 * has no mark: upcall_percpu_list_broken(). */
void *percpu_list_pop(uint64_t list);

/* Puts object in front of this CPU's list; where that has percpu_list_most already:
 * upcall_percpu_list_full(); where the object says that it is in a list, which may be chance:
 * upcall_percpu_list_marked(). */
void percpu_list_push(void *object, uint64_t list);

/* What the room above provides (core/malloc/small.c). */
void *upcall_percpu_list_empty(uint64_t list);
void upcall_percpu_list_full(void *object, uint64_t list);
void upcall_percpu_list_marked(void *object, uint64_t list);
__noreturn void upcall_percpu_list_broken(void *object);

/* For each interrupt of program code: begins a routine again that was left half done. */
static inline void percpu_list_restart(struct trap_frame *frame)
{
	extern const char percpu_list_popped[], percpu_list_marked[], percpu_list_pushed[];
	uint64_t pop = (uint64_t)percpu_list_pop, push = (uint64_t)percpu_list_marked;

	if (unlikely(frame->rip - pop < (uint64_t)percpu_list_popped - pop))
		frame->rip = pop;
	else if (unlikely(frame->rip - push < (uint64_t)percpu_list_pushed - push))
		frame->rip = push;
}

#endif
