/* SPDX-License-Identifier: BSD-2-Clause */
/* Says what a trap means: the name of the exception, for page faults what was tried, where, and what
 * is most likely behind it. */
#include "core/fault_text.h"

#include "arch/x86/trap.h"
#include "lib/fmt.h"

#define NULL_AREA 0x10000 /* the first 64 KiB are never mapped */
#define RED_ZONE 128
#define PROBE 4096 /* a compiler's stack probe reaches at most a page below RSP */

/* Intel SDM volume 3, table 6-1. */
static const char *const exceptions[] = {
	[0] = "divide error",
	[1] = "debug exception",
	[2] = "non-maskable interrupt",
	[3] = "breakpoint",
	[4] = "overflow",
	[5] = "BOUND range exceeded",
	[6] = "invalid opcode",
	[7] = "device not available",
	[8] = "double fault",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack fault",
	[13] = "general protection fault",
	[14] = "page fault",
	[16] = "x87 floating-point error",
	[17] = "alignment check",
	[18] = "machine check",
	[19] = "SIMD floating-point exception",
	[20] = "virtualization exception",
	[21] = "control protection exception",
};

/* A stack that has run over its end faults just below RSP (a push, a call, a probe), or at or above
 * an RSP that has itself left the stack. */
static bool below_stack(const struct fault_facts *f)
{
	if (f->error & PF_PRESENT)
		return false;
	if (f->address < f->rsp)
		return f->rsp - f->address <= RED_ZONE + PROBE;
	return !f->stack_mapped && f->address - f->rsp < MIB(1);
}

static const char *likely_cause(const struct fault_facts *f)
{
	if (f->guard)
		return "kernel stack overflow";
	if (f->vector != TRAP_PAGE_FAULT)
		return NULL;
	if (f->address < NULL_AREA)
		return f->error & PF_FETCH || f->address == f->rip ? "call of a null pointer"
		                                                   : "null pointer";
	if (below_stack(f))
		return "stack overflow";
	if (!(f->error & PF_PRESENT))
		return "not mapped";
	if (f->error & PF_FETCH)
		return "no-execute memory";
	return f->error & PF_WRITE ? "read-only memory" : "no access";
}

static const char *access_name(uint64_t error)
{
	if (error & PF_FETCH)
		return "execution at";
	return error & PF_WRITE ? "write to" : "read of";
}

void fault_text(char *buf, size_t size, const struct fault_facts *f)
{
	const char *name = f->vector < ARRAY_SIZE(exceptions) ? exceptions[f->vector] : NULL;
	const char *cause = likely_cause(f);
	int len;

	if (f->vector == TRAP_PAGE_FAULT)
		len = fmt_snprintf(buf, size, "page fault: %s %#llx", access_name(f->error),
		                   (unsigned long long)f->address);
	else
		len = fmt_snprintf(buf, size, "%s (vector %llu, error code %#llx)",
		                   name ? name : "unexpected trap", (unsigned long long)f->vector,
		                   (unsigned long long)f->error);
	if (cause && (size_t)len < size)
		fmt_snprintf(buf + len, size - len, ": %s", cause);
}
