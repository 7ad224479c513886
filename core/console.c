/* SPDX-License-Identifier: BSD-2-Clause */
/* Output on the console: CR before LF, one call's text in one piece. Input is in
 * core/console_input.c. */
#include "core/console.h"

#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "include/platform.h"
#include "lib/string.h"

#define CHUNK 128 /* bytes handed to the shell at once: one notification under Xen */

static struct {
	struct spinlock lock;
	uint32_t owner;  /* cpu_id() + 1 of who writes, 0: nobody */
	bool forced;     /* panic: locks mean nothing any more */
	bool line_begun; /* the last byte was not a newline */
} output;

/* An NMI or a fault may come while this CPU writes: it writes in between rather than never. */
static bool lock_output(uint64_t *flags)
{
	*flags = irq_save();
	if (output.forced || READ_ONCE(output.owner) == cpu_id() + 1) {
		irq_restore(*flags);
		return false;
	}
	if (CONFIG_NR_CPUS > 1)
		spin_lock(&output.lock);
	WRITE_ONCE(output.owner, cpu_id() + 1);
	return true;
}

static void unlock_output(uint64_t flags)
{
	WRITE_ONCE(output.owner, 0);
	spin_unlock(&output.lock, flags);
}

static void write_crlf(const char *buf, size_t len)
{
	char chunk[CHUNK];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (buf[i] == '\n')
			chunk[n++] = '\r';
		chunk[n++] = buf[i];
		if (n >= CHUNK - 1) {
			platform->console_write(chunk, n);
			n = 0;
		}
	}
	if (n)
		platform->console_write(chunk, n);
}

static void write_output(const char *buf, size_t len, bool crlf)
{
	uint64_t flags = 0;
	bool locked;

	if (!platform || !len)
		return;
	locked = lock_output(&flags);
	if (crlf)
		write_crlf(buf, len);
	else
		platform->console_write(buf, len);
	output.line_begun = !crlf || buf[len - 1] != '\n';
	if (locked)
		unlock_output(flags);
}

void console_write(const char *buf, size_t len)
{
	write_output(buf, len, true);
}

void console_write_raw(const char *buf, size_t len)
{
	write_output(buf, len, false);
}

void console_fresh_line(void)
{
	if (output.line_begun)
		console_write("\n", 1);
}

#ifdef CONFIG_SMP
void console_keep(void)
{
	uint64_t flags;

	(void)lock_output(&flags);
}
#endif

void console_force(void)
{
	output.forced = true;
}
