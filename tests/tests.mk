# SPDX-License-Identifier: BSD-2-Clause
# Host-side tests of the kernel's pure sources: unit tests (cmocka, gcc's sanitizers) and fuzz
# targets (clang's libFuzzer). The top Makefile includes this; it also works alone:
#     make -f tests/tests.mk check-unit O=/tmp/x
#     make -f tests/tests.mk check-unit O=/tmp/x TESTS="test_tree test_fmt"
#     make -f tests/tests.mk check-fuzz O=/tmp/x FUZZ_SECONDS=60 TARGETS=fuzz_pvh
# Nothing is looked up until one of the targets runs, so other builds do not pay for it.

O ?= build
FUZZ_SECONDS ?= 10
host_tests := $(dir $(lastword $(MAKEFILE_LIST)))

.PHONY: check-unit check-fuzz check-coverage stress stress-xen

## check-unit: build and run the host unit tests (all, or TESTS="test_a test_b")
check-unit:
	@$(MAKE) --no-print-directory -k -f $(host_tests)host.mk unit O=$(abspath $(O)) \
		TESTS="$(TESTS)"

## check-fuzz: run every fuzz target for FUZZ_SECONDS (or FUZZ_RUNS inputs)
check-fuzz:
	@$(MAKE) --no-print-directory -k -f $(host_tests)host.mk fuzz O=$(abspath $(O)) \
		TARGETS="$(TARGETS)" FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_RUNS=$(FUZZ_RUNS)

## stress: STRESS_SECONDS each of the stress programs for memory and for threads, on four CPUs
STRESS_SECONDS ?= 600
SEED ?= 1
stress_out := $(abspath $(O))/stress
stress:
	@$(MAKE) --no-print-directory O=$(stress_out) smp_defconfig
	@$(MAKE) --no-print-directory O=$(stress_out) APP=tests/guest/stress
	@scripts/run --out=$(stress_out) --smp=4 --timeout=$$(($(STRESS_SECONDS) * 2 + 300)) \
		--append pagurus.program=test-stress -- \
		$(PART) --seconds $(STRESS_SECONDS) --seed $(SEED)

## stress-xen: the same under real Xen, as a PVH guest in the lab (whose one CPU the four share)
stress-xen:
	@scripts/setup lab
	@$(MAKE) --no-print-directory O=$(stress_out)/xen pvh_defconfig
	@echo CONFIG_NR_CPUS=4 >>$(stress_out)/xen/.config
	@$(MAKE) --no-print-directory O=$(stress_out)/xen olddefconfig
	@$(MAKE) --no-print-directory O=$(stress_out)/xen APP=tests/guest/stress
	@scripts/xenlab run --vcpus 4 --memory 512 --timeout $$(($(STRESS_SECONDS) * 3 + 600)) \
		--append pagurus.program=test-stress $(stress_out)/xen/pagurus.elf -- \
		$(PART) --seconds $(STRESS_SECONDS) --seed $(SEED)

## fuzz-calls: system calls with random arguments for SECONDS, on CPUS virtual CPUs
SECONDS ?= 600
CPUS ?= 1
fuzz-calls:
	@scripts/setup build run linux
	@scripts/fuzz-calls --out $(abspath $(O))/fuzz-calls --seconds $(SECONDS) --cpus $(CPUS) --seed $(SEED) $(ARGS)

## check-coverage: run the unit tests and say which lines of the kernel they reached
check-coverage:
	@$(MAKE) --no-print-directory -k -f $(host_tests)host.mk unit O=$(abspath $(O))/coverage \
		TESTS="$(TESTS)" COVERAGE=1
	@/usr/bin/python3 $(host_tests)unit/coverage.py $(abspath $(O))/coverage/tests/unit
