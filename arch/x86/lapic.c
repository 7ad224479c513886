/* SPDX-License-Identifier: BSD-2-Clause */
/* Local APIC (SDM volume 3, chapter 11): registers through memory (xAPIC) or MSRs (x2APIC), and the
 * timer: TSC deadline, or the counter. While the TSC is measured against the counter, it runs round
 * and round, and setting the timer keeps account of what it has counted. Nothing is touched before
 * it is needed. */
#include "arch/x86/lapic.h"

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"
#include "arch/x86/tsc.h"
#include "arch/x86/tsc_scale.h"
#include "include/errno.h"
#include "include/panic.h"
#include "lib/string.h"

#define CPUID_1_EDX_APIC BIT(9)

#define APIC_BASE_EXTD BIT(10) /* x2APIC mode */
#define APIC_BASE_EN BIT(11)
#define APIC_BASE_ADDR 0x000ffffffffff000UL

/* Registers: offsets of the xAPIC page; an x2APIC has them at MSR_X2APIC + offset / 16. */
#define MSR_X2APIC 0x800
#define APIC_ID 0x20
#define APIC_EOI 0xb0
#define APIC_SVR 0xf0
#define APIC_ICR_LOW 0x300
#define APIC_ICR_HIGH 0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT0 0x350
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE 0x3e0

#define SVR_ENABLE BIT(8)
#define LVT_MASKED BIT(16)
#define LVT_TIMER_PERIODIC BIT(17)
#define LVT_TIMER_TSC_DEADLINE BIT(18)
#define DIVIDE_BY_1 0xb
#define COUNT_MAX 0xffffffffU
#define REFERENCE_PERIOD_MIN 20000U /* ns: a reference fires again and again, but not faster */

#define CPUID_CRYSTAL 0x15 /* ECX: Hz of the crystal, which the timer counts */
#define CPUID_HYPERVISOR 0x40000000
#define CPUID_HYPERVISOR_TIMING 0x40000010 /* EBX: kHz of the timer's bus */
#define QEMU_TIMER_HZ 1000000000ULL        /* QEMU's and KVM's timers count nanoseconds */
#define XEN_TIMER_HZ 100000000ULL          /* Xen: APIC_BUS_CYCLE_NS is 10 */
#define LEARNED_HZ_MIN 1000000ULL          /* slower than any: where learning begins */

/* The timer of each CPU. */
struct lapic_timer {
	bool enabled;      /* lapic_init() has run on this CPU */
	bool started;      /* the counter is set up */
	bool reference;    /* its ticks are kept account of, for lapic_reference() */
	bool learning;     /* hz is only a lower bound */
	uint32_t lvt;      /* what LVT_TIMER holds */
	uint32_t load;     /* the initial count last set */
	uint64_t load_tsc; /* when */
	uint64_t counted;  /* ticks before that, */
	uint64_t doubt;    /* and by how much that may be wrong */
	uint64_t hz;
};

static struct lapic_timer timers[CONFIG_NR_CPUS];
static volatile uint32_t *registers; /* NULL in x2APIC mode */

static uint32_t lapic_read(unsigned reg)
{
	return registers ? registers[reg / 4] : (uint32_t)rdmsr(MSR_X2APIC + reg / 16);
}

static void lapic_write(unsigned reg, uint32_t value)
{
	if (registers)
		registers[reg / 4] = value;
	else
		wrmsr(MSR_X2APIC + reg / 16, value);
}

__cold int lapic_init(void)
{
	struct lapic_timer *timer = &timers[cpu_id()];
	uint64_t base;

	if (timer->enabled)
		return 0;
	if (!(cpuid(1, 0).edx & CPUID_1_EDX_APIC))
		return -ENODEV;
	base = rdmsr(MSR_IA32_APIC_BASE);
	if (!(base & APIC_BASE_EN))
		wrmsr(MSR_IA32_APIC_BASE, base | APIC_BASE_EN);
	if (cpu_features.x2apic) {
		wrmsr(MSR_IA32_APIC_BASE, base | APIC_BASE_EN | APIC_BASE_EXTD);
	} else if (!registers) {
		registers = paging_map_device(base & APIC_BASE_ADDR, FRAME_SIZE);
		if (!registers)
			return -ENOMEM;
	}
	/* Firmware leaves the legacy interrupt controller wired through. First this, then SVR: only
	 * that makes QEMU forget an interrupt that is pending there; it would come as vector -1. */
	lapic_write(APIC_LVT_LINT0, lapic_read(APIC_LVT_LINT0) | LVT_MASKED);
	lapic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	timer->enabled = true;
	return 0;
}

void lapic_eoi(void)
{
	lapic_write(APIC_EOI, 0);
}

uint32_t lapic_id(void)
{
	uint32_t id = lapic_read(APIC_ID);

	return registers ? id >> 24 : id;
}

#ifdef CONFIG_SMP
void lapic_send(uint32_t apic_id, uint32_t command)
{
	uint64_t flags = irq_save();

	if (registers) {
		lapic_write(APIC_ICR_HIGH, apic_id << 24);
		lapic_write(APIC_ICR_LOW, command);
	} else {
		/* What was written to memory must be there first (SDM volume 3, 10.12.3). */
		__asm__ volatile("mfence; lfence" : : : "memory");
		wrmsr(MSR_X2APIC + APIC_ICR_LOW / 16, (uint64_t)apic_id << 32 | command);
	}
	irq_restore(flags);
}
#endif

static void must_init(void)
{
	int error = lapic_init();

	if (error)
		panic("no timer: the local APIC %s; give the VM one",
		      error == -ENODEV ? "is missing" : "cannot be mapped");
}

/* What the timer counts at with divide 1, as far as anybody says; 0: nobody does. */
static uint64_t stated_hz(void)
{
	struct cpuid_regs r;

	if (cpu_features.hypervisor) {
		r = cpuid(CPUID_HYPERVISOR, 0);
		uint32_t signature[3] = { r.ebx, r.ecx, r.edx };

		if (memcmp(signature, "XenVMMXenVMM", 12) == 0)
			return XEN_TIMER_HZ;
		if (memcmp(signature, "KVMKVMKVM\0\0", 12) == 0 ||
		    memcmp(signature, "TCGTCGTCGTCG", 12) == 0)
			return QEMU_TIMER_HZ;
		if (memcmp(signature, "VMwareVMware", 12) == 0 && r.eax >= CPUID_HYPERVISOR_TIMING)
			return cpuid(CPUID_HYPERVISOR_TIMING, 0).ebx * 1000ULL;
	}
	return cpuid(0, 0).eax >= CPUID_CRYSTAL ? cpuid(CPUID_CRYSTAL, 0).ecx : 0;
}

static void write_lvt(struct lapic_timer *timer, uint32_t lvt)
{
	if (timer->lvt != lvt)
		lapic_write(APIC_LVT_TIMER, lvt);
	timer->lvt = lvt;
}

static uint64_t ticks_in(const struct lapic_timer *timer, uint64_t ns)
{
	return mul_div(ns, timer->hz, NS_PER_SEC);
}

/* The counter at some time between two TSC readings. */
struct look {
	uint32_t current;
	uint64_t tsc;   /* halfway between them */
	uint64_t slack; /* half of what lay between */
};

static struct look look_at_counter(void)
{
	uint64_t before = rdtsc_ordered();
	uint32_t current = lapic_read(APIC_TIMER_CURRENT);
	uint64_t slack = (rdtsc_ordered() - before) / 2;

	return (struct look){ current, before + slack, slack };
}

/* Ticks from the reference's last loading to look. What it shows is exact within a round; how many
 * rounds there were, the clock as known so far tells. */
static uint64_t ticks_since_load(struct lapic_timer *timer, const struct look *look)
{
	uint64_t ticks = timer->load - look->current, delta = look->tsc - timer->load_tsc;
	uint64_t expected = ticks_in(timer, tsc_to_ns(delta)), unsure;
	uint64_t round = (uint64_t)timer->load + 1;

	if (timer->load == COUNT_MAX) /* lapic_reference() wraps in the same way */
		return ticks;
	unsure = ticks_in(timer, tsc_to_ns_error(delta));
	if (unsure > round / 4)
		timer->doubt += unsure + round;
	return expected <= ticks ? ticks : ticks + (expected - ticks + round / 2) / round * round;
}

/* Loads the counter, which is the reference, keeping what it has counted. LVT first: a short
 * count that ran out while still masked would never be heard of. Loading may take long, so it is
 * not timed itself but looked at from both sides. */
static void load_reference(struct lapic_timer *timer, uint32_t lvt, uint32_t count)
{
	struct look old = look_at_counter(), new;
	uint64_t gap, error;

	timer->counted += ticks_since_load(timer, &old);
	write_lvt(timer, lvt);
	lapic_write(APIC_TIMER_INITIAL, count);
	timer->load = count;
	timer->load_tsc = rdtsc();
	new = look_at_counter();
	gap = new.tsc - old.tsc;
	error = tsc_to_ns(old.slack + new.slack) + tsc_to_ns_error(gap);
	timer->counted += ticks_in(timer, tsc_to_ns(gap)) - (count - new.current);
	timer->doubt += ticks_in(timer, error) + 2;
	if (ticks_in(timer, tsc_to_ns(gap)) + error > count)
		timer->doubt += count; /* it may have gone round already */
}

static void load_one_shot(struct lapic_timer *timer, uint32_t count)
{
	write_lvt(timer, VECTOR_TIMER);
	timer->load = count;
	timer->load_tsc = rdtsc();
	lapic_write(APIC_TIMER_INITIAL, count);
}

/* Sets the counter up. hz: its frequency, 0: to be learned as it is used. */
static void start_counter(struct lapic_timer *timer, uint64_t hz)
{
	timer->started = true;
	timer->learning = hz == 0;
	timer->hz = hz ? hz : LEARNED_HZ_MIN;
	lapic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
}

/* While the frequency is unknown, each run bounds it from below: a bound that is too low lets
 * the timer fire early, and then it is set again. Short runs say little, since firing takes time
 * too. */
static void learn_hz(struct lapic_timer *timer)
{
	/* The clock before loading and after reading: rather too much time. */
	uint64_t ticks = timer->load - lapic_read(APIC_TIMER_CURRENT);
	uint64_t ns = tsc_to_ns(rdtsc() - timer->load_tsc) + 1;
	uint64_t bound = mul_div(ticks, NS_PER_SEC, ns);

	if (timer->load && (bound > timer->hz || ns >= NS_PER_MS))
		timer->hz = MAX(bound, LEARNED_HZ_MIN);
	timer->load = 0; /* what the counter does from now on is no run */
}

static void set_counter(struct lapic_timer *timer, uint64_t ns)
{
	uint64_t now, ticks;

	if (timer->learning)
		learn_hz(timer);
	if (ns == UINT64_MAX) {
		if (timer->reference)
			load_reference(timer, LVT_MASKED | LVT_TIMER_PERIODIC | VECTOR_TIMER, COUNT_MAX);
		else
			write_lvt(timer, LVT_MASKED | VECTOR_TIMER);
		return;
	}
	now = clock_ns();
	ticks = ns > now ? mul_div(ns - now, timer->hz, NS_PER_SEC) + 1 : 1;
	ticks = MIN(ticks, (uint64_t)COUNT_MAX);
	if (timer->reference)
		load_reference(timer, LVT_TIMER_PERIODIC | VECTOR_TIMER,
		               MAX((uint32_t)ticks, REFERENCE_PERIOD_MIN));
	else
		load_one_shot(timer, (uint32_t)ticks);
}

void lapic_timer_set(uint64_t ns)
{
	struct lapic_timer *timer = &timers[cpu_id()];

	if (!timer->started) {
		if (ns == UINT64_MAX)
			return;
		must_init();
		if (cpu_features.tsc_deadline) {
			timer->started = true;
			write_lvt(timer, LVT_TIMER_TSC_DEADLINE | VECTOR_TIMER);
			__asm__ volatile("mfence" : : : "memory"); /* SDM volume 3, 11.5.4.1 */
		} else {
			start_counter(timer, stated_hz());
		}
	}
	if (timer->reference && !tsc_measuring())
		timer->reference = false;
	if (timer->lvt & LVT_TIMER_TSC_DEADLINE)
		wrmsr(MSR_IA32_TSC_DEADLINE, ns == UINT64_MAX ? 0 : clock_ns_to_tsc(ns));
	else
		set_counter(timer, ns);
}

void lapic_timer_idle(void)
{
	struct lapic_timer *timer = &timers[cpu_id()];

	if (timer->learning)
		learn_hz(timer);
	if (timer->lvt & LVT_TIMER_PERIODIC)
		lapic_timer_set(UINT64_MAX);
}

uint64_t lapic_reference(uint64_t *hz, uint64_t *mask)
{
	struct lapic_timer *timer = &timers[0];
	struct look look;

	*hz = QEMU_TIMER_HZ;
	*mask = COUNT_MAX;
	if (!timer->started) {
		must_init();
		start_counter(timer, QEMU_TIMER_HZ);
		write_lvt(timer, LVT_MASKED | LVT_TIMER_PERIODIC | VECTOR_TIMER);
		lapic_write(APIC_TIMER_INITIAL, COUNT_MAX);
		timer->load = COUNT_MAX;
		timer->load_tsc = rdtsc();
		timer->reference = true;
	}
	look = look_at_counter();
	return timer->counted + ticks_since_load(timer, &look);
}

uint64_t lapic_reference_doubt(void)
{
	return timers[0].doubt;
}
