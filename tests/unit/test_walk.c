/* sources: fs/walk.c fs/names.c fs/dentry.c fs/inode.c fs/ram_file.c fs/pages.c lib/string.c lib/tree.c lib/fmt.c mm/heap.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_unmap.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Paths: what they lead to, where they fail, what renaming and removing do to the tree. */
#include "fs/walk.h"

#include <stdio.h>

#include "tests/unit/fs_machine.h"

static struct dentry *make(const char *path, uint32_t mode, const char *text)
{
	struct found found;
	struct inode *inode = inode_new(&root_fs, mode);
	struct dentry *d = NULL;

	assert_int_equal(walk(fs_root, path, 0, &found), 0);
	if (text) {
		inode->link.text = text;
		inode->size = strlen(text);
	}
	assert_int_equal(name_create(&found, inode, &d), 0);
	return d;
}

static int look(const char *path, unsigned flags, char *where)
{
	struct dentry *d;
	int err = walk_to(fs_root, path, flags, &d);

	if (!err)
		assert_true(dentry_path(d, where, PATH_LENGTH_MAX) > 0);
	return err;
}

static void leads(const char *path, const char *to)
{
	char where[PATH_LENGTH_MAX];

	assert_int_equal(look(path, WALK_FOLLOW, where), 0);
	assert_string_equal(where, to);
}

static void fails(const char *path, int error)
{
	char where[PATH_LENGTH_MAX];

	assert_int_equal(look(path, WALK_FOLLOW, where), error);
}

static int build(void **state)
{
	machine(state);
	make("/a", S_IFDIR | 0755, NULL);
	make("a/b", S_IFDIR | 0755, NULL);
	make("/a/b/file", S_IFREG | 0644, NULL);
	make("abs", S_IFLNK, "/a/b");
	make("a/rel", S_IFLNK, "b/../b");
	make("a/up", S_IFLNK, "../a/b/file");
	make("a/slash", S_IFLNK, "b/");
	make("a/fileslash", S_IFLNK, "b/file/");
	make("chain1", S_IFLNK, "chain2/file");
	make("chain2", S_IFLNK, "abs");
	make("self", S_IFLNK, "self");
	make("nowhere", S_IFLNK, "a/new");
	make("rootlink", S_IFLNK, "/");
	return 0;
}

static void test_paths(void **state)
{
	(void)state;
	leads("/", "/");
	leads("///", "/");
	leads("..", "/");
	leads(".", "/");
	leads("a/b/../../a/./b//file", "/a/b/file");
	leads("abs/file", "/a/b/file");
	leads("a/rel/file", "/a/b/file");
	leads("a/up", "/a/b/file");
	leads("a/slash", "/a/b");
	leads("a/slash/", "/a/b");
	leads("chain1", "/a/b/file");
	leads("abs/..", "/a");
	leads("rootlink/rootlink/a/", "/a");
	fails("", -ENOENT);
	fails("x/y", -ENOENT);
	fails("a/x", -ENOENT);
	fails("a/b/file/", -ENOTDIR);
	fails("a/b/file/x", -ENOTDIR);
	fails("a/b/file/.", -ENOTDIR);
	fails("a/fileslash", -ENOTDIR);
	fails("self", -ELOOP);
	fails("self/x", -ELOOP);
	fails("nowhere", -ENOENT);
}

static void test_last_links(void **state)
{
	char where[PATH_LENGTH_MAX];
	struct found found;

	(void)state;
	assert_int_equal(look("abs", 0, where), 0);
	assert_string_equal(where, "/abs");
	assert_int_equal(look("abs/", 0, where), 0);
	assert_string_equal(where, "/a/b");
	assert_int_equal(look("abs/file", WALK_NO_LINKS, where), -ELOOP);
	assert_int_equal(walk(fs_root, "nowhere", WALK_FOLLOW, &found), 0);
	assert_null(found.dentry);
	assert_int_equal(found.len, 3);
	assert_memory_equal(found.name, "new", 3);
	assert_int_equal(dentry_path(found.dir, where, sizeof(where)), 2);
	assert_int_equal(walk(fs_root, "a/x/", 0, &found), 0);
	assert_true(found.slash && !found.dentry);
	assert_int_equal(walk(fs_root, "a/..", 0, &found), 0);
	assert_int_equal(found.len, 0);
}

static void test_forty_links(void **state)
{
	static char names[45][8];
	char where[PATH_LENGTH_MAX];

	(void)state;
	for (int i = 0; i < 45; i++) {
		snprintf(names[i], sizeof(names[i]), "l%d", i);
		make(names[i], S_IFLNK, i ? names[i - 1] : "a");
	}
	assert_int_equal(look("l39", WALK_FOLLOW, where), 0);
	assert_string_equal(where, "/a");
	fails("l40", -ELOOP);
}

static void test_longest(void **state)
{
	char name[NAME_LENGTH_MAX + 2], where[PATH_LENGTH_MAX];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[NAME_LENGTH_MAX + 1] = '\0';
	fails(name, -ENAMETOOLONG);
	name[NAME_LENGTH_MAX] = '\0';
	make(name, S_IFREG, NULL);
	assert_int_equal(look(name, 0, where), 0);
}

static int move(const char *from, const char *to, unsigned flags)
{
	struct found f, t;

	assert_int_equal(walk(fs_root, from, 0, &f), 0);
	assert_int_equal(walk(fs_root, to, 0, &t), 0);
	return name_rename(&f, &t, flags);
}

static int drop(const char *path, int (*how)(const struct found *))
{
	struct found found;

	assert_int_equal(walk(fs_root, path, 0, &found), 0);
	return how(&found);
}

static void test_rename_and_remove(void **state)
{
	struct dentry *open;
	char where[PATH_LENGTH_MAX];

	(void)state;
	make("r", S_IFDIR, NULL);
	make("r/s", S_IFDIR, NULL);
	make("r/f", S_IFREG, NULL);
	make("t", S_IFDIR, NULL);
	assert_int_equal(move("r", "r/s/x", 0), -EINVAL);
	assert_int_equal(move("t", "r", 0), -ENOTEMPTY);
	assert_int_equal(move("r/f", "t", 0), -EISDIR);
	assert_int_equal(move("t", "r/f", 0), -ENOTDIR);
	assert_int_equal(move("r/f", "r/s", 1), -EEXIST);
	assert_int_equal(move("none", "r/g", 0), -ENOENT);
	assert_int_equal(move("r", "t", 0), 0);
	leads("t/s", "/t/s");
	fails("r", -ENOENT);
	assert_int_equal(walk_to(fs_root, "t/s", 0, &open), 0);
	dentry_hold(open);
	assert_int_equal(drop("t", name_rmdir), -ENOTEMPTY);
	assert_int_equal(drop("t/s", name_unlink), -EISDIR);
	assert_int_equal(drop("t/f", name_rmdir), -ENOTDIR);
	assert_int_equal(drop("t/s", name_rmdir), 0);
	assert_true(dentry_path(open, where, sizeof(where)) > 0);
	assert_string_equal(where, "/t/s (deleted)");
	dentry_put(open);
	assert_int_equal(drop("t/f", name_unlink), 0);
	assert_int_equal(drop("t", name_rmdir), 0);
	assert_int_equal(drop("t", name_rmdir), -ENOENT);
	assert_int_equal(drop("/", name_rmdir), -EBUSY);
	assert_int_equal(drop("a/b/..", name_rmdir), -ENOTEMPTY);
	assert_int_equal(drop("a/.", name_rmdir), -EINVAL);
}

static void test_many_names(void **state)
{
	uint32_t links = fs_root->inode->nlink;
	struct dentry *dir = make("many", S_IFDIR | 0755, NULL), *d;
	uint64_t cookie = 0;
	char name[16];
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "many/%u", i);
		make(name, i % 2 ? S_IFDIR : S_IFREG, NULL);
	}
	assert_int_equal(dir->inode->nlink, 2 + 2500);
	/* In the order of making, whatever goes away meanwhile. */
	while ((d = directory_next(dir, cookie))) {
		snprintf(name, sizeof(name), "%u", n++);
		assert_int_equal(d->len, strlen(name));
		assert_memory_equal(d->name, name, d->len);
		cookie = d->cookie + 1;
		dentry_unlink(d);
	}
	assert_int_equal(n, 5000);
	assert_int_equal(dir->inode->nlink, 2);
	assert_int_equal(drop("many", name_rmdir), 0);
	assert_int_equal(fs_root->inode->nlink, links);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_last_links),
		cmocka_unit_test(test_forty_links),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_rename_and_remove),
		cmocka_unit_test(test_many_names),
	};

	return cmocka_run_group_tests(tests, build, NULL);
}
