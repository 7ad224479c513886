// SPDX-License-Identifier: BSD-2-Clause
/* Loading a program: static or position-independent, with its dynamic linker where it names one, or a
 * script. Pages are mapped from the file, not copied. */
#include "fs/load.h"

#include <linux/elf.h>
#include <linux/mman.h>

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "core/aslr.h"
#include "fs/ram_file.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/string.h"
#include "mm/area.h"

#define HEADER_ROOM 8192 /* of a file, in which its program headers must lie */
#define EXECUTE_BITS 0111U

static char header[HEADER_ROOM]; /* fs_lock() is held */

static int refuse(struct load *load, int err, const char *problem)
{
	load->problem = problem;
	return err;
}

/* What must be true of a file that is to run. */
static int check_file(struct load *load, const struct dentry *d, const char *role, const char *path)
{
	load->role = role;
	load->culprit = path;
	if (!S_ISREG(d->inode->mode))
		return refuse(load, -EACCES, "not a regular file");
	if (!(d->inode->mode & EXECUTE_BITS))
		return refuse(load, -EACCES, "not executable: chmod +x it");
	if (__atomic_load_n(&d->inode->file.writers, __ATOMIC_RELAXED))
		return refuse(load, -ETXTBSY, "open for writing");
	return 0;
}

static int find(struct load *load, const char *path, const char *role, struct dentry **d)
{
	int err = walk_to(fs_cwd, path, WALK_FOLLOW, d);

	load->role = role;
	load->culprit = path;
	return err ? refuse(load, err, "not found: it must be in the module")
	           : check_file(load, *d, role, path);
}

static size_t read_header(struct dentry *d)
{
	struct io io = io_kernel(header, sizeof(header));
	uint64_t pos = 0;
	long n = ram_file_read(d->inode, &io, &pos);

	return n > 0 ? (size_t)n : 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Splits "#! interpreter argument" in place. Returns the interpreter, *argument: NULL for none. */
static char *split_script(char *line, char **argument)
{
	char *start = line + 2, *end;

	line[strnlen(line, SCRIPT_LINE - 1)] = '\0';
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

static void take_file(struct load *load, struct dentry *file, const char *path)
{
	if (load->file)
		dentry_put(load->file);
	load->file = dentry_hold(file);
	load->path = path;
}

/* The file is a script whose beginning is in header: its interpreter takes its place. */
static int take_interpreter(struct load *load, unsigned depth)
{
	char *argument, *interpreter, *line = load->lines[depth];
	struct dentry *d;
	int err;

	memcpy(line, header, SCRIPT_LINE - 1);
	interpreter = split_script(line, &argument);
	if (!*interpreter)
		return refuse(load, -ENOEXEC, "a script whose first line names no interpreter");
	load->words[load->nr_words++] = load->path;
	if (argument)
		load->words[load->nr_words++] = argument;
	err = find(load, interpreter, "the script's interpreter", &d);
	if (!err)
		take_file(load, d, interpreter);
	return err;
}

/* Text at offset in the file, into buf[size]. */
static void read_text(struct dentry *d, uint64_t offset, size_t len, char *buf, size_t size)
{
	struct io io = io_kernel(buf, MIN(len, size - 1));

	buf[0] = '\0';
	if (ram_file_read(d->inode, &io, &offset) >= 0)
		buf[MIN(len, size - 1)] = '\0';
}

static int parse(struct load *load, struct elf_image *elf, struct dentry *d, const char *path)
{
	int err = elf_parse_header(elf, header, read_header(d), d->inode->size);

	if (err)
		return refuse(load, err, elf->problem);
	if (elf->executable_stack)
		log_warn("%s asks for an executable stack and does not get one", path);
	return 0;
}

static int find_linker(struct load *load)
{
	struct dentry *d;
	int err;

	read_text(load->file, load->elf.interpreter, load->elf.interpreter_size, load->linker_path,
	          sizeof(load->linker_path));
	err = find(load, load->linker_path, "the dynamic linker", &d);
	if (err)
		return err;
	load->linker = dentry_hold(d);
	if (parse(load, &load->linker_elf, d, load->linker_path))
		return -ELIBBAD;
	if (load->linker_elf.interpreter_size)
		return refuse(load, -ELIBBAD, "wants a dynamic linker itself");
	return 0;
}

int load_open(struct load *load, struct dentry *file, const char *path)
{
	int err;

	memset(load, 0, sizeof(*load));
	take_file(load, file, path);
	err = check_file(load, file, "the program", path);
	for (unsigned depth = 0; !err; depth++) {
		if (read_header(load->file) < 2 || header[0] != '#' || header[1] != '!')
			break;
		if (depth == SCRIPTS_MAX)
			return refuse(load, -ELOOP, "scripts interpreted by scripts, too deep");
		err = take_interpreter(load, depth);
	}
	if (!err)
		err = parse(load, &load->elf, load->file, load->path);
	return err || !load->elf.interpreter_size ? err : find_linker(load);
}

void load_close(struct load *load)
{
	if (load->file)
		dentry_put(load->file);
	if (load->linker)
		dentry_put(load->linker);
	load->file = NULL;
	load->linker = NULL;
}

static int zero(virt_t start, virt_t end)
{
	static const char zeros[256];
	int err = 0;

	for (size_t n; start < end && !err; start += n) {
		n = MIN(end - start, sizeof(zeros));
		err = copy_to_program((void *)start, zeros, n);
	}
	return err ? -ENOMEM : 0;
}

/* A segment whose place in the file does not go with pages: copied. */
static int copy_segment(struct dentry *d, const struct elf_segment *s, virt_t base)
{
	struct io io = io_buffer((void *)(base + s->start), s->file_size);
	uint64_t pos = s->offset;

	return ram_file_read(d->inode, &io, &pos) == (long)s->file_size ? 0 : -ENOMEM;
}

static int map_segment(struct dentry *d, const struct elf_segment *s, virt_t base)
{
	virt_t start = base + ALIGN_DOWN(s->start, FRAME_SIZE), bytes = base + s->start + s->file_size;
	virt_t end = base + ALIGN_UP(s->start + s->memory_size, FRAME_SIZE), file_end;
	int prot =
		(s->read ? PROT_READ : 0) | (s->write ? PROT_WRITE : 0) | (s->execute ? PROT_EXEC : 0);
	bool fits = IS_ALIGNED(s->start - s->offset, FRAME_SIZE) && s->file_size;
	int first = fits && s->file_size == s->memory_size ? prot : PROT_READ | PROT_WRITE;
	const struct map_request request = {
		.addr = start,
		.length = ALIGN_UP(bytes, FRAME_SIZE) - start,
		.prot = first,
		.flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE,
		.offset = ALIGN_DOWN(s->offset, FRAME_SIZE),
	};
	long err = fits ? ram_file_map_dentry(d, &request) : 0;

	file_end = fits ? start + request.length : start;
	if (err >= 0 && fits && s->memory_size > s->file_size)
		err = zero(bytes, MIN(file_end, end));
	if (err >= 0 && file_end < end)
		err = area_map(program_space, file_end, end - file_end, PROT_READ | PROT_WRITE,
		               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE);
	if (err >= 0 && !fits && s->file_size)
		err = copy_segment(d, s, base);
	if (err >= 0 && prot != (PROT_READ | PROT_WRITE))
		err = area_protect(program_space, start, end - start, prot);
	return (int)MIN(err, 0L);
}

/* Where a relocatable image goes: at wish if that is free, else any gap that is large enough, at its
 * alignment. */
static long choose_base(const struct elf_image *elf, virt_t wish)
{
	size_t size = elf->high + elf->align;
	long gap =
		area_map(program_space, wish, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);

	if (gap < 0)
		return gap;
	area_unmap(program_space, (virt_t)gap, size);
	return (long)ALIGN_UP((virt_t)gap, elf->align);
}

/* Maps one of the two files. Returns what was added to its addresses, or -errno. */
static long map(struct load *load, struct dentry *d, const struct elf_image *elf, virt_t wish)
{
	long base = elf->relocatable ? choose_base(elf, wish) : 0;

	if (base < 0)
		return refuse(load, (int)base, "no room for it in memory: give the VM more");
	for (unsigned i = 0; i < elf->nr_segments; i++) {
		int err = map_segment(d, &elf->segments[i], (virt_t)base);

		if (err)
			return refuse(load, err, "a segment cannot be mapped: give the VM more memory");
	}
	return base;
}

int load_map(struct load *load, struct program_image *image)
{
	long base = map(load, load->file, &load->elf, aslr_program()), linker_base = 0;

	load->role = "the program";
	load->culprit = load->path;
	if (base < 0)
		return (int)base;
	*image = (struct program_image){
		.phdr = load->elf.phdr ? (virt_t)base + load->elf.phdr : 0,
		.phent = sizeof(Elf64_Phdr),
		.phnum = load->elf.phnum,
		.entry = (virt_t)base + load->elf.entry,
		.start = (virt_t)base + load->elf.entry,
	};
	if (load->linker) {
		load->role = "the dynamic linker";
		load->culprit = load->linker_path;
		linker_base = map(load, load->linker, &load->linker_elf, 0);
		if (linker_base < 0)
			return (int)linker_base;
		image->start = (virt_t)linker_base + load->linker_elf.entry;
		image->base = (virt_t)linker_base;
	}
	area_set_brk(program_space, (virt_t)base + load->elf.high + aslr_brk());
	return 0;
}
