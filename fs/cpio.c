// SPDX-License-Identifier: BSD-2-Clause
/* Reading cpio archives (fs/cpio.h). */
#include "fs/cpio.h"

#include "include/errno.h"
#include "lib/string.h"

#define MAGIC_SIZE 6
#define FIELD_SIZE 8
#define HEADER_SIZE 110
#define NAME_SIZE_MAX 65536 /* names may be padded with NULs so that the data are aligned */

enum field {
	FIELD_INO,
	FIELD_MODE,
	FIELD_UID,
	FIELD_GID,
	FIELD_NLINK,
	FIELD_MTIME,
	FIELD_FILESIZE,
	FIELD_DEVMAJOR,
	FIELD_DEVMINOR,
	FIELD_RDEVMAJOR,
	FIELD_RDEVMINOR,
	FIELD_NAMESIZE,
	FIELD_CHECK,
	FIELDS,
};
_Static_assert(MAGIC_SIZE + FIELDS * FIELD_SIZE == HEADER_SIZE, "newc header");

#define BYTES 0x0101010101010101UL

static const char trailer[] = "TRAILER!!!";

bool cpio_is_archive(const void *data, size_t size)
{
	const char *magic = data;

	return size >= MAGIC_SIZE && memcmp(magic, "07070", MAGIC_SIZE - 1) == 0 &&
	       (magic[MAGIC_SIZE - 1] == '1' || magic[MAGIC_SIZE - 1] == '2');
}

static int fail(struct cpio *cpio, const char *problem)
{
	cpio->problem = problem;
	return -EINVAL;
}

static uint64_t load(const char *p)
{
	uint64_t word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}

/* Eight hexadecimal digits at once, a byte each. What is made of the digits' values must be what was
 * there, or it was something else than digits. */
static bool read_field(const char *header, enum field field, uint32_t *value)
{
	uint64_t text = load(header + MAGIC_SIZE + field * FIELD_SIZE), digits, letters;

	if (text == '0' * BYTES) { /* most are */
		*value = 0;
		return true;
	}
	digits = (text & 0x0f * BYTES) + (text >> 6 & BYTES) * 9;
	letters = (digits + 6 * BYTES) >> 4 & BYTES;
	if ((text | letters * 0x20) != digits + '0' * BYTES + letters * ('a' - '0' - 10) ||
	    digits & 0xf0 * BYTES)
		return false;
	digits = __builtin_bswap64(digits);
	digits = (digits | digits >> 4) & 0x00ff00ff00ff00ff;
	digits = (digits | digits >> 8) & 0x0000ffff0000ffff;
	*value = (uint32_t)(digits | digits >> 16);
	return true;
}

/* Is one of the bytes 0? (The lowest of those that are found is one; above it may be others.) */
static uint64_t zero_bytes(uint64_t word)
{
	return (word - BYTES) & ~word & 0x80 * BYTES;
}

static size_t name_length(const char *name, size_t max)
{
	size_t n = 0;

	for (; n + sizeof(uint64_t) <= max; n += sizeof(uint64_t)) {
		uint64_t zeros = zero_bytes(load(name + n));

		if (zeros)
			return n + (size_t)__builtin_ctzll(zeros) / 8;
	}
	while (n < max && name[n])
		n++;
	return n;
}

/* Without what means nothing at its beginning and end. */
static void trim(struct cpio_entry *e)
{
	for (;;) {
		if (e->name_len && e->name[0] == '/') {
			e->name++;
			e->name_len--;
		} else if (e->name_len >= 2 && e->name[0] == '.' && e->name[1] == '/') {
			e->name += 2;
			e->name_len -= 2;
		} else {
			break;
		}
	}
	while (e->name_len && e->name[e->name_len - 1] == '/')
		e->name_len--;
	if (e->name_len == 1 && e->name[0] == '.')
		e->name_len = 0;
}

/* Are there two dots one after the other? Two words are compared that begin a byte apart. */
static bool has_two_dots(const char *name, size_t len)
{
	size_t i = 0;

	for (; i + sizeof(uint64_t) < len; i += sizeof(uint64_t))
		if (zero_bytes((load(name + i) ^ '.' * BYTES) | (load(name + i + 1) ^ '.' * BYTES)))
			return true;
	for (; i + 1 < len; i++)
		if (name[i] == '.' && name[i + 1] == '.')
			return true;
	return false;
}

/* Does a part of the name lead upwards, or is it longer than any name may be? */
static bool bad_part(const struct cpio_entry *e)
{
	size_t start = 0;

	if (e->name_len <= 255 && !has_two_dots(e->name, e->name_len))
		return false;

	for (size_t i = 0; i <= e->name_len; i++) {
		if (i < e->name_len && e->name[i] != '/')
			continue;
		if (i - start > 255 ||
		    (i - start == 2 && e->name[start] == '.' && e->name[start + 1] == '.'))
			return true;
		start = i + 1;
	}
	return false;
}

/* Is there another archive behind zeros? Goes there. */
static bool skip_zeros(struct cpio *cpio)
{
	while (cpio->at < cpio->size && !cpio->data[cpio->at])
		cpio->at++;
	return cpio->at < cpio->size;
}

static int read_entry(struct cpio *cpio, struct cpio_entry *e)
{
	const char *header = cpio->data + cpio->at;
	size_t left = cpio->size - cpio->at, data_at;
	uint32_t field[FIELDS];

	if (left < HEADER_SIZE)
		return fail(cpio, "the archive is cut off in a header");
	if (!cpio_is_archive(header, left))
		return fail(cpio, "no header where one should be");
	for (unsigned i = 0; i < FIELDS; i++)
		if (!read_field(header, i, &field[i]))
			return fail(cpio, "a header has something else than hexadecimal digits");
	if (field[FIELD_NAMESIZE] == 0 || field[FIELD_NAMESIZE] > NAME_SIZE_MAX)
		return fail(cpio, "a name of impossible length");
	/* Offsets are aligned from the archive's beginning. */
	data_at = ALIGN_UP(cpio->at + HEADER_SIZE + field[FIELD_NAMESIZE], 4UL);
	if (data_at > cpio->size || field[FIELD_FILESIZE] > cpio->size - data_at)
		return fail(cpio, "a file is larger than what is left: the archive is cut off");
	*e = (struct cpio_entry){
		.name = header + HEADER_SIZE,
		.name_len = name_length(header + HEADER_SIZE, field[FIELD_NAMESIZE]),
		.ino = field[FIELD_INO],
		.mode = field[FIELD_MODE],
		.uid = field[FIELD_UID],
		.gid = field[FIELD_GID],
		.nlink = field[FIELD_NLINK],
		.mtime = field[FIELD_MTIME],
		.dev = field[FIELD_DEVMAJOR] << 8 | (field[FIELD_DEVMINOR] & 0xff),
		.rdev = field[FIELD_RDEVMAJOR] << 8 | (field[FIELD_RDEVMINOR] & 0xff),
		.data = cpio->data + data_at,
		.size = field[FIELD_FILESIZE],
	};
	if (e->name_len == field[FIELD_NAMESIZE])
		return fail(cpio, "a name without an end");
	cpio->at = MIN(ALIGN_UP(data_at + field[FIELD_FILESIZE], 4UL), cpio->size);
	return 1;
}

int cpio_next(struct cpio *cpio, struct cpio_entry *e)
{
	for (;;) {
		int result;

		if (!skip_zeros(cpio))
			return 0;
		cpio->at = ALIGN_DOWN(cpio->at, 4UL);
		result = read_entry(cpio, e);
		if (result < 0)
			return result;
		if (e->name_len == sizeof(trailer) - 1 && memcmp(e->name, trailer, e->name_len) == 0)
			continue;
		trim(e);
		if (bad_part(e))
			return fail(cpio, "a name that leads out of the archive (..) or is too long");
		return 1;
	}
}
