/* SPDX-License-Identifier: BSD-2-Clause */
/* The client of xenstore, the tree of small strings through which Xen's tools and the other ends of
 * devices speak to a domain. Nothing happens before the first call: that connects. A request sleeps
 * until its reply is there, at most XENSTORE_PATIENCE_NS; what comes later is dropped, and later
 * requests work.
 *
 * Paths: absolute, or relative to the domain's own folder. tx: a transaction, 0 for none.
 * Functions return 0 (or as said), xenstore's error as -errno (-ENOENT, -EACCES, ...), and
 *   -ENODEV     the toolstack gave this domain no xenstore,
 *   -ETIMEDOUT  no answer,
 *   -EIO        an answer that makes no sense,
 *   -E2BIG      more than a message holds (XENSTORE_PAYLOAD_MAX),
 *   -ENOMEM.
 * Threads only. Values that are handed out belong to the caller: heap_free(). */
#ifndef PAGURUS_XEN_XENSTORE_H
#define PAGURUS_XEN_XENSTORE_H

#include "lib/list.h"
#include "sched/wait.h"
#include "xen/interface.h"

#define XENSTORE_PATIENCE_NS (10 * NS_PER_SEC)

/* Connects now; every other function does so by itself. */
int xenstore_connect(void);

/* The value at path with a NUL behind it; *len (where len is not NULL) is its length without. */
int xenstore_read(uint32_t tx, const char *path, char **value, size_t *len);

/* A value that is a decimal number. -EINVAL: it is none. */
int xenstore_read_u64(uint32_t tx, const char *path, uint64_t *number);

int xenstore_write(uint32_t tx, const char *path, const char *value, size_t len);
int xenstore_printf(uint32_t tx, const char *path, const char *fmt, ...) __printf(3, 4);
int xenstore_mkdir(uint32_t tx, const char *path);
int xenstore_rm(uint32_t tx, const char *path);

/* Names of path's children, each with its NUL: *len bytes, for xenstore_next_name(). Any number. */
int xenstore_directory(uint32_t tx, const char *path, char **names, size_t *len);

/* Who may do what: a letter and a domain number per entry, each with its NUL. */
int xenstore_get_perms(uint32_t tx, const char *path, char **perms, size_t *len);

/* Runs body(tx, ctx) in a transaction, again where others have interfered. Where body fails its
 * changes are dropped. Returns what body returned, or an error of the transaction itself: -EAGAIN
 * if others interfered every time. */
int xenstore_transaction(int (*body)(uint32_t tx, void *ctx), void *ctx);

/* A watch: fires once when it is set, and whenever path or anything below it changes. Several
 * changes may be one firing: read what is there. Zero it, then set path and queue or fired. */
struct xenstore_watch {
	const char *path;                            /* must live as long as the watch */
	void (*fired)(struct xenstore_watch *watch); /* interrupt context, a lock held: only wakes */
	struct list node;
	uint32_t token;
	uint32_t count; /* of firings */
	uint32_t seen;  /* of them, by xenstore_watch_fired() */
};

/* Sets the watch. It stays set over suspend, migration and a restart of the connection. */
int xenstore_watch(struct xenstore_watch *watch);

/* The watch will not fire again, whatever is returned. */
int xenstore_unwatch(struct xenstore_watch *watch);

/* Has it fired since the last time this was asked? Any context. */
bool xenstore_watch_fired(struct xenstore_watch *watch);

/* A request as it is: type XS_*, body of nr pieces. reply, len: as for xenstore_read(), NULL where
 * the answer does not matter. */
struct xenstore_piece {
	const void *data;
	size_t len;
};
int xenstore_call(uint32_t type, uint32_t tx, const struct xenstore_piece *pieces, unsigned nr,
                  char **reply, size_t *len);

/* The machine is about to stop: writes value to path without sleeping, locks or interrupts, waiting
 * at most ns. Interrupts off. */
int xenstore_last_write(const char *path, const char *value, uint64_t ns);

/* Around a suspension. Before: waits for replies that are still to come, and lets nobody send;
 * after: begins anew if the domain is a new one, and sets the watches again. */
void xenstore_suspend(void);
void xenstore_resume(bool renewed);

#endif
