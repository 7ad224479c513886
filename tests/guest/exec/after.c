// SPDX-License-Identifier: BSD-2-Clause
/* What outlives execve, and what does not. */
#define _GNU_SOURCE
#include "exec.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define KEPT 40                        /* a descriptor that stays open, */
#define CLOSED 41                      /* and one that does not */
#define PLACE ((void *)0x123400000000) /* of memory that nobody else uses */

extern char **environ;

static void handler(int signal)
{
	(void)signal;
}

static void *sleeper(void *arg)
{
	pause();
	return arg;
}

/* Not the first thread, which sleeps by now. */
static void *go(void *arg)
{
	(void)arg;
	go_on("after", 0);
	perror("execve");
	_exit(99);
}

static void leave_signals(void)
{
	static char stack[65536];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec at = { .it_value.tv_nsec = 1 };
	sigset_t set;
	timer_t timer;

	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	raise(SIGTERM);
	alarm(1000);
	sigaltstack(&alternate, NULL);
	at.it_value.tv_sec = 1000;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &at, NULL))
		ok(0, "a timer");
}

void leave_much_behind(void)
{
	pthread_t thread;
	int null = open("/dev/null", O_RDWR);

	leave_signals();
	dup3(null, KEPT, 0);
	dup3(null, CLOSED, O_CLOEXEC);
	close(null);
	umask(051);
	prctl(PR_SET_NAME, "another name");
	mmap(PLACE, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (int i = 0; i < 10; i++)
		pthread_create(&thread, NULL, sleeper, NULL);
	pthread_create(&thread, NULL, go, NULL);
	for (;;)
		pause();
}

static void test_signals(void)
{
	struct sigaction action;
	struct itimerspec left;
	stack_t stack;
	sigset_t set;

	sigaction(SIGUSR1, NULL, &action);
	ok(action.sa_handler == SIG_DFL, "a handler is gone");
	sigaction(SIGUSR2, NULL, &action);
	ok(action.sa_handler == SIG_IGN, "what was ignored still is");
	sigprocmask(SIG_SETMASK, NULL, &set);
	ok(sigismember(&set, SIGTERM) && sigismember(&set, SIGUSR1) && !sigismember(&set, SIGINT),
	   "the mask is the same");
	sigaltstack(NULL, &stack);
	ok(stack.ss_flags & SS_DISABLE, "no alternate stack");
	ok(alarm(0) > 900, "alarm's timer runs on");
	fails(syscall(SYS_timer_gettime, 0, &left), EINVAL, "the other timer does not");
	signal(SIGUSR2, SIG_DFL);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void test_descriptors(void)
{
	char name[32] = "";
	unsigned char vec;

	is(fcntl(KEPT, F_GETFD), 0, "a descriptor stays open");
	fails(fcntl(CLOSED, F_GETFD), EBADF, "the one with close-on-exec is closed");
	is(close(KEPT), 0, "closed now");
	is(umask(022), 051, "the mask of new files stays");
	prctl(PR_GET_NAME, name);
	ok(strcmp(name, "another name") != 0 && *name, "the thread's name is the file's: %s", name);
	fails(mincore(PLACE, 4096, &vec), ENOMEM, "memory is unmapped");
	ok(getcwd(name, sizeof(name)) && !strcmp(name, "/tmp"), "the directory is the same");
}

static void test_start(int argc, char **argv)
{
	const uint64_t *random = (const uint64_t *)getauxval(AT_RANDOM);

	is(argc, 7, "as many arguments");
	is_string(argv[0], "exec test", "the first");
	is_string(argv[5], "two words", "one with a blank");
	is_string(argv[6], "", "an empty one");
	ok(!argv[7], "no more");
	is_string(environ[0], "FIRST=1", "the environment");
	is_string(environ[1], "SECOND=", "an empty variable");
	ok(!environ[2], "no more");
	is(getauxval(AT_PAGESZ), 4096, "AT_PAGESZ");
	ok(random && (random[0] || random[1]), "AT_RANDOM");
	is_string((const char *)getauxval(AT_EXECFN), SELF, "AT_EXECFN");
	is(syscall(SYS_gettid), getpid(), "its thread is the first one now");
	is(kill(getpid(), 0), 0, "and can be found");
}

void test_after(int argc, char **argv)
{
	struct timespec none = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	/* raise() sent it to the thread that is no more. */
	fails(sigtimedwait(&set, NULL, &none), EAGAIN, "a signal to a thread that ended is gone");
	test_signals();
	test_descriptors();
	test_start(argc, argv);
}
