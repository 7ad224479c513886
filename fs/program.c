// SPDX-License-Identifier: BSD-2-Clause
/* Starting the first program, which lies in the tree. */
#include "core/program.h"

#include "fs/load.h"
#include "fs/made_up.h"
#include "fs/walk.h"
#include "include/panic.h"
#include "lib/string.h"
#include "sched/thread.h"

static struct dentry *running;

struct dentry *program_file(void)
{
	return running;
}

void program_set_file(struct dentry *file, const char *name)
{
	if (running) {
		running->inode->file.runs = false;
		dentry_put(running);
	}
	running = file;
	file->inode->file.runs = true;
	for (const char *p = name; *p; p++)
		if (*p == '/' && p[1])
			name = p + 1;
	strlcpy(current_thread()->name, name, sizeof(current_thread()->name));
}

/* Puts a script's words before the program's arguments. */
static void prepend(struct params *params, const struct load *load)
{
	unsigned n = load->nr_words;

	if (params->argc + n > PARAMS_MAX)
		panic("too many arguments for a script: at most %d", PARAMS_MAX);
	memmove(params->argv + n, params->argv, (params->argc + 1) * sizeof(params->argv[0]));
	for (unsigned i = 0; i < n; i++)
		params->argv[i] = (char *)load->words[n - 1 - i];
	params->argc += n;
}

static const char *chosen_path(const struct params *params)
{
	const char *path = params_option(params, "program");

	if (path && *path)
		return path;
	if (fs_program_path)
		return fs_program_path;
	if (!dentry_find(fs_root, "init", 4))
		panic(
			"no program: hand over a module (QEMU -initrd FILE, xl ramdisk=, GRUB module): a static "
			"program, or a cpio archive with /init or the file that pagurus.program=/PATH names");
	return "/init";
}

static __noreturn void give_up(const struct load *load, int err)
{
	panic("%s %s: %s (error %d)", load->role, load->culprit, load->problem, err);
}

void program_start(const struct params *given, const struct boot_info *bi)
{
	static struct params params;
	static struct load load;
	const char *path = chosen_path(given);
	struct program_image image;
	struct dentry *file;
	int err;

	(void)bi;
	params = *given;
	fs_lock();
	err = walk_to(fs_root, path, WALK_FOLLOW, &file);
	if (err)
		panic("the program %s: not found (error %d): it must be in the module", path, err);
	err = load_open(&load, file, path);
	if (!err)
		err = load_map(&load, &image);
	if (err)
		give_up(&load, err);
	image.file = path;
	prepend(&params, &load);
	program_set_file(dentry_hold(load.file), path);
	fs_unlock();
	program_run(&image, load.path, &params);
}
