/* sources: core/signal_queue.c */
/* flags: -DCONFIG_SIGNAL_QUEUE_MAX=16 */
/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting signals: what is kept, in which order it is taken, where the bound is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/signal_queue.h"
#include "include/errno.h"
#include "mm/heap.h"

/* <stdlib.h> has another sigset_t. */
void *calloc(size_t n, size_t size);
void free(void *p);

static unsigned blocks;
static bool no_memory;

void *heap_zalloc(size_t size)
{
	void *p = no_memory ? NULL : calloc(1, size);

	blocks += p != NULL;
	return p;
}

void heap_free(void *p)
{
	blocks -= p != NULL;
	free(p);
}

static int add(struct pending_signals *pending, int signal, int code, int value,
               struct queued_signal *own)
{
	struct siginfo info = { .si_signo = signal, .si_code = code };

	info.si_int = value;
	return pending_add(pending, &info, own);
}

static void test_standard_signals_wait_once(void **state)
{
	struct pending_signals pending = { 0 };
	struct siginfo info;

	(void)state;
	assert_int_equal(add(&pending, SIGUSR1, SI_TKILL, 1, NULL), 0);
	assert_int_equal(add(&pending, SIGUSR1, SI_TKILL, 2, NULL), 0);
	assert_int_equal(pending.set, SIGNAL_BIT(SIGUSR1));
	assert_int_equal(blocks, 1);
	assert_null(pending_take(&pending, SIGUSR1, &info));
	assert_int_equal(info.si_signo, SIGUSR1);
	assert_int_equal(info.si_code, SI_TKILL);
	assert_int_equal(info.si_int, 1);
	assert_int_equal(pending.set, 0);
	assert_null(pending.first);
	assert_int_equal(blocks, 0);
}

static void test_real_time_signals_queue(void **state)
{
	struct pending_signals pending = { 0 };
	struct siginfo info;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(add(&pending, 40, SI_QUEUE, i, NULL), 0);
		assert_int_equal(add(&pending, 34, SI_QUEUE, 10 + i, NULL), 0);
	}
	assert_int_equal(pending_first(&pending, ~0UL), 34);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(pending_first(&pending, SIGNAL_BIT(40)), 40);
		pending_take(&pending, 40, &info);
		assert_int_equal(info.si_int, i);
	}
	assert_int_equal(pending_first(&pending, SIGNAL_BIT(40)), 0);
	for (int i = 0; i < 5; i++) {
		pending_take(&pending, 34, &info);
		assert_int_equal(info.si_int, 10 + i);
	}
	assert_int_equal(pending.set, 0);
	assert_int_equal(blocks, 0);
}

static void test_order(void **state)
{
	static const int order[] = { SIGILL, SIGSEGV, SIGHUP, SIGTERM, 35, 64 };
	struct pending_signals pending = { 0 };
	struct siginfo info;

	(void)state;
	for (size_t i = ARRAY_SIZE(order); i-- > 0;)
		add(&pending, order[i], SI_USER, 0, NULL);
	assert_int_equal(pending_first(&pending, SIGNAL_BIT(35) | SIGNAL_BIT(64)), 35);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		assert_int_equal(pending_first(&pending, ~0UL), order[i]);
		pending_take(&pending, order[i], &info);
	}
	assert_int_equal(pending_first(&pending, ~0UL), 0);
	assert_int_equal(blocks, 0);
}

static void test_bound(void **state)
{
	struct pending_signals a = { 0 }, b = { 0 };
	struct siginfo info;

	(void)state;
	for (int i = 0; i < CONFIG_SIGNAL_QUEUE_MAX / 2; i++) {
		assert_int_equal(add(&a, 50, SI_QUEUE, i, NULL), 0);
		assert_int_equal(add(&b, 50, SI_QUEUE, i, NULL), 0);
	}
	assert_int_equal(add(&a, 50, SI_QUEUE, 0, NULL), -EAGAIN);
	/* A standard signal still waits, and kill()'s: with their number alone. */
	assert_int_equal(add(&a, SIGTERM, SI_TKILL, 7, NULL), 0);
	assert_int_equal(add(&a, 51, SI_USER, 7, NULL), 0);
	pending_take(&a, SIGTERM, &info);
	assert_int_equal(info.si_signo, SIGTERM);
	assert_int_equal(info.si_code, SI_USER);
	assert_int_equal(info.si_int, 0);
	pending_take(&a, 51, &info);
	assert_int_equal(info.si_signo, 51);
	/* One taken makes room for one. */
	pending_take(&b, 50, &info);
	assert_int_equal(add(&a, 50, SI_QUEUE, 0, NULL), 0);
	assert_int_equal(add(&a, 50, SI_QUEUE, 0, NULL), -EAGAIN);
	pending_flush(&a, ~0UL);
	pending_flush(&b, ~0UL);
	assert_int_equal(blocks, 0);
	no_memory = true;
	assert_int_equal(add(&a, 50, SI_QUEUE, 0, NULL), -EAGAIN);
	no_memory = false;
	assert_int_equal(a.set, 0);
}

static void test_flush(void **state)
{
	struct pending_signals pending = { 0 };
	struct siginfo info;

	(void)state;
	for (int i = 0; i < 4; i++) {
		add(&pending, 40, SI_QUEUE, i, NULL);
		add(&pending, 41, SI_QUEUE, i, NULL);
	}
	add(&pending, SIGINT, SI_KERNEL, 0, NULL);
	pending_flush(&pending, SIGNAL_BIT(40) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGHUP));
	assert_int_equal(pending.set, SIGNAL_BIT(41));
	assert_int_equal(blocks, 4);
	for (int i = 0; i < 4; i++) {
		pending_take(&pending, 41, &info);
		assert_int_equal(info.si_int, i);
	}
	assert_null(pending.first);
	assert_int_equal(blocks, 0);
}

static void test_own_room(void **state)
{
	struct pending_signals pending = { 0 };
	struct queued_signal own = { 0 };
	struct siginfo info;

	(void)state;
	assert_int_equal(add(&pending, SIGALRM, SI_TIMER, 3, &own), 0);
	assert_true(own.queued);
	assert_int_equal(blocks, 0);
	assert_ptr_equal(pending_take(&pending, SIGALRM, &info), &own);
	assert_int_equal(info.si_int, 3);
	assert_false(own.queued);

	/* A signal that waits already does not use it. */
	add(&pending, SIGALRM, SI_USER, 0, NULL);
	assert_int_equal(add(&pending, SIGALRM, SI_TIMER, 3, &own), 0);
	assert_false(own.queued);
	pending_flush(&pending, ~0UL);

	/* Taken back between others of its number. */
	add(&pending, 40, SI_QUEUE, 1, NULL);
	add(&pending, 40, SI_TIMER, 2, &own);
	add(&pending, 40, SI_QUEUE, 3, NULL);
	pending_remove(&pending, &own);
	assert_false(own.queued);
	assert_int_equal(pending.set, SIGNAL_BIT(40));
	pending_take(&pending, 40, &info);
	assert_int_equal(info.si_int, 1);
	pending_take(&pending, 40, &info);
	assert_int_equal(info.si_int, 3);
	add(&pending, 40, SI_TIMER, 2, &own);
	pending_remove(&pending, &own);
	assert_int_equal(pending.set, 0);
	add(&pending, 40, SI_TIMER, 2, &own);
	pending_flush(&pending, ~0UL);
	assert_false(own.queued);
	assert_int_equal(blocks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard_signals_wait_once),
		cmocka_unit_test(test_real_time_signals_queue),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_own_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
