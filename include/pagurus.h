/* SPDX-License-Identifier: BSD-2-Clause */
/* For programs: what Pagurus offers beyond POSIX. Native programs get it on their include path as
 * <pagurus.h>; __pagurus__ is defined when a program is compiled for an image, so that one source
 * also compiles for Linux. Every function may be called from any thread and never fails. */
#ifndef PAGURUS_H
#define PAGURUS_H

#include <stddef.h>
#include <stdint.h>

/* A step of the boot: the TSC when it had ended. The first is the stub's first instruction. */
struct pagurus_boot_step {
	const char *name;
	uint64_t tsc;
};

/* Copies up to max steps, in order. Returns how many there are. */
unsigned pagurus_boot_steps(struct pagurus_boot_step *steps, unsigned max);

struct pagurus_info {
	const char *version;     /* "0.1.0" */
	const char *platform;    /* "kvm", "xen" */
	const char *hypervisor;  /* CPUID's signature: "TCGTCGTCGTCG", "XenVMMXenVMM"; "" for none */
	const char *boot;        /* "PVH", "multiboot", "multiboot2" */
	const char *pages;       /* how first touch maps memory: "4 KiB pages" */
	int zeroed;              /* is memory from mmap zeroed on first touch? */
	int tsc_stated;          /* did the hypervisor state the TSC's frequency? */
	uint64_t tsc_hz;
	uint64_t memory;         /* bytes of RAM */
	uint64_t memory_free;    /* bytes not handed out */
	uint64_t faults;         /* first touches so far: pages that got their frame */
	uint64_t faults_large;   /* of those, pages of 2 MiB and more */
	unsigned cpus;
};

void pagurus_info(struct pagurus_info *info);

#define PAGURUS_SYSCALL_BUCKETS 32

/* What one system call has taken so far, in TSC cycles: from the call of the function behind its
 * number until it returned, sleep included. Plain calls (getpid, sched_yield, ...) are not counted. */
struct pagurus_syscall_stats {
	uint64_t calls;
	uint64_t total;
	uint64_t min;
	uint64_t max;
	uint64_t histogram[PAGURUS_SYSCALL_BUCKETS]; /* [n]: calls of 2^n to 2^(n+1) - 1 cycles */
};

/* Fills in stats for a system call by its number, on one CPU or (-1) all. Returns 1, or 0 where there
 * was no such call. Only images with CONFIG_SYSCALL_CYCLES have this function: the symbol is weak, so
 * that a program can ask whether it is there (pagurus_syscall_stats != NULL). */
int pagurus_syscall_stats(int cpu, unsigned number, struct pagurus_syscall_stats *stats)
	__attribute__((weak));

#endif
