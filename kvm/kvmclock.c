/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM's clock: MSRs that make the host fill in time information. */
#include "kvm/kvmclock.h"

#include <asm/kvm_para.h>

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "kvm/hypervisor.h"

#define TRIES 1000 /* a host that never finishes an update is no clock */

/* What MSR_KVM_SYSTEM_TIME_NEW fills in; version is odd while it is being changed. */
struct pvclock_time {
	uint32_t version;
	uint32_t pad;
	uint64_t tsc_timestamp;
	uint64_t system_time; /* ns at tsc_timestamp */
	uint32_t tsc_to_system_mul;
	int8_t tsc_shift;
	uint8_t flags;
	uint8_t pad2[2];
};
_Static_assert(sizeof(struct pvclock_time) == 32, "pvclock_vcpu_time_info");
_Static_assert(offsetof(struct pvclock_time, tsc_shift) == 28, "pvclock_vcpu_time_info");

/* MSR_KVM_WALL_CLOCK_NEW: the wall clock when system_time was 0. */
struct pvclock_wall {
	uint32_t version;
	uint32_t sec;
	uint32_t nsec;
};
_Static_assert(sizeof(struct pvclock_wall) == 12, "pvclock_wall_clock");

static volatile struct pvclock_time time_info __aligned(32);
static volatile struct pvclock_wall wall_info __aligned(4);

static bool has_clock(void)
{
	uint32_t base = hypervisor_leaf(KVM_SIGNATURE);

	return base && (cpuid(base + (KVM_CPUID_FEATURES - KVM_CPUID_SIGNATURE), 0).eax &
	                BIT(KVM_FEATURE_CLOCKSOURCE2));
}

/* Has the host time_info filled in, and copies it. */
static bool read_time(struct pvclock_time *t)
{
	uint32_t version;

	if (!time_info.version)
		wrmsr(MSR_KVM_SYSTEM_TIME_NEW, virt_to_phys((void *)&time_info) | KVM_MSR_ENABLED);
	for (unsigned i = 0; i < TRIES; i++) {
		version = time_info.version;
		barrier();
		t->tsc_timestamp = time_info.tsc_timestamp;
		t->system_time = time_info.system_time;
		t->tsc_to_system_mul = time_info.tsc_to_system_mul;
		t->tsc_shift = time_info.tsc_shift;
		barrier();
		if (version && !(version & 1) && version == time_info.version)
			return t->tsc_to_system_mul != 0;
	}
	return false;
}

bool kvmclock_scale(struct tsc_scale *scale)
{
	struct pvclock_time t;

	if (!has_clock() || !read_time(&t))
		return false;
	*scale = (struct tsc_scale){ .mul = t.tsc_to_system_mul, .shift = t.tsc_shift };
	return true;
}

static uint64_t scaled(uint64_t delta, uint32_t mul, int shift)
{
	delta = shift < 0 ? delta >> -shift : delta << shift;
	return (uint64_t)((unsigned __int128)delta * mul >> 32);
}

uint64_t kvmclock_wall_ns(void)
{
	struct pvclock_time t;
	uint64_t wall = 0;

	if (!has_clock() || !read_time(&t))
		return 0;
	wrmsr(MSR_KVM_WALL_CLOCK_NEW, virt_to_phys((void *)&wall_info));
	for (unsigned i = 0; i < TRIES && !wall; i++) {
		uint32_t version = wall_info.version;

		barrier();
		wall = wall_info.sec * NS_PER_SEC + wall_info.nsec;
		barrier();
		if (version & 1 || version != wall_info.version)
			wall = 0;
	}
	if (!wall)
		return 0;
	return wall + t.system_time +
	       scaled(rdtsc_ordered() - t.tsc_timestamp, t.tsc_to_system_mul, t.tsc_shift);
}
