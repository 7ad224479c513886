// SPDX-License-Identifier: BSD-2-Clause
/* hostile SEED CALLS [THREADS [one|all]]: system calls of every number with arguments that are mostly wrong,
 * from several threads. The kernel must go on, or end the program and say why; the program itself
 * cannot fail. Calls that take away what the program itself needs are left out, but with "one" one of
 * them, by the seed, and with "all" none, with which it seldom lives long. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS 462
#define SCRATCH_SIZE (1UL << 20)
#define GUARD_SIZE                                                                                 \
	(16UL << 20) /* on both sides of it: what runs over the end hits nobody's stack */
#define LENGTH_MAX 0x20000
#define THREADS_MAX 16
#define NUDGE_NS 5000000
#define PATIENCE 1000 /* nudges without a call done: then the rest waits for what never comes */

static const char *const names[] = { "/tmp/a",          "/tmp/b/c",  "/",    "..",
	                                 "/proc/self/maps", "/dev/null", "/tmp", "/proc/self/fd/3" };
static __thread uint64_t state;
static __thread char *scratch;

static long tids[THREADS_MAX];
static long calls;
static uint64_t seed;
static int everything, one, running;
static unsigned long done_by_all;

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
		SYS_exit,
		SYS_exit_group,
		SYS_rt_sigreturn,
		SYS_kill,
		SYS_tkill,
		SYS_tgkill,
		SYS_rt_sigqueueinfo,
		SYS_rt_tgsigqueueinfo,
		SYS_rt_sigaction,
		SYS_rt_sigprocmask,
		SYS_rt_sigsuspend,
		SYS_rt_sigtimedwait,
		SYS_setitimer,
		SYS_alarm,
		SYS_arch_prctl,
		SYS_clone,
		SYS_fork,
		SYS_vfork,
		SYS_clock_settime,
		SYS_settimeofday,
		SYS_ppoll,
		SYS_pselect6,
		SYS_epoll_pwait,
		SYS_epoll_pwait2,
		SYS_brk,
		SYS_sigaltstack,
		SYS_set_robust_list,
		SYS_signalfd,
		SYS_signalfd4,
		SYS_clone3,
		SYS_sched_setscheduler,
		SYS_timer_create,
		SYS_set_tid_address,
		SYS_setrlimit,
		SYS_prlimit64,
		SYS_process_vm_writev,
		SYS_rseq,
		SYS_pkey_mprotect,
	};

	if (everything)
		return number == SYS_exit || number == SYS_exit_group;
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		if (out[i] == number)
			return !one || i != seed / 2 % (sizeof(out) / sizeof(out[0]));
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

/* A page of the scratch memory, and no more bytes than there are behind it. */
static long some_page(long *bytes)
{
	long offset = (long)(next() % SCRATCH_SIZE & ~4095UL), room = (long)SCRATCH_SIZE - offset;

	*bytes &= LENGTH_MAX - 1;
	if (*bytes > room)
		*bytes = room;
	return (long)scratch + offset;
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
		a[0] = some_page(&a[1]);
	a[1] &= LENGTH_MAX - 1;
	if (number == SYS_mremap)
		a[4] = some_page(&a[2]);
}

/* Numbers and addresses, as structures have them; and a few names. */
static void fill(void)
{
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

	/* What was written must not fill memory: files go, with the names they may have. */
	syscall(SYS_close_range, 3, ~0U, 0);
	for (int i = 0; i < 8; i++)
		unlink(names[i]);
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

/* What earlier calls have taken away comes back. */
static int restore(void)
{
	struct sigaction action = { .sa_handler = wake };
	sigset_t none;

	if (mmap(scratch, SCRATCH_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	         -1, 0) == MAP_FAILED)
		return -1;
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	sigaction(SIGALRM, &action, NULL);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	fill();
	return 0;
}

static void *work(void *arg)
{
	char *reserved = mmap(NULL, SCRATCH_SIZE + 2 * GUARD_SIZE, PROT_NONE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (reserved == MAP_FAILED)
		calls = 0;
	scratch = reserved + GUARD_SIZE;
	tids[(uintptr_t)arg] = syscall(SYS_gettid);
	state = 0x9e3779b97f4a7c15 * (seed * THREADS_MAX + (uintptr_t)arg + 1);
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
		if ((number == SYS_close_range || number == SYS_close) && (unsigned)a[0] < 3)
			continue;
		if ((number == SYS_dup2 || number == SYS_dup3) && (unsigned)a[1] < 3)
			continue;
		syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
		__atomic_fetch_add(&done_by_all, 1, __ATOMIC_RELAXED);
	}
	__atomic_fetch_sub(&running, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Calls that wait end by a signal, or when nothing has moved for long. */
static void nudge(int count)
{
	unsigned long before = 0;

	for (int patience = PATIENCE; __atomic_load_n(&running, __ATOMIC_RELAXED) > 0 && patience;
	     patience--) {
		struct timespec pause = { 0, NUDGE_NS };
		unsigned long now = __atomic_load_n(&done_by_all, __ATOMIC_RELAXED);

		syscall(SYS_nanosleep, &pause, NULL);
		for (int i = 0; i < count; i++)
			if (tids[i]) /* without the library, whose locks a thread may have died with */
				syscall(SYS_tgkill, getpid(), tids[i], SIGALRM);
		if (now != before)
			patience = PATIENCE;
		before = now;
	}
}

int main(int argc, char **argv)
{
	int count = argc > 3 ? atoi(argv[3]) : 1;
	pthread_t thread;

	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	calls = argc > 2 ? atol(argv[2]) : 2000;
	everything = argc > 4 && strcmp(argv[4], "all") == 0;
	one = argc > 4 && strcmp(argv[4], "one") == 0;
	if (count < 1 || count > THREADS_MAX)
		return 2;
	running = count;
	for (long i = 0; i < count; i++)
		if (pthread_create(&thread, NULL, work, (void *)i))
			return 1;
	nudge(count);
	printf("ok 1 - %lu calls, %d threads left\n1..1\n", done_by_all, running);
	fflush(stdout);
	_exit(0);
}
