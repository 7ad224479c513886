# SPDX-License-Identifier: BSD-2-Clause
# Boots the configured image under real Xen and xl, in the lab (scripts/xenlab), on any machine.
#   make lab ARGS="--steps"                 arguments for the program
#   make lab APPEND="pagurus.loglevel=7"    words for the kernel
#   make lab MEMORY=64 CPUS=2               MiB and vCPUs (LAB="..." for any option of xenlab run)
# The HVM target starts from its ISO, whose command line is fixed: ARGS and APPEND are for PVH.

lab-image = $(if $(CONFIG_TARGET_HVM),--hvm $(out)/pagurus.iso,$(out)/pagurus.elf)
lab-options = $(if $(MEMORY),--memory $(MEMORY)) $(if $(CPUS),--vcpus $(CPUS)) \
	$(if $(APPEND),--append "$(APPEND)") $(LAB)

.PHONY: lab
lab: image
	$(if $(CONFIG_XEN),,@echo "make lab: this image is not for Xen: make pvh_defconfig" >&2; exit 1)
	@scripts/setup lab
	@scripts/xenlab run $(lab-options) $(lab-image) $(if $(ARGS),-- $(ARGS))
