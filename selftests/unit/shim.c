// SPDX-License-Identifier: GPL-2.0
/* The parts of the shim that need a place of their own. */
#include "shim.h"

unsigned int shim_warnings;

/* The same in every run. */
u32 get_random_u32(void)
{
	static u64 state = 0x9e3779b97f4a7c15;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;

	return (state * 0x2545f4914f6cdd1dULL) >> 32;
}

/* Castagnoli's polynomial, bit-reversed. */
#define POLYNOMIAL	0x82f63b78

u32 crc32c(u32 crc, const void *p, size_t len)
{
	static u32 table[256];
	const u8 *b = p;
	u32 i, j;

	if (!table[1])
		for (i = 0; i < 256; i++) {
			u32 c = i;

			for (j = 0; j < 8; j++)
				c = c & 1 ? c >> 1 ^ POLYNOMIAL : c >> 1;
			table[i] = c;
		}

	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *b++) & 0xff];

	return crc;
}
