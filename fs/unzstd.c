// SPDX-License-Identifier: BSD-2-Clause
/* Zstandard (RFC 8878), by libzstd (fs/unpack.h). Frames are told apart here: the library would take
 * those of its versions before 1.0 too, whose code is not in the image. */
#include "fs/unpack.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/heap.h"

#define MAGIC 0xfd2fb528U
#define SKIPPABLE 0x184d2a50U /* and the 15 behind it */
#define SKIPPABLE_MASK 0xfffffff0U
#define HEADER_MAX 18                 /* magic and frame header */
#define SIZE_UNKNOWN (UINT64_MAX - 1) /* ZSTD_CONTENTSIZE_UNKNOWN, and one more is an error */

/* zstd.h's interface, stable since 1.0. */
struct in_buffer {
	const void *src;
	size_t size, pos;
};

struct out_buffer {
	void *dst;
	size_t size, pos;
};

void *zstd_ZSTD_createDStream(void);
size_t zstd_ZSTD_freeDStream(void *stream);
size_t zstd_ZSTD_decompressStream(void *stream, struct out_buffer *out, struct in_buffer *in);
unsigned zstd_ZSTD_isError(size_t code);
const char *zstd_ZSTD_getErrorName(size_t code);
unsigned long long zstd_ZSTD_getFrameContentSize(const void *data, size_t size);

/* What these objects want of a C library. */
void *zstd_memcpy(void *to, const void *from, size_t n);
void *zstd_memmove(void *to, const void *from, size_t n);
void *zstd_memset(void *to, int value, size_t n);
void *zstd_malloc(size_t size);
void *zstd_calloc(size_t count, size_t size);
void zstd_free(void *address);
__noreturn void zstd___stack_chk_fail(void);

void *zstd_memcpy(void *to, const void *from, size_t n)
{
	return memcpy(to, from, n);
}

void *zstd_memmove(void *to, const void *from, size_t n)
{
	return memmove(to, from, n);
}

void *zstd_memset(void *to, int value, size_t n)
{
	return memset(to, value, n);
}

void *zstd_malloc(size_t size)
{
	return heap_alloc(size);
}

void *zstd_calloc(size_t count, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(count, size, &bytes) ? NULL : heap_zalloc(bytes);
}

void zstd_free(void *address)
{
	heap_free(address);
}

void zstd___stack_chk_fail(void)
{
	panic("zstd: a stack was overwritten");
}

/* What the first frame says of its size. */
uint64_t unzstd_guess(const uint8_t *data, size_t size)
{
	uint64_t claimed = zstd_ZSTD_getFrameContentSize(data, MIN(size, (size_t)HEADER_MAX));

	/* Who claims more than a small frame can hold is not believed. */
	return claimed >= SIZE_UNKNOWN || claimed / 65536 > size ? MIN(size * 2, GIB(1)) : claimed;
}

/* One frame, from in->pos on. */
static const char *frame(void *stream, struct in_buffer *in, struct unpack *u)
{
	for (;;) {
		struct out_buffer out = { u->out + u->used, u->room - u->used, 0 };
		size_t result = zstd_ZSTD_decompressStream(stream, &out, in);

		u->used += out.pos;
		if (zstd_ZSTD_isError(result))
			return zstd_ZSTD_getErrorName(result);
		if (!result)
			return NULL;
		if (u->used == u->room) {
			if (!unpack_grow(u))
				return UNPACK_NO_MEMORY;
		} else if (in->pos == in->size) {
			return UNPACK_CUT_OFF;
		}
	}
}

/* Does a frame begin at in->pos? Zeros are padding. */
static bool more(struct in_buffer *in, const uint8_t *data)
{
	while (in->pos < in->size && !data[in->pos])
		in->pos++;
	return in->pos < in->size;
}

static bool known(const uint8_t *at, size_t left)
{
	uint32_t magic = left >= sizeof(magic) ? unpack_u32(at) : 0;

	return magic == MAGIC || (magic & SKIPPABLE_MASK) == SKIPPABLE;
}

const char *unzstd(struct unpack *u)
{
	void *stream = zstd_ZSTD_createDStream();
	struct in_buffer in = { u->data, u->size, 0 };
	const char *problem = NULL;

	if (!stream)
		return "zstd has no memory: give the VM more";
	while (!problem && more(&in, u->data))
		problem =
			known(u->data + in.pos, u->size - in.pos) ? frame(stream, &in, u) : UNPACK_GARBAGE;
	zstd_ZSTD_freeDStream(stream);
	return problem;
}
