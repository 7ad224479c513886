/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting the program: its stack in the lower half, laid out as the psABI has it (3.4.1, "Process
 * Initialization"), an area for its extended state, and the jump. What execve starts is prepared here
 * too. */
#include "core/program.h"

#include <asm/auxvec.h>
#include <linux/auxvec.h>
#include <linux/mman.h>

#include "arch/x86/asm.h"
#include "arch/x86/context.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/sigframe.h"
#include "arch/x86/trap.h"
#include "core/aslr.h"
#include "core/boot_trace.h"
#include "core/identity.h"
#include "core/random.h"
#include "core/vdso.h"
#include "include/errno.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/heap.h"
#include "sched/thread.h"

#define PROGRAM_STACK_SIZE KIB(CONFIG_PROGRAM_STACK_KIB)
#define AUXV_MAX (20 * 2 * sizeof(uint64_t))

uint64_t program_stack;

/* A stack that is being laid out. */
struct layout {
	const struct program_strings *strings;
	virt_t text;    /* where the next piece of a string goes, */
	virt_t words;   /* the next word, */
	unsigned index; /* and which string that is */
	bool inside;    /* the piece before has not ended its string */
};

static bool put_word(struct layout *l, uint64_t word)
{
	bool done = copy_to_program((void *)l->words, &word, sizeof(word)) == 0;

	l->words += sizeof(word);
	return done;
}

/* A piece of the strings: to its place, and a word for each string that begins in it. */
static bool put_piece(void *ctx, const char *piece, size_t n)
{
	struct layout *l = ctx;

	if (copy_to_program((void *)l->text, piece, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!l->inside) {
			if (l->index == l->strings->argc && !put_word(l, 0))
				return false;
			if (!put_word(l, l->text + i))
				return false;
			l->index++;
		}
		l->inside = piece[i];
	}
	l->text += n;
	return true;
}

static uint32_t identity(const struct ids *ids, bool effective)
{
	if (!IS_ENABLED(CONFIG_SYSCALLS_INFO))
		return 0;
	return effective ? ids->effective : ids->real;
}

/* The auxiliary vector, from l->words on. */
static bool put_auxv(struct layout *l, const struct program_image *image, virt_t vdso,
                     virt_t random, virt_t file)
{
	const uint64_t auxv[][2] = {
		{ AT_PHDR, image->phdr },
		{ AT_PHENT, image->phent },
		{ AT_PHNUM, image->phnum },
		{ AT_PAGESZ, FRAME_SIZE },
		{ AT_BASE, image->base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, image->entry },
		{ AT_UID, identity(&identity_users, false) },
		{ AT_EUID, identity(&identity_users, true) },
		{ AT_GID, identity(&identity_groups, false) },
		{ AT_EGID, identity(&identity_groups, true) },
		{ AT_SECURE, 0 },
		{ AT_CLKTCK, 100 },
		{ AT_HWCAP, cpuid(1, 0).edx },
#ifdef CONFIG_VDSO
		{ vdso ? AT_SYSINFO_EHDR : AT_IGNORE, vdso },
#endif
#ifdef CONFIG_SIGNALS
		{ AT_MINSIGSTKSZ, sigframe_size() },
#endif
		{ AT_HWCAP2, 0 }, /* no FSGSBASE: FS is the kernel's to know (arch/x86/context_switch.S) */
		{ AT_RANDOM, random },
		{ AT_EXECFN, file },
		{ AT_NULL, 0 },
	};

	_Static_assert(sizeof(auxv) <= AUXV_MAX, "room for the auxiliary vector");
	(void)vdso;
	return copy_to_program((void *)l->words, auxv, sizeof(auxv)) == 0;
}

/* Lays everything out below top, where size bytes are free. */
static int lay_out(virt_t top, size_t size, const struct program_image *image,
                   const struct program_strings *strings, virt_t vdso)
{
	size_t file_size = strlen(image->file) + 1;
	size_t text = RANDOM_FIRST + file_size + strings->bytes;
	size_t words = (1 + strings->argc + 1 + strings->envc + 1) * sizeof(uint64_t) + AUXV_MAX;
	virt_t start = ALIGN_DOWN(top - text, 16), sp = ALIGN_DOWN(start - words, 16);
	struct layout l = { .strings = strings, .text = start + RANDOM_FIRST + file_size, .words = sp };
	uint8_t random[RANDOM_FIRST];

	if (strings->bytes > size || words > size || top - sp > size)
		return -E2BIG;
	random_get_first(random);
	if (copy_to_program((void *)start, random, sizeof(random)) ||
	    copy_to_program((void *)(start + RANDOM_FIRST), image->file, file_size) ||
	    !put_word(&l, strings->argc) || !strings->each(strings, put_piece, &l) ||
	    (!strings->envc && !put_word(&l, 0)) || !put_word(&l, 0) ||
	    !put_auxv(&l, image, vdso, start, start + RANDOM_FIRST))
		return -ENOMEM;
	program_stack = sp;
	return 0;
}

int program_prepare(const struct program_image *image, const struct program_strings *strings,
                    size_t stack_size)
{
	virt_t top = USER_MAX - FRAME_SIZE - ALIGN_DOWN(aslr_stack(), FRAME_SIZE), vdso = 0;
	long base = area_map(program_space, top - stack_size, stack_size, PROT_READ | PROT_WRITE,
	                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_STACK | MAP_NORESERVE);

	if (base < 0)
		return (int)base;
#ifdef CONFIG_VDSO
	vdso = vdso_map();
#endif
	return lay_out(top - (aslr_stack() & FRAME_MASK), stack_size - (aslr_stack() & FRAME_MASK),
	               image, strings, vdso);
}

/* What came with the command line: argv[0], then the words of params. */
struct first_strings {
	struct program_strings strings;
	const char *name;
	const struct params *params;
};

static bool each_word(const struct program_strings *strings,
                      bool (*put)(void *ctx, const char *piece, size_t n), void *ctx)
{
	const struct first_strings *first = container_of(strings, struct first_strings, strings);
	const struct params *params = first->params;
	bool going = put(ctx, first->name, strlen(first->name) + 1);

	for (unsigned i = 0; going && i < params->argc; i++)
		going = put(ctx, params->argv[i], strlen(params->argv[i]) + 1);
	for (unsigned i = 0; going && i < params->envc; i++)
		going = put(ctx, params->envp[i], strlen(params->envp[i]) + 1);
	return going;
}

static bool count_bytes(void *ctx, const char *piece, size_t n)
{
	(void)piece;
	*(size_t *)ctx += n;
	return true;
}

void program_run(const struct program_image *image, const char *name, const struct params *params)
{
	struct thread *thread = current_thread();
	struct first_strings first = {
		.strings = { .argc = 1 + params->argc, .envc = params->envc, .each = each_word },
		.name = name,
		.params = params,
	};
	void *xstate = heap_alloc(cpu_features.xsave_size);
	int error;

	if (!xstate)
		panic("no memory for the program's extended state: give the VM more");
	context_set_xstate(&thread->ctx, xstate);
	thread->kernel = false;
	each_word(&first.strings, count_bytes, &first.strings.bytes);
	error = program_prepare(image, &first.strings, PROGRAM_STACK_SIZE);
	if (error == -E2BIG)
		panic("the command line does not fit on the program's stack of %u KiB",
		      CONFIG_PROGRAM_STACK_KIB);
	if (error)
		panic("no room for the program's stack of %u KiB (error %d)", CONFIG_PROGRAM_STACK_KIB,
		      error);
	boot_mark("program's stack");
	program_enter(program_stack, image->start);
}
