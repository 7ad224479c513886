# SPDX-License-Identifier: BSD-2-Clause
# Boots the configured image in QEMU.
#   make run ARGS="--steps"                 arguments for the program
#   make run APPEND="pagurus.loglevel=7"    words for the kernel
#   make run MACHINE=q35 MEMORY=64M         another machine (RUN="..." for any option of scripts/run)
#   make run INITRD=file                    a module
#   make debug                              the same, stopped at the first instruction, in gdb

run-options = --out $(out) $(if $(MACHINE),--machine $(MACHINE)) $(if $(MEMORY),--memory $(MEMORY)) \
	$(if $(CPUS),--smp $(CPUS)) $(if $(APPEND),--append "$(APPEND)") \
	$(if $(INITRD),--initrd $(INITRD)) $(RUN)

.PHONY: run debug
run: image
	@scripts/run $(run-options) $(if $(ARGS),-- $(ARGS))

# Where gdb finds the sources of programs from outside, whose paths are not in the image.
define gdb-paths
$(foreach name,$(programs),$(if $(filter /%,$(dir-$(name))),set substitute-path $(name) $(dir-$(name))
))
endef
debug: image
	$(file >$(out)/paths.gdb,$(gdb-paths))@:
	@scripts/debug $(out) $(run-options) $(if $(ARGS),-- $(ARGS))
