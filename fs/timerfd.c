// SPDX-License-Identifier: BSD-2-Clause
/* timerfd: a timer whose expirations are counted until they are read. */
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <linux/time.h>

#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "fs/anon.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "mm/heap.h"
#include "sched/timer.h"

#define TFD_TIMER_ABSTIME 1 /* linux/timerfd.h wants a C library's types */
#define TFD_TIMER_CANCEL_ON_SET 2

struct timerfd {
	struct file file;
	struct wait_queue queue; /* its lock guards all that follows */
	struct watch_head watch;
	struct timer timer;
	uint64_t deadline; /* clock_ns(); 0: off */
	uint64_t interval; /* 0: once */
	uint64_t expired;  /* since it was read */
	bool wall;
};

/* struct itimerspec */
struct setting {
	struct timespec64 interval, value;
};

long sys_timerfd_create(long clock, long flags);
long sys_timerfd_settime(long fd, long flags, const struct setting *new, struct setting *old);
long sys_timerfd_gettime(long fd, struct setting *now);

static struct timerfd *of(struct file *file)
{
	return container_of(file, struct timerfd, file);
}

/* Counts what has expired by now; lock held. */
static void catch_up(struct timerfd *t)
{
	uint64_t now = clock_ns(), n = 1;

	if (!t->deadline || now < t->deadline)
		return;
	if (t->interval) {
		n += (now - t->deadline) / t->interval;
		t->deadline += n * t->interval;
	} else {
		t->deadline = 0;
	}
	t->expired += n;
}

/* Interrupts off. */
static void timer_expired(struct timer *timer)
{
	struct timerfd *t = container_of(timer, struct timerfd, timer);
	uint64_t irq = spin_lock(&t->queue.lock);

	catch_up(t); /* until that is read, nobody wants to know of more */
	wait_wake(&t->queue, UINT32_MAX);
	spin_unlock(&t->queue.lock, irq);
	watch_notify(&t->watch, POLLIN);
}

static long timer_read(struct file *file, struct io *io, uint64_t *pos)
{
	struct timerfd *t = of(file);
	uint64_t irq, value;
	int err = 0;

	(void)pos;
	if (io->left < sizeof(value))
		return -EINVAL;
	irq = spin_lock(&t->queue.lock);
	catch_up(t);
	while (!t->expired && !err)
		err = file->flags & O_NONBLOCK ? -EAGAIN : wait_sleep(&t->queue, WAIT_FOREVER, &irq);
	catch_up(t);
	value = t->expired;
	if (!err) {
		t->expired = 0;
		if (t->deadline)
			timer_arm(&t->timer, t->deadline);
	}
	spin_unlock(&t->queue.lock, irq);
	if (err)
		return err;
	return io_put(io, &value, sizeof(value)) ? -EFAULT : (long)sizeof(value);
}

static uint32_t timer_ready(struct file *file)
{
	return READ_ONCE(of(file)->expired) ? POLLIN | POLLRDNORM : 0;
}

static int timer_describe(struct file *file, char *buf, size_t size)
{
	(void)file;
	return fmt_snprintf(buf, size, "anon_inode:[timerfd]");
}

static void timer_release(struct file *file)
{
	timer_cancel(&of(file)->timer);
	heap_free(of(file));
}

static const struct file_ops timerfd_ops = {
	.read = timer_read,
	.ready = timer_ready,
	.stat = anon_stat,
	.describe = timer_describe,
	.release = timer_release,
};

long sys_timerfd_create(long clock, long flags)
{
	bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
	struct timerfd *t;

	if ((!wall && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
	     clock != CLOCK_BOOTTIME_ALARM) ||
	    flags & ~(long)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	t = heap_zalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	file_init(&t->file, &timerfd_ops, O_RDWR | (flags & O_NONBLOCK));
	wait_queue_init(&t->queue);
	watch_head_init(&t->watch);
	timer_init(&t->timer, timer_expired);
	t->file.watch = &t->watch;
	t->wall = wall;
	return descriptor_add(&t->file, (uint32_t)flags);
}

/* The timer behind a descriptor. Returns 0, -EBADF or -EINVAL. */
static long get_timer(long fd, struct timerfd **t)
{
	struct file *file = file_get(fd);

	if (!file)
		return -EBADF;
	if (file->ops != &timerfd_ops) {
		file_put(file);
		return -EINVAL;
	}
	*t = of(file);
	return 0;
}

/* What is left, as timerfd_gettime tells it; lock held. */
static struct setting left(struct timerfd *t)
{
	uint64_t now = clock_ns();

	catch_up(t);
	return (struct setting){
		.interval = timespec_from_ns(t->interval),
		.value = timespec_from_ns(t->deadline > now ? t->deadline - now : 0),
	};
}

long sys_timerfd_gettime(long fd, struct setting *now)
{
	struct timerfd *t;
	struct setting s;
	long err = get_timer(fd, &t);
	uint64_t irq;

	if (err)
		return err;
	irq = spin_lock(&t->queue.lock);
	s = left(t);
	spin_unlock(&t->queue.lock, irq);
	file_put(&t->file);
	return copy_to_program(now, &s, sizeof(s));
}

/* When a setting first expires, as clock_ns(); 0: never. */
static uint64_t first(const struct timerfd *t, uint64_t value, long flags)
{
	uint64_t at;

	if (!value)
		return 0;
	if (!(flags & TFD_TIMER_ABSTIME))
		return deadline_in(value);
	at = t->wall ? deadline_at_wall(value) : value;
	return MAX(at, 1UL);
}

long sys_timerfd_settime(long fd, long flags, const struct setting *new, struct setting *old)
{
	uint64_t irq, value, interval;
	struct setting s, before;
	struct timerfd *t;
	long err;

	if (flags & ~(long)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	if (copy_from_program(&s, new, sizeof(s)))
		return -EFAULT;
	if (timespec_to_ns(&s.value, &value) || timespec_to_ns(&s.interval, &interval))
		return -EINVAL;
	err = get_timer(fd, &t);
	if (err)
		return err;
	irq = spin_lock(&t->queue.lock);
	before = left(t);
	t->expired = 0;
	t->interval = interval;
	t->deadline = first(t, value, flags);
	if (t->deadline) /* if not, one that is armed expires in vain */
		timer_arm(&t->timer, t->deadline);
	spin_unlock(&t->queue.lock, irq);
	file_put(&t->file);
	return old ? copy_to_program(old, &before, sizeof(before)) : 0;
}
