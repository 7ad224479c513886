// SPDX-License-Identifier: BSD-2-Clause
/* Files: names, data, mappings, pipes, and what the system says of itself. Needs CONFIG_FS. */
#include "files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

TAP_STATE;

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

const char *read_file(const char *path)
{
	static char buf[4096];
	int fd = open(path, O_RDONLY);
	size_t done = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	while ((n = read(fd, buf + done, sizeof(buf) - 1 - done)) > 0)
		done += (size_t)n;
	close(fd);
	buf[done] = '\0';
	return n < 0 ? NULL : buf;
}

int main(void)
{
	char dir[] = "/tmp/files-XXXXXX";

	ok(mkdtemp(dir), "a directory of its own");
	is(chdir(dir), 0, "chdir");
	umask(022);
	test_names();
	test_data();
	test_limits();
	test_locks();
	test_map();
	test_pipes();
	test_proc();
	test_terminals();
	test_watch();
	is(chdir("/"), 0, "back to /");
	is(rmdir(dir), 0, "everything was removed again");
	return tap_done();
}
