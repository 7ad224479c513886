/* sources: */
// SPDX-License-Identifier: BSD-2-Clause
/* The intrusive list against an array as a model. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "lib/list.h"

#define NODES 32

struct item {
	int id;
	struct list node;
};

static void check(struct list *head, struct item **order, unsigned n)
{
	struct list *back = head;
	struct item *item;
	unsigned i = 0;

	assert_int_equal(list_empty(head), n == 0);
	list_for_each (item, head, node) {
		assert_true(i < n);
		assert_ptr_equal(item, order[i]);
		assert_ptr_equal(item->node.prev, back);
		back = &item->node;
		i++;
	}
	assert_int_equal(i, n);
	assert_ptr_equal(head->prev, back);
	if (n) {
		assert_ptr_equal(list_first(head, struct item, node), order[0]);
		assert_ptr_equal(list_last(head, struct item, node), order[n - 1]);
	}
}

static void test_against_model(void **state)
{
	struct item items[NODES], *order[NODES];
	struct list head = LIST_INIT(head);
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < NODES; i++) {
		items[i].id = (int)i;
		list_init(&items[i].node);
	}
	check(&head, order, 0);
	for (unsigned step = 0; step < 50000; step++) {
		struct item *item = &items[host_random_below(NODES)];
		unsigned at;

		if (!list_empty(&item->node)) {
			for (at = 0; order[at] != item; at++)
				;
			list_del_init(&item->node);
			memmove(order + at, order + at + 1, (n - at - 1) * sizeof(order[0]));
			n--;
			check(&head, order, n);
			continue;
		}
		switch (host_random_below(3)) {
		case 0:
			list_add_head(&head, &item->node);
			at = 0;
			break;
		case 1:
			list_add_tail(&head, &item->node);
			at = n;
			break;
		default:
			at = (unsigned)host_random_below(n + 1);
			list_add_before(at == n ? &head : &order[at]->node, &item->node);
			break;
		}
		memmove(order + at + 1, order + at, (n - at) * sizeof(order[0]));
		order[at] = item;
		n++;
		check(&head, order, n);
	}
}

static void test_removal_while_walking(void **state)
{
	struct item items[NODES], *item, *next, *order[NODES];
	unsigned kept = 0;
	struct list head;

	(void)state;
	list_init(&head);
	for (unsigned i = 0; i < NODES; i++) {
		items[i].id = (int)i;
		list_add_tail(&head, &items[i].node);
	}
	list_for_each_safe (item, next, &head, node) {
		if (item->id % 3 != 1) {
			list_del(&item->node);
			memset(&item->node, 0xa5, sizeof(item->node));
		} else {
			order[kept++] = item;
		}
	}
	assert_int_equal(kept, 11);
	check(&head, order, kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_removal_while_walking),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
