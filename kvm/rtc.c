/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the real-time clock through the CMOS ports. */
#include "kvm/rtc.h"

#include "arch/x86/cpu.h"
#include "lib/string.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define STATUS_A 0x0a
#define STATUS_A_UIP BIT(7) /* update in progress: 2 ms once a second */
#define STATUS_B 0x0b
#define CENTURY 0x32 /* where PCs keep it */
#define UIP_POLLS 20000
#define TRIES 4

static uint8_t cmos_read(uint8_t index)
{
	outb(CMOS_INDEX, index);
	return inb(CMOS_DATA);
}

static bool wait_for_update(void)
{
	for (unsigned i = 0; i < UIP_POLLS; i++) {
		if (!(cmos_read(STATUS_A) & STATUS_A_UIP))
			return true;
		cpu_relax();
	}
	return false; /* no clock at all reads like this */
}

static void read_registers(struct rtc_registers *r)
{
	*r = (struct rtc_registers){
		.sec = cmos_read(0),
		.min = cmos_read(2),
		.hour = cmos_read(4),
		.day = cmos_read(7),
		.month = cmos_read(8),
		.year = cmos_read(9),
		.century = cmos_read(CENTURY),
		.status_b = cmos_read(STATUS_B),
	};
}

uint64_t rtc_wall_ns(void)
{
	struct rtc_registers first, second;
	int64_t seconds;

	if (!wait_for_update())
		return 0;
	read_registers(&first);
	for (unsigned i = 0; i < TRIES; i++) {
		read_registers(&second);
		if (memcmp(&first, &second, sizeof(first)) == 0) {
			seconds = rtc_seconds(&first);
			return seconds > 0 ? (uint64_t)seconds * NS_PER_SEC : 0;
		}
		first = second; /* the second changed in between */
	}
	return 0;
}
