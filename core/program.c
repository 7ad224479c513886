/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting the program: its stack in the lower half, laid out as the psABI has it (3.4.1, "Process
 * Initialization"), an area for its extended state, and the jump. */
#include "core/program.h"

#include <asm/auxvec.h>
#include <linux/auxvec.h>
#include <linux/mman.h>

#include "arch/x86/asm.h"
#include "arch/x86/context.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/sigframe.h"
#include "core/aslr.h"
#include "core/boot_trace.h"
#include "core/random.h"
#include "core/vdso.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/heap.h"
#include "sched/thread.h"

#define PROGRAM_STACK_SIZE KIB(CONFIG_PROGRAM_STACK_KIB)

uint64_t program_stack;

uint64_t program_stack_build(virt_t top, size_t size, const struct program_image *image,
                             const struct params *params, const uint64_t (*auxv)[2],
                             const uint8_t random[16])
{
	unsigned pairs = 0, args = 1 + params->argc, envs = params->envc;
	const char *name = image->name, *file = image->file;
	uint64_t bytes = strlen(name) + 1 + strlen(file) + 1 + 16;
	uint64_t *sp, *p;
	char *strings;

	for (unsigned i = 0; i < params->argc; i++)
		bytes += strlen(params->argv[i]) + 1;
	for (unsigned i = 0; i < envs; i++)
		bytes += strlen(params->envp[i]) + 1;
	while (auxv[pairs][0] != AT_NULL)
		pairs++;
	pairs += 3; /* AT_RANDOM, AT_EXECFN, AT_NULL */

	strings = (char *)ALIGN_DOWN(top - bytes, 16);
	sp = (uint64_t *)ALIGN_DOWN((uint64_t)strings - (1 + args + 1 + envs + 1 + 2 * pairs) * 8, 16);
	if (top - (uint64_t)sp > size)
		return 0;

	p = sp;
	memcpy(strings, random, 16);
	uint64_t random_at = (uint64_t)strings;
	strings += 16;

	uint64_t file_at = (uint64_t)strings;
	memcpy(strings, file, strlen(file) + 1);
	strings += strlen(file) + 1;
	*p++ = args;
	for (unsigned i = 0; i < args; i++) {
		const char *s = i ? params->argv[i - 1] : name;
		size_t n = strlen(s) + 1;

		*p++ = (uint64_t)strings;
		memcpy(strings, s, n);
		strings += n;
	}
	*p++ = 0;
	for (unsigned i = 0; i < envs; i++) {
		size_t n = strlen(params->envp[i]) + 1;

		*p++ = (uint64_t)strings;
		memcpy(strings, params->envp[i], n);
		strings += n;
	}
	*p++ = 0;
	for (unsigned i = 0; auxv[i][0] != AT_NULL; i++) {
		*p++ = auxv[i][0];
		*p++ = auxv[i][1];
	}
	*p++ = AT_RANDOM;
	*p++ = random_at;
	*p++ = AT_EXECFN;
	*p++ = file_at;
	*p++ = AT_NULL;
	*p++ = 0;
	return (uint64_t)sp;
}

void program_run(const struct program_image *image, const struct params *params)
{
	struct thread *thread = current_thread();
#ifdef CONFIG_VDSO
	virt_t vdso = vdso_map();
#endif
	const uint64_t auxv[][2] = {
		{ AT_PHDR, image->phdr },
		{ AT_PHENT, image->phent },
		{ AT_PHNUM, image->phnum },
		{ AT_PAGESZ, FRAME_SIZE },
		{ AT_BASE, image->base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, image->entry },
		{ AT_UID, 0 },
		{ AT_EUID, 0 },
		{ AT_GID, 0 },
		{ AT_EGID, 0 },
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
		{ AT_NULL, 0 },
	};
	uint8_t random[RANDOM_FIRST];
	void *xstate = heap_alloc(cpu_features.xsave_size);
	virt_t top = USER_MAX - FRAME_SIZE - ALIGN_DOWN(aslr_stack(), FRAME_SIZE);
	long base;

	if (!xstate)
		panic("no memory for the program's extended state: give the VM more");
	context_set_xstate(&thread->ctx, xstate);
	thread->kernel = false;

	base = area_map(program_space, top - PROGRAM_STACK_SIZE, PROGRAM_STACK_SIZE,
	                PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_STACK | MAP_NORESERVE);
	if (base < 0)
		panic("no room for the program's stack of %u KiB (error %ld)", CONFIG_PROGRAM_STACK_KIB,
		      base);

	random_get_first(random);
	program_stack = program_stack_build(top - (aslr_stack() & FRAME_MASK),
	                                    PROGRAM_STACK_SIZE - (aslr_stack() & FRAME_MASK), image,
	                                    params, auxv, random);
	if (!program_stack)
		panic("the command line does not fit on the program's stack of %u KiB",
		      CONFIG_PROGRAM_STACK_KIB);
	boot_mark("program's stack");
	program_enter(program_stack, image->start);
}
