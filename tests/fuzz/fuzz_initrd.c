/* sources: fs/cpio.c fs/initrd.c fs/dentry.c fs/inode.c lib/string.c lib/tree.c lib/fmt.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Any archive, twice if need be: the tree that is made of it piece by piece is that of all entries made
 * one after the other. */
#include "tests/unit/initrd_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct filesystem fs = { .type = "tmpfs", .dev = 1 };
	struct dentry *root;
	const char *problem;
	/* The first byte says where a second archive begins, and how often there is no memory. */
	unsigned fail = size ? data[0] & 15 : 0, twice = size ? data[0] >> 7 : 0;
	int result = 0;

	if (size)
		data++, size--;
	heap_fail_every = 0;
	root = dentry_alone("", inode_new(&fs, S_IFDIR | 0755));
	root->inode->nlink = 2;
	model_reset();
	for (unsigned i = 0; i <= twice && !result; i++) {
		result = model_read(data, size);
		if (result > 0)
			break;
		model_require(initrd_add(root, data, size, &problem) == result, "result", NULL);
		model_require(!result || problem, "refused without a reason", NULL);
		heap_fail_every = fail > 2 ? fail : 0;
		if (!result)
			model_compare(root, 0);
		heap_fail_every = 0;
	}
	model_free_tree(root);
	dentry_put(root);
	return 0;
}
