/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees that nobody stored: /dev, /proc, /sys. Their directories fill themselves from tables on the
 * first look, and most files' text is written when they are opened. */
#ifndef PAGURUS_FS_MADE_UP_H
#define PAGURUS_FS_MADE_UP_H

#include "fs/vfs.h"

extern struct filesystem dev_fs, proc_fs, sys_fs;
extern const struct inode_ops dev_root_ops, proc_root_ops, sys_root_ops;

/* Text that grows as it is written. */
struct text {
	char *buf;
	size_t len, room;
	bool failed; /* no memory: the rest is missing */
};

void text_print(struct text *t, const char *fmt, ...) __printf(2, 3);
/* Bytes as they are. */
void text_add(struct text *t, const char *data, size_t len);

/* A line of a directory's table. One of write, entries, link, string and ops says what it is. */
struct made_up {
	const char *name;
	void (*write)(struct text *t); /* a file: its text */
	const struct made_up *entries; /* a directory: its table */
	const char *link;              /* a symbolic link's text */
	const char *string;            /* a file: its text */
	const struct inode_ops *ops;   /* something of its own: of type mode */
	uint32_t mode;                 /* 0: 0444 for files, 0555 for directories */
};

/* Fills dir from a table that ends with a NULL name. Returns 0 or -ENOMEM. */
int made_up_populate(struct dentry *dir, const struct made_up *entries);

/* Opens a file with this text, which it takes over. */
int text_open(struct dentry *dentry, uint32_t flags, struct text *text, struct file **file);

/* The program's directory in /proc (fs/proc_self.c); "task" comes first, which threads' directories,
 * else the same, do without. */
extern const struct made_up proc_self_entries[];

/* fs/program.c: the file that runs; NULL: a native program. */
struct dentry *program_file(void);
/* fs/init.c: path of the module that is a program by itself; NULL: none. */
extern const char *fs_program_path;

#endif
