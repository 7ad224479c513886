# SPDX-License-Identifier: BSD-2-Clause
# Measures, and compares with Linux in the same QEMU and with published figures. Takes about ten
# minutes; ARGS="--help" tells how to take less.

.PHONY: bench bench-stub
bench: linux-apps bench-stub
	@$(PYTHON) scripts/bench.py --out $(out)/bench $(ARGS)

bench-stub: $(out)/bench/stub.elf
$(out)/bench/stub.elf: tests/bench/stub.S
	@mkdir -p $(@D)
	@echo "  STUB    $@"
	$(Q)$(CC) -m32 -c -o $@.o $<
	$(Q)$(LD) -m elf_i386 -Ttext=0x100000 -o $@ $@.o
