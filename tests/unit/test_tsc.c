/* sources: arch/x86/tsc_scale.c */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The TSC clock on simulated time: stated, measured while it is asked, and what CPUID states. */
#include "tests/unit/sim_tsc.h"

#include <string.h>

static struct cpuid_regs sim_cpuid(uint32_t leaf, uint32_t subleaf);

#define rdtsc sim_tsc
#define rdtsc_ordered sim_tsc
#define cpuid sim_cpuid
#include "arch/x86/tsc.c"

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
	switch (leaf) {
	case 0:
		return cpuid_basic;
	case CPUID_TSC:
		return cpuid_crystal;
	case CPUID_HYPERVISOR:
		return cpuid_hypervisor;
	default:
		return cpuid_timing;
	}
}

/* A fresh clock at a random time. */
static void restart(uint64_t tsc_hz_true, uint64_t reference_hz, uint64_t mask, uint64_t jitter)
{
	memset(&clock, 0, sizeof(clock));
	memset(&estimate, 0, sizeof(estimate));
	reference = NULL;
	stated = looking = asked = false;
	sim_start(tsc_hz_true, reference_hz, mask, jitter);
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
		assert_true(difference(now - fixed_clock, sim.ns - fixed_ns) <=
		            100 * NS_PER_SEC / PPM * 100);
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
	cpuid_hypervisor =
		(struct cpuid_regs){ 0x40000010, word("KVMK"), word("VMKV"), word("M\0\0\0") };
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
		cmocka_unit_test(test_stated_clock),
		cmocka_unit_test(test_measured_clock),
		cmocka_unit_test(test_cpuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
