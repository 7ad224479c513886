// SPDX-License-Identifier: BSD-2-Clause
/* Page tables that several CPUs fill at once: whoever wants to change what 2 MiB map, locks the entry
 * of level 2 that stands for them by a bit of it, and nothing else. */
#include "arch/x86/paging.h"
#include "arch/x86/paging_walk.h"
#include "arch/x86/smp.h"

int paging_lock_block(phys_t root, virt_t va, pte_t **entry, pte_t *block)
{
	int err = paging_walk(root, va, 2, upcall_table_alloc, entry);

	if (err)
		return err;
	*block = __atomic_load_n(*entry, __ATOMIC_RELAXED);
	for (;;) {
		if (*block & PTE_LOCKED) {
			cpu_wait();
			*block = __atomic_load_n(*entry, __ATOMIC_RELAXED);
		} else if (__atomic_compare_exchange_n(*entry, block, *block | PTE_LOCKED, false,
		                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			return 0;
		}
	}
}

void paging_unlock_block(pte_t *entry, pte_t block)
{
	__atomic_store_n(entry, block, __ATOMIC_RELEASE);
}

pte_t *paging_block_entry(pte_t *block, virt_t va)
{
	if (!*block) {
		phys_t table = upcall_table_alloc();

		if (!table)
			return NULL;
		*block = table | PTE_TABLE;
	}
	return is_page(*block, 2) ? block : table_of(*block) + level_index(va, 1);
}

bool paging_hole_1g(phys_t root, virt_t va)
{
	const pte_t *table = phys_to_virt(root);
	pte_t entry = READ_ONCE(table[level_index(va, LEVEL_ROOT)]);

	return !entry || !READ_ONCE(table_of(entry)[level_index(va, 3)]);
}
