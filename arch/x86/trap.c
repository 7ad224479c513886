/* SPDX-License-Identifier: BSD-2-Clause */
/* GDT, TSS, IDT, and the dispatch of traps. Stacks: each kind of trap that can interrupt another
 * has an IST stack of its own, above a guard page (boot32.S reserves the boot CPU's). */
#include "arch/x86/trap.h"

#include "arch/x86/asm.h"
#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "arch/x86/percpu_list.h"
#include "arch/x86/smp.h"
#include "include/errno.h"
#include "include/panic.h"
#include "lib/string.h"

#define TRAP_STUBS 80 /* exceptions, legacy interrupts, LAPIC vectors: arch/x86/lapic.h */
#define TRAP_STUB_SIZE 16

#define GATE_PRESENT_INTERRUPT 0x8e /* present, DPL 0, 64-bit interrupt gate */
#define TSS_AVAILABLE 0x89

enum ist {
	IST_NMI = 1,
	IST_DOUBLE_FAULT,
	IST_MACHINE_CHECK,
	IST_PAGE_FAULT,
	IST_EXCEPTION,
	IST_IRQ
};
_Static_assert(IST_IRQ == TRAP_STACKS, "one stack for each");

/* Intel SDM volume 3, figure 8-11. */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t iomap_base;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "64-bit TSS");

/* Figure 6-8. */
struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_mid;
	uint32_t offset_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "64-bit gate");

struct descriptor_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

struct extable_entry {
	int32_t from;
	int32_t to;
};

extern const char trap_stubs[];
extern char ist_stacks[];
extern const struct extable_entry __extable_start[], __extable_end[];

static uint64_t gdt[CONFIG_NR_CPUS][5];
static struct tss tss[CONFIG_NR_CPUS];
static struct gate idt[TRAP_STUBS];
static void (*handlers[TRAP_STUBS])(struct trap_frame *frame);

static enum ist ist_of(unsigned vector)
{
	switch (vector) {
	case TRAP_NMI:
		return IST_NMI;
	case TRAP_DOUBLE_FAULT:
		return IST_DOUBLE_FAULT;
	case TRAP_MACHINE_CHECK:
		return IST_MACHINE_CHECK;
	case TRAP_PAGE_FAULT:
		return IST_PAGE_FAULT;
	default:
		return vector < 32 ? IST_EXCEPTION : IST_IRQ;
	}
}

static void idt_fill(void)
{
	for (unsigned v = 0; v < TRAP_STUBS; v++) {
		uint64_t entry = (uint64_t)trap_stubs + v * TRAP_STUB_SIZE;

		idt[v] = (struct gate){
			.offset_low = (uint16_t)entry,
			.selector = SELECTOR_CODE,
			.ist = ist_of(v),
			.type = GATE_PRESENT_INTERRUPT,
			.offset_mid = (uint16_t)(entry >> 16),
			.offset_high = (uint32_t)(entry >> 32),
		};
	}
}

/* GDT, TSS, whose stacks are set, and the common IDT. */
static void load_tables(unsigned id)
{
	uint64_t tss_base = (uint64_t)&tss[id];
	struct descriptor_pointer p;

	tss[id].iomap_base = sizeof(struct tss);

	/* The TSS descriptor is written by LTR (busy bit), so this GDT lies in writable memory. */
	gdt[id][1] = 0x00af9b000000ffff; /* SELECTOR_CODE */
	gdt[id][2] = 0x00cf93000000ffff; /* SELECTOR_DATA */
	gdt[id][3] = (sizeof(struct tss) - 1) | (tss_base & 0xffffff) << 16 |
	             (uint64_t)TSS_AVAILABLE << 40 | (tss_base >> 24 & 0xff) << 56;
	gdt[id][4] = tss_base >> 32;

	p = (struct descriptor_pointer){ sizeof(gdt[id]) - 1, (uint64_t)gdt[id] };
	__asm__ volatile("lgdt %0" : : "m"(p));
	__asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS));
	p = (struct descriptor_pointer){ sizeof(idt) - 1, (uint64_t)idt };
	__asm__ volatile("lidt %0" : : "m"(p));
}

__cold void trap_init(void)
{
	idt_fill();
	for (unsigned i = 0; i < TRAP_STACKS; i++)
		tss[0].ist[i] = (uint64_t)ist_stacks + (i + 1) * (IST_STACK_SIZE + FRAME_SIZE);
	load_tables(0);
}

#ifdef CONFIG_SMP
void trap_init_cpu(void *const stacks[TRAP_STACKS])
{
	unsigned id = cpu_id();

	for (unsigned i = 0; i < TRAP_STACKS; i++)
		tss[id].ist[i] = (uint64_t)stacks[i];
	load_tables(id);
}
#endif

void trap_set_handler(unsigned vector, void (*handler)(struct trap_frame *frame))
{
	ASSERT(vector >= 32 && vector < TRAP_STUBS);
	handlers[vector] = handler;
}

static bool extable_fix(struct trap_frame *frame)
{
	for (const struct extable_entry *e = __extable_start; e < __extable_end; e++) {
		if ((uint64_t)&e->from + e->from == frame->rip) {
			frame->rip = (uint64_t)&e->to + e->to;
			return true;
		}
	}
	return false;
}

/* Called by trap_common. */
void trap_dispatch(struct trap_frame *frame);

void trap_dispatch(struct trap_frame *frame)
{
	uint64_t address = 0;

	if (frame->vector == TRAP_PAGE_FAULT) {
		__asm__ volatile("movq %%cr2, %0" : "=r"(address));
		if (likely(upcall_page_fault(frame, address)) || extable_fix(frame))
			return;
	} else if (frame->vector >= 32) {
#ifdef CONFIG_MALLOC_PAGURUS
		percpu_list_restart(frame);
#endif
		if (handlers[frame->vector])
			handlers[frame->vector](frame);
		if (this_cpu->need_resched && frame->rflags & RFLAGS_IF)
			upcall_preempt(frame);
#ifdef CONFIG_SIGNALS
		if (signals_wait())
			upcall_signals(frame);
#endif
		return;
	} else if (frame->vector == TRAP_PROTECTION && extable_fix(frame)) {
		return; /* a non-canonical pointer of the program */
	}
	if (frame->vector == TRAP_NMI)
		smp_stop_check();
	upcall_unhandled(frame, address);
}
