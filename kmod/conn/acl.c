// SPDX-License-Identifier: GPL-2.0
/* Admission rules: by the peer's address and HPS port, the first one decides. */
#include "conn/acl.h"

#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "net.h"

static bool matches(const struct hps_acl *r, const union hps_addr *peer,
		    u16 port)
{
	if (port < r->port_min || port > r->port_max)
		return false;
	if (r->prefix.sa.sa_family == AF_UNSPEC)
		return true;
	if (r->prefix.sa.sa_family != peer->sa.sa_family)
		return false;
	if (peer->sa.sa_family == AF_INET6)
		return ipv6_prefix_equal(&r->prefix.in6.sin6_addr,
					 &peer->in6.sin6_addr, r->len);
	return !r->len || !((r->prefix.in.sin_addr.s_addr ^
			     peer->in.sin_addr.s_addr) &
			    htonl(~0U << (32 - r->len)));
}

/**
 * hps_acl_admits - may this peer reach this port?
 * @net:	the namespace
 * @peer:	its address on the channel by which it asks
 * @port:	the HPS port
 *
 * Context: any. Without a rule that matches it may.
 */
bool hps_acl_admits(struct net *net, const union hps_addr *peer, __be16 port)
{
	struct hps_net *hn = hps_net(net);
	struct hps_acl *r;
	bool admits = true;

	rcu_read_lock();
	list_for_each_entry_rcu(r, &hn->acl, node) {
		if (!matches(r, peer, ntohs(port)))
			continue;
		atomic64_inc(&r->hits);
		admits = !r->deny;
		break;
	}
	rcu_read_unlock();
	if (!admits)
		hps_mib_inc(net, HPS_MIB_ACL_DENIED);
	return admits;
}

/**
 * hps_acl_add - add a rule
 * @hn:		the namespace
 * @rule:	from kzalloc(); consumed on success
 *
 * Context: process. Returns 0, or -EEXIST if its place is taken.
 */
int hps_acl_add(struct hps_net *hn, struct hps_acl *rule)
{
	struct list_head *at = &hn->acl;
	struct hps_acl *r;
	int err = 0;

	mutex_lock(&hn->acl_mutex);
	list_for_each_entry(r, &hn->acl, node) {
		if (r->order == rule->order)
			err = -EEXIST;
		if (r->order >= rule->order) {
			at = &r->node;
			break;
		}
	}
	/* Before the first that is behind it, or at the end. */
	if (!err)
		list_add_tail_rcu(&rule->node, at);
	mutex_unlock(&hn->acl_mutex);
	return err;
}

/**
 * hps_acl_del - remove a rule
 * @hn:		the namespace
 * @order:	its place
 *
 * Context: process. Returns 0, or -ENOENT if there is none.
 */
int hps_acl_del(struct hps_net *hn, u32 order)
{
	struct hps_acl *r, *found = NULL;

	mutex_lock(&hn->acl_mutex);
	list_for_each_entry(r, &hn->acl, node) {
		if (r->order != order)
			continue;
		found = r;
		list_del_rcu(&r->node);
		break;
	}
	mutex_unlock(&hn->acl_mutex);
	if (!found)
		return -ENOENT;
	kfree_rcu(found, rcu);
	return 0;
}

void hps_acl_net_init(struct hps_net *hn)
{
	mutex_init(&hn->acl_mutex);
	INIT_LIST_HEAD(&hn->acl);
}

/* Nobody asks any more. */
void hps_acl_net_exit(struct hps_net *hn)
{
	struct hps_acl *r, *next;

	list_for_each_entry_safe(r, next, &hn->acl, node)
		kfree(r);
}
