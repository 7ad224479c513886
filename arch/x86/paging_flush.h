/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the page-table code: what of the TLBs, of this CPU and of the others, an operation still
 * has to flush. */
#ifndef PAGURUS_X86_PAGING_FLUSH_H
#define PAGURUS_X86_PAGING_FLUSH_H

#include "arch/x86/paging.h"
#include "arch/x86/smp.h"

/* Beyond so many entries of one operation, the whole TLB is flushed instead. */
#define FLUSH_ENTRIES_MAX 32

/* What of the TLBs an operation still has to flush. */
struct flush {
	unsigned done;
	bool all;
#ifdef CONFIG_SMP
	bool others; /* they have to flush pages from first to last */
	virt_t first, last;
#endif
};

/* Other CPUs have to be told of the page at va. */
static inline void flush_note(struct flush *flush, virt_t va)
{
#ifdef CONFIG_SMP
	if (!flush->others || va < flush->first)
		flush->first = va;
	if (!flush->others || va > flush->last)
		flush->last = va;
	flush->others = true;
#else
	(void)flush;
	(void)va;
#endif
}

static inline void flush_entry(struct flush *flush, virt_t va)
{
	if (flush->done++ < FLUSH_ENTRIES_MAX)
		tlb_flush_page(va);
	else
		flush->all = true;
	flush_note(flush, va);
}

/* tables: page tables are about to be freed. */
static inline void flush_rest(struct flush *flush, bool tables)
{
	if (flush->all)
		tlb_flush_all();
#ifdef CONFIG_SMP
	if (flush->all)
		tlb_flush_others(0, UINT64_MAX, tables);
	else if (flush->others)
		tlb_flush_others(flush->first, flush->last + 1, tables);
#else
	(void)tables;
#endif
}

#endif
