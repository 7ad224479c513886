/* SPDX-License-Identifier: BSD-2-Clause */
/* Who the program is: root, until CONFIG_SYSCALLS_IDENTITY lets it become somebody else. */
#ifndef PAGURUS_CORE_IDENTITY_H
#define PAGURUS_CORE_IDENTITY_H

#include "include/types.h"

struct ids {
	uint32_t real, effective, saved;
};

extern struct ids identity_users, identity_groups;

#endif
