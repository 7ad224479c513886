/* SPDX-License-Identifier: BSD-2-Clause */
/* The log: each message is one line of text in a ring, "<level>[seconds] text", and on the console
 * where its level is low enough. A message before there is a console waits in the ring. */
#include "core/log.h"

#include "arch/x86/percpu.h"
#include "arch/x86/spinlock.h"
#include "arch/x86/tsc.h"
#include "core/console.h"
#include "include/platform.h"
#include "lib/fmt.h"
#include "lib/ring.h"
#include "lib/string.h"

#define LINE_MAX 256 /* a longer message is cut */
#define LEVEL_LEN 3  /* "<6>" */

static int console_level = CONFIG_LOG_LEVEL;

void log_set_level(const char *text)
{
	uint64_t level;

	if (!text)
		return;
	if (parse_u64(text, &level) || level > LOG_DEBUG)
		log_warn("pagurus.loglevel=%s: not a number from 0 to %d", text, LOG_DEBUG);
	else
		console_level = (int)level;
}

/* Prints a line as it stands in the ring, its level aside. */
static void show(const char *line, size_t len)
{
	if (line[1] - '0' <= console_level)
		console_write(line + LEVEL_LEN, len - LEVEL_LEN);
}

#if CONFIG_LOG_RING_KIB > 0

_Static_assert((CONFIG_LOG_RING_KIB & (CONFIG_LOG_RING_KIB - 1)) == 0,
               "CONFIG_LOG_RING_KIB must be a power of two");

char log_memory[CONFIG_LOG_RING_KIB * 1024]; /* gdb reads it */
struct ring log_ring = RING_INIT(log_memory, sizeof(log_memory));

static struct spinlock ring_lock;
static uint32_t ring_owner; /* cpu_id() + 1 of who changes the ring */
static bool waiting;        /* some lines came before there was a console */

static void keep(const char *line, size_t len)
{
	uint64_t flags = irq_save();

	/* An NMI or a fault inside this very function: the console has to do. */
	if (READ_ONCE(ring_owner) == cpu_id() + 1) {
		irq_restore(flags);
		return;
	}
	if (CONFIG_NR_CPUS > 1)
		spin_lock(&ring_lock);
	WRITE_ONCE(ring_owner, cpu_id() + 1);
	ring_put_over(&log_ring, line, len);
	WRITE_ONCE(ring_owner, 0);
	spin_unlock(&ring_lock, flags);
}

/* Offset behind the oldest byte where the first whole line starts. */
static uint32_t first_line(void)
{
	uint32_t offset = 0;
	char c;

	if (ring_used(&log_ring) < log_ring.size)
		return 0; /* nothing was pushed out yet */
	while (ring_peek(&log_ring, offset++, &c, 1) && c != '\n')
		;
	return offset;
}

/* Reads the line at *offset and moves on behind it. Returns its length, 0 at the end. */
static size_t next_line(uint32_t *offset, char line[LINE_MAX])
{
	size_t len = ring_peek(&log_ring, *offset, line, LINE_MAX);
	const char *end = memchr(line, '\n', len);

	if (end)
		len = end + 1 - line;
	*offset += len;
	return len;
}

void log_flush(void)
{
	char line[LINE_MAX];
	uint32_t offset;
	size_t len;

	if (!waiting || !platform || !__atomic_exchange_n(&waiting, false, __ATOMIC_ACQUIRE))
		return;
	offset = first_line();
	while ((len = next_line(&offset, line)) > LEVEL_LEN)
		show(line, len);
}

void log_print_tail(const char *title, unsigned lines)
{
	char line[LINE_MAX];
	uint32_t start = first_line();
	unsigned total = 0;
	size_t len;

	for (uint32_t offset = start; next_line(&offset, line); total++)
		;
	if (total)
		console_write(title, strlen(title));
	while ((len = next_line(&start, line)) > LEVEL_LEN)
		if (total-- <= lines)
			console_write(line + LEVEL_LEN, len - LEVEL_LEN);
}

#else

static void keep(const char *line, size_t len)
{
	(void)line;
	(void)len;
}

void log_flush(void)
{
}

void log_print_tail(const char *title, unsigned lines)
{
	(void)title;
	(void)lines;
}

#endif

/* Time stamps are 0 until the clock works. */
static uint64_t stamp_us(void)
{
	return tsc_hz() ? clock_ns() / NS_PER_US : 0;
}

/* Ends a line of len bytes with one newline, marks one that was cut, and takes out whatever would
 * break the line or upset a terminal. Returns its length. */
static size_t end_line(char *line, size_t len)
{
	if (len >= LINE_MAX - 1) {
		memcpy(line + LINE_MAX - 5, "...", 3);
		len = LINE_MAX - 2;
	} else if (line[len - 1] == '\n') {
		len--;
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = ' ';
	line[len] = '\n';
	return len + 1;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	char line[LINE_MAX];
	uint64_t us = stamp_us();
	va_list args;
	size_t len;

	len = fmt_snprintf(line, sizeof(line), "<%d>[%4llu.%06llu] ", level,
	                   (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000));
	va_start(args, fmt);
	len += fmt_vsnprintf(line + len, sizeof(line) - len, fmt, args);
	va_end(args);
	len = end_line(line, MIN(len, sizeof(line) - 1));
	if (platform)
		log_flush();
	keep(line, len);
	if (platform)
		show(line, len);
#if CONFIG_LOG_RING_KIB > 0
	else
		waiting = true;
#endif
}
