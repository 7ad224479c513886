// SPDX-License-Identifier: BSD-2-Clause
/* gzip (RFC 1952), by zlib's inflate (fs/unpack.h). */
#include "fs/unpack.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/heap.h"

/* zlib's interface (zlib.h), which has not changed since version 1.0. */
#define Z_OK 0
#define Z_STREAM_END 1
#define Z_BUF_ERROR (-5)
#define Z_NO_FLUSH 0
#define GZIP_WINDOW (15 + 16) /* inflateInit2(): 32 KiB, gzip's header and trailer */
#define NO_MEMORY "zlib has no memory: give the VM more"
#define CHUNK GIB(1) /* zlib counts in 32 bits */

struct z_stream {
	const uint8_t *next_in;
	uint32_t avail_in;
	uint64_t total_in;
	uint8_t *next_out;
	uint32_t avail_out;
	uint64_t total_out;
	const char *msg;
	void *state;
	void *(*zalloc)(void *opaque, unsigned items, unsigned size);
	void (*zfree)(void *opaque, void *address);
	void *opaque;
	int data_type;
	uint64_t adler;
	uint64_t reserved;
};
_Static_assert(sizeof(struct z_stream) == 112, "z_stream on x86-64");

int zlib_inflateInit2_(struct z_stream *stream, int window, const char *version, int size);
int zlib_inflate(struct z_stream *stream, int flush);
int zlib_inflateReset(struct z_stream *stream);
int zlib_inflateEnd(struct z_stream *stream);

/* What these objects want of a C library. */
void *zlib_memcpy(void *to, const void *from, size_t n);
void *zlib_zcalloc(void *opaque, unsigned items, unsigned size);
void zlib_zcfree(void *opaque, void *address);
__noreturn void zlib___stack_chk_fail(void);

void *zlib_memcpy(void *to, const void *from, size_t n)
{
	return memcpy(to, from, n);
}

void *zlib_zcalloc(void *opaque, unsigned items, unsigned size)
{
	(void)opaque;
	return heap_alloc((size_t)items * size);
}

void zlib_zcfree(void *opaque, void *address)
{
	(void)opaque;
	heap_free(address);
}

void zlib___stack_chk_fail(void)
{
	panic("zlib: a stack was overwritten");
}

/* What the last member says of its size, modulo 4 GiB. */
uint64_t gunzip_guess(const uint8_t *data, size_t size)
{
	uint32_t claimed = size >= sizeof(claimed) ? unpack_u32(data + size - sizeof(claimed)) : 0;

	/* More than deflate can do: 258 bytes for 2 bits? */
	return claimed / 1032 > size ? MIN(size, (size_t)UINT32_MAX) : claimed;
}

/* Goes on to the next member, or finds that only zeros follow. Returns 1, 0 at the end, -1: garbage. */
static int next_member(struct z_stream *stream, const uint8_t *end)
{
	while (stream->next_in < end && !*stream->next_in)
		stream->next_in++;
	if (stream->next_in == end)
		return 0;
	return *stream->next_in == 0x1f && zlib_inflateReset(stream) == Z_OK ? 1 : -1;
}

static const char *inflate_all(struct z_stream *stream, struct unpack *u)
{
	const uint8_t *end = u->data + u->size;

	stream->next_in = u->data;
	for (;;) {
		int result, more;

		stream->avail_in = (uint32_t)MIN((size_t)(end - stream->next_in), CHUNK);
		stream->next_out = u->out + u->used;
		stream->avail_out = (uint32_t)MIN(u->room - u->used, CHUNK);
		result = zlib_inflate(stream, Z_NO_FLUSH);
		u->used = (size_t)(stream->next_out - u->out);
		if (result == Z_STREAM_END) {
			more = next_member(stream, end);
			if (more <= 0)
				return more ? UNPACK_GARBAGE : NULL;
			continue;
		}
		if (result != Z_OK && result != Z_BUF_ERROR)
			return stream->msg ? stream->msg : NO_MEMORY;
		if (u->used == u->room) {
			if (!unpack_grow(u))
				return UNPACK_NO_MEMORY;
		} else if (stream->next_in == end) {
			return UNPACK_CUT_OFF;
		}
	}
}

const char *gunzip(struct unpack *u)
{
	struct z_stream stream = { .zalloc = zlib_zcalloc, .zfree = zlib_zcfree };
	const char *problem;

	if (zlib_inflateInit2_(&stream, GZIP_WINDOW, "1", sizeof(stream)) != Z_OK)
		return NO_MEMORY;
	problem = inflate_all(&stream, u);
	zlib_inflateEnd(&stream);
	return problem;
}
