// SPDX-License-Identifier: BSD-2-Clause
/* /proc/self: what a program can read about itself. */
#include <linux/auxvec.h>
#include <linux/mman.h>

#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/doors.h"
#include "core/limit.h"
#include "core/program.h"
#include "fs/made_up.h"
#include "fs/proc_fd.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/area_source.h"
#include "sched/thread.h"

#define STRING_MAX 131072 /* of one argument, as on Linux */

static void put_maps(struct text *t)
{
	static struct area_info info; /* fs_lock() is held */

	for (virt_t at = 0; area_info(program_space, at, &info); at = info.end) {
		size_t before = t->len;

		if (program_stack >= info.start && program_stack < info.end)
			strlcpy(info.name, "[stack]", sizeof(info.name));
		text_print(t, "%lx-%lx %c%c%c%c %08lx %02lx:%02lx %lu ", info.start, info.end,
		           info.prot & PROT_READ ? 'r' : '-', info.prot & PROT_WRITE ? 'w' : '-',
		           info.prot & PROT_EXEC ? 'x' : '-', info.shared ? 's' : 'p',
		           info.name[0] == '/' ? info.offset : 0, info.dev >> 8, info.dev & 0xff, info.ino);
		while (info.name[0] && t->len - before < 73 && !t->failed)
			text_add(t, " ", 1);
		text_print(t, "%s\n", info.name);
	}
}

/* Adds the program's string at user, its NUL included. Returns whether it could be read. */
static bool put_string(struct text *t, const char *user)
{
	char chunk[64];

	for (size_t done = 0; done < STRING_MAX;) {
		long n = copy_string_from_program(chunk, user + done, sizeof(chunk));

		if (n >= 0) {
			text_add(t, chunk, (size_t)n + 1);
			return true;
		}
		if (n != -ENAMETOOLONG)
			return false;
		text_add(t, chunk, sizeof(chunk));
		done += sizeof(chunk);
	}
	return true;
}

/* Adds the strings of the program's NULL-terminated array at array. Returns behind it. */
static const uint64_t *put_strings(struct text *t, const uint64_t *array)
{
	uint64_t at;

	while (!copy_from_program(&at, array++, sizeof(at)) && at)
		if (t && !put_string(t, (const char *)at))
			break;
	return array;
}

static const uint64_t *arguments(void)
{
	return (const uint64_t *)program_stack + 1;
}

static void put_cmdline(struct text *t)
{
	put_strings(t, arguments());
}

static void put_environ(struct text *t)
{
	put_strings(t, put_strings(NULL, arguments()));
}

static void put_auxv(struct text *t)
{
	const uint64_t *at = put_strings(NULL, put_strings(NULL, arguments()));
	uint64_t pair[2];

	do {
		if (copy_from_program(pair, at, sizeof(pair)))
			return;
		text_add(t, (const char *)pair, sizeof(pair));
		at += 2;
	} while (pair[0] != AT_NULL);
}

/* What the program is called: the name of its first thread, while there is that. */
static void put_comm(struct text *t)
{
	const struct dentry *d = program_file();
	struct thread *first = d ? thread_get(PROGRAM_PID) : NULL;

	if (first)
		text_print(t, "%s", first->name);
	else if (d)
		text_add(t, d->name, MIN(d->len, 15));
	else
		text_print(t, "program");
	if (first)
		thread_put(first);
}

static void put_comm_line(struct text *t)
{
	put_comm(t);
	text_print(t, "\n");
}

static void put_stat(struct text *t)
{
	uint64_t busy = sched_busy_ns() * 100 / NS_PER_SEC;
	struct area_stats areas;

	area_stats(program_space, &areas);
	text_print(t, "1 (");
	put_comm(t);
	text_print(t,
	           ") R 0 1 1 %u 1 4194304 %lu 0 0 0 %lu 0 0 0 20 0 %u 0 0 %lu %lu "
	           "18446744073709551615 0 0 %lu 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
	           DEVICE_CONSOLE, areas.faults, busy, thread_count(), areas.reserved,
	           areas.resident / FRAME_SIZE, program_stack);
}

static void put_statm(struct text *t)
{
	struct area_stats areas;

	area_stats(program_space, &areas);
	text_print(t, "%lu %lu 0 0 0 %lu 0\n", areas.reserved / FRAME_SIZE, areas.resident / FRAME_SIZE,
	           areas.reserved / FRAME_SIZE);
}

static void put_status(struct text *t)
{
	struct area_stats areas;

	area_stats(program_space, &areas);
	text_print(t, "Name:\t");
	put_comm(t);
	text_print(t,
	           "\nUmask:\t%04o\nState:\tR (running)\nTgid:\t1\nNgid:\t0\nPid:\t1\nPPid:\t0\n"
	           "TracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t0\n"
	           "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t       0 kB\nVmHWM:\t%8lu kB\n"
	           "VmRSS:\t%8lu kB\nRssAnon:\t%8lu kB\nVmData:\t%8lu kB\nVmStk:\t%8u kB\n"
	           "VmSwap:\t       0 kB\nThreads:\t%u\n",
	           0777U & ~apply_umask(0777), areas.reserved >> 10, areas.reserved >> 10,
	           areas.resident >> 10, areas.resident >> 10, areas.resident >> 10,
	           areas.reserved >> 10, CONFIG_PROGRAM_STACK_KIB, thread_count());
	text_print(t, "SigQ:\t0/0\nNoNewPrivs:\t0\nSeccomp:\t0\nCpus_allowed_list:\t0\n"
	              "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
}

static void put_mounts(struct text *t)
{
	text_print(
		t, "tmpfs / tmpfs rw,noatime 0 0\ndevtmpfs /dev devtmpfs rw 0 0\nproc /proc proc ro 0 0\n"
		   "sysfs /sys sysfs ro 0 0\n");
}

static void put_mountinfo(struct text *t)
{
	text_print(t,
	           "1 1 0:1 / / rw,noatime - tmpfs tmpfs rw\n2 1 0:5 / /dev rw - devtmpfs devtmpfs rw\n"
	           "3 1 0:4 / /proc ro - proc proc ro\n4 1 0:6 / /sys ro - sysfs sysfs ro\n");
}

static void put_limit(struct text *t, uint64_t limit)
{
	if (limit == LIMIT_NONE)
		text_print(t, "%-20s ", "unlimited");
	else
		text_print(t, "%-20lu ", (unsigned long)limit);
}

/* In the order of RLIMIT_* (asm-generic/resource.h). */
static void put_limits(struct text *t)
{
	static const char *const names[][2] = {
		{ "Max cpu time", "seconds" },     { "Max file size", "bytes" },
		{ "Max data size", "bytes" },      { "Max stack size", "bytes" },
		{ "Max core file size", "bytes" }, { "Max resident set", "bytes" },
		{ "Max processes", "processes" },  { "Max open files", "files" },
		{ "Max locked memory", "bytes" },  { "Max address space", "bytes" },
		{ "Max file locks", "locks" },     { "Max pending signals", "signals" },
		{ "Max msgqueue size", "bytes" },  { "Max nice priority", "" },
		{ "Max realtime priority", "" },   { "Max realtime timeout", "us" },
	};

	text_print(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		struct limit limit = limit_get(i);

		text_print(t, "%-25s ", names[i][0]);
		put_limit(t, limit.soft);
		put_limit(t, limit.hard);
		if (*names[i][1])
			text_print(t, "%-10s", names[i][1]);
		text_add(t, "\n", 1);
	}
}

static struct dentry *follow_exe(struct inode *inode)
{
	(void)inode;
	return program_file();
}

static struct dentry *follow_cwd(struct inode *inode)
{
	(void)inode;
	return fs_cwd;
}

static struct dentry *follow_root(struct inode *inode)
{
	(void)inode;
	return fs_root;
}

static int read_place(struct inode *inode, char *buf, size_t size)
{
	struct dentry *d = ((const struct made_up *)inode->private)->ops->follow(inode);

	return d ? dentry_path(d, buf, size) : -ENOENT;
}

static const struct inode_ops exe_ops = { .readlink = read_place, .follow = follow_exe };
static const struct inode_ops cwd_ops = { .readlink = read_place, .follow = follow_cwd };
static const struct inode_ops root_ops = { .readlink = read_place, .follow = follow_root };

const struct made_up proc_self_entries[] = {
	{ .name = "task", .ops = &proc_task_ops, .mode = S_IFDIR | 0555 },
	{ .name = "auxv", .write = put_auxv, .mode = 0400 },
	{ .name = "cgroup", .string = "0::/" },
	{ .name = "cmdline", .write = put_cmdline },
	{ .name = "comm", .write = put_comm_line },
	{ .name = "cwd", .ops = &cwd_ops, .mode = S_IFLNK | 0777 },
	{ .name = "environ", .write = put_environ, .mode = 0400 },
	{ .name = "exe", .ops = &exe_ops, .mode = S_IFLNK | 0777 },
	{ .name = "fd", .ops = &proc_fd_ops, .mode = S_IFDIR | 0500 },
	{ .name = "limits", .write = put_limits },
	{ .name = "maps", .write = put_maps },
	{ .name = "mountinfo", .write = put_mountinfo },
	{ .name = "mounts", .write = put_mounts },
	{ .name = "oom_score_adj", .string = "0" },
	{ .name = "root", .ops = &root_ops, .mode = S_IFLNK | 0777 },
	{ .name = "stat", .write = put_stat },
	{ .name = "statm", .write = put_statm },
	{ .name = "status", .write = put_status },
	{ .name = NULL },
};
