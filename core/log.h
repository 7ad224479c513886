/* SPDX-License-Identifier: BSD-2-Clause */
/* What the core itself does with the log; everybody else needs only include/log.h. */
#ifndef PAGURUS_CORE_LOG_H
#define PAGURUS_CORE_LOG_H

#include "include/log.h"

/* Sets the console's level from the text of pagurus.loglevel=N, 0..7; NULL leaves it. */
void log_set_level(const char *text);

/* Prints what came before there was a console. log_print() does so too: this is for a boot without
 * a later message. */
void log_flush(void);

/* Prints title and the last lines of the ring, whatever their level; nothing where the ring is
 * empty. For a panic: takes no lock. */
void log_print_tail(const char *title, unsigned lines);

#endif
