/* SPDX-License-Identifier: BSD-2-Clause */
/* CONFIG_SYSCALL_CYCLES: how often each system call came through the syscall instruction, and how many
 * TSC cycles it took, per CPU. */
#ifndef PAGURUS_CORE_SYSCALL_CYCLES_H
#define PAGURUS_CORE_SYSCALL_CYCLES_H

#include "include/types.h"

/* The door calls this with the TSC of when it called the function behind number, and returns what
 * this returns: result. Interrupts on. */
long syscall_account(unsigned long number, uint64_t start, long result);

/* Hands sink, piece by piece, a table with a line for each call and CPU that has seen it, and what the
 * counting itself costs. Any context in which sink may be called. */
void syscall_cycles_print(void (*sink)(void *ctx, const char *data, size_t len), void *ctx);

/* pagurus.stats was given: the table is printed when the program ends. */
void syscall_cycles_request(void);

/* Prints the table if that was asked for. */
void syscall_cycles_at_exit(void);

#endif
