/* SPDX-License-Identifier: BSD-2-Clause */
/* Several CPUs: who is there, how they interrupt one another, how the further ones start. With one
 * CPU in the configuration all of this is empty. */
#ifndef PAGURUS_X86_SMP_H
#define PAGURUS_X86_SMP_H

#include "include/boot_info.h"
#include "include/types.h"

/* Why a CPU is interrupted: bits of struct cpu's requests. */
#define CPU_REQUEST_TLB (1U << 0)   /* arch/x86/tlb.c */
#define CPU_REQUEST_TSC (1U << 1)   /* arch/x86/tsc_sync.c */
#define CPU_REQUEST_INBOX (1U << 2) /* the rest: sched/balance.c */
#define CPU_REQUEST_BALANCE (1U << 3)
#define CPU_REQUEST_RECHECK (1U << 4)
#define CPU_REQUEST_TIMERS (1U << 5)
#define CPU_REQUEST_SIGNAL (1U << 6) /* only the interrupt: core/signal.c */
#define CPU_REQUEST_PARK (1U << 7)   /* smp_park_others() */

#ifdef CONFIG_SMP

/* Bit n: CPU n runs threads. Bits are only ever added. */
extern uint64_t cpus_online;

static inline uint64_t cpus_now_online(void)
{
	return __atomic_load_n(&cpus_online, __ATOMIC_ACQUIRE);
}

/* Interrupts a CPU, which may be this one, for these requests, unless such an interrupt is on its
 * way already. Any context. */
void cpu_request(unsigned cpu, uint32_t requests);

/* In loops that wait for another CPU with interrupts off: that one may be waiting for this one to
 * flush its TLB. */
void cpu_wait(void);

/* fn gives the rest of this CPU's time to other virtual CPUs, interrupts off: who waits long for a
 * CPU that the hypervisor has taken off its processor only keeps it from coming back. */
void smp_set_yield(void (*fn)(void));

/* Waits ns for requests and serves them; while it does so, they need no interrupt. Interrupts off:
 * others than those of CPUs have to wait. */
void cpu_poll(uint64_t ns);

/* Before another CPU may start: the first one's part of what interrupts among CPUs need. Returns 0
 * or -ENODEV. */
int smp_prepare(void);

/* Starts all other CPUs by INIT and SIPI. page: a free frame below 1 MiB. They arrive in any order,
 * each takes the next number, and those beyond CONFIG_NR_CPUS halt. */
int smp_start_by_sipi(phys_t page);

/* Where a CPU starts in 64-bit mode: RDI is its number, CR3 smp_root(), every other register but
 * RIP and the control registers is free. */
void smp_entry(void);
phys_t smp_root(void);

/* The stack of CPU number id: its idle thread's. To be set before it starts. */
void smp_set_stack(unsigned id, void *top);

/* This CPU is ready for requests. Interrupts off. */
void smp_online(void);

/* Where they start otherwise: numbers below this are taken. */
void smp_set_arrived(unsigned cpus);

/* How many CPUs have arrived in the kernel, this one included; some may have been too many. */
unsigned smp_arrived(void);

/* Stops all other CPUs for good, whatever they do. */
void smp_stop_others(void);

/* In the handler of an NMI, and where a CPU comes online: does not return if that was smp_stop_others(). */
void smp_stop_check(void);

/* Between the two all other CPUs stand still with interrupts off, holding no spinlock: the machine
 * below them is about to change. Each calls rejoin (may be NULL) before it goes on. Interrupts off;
 * one caller at a time. */
void smp_park_others(void);
void smp_release_others(void (*rejoin)(void));

/* What the rooms above provide: a further CPU's life (core/cpus.c), on its own stack with interrupts
 * off and no traps yet; and the other requests (sched/balance.c), from the interrupt. */
__noreturn void upcall_cpu_start(void);
void upcall_cpu_requests(uint32_t requests);

/* Halting: while a CPU is between the two, nobody waits for it to flush its TLB; it does so
 * afterwards. Interrupts off. */
void tlb_idle_enter(void);
void tlb_idle_leave(void);

/* Has all other CPUs forget [start, end), UINT64_MAX for everything; returns when they have. start ==
 * end: only a memory barrier on each. tables: page tables are about to be freed too. */
void tlb_flush_others(virt_t start, virt_t end, bool tables);

#else

static inline void cpu_wait(void)
{
	__asm__ volatile("pause" : : : "memory");
}

static inline void smp_stop_others(void)
{
}

static inline void smp_park_others(void)
{
}

static inline void smp_release_others(void (*rejoin)(void))
{
	(void)rejoin;
}

static inline void smp_stop_check(void)
{
}

static inline void tlb_flush_others(virt_t start, virt_t end, bool tables)
{
	(void)start;
	(void)end;
	(void)tables;
}

#endif
#endif
