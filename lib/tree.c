// SPDX-License-Identifier: BSD-2-Clause
/* AVL tree (lib/tree.h): the heights of a node's two subtrees differ by one at most. */
#include "lib/tree.h"

static int32_t height(const struct tree_node *node)
{
	return node ? node->height : 0;
}

/* Recomputes what node knows of its subtree. Returns whether that is something else than before. */
static bool refresh(struct tree *tree, struct tree_node *node)
{
	int32_t before = node->height;
	bool changed = tree->update && tree->update(node);

	node->height = 1 + MAX(height(node->left), height(node->right));
	return changed || node->height != before;
}

/* Puts with (may be NULL) where node hangs under parent. */
static void replace_child(struct tree *tree, struct tree_node *parent, struct tree_node *node,
                          struct tree_node *with)
{
	if (!parent)
		tree->root = with;
	else if (parent->left == node)
		parent->left = with;
	else
		parent->right = with;
	if (with)
		with->parent = parent;
}

/* Turns node down to the left; its right child takes its place and is returned. */
static struct tree_node *rotate_left(struct tree *tree, struct tree_node *node)
{
	struct tree_node *up = node->right;

	replace_child(tree, node->parent, node, up);
	node->right = up->left;
	if (node->right)
		node->right->parent = node;
	up->left = node;
	node->parent = up;
	refresh(tree, node);
	refresh(tree, up);
	return up;
}

static struct tree_node *rotate_right(struct tree *tree, struct tree_node *node)
{
	struct tree_node *up = node->left;

	replace_child(tree, node->parent, node, up);
	node->left = up->right;
	if (node->left)
		node->left->parent = node;
	up->right = node;
	node->parent = up;
	refresh(tree, node);
	refresh(tree, up);
	return up;
}

/* Restores the invariant at node, whose subtrees have it. Returns the root of the subtree. *changed:
 * nodes above it may have to know. */
static struct tree_node *balance(struct tree *tree, struct tree_node *node, bool *changed)
{
	struct tree_node *left = node->left, *right = node->right;
	int32_t lean = height(left) - height(right);

	*changed = true;
	if (lean > 1) {
		if (height(left->left) < height(left->right))
			rotate_left(tree, left);
		return rotate_right(tree, node);
	}
	if (lean < -1) {
		if (height(right->right) < height(right->left))
			rotate_right(tree, right);
		return rotate_left(tree, node);
	}
	*changed = refresh(tree, node);
	return node;
}

/* Walks from node to the root, as far as something can change, but up to stale (NULL: nowhere), which
 * knows nothing of its subtree yet. */
static void rebalance(struct tree *tree, struct tree_node *node, const struct tree_node *stale)
{
	while (node) {
		bool changed, seen = node == stale;

		node = balance(tree, node, &changed);
		if (seen)
			stale = NULL;
		else if (!changed && !stale)
			return;
		node = node->parent;
	}
}

void tree_insert(struct tree *tree, struct tree_node *parent, struct tree_node **link,
                 struct tree_node *node)
{
	node->left = NULL;
	node->right = NULL;
	node->parent = parent;
	*link = node;
	node->height = 0;
	refresh(tree, node);
	rebalance(tree, parent, NULL);
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
	struct tree_node *next, *from;

	if (!node->left || !node->right) {
		from = node->parent;
		replace_child(tree, from, node, node->left ? node->left : node->right);
		rebalance(tree, from, NULL);
		return;
	}

	/* Two children: the in-order successor, which has no left child, takes node's place. */
	next = node->right;
	while (next->left)
		next = next->left;
	from = next;
	if (next != node->right) {
		from = next->parent;
		replace_child(tree, from, next, next->right);
		next->right = node->right;
		next->right->parent = next;
	}
	next->left = node->left;
	next->left->parent = next;
	next->height = node->height;
	replace_child(tree, node->parent, node, next);
	rebalance(tree, from, next);
}

void tree_update(struct tree *tree, struct tree_node *node)
{
	if (!tree->update)
		return;
	while (node && tree->update(node))
		node = node->parent;
}

struct tree_node *tree_first(const struct tree *tree)
{
	struct tree_node *node = tree->root;

	while (node && node->left)
		node = node->left;
	return node;
}

struct tree_node *tree_last(const struct tree *tree)
{
	struct tree_node *node = tree->root;

	while (node && node->right)
		node = node->right;
	return node;
}

struct tree_node *tree_next(const struct tree_node *node)
{
	const struct tree_node *child;

	if (node->right) {
		node = node->right;
		while (node->left)
			node = node->left;
		return (struct tree_node *)node;
	}
	do {
		child = node;
		node = node->parent;
	} while (node && node->right == child);
	return (struct tree_node *)node;
}

struct tree_node *tree_prev(const struct tree_node *node)
{
	const struct tree_node *child;

	if (node->left) {
		node = node->left;
		while (node->right)
			node = node->right;
		return (struct tree_node *)node;
	}
	do {
		child = node;
		node = node->parent;
	} while (node && node->left == child);
	return (struct tree_node *)node;
}
