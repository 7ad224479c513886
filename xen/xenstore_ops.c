/* SPDX-License-Identifier: BSD-2-Clause */
/* What one asks xenstore: reading, writing, listing, transactions. */
#include "include/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "xen/xenstore_client.h"

#define TRANSACTION_TRIES 20
#define PRINTF_MAX 256

/* A request whose body is one string with its NUL. */
static int call_path(uint32_t type, uint32_t tx, const char *path, char **reply, size_t *len)
{
	const struct xenstore_piece piece = { path, strlen(path) + 1 };

	return xenstore_call(type, tx, &piece, 1, reply, len);
}

int xenstore_read(uint32_t tx, const char *path, char **value, size_t *len)
{
	return call_path(XS_READ, tx, path, value, len);
}

int xenstore_read_u64(uint32_t tx, const char *path, uint64_t *number)
{
	char *value;
	size_t len;
	int err = xenstore_read(tx, path, &value, &len);

	if (err)
		return err;
	err = xenstore_parse_decimal(value, len, number);
	heap_free(value);
	return err;
}

int xenstore_write(uint32_t tx, const char *path, const char *value, size_t len)
{
	const struct xenstore_piece pieces[] = {
		{ path, strlen(path) + 1 },
		{ value, len },
	};

	return xenstore_call(XS_WRITE, tx, pieces, ARRAY_SIZE(pieces), NULL, NULL);
}

int xenstore_printf(uint32_t tx, const char *path, const char *fmt, ...)
{
	char text[PRINTF_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = fmt_vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if ((size_t)len >= sizeof(text))
		return -E2BIG;
	return xenstore_write(tx, path, text, (size_t)len);
}

int xenstore_mkdir(uint32_t tx, const char *path)
{
	return call_path(XS_MKDIR, tx, path, NULL, NULL);
}

int xenstore_rm(uint32_t tx, const char *path)
{
	return call_path(XS_RM, tx, path, NULL, NULL);
}

int xenstore_get_perms(uint32_t tx, const char *path, char **perms, size_t *len)
{
	return call_path(XS_GET_PERMS, tx, path, perms, len);
}

/* Appends the names of one part to *names. */
static int append(char **names, size_t *len, const struct xenstore_part *part)
{
	char *longer = heap_alloc(*len + part->len + 1);

	if (!longer)
		return -ENOMEM;
	if (*len)
		memcpy(longer, *names, *len);
	memcpy(longer + *len, part->names, part->len);
	heap_free(*names);
	*names = longer;
	*len += part->len;
	return 0;
}

/* Asks for the names from offset *len on. Returns 1: that was the last part; 0: there are more;
 * -EAGAIN: the directory has changed since generation. */
static int next_part(uint32_t tx, const char *path, char **names, size_t *len, uint64_t *generation)
{
	char offset[24];
	struct xenstore_part part;
	struct xenstore_piece pieces[] = {
		{ path, strlen(path) + 1 },
		{ offset, 0 },
	};
	size_t n;
	char *body;
	int err;

	pieces[1].len = (size_t)fmt_snprintf(offset, sizeof(offset), "%zu", *len) + 1;
	err = xenstore_call(XS_DIRECTORY_PART, tx, pieces, ARRAY_SIZE(pieces), &body, &n);
	if (err)
		return err;
	err = xenstore_parse_part(body, n, &part);
	if (!err && *len && part.generation != *generation)
		err = -EAGAIN;
	if (!err)
		err = append(names, len, &part);
	if (!err) {
		*generation = part.generation;
		err = part.last;
	}
	heap_free(body);
	return err;
}

int xenstore_directory(uint32_t tx, const char *path, char **names, size_t *len)
{
	int err = call_path(XS_DIRECTORY, tx, path, names, len);
	uint64_t generation = 0;

	if (err != -E2BIG)
		return err;
	/* More than a message holds: in parts, from the start again if it changes in between. */
	for (unsigned tries = 0; tries < TRANSACTION_TRIES; tries++) {
		*names = NULL;
		*len = 0;
		do
			err = next_part(tx, path, names, len, &generation);
		while (err == 0);
		if (err > 0)
			return 0;
		heap_free(*names);
		if (err != -EAGAIN)
			return err;
	}
	return -EAGAIN;
}

static int begin(uint32_t *tx)
{
	uint64_t number;
	char *reply;
	size_t len;
	int err = call_path(XS_TRANSACTION_START, 0, "", &reply, &len);

	if (err)
		return err;
	err = xenstore_parse_decimal(reply, len, &number);
	heap_free(reply);
	if (err || number == 0 || number > UINT32_MAX)
		return -EIO;
	*tx = (uint32_t)number;
	return 0;
}

int xenstore_transaction(int (*body)(uint32_t tx, void *ctx), void *ctx)
{
	int err = -EAGAIN, end;
	uint32_t tx;

	for (unsigned tries = 0; err == -EAGAIN && tries < TRANSACTION_TRIES; tries++) {
		err = begin(&tx);
		if (err)
			return err;
		err = body(tx, ctx);
		end = call_path(XS_TRANSACTION_END, tx, err ? "F" : "T", NULL, NULL);
		if (!err)
			err = end;
	}
	return err;
}
