/* sources: fs/unlz4.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Any file that may be compressed with lz4, by the machine's own liblz4. */
#include "tests/fuzz/unpack_input.h"

int LZ4_decompress_safe_usingDict(const char *from, char *to, int size, int room,
                                  const char *dictionary, int dictionary_size);
int lz4_LZ4_decompress_safe_usingDict(const char *from, char *to, int size, int room,
                                      const char *dictionary, int dictionary_size);
uint32_t lz4_LZ4_XXH32(const void *data, size_t size, uint32_t seed);

int lz4_LZ4_decompress_safe_usingDict(const char *from, char *to, int size, int room,
                                      const char *dictionary, int dictionary_size)
{
	return LZ4_decompress_safe_usingDict(from, to, size, room, dictionary, dictionary_size);
}

/* One that always fits, so that what is behind it is reached. */
uint32_t lz4_LZ4_XXH32(const void *data, size_t size, uint32_t seed)
{
	(void)data;
	(void)size;
	return seed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unpack_one(data, size, unlz4, unlz4_guess);
	return 0;
}
