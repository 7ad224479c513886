/* SPDX-License-Identifier: BSD-2-Clause */
/* Building and reading signal frames; see arch/x86/sigframe.h. The extended state passes between the
 * registers and the program's stack directly: the kernel itself uses none. */
#include "arch/x86/sigframe.h"

#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#include "arch/x86/asm.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "include/errno.h"
#include "lib/string.h"

#define XSTATE_ALIGN 64
#define XSTATE_HEADER 512        /* SDM volume 1, 13.4.2: XSTATE_BV and what must be 0 */
#define XSTATE_HEADER_SIZE 64
#define XSTATE_LEGACY (BIT(0) | BIT(1)) /* x87 and SSE */

#define RFLAGS_RF BIT(16)
/* CF PF AF ZF SF TF DF OF RF AC: the flags that sigreturn takes from the program. */
#define RFLAGS_PROGRAM                                                                             \
	(BIT(0) | BIT(2) | BIT(4) | BIT(6) | BIT(7) | RFLAGS_TF | RFLAGS_DF | BIT(11) | RFLAGS_RF |    \
	 RFLAGS_AC)

struct sigframe {
	uint64_t restorer;
	struct ucontext context;
	struct siginfo info;
};
_Static_assert(sizeof(struct siginfo) == 128, "struct siginfo");
_Static_assert(offsetof(struct sigframe, context.uc_mcontext) == 48, "registers in rt_sigframe");
_Static_assert(sizeof(struct sigcontext) == 256, "struct sigcontext");
_Static_assert(offsetof(struct sigframe, context.uc_sigmask) == 304, "mask in rt_sigframe");
_Static_assert(offsetof(struct _fpstate_64, sw_reserved) == 464, "software bytes of FXSAVE");

/* The state of a fresh processor: no component in XSTATE_BV, so XRSTOR takes only MXCSR from it, and
 * FXRSTOR the control words and zeros. */
static const struct {
	uint16_t fcw, fsw, ftw, fop;
	uint64_t rip, rdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t rest[544];
} __aligned(XSTATE_ALIGN) fresh_state = {
	.fcw = (uint16_t)(FPU_CONTROL_DEFAULT >> 32),
	.mxcsr = (uint32_t)FPU_CONTROL_DEFAULT,
};
_Static_assert(sizeof(fresh_state) == XSTATE_HEADER + XSTATE_HEADER_SIZE, "XSAVE area");

/* arch/x86/signal_entry.S */
int xstate_save_program(void *area);
int xstate_restore_program(const void *area, uint64_t components);

static size_t xstate_bytes(void)
{
	return cpu_features.xsave_size + (cpu_features.xsave ? FP_XSTATE_MAGIC2_SIZE : 0);
}

/* Where the parts of a frame below sp lie. */
static uint64_t xstate_below(uint64_t sp)
{
	return ALIGN_DOWN(sp - xstate_bytes(), XSTATE_ALIGN);
}

uint64_t sigframe_bottom(uint64_t sp)
{
	/* At the handler's first instruction RSP + 8 is aligned, as after any call. */
	return ALIGN_DOWN(xstate_below(sp) - sizeof(struct sigframe), 16) - 8;
}

size_t sigframe_size(void)
{
	return sizeof(struct sigframe) + 8 + 15 + xstate_bytes() + XSTATE_ALIGN - 1;
}

static int fresh_xstate(uint64_t components)
{
	return xstate_restore_program(&fresh_state, components);
}

/* The registers' extended state to the program's memory at area, with Linux's marks. */
static int save_xstate(uint64_t area)
{
	static const uint8_t zeros[XSTATE_HEADER_SIZE];
	static const uint32_t magic2 = FP_XSTATE_MAGIC2;
	struct _fpx_sw_bytes marks = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = (uint32_t)xstate_bytes(),
		.xfeatures = cpu_features.xcr0,
		.xstate_size = cpu_features.xsave_size,
	};
	uint64_t present;

	if (!cpu_features.xsave)
		return xstate_save_program((void *)area);
	if (copy_to_program((void *)(area + XSTATE_HEADER), zeros, sizeof(zeros)) ||
	    xstate_save_program((void *)area) ||
	    copy_from_program(&present, (void *)(area + XSTATE_HEADER), sizeof(present)))
		return -EFAULT;
	/* The legacy part is written in any case, and who changes it expects that to count. */
	present |= XSTATE_LEGACY;
	if (copy_to_program((void *)(area + XSTATE_HEADER), &present, sizeof(present)) ||
	    copy_to_program((void *)(area + offsetof(struct _fpstate_64, sw_reserved)), &marks,
	                    sizeof(marks)))
		return -EFAULT;
	return copy_to_program((void *)(area + cpu_features.xsave_size), &magic2, sizeof(magic2));
}

static void save_registers(struct sigcontext *regs, const struct trap_frame *frame)
{
	regs->r8 = frame->r8;
	regs->r9 = frame->r9;
	regs->r10 = frame->r10;
	regs->r11 = frame->r11;
	regs->r12 = frame->r12;
	regs->r13 = frame->r13;
	regs->r14 = frame->r14;
	regs->r15 = frame->r15;
	regs->rdi = frame->rdi;
	regs->rsi = frame->rsi;
	regs->rbp = frame->rbp;
	regs->rbx = frame->rbx;
	regs->rdx = frame->rdx;
	regs->rax = frame->rax;
	regs->rcx = frame->rcx;
	regs->rsp = frame->rsp;
	regs->rip = frame->rip;
	regs->eflags = frame->rflags;
	regs->cs = (uint16_t)frame->cs;
	regs->ss = (uint16_t)frame->ss;
}

static bool canonical(uint64_t address)
{
	return address < USER_MAX + FRAME_SIZE || address >= DIRECT_MAP_BASE;
}

int sigframe_push(struct trap_frame *frame, uint64_t sp, const struct sigframe_args *args)
{
	struct sigframe new = {
		.restorer = args->restorer,
		.context = {
			.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS |
			            (cpu_features.xsave ? UC_FP_XSTATE : 0),
			.uc_stack = args->stack,
			.uc_sigmask = args->mask,
		},
		.info = *args->info,
	};
	uint64_t area = xstate_below(sp), bottom = sigframe_bottom(sp);

	if (!canonical(args->handler) || bottom > sp)
		return -EFAULT;
	save_registers(&new.context.uc_mcontext, frame);
	if (frame->vector < 32) { /* an exception */
		new.context.uc_mcontext.trapno = frame->vector;
		new.context.uc_mcontext.err = frame->error;
		new.context.uc_mcontext.cr2 = args->address;
	}
	new.context.uc_mcontext.oldmask = args->mask;
	new.context.uc_mcontext.fpstate = (void *)area;
	if (copy_to_program((void *)bottom, &new, sizeof(new)) || save_xstate(area))
		return -EFAULT;

	frame->rdi = (uint64_t)args->info->si_signo;
	frame->rsi = bottom + offsetof(struct sigframe, info);
	frame->rdx = bottom + offsetof(struct sigframe, context);
	frame->rax = 0; /* no vector registers hold arguments, should the handler be variadic */
	frame->rip = args->handler;
	frame->rsp = bottom;
	frame->rflags &= ~(RFLAGS_DF | RFLAGS_TF | RFLAGS_RF);
	return fresh_xstate(cpu_features.xcr0);
}

/* Does a state that XSAVE could have written lie at area? Then *components says which parts. */
static bool is_xstate(uint64_t area, uint64_t *components)
{
	struct _fpx_sw_bytes marks;
	uint32_t magic2;

	if (!cpu_features.xsave ||
	    copy_from_program(&marks, (void *)(area + offsetof(struct _fpstate_64, sw_reserved)),
	                      sizeof(marks)) ||
	    marks.magic1 != FP_XSTATE_MAGIC1 || marks.xstate_size > cpu_features.xsave_size ||
	    marks.xstate_size < XSTATE_HEADER + XSTATE_HEADER_SIZE ||
	    marks.extended_size < marks.xstate_size)
		return false;
	*components = marks.xfeatures & cpu_features.xcr0;
	return *components &&
	       copy_from_program(&magic2, (void *)(area + marks.xstate_size), sizeof(magic2)) == 0 &&
	       magic2 == FP_XSTATE_MAGIC2;
}

static int restore_xstate(uint64_t area)
{
	uint64_t components = 0;
	int error = fresh_xstate(cpu_features.xcr0);

	if (!area || error)
		return error;
	if (!is_xstate(area, &components))
		components = 0; /* FXSAVE's format */
	return xstate_restore_program((void *)area, components);
}

static void restore_registers(struct trap_frame *frame, const struct sigcontext *regs)
{
	*frame = (struct trap_frame){
		.r15 = regs->r15,
		.r14 = regs->r14,
		.r13 = regs->r13,
		.r12 = regs->r12,
		.r11 = regs->r11,
		.r10 = regs->r10,
		.r9 = regs->r9,
		.r8 = regs->r8,
		.rdi = regs->rdi,
		.rsi = regs->rsi,
		.rbp = regs->rbp,
		.rbx = regs->rbx,
		.rdx = regs->rdx,
		.rcx = regs->rcx,
		.rax = regs->rax,
		.vector = TRAP_SYSCALL, /* which is over: error is no number */
		.error = UINT64_MAX,
		.rip = regs->rip,
		.cs = SELECTOR_CODE,
		.rflags = (regs->eflags & RFLAGS_PROGRAM) | RFLAGS_IF,
		.rsp = regs->rsp,
		.ss = SELECTOR_DATA,
	};
}

int sigframe_pop(struct trap_frame *frame, uint64_t sp, uint64_t *mask, stack_t *stack)
{
	struct sigframe old;

	if (copy_from_program(&old, (void *)(sp - 8), sizeof(old)))
		return -EFAULT;
	/* IRETQ would fault in the kernel. */
	if (!canonical(old.context.uc_mcontext.rip))
		return -EFAULT;
	if (restore_xstate((uint64_t)old.context.uc_mcontext.fpstate)) {
		fresh_xstate(cpu_features.xcr0);
		return -EFAULT;
	}
	restore_registers(frame, &old.context.uc_mcontext);
	*mask = old.context.uc_sigmask;
	*stack = old.context.uc_stack;
	return 0;
}
