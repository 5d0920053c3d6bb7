// SPDX-License-Identifier: GPL-2.0
/* From times over message sizes to a cut-off: pure. */
#include "hpsctl/curve.h"

#include <math.h>

/* What a gain must be, as a share of the time. */
#define MARGIN	0.02

/* How many times as long a link takes that is far behind. */
#define BEHIND	4

bool curve_fit(const uint64_t *sizes, const uint64_t *times, unsigned int count,
	       struct line *line)
{
	double w, weight = 0, x = 0, y = 0, xx = 0, xy = 0, spread;
	unsigned int i, used = 0;

	for (i = 0; i < count; i++) {
		if (!times[i])
			continue;
		w = 1.0 / times[i] / times[i];
		weight += w;
		x += w * sizes[i];
		y += w * times[i];
		used++;
	}
	if (used < 2)
		return false;
	x /= weight;
	y /= weight;
	for (i = 0; i < count; i++) {
		if (!times[i])
			continue;
		w = 1.0 / times[i] / times[i];
		spread = sizes[i] - x;
		xx += w * spread * spread;
		xy += w * spread * (times[i] - y);
	}
	line->octet_ns = xy / xx;
	line->latency_ns = y - line->octet_ns * x;
	return true;
}

double curve_meet(const struct line *alone, unsigned int count,
		  const struct line *together)
{
	double size, most = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (together->octet_ns >= alone[i].octet_ns * (1 - MARGIN))
			return INFINITY;
		size = (together->latency_ns - alone[i].latency_ns) /
		       (alone[i].octet_ns - together->octet_ns);
		if (size > most)
			most = size;
	}
	return most;
}

bool curve_wins(uint64_t together_ns, uint64_t alone_ns)
{
	return together_ns < alone_ns * (1 - MARGIN);
}

bool curve_behind(uint64_t ns, uint64_t ns_before, uint64_t best_ns,
		  uint64_t best_before)
{
	/* At both sizes, as one time may be wrong. Sums, as a time may be less than
	 * that of half of the size.
	 */
	return ns > BEHIND * best_ns && ns_before > BEHIND * best_before &&
	       ns + best_before > best_ns + ns_before;
}

unsigned int curve_step(const bool *wins, unsigned int count)
{
	unsigned int i, wrong = 0, fewest, step = 0;

	for (i = 0; i < count; i++)
		wrong += !wins[i];
	fewest = wrong;
	/* Moved behind i, the step contradicts a win there, and no longer a loss. */
	for (i = 0; i < count; i++) {
		if (wins[i])
			wrong++;
		else
			wrong--;
		if (wrong <= fewest) {
			fewest = wrong;
			step = i + 1;
		}
	}
	return step;
}

uint64_t curve_search(uint64_t low, uint64_t high,
		      int (*wins)(uint64_t size, void *arg), void *arg)
{
	uint64_t middle;
	int win;

	while (high - low > high / 16 + 1) {
		middle = low + (high - low) / 2;
		win = wins(middle, arg);
		if (win < 0)
			break;
		if (win)
			high = middle;
		else
			low = middle;
	}
	return high;
}
