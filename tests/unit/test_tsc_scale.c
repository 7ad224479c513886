/* sources: arch/x86/tsc_scale.c */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic of the TSC clock, and the estimate of an unknown frequency: jitter, references that
 * wrap or are in doubt, contradictions. */
#include "tests/unit/sim_tsc.h"

#include "arch/x86/tsc.h"

static void test_mul_div(void **state)
{
	(void)state;
	assert_int_equal(mul_div(7, 3, 2), 10);
	assert_int_equal(mul_div(UINT64_MAX, UINT64_MAX, UINT64_MAX), UINT64_MAX);
	assert_int_equal(mul_div(UINT64_MAX, 2, 1), UINT64_MAX);
	assert_int_equal(mul_div(1ULL << 63, 2, 3), 6148914691236517205);
	assert_int_equal(mul_div(1, 1, 0), UINT64_MAX);
	assert_int_equal(mul_div(0, 5, 9), 0);
}

static void test_scales(void **state)
{
	static const uint64_t fixed[] = { 1000000,    999999999, 1000000000,
		                              1000000001, 3579545,   10000000000 };

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t hz = i < ARRAY_SIZE(fixed) ? fixed[i] : random_hz();
		struct tsc_scale scale = tsc_scale_from_hz(hz);
		uint64_t factor = tsc_factor_from_scale(scale);
		uint64_t day = mul_shift(86400 * hz, factor, TSC_FACTOR_BITS);

		assert_true(scale.mul >> 31 || scale.shift == -16);       /* all bits of mul are used */
		assert_true(difference(day, 86400 * NS_PER_SEC) < 86400); /* 1 ppb */
		assert_true(difference(tsc_hz_from_factor(factor), hz) <= hz / 1000000000 + 1);
		assert_true(difference(tsc_factor_from_hz(hz), factor) <= factor / 1000000000 + 1);
	}
	/* As Xen and KVM state it: 3 GHz is (delta >> 1) * 2863311530 >> 32. */
	assert_int_equal(tsc_factor_from_scale((struct tsc_scale){ 0x80000000, 1 }), 1ULL << 48);
	assert_int_equal(tsc_factor_from_scale((struct tsc_scale){ 0x80000000, 17 }), UINT64_MAX);
	assert_int_equal(tsc_factor_from_scale((struct tsc_scale){ 0x80000000, -64 }), 0);
}

static struct tsc_reading sim_reading(void)
{
	struct tsc_reading r = { .doubt = sim.doubt };
	uint64_t hz, mask;

	r.tsc_before = sim_tsc();
	r.value = sim_reference(&hz, &mask);
	r.tsc_after = sim_tsc();
	return r;
}

static bool look_once(struct tsc_estimate *e)
{
	struct tsc_reading r = sim_reading();

	return tsc_estimate_add(e, &r);
}

static void start_estimate(struct tsc_estimate *e)
{
	struct tsc_reading r = sim_reading();

	tsc_estimate_start(e, sim.reference_hz, sim.mask, &r);
}

static void check_bounds(const struct tsc_estimate *e)
{
	assert_true(e->low <= sim.tsc_hz && sim.tsc_hz <= e->high);
	assert_true(e->low <= e->hz && e->hz <= e->high);
}

/* Looks at times that double: within 100 ppm after a second or little more. */
static void test_estimate_converges(void **state)
{
	struct tsc_estimate e;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		unsigned r = i % ARRAY_SIZE(references), looks = 0;

		sim_start(random_hz(), references[r].hz, references[r].mask, 1 + host_random_below(3000));
		start_estimate(&e);
		for (uint64_t wait = 20000; !tsc_estimate_done(&e); wait += wait) {
			sim.ns += wait;
			assert_true(look_once(&e));
			check_bounds(&e);
			assert_true(++looks < 26);
		}
		assert_true(difference(e.hz, sim.tsc_hz) <= sim.tsc_hz / PPM * 100);
		assert_true(e.total >= e.reference_hz);
	}
}

/* Whoever asks rarely: the reference may have wrapped any number of times in between. Either
 * that is known, or the estimate begins again; it is never wrong. */
static void test_estimate_with_wraps(void **state)
{
	unsigned restarts = 0, through = 0;
	struct tsc_estimate e;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		unsigned r = i % ARRAY_SIZE(references);

		sim_start(random_hz(), references[r].hz, references[r].mask, 2000);
		start_estimate(&e);
		for (unsigned look = 0; look < 12; look++) {
			sim.ns += 1000 + host_random_below(1ULL << (10 + host_random_below(28)));
			if (look_once(&e)) {
				through += e.total > sim.mask;
			} else {
				restarts++;
				assert_int_equal(e.elapsed, 0);
			}
			check_bounds(&e);
		}
	}
	assert_true(restarts > 100); /* both have been seen */
	assert_true(through > 100);
}

/* The reference loses and gains ticks, and says so. */
static void test_estimate_with_doubt(void **state)
{
	struct tsc_estimate e;

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		sim_start(random_hz(), 1000000000, UINT32_MAX, 500);
		start_estimate(&e);
		for (unsigned look = 0; look < 300 && !tsc_estimate_done(&e); look++) {
			uint64_t doubt = host_random_below(2000);

			sim.ns += host_random_below(20000000);
			sim.reference_start += host_random_below(2 * doubt + 1) - doubt;
			sim.doubt += doubt;
			assert_true(look_once(&e));
			check_bounds(&e);
		}
		assert_true(difference(e.hz, sim.tsc_hz) <= sim.tsc_hz / PPM * 200);
	}
}

/* The machine was paused, or moved: what was known does not hold any more. */
static void test_estimate_contradicted(void **state)
{
	struct tsc_estimate e;

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		sim_start(random_hz(), 1000000000, UINT32_MAX, 500);
		start_estimate(&e);
		sim.ns += 100000000;
		assert_true(look_once(&e));
		sim.tsc_start += sim.tsc_hz / 10 + host_random_below(sim.tsc_hz);
		sim.ns += 1000000;
		assert_false(look_once(&e));
		sim.ns += 1000000; /* soon enough for the reference not to wrap, however slow the TSC */
		for (unsigned look = 0; !tsc_estimate_done(&e); look++) {
			assert_true(look_once(&e));
			check_bounds(&e);
			assert_true(look < 100);
			sim.ns += 100000000;
		}
		assert_true(difference(e.hz, sim.tsc_hz) <= sim.tsc_hz / PPM * 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mul_div),
		cmocka_unit_test(test_scales),
		cmocka_unit_test(test_estimate_converges),
		cmocka_unit_test(test_estimate_with_wraps),
		cmocka_unit_test(test_estimate_with_doubt),
		cmocka_unit_test(test_estimate_contradicted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
