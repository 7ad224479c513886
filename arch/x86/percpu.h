/* SPDX-License-Identifier: BSD-2-Clause */
/* What each CPU owns, reached through GS, which holds this CPU's struct cpu from the first C
 * instruction on and is never swapped. Offsets used by assembly are asserted in
 * arch/x86/asm_offsets.h. Each room has one pointer-free member struct here or its own array
 * indexed by cpu_id(). */
#ifndef PAGURUS_X86_PERCPU_H
#define PAGURUS_X86_PERCPU_H

#include "include/types.h"
#include "lib/list.h"

struct thread;

#define PERCPU_LISTS 45 /* malloc's size classes */
#define PRIORITIES 64 /* 0 is the most urgent; PRIORITY_IDLE the least */

struct cpu {
	struct cpu *self;           /* 0x00: GS-relative pointer to itself */
	struct thread *current;     /* 0x08 */
	uint64_t scratch;           /* 0x10: the syscall door parks RSP here */
	uint64_t switches;          /* 0x18: context switches so far */
	uint64_t ready;             /* 0x20: bit p set: in run queue p somebody waits (sched/) */
	uint32_t need_resched;      /* 0x28: an interrupt wants the CPU for another thread */
	uint32_t id;                /* 0x2c */
	uint32_t nmi_depth;         /* 0x30 */
	uint32_t fault_depth;       /* 0x34: >0 while a page fault is handled on the fault stack */
#ifdef CONFIG_MALLOC_PAGURUS
	uint64_t lists[PERCPU_LISTS]; /* 0x38: arch/x86/percpu_list.h */
#endif
	struct list *front[PRIORITIES]; /* of the run queues; NULL: empty */
	struct thread *idle;
	struct thread *dead;        /* exited, to be freed by the next thread that runs */
	uint64_t kernel_stack;      /* its top, where the CPU began */
	bool tick_armed;            /* time slices: the timer is set */
	uint64_t tick_switches;     /* value of switches at the last tick */
#ifdef CONFIG_SMP
	uint32_t priority;          /* of current, for the others to see */
	uint32_t apic_id;
	uint32_t pauses;            /* in cpu_wait() */
	/* What other CPUs write. */
	uint32_t requests __aligned(64); /* CPU_REQUEST_: what the interrupt on its way is about */
	uint32_t polling;                /* looks at requests by itself: no interrupt needed */
	struct list *inbox;              /* threads for this CPU, newest first, linked by next */
#endif
};

#ifdef PAGURUS_HOST
/* Host tests play one CPU. */
#define this_cpu (&cpus[0])
#else
#ifdef __clang__
#define PAGURUS_SEG_GS __attribute__((address_space(256)))
#else
#define PAGURUS_SEG_GS __seg_gs
#endif

/* this_cpu->member compiles to one gs-relative access. */
#define this_cpu ((struct cpu PAGURUS_SEG_GS *)0)
#endif

extern struct cpu cpus[CONFIG_NR_CPUS];

static inline uint32_t cpu_id(void)
{
	return this_cpu->id;
}

#endif
