/* SPDX-License-Identifier: BSD-2-Clause */
/* Backtraces: the frame pointer chain, and a careful look at the stack where there is none. */
#include "core/backtrace.h"

#include "arch/x86/paging.h"
#include "lib/string.h"

#define LINES_MAX 32       /* frames printed */
#define FRAMES_MAX 1000000 /* followed: a recursion that ate a whole stack, and who began it */
#define SCAN_BYTES 1024    /* of the stack, where the chain may miss callers */
#define SCAN_MAX 8         /* addresses printed from it */
#define CANONICAL_LOW_END 0x0000800000000000UL
#define CANONICAL_HIGH 0xffff800000000000UL

static bool page_flags(virt_t address, pte_t *flags)
{
	unsigned order;
	phys_t pa;

	if (address >= CANONICAL_LOW_END && address < CANONICAL_HIGH)
		return false;
	return paging_query(paging_root(), address, &pa, &order, flags) && (*flags & PTE_P);
}

bool peek_memory(void *dst, virt_t address, size_t n)
{
	virt_t last = address + n - 1;
	pte_t flags;

	if (last < address)
		return false;
	for (virt_t page = ALIGN_DOWN(address, FRAME_SIZE);; page += FRAME_SIZE) {
		if (!page_flags(page, &flags) || (flags & PTE_PCD))
			return false; /* device memory may change when it is read */
		if (last - page < FRAME_SIZE)
			break;
	}
	memcpy(dst, (const void *)address, n);
	return true;
}

bool peek_executable(virt_t address)
{
	pte_t flags;

	return page_flags(address, &flags) && !(flags & PTE_NX);
}

#ifdef CONFIG_FRAME_POINTERS

/* Does a call instruction end just before address? The forms that compilers use: E8 rel32, and FF
 * with ModRM /2 in its 2 to 7 bytes (SDM volume 2, CALL). */
static bool after_call(virt_t address)
{
	uint8_t code[7];

	if (!peek_executable(address) || !peek_memory(code, address - sizeof(code), sizeof(code)))
		return false;
	if (code[2] == 0xe8)
		return true;
	for (unsigned i = 0; i < 6; i++)
		if (code[i] == 0xff && ((code[i + 1] >> 3) & 7) == 2)
			return true;
	return false;
}

static void print_address(const char *mark, uint64_t address, uint64_t looked_up, print_fn print)
{
	if (IS_ENABLED(CONFIG_SYMBOLS))
		print("  %s%016llx %pS\n", mark, (unsigned long long)address, (void *)looked_up);
	else
		print("  %s%016llx\n", mark, (unsigned long long)address);
}

/* A return address is looked up as the call that it follows: minus 1 lies in the calling function
 * even where that call was its last instruction. */
static void print_return(const char *mark, uint64_t address, print_fn print)
{
	print_address(mark, address, address - 1, print);
}

/* Prints what between start and end looks like return addresses. */
static void scan(uint64_t start, uint64_t end, print_fn print)
{
	unsigned printed = 0;
	uint64_t word;

	for (uint64_t at = ALIGN_UP(start, 8); at < end && printed < SCAN_MAX; at += 8) {
		if (!peek_memory(&word, at, sizeof(word)))
			break;
		if (after_call(word)) {
			print_return("? ", word, print);
			printed++;
		}
	}
}

/* Reads the frame that rbp points at: caller's RBP, return address. Returns false where it is none. */
static bool read_frame(uint64_t rbp, uint64_t frame[2])
{
	return IS_ALIGNED(rbp, 8) && peek_memory(frame, rbp, 2 * sizeof(uint64_t)) && frame[0] != rbp &&
	       after_call(frame[1]);
}

static void print_repeats(unsigned repeats, print_fn print)
{
	if (repeats)
		print("  the same %u times more\n", repeats);
}

static void follow_chain(uint64_t rbp, print_fn print)
{
	uint64_t frame[2], last = 0;
	unsigned repeats = 0, lines = 0;

	for (unsigned n = 0; n < FRAMES_MAX && lines < LINES_MAX && read_frame(rbp, frame); n++) {
		if (frame[1] == last) {
			repeats++;
		} else {
			print_repeats(repeats, print);
			print_return("", frame[1], print);
			repeats = 0;
			lines++;
		}
		last = frame[1];
		rbp = frame[0];
	}
	print_repeats(repeats, print);
}

void backtrace_print(uint64_t rip, uint64_t rbp, uint64_t rsp, print_fn print)
{
	uint64_t end = rsp + SCAN_BYTES, frame[2];

	/* Below a good frame lie callees; without one, everything above RSP is of interest. */
	if (rbp >= rsp && rbp < end && read_frame(rbp, frame))
		end = rbp;
	print("backtrace:\n");
	print_address("", rip, rip, print);
	scan(rsp, end, print);
	follow_chain(rbp, print);
}

#endif
