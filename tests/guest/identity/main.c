// SPDX-License-Identifier: BSD-2-Clause
/* Who the program is, what it may use, and that it is alone. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fails.h"

#define BAD ((void *)16)

/* linux/capability.h, which musl does not bring */
#define CAPABILITY_VERSION 0x20080522

struct cap_header {
	uint32_t version;
	int pid;
};

struct cap_data {
	uint32_t effective, permitted, inheritable;
};

TAP_STATE;

static void test_alone(void)
{
	int status;

	is(getpgrp(), getpid(), "it leads its group");
	is(getpgid(0), getpid(), "which has a number");
	is(getsid(getpid()), getpid(), "and its session");
	fails(getpgid(77), ESRCH, "there is no other");
	is(setpgid(0, 0), 0, "setpgid to what it is");
	fails(setpgid(0, 77), EPERM, "and to no other");
	fails(setsid(), EPERM, "it cannot leave its group");
	fails(wait(&status), ECHILD, "no child");
	fails(waitpid(77, &status, WNOHANG), ECHILD, "none of this number");
	fails(syscall(SYS_waitid, P_ALL, 0, NULL, WEXITED, NULL), ECHILD, "none at all");
	fails(syscall(SYS_waitid, 17, 0, NULL, WEXITED, NULL), EINVAL, "no such question");
	fails(syscall(SYS_fork), ENOSYS, "fork");
	fails(syscall(SYS_clone, SIGCHLD, 0, NULL, NULL, 0), ENOSYS, "clone of a process");
	fails(syscall(SYS_io_uring_setup, 8, BAD), ENOSYS, "io_uring");
	fails(syscall(SYS_rseq, BAD, 32, 0, 0), ENOSYS, "rseq");
}

static void test_users(void)
{
	uid_t r = 9, e = 9, s = 9;
	gid_t groups[3] = { 3, 4, 5 }, got[8];

	is(getuid(), 0, "root");
	is(setgroups(3, groups), 0, "setgroups");
	is(getgroups(0, NULL), 3, "how many");
	is(getgroups(8, got), 3, "getgroups");
	is(got[2], 5, "the same");
	fails(getgroups(2, got), EINVAL, "no room");
	fails(syscall(SYS_getgroups, 8, BAD), EFAULT, "to nowhere");
	fails(syscall(SYS_setgroups, 3, BAD), EFAULT, "from nowhere");
	fails(syscall(SYS_setgroups, 100000, got), EINVAL, "too many");
	is(syscall(SYS_setresgid, -1, 12, -1), 0, "another group");
	is(getegid(), 12, "in effect");
	is(getgid(), 0, "not really");
	is(syscall(SYS_setresuid, 10, 10, 0), 0, "another user");
	is(getresuid(&r, &e, &s), 0, "getresuid");
	ok(r == 10 && e == 10 && s == 0, "who may go back");
	fails(syscall(SYS_setuid, 11), EPERM, "but be no third");
	fails(syscall(SYS_setgroups, 0, NULL), EPERM, "or change groups");
	is(syscall(SYS_setreuid, -1, 0), 0, "back");
	is(syscall(SYS_setuid, 0), 0, "for good");
	is(getuid(), 0, "root again");
	is(syscall(SYS_setgid, 0), 0, "and its group");
	fails(syscall(SYS_getresuid, BAD, &e, &s), EFAULT, "to nowhere");
}

static void test_capabilities(void)
{
	struct cap_header header = { .version = 0 };
	struct cap_data data[2];

	is(syscall(SYS_capget, &header, NULL), 0, "capget");
	is(header.version, CAPABILITY_VERSION, "tells its version");
	is(syscall(SYS_capget, &header, data), 0, "capget");
	is(data[0].effective, UINT32_MAX, "all of them");
	is(syscall(SYS_capset, &header, data), 0, "capset to what they are");
	data[0].permitted = 0;
	fails(syscall(SYS_capset, &header, data), EPERM, "not to less");
	fails(syscall(SYS_capget, BAD, data), EFAULT, "from nowhere");
	fails(syscall(SYS_capget, &header, BAD), EFAULT, "to nowhere");
}

static void test_limits(void)
{
	struct rlimit limit = { 0 }, old;
	struct rusage usage;
	struct sysinfo info;

	is(getrlimit(RLIMIT_NOFILE, &old), 0, "RLIMIT_NOFILE");
	limit = (struct rlimit){ 10, old.rlim_max };
	is(setrlimit(RLIMIT_NOFILE, &limit), 0, "ten descriptors");
	fails(fcntl(0, F_DUPFD, 10), EINVAL, "are the limit");
	is(setrlimit(RLIMIT_NOFILE, &old), 0, "as before");
	limit = (struct rlimit){ 5, 4 };
	fails(setrlimit(RLIMIT_NOFILE, &limit), EINVAL, "more than the most");
	limit = (struct rlimit){ 1 << 20, 1 << 30 };
	is(setrlimit(RLIMIT_CORE, &limit), 0, "another limit");
	is(getrlimit(RLIMIT_CORE, &limit), 0, "is remembered");
	ok(limit.rlim_cur == 1 << 20 && limit.rlim_max == 1 << 30, "as it was set");
	fails(syscall(SYS_prlimit64, 77, RLIMIT_CORE, NULL, &limit), ESRCH, "of no other");
	fails(syscall(SYS_prlimit64, 0, 99, NULL, &limit), EINVAL, "no such limit");
	fails(syscall(SYS_prlimit64, 0, RLIMIT_CORE, BAD, NULL), EFAULT, "from nowhere");
	fails(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, BAD), EFAULT, "to nowhere");
	is(getrusage(RUSAGE_SELF, &usage), 0, "getrusage");
	ok(usage.ru_maxrss > 0, "knows the memory");
	fails(getrusage(77, &usage), EINVAL, "of whom?");
	is(sysinfo(&info), 0, "sysinfo");
	ok(info.totalram > info.freeram && info.freeram > 0 && info.procs > 0, "makes sense");
	is(setpriority(PRIO_PROCESS, 0, 5), 0, "setpriority");
	is(getpriority(PRIO_PROCESS, 0), 5, "getpriority");
	is(setpriority(PRIO_PROCESS, 0, -99), 0, "the highest");
	is(getpriority(PRIO_PROCESS, 0), -20, "is -20");
	is(setpriority(PRIO_PROCESS, 0, 0), 0, "as before");
	fails(getpriority(PRIO_PROCESS, 9999), ESRCH, "of no other");
	fails(getpriority(9, 0), EINVAL, "of what?");
}

static void test_rest(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = dup(1);

	is(mlock(p + 100, 5000), 0, "mlock");
	is(munlock(p, 8192), 0, "munlock");
	munmap(p, 8192);
	fails(mlock(p, 8192), ENOMEM, "of nothing");
	fails(mlock((void *)-4096, 8192), EINVAL, "around the end");
	is(mlockall(MCL_CURRENT | MCL_FUTURE), 0, "mlockall");
	fails(mlockall(99), EINVAL, "unknown flag");
	is(munlockall(), 0, "munlockall");
	is(syscall(SYS_personality, -1), 0, "Linux");
	ok(fd > 2, "dup");
	is(syscall(SYS_close_range, fd, 1000, 4), 0, "close_range: close-on-exec");
	is(fcntl(fd, F_GETFD), FD_CLOEXEC, "is set");
	is(syscall(SYS_close_range, fd, ~0U, 0), 0, "close_range");
	fails(fcntl(fd, F_GETFD), EBADF, "is closed");
	fails(syscall(SYS_close_range, 5, 4, 0), EINVAL, "backwards");
	fails(syscall(SYS_close_range, 5, 6, 64), EINVAL, "unknown flag");
}

int main(void)
{
	test_alone();
	test_users();
	test_capabilities();
	test_limits();
	test_rest();
	return tap_done();
}
