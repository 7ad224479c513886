/* SPDX-License-Identifier: BSD-2-Clause */
/* A check that a call fails, and why (tests/guest/tap.h). */
#ifndef TESTS_GUEST_FAILS_H
#define TESTS_GUEST_FAILS_H

#include <errno.h>
#include <string.h>

#include "tap.h"

/* Checks that a call returns -1 with this errno. */
#define fails(call, error, ...)                                                                    \
	({                                                                                             \
		errno = 0;                                                                                 \
		long got_result_ = (long)(call);                                                           \
		int got_errno_ = errno;                                                                    \
		if (!tap_check(got_result_ == -1 && got_errno_ == (error), __FILE__, __LINE__,             \
		               __VA_ARGS__))                                                               \
			printf("#   result %ld, errno %d (%s), expected %s\n", got_result_, got_errno_,        \
			       strerror(got_errno_), strerror(error));                                         \
	})

#endif
