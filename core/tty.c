/* SPDX-License-Identifier: BSD-2-Clause */
/* The line discipline: canonical mode with erase, word erase, kill and end of file; raw mode. */
#include "core/tty.h"

#include <asm/signal.h>

#include "include/errno.h"
#include "lib/string.h"

#define TTY_BYTE 0x0ff
#define TTY_END 0x100 /* last byte of a line */
#define TTY_EOF 0x200 /* no byte: an end of file was typed here */

#define CTRL(c) ((c)&0x1f)
#define DEL 0x7f

static const struct termios defaults = {
	.c_iflag = ICRNL | IUTF8,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B115200 | CS8 | CREAD | CLOCAL,
	.c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE,
	.c_cc = {
		[VINTR] = CTRL('C'), [VQUIT] = CTRL('\\'), [VERASE] = DEL, [VKILL] = CTRL('U'),
		[VEOF] = CTRL('D'), [VMIN] = 1, [VSUSP] = CTRL('Z'), [VWERASE] = CTRL('W'),
		[VLNEXT] = CTRL('V'), [VSTART] = CTRL('Q'), [VSTOP] = CTRL('S'),
	},
};

void tty_init(struct tty *tty, void (*echo)(void *ctx, const char *text, size_t len), void *ctx)
{
	tty->termios = defaults;
	tty->echo = echo;
	tty->ctx = ctx;
	tty->head = 0;
	tty->committed = 0;
	tty->tail = 0;
	tty->pipe = false;
	tty->escaped = false;
}

void tty_be_pipe(struct tty *tty)
{
	tty->termios.c_iflag = 0;
	tty->termios.c_oflag = 0;
	tty->termios.c_lflag = 0;
	tty->pipe = true;
}

static bool local_flag(const struct tty *tty, tcflag_t flag)
{
	return tty->termios.c_lflag & flag;
}

/* Is c the control character that termios names at index? 0 disables one. */
static bool is_control(const struct tty *tty, char c, unsigned index)
{
	return c && tty->termios.c_cc[index] == (unsigned char)c;
}

/* Is c shown as two columns, "^C"? */
static bool shown_as_control(const struct tty *tty, char c)
{
	unsigned char byte = c;

	return local_flag(tty, ECHOCTL) && (byte < ' ' || byte == DEL) && c != '\n' && c != '\t';
}

static void echo_byte(struct tty *tty, char c)
{
	char text[2] = { '^', c ^ 0x40 };

	if (c == '\n') {
		if (local_flag(tty, ECHO) || (local_flag(tty, ICANON) && local_flag(tty, ECHONL)))
			tty->echo(tty->ctx, &c, 1);
	} else if (local_flag(tty, ECHO)) {
		if (shown_as_control(tty, c))
			tty->echo(tty->ctx, text, 2);
		else
			tty->echo(tty->ctx, &c, 1);
	}
}

static uint32_t used(const struct tty *tty)
{
	return tty->head - tty->tail;
}

static void append(struct tty *tty, uint16_t entry)
{
	tty->buf[tty->head++ % TTY_BUFFER] = entry;
}

/* Takes the last character off the line being edited: of UTF-8 all its bytes. Returns its first
 * byte. The line is not empty. */
static char drop_character(struct tty *tty)
{
	char c;

	do {
		c = (char)tty->buf[--tty->head % TTY_BUFFER];
	} while ((tty->termios.c_iflag & IUTF8) && (c & 0xc0) == 0x80 && tty->head != tty->committed);
	return c;
}

static void erase_character(struct tty *tty)
{
	char c = drop_character(tty);

	if (!local_flag(tty, ECHO))
		return;
	if (!local_flag(tty, ECHOE)) {
		echo_byte(tty, (char)tty->termios.c_cc[VERASE]);
		return;
	}
	tty->echo(tty->ctx, "\b \b", 3);
	if (shown_as_control(tty, c))
		tty->echo(tty->ctx, "\b \b", 3);
}

static bool word_byte(char c)
{
	return c != ' ' && c != '\t';
}

static char last_byte(const struct tty *tty)
{
	return (char)tty->buf[(tty->head - 1) % TTY_BUFFER];
}

static void erase_word(struct tty *tty)
{
	while (tty->head != tty->committed && !word_byte(last_byte(tty)))
		erase_character(tty);
	while (tty->head != tty->committed && word_byte(last_byte(tty)))
		erase_character(tty);
}

static void kill_line(struct tty *tty)
{
	if (local_flag(tty, ECHOKE) && local_flag(tty, ECHOE)) {
		while (tty->head != tty->committed)
			erase_character(tty);
		return;
	}
	tty->head = tty->committed;
	echo_byte(tty, (char)tty->termios.c_cc[VKILL]);
	if (local_flag(tty, ECHOK))
		echo_byte(tty, '\n');
}

/* Editing keys of canonical mode. Returns whether c was one. */
static bool edit(struct tty *tty, char c)
{
	bool extended = local_flag(tty, IEXTEN);

	/* Serial terminals disagree about what the erase key sends: both are taken. */
	if (is_control(tty, c, VERASE) || (tty->termios.c_cc[VERASE] == DEL && c == '\b')) {
		if (tty->head != tty->committed)
			erase_character(tty);
	} else if (is_control(tty, c, VKILL)) {
		kill_line(tty);
	} else if (extended && is_control(tty, c, VWERASE)) {
		erase_word(tty);
	} else {
		return false;
	}
	return true;
}

static void canonical_input(struct tty *tty, char c)
{
	if (edit(tty, c))
		return;
	if (is_control(tty, c, VEOF)) {
		if (used(tty) < TTY_BUFFER)
			append(tty, TTY_EOF);
		tty->committed = tty->head;
		return;
	}
	if (c == '\n' || is_control(tty, c, VEOL) || is_control(tty, c, VEOL2)) {
		if (used(tty) < TTY_BUFFER)
			append(tty, (unsigned char)c | TTY_END);
		tty->committed = tty->head;
		echo_byte(tty, c);
	} else if (used(tty) < TTY_BUFFER - 1) { /* the last place is for the line's end */
		append(tty, (unsigned char)c);
		echo_byte(tty, c);
	}
}

/* Signal that c asks for, 0 for none. */
static tty_signal_t signal_of(const struct tty *tty, char c)
{
	if (!local_flag(tty, ISIG))
		return 0;
	if (is_control(tty, c, VINTR))
		return SIGINT;
	return is_control(tty, c, VQUIT) ? SIGQUIT : 0;
}

static void pipe_input(struct tty *tty, char c)
{
	if (!tty->escaped && c == TTY_PIPE_ESCAPE) {
		tty->escaped = true;
		return;
	}
	if (used(tty) < TTY_BUFFER)
		append(tty, tty->escaped && c == TTY_PIPE_END ? TTY_EOF : (unsigned char)c);
	tty->escaped = false;
	tty->committed = tty->head;
}

tty_signal_t tty_input(struct tty *tty, char c)
{
	tcflag_t iflag = tty->termios.c_iflag;
	tty_signal_t signal;

	if (tty->pipe) {
		pipe_input(tty, c);
		return 0;
	}
	signal = signal_of(tty, c);
	if (signal) {
		echo_byte(tty, c);
		if (!local_flag(tty, NOFLSH))
			tty_flush(tty);
		return signal;
	}
	if (iflag & ISTRIP)
		c &= 0x7f;
	if (c == '\r') {
		if (iflag & IGNCR)
			return 0;
		if (iflag & ICRNL)
			c = '\n';
	} else if (c == '\n' && (iflag & INLCR)) {
		c = '\r';
	}
	if (local_flag(tty, ICANON)) {
		canonical_input(tty, c);
	} else if (used(tty) < TTY_BUFFER) {
		append(tty, (unsigned char)c);
		tty->committed = tty->head;
		echo_byte(tty, c);
	}
	return 0;
}

size_t tty_room(const struct tty *tty)
{
	size_t room = TTY_BUFFER - used(tty);

	if (local_flag(tty, ICANON) && room)
		room--;
	return room || tty_readable(tty) ? room : 1;
}

bool tty_readable(const struct tty *tty)
{
	return tty->committed != tty->tail;
}

size_t tty_count(const struct tty *tty)
{
	size_t n = 0;

	for (uint32_t i = tty->tail; i != tty->committed; i++)
		n += !(tty->buf[i % TTY_BUFFER] & TTY_EOF);
	return n;
}

long tty_read(struct tty *tty, char *buf, size_t len)
{
	size_t n = 0;

	if (!tty_readable(tty))
		return -EAGAIN;
	while (tty_readable(tty)) {
		uint16_t entry = tty->buf[tty->tail % TTY_BUFFER];

		if (entry & TTY_EOF) {
			if (tty->pipe)
				return (long)n; /* it stays, for the next read */
			/* Behind bytes it only ends the line; in raw mode it means nothing. */
			tty->tail++;
			if (n || local_flag(tty, ICANON))
				break;
			continue;
		}
		if (n == len)
			break;
		buf[n++] = (char)(entry & TTY_BYTE);
		tty->tail++;
		if ((entry & TTY_END) && local_flag(tty, ICANON))
			break;
	}
	return n || local_flag(tty, ICANON) ? (long)n : -EAGAIN;
}

void tty_set(struct tty *tty, const struct termios *termios)
{
	tty->termios = *termios;
	if (!local_flag(tty, ICANON))
		tty->committed = tty->head;
}

void tty_flush(struct tty *tty)
{
	tty->committed = tty->head;
	tty->tail = tty->head;
}
