/* SPDX-License-Identifier: BSD-2-Clause */
/* Areas: the virtual memory of the program (the lower half). An area is a range with one protection
 * and one origin; its pages get frames on first touch. Areas sit in a balanced tree by address,
 * each subtree knowing its largest gap, so every operation is logarithmic in their number. */
#ifndef PAGURUS_MM_AREA_H
#define PAGURUS_MM_AREA_H

#include "include/types.h"

/* The values are mmap's (asm-generic/mman-common.h); areas use PROT_READ, _WRITE, _EXEC and
 * MAP_PRIVATE, _SHARED, _FIXED, _FIXED_NOREPLACE, _ANONYMOUS, _POPULATE, _NORESERVE, _STACK, _32BIT.
 * MAP_GROWSDOWN is taken and has no effect: such an area has the size it was given. */

/* Bytes at the top of the lower half that are left to the first thread's stack: addresses that
 * mmap chooses lie below, as on Linux. */
#define AREA_STACK_SPACE MIB(128)

struct address_space; /* areas + page-table root: the object that the lower half hangs on */

/* The one address space of this build. */
extern struct address_space *const program_space;

void area_init(void);

/* mmap: length bytes (rounded up to pages) at addr (a hint unless MAP_FIXED*). Anonymous only (for
 * files: mm/area_source.h). W and X together are refused with -EACCES only where
 * CONFIG_WX_STRICT. Writable memory that exceeds all RAM by itself is refused unless MAP_NORESERVE
 * (Linux's heuristic overcommit). Returns the address, or -EINVAL, -ENOMEM, -EEXIST, -EACCES,
 * -EPERM (MAP_FIXED in the first 64 KiB). */
long area_map(struct address_space *as, virt_t addr, size_t length, int prot, int flags);

/* munmap. Returns 0, -EINVAL, -ENOMEM (a large page could not be split, or no area struct: then
 * nothing has changed). */
int area_unmap(struct address_space *as, virt_t addr, size_t length);

/* mprotect. Returns 0, -EINVAL, -EACCES (CONFIG_WX_STRICT), -ENOMEM (nothing has changed, or part of
 * the range is unmapped: then what lies before that part has changed, as Linux has it). */
int area_protect(struct address_space *as, virt_t addr, size_t length, int prot);

/* mremap with Linux's flags (MREMAP_MAYMOVE, MREMAP_FIXED). Returns the new address or -EINVAL,
 * -EFAULT (not within one area), -ENOMEM, -EPERM. Pages move, they are not copied. */
long area_remap(struct address_space *as, virt_t addr, size_t old_length, size_t new_length,
                int flags, virt_t new_addr);

/* madvise: DONTNEED and FREE give frames back, POPULATE_* touch; the rest are hints (0).
 * Returns 0, -EINVAL, -ENOMEM. */
int area_advise(struct address_space *as, virt_t addr, size_t length, int advice);

/* Makes [start, end), pages of anonymous areas that nobody else uses, zero: what has no frame is that
 * already and gets none. */
void area_zero(struct address_space *as, virt_t start, virt_t end);

#ifdef CONFIG_ASLR
/* Addresses that mmap chooses lie below top from now on. At first that is AREA_STACK_SPACE below the end
 * of the lower half. */
void area_set_top(struct address_space *as, virt_t top);
#endif

/* brk: moves the end of the heap; 0 asks. Returns the end in force (unchanged on failure). */
virt_t area_brk(struct address_space *as, virt_t end);

/* Says where the heap of brk begins: behind a program that was loaded. Before the first area_brk(). */
void area_set_brk(struct address_space *as, virt_t start);

/* mincore: vec[i] becomes 1 where page i from addr has a frame, else 0. addr is page-aligned.
 * vec: kernel memory, or NULL where only the result is wanted. Returns 0, or -ENOMEM where a part
 * of the range lies in no area. */
int area_resident(struct address_space *as, virt_t addr, size_t pages, uint8_t *vec);

/* First touch. error is the page-fault error code (P=1, W=2, I/D=16). Returns 0: mapped, try again;
 * -EFAULT: no area, or its protection forbids it; -ENOMEM: no frame left.
 * Called on the fault stack with interrupts off; does not sleep. */
int area_fault(struct address_space *as, virt_t addr, uint64_t error);

/* Sets who knows of memory that nobody needs. Called when no frame is left, with the areas locked: it
 * calls drop for ranges (page-aligned) whose content may be lost, which returns whether they are
 * zeros now. It must not touch memory that may have no frame. Returns whether it found any. */
#ifdef CONFIG_RECLAIM
void area_set_trim(bool (*trim)(bool (*drop)(virt_t start, virt_t end)));

/* Makes so many more bytes free by taking pages of zeros from the program. Returns whether that
 * was possible. Goes through all memory where it is not: for a caller that would fail otherwise. */
bool area_make_room(struct address_space *as, uint64_t bytes);
#else
static inline bool area_make_room(struct address_space *as, uint64_t bytes)
{
	(void)as;
	(void)bytes;
	return false;
}

static inline void area_set_trim(bool (*trim)(bool (*drop)(virt_t start, virt_t end)))
{
	(void)trim;
}
#endif

struct area_stats {
	uint64_t areas;
	uint64_t reserved; /* bytes in areas */
	uint64_t resident; /* bytes that have frames */
	uint64_t faults;   /* first touches so far */
	uint64_t large;    /* of those, mapped with 2 MiB pages or larger */
	uint64_t huge;     /* of those, with 1 GiB pages */
};

void area_stats(struct address_space *as, struct area_stats *stats);

/* How first touches have mapped memory so far, for the benchmark's report: "4 KiB", "2 MiB", "4 KiB
 * and 2 MiB", with ", 1 GiB" behind it where there were such. */
const char *area_policy(void);

#endif
