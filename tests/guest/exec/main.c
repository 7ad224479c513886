// SPDX-License-Identifier: BSD-2-Clause
/* execve: the program is replaced by itself, and looks at what is left of the one before. */
#include "exec.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

TAP_STATE;

int go_on(const char *mode, int number)
{
	char count[16], failed[16], text[16];
	char *argv[] = { "exec test", (char *)mode, count, failed, text, "two words", "", NULL };
	char *envp[] = { "FIRST=1", "SECOND=", NULL };

	snprintf(count, sizeof(count), "%u", tap_state.count);
	snprintf(failed, sizeof(failed), "%u", tap_state.failed);
	snprintf(text, sizeof(text), "%d", number);
	fflush(stdout);
	return execve(SELF, argv, envp);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 3 ? argv[1] : "";

	if (*mode) {
		tap_state.count = (unsigned)atoi(argv[2]);
		tap_state.failed = (unsigned)atoi(argv[3]);
	}
	if (!*mode) {
		test_refused();
		leave_much_behind();
	} else if (!strcmp(mode, "after")) {
		test_after(argc, argv);
		start_busy();
	} else if (!strcmp(mode, "busy")) {
		test_busy(atoi(argv[4]));
	} else if (!strcmp(mode, "memory")) {
		test_memory(atoi(argv[4]));
	}
	return tap_done();
}
