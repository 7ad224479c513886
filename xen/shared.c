/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps the shared info page and the per-vCPU parts of it. */
#include "xen/shared.h"

#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"
#include "xen/hypercall.h"

struct shared_info *xen_shared;
struct vcpu_info *xen_vcpu[CONFIG_NR_CPUS];

int xen_shared_map(void)
{
	struct xen_add_to_physmap map = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = XEN_SHARED_INFO_PHYS >> FRAME_SHIFT,
	};
	long err = xen_memory_op(XENMEM_add_to_physmap, &map);

	if (err)
		return (int)err;
	xen_shared = phys_to_virt(XEN_SHARED_INFO_PHYS);
	return xen_vcpu_map();
}

#if CONFIG_NR_CPUS > XEN_LEGACY_MAX_VCPUS
/* vcpu_info of the vCPUs that the shared page has no room for. Must not cross a page. */
static struct vcpu_info further_vcpus[CONFIG_NR_CPUS - XEN_LEGACY_MAX_VCPUS] __aligned(64);

static int register_vcpu(uint32_t cpu)
{
	struct vcpu_info *info = &further_vcpus[cpu - XEN_LEGACY_MAX_VCPUS];
	phys_t phys = virt_to_phys(info);
	struct vcpu_register_vcpu_info reg = {
		.mfn = phys >> FRAME_SHIFT,
		.offset = phys & FRAME_MASK,
	};
	long err = xen_vcpu_op(VCPUOP_register_vcpu_info, cpu, &reg);

	if (!err)
		xen_vcpu[cpu] = info;
	return (int)err;
}
#endif

int xen_vcpu_map(void)
{
	uint32_t cpu = cpu_id();

#if CONFIG_NR_CPUS > XEN_LEGACY_MAX_VCPUS
	if (cpu >= XEN_LEGACY_MAX_VCPUS)
		return register_vcpu(cpu);
#endif
	xen_vcpu[cpu] = &xen_shared->vcpu_info[cpu];
	return 0;
}
