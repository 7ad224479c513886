/* SPDX-License-Identifier: BSD-2-Clause */
/* Spin locks. Holding one means that interrupts are off, so every lock may also be taken from an
 * interrupt. With one CPU only the interrupt part remains. */
#ifndef PAGURUS_X86_SPINLOCK_H
#define PAGURUS_X86_SPINLOCK_H

#include "arch/x86/cpu.h"

struct spinlock {
#if CONFIG_NR_CPUS > 1
	uint32_t next;    /* ticket lock: fair among CPUs */
	uint32_t serving;
#else
	char none[0];
#endif
};

/* arch/x86/smp.c: waits until it is ticket's turn, serving other CPUs' requests meanwhile. */
void spin_wait(struct spinlock *lock, uint32_t ticket);

/* Returns the interrupt state for spin_unlock(). */
static inline uint64_t spin_lock(struct spinlock *lock)
{
	uint64_t flags = irq_save();

#if CONFIG_NR_CPUS > 1
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket))
		spin_wait(lock, ticket);
#else
	(void)lock;
#endif
	return flags;
}

/* Takes the lock if nobody has it; false, and nothing has changed, if not. On one CPU a lock cannot be
 * seen to be held: who may be called with it held has to know. */
static inline bool spin_trylock(struct spinlock *lock, uint64_t *flags)
{
	*flags = irq_save();

#if CONFIG_NR_CPUS > 1
	uint32_t ticket = __atomic_load_n(&lock->serving, __ATOMIC_RELAXED);
	uint32_t expected = ticket;

	if (!__atomic_compare_exchange_n(&lock->next, &expected, ticket + 1, false, __ATOMIC_ACQUIRE,
	                                 __ATOMIC_RELAXED)) {
		irq_restore(*flags);
		return false;
	}
#else
	(void)lock;
#endif
	return true;
}

static inline void spin_unlock(struct spinlock *lock, uint64_t flags)
{
#if CONFIG_NR_CPUS > 1
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
#else
	(void)lock;
	barrier();
#endif
	irq_restore(flags);
}

#endif
