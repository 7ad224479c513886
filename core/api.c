/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions of <pagurus.h>, for programs that are linked into the image. */
#include "core/api.h"

#include "arch/x86/cpu.h"
#include "arch/x86/tsc.h"
#include "core/boot_trace.h"
#include "include/pagurus.h"
#include "include/platform.h"
#include "include/types.h"
#include "include/version.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/frame.h"

#define CPUID_HYPERVISOR 0x40000000 /* EBX, ECX, EDX: the hypervisor's signature */

static const struct boot_info *boot_info;

void api_init(const struct boot_info *bi)
{
	boot_info = bi;
}

EXPORT unsigned pagurus_boot_steps(struct pagurus_boot_step *steps, unsigned max)
{
	memcpy(steps, boot_steps, MIN(max, nr_boot_steps) * sizeof(*steps));
	return nr_boot_steps;
}

static const char *hypervisor_signature(void)
{
	static char signature[13];
	struct cpuid_regs r;

	if (cpu_features.hypervisor) {
		r = cpuid(CPUID_HYPERVISOR, 0);
		memcpy(signature, &r.ebx, 4);
		memcpy(signature + 4, &r.ecx, 4);
		memcpy(signature + 8, &r.edx, 4);
	}
	return signature;
}

static const char *boot_name(void)
{
	static const char *const names[] = {
		[BOOT_PROTOCOL_PVH] = "PVH",
		[BOOT_PROTOCOL_MULTIBOOT1] = "multiboot",
		[BOOT_PROTOCOL_MULTIBOOT2] = "multiboot2",
	};

	return boot_info ? names[boot_info->protocol] : "";
}

EXPORT void pagurus_info(struct pagurus_info *info)
{
	struct frame_stats frames;
	struct area_stats areas;

	frame_stats(&frames);
	area_stats(program_space, &areas);
	*info = (struct pagurus_info){
		.version = PAGURUS_VERSION,
		.platform = platform->name,
		.hypervisor = hypervisor_signature(),
		.boot = boot_name(),
		.pages = area_policy(),
		.zeroed = 1, /* anonymous memory is, as POSIX has it */
		.tsc_stated = tsc_is_stated(),
		.tsc_hz = tsc_hz(),
		.memory = frames.total * FRAME_SIZE,
		.memory_free = frames.free * FRAME_SIZE,
		.faults = areas.faults,
		.faults_large = areas.large,
		.cpus = 1, /* this release starts one */
	};
}
