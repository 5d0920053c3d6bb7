/* SPDX-License-Identifier: GPL-2.0 */
/* Octets in which a piece in the wrong place is seen. */
#ifndef HPSPERF_PATTERN_H
#define HPSPERF_PATTERN_H

#include <stddef.h>
#include <stdint.h>

static inline void pattern_fill(char *buf, size_t len)
{
	uint64_t i;

	for (i = 0; i < len; i++)
		buf[i] = i * 2654435761u >> 13;
}

#endif /* HPSPERF_PATTERN_H */
