// SPDX-License-Identifier: BSD-2-Clause
/* See host_stubs.h. What a kernel source under test defines itself is weak here. */
#include "tests/unit/host_stubs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "arch/x86/cpu.h"
#include "arch/x86/percpu.h"
#include "include/log.h"
#include "include/panic.h"

bool host_interrupts = true;
uint64_t host_direct_map;
char host_panic_text[512];
uint64_t host_random_state = 0x9e3779b97f4a7c15;

__weak struct cpu cpus[CONFIG_NR_CPUS];
__weak struct cpu_features cpu_features;

__weak void host_halt(void)
{
}

static void *memory;
static size_t memory_size;

void host_memory_init(uint64_t start, uint64_t size)
{
	host_memory_destroy();
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
	              -1, 0);
	if (memory == MAP_FAILED) {
		perror("host_memory_init: mmap");
		abort();
	}
	memory_size = size;
	host_direct_map = (uint64_t)memory - start;
}

void host_memory_destroy(void)
{
	if (memory)
		munmap(memory, memory_size);
	memory = NULL;
	host_direct_map = 0;
}

uint64_t host_random(void)
{
	host_random_state ^= host_random_state >> 12;
	host_random_state ^= host_random_state << 25;
	host_random_state ^= host_random_state >> 27;
	return host_random_state * 0x2545f4914f6cdd1d;
}

__weak void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(host_panic_text, sizeof(host_panic_text), fmt, args);
	va_end(args);
	fprintf(stderr, "panic: %s\n", host_panic_text);
#ifndef HOST_FUZZ
	mock_assert(0, host_panic_text, "panic()", 0);
#endif
	abort();
}

__weak void log_print(enum log_level level, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "log %d: ", level);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
