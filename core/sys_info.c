/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that ask who, where and how much. */
#include <linux/random.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/utsname.h>

#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "core/identity.h"
#include "core/random.h"
#include "include/errno.h"
#include "include/log.h"
#include "include/version.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/frame.h"
#include "sched/thread.h"

#define CHUNK 256
#define IO_MAX 0x7ffff000UL
#define SCALE_KIB 1024

long sys_uname(void *buf);
long sys_sysinfo(void *buf);
long sys_getrandom(void *buf, size_t len, unsigned flags);
long sys_getrusage(int who, void *buf);
long sys_getuid(void);
long sys_geteuid(void);
long sys_getgid(void);
long sys_getegid(void);

long sys_uname(void *buf)
{
	/* The system-call interface is Linux's, of about this release: C libraries look at it. */
	static const struct new_utsname name = {
		.sysname = "Linux",
		.nodename = "pagurus",
		.release = "6.1.0-pagurus",
		.version = "Pagurus " PAGURUS_VERSION,
		.machine = "x86_64",
		.domainname = "(none)",
	};

	return copy_to_program(buf, &name, sizeof(name));
}

long sys_sysinfo(void *buf)
{
	struct frame_stats frames;
	struct sysinfo info = { 0 };

	frame_stats(&frames);
	info.uptime = (long)(clock_ns() / NS_PER_SEC);
	info.totalram = frames.total * FRAME_SIZE;
	info.freeram = frames.free * FRAME_SIZE;
	info.procs = (unsigned short)thread_count();
	info.mem_unit = 1;
	return copy_to_program(buf, &info, sizeof(info));
}

static void warn_if_weak(void)
{
	static bool told;

	if (!told && random_is_weak())
		log_warn("getrandom: the CPU has no RDRAND, so the seed is only timing: not for keys");
	told = true;
}

long sys_getrandom(void *buf, size_t len, unsigned flags)
{
	uint8_t chunk[CHUNK];
	size_t done = 0;

	if (flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	len = MIN(len, IO_MAX);
	while (done < len) {
		size_t n = MIN(len - done, sizeof(chunk));

		random_get(chunk, n);
		if (copy_to_program((char *)buf + done, chunk, n))
			return done ? (long)done : -EFAULT;
		done += n;
	}
	if (!(flags & GRND_INSECURE))
		warn_if_weak();
	return (long)done;
}

/* CPU time of a clock as getrusage wants it; 0 where it is not counted. */
static struct __kernel_old_timeval cpu_time(int clock)
{
	struct timespec64 ts = { 0 };

	if (clock_get(clock, &ts))
		return (struct __kernel_old_timeval){ 0 };
	return (struct __kernel_old_timeval){ ts.sec, ts.nsec / (int64_t)NS_PER_US };
}

long sys_getrusage(int who, void *buf)
{
	struct rusage usage;
	struct area_stats areas;

	memset(&usage, 0, sizeof(usage));
	switch (who) {
	case RUSAGE_SELF:
	case RUSAGE_THREAD:
		area_stats(program_space, &areas);
		usage.ru_utime =
			cpu_time(who == RUSAGE_SELF ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID);
		usage.ru_maxrss = (long)(areas.resident / SCALE_KIB);
		usage.ru_minflt = (long)areas.faults;
		break;
	case RUSAGE_CHILDREN: /* there are none */
		break;
	default:
		return -EINVAL;
	}
	return copy_to_program(buf, &usage, sizeof(usage));
}

struct ids identity_users, identity_groups;

long sys_getuid(void)
{
	return identity_users.real;
}

long sys_geteuid(void)
{
	return identity_users.effective;
}

long sys_getgid(void)
{
	return identity_groups.real;
}

long sys_getegid(void)
{
	return identity_groups.effective;
}
