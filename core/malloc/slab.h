/* SPDX-License-Identifier: BSD-2-Clause */
/* The middle of malloc: a slab is a run that is cut into objects of one size class. Here is what all
 * CPUs share of a class: its slabs that have free objects, and some lists of objects in one piece,
 * for the next CPU that wants one. A slab that has all its objects back goes back to the runs, unless
 * it is the only one of its class that has any. */
#ifndef PAGURUS_CORE_MALLOC_SLAB_H
#define PAGURUS_CORE_MALLOC_SLAB_H

#include "arch/x86/percpu_list.h"
#include "core/malloc/class.h"
#include "include/types.h"

/* Where the slab of an object of this class begins. */
char *slab_start(const void *p, unsigned class);

/* Takes a list of objects that others have given back; 0: there are none. */
chain_t slab_take(unsigned class);

/* Gives a list back that is not empty. */
void slab_give(chain_t list, unsigned class);

/* Makes a slab all of whose objects are the caller's. *zero: they hold zeros. Returns its first unit;
 * 0: no memory. */
uint32_t slab_new(unsigned class, bool *zero, uint32_t *objects);

/* Gives list (which may be empty) and all lists that are kept here back to the slabs, and slabs that
 * have all objects back to the runs. [*fresh, end): the caller's, objects of one slab that were never
 * handed out; where they are all that is missing there, they are taken too, and *fresh becomes end.
 * Returns whether there was a slab to give back. */
bool slab_trim(unsigned class, chain_t list, char **fresh, char *end);

/* Is p in this list? Is it free, and not a CPU's? */
bool chain_has(chain_t list, const void *p);
bool slab_has(const void *p, unsigned class);

#endif
