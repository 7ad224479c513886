// SPDX-License-Identifier: BSD-2-Clause
/* The tree that a program finds: a root in memory, what came as modules, and the trees that the
 * kernel makes up. */
#include "arch/x86/paging.h"
#include "core/boot_trace.h"
#include "fs/cpio.h"
#include "fs/directory.h"
#include "fs/initrd.h"
#include "fs/made_up.h"
#include "fs/sys.h"
#include "fs/unix/unix.h"
#include "fs/unpack.h"
#include "fs/walk.h"
#include "include/log.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/frame.h"

#define TMPFS_MAGIC 0x01021994 /* linux/magic.h */

struct filesystem root_fs = { .type = "tmpfs", .dev = 1, .magic = TMPFS_MAGIC };

const char *fs_program_path; /* the module that is a program by itself */

static phys_t table_frame(void)
{
	return frame_alloc_zeroed(0);
}

/* The module's bytes. Modules are no RAM of the frame allocator's, so nobody mapped them yet. */
static const void *module_map(const struct boot_module *module)
{
	phys_t start = ALIGN_DOWN(module->range.start, FRAME_SIZE);
	phys_t end = ALIGN_UP(module->range.end, FRAME_SIZE);

	if (paging_direct_map(start, end, table_frame))
		panic("no memory to map the module %s: give the VM more", module->name);
	return phys_to_virt(module->range.start);
}

/* What the file of a module is called: the last part of its first word. */
static const char *module_name(const struct boot_module *module, size_t *len)
{
	const char *name = module->name;

	for (const char *p = name; *p && *p != ' '; p++)
		if (*p == '/')
			name = p + 1;
	for (*len = 0; name[*len] && name[*len] != ' ' && *len < NAME_LENGTH_MAX; ++*len)
		;
	return name;
}

/* Known beginnings of what cannot be used as it is: so that the message helps. */
static const char *compression(const unsigned char *data, size_t size)
{
	if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b)
		return "gzip";
	if (size >= 4 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0)
		return "zstd";
	if (size >= 4 &&
	    (memcmp(data, "\x02\x21\x4c\x18", 4) == 0 || memcmp(data, "\x04\x22\x4d\x18", 4) == 0))
		return "lz4";
	if (size >= 6 && memcmp(data,
	                        "\xfd"
	                        "7zXZ",
	                        6) == 0)
		return "xz";
	return NULL;
}

static struct dentry *root_find(const char *name, size_t len)
{
	if (directory_ready(fs_root))
		panic("no memory for the names in /: give the VM more");
	return dentry_find(fs_root, name, len);
}

static void add_program(const struct boot_module *module, const char *data, size_t size)
{
	static char path[NAME_LENGTH_MAX + 2] = "/";
	const char *name, *packed = compression((const unsigned char *)data, size);
	size_t len;

	if (packed)
		panic("module %s is compressed (%s): hand it over unpacked", module->name, packed);
	name = module_name(module, &len);
	if (!len || (len == 1 && *name == '.')) {
		name = "program";
		len = strlen(name);
	}
	if (!root_find(name, len) && !initrd_add_file(fs_root, name, len, S_IFREG | 0755, data, size))
		panic("no memory for the module %s: give the VM more", module->name);
	if (!fs_program_path) {
		memcpy(path + 1, name, len);
		fs_program_path = path;
	}
}

/* The module's content, unpacked where it is compressed in a way that this configuration knows. */
static const char *module_content(const struct boot_module *module, size_t *size)
{
	const void *data = module_map(module);
	const char *format, *problem;

	*size = module->range.end - module->range.start;
	if (!IS_ENABLED(CONFIG_MODULE_UNPACK))
		return data;
	data = unpack_module(data, *size, size, &format, &problem);
	if (!data)
		panic("module %s, compressed with %s: %s", module->name, format, problem);
	return data;
}

static void add_module(const struct boot_module *module)
{
	size_t size;
	const char *data = module_content(module, &size), *problem;

	if (!cpio_is_archive(data, size)) {
		add_program(module, data, size);
		return;
	}
	if (initrd_add(fs_root, data, size, &problem))
		panic("module %s, a cpio archive: %s", module->name, problem);
}

/* A directory of the root that programs expect. */
static struct dentry *standard_directory(const char *name, uint32_t mode)
{
	struct dentry *d = root_find(name, strlen(name));

	if (!d)
		d = directory_make(fs_root, name, S_IFDIR | mode);
	if (!d)
		panic("no memory for /%s: give the VM more", name);
	return d;
}

static void mount_made_up(const char *name, struct filesystem *fs, const struct inode_ops *ops)
{
	struct dentry *on = standard_directory(name, 0755), *root = NULL;
	struct inode *inode = inode_new(fs, S_IFDIR | 0755);

	if (inode) {
		inode->ops = ops;
		inode->nlink = 2;
		root = dentry_alone("", inode);
	}
	if (!root)
		panic("no memory for /%s: give the VM more", name);
	if (is_directory(on->inode))
		dentry_mount(on, root);
}

void files_init(const struct boot_info *bi)
{
	struct inode *inode = inode_new(&root_fs, S_IFDIR | 0755);

	fs_root = inode ? dentry_alone("", inode) : NULL;
	if (!fs_root)
		panic("no memory for files: give the VM more");
	inode->nlink = 2;
	fs_cwd = dentry_hold(fs_root);
	for (unsigned i = 0; i < bi->nr_modules; i++)
		add_module(&bi->modules[i]);
	standard_directory("tmp", 01777);
	mount_made_up("dev", &dev_fs, &dev_root_ops);
	mount_made_up("proc", &proc_fs, &proc_root_ops);
	mount_made_up("sys", &sys_fs, &sys_root_ops);
	if (IS_ENABLED(CONFIG_UNIX_SOCKETS))
		unix_init();
	boot_mark("files");
}
