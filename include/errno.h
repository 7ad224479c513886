/* SPDX-License-Identifier: BSD-2-Clause */
/* Error numbers are Linux's, from its user-space headers. Functions return them negated. */
#ifndef PAGURUS_ERRNO_H
#define PAGURUS_ERRNO_H

#include <asm/errno.h>

#endif
