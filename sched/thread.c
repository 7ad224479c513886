/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of threads: making, naming, finding, ending. A thread's memory is its struct, a kernel
 * stack and, where it runs program code, an area for its extended state. */
#include "sched/thread.h"

#include "arch/x86/cpu.h"
#include "arch/x86/spinlock.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sched/futex.h"
#include "sched/run_queue.h"

#define TID_MAX (1 << 22) /* Linux's largest limit; fits the owner field of a futex */
#define IDLE_STACK_SIZE 4096

static struct thread boot_thread;
static struct thread idle_threads[CONFIG_NR_CPUS];
static char idle_stacks[CONFIG_NR_CPUS][IDLE_STACK_SIZE] __aligned(16);

/* Every thread but the idle ones. */
static struct {
	struct spinlock lock;
	struct list all;
	struct tree by_tid;
	int next_tid;
	unsigned programs; /* threads that run program code */
} threads = { .all = LIST_INIT(threads.all), .next_tid = 1 };

/* The thread of that number; *parent and *link say where it is or belongs. Locked. */
static struct thread *lookup(int tid, struct tree_node **parent, struct tree_node ***link)
{
	*parent = NULL;
	*link = &threads.by_tid.root;
	while (**link) {
		struct thread *thread = container_of(**link, struct thread, by_tid);

		if (thread->tid == tid)
			return thread;
		*parent = **link;
		*link = tid < thread->tid ? &(*parent)->left : &(*parent)->right;
	}
	return NULL;
}

/* Gives thread a number that no other one has and enters it everywhere. */
static void enter(struct thread *thread)
{
	uint64_t flags = spin_lock(&threads.lock);
	struct tree_node *parent, **link;

	/* Far fewer threads than numbers fit into any memory, so this ends. */
	while (lookup(threads.next_tid, &parent, &link))
		threads.next_tid = threads.next_tid % TID_MAX + 1;
	thread->tid = threads.next_tid;
	threads.next_tid = threads.next_tid % TID_MAX + 1;
	tree_insert(&threads.by_tid, parent, link, &thread->by_tid);
	list_add_tail(&threads.all, &thread->all);
	threads.programs += !thread->kernel;
	spin_unlock(&threads.lock, flags);
}

static void leave(struct thread *thread)
{
	uint64_t flags = spin_lock(&threads.lock);

	tree_remove(&threads.by_tid, &thread->by_tid);
	list_del(&thread->all);
	threads.programs -= !thread->kernel;
	spin_unlock(&threads.lock, flags);
}

#ifdef CONFIG_EXEC
void thread_set_tid(int tid)
{
	struct thread *self = current_thread();
	uint64_t flags = spin_lock(&threads.lock);
	struct tree_node *parent, **link;

	tree_remove(&threads.by_tid, &self->by_tid);
	lookup(tid, &parent, &link);
	self->tid = tid;
	tree_insert(&threads.by_tid, parent, link, &self->by_tid);
	spin_unlock(&threads.lock, flags);
}
#endif

static void sleep_over(struct timer *timer)
{
	thread_wake(container_of(timer, struct thread, timer), -ETIMEDOUT);
}

static void thread_init(struct thread *thread, const char *name, unsigned priority)
{
	thread->state = THREAD_SLEEPING;
	thread->references = 1;
	thread->cpu = cpu_id();
	run_queue_choose(thread, priority);
#ifdef CONFIG_SMP
	thread->affinity = ~0UL;
	thread->wanted = (uint8_t)priority;
#endif
#ifdef CONFIG_FUTEX_PI
	thread->pi.base_priority = (uint8_t)priority;
	list_init(&thread->pi.owns);
#endif
	strlcpy(thread->name, name, sizeof(thread->name));
	timer_init(&thread->timer, sleep_over);
}

/* The run queues of this CPU and its idle thread. */
static struct thread *init_cpu(struct cpu *cpu)
{
	struct thread *idle = &idle_threads[cpu->id];

	thread_init(idle, "idle", PRIORITY_IDLE);
	idle->kernel = true;
	cpu->idle = idle;
	return idle;
}

#ifdef CONFIG_SMP
void sched_init_cpu(void)
{
	struct cpu *cpu = this_cpu->self;
	struct thread *idle = init_cpu(cpu);

	idle->state = THREAD_RUNNING;
	context_adopt(&idle->ctx, (void *)cpu->kernel_stack);
	cpu->current = idle;
	cpu->priority = idle->priority;
	timers_init();
}

void *idle_stack(unsigned cpu)
{
	return idle_stacks[cpu] + IDLE_STACK_SIZE;
}
#endif

__cold void sched_init(void)
{
	struct cpu *cpu = this_cpu->self;
	struct thread *idle = init_cpu(cpu);

	context_init(&idle->ctx, idle_stacks[cpu->id] + IDLE_STACK_SIZE, idle_loop, NULL);

	thread_init(&boot_thread, "main", PRIORITY_DEFAULT);
	boot_thread.state = THREAD_RUNNING;
	context_adopt(&boot_thread.ctx, (void *)cpu->kernel_stack);
	list_init(&boot_thread.ctx.ring);
	cpu->current = &boot_thread;
#ifdef CONFIG_SMP
	cpu->priority = boot_thread.priority;
#endif
	enter(&boot_thread);
#ifdef CONFIG_THREAD_TIMES
	boot_thread.started_tsc = rdtsc();
#endif
	timers_init();
}

static void thread_free(struct thread *thread)
{
	if (thread == &boot_thread) /* never allocated */
		return;
	heap_free(thread->ctx.xstate);
	kernel_stack_free((void *)thread->ctx.kernel_stack);
	thread_put(thread);
}

void thread_put(struct thread *thread)
{
	if (!__atomic_sub_fetch(&thread->references, 1, __ATOMIC_ACQ_REL) && thread != &boot_thread)
		heap_free(thread);
}

void threads_reap(void)
{
	struct cpu *cpu = this_cpu->self;
	uint64_t flags = irq_save();
	struct thread *dead = cpu->dead;

	cpu->dead = NULL;
	irq_restore(flags);
	while (dead) {
		struct thread *next = (struct thread *)dead->arg;

		thread_free(dead);
		dead = next;
	}
}

/* A struct thread of the caller's priority with a kernel stack, entered nowhere yet. */
static struct thread *thread_alloc(const char *name, void **stack)
{
	struct thread *thread;

	if (this_cpu->dead)
		threads_reap();
	thread = heap_zalloc(sizeof(*thread));
	*stack = kernel_stack_alloc();
	if (!thread || !*stack) {
		if (*stack)
			kernel_stack_free(*stack);
		heap_free(thread);
		return NULL;
	}
#ifdef CONFIG_FUTEX_PI
	thread_init(thread, name, current_thread()->pi.base_priority);
#else
	thread_init(thread, name, current_thread()->priority);
#endif
	return thread;
}

/* Where a kernel thread starts. */
static void kernel_thread(void *arg)
{
	struct thread *self = arg;

	threads_reap();
	self->entry(self->arg);
	thread_exit();
}

struct thread *thread_create(void (*entry)(void *), void *arg, const char *name)
{
	void *stack;
	struct thread *thread = thread_alloc(name, &stack);

	if (!thread)
		return NULL;
	thread->kernel = true;
	thread->entry = entry;
	thread->arg = arg;
	context_init(&thread->ctx, stack, kernel_thread, thread);
	enter(thread);
	thread_start(thread);
	return thread;
}

struct thread *thread_clone(const struct trap_frame *frame, uint64_t fs_base)
{
	struct thread *self = current_thread(), *thread;
	void *stack, *area = heap_alloc(cpu_features.xsave_size);

	if (!area)
		return NULL;
	thread = thread_alloc(self->name, &stack);
	if (!thread) {
		heap_free(area);
		return NULL;
	}
	thread->signal_mask = self->signal_mask;
	thread->policy = self->policy;
	thread->policy_priority = self->policy_priority;
	thread->unsliced = self->unsliced;
#ifdef CONFIG_SMP
	thread->affinity = self->affinity;
#endif
#ifdef CONFIG_SIGNALS
	thread->state = THREAD_NEW; /* not to be woken by one */
#endif
	context_clone(&thread->ctx, stack, area, frame, fs_base);
	enter(thread);
	return thread;
}

void thread_start(struct thread *thread)
{
#ifdef CONFIG_SIGNALS
	thread->state = THREAD_SLEEPING;
#endif
	thread_wake(thread, 0);
}

void thread_discard(struct thread *thread)
{
	leave(thread);
	thread_free(thread);
}

unsigned thread_retire(void)
{
	uint64_t flags = spin_lock(&threads.lock);
	unsigned left;

	threads.programs -= !current_thread()->kernel;
	current_thread()->kernel = true;
	left = threads.programs;
	spin_unlock(&threads.lock, flags);
	return left;
}

/* clone(CLONE_CHILD_CLEARTID), set_tid_address(): whoever joins waits for this word. */
static void clear_tid(struct thread *self)
{
	static const uint32_t zero;
	uint32_t *word = self->clear_child_tid;

	/* An address that cannot be written is the program's business, as on Linux. */
	if (word && copy_to_program(word, &zero, sizeof(zero)) == 0)
		futex_wake(word, 1, FUTEX_ANY);
}

__noreturn void thread_exit(void)
{
	struct thread *self = current_thread();
	struct cpu *cpu;

	robust_list_exit(self);
#ifdef CONFIG_FUTEX_PI
	futex_pi_exit();
#endif
	clear_tid(self);
#ifdef CONFIG_LOCK_ORDER
	lock_order_check_end(&self->mutexes);
#endif
	leave(self);

	threads_reap(); /* context_yield(), which may come next, does not: at most this one waits for it */
	irq_disable();
	cpu = this_cpu->self;
	self->state = THREAD_DEAD;
	self->arg = cpu->dead;
	cpu->dead = self;
	schedule();
	__builtin_unreachable();
}

struct thread *thread_find(int tid)
{
	uint64_t flags = spin_lock(&threads.lock);
	struct tree_node *parent, **link;
	struct thread *thread = lookup(tid, &parent, &link);

	spin_unlock(&threads.lock, flags);
	return thread;
}

struct thread *thread_get(int tid)
{
	uint64_t flags = spin_lock(&threads.lock);
	struct tree_node *parent, **link;
	struct thread *thread = lookup(tid, &parent, &link);

	if (thread)
		__atomic_fetch_add(&thread->references, 1, __ATOMIC_RELAXED);
	spin_unlock(&threads.lock, flags);
	return thread;
}

#ifdef CONFIG_SIGNALS
struct thread *thread_select(bool (*wanted)(struct thread *thread, uint64_t arg), uint64_t arg)
{
	uint64_t flags = spin_lock(&threads.lock);
	struct thread *thread, *found = NULL;

	list_for_each (thread, &threads.all, all) {
		if (wanted(thread, arg)) {
			found = thread;
			break;
		}
	}
	spin_unlock(&threads.lock, flags);
	return found;
}
#endif

unsigned thread_count(void)
{
	return READ_ONCE(threads.programs);
}

void thread_for_each(void (*visit)(struct thread *thread, void *ctx), void *ctx)
{
	struct thread *thread;

	list_for_each (thread, &threads.all, all)
		visit(thread, ctx);
}
