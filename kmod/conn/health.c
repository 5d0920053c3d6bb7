// SPDX-License-Identifier: GPL-2.0
/*
 * The health of a path: does the other end still answer?
 *
 * What is in transit is answered within a round trip. A path is silent when
 * octets are in transit and nothing was acknowledged for longer than that
 * takes: four of the shortest round trips and what they vary, not less than
 * the smoothed one (others may have filled the link's queue) and a delayed
 * acknowledgement, and not less than net.hps.dead_ms. Silence costs a path its
 * segments at once and, if it lasts, its channel. Both only while another path
 * does better: what is left when all are silent is TCP's own patience.
 */
#include "health.h"

#include <linux/minmax.h>

/* What TCP waits before it acknowledges a lone packet. */
#define DELAYED_ACK_US	40000

/**
 * hps_health_patience - how long a path may be silent
 * @s:		a look at it
 * @dead_us:	the least, microseconds
 *
 * Return: microseconds.
 */
u64 hps_health_patience(const struct hps_health_sample *s, u32 dead_us)
{
	u64 shortest = 4ULL * s->min_rtt_us + s->rttvar_us;
	/* TCP may delay its acknowledgement by as much as a round trip. */
	u64 usual = (u64)s->srtt_us + max_t(u32, s->srtt_us, DELAYED_ACK_US) +
		    4ULL * s->rttvar_us;

	return max_t(u64, max(shortest, usual), dead_us);
}

static enum hps_health_verdict become(struct hps_health *h,
				      enum hps_health_state state,
				      enum hps_health_verdict verdict)
{
	if (h->state == state)
		return HPS_HEALTH_SAME;
	h->state = state;
	return verdict;
}

/**
 * hps_health_look - judge a path by a look at its transport
 * @h:		what is known of it; zeroed before the first look
 * @s:		the look
 * @dead_us:	see hps_health_patience()
 *
 * Silence counts from a look that saw progress, so the verdict comes late by
 * the time between two looks at most.
 *
 * Return: what has changed; IS_DOWN again and again until somebody acts.
 */
enum hps_health_verdict hps_health_look(struct hps_health *h,
					const struct hps_health_sample *s,
					u32 dead_us)
{
	u64 patience, quiet;

	if (!s->in_transit || s->progress != h->progress || !h->since_us) {
		h->progress = s->progress;
		h->since_us = s->now_us;
		return become(h, HPS_HEALTH_READY, HPS_HEALTH_IS_READY);
	}
	patience = hps_health_patience(s, dead_us);
	quiet = s->now_us - h->since_us;
	if (h->state == HPS_HEALTH_READY && quiet < patience)
		return HPS_HEALTH_SAME;
	if (h->state == HPS_HEALTH_READY)
		h->noticed_us = s->now_us;
	if (!s->spare)
		return become(h, HPS_HEALTH_SILENT, HPS_HEALTH_IS_SILENT);
	/* From when it was noticed, lest one late look be the end of it. */
	if (h->state == HPS_HEALTH_SUSPECT &&
	    s->now_us - h->noticed_us >= (HPS_HEALTH_DOWN_FACTOR - 1) * patience)
		return HPS_HEALTH_IS_DOWN;
	return become(h, HPS_HEALTH_SUSPECT, HPS_HEALTH_IS_SUSPECT);
}
