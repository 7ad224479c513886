/* SPDX-License-Identifier: BSD-2-Clause */
/* The console: what the program's standard streams and the log write to, and where input comes
 * from. Output goes to the shell's consoles with CR before LF, as a terminal expects; input goes
 * through a line discipline (echo, erase, kill, EOF) unless the program asked for raw mode. */
#ifndef PAGURUS_CORE_CONSOLE_H
#define PAGURUS_CORE_CONSOLE_H

#include "include/types.h"

/* Writes len bytes. Any context; output of one call is not torn by another's. */
void console_write(const char *buf, size_t len);

/* The same without CR before LF: for a program that turned OPOST or ONLCR off. Such output does not
 * count as having ended a line. */
void console_write_raw(const char *buf, size_t len);

/* What a program writes: with CR before LF or not, as its terminal settings say. */
void console_write_program(const char *buf, size_t len);

/* The console is a pipe from now on, no terminal (pagurus.pipe): see tty_be_pipe(). Before any use by
 * the program; not without CONFIG_SYSCALLS_FILES. */
void console_be_pipe(void);

/* Begins a new line unless the last byte written ended one. */
void console_fresh_line(void);

#ifdef CONFIG_SMP
/* This CPU has the console for good: the others' output waits for ever. Interrupts are off then. */
void console_keep(void);
#endif

/* From now on output takes no lock: the machine is about to stop. */
void console_force(void);

/* Reads a line (or what raw mode gives) into buf: at most len bytes. Sleeps until there is input.
 * Returns how many bytes; 0 is end of file; -EINTR, -EAGAIN (nonblock). Threads only. */
long console_read(char *buf, size_t len, bool nonblock);

/* Bytes that console_read() could return at once. */
size_t console_readable(void);

/* Would console_read() return at once, be it with an end of file? Does not sleep. */
bool console_pending(void);

/* Sleeps until console_pending(): 0; until clock_ns() >= deadline: -ETIMEDOUT; or until a signal:
 * -EINTR. Threads only. */
int console_wait(uint64_t deadline);

/* A shell calls this from its interrupt when input has arrived. */
void console_input(void);

/* Terminal settings (struct termios' flags that matter) and window size, for ioctl; arg is the
 * program's. Returns 0, -EFAULT, -EINVAL, or -ENOTTY for a request that a console does not know. */
int console_ioctl(unsigned long request, void *arg);

#endif
