// SPDX-License-Identifier: BSD-2-Clause
/* The lock of the areas on several CPUs. Who changes them, or takes anything out of the page tables,
 * has them for himself; any number of CPUs may be inside at the same time to touch memory. Such a CPU
 * writes to a cache line of its own only, and the one that changes looks at all of these. */
#include "arch/x86/smp.h"
#include "mm/area_space.h"

static void wait_for_all(struct address_space *as)
{
	unsigned me = cpu_id();

	__atomic_store_n(&as->changing, true, __ATOMIC_SEQ_CST);
	for (uint64_t others = cpus_now_online(); others; others &= others - 1) {
		unsigned i = (unsigned)__builtin_ctzl(others);
		struct area_cpu *cpu = &as->cpu[i];

		while (i != me && __atomic_load_n(&cpu->inside, __ATOMIC_SEQ_CST))
			cpu_wait();
		as->stats.faults += cpu->news.faults;
		as->stats.resident += cpu->news.resident;
		as->stats.large += cpu->news.large;
		as->stats.huge += cpu->news.huge;
		cpu->news = (struct area_stats){ 0 };
	}
	WRITE_ONCE(as->cpu[me].inside, true);
}

uint64_t area_lock(struct address_space *as)
{
	uint64_t irq = spin_lock(&as->lock);

	wait_for_all(as);
	return irq;
}

bool area_trylock(struct address_space *as, uint64_t *irq)
{
	if (READ_ONCE(as->cpu[cpu_id()].inside) || !spin_trylock(&as->lock, irq))
		return false;
	wait_for_all(as);
	return true;
}

void area_unlock(struct address_space *as, uint64_t irq)
{
	WRITE_ONCE(as->cpu[cpu_id()].inside, false);
	__atomic_store_n(&as->changing, false, __ATOMIC_RELEASE);
	spin_unlock(&as->lock, irq);
}

uint64_t area_enter(struct address_space *as)
{
	uint64_t irq = irq_save();
	struct area_cpu *cpu = &as->cpu[cpu_id()];

	/* First say so, then look: who changes them does it the other way round. */
	for (;;) {
		(void)__atomic_exchange_n(&cpu->inside, true, __ATOMIC_SEQ_CST);
		if (likely(!__atomic_load_n(&as->changing, __ATOMIC_SEQ_CST)))
			return irq;
		__atomic_store_n(&cpu->inside, false, __ATOMIC_RELEASE);
		while (__atomic_load_n(&as->changing, __ATOMIC_ACQUIRE))
			cpu_wait();
	}
}

void area_leave(struct address_space *as, uint64_t irq)
{
	__atomic_store_n(&as->cpu[cpu_id()].inside, false, __ATOMIC_RELEASE);
	irq_restore(irq);
}
