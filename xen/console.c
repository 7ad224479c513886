/* SPDX-License-Identifier: BSD-2-Clause */
/* The PV console: the ring page is the domain's HVM_PARAM_CONSOLE_PFN, its event channel
 * HVM_PARAM_CONSOLE_EVTCHN. Works from the first C instruction on: before events do, and when the
 * kernel panics, it sleeps in Xen instead of in the scheduler. */
#include "xen/console.h"

#include "arch/x86/paging.h"
#include "core/console.h"
#include "include/errno.h"
#include "lib/fmt.h"
#include "xen/clock.h"
#include "xen/console_ring.h"
#include "xen/event.h"
#include "xen/hypercall.h"

#define STALL_NS                                                                                   \
	(CONFIG_XEN_CONSOLE_PATIENCE * NS_PER_SEC) /* as long without progress: nobody reads */
#define NAP_NS (200 * NS_PER_US)
#define LOST_TEXT_MAX 64 /* room for the line that says what was dropped */

static struct {
	struct console_ring ring;
	uint32_t port;
	bool listening;      /* input goes to console_input() */
	bool stalled;        /* nobody reads, */
	uint32_t stalled_at; /* as long as the other side's position is this one */
	uint64_t lost;       /* bytes dropped */
} console;

/* Page tables for the one page of the ring, which lies above all RAM below 4 GiB. The heap does
 * not exist yet when they are needed. */
static phys_t alloc_table(void)
{
	static uint64_t tables[2][FRAME_SIZE / 8] __aligned(FRAME_SIZE);
	static unsigned used;

	return used < ARRAY_SIZE(tables) ? virt_to_phys(tables[used++]) : 0;
}

int xen_console_init(void)
{
	uint64_t frame = 0, port = 0;
	phys_t phys;
	int err = xen_get_param(HVM_PARAM_CONSOLE_PFN, &frame);

	if (!err)
		err = xen_get_param(HVM_PARAM_CONSOLE_EVTCHN, &port);
	if (err)
		return err;
	if (frame == 0 || frame >> (52 - FRAME_SHIFT) || port == 0 || port >= EVENT_PORTS)
		return -ENODEV;
	phys = frame << FRAME_SHIFT;
	err = paging_direct_map(phys, phys + FRAME_SIZE, alloc_table);
	if (err)
		return err;
	console.port = (uint32_t)port;
	console_ring_attach(&console.ring, phys_to_virt(phys));
	return 0;
}

/* Sleeps in Xen for a moment, so that the other domain runs; an event ends it early. Returns what
 * that took as the caller may count it: ns, where there is no clock a guess. */
static uint64_t nap(void)
{
	uint64_t now = xen_time_now();
	struct sched_poll poll = { .nr_ports = 0, .timeout = now + NAP_NS };

	if (!now) {
		xen_sched_op(SCHEDOP_yield, NULL);
		return NAP_NS;
	}
	xen_sched_op(SCHEDOP_poll, &poll);
	return xen_time_now() - now;
}

/* Waits until done(), or until the other side has taken nothing for STALL_NS; once that has
 * happened, not at all until it does. Returns whether done() came. */
static bool wait_for(bool (*done)(const struct console_ring *ring))
{
	const volatile uint32_t *cons = &console.ring.shared->out_cons;
	uint32_t seen = *cons;
	uint64_t waited = 0;

	if (console.stalled && seen != console.stalled_at)
		console.stalled = false;
	while (!done(&console.ring)) {
		if (console.stalled)
			return false;
		waited += nap();
		if (*cons != seen) {
			seen = *cons;
			waited = 0;
		}
		if (waited > STALL_NS) {
			console.stalled = true;
			console.stalled_at = seen;
		}
	}
	return true;
}

static bool has_room(const struct console_ring *ring)
{
	return console_ring_room(ring) >= LOST_TEXT_MAX;
}

/* Says how much was dropped, once there is room for that. */
static void report_lost(void)
{
	char text[LOST_TEXT_MAX];
	int len;

	if (!console.lost || !has_room(&console.ring))
		return;
	len = fmt_snprintf(text, sizeof(text), "\r\n[%llu bytes lost: console not read]\r\n",
	                   (unsigned long long)console.lost);
	console_ring_put(&console.ring, text, (size_t)len);
	console.lost = 0;
}

void xen_console_write(const char *buf, size_t len)
{
	size_t n;

	if (!console.ring.shared)
		return;
	while (len) {
		report_lost();
		n = console.lost ? 0 : console_ring_put(&console.ring, buf, len);
		if (n) {
			buf += n;
			len -= n;
			event_send(console.port);
		} else if (!wait_for(has_room)) {
			console.lost += len;
			return;
		}
	}
}

size_t xen_console_read(char *buf, size_t len)
{
	size_t n;

	if (!console.ring.shared)
		return 0;
	n = console_ring_get(&console.ring, buf, len);
	if (n)
		event_send(console.port); /* there is room again */
	return n;
}

static void on_event(unsigned port, void *ctx)
{
	(void)port;
	(void)ctx;
	if (console_ring_readable(&console.ring))
		console_input();
}

int xen_console_listen(void)
{
	if (!console.ring.shared)
		return -ENODEV;
	console.listening = true;
	return event_bind(console.port, on_event, NULL);
}

int xen_console_resume(void)
{
	int err = xen_console_init();

	console.stalled = false;
	return !err && console.listening ? xen_console_listen() : err;
}

void xen_console_flush(void)
{
	if (console.ring.shared) {
		report_lost();
		wait_for(console_ring_drained);
	}
}
