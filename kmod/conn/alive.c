// SPDX-License-Identifier: GPL-2.0
/* Keepalive and user timeout: when to probe a peer, when to give it up. */
#include "alive.h"

#include <linux/limits.h>
#include <linux/minmax.h>

/* A peer that owes acknowledgements. Looked at eight times per limit: nobody
 * tells us of each acknowledgement.
 */
static bool is_late(const struct hps_alive *a, unsigned long limit,
		    unsigned long now, unsigned long *next)
{
	unsigned long since = now - a->progress;

	if (since >= limit)
		return true;
	*next = min(limit - since, max(limit / 8, 1UL));
	return false;
}

/**
 * hps_alive_check - what to do about the peer now
 * @a:		what is known of it
 * @l:		what the program asked for
 * @now:	the time
 * @una:	octets that it has acknowledged
 * @owing:	there are more, or an answer of another kind is due
 * @next:	ticks until it should be asked again, ULONG_MAX for never
 *
 * As with TCP an idle peer is probed only: what is in transit tells by itself.
 */
enum hps_alive_verdict hps_alive_check(struct hps_alive *a,
				       const struct hps_alive_limits *l,
				       unsigned long now, u64 una, bool owing,
				       unsigned long *next)
{
	unsigned long silent = now - a->heard, since;

	*next = ULONG_MAX;
	if (!owing || !a->owing || una != a->una) {
		a->una = una;
		a->progress = now;
	}
	a->owing = owing;
	if (owing && l->user && is_late(a, l->user, now, next))
		return HPS_ALIVE_DEAD;

	if (!l->idle || owing || silent < l->idle) {
		a->probes = 0;
		if (l->idle)
			*next = min(*next, owing ? l->idle : l->idle - silent);
		return HPS_ALIVE_REST;
	}
	/* Answered, though the answer is as old as @idle by now. */
	if (a->probes && (long)(a->heard - a->probed) >= 0)
		a->probes = 0;
	since = now - a->probed;
	if (a->probes && since < l->interval) {
		*next = l->interval - since;
		return HPS_ALIVE_REST;
	}
	if (a->probes && (l->user ? silent >= l->user : a->probes >= l->count))
		return HPS_ALIVE_DEAD;
	a->probes++;
	a->probed = now;
	*next = l->interval;
	return HPS_ALIVE_PROBE;
}
