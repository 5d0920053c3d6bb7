// SPDX-License-Identifier: GPL-2.0
/* What a peer says, spoilt: see garbler.h. */
#include "garbler.h"

#include <string.h>

#include "pair.h"

static void swap_frames(struct session *s, int a, int b)
{
	static uint8_t frame[LONGEST];
	size_t len = s->len[a];

	memcpy(frame, s->frame[a], LONGEST);
	memcpy(s->frame[a], s->frame[b], LONGEST);
	memcpy(s->frame[b], frame, LONGEST);
	s->len[a] = s->len[b];
	s->len[b] = len;
}

/* Another octet, mostly from @from on, and of those mostly one of the first @heads. */
static void spoil(struct session *s, int i, size_t from, size_t heads,
		  uint64_t *seed)
{
	size_t at = seeded(seed) % s->len[i];
	static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff };

	if (seeded(seed) % 8 && s->len[i] > from)
		at = from + seeded(seed) % (s->len[i] - from);
	if (seeded(seed) % 4 && at > from + heads)
		at = from + at % heads;
	switch (seeded(seed) % 3) {
	case 0:
		s->frame[i][at] ^= 1 << seeded(seed) % 8;
		break;
	case 1:
		s->frame[i][at] = odd[seeded(seed) % sizeof(odd)];
		break;
	default:
		s->frame[i][at] += seeded(seed) % 9 - 4;
	}
}

/* A frame more, or one less, or in another order, or with another octet: from @from on,
 * mostly, and there in the first @heads.
 */
void session_garble(struct session *s, size_t from, size_t heads,
		    uint64_t *seed)
{
	int a = seeded(seed) % s->nr, b = seeded(seed) % s->nr;

	switch (seeded(seed) % 8) {
	case 0:
		swap_frames(s, a, b);
		break;
	case 1:
		if (s->nr < FRAMES) {
			memcpy(s->frame[s->nr], s->frame[a], LONGEST);
			s->len[s->nr++] = s->len[a];
			swap_frames(s, b, s->nr - 1);
		}
		break;
	case 2:
		if (s->nr > 1)
			swap_frames(s, a, --s->nr);
		break;
	default:
		spoil(s, a, from, heads, seed);
	}
}

/* All of it in a row, or, if that need not be, what is before it breaks off. */
size_t session_octets(const struct session *s, uint8_t *all, bool whole,
		      uint64_t *seed)
{
	size_t len = 0;
	int i;

	for (i = 0; i < s->nr; i++) {
		memcpy(all + len, s->frame[i], s->len[i]);
		len += s->len[i];
	}
	if (!whole && seeded(seed) % 8 == 0)
		len = seeded(seed) % len;
	return len;
}
