// SPDX-License-Identifier: BSD-2-Clause
/* Kernel heap. A slab is a block of frames cut into slots of one size class; its header takes the
 * first slot or more. Which block an address lies in, and so how large it is, the frame allocator
 * knows: an address where a block begins is a large allocation, any other lies in a slab. */
#ifdef CONFIG_HEAP_GUARD
#define heap_alloc heap_plain_alloc
#define heap_zalloc heap_plain_zalloc
#define heap_free heap_plain_free
#endif
#include "mm/heap.h"

#include "arch/x86/paging.h"
#include "arch/x86/spinlock.h"
#include "include/panic.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/frame.h"

#define SLAB_MAGIC 0x51ab51ab
#define CLASS_MAX 2048 /* bytes; what is larger takes frames of its own */

struct slab {
	struct list link; /* among the class's slabs with free slots */
	void *free;       /* slots that were freed, linked through their first word */
	uint32_t magic;
	uint16_t used;  /* slots in use */
	uint16_t fresh; /* slots from here on were never used */
	uint16_t end;   /* slots are numbered first..end - 1, by their place in the block */
	uint8_t class_index;
	uint8_t order;
};

struct size_class {
	uint16_t size;
	uint16_t first; /* number of the first slot behind the header */
	uint8_t order;  /* of the block that is asked for */
	struct spinlock lock;
	struct list partial;
	uint32_t idle; /* slabs without a used slot: one is kept */
};

#define CLASS(index, bytes, frames_order)                                                          \
	{                                                                                              \
		.size = (bytes), .first = (sizeof(struct slab) + (bytes)-1) / (bytes),                     \
		.order = (frames_order), .partial = LIST_INIT(classes[index].partial),                     \
	}

static struct size_class classes[] = {
	CLASS(0, 16, 0),    CLASS(1, 32, 0),    CLASS(2, 48, 0),    CLASS(3, 64, 0),  CLASS(4, 128, 0),
	CLASS(5, 192, 0),   CLASS(6, 256, 0),   CLASS(7, 384, 0),   CLASS(8, 512, 0), CLASS(9, 768, 1),
	CLASS(10, 1024, 1), CLASS(11, 1536, 2), CLASS(12, 2048, 2),
};

static struct size_class *class_of(size_t size)
{
	struct size_class *sc = classes;

	while (sc->size < size)
		sc++;
	return sc;
}

/* A new slab for class, of fewer frames than wished for where memory is in pieces. */
static struct slab *slab_create(struct size_class *sc)
{
	unsigned order = sc->order;
	phys_t block = frame_alloc(order);
	struct slab *slab;

	while (block == FRAME_NONE && order > 0 && (FRAME_SIZE << (order - 1)) / sc->size > sc->first)
		block = frame_alloc(--order);
	if (block == FRAME_NONE)
		return NULL;
	slab = phys_to_virt(block);
	*slab = (struct slab){
		.magic = SLAB_MAGIC,
		.fresh = sc->first,
		.end = (FRAME_SIZE << order) / sc->size,
		.class_index = sc - classes,
		.order = order,
	};
	return slab;
}

static bool slab_full(const struct slab *slab)
{
	return !slab->free && slab->fresh == slab->end;
}

/* The class's lock is held; slab has a free slot. */
static void *slab_take(struct size_class *sc, struct slab *slab)
{
	void *p = slab->free;

	if (p)
		slab->free = *(void **)p;
	else
		p = (char *)slab + slab->fresh++ * sc->size;
	if (slab->used++ == 0)
		sc->idle--;
	if (slab_full(slab))
		list_del(&slab->link);
	return p;
}

static void *small_alloc(struct size_class *sc)
{
	uint64_t flags = spin_lock(&sc->lock);
	struct slab *slab;
	void *p = NULL;

	if (list_empty(&sc->partial)) {
		slab = slab_create(sc);
		if (slab) {
			list_add_head(&sc->partial, &slab->link);
			sc->idle++;
		}
	}
	if (!list_empty(&sc->partial))
		p = slab_take(sc, list_first(&sc->partial, struct slab, link));
	spin_unlock(&sc->lock, flags);
	return p;
}

static unsigned large_order(size_t size)
{
	unsigned order = 0;

	while (order <= FRAME_ORDER_MAX && (FRAME_SIZE << order) < size)
		order++;
	return order;
}

void *heap_alloc(size_t size)
{
	phys_t block;

	if (size == 0)
		return NULL;
	if (size <= CLASS_MAX)
		return small_alloc(class_of(size));
	block = frame_alloc(large_order(size));
	return block == FRAME_NONE ? NULL : phys_to_virt(block);
}

void *heap_zalloc(size_t size)
{
	void *p = heap_alloc(size);

	return p ? memset(p, 0, size) : NULL;
}

static struct size_class *slab_class(const struct slab *slab, const void *p)
{
	if (slab->magic != SLAB_MAGIC || slab->class_index >= ARRAY_SIZE(classes))
		panic("heap_free: %p is not from the heap", p);
	return &classes[slab->class_index];
}

/* Panics where p cannot be a slot in use. */
static void slot_check(const struct size_class *sc, const struct slab *slab, const void *p)
{
	size_t offset = (const char *)p - (const char *)slab;

	if (offset % sc->size || offset / sc->size < sc->first || offset / sc->size >= slab->fresh ||
	    slab->used == 0)
		panic("heap_free: %p is no allocation of the heap", p);
#ifdef CONFIG_DEBUG_CHECKS
	for (const void *q = slab->free; q; q = *(void *const *)q)
		if (q == p)
			panic("heap_free: %p is free already", p);
#endif
}

static void small_free(struct slab *slab, void *p)
{
	struct size_class *sc = slab_class(slab, p);
	uint64_t flags = spin_lock(&sc->lock);
	bool release = false;

	slot_check(sc, slab, p);
	if (slab_full(slab))
		list_add_head(&sc->partial, &slab->link);
	*(void **)p = slab->free;
	slab->free = p;
	if (--slab->used == 0) {
		release = sc->idle > 0;
		if (release) {
			list_del(&slab->link);
			slab->magic = 0;
		} else {
			sc->idle++;
		}
	}
	spin_unlock(&sc->lock, flags);
	if (release)
		frame_free(virt_to_phys(slab), slab->order);
}

void heap_free(void *p)
{
	unsigned order;
	phys_t block;

	if (!p)
		return;
	block = frame_block(virt_to_phys(p), &order);
	if (block == virt_to_phys(p))
		frame_free(block, order);
	else
		small_free(phys_to_virt(block), p);
}
