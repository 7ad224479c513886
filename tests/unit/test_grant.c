/* sources: xen/grant_pool.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The table of grants, versions 1 and 2: every entry is handed out once, Xen's own never, growth, and
 * no entry is freed while the other domain uses it. */
#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xen/grant_pool.h"

static struct grant_table table;

static unsigned per_page(unsigned version)
{
	return version == 2 ? 256 : 512;
}

static void add_page(void)
{
	if (grant_table_wants_states(&table))
		grant_table_add_states(&table, calloc(1, FRAME_SIZE));
	grant_table_add(&table, calloc(1, FRAME_SIZE));
}

static void done(void)
{
	for (unsigned i = 0; i < GRANT_PAGES_MAX; i++)
		free(table.pages[i]);
	for (unsigned i = 0; i < GRANT_PAGES_MAX / GRANT_STATUS_PER_PAGE; i++)
		free(table.states[i]);
}

/* Where Xen marks that entry ref is in use. */
static uint16_t *marks(grant_ref_t ref)
{
	if (table.version == 2)
		return &table.states[ref / 2048][ref % 2048];
	return &((struct grant_entry_v1 *)table.pages[ref / 512])[ref % 512].flags;
}

static void every_entry_once(unsigned version)
{
	static uint8_t seen[GRANT_PAGES_MAX * 512];
	unsigned count = 0, expected = GRANT_PAGES_MAX * per_page(version) - 8;
	grant_ref_t ref;

	memset(seen, 0, sizeof(seen));
	grant_table_init(&table, version);
	assert_int_equal(grant_table_take(&table), 0);
	for (unsigned i = 0; i < GRANT_PAGES_MAX; i++) {
		add_page();
		while ((ref = grant_table_take(&table))) {
			assert_true(ref >= 8 && ref < (i + 1) * per_page(version));
			assert_false(seen[ref]++);
			count++;
		}
		assert_int_equal(table.nr_free, 0);
	}
	assert_int_equal(count, expected);
	for (ref = 8; ref < expected + 8; ref++) {
		grant_table_permit(&table, ref, 0, ref, false);
		assert_int_equal(grant_table_revoke(&table, ref), 0);
	}
	assert_int_equal(table.nr_free, expected);
	done();
}

static void test_every_entry_once(void **state)
{
	(void)state;
	every_entry_once(1);
	every_entry_once(2);
}

static void test_what_xen_sees(void **state)
{
	const struct grant_entry_v1 *v1;
	const union grant_entry_v2 *v2;

	(void)state;
	grant_table_init(&table, 1);
	add_page();
	assert_int_equal(grant_table_take(&table), 8);
	v1 = (const struct grant_entry_v1 *)table.pages[0] + 8;
	assert_int_equal(v1->flags, GTF_invalid);
	grant_table_permit(&table, 8, 3, 0x12345, true);
	assert_int_equal(v1->flags, GTF_permit_access | GTF_readonly);
	assert_int_equal(v1->domid, 3);
	assert_int_equal(v1->frame, 0x12345);
	assert_int_equal(grant_table_revoke(&table, 8), 0);
	assert_int_equal(v1->flags, GTF_invalid);
	done();

	grant_table_init(&table, 2);
	add_page();
	assert_int_equal(grant_table_take(&table), 8);
	v2 = (const union grant_entry_v2 *)table.pages[0] + 8;
	grant_table_permit(&table, 8, 5, 0x123456789aUL, false);
	assert_int_equal(v2->hdr.flags, GTF_permit_access);
	assert_int_equal(v2->hdr.domid, 5);
	assert_int_equal(v2->full_page.frame, 0x123456789aUL);
	done();
}

static void busy(unsigned version)
{
	grant_ref_t ref, other;

	grant_table_init(&table, version);
	for (unsigned i = 0; i < 10; i++)
		add_page();
	for (unsigned i = 0; i < 9 * per_page(version); i++)
		grant_table_take(&table);
	ref = grant_table_take(&table); /* beyond the first page of states */
	grant_table_permit(&table, ref, 0, 1, false);
	*marks(ref) |= GTF_reading;
	assert_int_equal(grant_table_revoke(&table, ref), -EBUSY);
	*marks(ref) |= GTF_writing;
	assert_int_equal(grant_table_revoke(&table, ref), -EBUSY);
	other = grant_table_take(&table);
	assert_int_not_equal(other, ref);
	*marks(ref) &= (uint16_t) ~(GTF_reading | GTF_writing);
	assert_int_equal(grant_table_revoke(&table, ref), 0);
	assert_int_equal(grant_table_take(&table), ref);
	done();
}

static void test_busy(void **state)
{
	(void)state;
	busy(1);
	busy(2);
}

static void test_wrong_numbers(void **state)
{
	(void)state;
	for (unsigned version = 1; version <= 2; version++) {
		grant_table_init(&table, version);
		assert_int_equal(grant_table_revoke(&table, 9), -EINVAL);
		add_page();
		assert_int_equal(grant_table_revoke(&table, 0), -EINVAL);
		assert_int_equal(grant_table_revoke(&table, 7), -EINVAL);
		assert_int_equal(grant_table_revoke(&table, per_page(version)), -EINVAL);
		assert_int_equal(grant_table_revoke(&table, UINT32_MAX), -EINVAL);
		done();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_entry_once),
		cmocka_unit_test(test_what_xen_sees),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_wrong_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
