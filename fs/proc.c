// SPDX-License-Identifier: BSD-2-Clause
/* /proc and /sys, as far as programs look: the machine's state. The program's own is in
 * fs/proc_self.c. */
#include <linux/stat.h>

#include "arch/x86/cpu.h"
#include "arch/x86/smp.h"
#include "arch/x86/tsc.h"
#include "core/clock.h"
#include "core/cpus.h"
#include "core/random.h"
#include "core/syscall_cycles.h"
#include "fs/made_up.h"
#include "include/errno.h"
#include "include/version.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/frame.h"
#include "sched/thread.h"

#define KIB_SHIFT 10
#define HZ 100 /* of times in /proc, as AT_CLKTCK says */
#define CPUID_BRAND 0x80000002U
#define CPUID_ADDRESS_SIZES 0x80000008U

struct filesystem proc_fs = { .type = "proc", .dev = 4, .magic = 0x9fa0, .fixed = true };
struct filesystem sys_fs = { .type = "sysfs", .dev = 6, .magic = 0x62656572, .fixed = true };

static unsigned cpu_count(void)
{
#ifdef CONFIG_SMP
	cpus_wait();
	return (unsigned)__builtin_popcountl(cpus_now_online());
#else
	return 1;
#endif
}

static const struct {
	uint32_t leaf;
	unsigned reg, bit; /* of eax, ebx, ecx, edx */
	const char *name;
} flags[] = {
	{ 1, 3, 0, "fpu" },
	{ 1, 3, 4, "tsc" },
	{ 1, 3, 5, "msr" },
	{ 1, 3, 6, "pae" },
	{ 1, 3, 8, "cx8" },
	{ 1, 3, 9, "apic" },
	{ 1, 3, 15, "cmov" },
	{ 1, 3, 19, "clflush" },
	{ 1, 3, 23, "mmx" },
	{ 1, 3, 24, "fxsr" },
	{ 1, 3, 25, "sse" },
	{ 1, 3, 26, "sse2" },
	{ 1, 3, 28, "ht" },
	{ 0x80000001, 3, 20, "nx" },
	{ 0x80000001, 3, 26, "pdpe1gb" },
	{ 0x80000001, 3, 27, "rdtscp" },
	{ 0x80000001, 3, 29, "lm" },
	{ 1, 2, 0, "pni" },
	{ 1, 2, 1, "pclmulqdq" },
	{ 1, 2, 9, "ssse3" },
	{ 1, 2, 12, "fma" },
	{ 1, 2, 13, "cx16" },
	{ 1, 2, 19, "sse4_1" },
	{ 1, 2, 20, "sse4_2" },
	{ 1, 2, 22, "movbe" },
	{ 1, 2, 23, "popcnt" },
	{ 1, 2, 25, "aes" },
	{ 1, 2, 26, "xsave" },
	{ 1, 2, 28, "avx" },
	{ 1, 2, 29, "f16c" },
	{ 1, 2, 30, "rdrand" },
	{ 1, 2, 31, "hypervisor" },
	{ 0x80000001, 2, 0, "lahf_lm" },
	{ 0x80000001, 2, 5, "abm" },
	{ 7, 1, 0, "fsgsbase" },
	{ 7, 1, 3, "bmi1" },
	{ 7, 1, 5, "avx2" },
	{ 7, 1, 8, "bmi2" },
	{ 7, 1, 9, "erms" },
	{ 7, 1, 16, "avx512f" },
	{ 7, 1, 18, "rdseed" },
	{ 7, 1, 19, "adx" },
	{ 7, 1, 29, "sha_ni" },
};

static void put_flags(struct text *t)
{
	text_print(t, "flags\t\t:");
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
		struct cpuid_regs r = cpuid(flags[i].leaf & 0x80000000U, 0);

		if (r.eax < flags[i].leaf)
			continue;
		r = cpuid(flags[i].leaf, 0);
		if ((flags[i].reg == 1 ? r.ebx : flags[i].reg == 2 ? r.ecx : r.edx) & BIT(flags[i].bit))
			text_print(t, " %s", flags[i].name);
	}
	text_print(t, "\n");
}

static void put_cpu(struct text *t, unsigned cpu)
{
	struct cpuid_regs vendor = cpuid(0, 0), model = cpuid(1, 0), sizes;
	uint32_t family = (model.eax >> 8 & 15) + (model.eax >> 20 & 255);
	uint64_t khz = tsc_hz() / 1000;
	char name[13] = { 0 }, brand[49] = { 0 };

	memcpy(name, &vendor.ebx, 4);
	memcpy(name + 4, &vendor.edx, 4);
	memcpy(name + 8, &vendor.ecx, 4);
	for (unsigned i = 0; i < 3 && cpuid(0x80000000U, 0).eax >= CPUID_BRAND + 2; i++) {
		struct cpuid_regs r = cpuid(CPUID_BRAND + i, 0);

		memcpy(brand + 16 * i, &r.eax, 4);
		memcpy(brand + 16 * i + 4, &r.ebx, 4);
		memcpy(brand + 16 * i + 8, &r.ecx, 4);
		memcpy(brand + 16 * i + 12, &r.edx, 4);
	}
	sizes = cpuid(CPUID_ADDRESS_SIZES, 0);
	text_print(t,
	           "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n"
	           "model name\t: %s\nstepping\t: %u\ncpu MHz\t\t: %lu.%03lu\nphysical id\t: 0\n"
	           "siblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\napicid\t\t: %u\nfpu\t\t: yes\n"
	           "cpuid level\t: %u\nwp\t\t: yes\n",
	           cpu, name, family, (model.eax >> 4 & 15) | (model.eax >> 12 & 0xf0), brand,
	           model.eax & 15, khz / 1000, khz % 1000, cpu_count(), cpu, cpu_count(), cpu,
	           vendor.eax);
	put_flags(t);
	text_print(t,
	           "bogomips\t: %lu.00\nclflush size\t: %u\ncache_alignment\t: 64\n"
	           "address sizes\t: %u bits physical, %u bits virtual\n\n",
	           2 * khz / 1000, (model.ebx >> 8 & 255) * 8, sizes.eax & 255, sizes.eax >> 8 & 255);
}

static void put_cpuinfo(struct text *t)
{
	for (unsigned i = 0; i < cpu_count(); i++)
		put_cpu(t, i);
}

static void put_meminfo(struct text *t)
{
	struct frame_stats frames;
	struct area_stats areas;
	uint64_t total, left;

	frame_stats(&frames);
	area_stats(program_space, &areas);
	total = frames.total * FRAME_SIZE >> KIB_SHIFT;
	left = frames.free * FRAME_SIZE >> KIB_SHIFT;
	text_print(
		t,
		"MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n"
		"Buffers:               0 kB\nCached:                0 kB\nSwapCached:            0 kB\n"
		"Active:         %8lu kB\nInactive:              0 kB\nSwapTotal:             0 kB\n"
		"SwapFree:              0 kB\nDirty:                 0 kB\nWriteback:             0 kB\n"
		"AnonPages:      %8lu kB\nMapped:                0 kB\nShmem:                 0 kB\n",
		total, left, left, areas.resident >> KIB_SHIFT, areas.resident >> KIB_SHIFT);
	text_print(t,
	           "Slab:                  0 kB\nPageTables:            0 kB\nCommitLimit:    %8lu kB\n"
	           "Committed_AS:   %8lu kB\nVmallocTotal:          0 kB\nVmallocUsed:           0 kB\n"
	           "HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n",
	           total, areas.reserved >> KIB_SHIFT);
}

static void put_stat(struct text *t)
{
	uint64_t busy = sched_busy_ns() / (NS_PER_SEC / HZ);
	uint64_t idle = clock_ns() / (NS_PER_SEC / HZ) * cpu_count();

	idle = idle > busy ? idle - busy : 0;
	text_print(t, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\n", busy, idle);
	for (unsigned i = 0; i < cpu_count(); i++)
		text_print(t, "cpu%u %lu 0 0 %lu 0 0 0 0 0 0\n", i, i ? 0 : busy, i ? 0 : idle);
	text_print(t, "intr 0\nctxt 0\nbtime %lu\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n",
	           (unsigned long)((clock_wall_ns() - clock_ns()) / NS_PER_SEC));
}

static void put_uptime(struct text *t)
{
	uint64_t up = clock_ns() / (NS_PER_SEC / HZ), busy = sched_busy_ns() / (NS_PER_SEC / HZ);
	uint64_t idle = up * cpu_count() - MIN(busy, up * cpu_count());

	text_print(t, "%lu.%02lu %lu.%02lu\n", up / HZ, up % HZ, idle / HZ, idle % HZ);
}

static void put_loadavg(struct text *t)
{
	text_print(t, "0.00 0.00 0.00 1/%u 1\n", thread_count());
}

static void put_uuid(struct text *t)
{
	uint8_t b[16];

	random_get(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40; /* RFC 4122: version 4 */
	b[8] = (b[8] & 0x3f) | 0x80;
	for (unsigned i = 0; i < sizeof(b); i++)
		text_print(t, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	text_print(t, "\n");
}

static void put_boot_id(struct text *t)
{
	static struct text id;

	if (!id.len)
		put_uuid(&id);
	text_add(t, id.buf, id.len);
}

static void put_cpu_range(struct text *t)
{
	if (cpu_count() > 1)
		text_print(t, "0-%u\n", cpu_count() - 1);
	else
		text_print(t, "0\n");
}

static void put_file_max(struct text *t)
{
	text_print(t, "%u\n", FILES_MAX);
}

#define VERSION_LINE                                                                               \
	"Linux version 6.1.0-pagurus (Pagurus " PAGURUS_VERSION ") #1 Pagurus " PAGURUS_VERSION

static const struct made_up random_entries[] = {
	{ .name = "boot_id", .write = put_boot_id },
	{ .name = "entropy_avail", .string = "256" },
	{ .name = "poolsize", .string = "256" },
	{ .name = "uuid", .write = put_uuid },
	{ .name = NULL },
};

static const struct made_up kernel_entries[] = {
	{ .name = "cap_last_cap", .string = "40" },
	{ .name = "core_pattern", .string = "core" },
	{ .name = "domainname", .string = "(none)" },
	{ .name = "hostname", .string = "pagurus" },
	{ .name = "ngroups_max", .string = "65536" },
	{ .name = "osrelease", .string = "6.1.0-pagurus" },
	{ .name = "ostype", .string = "Linux" },
	{ .name = "overflowgid", .string = "65534" },
	{ .name = "overflowuid", .string = "65534" },
	{ .name = "pid_max", .string = "4194304" },
	{ .name = "random", .entries = random_entries },
	{ .name = "randomize_va_space", .string = "0" },
	{ .name = "shmmax", .string = "18446744073692774399" },
	{ .name = "threads-max", .string = "4194304" },
	{ .name = "version", .string = "#1 Pagurus " PAGURUS_VERSION },
	{ .name = NULL },
};

static const struct made_up vm_entries[] = {
	{ .name = "max_map_count", .string = "1048576" },
	{ .name = "mmap_min_addr", .string = "65536" },
	{ .name = "overcommit_memory", .string = "1" },
	{ .name = "overcommit_ratio", .string = "50" },
	{ .name = "swappiness", .string = "0" },
	{ .name = NULL },
};

static const struct made_up fs_entries[] = {
	{ .name = "file-max", .write = put_file_max },
	{ .name = "nr_open", .write = put_file_max },
	{ .name = "pipe-max-size", .string = "65536" },
	{ .name = NULL },
};

static const struct made_up core_entries[] = {
	{ .name = "somaxconn", .string = "4096" },
	{ .name = NULL },
};

static const struct made_up net_entries[] = {
	{ .name = "core", .entries = core_entries },
	{ .name = NULL },
};

static const struct made_up sysctl_entries[] = {
	{ .name = "fs", .entries = fs_entries },
	{ .name = "kernel", .entries = kernel_entries },
	{ .name = "net", .entries = net_entries },
	{ .name = "vm", .entries = vm_entries },
	{ .name = NULL },
};

#ifdef CONFIG_SYSCALL_CYCLES
static void text_sink(void *ctx, const char *data, size_t len)
{
	text_add(ctx, data, len);
}

static void put_syscalls(struct text *t)
{
	syscall_cycles_print(text_sink, t);
}

static const struct made_up pagurus_entries[] = {
	{ .name = "syscalls", .write = put_syscalls },
	{ .name = NULL },
};
#endif

static const struct made_up root_entries[] = {
	{ .name = "1", .entries = proc_self_entries },
	{ .name = "cpuinfo", .write = put_cpuinfo },
	{ .name = "filesystems", .string = "nodev\tsysfs\nnodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tproc" },
	{ .name = "loadavg", .write = put_loadavg },
	{ .name = "meminfo", .write = put_meminfo },
	{ .name = "mounts", .link = "self/mounts" },
#ifdef CONFIG_SYSCALL_CYCLES
	{ .name = "pagurus", .entries = pagurus_entries },
#endif
	{ .name = "self", .link = "1" },
	{ .name = "stat", .write = put_stat },
	{ .name = "swaps", .string = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority" },
	{ .name = "sys", .entries = sysctl_entries },
	{ .name = "thread-self", .link = "1" },
	{ .name = "uptime", .write = put_uptime },
	{ .name = "version", .string = VERSION_LINE },
	{ .name = NULL },
};

static int populate_proc(struct dentry *dir)
{
	return made_up_populate(dir, root_entries);
}

const struct inode_ops proc_root_ops = { .populate = populate_proc };

static const struct made_up cpu_entries[] = {
	{ .name = "kernel_max", .string = "63" },
	{ .name = "online", .write = put_cpu_range },
	{ .name = "possible", .write = put_cpu_range },
	{ .name = "present", .write = put_cpu_range },
	{ .name = NULL },
};

static const struct made_up system_entries[] = {
	{ .name = "cpu", .entries = cpu_entries },
	{ .name = NULL },
};

static const struct made_up devices_entries[] = {
	{ .name = "system", .entries = system_entries },
	{ .name = NULL },
};

static const struct made_up thp_entries[] = {
	{ .name = "enabled", .string = "[always] madvise never" },
	{ .name = "hpage_pmd_size", .string = "2097152" },
	{ .name = NULL },
};

static const struct made_up mm_entries[] = {
	{ .name = "transparent_hugepage", .entries = thp_entries },
	{ .name = NULL },
};

static const struct made_up sys_kernel_entries[] = {
	{ .name = "mm", .entries = mm_entries },
	{ .name = NULL },
};

static const struct made_up no_entries[] = { { .name = NULL } };

static const struct made_up sys_fs_entries[] = {
	{ .name = "cgroup", .entries = no_entries },
	{ .name = NULL },
};

static const struct made_up sys_entries[] = {
	{ .name = "devices", .entries = devices_entries },
	{ .name = "fs", .entries = sys_fs_entries },
	{ .name = "kernel", .entries = sys_kernel_entries },
	{ .name = NULL },
};

static int populate_sys(struct dentry *dir)
{
	return made_up_populate(dir, sys_entries);
}

const struct inode_ops sys_root_ops = { .populate = populate_sys };
