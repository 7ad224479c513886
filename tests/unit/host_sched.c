/* SPDX-License-Identifier: BSD-2-Clause */
/* See host_sched.h. */
#include "tests/unit/host_sched.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/context.h"
#include "arch/x86/cpu.h"
#include "arch/x86/lapic.h"
#include "arch/x86/percpu.h"
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "mm/heap.h"
#include "sched/thread.h"

uint64_t host_now, host_timer = UINT64_MAX;
unsigned host_halts;
unsigned host_timer_sets, host_memory_blocks, host_memory_fails, host_memory_after;
const char *host_bad_start;
size_t host_bad_size;

static void (*timer_handler)(struct trap_frame *frame);

/* One per context; ctx.rsp points at it. */
struct flow {
	pthread_t thread;
	sem_t baton;
	bool over;
	void (*entry)(void *);
	void *arg;
};

static void stop_test(const char *what)
{
	fprintf(stderr, "host_sched: %s\n", what);
	abort();
}

static void take_baton(struct flow *flow)
{
	while (sem_wait(&flow->baton) != 0)
		if (errno != EINTR)
			stop_test("sem_wait");
	if (flow->over)
		pthread_exit(NULL);
}

static void *flow_main(void *arg)
{
	struct flow *flow = arg;

	take_baton(flow);
	host_interrupts = true;
	flow->entry(flow->arg);
	stop_test("a thread returned from its entry");
	return NULL;
}

static struct flow *flow_new(void)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	if (!flow || sem_init(&flow->baton, 0, 0) != 0)
		stop_test("no flow");
	return flow;
}

static struct flow *flow_of(const struct context *ctx)
{
	return (struct flow *)ctx->rsp;
}

void context_init(struct context *ctx, void *kernel_stack_top, void (*entry)(void *), void *arg)
{
	struct flow *flow = flow_new();

	flow->entry = entry;
	flow->arg = arg;
	ctx->rsp = (uint64_t)flow;
	ctx->kernel_stack = (uint64_t)kernel_stack_top;
	if (kernel_stack_top)
		*(struct flow **)((char *)kernel_stack_top - sizeof(flow)) = flow;
	if (pthread_create(&flow->thread, NULL, flow_main, flow) != 0)
		stop_test("pthread_create");
}

void context_adopt(struct context *ctx, void *kernel_stack_top)
{
	ctx->kernel_stack = (uint64_t)kernel_stack_top;
}

static void flow_end(struct flow *flow)
{
	flow->over = true;
	sem_post(&flow->baton);
	pthread_join(flow->thread, NULL);
	sem_destroy(&flow->baton);
	free(flow);
}

static void switch_flow(struct context *prev, struct context *next)
{
	if (host_interrupts)
		stop_test("context switch with interrupts on");
	cpus[0].current = (struct thread *)next;
	sem_post(&flow_of(next)->baton);
	take_baton(flow_of(prev));
}

void context_switch(struct context *prev, struct context *next)
{
	switch_flow(prev, next);
	host_interrupts = false;
}

/* Where the interrupted thread goes on. */
static __thread jmp_buf interrupted;

void context_preempt(struct context *prev, struct context *next, const struct trap_frame *frame)
{
	(void)frame;
	switch_flow(prev, next);
	longjmp(interrupted, 1);
}

/* Clones begin where the program was, which a host test has none of. */
void context_clone(struct context *ctx, void *top, void *area, const struct trap_frame *frame,
                   uint64_t fs_base)
{
	(void)frame;
	context_init(ctx, top, (void (*)(void *))fs_base, NULL);
	ctx->xstate = area;
}

static bool may_allocate(void)
{
	if (host_memory_after) {
		host_memory_after--;
	} else if (host_memory_fails) {
		host_memory_fails--;
		return false;
	}
	host_memory_blocks++;
	return true;
}

void *heap_alloc(size_t size)
{
	return may_allocate() ? aligned_alloc(64, ALIGN_UP(size, 64UL)) : NULL;
}

void *heap_zalloc(size_t size)
{
	void *p = heap_alloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void heap_free(void *p)
{
	host_memory_blocks -= p != NULL;
	free(p);
}

#define STACK_SIZE 64

void *kernel_stack_alloc(void)
{
	char *p = heap_zalloc(STACK_SIZE);

	return p ? p + STACK_SIZE : NULL;
}

void kernel_stack_free(void *top)
{
	struct flow *flow = *(struct flow **)((char *)top - sizeof(flow));

	if (flow)
		flow_end(flow);
	heap_free((char *)top - STACK_SIZE);
}

static bool is_bad(const volatile void *p, size_t n)
{
	const char *from = (const char *)p;

	return from < host_bad_start + host_bad_size && from + n > host_bad_start;
}

int copy_from_program(void *dst, const void *src, size_t n)
{
	if (is_bad(src, n))
		return -EFAULT;
	memcpy(dst, src, n);
	return 0;
}

int copy_to_program(void *dst, const void *src, size_t n)
{
	if (is_bad(dst, n))
		return -EFAULT;
	memcpy(dst, src, n);
	return 0;
}

int cmpxchg_program(uint32_t *word, uint32_t *expected, uint32_t value)
{
	if (is_bad(word, sizeof(*word)))
		return -EFAULT;
	__atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return 0;
}

uint64_t clock_ns(void)
{
	return host_now;
}

void lapic_timer_idle(void)
{
}

uint64_t tsc_to_ns(uint64_t delta)
{
	return delta;
}

void lapic_timer_set(uint64_t ns)
{
	if (host_interrupts)
		stop_test("lapic_timer_set with interrupts on");
	host_timer = ns;
	host_timer_sets++;
}

void lapic_eoi(void)
{
}

void trap_set_handler(unsigned vector, void (*handler)(struct trap_frame *frame))
{
	if (vector != VECTOR_TIMER)
		stop_test("unexpected vector");
	timer_handler = handler;
}

/* Interrupts the caller; returns when it has the CPU again. */
static void interrupt(void)
{
	struct trap_frame frame = { 0 };

	host_timer = UINT64_MAX;
	host_interrupts = false;
	if (setjmp(interrupted) == 0) {
		timer_handler(&frame);
		if (cpus[0].need_resched)
			sched_preempt(&frame);
	}
	host_interrupts = true;
}

void host_run_for(uint64_t ns)
{
	uint64_t end = host_now + ns;

	while (host_timer <= end) {
		host_now = MAX(host_now, host_timer);
		interrupt();
		/* The others' time was not this thread's. */
		if (host_now >= end)
			return;
	}
	host_now = end;
}

void host_take_interrupts(void)
{
	if (host_timer <= host_now)
		interrupt();
	host_interrupts = false;
}

/* The idle CPU: nothing happens before the timer fires. */
void host_halt(void)
{
	if (host_timer == UINT64_MAX)
		stop_test("every thread sleeps, and no timer is set");
	host_halts++;
	host_now = MAX(host_now, host_timer);
	interrupt();
	host_interrupts = false;
}

void host_sched_start(void)
{
	host_now = 0;
	host_timer = UINT64_MAX;
	host_timer_sets = 0;
	host_memory_fails = host_memory_after = 0;
	host_bad_start = NULL;
	host_bad_size = 0;
	memset(cpus, 0, sizeof(cpus));
	cpus[0].self = &cpus[0];
	cpu_features.xsave_size = 512;
	sched_init();
	current_thread()->ctx.rsp = (uint64_t)flow_new();
	host_interrupts = true;
}
