/* SPDX-License-Identifier: BSD-2-Clause */
/* Names under which the kernel's malloc and its kin are compiled into host tests, so that the host's
 * own stay what they are. */
#ifndef PAGURUS_K_MALLOC_H
#define PAGURUS_K_MALLOC_H

#include <stddef.h>

#define malloc k_malloc
#define free k_free
#define calloc k_calloc
#define realloc k_realloc
#define aligned_alloc k_aligned_alloc
#define memalign k_memalign
#define posix_memalign k_posix_memalign
#define malloc_usable_size k_malloc_usable_size
#define malloc_trim k_malloc_trim
#define abort k_abort

#endif
