/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups of checks, each in a file of its own. */
#ifndef TESTS_GUEST_EVENTS_H
#define TESTS_GUEST_EVENTS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../fails.h"
#include "../tap.h"

void test_epoll(void);
void test_epoll_modes(void);
void test_eventfd(void);
void test_timerfd(void);
void test_signalfd(void);

/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);

/* An address that no program has. */
#define BAD ((void *)16)

#endif
