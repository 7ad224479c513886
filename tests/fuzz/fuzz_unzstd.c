/* sources: fs/unzstd.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Any file that may be compressed with zstd, by the machine's own libzstd. */
#include "tests/fuzz/unpack_input.h"

struct in_buffer;
struct out_buffer;

void *ZSTD_createDStream(void);
size_t ZSTD_freeDStream(void *stream);
size_t ZSTD_decompressStream(void *stream, struct out_buffer *out, struct in_buffer *in);
unsigned ZSTD_isError(size_t code);
const char *ZSTD_getErrorName(size_t code);
unsigned long long ZSTD_getFrameContentSize(const void *data, size_t size);
void *zstd_ZSTD_createDStream(void);
size_t zstd_ZSTD_freeDStream(void *stream);
size_t zstd_ZSTD_decompressStream(void *stream, struct out_buffer *out, struct in_buffer *in);
unsigned zstd_ZSTD_isError(size_t code);
const char *zstd_ZSTD_getErrorName(size_t code);
unsigned long long zstd_ZSTD_getFrameContentSize(const void *data, size_t size);

void *zstd_ZSTD_createDStream(void)
{
	return ZSTD_createDStream();
}

size_t zstd_ZSTD_freeDStream(void *stream)
{
	return ZSTD_freeDStream(stream);
}

size_t zstd_ZSTD_decompressStream(void *stream, struct out_buffer *out, struct in_buffer *in)
{
	return ZSTD_decompressStream(stream, out, in);
}

unsigned zstd_ZSTD_isError(size_t code)
{
	return ZSTD_isError(code);
}

const char *zstd_ZSTD_getErrorName(size_t code)
{
	return ZSTD_getErrorName(code);
}

unsigned long long zstd_ZSTD_getFrameContentSize(const void *data, size_t size)
{
	return ZSTD_getFrameContentSize(data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unpack_one(data, size, unzstd, unzstd_guess);
	return 0;
}
