/* sources: mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c */
/* flags: -DCONFIG_POISON_FRAMES=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Freed frames are filled with a pattern, and a write to one is noticed when it is handed out. */
#include <string.h>

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "mm/frame.h"
#include "tests/unit/host_stubs.h"

static const struct mem_range ram[] = { { 0x10000, 0x9f000 }, { MIB(1), MIB(32) } };

int paging_direct_map(phys_t start, phys_t end, phys_t (*alloc)(void))
{
	(void)start;
	(void)end;
	(void)alloc;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	host_memory_init(0, MIB(32));
	memset(phys_to_virt(0), 0x11, MIB(32));
	assert_int_equal(frame_init(ram, ARRAY_SIZE(ram)), 0);
	return 0;
}

/* Splitting, uniting and caching leave the pattern whole. */
static void test_no_false_alarm(void **state)
{
	static struct {
		phys_t p;
		unsigned order;
	} blocks[500];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		unsigned k = host_random_below(ARRAY_SIZE(blocks));

		if (blocks[k].p) {
			frame_free(blocks[k].p, blocks[k].order);
			blocks[k].p = 0;
			continue;
		}
		blocks[k].order = host_random_below(2) ? 0 : host_random_below(10);
		blocks[k].p = frame_alloc(blocks[k].order);
		if (blocks[k].p)
			memset(phys_to_virt(blocks[k].p), i, FRAME_SIZE << blocks[k].order);
	}
	for (unsigned k = 0; k < ARRAY_SIZE(blocks); k++)
		if (blocks[k].p)
			frame_free(blocks[k].p, blocks[k].order);
}

static void take_all(void)
{
	while (frame_alloc(3) != FRAME_NONE)
		;
}

static void test_write_after_free(void **state)
{
	phys_t p = frame_alloc(0), q = frame_alloc(3);

	(void)state;
	frame_free(p, 0);
	((char *)phys_to_virt(p))[4095] ^= 1;
	expect_assert_failure(frame_alloc(0));
	frame_free(q, 3);
	((char *)phys_to_virt(q))[5 * FRAME_SIZE + 77] ^= 1;
	expect_assert_failure(take_all());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_false_alarm),
		cmocka_unit_test(test_write_after_free),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
