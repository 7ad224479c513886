// SPDX-License-Identifier: BSD-2-Clause
/* zlib in the kernel (fs/gunzip.h). The objects are those of the build machine's libz.a, compiled for
 * ordinary programs: they use vector registers and a stack guard at %fs:0x28. Nobody else has use for
 * either before the program starts, and interrupts are off. Their names get "zlib_" in front
 * (scripts/rooms.mk). */
#include "fs/gunzip.h"

#include "arch/x86/context.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "sched/thread.h"

/* zlib's interface (zlib.h), which has not changed since version 1.0. */
#define Z_OK 0
#define Z_STREAM_END 1
#define Z_BUF_ERROR (-5)
#define Z_NO_FLUSH 0
#define GZIP_WINDOW (15 + 16) /* inflateInit2(): 32 KiB, gzip's header and trailer */
#define CHUNK GIB(1)          /* zlib counts in 32 bits */

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

/* A block of frames that grows by moving. */
struct room {
	uint8_t *start;
	unsigned order;
};

static size_t room_size(const struct room *room)
{
	return FRAME_SIZE << room->order;
}

static bool room_get(struct room *room, unsigned order)
{
	phys_t block = order <= FRAME_ORDER_MAX ? frame_alloc(order) : FRAME_NONE;

	if (block == FRAME_NONE)
		return false;
	room->start = phys_to_virt(block);
	room->order = order;
	return true;
}

static void room_free(const struct room *room)
{
	frame_free(virt_to_phys(room->start), room->order);
}

static bool room_grow(struct room *room, size_t used)
{
	struct room larger;

	if (!room_get(&larger, room->order + 1))
		return false;
	memcpy(larger.start, room->start, used);
	room_free(room);
	*room = larger;
	return true;
}

/* Gives back what is behind the content. */
static void room_trim(const struct room *room, size_t used)
{
	size_t keep = MAX(ALIGN_UP(used, FRAME_SIZE), FRAME_SIZE);

	if (keep < room_size(room))
		frame_free_run(virt_to_phys(room->start) + keep, (room_size(room) - keep) / FRAME_SIZE);
}

/* What the last member says of its size (modulo 4 GiB): a beginning, not to be relied on. */
static unsigned first_order(const uint8_t *data, size_t size)
{
	uint32_t claimed = 0;
	unsigned order = 0;

	if (size >= sizeof(claimed))
		memcpy(&claimed, data + size - sizeof(claimed), sizeof(claimed));
	if (claimed / 1032 > size) /* more than deflate can do: 258 bytes for 2 bits */
		claimed = (uint32_t)MIN(size, (size_t)UINT32_MAX);
	while (order < FRAME_ORDER_MAX && FRAME_SIZE << order < claimed)
		order++;
	return order;
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

static const char *inflate_all(struct z_stream *stream, const uint8_t *data, size_t size,
                               struct room *room, size_t *used)
{
	const uint8_t *end = data + size;

	stream->next_in = data;
	for (;;) {
		int result, more;

		stream->avail_in = (uint32_t)MIN((size_t)(end - stream->next_in), CHUNK);
		stream->next_out = room->start + *used;
		stream->avail_out = (uint32_t)MIN(room_size(room) - *used, CHUNK);
		result = zlib_inflate(stream, Z_NO_FLUSH);
		*used = (size_t)(stream->next_out - room->start);
		if (result == Z_STREAM_END) {
			more = next_member(stream, end);
			if (more <= 0)
				return more ? "there is something else behind its end" : NULL;
			continue;
		}
		if (result != Z_OK && result != Z_BUF_ERROR)
			return stream->msg ? stream->msg : "zlib has no memory: give the VM more";
		if (*used == room_size(room)) {
			if (!room_grow(room, *used))
				return "its content does not fit into memory: give the VM more";
		} else if (stream->next_in == end) {
			return "it is cut off";
		}
	}
}

const void *gunzip(const void *data, size_t size, size_t *unpacked, const char **problem)
{
	/* The guard lies where the compiler looks for it, 0x28 bytes behind the FS base. */
	static const uint64_t guard[6] = { [5] = 0x9d5fbe0b3a71c200 };
	struct z_stream stream = { .zalloc = zlib_zcalloc, .zfree = zlib_zcfree };
	struct room room;
	uint64_t flags;

	*unpacked = 0;
	if (!room_get(&room, first_order(data, size))) {
		*problem = "its content does not fit into memory: give the VM more";
		return NULL;
	}
	flags = irq_save();
	context_set_fs(&current_thread()->ctx, (uint64_t)guard);
	if (zlib_inflateInit2_(&stream, GZIP_WINDOW, "1", sizeof(stream)) == Z_OK) {
		*problem = inflate_all(&stream, data, size, &room, unpacked);
		zlib_inflateEnd(&stream);
		if (*problem)
			room_free(&room);
		else
			room_trim(&room, *unpacked);
	} else {
		room_free(&room);
		*problem = "zlib has no memory: give the VM more";
	}
	context_set_fs(&current_thread()->ctx, 0);
	irq_restore(flags);
	return *problem ? NULL : room.start;
}
