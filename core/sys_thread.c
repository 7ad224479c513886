/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of threads: making, naming and ending them, and what each has of its own. Processes
 * are not made: what would need a second one answers ENOSYS. */
#include <asm/prctl.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#include "arch/x86/context.h"
#include "arch/x86/paging.h"
#include "core/doors.h"
#include "core/exit.h"
#include "core/identity.h"
#include "core/limit.h"
#include "core/process.h"
#include "core/signal.h"
#include "core/syscall.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "sched/thread.h"

/* What makes the child a thread of the same process. */
#define CLONE_AS_THREAD (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
/* Other things that threads share here in any case, what is done, and what means nothing. */
#define CLONE_ALLOWED                                                                              \
	(CLONE_AS_THREAD | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SETTLS |                     \
	 CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED | CLONE_IO | \
	 CLONE_UNTRACED | CSIGNAL)

/* Frames that no new thread gets: the others must still be able to touch their memory. */
#define RESERVED_FRAMES 64

long sys_clone(uint64_t flags, uint64_t stack, int *parent_tid, int *child_tid, uint64_t tls);
long sys_clone3(void);
long sys_rseq(void);
long sys_exit(long status);
long sys_exit_group(long status);
long sys_gettid(void);
long sys_getpid(void);
long sys_getppid(void);
long sys_set_tid_address(uint32_t *word);
long sys_arch_prctl(int code, uint64_t address);
long sys_prctl(int option, char *arg);

/* Are there more frames than those reserved? Where few are free, some may come from large pages that
 * hold little (frame_set_reclaim()): taking frames brings them forth. */
static bool frames_left(void)
{
	phys_t frame, taken = FRAME_NONE;
	unsigned n = 0;

	if (likely(frame_free_count() >= 2 * RESERVED_FRAMES + FRAME_COUNT_ERROR))
		return true;
	for (; n < RESERVED_FRAMES && (frame = frame_alloc(0)) != FRAME_NONE; n++) {
		*(phys_t *)phys_to_virt(frame) = taken;
		taken = frame;
	}
	for (frame = taken; frame != FRAME_NONE; frame = taken) {
		taken = *(phys_t *)phys_to_virt(frame);
		frame_free(frame, 0);
	}
	return n == RESERVED_FRAMES;
}

/* A thread that found no memory at its first push could only be killed, with the whole program: so
 * where memory is short it gets the beginning of its stack now, and clone() may fail. A stack that
 * is none is the program's business. */
static bool room_for_thread(uint64_t stack)
{
	char word[8];

	return frames_left() &&
	       (copy_from_program(word, (const void *)(stack - sizeof(word)), sizeof(word)) == 0 ||
	        frame_free_exact() >= RESERVED_FRAMES);
}

/* Tells whoever wants to know the number of the new thread, before it runs. */
static long tell_tid(struct thread *thread, uint64_t flags, int *parent_tid, int *child_tid)
{
	if (flags & CLONE_PARENT_SETTID && copy_to_program(parent_tid, &thread->tid, sizeof(int)))
		return -EFAULT;
	if (flags & CLONE_CHILD_SETTID && copy_to_program(child_tid, &thread->tid, sizeof(int)))
		return -EFAULT;
	return 0;
}

/* RLIMIT_NPROC, which does not hold for root. */
static bool too_many(void)
{
	return IS_ENABLED(CONFIG_SYSCALLS_IDENTITY) && READ_ONCE(limit_threads) != LIMIT_NONE &&
	       identity_users.real && thread_count() >= READ_ONCE(limit_threads);
}

/* Reached through sys_clone_entry, which saves the program's registers for syscall_frame(). */
long sys_clone(uint64_t flags, uint64_t stack, int *parent_tid, int *child_tid, uint64_t tls)
{
	struct trap_frame frame = *syscall_frame();
	struct thread *thread;
	int tid;

	if ((flags & CLONE_AS_THREAD) != CLONE_AS_THREAD)
		return process_refused("clone");
	if (flags & ~(uint64_t)CLONE_ALLOWED)
		return -EINVAL;
	if (flags & CLONE_SETTLS && tls >= USER_MAX && tls < DIRECT_MAP_BASE)
		return -EINVAL; /* not canonical: loading it would fault */
	if (stack)
		frame.rsp = stack;
	if (too_many() || !room_for_thread(frame.rsp))
		return -EAGAIN;
	thread = thread_clone(&frame, flags & CLONE_SETTLS ? tls : current_thread()->ctx.fs_base);
	if (!thread)
		return -ENOMEM;
	if (tell_tid(thread, flags, parent_tid, child_tid)) {
		thread_discard(thread);
		return -EFAULT;
	}
	if (flags & CLONE_CHILD_CLEARTID)
		thread->clear_child_tid = (uint32_t *)child_tid;
	tid = thread->tid; /* it may have ended before this call returns */
	thread_start(thread);
	return tid;
}

/* C libraries ask for these first and then do without: no word on the console about it. */
long sys_clone3(void)
{
	return -ENOSYS;
}

long sys_rseq(void)
{
	return -ENOSYS;
}

/* The last thread takes the program with it. */
long sys_exit(long status)
{
	if (thread_retire() == 0)
		machine_stop(STOP_EXIT, status & 0xff);
	signal_thread_exit();
	thread_exit();
}

long sys_exit_group(long status)
{
	machine_stop(STOP_EXIT, status & 0xff);
}

long sys_gettid(void)
{
	return current_thread()->tid;
}

long sys_getpid(void)
{
	return PROGRAM_PID;
}

long sys_getppid(void)
{
	return 0;
}

long sys_set_tid_address(uint32_t *word)
{
	current_thread()->clear_child_tid = word;
	return current_thread()->tid;
}

/* FS belongs to the program, GS to the kernel. */
long sys_arch_prctl(int code, uint64_t address)
{
	struct context *ctx = &current_thread()->ctx;

	switch (code) {
	case ARCH_SET_FS:
		if (address >= USER_MAX && address < DIRECT_MAP_BASE)
			return -EPERM; /* not canonical */
		context_set_fs(ctx, address);
		return 0;
	case ARCH_GET_FS:
		return copy_to_program((void *)address, &ctx->fs_base, sizeof(ctx->fs_base));
	default:
		return -EINVAL;
	}
}

long sys_prctl(int option, char *arg)
{
	struct thread *self = current_thread();
	char name[sizeof(self->name)] = "";

	switch (option) {
	case PR_SET_NAME:
		if (copy_string_from_program(name, arg, sizeof(name)) == -EFAULT)
			return -EFAULT;
		name[sizeof(name) - 1] = '\0'; /* longer ones are cut */
		memcpy(self->name, name, sizeof(name));
		return 0;
	case PR_GET_NAME:
		return copy_to_program(arg, self->name, sizeof(self->name));
	default:
		return -EINVAL;
	}
}
