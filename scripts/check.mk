# SPDX-License-Identifier: BSD-2-Clause
# Checks: "make check" runs every level of tests and sums them up; "make check-LEVEL" runs one; "make
# lint" and "make format" look at the sources.

levels := rooms unit fuzz build guest system xen
pytest := PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -p no:cacheprovider --confcutdir=$(CURDIR)

.PHONY: check check-rooms check-build check-guest check-system check-xen
check:
	@$(PYTHON) scripts/check --out $(out) $(or $(LEVELS),$(levels))

check-rooms:
	@$(PYTHON) scripts/check-rooms

# TESTS="-k hello" selects, as pytest has it.
check-build check-guest check-system check-xen: check-%:
	@CHECK_OUT=$(abspath $(out))/check-$* $(pytest) tests/$* $(TESTS)

# Test suites of others, in guests; hours for all of them.
.PHONY: conformance
conformance:
	@scripts/setup build run conformance
	@$(PYTHON) tests/conformance/run --out $(out)/conformance $(ARGS)

# The table of system calls, from the code.
.PHONY: syscalls-doc
syscalls-doc:
	@scripts/syscalls-doc

c-files = $(shell git ls-files '*.c' '*.h')
.PHONY: format format-check lint
format:
	@clang-format -i $(c-files)

format-check:
	@clang-format --dry-run -Werror $(c-files)

# As the configuration with everything in it is compiled.
lint-out := $(out)/lint
lint:
	@$(MAKE) O=$(lint-out) allyesconfig > /dev/null
	@$(MAKE) O=$(lint-out) CC=clang COMMANDS=$(lint-out)/compile_commands.json \
		compile_commands.json > /dev/null
	@scripts/lint $(lint-out)
