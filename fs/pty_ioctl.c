// SPDX-License-Identifier: BSD-2-Clause
/* Settings of pseudo terminals: ioctl on either end. */
#include <asm/ioctls.h>
#include <asm/signal.h>

#include "arch/x86/trap.h"
#include "core/doors.h"
#include "core/signal.h"
#include "fs/pty.h"
#include "include/errno.h"
#include "lib/string.h"

static long give_int(void *arg, int value)
{
	return copy_to_program(arg, &value, sizeof(value));
}

static long get_termios(struct pty *pty, void *arg)
{
	uint64_t irq = spin_lock(&pty->queue.lock);
	struct termios termios = pty->tty.termios;

	spin_unlock(&pty->queue.lock, irq);
	return copy_to_program(arg, &termios, sizeof(termios));
}

static long set_termios(struct pty *pty, bool flush, const void *arg)
{
	struct termios termios;
	uint64_t irq;

	if (copy_from_program(&termios, arg, sizeof(termios)))
		return -EFAULT;
	irq = spin_lock(&pty->queue.lock);
	if (flush)
		tty_flush(&pty->tty);
	tty_set(&pty->tty, &termios);
	pty_changed(pty, false);
	spin_unlock(&pty->queue.lock, irq);
	return 0;
}

static long set_window(struct pty *pty, const void *arg)
{
	struct winsize window;
	bool changed;

	if (copy_from_program(&window, arg, sizeof(window)))
		return -EFAULT;
	changed = memcmp(&window, &pty->window, sizeof(window)) != 0;
	pty->window = window;
	if (changed && pty->controlling)
		signal_from_console(SIGWINCH);
	return 0;
}

/* Throws away input, output or both. */
static long flush(struct pty *pty, unsigned long which)
{
	uint64_t irq;

	if (which > TCIOFLUSH)
		return -EINVAL;
	irq = spin_lock(&pty->queue.lock);
	if (which != TCOFLUSH)
		tty_flush(&pty->tty);
	if (which != TCIFLUSH)
		pty->tail = pty->head;
	pty_changed(pty, false);
	pty_changed(pty, true);
	spin_unlock(&pty->queue.lock, irq);
	return 0;
}

long pty_ioctl(struct pty *pty, unsigned long request, void *arg)
{
	int value;

	switch (request) {
	case TCGETS:
		return get_termios(pty, arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(pty, request == TCSETSF, arg);
	case TIOCGWINSZ:
		return copy_to_program(arg, &pty->window, sizeof(pty->window));
	case TIOCSWINSZ:
		return set_window(pty, arg);
	case TCFLSH:
		return flush(pty, (unsigned long)arg);
	case TCSBRK: /* tcdrain(): what is shown has gone to the master already */
		return 0;
	case TIOCSCTTY:
		pty->controlling = true;
		return 0;
	case TIOCNOTTY:
		pty->controlling = false;
		return 0;
	case TIOCGPGRP:
	case TIOCGSID:
		return give_int(arg, PROGRAM_PID);
	case TIOCSPGRP:
		if (copy_from_program(&value, arg, sizeof(value)))
			return -EFAULT;
		return value == PROGRAM_PID ? 0 : value < 0 ? -EINVAL : -ESRCH;
	default:
		return -ENOTTY;
	}
}
