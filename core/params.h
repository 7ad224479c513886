/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line, split once at boot. Words are separated by blanks; '...' and "..." group, \
 * escapes outside '...'. Up to a word "--":
 *   pagurus.NAME=VALUE or pagurus.NAME   an option of the kernel
 *   NAME=VALUE (NAME as a shell has it)  the program's environment
 *   anything else                        an argument of the program
 * After "--" every word is an argument. */
#ifndef PAGURUS_CORE_PARAMS_H
#define PAGURUS_CORE_PARAMS_H

#include "include/types.h"

#define PARAMS_MAX 256 /* words of each kind; more is an error, not a silent cut */

struct params {
	unsigned argc, envc, optc;
	char *argv[PARAMS_MAX + 1]; /* without the program's name; NULL-terminated */
	char *envp[PARAMS_MAX + 1];
	char *opts[PARAMS_MAX + 1]; /* "NAME=VALUE" or "NAME", without "pagurus." */
};

/* Splits line in place (it is written to and must outlive params). Returns 0, -E2BIG (more than
 * PARAMS_MAX words of a kind), or -EINVAL (a quote without an end); on error params holds what was
 * split before. Pure. */
int params_parse(struct params *params, char *line);

/* Value of a kernel option: the text behind '=', "" for a bare name, NULL where it is not given.
 * The last one given wins. */
const char *params_option(const struct params *params, const char *name);

#endif
