/* sources: arch/x86/tsc_scale.c */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC's timer against a simulated one: never late in any mode, off when it should be,
 * and right as a reference while it is set again and again. */
#include "tests/unit/sim_tsc.h"

#include <string.h>

#include "arch/x86/paging.h"

static struct cpuid_regs sim_cpuid(uint32_t leaf, uint32_t subleaf);
static uint64_t sim_rdmsr(uint32_t msr);
static void sim_wrmsr(uint32_t msr, uint64_t value);

#define rdtsc sim_tsc
#define rdtsc_ordered sim_tsc
#define cpuid sim_cpuid
#define rdmsr sim_rdmsr
#define wrmsr sim_wrmsr
#include "arch/x86/tsc.c"
#include "arch/x86/lapic.c"

#define X2(reg) (MSR_X2APIC + (reg) / 16)

/* The device. x2APIC throughout: MSRs can be watched, memory cannot. */
static struct {
	uint64_t base, lvt, initial, deadline, hz;
	uint64_t load_ns, fired_ns; /* when the counter was loaded, and when it last interrupted */
	bool enabled, has_apic;
	const char *signature;
} dev;

/* Ticks of the counter in ns. */
static uint64_t dev_ticks(uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * dev.hz / NS_PER_SEC);
}

/* When the device interrupts next, ns of simulated time, maybe past; UINT64_MAX: never. */
static uint64_t dev_fires(void)
{
	uint64_t now = sim.tsc_start + sim_count(sim.tsc_hz), rounds = 1, at;

	if (dev.lvt & LVT_MASKED || !dev.enabled)
		return UINT64_MAX;
	if (dev.lvt & LVT_TIMER_TSC_DEADLINE) {
		if (!dev.deadline || dev.deadline <= now)
			return dev.deadline ? sim.ns : UINT64_MAX;
		return sim.ns + mul_div(dev.deadline - now, NS_PER_SEC, sim.tsc_hz) + 1;
	}
	if (!dev.initial)
		return UINT64_MAX;
	if (dev.lvt & LVT_TIMER_PERIODIC)
		rounds = dev_ticks(dev.fired_ns - dev.load_ns) / (dev.initial + 1) + 1;
	at = dev.load_ns + mul_div(rounds * (dev.initial + 1), NS_PER_SEC, dev.hz) + 1;
	return at > dev.fired_ns ? at : UINT64_MAX;
}

/* Time goes on to the interrupt. */
static void dev_interrupt(void)
{
	uint64_t fires = dev_fires();

	assert_true(fires != UINT64_MAX); /* a lost timer is a hang */
	sim.ns = MAX(sim.ns, fires) + host_random_below(2000);
	dev.fired_ns = sim.ns;
	dev.deadline = 0;
}

static uint64_t sim_rdmsr(uint32_t msr)
{
	uint64_t ticks;

	sim_pass();
	ticks = dev_ticks(sim.ns - dev.load_ns);
	switch (msr) {
	case MSR_IA32_APIC_BASE:
		return dev.base;
	case X2(APIC_LVT_LINT0):
		return 0x8700; /* as firmware leaves it: ExtINT */
	case X2(APIC_TIMER_CURRENT):
		assert_false(dev.lvt & LVT_TIMER_TSC_DEADLINE);
		if (dev.lvt & LVT_TIMER_PERIODIC)
			return dev.initial - ticks % (dev.initial + 1);
		return ticks < dev.initial ? dev.initial - ticks : 0;
	default:
		fail();
		return 0;
	}
}

static void sim_wrmsr(uint32_t msr, uint64_t value)
{
	sim_pass();
	switch (msr) {
	case MSR_IA32_APIC_BASE:
		assert_true(value & APIC_BASE_EN);
		dev.base = value;
		break;
	case MSR_IA32_TSC_DEADLINE:
		dev.deadline = value;
		break;
	case X2(APIC_SVR):
		dev.enabled = value & SVR_ENABLE;
		assert_int_equal(value & 0xff, VECTOR_SPURIOUS);
		break;
	case X2(APIC_LVT_LINT0):
		assert_false(dev.enabled);
		assert_int_equal(value, 0x18700);
		break;
	case X2(APIC_LVT_TIMER):
		assert_int_equal(value & 0xff, VECTOR_TIMER);
		dev.lvt = value;
		break;
	case X2(APIC_TIMER_INITIAL):
		dev.initial = value;
		dev.load_ns = dev.fired_ns = sim.ns;
		break;
	case X2(APIC_TIMER_DIVIDE):
		assert_int_equal(value, DIVIDE_BY_1);
		break;
	default:
		fail();
	}
	assert_true(msr == MSR_IA32_APIC_BASE || dev.base & APIC_BASE_EXTD);
}

static struct cpuid_regs sim_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs r = { 0 };

	(void)subleaf;
	if (leaf == 1)
		r.edx = dev.has_apic ? CPUID_1_EDX_APIC : 0;
	if (leaf == CPUID_HYPERVISOR) {
		memcpy(&r.ebx, dev.signature, 4);
		memcpy(&r.ecx, dev.signature + 4, 4);
		memcpy(&r.edx, dev.signature + 8, 4);
	}
	return r;
}

void *paging_map_device(phys_t pa, size_t size)
{
	(void)pa;
	(void)size;
	return NULL;
}

/* A fresh machine. measured: the TSC is measured against this timer. */
static void restart(const char *signature, uint64_t hz, bool tsc_deadline, bool measured)
{
	uint64_t zero, tsc_hz_true = random_hz();
	struct tsc_scale scale = tsc_scale_from_hz(tsc_hz_true);

	memset(&clock, 0, sizeof(clock));
	memset(&estimate, 0, sizeof(estimate));
	memset(timers, 0, sizeof(timers));
	memset(&dev, 0, sizeof(dev));
	reference = NULL;
	stated = looking = asked = false;
	sim_start(tsc_hz_true, 1, 1, 1 + host_random_below(500));
	cpu_features.x2apic = true;
	cpu_features.hypervisor = true;
	cpu_features.tsc_deadline = tsc_deadline;
	dev.base = 0xfee00000 | (host_random_below(2) ? APIC_BASE_EN : 0);
	dev.signature = signature;
	dev.hz = hz;
	dev.has_apic = true;
	zero = sim_tsc();
	host_interrupts = false;
	tsc_init(zero, measured ? NULL : &scale, NULL);
}

/* Sets the timer for some time from now and plays its interrupts, as sched/timer.c does, until
 * clock_ns() has got there. Returns how many interrupts that took. */
static unsigned sleep_for(uint64_t ns)
{
	uint64_t target = clock_ns() + ns, late;
	unsigned interrupts = 0;

	lapic_timer_set(target);
	for (;;) {
		dev_interrupt();
		interrupts++;
		if (clock_ns() >= target)
			break;
		lapic_timer_set(target);
		assert_true(interrupts < 2000);
	}
	late = clock_ns() - target;
	lapic_timer_idle();
	assert_int_equal(dev_fires(), UINT64_MAX);
	/* Late only by accesses and the grain, and by what the clock is put forward while the TSC is
	 * measured. */
	assert_true(late < 150000 + (tsc_is_stated() ? 0 : ns + 10000000));
	return interrupts;
}

static uint64_t random_sleep(void)
{
	return host_random_below(1ULL << (8 + host_random_below(17)));
}

static void test_modes(void **state)
{
	static const struct {
		const char *signature;
		uint64_t hz;
		bool deadline;
		unsigned most; /* interrupts for one sleep, once the timer is known */
	} modes[] = {
		{ "KVMKVMKVM\0\0", 1000000000, true, 2 }, { "KVMKVMKVM\0\0", 1000000000, false, 2 },
		{ "TCGTCGTCGTCG", 1000000000, false, 2 }, { "XenVMMXenVMM", 100000000, false, 2 },
		{ "nobody knows", 66000000, false, 12 },  { "nobody knows", 1000000000, false, 12 },
	};

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		unsigned m = i % ARRAY_SIZE(modes);

		restart(modes[m].signature, modes[m].hz, modes[m].deadline, false);
		lapic_timer_set(UINT64_MAX);
		assert_false(dev.enabled); /* what is not used is not touched */
		sleep_for(50000000);
		for (unsigned j = 0; j < 200; j++)
			assert_true(sleep_for(random_sleep()) <= modes[m].most);
		sleep_for(20000000000); /* further than 32 bits of ns */
		lapic_timer_set(clock_ns() + 1000000);
		lapic_timer_set(UINT64_MAX);
		assert_int_equal(dev_fires(), UINT64_MAX);
	}
}

/* The worst case: the TSC is measured by the timer that is set all the time. */
static void test_reference_in_use(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		uint64_t begin, begin_clock;

		restart("TCGTCGTCGTCG", 1000000000, false, true);
		begin = sim.ns;
		sim.ns += host_random_below(10000000);
		for (unsigned j = 0; tsc_measuring(); j++) {
			sleep_for(random_sleep());
			assert_true(estimate.low <= sim.tsc_hz && sim.tsc_hz <= estimate.high);
			assert_true(sim.ns - begin < 300 * NS_PER_SEC);
		}
		assert_true(difference(tsc_hz(), sim.tsc_hz) <= sim.tsc_hz / PPM * 500);
		/* From now on a plain one-shot. */
		begin = sim.ns;
		begin_clock = clock_ns();
		for (unsigned j = 0; j < 100; j++)
			assert_true(sleep_for(random_sleep()) <= 2);
		assert_false(timers[0].reference);
		assert_false(dev.lvt & LVT_TIMER_PERIODIC);
		assert_true(difference(clock_ns() - begin_clock, sim.ns - begin) <=
		            (sim.ns - begin) / PPM * 500 + 1000);
	}
}

static void test_no_apic(void **state)
{
	(void)state;
	restart("TCGTCGTCGTCG", 1000000000, false, false);
	dev.has_apic = false;
	assert_int_equal(lapic_init(), -ENODEV);
	expect_assert_failure(lapic_timer_set(1000));
	assert_non_null(strstr(host_panic_text, "local APIC is missing"));
	cpu_features.x2apic = false;
	dev.has_apic = true;
	assert_int_equal(lapic_init(), -ENOMEM); /* paging_map_device() has no memory here */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_reference_in_use),
		cmocka_unit_test(test_no_apic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
