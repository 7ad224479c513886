// SPDX-License-Identifier: BSD-2-Clause
/* execve and execveat: another program takes the place of this one. What can be refused is refused
 * while the old program is whole; behind that there is only the new one, or the end. */
#include <asm/signal.h>

#include "arch/x86/trap.h"
#include "core/exit.h"
#include "core/replace.h"
#include "core/limit.h"
#include "fs/exec_strings.h"
#include "fs/load.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"

#define STRINGS_LEAST KIB(128) /* they may take a quarter of the stack, or this, as on Linux */

/* All that one call needs. */
struct exec {
	struct load load;
	struct exec_strings strings;
	struct program_image image;
	char path[PATH_LENGTH_MAX]; /* as the program is called, AT_EXECFN */
};

long sys_execve(const char *path, const uint64_t *argv, const uint64_t *envp);
long sys_execveat(long dirfd, const char *path, const uint64_t *argv, const uint64_t *envp,
                  long flags);

/* What the path leads to; fs_lock() is held. A script that is named by a descriptor is named like that
 * to its interpreter too, which cannot open it if it is closed by then. */
static int open_found_file(struct exec *e, const struct at *at, long dirfd, long flags)
{
	struct dentry *d = at->found.dentry;
	bool named = *at->path == '/' || dirfd == AT_FDCWD;
	int err;

	if (S_ISLNK(d->inode->mode))
		return flags & AT_SYMLINK_NOFOLLOW ? -ELOOP : -EACCES;
	if (named)
		strlcpy(e->path, at->path, sizeof(e->path));
	else
		fmt_snprintf(e->path, sizeof(e->path), *at->path ? "/dev/fd/%ld/%s" : "/dev/fd/%ld", dirfd,
		             at->path);
	err = load_open(&e->load, d, e->path);
	if (!err && e->load.nr_words && !named && descriptor_cloexec(dirfd))
		err = -ENOENT;
	return err;
}

static long open_program(struct exec *e, long dirfd, const char *path, long flags)
{
	struct at at;
	long err = at_begin_existing(&at, dirfd, path,
	                             (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
	                                 (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0));

	if (err)
		return err;
	err = open_found_file(e, &at, (int)dirfd, flags);
	at_end(&at);
	return err;
}

/* Arguments as the new program gets them: a script's words come before all but the first. */
static int take_strings(struct exec *e, const uint64_t *argv, const uint64_t *envp)
{
	struct exec_strings *s = &e->strings;
	struct program_strings *counts = &s->strings;
	unsigned words = e->load.nr_words, count;
	int err = 0;

	exec_strings_init(s);
	if (words) {
		err = exec_strings_add(s, e->load.path);
		for (unsigned i = words; i > 0 && !err; i--)
			err = exec_strings_add(s, e->load.words[i - 1]);
		counts->argc = 1 + words;
	}
	if (!err)
		err = exec_strings_add_array(s, argv, words ? 1 : 0, &count);
	if (err)
		return err;
	counts->argc += count;
	if (!counts->argc) { /* as on Linux: nobody expects that there is no argv[0] */
		err = exec_strings_add(s, "");
		counts->argc = 1;
	}
	return err ? err : exec_strings_add_array(s, envp, 0, &counts->envc);
}

static size_t strings_size(const struct program_strings *s)
{
	return s->bytes + (s->argc + s->envc) * sizeof(uint64_t);
}

static __noreturn void end(const struct exec *e, const char *culprit, const char *problem, int err)
{
	log_error("execve %s: %s: %s (error %d)", e->path, culprit, problem, err);
	machine_stop(STOP_SIGNAL, SIGKILL);
}

/* The old program is gone. */
static __noreturn void start(struct exec *e)
{
	uint64_t entry;
	int err;

	replace_reset();
	fs_lock();
	program_set_file(dentry_hold(e->load.file), e->path);
	err = load_map(&e->load, &e->image);
	fs_unlock();
	if (err)
		end(e, e->load.culprit, e->load.problem, err);
	e->image.file = e->path;
	err = program_prepare(&e->image, &e->strings.strings, limit_stack_size());
	if (err)
		end(e, "its stack", "no memory: give the VM more", err);
	entry = e->image.start;
	load_close(&e->load);
	exec_strings_free(&e->strings);
	heap_free(e);
	replace_enter(program_stack, entry);
}

long sys_execveat(long dirfd, const char *path, const uint64_t *argv, const uint64_t *envp,
                  long flags)
{
	struct exec *e;
	long err;

	if (flags & ~(long)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	e = heap_zalloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	err = open_program(e, dirfd, path, flags);
	if (!err)
		err = take_strings(e, argv, envp);
	if (!err && strings_size(&e->strings.strings) > MAX(limit_stack_size() / 4, STRINGS_LEAST))
		err = -E2BIG;
	if (!err)
		err = replace_begin();
	if (!err)
		start(e);
	load_close(&e->load);
	exec_strings_free(&e->strings);
	heap_free(e);
	return err;
}

long sys_execve(const char *path, const uint64_t *argv, const uint64_t *envp)
{
	return sys_execveat(AT_FDCWD, path, argv, envp, 0);
}
