# SPDX-License-Identifier: BSD-2-Clause
# Measures, and compares with Linux in the same QEMU and with published figures. Takes about ten
# minutes; ARGS="--help" tells how to take less.

.PHONY: bench bench-stub
bench:
	@scripts/setup build run iso check bench lab
	@$(MAKE) linux-apps bench-stub
	@$(PYTHON) scripts/bench.py --out $(out)/bench $(ARGS)

# STREAM on two CPUs, beside Linux (docs/cost.md); part of bench.
.PHONY: bench-stream
bench-stream:
	@scripts/setup build run bench
	@$(MAKE) linux-apps
	@$(PYTHON) scripts/bench_stream.py --out $(out)/bench $(ARGS)

bench-stub: $(out)/bench/stub.elf
$(out)/bench/stub.elf: tests/bench/stub.S
	@mkdir -p $(@D)
	@echo "  STUB    $@"
	$(Q)$(CC) -m32 -c -o $@.o $<
	$(Q)$(LD) -m elf_i386 -Ttext=0x100000 -o $@ $@.o

# System calls beside Linux's, by the instruction (docs/cost.md).
.PHONY: bench-calls
bench-calls:
	@scripts/setup build run linux
	@$(PYTHON) scripts/bench_calls.py --out $(out)/bench/calls $(ARGS)

# How boot grows with memory and CPUs, and threads with their number and that of CPUs (docs/cost.md).
.PHONY: bench-scale
bench-scale:
	@scripts/setup build run bench
	@$(MAKE) --no-print-directory O=$(out)/bench/scale smp_defconfig
	@$(MAKE) --no-print-directory O=$(out)/bench/scale APP="tests/guest/many apps/hello"
	@$(PYTHON) tests/bench/scale.py $(out)/bench/scale

# Parts of the kernel that need no kernel around them, timed on this machine as they are.
host-benches := host_clear
host-bench-clear := tests/bench/host_clear.c arch/x86/clear.S
host-bench-out := $(out)/bench

.PHONY: bench-host bench-host-core bench-malloc
bench-host-core: $(host-bench-out)/host_core
	@$<

bench-host: $(addprefix $(host-bench-out)/,$(host-benches) host_core)
	@scripts/setup linux
	@set -e; for program in $^; do $$program; echo; done
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

# The core in a Linux program. Where one of its names is the C library's too, it gets another one;
# what a Linux program must not execute becomes NOP; of sys_thread.c comes sys_getpid() alone.
host-core-dir := $(host-bench-out)/core
host-core-sources := tests/bench/host/main.c tests/bench/host/switch.c tests/bench/host/tree.c \
	tests/bench/malloc/host.c core/malloc/malloc.c core/malloc/run.c core/malloc/slab.c \
	core/malloc/small.c arch/x86/percpu_list.S arch/x86/context.c arch/x86/context_switch.S \
	arch/x86/syscall.S core/syscall_table.c core/syscall_absent.S core/sys_thread.c core/doors.c \
	mm/area_tree.c lib/tree.c
host-core-objects := $(addprefix $(host-core-dir)/,$(addsuffix .o,$(basename $(host-core-sources))))
host-core-flags := -O2 -g -D_GNU_SOURCE -I. -ffunction-sections -fno-strict-aliasing -fwrapv -fno-pic -mno-red-zone \
	-DPAGURUS_HOST=1 -DCONFIG_NR_CPUS=1 -DCONFIG_LOG_MAX=0 -DCONFIG_RECLAIM=1 -DCONFIG_SIGNALS=1 \
	-DCONFIG_AREA_SOURCES=1 -DCONFIG_MALLOC_PAGURUS=1 -DCONFIG_KERNEL_STACK_KIB=16 \
	-DCONFIG_IST_STACK_KIB=8
host-core-as := -Wa,--noexecstack -Dcli=nop -Dsti=nop -Dsched_yield=k_sched_yield
host-core-flags-core/malloc/malloc := -include tests/unit/k_malloc.h -fno-builtin
host-core-flags-core/doors := -Dgetpid=k_getpid -Dgetppid=k_getppid -Dgettid=k_gettid \
	-Dclock_gettime=k_clock_gettime

$(host-core-dir)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -Wall -Wextra -Werror $(host-core-flags) $(host-core-flags-$*) -MMD -MP -c -o $@ $<
	$(if $(filter core/sys_thread,$*),$(Q)$(LD) -r --gc-sections --entry=sys_getpid -o $@.one $@ && mv $@.one $@)

$(host-core-dir)/%.o: %.S
	@mkdir -p $(@D)
	$(Q)$(CC) $(host-core-flags) $(host-core-as) -MMD -MP -c -o $@ $<

$(host-bench-out)/host_core: $(host-core-objects)
	@echo "  HOSTLD  $@"
	$(Q)$(CC) -no-pie -Wl,--gc-sections -o $@ $^ -lpthread

-include $(host-core-objects:.o=.d)
