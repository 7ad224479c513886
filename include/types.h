/* SPDX-License-Identifier: BSD-2-Clause */
/* Types and small macros that every room uses. No code, no state: safe on the host too. */
#ifndef PAGURUS_TYPES_H
#define PAGURUS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t phys_t; /* a physical address, bytes */
typedef uint64_t virt_t; /* a virtual address that need not be mapped */

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define FRAME_SHIFT 12
#define FRAME_SIZE (1UL << FRAME_SHIFT)
#define FRAME_MASK (FRAME_SIZE - 1)

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_SEC 1000000000ULL

#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN_UP(x, a) ALIGN_DOWN((x) + ((__typeof__(x))(a) - 1), a)
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1UL << (n))
#define MIN(a, b)                                                                                  \
	({                                                                                             \
		__typeof__(a) min_a_ = (a);                                                                \
		__typeof__(b) min_b_ = (b);                                                                \
		min_a_ < min_b_ ? min_a_ : min_b_;                                                         \
	})
#define MAX(a, b)                                                                                  \
	({                                                                                             \
		__typeof__(a) max_a_ = (a);                                                                \
		__typeof__(b) max_b_ = (b);                                                                \
		max_a_ > max_b_ ? max_a_ : max_b_;                                                         \
	})

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define __noreturn __attribute__((noreturn))
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#define __used __attribute__((used))
#define __weak __attribute__((weak))
#define __cold __attribute__((cold))
#define __noinline __attribute__((noinline))
#undef __always_inline /* the host's C library has one too */
#define __always_inline inline __attribute__((always_inline))
#define __aligned(n) __attribute__((aligned(n)))
#define __section(s) __attribute__((section(s)))

/* Visible to the program that is linked into the image; everything else in the kernel is hidden
 * and becomes local when the rooms are linked into one object (see Makefile, kernel.o). */
#define EXPORT __attribute__((visibility("default")))

/* IS_ENABLED(CONFIG_X): 1 where a bool option is y, 0 where it is n; usable in plain `if`. */
#define IS_ENABLED_1_ 0,
#define IS_ENABLED_3_(ignored, value, ...) value
#define IS_ENABLED_2_(junk) IS_ENABLED_3_(junk 1, 0, 0)
#define IS_ENABLED_(value) IS_ENABLED_2_(IS_ENABLED_##value##_)
#define IS_ENABLED(option) IS_ENABLED_(option)

/* Compiler barrier: nothing moves across it. */
#define barrier() __asm__ volatile("" ::: "memory")
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#endif
