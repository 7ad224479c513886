/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated time for tests of the clock: a TSC and a reference counter that follow it. A test that
 * includes this before a kernel source makes that source read them. */
#ifndef PAGURUS_SIM_TSC_H
#define PAGURUS_SIM_TSC_H

#include "tests/unit/host_stubs.h"

#include "arch/x86/cpu.h"
#include "arch/x86/tsc_scale.h"

#define PPM 1000000ULL

static struct {
	uint64_t ns;
	uint64_t tsc_hz, tsc_start;
	uint64_t reference_hz, reference_start, mask;
	uint64_t jitter; /* each access takes up to so many ns, a rare one 100 times as long; 0: none */
	uint64_t doubt;  /* by how much the reference may have been wrong so far */
	unsigned looks;
} sim;

static const struct {
	uint64_t hz, mask;
} references[] = {
	{ 1000000000, UINT32_MAX }, /* QEMU's local APIC */
	{ 3579545, 0xffffff },      /* ACPI's timer, 24 bits */
	{ 3579545, UINT32_MAX },    { 10000000, UINT64_MAX }, { 1000000000, UINT64_MAX },
};

static inline void sim_pass(void)
{
	uint64_t ns = 1 + host_random_below(sim.jitter + 1);

	if (sim.jitter)
		sim.ns += host_random_below(50) ? ns : 100 * ns;
}

static inline uint64_t sim_count(uint64_t hz)
{
	return (uint64_t)((unsigned __int128)sim.ns * hz / NS_PER_SEC);
}

static inline uint64_t sim_tsc(void)
{
	sim_pass();
	return sim.tsc_start + sim_count(sim.tsc_hz);
}

static inline uint64_t sim_reference(uint64_t *hz, uint64_t *mask)
{
	sim_pass();
	sim.looks++;
	*hz = sim.reference_hz;
	*mask = sim.mask;
	return (sim.reference_start + sim_count(sim.reference_hz)) & sim.mask;
}

/* A random time to begin at. */
static inline void sim_start(uint64_t tsc_hz_true, uint64_t reference_hz, uint64_t mask,
                             uint64_t jitter)
{
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

static inline uint64_t random_hz(void)
{
	return 400000000 + host_random_below(4600000000);
}

static inline uint64_t difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

#endif
