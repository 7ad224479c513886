/* SPDX-License-Identifier: BSD-2-Clause */
/* vCPUs beyond the first: Xen starts each in 64-bit mode at the kernel's own entry, with the number
 * that it has for Xen (xen/include/public/hvm/hvm_vcpu.h). PVH and HVM guests alike. */
#include "xen/cpus.h"

#include "arch/x86/smp.h"
#include "include/errno.h"
#include "include/log.h"
#include "xen/hypercall.h"

/* As the first CPU has them (arch/x86/boot32.S). */
#define CR0_BOOT 0x80010033UL /* PG, WP, NE, ET, MP, PE */
#define CR4_BOOT 0x620UL      /* OSXMMEXCPT, OSFXSR, PAE */
#define EFER_BOOT 0xd01UL     /* NXE, LMA, LME, SCE */
#define RFLAGS_BOOT 0x2UL     /* the bit that is always set */

_Static_assert(offsetof(struct vcpu_hvm_context, cpu_regs) == 8, "vcpu_hvm_context");
_Static_assert(offsetof(struct vcpu_hvm_x86_64, efer) == 13 * 8, "vcpu_hvm_x86_64");

static bool exists(unsigned vcpu)
{
	return xen_vcpu_op(VCPUOP_is_up, vcpu, NULL) >= 0;
}

unsigned xen_cpus(void)
{
	unsigned count = 1;

	while (exists(count))
		count++;
	return count;
}

static int start(unsigned vcpu)
{
	struct vcpu_hvm_context context = {
		.mode = VCPU_HVM_MODE_64B,
		.cpu_regs.x86_64 = {
			.rip = (uint64_t)smp_entry,
			.rdi = vcpu,
			.rflags = RFLAGS_BOOT,
			.cr0 = CR0_BOOT,
			.cr3 = smp_root(),
			.cr4 = CR4_BOOT,
			.efer = EFER_BOOT,
		},
	};
	long err = xen_vcpu_op(VCPUOP_initialise, vcpu, &context);

	return (int)(err ? err : xen_vcpu_op(VCPUOP_up, vcpu, NULL));
}

static void give_way(void)
{
	xen_sched_op(SCHEDOP_yield, NULL);
}

int xen_cpus_start(const struct boot_info *bi)
{
	unsigned vcpu = 1;

	(void)bi;
	smp_set_yield(give_way);
	for (; vcpu < CONFIG_NR_CPUS && exists(vcpu); vcpu++) {
		int err = start(vcpu);

		if (err) {
			log_warn("xen: vCPU %u cannot be started (error %d)", vcpu, err);
			break;
		}
	}
	smp_set_arrived(vcpu);
	return 0;
}
