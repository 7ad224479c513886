/* sources: lib/tree.c */
// SPDX-License-Identifier: BSD-2-Clause
/* The AVL tree: random insertions, removals and changes against a table of what is in it, with the
 * shape, the links, the heights and an augmentation (sum of a subtree) checked after each. */
#include "tests/unit/host_stubs.h"

#include <stdlib.h>
#include <string.h>

#include "lib/tree.h"

#define NODES 512

struct item {
	struct tree_node node;
	unsigned key;
	uint64_t value;
	uint64_t sum; /* of the subtree */
	bool in;
};

static struct item items[NODES];

static struct item *item_of(struct tree_node *node)
{
	return node ? container_of(node, struct item, node) : NULL;
}

static uint64_t sum_of(struct tree_node *node)
{
	return node ? item_of(node)->sum : 0;
}

static bool update(struct tree_node *node)
{
	struct item *item = item_of(node);
	uint64_t before = item->sum;

	item->sum = item->value + sum_of(node->left) + sum_of(node->right);
	return item->sum != before;
}

static void insert(struct tree *tree, struct item *item)
{
	struct tree_node **link = &tree->root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item->key < item_of(parent)->key ? &parent->left : &parent->right;
	}
	tree_insert(tree, parent, link, &item->node);
	item->in = true;
}

static void take_out(struct tree *tree, struct item *item)
{
	tree_remove(tree, &item->node);
	memset(&item->node, 0xa5, sizeof(item->node)); /* nothing may point here any more */
	item->in = false;
}

/* Checks a subtree; returns its height and adds its number of nodes to *count. */
static int check(struct tree *tree, struct tree_node *node, struct tree_node *parent,
                 unsigned *count)
{
	int left, right;

	if (!node)
		return 0;
	assert_ptr_equal(node->parent, parent);
	assert_true(item_of(node)->in);
	left = check(tree, node->left, node, count);
	right = check(tree, node->right, node, count);
	assert_in_range(left - right + 1, 0, 2);
	assert_int_equal(node->height, 1 + (left > right ? left : right));
	if (node->left)
		assert_true(item_of(node->left)->key < item_of(node)->key);
	if (node->right)
		assert_true(item_of(node->right)->key > item_of(node)->key);
	if (tree->update)
		assert_int_equal(item_of(node)->sum,
		                 item_of(node)->value + sum_of(node->left) + sum_of(node->right));
	++*count;
	return node->height;
}

static void check_tree(struct tree *tree)
{
	struct item *forward = item_of(tree_first(tree)), *back = item_of(tree_last(tree));
	unsigned count = 0, expected = 0;

	check(tree, tree->root, NULL, &count);
	for (unsigned i = 0; i < NODES; i++) {
		if (!items[i].in)
			continue;
		expected++;
		assert_ptr_equal(forward, &items[i]);
		forward = item_of(tree_next(&forward->node));
	}
	assert_null(forward);
	for (unsigned i = NODES; i-- > 0;) {
		if (!items[i].in)
			continue;
		assert_ptr_equal(back, &items[i]);
		back = item_of(tree_prev(&back->node));
	}
	assert_null(back);
	assert_int_equal(count, expected);
}

static void reset(void)
{
	memset(items, 0, sizeof(items));
	for (unsigned i = 0; i < NODES; i++)
		items[i].key = i;
}

static void test_empty_and_single(void **state)
{
	struct tree tree = { 0 };

	(void)state;
	reset();
	assert_null(tree_first(&tree));
	assert_null(tree_last(&tree));
	insert(&tree, &items[0]);
	assert_ptr_equal(tree.root, &items[0].node);
	check_tree(&tree);
	take_out(&tree, &items[0]);
	assert_null(tree.root);
}

/* Every permutation of five insertions, and from each tree every single removal. */
static void test_small_permutations(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 120; code++) {
		for (unsigned victim = 0; victim < 5; victim++) {
			struct tree tree = { .update = update };
			unsigned rest = code;

			reset();
			for (unsigned i = 0; i < 5; i++) {
				unsigned skip = rest % (5 - i), k = 0;

				rest /= 5 - i;
				while (items[k].in || skip--)
					do
						k++;
					while (items[k].in);
				items[k].value = 1u << k;
				insert(&tree, &items[k]);
			}
			check_tree(&tree);
			assert_int_equal(sum_of(tree.root), 31);
			take_out(&tree, &items[victim]);
			check_tree(&tree);
			assert_int_equal(sum_of(tree.root), 31 - (1u << victim));
		}
	}
}

static void ascending(struct tree *tree, bool down)
{
	reset();
	for (unsigned i = 0; i < NODES; i++)
		insert(tree, &items[down ? NODES - 1 - i : i]);
	check_tree(tree);
	assert_in_range(tree->root->height, 10, 13); /* 512 nodes: 1.44 log2 at most */
	for (unsigned i = 0; i < NODES; i++) {
		take_out(tree, &items[i]);
		if (i % 16 == 0)
			check_tree(tree);
	}
	assert_null(tree->root);
}

static void test_sorted_orders(void **state)
{
	struct tree plain = { 0 }, summed = { .update = update };

	(void)state;
	ascending(&plain, false);
	ascending(&plain, true);
	ascending(&summed, false);
	ascending(&summed, true);
}

static void random_run(struct tree *tree, unsigned steps)
{
	reset();
	for (unsigned i = 0; i < steps; i++) {
		struct item *item = &items[host_random_below(NODES)];

		if (!item->in) {
			item->value = host_random_below(1000);
			/* Now growing, now shrinking. */
			if (i / 2000 % 2 == 0 || host_random_below(3) == 0)
				insert(tree, item);
		} else if (i / 2000 % 2 == 1 || host_random_below(3) == 0) {
			take_out(tree, item);
		} else {
			item->value = host_random_below(1000);
			tree_update(tree, &item->node);
		}
		if (i % 8 == 0)
			check_tree(tree);
	}
}

static void test_random(void **state)
{
	struct tree plain = { 0 }, summed = { .update = update };

	(void)state;
	random_run(&plain, 20000);
	random_run(&summed, 20000);
}

static unsigned updates;

static bool count_update(struct tree_node *node)
{
	updates++;
	return update(node);
}

/* An update walks one path, not the tree, and no further than something changes. */
static void test_cost(void **state)
{
	struct tree tree = { .update = count_update };

	(void)state;
	reset();
	for (unsigned i = 0; i < NODES; i++)
		insert(&tree, &items[i]);
	updates = 0;
	tree_update(&tree, tree_first(&tree));
	assert_int_equal(updates, 1);
	item_of(tree_first(&tree))->value++;
	tree_update(&tree, tree_first(&tree));
	assert_in_range(updates, 3, 14);
	updates = 0;
	take_out(&tree, &items[0]);
	assert_in_range(updates, 2, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_and_single),
		cmocka_unit_test(test_small_permutations),
		cmocka_unit_test(test_sorted_orders),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
