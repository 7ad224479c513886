// SPDX-License-Identifier: BSD-2-Clause
/* What the system says of itself: /dev, /proc, /sys. */
#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static struct stat st;

static void test_devices(void)
{
	char a[64] = "", b[64] = "";
	int fd = open("/dev/zero", O_RDWR);

	memset(a, 1, sizeof(a));
	is(read(fd, a, sizeof(a)), (long)sizeof(a), "/dev/zero");
	is(memcmp(a, b, sizeof(a)), 0, "gives zeros");
	close(fd);
	fd = open("/dev/null", O_RDWR);
	is(read(fd, a, sizeof(a)), 0, "/dev/null is empty");
	is(write(fd, a, sizeof(a)), (long)sizeof(a), "and takes everything");
	is(fstat(fd, &st), 0, "fstat");
	ok(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3), "says which device");
	close(fd);
	fd = open("/dev/full", O_RDWR);
	fails(write(fd, a, 1), ENOSPC, "/dev/full is full");
	close(fd);
	fd = open("/dev/urandom", O_RDONLY);
	is(read(fd, a, sizeof(a)), (long)sizeof(a), "/dev/urandom");
	is(read(fd, b, sizeof(b)), (long)sizeof(b), "again");
	ok(memcmp(a, b, sizeof(a)) != 0, "gives something else");
	close(fd);
	is(write_file("/dev/shm/files-test", "shared"), 0, "/dev/shm");
	is_string(read_file("/dev/shm/files-test"), "shared", "keeps files");
	is(unlink("/dev/shm/files-test"), 0, "clean");
}

static void test_self(void)
{
	char path[4096], link[64];
	const char *text;
	int fd;
	long n;

	n = readlink("/proc/self/exe", path, sizeof(path));
	if (n > 0)
		ok(access("/proc/self/exe", X_OK) == 0 && path[0] == '/', "/proc/self/exe");
	else
		skip("the program is no file");
	is(write_file("opened", "here"), 0, "a file");
	fd = open("opened", O_RDONLY);
	sprintf(link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	ok(n > 7 && memcmp(path + n - 7, "/opened", 7) == 0, "/proc/self/fd names it");
	is_string(read_file(link), "here", "and leads to it");
	close(fd);
	fails(readlink(link, path, sizeof(path)), ENOENT, "until it is closed");
	is(unlink("opened"), 0, "clean");
	text = read_file("/proc/self/maps");
	ok(text && strstr(text, "rw-p ") && strlen(text) > 60, "/proc/self/maps");
	text = read_file("/proc/self/stat");
	ok(text && strstr(text, ") R "), "/proc/self/stat");
	text = read_file("/proc/self/status");
	ok(text && strstr(text, "\nVmRSS:") && strstr(text, "\nThreads:\t"), "/proc/self/status");
	text = read_file("/proc/self/statm");
	ok(text && atol(text) > 0, "/proc/self/statm");
	text = read_file("/proc/self/cmdline");
	ok(text && text[0], "/proc/self/cmdline: %s", text ? text : "");
	n = readlink("/proc/self/cwd", path, sizeof(path) - 1);
	ok(n > 10 && memcmp(path, "/tmp/files-", 11) == 0, "/proc/self/cwd");
	fails(open("/proc/self/maps", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST, "nothing new in /proc");
}

/* As those who read it take it apart: by columns. */
static void test_limits_told(void)
{
	const char *text, *line;
	struct rlimit limit = { 0, RLIM_INFINITY };
	unsigned long soft = 1, hard = 1;
	int lines = 0;

	is(setrlimit(RLIMIT_CORE, &limit), 0, "no core");
	text = read_file("/proc/self/limits");
	ok(text &&
	       strncmp(
			   text,
			   "Limit                     Soft Limit           Hard Limit           Units     \n",
			   79) == 0,
	   "/proc/self/limits");
	for (line = text; line && *line; line = strchr(line, '\n') + 1)
		lines++;
	is(lines, 17, "all limits");
	ok(text &&
	       strstr(
			   text,
			   "\nMax core file size        0                    unlimited            bytes     \n"),
	   "of a core");
	getrlimit(RLIMIT_NOFILE, &limit);
	line = text ? strstr(text, "\nMax open files ") : NULL;
	ok(line && sscanf(line + 26, "%lu %lu files", &soft, &hard) == 2, "of descriptors");
	ok(soft == limit.rlim_cur && hard == limit.rlim_max, "as getrlimit says it");
}

static void test_machine(void)
{
	char task[64];
	const char *text = read_file("/proc/meminfo"), *total = text ? strstr(text, "MemTotal:") : NULL;
	double up = 0;

	ok(total && atol(total + 9) > 1024, "/proc/meminfo");
	text = read_file("/proc/cpuinfo");
	ok(text && strstr(text, "processor\t: 0") && strstr(text, " sse2 "), "/proc/cpuinfo");
	text = read_file("/proc/uptime");
	ok(text && sscanf(text, "%lf", &up) == 1 && up > 0, "/proc/uptime");
	text = read_file("/proc/stat");
	ok(text && strncmp(text, "cpu  ", 5) == 0 && strstr(text, "\nbtime "), "/proc/stat");
	text = read_file("/proc/version");
	ok(text && strncmp(text, "Linux version ", 14) == 0, "/proc/version");
	text = read_file("/proc/mounts");
	ok(text && strstr(text, " / ") && (strstr(text, "noatime") || strstr(text, "relatime")),
	   "/proc/mounts says whether times of access are kept");
	sprintf(task, "/proc/self/task/%d/stat", (int)getpid());
	is(access(task, F_OK), 0, "a thread's directory");
	strcpy(strrchr(task, '/'), "/task");
	fails(access(task, F_OK), ENOENT, "which holds no threads again");
	text = read_file("/proc/loadavg");
	ok(text && strchr(text, '/'), "/proc/loadavg");
	text = read_file("/proc/sys/vm/overcommit_memory");
	ok(text && text[0] >= '0' && text[0] <= '2', "overcommit_memory");
	text = read_file("/proc/sys/kernel/osrelease");
	ok(text && atoi(text) >= 4, "osrelease");
	text = read_file("/sys/devices/system/cpu/online");
	ok(text && text[0] == '0', "/sys/devices/system/cpu/online");
}

void test_proc(void)
{
	test_devices();
	test_self();
	test_limits_told();
	test_machine();
}
