/* SPDX-License-Identifier: BSD-2-Clause */
/* 16550 UART: output polled, 16 bytes for each look at the line status; input by interrupt once
 * somebody wants it. */
#include "kvm/serial.h"

#include "arch/x86/cpu.h"
#include "arch/x86/lapic.h"
#include "arch/x86/trap.h"
#include "core/console.h"
#include "include/errno.h"
#include "kvm/ioapic.h"

#define PORT CONFIG_CONSOLE_SERIAL_PORT

/* Registers, PC16550D table II. */
enum {
	RBR = 0, /* receive buffer, read */
	THR = 0, /* transmit holding, write */
	DLL = 0, /* divisor, while DLAB is set */
	IER = 1,
	DLM = 1,
	FCR = 2,
	LCR = 3,
	MCR = 4,
	LSR = 5,
};

#define IER_ERBFI BIT(0) /* data received */
#define FCR_ENABLE BIT(0)
#define FCR_CLEAR_TRANSMIT BIT(2)
#define LCR_8N1 0x03
#define LCR_DLAB BIT(7)
#define MCR_DTR_RTS 0x03
#define MCR_OUT2 BIT(3) /* lets the interrupt through */
#define LSR_DATA BIT(0)
#define LSR_THRE BIT(5) /* transmit FIFO is empty */
#define LSR_TEMT BIT(6) /* and the last byte is out */
#define LSR_NONE 0xff   /* what a port without a device reads as */

#define FIFO_BYTES 16
#define DIVISOR_115200 1
#define WAIT_POLLS (1 << 16) /* a real line at 115200 baud empties the FIFO in 1.4 ms */

static struct {
	bool present;
	bool stuck;    /* the last wait was in vain: wait no more until there is room again */
	uint8_t burst; /* bytes that fit when the transmitter is empty */
} serial;

static void set(unsigned reg, uint8_t value)
{
	outb((uint16_t)(PORT + reg), value);
}

static uint8_t get(unsigned reg)
{
	return inb((uint16_t)(PORT + reg));
}

void serial_init(void)
{
	serial.present = get(LSR) != LSR_NONE;
	if (!serial.present)
		return;
	set(IER, 0);
	set(LCR, LCR_DLAB);
	set(DLL, DIVISOR_115200);
	set(DLM, 0);
	set(LCR, LCR_8N1);
	set(MCR, MCR_DTR_RTS | MCR_OUT2);
	/* Switching the FIFOs on throws away what was received, so where input waits already (a file
	 * or a pipe) they stay off: slower, but complete. */
	serial.burst = 1;
	if (!(get(LSR) & LSR_DATA)) {
		set(FCR, FCR_ENABLE | FCR_CLEAR_TRANSMIT);
		serial.burst = FIFO_BYTES;
	}
}

static bool wait_for(uint8_t bit)
{
	unsigned polls = serial.stuck ? 1 : WAIT_POLLS;

	do {
		if (get(LSR) & bit) {
			serial.stuck = false;
			return true;
		}
		cpu_relax();
	} while (--polls);
	serial.stuck = true;
	return false;
}

void serial_write(const char *buf, size_t len)
{
	if (!serial.present)
		return;
	while (len && wait_for(LSR_THRE)) {
		size_t n = MIN(len, (size_t)serial.burst);

		/* Single writes: VMMs other than QEMU ignore string instructions to this port. */
		for (size_t i = 0; i < n; i++)
			set(THR, (uint8_t)buf[i]);
		buf += n;
		len -= n;
	}
}

void serial_flush(void)
{
	if (serial.present)
		wait_for(LSR_TEMT);
}

size_t serial_read(char *buf, size_t len)
{
	size_t n = 0;

	if (!serial.present)
		return 0;
	while (n < len && (get(LSR) & LSR_DATA))
		buf[n++] = (char)get(RBR);
	return n;
}

static void interrupt(struct trap_frame *frame)
{
	(void)frame;
	console_input();
	lapic_eoi();
}

int serial_listen(void)
{
	/* COM1 and COM3 share IRQ 4, COM2 and COM4 share 3. */
	unsigned gsi = PORT & 0x100 ? 4 : 3;
	int err;

	if (!serial.present)
		return -ENODEV;
	trap_set_handler(VECTOR_CONSOLE, interrupt);
	err = ioapic_route(gsi, VECTOR_CONSOLE);
	if (!err)
		set(IER, IER_ERBFI);
	return err;
}
