/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for a region, between octets that nobody may touch, over post.c. */
#ifndef _HPS_SELFTESTS_GUARDS_H
#define _HPS_SELFTESTS_GUARDS_H

#include "post.h"

/* Neither a region's begin nor its end is that of a page. */
#define GUARD		5000
#define ROOM		10008
#define WHOLE		(GUARD + ROOM + GUARD)
#define GUARD_OCTET	0x5a

/* ROOM zeros between guards. */
static inline uint8_t *guarded(void)
{
	uint8_t *p = memory(WHOLE);

	memset(p, GUARD_OCTET, WHOLE);
	return memset(p + GUARD, 0, ROOM);
}

static inline void guards_ok(const uint8_t *mem)
{
	CHECK(is_all((const char *)mem - GUARD, GUARD, GUARD_OCTET));
	CHECK(is_all((const char *)mem + ROOM, GUARD, GUARD_OCTET));
}

#endif /* _HPS_SELFTESTS_GUARDS_H */
