/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in for privileged instructions where kernel sources are compiled into a host test:
 * the interrupt flag is a variable, so that a test can check it. Included by arch/x86/cpu.h. */
#ifndef PAGURUS_X86_HOST_H
#define PAGURUS_X86_HOST_H

#include "include/types.h"

extern bool host_interrupts; /* tests/unit/host_stubs.c: the interrupt flag, on at first */

/* What halting does; nothing, unless a test defines it (say, to let time pass). */
void host_halt(void);
void host_take_interrupts(void);

/* A test that uses page tables defines these. */
extern uint64_t host_cr3;
void host_tlb_flush(uint64_t va); /* UINT64_MAX: everything */

static inline uint64_t read_cr3(void)
{
	return host_cr3;
}

static inline void write_cr3(uint64_t value)
{
	host_cr3 = value;
	host_tlb_flush(UINT64_MAX);
}

static inline void invlpg(uint64_t va)
{
	host_tlb_flush(va);
}

static inline uint64_t irq_save(void)
{
	uint64_t flags = host_interrupts ? RFLAGS_IF : 0;

	host_interrupts = false;
	return flags;
}

static inline void irq_restore(uint64_t flags)
{
	if (flags & RFLAGS_IF)
		host_interrupts = true;
}

static inline void irq_enable(void)
{
	host_interrupts = true;
}

static inline void irq_disable(void)
{
	host_interrupts = false;
}

static inline bool irq_enabled(void)
{
	return host_interrupts;
}

static inline void cpu_take_interrupts(void)
{
	host_take_interrupts();
}

static inline void cpu_halt_until_interrupt(void)
{
	host_halt();
}

#endif
