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

static const char trailer[] = "TRAILER!!!";

bool cpio_is_archive(const void *data, size_t size)
{
	return size >= MAGIC_SIZE &&
	       (memcmp(data, "070701", MAGIC_SIZE) == 0 || memcmp(data, "070702", MAGIC_SIZE) == 0);
}

static int fail(struct cpio *cpio, const char *problem)
{
	cpio->problem = problem;
	return -EINVAL;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_field(const char *header, enum field field, uint32_t *value)
{
	const char *p = header + MAGIC_SIZE + field * FIELD_SIZE;

	*value = 0;
	for (int i = 0; i < FIELD_SIZE; i++) {
		int d = digit(p[i]);

		if (d < 0)
			return false;
		*value = *value << 4 | (uint32_t)d;
	}
	return true;
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

/* Does a part of the name lead upwards, or is it longer than any name may be? */
static bool bad_part(const struct cpio_entry *e)
{
	size_t start = 0;

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
		.name_len = strnlen(header + HEADER_SIZE, field[FIELD_NAMESIZE]),
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
