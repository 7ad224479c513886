/* sources: fs/gunzip.c */
// SPDX-License-Identifier: BSD-2-Clause
/* Any file that may be compressed with gzip, by the machine's own zlib. */
#include "tests/fuzz/unpack_input.h"

struct z_stream;

int inflateInit2_(struct z_stream *stream, int window, const char *version, int size);
int inflate(struct z_stream *stream, int flush);
int inflateReset(struct z_stream *stream);
int inflateEnd(struct z_stream *stream);
int zlib_inflateInit2_(struct z_stream *stream, int window, const char *version, int size);
int zlib_inflate(struct z_stream *stream, int flush);
int zlib_inflateReset(struct z_stream *stream);
int zlib_inflateEnd(struct z_stream *stream);

int zlib_inflateInit2_(struct z_stream *stream, int window, const char *version, int size)
{
	return inflateInit2_(stream, window, version, size);
}

int zlib_inflate(struct z_stream *stream, int flush)
{
	return inflate(stream, flush);
}

int zlib_inflateReset(struct z_stream *stream)
{
	return inflateReset(stream);
}

int zlib_inflateEnd(struct z_stream *stream)
{
	return inflateEnd(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unpack_one(data, size, gunzip, gunzip_guess);
	return 0;
}
