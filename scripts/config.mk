# SPDX-License-Identifier: BSD-2-Clause
# The configuration: $(out)/.config, the targets that change it, and what is generated from it.

kconfig := $(PYTHON) scripts/kconfig.py $(out)
auto-mk := $(out)/include/config/auto.mk
autoconf-h := $(out)/include/generated/autoconf.h

.PHONY: menuconfig oldconfig olddefconfig savedefconfig listnewconfig allnoconfig allyesconfig \
	randconfig
menuconfig oldconfig olddefconfig listnewconfig allnoconfig allyesconfig randconfig:
	@$(kconfig) $@

savedefconfig:
	@$(kconfig) savedefconfig $(out)/defconfig

%_defconfig: FORCE
	@$(kconfig) defconfig defconfigs/$@

ifneq ($(build-goals),)

# make reads auto.mk, finds it older than .config or a Kconfig file, remakes it and starts again.
include $(auto-mk)

$(auto-mk): $(out)/.config $(or $(kconfig-files),Kconfig) scripts/kconfig.py
	@$(kconfig) sync

$(out)/.config:
	@echo "No configuration yet: taking kvm_defconfig (make menuconfig changes it)"
	@$(kconfig) defconfig defconfigs/kvm_defconfig

# Kconfig files that have gone.
$(filter-out $(wildcard $(kconfig-files)),$(kconfig-files)): ;

endif
