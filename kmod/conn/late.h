/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Late: would an idle path deliver sooner what another one carries?
 *
 * Pure logic: the times and both paths in, a verdict out (design.md section 4).
 */
#ifndef _HPS_CONN_LATE_H
#define _HPS_CONN_LATE_H

#include <linux/limits.h>
#include <linux/types.h>

#include "sched.h"

/* Of struct hps_late: nobody looked when it was given. */
#define HPS_LATE_UNKNOWN	U32_MAX

/**
 * struct hps_late - a segment in transit
 * @len:	its octets
 * @age_us:	how long ago it was given to its path
 * @ack_us:	how long ago something was acknowledged on its path
 * @takes_us:	how long the path's queue and itself were expected to take then,
 *		from hps_late_takes()
 * @min_rtt_us, @srtt_us: of the path, as of now
 * @guess:	the path's rate was unknown then
 */
struct hps_late {
	u32	len;
	u32	age_us;
	u32	ack_us;
	u32	takes_us;
	u32	min_rtt_us;
	u32	srtt_us;
	bool	guess;
};

u32 hps_late_takes(const struct hps_sched_path *p, u32 len);
bool hps_late(const struct hps_late *s, const struct hps_sched_path *idle);

#endif /* _HPS_CONN_LATE_H */
