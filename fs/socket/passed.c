// SPDX-License-Identifier: BSD-2-Clause
/* Descriptors and credentials in control messages (fs/socket/passed.h). */
#include "fs/socket/passed.h"

#include "arch/x86/trap.h"
#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

#define CONTROL_MAX 20480 /* bytes of one call, as net.core.optmem_max */

long sys_getpid(void); /* core/sys_thread.c */

static unsigned on_their_way; /* files, of all sockets */

/* Files to be dropped; one thread at a time does it, however deep they lie in each other. */
static struct spinlock dropped_lock;
static struct passed_files *dropped;
static bool dropping;

struct ucred passed_self(void)
{
	return (struct ucred){ .pid = (int32_t)sys_getpid() };
}

static struct passed_files *files_new(unsigned count)
{
	struct passed_files *files;

	if (__atomic_add_fetch(&on_their_way, count, __ATOMIC_RELAXED) > descriptor_limit())
		files = NULL;
	else
		files = heap_zalloc(sizeof(*files) + count * sizeof(files->files[0]));
	if (files)
		files->count = count;
	else
		__atomic_sub_fetch(&on_their_way, count, __ATOMIC_RELAXED);
	return files;
}

static struct passed_files *next_dropped(void)
{
	uint64_t irq = spin_lock(&dropped_lock);
	struct passed_files *files = dropped;

	if (files)
		dropped = files->next;
	else
		dropping = false;
	spin_unlock(&dropped_lock, irq);
	return files;
}

void passed_discard(struct passed_files *files)
{
	uint64_t irq;
	bool mine;

	if (!files)
		return;
	irq = spin_lock(&dropped_lock);
	files->next = dropped;
	dropped = files;
	mine = !dropping;
	dropping = true;
	spin_unlock(&dropped_lock, irq);
	while (mine && (files = next_dropped())) {
		for (unsigned i = 0; i < files->count; i++)
			if (files->files[i])
				file_put(files->files[i]);
		__atomic_sub_fetch(&on_their_way, files->count, __ATOMIC_RELAXED);
		heap_free(files);
	}
}

struct passed_files *passed_copy(const struct passed_files *files)
{
	struct passed_files *copy = files ? files_new(files->count) : NULL;

	for (unsigned i = 0; copy && i < copy->count; i++) {
		copy->files[i] = files->files[i];
		file_hold(copy->files[i]);
	}
	return copy;
}

/* count descriptors at fds become files. */
static int take_rights(struct passed *passed, const char *fds, size_t count)
{
	unsigned before = passed->files ? passed->files->count : 0;
	struct passed_files *files;
	int err = 0;

	if (!count)
		return 0;
	if (before + count > SCM_MAX_FD)
		return -EINVAL;
	files = files_new(before + (unsigned)count);
	if (!files)
		return -ETOOMANYREFS;
	if (before) { /* more than one such message */
		memcpy(files->files, passed->files->files, before * sizeof(files->files[0]));
		memset(passed->files->files, 0, before * sizeof(files->files[0]));
		passed_discard(passed->files);
	}
	passed->files = files;
	for (size_t i = 0; i < count && !err; i++) {
		int32_t fd;

		memcpy(&fd, fds + i * sizeof(fd), sizeof(fd));
		files->files[before + i] = file_get(fd);
		err = files->files[before + i] ? 0 : -EBADF;
	}
	return err;
}

static int take_message(struct passed *passed, const struct cmsghdr *header, const char *data)
{
	size_t len = header->len - sizeof(*header);
	struct ucred claimed;

	if (header->level != SOL_SOCKET)
		return 0;
	switch (header->type) {
	case SCM_RIGHTS:
		return take_rights(passed, data, len / sizeof(int32_t));
	case SCM_CREDENTIALS:
		if (len != sizeof(claimed))
			return -EINVAL;
		memcpy(&claimed, data, sizeof(claimed));
		if (claimed.pid != passed->sender.pid)
			return -ESRCH;
		passed->sender = claimed; /* the program is root, which may be anybody */
		return 0;
	default:
		return -EINVAL;
	}
}

static int take_all(struct passed *passed, const char *control, uint64_t len)
{
	struct cmsghdr header;
	uint64_t at = 0;
	int err = 0;

	while (!err && len - at >= sizeof(header)) {
		memcpy(&header, control + at, sizeof(header));
		if (header.len < sizeof(header) || header.len > len - at)
			return -EINVAL;
		err = take_message(passed, &header, control + at + sizeof(header));
		at += MIN(CMSG_ALIGN(header.len), len - at);
	}
	return err;
}

int passed_take(struct passed *passed, const void *user, uint64_t len)
{
	char *control;
	int err;

	*passed = (struct passed){ .sender = passed_self() };
	if (!user || !len)
		return 0;
	if (len > CONTROL_MAX)
		return -ENOBUFS;
	control = heap_alloc(len);
	if (!control)
		return -ENOBUFS;
	err = copy_from_program(control, user, len);
	if (!err)
		err = take_all(passed, control, len);
	heap_free(control);
	if (err) {
		passed_discard(passed->files);
		passed->files = NULL;
	}
	return err;
}

/* Where the next control message goes. */
struct output {
	char *at;
	uint64_t left, used;
	uint32_t *flags;
};

/* A message of len bytes, or of as many as fit. */
static void put(struct output *out, int type, const void *data, size_t len)
{
	struct cmsghdr header = { .len = sizeof(header) + len, .level = SOL_SOCKET, .type = type };
	uint64_t whole = CMSG_ALIGN(header.len);

	if (out->left < sizeof(header)) {
		*out->flags |= MSG_CTRUNC;
		return;
	}
	if (out->left < header.len) {
		*out->flags |= MSG_CTRUNC;
		header.len = out->left;
	}
	if (copy_to_program(out->at, &header, sizeof(header)) ||
	    copy_to_program(out->at + sizeof(header), data, header.len - sizeof(header))) {
		*out->flags |= MSG_CTRUNC;
		return;
	}
	whole = MIN(whole, out->left);
	out->at += whole;
	out->left -= whole;
	out->used += whole;
}

/* Descriptors for as many as there is room for: the program must see each that it gets. */
static void put_files(struct output *out, struct passed_files *files, uint32_t call_flags)
{
	uint64_t room = out->left < sizeof(struct cmsghdr)
	                    ? 0
	                    : (out->left - sizeof(struct cmsghdr)) / sizeof(int32_t);
	uint32_t cloexec = call_flags & MSG_CMSG_CLOEXEC ? O_CLOEXEC : 0;
	int32_t fds[SCM_MAX_FD];
	unsigned n = 0;

	while (n < files->count && n < room) {
		long fd = descriptor_add(files->files[n], cloexec);

		files->files[n] = NULL;
		if (fd < 0)
			break;
		fds[n++] = (int32_t)fd;
	}
	if (n < files->count)
		*out->flags |= MSG_CTRUNC;
	if (n)
		put(out, SCM_RIGHTS, fds, n * sizeof(fds[0]));
}

uint64_t passed_give(struct passed *passed, void *user, uint64_t room, uint32_t call_flags,
                     uint32_t *flags)
{
	struct output out = { .at = user, .left = user ? room : 0, .flags = flags };

	if (passed->tell_sender)
		put(&out, SCM_CREDENTIALS, &passed->sender, sizeof(passed->sender));
	if (passed->files) {
		put_files(&out, passed->files, call_flags);
		passed_discard(passed->files);
		passed->files = NULL;
	}
	return out.used;
}
