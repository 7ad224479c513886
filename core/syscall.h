/* SPDX-License-Identifier: BSD-2-Clause */
/* The system-call table. Each entry is a plain C function of up to six longs that returns a result
 * or -errno; core/syscalls.tbl lists them by Linux's x86-64 number. A function that no room of this
 * configuration defines is sys_unknown(). Both doors use the table: the syscall instruction
 * (arch/x86/syscall.S) and the plain calls of core/doors.c. */
#ifndef PAGURUS_CORE_SYSCALL_H
#define PAGURUS_CORE_SYSCALL_H

#include "arch/x86/trap.h"
#include "include/types.h"

typedef long (*syscall_fn)(long, long, long, long, long, long);

/* What the syscall instruction saved, for the few calls that need the program's registers (clone,
 * sigreturn, execve). Valid only inside such a call, on the calling thread's kernel stack. */
struct trap_frame *syscall_frame(void);

/* Names an unknown call once on the console. Returns -ENOSYS. */
long syscall_unknown(unsigned long number);

#endif
