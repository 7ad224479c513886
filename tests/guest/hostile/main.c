// SPDX-License-Identifier: BSD-2-Clause
/* hostile SEED CALLS: system calls of every number with arguments that are mostly wrong. The kernel
 * must go on, or end the program and say why; the program itself cannot fail. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define NUMBERS 462
#define SCRATCH_SIZE (1UL << 20)
#define LENGTH_MAX 0x20000

static uint64_t state;
static char *scratch;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Those that end the program, stop its clock, or take away what it runs on. */
static int is_left_out(long number)
{
	static const short out[] = {
		SYS_exit,         SYS_exit_group,     SYS_rt_sigreturn,       SYS_kill,
		SYS_tkill,        SYS_tgkill,         SYS_rt_sigqueueinfo,    SYS_rt_tgsigqueueinfo,
		SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigsuspend,      SYS_rt_sigtimedwait,
		SYS_setitimer,    SYS_alarm,          SYS_arch_prctl,         SYS_clone,
		SYS_fork,         SYS_vfork,          SYS_clock_settime,      SYS_settimeofday,
		SYS_ppoll,        SYS_pselect6,       SYS_epoll_pwait,        SYS_epoll_pwait2,
		SYS_brk,          SYS_sigaltstack,    SYS_set_robust_list,    SYS_signalfd,
		SYS_signalfd4,    SYS_clone3,         SYS_sched_setscheduler, SYS_timer_create,
	};

	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		if (out[i] == number)
			return 1;
	return 0;
}

/* A descriptor, a length, flags, an address that is or is not the program's. */
static long argument(void)
{
	static const uint64_t odd[] = {
		0,
		16,
		4096,
		UINT64_MAX,
		INT64_MAX,
		1UL << 63,
		UINT32_MAX,
		1UL << 47,
		(1UL << 47) - 4096,
		0xffff800000000000,
		0x80000000,
		65536,
		1UL << 30,
		0xffffffff80000000,
		0xffffffff80200000,
		UINT64_MAX - 4095,
	};

	switch (next() % 10) {
	case 0:
		return (long)odd[next() % (sizeof(odd) / sizeof(odd[0]))];
	case 1:
	case 2:
		return (long)(3 + next() % 20); /* a descriptor; not those of the console */
	case 3:
		return (long)(next() % LENGTH_MAX);
	case 4:
		return (long)(1UL << next() % 22); /* not where the program lies */
	case 5:
		return (long)(scratch + SCRATCH_SIZE - next() % 64); /* runs over the end */
	case 6:
		return (long)(next() % 4 == 0 ? next() : next() % 64);
	default:
		return (long)(scratch + (next() % SCRATCH_SIZE & ~7UL));
	}
}

/* Calls on memory leave the program itself where it is. */
static void spare_program(long number, long *a)
{
	switch (number) {
	case SYS_mmap:
	case SYS_mprotect:
	case SYS_munmap:
	case SYS_mremap:
	case SYS_madvise:
		break;
	default:
		return;
	}
	if (a[0] >= 0 && a[0] < 1L << 47)
		a[0] = (long)(scratch + (next() % SCRATCH_SIZE & ~4095UL));
	a[1] &= LENGTH_MAX - 1;
	if (number == SYS_mremap) {
		a[2] &= LENGTH_MAX - 1;
		a[4] = a[0];
	}
}

/* Numbers and addresses, as structures have them; and a few names. */
static void fill(void)
{
	static const char *const names[] = {
		"/tmp/a", "/tmp/b/c", "/", "..", "/proc/self/maps", "/dev/null", "/tmp", "/proc/self/fd/3"
	};

	for (int i = 0; i < 64; i++) {
		uint64_t *at = (uint64_t *)(scratch + (next() % (SCRATCH_SIZE - 64) & ~7UL));

		if (next() % 4)
			*at = (uint64_t)argument();
		else
			strcpy((char *)at, names[next() % 8]);
	}
}

static void open_some(void)
{
	int pair[2];

	if (syscall(SYS_open, "/tmp/a", 02 | 0100, 0600) < 0 || pipe(pair) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair))
		return;
	syscall(SYS_epoll_create1, 0);
	syscall(SYS_eventfd2, 1, 0);
	syscall(SYS_timerfd_create, 1, 0);
	syscall(SYS_memfd_create, "m", 3);
	syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}

static void wake(int number)
{
	(void)number;
}

/* What earlier calls have taken away comes back: calls that wait end by the alarm. */
static int restore(void)
{
	struct sigaction action = { .sa_handler = wake };
	struct itimerval soon = { { 0, 5000 }, { 0, 5000 } };
	void *p = mmap(scratch, SCRATCH_SIZE, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | (scratch ? MAP_FIXED : 0), -1, 0);

	if (p == MAP_FAILED)
		return -1;
	scratch = p;
	sigaction(SIGALRM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	setitimer(ITIMER_REAL, &soon, NULL);
	fill();
	return 0;
}

int main(int argc, char **argv)
{
	long calls = argc > 2 ? atol(argv[2]) : 2000;

	state = 0x9e3779b97f4a7c15 * (argc > 1 ? strtoul(argv[1], NULL, 0) + 1 : 1);
	for (long done = 0; done < calls; done++) {
		long number = (long)(next() % NUMBERS), a[6];

		if (done % 64 == 0) {
			if (restore())
				break;
			open_some();
		}
		if (is_left_out(number))
			continue;
		for (int i = 0; i < 6; i++)
			a[i] = argument();
		spare_program(number, a);
		if (number == SYS_close_range && (unsigned)a[0] < 3)
			continue;
		syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	printf("ok 1 - %ld calls\n1..1\n", calls);
	return 0;
}
