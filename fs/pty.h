/* SPDX-License-Identifier: BSD-2-Clause */
/* Pseudo terminals: two files back to back, between them the line discipline of core/tty.c. What is
 * written to the master is typed; what is written to the slave is shown. */
#ifndef PAGURUS_FS_PTY_H
#define PAGURUS_FS_PTY_H

#include <asm/termios.h>

#include "core/tty.h"
#include "fs/vfs.h"

#define PTY_OUTPUT 4096 /* bytes shown and not yet read; a power of two */
#define PTYS_MAX 256
#define DEVICE_PTMX 0x502
#define DEVICE_PTS 0x8800 /* and its number */

struct pty {
	struct wait_queue queue; /* everybody who waits; its lock guards all of this */
	unsigned number;
	struct tty tty; /* what the slave reads */
	char output[PTY_OUTPUT];
	uint32_t head, tail; /* of it; they run freely */
	struct winsize window;
	bool locked;      /* TIOCSPTLCK: the slave cannot be opened */
	bool controlling; /* TIOCSCTTY: what is typed may be a signal to the program */
	bool hung_up;     /* the master is closed */
	bool opened;      /* the slave has been, */
	unsigned slaves;  /* and is, so often */
	struct watch_head master_watch, slave_watch;
};

/* fs/pty.c: makes one, open as a master: NULL, *err: none. */
struct pty *pty_new(int *err);
/* The slave of that number is opened: 0, -ENXIO (there is none), -EIO (locked, hung up). */
int pty_open_slave(unsigned number, struct pty **pty);
/* One of its ends is closed. */
void pty_close_master(struct pty *pty);
void pty_close_slave(struct pty *pty);
/* The lowest number >= from of one that can be opened; -1: none. */
int pty_next(unsigned from);

/* Data, up to io->left bytes: as struct file_ops has it. */
long pty_type(struct pty *pty, struct io *io, bool wait);        /* the master writes */
long pty_read_output(struct pty *pty, struct io *io, bool wait); /* the master reads */
long pty_show(struct pty *pty, struct io *io, bool wait);        /* the slave writes */
long pty_read_input(struct pty *pty, struct io *io, bool wait);  /* the slave reads */

/* The other side has something to look at: POLL*. The queue's lock is held. */
void pty_changed(struct pty *pty, bool master);

/* fs/pty_ioctl.c: what both ends understand. */
long pty_ioctl(struct pty *pty, unsigned long request, void *arg);

/* fs/pty_file.c: the entries of /dev. */
extern const struct inode_ops ptmx_ops, pts_root_ops;

#endif
