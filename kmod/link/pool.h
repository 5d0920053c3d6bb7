/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HPS_LINK_POOL_H
#define _HPS_LINK_POOL_H

#include <linux/types.h>

struct hps_channel;
struct hps_channel_key;
struct net;

struct hps_channel *hps_pool_get(struct net *net,
				 const struct hps_channel_key *key);
void hps_pool_put(struct hps_channel *ch);
void hps_pool_flush(struct net *net, const struct hps_channel_key *key);
void hps_pool_sweep(struct net *net);
void hps_pool_net_exit(struct net *net);

#endif /* _HPS_LINK_POOL_H */
