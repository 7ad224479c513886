/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc and its kin for native programs (docs/malloc.md says why they are ours): objects up to
 * 64 KiB from slabs, larger blocks as runs of 64 KiB units. The C library's own functions reach
 * them too, by the names that it uses inside. */
#include "arch/x86/cpu.h"
#include "arch/x86/kernel_call.h"
#include "core/malloc/run.h"
#include "core/malloc/small.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/string.h"
#include "mm/area.h"

/* The C library's, found at the final link. */
extern int *__errno_location(void);
extern __noreturn void abort(void);

void *malloc(size_t size);
void free(void *p);
void *calloc(size_t count, size_t size);
void *realloc(void *p, size_t size);
void *aligned_alloc(size_t align, size_t size);
void *memalign(size_t align, size_t size);
int posix_memalign(void **result, size_t align, size_t size);
size_t malloc_usable_size(void *p);
int malloc_trim(size_t keep);

__cold void *malloc_fail(void)
{
	*__errno_location() = ENOMEM;
	return NULL;
}

__cold __noreturn void malloc_misused(const char *function, const void *p, const char *what)
{
	log_error("%s: %p %s", function, p, what);
	irq_enable(); /* as in any program; what is held here is not wanted any more */
	abort();
}

__cold __noreturn static void bad_pointer(const char *function, const void *p)
{
	malloc_misused(function, p, "is no block of malloc's, or was freed already");
}

static uint32_t units_for(size_t size)
{
	return (size + UNIT_SIZE - 1) >> UNIT_SHIFT;
}

/* align: in units. */
static void *large_alloc(size_t size, uint32_t align, bool *zero)
{
	uint32_t i;

	if (unlikely(size > malloc_heap.most))
		return malloc_fail();
	do
		i = align > 1 ? run_alloc_aligned(units_for(size), align, zero)
		              : run_alloc(units_for(size), zero);
	while (unlikely(!i) && small_trim());
	if (unlikely(!i))
		return malloc_fail();
	malloc_heap.kinds[i] = KIND_LARGE;
	return unit_address(i);
}

static __noinline void *malloc_large(size_t size)
{
	bool zero;

	return large_alloc(size, 1, &zero);
}

EXPORT void *malloc(size_t size)
{
	if (unlikely(size > CLASS_LARGEST))
		return malloc_large(size);
	return percpu_list_pop(class_of(size));
}

static bool is_class(unsigned kind)
{
	return kind - 1 < CLASSES - 1;
}

static __noinline void free_large(void *p)
{
	uint32_t i = unit_of(p);

	if (!p)
		return;
	if (malloc_heap.kinds[i] != KIND_LARGE || p != unit_address(i))
		bad_pointer("free", p);
	malloc_heap.kinds[i] = KIND_NONE;
	run_free(i, malloc_heap.units[i].n);
}

EXPORT void free(void *p)
{
	unsigned kind = malloc_heap.kinds[unit_of(p)];

	if (unlikely(!is_class(kind))) {
		free_large(p);
		return;
	}
	if (IS_ENABLED(CONFIG_DEBUG_CHECKS) && !small_is_object(p, kind))
		bad_pointer("free", p);
	percpu_list_push(p, kind);
}

EXPORT size_t malloc_usable_size(void *p)
{
	uint32_t i = unit_of(p);
	unsigned kind = malloc_heap.kinds[i];

	if (is_class(kind))
		return class_size(kind);
	if (kind == KIND_LARGE)
		return (size_t)malloc_heap.units[i].n << UNIT_SHIFT;
	if (p)
		bad_pointer("malloc_usable_size", p);
	return 0;
}

/* A block that was used before; pages that have no frame get none. In pieces, since interrupts are
 * off. */
static void clear_large(void *p, size_t size)
{
	virt_t at = (virt_t)p, end = at + ALIGN_UP(size, FRAME_SIZE);

	while (at < end) {
		virt_t next = MIN(end, ALIGN_DOWN(at, MIB(2)) + MIB(2));
		uint64_t irq = irq_save();

		(void)on_kernel_stack(area_zero, (uint64_t)program_space, at, next, 0, 0);
		irq_restore(irq);
		at = next;
	}
}

EXPORT void *calloc(size_t count, size_t size)
{
	bool zero;
	void *p;

	if (unlikely(__builtin_mul_overflow(count, size, &size)))
		return malloc_fail();
	if (size < FRAME_SIZE) {
		p = percpu_list_pop(class_of(size));
		return likely(p) ? memset(p, 0, size) : p;
	}
	p = size > CLASS_LARGEST ? large_alloc(size, 1, &zero)
	                         : small_alloc_zero(class_of(size), &zero);
	if (!p)
		return malloc_fail();
	if (!zero && size > CLASS_LARGEST)
		clear_large(p, size);
	else if (!zero)
		memset(p, 0, size);
	return p;
}

/* Can the block that p begins stay where it is with this size? */
static bool resize(void *p, size_t size, size_t have)
{
	if (have <= CLASS_LARGEST)
		return size <= have && size > have / 2;
	return size > CLASS_LARGEST && size <= malloc_heap.most &&
	       run_resize(unit_of(p), units_for(size));
}

EXPORT void *realloc(void *p, size_t size)
{
	size_t have = malloc_usable_size(p);
	void *moved;

	if (p && resize(p, size, have))
		return p;
	moved = malloc(size);
	if (p && moved) {
		memcpy(moved, p, MIN(have, size));
		free(p);
	}
	return moved;
}

/* Slabs begin at units, so an object whose size is a multiple of align is aligned. */
static void *alloc_aligned(size_t align, size_t size)
{
	size_t least = MAX(size, align);
	bool zero;

	if (align <= UNIT_SIZE && least <= CLASS_LARGEST) {
		unsigned class = class_of(least);

		while (class_size(class) & (align - 1))
			class ++;
		return percpu_list_pop(class);
	}
	if (align > malloc_heap.most)
		return malloc_fail();
	/* What is so large that it would be taken for an object must not be. */
	return large_alloc(MAX(size, CLASS_LARGEST + 1), align >> UNIT_SHIFT, &zero);
}

static bool is_power(size_t n)
{
	return n && !(n & (n - 1));
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	if (is_power(align))
		return alloc_aligned(align, size);
	*__errno_location() = EINVAL;
	return NULL;
}

EXPORT int posix_memalign(void **result, size_t align, size_t size)
{
	int saved = *__errno_location();
	void *p;

	if (!is_power(align) || align < sizeof(void *))
		return EINVAL;
	p = alloc_aligned(align, size);
	*__errno_location() = saved;
	if (!p)
		return ENOMEM;
	*result = p;
	return 0;
}

/* glibc's: gives back what is free now; otherwise that happens when memory is short. */
EXPORT int malloc_trim(size_t keep)
{
	(void)keep;
	(void)small_trim();
	return run_trim();
}

EXPORT void *memalign(size_t align, size_t size)
{
	return aligned_alloc(align, size);
}

#ifndef PAGURUS_HOST
#define ALIAS(name) __attribute__((alias(#name)))

void *__libc_malloc(size_t size);
void __libc_free(void *p);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);

EXPORT void *__libc_malloc(size_t size) ALIAS(malloc);
EXPORT void __libc_free(void *p) ALIAS(free);
EXPORT void *__libc_calloc(size_t count, size_t size) ALIAS(calloc);
EXPORT void *__libc_realloc(void *p, size_t size) ALIAS(realloc);
#endif
