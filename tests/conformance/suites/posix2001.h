/* SPDX-License-Identifier: BSD-2-Clause */
/* In front of each test of the POSIX suite: headers that some of them forget, and the version of POSIX
 * that they know: they ask sysconf() for 200112 and take the 200809 of today for "not supported". */
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static inline long as_of_2001(int name)
{
	long value = sysconf(name);

	return value == 200809L ? 200112L : value;
}

#define sysconf(name) as_of_2001(name)
