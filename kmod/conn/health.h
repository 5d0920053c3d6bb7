/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The health of a path: does the other end still answer?
 *
 * Pure logic. The caller looks at the transport from time to time and gets a
 * verdict (MS-4; design.md section 9).
 */
#ifndef _HPS_CONN_HEALTH_H
#define _HPS_CONN_HEALTH_H

#include <linux/types.h>

/**
 * enum hps_health_state - what is known of a path
 *
 *            silence, others are well        silence goes on
 *   READY ------------------------> SUSPECT ------------------> (down)
 *     |  ^                           |   ^
 *     |  +------- progress ----------+   | another is well again
 *     |  |                           |   |
 *     |  +------- progress -------- SILENT
 *     +---------------------------->    <- no other is well
 *       silence, no other is well
 *
 * @HPS_HEALTH_READY:	it answers, or was not asked
 * @HPS_HEALTH_SUSPECT:	does not answer: its segments go elsewhere, it gets none
 * @HPS_HEALTH_SILENT:	does not answer, but there is nothing better
 */
enum hps_health_state {
	HPS_HEALTH_READY,
	HPS_HEALTH_SUSPECT,
	HPS_HEALTH_SILENT,
};

/**
 * enum hps_health_verdict - what has changed by a look
 * @HPS_HEALTH_SAME:	nothing
 * @HPS_HEALTH_IS_READY: it answers again
 * @HPS_HEALTH_IS_SUSPECT: it became SUSPECT
 * @HPS_HEALTH_IS_SILENT: it became SILENT
 * @HPS_HEALTH_IS_DOWN:	give it up
 */
enum hps_health_verdict {
	HPS_HEALTH_SAME,
	HPS_HEALTH_IS_READY,
	HPS_HEALTH_IS_SUSPECT,
	HPS_HEALTH_IS_SILENT,
	HPS_HEALTH_IS_DOWN,
};

/**
 * struct hps_health - what is kept of a path
 * @since_us:	time of the last progress, or nothing was in transit then; 0 if
 *		nobody has looked for a while
 * @noticed_us:	when it was no longer READY
 * @progress:	the transport's count at that time
 * @state:	enum hps_health_state
 */
struct hps_health {
	u64	since_us;
	u64	noticed_us;
	u32	progress;
	u8	state;
};

/**
 * struct hps_health_sample - a look at the transport
 * @now_us:	time of the look
 * @in_transit:	octets given to the transport and not acknowledged by it
 * @progress:	changes whenever the other end acknowledges something
 * @min_rtt_us:	least round trip seen, 0 if none
 * @srtt_us:	smoothed round trip, 0 if none
 * @rttvar_us:	its mean deviation
 * @spare:	another path of the connection is READY
 */
struct hps_health_sample {
	u64	now_us;
	u32	in_transit;
	u32	progress;
	u32	min_rtt_us;
	u32	srtt_us;
	u32	rttvar_us;
	bool	spare;
};

/* Silence of so many times the patience ends a path. */
#define HPS_HEALTH_DOWN_FACTOR	4

u64 hps_health_patience(const struct hps_health_sample *s, u32 dead_us);
enum hps_health_verdict hps_health_look(struct hps_health *h,
					const struct hps_health_sample *s,
					u32 dead_us);

#endif /* _HPS_CONN_HEALTH_H */
