/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of malloc: memory that a stand-in for the areas reserves, and a CPU that GS leads to, so
 * that arch/x86/percpu_list.S runs as it is. */
#ifndef PAGURUS_MALLOC_MACHINE_H
#define PAGURUS_MALLOC_MACHINE_H

#include <asm/prctl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/x86/cpu.h"
#include "arch/x86/kernel_call.h"
#include "arch/x86/percpu_list.h"
#include "core/malloc/class.h"
#include "mm/area.h"
#include "mm/frame.h"
#include "tests/unit/host_stubs.h"

void *k_malloc(size_t size);
void k_free(void *p);
void *k_calloc(size_t count, size_t size);
void *k_realloc(void *p, size_t size);
void *k_aligned_alloc(size_t align, size_t size);
void *k_memalign(size_t align, size_t size);
int k_posix_memalign(void **result, size_t align, size_t size);
size_t k_malloc_usable_size(void *p);
int k_malloc_trim(size_t keep);
__noreturn void k_abort(void);

#define RAM MIB(128)

struct address_space *const program_space;
static bool (*trim)(bool (*drop)(virt_t start, virt_t end));
long area_map(struct address_space *as, virt_t addr, size_t length, int prot, int flags)
{
	char *p;

	(void)as;
	assert_int_equal(addr, 0);
	assert_true(IS_ALIGNED(length, MIB(2)));
	p = mmap(NULL, length + MIB(2), prot, flags, -1, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	return (long)ALIGN_UP((virt_t)p, MIB(2));
}

int area_advise(struct address_space *as, virt_t addr, size_t length, int advice)
{
	(void)as;
	assert_true(IS_ALIGNED(addr, 4096));
	return madvise((void *)addr, length, advice) ? -errno : 0;
}

void area_zero(struct address_space *as, virt_t start, virt_t end)
{
	(void)as;
	assert_true(IS_ALIGNED(start | end, 4096));
	memset((void *)start, 0, end - start);
}

void area_set_trim(bool (*fn)(bool (*drop)(virt_t start, virt_t end)))
{
	trim = fn;
}

void frame_stats(struct frame_stats *stats)
{
	*stats = (struct frame_stats){ .total = RAM / FRAME_SIZE };
}

static uint64_t free_frames = RAM / FRAME_SIZE, wanted;
static bool makes_room;

uint64_t frame_free_count(void)
{
	return free_frames;
}

uint64_t frame_free_exact(void)
{
	return free_frames;
}

bool area_make_room(struct address_space *as, uint64_t bytes)
{
	(void)as;
	wanted = bytes;
	return makes_room;
}

uint64_t on_kernel_stack(void *function, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	uint64_t (*call)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) = function;

	assert_false(host_interrupts);
	return call(a, b, c, d, e);
}

static jmp_buf aborted;

__noreturn void k_abort(void)
{
	assert_true(host_interrupts);
	longjmp(aborted, 1);
}

static inline bool drop(virt_t start, virt_t end)
{
	assert_true(IS_ALIGNED(start | end, 4096));
	return madvise((void *)start, end - start, MADV_DONTNEED) == 0;
}

/* Before the first call of malloc. */
static int machine_init(void)
{
	return syscall(SYS_arch_prctl, ARCH_SET_GS, cpus) ? -errno : 0;
}

#endif
