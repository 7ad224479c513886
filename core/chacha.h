/* SPDX-License-Identifier: BSD-2-Clause */
/* The ChaCha20 block function (RFC 8439, 2.3), as the random generator's core. */
#ifndef PAGURUS_CORE_CHACHA_H
#define PAGURUS_CORE_CHACHA_H

#include "include/types.h"

#define CHACHA_KEY_WORDS 8
#define CHACHA_BLOCK_WORDS 16

/* Writes block number counter of the key stream for key and nonce. Pure. */
void chacha20_block(uint32_t out[CHACHA_BLOCK_WORDS], const uint32_t key[CHACHA_KEY_WORDS],
                    uint32_t counter, const uint32_t nonce[3]);

#endif
