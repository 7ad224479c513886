/* SPDX-License-Identifier: BSD-2-Clause */
/* The console: what the program's standard streams and the log write to, and where input comes
 * from. Output goes to the shell's consoles with CR before LF, as a terminal expects; input goes
 * through a line discipline (echo, erase, kill, EOF) unless the program asked for raw mode. */
#ifndef PAGURUS_CORE_CONSOLE_H
#define PAGURUS_CORE_CONSOLE_H

#include "include/types.h"

/* Writes len bytes. Any context; output of one call is not torn by another's. */
void console_write(const char *buf, size_t len);

/* Reads a line (or what raw mode gives) into buf: at most len bytes. Sleeps until there is input.
 * Returns how many bytes; 0 is end of file; -EINTR, -EAGAIN (nonblock). Threads only. */
long console_read(char *buf, size_t len, bool nonblock);

/* Bytes that console_read() could return at once. */
size_t console_readable(void);

/* A shell calls this from its interrupt when input has arrived. */
void console_input(void);

/* Terminal settings (struct termios' flags that matter) and window size, for ioctl. */
int console_ioctl(unsigned long request, void *arg);

#endif
