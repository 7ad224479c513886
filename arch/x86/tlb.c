/* SPDX-License-Identifier: BSD-2-Clause */
/* Other CPUs' TLBs. One flush at a time: whoever wants one interrupts the CPUs that may remember
 * something and waits for them. A CPU that halts is left alone and flushes when it goes on. Since
 * everybody who waits with interrupts off serves others meanwhile, nobody waits for ever. */
#include "arch/x86/tlb.h"

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"
#include "arch/x86/smp.h"
#include "arch/x86/spinlock.h"

static struct spinlock lock;
static virt_t flush_start, flush_end;
static uint64_t waiting_for; /* CPUs that have not done it yet */

/* CPUs, one bit each. */
static uint64_t halted; /* between tlb_idle_enter() and tlb_idle_leave() */
static uint64_t stale;  /* must flush everything before they go on */
static uint64_t empty;  /* halted, and have flushed everything since: remember no table either */

static uint64_t fetch_and(uint64_t *mask, uint64_t bits)
{
	return __atomic_fetch_and(mask, bits, __ATOMIC_SEQ_CST);
}

static uint64_t load(const uint64_t *mask)
{
	return __atomic_load_n(mask, __ATOMIC_SEQ_CST);
}

void tlb_idle_enter(void)
{
	__atomic_fetch_or(&halted, BIT(cpu_id()), __ATOMIC_SEQ_CST);
}

void tlb_idle_leave(void)
{
	uint64_t me = BIT(cpu_id());

	fetch_and(&halted, ~me);
	if (load(&empty) & me)
		fetch_and(&empty, ~me);
	if (load(&stale) & me) {
		fetch_and(&stale, ~me);
		tlb_flush_all();
	}
}

void tlb_serve(void)
{
	uint64_t me = BIT(cpu_id());

	if (load(&halted) & me) {
		tlb_flush_all();
		__atomic_fetch_or(&empty, me, __ATOMIC_SEQ_CST);
	} else if (flush_start < flush_end) {
		tlb_flush_range(flush_start, flush_end);
	}
	fetch_and(&waiting_for, ~me);
}

/* Which of others need not be waited for. */
static uint64_t spared(uint64_t others, bool tables)
{
	uint64_t asleep = load(&halted) & others;

	if (tables)
		asleep &= load(&empty);
	if (asleep & ~load(&stale))
		__atomic_fetch_or(&stale, asleep, __ATOMIC_SEQ_CST);
	/* Who has gone on since may not have seen that. */
	return asleep & load(&halted);
}

void tlb_flush_others(virt_t start, virt_t end, bool tables)
{
	uint64_t flags = irq_save();
	uint64_t others = cpus_now_online() & ~BIT(cpu_id());

	if (others) {
		spin_lock(&lock);
		others &= ~spared(others, tables);
		flush_start = start;
		flush_end = end;
		__atomic_store_n(&waiting_for, others, __ATOMIC_SEQ_CST);
		for (; others; others &= others - 1)
			cpu_request((unsigned)__builtin_ctzl(others), CPU_REQUEST_TLB);
		while (load(&waiting_for))
			cpu_wait();
		spin_unlock(&lock, 0);
	}
	irq_restore(flags);
}
