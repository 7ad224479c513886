/* SPDX-License-Identifier: BSD-2-Clause */
/* The TSC clock. Reading it is one multiplication. Where the frequency has to be measured, a
 * reading after twice the time of the last estimate takes another look at the reference: some
 * twenty looks in the first second, none later, and none if nobody asks for the time. */
#include "arch/x86/tsc.h"

#include "arch/x86/cpu.h"
#include "arch/x86/lapic.h"
#include "arch/x86/percpu.h"
#include "arch/x86/tsc_clock.h"
#include "include/panic.h"
#include "lib/string.h"

#define CPUID_TSC 0x15 /* SDM volume 2, CPUID: time stamp counter / crystal clock */
#define CPUID_HYPERVISOR 0x40000000
#define CPUID_HYPERVISOR_TIMING 0x40000010 /* EAX: TSC in kHz */

#define NEVER ((uint64_t)INT64_MAX)
#define LOOKS_PER_SEC_MAX 50000 /* no two looks at the reference closer than this */

static struct tsc_clock clock;
static uint64_t tsc_zero;
static uint64_t ticks_per_ns; /* TSC_TICKS_BITS */
static uint64_t (*reference)(uint64_t *hz, uint64_t *mask);
static struct tsc_estimate estimate;
static bool stated, looking, asked;

/* Between the two nobody else gets an answer, and this CPU must not ask. */
static inline void begin_change(void)
{
#if CONFIG_NR_CPUS > 1
	__atomic_store_n(&clock.sequence, clock.sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

static inline void end_change(void)
{
#if CONFIG_NR_CPUS > 1
	__atomic_store_n(&clock.sequence, clock.sequence + 1, __ATOMIC_RELEASE);
#endif
}

static void change(uint64_t base_tsc, uint64_t base_ns, uint64_t factor, uint64_t due)
{
	clock.base_tsc = base_tsc;
	clock.base_ns = base_ns;
	clock.factor = factor;
	clock.due = due;
	ticks_per_ns = mul_div(1ULL << TSC_FACTOR_BITS, 1ULL << TSC_TICKS_BITS, factor);
}

static void set_clock(uint64_t base_tsc, uint64_t base_ns, uint64_t factor, uint64_t due)
{
	begin_change();
	change(base_tsc, base_ns, factor, due);
	end_change();
}

/* Due after as much time again as has been measured. Whoever asks so rarely that the reference has
 * wrapped unnoticed takes the next look at once. */
static uint64_t next_look(bool known)
{
	if (tsc_estimate_done(&estimate))
		return NEVER;
	if (!known)
		return 0;
	return MAX(estimate.elapsed, estimate.hz / LOOKS_PER_SEC_MAX);
}

static struct tsc_reading read_reference(uint64_t *hz, uint64_t *mask)
{
	struct tsc_reading r;

	r.tsc_before = rdtsc_ordered();
	r.value = reference(hz, mask);
	r.tsc_after = rdtsc_ordered();
	r.doubt = lapic_reference_doubt(); /* of another reference there is none: 0 */
	return r;
}

__cold void tsc_init(uint64_t zero, const struct tsc_scale *scale,
                     uint64_t (*ref)(uint64_t *hz, uint64_t *mask))
{
	struct tsc_reading first;
	uint64_t hz, mask;

	tsc_zero = zero;
	if (scale) {
		uint64_t factor = tsc_factor_from_scale(*scale);

		if (factor == 0 || factor == UINT64_MAX)
			panic("the hypervisor states an impossible TSC scale: mul %u, shift %d", scale->mul,
			      scale->shift);
		stated = true;
		set_clock(zero, 0, factor, NEVER);
		return;
	}
	reference = ref ? ref : lapic_reference;
	reference(&hz, &mask); /* the first call sets things up */
	first = read_reference(&hz, &mask);
	tsc_estimate_start(&estimate, hz, mask, &first);
	set_clock(zero, 0, tsc_factor_from_hz(estimate.hz), 0);
}

void tsc_restart(uint64_t ns, const struct tsc_scale *scale)
{
	uint64_t factor = scale ? tsc_factor_from_scale(*scale) : 0;

	if (factor == 0 || factor == UINT64_MAX)
		factor = clock.factor;
	set_clock(rdtsc(), ns, factor, NEVER);
}

/* Takes a look and moves the base to now. Time goes on from the better of the old answer and the
 * new truth: never back. Interrupts off. */
static uint64_t look(void)
{
	uint64_t hz, mask, factor, now, old_ns, true_ns;
	struct tsc_reading reading = read_reference(&hz, &mask);
	bool known = tsc_estimate_add(&estimate, &reading);

	factor = tsc_factor_from_hz(estimate.hz);
	begin_change();
	/* Other CPUs have had old answers until this moment. */
	now = CONFIG_NR_CPUS > 1 ? rdtsc_ordered() : reading.tsc_after;
	old_ns = clock.base_ns + mul_shift(now - clock.base_tsc, clock.factor, TSC_FACTOR_BITS);
	true_ns = mul_shift(now - tsc_zero, factor, TSC_FACTOR_BITS);
	/* Before the first question there is no answer that the truth could fall behind. */
	if (asked)
		true_ns = MAX(true_ns, old_ns);
	asked = true;
	change(now, true_ns, factor, next_look(known));
	end_change();
	return true_ns;
}

/* The rare cases of clock_ns(): delta is beyond clock.due, ns what the factor of now says. */
static __noinline uint64_t clock_ns_slow(uint64_t delta, uint64_t ns)
{
	uint64_t flags;

	if ((int64_t)delta < 0) /* this CPU's TSC lags behind the one that set the base */
		return clock.base_ns;
	/* Only one at a time, on the CPU whose counter may be the reference; looking may itself ask
	 * for the time (a message's time stamp). */
	if (!reference)
		return ns;
	flags = irq_save();
	if (cpu_id() == 0 && !__atomic_exchange_n(&looking, true, __ATOMIC_ACQUIRE)) {
		ns = look();
		__atomic_store_n(&looking, false, __ATOMIC_RELEASE);
	}
	irq_restore(flags);
	return ns;
}

uint64_t clock_ns(void)
{
	uint64_t delta, ns;
	bool due = tsc_clock_read(&clock, &delta, &ns);

	return due ? clock_ns_slow(delta, ns) : ns;
}

#ifdef CONFIG_VDSO
const struct tsc_clock *tsc_clock_now(void)
{
	return &clock;
}
#endif

uint64_t clock_ns_to_tsc(uint64_t ns)
{
	uint64_t delta;

	if (ns <= clock.base_ns)
		return clock.base_tsc;
	delta = ns - clock.base_ns;
	if (delta > NEVER >> 8) /* centuries away: must not overflow */
		return NEVER;
	/* Both roundings down made good: at that tick clock_ns() is ns. */
	return clock.base_tsc + mul_shift(delta, ticks_per_ns, TSC_TICKS_BITS) + 2;
}

uint64_t tsc_hz(void)
{
	clock_ns(); /* where another look at the reference is due, it is worth it */
	return tsc_hz_from_factor(clock.factor);
}

bool tsc_is_stated(void)
{
	return stated;
}

bool tsc_measuring(void)
{
	return !stated && clock.due != NEVER;
}

uint64_t tsc_to_ns(uint64_t delta)
{
	return mul_shift(delta, clock.factor, TSC_FACTOR_BITS);
}

uint64_t tsc_to_ns_error(uint64_t delta)
{
	return mul_div(tsc_to_ns(delta), estimate.high - estimate.low, estimate.low);
}

/* The timing leaf exists only where the hypervisor's signature is known to define it. */
static uint64_t hypervisor_tsc_hz(void)
{
	struct cpuid_regs r = cpuid(CPUID_HYPERVISOR, 0);
	uint32_t signature[3] = { r.ebx, r.ecx, r.edx };

	if (r.eax < CPUID_HYPERVISOR_TIMING ||
	    (memcmp(signature, "VMwareVMware", 12) != 0 && memcmp(signature, "KVMKVMKVM\0\0", 12) != 0))
		return 0;
	return cpuid(CPUID_HYPERVISOR_TIMING, 0).eax * 1000ULL;
}

__cold bool tsc_scale_from_cpuid(struct tsc_scale *scale)
{
	uint64_t hz = cpu_features.hypervisor ? hypervisor_tsc_hz() : 0;
	struct cpuid_regs r;

	if (!hz && cpuid(0, 0).eax >= CPUID_TSC) {
		/* TSC = crystal * EBX / EAX. */
		r = cpuid(CPUID_TSC, 0);
		if (r.eax && r.ebx && r.ecx)
			hz = mul_div(r.ecx, r.ebx, r.eax);
	}
	if (hz < NS_PER_SEC / 1000)
		return false;
	*scale = tsc_scale_from_hz(hz);
	return true;
}
