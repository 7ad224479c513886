/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of the kernel. They go into the log ring with a time stamp, and to the console where
 * their level is at most CONFIG_LOG_LEVEL (pagurus.loglevel=N changes it). Implemented by
 * core/log.c; usable from any room and any context, from the first C instruction on. */
#ifndef PAGURUS_LOG_H
#define PAGURUS_LOG_H

#include "include/types.h"

enum log_level {
	LOG_ERROR = 3, /* something that was asked for cannot be done */
	LOG_WARN = 4,  /* it goes on, but not as expected */
	LOG_INFO = 6,  /* one line per fact that a user may want */
	LOG_DEBUG = 7, /* for whoever works on the kernel */
};

void log_print(enum log_level level, const char *fmt, ...) __printf(2, 3);

/* Levels above CONFIG_LOG_MAX are compiled out. */
#define log_at(level, ...)                                                                         \
	do {                                                                                           \
		if ((level) <= CONFIG_LOG_MAX)                                                             \
			log_print(level, __VA_ARGS__);                                                         \
	} while (0)

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif
