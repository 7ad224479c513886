/* SPDX-License-Identifier: BSD-2-Clause */
/* start: what a program finds when it starts, and what runs when it ends. Prints its arguments and
 * environment for the one who started it to compare, then checks the auxiliary vector, thread
 * pointer, constructors, and the order of exit handlers and destructors. */
#define _GNU_SOURCE
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "../tap.h"

TAP_STATE;

extern char **environ;

static char order[16]; /* a letter for each thing that ran */

static void ran(char letter)
{
	order[strlen(order)] = letter;
}

__attribute__((constructor(101))) static void first_constructor(void)
{
	ran('a');
}

__attribute__((constructor)) static void second_constructor(void)
{
	ran('b');
}

/* The last thing that runs: reports, since nobody else can any more. In an image with several
 * programs it runs for the others too, and then has nothing to say. */
__attribute__((destructor(101))) static void last_destructor(void)
{
	if (!strchr(order, 'm'))
		return;
	is_string(order, "abmyxd", "constructors, main, exit handlers backwards, destructors");
	if (tap_done() != 0)
		_exit(1);
}

__attribute__((destructor)) static void first_destructor(void)
{
	ran('d');
}

static void handler_x(void)
{
	ran('x');
}

static void handler_y(void)
{
	ran('y');
}

static int bytes_differ(const unsigned char *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (p[i] != p[0])
			return 1;
	return 0;
}

static void test_auxv(void)
{
	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	const char *name = (const char *)getauxval(AT_EXECFN);

	is(getauxval(AT_PAGESZ), 4096, "AT_PAGESZ");
	ok(random && bytes_differ(random, 16), "AT_RANDOM points to 16 bytes that are not all one");
	ok(name && *name, "AT_EXECFN names the program (%s)", name ? name : "null");
	is(getauxval(AT_SECURE), 0, "AT_SECURE is 0");
}

static void test_stack(void)
{
	char *volatile big = alloca(64 * 1024);

	memset(big, 1, 64 * 1024);
	ok(big[65535] == 1, "64 KiB of stack can be used");
	ok(((uintptr_t)__builtin_frame_address(0) & 15) == 0, "the stack is aligned as the psABI says");
}

int main(int argc, char **argv, char **envp)
{
	static int in_data = 5, in_bss;
	uintptr_t self;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	for (int i = 0; i < argc; i++)
		printf("# argv[%d]=<%s>\n", i, argv[i]);
	for (char **e = envp; *e; e++)
		printf("# env=<%s>\n", *e);
	is_string(order, "ab", "constructors ran before main, by priority");
	ran('m');
	ok(argc >= 1 && argv[0] && argv[0][0], "argv[0] is there");
	ok(argv[argc] == NULL, "argv ends with NULL");
	ok(environ == envp, "environ is main's third argument");
	ok(in_data == 5 && in_bss == 0, "initialised data and zeroed data");
	__asm__("mov %%fs:0, %0" : "=r"(self));
	ok(self != 0 && *(uintptr_t *)self == self, "the thread pointer points to itself");
	test_auxv();
	test_stack();
	is(atexit(handler_x), 0, "atexit");
	is(atexit(handler_y), 0, "atexit, again");
	return 0;
}
