/* SPDX-License-Identifier: BSD-2-Clause */
/* Balanced binary tree (AVL), intrusive, with an optional augmentation: a value per node that
 * sums up its subtree (say, the largest gap). The caller walks down to find where a node belongs
 * and links it; the tree rebalances. All operations are O(log n); no recursion, no allocation. */
#ifndef PAGURUS_LIB_TREE_H
#define PAGURUS_LIB_TREE_H

#include "include/types.h"

struct tree_node {
	struct tree_node *left;
	struct tree_node *right;
	struct tree_node *parent;
	int32_t height;
};

struct tree {
	struct tree_node *root;
	/* Recomputes node's augmentation from its own value and its children, and returns whether it is
	 * another one; NULL: none. Called bottom-up wherever a subtree changed. */
	bool (*update)(struct tree_node *node);
};

/* Links node as *link under parent (link is &parent->left, &parent->right or &tree->root, found by
 * the caller; *link is NULL) and rebalances. */
void tree_insert(struct tree *tree, struct tree_node *parent, struct tree_node **link,
                 struct tree_node *node);

/* Takes node out and rebalances. node's own pointers become undefined. */
void tree_remove(struct tree *tree, struct tree_node *node);

/* Recomputes the augmentation from node up as far as it changes, after node's own value changed. */
void tree_update(struct tree *tree, struct tree_node *node);

/* In-order neighbours; NULL at the end. */
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_prev(const struct tree_node *node);

#endif
