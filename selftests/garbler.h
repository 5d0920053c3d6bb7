/* SPDX-License-Identifier: GPL-2.0 */
/* What a peer says, frame by frame, and how it is spoilt, for tests of parsers. */
#ifndef _HPS_SELFTESTS_GARBLER_H
#define _HPS_SELFTESTS_GARBLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMES		24
#define LONGEST		1400
#define SESSION_MAX	(FRAMES * LONGEST)

/**
 * struct session - all that a peer says
 * @nr:		how many frames
 * @len:	of each
 * @frame:	each
 */
struct session {
	int	nr;
	size_t	len[FRAMES];
	uint8_t	frame[FRAMES][LONGEST];
};

void session_garble(struct session *s, size_t from, size_t heads,
		    uint64_t *seed);
size_t session_octets(const struct session *s, uint8_t *all, bool whole,
		      uint64_t *seed);

#endif /* _HPS_SELFTESTS_GARBLER_H */
