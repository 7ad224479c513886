/* SPDX-License-Identifier: BSD-2-Clause */
/* exit: the ways in which a program ends, one per run, named by the first argument. Whoever starts
 * it compares how the machine stopped with what each of them should give. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile int number; /* the second argument */

static void *exit_in_thread(void *arg)
{
	(void)arg;
	exit(number);
}

static void *outlive_main(void *arg)
{
	(void)arg;
	usleep(50000);
	printf("the last thread ends\n");
	return NULL;
}

static void in_thread(void *(*start)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, start, NULL) != 0) {
		printf("no thread\n");
		_exit(99);
	}
	pthread_exit(NULL);
}

static void mode_exit_thread(void)
{
	in_thread(exit_in_thread);
}

static void mode_last_thread(void)
{
	in_thread(outlive_main);
}

static void mode_exit(void)
{
	exit(number);
}

static void mode__exit(void)
{
	_exit(number);
}

static void mode_abort(void)
{
	abort();
}

static void mode_assert(void)
{
	assert(number == -1);
}

/* volatile pointers: or the compiler sees what this is and makes something else of it. */
static void mode_null_write(void)
{
	volatile int *volatile nowhere = NULL;

	*nowhere = 1;
}

static void mode_null_read(void)
{
	const int *volatile nowhere = (const int *)16;

	number = *nowhere;
}

static void mode_null_call(void)
{
	void (*volatile nobody)(void) = NULL;

	nobody();
}

static void mode_wild_read(void)
{
	const char *volatile wild = (const char *)0x8000000000000000UL;

	number = *wild;
}

static int __attribute__((noinline)) dive(int depth)
{
	volatile char frame[1000];

	memset((char *)frame, depth, sizeof(frame));
	if (depth == -1)
		return frame[0];
	return dive(depth + 1) + frame[1];
}

static void mode_overflow(void)
{
	number = dive(0);
}

static void *dive_in_thread(void *arg)
{
	(void)arg;
	number = dive(0);
	return NULL;
}

static void mode_overflow_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, dive_in_thread, NULL) == 0)
		pthread_join(thread, NULL);
}

static void mode_divide(void)
{
	volatile int zero = 0, seven = 7; /* 1 / zero would become a comparison */

	number = seven / zero;
}

static void mode_int3(void)
{
	__asm__ volatile("int3");
}

static void mode_ud2(void)
{
	__asm__ volatile("ud2");
}

/* On Pagurus this function is in the image's text, beside the kernel's. */
static void mode_text_write(void)
{
	volatile unsigned char *text = (volatile unsigned char *)(uintptr_t)mode_ud2;

	*text = 0x90;
}

/* The C library's getpid on Linux; the kernel's own on Pagurus. */
static void mode_kernel_write(void)
{
	volatile unsigned char *text = (volatile unsigned char *)(uintptr_t)getpid;

	*text = 0x90;
}

static const char constant[] = "read only";

static void mode_rodata_write(void)
{
	volatile char *data = (volatile char *)(uintptr_t)constant;

	data[0] = 'X';
}

static unsigned char ret_in_data[16] = { 0xc3 };

static void call(void *where)
{
	((void (*)(void))(uintptr_t)where)();
}

static void mode_data_execute(void)
{
	call(ret_in_data);
}

static void mode_stack_execute(void)
{
	volatile unsigned char ret_on_stack[16];

	ret_on_stack[0] = 0xc3;
	call((void *)ret_on_stack);
}

static void mode_heap_execute(void)
{
	unsigned char *heap = malloc(100);

	heap[0] = 0xc3;
	call(heap);
}

static void mode_protected_write(void)
{
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(99);
	*(volatile char *)p = 1;
}

static void note(int signal)
{
	(void)signal;
	number++;
}

static void mode_abort_handler(void)
{
	signal(SIGABRT, note);
	abort();
}

/* The handler has no other stack than the one that is used up. */
static void mode_overflow_handler(void)
{
	signal(SIGSEGV, note);
	number = dive(0);
}

static void mode_segv_ignored(void)
{
	signal(SIGSEGV, SIG_IGN);
	mode_null_write();
}

static void mode_segv_blocked(void)
{
	sigset_t set;

	signal(SIGSEGV, note);
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	mode_null_write();
}

/* A handler that returns to the instruction that faults, once. */
static void mode_segv_once(void)
{
	struct sigaction action = { .sa_handler = note, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGSEGV, &action, NULL);
	mode_null_write();
}

static void mode_term(void)
{
	raise(SIGTERM);
}

static void mode_quit(void)
{
	kill(getpid(), SIGQUIT);
}

static void mode_kill(void)
{
	kill(getpid(), SIGKILL);
}

static void *raise_in_thread(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
	return NULL;
}

static void mode_signal_thread(void)
{
	in_thread(raise_in_thread);
}

static void mode_alarm(void)
{
	ualarm(20000, 0);
	for (volatile long i = 0;; i++)
		;
}

/* Touches memory until there is none: must end the program, not hang the machine. */
static void mode_exhaust(void)
{
	char *p = mmap(NULL, 1UL << 40, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		printf("\nmmap: %s\n", strerror(errno));
		fflush(stdout);
		_exit(96);
	}
	for (;; p += 1 << 20)
		memset(p, 1, 1 << 20);
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		sleep(1000);
	return arg;
}

/* As many threads as there is room for. */
static void mode_exhaust_threads(void)
{
	pthread_t thread;
	int count = 0, error;

	while ((error = pthread_create(&thread, NULL, wait_for_ever, NULL)) == 0)
		count++;
	printf("\n%d threads, then: %s\n", count, strerror(error));
	fflush(stdout);
	_exit(error == EAGAIN ? 0 : 96);
}

static void say_goodbye(void)
{
	printf("exit handler ran\n");
}

#define MODE(name)                                                                                 \
	{                                                                                              \
#name, mode_##name                                                                         \
	}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
	MODE(exit),          MODE(_exit),
	MODE(abort),         MODE(assert),
	MODE(null_write),    MODE(null_read),
	MODE(null_call),     MODE(wild_read),
	MODE(overflow),      MODE(overflow_thread),
	MODE(divide),        MODE(int3),
	MODE(ud2),           MODE(text_write),
	MODE(kernel_write),  MODE(rodata_write),
	MODE(data_execute),  MODE(stack_execute),
	MODE(heap_execute),  MODE(protected_write),
	MODE(exit_thread),   MODE(last_thread),
	MODE(exhaust),       MODE(exhaust_threads),
	MODE(abort_handler), MODE(overflow_handler),
	MODE(segv_ignored),  MODE(segv_blocked),
	MODE(segv_once),     MODE(term),
	MODE(quit),          MODE(kill),
	MODE(signal_thread), MODE(alarm),
};

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "return";

	number = argc > 2 ? atoi(argv[2]) : 0;
	atexit(say_goodbye);
	printf("mode %s\n", mode);
	fflush(stdout);
	printf("not yet flushed"); /* exit must bring it out, _exit and a crash must not */
	if (strcmp(mode, "return") == 0)
		return number;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(mode, modes[i].name) != 0)
			continue;
		modes[i].run();
		printf("\nSURVIVED %s\n", mode);
		return 98;
	}
	printf("\nno mode %s\n", mode);
	return 97;
}
