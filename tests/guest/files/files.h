/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups of checks, each in a file of its own. Every group works in a directory that main() made. */
#ifndef TESTS_GUEST_FILES_H
#define TESTS_GUEST_FILES_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "../fails.h"
#include "../tap.h"

void test_names(void);
void test_data(void);
void test_limits(void);
void test_locks(void);
void test_map(void);
void test_pipes(void);
void test_proc(void);
void test_terminals(void);
void test_watch(void);

/* An address that no program has. */
#define BAD ((void *)16)

/* Makes a file with this content. Returns 0 or -1. */
int write_file(const char *path, const char *text);
/* Its content, at most 4095 bytes, in a buffer that the next call overwrites; NULL: errno. */
const char *read_file(const char *path);

#endif
