// SPDX-License-Identifier: BSD-2-Clause
/* mremap: shrinking, growing in place, and moving page-table entries to another address. */
#include "include/errno.h"
#include "include/panic.h"
#include "mm/area_space.h"
#include "mm/heap.h"

/* Moves [addr, addr + old_length), which lies in one area, to the unused address to; at most
 * new_length bytes of it are there then. */
static long move(struct address_space *as, virt_t addr, size_t old_length, virt_t to,
                 size_t new_length)
{
	struct area *area = area_find(as, addr), *moved, *upper;
	virt_t end = addr + old_length;
	int err;

	moved = heap_alloc(sizeof(*moved));
	upper = heap_alloc(sizeof(*upper));
	err = moved && upper ? paging_split(as->root, end) : -ENOMEM;
	if (!err)
		err = paging_move(as->root, addr, to, MIN(old_length, new_length));
	if (err) {
		heap_free(moved);
		heap_free(upper);
		return err;
	}
	/* From here on nothing fails: no large page lies across an end, and upper serves for the cut. */
	err = area_drop_pages(as, addr + MIN(old_length, new_length), end);
	ASSERT(err == 0);
	*moved = *area;
	moved->start = to;
	moved->offset += addr - area->start;
	area_source_hold(as, moved);
	moved->end = to + new_length;

	if (area->start < addr) {
		if (area->end > end) {
			area_cut(as, area, end, upper);
			upper = NULL;
		}
		area_resize(as, area, area->start, addr);
	} else if (area->end > end) {
		area_resize(as, area, end, area->end);
	} else {
		area_remove(as, area);
	}
	heap_free(upper);
	area_insert(as, moved);
	area_merge(as, moved->start, moved->end);
	return to;
}

/* Grows [addr, addr + old_length), which lies in one area, where it is. False: something is in the
 * way. */
static bool grow_in_place(struct address_space *as, struct area *area, virt_t addr,
                          size_t old_length, size_t new_length)
{
	if (area->end != addr + old_length || !in_user_space(addr, new_length) ||
	    !area_range_free(as, area->end, addr + new_length))
		return false;
	area_resize(as, area, area->start, addr + new_length);
	area_merge(as, area->start, area->end);
	return true;
}

static long remap_fixed(struct address_space *as, virt_t addr, size_t old_length, size_t new_length,
                        virt_t to)
{
	int err;

	if (!IS_ALIGNED(to, FRAME_SIZE) || !in_user_space(to, new_length))
		return -EINVAL;
	if (to < addr + old_length && addr < to + new_length)
		return -EINVAL;
	if (to < USER_MIN)
		return -EPERM;
	err = area_clear(as, to, to + new_length);
	return err ? err : move(as, addr, old_length, to, new_length);
}

static long remap_locked(struct address_space *as, virt_t addr, size_t old_length,
                         size_t new_length, int flags, virt_t new_addr)
{
	struct area *area = area_find(as, addr);
	int err;

	if (!area || area->start > addr)
		return -EFAULT;
	if (!(flags & MREMAP_FIXED) && new_length <= old_length) {
		err = area_clear(as, addr + new_length, addr + old_length);
		return err ? err : (long)addr;
	}
	if (area->end - addr < old_length)
		return -EFAULT;
	if (new_length > old_length && !area_may_commit(as, new_length, area->prot, 0))
		return -ENOMEM;
	if (flags & MREMAP_FIXED)
		return remap_fixed(as, addr, old_length, new_length, new_addr);
	if (grow_in_place(as, area, addr, old_length, new_length))
		return addr;
	new_addr = flags & MREMAP_MAYMOVE ? area_place(as, new_length, 0) : 0;
	return new_addr ? move(as, addr, old_length, new_addr, new_length) : -ENOMEM;
}

long area_remap(struct address_space *as, virt_t addr, size_t old_length, size_t new_length,
                int flags, virt_t new_addr)
{
	uint64_t irq;
	long result;

	if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) ||
	    ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE)) || !IS_ALIGNED(addr, FRAME_SIZE))
		return -EINVAL;
	old_length = page_round(old_length);
	new_length = page_round(new_length);
	/* Linux duplicates shared mappings for an old length of 0; private ones it refuses. */
	if (!old_length || !new_length || !in_user_space(addr, old_length))
		return -EINVAL;
	if (new_length > USER_MAX)
		return flags & MREMAP_FIXED ? -EINVAL : -ENOMEM;
	irq = area_lock(as);
	result = AREA_TRY(as, remap_locked(as, addr, old_length, new_length, flags, new_addr));
	area_unlock(as, irq);
	return result;
}
