// SPDX-License-Identifier: BSD-2-Clause
/* Starting a program that lies in the tree: static or position-independent, with its interpreter
 * where it names one, or a script. Pages are mapped from the file, not copied. */
#include <linux/elf.h>
#include <linux/mman.h>

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "core/aslr.h"
#include "core/elf.h"
#include "core/program.h"
#include "fs/made_up.h"
#include "fs/ram_file.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "include/log.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/area.h"

#define HEADER_ROOM 8192 /* of a file, in which its program headers must lie */
#define SCRIPTS_MAX 4    /* that are interpreted by scripts, as on Linux */
#define EXECUTE_BITS 0111U

static struct dentry *running;

struct dentry *program_file(void)
{
	return running;
}

static char header[HEADER_ROOM];

/* What must be true of a file that is to run; text of what is wrong. */
static struct dentry *find(const char *path, const char *what)
{
	struct dentry *d;
	int err = walk_to(fs_root, path, WALK_FOLLOW, &d);

	if (err)
		panic("%s %s: not found (error %d): it must be in the module", what, path, err);
	if (!S_ISREG(d->inode->mode))
		panic("%s %s: not a regular file", what, path);
	if (!(d->inode->mode & EXECUTE_BITS))
		panic("%s %s: not executable: chmod +x it", what, path);
	return d;
}

static size_t read_header(struct dentry *d)
{
	struct io io = io_kernel(header, sizeof(header));
	uint64_t pos = 0;
	long n = ram_file_read(d->inode, &io, &pos);

	return n > 0 ? (size_t)n : 0;
}

/* Where a relocatable image goes: at wish if that is free, else any gap that is large enough, at its
 * alignment. */
static virt_t choose_base(const struct elf_image *elf, virt_t wish)
{
	size_t size = elf->high + elf->align;
	long gap =
		area_map(program_space, wish, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);

	if (gap < 0)
		panic("no room for a program of %lu KiB (error %ld)", size >> 10, gap);
	area_unmap(program_space, (virt_t)gap, size);
	return ALIGN_UP((virt_t)gap, elf->align);
}

static void check(long result, const char *path, virt_t at)
{
	if (result < 0)
		panic("%s: its segment at %#lx cannot be mapped (error %ld): give the VM more memory", path,
		      at, result);
}

static void zero(const char *path, virt_t start, virt_t end)
{
	static const char zeros[256];

	while (start < end) {
		size_t n = MIN(end - start, sizeof(zeros));

		if (copy_to_program((void *)start, zeros, n))
			panic("%s: no memory for its segment at %#lx: give the VM more", path, start);
		start += n;
	}
}

/* A segment whose place in the file does not go with pages: copied. */
static void copy_segment(struct dentry *d, const struct elf_segment *s, virt_t base)
{
	struct io io = io_buffer((void *)(base + s->start), s->file_size);
	uint64_t pos = s->offset;

	if (ram_file_read(d->inode, &io, &pos) != (long)s->file_size)
		panic("no memory for the program's segment at %#lx: give the VM more", base + s->start);
}

static void map_segment(struct dentry *d, const struct elf_segment *s, virt_t base,
                        const char *path)
{
	virt_t start = base + ALIGN_DOWN(s->start, FRAME_SIZE), bytes = base + s->start + s->file_size;
	virt_t end = base + ALIGN_UP(s->start + s->memory_size, FRAME_SIZE), file_end;
	int prot =
		(s->read ? PROT_READ : 0) | (s->write ? PROT_WRITE : 0) | (s->execute ? PROT_EXEC : 0);
	bool fits = IS_ALIGNED(s->start - s->offset, FRAME_SIZE) && s->file_size;
	int first = fits && s->file_size == s->memory_size ? prot : PROT_READ | PROT_WRITE;

	file_end = fits ? ALIGN_UP(bytes, FRAME_SIZE) : start;
	if (fits) {
		check(ram_file_map_dentry(d,
		                          &(struct map_request){
									  .addr = start,
									  .length = file_end - start,
									  .prot = first,
									  .flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE,
									  .offset = ALIGN_DOWN(s->offset, FRAME_SIZE),
								  }),
		      path, start);
		if (s->memory_size > s->file_size)
			zero(path, bytes, MIN(file_end, end));
	}
	if (file_end < end)
		check(area_map(program_space, file_end, end - file_end, PROT_READ | PROT_WRITE,
		               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE),
		      path, file_end);
	if (!fits && s->file_size)
		copy_segment(d, s, base);
	if (prot != (PROT_READ | PROT_WRITE))
		check(area_protect(program_space, start, end - start, prot), path, start);
}

/* Maps the ELF file. Returns what was added to its addresses. */
static virt_t load(struct dentry *d, const char *path, struct elf_image *elf, virt_t wish)
{
	virt_t base = 0;
	int err = elf_parse_header(elf, header, read_header(d), d->inode->size);

	if (err)
		panic("%s: %s (error %d)", path, elf->problem, err);
	if (elf->executable_stack)
		log_warn("%s asks for an executable stack and does not get one", path);
	if (elf->relocatable)
		base = choose_base(elf, wish);
	for (unsigned i = 0; i < elf->nr_segments; i++)
		map_segment(d, &elf->segments[i], base, path);
	return base;
}

/* Text at offset in the file, into buf[size]. */
static void read_text(struct dentry *d, uint64_t offset, size_t len, char *buf, size_t size)
{
	struct io io = io_kernel(buf, MIN(len, size - 1));

	buf[0] = '\0';
	if (ram_file_read(d->inode, &io, &offset) >= 0)
		buf[MIN(len, size - 1)] = '\0';
}

/* Puts word before the program's arguments. */
static void prepend(struct params *params, const char *word)
{
	if (params->argc == PARAMS_MAX)
		panic("too many arguments for a script: at most %d", PARAMS_MAX);
	memmove(params->argv + 1, params->argv, (params->argc + 1) * sizeof(params->argv[0]));
	params->argv[0] = (char *)word;
	params->argc++;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Splits "#! interpreter argument" in place. Returns the interpreter, *argument: NULL for none. */
static char *split_script(char *line, char **argument)
{
	char *start = line + 2, *end;

	line[strnlen(line, 255)] = '\0';
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	else
		end = line + strlen(line);
	while (end > start && (blank(end[-1]) || end[-1] == '\r'))
		*--end = '\0';
	while (blank(*start))
		start++;
	*argument = NULL;
	for (char *p = start; *p; p++) {
		if (!blank(*p))
			continue;
		*p++ = '\0';
		while (blank(*p))
			p++;
		*argument = p;
		break;
	}
	return start;
}

/* As long as path is a script: its interpreter takes its place. */
static struct dentry *resolve(const char **path, struct params *params)
{
	static char lines[SCRIPTS_MAX][256];
	struct dentry *d = find(*path, "the program");

	for (unsigned i = 0;; i++) {
		char *argument, *interpreter;

		if (read_header(d) < 2 || header[0] != '#' || header[1] != '!')
			return d;
		if (i == SCRIPTS_MAX)
			panic("%s: scripts interpreted by scripts, more than %d deep", *path, SCRIPTS_MAX);
		memcpy(lines[i], header, sizeof(lines[i]) - 1);
		interpreter = split_script(lines[i], &argument);
		if (!*interpreter)
			panic("%s: a script whose first line names no interpreter", *path);
		prepend(params, *path);
		if (argument)
			prepend(params, argument);
		*path = interpreter;
		d = find(*path, "the script's interpreter");
	}
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

void program_start(const struct params *given, const struct boot_info *bi)
{
	static struct params params;
	static struct elf_image elf, interpreter;
	const char *path = chosen_path(given);
	const char *name = path;
	struct program_image image;
	virt_t base, interpreter_base = 0;

	(void)bi;
	params = *given;
	fs_lock();
	running = dentry_hold(resolve(&path, &params));
	base = load(running, path, &elf, aslr_program());
	image = (struct program_image){
		.phdr = elf.phdr ? base + elf.phdr : 0,
		.phent = sizeof(Elf64_Phdr),
		.phnum = elf.phnum,
		.entry = base + elf.entry,
		.start = base + elf.entry,
		.name = path,
		.file = name,
	};
	if (elf.interpreter_size) {
		static char file[256];

		read_text(running, elf.interpreter, elf.interpreter_size, file, sizeof(file));
		interpreter_base = load(find(file, "the dynamic linker"), file, &interpreter, 0);
		if (interpreter.interpreter_size)
			panic("%s: the dynamic linker wants a dynamic linker itself", file);
		image.start = interpreter_base + interpreter.entry;
		image.base = interpreter_base;
	}
	area_set_brk(program_space, base + elf.high + aslr_brk());
	fs_unlock();
	program_run(&image, &params);
}
