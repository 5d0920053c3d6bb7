/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Probers: is a pair of links that failed of use again?
 */
#ifndef _HPS_LINK_PROBER_H
#define _HPS_LINK_PROBER_H

#include <linux/list.h>
#include <linux/types.h>

struct hps_channel_key;
struct hps_prober;
struct net;

/* From one attempt to the next, at first and after a minute. */
#define HPS_PROBER_FAST_MS	200
#define HPS_PROBER_SLOW_MS	1000

/**
 * struct hps_prober_user - somebody who waits for a pair of links
 * @node:	in the prober's list, hps_net.lock
 * @prober:	NULL once it has told success; hps_net.lock
 * @told:	what the prober found, with hps_net.lock held: 0, the pair works and
 *		the prober is gone; -ECONNREFUSED, the peer is there and does not
 *		listen, and the prober goes on
 */
struct hps_prober_user {
	struct list_head	node;
	struct hps_prober	*prober;
	void			(*told)(struct hps_prober_user *user, int err);
};

int hps_prober_want(struct net *net, const struct hps_channel_key *key,
		    u32 rtt_us, unsigned int delay_ms, struct hps_prober_user *user);
void hps_prober_forget(struct hps_prober_user *user);
void hps_prober_retry(struct net *net);
void hps_prober_net_exit(struct net *net);

#endif /* _HPS_LINK_PROBER_H */
