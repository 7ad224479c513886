/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks an address up in the table of scripts/symbols.py (which says how it is laid out): binary
 * search for a block of 16 functions, then along the stream. */
#include "core/symbols.h"

#include "lib/fmt.h"

#define BLOCK 16
#define FIRST_PAIR 0x80
#define NAME_MAX 104
#define DEPTH_MAX 32 /* pairs of pairs of ... in a name */

struct block {
	uint32_t offset; /* of its first function, from table.base */
	uint32_t stream; /* where that function's entry is */
};

struct table {
	uint64_t base;
	uint32_t length; /* bytes of code from base */
	uint32_t blocks; /* how many */
	uint32_t blocks_at;
	uint32_t pairs_at;
	uint32_t stream_at;
};

_Static_assert(sizeof(struct block) == 8, "scripts/symbols.py writes 8 bytes");
_Static_assert(offsetof(struct table, stream_at) == 24, "scripts/symbols.py writes 28 bytes");

extern const struct table symbol_table; /* of length 0 in the first of two links */

static const void *part(uint32_t at)
{
	return (const char *)&symbol_table + at;
}

static uint32_t read_uleb128(const uint8_t **p)
{
	uint32_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = *(*p)++;
		value |= (uint32_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && shift < 32);
	return value;
}

/* Writes the name that n codes stand for. */
static void decode(char name[NAME_MAX], const uint8_t *codes, unsigned n)
{
	const uint8_t(*pairs)[2] = part(symbol_table.pairs_at);
	uint8_t stack[DEPTH_MAX];
	unsigned len = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned depth = 0;

		stack[depth++] = codes[i];
		while (depth) {
			uint8_t code = stack[--depth];

			if (code < FIRST_PAIR) {
				if (len < NAME_MAX - 1)
					name[len++] = (char)code;
			} else if (depth + 2 <= DEPTH_MAX) {
				stack[depth++] = pairs[code - FIRST_PAIR][1];
				stack[depth++] = pairs[code - FIRST_PAIR][0];
			}
		}
	}
	name[len] = '\0';
}

/* The last block that starts at or below offset; offset lies behind the first function's start. */
static uint32_t find_block(const struct block *blocks, uint32_t offset)
{
	uint32_t low = 0, high = symbol_table.blocks;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (blocks[middle].offset <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int symbols_format(char *buf, size_t size, uintptr_t address)
{
	const uint8_t *entry, *codes = NULL;
	const struct block *block, *blocks;
	uint32_t offset, at, next, start = 0;
	unsigned n = 0;
	char name[NAME_MAX];

	if (address - symbol_table.base >= symbol_table.length)
		return 0;
	blocks = part(symbol_table.blocks_at);
	offset = (uint32_t)(address - symbol_table.base);
	block = &blocks[find_block(blocks, offset)];
	entry = (const uint8_t *)part(symbol_table.stream_at) + block->stream;
	at = block->offset;
	next = block + 1 < blocks + symbol_table.blocks ? block[1].offset : symbol_table.length;
	for (unsigned i = 0; i < BLOCK; i++) {
		at += read_uleb128(&entry); /* behind the last function: to the end of the code */
		if (at > offset) {
			next = at;
			break;
		}
		start = at;
		n = *entry++;
		codes = entry;
		entry += n;
	}
	decode(name, codes, n);
	return fmt_snprintf(buf, size, "%s+0x%x/0x%x", name, offset - start, next - start);
}
