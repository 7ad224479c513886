/* SPDX-License-Identifier: BSD-2-Clause */
/* Are the CPUs' time stamp counters one clock? A CPU that comes up asks the first one for its own,
 * a few times, and takes the answer that came fastest: it must lie between what was read before and
 * after. */
#include "arch/x86/tsc_sync.h"

#include "arch/x86/cpu.h"
#include "arch/x86/smp.h"
#include "arch/x86/spinlock.h"
#include "include/errno.h"

#define ROUNDS 5
#define CPUID_EXT_POWER 0x80000007
#define EDX_INVARIANT_TSC BIT(8)

static struct spinlock lock; /* one asks at a time */
static uint64_t answer;      /* 0: none yet */

void tsc_answer(void)
{
	__atomic_store_n(&answer, rdtsc_ordered(), __ATOMIC_SEQ_CST);
}

static struct tsc_question ask(void)
{
	struct tsc_question q;

	__atomic_store_n(&answer, 0, __ATOMIC_SEQ_CST);
	q.before = rdtsc_ordered();
	cpu_request(0, CPU_REQUEST_TSC);
	while (!(q.answer = __atomic_load_n(&answer, __ATOMIC_SEQ_CST)))
		cpu_relax();
	q.after = rdtsc_ordered();
	return q;
}

/* What has to be added to this CPU's TSC. */
static int64_t measure(void)
{
	struct tsc_question best = ask();

	for (unsigned i = 1; i < ROUNDS; i++) {
		struct tsc_question q = ask();

		if (q.after - q.before < best.after - best.before)
			best = q;
	}
	return tsc_question_offset(&best);
}

int tsc_synchronize(void)
{
	int64_t offset;

	if (cpuid(0x80000000, 0).eax >= CPUID_EXT_POWER &&
	    (cpuid(CPUID_EXT_POWER, 0).edx & EDX_INVARIANT_TSC))
		return 0; /* the hypervisor says that they are */
	spin_lock(&lock);
	offset = measure();
	if (offset) {
		wrmsr(MSR_IA32_TSC, rdtsc() + (uint64_t)offset);
		offset = measure();
	}
	spin_unlock(&lock, 0);
	return offset ? -EIO : 0;
}
