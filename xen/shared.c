/* SPDX-License-Identifier: BSD-2-Clause */
/* The vCPUs' own parts of what Xen shares with the domain, registered first thing; and the page with
 * the rest of it, which appears when somebody wants it. */
#include "xen/shared.h"

#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "xen/hypercall.h"

struct shared_info *xen_shared;
struct vcpu_info *xen_vcpu[CONFIG_NR_CPUS];

/* None may cross a page. */
static struct vcpu_info infos[CONFIG_NR_CPUS] __aligned(64);
_Static_assert(sizeof(infos[0]) == 64, "vcpu_info");

static struct spinlock lock;

int xen_shared_map(void)
{
	struct xen_add_to_physmap map = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = XEN_SHARED_INFO_PHYS >> FRAME_SHIFT,
	};
	uint64_t flags = spin_lock(&lock);
	long err = xen_shared ? 0 : xen_memory_op(XENMEM_add_to_physmap, &map);

	if (!err)
		WRITE_ONCE(xen_shared, phys_to_virt(XEN_SHARED_INFO_PHYS));
	spin_unlock(&lock, flags);
	return (int)err;
}

int xen_vcpu_map(void)
{
	uint32_t cpu = cpu_id();
	phys_t phys = virt_to_phys(&infos[cpu]);
	struct vcpu_register_vcpu_info reg = {
		.mfn = phys >> FRAME_SHIFT,
		.offset = phys & FRAME_MASK,
	};
	long err = xen_vcpu_op(VCPUOP_register_vcpu_info, cpu, &reg);

	if (!err)
		xen_vcpu[cpu] = &infos[cpu];
	return (int)err;
}

int xen_shared_resume(void)
{
	bool mapped = xen_shared;
	int err = xen_vcpu_map();

	xen_shared = NULL;
	return !err && mapped ? xen_shared_map() : err;
}
