// SPDX-License-Identifier: BSD-2-Clause
/* inotify: what is said of files and names to who watches. */
#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char seen[4096];
static uint32_t cookies[2];

/* What has happened since: "NAME:MASK " for each event, MASK in hex. */
static const char *events(int fd)
{
	char buf[8192] __attribute__((aligned(8)));
	ssize_t n = read(fd, buf, sizeof(buf));
	size_t len = 0;

	seen[0] = '\0';
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *e = (const struct inotify_event *)(buf + at);

		if (e->mask & (IN_MOVED_FROM | IN_MOVED_TO))
			cookies[!!(e->mask & IN_MOVED_TO)] = e->cookie;
		len += (size_t)snprintf(seen + len, sizeof(seen) - len, "%s:%x ", e->len ? e->name : "",
		                        e->mask);
		at += (ssize_t)(sizeof(*e) + e->len);
	}
	return seen;
}

static void test_names_watched(int fd)
{
	int wd = inotify_add_watch(fd, "w", IN_CREATE | IN_DELETE | IN_MOVE);

	ok(wd > 0, "a directory is watched");
	fails(read(fd, seen, sizeof(seen)), EAGAIN, "nothing has happened");
	write_file("w/a", "x");
	mkdir("w/d", 0755);
	symlink("a", "w/l");
	is_string(events(fd), "a:100 d:40000100 l:100 ", "made");
	rename("w/a", "w/b");
	is_string(events(fd), "a:40 b:80 ", "renamed");
	ok(cookies[0] && cookies[0] == cookies[1], "the two belong together");
	rename("w/b", "b");
	is_string(events(fd), "b:40 ", "moved away");
	rename("b", "w/a");
	is_string(events(fd), "a:80 ", "and back");
	unlink("w/l");
	rmdir("w/d");
	is_string(events(fd), "l:200 d:40000200 ", "removed");
	is(inotify_rm_watch(fd, wd), 0, "not watched any more");
	is_string(events(fd), ":8000 ", "which is said");
	fails(inotify_rm_watch(fd, wd), EINVAL, "there is no such watch");
}

static void test_file_watched(int fd)
{
	int wd = inotify_add_watch(fd, "w/a", IN_ALL_EVENTS), file, bytes = 0;
	char c;

	is(inotify_add_watch(fd, "w/a", IN_OPEN | IN_CLOSE), wd, "one watch for one file");
	file = open("w/a", O_RDWR);
	is_string(events(fd), ":20 ", "opened");
	inotify_add_watch(fd, "w/a", IN_ALL_EVENTS);
	is(read(file, &c, 1), 1, "read");
	is_string(events(fd), ":1 ", "is said");
	is(write(file, "yz", 2), 2, "written");
	is(ftruncate(file, 1), 0, "cut");
	is_string(events(fd), ":2 ", "both are one event");
	is(fchmod(file, 0600), 0, "other permissions");
	is(ioctl(fd, FIONREAD, &bytes), 0, "FIONREAD");
	is(bytes, 16, "an event without a name");
	is_string(events(fd), ":4 ", "are said");
	close(file);
	is_string(events(fd), ":8 ", "closed after writing");
	close(open("w/a", O_RDONLY));
	is_string(events(fd), ":20 :10 ", "opened and closed for reading");
	rename("w/a", "w/c");
	is_string(events(fd), ":800 ", "it has moved");
	unlink("w/c");
	is_string(events(fd), ":4 :400 :8000 ", "it is gone, and so is the watch");
}

static void test_directory_read(int fd)
{
	char buf[1024];
	int wd = inotify_add_watch(fd, "w", IN_ACCESS), dir = open("w", O_RDONLY | O_DIRECTORY);

	ok(syscall(SYS_getdents64, dir, buf, sizeof(buf)) > 0, "a directory is listed");
	is_string(events(fd), ":40000001 ", "which is said");
	close(dir);
	inotify_rm_watch(fd, wd);
	events(fd);
}

/* Through a directory, an event comes with the name. */
static void test_both_watched(int fd)
{
	inotify_add_watch(fd, "w", IN_MODIFY | IN_CLOSE_WRITE | IN_ONESHOT);
	write_file("w/a", "x");
	is_string(events(fd), "a:2 :8000 ", "one event, and no more");
	inotify_add_watch(fd, "w", IN_CLOSE_WRITE);
	inotify_add_watch(fd, "w", IN_MODIFY | IN_MASK_ADD);
	write_file("w/a", "y");
	is_string(events(fd), "a:2 a:8 ", "cut and written, closed");
	unlink("w/a");
}

static void *make_a_file(void *arg)
{
	usleep(20000);
	write_file("w/a", "x");
	return arg;
}

static void test_waiting(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	pthread_t thread;
	int flags = fcntl(fd, F_GETFL);

	inotify_add_watch(fd, "w", IN_CLOSE_WRITE);
	is(poll(&p, 1, 0), 0, "nothing to poll for");
	pthread_create(&thread, NULL, make_a_file, NULL);
	is(poll(&p, 1, 5000), 1, "poll waits for an event");
	pthread_join(thread, NULL);
	is_string(events(fd), "a:8 ", "this one");
	fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	pthread_create(&thread, NULL, make_a_file, NULL);
	is_string(events(fd), "a:8 ", "read waits, too");
	pthread_join(thread, NULL);
	write_file("w/a", "x");
	fails(read(fd, seen, 17), EINVAL, "no room for the event");
	unlink("w/a");
}

static void test_refused(int fd)
{
	fails(inotify_init1(1), EINVAL, "unknown flags");
	fails(inotify_add_watch(fd, "none", IN_OPEN), ENOENT, "no such file");
	fails(inotify_add_watch(fd, "w", 0), EINVAL, "nothing to watch for");
	fails(inotify_add_watch(0, "w", IN_OPEN), EINVAL, "no inotify");
	fails(inotify_add_watch(77, "w", IN_OPEN), EBADF, "no descriptor");
	fails(inotify_add_watch(fd, "/dev/null", IN_OPEN | IN_ONLYDIR), ENOTDIR, "not a directory");
	fails(syscall(SYS_inotify_add_watch, fd, BAD, IN_OPEN), EFAULT, "a path that is nowhere");
}

/* More than it keeps: the last event says so. */
static void test_overflow(int fd)
{
	char name[32];

	inotify_add_watch(fd, "w", IN_CREATE | IN_DELETE);
	for (int i = 0; i < 9000; i++) {
		snprintf(name, sizeof(name), "w/%d", i);
		mknod(name, S_IFREG | 0600, 0);
		unlink(name);
	}
	while (*events(fd) && !strstr(seen, ":4000"))
		;
	is_string(seen + strlen(seen) - 6, ":4000 ", "too many events");
}

void test_watch(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	ok(fd >= 0, "inotify_init1");
	is(mkdir("w", 0755), 0, "a directory to watch");
	test_names_watched(fd);
	write_file("w/a", "x");
	test_file_watched(fd);
	test_directory_read(fd);
	test_both_watched(fd);
	test_waiting(fd);
	test_refused(fd);
	close(fd);
	fd = inotify_init1(IN_NONBLOCK);
	test_overflow(fd);
	is(close(fd), 0, "closed with its watches");
	is(rmdir("w"), 0, "nothing is left");
}
