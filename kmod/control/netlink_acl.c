// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: admission rules.
 */
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/ipv6.h>

#include "compat.h"
#include "conn/acl.h"
#include "control/genl.h"
#include "control/netlink.h"
#include "net.h"

#define REPLY_SIZE	128

static int put_prefix(struct sk_buff *skb, const struct hps_acl *r)
{
	int err;

	switch (r->prefix.sa.sa_family) {
	case AF_INET:
		err = nla_put_in_addr(skb, HPS_A_ACL_PREFIX,
				      r->prefix.in.sin_addr.s_addr);
		break;
	case AF_INET6:
		err = nla_put_in6_addr(skb, HPS_A_ACL_PREFIX,
				       &r->prefix.in6.sin6_addr);
		break;
	default:
		return 0;
	}
	return err ? : nla_put_u8(skb, HPS_A_ACL_PREFIX_LEN, r->len);
}

/* Under RCU. */
static int put_rule(struct sk_buff *skb, const void *object)
{
	const struct hps_acl *r = object;

	if (nla_put_u32(skb, HPS_A_ACL_ORDER, r->order) ||
	    put_prefix(skb, r) ||
	    nla_put_u16(skb, HPS_A_ACL_PORT_MIN, r->port_min) ||
	    nla_put_u16(skb, HPS_A_ACL_PORT_MAX, r->port_max) ||
	    nla_put_u8(skb, HPS_A_ACL_ACTION, r->deny ? HPS_ACL_DENY :
							HPS_ACL_ALLOW) ||
	    nla_put_u64_64bit(skb, HPS_A_ACL_HITS, atomic64_read(&r->hits),
			      HPS_A_ACL_PAD))
		return -EMSGSIZE;
	return 0;
}

static int no_rule(struct genl_info *info)
{
	struct nlattr *order = info->attrs[HPS_A_ACL_ORDER];

	if (order)
		NL_SET_ERR_MSG_ATTR(info->extack, order, "No rule has this place");
	else
		NL_SET_ERR_MSG(info->extack, "The rule's place is missing");
	return order ? -ENOENT : -EINVAL;
}

int hps_nl_acl_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hps_net *hn = hps_net(genl_info_net(info));
	struct nlattr *order = info->attrs[HPS_A_ACL_ORDER];
	const struct hps_acl *r;
	int err = -ENOENT;

	if (!order)
		return no_rule(info);
	rcu_read_lock();
	list_for_each_entry_rcu(r, &hn->acl, node) {
		if (r->order != nla_get_u32(order))
			continue;
		err = hps_nl_reply(info, HPS_CMD_ACL_GET, REPLY_SIZE,
				   GFP_ATOMIC, put_rule, r);
		break;
	}
	rcu_read_unlock();
	return err == -ENOENT ? no_rule(info) : err;
}

int hps_nl_acl_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct hps_net *hn = hps_net(sock_net(skb->sk));
	const struct hps_acl *r;
	struct hps_nl_msg msg;
	int err;

	err = hps_nl_refuse_attrs(cb);
	if (err)
		return err;
	hps_nl_dump_msg(cb, HPS_CMD_ACL_GET, &msg);
	rcu_read_lock();
	list_for_each_entry_rcu(r, &hn->acl, node) {
		/* The order survives changes between two parts of a dump. */
		if (cb->args[0] && r->order < cb->args[1])
			continue;
		cb->args[0] = 1;
		cb->args[1] = r->order;
		if (hps_nl_put(skb, &msg, put_rule, r))
			break;
		cb->args[1] = (long)r->order + 1;
	}
	rcu_read_unlock();
	return skb->len;
}

static int get_prefix(struct genl_info *info, struct hps_acl *r)
{
	struct nlattr *prefix = info->attrs[HPS_A_ACL_PREFIX];
	struct nlattr *len = info->attrs[HPS_A_ACL_PREFIX_LEN];
	int bits;

	if (!prefix) {
		if (!len)
			return 0;
		NL_SET_ERR_MSG_ATTR(info->extack, len,
				    "A prefix length needs a prefix");
		return -EINVAL;
	}
	bits = nla_len(prefix) * 8;
	if (bits != 32 && bits != 128) {
		NL_SET_ERR_MSG_ATTR(info->extack, prefix,
				    "An address has 4 or 16 octets");
		return -EINVAL;
	}
	r->len = len ? nla_get_u8(len) : bits;
	if (r->len > bits) {
		NL_SET_ERR_MSG_ATTR(info->extack, len,
				    "The prefix is longer than the address");
		return -EINVAL;
	}
	if (bits == 32) {
		r->prefix.in.sin_family = AF_INET;
		r->prefix.in.sin_addr.s_addr = nla_get_in_addr(prefix) &
			(r->len ? htonl(~0U << (32 - r->len)) : 0);
	} else {
		struct in6_addr addr = nla_get_in6_addr(prefix);

		r->prefix.in6.sin6_family = AF_INET6;
		ipv6_addr_prefix(&r->prefix.in6.sin6_addr, &addr, r->len);
	}
	return 0;
}

static int get_ports(struct genl_info *info, struct hps_acl *r)
{
	struct nlattr *min = info->attrs[HPS_A_ACL_PORT_MIN];
	struct nlattr *max = info->attrs[HPS_A_ACL_PORT_MAX];

	r->port_max = U16_MAX;
	if (!min && max) {
		NL_SET_ERR_MSG_ATTR(info->extack, max,
				    "A last port needs a first one");
		return -EINVAL;
	}
	if (!min)
		return 0;
	r->port_min = nla_get_u16(min);
	r->port_max = max ? nla_get_u16(max) : r->port_min;
	if (r->port_max >= r->port_min)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, max,
			    "The last port is below the first");
	return -EINVAL;
}

static int get_rule(struct genl_info *info, struct hps_acl *r)
{
	struct nlattr *order = info->attrs[HPS_A_ACL_ORDER];
	struct nlattr *action = info->attrs[HPS_A_ACL_ACTION];
	int err;

	if (!order || !action) {
		NL_SET_ERR_MSG(info->extack,
			       "A rule needs a place and an action");
		return -EINVAL;
	}
	r->order = nla_get_u32(order);
	r->deny = nla_get_u8(action) == HPS_ACL_DENY;
	err = get_prefix(info, r);
	return err ? : get_ports(info, r);
}

int hps_nl_acl_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hps_acl *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	int err;

	if (!r)
		return -ENOMEM;
	err = get_rule(info, r);
	if (err)
		goto err_free;
	err = hps_acl_add(hps_net(genl_info_net(info)), r);
	if (err) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HPS_A_ACL_ORDER],
				    "Another rule has this place");
		goto err_free;
	}
	return 0;

err_free:
	kfree(r);
	return err;
}

int hps_nl_acl_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *order = info->attrs[HPS_A_ACL_ORDER];

	if (!order || hps_acl_del(hps_net(genl_info_net(info)),
				  nla_get_u32(order)))
		return no_rule(info);
	return 0;
}
