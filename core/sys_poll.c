/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for descriptors: poll, ppoll, select, pselect6. Only the console's input can ever make
 * one wait. */
#include <asm/poll.h>

#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "core/console.h"
#include "core/file.h"
#include "include/errno.h"
#include "lib/string.h"
#include "sched/thread.h"
#include "sched/wait.h"

#define SET_WORDS (FILES_MAX / 64) /* of an fd_set that can name an open descriptor */

long sys_poll(struct pollfd *fds, unsigned long count, int timeout_ms);
long sys_ppoll(struct pollfd *fds, unsigned long count, const struct timespec64 *timeout);
long sys_select(int count, uint64_t *in, uint64_t *out, uint64_t *except, const int64_t *timeout);
long sys_pselect6(int count, uint64_t *in, uint64_t *out, uint64_t *except,
                  const struct timespec64 *timeout);

/* Of what events asks for: what is there now. */
static short ready_events(long fd, short events)
{
	struct file *file = file_get(fd);
	short ready = POLLOUT | POLLWRNORM;

	if (!file)
		return POLLNVAL;
	if ((events & (POLLIN | POLLRDNORM)) && (file->kind != FILE_CONSOLE || console_pending()))
		ready |= POLLIN | POLLRDNORM;
	return ready & events;
}

/* Waits for input where somebody asked for it. Returns 0: look again, or -errno. */
static long wait_for_input(bool wanted, uint64_t deadline)
{
	int err;

	if (clock_ns() >= deadline)
		return -ETIMEDOUT;
	if (wanted)
		return console_wait(deadline);
	err = thread_sleep_until(deadline);
	return err ? err : -ETIMEDOUT;
}

static uint64_t deadline_after(uint64_t ns)
{
	uint64_t deadline;

	return __builtin_add_overflow(clock_ns(), ns, &deadline) ? WAIT_FOREVER : deadline;
}

/* From a relative time in the program's memory; NULL: forever. unit: ns per second's fraction. */
static long read_timeout(const void *timeout, int64_t unit, uint64_t *deadline)
{
	int64_t t[2];
	uint64_t ns;

	*deadline = WAIT_FOREVER;
	if (!timeout)
		return 0;
	if (copy_from_program(t, timeout, sizeof(t)))
		return -EFAULT;
	if (t[0] < 0 || t[1] < 0 || t[1] >= (int64_t)NS_PER_SEC / unit)
		return -EINVAL;
	if (!__builtin_mul_overflow((uint64_t)t[0], NS_PER_SEC, &ns) &&
	    !__builtin_add_overflow(ns, (uint64_t)(t[1] * unit), &ns))
		*deadline = deadline_after(ns);
	return 0;
}

/* One look at all of fds, writing revents. Returns how many are ready, or -EFAULT. */
static long poll_once(struct pollfd *fds, unsigned long count, bool *wants_input)
{
	struct pollfd p;
	long ready = 0;

	*wants_input = false;
	for (unsigned long i = 0; i < count; i++) {
		if (copy_from_program(&p, &fds[i], sizeof(p)))
			return -EFAULT;
		p.revents = p.fd < 0 ? 0 : ready_events(p.fd, p.events);
		if (copy_to_program(&fds[i], &p, sizeof(p)))
			return -EFAULT;
		ready += p.revents != 0;
		*wants_input |= p.fd >= 0 && p.events & (POLLIN | POLLRDNORM);
	}
	return ready;
}

static long poll_until(struct pollfd *fds, unsigned long count, uint64_t deadline)
{
	bool wants_input;

	if (count > FILES_MAX)
		return -EINVAL;
	for (;;) {
		long ready = poll_once(fds, count, &wants_input);

		if (ready)
			return ready;
		ready = wait_for_input(wants_input, deadline);
		if (ready)
			return ready == -ETIMEDOUT ? 0 : ready;
	}
}

long sys_poll(struct pollfd *fds, unsigned long count, int timeout_ms)
{
	uint64_t deadline = WAIT_FOREVER;

	if (timeout_ms >= 0)
		deadline = deadline_after((uint64_t)timeout_ms * NS_PER_MS);
	return poll_until(fds, count, deadline);
}

long sys_ppoll(struct pollfd *fds, unsigned long count, const struct timespec64 *timeout)
{
	uint64_t deadline;
	long err = read_timeout(timeout, 1, &deadline);

	return err ? err : poll_until(fds, count, deadline);
}

struct sets {
	uint64_t bits[3][SET_WORDS]; /* in, out, except */
};

/* Which of the descriptors below count in asked are ready? Returns how many, or -EBADF. */
static long select_once(int count, const struct sets *asked, struct sets *ready, bool *wants_input)
{
	static const short events[3] = { POLLIN, POLLOUT, 0 };
	long n = 0;

	memset(ready, 0, sizeof(*ready));
	*wants_input = false;
	for (int fd = 0; fd < count; fd++) {
		for (int set = 0; set < 3; set++) {
			if (!(asked->bits[set][fd / 64] & BIT(fd % 64)))
				continue;
			if (!file_get(fd))
				return -EBADF;
			*wants_input |= set == 0;
			if (ready_events(fd, events[set])) {
				ready->bits[set][fd / 64] |= BIT(fd % 64);
				n++;
			}
		}
	}
	return n;
}

static long select_until(int count, uint64_t *const user[3], uint64_t deadline)
{
	struct sets asked = { 0 }, ready;
	bool wants_input;
	size_t size;
	long n;

	if (count < 0)
		return -EINVAL;
	count = MIN(count, FILES_MAX); /* as on Linux, bits above any descriptor are not read */
	size = ((size_t)count + 63) / 64 * 8;
	for (int i = 0; i < 3; i++)
		if (user[i] && copy_from_program(asked.bits[i], user[i], size))
			return -EFAULT;
	while ((n = select_once(count, &asked, &ready, &wants_input)) == 0) {
		n = wait_for_input(wants_input, deadline);
		if (n == -ETIMEDOUT) {
			n = 0;
			break;
		}
		if (n)
			break;
	}
	for (int i = 0; n >= 0 && i < 3; i++)
		if (user[i] && copy_to_program(user[i], ready.bits[i], size))
			return -EFAULT;
	return n;
}

long sys_select(int count, uint64_t *in, uint64_t *out, uint64_t *except, const int64_t *timeout)
{
	uint64_t *const user[3] = { in, out, except };
	uint64_t deadline;
	long err = read_timeout(timeout, (int64_t)NS_PER_US, &deadline);

	return err ? err : select_until(count, user, deadline);
}

long sys_pselect6(int count, uint64_t *in, uint64_t *out, uint64_t *except,
                  const struct timespec64 *timeout)
{
	uint64_t *const user[3] = { in, out, except };
	uint64_t deadline;
	long err = read_timeout(timeout, 1, &deadline);

	return err ? err : select_until(count, user, deadline);
}
