# SPDX-License-Identifier: BSD-2-Clause
# Measures, and compares with Linux in the same QEMU and with published figures. Takes about ten
# minutes; ARGS="--help" tells how to take less.

.PHONY: bench bench-stub
bench:
	@scripts/setup build run iso check bench lab
	@$(MAKE) linux-apps bench-stub
	@$(PYTHON) scripts/bench.py --out $(out)/bench $(ARGS)

bench-stub: $(out)/bench/stub.elf
$(out)/bench/stub.elf: tests/bench/stub.S
	@mkdir -p $(@D)
	@echo "  STUB    $@"
	$(Q)$(CC) -m32 -c -o $@.o $<
	$(Q)$(LD) -m elf_i386 -Ttext=0x100000 -o $@ $@.o

# What a thread costs, against how many there are.
.PHONY: bench-threads
bench-threads:
	@$(MAKE) --no-print-directory O=$(out)/bench/threads smp_defconfig
	@$(MAKE) --no-print-directory O=$(out)/bench/threads APP=tests/guest/many
	@$(PYTHON) tests/bench/threads.py $(out)/bench/threads

# Parts of the kernel that need no kernel around them, timed on this machine as they are.
host-benches := host_clear
host-bench-clear := tests/bench/host_clear.c arch/x86/clear.S
host-bench-out := $(out)/bench

.PHONY: bench-host bench-malloc
bench-host: $(addprefix $(host-bench-out)/,$(host-benches))
	@scripts/setup linux
	@set -e; for program in $^; do $$program; done
	@$(PYTHON) tests/bench/malloc/compare.py --host-only --out $(out)/bench/malloc

# How calls on memory grow with areas and memory (docs/memory.md).
.PHONY: bench-growth
bench-growth:
	@scripts/setup build run bench
	@$(PYTHON) scripts/bench_growth.py --out $(out)/bench/growth

# Allocators, on this machine and in guests; those of Debian that are installed (docs/malloc.md).
bench-malloc:
	@scripts/setup build run linux
	@$(PYTHON) tests/bench/malloc/compare.py --out $(out)/bench/malloc

$(host-bench-out)/host_%: tests/bench/host_%.c \
		$(wildcard arch/x86/*.[hS] mm/*.[ch] core/*.[ch] include/*.h)
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	$(Q)$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -I. -DPAGURUS_HOST=1 -DCONFIG_NR_CPUS=1 -DCONFIG_CLEAR_AVX=1 \
		-Wa,--noexecstack -o $@ $(host-bench-$*)
