/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals that wait to be taken; see core/signal_queue.h. */
#include "core/signal_queue.h"

#include "include/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

/* Raised by an instruction, which must not run again before its handler has. */
#define SYNCHRONOUS                                                                                \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) |         \
	 SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS))

static unsigned entries; /* from the heap, of all queues */

static int signal_of(const struct queued_signal *entry)
{
	int signal;

	memcpy(&signal, entry->info + offsetof(struct siginfo, si_signo), sizeof(signal));
	return signal;
}

static struct queued_signal *entry_alloc(void)
{
	struct queued_signal *entry;

	if (entries >= CONFIG_SIGNAL_QUEUE_MAX)
		return NULL;
	entry = heap_zalloc(sizeof(*entry));
	entries += entry != NULL;
	return entry;
}

static void entry_release(struct queued_signal *entry)
{
	entry->queued = false;
	if (entry->owned)
		return;
	entries--;
	heap_free(entry);
}

int pending_add(struct pending_signals *pending, const struct siginfo *info,
                struct queued_signal *own)
{
	struct queued_signal **link = &pending->first, *entry = own;

	if (info->si_signo < SIGNAL_RT && pending->set & SIGNAL_BIT(info->si_signo))
		return 0;
	if (!entry)
		entry = entry_alloc();
	if (!entry && info->si_signo >= SIGNAL_RT && info->si_code != SI_USER)
		return -EAGAIN;
	pending->set |= SIGNAL_BIT(info->si_signo);
	if (!entry)
		return 0;
	entry->next = NULL;
	entry->owned = own != NULL;
	entry->queued = true;
	memcpy(entry->info, info, sizeof(entry->info));
	while (*link)
		link = &(*link)->next;
	*link = entry;
	return 0;
}

int pending_first(const struct pending_signals *pending, uint64_t set)
{
	set &= pending->set;
	if (set & SYNCHRONOUS)
		set &= SYNCHRONOUS;
	return set ? __builtin_ctzl(set) + 1 : 0;
}

/* Where the oldest entry of signal hangs; at the end of the queue where there is none. */
static struct queued_signal **find(struct pending_signals *pending, int signal)
{
	struct queued_signal **link = &pending->first;

	while (*link && signal_of(*link) != signal)
		link = &(*link)->next;
	return link;
}

struct queued_signal *pending_take(struct pending_signals *pending, int signal,
                                   struct siginfo *info)
{
	struct queued_signal **link = find(pending, signal), *entry = *link;
	struct queued_signal *own = entry && entry->owned ? entry : NULL;

	memset(info, 0, sizeof(*info));
	info->si_signo = signal; /* all that is known if there was no room */
	if (entry) {
		memcpy(info, entry->info, sizeof(entry->info));
		*link = entry->next;
		entry_release(entry);
	}
	if (!*find(pending, signal))
		pending->set &= ~SIGNAL_BIT(signal);
	return own;
}

void pending_flush(struct pending_signals *pending, uint64_t set)
{
	struct queued_signal **link = &pending->first, *entry;

	pending->set &= ~set;
	while ((entry = *link)) {
		if (set & SIGNAL_BIT(signal_of(entry))) {
			*link = entry->next;
			entry_release(entry);
		} else {
			link = &entry->next;
		}
	}
}

void pending_remove(struct pending_signals *pending, struct queued_signal *own)
{
	struct queued_signal **link = &pending->first;
	int signal = signal_of(own);

	while (*link && *link != own)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = own->next;
	own->queued = false;
	if (!*find(pending, signal))
		pending->set &= ~SIGNAL_BIT(signal);
}
