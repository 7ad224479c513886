/* SPDX-License-Identifier: BSD-2-Clause */
/* Input of the console: bytes come from the shell, by interrupt or polled, pass the line discipline
 * (core/tty.c) and wait for a reader. Nothing here is set up before the first use. */
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/signal.h>
#include <asm/termbits.h>
#include <asm/termios.h>

#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/console.h"
#include "core/file.h"
#include "core/signal.h"
#include "core/tty.h"
#include "include/errno.h"
#include "include/platform.h"
#include "lib/string.h"
#include "sched/timer.h"
#include "sched/wait.h"

#define POLL_NS (10 * NS_PER_MS) /* between two looks where no interrupt announces input */

enum input_source {
	INPUT_UNKNOWN, /* not asked yet */
	INPUT_LISTENING,
	INPUT_POLLED,
	INPUT_NONE, /* reading is an end of file */
};

static void echo(void *ctx, const char *text, size_t len);

static struct wait_queue readers = WAIT_QUEUE_INIT(readers); /* its lock guards all of this */
struct watch_head console_watch = WATCH_HEAD_INIT(console_watch);
static struct winsize window = { .ws_row = 24, .ws_col = 80 };
static struct {
	struct tty tty;
	struct timer poll;
	enum input_source source;
	bool set_up;
} input;

static void echo(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	console_write_program(text, len);
}

void console_write_program(const char *buf, size_t len)
{
	tcflag_t oflag = input.set_up ? input.tty.termios.c_oflag : OPOST | ONLCR;

	if ((oflag & (OPOST | ONLCR)) == (OPOST | ONLCR))
		console_write(buf, len);
	else
		console_write_raw(buf, len);
}

/* Takes what the shell has, as far as there is room; the rest stays with the shell and holds the
 * sender back. *some: there was something. Returns the signal that was typed, 0 for none. Lock
 * held. */
static tty_signal_t pump(bool *some)
{
	char buf[32];
	size_t n;

	while ((n = platform->console_read(buf, MIN(tty_room(&input.tty), sizeof(buf)))) > 0) {
		*some = true;
		for (size_t i = 0; i < n; i++) {
			tty_signal_t signal = tty_input(&input.tty, buf[i]);

			if (signal)
				return signal;
		}
	}
	return 0;
}

/* Locks input and brings it up to date. */
static uint64_t input_lock(void)
{
	uint64_t flags = spin_lock(&readers.lock);

	if (!input.set_up) {
		tty_init(&input.tty, echo, NULL);
		input.set_up = true;
	}
	return flags;
}

void console_be_pipe(void)
{
	uint64_t flags = input_lock();

	tty_be_pipe(&input.tty);
	spin_unlock(&readers.lock, flags);
}

/* There is input now. Lock held. */
static void announce(void)
{
	wait_wake(&readers, UINT32_MAX);
	watch_notify(&console_watch, POLLIN | POLLRDNORM);
}

static void input_update(uint64_t *flags)
{
	tty_signal_t signal;
	bool some = false;

	while ((signal = pump(&some))) {
		spin_unlock(&readers.lock, *flags);
		signal_from_console(signal);
		*flags = spin_lock(&readers.lock);
	}
	/* Who looks, and does not take what is there, must not be told of it for looking again. */
	if (some && tty_readable(&input.tty))
		announce();
}

void console_input(void)
{
	uint64_t flags = input_lock();

	input_update(&flags);
	spin_unlock(&readers.lock, flags);
}

static void poll_expired(struct timer *timer)
{
	console_input();
	if (!list_empty(&readers.waiters) || !watch_empty(&console_watch))
		timer_arm(timer, clock_ns() + POLL_NS);
}

/* Asks the shell for interrupts, once: nobody pays for input that no one reads. Lock held. */
static void listen(uint64_t *flags)
{
	int err;

	if (input.source != INPUT_UNKNOWN)
		return;
	input.source = INPUT_POLLED; /* until the answer is there */
	timer_init(&input.poll, poll_expired);
	spin_unlock(&readers.lock, *flags);
	err = platform->console_listen();
	*flags = spin_lock(&readers.lock);
	if (!err)
		input.source = INPUT_LISTENING;
	else if (err == -ENODEV)
		input.source = INPUT_NONE;
}

/* Is there something to read, an end of file included? Lock held. */
static bool pending(uint64_t *flags)
{
	listen(flags);
	input_update(flags);
	return tty_readable(&input.tty) || input.source == INPUT_NONE;
}

/* Somebody waits for input that no interrupt announces. Lock held. */
static void look_later(void)
{
	if (input.source == INPUT_POLLED && !input.poll.armed)
		timer_arm(&input.poll, clock_ns() + POLL_NS);
}

/* Sleeps until pending(). Lock held. */
static int wait_pending(uint64_t deadline, uint64_t *flags)
{
	int err = 0;

	while (!err && !pending(flags)) {
		look_later();
		err = wait_sleep(&readers, deadline, flags);
	}
	return err == -ETIMEDOUT && tty_readable(&input.tty) ? 0 : err;
}

bool console_pending(void)
{
	uint64_t flags = input_lock();
	bool result = pending(&flags);

	if (!result && !watch_empty(&console_watch))
		look_later();

	spin_unlock(&readers.lock, flags);
	return result;
}

int console_wait(uint64_t deadline)
{
	uint64_t flags = input_lock();
	int err = wait_pending(deadline, &flags);

	spin_unlock(&readers.lock, flags);
	return err;
}

size_t console_readable(void)
{
	uint64_t flags = input_lock();
	size_t n = pending(&flags) ? tty_count(&input.tty) : 0;

	spin_unlock(&readers.lock, flags);
	return n;
}

/* How long a read may wait, as termios(3) has it for raw mode: VMIN = 0 does not wait for more
 * than VTIME tenths of a second. Lock held. */
static uint64_t read_deadline(void)
{
	const struct termios *t = &input.tty.termios;

	if ((t->c_lflag & ICANON) || t->c_cc[VMIN])
		return WAIT_FOREVER;
	return clock_ns() + t->c_cc[VTIME] * (NS_PER_SEC / 10);
}

/* In raw mode a read of several bytes wants VMIN of them, or a pause of VTIME. Lock held. */
static long read_more(char *buf, size_t len, long n, uint64_t *flags)
{
	while (!(input.tty.termios.c_lflag & ICANON)) {
		const cc_t *cc = input.tty.termios.c_cc;
		uint64_t deadline = WAIT_FOREVER;
		long more;

		if ((size_t)n >= len || n >= cc[VMIN])
			break;
		if (cc[VTIME])
			deadline = clock_ns() + cc[VTIME] * (NS_PER_SEC / 10);
		if (wait_pending(deadline, flags))
			break;
		more = tty_read(&input.tty, buf + n, len - n);
		if (more <= 0)
			break;
		n += more;
	}
	return n;
}

long console_read(char *buf, size_t len, bool nonblock)
{
	uint64_t flags = input_lock();
	long n;
	int err = 0;

	if (!nonblock)
		err = wait_pending(read_deadline(), &flags);
	else if (!pending(&flags))
		err = -EAGAIN;
	if (err) {
		n = err == -ETIMEDOUT ? 0 : err;
	} else {
		n = tty_read(&input.tty, buf, len);
		if (n == -EAGAIN && input.source == INPUT_NONE)
			n = 0;
		else if (n > 0 && !nonblock)
			n = read_more(buf, len, n, &flags);
		input_update(&flags); /* there is room again */
	}
	spin_unlock(&readers.lock, flags);
	return n;
}

static int set_termios(unsigned long request, const void *arg)
{
	struct termios termios;
	uint64_t flags;

	if (copy_from_program(&termios, arg, sizeof(termios)))
		return -EFAULT;
	flags = input_lock();
	if (request == TCSETSF)
		tty_flush(&input.tty);
	tty_set(&input.tty, &termios);
	if (tty_readable(&input.tty))
		announce();
	spin_unlock(&readers.lock, flags);
	return 0;
}

static int flush(unsigned long which)
{
	uint64_t flags;

	if (which > TCIOFLUSH)
		return -EINVAL;
	flags = input_lock();
	if (which != TCOFLUSH) {
		input_update(&flags);
		tty_flush(&input.tty);
	}
	spin_unlock(&readers.lock, flags);
	return 0;
}

static int set_window(const void *arg)
{
	struct winsize size;
	uint64_t flags;

	if (copy_from_program(&size, arg, sizeof(size)))
		return -EFAULT;
	flags = input_lock();
	window = size;
	spin_unlock(&readers.lock, flags);
	return 0;
}

static int give(void *arg, const void *value, size_t size)
{
	return copy_to_program(arg, value, size);
}

int console_ioctl(unsigned long request, void *arg)
{
	struct termios termios;
	uint64_t flags;
	int value;

	if (input.tty.pipe && request != FIONREAD)
		return -ENOTTY;
	switch (request) {
	case TCGETS:
		flags = input_lock();
		termios = input.tty.termios;
		spin_unlock(&readers.lock, flags);
		return give(arg, &termios, sizeof(termios));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(request, arg);
	case TIOCGWINSZ:
		return give(arg, &window, sizeof(window));
	case TIOCSWINSZ:
		return set_window(arg);
	case FIONREAD:
		value = (int)console_readable();
		return give(arg, &value, sizeof(value));
	case TCFLSH:
		return flush((unsigned long)arg);
	case TCSBRK: /* tcdrain(): output never waits anywhere */
		return 0;
	case TIOCGPGRP:
		value = 1; /* there is one process, and it is in the foreground */
		return give(arg, &value, sizeof(value));
	case TIOCSPGRP:
		if (copy_from_program(&value, arg, sizeof(value)))
			return -EFAULT;
		return value == 1 ? 0 : value < 0 ? -EINVAL : -ESRCH;
	default:
		return -ENOTTY;
	}
}
