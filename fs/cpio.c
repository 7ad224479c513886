// SPDX-License-Identifier: BSD-2-Clause
/* Reading cpio archives (fs/cpio.h). */
#include "fs/cpio.h"

#include "include/errno.h"
#include "lib/string.h"

#define MAGIC_SIZE 6
#define MAGIC 0x313037303730UL /* "070701" */
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
_Static_assert(sizeof(((struct cpio_entry *)NULL)->field) == FIELDS * sizeof(uint32_t), "fields");

#define BYTES 0x0101010101010101UL

static const char trailer[] = "TRAILER!!!";

static uint64_t load(const char *p)
{
	uint64_t word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}

/* At least a word is there: "070701", or "070702" with checksums. */
static bool has_magic(const char *header)
{
	uint64_t magic = load(header) << 16;

	return magic == MAGIC << 16 || magic == (MAGIC ^ 3UL << 40) << 16;
}

bool cpio_is_archive(const void *data, size_t size)
{
	return size >= sizeof(uint64_t) && has_magic(data);
}

static int fail(struct cpio *cpio, const char *problem)
{
	cpio->problem = problem;
	return -EINVAL;
}

void cpio_open(struct cpio *cpio, const void *data, size_t size)
{
	*cpio = (struct cpio){ .data = data, .size = size };
	for (unsigned i = 0; i < FIELDS; i++)
		cpio->text[i] = '0' * BYTES;
}

/* Eight hexadecimal digits at once, a byte each. What is made of the digits' values must be what was
 * there, or it was something else than digits. */
static inline bool read_field(uint64_t text, uint32_t *value)
{
	uint64_t digits = (text & 0x0f * BYTES) + (text >> 6 & BYTES) * 9;
	uint64_t letters = (digits + 6 * BYTES) >> 4 & BYTES;

	if ((text | letters * 0x20) != digits + '0' * BYTES + letters * ('a' - '0' - 10) ||
	    digits & 0xf0 * BYTES)
		return false;
	digits = __builtin_bswap64(digits);
	digits = (digits | digits >> 4) & 0x00ff00ff00ff00ff;
	digits = (digits | digits >> 8) & 0x0000ffff0000ffff;
	*value = (uint32_t)(digits | digits >> 16);
	return true;
}

static inline uint64_t change(const struct cpio *cpio, const char *header, enum field field)
{
	return load(header + MAGIC_SIZE + field * FIELD_SIZE) ^ cpio->text[field];
}

/* A field into cpio->entry, where it stands already if it is that of the entry before. */
static inline bool update(struct cpio *cpio, const char *header, enum field field)
{
	uint64_t text = load(header + MAGIC_SIZE + field * FIELD_SIZE);

	if (text == cpio->text[field])
		return true;
	if (!read_field(text, &cpio->entry.field[field]))
		return false;
	cpio->text[field] = text;
	return true;
}

static bool update_all(struct cpio *cpio, const char *header)
{
	/* Most of them are most often the same, and are looked at together. */
	if (change(cpio, header, FIELD_UID) | change(cpio, header, FIELD_GID) |
	    change(cpio, header, FIELD_NLINK) | change(cpio, header, FIELD_DEVMAJOR) |
	    change(cpio, header, FIELD_DEVMINOR) | change(cpio, header, FIELD_RDEVMAJOR) |
	    change(cpio, header, FIELD_RDEVMINOR) | change(cpio, header, FIELD_CHECK))
		for (unsigned i = 0; i < FIELDS; i++)
			if (!update(cpio, header, i))
				return false;
	return update(cpio, header, FIELD_INO) && update(cpio, header, FIELD_MODE) &&
	       update(cpio, header, FIELD_MTIME) && update(cpio, header, FIELD_FILESIZE) &&
	       update(cpio, header, FIELD_NAMESIZE);
}

/* How far it is to a NUL or a slash; max: there is none. */
static inline size_t part_length(const char *name, size_t max)
{
	size_t n = 0;

	for (; n + sizeof(uint64_t) <= max; n += sizeof(uint64_t)) {
		uint64_t word = load(name + n);
		/* The lowest of the high bits stands where a byte is 0 before the subtraction. */
		uint64_t ends = ((word - BYTES) | ((word ^ '/' * BYTES) - BYTES)) & ~word & 0x80 * BYTES;

		if (ends)
			return n + (size_t)__builtin_ctzll(ends) / 8;
	}
	while (n < max && name[n] && name[n] != '/')
		n++;
	return n;
}

/* From behind, where names differ first. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
	if (n >= sizeof(uint64_t)) {
		for (; n > sizeof(uint64_t); n -= sizeof(uint64_t))
			if (load(a + n - sizeof(uint64_t)) != load(b + n - sizeof(uint64_t)))
				return false;
		return load(a) == load(b); /* overlaps */
	}
	for (; n; n--)
		if (a[n - 1] != b[n - 1])
			return false;
	return true;
}

static bool ends_in_dot(const struct cpio_entry *e)
{
	return e->name[e->name_len - 1] == '.' && (e->name_len == 1 || e->name[e->name_len - 2] == '/');
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
	while (e->name_len && (e->name[e->name_len - 1] == '/' || ends_in_dot(e)))
		e->name_len--;
}

/* Does a part of the name lead upwards, or is it longer than any name may be? */
static bool bad_part(const struct cpio_entry *e)
{
	for (size_t at = 0, n; at < e->name_len; at += n + 1) {
		n = part_length(e->name + at, e->name_len - at);
		if (n > 255 || (n == 2 && e->name[at] == '.' && e->name[at + 1] == '.'))
			return true;
	}
	return false;
}

/* A name of size bytes, the NUL included. false: it has no end. */
static bool read_name(struct cpio *cpio, const char *name, size_t size)
{
	struct cpio_entry *e = &cpio->entry;
	size_t n = cpio->dir_size, base;

	/* In the same directory: what comes behind is no "." or ".." and has no slash in it. */
	if (n < size && name[n] != '.' && same_bytes(name, cpio->name, n)) {
		size_t part = part_length(name + n, size - n);

		if (part && part <= 255 && n + part < size && !name[n + part]) {
			e->name = name + cpio->trimmed;
			e->name_len = n + part - cpio->trimmed;
			e->same_dir = true;
			e->dir_len = n - cpio->trimmed - (n > cpio->trimmed);
			return true;
		}
	}
	e->name = name;
	for (base = 0; (base += part_length(name + base, size - base)) < size && name[base];)
		base++;
	if (base == size)
		return false;
	e->name_len = base;
	trim(e);
	e->same_dir = false;
	for (base = e->name_len; base && e->name[base - 1] != '/';)
		base--;
	e->dir_len = base ? base - 1 : 0;
	cpio->name = name;
	cpio->trimmed = (size_t)(e->name - name);
	cpio->dir_size = cpio->trimmed + base;
	return true;
}

/* Is there another archive behind zeros? Goes there. */
static bool skip_zeros(struct cpio *cpio)
{
	while (cpio->at < cpio->size && !cpio->data[cpio->at])
		cpio->at++;
	return cpio->at < cpio->size;
}

/* Returns 1, 0: it was the end of an archive, or -EINVAL. */
static int read_entry(struct cpio *cpio)
{
	struct cpio_entry *e = &cpio->entry;
	const char *header = cpio->data + cpio->at, *name = header + HEADER_SIZE;
	size_t left = cpio->size - cpio->at, data_at;

	if (left < HEADER_SIZE)
		return fail(cpio, "the archive is cut off in a header");
	if (!has_magic(header))
		return fail(cpio, "no header where one should be");
	if (!update_all(cpio, header))
		return fail(cpio, "a header has something else than hexadecimal digits");
	if (e->name_size == 0 || e->name_size > NAME_SIZE_MAX)
		return fail(cpio, "a name of impossible length");
	/* Offsets are aligned from the archive's beginning. */
	data_at = ALIGN_UP(cpio->at + HEADER_SIZE + e->name_size, 4UL);
	if (data_at > cpio->size || e->size > cpio->size - data_at)
		return fail(cpio, "a file is larger than what is left: the archive is cut off");
	cpio->at = MIN(ALIGN_UP(data_at + e->size, 4UL), cpio->size);
	if (e->name_size >= sizeof(trailer) && *name == *trailer &&
	    memcmp(name, trailer, sizeof(trailer)) == 0)
		return 0;
	if (!read_name(cpio, name, e->name_size))
		return fail(cpio, "a name without an end");
	e->data = cpio->data + data_at;
	return 1;
}

int cpio_next(struct cpio *cpio)
{
	for (;;) {
		int result;

		if (!skip_zeros(cpio))
			return 0;
		cpio->at = ALIGN_DOWN(cpio->at, 4UL);
		result = read_entry(cpio);
		if (result < 0)
			return result;
		if (!result) {
			cpio->archive++;
			continue;
		}
		if (!cpio->entry.same_dir && bad_part(&cpio->entry))
			return fail(cpio, "a name that leads out of the archive (..) or is too long");
		return 1;
	}
}
