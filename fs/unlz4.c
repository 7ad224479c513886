// SPDX-License-Identifier: BSD-2-Clause
/* LZ4 (its frame format 1.6.4, and the legacy one, which Linux has for its initial RAM disks): frames
 * are read here, blocks are unpacked by liblz4 (fs/unpack.h). */
#include "fs/unpack.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/heap.h"

#define MAGIC 0x184d2204U
#define MAGIC_LEGACY 0x184c2102U
#define SKIPPABLE 0x184d2a50U /* and the 15 behind it */
#define SKIPPABLE_MASK 0xfffffff0U
#define LEGACY_BLOCK MIB(8)
#define HISTORY KIB(64) /* that a block may refer back to */

/* The frame descriptor: FLG, BD. */
#define FLG_VERSION 0xc0
#define FLG_VERSION_1 0x40
#define FLG_BLOCK_CHECKSUM 0x10
#define FLG_SIZE 0x08
#define FLG_CHECKSUM 0x04
#define FLG_RESERVED 0x02
#define FLG_DICTIONARY 0x01
#define FLG_INDEPENDENT 0x20
#define BD_RESERVED 0x8f
#define BD_SHIFT 4
#define BLOCK_STORED BIT(31)

int lz4_LZ4_decompress_safe_usingDict(const char *from, char *to, int size, int room,
                                      const char *dictionary, int dictionary_size);
uint32_t lz4_LZ4_XXH32(const void *data, size_t size, uint32_t seed);

/* What these objects want of a C library. */
void *lz4_memcpy(void *to, const void *from, size_t n);
void *lz4_memmove(void *to, const void *from, size_t n);
void *lz4_memset(void *to, int value, size_t n);
void *lz4_malloc(size_t size);
void *lz4_calloc(size_t count, size_t size);
void lz4_free(void *address);
__noreturn void lz4___stack_chk_fail(void);

void *lz4_memcpy(void *to, const void *from, size_t n)
{
	return memcpy(to, from, n);
}

void *lz4_memmove(void *to, const void *from, size_t n)
{
	return memmove(to, from, n);
}

void *lz4_memset(void *to, int value, size_t n)
{
	return memset(to, value, n);
}

void *lz4_malloc(size_t size)
{
	return heap_alloc(size);
}

void *lz4_calloc(size_t count, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(count, size, &bytes) ? NULL : heap_zalloc(bytes);
}

void lz4_free(void *address)
{
	heap_free(address);
}

void lz4___stack_chk_fail(void)
{
	panic("lz4: a stack was overwritten");
}

/* Where reading stands. */
struct reader {
	struct unpack *u;
	size_t at;
	uint8_t flags;
	size_t block_max;
	size_t start;     /* of the frame's content */
	uint64_t claimed; /* FLG_SIZE */
};

static size_t left(const struct reader *r)
{
	return r->u->size - r->at;
}

static const uint8_t *here(const struct reader *r)
{
	return r->u->data + r->at;
}

uint64_t unlz4_guess(const uint8_t *data, size_t size)
{
	uint64_t claimed = 0;

	if (size >= 15 && unpack_u32(data) == MAGIC && data[4] & FLG_SIZE)
		claimed = unpack_u32(data + 6) | (uint64_t)unpack_u32(data + 10) << 32;
	/* LZ4 cannot do better than 1 to 255. */
	return claimed && claimed / 256 <= size ? claimed : MIN(size * 3, GIB(1));
}

/* Room for one block more. */
static bool make_room(struct unpack *u, size_t block)
{
	while (u->room - u->used < block)
		if (!unpack_grow(u))
			return false;
	return true;
}

/* One block of size bytes, which may refer back to what lies between start and the end. */
static const char *block(struct reader *r, uint32_t size, bool stored, size_t start)
{
	struct unpack *u = r->u;
	size_t history = MIN(u->used - start, HISTORY);
	int n = (int)size;

	if (size > left(r))
		return UNPACK_CUT_OFF;
	if (!make_room(u, r->block_max))
		return UNPACK_NO_MEMORY;
	if (stored)
		memcpy(u->out + u->used, here(r), size);
	else
		n = lz4_LZ4_decompress_safe_usingDict((const char *)here(r), (char *)u->out + u->used,
		                                      (int)size, (int)r->block_max,
		                                      (const char *)u->out + u->used - history,
		                                      (int)history);
	if (n < 0)
		return "a block is damaged";
	u->used += (size_t)n;
	r->at += size;
	return NULL;
}

/* A word of the file: returns whether there is one. */
static bool word(struct reader *r, uint32_t *value)
{
	if (left(r) < sizeof(*value))
		return false;
	*value = unpack_u32(here(r));
	r->at += sizeof(*value);
	return true;
}

/* What follows the magic number of a frame. */
static const char *descriptor(struct reader *r)
{
	const uint8_t *at = here(r);
	size_t size = 2;
	uint8_t bd;

	if (left(r) < 3)
		return UNPACK_CUT_OFF;
	r->flags = at[0];
	bd = at[1];
	if ((r->flags & FLG_VERSION) != FLG_VERSION_1 || r->flags & FLG_RESERVED || bd & BD_RESERVED ||
	    bd >> BD_SHIFT < 4)
		return "an unknown version of the format";
	if (r->flags & FLG_DICTIONARY)
		return "it wants a dictionary";
	size += r->flags & FLG_SIZE ? sizeof(r->claimed) : 0;
	if (left(r) < size + 1)
		return UNPACK_CUT_OFF;
	if (r->flags & FLG_SIZE)
		r->claimed = unpack_u32(at + 2) | (uint64_t)unpack_u32(at + 6) << 32;
	if ((lz4_LZ4_XXH32(at, size, 0) >> 8 & 0xff) != at[size])
		return "its header is damaged";
	r->block_max = 1UL << (8 + 2 * (bd >> BD_SHIFT));
	r->at += size + 1;
	return NULL;
}

/* Is the checksum that comes next that of these bytes? */
static const char *checksum(struct reader *r, const uint8_t *data, size_t size)
{
	uint32_t sum;

	if (!word(r, &sum))
		return UNPACK_CUT_OFF;
	return sum == lz4_LZ4_XXH32(data, size, 0) ? NULL : "a checksum does not fit";
}

static const char *frame_block(struct reader *r, uint32_t head)
{
	uint32_t size = head & ~(uint32_t)BLOCK_STORED;
	const uint8_t *data = here(r);
	const char *problem;

	if (size > r->block_max)
		return "a block is too large";
	problem =
		block(r, size, head & BLOCK_STORED, r->flags & FLG_INDEPENDENT ? r->u->used : r->start);
	if (!problem && r->flags & FLG_BLOCK_CHECKSUM)
		problem = checksum(r, data, size);
	return problem;
}

static const char *frame(struct reader *r)
{
	const char *problem = descriptor(r);
	uint32_t head;

	r->start = r->u->used;
	while (!problem) {
		if (!word(r, &head))
			return UNPACK_CUT_OFF;
		if (!head)
			break;
		problem = frame_block(r, head);
	}
	if (!problem && r->flags & FLG_CHECKSUM)
		problem = checksum(r, r->u->out + r->start, r->u->used - r->start);
	if (!problem && r->flags & FLG_SIZE && r->claimed != r->u->used - r->start)
		problem = "its size is not what it says";
	return problem;
}

static bool is_magic(uint32_t value)
{
	return value == MAGIC || value == MAGIC_LEGACY || (value & SKIPPABLE_MASK) == SKIPPABLE;
}

/* Blocks without an end mark, up to the end of the file, padding, or another frame. */
static const char *legacy(struct reader *r)
{
	const char *problem = NULL;

	r->block_max = LEGACY_BLOCK;
	while (!problem && left(r)) {
		uint32_t size = left(r) >= sizeof(size) ? unpack_u32(here(r)) : 0;

		if (!size || is_magic(size))
			break;
		r->at += sizeof(size);
		problem = block(r, size, false, r->u->used);
	}
	return problem;
}

static const char *skip(struct reader *r)
{
	uint32_t size;

	if (!word(r, &size) || size > left(r))
		return UNPACK_CUT_OFF;
	r->at += size;
	return NULL;
}

const char *unlz4(struct unpack *u)
{
	struct reader r = { .u = u };
	const char *problem = NULL;
	uint32_t magic;

	while (!problem) {
		while (left(&r) && !*here(&r))
			r.at++;
		if (!left(&r))
			break;
		if (!word(&r, &magic) || !is_magic(magic))
			return UNPACK_GARBAGE;
		if (magic == MAGIC)
			problem = frame(&r);
		else
			problem = magic == MAGIC_LEGACY ? legacy(&r) : skip(&r);
	}
	return problem;
}
