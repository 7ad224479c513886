/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of test-signals, by subject, and what they share. */
#ifndef TESTS_GUEST_SIGNALS_H
#define TESTS_GUEST_SIGNALS_H

#include <signal.h>
#include <stdint.h>
#include <time.h>

void test_wait(void);
void test_fault(void);
void test_frame(void);
void test_thread(void);
void test_cancel(void);
void test_timer(void);
void test_stop(void);

/* What the counting handler saw. */
extern volatile int seen;             /* how often it ran */
extern volatile int seen_signal;      /* the last time: with what number, */
extern siginfo_t seen_info;           /* what it was told, */
extern volatile unsigned long seen_order; /* and the last 8 numbers, one byte each */

/* Installs the counting handler and forgets what it saw. */
void count(int signal, int flags);
void set_handler(int signal, void (*handler)(int, siginfo_t *, void *), int flags);
void set_default(int signal);

void block(int signal);
void unblock(int signal);
int is_blocked(int signal);

/* SIGALRM after ms milliseconds, once. */
void alarm_ms(long ms);

uint64_t now_ms(void);

#endif
