/* sources: core/elf.c lib/string.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Any ELF file: what is accepted can be mapped without a further check. */
#include <stdio.h>
#include <stdlib.h>

#include "arch/x86/paging.h"
#include "core/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "elf: %s\n", what);
	abort();
}

static void check(const struct elf_image *image, size_t size)
{
	uint64_t base = image->relocatable ? USER_MIN : 0, next = 0;
	bool entry_executable = false;

	require(image->nr_segments > 0 && image->nr_segments <= ELF_SEGMENTS_MAX, "number of segments");
	require(IS_ALIGNED(image->low | image->high, FRAME_SIZE), "span not in pages");
	require(image->low < image->high, "span");
	require(image->low + base >= USER_MIN && image->high + base <= USER_MAX, "span out of bounds");
	require(image->align >= FRAME_SIZE && !(image->align & (image->align - 1)), "alignment");
	require(image->align <= ELF_ALIGN_MAX, "alignment too large");
	require(!image->phdr == !image->phnum, "phdr and phnum disagree");
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *s = &image->segments[i];
		uint64_t end = s->start + s->memory_size;

		require(s->memory_size > 0 && s->memory_size >= s->file_size, "sizes");
		require(end > s->start, "segment wraps");
		require(s->start >= image->low && end <= image->high, "segment outside the span");
		require(ALIGN_DOWN(s->start, FRAME_SIZE) >= next, "segments share a page");
		require(!s->file_size || s->offset + s->file_size <= size, "reads past the file");
		require(s->offset + s->file_size >= s->offset, "file range wraps");
		require(!(s->write && s->execute), "writable and executable");
		next = ALIGN_UP(end, FRAME_SIZE);
		if (s->execute && image->entry >= s->start && image->entry < end)
			entry_executable = true;
	}
	require(entry_executable, "entry");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct elf_image image;
	int error = elf_parse(&image, data, size);

	require(error <= 0, "result");
	if (error)
		require(image.problem != NULL, "refused without a reason");
	else
		check(&image, size);
	return 0;
}
