/* SPDX-License-Identifier: GPL-2.0 */
/* Pseudo-random numbers, and streams of octets that are known at any place. */
#ifndef _HPS_SELFTESTS_PATTERN_H
#define _HPS_SELFTESTS_PATTERN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Octets of the stream @seed from @at on: words of a counter, hashed. */
static inline void pattern(uint8_t *p, size_t len, uint64_t seed, uint64_t at)
{
	size_t i = 0;

	while (i < len) {
		uint64_t state = seed ^ (at + i) >> 3, word;
		unsigned int skip = (at + i) & 7, n = 8 - skip;

		word = next_random(&state) >> 8 * skip;
		if (n > len - i)
			n = len - i;
		memcpy(p + i, &word, n);
		i += n;
	}
}

#endif /* _HPS_SELFTESTS_PATTERN_H */
