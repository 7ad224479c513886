/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding Xen and calling it. */
#include "xen/hypercall.h"

#include "arch/x86/cpu.h"

#define CPUID_HYPERVISOR_FIRST 0x40000000 /* first of the hypervisors' blocks of leaves */
#define CPUID_HYPERVISOR_STEP 0x100
#define CPUID_HYPERVISOR_END 0x40010000

/* EBX of leaf 0: the first four letters of the maker's name, where vmcall is the instruction. */
#define CPUID_VENDOR_INTEL 0x756e6547    /* "Genu"ineIntel */
#define CPUID_VENDOR_CENTAUR 0x746e6543  /* "Cent"aurHauls */
#define CPUID_VENDOR_SHANGHAI 0x68532020 /* "  Sh"anghai */

static enum {
	XEN_UNKNOWN,
	XEN_ABSENT,
	XEN_PRESENT
} presence;
static bool use_vmcall;
static uint32_t first_leaf;

static bool leaf_is_xen(const struct cpuid_regs *r)
{
	return r->ebx == XEN_CPUID_SIGNATURE_EBX && r->ecx == XEN_CPUID_SIGNATURE_ECX &&
	       r->edx == XEN_CPUID_SIGNATURE_EDX;
}

/* Another hypervisor's interface may come first (Xen's viridian=1 puts Hyper-V's there), so blocks
 * are walked for as long as they look like some hypervisor's: EAX names a last leaf inside. */
static bool find_xen(void)
{
	uint32_t leaf;
	struct cpuid_regs r;

	for (leaf = CPUID_HYPERVISOR_FIRST; leaf < CPUID_HYPERVISOR_END;
	     leaf += CPUID_HYPERVISOR_STEP) {
		r = cpuid(leaf, 0);
		if (leaf_is_xen(&r))
			break;
		if (r.eax < leaf || r.eax >= leaf + CPUID_HYPERVISOR_STEP)
			return false;
	}
	first_leaf = leaf;
	return leaf < CPUID_HYPERVISOR_END;
}

uint32_t xen_cpuid_leaf(unsigned nr)
{
	return first_leaf + nr;
}

bool xen_detect(void)
{
	uint32_t vendor;

	if (presence == XEN_UNKNOWN) {
		presence = find_xen() ? XEN_PRESENT : XEN_ABSENT;
		vendor = presence == XEN_PRESENT ? cpuid(0, 0).ebx : 0;
		use_vmcall = vendor == CPUID_VENDOR_INTEL || vendor == CPUID_VENDOR_CENTAUR ||
		             vendor == CPUID_VENDOR_SHANGHAI;
	}
	return presence == XEN_PRESENT;
}

/* Arguments in RDI, RSI, RDX; Xen may change those registers. */
long hypercall(unsigned nr, uintptr_t a, uintptr_t b, uintptr_t c)
{
	long result;

	if (use_vmcall)
		__asm__ volatile("vmcall"
		                 : "=a"(result), "+D"(a), "+S"(b), "+d"(c)
		                 : "0"((uint64_t)nr)
		                 : "memory");
	else
		__asm__ volatile("vmmcall"
		                 : "=a"(result), "+D"(a), "+S"(b), "+d"(c)
		                 : "0"((uint64_t)nr)
		                 : "memory");
	return result;
}

int xen_get_param(unsigned index, uint64_t *value)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };
	long err = xen_hvm_op(HVMOP_get_param, &param);

	if (!err)
		*value = param.value;
	return (int)err;
}

int xen_set_param(unsigned index, uint64_t value)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index, .value = value };

	return (int)xen_hvm_op(HVMOP_set_param, &param);
}

bool xen_feature(unsigned feature)
{
	static struct xen_feature_info info;
	static bool known;

	if (!known) {
		if (xen_version_op(XENVER_get_features, &info))
			return false;
		known = true;
	}
	return feature < 32 && (info.submap & (1U << feature));
}
