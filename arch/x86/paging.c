// SPDX-License-Identifier: BSD-2-Clause
/* Page tables: walking, mapping, splitting; the direct map and device memory. Ranges are edited in
 * arch/x86/paging_edit.c. */
#include "arch/x86/paging.h"

#include "arch/x86/cpu.h"
#include "arch/x86/paging_walk.h"
#include "include/errno.h"
#include "include/panic.h"

#define PHYS_MAX BIT(52) /* SDM volume 3, 4.1.4: MAXPHYADDR is at most 52 */

/* Beyond so many pages, reloading CR3 is cheaper than flushing one by one. */
#define FLUSH_PAGES_MAX 32

phys_t paging_root(void)
{
	return read_cr3() & PTE_ADDR;
}

void tlb_flush_page(virt_t va)
{
	invlpg(va);
}

void tlb_flush_all(void)
{
	write_cr3(read_cr3());
}

void tlb_flush_range(virt_t start, virt_t end)
{
	if (end - start > FLUSH_PAGES_MAX * FRAME_SIZE) {
		tlb_flush_all();
		return;
	}
	for (virt_t va = start; va < end; va += FRAME_SIZE)
		invlpg(va);
}

int paging_walk(phys_t root, virt_t va, unsigned level, phys_t (*alloc)(void), pte_t **entry)
{
	pte_t *table = phys_to_virt(root);

	for (unsigned l = LEVEL_ROOT; l > level; l--) {
		pte_t *e = &table[level_index(va, l)];
		pte_t old = READ_ONCE(*e);

		if (!old) {
			phys_t frame = alloc();

			if (!frame)
				return -ENOMEM;
			/* In the upper half, owners of other ranges may be here too. */
			if (__atomic_compare_exchange_n(e, &old, frame | PTE_TABLE, false, __ATOMIC_ACQ_REL,
			                                __ATOMIC_ACQUIRE))
				old = frame | PTE_TABLE;
			else
				upcall_table_free(frame);
		}
		if (is_page(old, l))
			return -EEXIST;
		table = table_of(old);
	}
	*entry = &table[level_index(va, level)];
	return 0;
}

static int map_page(phys_t root, virt_t va, phys_t pa, unsigned level, pte_t flags,
                    phys_t (*alloc)(void))
{
	pte_t *entry;
	int err = paging_walk(root, va, level, alloc, &entry);

	if (err)
		return err;
	if (*entry)
		return -EEXIST;
	WRITE_ONCE(*entry, pa | flags | (level > 1 ? PTE_PS : 0));
	return 0;
}

int paging_map(phys_t root, virt_t va, phys_t pa, unsigned order, pte_t flags)
{
	ASSERT(order == ORDER_4K || order == ORDER_2M || order == ORDER_1G);
	ASSERT(IS_ALIGNED(va | pa, FRAME_SIZE << order));
	return map_page(root, va, pa, order / 9 + 1, flags, upcall_table_alloc);
}

pte_t *paging_next(phys_t root, virt_t *va, virt_t end, unsigned *level)
{
	while (*va < end) {
		pte_t *table = phys_to_virt(root);

		for (unsigned l = LEVEL_ROOT;; l--) {
			pte_t *e = &table[level_index(*va, l)];

			if (!paging_mapped(*e)) {
				*va = level_next(*va, l);
				break;
			}
			if (is_page(*e, l)) {
				*level = l;
				return e;
			}
			table = table_of(*e);
		}
	}
	return NULL;
}

pte_t *paging_lookup(phys_t root, virt_t va, unsigned *order)
{
	pte_t *entry = (pte_t *)phys_to_virt(root) + level_index(va, LEVEL_ROOT);
	unsigned level = LEVEL_ROOT;

	while (*entry && !is_page(*entry, level)) {
		level--;
		entry = table_of(*entry) + level_index(va, level);
	}
	*order = level_order(level);
	return entry;
}

int paging_make_entry(phys_t root, virt_t va, pte_t **entry)
{
	return paging_walk(root, va, 1, upcall_table_alloc, entry);
}

bool paging_query(phys_t root, virt_t va, phys_t *pa, unsigned *order, pte_t *flags)
{
	pte_t entry = *paging_lookup(root, va, order);

	if (!paging_mapped(entry))
		return false;
	*pa = page_address(entry, *order / 9 + 1);
	*flags = entry & ~PTE_ADDR & ~(*order ? PTE_PS : 0);
	return true;
}

int paging_split_entry(pte_t *entry, unsigned level, virt_t va)
{
	phys_t frame = upcall_table_alloc();
	pte_t page = *entry;
	pte_t *table;

	if (!frame)
		return -ENOMEM;
	table = phys_to_virt(frame);
	if (level == 2)
		page &= ~PTE_PS;
	for (unsigned i = 0; i < TABLE_ENTRIES; i++)
		table[i] = page + i * level_size(level - 1);
	WRITE_ONCE(*entry, frame | PTE_TABLE);
	invlpg(va);
	return 0;
}

int paging_split(phys_t root, virt_t va)
{
	unsigned level;
	pte_t *entry;
	virt_t at;

	while (at = va, (entry = paging_next(root, &at, va + 1, &level))) {
		int err;

		if (IS_ALIGNED(va, level_size(level)))
			break;
		err = paging_split_entry(entry, level, va);
		if (err)
			return err;
	}
	return 0;
}

int paging_split_ends(phys_t root, virt_t start, virt_t end)
{
	int err = paging_split(root, start);

	return err ? err : paging_split(root, end);
}

/* Maps one page of the direct map at p, the largest that fits and nothing is in the way of. */
static int direct_map_page(phys_t root, phys_t p, phys_t end, phys_t (*alloc)(void), uint64_t *size)
{
	int err = -EEXIST;

	for (unsigned level = cpu_features.page1g ? 3 : 2; level > 0 && err == -EEXIST; level--) {
		*size = level_size(level);
		if (IS_ALIGNED(p, *size) && end - p >= *size)
			err = map_page(root, DIRECT_MAP_BASE + p, p, level, PROT_PTE_RW, alloc);
	}
	return err;
}

int paging_direct_map(phys_t start, phys_t end, phys_t (*alloc)(void))
{
	phys_t root = paging_root();

	ASSERT(IS_ALIGNED(start | end, FRAME_SIZE));
	ASSERT(end <= DIRECT_MAP_END - DIRECT_MAP_BASE);
	while (start < end) {
		virt_t va = DIRECT_MAP_BASE + start;
		unsigned level;
		uint64_t size;
		int err;

		if (paging_next(root, &va, va + 1, &level)) {
			start = level_next(start, level);
			continue;
		}
		err = direct_map_page(root, start, end, alloc, &size);
		if (err)
			return err;
		start += size;
	}
	return 0;
}

void *paging_map_device(phys_t pa, size_t size)
{
	static virt_t next = KERNEL_MAP_BASE;
	phys_t first = ALIGN_DOWN(pa, FRAME_SIZE);
	phys_t root = paging_root();
	virt_t va;
	size_t bytes;

	if (!size || pa >= PHYS_MAX || size > PHYS_MAX - pa)
		return NULL;
	bytes = ALIGN_UP(pa + size, FRAME_SIZE) - first;
	/* An unmapped page between two devices catches overruns. */
	va = __atomic_fetch_add(&next, bytes + FRAME_SIZE, __ATOMIC_RELAXED);
	if (va + bytes > KERNEL_STACKS_BASE)
		return NULL;
	for (size_t done = 0; done < bytes; done += FRAME_SIZE) {
		if (map_page(root, va + done, first + done, 1, PROT_PTE_DEVICE, upcall_table_alloc)) {
			paging_unmap(root, va, va + done, false, NULL, NULL);
			return NULL;
		}
	}
	return (void *)(va + (pa - first));
}
