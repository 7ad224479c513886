/* sources: core/params.c lib/string.c lib/number.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Any command line: every word lies inside the line, lists end with NULL, words do not overlap. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "include/errno.h"
#include "lib/string.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "params: %s\n", what);
	abort();
}

static void check(char **list, unsigned count, const char *line, size_t size)
{
	const char *end = line;

	require(count <= PARAMS_MAX, "too many words");
	require(list[count] == NULL, "list without end");
	for (unsigned i = 0; i < count; i++) {
		require(list[i] >= end && list[i] <= line + size, "word outside the line or out of order");
		end = list[i] + strlen(list[i]) + 1;
		require(end <= line + size + 1, "word without end");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct params params;
	char *line = malloc(size + 1);
	uint64_t number;
	int error;

	memcpy(line, data, size);
	line[size] = '\0';
	error = parse_u64(line, &number);
	require(!error || error == -EINVAL || error == -ERANGE, "parse_u64's result");

	error = params_parse(&params, line);
	require(!error || error == -E2BIG || error == -EINVAL, "params_parse's result");
	check(params.argv, params.argc, line, size);
	check(params.envp, params.envc, line, size);
	check(params.opts, params.optc, line, size);
	for (unsigned i = 0; i < params.envc; i++)
		require(strchr(params.envp[i], '=') > params.envp[i], "environment without a name");
	for (unsigned i = 0; i < params.optc; i++)
		require(strchr(params.opts[i], '=') || params_option(&params, params.opts[i]),
		        "option not found");
	params_option(&params, "loglevel");
	free(line);
	return 0;
}
