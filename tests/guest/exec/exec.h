/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that puts itself in its own place, several times: what it is to do each time is its first
 * argument, how many checks there were so far its second and third. */
#ifndef TESTS_GUEST_EXEC_H
#define TESTS_GUEST_EXEC_H

#include "../fails.h"

#define SELF "/proc/self/exe"

/* refused.c: calls that come back. */
void test_refused(void);

/* after.c: leaves much behind, then goes on as "after" in a thread that is not the first; and what
 * is to be seen of it there. */
void leave_much_behind(void);
void test_after(int argc, char **argv);

/* busy.c: replaced again and again while other threads do all kinds of things; memory stays level. */
void start_busy(void);
void test_busy(int left);
void test_memory(int left);

/* Goes on as the program that mode names. number: for it. Returns only where execve fails. */
int go_on(const char *mode, int number);

#endif
