/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scheduler: what shall a path that has room send next?
 *
 * Pure logic, no state of its own. The caller fills a snapshot of the paths
 * and of the backlog and gets a verdict (MS-1, MS-3; design.md section 4).
 */
#ifndef _HPS_CONN_SCHED_H
#define _HPS_CONN_SCHED_H

#include <linux/types.h>

/**
 * struct hps_sched_path - one path as the scheduler sees it
 * @usable:	may carry new segments
 * @in_flight:	octets given to the transport and not acknowledged by it
 * @rate:	measured delivery rate, octets per second; 0 if unknown
 * @min_rtt_us:	least round trip seen, microseconds; 0 if unknown
 * @srtt_us:	smoothed round trip, microseconds; 0 if unknown
 * @mss:	payload octets of a packet of the transport
 * @cwnd:	octets that the transport lets be in flight; 0 if it does not limit
 * @busy_us:	for how long there has been something in flight
 * @ack_us:	since when nothing was acknowledged, not longer than @busy_us
 */
struct hps_sched_path {
	bool	usable;
	u32	in_flight;
	u64	rate;
	u32	min_rtt_us;
	u32	srtt_us;
	u32	mss;
	u32	cwnd;
	u32	busy_us;
	u32	ack_us;
};

/**
 * struct hps_sched_work - what waits to be sent
 * @backlog:	octets that were never sent and may go now (credit allows)
 * @stripe:	more than one path may be used for it
 * @eager:	even if that gains next to nothing
 * @alone:	it is for the path that asks, whatever others could do
 */
struct hps_sched_work {
	u64	backlog;
	bool	stripe;
	bool	eager;
	bool	alone;
};

/**
 * hps_sched_idle - has a path nothing to do?
 * @p:	the path
 *
 * The acknowledgement of a last packet may be 40 ms late.
 */
static inline bool hps_sched_idle(const struct hps_sched_path *p)
{
	return p->in_flight < 2 * p->mss;
}

u32 hps_sched_slice(u32 mss);
u64 hps_sched_arrival(const struct hps_sched_path *p);
u64 hps_sched_takes_us(const struct hps_sched_path *p, u32 len);
u32 hps_sched_longest(const struct hps_sched_path *p);
u32 hps_sched_ask_below(const struct hps_sched_path *p, u64 backlog);
u32 hps_sched_cap(const struct hps_sched_path *p, u32 segment);
u32 hps_sched_segment(const struct hps_sched_path *paths, unsigned int n,
		      unsigned int self, const struct hps_sched_work *work);
u32 hps_sched_cutoff(struct hps_sched_path *paths, unsigned int n, bool eager);

#endif /* _HPS_CONN_SCHED_H */
