/* SPDX-License-Identifier: BSD-2-Clause */
/* The line discipline: what lies between the bytes that a terminal sends and what a program reads.
 * Pure: no lock, no console, no time. Linux's termios(3) says how each flag behaves. */
#ifndef PAGURUS_CORE_TTY_H
#define PAGURUS_CORE_TTY_H

#include <asm/termbits.h>

#include "include/types.h"

#define TTY_BUFFER 1024 /* bytes of input kept; a power of two */

/* What a byte of input led to: a signal's number, 0 for none. */
typedef int tty_signal_t;

struct tty {
	struct termios termios;
	void (*echo)(void *ctx, const char *text, size_t len);
	void *ctx;
	/* One entry per byte: the byte and TTY_END or TTY_EOF. [tail, committed) can be read,
	 * [committed, head) is the line being edited. Positions run freely. */
	uint16_t buf[TTY_BUFFER];
	uint32_t head;
	uint32_t committed;
	uint32_t tail;
	bool pipe;    /* no terminal: see tty_be_pipe() */
	bool escaped; /* the last byte of a pipe was an escape */
};

/* What ends the input of a pipe, and what stands for a DLE in it. */
#define TTY_PIPE_ESCAPE 0x10 /* DLE: itself, if there is another behind it */
#define TTY_PIPE_END 0x04    /* EOT behind that: no more will come */

/* Sets what a new terminal has: canonical, echo, signals, CR read as newline. echo gets what is to
 * be shown, with newlines as "\n". */
void tty_init(struct tty *tty, void (*echo)(void *ctx, const char *text, size_t len), void *ctx);

/* From now on bytes are read as they come, with nothing shown, edited or taken as a signal, until
 * DLE EOT, behind which every read is an end of file; DLE DLE is one DLE. */
void tty_be_pipe(struct tty *tty);

/* Takes a byte of input. Returns the signal that it asks for (SIGINT, SIGQUIT), else 0. */
tty_signal_t tty_input(struct tty *tty, char c);

/* How many bytes tty_input() takes without dropping any. Never 0 while nothing can be read: the
 * end of an overlong line must get in. */
size_t tty_room(const struct tty *tty);

/* Is there something for tty_read(): a line, an end of file, or any byte in raw mode? */
bool tty_readable(const struct tty *tty);

/* Bytes that can be read (FIONREAD). */
size_t tty_count(const struct tty *tty);

/* Takes up to len bytes: in canonical mode of one line. Returns how many, 0 for an end of file,
 * -EAGAIN where nothing can be read. */
long tty_read(struct tty *tty, char *buf, size_t len);

/* Changes the settings; a line being edited becomes readable when canonical mode ends. */
void tty_set(struct tty *tty, const struct termios *termios);

/* Throws all input away. */
void tty_flush(struct tty *tty);

#endif
