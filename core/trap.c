/* SPDX-License-Identifier: BSD-2-Clause */
/* What traps mean: first touches go to the areas; anything else is a bug of the kernel, which
 * panics, or of the program, which gets the signal that Linux would send, or is killed by it. */
#include "arch/x86/trap.h"

#include <asm/signal.h>

#include "arch/x86/asm.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"
#include "core/exit.h"
#include "core/panic.h"
#include "core/signal_deliver.h"
#include "include/errno.h"
#include "include/log.h"
#include "mm/area.h"
#include "mm/frame.h"
#include "sched/thread.h"

extern const char __kernel_text_start[], __kernel_text_end[];

/* Program code never runs on a kernel stack: a wild jump from there was the kernel's. */
static bool on_kernel_stack(const struct trap_frame *frame)
{
	struct thread *thread = current_thread();

	return !thread || thread->ctx.kernel_stack - frame->rsp <= KERNEL_STACK_SIZE;
}

static bool in_kernel(const struct trap_frame *frame)
{
	return (frame->rip >= (uint64_t)__kernel_text_start &&
	        frame->rip < (uint64_t)__kernel_text_end) ||
	       on_kernel_stack(frame);
}

/* A first touch found no frame: as on Linux, the program is killed. */
static __noreturn void out_of_memory(uint64_t address)
{
	struct frame_stats frames;
	struct area_stats areas;

	frame_stats(&frames);
	area_stats(program_space, &areas);
	log_error("out of memory at %#lx: the program uses %lu of %lu KiB: give the VM more", address,
	          areas.resident >> 10, frames.total * FRAME_SIZE >> 10);
	machine_stop(STOP_SIGNAL, SIGKILL);
}

bool upcall_page_fault(struct trap_frame *frame, uint64_t address)
{
	struct cpu PAGURUS_SEG_GS *cpu = this_cpu;
	int error;

	if (address < USER_MIN || address >= USER_MAX)
		return false;
	/* A fault inside the fault path would find this very stack overwritten: stop at once. */
	if (cpu->fault_depth)
		panic_trap(frame, address);
	cpu->fault_depth++;
	error = area_fault(program_space, address, frame->error);
	cpu->fault_depth--;
	if (error == -ENOMEM && !in_kernel(frame))
		out_of_memory(address);
	return error == 0;
}

void upcall_preempt(struct trap_frame *frame)
{
	sched_preempt(frame);
}

static int signal_of(uint64_t vector)
{
	switch (vector) {
	case TRAP_DIVIDE:
	case 16: /* x87 */
	case 19: /* SIMD */
		return SIGFPE;
	case TRAP_DEBUG:
	case TRAP_BREAKPOINT:
		return SIGTRAP;
	case TRAP_UNDEFINED:
		return SIGILL;
	case 11: /* segment not present */
	case 12: /* stack */
	case 17: /* alignment */
		return SIGBUS;
	default:
		return SIGSEGV;
	}
}

/* Plain calls (core/doors.c) run kernel code on the program's stack: a fault there, with interrupts
 * on, is about an address that the program gave. */
static bool in_plain_call(const struct trap_frame *frame)
{
	return frame->rsp < USER_MAX && frame->rflags & RFLAGS_IF;
}

/* A page of a mapping that its file does not reach to? It was asked for already, in vain. */
static bool is_behind_end(uint64_t address, uint64_t error)
{
	return IS_ENABLED(CONFIG_AREA_SOURCES) && address >= USER_MIN && address < USER_MAX &&
	       area_fault(program_space, address, error) == -ENXIO;
}

void upcall_unhandled(struct trap_frame *frame, uint64_t address)
{
	int signal = signal_of(frame->vector);

	/* malloc, on the program's stack, has touched memory of the program, and there is none left. */
	if (IS_ENABLED(CONFIG_MALLOC_PAGURUS) && frame->vector == TRAP_PAGE_FAULT && in_kernel(frame) &&
	    frame->rsp < USER_MAX && area_fault(program_space, address, frame->error) == -ENOMEM)
		out_of_memory(address);
	/* Nothing in a VM raises one by itself: somebody outside wants to know where we are. */
	if (frame->vector == TRAP_NMI) {
		trap_report(frame, "NMI: somebody outside asks where we are");
		return;
	}
	if ((in_kernel(frame) && !in_plain_call(frame)) || frame->vector == TRAP_DOUBLE_FAULT ||
	    frame->vector == TRAP_MACHINE_CHECK)
		panic_trap(frame, address);
	if (frame->vector == TRAP_PAGE_FAULT && is_behind_end(address, frame->error))
		signal = SIGBUS;
#ifdef CONFIG_SIGNALS
	if (signal_fault(frame, address, signal))
		return;
#endif
	program_crash(frame, address, signal);
}
