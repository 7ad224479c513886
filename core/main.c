/* SPDX-License-Identifier: BSD-2-Clause */
/* From the boot stub to the program, once and in order. Nothing here waits, and nothing is probed
 * that the hypervisor told. */
#include "core/main.h"

#include "arch/x86/features.h"
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/api.h"
#include "core/aslr.h"
#include "core/boot_trace.h"
#include "core/console.h"
#include "core/cpus.h"
#include "core/file.h"
#include "core/log.h"
#include "core/params.h"
#include "core/plant.h"
#include "core/program.h"
#include "core/syscall_cycles.h"
#include "include/errno.h"
#include "include/log.h"
#include "include/panic.h"
#include "include/platform.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/frame.h"
#include "mm/kasan.h"
#include "sched/thread.h"

static struct params params;

static void report_warnings(uint32_t warnings)
{
	static const char *const texts[] = {
		"command line cut: it is longer than 4095 bytes or has no end",
		"command line ignored: it lies where it cannot be read",
		"memory map has too many pieces: the smallest are not used",
		"memory map has wrapping or impossible entries: ignored",
		"memory map says both RAM and reserved for some memory: taken as reserved",
		"module ignored: it overlaps the image or lies outside RAM",
		"too many modules: the last are ignored",
		"the loader's information ends early: what was readable is used",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		if (warnings & BIT(i))
			log_warn("boot: %s", texts[i]);
}

/* The clock needs a scale: the shell's, CPUID's, or one measured against a reference. */
static void clock_init(const struct boot_info *bi)
{
	struct tsc_scale scale;
	bool stated =
		(platform->tsc_scale && platform->tsc_scale(&scale)) || tsc_scale_from_cpuid(&scale);

	tsc_init(bi->tsc_entry, stated ? &scale : NULL, platform->reference);
}

/* The built-in command line, then the loader's. */
static void parse_command_line(struct boot_info *bi)
{
	static char builtin[] = CONFIG_CMDLINE;
	static char joined[sizeof(builtin) > 1 ? sizeof(builtin) + BOOT_CMDLINE_MAX : 1];
	char *line = bi->cmdline;
	int error;

	if (sizeof(builtin) > 1) {
		size_t used = strlcpy(joined, builtin, sizeof(joined));

		joined[used] = ' ';
		strlcpy(joined + used + 1, line, sizeof(joined) - used - 1);
		line = joined;
	}
	error = params_parse(&params, line);
	if (error)
		log_error("command line: %s; what comes before is used",
		          error == -E2BIG ? "too many words" : "a quote has no end");
	log_set_level(params_option(&params, "loglevel"));
	if (IS_ENABLED(CONFIG_SYSCALLS_FILES) && params_option(&params, "pipe"))
		console_be_pipe();
#ifdef CONFIG_SYSCALL_CYCLES
	if (params_option(&params, "stats"))
		syscall_cycles_request();
#endif
}

void core_main(struct boot_info *bi)
{
	int error;

	boot_steps[0] = (struct pagurus_boot_step){ "first instruction", bi->tsc_entry };
	nr_boot_steps = 1;
	boot_mark("long mode, boot information");

	cpu_init(0);
	trap_init();
	platform_select();
	platform->early_init(bi);
	boot_mark("processor, console");

	api_init(bi);
	report_warnings(bi->warnings);
	if (bi->error)
		panic("%s", bi->error);
	if (bi->nr_ram == 0)
		panic("no usable memory: the memory map that the loader handed over has no RAM");
	error = frame_init(bi->ram, bi->nr_ram);
	if (error)
		panic("not enough memory to begin with (error %d): give the VM more", error);
	kasan_init(bi->ram[bi->nr_ram - 1].end);
	boot_mark("frames");

	sched_init();
	area_init();
	clock_init(bi);
	error = platform->init();
	if (error)
		panic("%s: the hypervisor's interface does not work (error %d)", platform->name, error);
	boot_mark("threads, clock, platform");

	parse_command_line(bi);
	if (IS_ENABLED(CONFIG_RAM_ZEROED) || params_option(&params, "zeroed"))
		frame_set_zeroed();
	files_init(bi);
#ifdef CONFIG_SMP
	cpus_start(bi);
#endif
#ifdef CONFIG_PLANTED_BUGS
	plant_bug(params_option(&params, "plant"));
#endif
	aslr_init(&params);
	program_start(&params, bi);
}
