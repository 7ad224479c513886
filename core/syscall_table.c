/* SPDX-License-Identifier: BSD-2-Clause */
/* The system-call table, and what a number without a function answers. */
#include "core/syscall.h"

#include "arch/x86/asm.h"
#include "arch/x86/percpu.h"
#include "include/errno.h"
#include "include/log.h"
#include "sched/thread.h"

#define SYSCALL(number, name) long sys_##name(long, long, long, long, long, long);
#include "core/syscalls.h"
#undef SYSCALL

long sys_absent(long, long, long, long, long, long); /* core/syscall_absent.S */

/* Every slot has a default, and most are then given their function. */
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
#define SYSCALL(number, name) [number] = sys_##name,
const syscall_fn syscall_table[SYSCALL_TABLE_SIZE] = {
	[0 ... SYSCALL_TABLE_SIZE - 1] = sys_absent,
#include "core/syscalls.h"
};
#undef SYSCALL
#pragma GCC diagnostic pop

struct trap_frame *syscall_frame(void)
{
	return current_thread()->ctx.frame;
}

long syscall_unknown(unsigned long number)
{
	static uint64_t told[SYSCALL_TABLE_SIZE / 64 + 1]; /* the last bit: numbers beyond the table */
	unsigned long bit = number < SYSCALL_TABLE_SIZE ? number : SYSCALL_TABLE_SIZE;
	uint64_t before = __atomic_fetch_or(&told[bit / 64], BIT(bit % 64), __ATOMIC_RELAXED);

	if (!(before & BIT(bit % 64)))
		log_warn("system call %lu is not there: ENOSYS", number);
	return -ENOSYS;
}
