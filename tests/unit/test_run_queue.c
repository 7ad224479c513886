/* sources: */
/* SPDX-License-Identifier: BSD-2-Clause */
/* The run queues, which are rings with the current thread among them, against arrays as a model. */
#include "tests/unit/host_stubs.h"

#include <stdlib.h>
#include <string.h>

#include "sched/run_queue.h"

#define N 12
#define LEVELS 4 /* of the priorities, these are used */

struct cpu_features cpu_features = { .fsgsbase = true };
static struct thread threads[N], idle;
static struct cpu *cpu = &cpus[0];

/* Who waits, by priority, in the order in which they will run. */
static struct {
	struct thread *order[LEVELS][N];
	unsigned n[LEVELS];
} model;

static unsigned level_of(unsigned priority)
{
	return priority == PRIORITY_IDLE ? LEVELS - 1 : priority;
}

static unsigned priority_of(unsigned level)
{
	return level == LEVELS - 1 ? PRIORITY_IDLE : level;
}

static void model_add(struct thread *thread)
{
	unsigned level = level_of(thread->priority);

	model.order[level][model.n[level]++] = thread;
}

static bool model_has(const struct thread *thread)
{
	unsigned level = level_of(thread->priority);

	for (unsigned i = 0; i < model.n[level]; i++)
		if (model.order[level][i] == thread)
			return true;
	return false;
}

static void model_remove(const struct thread *thread)
{
	unsigned level = level_of(thread->priority), i = 0;

	while (model.order[level][i] != thread)
		i++;
	model.n[level]--;
	memmove(&model.order[level][i], &model.order[level][i + 1],
	        (model.n[level] - i) * sizeof(struct thread *));
}

static struct thread *model_take(void)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		struct thread *first = model.order[level][0];

		if (model.n[level]) {
			model_remove(first);
			return first;
		}
	}
	return &idle;
}

static void check(void)
{
	const struct thread *current = cpu->current;
	uint64_t ready = 0;

	for (unsigned level = 0; level < LEVELS; level++) {
		unsigned priority = priority_of(level);
		struct list *front = *run_queue_front(cpu, priority), *at = front;
		bool among = current != &idle && current->priority == priority;

		ready |= model.n[level] ? BIT(priority) : 0;
		if (!model.n[level] && !among) {
			assert_null(front);
			continue;
		}
		if (among) {
			assert_ptr_equal(run_queue_thread(at), current);
			at = at->next;
		}
		for (unsigned i = 0; i < model.n[level]; i++, at = at->next) {
			assert_ptr_equal(run_queue_thread(at), model.order[level][i]);
			assert_ptr_equal(at->next->prev, at);
		}
		assert_ptr_equal(at, front);
	}
	assert_int_equal(cpu->ready, ready);
}

/* What context_yield() does, where it does it. */
static void yield(void)
{
	struct thread *current = cpu->current;

	if (current == &idle || (cpu->ready & current->ctx.rivals) != current->ctx.ring_bit)
		return;
	cpu->current = run_queue_thread(current->ctx.ring.next);
	model_add(current);
	assert_ptr_equal(model_take(), cpu->current);
}

/* Other threads come, go and change; some are neither ready nor current. */
static void change(struct thread *thread, unsigned priority)
{
	bool waits = model_has(thread);

	if (thread == cpu->current) {
		run_queue_move(cpu, thread, priority);
		return;
	}
	if (waits) {
		model_remove(thread);
		run_queue_remove(cpu, thread);
	}
	if (!waits || rand() % 2) {
		run_queue_choose(thread, priority);
		model_add(thread);
		run_queue_add(cpu, thread);
	}
}

static void test_rings(void **state)
{
	(void)state;
	srand(1);
	cpu->idle = cpu->current = &idle;
	idle.priority = PRIORITY_IDLE;
	for (int round = 0; round < 200000; round++) {
		struct thread *current = cpu->current;

		switch (rand() % 5) {
		case 0: /* blocks */
			if (current != &idle)
				run_queue_leave(cpu, current);
			cpu->current = run_queue_take(cpu);
			assert_ptr_equal(cpu->current, model_take());
			break;
		case 1: /* is preempted */
			if (current == &idle || !(cpu->ready & current->ctx.rivals))
				break;
			run_queue_requeue(cpu, current);
			model_add(current);
			cpu->current = run_queue_take(cpu);
			assert_ptr_equal(cpu->current, model_take());
			break;
		case 2:
			yield();
			break;
		default:
			change(&threads[rand() % N], priority_of((unsigned)rand() % LEVELS));
		}
		check();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rings) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
