/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Admission: which peers may open and join connections to which HPS ports. All
 * HPS ports share one TCP port, so a port filter cannot tell them apart.
 */
#ifndef _HPS_CONN_ACL_H
#define _HPS_CONN_ACL_H

#include <linux/atomic.h>
#include <linux/list.h>

#include "xport/channel.h"

struct hps_net;

/**
 * struct hps_acl - an admission rule
 *
 * Lifetime and locking: in hps_net.acl, sorted by @order; changed under
 * hps_net.acl_mutex, read under RCU, by which it is freed.
 *
 * @order:	its place, unique
 * @prefix:	of the peer's address, host part zero; AF_UNSPEC for all
 * @len:	bits of it that count
 * @port_min, @port_max: HPS ports, both included
 * @deny:	refuse instead of admit
 * @hits:	times that it decided
 */
struct hps_acl {
	struct list_head	node;
	u32			order;
	union hps_addr		prefix;
	u8			len;
	u16			port_min;
	u16			port_max;
	bool			deny;
	atomic64_t		hits;
	struct rcu_head		rcu;
};

bool hps_acl_admits(struct net *net, const union hps_addr *peer, __be16 port);
int hps_acl_add(struct hps_net *hn, struct hps_acl *rule);
int hps_acl_del(struct hps_net *hn, u32 order);
void hps_acl_net_init(struct hps_net *hn);
void hps_acl_net_exit(struct hps_net *hn);

#endif /* _HPS_CONN_ACL_H */
