/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes: a ChaCha20 key stream whose key is replaced from its own output after each use, so
 * that what was handed out cannot be computed back. RDRAND seeds it; without that only the jitter
 * of the TSC does, which is not good enough for keys. */
#include "core/random.h"

#include "arch/x86/cpu.h"
#include "arch/x86/spinlock.h"
#include "core/chacha.h"
#include "lib/string.h"

#define RDRAND_TRIES 10 /* Intel SDM volume 1, 7.3.17.1: more failures in a row mean a defect */
#define JITTER_SAMPLES 128
#define RESEED_BYTES (1 << 20)

static struct {
	struct spinlock lock;
	uint32_t key[CHACHA_KEY_WORDS];
	uint64_t uses;      /* nonce: no two blocks of one key */
	uint64_t remaining; /* bytes until fresh seed is mixed in */
	bool weak;
} generator = { .weak = true };

static bool rdrand(uint64_t *value)
{
	bool ok = false;

	for (unsigned i = 0; i < RDRAND_TRIES && !ok; i++)
		__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

/* Mixes 32 bytes into the key: the new key is a function of both. */
static void mix(const uint32_t seed[CHACHA_KEY_WORDS])
{
	uint32_t block[CHACHA_BLOCK_WORDS];
	const uint32_t nonce[3] = { seed[0], seed[1], seed[2] };

	for (unsigned i = 0; i < CHACHA_KEY_WORDS; i++)
		generator.key[i] ^= seed[i];
	chacha20_block(block, generator.key, 0, nonce);
	memcpy(generator.key, block, sizeof(generator.key));
}

/* Time that serializing instructions take varies a little; every sample stirs all of seed. */
static void gather_jitter(uint32_t seed[CHACHA_KEY_WORDS])
{
	for (unsigned i = 0; i < JITTER_SAMPLES; i++) {
		uint64_t now = rdtsc_ordered();

		seed[i % CHACHA_KEY_WORDS] =
			(seed[(i + 1) % CHACHA_KEY_WORDS] ^ (uint32_t)now) * 0x9e3779b1 + (uint32_t)(now >> 32);
	}
}

static void reseed(void)
{
	uint32_t seed[CHACHA_KEY_WORDS] = { 0 };
	uint64_t words[CHACHA_KEY_WORDS / 2];
	bool good = cpu_features.rdrand;

	gather_jitter(seed);
	mix(seed);
	for (unsigned i = 0; i < ARRAY_SIZE(words) && good; i++)
		good = rdrand(&words[i]);
	if (good) {
		memcpy(seed, words, sizeof(seed));
		mix(seed);
	}
	generator.weak = generator.weak && !good;
	generator.remaining = RESEED_BYTES;
}

void random_get(void *buf, size_t len)
{
	uint32_t block[CHACHA_BLOCK_WORDS];
	uint64_t flags;

	/* The first half of each block is the next key, the second half goes out. */
	for (size_t n; len; len -= n, buf = (char *)buf + n) {
		n = MIN(len, sizeof(block) / 2);
		flags = spin_lock(&generator.lock);
		if (generator.remaining < n)
			reseed();
		generator.remaining -= n;
		generator.uses++;
		chacha20_block(block, generator.key, 0,
		               (const uint32_t[3]){ (uint32_t)generator.uses,
		                                    (uint32_t)(generator.uses >> 32) });
		memcpy(generator.key, block, sizeof(generator.key));
		spin_unlock(&generator.lock, flags);
		memcpy(buf, &block[CHACHA_BLOCK_WORDS / 2], n);
	}
	memset(block, 0, sizeof(block));
	barrier();
}

void random_get_first(uint8_t buf[RANDOM_FIRST])
{
	uint64_t words[RANDOM_FIRST / 8];
	bool good = cpu_features.rdrand;

	for (unsigned i = 0; i < ARRAY_SIZE(words) && good; i++)
		good = rdrand(&words[i]);
	if (good)
		memcpy(buf, words, sizeof(words));
	else
		random_get(buf, RANDOM_FIRST);
}

bool random_is_weak(void)
{
	return generator.weak;
}
