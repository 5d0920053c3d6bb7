/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keepalive and user timeout of a connection (tcp(7), RFC 1122 4.2.3.6, RFC
 * 5482): when to probe an idle peer, when to give it up.
 *
 * Pure logic. Times are in ticks of any clock that wraps.
 */
#ifndef _HPS_CONN_ALIVE_H
#define _HPS_CONN_ALIVE_H

#include <linux/types.h>

/**
 * struct hps_alive_limits - what the program asked for; 0 is off
 * @idle:	an idle peer is probed after this (TCP_KEEPIDLE)
 * @interval:	and again after this (TCP_KEEPINTVL)
 * @count:	given up after so many unanswered probes (TCP_KEEPCNT)
 * @user:	given up when nothing was acknowledged for so long
 *		(TCP_USER_TIMEOUT); of an idle peer it replaces @count
 */
struct hps_alive_limits {
	unsigned long	idle;
	unsigned long	interval;
	unsigned int	count;
	unsigned long	user;
};

/**
 * struct hps_alive - what is known of the peer
 * @heard:	when anything came from it; kept by the owner
 * @progress:	when it acknowledged something, or first owed us that
 * @probed:	when it was probed last
 * @una:	what it had acknowledged at @progress
 * @probes:	unanswered
 * @owing:	it has something to acknowledge
 */
struct hps_alive {
	unsigned long	heard;
	unsigned long	progress;
	unsigned long	probed;
	u64		una;
	unsigned int	probes;
	bool		owing;
};

enum hps_alive_verdict {
	HPS_ALIVE_REST,
	HPS_ALIVE_PROBE,
	HPS_ALIVE_DEAD,
};

enum hps_alive_verdict hps_alive_check(struct hps_alive *a,
				       const struct hps_alive_limits *l,
				       unsigned long now, u64 una, bool owing,
				       unsigned long *next);

#endif /* _HPS_CONN_ALIVE_H */
