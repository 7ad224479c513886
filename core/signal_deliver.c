/* SPDX-License-Identifier: BSD-2-Clause */
/* Delivering signals: on the way back to program code, from a system call, an interrupt or a fault.
 * All of it happens on the thread's kernel stack, with the program's registers in a trap frame.
 *
 * Program code is what runs off the thread's kernel stack: plain calls (core/doors.c) count as such,
 * since they hold nothing while interrupts are on. */
#include <asm/unistd.h>
#include <linux/futex.h>

#include "arch/x86/asm.h"
#include "arch/x86/cpu.h"
#include "arch/x86/sigframe.h"
#include "core/panic.h"
#include "core/signal_deliver.h"
#include "core/signal_state.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/string.h"

#define SYSCALL_INSTRUCTION 2 /* bytes of it */

extern const char syscall_exit[], syscall_exit_jump[]; /* arch/x86/syscall.S */

static bool on_stack(const struct thread_signals *s, uint64_t sp)
{
	return sp > s->stack && sp - s->stack <= s->stack_size;
}

/* Does the program run on its alternate stack? Never while that disarms itself. */
static bool in_use(const struct thread_signals *s, uint64_t sp)
{
	return !(s->stack_flags & SS_AUTODISARM) && on_stack(s, sp);
}

stack_t signal_stack(uint64_t sp)
{
	const struct thread_signals *s = &current_thread()->signals;
	uint32_t state = in_use(s, sp) ? SS_ONSTACK : 0;

	return (stack_t){
		.ss_sp = (void *)s->stack,
		.ss_flags = (int)(s->stack_flags | (s->stack_size ? state : SS_DISABLE)),
		.ss_size = s->stack_size,
	};
}

int signal_stack_set(const stack_t *stack, uint64_t sp)
{
	struct thread_signals *s = &current_thread()->signals;
	uint32_t mode = (uint32_t)stack->ss_flags & ~SS_FLAG_BITS;

	if (in_use(s, sp))
		return -EPERM;
	if (mode & ~(uint32_t)SS_DISABLE && mode != SS_ONSTACK)
		return -EINVAL;
	if (mode != SS_DISABLE && stack->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	s->stack = mode == SS_DISABLE ? 0 : (uint64_t)stack->ss_sp;
	s->stack_size = mode == SS_DISABLE ? 0 : stack->ss_size;
	s->stack_flags = (uint32_t)stack->ss_flags & SS_FLAG_BITS;
	return 0;
}

/* Calls that begin anew after a handler with SA_RESTART, as on Linux, and after none. */
static bool restarts(const struct trap_frame *frame)
{
	switch (frame->error) {
	case __NR_read:
	case __NR_write:
	case __NR_readv:
	case __NR_writev:
	case __NR_pread64:
	case __NR_pwrite64:
	case __NR_ioctl:
	case __NR_connect:
	case __NR_accept:
	case __NR_accept4:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_recvfrom:
	case __NR_recvmsg:
		return true;
	case __NR_futex:
		return !frame->r10; /* with a timeout it would wait for too long */
	default:
		return false;
	}
}

/* Calls that no handler ends: a mutex is locked, however many signals come. */
static bool restarts_always(const struct trap_frame *frame)
{
	uint64_t command = frame->rsi & FUTEX_CMD_MASK;

	return frame->error == __NR_futex && (command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2);
}

/* Those that only a handler ends. */
static bool restarts_unhandled(const struct trap_frame *frame)
{
	return frame->error == __NR_pause || frame->error == __NR_rt_sigsuspend || restarts(frame);
}

/* A system call that was interrupted: makes the program call it again, where it is one of those. */
static void settle_call(struct trap_frame *frame, const struct signal_action *action)
{
	if (frame->vector != TRAP_SYSCALL)
		return;
	if (frame->rax == (uint64_t)-EINTR &&
	    (restarts_always(frame) ||
	     (action ? action->flags & SA_RESTART && restarts(frame) : restarts_unhandled(frame)))) {
		frame->rax = frame->error;
		frame->rip -= SYSCALL_INSTRUCTION;
	}
	frame->error = UINT64_MAX; /* once */
}

/* Below which address the frame goes. */
static uint64_t stack_for(const struct trap_frame *frame, const struct signal_action *action)
{
	const struct thread_signals *s = &current_thread()->signals;
	bool use = action->flags & SA_ONSTACK && s->stack_size && !in_use(s, frame->rsp);

	return use ? s->stack + s->stack_size : frame->rsp - SIGFRAME_RED_ZONE;
}

/* Makes frame enter the handler, with the signals blocked that it wants blocked. */
static int enter_handler(struct trap_frame *frame, const struct siginfo *info,
                         const struct signal_action *action)
{
	struct thread *self = current_thread();
	struct thread_signals *s = &self->signals;
	const struct sigframe_args args = {
		.info = info,
		.handler = action->handler,
		.restorer = action->restorer,
		.mask = s->restore_mask ? s->saved_mask : self->signal_mask,
		.stack = signal_stack(frame->rsp),
		.address = (uint64_t)info->si_addr,
	};
	uint64_t sp = stack_for(frame, action), flags;
	int error = -EFAULT;

	/* A handler that has used the alternate stack up must not write below it. */
	if (action->flags & SA_RESTORER && (!on_stack(s, sp) || on_stack(s, sigframe_bottom(sp))))
		error = sigframe_push(frame, sp, &args);
	if (error)
		return error;
	flags = spin_lock(&signal_lock);
	s->restore_mask = false;
	if (s->stack_flags & SS_AUTODISARM) {
		s->stack_flags = 0;
		s->stack_size = 0;
	}
	signal_mask_set(self->signal_mask | action->mask |
	                (action->flags & SA_NODEFER ? 0 : SIGNAL_BIT(info->si_signo)));
	spin_unlock(&signal_lock, flags);
	return 0;
}

static const char *origin(const struct siginfo *info)
{
	return info->si_code > 0 ? "from the kernel" : "sent by the program itself";
}

/* The handler's frame cannot be written: SIGSEGV instead, which may have a better stack. */
static void fail_delivery(struct trap_frame *frame, const struct siginfo *failed)
{
	const struct siginfo info = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };

	if (failed->si_signo != SIGSEGV && signal_is_caught(SIGSEGV) &&
	    signal_send(current_thread(), &info, NULL) == 0)
		return;
	log_error("no handler for signal %d could be called: there is no stack to write to at %#lx",
	          failed->si_signo, frame->rsp);
	if (frame->vector < 32)
		program_crash(frame, (uint64_t)failed->si_addr, SIGSEGV);
	program_killed_at(frame, SIGSEGV, origin(&info));
}

/* Takes one signal. Returns whether there was one. */
static bool deliver(struct trap_frame *frame)
{
	struct signal_action action;
	struct siginfo info;
	uint64_t flags = spin_lock(&signal_lock);
	int signal = signal_take(&info, &action);

	spin_unlock(&signal_lock, flags);
	if (!signal)
		return false;
	if (action.handler == HANDLER_DEFAULT)
		program_killed_at(frame, signal, origin(&info));
	settle_call(frame, &action);
	if (enter_handler(frame, &info, &action))
		fail_delivery(frame, &info);
	return true;
}

/* No signal is left: an interrupted call may go on, and a borrowed mask goes back. */
static void finish(struct trap_frame *frame)
{
	struct thread_signals *s = &current_thread()->signals;
	uint64_t flags = spin_lock(&signal_lock);

	if (s->restore_mask) {
		s->restore_mask = false;
		signal_mask_set(s->saved_mask);
	}
	signal_update(false);
	spin_unlock(&signal_lock, flags);
	settle_call(frame, NULL);
}

/* Another thread replaces the program. Those that still run must not take this one for finished: C
 * libraries unlock their lists of threads like that. */
static __noreturn void leave_program(void)
{
	current_thread()->clear_child_tid = NULL;
	thread_retire();
	signal_thread_exit();
	thread_exit();
}

void signal_exit(struct trap_frame *frame)
{
	for (;;) {
		irq_disable();
		if (!current_thread()->signals.work)
			return;
		irq_enable();
		if (IS_ENABLED(CONFIG_EXEC) && current_thread()->signals.dying)
			leave_program();
		if (!deliver(frame))
			finish(frame);
	}
}

/* Where redirect() leads: on the kernel stack, with the program's registers in frame. */
static __noreturn void after_interrupt(struct trap_frame *frame)
{
	signal_exit(frame);
	trap_resume(frame);
}

static __noreturn void after_fault(struct trap_frame *frame, const struct siginfo *info)
{
	struct signal_action action;
	uint64_t flags;

	irq_enable();
	/* Not through the queue: the handler must be the next thing that happens to this thread. */
	flags = spin_lock(&signal_lock);
	signal_action_take(info->si_signo, &action);
	spin_unlock(&signal_lock, flags);
	if (action.handler <= HANDLER_IGNORE) /* by now */
		program_crash(frame, (uint64_t)info->si_addr, info->si_signo);
	if (enter_handler(frame, info, &action))
		fail_delivery(frame, info);
	after_interrupt(frame);
}

/* Copies the program's frame to the thread's empty kernel stack and makes the interrupt return to
 * function(copy, argument) there. info: copied along and made the argument, or NULL. */
static void redirect(struct trap_frame *frame, uint64_t function, const struct siginfo *info)
{
	struct trap_frame *copy = (struct trap_frame *)current_thread()->ctx.kernel_stack - 1;
	struct siginfo *info_copy = (struct siginfo *)copy - 1;

	*copy = *frame;
	if (info)
		*info_copy = *info;
	frame->rdi = (uint64_t)copy;
	frame->rsi = (uint64_t)info_copy;
	frame->rip = function;
	frame->rsp = (uint64_t)info_copy - 8; /* as a call leaves it */
	frame->rbp = 0;
	frame->rflags = 0; /* interrupts off */
}
_Static_assert((sizeof(struct trap_frame) + sizeof(struct siginfo)) % 16 == 0, "stack alignment");
_Static_assert(sizeof(struct trap_frame) + sizeof(struct siginfo) + 8 <= SIGNAL_REDIRECTED,
               "room at the top of the kernel stack");

/* Does the thread's kernel stack hold nothing, because frame is the program's? */
static bool is_program(const struct thread *thread, const struct trap_frame *frame)
{
	return !thread->kernel && thread->ctx.kernel_stack - frame->rsp >= KERNEL_STACK_SIZE;
}

void upcall_signals(struct trap_frame *frame)
{
	struct thread *self = current_thread();

	if (!self->signals.work)
		return;
	if (is_program(self, frame)) {
		/* The system call is over, but for this jump. */
		if (frame->rip == (uint64_t)syscall_exit_jump)
			frame->rip = frame->rcx;
		redirect(frame, (uint64_t)after_interrupt, NULL);
	} else if (frame->rip >= (uint64_t)syscall_exit && frame->rip < (uint64_t)syscall_exit_jump) {
		/* It has looked for signals already: it looks again. */
		frame->rip = (uint64_t)syscall_exit;
		frame->rsp = self->ctx.kernel_stack - SYSCALL_PUSHED;
		frame->rflags = RFLAGS_IF;
	}
}

bool signal_fault(struct trap_frame *frame, uint64_t address, int signal)
{
	struct siginfo info;

	if (!is_program(current_thread(), frame) || !signal_is_caught(signal))
		return false;
	signal_fault_info(&info, frame, address, signal);
	redirect(frame, (uint64_t)after_fault, &info);
	return true;
}

long sys_rt_sigreturn(void);

/* The handler has returned: the frame on its stack says how to go on. */
long sys_rt_sigreturn(void)
{
	struct thread *self = current_thread();
	const uint64_t *top = (uint64_t *)self->ctx.kernel_stack; /* RIP, RFLAGS, RSP lie below */
	uint64_t sp = top[-1];
	struct trap_frame frame = { .rip = top[-3], .rsp = sp };
	uint64_t mask, flags;
	stack_t stack;

	if (sigframe_pop(&frame, sp, &mask, &stack)) {
		log_error("rt_sigreturn: there is no signal frame at %#lx", sp - 8);
		program_killed_at(&frame, SIGSEGV, "from the kernel");
	}
	signal_stack_set(&stack, frame.rsp);
	flags = spin_lock(&signal_lock);
	signal_mask_set(mask);
	spin_unlock(&signal_lock, flags);
	signal_exit(&frame);
	trap_resume(&frame);
}
