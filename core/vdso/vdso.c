/* SPDX-License-Identifier: BSD-2-Clause */
/* The vDSO: system calls that need none, as functions of a shared object in the program's memory. It
 * is program code, of which C libraries know from AT_SYSINFO_EHDR; names and versions are Linux's
 * (vdso(7)). What cannot be answered here goes through the syscall instruction. */
#include "core/vdso/params.h"

#include <asm/unistd.h>
#include <linux/time.h>

#include "arch/x86/percpu.h"
#include "arch/x86/tsc_clock.h"
#include "core/clock.h"
#include "include/errno.h"

#define HIDDEN __attribute__((visibility("hidden")))
#define ALIAS(name) __attribute__((alias(#name), visibility("default")))

/* Clocks by number, as sets. */
#define WALL_CLOCKS (BIT(CLOCK_REALTIME) | BIT(CLOCK_REALTIME_COARSE) | BIT(CLOCK_TAI))
#define MONOTONIC_CLOCKS                                                                           \
	(BIT(CLOCK_MONOTONIC) | BIT(CLOCK_MONOTONIC_RAW) | BIT(CLOCK_MONOTONIC_COARSE) |               \
	 BIT(CLOCK_BOOTTIME))

struct timeval64 {
	int64_t sec;
	int64_t usec;
};

extern const struct vdso_params vdso_params HIDDEN; /* set by the linker script */

EXPORT int __vdso_clock_gettime(int id, struct timespec64 *ts);
EXPORT int __vdso_clock_getres(int id, struct timespec64 *ts);
EXPORT int __vdso_gettimeofday(struct timeval64 *tv, struct timezone *tz);
EXPORT int64_t __vdso_time(int64_t *seconds);
EXPORT long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);

static inline long syscall(long number, const void *a, const void *b)
{
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b)
	                 : "rcx", "r11", "memory");
	return result;
}

static inline bool is_one_of(uint32_t clocks, uint32_t id)
{
	return id <= CLOCK_TAI && clocks >> id & 1;
}

/* Time of the clocks of which id is one. Returns false where only the kernel can tell. */
static inline bool read_clock(uint32_t id, uint64_t *ns)
{
	const struct wall_clock *wall = vdso_params.wall;
	uint64_t delta;

	if (unlikely(!is_one_of(WALL_CLOCKS | MONOTONIC_CLOCKS, id)))
		return false;
	if (unlikely(tsc_clock_read(vdso_params.tsc, &delta, ns)))
		return false;
	if (is_one_of(WALL_CLOCKS, id)) {
		if (unlikely(!wall->known))
			return false;
		*ns += wall->offset;
	}
	return true;
}

int __vdso_clock_gettime(int id, struct timespec64 *ts)
{
	uint64_t ns;

	if (unlikely(!read_clock((uint32_t)id, &ns)))
		return (int)syscall(__NR_clock_gettime, (void *)(long)id, ts);
	ts->sec = (int64_t)(ns / NS_PER_SEC);
	ts->nsec = (int64_t)(ns % NS_PER_SEC);
	return 0;
}

int __vdso_gettimeofday(struct timeval64 *tv, struct timezone *tz)
{
	uint64_t ns;

	if (unlikely(tz || !tv || !read_clock(CLOCK_REALTIME, &ns)))
		return (int)syscall(__NR_gettimeofday, tv, tz);
	tv->sec = (int64_t)(ns / NS_PER_SEC);
	tv->usec = (int64_t)(ns % NS_PER_SEC / NS_PER_US);
	return 0;
}

int64_t __vdso_time(int64_t *seconds)
{
	uint64_t ns;

	if (unlikely(!read_clock(CLOCK_REALTIME, &ns)))
		return syscall(__NR_time, seconds, NULL);
	ns /= NS_PER_SEC;
	if (seconds)
		*seconds = (int64_t)ns;
	return (int64_t)ns;
}

int __vdso_clock_getres(int id, struct timespec64 *ts)
{
	if (!is_one_of(WALL_CLOCKS | MONOTONIC_CLOCKS, (uint32_t)id))
		return (int)syscall(__NR_clock_getres, (void *)(long)id, ts);
	if (ts)
		*ts = (struct timespec64){ .nsec = 1 };
	return 0;
}

/* GS is the kernel's in program code, too. */
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	(void)unused;
	if (cpu)
		*cpu = cpu_id();
	if (node)
		*node = 0;
	return 0;
}

/* The same under the C library's names, as Linux has them. */
int clock_gettime(int id, struct timespec64 *ts) ALIAS(__vdso_clock_gettime);
int clock_getres(int id, struct timespec64 *ts) ALIAS(__vdso_clock_getres);
int gettimeofday(struct timeval64 *tv, struct timezone *tz) ALIAS(__vdso_gettimeofday);
int64_t time(int64_t *seconds) ALIAS(__vdso_time);
long getcpu(unsigned *cpu, unsigned *node, void *unused) ALIAS(__vdso_getcpu);
