/* SPDX-License-Identifier: BSD-2-Clause */
/* Processor instructions that C cannot say, and the architectural numbers they need. Names are
 * those of the Intel SDM and the AMD APM. */
#ifndef PAGURUS_X86_CPU_H
#define PAGURUS_X86_CPU_H

#include "include/types.h"

#define MSR_IA32_TSC 0x10
#define MSR_IA32_APIC_BASE 0x1b
#define MSR_IA32_TSC_DEADLINE 0x6e0
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_FMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

#define RFLAGS_TF BIT(8)
#define RFLAGS_IF BIT(9)
#define RFLAGS_DF BIT(10)
#define RFLAGS_NT BIT(14)
#define RFLAGS_AC BIT(18)

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs r;

	__asm__ volatile("cpuid"
	                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
	                 : "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

/* TSC, unordered: for time stamps where a few cycles do not matter. (rdtscp is not used: it dies
 * under a nested SVM that TCG emulates, see docs.) */
static inline uint64_t rdtsc(void)
{
	uint64_t low, high; /* their upper halves are cleared */

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return high << 32 | low;
}

/* TSC after all earlier loads and instructions have finished. */
static inline uint64_t rdtsc_ordered(void)
{
	uint64_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return high << 32 | low;
}

static inline void outb(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* Writes value to count 64-bit words from dst on. */
static inline void fill_words(void *dst, uint64_t value, size_t count)
{
	__asm__ volatile("rep stosq" : "+D"(dst), "+c"(count) : "a"(value) : "memory");
}

#ifdef PAGURUS_HOST
#include "arch/x86/host.h"
#else
/* Page-table root; writing it also flushes the TLB, global entries excepted. */
static inline uint64_t read_cr3(void)
{
	uint64_t value;

	__asm__ volatile("movq %%cr3, %0" : "=r"(value));
	return value;
}

static inline void write_cr3(uint64_t value)
{
	__asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

/* Flushes what the TLB and the paging-structure caches know of the page at va. */
static inline void invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* Interrupts. irq_save() returns what irq_restore() wants back; they nest. */
static inline uint64_t irq_save(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static inline void irq_restore(uint64_t flags)
{
	if (flags & RFLAGS_IF)
		__asm__ volatile("sti" : : : "memory");
}

static inline void irq_enable(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void irq_disable(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline bool irq_enabled(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	return flags & RFLAGS_IF;
}

/* Sleeps until an interrupt; interrupts are off before and after. The shadow of sti covers hlt, so
 * an interrupt that was already pending is not lost. */
static inline void cpu_halt_until_interrupt(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

/* Lets interrupts that wait come; they are off before and after. The shadow of sti covers nop. */
static inline void cpu_take_interrupts(void)
{
	__asm__ volatile("sti; nop; cli" : : : "memory");
}
#endif /* !PAGURUS_HOST */

/* Features, read once at boot (arch/x86/features.c). */
struct cpu_features {
	bool fsgsbase;     /* RDFSBASE and friends; set up in CR4 */
	bool xsave;        /* XSAVE set up in CR4 and XCR0; else FXSAVE */
	bool xsaveopt;
	bool xgetbv1;      /* XGETBV with ECX=1: which state is in use */
	bool page1g;       /* 1 GiB pages */
	bool x2apic;
	bool tsc_deadline;
	bool erms;         /* fast rep movsb/stosb */
	bool rdrand;
	bool hypervisor;   /* CPUID.1:ECX[31] */
	uint32_t xsave_size; /* bytes of a thread's extended state (512 for FXSAVE) */
	uint64_t xcr0;
};

extern struct cpu_features cpu_features;

#endif
