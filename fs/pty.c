// SPDX-License-Identifier: BSD-2-Clause
/* Pseudo terminals: which there are, and the data that go through them (fs/pty.h). */
#include "fs/pty.h"

#include <asm/poll.h>

#include "arch/x86/tsc.h"
#include "core/signal.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

static struct mutex table_turn = MUTEX_INIT(table_turn);
static struct pty *table[PTYS_MAX];

static size_t shown(const struct pty *pty)
{
	return pty->head - pty->tail;
}

static void show_byte(struct pty *pty, char c)
{
	pty->output[pty->head++ % PTY_OUTPUT] = c;
}

/* One byte of output, with CR before LF where the settings say so. Returns whether there was room. */
static bool show(struct pty *pty, char c)
{
	tcflag_t oflag = pty->tty.termios.c_oflag;
	bool both = c == '\n' && (oflag & (OPOST | ONLCR)) == (OPOST | ONLCR);

	if (PTY_OUTPUT - shown(pty) < (both ? 2U : 1U))
		return false;
	if (both)
		show_byte(pty, '\r');
	show_byte(pty, c);
	return true;
}

/* What does not fit is not echoed. */
static void echo(void *ctx, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		show(ctx, text[i]);
}

struct pty *pty_new(int *err)
{
	struct pty *pty = heap_zalloc(sizeof(*pty));
	unsigned number = 0;

	*err = -ENOMEM;
	if (!pty)
		return NULL;
	wait_queue_init(&pty->queue);
	watch_head_init(&pty->master_watch);
	watch_head_init(&pty->slave_watch);
	tty_init(&pty->tty, echo, pty);
	pty->locked = true;
	mutex_lock(&table_turn);
	while (number < PTYS_MAX && table[number])
		number++;
	pty->number = number;
	if (number < PTYS_MAX)
		table[number] = pty;
	mutex_unlock(&table_turn);
	if (number < PTYS_MAX)
		return pty;
	heap_free(pty);
	*err = -ENOSPC;
	return NULL;
}

int pty_open_slave(unsigned number, struct pty **pty)
{
	int err = -ENXIO;

	mutex_lock(&table_turn);
	*pty = number < PTYS_MAX ? table[number] : NULL;
	if (*pty) {
		err = (*pty)->locked || (*pty)->hung_up ? -EIO : 0;
		(*pty)->slaves += !err;
		(*pty)->opened |= !err;
	}
	mutex_unlock(&table_turn);
	return err;
}

int pty_next(unsigned from)
{
	int found = -1;

	mutex_lock(&table_turn);
	for (unsigned i = from; i < PTYS_MAX && found < 0; i++)
		if (table[i] && !table[i]->hung_up)
			found = (int)i;
	mutex_unlock(&table_turn);
	return found;
}

void pty_changed(struct pty *pty, bool master)
{
	wait_wake(&pty->queue, UINT32_MAX);
	watch_notify(master ? &pty->master_watch : &pty->slave_watch, POLLIN | POLLOUT | POLLHUP);
}

/* An end has gone: the other one is told, and the last one frees it. */
static void close(struct pty *pty, bool master)
{
	uint64_t irq;
	bool last, hang_up = master && pty->controlling;

	mutex_lock(&table_turn);
	irq = spin_lock(&pty->queue.lock);
	if (master)
		pty->hung_up = true;
	else
		pty->slaves--;
	last = pty->hung_up && !pty->slaves;
	pty_changed(pty, !master);
	spin_unlock(&pty->queue.lock, irq);
	if (last)
		table[pty->number] = NULL;
	mutex_unlock(&table_turn);
	if (last)
		heap_free(pty);
	if (hang_up)
		signal_from_console(SIGHUP);
}

void pty_close_master(struct pty *pty)
{
	close(pty, true);
}

void pty_close_slave(struct pty *pty)
{
	close(pty, false);
}

/* Sleeps until something has changed. The lock is held. */
static int wait_change(struct pty *pty, bool wait, uint64_t deadline, uint64_t *irq)
{
	return wait ? wait_sleep(&pty->queue, deadline, irq) : -EAGAIN;
}

/* Types bytes as far as there is room; returns how many. *signal: one that was typed. Lock held. */
static size_t type(struct pty *pty, const char *bytes, size_t n, int *signal)
{
	size_t done = 0;

	while (done < n && tty_room(&pty->tty) && !*signal)
		*signal = tty_input(&pty->tty, bytes[done++]);
	if (done) {
		pty_changed(pty, false);
		pty_changed(pty, true); /* there may be an echo */
	}
	return done;
}

long pty_type(struct pty *pty, struct io *io, bool wait)
{
	char chunk[256];
	size_t total = 0, n, done;
	int err = 0;

	while (io->left && !err) {
		n = MIN(io->left, sizeof(chunk));
		if (io_take(io, chunk, n))
			return total ? (long)total : -EFAULT;
		for (done = 0; done < n && !err;) {
			uint64_t irq = spin_lock(&pty->queue.lock);
			int signal = 0;

			done += type(pty, chunk + done, n - done, &signal);
			if (done < n && !signal)
				err = wait_change(pty, wait, WAIT_FOREVER, &irq);
			spin_unlock(&pty->queue.lock, irq);
			if (signal && pty->controlling)
				signal_from_console(signal);
		}
		total += done;
	}
	return total ? (long)total : err;
}

long pty_show(struct pty *pty, struct io *io, bool wait)
{
	char chunk[256];
	size_t total = 0, n, done;
	int err = 0;

	while (io->left && !err) {
		n = MIN(io->left, sizeof(chunk));
		if (io_take(io, chunk, n))
			return total ? (long)total : -EFAULT;
		for (done = 0; done < n && !err;) {
			uint64_t irq = spin_lock(&pty->queue.lock);
			size_t before = done;

			if (pty->hung_up)
				err = -EIO;
			while (!err && done < n && show(pty, chunk[done]))
				done++;
			if (done > before)
				pty_changed(pty, true);
			if (!err && done < n)
				err = wait_change(pty, wait, WAIT_FOREVER, &irq);
			spin_unlock(&pty->queue.lock, irq);
		}
		total += done;
	}
	return total ? (long)total : err;
}

long pty_read_output(struct pty *pty, struct io *io, bool wait)
{
	char chunk[512];
	size_t n = 0, max = MIN(io->left, sizeof(chunk));
	uint64_t irq;
	int err = 0;

	if (!max)
		return 0;
	irq = spin_lock(&pty->queue.lock);
	while (!err && !shown(pty)) {
		if (pty->opened && !pty->slaves)
			err = -EIO;
		else
			err = wait_change(pty, wait, WAIT_FOREVER, &irq);
	}
	while (!err && n < max && shown(pty))
		chunk[n++] = pty->output[pty->tail++ % PTY_OUTPUT];
	if (n)
		pty_changed(pty, false); /* there is room again */
	spin_unlock(&pty->queue.lock, irq);
	if (err)
		return err;
	return io_put(io, chunk, n) ? -EFAULT : (long)n;
}

static bool raw(const struct pty *pty)
{
	return !(pty->tty.termios.c_lflag & ICANON);
}

static uint64_t in_tenths(cc_t tenths)
{
	return clock_ns() + tenths * (NS_PER_SEC / 10);
}

/* How long a read waits for its byte n + 1, as termios(3) has it; 0: not at all. */
static uint64_t patience(const struct pty *pty, size_t n, size_t max)
{
	const cc_t *cc = pty->tty.termios.c_cc;

	if (!raw(pty))
		return n ? 0 : WAIT_FOREVER;
	if (!cc[VMIN])
		return n ? 0 : in_tenths(cc[VTIME]);
	if (n >= MIN(max, cc[VMIN]))
		return 0;
	return n && cc[VTIME] ? in_tenths(cc[VTIME]) : WAIT_FOREVER;
}

/* Lock held. Returns how many bytes, or -errno where there was none. */
static long take_input(struct pty *pty, char *buf, size_t max, bool wait, uint64_t *irq)
{
	size_t n = 0;

	for (;;) {
		uint64_t deadline;
		int err;

		if (tty_readable(&pty->tty)) {
			long more = tty_read(&pty->tty, buf + n, max - n);

			n += (size_t)MAX(more, 0L);
			if (more == 0) /* an end of file */
				return (long)n;
		}
		deadline = patience(pty, n, max);
		if (!deadline || pty->hung_up)
			return (long)n;
		err = wait_change(pty, wait, deadline, irq);
		if (err == -ETIMEDOUT)
			return (long)n;
		if (err)
			return n ? (long)n : err;
	}
}

long pty_read_input(struct pty *pty, struct io *io, bool wait)
{
	char chunk[TTY_BUFFER];
	uint64_t irq;
	long n;

	if (!io->left)
		return 0;
	irq = spin_lock(&pty->queue.lock);
	n = take_input(pty, chunk, MIN(io->left, sizeof(chunk)), wait, &irq);
	if (n > 0)
		pty_changed(pty, true); /* there is room again */
	spin_unlock(&pty->queue.lock, irq);
	return n > 0 && io_put(io, chunk, (size_t)n) ? -EFAULT : n;
}
