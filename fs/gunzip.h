/* SPDX-License-Identifier: BSD-2-Clause */
/* Unpacking a module that came compressed with gzip (RFC 1952), by zlib's inflate. */
#ifndef PAGURUS_FS_GUNZIP_H
#define PAGURUS_FS_GUNZIP_H

#include "include/types.h"

/* Unpacks size bytes at data, all members of it, into memory of its own, which nobody gives back. It takes
 * as much as there is and not more: a small file that unpacks to terabytes ends with an error. Returns the
 * content and *unpacked, or NULL and *problem. Context: the first thread, while it is alone. */
const void *gunzip(const void *data, size_t size, size_t *unpacked, const char **problem);

#endif
