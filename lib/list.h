/* SPDX-License-Identifier: BSD-2-Clause */
/* Doubly linked circular list, intrusive. An empty list is a head that points at itself. */
#ifndef PAGURUS_LIB_LIST_H
#define PAGURUS_LIB_LIST_H

#include "include/types.h"

struct list {
	struct list *next;
	struct list *prev;
};

#define LIST_INIT(name)                                                                            \
	{                                                                                              \
		&(name), &(name)                                                                           \
	}

static inline void list_init(struct list *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/* Puts node in before pos; with pos = head that is the end of the list. */
static inline void list_add_before(struct list *pos, struct list *node)
{
	struct list *prev = pos->prev;

	node->next = pos;
	node->prev = prev;
	prev->next = node;
	pos->prev = node;
}

static inline void list_add_tail(struct list *head, struct list *node)
{
	list_add_before(head, node);
}

static inline void list_add_head(struct list *head, struct list *node)
{
	list_add_before(head->next, node);
}

/* Takes node out; node's own pointers are left as they were. */
static inline void list_del(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
}

/* Takes node out and makes it a list of its own, so that list_empty(node) tells. */
static inline void list_del_init(struct list *node)
{
	list_del(node);
	list_init(node);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)
#define list_last(head, type, member) list_entry((head)->prev, type, member)

#define list_for_each(pos, head, member)                                                           \
	for ((pos) = list_first(head, __typeof__(*(pos)), member); &(pos)->member != (head);           \
	     (pos) = list_first(&(pos)->member, __typeof__(*(pos)), member))

/* The same, where the body may take pos out of the list. */
#define list_for_each_safe(pos, tmp, head, member)                                                 \
	for ((pos) = list_first(head, __typeof__(*(pos)), member),                                     \
	    (tmp) = list_first(&(pos)->member, __typeof__(*(pos)), member);                            \
	     &(pos)->member != (head);                                                                 \
	     (pos) = (tmp), (tmp) = list_first(&(tmp)->member, __typeof__(*(tmp)), member))

#endif
