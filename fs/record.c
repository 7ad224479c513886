// SPDX-License-Identifier: BSD-2-Clause
/* Locks on ranges of a file (fcntl). They belong to the process, which is never in its own way, or
 * (F_OFD_SETLK) to an open file. */
#include "arch/x86/trap.h"
#include "fs/flock.h"
#include "fs/sys.h"
#include "fs/walk.h"
#include "include/errno.h"
#include "mm/heap.h"

#define F_OFD_GETLK 36 /* linux/fcntl.h */
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#define RANGE_END INT64_MAX
#define PROCESS 1 /* l_pid */

struct record {
	struct list link;    /* in inode->records */
	const void *owner;   /* the struct fs_file, or the inode for the process */
	uint64_t start, end; /* the last byte */
	short type;
};

static struct wait_queue waiters = WAIT_QUEUE_INIT(waiters); /* its lock guards all records */

static bool overlaps(const struct record *a, const struct record *b)
{
	return a->start <= b->end && b->start <= a->end;
}

/* The first record that keeps wanted from being granted. */
static struct record *in_the_way(const struct inode *inode, const struct record *wanted)
{
	struct record *r;

	list_for_each (r, &inode->records, link)
		if (r->owner != wanted->owner && overlaps(r, wanted) &&
		    (r->type == F_WRLCK || wanted->type == F_WRLCK))
			return r;
	return NULL;
}

/* Takes the range out of what its owner has; spare is used where a record falls into two. Records
 * that are gone come back in a list. */
static struct record *cut(struct inode *inode, const struct record *range, struct record *spare,
                          struct list *gone)
{
	struct record *r, *next;

	list_for_each_safe (r, next, &inode->records, link) {
		if (r->owner != range->owner || !overlaps(r, range))
			continue;
		if (r->start < range->start && r->end > range->end) {
			*spare = *r;
			spare->start = range->end + 1;
			r->end = range->start - 1;
			list_add_tail(&inode->records, &spare->link);
			return NULL; /* records of one owner do not overlap: there is no other */
		}
		if (r->start < range->start) {
			r->end = range->start - 1;
		} else if (r->end > range->end) {
			r->start = range->end + 1;
		} else {
			list_del(&r->link);
			list_add_tail(gone, &r->link);
		}
	}
	return spare;
}

static void free_all(struct list *records)
{
	struct record *r, *next;

	list_for_each_safe (r, next, records, link)
		heap_free(r);
}

/* new and spare are used or freed. */
static long grant(struct inode *inode, struct record *new, struct record *spare, bool wait)
{
	struct list gone = LIST_INIT(gone);
	uint64_t irq = spin_lock(&waiters.lock);
	long err = 0;

	while (!err && new->type != F_UNLCK && in_the_way(inode, new))
		err = wait ? wait_sleep(&waiters, WAIT_FOREVER, &irq) : -EAGAIN;
	if (!err) {
		spare = cut(inode, new, spare, &gone);
		if (new->type != F_UNLCK) {
			list_add_tail(&inode->records, &new->link);
			new = NULL;
		}
		wait_wake(&waiters, UINT32_MAX);
	}
	spin_unlock(&waiters.lock, irq);
	free_all(&gone);
	heap_free(new);
	heap_free(spare);
	return err;
}

static void drop(struct inode *inode, const void *owner)
{
	const struct record all = { .owner = owner, .end = RANGE_END };
	struct list gone = LIST_INIT(gone);
	uint64_t irq;

	if (list_empty(&inode->records))
		return;
	irq = spin_lock(&waiters.lock);
	cut(inode, &all, NULL, &gone);
	wait_wake(&waiters, UINT32_MAX);
	spin_unlock(&waiters.lock, irq);
	free_all(&gone);
}

void record_release(struct fs_file *f)
{
	drop(f->inode, f);
}

/* As POSIX has it, any closing of the file ends the process's locks on it. */
void record_flush(struct file *file)
{
	drop(fs_file_of(file)->inode, fs_file_of(file)->inode);
}

/* What the program means. Returns 0, -EINVAL or -EOVERFLOW. */
static long range_of(const struct fs_file *f, const struct flock *l, struct record *r)
{
	int64_t base = 0, start, end = RANGE_END;

	if (l->l_type != F_RDLCK && l->l_type != F_WRLCK && l->l_type != F_UNLCK)
		return -EINVAL;
	switch (l->l_whence) {
	case 0:
		break;
	case 1:
		base = (int64_t)f->file.pos;
		break;
	case 2:
		base = (int64_t)f->inode->size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, l->l_start, &start))
		return -EOVERFLOW;
	if (l->l_len < 0) {
		end = start - 1;
		start += l->l_len;
	} else if (l->l_len > 0 && __builtin_add_overflow(start, l->l_len - 1, &end)) {
		return -EOVERFLOW;
	}
	if (start < 0)
		return -EINVAL;
	*r = (struct record){ .start = (uint64_t)start, .end = (uint64_t)end, .type = l->l_type };
	return 0;
}

static void tell(struct inode *inode, const struct record *wanted, struct flock *l)
{
	uint64_t irq = spin_lock(&waiters.lock);
	const struct record *r = in_the_way(inode, wanted);

	l->l_type = r ? r->type : F_UNLCK;
	if (r) {
		l->l_whence = 0;
		l->l_start = (int64_t)r->start;
		l->l_len = r->end == RANGE_END ? 0 : (int64_t)(r->end - r->start + 1);
		l->l_pid = r->owner == inode ? PROCESS : -1;
	}
	spin_unlock(&waiters.lock, irq);
}

static long set(struct fs_file *f, const struct record *wanted, bool wait)
{
	struct record *new = heap_alloc(sizeof(*new)), *spare = heap_alloc(sizeof(*spare));
	uint32_t access = f->file.flags & O_ACCMODE;

	if (!new || !spare || (wanted->type == F_RDLCK && access == O_WRONLY) ||
	    (wanted->type == F_WRLCK && access == O_RDONLY)) {
		long err = new &&spare ? -EBADF : -ENOLCK;

		heap_free(new);
		heap_free(spare);
		return err;
	}
	*new = *wanted;
	return grant(f->inode, new, spare, wait);
}

long record_control(struct fs_file *f, long command, void *arg)
{
	bool own = command >= F_OFD_GETLK;
	struct record wanted;
	struct flock l;
	long err;

	if (copy_from_program(&l, arg, sizeof(l)))
		return -EFAULT;
	err = range_of(f, &l, &wanted);
	if (err || (own && l.l_pid))
		return err ? err : -EINVAL;
	wanted.owner = own ? (void *)f : f->inode;
	if (command != F_GETLK && command != F_OFD_GETLK)
		return set(f, &wanted, command == F_SETLKW || command == F_OFD_SETLKW);
	if (wanted.type == F_UNLCK)
		return -EINVAL;
	tell(f->inode, &wanted, &l);
	return copy_to_program(arg, &l, sizeof(l));
}
