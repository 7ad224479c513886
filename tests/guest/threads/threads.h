/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the threads test. */
#ifndef TESTS_GUEST_THREADS_H
#define TESTS_GUEST_THREADS_H

void test_sync(void);  /* mutexes, condition variables, barriers, locks, semaphores */
void test_local(void); /* thread-local storage */
void test_inherit(void); /* priority inheritance */
void test_futex_order(void); /* futexes: order of wakes, several at once */

#endif
