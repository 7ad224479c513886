/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups of checks, each in a file of its own. */
#ifndef TESTS_GUEST_SOCKETS_H
#define TESTS_GUEST_SOCKETS_H

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../fails.h"
#include "../tap.h"

void test_pairs(void);
void test_names(void);
void test_datagrams(void);
void test_passing(void);
void test_options(void);
void test_hostile(void);

/* An address, abstract where it begins with '@'. Returns its length. */
socklen_t name_of(struct sockaddr_un *address, const char *name);
int bind_to(int fd, const char *name);
int connect_to(int fd, const char *name);

/* What poll says of fd at once. */
short poll_now(int fd);

/* An address that no program has. */
#define BAD ((void *)16)

#endif
