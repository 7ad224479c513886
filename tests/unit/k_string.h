/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's memory and string functions under names that the host's C library does not have:
 * lib/string.c is compiled with this, and a test of it includes it. Other kernel sources under test
 * call the host's, whose arguments the sanitizers check. */
#ifndef PAGURUS_K_STRING_H
#define PAGURUS_K_STRING_H

#define memcpy k_memcpy
#define memmove k_memmove
#define memset k_memset
#define memcmp k_memcmp
#define memchr k_memchr
#define strlen k_strlen
#define strnlen k_strnlen
#define strcmp k_strcmp
#define strncmp k_strncmp
#define strchr k_strchr

#endif
