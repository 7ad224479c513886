/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads once what this CPU offers and switches on what the kernel uses. CPUID costs a VM exit, so
 * each leaf is read a single time and only what somebody needs. */
#include "arch/x86/features.h"

#include "arch/x86/asm.h"
#include "arch/x86/clear.h"
#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"

#define CR4_OSXSAVE BIT(18)
#define CR4_FSGSBASE BIT(16)

#define CPUID1_ECX_X2APIC BIT(21)
#define CPUID1_ECX_TSC_DEADLINE BIT(24)
#define CPUID1_ECX_XSAVE BIT(26)
#define CPUID1_ECX_RDRAND BIT(30)
#define CPUID1_ECX_HYPERVISOR BIT(31)
#define CPUID7_EBX_FSGSBASE BIT(0)
#define CPUID7_EBX_ERMS BIT(9)
#define CPUIDD1_EAX_XSAVEOPT BIT(0)
#define CPUIDD1_EAX_XGETBV1 BIT(2)
#define CPUID_EXT1_EDX_PAGE1G BIT(26)

/* State components that a program may have live: x87, SSE, AVX, AVX-512 (SDM volume 1, 13.1). */
#define XCR0_PROGRAM (BIT(0) | BIT(1) | BIT(2) | BIT(5) | BIT(6) | BIT(7))
#define FXSAVE_SIZE 512

struct cpu_features cpu_features;
struct cpu cpus[CONFIG_NR_CPUS];

extern char boot_stack_top[]; /* boot32.S */

void syscall_entry(void);

static inline void cr4_set(uint64_t bits)
{
	uint64_t cr4;

	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | bits) : "memory");
}

static void xsave_enable(uint64_t xcr0)
{
	cr4_set(CR4_OSXSAVE);
	__asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)xcr0), "d"((uint32_t)(xcr0 >> 32)));
}

static void xsave_read(void)
{
	struct cpuid_regs d = cpuid(0xd, 0);

	cpu_features.xcr0 = ((uint64_t)d.edx << 32 | d.eax) & XCR0_PROGRAM;
	xsave_enable(cpu_features.xcr0);
	cpu_features.xsave_size = cpuid(0xd, 0).ebx; /* for what XCR0 enables now */
	cpu_features.xgetbv1 = cpuid(0xd, 1).eax & CPUIDD1_EAX_XGETBV1;
}

/* On the first CPU; all are alike. */
static void features_read(void)
{
	struct cpuid_regs leaf0 = cpuid(0, 0);
	struct cpuid_regs leaf1 = cpuid(1, 0);
	struct cpuid_regs leaf7 = { 0 };

	if (leaf0.eax >= 7)
		leaf7 = cpuid(7, 0);
	cpu_features.fsgsbase = leaf7.ebx & CPUID7_EBX_FSGSBASE;
	cpu_features.erms = leaf7.ebx & CPUID7_EBX_ERMS;
	cpu_features.x2apic = leaf1.ecx & CPUID1_ECX_X2APIC;
	cpu_features.tsc_deadline = leaf1.ecx & CPUID1_ECX_TSC_DEADLINE;
	cpu_features.rdrand = leaf1.ecx & CPUID1_ECX_RDRAND;
	cpu_features.hypervisor = leaf1.ecx & CPUID1_ECX_HYPERVISOR;
	cpu_features.page1g = cpuid(0x80000001, 0).edx & CPUID_EXT1_EDX_PAGE1G;

	cpu_features.xsave = leaf1.ecx & CPUID1_ECX_XSAVE && leaf0.eax >= 0xd;
	cpu_features.xsave_size = FXSAVE_SIZE;
	if (cpu_features.xsave)
		xsave_read();
	clear_init();
}

void cpu_init(unsigned id)
{
	/* After a reset, which is how Xen starts a guest, the x87 unit computes in single precision. */
	__asm__ volatile("fninit");

	cpus[id].self = &cpus[id];
	cpus[id].id = id;
	if (id == 0) {
		cpus[id].kernel_stack = (uint64_t)boot_stack_top;
		features_read();
	} else if (cpu_features.xsave) {
		xsave_enable(cpu_features.xcr0);
	}
	if (cpu_features.fsgsbase)
		cr4_set(CR4_FSGSBASE);

	/* The syscall instruction: CS and SS, entry, and what it clears in RFLAGS (SDM volume 2). */
	wrmsr(MSR_STAR, (uint64_t)SELECTOR_CODE << 32);
	wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
	wrmsr(MSR_FMASK, RFLAGS_IF | RFLAGS_DF | RFLAGS_TF | RFLAGS_AC | RFLAGS_NT);
}
