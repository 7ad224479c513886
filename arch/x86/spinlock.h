/* SPDX-License-Identifier: BSD-2-Clause */
/* Spin locks. Holding one means that interrupts are off, so every lock may also be taken from an
 * interrupt. With one CPU only the interrupt part remains. */
#ifndef PAGURUS_X86_SPINLOCK_H
#define PAGURUS_X86_SPINLOCK_H

#include "arch/x86/cpu.h"
#include "arch/x86/lock_order.h"

struct spinlock {
#if CONFIG_NR_CPUS > 1
	uint32_t next;    /* ticket lock: fair among CPUs */
	uint32_t serving;
#elif defined(CONFIG_LOCK_ORDER)
	char one; /* each has an address of its own */
#else
	char none[0];
#endif
};

/* arch/x86/smp.c: waits until it is ticket's turn, serving other CPUs' requests meanwhile. */
void spin_wait(struct spinlock *lock, uint32_t ticket);

#ifdef CONFIG_LOCK_ORDER
#define LOCK_SITE(expression)                                                                      \
	({                                                                                             \
		static struct lock_site site_ = { __FILE__, expression, __LINE__, 0 };                     \
		&site_;                                                                                    \
	})
#define spin_lock(lock) spin_lock_at(lock, LOCK_SITE(#lock))
#define spin_trylock(lock, flags) spin_trylock_at(lock, flags, LOCK_SITE(#lock))
#else
#define spin_lock(lock) spin_lock_at(lock, NULL)
#define spin_trylock(lock, flags) spin_trylock_at(lock, flags, NULL)
#endif

/* spin_lock(lock) returns the interrupt state for spin_unlock(). */
static inline uint64_t spin_lock_at(struct spinlock *lock, struct lock_site *site)
{
	uint64_t flags = irq_save();

#ifdef CONFIG_LOCK_ORDER
	lock_order_take(lock, site, false);
#else
	(void)site;
#endif
#if CONFIG_NR_CPUS > 1
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket))
		spin_wait(lock, ticket);
#else
	(void)lock;
#endif
	return flags;
}

/* spin_trylock(lock, flags) takes the lock if nobody has it; false, and nothing has changed, if not. On one CPU a lock cannot be
 * seen to be held: who may be called with it held has to know. */
static inline bool spin_trylock_at(struct spinlock *lock, uint64_t *flags, struct lock_site *site)
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
#ifdef CONFIG_LOCK_ORDER
	lock_order_take(lock, site, true);
#else
	(void)site;
#endif
	return true;
}

static inline void spin_unlock(struct spinlock *lock, uint64_t flags)
{
#ifdef CONFIG_LOCK_ORDER
	lock_order_release(lock);
#endif
#if CONFIG_NR_CPUS > 1
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
#else
	(void)lock;
	barrier();
#endif
	irq_restore(flags);
}

#endif
