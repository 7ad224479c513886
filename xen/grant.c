/* SPDX-License-Identifier: BSD-2-Clause */
/* The domain's table of grants: its pages, which appear in place of frames of ours, and their return
 * after a suspension, in which every grant is lost. */
#include "xen/grant.h"

#include "arch/x86/paging.h"
#include "arch/x86/spinlock.h"
#include "include/errno.h"
#include "include/log.h"
#include "include/panic.h"
#include "mm/frame.h"
#include "xen/grant_pool.h"
#include "xen/hypercall.h"
#include "xen/suspend.h"

static struct spinlock lock;
static struct grant_table table;
static unsigned max_pages; /* 0: not asked yet */

static long grant_op(unsigned cmd, void *arg)
{
	return hypercall(__HYPERVISOR_grant_table_op, cmd, (uintptr_t)arg, 1);
}

/* Page index of the table (or of its states) appears at p. */
static int appear(phys_t p, unsigned index)
{
	struct xen_add_to_physmap map = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_grant_table,
		.idx = index,
		.gpfn = p >> FRAME_SHIFT,
	};

	return (int)xen_memory_op(XENMEM_add_to_physmap, &map);
}

/* A frame of ours with page index in it; the memory that it was goes back to Xen. */
static void *new_page(unsigned index, int *err)
{
	phys_t p = frame_alloc(0);

	*err = p == FRAME_NONE ? -ENOMEM : appear(p, index);
	if (!*err)
		return phys_to_virt(p);
	if (p != FRAME_NONE)
		frame_free(p, 0);
	return NULL;
}

static unsigned choose_version(void)
{
	struct gnttab_set_version version = { .version = 2 };

	if (IS_ENABLED(CONFIG_XEN_GRANT_V2) && !grant_op(GNTTABOP_set_version, &version))
		return 2;
	return 1;
}

#ifdef CONFIG_XEN_SUSPEND
/* The new domain's table is empty, and so is the pool of what the old one had. */
static void resume(struct xen_suspend_hook *hook, bool renewed)
{
	struct grant_table old = table;
	uint64_t flags;
	int err = 0;

	(void)hook;
	if (!renewed)
		return;
	flags = spin_lock(&lock);
	grant_table_init(&table, choose_version());
	if (table.version != old.version)
		panic("xen: this host has no grant tables of version %u", old.version);
	for (unsigned i = 0; i < old.nr_pages && !err; i++) {
		if (grant_table_wants_states(&table)) {
			uint16_t *states = old.states[i / GRANT_STATUS_PER_PAGE];

			err = appear(virt_to_phys(states),
			             i / GRANT_STATUS_PER_PAGE | XENMAPIDX_grant_table_status);
			grant_table_add_states(&table, states);
		}
		if (!err)
			err = appear(virt_to_phys(old.pages[i]), i);
		if (!err)
			grant_table_add(&table, old.pages[i]);
	}
	spin_unlock(&lock, flags);
	if (err)
		log_error("xen: the grant table cannot be set up again (error %d)", err);
}

static struct xen_suspend_hook hook = { .resume = resume };
#endif

/* lock held. */
static int begin(void)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	long err = grant_op(GNTTABOP_query_size, &size);

	if (err || size.status != GNTST_okay)
		return err ? (int)err : -EIO;
	grant_table_init(&table, choose_version());
	max_pages = MIN(size.max_nr_frames, (unsigned)GRANT_PAGES_MAX);
#ifdef CONFIG_XEN_SUSPEND
	xen_on_suspend(&hook);
#endif
	return 0;
}

/* One page more. lock held. */
static int grow(void)
{
	void *page;
	int err = max_pages ? 0 : begin();

	if (err)
		return err;
	if (table.nr_pages >= max_pages)
		return -ENOSPC;
	if (grant_table_wants_states(&table)) {
		page =
			new_page(table.nr_pages / GRANT_STATUS_PER_PAGE | XENMAPIDX_grant_table_status, &err);
		if (err)
			return err;
		grant_table_add_states(&table, page);
	}
	page = new_page(table.nr_pages, &err);
	if (!err)
		grant_table_add(&table, page);
	return err;
}

int gnttab_grant_access(domid_t domain, phys_t p, bool readonly)
{
	uint64_t flags = spin_lock(&lock);
	int err = table.free ? 0 : grow();
	grant_ref_t ref = err ? 0 : grant_table_take(&table);

	if (ref)
		grant_table_permit(&table, ref, domain, p >> FRAME_SHIFT, readonly);
	spin_unlock(&lock, flags);
	return err ? err : (int)ref;
}

int gnttab_end_access(grant_ref_t ref)
{
	uint64_t flags = spin_lock(&lock);
	int err = grant_table_revoke(&table, ref);

	spin_unlock(&lock, flags);
	return err;
}

unsigned gnttab_free_count(void)
{
	return READ_ONCE(table.nr_free);
}
