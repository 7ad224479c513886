/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of grants: xen/include/public/grant_table.h. */
#include "xen/grant_pool.h"

#include "include/errno.h"
#include "lib/string.h"

#define V1_ENTRIES (FRAME_SIZE / sizeof(struct grant_entry_v1))
#define V2_ENTRIES (FRAME_SIZE / sizeof(union grant_entry_v2))
#define RESERVED ((grant_ref_t)GNTTAB_NR_RESERVED_ENTRIES)
#define IN_USE (GTF_reading | GTF_writing)

static unsigned entries_per_page(const struct grant_table *table)
{
	return table->version == 2 ? V2_ENTRIES : V1_ENTRIES;
}

static struct grant_entry_v1 *v1(const struct grant_table *table, grant_ref_t ref)
{
	return (struct grant_entry_v1 *)table->pages[ref / V1_ENTRIES] + ref % V1_ENTRIES;
}

static union grant_entry_v2 *v2(const struct grant_table *table, grant_ref_t ref)
{
	return (union grant_entry_v2 *)table->pages[ref / V2_ENTRIES] + ref % V2_ENTRIES;
}

static uint16_t *state(const struct grant_table *table, grant_ref_t ref)
{
	unsigned per_page = GRANT_STATUS_PER_PAGE * V2_ENTRIES;

	return table->states[ref / per_page] + ref % per_page;
}

void grant_table_init(struct grant_table *table, unsigned version)
{
	memset(table, 0, sizeof(*table));
	table->version = version;
}

bool grant_table_wants_states(const struct grant_table *table)
{
	return table->version == 2 && !table->states[table->nr_pages / GRANT_STATUS_PER_PAGE];
}

void grant_table_add_states(struct grant_table *table, uint16_t *states)
{
	table->states[table->nr_pages / GRANT_STATUS_PER_PAGE] = states;
}

/* Xen does not look at the rest of an entry whose type is invalid. */
static void put(struct grant_table *table, grant_ref_t ref)
{
	if (table->version == 2) {
		WRITE_ONCE(v2(table, ref)->hdr.flags, GTF_invalid);
		v2(table, ref)->full_page.frame = table->free;
	} else {
		WRITE_ONCE(v1(table, ref)->flags, GTF_invalid);
		v1(table, ref)->frame = table->free;
	}
	table->free = ref;
	table->nr_free++;
}

void grant_table_add(struct grant_table *table, void *page)
{
	unsigned per_page = entries_per_page(table);
	grant_ref_t first = table->nr_pages * per_page;

	table->pages[table->nr_pages++] = page;
	/* Backwards, so that they are handed out from the lowest on. */
	for (grant_ref_t ref = first + per_page; ref-- > MAX(first, RESERVED);)
		put(table, ref);
}

grant_ref_t grant_table_take(struct grant_table *table)
{
	grant_ref_t ref = table->free;

	if (ref) {
		table->free = table->version == 2 ? (grant_ref_t)v2(table, ref)->full_page.frame
		                                  : v1(table, ref)->frame;
		table->nr_free--;
	}
	return ref;
}

void grant_table_permit(struct grant_table *table, grant_ref_t ref, domid_t domain, uint64_t frame,
                        bool readonly)
{
	uint16_t flags = GTF_permit_access | (readonly ? GTF_readonly : 0);
	uint16_t *where;

	if (table->version == 2) {
		v2(table, ref)->full_page.frame = frame;
		v2(table, ref)->hdr.domid = domain;
		where = &v2(table, ref)->hdr.flags;
	} else {
		v1(table, ref)->frame = (uint32_t)frame;
		v1(table, ref)->domid = domain;
		where = &v1(table, ref)->flags;
	}
	/* The rest first: with this Xen believes the entry. */
	__atomic_store_n(where, flags, __ATOMIC_RELEASE);
}

/* Version 1 has Xen's marks in the same word: gone only if there is none. */
static int revoke_v1(struct grant_entry_v1 *entry)
{
	uint16_t flags = READ_ONCE(entry->flags);

	do {
		if (flags & IN_USE)
			return -EBUSY;
	} while (!__atomic_compare_exchange_n(&entry->flags, &flags, GTF_invalid, false,
	                                      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return 0;
}

/* Version 2: no new user from here on; who is one already shows in the state. */
static int revoke_v2(union grant_entry_v2 *entry, const uint16_t *marks)
{
	WRITE_ONCE(entry->hdr.flags, GTF_invalid);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return READ_ONCE(*marks) & IN_USE ? -EBUSY : 0;
}

int grant_table_revoke(struct grant_table *table, grant_ref_t ref)
{
	int err;

	if (ref < RESERVED || ref / entries_per_page(table) >= table->nr_pages)
		return -EINVAL;
	err = table->version == 2 ? revoke_v2(v2(table, ref), state(table, ref))
	                          : revoke_v1(v1(table, ref));
	if (!err)
		put(table, ref);
	return err;
}
