/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that are linked into the image: musl's start-up code runs constructors and calls
 * native_main, which runs the chosen programs' main functions one after the other. */
#include <linux/elf.h>

#include "core/exit.h"
#include "core/program.h"
#include "include/log.h"
#include "include/panic.h"
#include "lib/string.h"

/* musl: sets up its own state and TLS, runs constructors, exits with what main returns. */
extern int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
                             void (*init)(void), void (*fini)(void), void (*ldso_fini)(void));

extern char __tdata_start[], __tdata_end[], __tbss_end[], __tls_align[];

static char chosen[256]; /* names to run, each ended by NUL, an empty one last */

/* musl finds the TLS image through the program headers, which no loader maps: this stands for them. */
static Elf64_Phdr tls_header = {
	.p_type = PT_TLS,
	.p_flags = PF_R,
};

static const struct native_program *find(const char *name)
{
	for (unsigned i = 0; i < native_program_count; i++)
		if (!strcmp(native_programs[i].name, name))
			return &native_programs[i];
	return NULL;
}

/* Splits names at blanks and commas into chosen. Panics on what is not in the image. */
static void choose(const char *names)
{
	char *out = chosen;

	if (strlen(names) + 2 > sizeof(chosen))
		panic("pagurus.program=%.40s...: too long", names);
	for (const char *p = names; *p;) {
		char *word = out;

		while (*p == ' ' || *p == ',')
			p++;
		while (*p && *p != ' ' && *p != ',')
			*out++ = *p++;
		if (out == word)
			break;
		*out++ = '\0';
		if (!find(word)) {
			for (unsigned i = 0; i < native_program_count; i++)
				log_error("this image has the program %s", native_programs[i].name);
			panic("no program %s in this image: build with it, or choose by pagurus.program=",
			      word);
		}
	}
	if (out == chosen)
		panic("no program chosen: set CONFIG_PROGRAM or pagurus.program=");
	*out = '\0';
}

static int native_main(int argc, char **argv, char **envp)
{
	int status = 0;

	for (char *name = chosen; *name && status == 0; name += strlen(name) + 1) {
		argv[0] = name;
		status = find(name)->main(argc, argv, envp);
	}
	return status;
}

static void native_start(uint64_t *sp)
{
	__libc_start_main(native_main, (int)sp[0], (char **)(sp + 1), NULL, NULL, NULL);
}

void program_start(const struct params *params, const struct boot_info *bi)
{
	const char *names = params_option(params, "program");
	struct program_image image = {
		.phdr = (uint64_t)&tls_header,
		.phent = sizeof(tls_header),
		.phnum = 1,
		.entry = (uint64_t)native_start,
		.start = (uint64_t)native_start,
		.file = chosen,
	};

	(void)bi;
	choose(names ? names : native_default);
	tls_header.p_vaddr = (uint64_t)__tdata_start;
	tls_header.p_filesz = (uint64_t)(__tdata_end - __tdata_start);
	tls_header.p_memsz = (uint64_t)(__tbss_end - __tdata_start);
	tls_header.p_align = (uint64_t)__tls_align;
	program_run(&image, chosen, params);
}
