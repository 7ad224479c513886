# SPDX-License-Identifier: BSD-2-Clause
# Builds Pagurus: "make" for an image, "make run" to boot it, "make help" for everything else.
# One make reads every room's Kbuild; objects go to $(out), which is build/ or what O= says.

MAKEFLAGS += -rR --no-print-directory
SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:

O := build
# make's lists are words between blanks, and no quoting changes that.
ifneq ($(words $(O)) $(words $(CURDIR)),1 1)
$(error The folders of the source ($(CURDIR)) and of the output (O=$(O)) must have no blanks in \
	their paths)
endif
# One name for one folder, so that a dependency written with one O= fits the next.
out := $(patsubst $(CURDIR)/%,%,$(abspath $(O)))
override O := $(out)
ifneq ($(filter $(CURDIR) /,$(out)),)
$(error O=$(out): the output needs a folder of its own)
endif

CC := gcc
LD := ld
NM := nm
OBJCOPY := objcopy
OBJDUMP := objdump
PYTHON := /usr/bin/python3
AWK := awk
export LC_ALL := C

# Short lines, or whole commands with V=1. $(call say,WORD padded to 8,what)
ifeq ($(V),1)
Q :=
say =
else
Q := @
say = $(info $(space) $(1)$(2))
endif
empty :=
space := $(empty) $(empty)
comma := ,

.PHONY: all FORCE
all:

# What each kind of goal needs. A goal that configures must not read the old configuration.
goals := $(or $(MAKECMDGOALS),all)
config-goals := $(filter %config,$(goals))
# Goals that need no configuration of their own.
plain-goals := $(filter help clean distclean setup format format-check syscalls-doc check-rooms check check-% \
	lint linux-% bench bench-% stress stress-xen fuzz-calls conformance,$(goals))
build-goals := $(filter-out $(config-goals) $(plain-goals),$(goals))

ifneq ($(and $(config-goals),$(plain-goals)$(build-goals)),)

# "make tiny_defconfig all": one after the other, since the second depends on the first's result.
.PHONY: $(goals) one-by-one
$(goals): one-by-one
	@:
one-by-one:
	@set -e; for goal in $(goals); do $(MAKE) $$goal; done

else

# What these goals need is installed first, if it is missing (scripts/setup).
needs := $(if $(filter run,$(goals)),build run) $(if $(filter debug,$(goals)),build run debug) \
	$(if $(filter check check-%,$(goals)),build iso run debug check) \
	$(if $(filter check check-xen,$(goals)),lab) \
	$(if $(filter lint format,$(goals)),build lint) $(if $(filter linux-%,$(goals)),linux)
ifneq ($(and $(strip $(needs)),$(if $(MAKE_RESTARTS),,first)),)
needs += $(shell grep -qs CONFIG_TARGET_HVM=y $(out)/.config && echo iso)
ifneq ($(shell scripts/setup $(needs) && echo done),done)
$(error scripts/setup $(strip $(needs)) failed)
endif
endif

ifneq ($(config-goals)$(build-goals),)
ifneq ($(shell mkdir -p $(out) && test -w $(out) && echo yes),yes)
$(error The output folder O=$(out) cannot be made or written to: O=FOLDER chooses another)
endif
endif

include scripts/config.mk

ifneq ($(build-goals),)
include scripts/rooms.mk
include scripts/vdso.mk
include scripts/programs.mk
include scripts/link.mk
include scripts/run.mk
include scripts/lab.mk
endif
ifneq ($(plain-goals),)
include scripts/check.mk
include scripts/linux-apps.mk
-include tests/tests.mk
-include tests/bench/bench.mk
endif

endif

.PHONY: clean distclean help
# Empties a folder only if it is one of ours.
empty-out = $(Q)if [ $(out) = build -a -d build ] || [ -f $(out)/include/config/auto.mk ]; then \
	find $(out) -mindepth 1 -maxdepth 1 $(1) -exec rm -rf {} +; fi
clean:
	$(call say,CLEAN   ,$(out))
	$(call empty-out,! -name .config)

distclean:
	$(call say,CLEAN   ,$(out) with its configuration)
	$(call empty-out)
	$(Q)rm -f compile_commands.json $(out)/.config

.PHONY: setup
setup:
	@scripts/setup all

help:
	@cat scripts/help.txt; echo; echo 'Configurations in defconfigs/:'; \
	for f in defconfigs/*_defconfig; do echo "  $${f##*/}"; done
