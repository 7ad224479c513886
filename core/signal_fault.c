/* SPDX-License-Identifier: BSD-2-Clause */
/* What a handler is told of a trap: si_code and si_addr as Linux has them on x86-64. */
#include "arch/x86/paging.h"
#include "core/signal_deliver.h"
#include "mm/area.h"

/* Floating-point exceptions, in x87's status word and in MXCSR alike (SDM volume 1, 8.1.3). */
#define FP_INVALID BIT(0)
#define FP_DENORMAL BIT(1)
#define FP_DIVIDE BIT(2)
#define FP_OVERFLOW BIT(3)
#define FP_UNDERFLOW BIT(4)
#define FP_PRECISION BIT(5)
#define MXCSR_MASK_SHIFT 7

/* Traps that C has no shorter name for: SDM volume 3, table 6-1. */
enum { TRAP_X87 = 16, TRAP_SIMD = 19 };

static int page_fault_code(const struct trap_frame *frame, uint64_t address)
{
	bool mapped = frame->error & PF_PRESENT;

	if (!mapped && address >= USER_MIN && address < USER_MAX)
		mapped = area_resident(program_space, ALIGN_DOWN(address, FRAME_SIZE), 1, NULL) == 0;
	return mapped ? SEGV_ACCERR : SEGV_MAPERR;
}

/* Which of the unmasked exceptions it was, first things first. */
static int fp_code(uint32_t raised)
{
	if (raised & FP_INVALID)
		return FPE_FLTINV;
	if (raised & FP_DIVIDE)
		return FPE_FLTDIV;
	if (raised & FP_OVERFLOW)
		return FPE_FLTOVF;
	if (raised & (FP_UNDERFLOW | FP_DENORMAL))
		return FPE_FLTUND;
	return raised & FP_PRECISION ? FPE_FLTRES : FPE_FLTINV;
}

static int x87_code(void)
{
	uint16_t control, status;

	__asm__ volatile("fnstcw %0; fnstsw %1" : "=m"(control), "=m"(status));
	return fp_code(status & ~control & 0x3f);
}

static int simd_code(void)
{
	uint32_t mxcsr;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	return fp_code(mxcsr & ~(mxcsr >> MXCSR_MASK_SHIFT) & 0x3f);
}

void signal_fault_info(struct siginfo *info, const struct trap_frame *frame, uint64_t address,
                       int signal)
{
	*info = (struct siginfo){ .si_signo = signal, .si_code = SI_KERNEL };
	switch (frame->vector) {
	case TRAP_DIVIDE:
		info->si_code = FPE_INTDIV;
		break;
	case TRAP_X87:
		info->si_code = x87_code();
		break;
	case TRAP_SIMD:
		info->si_code = simd_code();
		break;
	case TRAP_DEBUG:
		info->si_code = TRAP_TRACE;
		break;
	case TRAP_UNDEFINED:
		info->si_code = ILL_ILLOPN;
		break;
	case TRAP_PAGE_FAULT:
		info->si_code = signal == SIGBUS ? BUS_ADRERR : page_fault_code(frame, address);
		info->si_addr = (void *)address;
		return;
	default: /* nothing is known of the address */
		return;
	}
	info->si_addr = (void *)frame->rip;
}
