/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the libc test. */
#ifndef TESTS_GUEST_LIBC_H
#define TESTS_GUEST_LIBC_H

void test_format(void); /* printf, scanf, strto* */
void test_text(void);   /* string and memory functions */
void test_heap(void);   /* malloc and its kin */

#endif
