/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs beyond the first: starting them, interrupting them, stopping them. */
#include "arch/x86/smp.h"

#include "arch/x86/asm.h"
#include "arch/x86/cpu.h"
#include "arch/x86/features.h"
#include "arch/x86/lapic.h"
#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "arch/x86/tlb.h"
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "arch/x86/tsc_sync.h"
#include "include/errno.h"
#include "include/panic.h"
#include "lib/string.h"

#define NOBODY UINT32_MAX

uint64_t cpus_online = BIT(0);

/* smp_entry.S: the page that CPUs start in, by its offset within itself. */
extern const char smp_page_start[], smp_page_end[];
extern const char smp_page_gdt[], smp_page_gdt_pointer[], smp_page_root[], smp_page_long[];
extern const char smp_page_long_pointer[];
extern char boot_pml4[];

/* For smp_entry.S: each CPU's stack, with its struct cpu on top; and the next CPU's number. */
uint64_t smp_stacks[CONFIG_NR_CPUS];
uint32_t smp_next = 1;

/* The tables that a CPU starts with: the image, in which all lies that it needs before it has the
 * kernel's own tables, and the first 2 MiB where they are. */
static pte_t start_tables[3][TABLE_ENTRIES] __aligned(FRAME_SIZE);

static uint32_t stopper = NOBODY; /* who has stopped all others */

static uint32_t parking, parked; /* shall others stand still; how many do */
static void (*on_release)(void);
static void (*yield)(void);

void cpu_request(unsigned cpu, uint32_t requests)
{
	if (!__atomic_fetch_or(&cpus[cpu].requests, requests, __ATOMIC_SEQ_CST) &&
	    !__atomic_load_n(&cpus[cpu].polling, __ATOMIC_SEQ_CST))
		lapic_send(cpus[cpu].apic_id, VECTOR_CPU);
}

/* In an interrupt that was open, so whatever this CPU was doing, no spinlock is held here. TLB
 * flushes go on: a CPU that is not here yet may be waiting for one. */
static void park(void)
{
	__atomic_fetch_add(&parked, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&parking, __ATOMIC_SEQ_CST))
		cpu_wait();
	if (on_release)
		on_release();
	__atomic_fetch_sub(&parked, 1, __ATOMIC_SEQ_CST);
}

static void serve(struct cpu *cpu)
{
	/* Whatever comes after this interrupts again. */
	uint32_t requests = __atomic_exchange_n(&cpu->requests, 0, __ATOMIC_SEQ_CST);

	if (requests & CPU_REQUEST_TLB)
		tlb_serve();
	if (requests & CPU_REQUEST_TSC)
		tsc_answer();
	if (requests & CPU_REQUEST_PARK)
		park();
	if (requests & ~(CPU_REQUEST_TLB | CPU_REQUEST_TSC | CPU_REQUEST_PARK))
		upcall_cpu_requests(requests);
}

static void request_interrupt(struct trap_frame *frame)
{
	(void)frame;
	lapic_eoi();
	serve(this_cpu->self);
}

void cpu_poll(uint64_t ns)
{
	struct cpu *cpu = this_cpu->self;
	uint64_t start = rdtsc();

	__atomic_store_n(&cpu->polling, 1, __ATOMIC_SEQ_CST);
	while (!READ_ONCE(cpu->requests) && tsc_to_ns(rdtsc() - start) < ns)
		cpu_relax();
	__atomic_store_n(&cpu->polling, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&cpu->requests, __ATOMIC_SEQ_CST))
		serve(cpu);
}

#define PAUSES 512U /* some 20 us: longer than any lock is held by a CPU that runs */

void smp_set_yield(void (*fn)(void))
{
	yield = fn;
}

void cpu_wait(void)
{
	struct cpu *cpu = this_cpu->self;

	if ((READ_ONCE(cpu->requests) & CPU_REQUEST_TLB) &&
	    (__atomic_fetch_and(&cpu->requests, ~CPU_REQUEST_TLB, __ATOMIC_SEQ_CST) & CPU_REQUEST_TLB))
		tlb_serve();
	if (++cpu->pauses % PAUSES == 0 && yield)
		yield();
	cpu_relax();
}

#define STUCK_NS (60 * NS_PER_SEC) /* no lock is held for so long, however slow the machine */

void spin_wait(struct spinlock *lock, uint32_t ticket)
{
	uint64_t start = rdtsc();

	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket) {
		cpu_wait();
		if (IS_ENABLED(CONFIG_DEBUG_CHECKS) && tsc_to_ns(rdtsc() - start) > STUCK_NS)
			panic("the lock at %p has been held for a minute: a deadlock", (void *)lock);
	}
}

int smp_prepare(void)
{
	int err = lapic_init();

	if (err)
		return err;
	trap_set_handler(VECTOR_CPU, request_interrupt);
	cpus[0].apic_id = lapic_id();
	return 0;
}

phys_t smp_root(void)
{
	return virt_to_phys(boot_pml4);
}

void smp_set_stack(unsigned id, void *top)
{
	uint64_t *stack = (uint64_t *)top - 2; /* two words keep RSP % 16 == 0 */

	*stack = (uint64_t)&cpus[id];
	cpus[id].kernel_stack = (uint64_t)top;
	smp_stacks[id] = (uint64_t)stack;
}

static void make_start_tables(void)
{
	const pte_t *root = phys_to_virt(smp_root());
	const pte_t table = PTE_P | PTE_W | PTE_A;

	start_tables[0][TABLE_ENTRIES - 1] = root[TABLE_ENTRIES - 1]; /* IMAGE_BASE */
	start_tables[0][0] = virt_to_phys(start_tables[1]) | table;
	start_tables[1][0] = virt_to_phys(start_tables[2]) | table;
	start_tables[2][0] = PROT_PTE_RX | PTE_PS;
}

static void put32(char *page, const char *label, uint64_t value)
{
	uint32_t word = (uint32_t)value;

	memcpy(page + (label - smp_page_start), &word, sizeof(word));
}

int smp_start_by_sipi(phys_t page)
{
	char *p = phys_to_virt(page);

	if (!page)
		return -ENOMEM;
	make_start_tables();
	memcpy(p, smp_page_start, (size_t)(smp_page_end - smp_page_start));
	put32(p, smp_page_gdt_pointer + 2, page + (uint64_t)(smp_page_gdt - smp_page_start));
	put32(p, smp_page_root, virt_to_phys(start_tables[0]));
	put32(p, smp_page_long_pointer, page + (uint64_t)(smp_page_long - smp_page_start));
	/* The waits between these, on real boards, are for buses and chips that no VM has. */
	lapic_send(0, ICR_ALL_BUT_SELF | ICR_INIT | ICR_ASSERT);
	lapic_send(0, ICR_ALL_BUT_SELF | ICR_STARTUP | ICR_ASSERT | (uint32_t)(page >> FRAME_SHIFT));
	lapic_send(0, ICR_ALL_BUT_SELF | ICR_STARTUP | ICR_ASSERT | (uint32_t)(page >> FRAME_SHIFT));
	return 0;
}

/* Called by smp_entry. */
__noreturn void smp_start(struct cpu *cpu);

__noreturn void smp_start(struct cpu *cpu)
{
	cpu_init((unsigned)(cpu - cpus));
	upcall_cpu_start();
}

void smp_online(void)
{
	struct cpu *cpu = this_cpu->self;

	cpu->apic_id = lapic_id();
	__atomic_fetch_or(&cpus_online, BIT(cpu->id), __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&parking, __ATOMIC_SEQ_CST))
		cpu_wait();
	write_cr3(read_cr3()); /* nobody has told this CPU of changes so far */
	smp_stop_check();
}

void smp_set_arrived(unsigned count)
{
	WRITE_ONCE(smp_next, count);
}

unsigned smp_arrived(void)
{
	return READ_ONCE(smp_next);
}

void smp_park_others(void)
{
	uint64_t others;
	uint32_t wanted = 0;

	__atomic_store_n(&parking, 1, __ATOMIC_SEQ_CST);
	others = cpus_now_online() & ~BIT(cpu_id());
	for (; others; others &= others - 1, wanted++)
		cpu_request((unsigned)__builtin_ctzl(others), CPU_REQUEST_PARK);
	while (__atomic_load_n(&parked, __ATOMIC_SEQ_CST) < wanted)
		cpu_wait();
}

void smp_release_others(void (*rejoin)(void))
{
	on_release = rejoin;
	__atomic_store_n(&parking, 0, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&parked, __ATOMIC_SEQ_CST))
		cpu_wait();
}

void smp_stop_others(void)
{
	uint32_t nobody = NOBODY;
	uint64_t others;

	if (!__atomic_compare_exchange_n(&stopper, &nobody, cpu_id(), false, __ATOMIC_SEQ_CST,
	                                 __ATOMIC_SEQ_CST))
		return;
	/* Those that come online later look for themselves; before that an NMI would kill them. */
	others = __atomic_load_n(&cpus_online, __ATOMIC_SEQ_CST) & ~BIT(cpu_id());
	for (; others; others &= others - 1)
		lapic_send(cpus[__builtin_ctzl(others)].apic_id, ICR_NMI | ICR_ASSERT);
}

void smp_stop_check(void)
{
	uint32_t by = READ_ONCE(stopper);

	if (by == NOBODY || by == cpu_id())
		return;
	for (;;)
		__asm__ volatile("cli; hlt");
}
