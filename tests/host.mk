# SPDX-License-Identifier: BSD-2-Clause
# Builds and runs host tests; called by tests/tests.mk. A test file says in its first line which
# kernel sources it is compiled with, and, where it needs more than the usual flags, in its second:
#     /* sources: lib/tree.c mm/area.c */
#     /* flags: -DCONFIG_WX_STRICT=1 */
# tests/unit/test_X.c becomes $(O)/tests/unit/test_X, with its objects in a folder beside it, since
# two tests may want one source with different flags.

tree := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))..)
O ?= $(tree)/build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
FUZZ_SECONDS ?= 10
FUZZ_RUNS ?=
HOSTCC ?= gcc
FUZZCC ?= clang

all_units := $(basename $(notdir $(wildcard $(tree)/tests/unit/test_*.c)))
all_fuzzers := $(basename $(notdir $(wildcard $(tree)/tests/fuzz/fuzz_*.c)))
override TESTS := $(or $(strip $(TESTS)),$(all_units))
override TARGETS := $(or $(strip $(TARGETS)),$(all_fuzzers))

# What a host build has instead of Kconfig's header.
config := -DPAGURUS_HOST=1 -DCONFIG_NR_CPUS=1 -DCONFIG_LOG_MAX=0 -DCONFIG_DEBUG_CHECKS=1 \
	-DCONFIG_KERNEL_STACK_KIB=16 -DCONFIG_FAULT_AROUND=16 -DCONFIG_RECLAIM=1 \
	-DCONFIG_RESERVATIONS=1 \
	-DCONFIG_CLEAR_AVX=1
common := -std=gnu11 -g -Wall -Wextra -Werror -fno-strict-aliasing -fwrapv \
	-fno-omit-frame-pointer -I$(tree) $(config) -MMD -MP
unit_flags := $(common) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	$(if $(COVERAGE),--coverage -O0) $(if $(findstring clang,$(HOSTCC)),-Qunused-arguments)
# libFuzzer wants the kernel's sources instrumented as the target itself is.
fuzz_flags := $(common) -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-DHOST_FUZZ=1

# The kernel's memcpy() and friends get other names on the host, where sanitizers own the real ones;
# tests of them include the same header.
flags_lib/string.c := -include $(tree)/tests/unit/k_string.h -fno-builtin
flags_core/malloc/malloc.c := -include $(tree)/tests/unit/k_malloc.h -fno-builtin

# What these targets unpack with is the machine's own.
libraries_fuzz_gunzip := z
libraries_fuzz_unlz4 := lz4
libraries_fuzz_unzstd := zstd

# $(1) file: the words behind "sources:" in its first line; the flags of its second.
sources_of = $(shell sed -n '1s,^/\* sources:\(.*\)\*/.*,\1,p' $(1))
more_flags_of = $(shell sed -n '2s,^/\* flags:\(.*\)\*/.*,\1,p' $(1))

# $(1) unit or fuzz, $(2) test, $(3) compiler, $(4) further libraries
define host_test
$(2)_dir := $(O)/tests/$(1)/$(2).d
$(2)_src := tests/$(1)/$(2).c tests/unit/host_stubs.c \
	$$(filter-out tests/unit/host_stubs.c,$$(call sources_of,$(tree)/tests/$(1)/$(2).c))
$(2)_more := $$(call more_flags_of,$(tree)/tests/$(1)/$(2).c)
$(2)_obj := $$(addprefix $$($(2)_dir)/,$$(addsuffix .o,$$(basename $$($(2)_src))))

$$($(2)_dir)/%.o: $(tree)/%.c $(tree)/tests/host.mk $(tree)/tests/$(1)/$(2).c
	@mkdir -p $$(@D)
	@echo "  HOSTCC  $$*.c"
	$(Q)$(3) $($(1)_flags) $$(flags_$$*.c) $$($(2)_more) -c -o $$@ $$<

$$($(2)_dir)/%.o: $(tree)/%.S $(tree)/tests/host.mk
	@mkdir -p $$(@D)
	@echo "  HOSTAS  $$*.S"
	$(Q)$(3) -I$(tree) $(config) -Wa,--noexecstack -c -o $$@ $$<

$(O)/tests/$(1)/$(2): $$($(2)_obj)
	@echo "  HOSTLD  tests/$(1)/$(2)"
	$(Q)$(3) $($(1)_flags) $$($(2)_more) -o $$@ $$($(2)_obj) $(4)

-include $$($(2)_obj:.o=.d)
endef

.PHONY: unit fuzz
.SECONDARY:

# Binaries that do not build must not keep the others from running: make -k builds what it can, and
# the runner counts a missing binary as a failure.
unit:
	@mkdir -p $(O)/tests/unit
	@$(MAKE) --no-print-directory -k -f $(tree)/tests/host.mk unit-binaries O=$(O) \
		TESTS="$(TESTS)" COVERAGE=$(COVERAGE) V=$(V) || true
	@/usr/bin/python3 $(tree)/tests/unit/run.py $(addprefix $(O)/tests/unit/,$(TESTS))

fuzz:
	@mkdir -p $(O)/tests/fuzz
	@$(MAKE) --no-print-directory -k -f $(tree)/tests/host.mk fuzz-binaries O=$(O) \
		TARGETS="$(TARGETS)" V=$(V) || true
	@/usr/bin/python3 $(tree)/tests/fuzz/run.py --seconds $(FUZZ_SECONDS) \
		$(if $(FUZZ_RUNS),--runs $(FUZZ_RUNS)) --corpus $(tree)/tests/fuzz/corpus \
		$(addprefix $(O)/tests/fuzz/,$(TARGETS))

ifneq ($(filter unit-binaries,$(MAKECMDGOALS)),)
.PHONY: unit-binaries
unit-binaries: $(addprefix $(O)/tests/unit/,$(TESTS))
$(foreach t,$(TESTS),$(eval $(call host_test,unit,$(t),$(HOSTCC),-lcmocka)))
endif

ifneq ($(filter fuzz-binaries,$(MAKECMDGOALS)),)
.PHONY: fuzz-binaries
fuzz-binaries: $(addprefix $(O)/tests/fuzz/,$(TARGETS))
$(foreach t,$(TARGETS),$(eval $(call host_test,fuzz,$(t),$(FUZZCC),$(addprefix -l,$(libraries_$(t))))))
endif
