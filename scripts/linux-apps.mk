# SPDX-License-Identifier: BSD-2-Clause
# The programs of apps/ and tests/guest/ as ordinary static Linux programs, from the same sources
# and the same program.mk files. Included by the top Makefile (make linux-apps, make
# linux-guest-tests); also works alone: make -f scripts/linux-apps.mk O=/tmp/x linux-apps

O ?= build
linux-cc ?= musl-gcc
linux-out := $(O)/linux
linux-cflags := -std=gnu11 -O2 -g -Wall -Wextra -Werror -static -no-pie -pthread
ifneq ($(V),1)
linux-quiet := @
endif

# $(call linux-program,FOLDER,GROUP): reads FOLDER/program.mk and makes a rule of it; the program
# joins the list linux-GROUP.
define linux-program
name :=
sources :=
cflags :=
include $(1)/program.mk
linux-$(2) := $$(linux-$(2)) $(linux-out)/$$(name)
$(linux-out)/$$(name): linux-sources := $$(addprefix $(1)/,$$(sources))
$(linux-out)/$$(name): linux-own-cflags := $$(cflags)
$(linux-out)/$$(name): $$(addprefix $(1)/,$$(sources)) $(1)/program.mk \
		$$(wildcard $(1)/*.h $(1)/../common/*.h $(1)/../*.h) scripts/linux-apps.mk
	@mkdir -p $$(@D)
	@echo "  LINUX   $$@"
	$$(linux-quiet)$$(linux-cc) $$(linux-cflags) $$(linux-own-cflags) -o $$@ $$(linux-sources) -lm
endef

$(foreach dir,$(patsubst %/program.mk,%,$(wildcard apps/*/program.mk)),\
	$(eval $(call linux-program,$(dir),apps)))
$(foreach dir,$(patsubst %/program.mk,%,$(wildcard tests/guest/*/program.mk)),\
	$(eval $(call linux-program,$(dir),guest-tests)))

$(eval $(call linux-program,tests/bench/calls,bench))

.PHONY: linux-apps linux-bench linux-guest-tests
linux-bench: $(linux-bench)
linux-apps: $(linux-apps)
linux-guest-tests: $(linux-guest-tests)
