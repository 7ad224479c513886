/* sources: fs/ram_file.c fs/pages.c fs/inode.c fs/dentry.c lib/string.c lib/tree.c lib/fmt.c mm/heap.c mm/frame.c mm/frame_reserve.c mm/buddy.c mm/carve.c arch/x86/paging.c arch/x86/paging_edit.c arch/x86/paging_unmap.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Files in memory against an array of bytes: what came with a module, what was written over it,
 * holes, sizes; and that every frame comes back. */
#include "tests/unit/fs_machine.h"

#include <stdlib.h>

#define LIMIT (256 * 1024UL)
#define BASE 100001UL

static char base[BASE], model[LIMIT], buffer[LIMIT];
static struct fs_file f;
static uint64_t size;

static uint64_t free_frames(void)
{
	struct frame_stats s;

	frame_stats(&s);
	return s.free;
}

static void open_file(size_t base_size)
{
	struct inode *inode = inode_new(&root_fs, S_IFREG | 0644);

	assert_non_null(inode);
	inode->file.seals = 0;
	inode->file.base = base;
	inode->file.base_size = inode->size = base_size;
	memset(&f, 0, sizeof(f));
	f.inode = inode;
	f.file.ops = &ram_file_ops;
	size = base_size;
	memset(model, 0, sizeof(model));
	memcpy(model, base, base_size);
}

static void check(uint64_t at, size_t n)
{
	struct io io = io_buffer(buffer, n);
	uint64_t pos = at, there = at < size ? MIN(n, size - at) : 0;

	assert_int_equal(f.inode->size, size);
	assert_int_equal(ram_file_ops.read(&f.file, &io, &pos), there);
	assert_int_equal(pos, at + there);
	assert_memory_equal(buffer, model + at, there);
}

static void put(uint64_t at, size_t n)
{
	struct io io = io_buffer(buffer, n);
	uint64_t pos = at;

	for (size_t i = 0; i < n; i++)
		buffer[i] = (char)host_random();
	assert_int_equal(ram_file_ops.write(&f.file, &io, &pos), n);
	memcpy(model + at, buffer, n);
	size = n ? MAX(size, at + n) : size;
}

static void resize(uint64_t to)
{
	assert_int_equal(ram_file_truncate(f.inode, to), 0);
	if (to < size)
		memset(model + to, 0, size - to);
	size = to;
}

static void punch(uint64_t at, uint64_t n)
{
	uint64_t end = MIN(at + n, size);

	assert_int_equal(ram_file_allocate(f.inode, 3, at, n), 0);
	if (at < end)
		memset(model + at, 0, end - at);
}

static void test_random_operations(void **state)
{
	(void)state;
	for (size_t i = 0; i < BASE; i++)
		base[i] = (char)host_random();
	for (unsigned round = 0; round < 20; round++) {
		uint64_t before = free_frames();

		open_file(round % 2 ? BASE : 0);
		for (unsigned i = 0; i < 200; i++) {
			uint64_t at = host_random_below(LIMIT), n = 1 + host_random_below(LIMIT - at);

			if (host_random_below(2))
				n = MIN(n, 1 + host_random_below(5000));
			switch (host_random_below(6)) {
			case 0:
				resize(at);
				break;
			case 1:
				punch(at, n);
				break;
			case 2:
			case 3:
				put(at, n);
				break;
			default:
				check(at, n);
			}
		}
		check(0, LIMIT);
		inode_put(f.inode);
		assert_true(before - free_frames() < 8); /* the heap may keep a slab of each class */
	}
}

static void test_module_is_never_written_to(void **state)
{
	char copy[100];

	(void)state;
	memcpy(copy, base, sizeof(copy));
	open_file(BASE);
	put(10, 20);
	punch(50, 10);
	assert_memory_equal(base, copy, sizeof(copy));
	check(0, 200);
	assert_null(ram_file_bytes(f.inode));
	inode_put(f.inode);
}

static void test_positions(void **state)
{
	(void)state;
	open_file(0);
	put(3 * FRAME_SIZE, 10);
	put(1UL << 17, 1);
	assert_int_equal(ram_file_ops.seek(&f.file, 0, 3), 3 * FRAME_SIZE);
	assert_int_equal(ram_file_ops.seek(&f.file, 3 * FRAME_SIZE, 4), 4 * FRAME_SIZE);
	assert_int_equal(ram_file_ops.seek(&f.file, 4 * FRAME_SIZE, 3), 1UL << 17);
	assert_int_equal(ram_file_ops.seek(&f.file, -1, 2), 1UL << 17);
	assert_int_equal(ram_file_ops.seek(&f.file, -1, 0), -EINVAL);
	assert_int_equal(ram_file_ops.seek(&f.file, INT64_MAX, 2), -EOVERFLOW);
	assert_int_equal(ram_file_ops.seek(&f.file, 0, 9), -EINVAL);
	assert_int_equal(ram_file_blocks(f.inode), 2 * 8);
	inode_put(f.inode);
}

static void test_far_away(void **state)
{
	uint64_t far = INT64_MAX - 10, pos = far;
	struct io io = io_buffer("x", 1);

	(void)state;
	open_file(0);
	assert_int_equal(ram_file_ops.write(&f.file, &io, &pos), 1);
	assert_int_equal(f.inode->size, far + 1);
	io = io_buffer(buffer, 100);
	pos = far - 50;
	assert_int_equal(ram_file_ops.read(&f.file, &io, &pos), 51);
	assert_int_equal(buffer[50], 'x');
	assert_int_equal(buffer[49], 0);
	io = io_buffer(buffer, 100);
	pos = far;
	assert_int_equal(ram_file_ops.write(&f.file, &io, &pos), -EFBIG);
	assert_int_equal(ram_file_truncate(f.inode, UINT64_MAX), -EFBIG);
	assert_int_equal(ram_file_allocate(f.inode, 0, far, UINT64_MAX - far), -EFBIG);
	assert_int_equal(ram_file_allocate(f.inode, 8, 0, 1), -EOPNOTSUPP);
	assert_int_equal(pages_next(&f.inode->file.pages, 0), far >> FRAME_SHIFT);
	inode_put(f.inode);
}

static void test_no_memory(void **state)
{
	static phys_t hogs[MACHINE_RAM / FRAME_SIZE];
	struct io io;
	uint64_t pos = 0;
	unsigned n = 0;
	long written;

	(void)state;
	open_file(BASE);
	while ((hogs[n] = frame_alloc(0)))
		n++;
	frame_free(hogs[--n], 0);
	frame_free(hogs[--n], 0);
	io = io_buffer(buffer, 5 * FRAME_SIZE);
	written = ram_file_ops.write(&f.file, &io, &pos);
	assert_true(written >= 0 && written <= 2 * (long)FRAME_SIZE);
	io = io_buffer(buffer, 5 * FRAME_SIZE);
	assert_int_equal(ram_file_ops.write(&f.file, &io, &pos), -ENOSPC);
	while (n)
		frame_free(hogs[--n], 0);
	io = io_buffer(buffer, 5 * FRAME_SIZE);
	assert_int_equal(ram_file_ops.write(&f.file, &io, &pos), 5 * FRAME_SIZE);
	inode_put(f.inode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations), cmocka_unit_test(test_module_is_never_written_to),
		cmocka_unit_test(test_positions),         cmocka_unit_test(test_far_away),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, machine, NULL);
}
