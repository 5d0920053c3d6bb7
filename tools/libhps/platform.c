// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel gives to the codec: random numbers and CRC32c.
 */
#include "shim.h"

#include <errno.h>
#include <sys/random.h>

unsigned int shim_warnings;

/* No stock of them: a child after fork() would have the same one. */
u32 get_random_u32(void)
{
	u32 n;

	/* So few octets come whole, or a signal comes first. */
	while (getrandom(&n, sizeof(n), 0) != sizeof(n))
		if (errno != EINTR)
			abort();

	return n;
}

/* Castagnoli's polynomial, bit-reversed. */
#define POLYNOMIAL	0x82f63b78

static u32 table[8][256];

/* table[k][b]: what octet b does to the sum when k octets follow it. */
__attribute__((constructor)) static void make_table(void)
{
	u32 i, k;

	for (i = 0; i < 256; i++) {
		u32 c = i;

		for (k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ POLYNOMIAL : c >> 1;
		table[0][i] = c;
	}
	for (k = 1; k < 8; k++)
		for (i = 0; i < 256; i++)
			table[k][i] = table[k - 1][i] >> 8 ^
				      table[0][table[k - 1][i] & 0xff];
}

static u32 by_table(u32 crc, const u8 *p, size_t len)
{
	for (; len >= 8; len -= 8, p += 8) {
		u32 a, b;

		memcpy(&a, p, 4);
		memcpy(&b, p + 4, 4);
		a = le32toh(a) ^ crc;
		b = le32toh(b);
		crc = table[7][a & 0xff] ^ table[6][a >> 8 & 0xff] ^
		      table[5][a >> 16 & 0xff] ^ table[4][a >> 24] ^
		      table[3][b & 0xff] ^ table[2][b >> 8 & 0xff] ^
		      table[1][b >> 16 & 0xff] ^ table[0][b >> 24];
	}
	while (len--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];

	return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2")))
static u32 by_instruction(u32 crc, const u8 *p, size_t len)
{
	unsigned long long c = crc, word;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, 8);
		c = __builtin_ia32_crc32di(c, word);
	}
	while (len--)
		c = __builtin_ia32_crc32qi(c, *p++);

	return c;
}
#endif

u32 crc32c(u32 crc, const void *p, size_t len)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return by_instruction(crc, p, len);
#endif
	return by_table(crc, p, len);
}
