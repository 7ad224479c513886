/* SPDX-License-Identifier: BSD-2-Clause */
/* Stopping the machine, by every way there is, most telling first. */
#include "kvm/power.h"

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "core/exit.h"
#include "kvm/acpi_memory.h"

#define SLP_EN_PM1 BIT(13) /* ACPI 4.8.3.2.1 */
#define SLP_TYP_PM1_SHIFT 10
#define SLP_PM1_MASK (7U << SLP_TYP_PM1_SHIFT | SLP_EN_PM1)
#define SLP_EN_REDUCED BIT(5) /* ACPI 4.8.3.7 */
#define SLP_TYP_REDUCED_SHIFT 2

#define RESET_CONTROL_PORT 0xcf9 /* PCI chip sets: hard reset on the edge of bit 2 */
#define KEYBOARD_COMMAND_PORT 0x64
#define KEYBOARD_PULSE_RESET 0xfe

/* TSC ticks that what was asked for may take: tenths of a second for ACPI, which a VMM may pass on
 * to its user, and some milliseconds for a reset. */
#define POWER_TICKS (1UL << 30)
#define RESET_TICKS (1UL << 24)

/* Halting instead would be for ever, with interrupts off. */
static void wait_for_effect(uint64_t ticks)
{
	uint64_t start = rdtsc();

	while (rdtsc() - start < ticks)
		cpu_relax();
}

static void debug_exit(enum stop_reason reason, int status)
{
#ifdef CONFIG_EXIT_ISA_DEBUG
	if (reason != STOP_REBOOT)
		outb(CONFIG_EXIT_ISA_DEBUG_PORT, (uint8_t)exit_value(reason, status));
#else
	(void)reason;
	(void)status;
#endif
}

static void write_register8(const struct acpi_register *r, uint8_t value)
{
	if (r->space == ACPI_SPACE_IO) {
		outb((uint16_t)r->address, value);
	} else {
		volatile uint8_t *p = paging_map_device(r->address, 1);

		if (p)
			*p = value;
	}
}

static void write_pm1(const struct acpi_register *r, unsigned type)
{
	uint16_t port = (uint16_t)r->address;

	if (r->address && r->space == ACPI_SPACE_IO)
		outw(port,
		     (uint16_t)((inw(port) & ~SLP_PM1_MASK) | type << SLP_TYP_PM1_SHIFT | SLP_EN_PM1));
}

static void acpi_off(void)
{
	const struct acpi_power *power = IS_ENABLED(CONFIG_EXIT_ACPI) ? acpi_power() : NULL;

	if (!power || !power->has_s5)
		return;
	if (power->hardware_reduced && power->sleep_control.address) {
		write_register8(&power->sleep_control,
		                (uint8_t)(power->s5_type_a << SLP_TYP_REDUCED_SHIFT | SLP_EN_REDUCED));
	} else {
		write_pm1(&power->pm1a_control, power->s5_type_a);
		write_pm1(&power->pm1b_control, power->s5_type_b);
	}
	wait_for_effect(POWER_TICKS);
}

static void acpi_reset(void)
{
	const struct acpi_power *power = IS_ENABLED(CONFIG_EXIT_ACPI) ? acpi_power() : NULL;

	if (power && power->reset.address)
		write_register8(&power->reset, power->reset_value);
}

static void chipset_reset(void)
{
	outb(RESET_CONTROL_PORT, 0x02);
	outb(RESET_CONTROL_PORT, 0x06);
}

static void keyboard_reset(void)
{
	outb(KEYBOARD_COMMAND_PORT, KEYBOARD_PULSE_RESET);
	wait_for_effect(RESET_TICKS);
}

/* A fault with no table to handle it, nor the fault of that: the processor shuts down, and every
 * VMM takes that for a reset. */
static void triple_fault(void)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = { 0 };

	__asm__ volatile("lidt %0; int3" : : "m"(none));
}

void power_stop(enum stop_reason reason, int status)
{
	static unsigned step; /* counted before it is taken: a fault on the way goes on behind it */

	irq_disable();
	for (;;) {
		switch (step++) {
		case 0:
			debug_exit(reason, status);
			break;
		case 1:
			if (reason != STOP_REBOOT)
				acpi_off();
			break;
		case 2:
			acpi_reset();
			break;
		case 3:
			chipset_reset();
			keyboard_reset();
			break;
		case 4:
			triple_fault();
			break;
		default:
			__asm__ volatile("cli; hlt");
		}
	}
}
