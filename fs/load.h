/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that lies in the tree, on its way into memory: found, looked into, mapped. The first
 * program is started like this (fs/program.c), and what execve starts (fs/exec.c). */
#ifndef PAGURUS_FS_LOAD_H
#define PAGURUS_FS_LOAD_H

#include "core/elf.h"
#include "core/program.h"
#include "fs/vfs.h"

#define SCRIPTS_MAX 4     /* that are interpreted by scripts, as on Linux */
#define SCRIPT_LINE 256   /* of a script's first line that is read, as on Linux */
#define LOAD_PATH_MAX 256 /* of a dynamic linker, NUL included */

struct load {
	struct dentry *file;   /* held: the program, or a script's interpreter */
	struct dentry *linker; /* held: its dynamic linker; NULL: none */
	struct elf_image elf, linker_elf;
	char linker_path[LOAD_PATH_MAX];
	/* Scripts: what comes before the arguments, the last word first: nr_words of them. */
	unsigned nr_words;
	const char *words[2 * SCRIPTS_MAX];
	char lines[SCRIPTS_MAX][SCRIPT_LINE];
	const char *path; /* of file: argv[0] of a script's interpreter */
	/* Where something fails: what is wrong with which file, and what that is. */
	const char *role, *culprit, *problem;
};

/* Makes *load of the file that path was found to be; as long as that is a script, its interpreter
 * takes its place. path must outlive load. fs_lock() is held. Returns 0, or (load_close() is to be
 * called all the same) -ENOENT and its like, -EACCES, -ENOEXEC, -ELOOP, -ELIBBAD. */
int load_open(struct load *load, struct dentry *file, const char *path);

/* Maps it into the program's memory, where nothing else is in the way, and sets brk and image (all but
 * its name). fs_lock() is held. Returns 0 or -ENOMEM. */
int load_map(struct load *load, struct program_image *image);

void load_close(struct load *load);

/* fs/program.c: from now on this is the program that runs (/proc/self/exe); takes over the reference.
 * name: what it was called by. fs_lock() is held. */
void program_set_file(struct dentry *file, const char *name);

#endif
