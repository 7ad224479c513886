# SPDX-License-Identifier: BSD-2-Clause
# Makes the vDSO (core/vdso/): program code in a shared object of its own, which core/vdso_image.S
# puts into the image.

ifeq ($(CONFIG_VDSO),y)
vdso := $(out)/core/vdso
vdso-cflags := -std=gnu11 -Wall -Wextra -Werror -ffreestanding -O2 $(prefix-maps) -fPIC \
	-mgeneral-regs-only -fno-stack-protector -fcf-protection=none -fasynchronous-unwind-tables \
	-fomit-frame-pointer -fno-common -fvisibility=hidden -fno-strict-aliasing -fwrapv \
	$(if $(is-clang),-Qunused-arguments)
vdso-ldflags := -shared -soname linux-vdso.so.1 --hash-style=both --eh-frame-hdr --build-id=none \
	-z noexecstack -z norelro -z max-page-size=0x1000 --fatal-warnings --no-warn-rwx-segments -s
$(shell mkdir -p $(vdso))
$(call remember,$(out)/flags-vdso,$(compiler-version) $(CC) $(kernel-cppflags) $(vdso-cflags) $(LD) \
	$(vdso-ldflags))

$(vdso)/vdso.o: core/vdso/vdso.c $(out)/flags-vdso | $(uapi)
	$(call say,CC      ,$<)
	$(call compile,$(kernel-cppflags) $(vdso-cflags))

$(vdso)/vdso.lds: core/vdso/vdso.lds.S $(out)/flags-kernel | $(uapi)
	$(call say,LDS     ,$<)
	$(Q)$(CC) $(kernel-cppflags) -D__ASSEMBLER__ -E -P -x assembler-with-cpp -o $@ $<

$(vdso)/vdso.so: $(vdso)/vdso.o $(vdso)/vdso.lds
	$(call say,LD      ,$(@:$(out)/%=%))
	$(Q)$(LD) $(vdso-ldflags) -T $(vdso)/vdso.lds -o $@ $<

$(out)/core/vdso_image.o: private kernel-asflags += -I$(out)
$(out)/core/vdso_image.o: $(vdso)/vdso.so
-include $(wildcard $(vdso)/vdso.o.dep)
endif
