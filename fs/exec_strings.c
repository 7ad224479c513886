// SPDX-License-Identifier: BSD-2-Clause
/* Strings for execve (fs/exec_strings.h): one behind the other, in a chain of frames, so that no number
 * of them wants more than a frame in a row. */
#include "fs/exec_strings.h"

#include "arch/x86/paging.h"
#include "arch/x86/trap.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

/* As on Linux: of one string, and of all with their pointers, 3/4 of its usual stack. */
#define STRING_MAX KIB(128)
#define STRINGS_MAX MIB(6)

struct exec_chunk {
	struct exec_chunk *next;
	size_t used;
	char data[FRAME_SIZE - sizeof(struct exec_chunk *) - sizeof(size_t)];
};
_Static_assert(sizeof(struct exec_chunk) == FRAME_SIZE, "a chunk is a frame");

static bool each_chunk(const struct program_strings *strings,
                       bool (*put)(void *ctx, const char *piece, size_t n), void *ctx)
{
	const struct exec_strings *s = container_of(strings, struct exec_strings, strings);

	for (struct exec_chunk *c = s->first; c; c = c->next)
		if (c->used && !put(ctx, c->data, c->used))
			return false;
	return true;
}

void exec_strings_init(struct exec_strings *s)
{
	*s = (struct exec_strings){ .strings = { .each = each_chunk } };
}

void exec_strings_free(struct exec_strings *s)
{
	while (s->first) {
		struct exec_chunk *next = s->first->next;

		frame_free(virt_to_phys(s->first), 0);
		s->first = next;
	}
	s->last = NULL;
}

/* The chunk with room for the next byte; NULL: no memory. */
static struct exec_chunk *chunk(struct exec_strings *s)
{
	struct exec_chunk *c = s->last;
	phys_t frame;

	if (c && c->used < sizeof(c->data))
		return c;
	frame = frame_alloc(0);
	if (frame == FRAME_NONE)
		return NULL;
	c = phys_to_virt(frame);
	c->next = NULL;
	c->used = 0;
	if (s->last)
		s->last->next = c;
	else
		s->first = c;
	s->last = c;
	return c;
}

/* n bytes of data are in c. */
static int took(struct exec_strings *s, struct exec_chunk *c, size_t n)
{
	c->used += n;
	s->strings.bytes += n;
	return s->strings.bytes > STRINGS_MAX ? -E2BIG : 0;
}

int exec_strings_add(struct exec_strings *s, const char *text)
{
	size_t left = strlen(text) + 1;
	int err = 0;

	while (left && !err) {
		struct exec_chunk *c = chunk(s);
		size_t n;

		if (!c)
			return -ENOMEM;
		n = MIN(left, sizeof(c->data) - c->used);
		memcpy(c->data + c->used, text, n);
		err = took(s, c, n);
		text += n;
		left -= n;
	}
	return err;
}

static int add_user(struct exec_strings *s, const char *user)
{
	for (size_t done = 0; done < STRING_MAX;) {
		struct exec_chunk *c = chunk(s);
		size_t room;
		long len;
		int err;

		if (!c)
			return -ENOMEM;
		room = MIN(sizeof(c->data) - c->used, STRING_MAX - done);
		len = copy_string_from_program(c->data + c->used, user + done, room);
		if (len >= 0)
			return took(s, c, (size_t)len + 1);
		if (len != -ENAMETOOLONG)
			return (int)len;
		err = took(s, c, room);
		if (err)
			return err;
		done += room;
	}
	return -E2BIG;
}

int exec_strings_add_array(struct exec_strings *s, const uint64_t *array, unsigned skip,
                           unsigned *count)
{
	uint64_t at;
	int err;

	for (*count = 0; array; array++) {
		if (copy_from_program(&at, array, sizeof(at)))
			return -EFAULT;
		if (!at)
			break;
		if (skip) {
			skip--;
			continue;
		}
		if (++*count > STRINGS_MAX / sizeof(at))
			return -E2BIG;
		err = add_user(s, (const char *)at);
		if (err)
			return err;
	}
	return s->strings.bytes + *count * sizeof(at) > STRINGS_MAX ? -E2BIG : 0;
}
