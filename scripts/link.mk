# SPDX-License-Identifier: BSD-2-Clause
# Links the image: kernel.o, the programs and what they use of musl, by arch/x86/image.lds.S.
# With CONFIG_SYMBOLS it links twice: the first time without, the second with the table of function
# names, which lies behind everything whose address it tells.

all: image

image-y := $(out)/pagurus.elf $(out)/pagurus.sym
image-$(CONFIG_TARGET_HVM) += $(out)/pagurus.iso $(out)/pagurus-hvm.cfg
image-$(CONFIG_TARGET_PVH) += $(out)/pagurus-pvh.cfg
.PHONY: image
image: $(image-y)

link-inputs := $(out)/kernel.o $(out)/programs.o \
	$(foreach name,$(programs),$(out)/programs/$(name).o)
link-libs := $(musl-libc) $(compiler-libgcc)
link-flags := -static -nostdlib -z noexecstack -z norelro -z max-page-size=0x1000 \
	--gc-sections --build-id=none --fatal-warnings --no-warn-rwx-segments
$(call remember,$(out)/flags-link,$(LD) $(link-flags) $(link-inputs) $(link-libs) \
	symbols=$(CONFIG_SYMBOLS))

# $(call link,FURTHER OBJECTS)
link = $(Q)$(LD) $(link-flags) -T $(out)/pagurus.lds -Map=$@.map -o $@ $(link-inputs) $(1) \
	--start-group $(link-libs) --end-group
link-prerequisites := $(link-inputs) $(link-libs) $(out)/pagurus.lds $(out)/flags-link

$(out)/pagurus.lds: arch/x86/image.lds.S $(out)/flags-kernel | $(uapi)
	$(call say,LDS     ,$<)
	$(Q)$(CC) $(kernel-cppflags) -D__ASSEMBLY__ -DLINKER_SCRIPT -E -P -MMD -MF $@.d -MT $@ \
		-x assembler-with-cpp -o $@ $< && \
		$(AWK) -v out=$(out) -f scripts/fixdep.awk $@.d > $@.dep && rm $@.d
-include $(wildcard $(out)/pagurus.lds.dep)

ifeq ($(CONFIG_SYMBOLS),y)
$(out)/pagurus.pass1: $(link-prerequisites) $(out)/symbols-none.o
	$(call say,LD      ,pagurus.pass1)
	$(call link,$(out)/symbols-none.o)

$(out)/symbols-none.S: scripts/symbols.py
	$(Q)$(PYTHON) scripts/symbols.py --empty > $@

$(out)/symbols.S: $(out)/pagurus.pass1 scripts/symbols.py
	$(call say,SYMBOLS ,symbols.S)
	$(Q)$(PYTHON) scripts/symbols.py --nm $(NM) $< > $@

$(out)/symbols.o $(out)/symbols-none.o: %.o: %.S
	$(Q)$(CC) $(kernel-asflags) -c -o $@ $<

$(out)/pagurus.linked: $(link-prerequisites) $(out)/symbols.o
	$(call say,LD      ,pagurus.linked)
	$(call link,$(out)/symbols.o)
	$(Q)for f in $(out)/pagurus.pass1 $@; do $(NM) -n $$f | grep ' [tT] ' > $$f.text; done
	$(Q)cmp $(out)/pagurus.pass1.text $@.text || \
		{ echo "functions moved between the two links: the names would be wrong" >&2; \
		rm $@; exit 1; }
	$(Q)rm $(out)/pagurus.pass1.text $@.text
else
$(out)/pagurus.linked: $(link-prerequisites)
	$(call say,LD      ,pagurus.linked)
	$(call link)
endif

# In ring 0 a halt instruction, which musl crashes by, would not fault.
$(out)/pagurus.debug: $(out)/pagurus.linked scripts/patch-halt
	$(call say,PATCH   ,pagurus.debug)
	$(Q)OBJDUMP=$(OBJDUMP) $(PYTHON) scripts/patch-halt $< $@
	$(Q)sed 's#$(out)/##g' $<.map > $(out)/pagurus.map

$(out)/pagurus.elf: $(out)/pagurus.debug scripts/check-elf
	$(call say,STRIP   ,pagurus.elf)
	$(Q)$(OBJCOPY) --strip-all $< $@
	$(Q)$(PYTHON) scripts/check-elf --quiet --config $(auto-mk) $@
	@size=$$(wc -c < $@); echo "  IMAGE   $@: $$size bytes"

$(out)/pagurus.sym: $(out)/pagurus.debug
	$(Q)$(NM) -n $< > $@

$(out)/pagurus.iso: $(out)/pagurus.elf scripts/mkiso $(auto-mk)
	$(call say,ISO     ,pagurus.iso)
	$(Q)scripts/mkiso $(if $(CONFIG_BOOT_MULTIBOOT2),multiboot2,multiboot) $< $@

# For xl on a Xen host.
$(out)/pagurus-%.cfg: scripts/xl/pagurus-%.cfg
	$(call say,XL      ,$(@F))
	$(Q)cp $< $@

.PHONY: size
size: $(out)/pagurus.elf
	@$(PYTHON) scripts/size --out $(out) --rooms "$(rooms-y)"

# For editors and clang-tidy: how each file of this configuration is compiled.
define compile-command
  {
    "directory": "$(CURDIR)",
    "file": "$(2)",
    "command": "$(CC) $(1) -c -o $(3) $(2)"
  }
endef
source-of = $(firstword $(wildcard $(1:.o=.c) $(1:.o=.S)))
define compile-commands
[
$(subst }   {,}$(comma)
  {,$(foreach obj,$(kernel-objs),$(call compile-command,$(strip $(kernel-cppflags) \
	$(if $(filter %.S,$(call source-of,$(obj:$(out)/%=%))),$(kernel-asflags),$(kernel-cflags))),$(call source-of,$(obj:$(out)/%=%)),$(obj))) $(foreach name,$(programs),$(foreach source,$(sources-$(name)),$(call \
	compile-command,$(strip $(program-cppflags) $(program-cflags) $(cflags-$(name))),$(dir-$(name))/$(source),$(call object-of,$(name),$(source))))))
]
endef
.PHONY: compile_commands.json
compile_commands.json: $(uapi) $(out)/include-programs/pagurus.h
	$(call say,GEN     ,$(or $(COMMANDS),$@))
	$(file >$(or $(COMMANDS),$@),$(compile-commands))@:
