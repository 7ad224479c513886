/* sources: lib/tree.c mm/area.c mm/area_advise.c mm/area_fault.c mm/area_protect.c mm/area_reclaim.c mm/area_remap.c mm/area_reserve.c mm/area_tree.c mm/heap.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_reserve.c arch/x86/paging_unmap.c */
/* flags: -DCONFIG_LARGE_PAGES=1 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of 1 GiB: where first touch and populate take them, and what parts them again. */
#include <sys/wait.h>
#include <unistd.h>

#include "arch/x86/cpu.h"
#include "tests/unit/area_model.h"

#define AT GIB(8)

/* Memory of 6 GiB: zeros that the allocator knows of, or something else. */
static void start(bool zeroed)
{
	struct mem_range range = { MIB(1), GIB(6) };

	host_memory_init(0, range.end);
	for (phys_t p = 0; p < range.end && !zeroed; p += KIB(256))
		*(uint64_t *)phys_to_virt(p) = 0x5555555555555555;
	assert_int_equal(frame_init(&range, 1), 0);
	if (zeroed)
		frame_set_zeroed();
	host_cr3 = frame_alloc_zeroed(0);
	area_init();
	cpu_features.page1g = true;
}

/* Leaves this much memory, without writing to the rest. */
static void take_all_but(uint64_t bytes)
{
	for (int order = ORDER_1G; order >= 0; order--)
		while (free_frames() * FRAME_SIZE > bytes + (FRAME_SIZE << order) &&
		       frame_alloc((unsigned)order) != FRAME_NONE)
			;
}

static unsigned order_at(virt_t va)
{
	unsigned order;
	pte_t flags;
	phys_t pa;

	assert_true(paging_query(host_cr3, va, &pa, &order, &flags));
	return order;
}

static void map_at(virt_t at, size_t length)
{
	assert_int_equal(area_map(as, at, length, RW, ANON | MAP_FIXED), at);
}

static uint64_t *write_at(virt_t va)
{
	uint64_t *word;

	assert_int_equal(touch(va, true, &word), 0);
	return word;
}

static void first_touch(void)
{
	start(true);
	map_at(AT + MIB(512), GIB(3));
	*write_at(AT + GIB(1) + MIB(700)) = 1;
	assert_int_equal(order_at(AT + GIB(1)), ORDER_1G);
	assert_int_equal(as->stats.resident, GIB(1));
	assert_int_equal(as->stats.huge, 1);
	*write_at(AT + MIB(700)) = 2; /* not all of its GiB is the area's */
	assert_int_equal(order_at(AT + MIB(700)), ORDER_2M);
	assert_string_equal(area_policy(), "2 MiB, 1 GiB");
	/* Where small pages are wanted there are none. */
	map_at(AT + GIB(20), GIB(1));
	assert_int_equal(area_advise(as, AT + GIB(20), GIB(1), MADV_NOHUGEPAGE), 0);
	*write_at(AT + GIB(20)) = 3;
	assert_int_equal(order_at(AT + GIB(20)), ORDER_4K);
	assert_string_equal(area_policy(), "4 KiB and 2 MiB, 1 GiB");
	/* Nor where the processor has none. */
	cpu_features.page1g = false;
	map_at(AT + GIB(30), GIB(1));
	*write_at(AT + GIB(30)) = 3;
	assert_int_equal(order_at(AT + GIB(30)), ORDER_2M);
}

static void dirty_memory(void)
{
	start(false);
	map_at(AT, GIB(1));
	*write_at(AT) = 1; /* clearing a GiB for one fault would take too long */
	assert_int_equal(order_at(AT), ORDER_2M);
	/* Who asks for all of it gets it, and its neighbours as they were. */
	map_at(AT + GIB(1), GIB(1) + MIB(4));
	assert_int_equal(area_advise(as, AT, GIB(2) + MIB(4), MADV_POPULATE_WRITE), 0);
	assert_int_equal(order_at(AT), ORDER_2M);
	assert_int_equal(order_at(AT + GIB(1)), ORDER_1G);
	assert_int_equal(order_at(AT + GIB(2)), ORDER_2M);
	assert_int_equal(as->stats.resident, GIB(2) + MIB(4));
	assert_int_equal(*write_at(AT), 1);
	for (virt_t va = AT + GIB(1); va < AT + GIB(2); va += FRAME_SIZE)
		assert_int_equal(*write_at(va), 0);
}

static void unmap(void)
{
	uint64_t before;

	start(true);
	before = free_frames();
	map_at(AT, GIB(2));
	for (virt_t va = AT; va < AT + GIB(2); va += MIB(1))
		*write_at(va) = va;
	assert_int_equal(as->stats.huge, 2);
	assert_int_equal(area_unmap(as, AT + MIB(501), MIB(12)), 0);
	assert_int_equal(as->stats.resident, GIB(2) - MIB(12));
	assert_int_equal(order_at(AT), ORDER_2M);
	assert_int_equal(order_at(AT + MIB(500)), ORDER_4K);
	assert_int_equal(order_at(AT + MIB(514)), ORDER_2M);
	assert_int_equal(order_at(AT + GIB(1)), ORDER_1G);
	for (virt_t va = AT; va < AT + GIB(2); va += MIB(1)) {
		uint64_t *word;
		bool gone = va - AT >= MIB(501) && va - AT < MIB(513);

		assert_int_equal(touch(va, true, &word), gone ? -EFAULT : 0);
		assert_true(gone || *word == va);
	}
	check_tree();
	assert_int_equal(area_unmap(as, AT, GIB(2)), 0);
	assert_int_equal(as->stats.resident, 0);
	assert_in_range(before - free_frames(), 0, 16); /* slabs, spare frames */
}

static void protect(void)
{
	uint64_t *word;

	start(true);
	map_at(AT, GIB(1));
	*write_at(AT + MIB(4)) = 1;
	assert_int_equal(area_protect(as, AT, GIB(1), PROT_READ), 0);
	assert_int_equal(order_at(AT), ORDER_1G); /* all of it: no need to split */
	assert_int_equal(touch(AT + MIB(4), true, &word), -EFAULT);
	assert_int_equal(area_protect(as, AT + MIB(4), FRAME_SIZE, RW), 0);
	assert_int_equal(order_at(AT + MIB(4)), ORDER_4K);
	assert_int_equal(order_at(AT + MIB(6)), ORDER_2M);
	assert_int_equal(*write_at(AT + MIB(4)), 1);
	assert_int_equal(touch(AT + MIB(4) + FRAME_SIZE, true, &word), -EFAULT);
	assert_int_equal(touch(AT + MIB(4) + FRAME_SIZE, false, &word), 0);
	check_tree();
}

static void move(void)
{
	start(true);
	map_at(AT, GIB(1));
	*write_at(AT + MIB(4)) = 1;
	assert_int_equal(area_remap(as, AT, GIB(1), GIB(1), MREMAP_MAYMOVE | MREMAP_FIXED, GIB(50)),
	                 GIB(50));
	assert_int_equal(order_at(GIB(50)), ORDER_1G);
	assert_int_equal(area_remap(as, GIB(50), GIB(1), GIB(1), MREMAP_MAYMOVE | MREMAP_FIXED,
	                            GIB(60) + MIB(2)),
	                 GIB(60) + MIB(2));
	assert_int_equal(order_at(GIB(60) + MIB(2)), ORDER_2M);
	assert_int_equal(*write_at(GIB(60) + MIB(6)), 1);
}

/* Of 2 GiB that were mapped at once, 3 MiB are in use: the rest is there for others. */
static void pressure(void)
{
	enum {
		WANTED = MIB(300) / 4096
	};

	start(true);
	map_at(AT, GIB(2));
	for (virt_t va = AT; va < AT + MIB(3); va += FRAME_SIZE)
		*write_at(va + GIB(1)) = *write_at(va) = va;
	assert_int_equal(as->stats.huge, 2);
	take_all_but(MIB(8));
	map_at(AT + GIB(10), GIB(4));
	for (uint64_t i = 0; i < WANTED; i++)
		*write_at(AT + GIB(10) + i * FRAME_SIZE) = ~i;
	for (virt_t va = AT; va < AT + MIB(3); va += FRAME_SIZE)
		assert_true(*write_at(va) == va && *write_at(va + GIB(1)) == va);
	for (uint64_t i = 0; i < WANTED; i++)
		assert_int_equal(*write_at(AT + GIB(10) + i * FRAME_SIZE), ~i);
	check_tree();
}

static void placement(void)
{
	start(true);
	assert_true(area_map(as, 0, FRAME_SIZE, RW, ANON) > 0);
	assert_true(IS_ALIGNED(area_map(as, 0, GIB(1) + FRAME_SIZE, RW, ANON), GIB(1)));
	assert_false(IS_ALIGNED(area_map(as, 0, MIB(4), RW, ANON), GIB(1)));
	cpu_features.page1g = false;
	assert_false(IS_ALIGNED(area_map(as, 0, GIB(1) + MIB(2), RW, ANON), GIB(1)));
}

/* Each begins with a machine of its own, and so in a process of its own: the heap lies in it. */
#define TEST(name)                                                                                 \
	static void test_##name(void **state)                                                          \
	{                                                                                              \
		pid_t child = fork();                                                                      \
		int status = -1;                                                                           \
		(void)state;                                                                               \
		assert_true(child >= 0);                                                                   \
		if (!child) {                                                                              \
			name();                                                                                \
			_exit(0);                                                                              \
		}                                                                                          \
		assert_int_equal(waitpid(child, &status, 0), child);                                       \
		assert_int_equal(status, 0);                                                               \
	}

TEST(first_touch)
TEST(dirty_memory)
TEST(unmap)
TEST(protect)
TEST(move)
TEST(pressure)
TEST(placement)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_touch), cmocka_unit_test(test_dirty_memory),
		cmocka_unit_test(test_unmap),       cmocka_unit_test(test_protect),
		cmocka_unit_test(test_move),        cmocka_unit_test(test_pressure),
		cmocka_unit_test(test_placement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
