/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor's signature in CPUID. */
#include "kvm/hypervisor.h"

#include "arch/x86/cpu.h"
#include "lib/string.h"

#define LEAF_FIRST 0x40000000
#define LEAF_STEP 0x100
#define LEAF_LAST 0x40000100

uint32_t hypervisor_leaf(const char signature[12])
{
	if (!cpu_features.hypervisor)
		return 0;
	for (uint32_t leaf = LEAF_FIRST; leaf <= LEAF_LAST; leaf += LEAF_STEP) {
		struct cpuid_regs r = cpuid(leaf, 0);
		uint32_t found[3] = { r.ebx, r.ecx, r.edx };

		if (memcmp(found, signature, sizeof(found)) == 0)
			return leaf;
	}
	return 0;
}
