/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of grants, which Xen reads: entries of versions 1 and 2, and the pool of free ones, whose
 * list runs through the entries themselves. Pure; not locked. */
#ifndef PAGURUS_XEN_GRANT_POOL_H
#define PAGURUS_XEN_GRANT_POOL_H

#include "xen/interface.h"

#include <xen/grant_table.h>

_Static_assert(sizeof(struct grant_entry_v1) == 8, "grant_entry_v1");
_Static_assert(sizeof(union grant_entry_v2) == 16, "grant_entry_v2");
_Static_assert(offsetof(union grant_entry_v2, full_page.frame) == 8, "grant_entry_v2.frame");

#define GRANT_PAGES_MAX 64
#define GRANT_STATUS_PER_PAGE 8 /* table pages of version 2 that one page of states serves */

struct grant_table {
	unsigned version; /* 1 or 2 */
	unsigned nr_pages;
	void *pages[GRANT_PAGES_MAX];
	uint16_t *states[GRANT_PAGES_MAX / GRANT_STATUS_PER_PAGE]; /* version 2 */
	grant_ref_t free; /* the first free one; 0: none, since the lowest are Xen's */
	unsigned nr_free;
};

/* An empty table. */
void grant_table_init(struct grant_table *table, unsigned version);

/* Does the next page want a page of states added before it? */
bool grant_table_wants_states(const struct grant_table *table);
void grant_table_add_states(struct grant_table *table, uint16_t *states);

/* Adds a page of entries to the end of the table, all of them free. Room must be there. */
void grant_table_add(struct grant_table *table, void *page);

/* Takes a free entry. Returns its number, or 0. */
grant_ref_t grant_table_take(struct grant_table *table);

/* Lets domain use the frame through entry ref, which was taken. */
void grant_table_permit(struct grant_table *table, grant_ref_t ref, domid_t domain, uint64_t frame,
                        bool readonly);

/* Ends that and frees the entry. Returns 0, -EBUSY (the other domain has it mapped: nothing is
 * freed, try again), or -EINVAL (no such entry). */
int grant_table_revoke(struct grant_table *table, grant_ref_t ref);

#endif
