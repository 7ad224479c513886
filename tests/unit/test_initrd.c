/* sources: fs/cpio.c fs/initrd.c fs/dentry.c fs/inode.c lib/string.c lib/tree.c lib/fmt.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Archives as trees: what is made when, that nothing is lost or made twice, and that it is what Linux
 * would make, whatever the order of entries. */
#include "tests/unit/host_stubs.h"

#include "tests/unit/initrd_model.h"

static struct filesystem fs = { .type = "tmpfs", .dev = 1 };
static char *archive;
static size_t length;
static struct dentry *root;

static void append(const void *data, size_t n)
{
	archive = realloc(archive, length + n + 3);
	memcpy(archive + length, data, n);
	length += n;
	while (length % 4)
		archive[length++] = 0;
}

static void add_linked(const char *name, unsigned mode, const char *data, unsigned ino,
                       unsigned links)
{
	char entry[600];
	int n = sprintf(entry, "070701%08X%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x%s", ino,
	                mode, 7, 8, links, 3, strlen(data), 4, 5, 6, 7, strlen(name) + 1, 0, name);

	append(entry, (size_t)n + 1);
	append(data, strlen(data));
}

static void add(const char *name, unsigned mode, const char *data)
{
	static unsigned ino = 100;

	add_linked(name, mode, data, ino++, 1);
}

static int setup(void **state)
{
	(void)state;
	heap_fail_every = 0;
	archive = malloc(4);
	length = 0;
	root = dentry_alone("", inode_new(&fs, S_IFDIR | 0755));
	root->inode->nlink = 2;
	model_reset();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	heap_fail_every = 0;
	model_free_tree(root);
	dentry_put(root);
	free(archive);
	return 0;
}

static void mount(void)
{
	const char *problem;

	assert_int_equal(model_read(archive, length), 0);
	assert_int_equal(initrd_add(root, archive, length, &problem), 0);
}

static struct dentry *child(struct dentry *dir, const char *name)
{
	assert_int_equal(directory_ready(dir), 0);
	return dentry_find(dir, name, strlen(name));
}

static void test_made_on_the_first_look(void **state)
{
	struct dentry *a, *b;
	unsigned calls;
	uint64_t ino;

	(void)state;
	add("a/one", S_IFREG | 0644, "1");
	add("a/two", S_IFLNK | 0777, "one");
	add("b", S_IFDIR | 0700, "");
	for (unsigned i = 0; i < 300; i++) {
		char name[16];

		sprintf(name, "b/%u", i);
		add(name, S_IFREG | 0600, name);
	}
	calls = heap_calls;
	mount();
	assert_true(heap_calls - calls < 10);
	a = child(root, "a");
	b = child(root, "b");
	assert_int_equal(a->inode->dir.count + b->inode->dir.count, 0);
	assert_non_null(child(a, "two"));
	assert_int_equal(a->inode->dir.count, 2);
	assert_int_equal(b->inode->dir.count, 0);
	ino = child(b, "299")->inode->ino;
	assert_int_equal(b->inode->dir.count, 300);
	calls = heap_calls;
	model_compare(root, 0);
	assert_int_equal(heap_calls, calls);
	assert_int_equal(child(b, "299")->inode->ino, ino);
}

static void test_later_entries_replace(void **state)
{
	(void)state;
	add("f", S_IFREG | 0644, "old");
	add("d/x", S_IFREG | 0644, "x");
	add("f", S_IFREG | 0600, "new");
	add("link", S_IFLNK | 0777, "d");
	add("link/y", S_IFREG | 0644, "makes it a directory");
	add("d", S_IFREG | 0644, "does not replace one that is in use");
	add("e", S_IFDIR | 0755, "");
	add("e", S_IFREG | 0644, "but an empty one");
	add("e/z", S_IFREG | 0644, "and is replaced again");
	add("d/x", S_IFDIR | 0711, "");
	add("d/x", S_IFIFO | 0600, "");
	add("d/x/deep/er", S_IFREG | 0644, "");
	mount();
	model_compare(root, 0);
	assert_true(S_ISDIR(child(root, "link")->inode->mode));
	assert_int_equal(child(root, "f")->inode->size, 3);
}

static void test_hard_links(void **state)
{
	(void)state;
	add("a/w", S_IFREG | 0644, "waits");
	add_linked("a/x", S_IFREG | 0644, "", 5, 3);
	add("a/v", S_IFREG | 0644, "waits, too");
	add_linked("b/y", S_IFREG | 0644, "", 5, 3);
	add("a/x", S_IFREG | 0644, "in its place");
	add_linked("c", S_IFREG | 0644, "the data", 5, 3);
	add_linked("only", S_IFREG | 0644, "gone", 6, 2);
	add("only", S_IFREG | 0644, "there");
	add_linked("again", S_IFREG | 0644, "", 6, 2);
	mount();
	model_compare(root, 0);
	assert_ptr_equal(child(root, "c")->inode, child(child(root, "b"), "y")->inode);
	assert_int_equal(child(root, "c")->inode->nlink, 2);
	assert_int_equal(child(root, "again")->inode->size, 4);
}

/* Archives one behind the other count their inodes each from the beginning. */
static void test_hard_links_of_two_archives(void **state)
{
	(void)state;
	add_linked("a", S_IFREG | 0644, "first", 1, 2);
	add_linked("b", S_IFREG | 0644, "", 1, 2);
	add("TRAILER!!!", 0, "");
	add_linked("c", S_IFREG | 0644, "", 1, 2);
	add_linked("d", S_IFREG | 0644, "next", 1, 2);
	mount();
	model_compare(root, 0);
	assert_ptr_equal(child(root, "a")->inode, child(root, "b")->inode);
	assert_ptr_equal(child(root, "c")->inode, child(root, "d")->inode);
	assert_int_equal(child(root, "b")->inode->size, 5);
	assert_int_equal(child(root, "c")->inode->size, 4);
}

static void test_several_archives(void **state)
{
	char *first;

	(void)state;
	add("a/x", S_IFREG | 0644, "1");
	add("a/y", S_IFREG | 0644, "1");
	add("b", S_IFREG | 0644, "1");
	mount();
	assert_non_null(child(root, "b")); /* this much is made before */
	first = archive;
	archive = malloc(4);
	length = 0;
	add("a/y", S_IFREG | 0600, "22");
	add("a/z", S_IFREG | 0600, "22");
	add("b", S_IFLNK | 0777, "22");
	add("a/x/w", S_IFREG | 0600, "22");
	mount();
	model_compare(root, 0);
	model_free_tree(root);
	free(first);
}

static void test_no_memory(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		char name[32];

		sprintf(name, "dir%u/file%u", i % 3, i % 50);
		add(name, S_IFREG | 0644, name);
	}
	mount();
	heap_fail_every = 3;
	model_compare(root, 0);
}

/* Few names, so that they meet in all ways. */
static void test_random_archives(void **state)
{
	static const char *const parts[] = { "a", "b", "c", "dd", "." };
	static const unsigned modes[] = { S_IFREG | 0644, S_IFREG | 0600, S_IFDIR | 0700,
		                              S_IFLNK | 0777, S_IFIFO | 0600 };

	for (unsigned round = 0; round < 3000; round++) {
		unsigned entries = 1 + (unsigned)host_random_below(20);

		for (unsigned i = 0; i < entries; i++) {
			char name[64] = "";
			unsigned depth = 1 + (unsigned)host_random_below(3);

			for (unsigned k = 0; k < depth; k++) {
				strcat(name, k ? "/" : "");
				strcat(name, parts[host_random_below(ARRAY_SIZE(parts))]);
			}
			add_linked(name, modes[host_random_below(ARRAY_SIZE(modes))],
			           host_random_below(2) ? "data" : "", (unsigned)host_random_below(3),
			           host_random_below(4) ? 1 : 2);
		}
		mount();
		model_compare(root, 0);
		teardown(state);
		setup(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made_on_the_first_look, setup, teardown),
		cmocka_unit_test_setup_teardown(test_later_entries_replace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hard_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hard_links_of_two_archives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several_archives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random_archives, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
