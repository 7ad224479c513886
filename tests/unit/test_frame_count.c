/* sources: mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c */
/* flags: -UCONFIG_NR_CPUS -DCONFIG_NR_CPUS=4 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* How many frames are free, where each of several CPUs counts for itself: the quick figure is off by as
 * much as it says at most, the exact one by nothing. */
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "tests/unit/frame_model.h"

#define RAM_MIB 64
#define BLOCK_ORDER 4
#define BLOCK (1UL << BLOCK_ORDER)

/* Nobody holds a lock for long: there is one thread. */
void spin_wait(struct spinlock *lock, uint32_t ticket)
{
	(void)lock;
	(void)ticket;
	fail_msg("a lock was taken twice");
}

static const struct mem_range ram[] = { { MIB(1), MIB(RAM_MIB) } };
static uint64_t all;

static int start(void **state)
{
	(void)state;
	cpus[0].id = 0;
	memory(MIB(RAM_MIB), 0);
	assert_int_equal(frame_init(ram, 1), 0);
	all = frame_free_exact();
	assert_int_equal(all, frame_free_count());
	assert_true(all > MIB(RAM_MIB - 8) / FRAME_SIZE);
	return 0;
}

static phys_t reserve_on(uint32_t cpu)
{
	bool clean;
	phys_t p;

	cpus[0].id = cpu;
	p = frame_reserve(BLOCK_ORDER, &clean);
	assert_int_not_equal(p, FRAME_NONE);
	return p;
}

static void take_on(uint32_t cpu, phys_t p, size_t frames)
{
	cpus[0].id = cpu;
	frame_reserve_take(p, frames, false);
}

static uint64_t distance(void)
{
	return llabs((long long)(frame_free_count() - frame_free_exact()));
}

/* One CPU reserves, the others take what they do not report yet. */
static void test_taken_elsewhere(void **state)
{
	phys_t blocks[RESERVED_SUM_UP / BLOCK * 3];
	uint64_t worst = 0, taken = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		blocks[i] = reserve_on(0);
	assert_int_equal(frame_free_exact(), all);
	for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		for (unsigned k = 0; k < BLOCK; k++) {
			take_on(1 + i % 3, blocks[i] + k * FRAME_SIZE, 1);
			assert_int_equal(frame_free_exact(), all - ++taken);
			worst = MAX(worst, distance());
		}
	}
	/* Nothing is reserved any more, and the quick figure may say that there is. */
	assert_int_equal(frame_reserved(), 0);
	assert_in_range(worst, 2 * (RESERVED_SUM_UP - 1), FRAME_COUNT_ERROR);
}

/* Whatever is done where. */
static void test_at_random(void **state)
{
	static struct {
		phys_t p;
		size_t taken; /* frames */
	} held[256];
	unsigned n = 0;
	uint64_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t r = host_random();
		uint32_t cpu = r >> 8 & 3;
		unsigned which = n ? (r >> 16) % n : 0;

		if ((r & 3) == 0 && n < sizeof(held) / sizeof(held[0])) {
			held[n].p = reserve_on(cpu);
			held[n++].taken = 0;
		} else if ((r & 3) < 3 && n && held[which].taken < BLOCK) {
			take_on(cpu, held[which].p + held[which].taken++ * FRAME_SIZE, 1);
			used++;
		} else if (n) {
			phys_t rest = held[which].p + held[which].taken * FRAME_SIZE;

			cpus[0].id = cpu;
			if (held[which].taken < BLOCK)
				frame_reserve_free(rest, BLOCK - held[which].taken);
			if (held[which].taken)
				frame_free_run(held[which].p, held[which].taken);
			used -= held[which].taken;
			held[which] = held[--n];
		}
		assert_in_range(distance(), 0, FRAME_COUNT_ERROR);
		if (i % 64 == 0)
			assert_int_equal(stats().free, all - used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_taken_elsewhere, start),
		cmocka_unit_test_setup(test_at_random, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
