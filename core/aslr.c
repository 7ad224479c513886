// SPDX-License-Identifier: BSD-2-Clause
/* Where the parts of a program lie (core/aslr.h), as random as Linux has it on x86-64: 28 bits of
 * pages for the program and, independently, for all that mmap places (the dynamic linker, libraries, the
 * vDSO); 30 bits of 16 bytes for the stack; 13 bits of pages for the heap behind the program. */
#include "core/aslr.h"

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "core/random.h"
#include "include/log.h"
#include "mm/area.h"

#define PROGRAM_BASE (ALIGN_DOWN(USER_MAX / 3 * 2, FRAME_SIZE)) /* as Linux: ELF_ET_DYN_BASE */
#define PLACE_BITS 28
#define STACK_BITS 30 /* of 16 bytes: 16 GiB */
#define STACK_ALIGN 16UL
#define BRK_BITS 13
/* Between the lowest stack and the highest mmap, as much as without randomization at least. */
#define GAP MAX(AREA_STACK_SPACE, ALIGN_UP(KIB(CONFIG_PROGRAM_STACK_KIB), FRAME_SIZE) + MIB(1))

_Static_assert(PROGRAM_BASE + 2 * (FRAME_SIZE << PLACE_BITS) <
                   USER_MAX - (STACK_ALIGN << STACK_BITS) - MIB(2048) - (FRAME_SIZE << PLACE_BITS),
               "mmap begins above where programs lie");

static uint64_t program_offset, stack_offset, brk_offset;

static uint64_t bits(uint64_t word, unsigned count)
{
	return word & (BIT(count) - 1);
}

static bool off;

void aslr_renew(void)
{
	union {
		uint8_t bytes[2 * RANDOM_FIRST];
		uint64_t words[2 * RANDOM_FIRST / sizeof(uint64_t)];
	} random;

	if (off)
		return;
	random_get_first(random.bytes);
	random_get_first(random.bytes + RANDOM_FIRST);
	program_offset = bits(random.words[0], PLACE_BITS) * FRAME_SIZE;
	stack_offset = bits(random.words[1], STACK_BITS) * STACK_ALIGN;
	brk_offset = bits(random.words[2], BRK_BITS) * FRAME_SIZE;
	area_set_top(program_space, USER_MAX - (STACK_ALIGN << STACK_BITS) - GAP -
	                                bits(random.words[3], PLACE_BITS) * FRAME_SIZE);
}

void aslr_init(const struct params *params)
{
	off = params_option(params, "noaslr");
	if (!off && !cpu_features.rdrand)
		log_warn("ASLR: the CPU has no RDRAND: the program's addresses vary by timing only");
	aslr_renew();
}

virt_t aslr_program(void)
{
	return PROGRAM_BASE + program_offset;
}

uint64_t aslr_stack(void)
{
	return stack_offset;
}

uint64_t aslr_brk(void)
{
	return brk_offset;
}
