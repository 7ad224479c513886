/* SPDX-License-Identifier: BSD-2-Clause */
/* The syscall instruction with everything around it under control. */
#ifndef TESTS_GUEST_DOOR_H
#define TESTS_GUEST_DOOR_H

#include <stdint.h>

/* The instruction itself: result or -errno. */
static inline long door(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	                 : "rcx", "r11", "memory");
	return result;
}

#define DOOR(n, ...) DOOR_6(n, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define DOOR_6(n, a, b, c, d, e, f, ...)                                                           \
	door(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* What may be wrong after a system call; door_check() returns a sum of these. */
#define DOOR_REGISTERS 1 /* a register other than rax, rcx and r11 changed */
#define DOOR_RED_ZONE 2  /* one of the 128 bytes below rsp changed */
#define DOOR_STACK 4     /* rsp changed */
#define DOOR_FLAGS 8     /* carry, or another arithmetic flag, changed */
#define DOOR_RETURN 16   /* rcx is not the address behind the instruction */

/* Makes system call number n with arguments a and b, patterns in all other registers and in the
 * red zone. *result is what it returned. */
int door_check(long n, long a, long b, long *result);

/* The same call with the direction flag set. Returns the call's result; *direction is whether the
 * flag was still set afterwards. */
long door_backwards(long n, long a, int *direction);

#endif
