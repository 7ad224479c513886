/* sources: fs/cpio.c lib/string.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Any archive: what is handed out lies in it, and reading comes to an end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "cpio: %s\n", what);
	abort();
}

static bool inside(const char *data, size_t size, const char *p, size_t n)
{
	return p >= data && p <= data + size && n <= (size_t)(data + size - p);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const char *data = (const char *)input;
	struct cpio cpio;
	size_t last = 0;
	int result;

	cpio_open(&cpio, data, size);
	while ((result = cpio_next(&cpio)) > 0) {
		struct cpio_entry e = cpio.entry;

		require(cpio.at > last && cpio.at <= size, "does not go on");
		last = cpio.at;
		require(inside(data, size, e.name, e.name_len + 1), "name outside");
		require(inside(data, size, e.data, e.size), "data outside");
		require(!memchr(e.name, 0, e.name_len), "NUL in a name");
		require(!e.name_len || (e.name[0] != '/' && e.name[e.name_len - 1] != '/'), "slashes");
		require(e.dir_len < e.name_len || !e.name_len, "directory");
		require(!(e.name_len == 2 && e.name[0] == '.' && e.name[1] == '.'), "leads out");
	}
	require(result == 0 || cpio.problem, "refused without a reason");
	return 0;
}
