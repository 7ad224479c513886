/* sources: arch/x86/tsc_scale.c */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The TSC clock on simulated time: arithmetic, the estimate of an unknown frequency (jitter, wrapping
 * references, contradictions), and clock_ns() while it learns. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "arch/x86/cpu.h"

/* Simulated time, and what the processor says of itself. */
static uint64_t sim_tsc(void);
static struct cpuid_regs sim_cpuid(uint32_t leaf, uint32_t subleaf);

#define rdtsc sim_tsc
#define rdtsc_ordered sim_tsc
#define cpuid sim_cpuid
#include "arch/x86/tsc.c"

#define PPM 1000000ULL

/* Time in ns; the TSC and the reference follow it. */
static struct {
	uint64_t ns;
	uint64_t tsc_hz, tsc_start;
	uint64_t reference_hz, reference_start, mask;
	uint64_t jitter; /* each access takes up to so many ns, a rare one 100 times as long; 0: none */
	uint64_t doubt;  /* by how much the reference may have been wrong so far */
	unsigned looks;
} sim;

static void sim_pass(void)
{
	uint64_t ns = 1 + host_random_below(sim.jitter + 1);

	if (sim.jitter)
		sim.ns += host_random_below(50) ? ns : 100 * ns;
}

static uint64_t sim_count(uint64_t hz)
{
	return (uint64_t)((unsigned __int128)sim.ns * hz / NS_PER_SEC);
}

static uint64_t sim_tsc(void)
{
	sim_pass();
	return sim.tsc_start + sim_count(sim.tsc_hz);
}

static uint64_t sim_reference(uint64_t *hz, uint64_t *mask)
{
	sim_pass();
	sim.looks++;
	*hz = sim.reference_hz;
	*mask = sim.mask;
	return (sim.reference_start + sim_count(sim.reference_hz)) & sim.mask;
}

uint64_t lapic_reference_doubt(void)
{
	return sim.doubt;
}

uint64_t lapic_reference(uint64_t *hz, uint64_t *mask)
{
	return sim_reference(hz, mask);
}

static struct cpuid_regs cpuid_basic, cpuid_crystal, cpuid_hypervisor, cpuid_timing;

static struct cpuid_regs sim_cpuid(uint32_t leaf, uint32_t subleaf)
{
	(void)subleaf;
	return leaf == 0 ? cpuid_basic : leaf == CPUID_TSC ? cpuid_crystal
	     : leaf == CPUID_HYPERVISOR ? cpuid_hypervisor : cpuid_timing;
}

/* A fresh clock at a random time. */
static void restart(uint64_t tsc_hz_true, uint64_t reference_hz, uint64_t mask, uint64_t jitter)
{
	memset(&clock, 0, sizeof(clock));
	memset(&estimate, 0, sizeof(estimate));
	reference = NULL;
	stated = looking = asked = false;
	sim.ns = host_random_below(1ULL << 40);
	sim.tsc_hz = tsc_hz_true;
	sim.tsc_start = host_random_below(1ULL << 50);
	sim.reference_hz = reference_hz;
	sim.reference_start = host_random();
	sim.mask = mask;
	sim.jitter = jitter;
	sim.doubt = 0;
	sim.looks = 0;
}

static uint64_t random_hz(void)
{
	return 400000000 + host_random_below(4600000000);
}

static uint64_t difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

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
	static const uint64_t fixed[] = { 1000000, 999999999, 1000000000, 1000000001, 3579545, 10000000000 };

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t hz = i < ARRAY_SIZE(fixed) ? fixed[i] : random_hz();
		struct tsc_scale scale = tsc_scale_from_hz(hz);
		uint64_t factor = tsc_factor_from_scale(scale);
		uint64_t day = mul_shift(86400 * hz, factor, TSC_FACTOR_BITS);

		assert_true(scale.mul >> 31 || scale.shift == -16); /* all bits of mul are used */
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

static const struct {
	uint64_t hz, mask;
} references[] = {
	{ 1000000000, UINT32_MAX },   /* QEMU's local APIC */
	{ 3579545, 0xffffff },        /* ACPI's timer, 24 bits */
	{ 3579545, UINT32_MAX },
	{ 10000000, UINT64_MAX },
	{ 1000000000, UINT64_MAX },
};

/* Looks at times that double: within 100 ppm after a second or little more. */
static void test_estimate_converges(void **state)
{
	struct tsc_estimate e;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		unsigned r = i % ARRAY_SIZE(references), looks = 0;

		restart(random_hz(), references[r].hz, references[r].mask, 1 + host_random_below(3000));
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

/* Whoever asks rarely: the reference may have wrapped any number of times in between. Either that is
 * known, or the estimate begins again; it is never wrong. */
static void test_estimate_with_wraps(void **state)
{
	unsigned restarts = 0, through = 0;
	struct tsc_estimate e;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		unsigned r = i % ARRAY_SIZE(references);

		restart(random_hz(), references[r].hz, references[r].mask, 2000);
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
		restart(random_hz(), 1000000000, UINT32_MAX, 500);
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
		restart(random_hz(), 1000000000, UINT32_MAX, 500);
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

static void test_stated_clock(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		uint64_t zero, begin, hz = random_hz();
		struct tsc_scale scale = tsc_scale_from_hz(hz);

		restart(hz, 1, 1, 0);
		assert_int_equal(clock_ns(), 0); /* before there is a clock */
		zero = sim_tsc();
		begin = sim.ns;
		tsc_init(zero, &scale, NULL);
		assert_true(tsc_is_stated());
		assert_false(tsc_measuring());
		sim.ns += host_random_below(1000 * NS_PER_SEC);
		assert_true(difference(clock_ns(), sim.ns - begin) <= 4 + (sim.ns - begin) / 1000000000);
		assert_true(difference(tsc_hz(), hz) <= hz / 1000000000 + 1);
		for (unsigned j = 0; j < 20; j++) {
			/* The tick for a time is the first that shows it. */
			uint64_t ns = host_random_below(1ULL << (10 + host_random_below(45)));
			uint64_t tick = clock_ns_to_tsc(ns);
			uint64_t shown = mul_shift(tick - zero, clock.factor, TSC_FACTOR_BITS);

			assert_true(shown >= ns);
			assert_true(shown - ns <= 10 + ns / 1000000000);
		}
		assert_true(clock_ns_to_tsc(UINT64_MAX) >= INT64_MAX);
		/* A CPU whose TSC lags behind. */
		sim.tsc_start -= sim.tsc_hz * 5000;
		assert_int_equal(clock_ns(), 0);
	}
	assert_int_equal(sim.looks, 0);
}

/* From the first question on time only goes forward, and soon it goes right. */
static void test_measured_clock(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		unsigned r = i % ARRAY_SIZE(references);
		uint64_t begin, last = 0, now, fixed_ns, fixed_clock, zero;
		bool late = host_random_below(4) == 0;

		restart(random_hz(), references[r].hz, references[r].mask, 1 + host_random_below(2000));
		begin = sim.ns;
		zero = sim_tsc();
		sim.ns += host_random_below(5000000);
		tsc_init(zero, NULL, host_random_below(2) ? sim_reference : NULL);
		assert_false(tsc_is_stated());
		assert_true(tsc_measuring());
		if (late) /* nobody asks for a minute */
			sim.ns += 60 * NS_PER_SEC;
		while (tsc_measuring()) {
			sim.ns += host_random_below(1ULL << (8 + host_random_below(20)));
			now = clock_ns();
			assert_true(now >= last);
			last = now;
			/* Rough at first, then good. */
			if (!late && sim.ns - begin > 100000000)
				assert_true(difference(now, sim.ns - begin) < (sim.ns - begin) / 100 + 15000000);
			assert_true(sim.ns - begin < 1000 * NS_PER_SEC);
		}
		assert_true(sim.looks < 80);
		fixed_ns = sim.ns;
		fixed_clock = clock_ns();
		sim.ns += 100 * NS_PER_SEC;
		now = clock_ns();
		assert_true(difference(now - fixed_clock, sim.ns - fixed_ns) <= 100 * NS_PER_SEC / PPM * 100);
		assert_true(difference(tsc_hz(), sim.tsc_hz) <= sim.tsc_hz / PPM * 100);
	}
}

static uint32_t word(const char *text)
{
	uint32_t value;

	memcpy(&value, text, sizeof(value));
	return value;
}

static void assert_hz(struct tsc_scale scale, uint64_t hz)
{
	assert_true(difference(tsc_hz_from_factor(tsc_factor_from_scale(scale)), hz) <= 1);
}

static void test_cpuid(void **state)
{
	struct tsc_scale scale;

	(void)state;
	cpu_features.hypervisor = false;
	cpuid_basic.eax = 0x16;
	cpuid_crystal = (struct cpuid_regs){ 0 };
	assert_false(tsc_scale_from_cpuid(&scale));
	cpuid_crystal = (struct cpuid_regs){ 2, 176, 24000000, 0 };
	assert_true(tsc_scale_from_cpuid(&scale));
	assert_hz(scale, 2112000000);
	cpuid_crystal.ecx = 0; /* the ratio alone says nothing */
	assert_false(tsc_scale_from_cpuid(&scale));
	cpuid_crystal.ecx = 24000000;
	cpuid_basic.eax = 0xd; /* the leaf is beyond what there is */
	assert_false(tsc_scale_from_cpuid(&scale));

	/* The hypervisor's word counts more. */
	cpuid_basic.eax = 0x16;
	cpu_features.hypervisor = true;
	cpuid_hypervisor = (struct cpuid_regs){ 0x40000010, word("KVMK"), word("VMKV"), word("M\0\0\0") };
	cpuid_timing.eax = 3000000;
	assert_true(tsc_scale_from_cpuid(&scale));
	assert_hz(scale, 3000000000);
	cpuid_hypervisor.eax = 0x40000001;
	assert_true(tsc_scale_from_cpuid(&scale));
	assert_hz(scale, 2112000000);
	cpuid_hypervisor = (struct cpuid_regs){ 0x40000010, word("TCGT"), word("CGTC"), word("GTCG") };
	assert_true(tsc_scale_from_cpuid(&scale));
	assert_hz(scale, 2112000000);
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
		cmocka_unit_test(test_stated_clock),
		cmocka_unit_test(test_measured_clock),
		cmocka_unit_test(test_cpuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
