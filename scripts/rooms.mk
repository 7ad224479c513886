# SPDX-License-Identifier: BSD-2-Clause
# Compiles the rooms: reads ROOM/Kbuild (obj-y += file.o, obj-$(CONFIG_X) += file.o) and turns
# file.c or file.S into $(out)/ROOM/file.o, then links all of them into $(out)/kernel.o.

rooms-y := lib arch/x86 mm sched core boot
rooms-$(CONFIG_XEN) += xen
rooms-$(CONFIG_KVM) += kvm
rooms-$(CONFIG_FS) += fs

# $(call read-room,ROOM): appends the room's objects to kernel-objs. cold-y names those that run once, or
# when something is wrong: they are made small rather than fast.
define read-room
obj-y :=
cold-y :=
include $(1)/Kbuild
kernel-objs += $$(addprefix $(out)/$(1)/,$$(obj-y))
cold-objs += $$(addprefix $(1)/,$$(cold-y))
endef
kernel-objs :=
cold-objs :=
$(foreach room,$(rooms-y),$(eval $(call read-room,$(room))))

# $(call remember,FILE,TEXT): writes TEXT to FILE only if that changes it, so what depends on FILE
# is made again exactly when TEXT changes. Costs no process. White space does not count: make 4.3
# sometimes leaves the newline at the end of what $(file <) reads.
same-text = $(if $(subst <$(strip $(1))>,,<$(strip $(2))>),,y)
remember = $(if $(call same-text,$(file <$(1)),$(2)),,$(file >$(1),$(2)))

ifeq ($(shell command -v $(firstword $(CC)) 2> /dev/null),)
$(error The compiler $(firstword $(CC)) is not there: scripts/setup installs gcc, CC=NAME takes \
	another)
endif
compiler-include := $(shell $(CC) -print-file-name=include)
compiler-version := $(shell $(CC) --version | head -n 1)
is-clang := $(findstring clang,$(compiler-version))

# Nothing in the image may depend on where the source or the output lies. (gcc resolves the links of
# uapi/ if that makes the name shorter.)
prefix-maps := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(out)=out \
	$(if $(is-clang),,-fno-canonical-system-headers)

optimize-$(CONFIG_OPTIMIZE_SPEED) := -O2
optimize-$(CONFIG_OPTIMIZE_SIZE) := -Os
debug-$(CONFIG_DEBUG_INFO) := -g

kernel-cppflags := -nostdinc -isystem $(compiler-include) -isystem $(out)/uapi -I. \
	-include $(autoconf-h)
kernel-cflags := -std=gnu11 -Wall -Wextra -Werror -Wstrict-prototypes -ffreestanding \
	$(optimize-y) $(debug-y) $(prefix-maps) \
	-mcmodel=kernel -fno-pic -fno-pie -mgeneral-regs-only -mno-red-zone \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables \
	$(if $(CONFIG_FRAME_POINTERS),-fno-omit-frame-pointer -momit-leaf-frame-pointer,-fomit-frame-pointer) \
	-fno-common -fvisibility=hidden \
	-ffunction-sections -fdata-sections -fno-strict-aliasing -fwrapv
# What the sanitizer itself is made of is not looked at, nor what writes to memory that is free.
kasan-not := mm/kasan mm/heap_guard mm/heap mm/frame mm/buddy mm/carve mm/zero_ahead
ifdef CONFIG_KASAN
kasan-cflags := -fsanitize=kernel-address $(if $(is-clang),$(addprefix -mllvm \
	-asan-,instrumentation-with-call-threshold=0 stack=0 globals=0),$(addprefix --param \
	asan-,instrumentation-with-call-threshold=0 stack=0 globals=0))
endif
kernel-asflags := -D__ASSEMBLY__ -Wall -Werror $(debug-y) $(prefix-maps) -fno-pic -fno-pie \
	-Wa,--noexecstack
ifneq ($(is-clang),)
# -nostdinc makes clang's driver warn about flags that only matter to a link.
kernel-cflags += -Qunused-arguments
kernel-asflags += -Qunused-arguments
endif

# Headers of Linux's user space ABI and of Xen, and no others of the build machine.
multiarch-include := /usr/include/x86_64-linux-gnu
uapi := $(addprefix $(out)/uapi/,asm asm-generic linux xen)
$(out)/uapi/asm: link-to := $(multiarch-include)/asm
$(out)/uapi/asm-generic: link-to := /usr/include/asm-generic
$(out)/uapi/linux: link-to := /usr/include/linux
$(out)/uapi/xen: link-to := /usr/include/xen
$(uapi):
	@[ -d $(link-to) ] || { echo "$(link-to) is missing: run scripts/setup build" >&2; exit 1; }
	@mkdir -p $(@D)
	@ln -sfn $(link-to) $@

# Single objects on request: make mm/frame.o (also .i and .s).
single-goals := $(filter %.o %.i %.s,$(MAKECMDGOALS))
ifneq ($(single-goals),)
.PHONY: $(single-goals)
$(single-goals): %: $(out)/%
endif

$(shell mkdir -p $(sort $(dir $(kernel-objs) $(addprefix $(out)/,$(single-goals)))))
$(call remember,$(out)/flags-kernel,$(compiler-version) $(CC) $(kernel-cppflags) $(kernel-cflags) $(kasan-cflags) \
	$(kernel-asflags) $(cold-objs))
optimize-cold = $(if $(filter $*.o,$(cold-objs)),-Os)

# $(call compile,FLAGS): $< to $@, with $@.dep saying what it was made from.
compile = $(Q)$(CC) $(1) -MMD -MF $@.d -c -o $@ $< && \
	$(AWK) -v out=$(out) -f scripts/fixdep.awk $@.d > $@.dep && rm $@.d

$(out)/%.o: %.c $(out)/flags-kernel | $(uapi)
	$(call say,CC      ,$<)
	$(call compile,$(kernel-cppflags) $(kernel-cflags) $(optimize-cold) \
		$(if $(filter $(kasan-not),$*),,$(kasan-cflags)))

$(out)/%.o: %.S $(out)/flags-kernel | $(uapi)
	$(call say,AS      ,$<)
	$(call compile,$(kernel-cppflags) $(kernel-asflags))

$(out)/%.i: %.c $(out)/flags-kernel FORCE | $(uapi)
	$(call say,CPP     ,$<)
	$(Q)$(CC) $(kernel-cppflags) $(kernel-cflags) -E -o $@ $<

$(out)/%.s: %.c $(out)/flags-kernel FORCE | $(uapi)
	$(call say,CC      ,$< (assembly))
	$(Q)$(CC) $(kernel-cppflags) $(kernel-cflags) $(optimize-cold) -S -o $@ $<

# zlib's inflate as a part of the kernel (fs/gunzip.c): Debian's static library is position-independent,
# so it links into the top 2 GiB. Its names get a prefix that programs do not have.
kernel-libs-$(CONFIG_MODULE_GZIP) := $(out)/zlib.o
zlib-archive := /usr/lib/x86_64-linux-gnu/libz.a
zlib-members := inflate.o inffast.o inftrees.o crc32.o adler32.o
$(zlib-archive):
	@echo "$@ is missing (CONFIG_MODULE_GZIP): run scripts/setup gzip" >&2; exit 1
$(out)/zlib.o: $(zlib-archive) scripts/rooms.mk
	$(call say,ZLIB    ,$(zlib-archive))
	$(Q)rm -rf $(out)/zlib && mkdir $(out)/zlib && cd $(out)/zlib && ar x $< $(zlib-members)
	$(Q)cd $(out)/zlib && $(LD) -r -z noexecstack -o all.o $(zlib-members)
	$(Q)$(OBJCOPY) --prefix-symbols=zlib_ -R .eh_frame -R .rela.eh_frame -R .comment \
		$(out)/zlib/all.o $@

# libzstd's decompression (fs/unzstd.c). It refers to the formats before version 1.0, which it is never
# asked to read: these become weak.
kernel-libs-$(CONFIG_MODULE_ZSTD) += $(out)/zstd.o
zstd-archive := /usr/lib/x86_64-linux-gnu/libzstd.a
zstd-members := zstd_decompress.o zstd_decompress_block.o zstd_ddict.o huf_decompress.o \
	huf_decompress_amd64.o entropy_common.o fse_decompress.o xxhash.o error_private.o zstd_common.o
# liblz4's blocks and checksums (fs/unlz4.c).
kernel-libs-$(CONFIG_MODULE_LZ4) += $(out)/lz4.o
lz4-archive := /usr/lib/x86_64-linux-gnu/liblz4.a
lz4-members := lz4.o xxhash.o
$(zstd-archive) $(lz4-archive):
	@echo "$@ is missing (CONFIG_MODULE_ZSTD, CONFIG_MODULE_LZ4): run scripts/setup zstd lz4" >&2; exit 1
$(out)/zstd.o: $(zstd-archive) scripts/rooms.mk
	$(call say,ZSTD    ,$(zstd-archive))
	$(Q)rm -rf $(out)/zstd && mkdir $(out)/zstd && cd $(out)/zstd && ar x $< $(zstd-members)
	$(Q)cd $(out)/zstd && $(LD) -r -z noexecstack -o all.o $(zstd-members)
	$(Q)$(OBJCOPY) -w --weaken-symbol='ZSTDv0*' --weaken-symbol='ZBUFFv0*' $(out)/zstd/all.o
	$(Q)$(OBJCOPY) --prefix-symbols=zstd_ -R .eh_frame -R .rela.eh_frame -R .comment \
		$(out)/zstd/all.o $@
$(out)/lz4.o: $(lz4-archive) scripts/rooms.mk
	$(call say,LZ4     ,$(lz4-archive))
	$(Q)rm -rf $(out)/lz4 && mkdir $(out)/lz4 && cd $(out)/lz4 && ar x $< $(lz4-members)
	$(Q)cd $(out)/lz4 && $(LD) -r -z noexecstack -o all.o $(lz4-members)
	$(Q)$(OBJCOPY) --prefix-symbols=lz4_ -R .eh_frame -R .rela.eh_frame -R .comment \
		$(out)/lz4/all.o $@

# All rooms as one object, in which only what is marked EXPORT, and the entries that the linker
# script looks for, keep a name that others see.
$(call remember,$(out)/list-kernel,$(kernel-objs) $(kernel-libs-y))
$(out)/kernel.o: $(kernel-objs) $(kernel-libs-y) $(out)/list-kernel
	$(call say,LD      ,kernel.o)
	$(Q)$(LD) -r --unique -z noexecstack -Map=$(out)/kernel.map -o $@.all $(kernel-objs) $(kernel-libs-y)
	$(Q)$(OBJCOPY) --localize-hidden -w -L 'zlib_*' -L 'zstd_*' -L 'lz4_*' $@.all $@ && rm $@.all

-include $(wildcard $(addsuffix .dep,$(kernel-objs) $(addprefix $(out)/,$(single-goals))))
