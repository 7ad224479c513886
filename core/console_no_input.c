/* SPDX-License-Identifier: BSD-2-Clause */
/* The program's side of a console that is never read: in an image without CONFIG_SYSCALLS_FILES. */
#include <asm/ioctls.h>
#include <asm/termios.h>

#include "arch/x86/trap.h"
#include "core/console.h"
#include "core/file.h"
#include "include/errno.h"

struct watch_head console_watch = WATCH_HEAD_INIT(console_watch);

void console_write_program(const char *buf, size_t len)
{
	console_write(buf, len);
}

/* Shells call it: nobody has asked them for input. */
void console_input(void)
{
}

/* C libraries find out by this that they write to a terminal. */
int console_ioctl(unsigned long request, void *arg)
{
	static const struct winsize window = { .ws_row = 24, .ws_col = 80 };

	return request == TIOCGWINSZ ? copy_to_program(arg, &window, sizeof(window)) : -ENOTTY;
}
