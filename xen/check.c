/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that uses the shell's interfaces as devices will, while no device is there, for
 * tests/xen/test_interfaces.py: dom0 writes a word to data/check/do, the thread does what it says, and
 * writes "word: outcome" to data/check/done: 0, an error or a count. */
#include "xen/check.h"

#include "arch/x86/paging.h"
#include "arch/x86/spinlock.h"
#include "include/errno.h"
#include "include/log.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "sched/thread.h"
#include "xen/event.h"
#include "xen/grant.h"
#include "xen/xenstore.h"

#define MANY 3000 /* grants: more than one page of the table has */
#define SHARED 4
#define DOM0 0

static struct wait_queue work = WAIT_QUEUE_INIT(work);

/* How many names dom0 has left: more than one message holds, which only dom0 may do. */
static long node_names(void)
{
	long found = 0;
	size_t len;
	char *names;
	int err = xenstore_directory(0, "data/check/nodes", &names, &len);

	if (err)
		return err;
	for (size_t at = 0; at < len; at += strlen(names + at) + 1)
		found += !strncmp(names + at, "a-rather-long-name-", 19);
	heap_free(names);
	err = xenstore_rm(0, "data/check/nodes");
	return err ? err : found;
}

/* Adds one to a node, and is disturbed the first time. */
static int add_one(uint32_t tx, void *ctx)
{
	unsigned *attempts = ctx;
	uint64_t value;
	int err = xenstore_read_u64(tx, "data/check/count", &value);

	if (!err && (*attempts)++ == 0)
		err = xenstore_write(0, "data/check/count", "10", 2);
	return err ? err : xenstore_printf(tx, "data/check/count", "%lu", value + 1);
}

static long transaction(void)
{
	unsigned attempts = 0;
	uint64_t value = 0;
	int err = xenstore_write(0, "data/check/count", "1", 1);

	if (!err)
		err = xenstore_transaction(add_one, &attempts);
	if (!err)
		err = xenstore_read_u64(0, "data/check/count", &value);
	if (err)
		return err;
	return attempts == 2 && value == 11 ? 0 : (long)value;
}

static phys_t frames[SHARED];
static int refs[SHARED];

/* So many that the table grows; all of them come back. */
static long many_grants(void)
{
	grant_ref_t *taken = heap_alloc(MANY * sizeof(*taken));
	phys_t frame = frame_alloc(0);
	unsigned count = 0, before;
	long err = 0;

	if (!taken || frame == FRAME_NONE)
		return -ENOMEM;
	for (; count < MANY && !err; count++) {
		int ref = gnttab_grant_access(DOM0, frame, count & 1);

		taken[count] = (grant_ref_t)ref;
		if (ref <= 0)
			err = ref ? ref : -EIO;
	}
	before = gnttab_free_count();
	for (unsigned i = 0; i < count && !err; i++)
		err = gnttab_end_access(taken[i]);
	if (!err && gnttab_free_count() != before + count)
		err = gnttab_free_count();
	heap_free(taken);
	frame_free(frame, 0);
	return err;
}

/* Frames for dom0 to look at: each byte is the frame's number; the last may only be read. */
static long share(void)
{
	char text[64];
	size_t len = 0;

	for (unsigned i = 0; i < SHARED; i++) {
		if (!frames[i])
			frames[i] = frame_alloc(0);
		if (frames[i] == FRAME_NONE)
			return -ENOMEM;
		memset(phys_to_virt(frames[i]), (int)('A' + i), FRAME_SIZE);
		refs[i] = gnttab_grant_access(DOM0, frames[i], i == SHARED - 1);
		if (refs[i] <= 0)
			return refs[i];
		len += (size_t)fmt_snprintf(text + len, sizeof(text) - len, "%d ", refs[i]);
	}
	return xenstore_write(0, "data/check/refs", text, len);
}

/* Dom0 has written its own byte all over those that it may write. */
static long compare(void)
{
	for (unsigned i = 0; i < SHARED; i++) {
		const char *bytes = phys_to_virt(frames[i]);
		char wanted = (char)(i == SHARED - 1 ? 'A' + i : 'a' + i);

		for (size_t at = 0; at < FRAME_SIZE; at++)
			if (bytes[at] != wanted)
				return (long)(i * FRAME_SIZE + at) + 1;
	}
	return 0;
}

static long end_share(void)
{
	for (unsigned i = 0; i < SHARED; i++) {
		int err = refs[i] ? gnttab_end_access((grant_ref_t)refs[i]) : 0;

		if (err)
			return err;
		refs[i] = 0;
	}
	return 0;
}

static unsigned event_count;

static void answer(unsigned port, void *ctx)
{
	(void)ctx;
	event_count++;
	event_send(port);
}

static long open_channel(void)
{
	int port = event_alloc(DOM0);
	int err = port < 0 ? port : event_bind((unsigned)port, answer, NULL);

	event_count = 0;
	return err ? err : xenstore_printf(0, "data/check/port", "%d", port);
}

static long count_events(void)
{
	return event_count;
}

static const struct {
	const char *word;
	long (*run)(void);
} checks[] = {
	{ "names", node_names },     { "transaction", transaction }, { "many", many_grants },
	{ "share", share },          { "compare", compare },         { "end", end_share },
	{ "channel", open_channel }, { "events", count_events },
};

static void run_word(const char *word)
{
	for (unsigned i = 0; i < ARRAY_SIZE(checks); i++)
		if (!strcmp(word, checks[i].word))
			xenstore_printf(0, "data/check/done", "%s: %ld", word, checks[i].run());
}

static void wake(struct xenstore_watch *watch)
{
	uint64_t flags = spin_lock(&work.lock);

	(void)watch;
	wait_wake(&work, 1);
	spin_unlock(&work.lock, flags);
}

static void check_thread(void *unused)
{
	static struct xenstore_watch watch = { .path = "data/check/do", .fired = wake };
	uint64_t flags;
	char *word;

	(void)unused;
	if (xenstore_watch(&watch))
		log_warn("xen: data/check/do cannot be watched");
	for (;;) {
		flags = spin_lock(&work.lock);
		while (watch.count == watch.seen)
			wait_sleep(&work, WAIT_FOREVER, &flags);
		spin_unlock(&work.lock, flags);
		xenstore_watch_fired(&watch);
		if (xenstore_read(0, "data/check/do", &word, NULL))
			continue;
		run_word(word);
		heap_free(word);
	}
}

void xen_check_begin(void)
{
	if (!thread_create(check_thread, NULL, "xen-check"))
		log_warn("xen: no memory for the thread of CONFIG_XEN_CHECK");
}
