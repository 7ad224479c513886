/* sources: boot/pvh.c boot/boot.c boot/memmap.c lib/fmt.c lib/string.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Boot information from a hostile loader: whatever it says, boot_info keeps its promises. */
#include "tests/fuzz/boot_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_boot(data, size, pvh_parse, BOOT_PROTOCOL_PVH);
	return 0;
}
