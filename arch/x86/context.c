/* SPDX-License-Identifier: BSD-2-Clause */
/* Making contexts: new threads, cloned ones, and what a preempted one leaves behind. The saved
 * stack images here are what arch/x86/context_switch.S pops. */
#include "arch/x86/context.h"

#include "arch/x86/asm.h"
#include "arch/x86/cpu.h"
#include "lib/string.h"

/* What context_switch() leaves, the first word below the saved RSP. */
struct switch_image {
	uint64_t fpu_control; /* MXCSR, then the x87 control word */
	uint64_t r15, r14, r13, r12, rbx, rbp;
	uint64_t rip;
};

/* Extended state of a fresh processor: the legacy area's two control words (SDM volume 1, 13.4). */
#define XSAVE_FCW 0
#define XSAVE_MXCSR 24

void context_start(void);
void context_switched(void);
void context_yielded(void);
void context_preempt_return(void);

void context_adopt(struct context *ctx, void *kernel_stack_top)
{
	ctx->kernel_stack = (uint64_t)kernel_stack_top;
	ctx->resume = (uint64_t)context_yielded;
}

void context_init(struct context *ctx, void *kernel_stack_top, void (*entry)(void *), void *arg)
{
	/* 8 bytes above keep RSP % 16 == 0 where context_start calls entry. */
	struct switch_image *image = (struct switch_image *)kernel_stack_top - 1;

	*image = (struct switch_image){
		.fpu_control = FPU_CONTROL_DEFAULT,
		.rbx = (uint64_t)entry,
		.r12 = (uint64_t)arg,
		.rip = (uint64_t)context_start,
	};
	ctx->rsp = (uint64_t)&image->r15;
	ctx->resume = (uint64_t)context_switched;
	ctx->kernel_stack = (uint64_t)kernel_stack_top;
	ctx->fs_base = 0;
	ctx->xstate = NULL;
	ctx->frame = NULL;
}

void context_set_xstate(struct context *ctx, void *area)
{
	uint32_t mxcsr = (uint32_t)FPU_CONTROL_DEFAULT;
	uint16_t fcw = (uint16_t)(FPU_CONTROL_DEFAULT >> 32);

	memset(area, 0, cpu_features.xsave_size);
	memcpy((char *)area + XSAVE_FCW, &fcw, sizeof(fcw));
	memcpy((char *)area + XSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
	ctx->xstate = area;
}

/* Leaves frame in ctx so that switching to ctx resumes it. */
static void leave_frame(struct context *ctx, const struct trap_frame *frame)
{
	ctx->preempt_frame = *frame;
	ctx->rsp = (uint64_t)&ctx->preempt_frame;
	ctx->resume = (uint64_t)context_preempt_return;
}

void context_clone(struct context *ctx, void *kernel_stack_top, void *area,
                   const struct trap_frame *frame, uint64_t fs_base)
{
	memset(area, 0, cpu_features.xsave_size); /* XSAVE wants its header cleared */
	xstate_save(area);
	ctx->xstate = area;
	ctx->kernel_stack = (uint64_t)kernel_stack_top;
	ctx->fs_base = fs_base;
	ctx->frame = NULL;
	leave_frame(ctx, frame);
	ctx->preempt_frame.rax = 0;
}

void context_preempt(struct context *prev, struct context *next, const struct trap_frame *frame)
{
	if (prev->xstate)
		xstate_save(prev->xstate);
	leave_frame(prev, frame);
	context_resume(next);
}

void context_set_fs(struct context *ctx, uint64_t fs_base)
{
	ctx->fs_base = fs_base;
	if (cpu_features.fsgsbase)
		__asm__ volatile("wrfsbase %0" : : "r"(fs_base));
	else
		wrmsr(MSR_FS_BASE, fs_base);
}
