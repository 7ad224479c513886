// SPDX-License-Identifier: BSD-2-Clause
/* signalfd: signals that are blocked, read as data. Which ones there are depends on who asks: those
 * sent to the program, and to the thread itself. */
#include <asm/fcntl.h>
#include <asm/poll.h>

#include "arch/x86/trap.h"
#include "core/signal_state.h"
#include "fs/anon.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"

/* struct signalfd_siginfo (signalfd(2)); linux/signalfd.h wants a C library's types. */
struct signal_record {
	uint32_t signo;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t fd;
	uint32_t tid, band, overrun, trap;
	int32_t status, number;
	uint64_t pointer, utime, stime, address;
	uint8_t unused[48];
};
_Static_assert(sizeof(struct signal_record) == 128, "struct signalfd_siginfo");

struct signalfd {
	struct file file;
	uint64_t set;
};

/* A read that waits. */
struct reader {
	struct watcher watcher;
	struct wait_queue queue;
	bool told;
};

long sys_signalfd(long fd, const uint64_t *set, size_t size);
long sys_signalfd4(long fd, const uint64_t *set, size_t size, long flags);

static struct signalfd *of(struct file *file)
{
	return container_of(file, struct signalfd, file);
}

static uint32_t signalfd_ready(struct file *file)
{
	uint64_t waiting = current_thread()->signals.pending.set | READ_ONCE(signal_shared.set);

	return waiting & READ_ONCE(of(file)->set) ? POLLIN | POLLRDNORM : 0;
}

/* Takes one signal of the set. Returns its number; 0: there is none. */
static int take(uint64_t set, struct siginfo *info)
{
	uint64_t irq = spin_lock(&signal_lock);
	int signal = signal_take_of(set, info);

	signal_update(false);
	spin_unlock(&signal_lock, irq);
	return signal;
}

static void notify(struct watcher *watcher, uint32_t events)
{
	struct reader *reader = container_of(watcher, struct reader, watcher);
	uint64_t irq = spin_lock(&reader->queue.lock);

	(void)events;
	reader->told = true;
	wait_wake(&reader->queue, 1);
	spin_unlock(&reader->queue.lock, irq);
}

/* Takes a signal, once there is one. Returns its number or -EINTR. */
static int wait_for(const struct signalfd *s, struct siginfo *info)
{
	struct reader reader = { .queue = WAIT_QUEUE_INIT(reader.queue), .watcher.notify = notify };
	int signal, err = 0;

	watch_add(&signal_watch, &reader.watcher);
	while (!(signal = take(s->set, info)) && !err) {
		uint64_t irq = spin_lock(&reader.queue.lock);

		while (!reader.told && !err)
			err = wait_sleep(&reader.queue, WAIT_FOREVER, &irq);
		reader.told = false;
		spin_unlock(&reader.queue.lock, irq);
	}
	watch_remove(&signal_watch, &reader.watcher);
	return signal ? signal : err;
}

static struct signal_record record_of(const struct siginfo *info)
{
	struct signal_record r = {
		.signo = (uint32_t)info->si_signo,
		.error = info->si_errno,
		.code = info->si_code,
	};

	switch (info->si_code) {
	case SI_TIMER:
		r.tid = (uint32_t)info->si_tid;
		r.overrun = (uint32_t)info->si_overrun;
		r.number = info->si_int;
		r.pointer = (uint64_t)info->si_ptr;
		break;
	case SI_USER:
	case SI_TKILL:
	case SI_QUEUE:
		r.pid = (uint32_t)info->si_pid;
		r.uid = (uint32_t)info->si_uid;
		r.number = info->si_int;
		r.pointer = (uint64_t)info->si_ptr;
		break;
	default:
		r.address = (uint64_t)info->si_addr;
		break;
	}
	return r;
}

/* As many whole records as there are, at least one. */
static long signalfd_read(struct file *file, struct io *io, uint64_t *pos)
{
	size_t before = io->left;
	struct siginfo info;
	int signal;

	(void)pos;
	if (io->left < sizeof(struct signal_record))
		return -EINVAL;
	signal = take(of(file)->set, &info);
	if (!signal)
		signal = file->flags & O_NONBLOCK ? -EAGAIN : wait_for(of(file), &info);
	if (signal < 0)
		return signal;
	do {
		struct signal_record r = record_of(&info);

		if (io_put(io, &r, sizeof(r)))
			return io->left == before ? -EFAULT : (long)(before - io->left);
	} while (io->left >= sizeof(struct signal_record) && take(of(file)->set, &info));
	return (long)(before - io->left);
}

static int signalfd_describe(struct file *file, char *buf, size_t size)
{
	(void)file;
	return fmt_snprintf(buf, size, "anon_inode:[signalfd]");
}

static void signalfd_release(struct file *file)
{
	heap_free(of(file));
}

static const struct file_ops signalfd_ops = {
	.read = signalfd_read,
	.ready = signalfd_ready,
	.stat = anon_stat,
	.describe = signalfd_describe,
	.release = signalfd_release,
};

static long change(long fd, uint64_t set)
{
	struct file *file = file_get(fd);
	long result = fd;

	if (!file)
		return -EBADF;
	if (file->ops == &signalfd_ops)
		WRITE_ONCE(of(file)->set, set);
	else
		result = -EINVAL;
	file_put(file);
	watch_notify(&signal_watch, POLLIN); /* what waits already may be in it now */
	return result;
}

long sys_signalfd4(long fd, const uint64_t *user, size_t size, long flags)
{
	struct signalfd *s;
	uint64_t set;

	fd = (int)fd;
	if (flags & ~(long)(O_CLOEXEC | O_NONBLOCK) || size != sizeof(set))
		return -EINVAL;
	if (copy_from_program(&set, user, sizeof(set)))
		return -EFAULT;
	set &= ~SIGNALS_UNSTOPPABLE;
	if (fd != -1)
		return change(fd, set);
	s = heap_alloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	file_init(&s->file, &signalfd_ops, O_RDWR | (flags & O_NONBLOCK));
	s->file.watch = &signal_watch;
	s->set = set;
	return descriptor_add(&s->file, (uint32_t)flags);
}

long sys_signalfd(long fd, const uint64_t *set, size_t size)
{
	return sys_signalfd4(fd, set, size, 0);
}
