/* SPDX-License-Identifier: BSD-2-Clause */
/* ChaCha20's block function, written from RFC 8439. */
#include "core/chacha.h"

#include "lib/string.h"

static uint32_t rotate(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static void quarter_round(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 7);
}

void chacha20_block(uint32_t out[CHACHA_BLOCK_WORDS], const uint32_t key[CHACHA_KEY_WORDS],
                    uint32_t counter, const uint32_t nonce[3])
{
	/* "expand 32-byte k" as four little-endian words */
	uint32_t start[CHACHA_BLOCK_WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(&start[4], key, CHACHA_KEY_WORDS * sizeof(uint32_t));
	start[12] = counter;
	memcpy(&start[13], nonce, 3 * sizeof(uint32_t));
	memcpy(out, start, sizeof(start));
	for (unsigned i = 0; i < 10; i++) {
		for (unsigned column = 0; column < 4; column++)
			quarter_round(out, column, 4 + column, 8 + column, 12 + column);
		for (unsigned d = 0; d < 4; d++) /* diagonals */
			quarter_round(out, d, 4 + (d + 1) % 4, 8 + (d + 2) % 4, 12 + (d + 3) % 4);
	}
	for (unsigned i = 0; i < CHACHA_BLOCK_WORDS; i++)
		out[i] += start[i];
}
