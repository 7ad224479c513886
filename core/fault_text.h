/* SPDX-License-Identifier: BSD-2-Clause */
/* What a trap means, in words. Pure: the facts are collected by core/panic.c. */
#ifndef PAGURUS_CORE_FAULT_TEXT_H
#define PAGURUS_CORE_FAULT_TEXT_H

#include "include/types.h"

struct fault_facts {
	uint64_t vector;
	uint64_t error;   /* error code */
	uint64_t address; /* of a page fault */
	uint64_t rip;
	uint64_t rsp;
	bool guard;        /* address (page fault) or RSP lies in a kernel stack's guard page */
	bool stack_mapped; /* is there memory at RSP? */
};

/* Writes one line without its newline, at most size bytes with the NUL. */
void fault_text(char *buf, size_t size, const struct fault_facts *facts);

#endif
