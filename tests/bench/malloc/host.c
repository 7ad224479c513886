/* SPDX-License-Identifier: BSD-2-Clause */
/* Pagurus's malloc in a Linux program, for tests/bench/malloc/compare.py: what it wants of the kernel
 * is Linux's here. */
#include <asm/prctl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/x86/cpu.h"
#include "arch/x86/kernel_call.h"
#include "arch/x86/percpu.h"
#include "include/log.h"
#include "mm/area.h"
#include "mm/frame.h"

#define RAM GIB(1)

bool host_interrupts = true;
struct cpu cpus[CONFIG_NR_CPUS];
struct address_space *const program_space;

long area_map(struct address_space *as, virt_t addr, size_t length, int prot, int flags)
{
	char *p = mmap((void *)addr, length + MIB(2), prot, flags, -1, 0);

	(void)as;
	return p == MAP_FAILED ? -1 : (long)ALIGN_UP((virt_t)p, MIB(2));
}

int area_advise(struct address_space *as, virt_t addr, size_t length, int advice)
{
	(void)as;
	return madvise((void *)addr, length, advice);
}

void area_zero(struct address_space *as, virt_t start, virt_t end)
{
	(void)as;
	__builtin_memset((void *)start, 0, end - start);
}

void area_set_trim(bool (*trim)(bool (*drop)(virt_t start, virt_t end)))
{
	(void)trim;
}

bool area_make_room(struct address_space *as, uint64_t bytes)
{
	(void)as;
	(void)bytes;
	return true;
}

void frame_stats(struct frame_stats *stats)
{
	*stats = (struct frame_stats){ .total = RAM / FRAME_SIZE };
}

uint64_t frame_free_count(void)
{
	return RAM / FRAME_SIZE;
}

uint64_t frame_free_exact(void)
{
	return RAM / FRAME_SIZE;
}

uint64_t on_kernel_stack(void *function, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	return ((uint64_t(*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t))function)(a, b, c, d, e);
}

void log_print(enum log_level level, const char *fmt, ...)
{
	(void)level;
	fputs(fmt, stderr);
}

/* GS, which Linux leaves to programs, leads to the CPU. */
__attribute__((constructor)) static void host_init(void)
{
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, cpus) != 0)
		_exit(1);
}
