/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting the CPUs beyond the first. Nobody waits for them: each makes its own stacks and joins in
 * when it is ready, and some seconds later somebody looks whether all are there. */
#include "core/cpus.h"

#include "arch/x86/lapic.h"
#include "arch/x86/percpu.h"
#include "arch/x86/smp.h"
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "arch/x86/tsc_sync.h"
#include "include/log.h"
#include "include/platform.h"
#include "mm/heap.h"
#include "sched/thread.h"

#define PATIENCE_NS (5 * NS_PER_SEC) /* on a busy host, a CPU may get its turn late */

#define LOOK_NS (100 * NS_PER_US)

static struct timer look;
static uint64_t patience_end; /* clock_ns(); 0: none were started */

/* Whoever is not there by then may never come: the program goes on without. */
static void look_after_them(struct timer *timer)
{
	unsigned online = (unsigned)__builtin_popcountl(cpus_now_online());
	unsigned there = platform->cpus ? platform->cpus() : 0;

	(void)timer;
	there = MAX(there, smp_arrived());
	if (online < MIN(there, (unsigned)CONFIG_NR_CPUS))
		log_warn("%u of %u CPUs have not started: the program has %u", there - online, there, online);
	else if (there > CONFIG_NR_CPUS)
		log_warn("the VM has %u CPUs, this image uses %u: build it with CONFIG_NR_CPUS=%u", there,
		         online, there);
}

void cpus_start(const struct boot_info *bi)
{
	int err = platform->cpus_start ? smp_prepare() : -1;

	if (err) /* one CPU it is, as it would be without a local APIC */
		return;
	for (unsigned id = 1; id < CONFIG_NR_CPUS; id++)
		smp_set_stack(id, idle_stack(id));
	err = platform->cpus_start(bi);
	if (err) {
		log_warn("no further CPUs (error %d): the program has one", err);
		return;
	}
	patience_end = clock_ns() + PATIENCE_NS;
	timer_init(&look, look_after_them);
	timer_arm(&look, patience_end);
}

void cpus_wait(void)
{
	unsigned there;

	if (!patience_end || clock_ns() >= patience_end)
		return;
	there = MIN(platform->cpus ? platform->cpus() : 0, (unsigned)CONFIG_NR_CPUS);
	while ((unsigned)__builtin_popcountl(cpus_now_online()) < there && clock_ns() < patience_end &&
	       !thread_sleep_until(clock_ns() + LOOK_NS))
		;
}

static __noreturn void halt(const char *what)
{
	log_warn("CPU %u cannot start: %s", cpu_id(), what);
	for (;;)
		__asm__ volatile("cli; hlt");
}

void upcall_cpu_start(void)
{
	void *stacks[TRAP_STACKS];

	sched_init_cpu();
	for (unsigned i = 0; i < TRAP_STACKS; i++) {
		stacks[i] = kernel_stack_alloc();
		if (!stacks[i])
			halt("no memory for its stacks");
	}
	trap_init_cpu(stacks);
	if (lapic_init() != 0)
		halt("its local APIC does not work");
	if (platform->cpu_init && platform->cpu_init() != 0)
		halt("the hypervisor's interface does not work there");
	if (tsc_synchronize() != 0)
		halt("its time stamp counter differs from the first CPU's");
	smp_online();
	idle_loop(NULL);
}
