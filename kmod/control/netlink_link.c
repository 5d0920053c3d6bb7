// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: bundles and links.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>

#include "compat.h"
#include "control/genl.h"
#include "control/netlink.h"
#include "link/bundle.h"
#include "link/link.h"
#include "net.h"

#define REPLY_SIZE	384

static int put_bundle_sums(struct sk_buff *skb, const struct hps_link_sums *s)
{
	if (nla_put_u64_64bit(skb, HPS_A_BUNDLE_TX_BYTES, s->tx_bytes,
			      HPS_A_BUNDLE_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_BUNDLE_RX_BYTES, s->rx_bytes,
			      HPS_A_BUNDLE_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_BUNDLE_TX_SEGMENTS, s->tx_segs,
			      HPS_A_BUNDLE_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_BUNDLE_RX_SEGMENTS, s->rx_segs,
			      HPS_A_BUNDLE_PAD))
		return -EMSGSIZE;
	return 0;
}

static u32 count_links(const struct hps_bundle *bundle)
{
	const struct hps_net *hn = hps_net(dev_net(bundle->dev));
	const struct hps_link *link;
	u32 n = 0;

	list_for_each_entry_rcu(link, &hn->links, by_net) {
		if (link->bundle == bundle)
			n++;
	}
	return n;
}

/* Under RCU. */
static int put_bundle(struct sk_buff *skb, const void *object)
{
	const struct hps_bundle *bundle = object;
	const struct net_device *dev = bundle->dev;
	struct hps_link_sums sums;

	if (nla_put_u32(skb, HPS_A_BUNDLE_IFINDEX, dev->ifindex) ||
	    nla_put_string(skb, HPS_A_BUNDLE_IFNAME, dev->name) ||
	    nla_put_u32(skb, HPS_A_BUNDLE_CUTOFF, READ_ONCE(bundle->cutoff)) ||
	    nla_put_u8(skb, HPS_A_BUNDLE_POLICY, READ_ONCE(bundle->policy)) ||
	    nla_put_u8(skb, HPS_A_BUNDLE_COPIES, READ_ONCE(bundle->copies)) ||
	    nla_put_u32(skb, HPS_A_BUNDLE_LINKS, count_links(bundle)))
		return -EMSGSIZE;
	if (hps_bundle_lookup(dev_net(dev), 0) == bundle &&
	    nla_put_flag(skb, HPS_A_BUNDLE_DEFAULT))
		return -EMSGSIZE;
	hps_link_tally_read(bundle->tally, &sums);
	return put_bundle_sums(skb, &sums);
}

/* Under RCU or RTNL. */
static struct hps_bundle *find_bundle(struct genl_info *info, int attr)
{
	struct hps_bundle *bundle;

	if (!info->attrs[attr]) {
		NL_SET_ERR_MSG(info->extack, "The bundle's ifindex is missing");
		return ERR_PTR(-EINVAL);
	}
	bundle = hps_bundle_lookup(genl_info_net(info),
				   nla_get_u32(info->attrs[attr]));
	if (bundle)
		return bundle;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
			    "No bundle has this ifindex");
	return ERR_PTR(-ENODEV);
}

int hps_nl_bundle_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hps_bundle *bundle;
	int err;

	rcu_read_lock();
	bundle = find_bundle(info, HPS_A_BUNDLE_IFINDEX);
	if (IS_ERR(bundle))
		err = PTR_ERR(bundle);
	else
		err = hps_nl_reply(info, HPS_CMD_BUNDLE_GET, REPLY_SIZE,
				   GFP_ATOMIC, put_bundle, bundle);
	rcu_read_unlock();
	return err;
}

int hps_nl_bundle_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct hps_net *hn = hps_net(sock_net(skb->sk));
	const struct hps_bundle *bundle;
	struct hps_nl_msg msg;
	long n = 0;
	int err;

	err = hps_nl_refuse_attrs(cb);
	if (err)
		return err;
	hps_nl_dump_msg(cb, HPS_CMD_BUNDLE_GET, &msg);
	rcu_read_lock();
	list_for_each_entry_rcu(bundle, &hn->bundles, by_net) {
		if (n++ < cb->args[0])
			continue;
		if (hps_nl_put(skb, &msg, put_bundle, bundle))
			break;
		cb->args[0] = n;
	}
	rcu_read_unlock();
	return skb->len;
}

int hps_nl_bundle_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *cutoff = info->attrs[HPS_A_BUNDLE_CUTOFF];
	struct nlattr *policy = info->attrs[HPS_A_BUNDLE_POLICY];
	struct nlattr *copies = info->attrs[HPS_A_BUNDLE_COPIES];
	struct hps_bundle *bundle;
	int err;

	if (!cutoff && !policy && !copies) {
		NL_SET_ERR_MSG(info->extack, "Nothing to set");
		return -EINVAL;
	}
	rtnl_lock();
	bundle = find_bundle(info, HPS_A_BUNDLE_IFINDEX);
	if (IS_ERR(bundle)) {
		err = PTR_ERR(bundle);
	} else {
		err = hps_bundle_configure(bundle->dev, cutoff, policy,
					   copies, info->extack);
		/* has rtnetlink tell its listeners */
		if (!err)
			call_netdevice_notifiers(NETDEV_CHANGEINFODATA,
						 bundle->dev);
	}
	rtnl_unlock();
	return err;
}

/* --- links --- */

static int put_link_sums(struct sk_buff *skb, const struct hps_link_sums *s)
{
	if (nla_put_u64_64bit(skb, HPS_A_LINK_TX_BYTES, s->tx_bytes,
			      HPS_A_LINK_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_LINK_RX_BYTES, s->rx_bytes,
			      HPS_A_LINK_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_LINK_TX_SEGMENTS, s->tx_segs,
			      HPS_A_LINK_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_LINK_RX_SEGMENTS, s->rx_segs,
			      HPS_A_LINK_PAD))
		return -EMSGSIZE;
	return 0;
}

static int put_link_paths(struct sk_buff *skb, const struct hps_link_paths *p)
{
	int cause;

	BUILD_BUG_ON(HPS_A_LINK_DOWNS_REPLACED - HPS_A_LINK_DOWNS_CARRIER !=
		     HPS_PATH_CAUSE_REPLACED - HPS_PATH_CAUSE_CARRIER);
	if (nla_put_u32(skb, HPS_A_LINK_PATH_UPS, atomic_read(&p->ups)) ||
	    nla_put_u32(skb, HPS_A_LINK_PATH_SUSPECTS,
			atomic_read(&p->suspects)) ||
	    nla_put_u32(skb, HPS_A_LINK_PATH_READIES,
			atomic_read(&p->readies)))
		return -EMSGSIZE;
	for (cause = HPS_PATH_CAUSE_CARRIER; cause < HPS_PATH_CAUSES; cause++)
		if (nla_put_u32(skb, HPS_A_LINK_DOWNS_CARRIER + cause -
				HPS_PATH_CAUSE_CARRIER,
				atomic_read(&p->downs[cause])))
			return -EMSGSIZE;
	return 0;
}

/* Under RCU. */
static int put_link(struct sk_buff *skb, const void *object)
{
	const struct hps_link *link = object;
	struct hps_link_sums sums;

	if (nla_put_u32(skb, HPS_A_LINK_IFINDEX, link->ifindex) ||
	    nla_put_string(skb, HPS_A_LINK_IFNAME, link->dev->name) ||
	    nla_put_u32(skb, HPS_A_LINK_BUNDLE, link->bundle->dev->ifindex) ||
	    nla_put_u8(skb, HPS_A_LINK_ID, link->id) ||
	    nla_put_u8(skb, HPS_A_LINK_ORIGIN, link->origin) ||
	    nla_put_u8(skb, HPS_A_LINK_ROLE, READ_ONCE(link->role)) ||
	    nla_put_u16(skb, HPS_A_LINK_WEIGHT, READ_ONCE(link->weight)))
		return -EMSGSIZE;
	if (READ_ONCE(link->up) && nla_put_flag(skb, HPS_A_LINK_UP))
		return -EMSGSIZE;
	hps_link_read(link, &sums);
	return put_link_sums(skb, &sums) ? : put_link_paths(skb, &link->paths);
}

/* Returns an ifindex, or an errno: what is beyond an int is none of them. */
static int need_ifindex(struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[HPS_A_LINK_IFINDEX];

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "The interface's ifindex is missing");
		return -EINVAL;
	}
	if (nla_get_u32(attr) > INT_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "No interface has this ifindex");
		return -ENODEV;
	}
	return nla_get_u32(attr);
}

static struct hps_link *find_link(struct genl_info *info)
{
	struct hps_link *link;
	int ifindex;

	ifindex = need_ifindex(info);
	if (ifindex < 0)
		return ERR_PTR(ifindex);
	link = hps_link_get(genl_info_net(info), ifindex);
	if (link)
		return link;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HPS_A_LINK_IFINDEX],
			    "The interface is not a link of a bundle");
	return ERR_PTR(-ENODEV);
}

int hps_nl_link_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hps_link *link;
	int err;

	rcu_read_lock();
	link = find_link(info);
	if (IS_ERR(link)) {
		err = PTR_ERR(link);
	} else {
		err = hps_nl_reply(info, HPS_CMD_LINK_GET, REPLY_SIZE,
				   GFP_ATOMIC, put_link, link);
		hps_link_put(link);
	}
	rcu_read_unlock();
	return err;
}

int hps_nl_link_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct hps_net *hn = hps_net(sock_net(skb->sk));
	const struct hps_link *link;
	struct hps_nl_msg msg;
	long n = 0;
	int err;

	err = hps_nl_refuse_attrs(cb);
	if (err)
		return err;
	hps_nl_dump_msg(cb, HPS_CMD_LINK_GET, &msg);
	rcu_read_lock();
	list_for_each_entry_rcu(link, &hn->links, by_net) {
		if (n++ < cb->args[0])
			continue;
		if (hps_nl_put(skb, &msg, put_link, link))
			break;
		cb->args[0] = n;
	}
	rcu_read_unlock();
	return skb->len;
}

/* Under RTNL. */
static int link_add(struct genl_info *info, int ifindex)
{
	struct nlattr *attr = info->attrs[HPS_A_LINK_IFINDEX];
	struct hps_bundle *bundle;
	struct net_device *dev;
	int err;

	bundle = find_bundle(info, HPS_A_LINK_BUNDLE);
	if (IS_ERR(bundle))
		return PTR_ERR(bundle);
	dev = __dev_get_by_index(genl_info_net(info), ifindex);
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "No interface has this ifindex");
		return -ENODEV;
	}
	err = hps_link_add(bundle->dev, dev, HPS_LINK_ORIGIN_ATTACHED,
			   info->extack);
	if (err)
		NL_SET_BAD_ATTR(info->extack, attr);
	return err;
}

int hps_nl_link_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	int ifindex, err;

	ifindex = need_ifindex(info);
	if (ifindex < 0)
		return ifindex;
	rtnl_lock();
	err = link_add(info, ifindex);
	rtnl_unlock();
	return err;
}

int hps_nl_link_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hps_link *link;
	int err = 0;

	rtnl_lock();
	link = find_link(info);
	if (IS_ERR(link)) {
		err = PTR_ERR(link);
	} else {
		/* under RTNL what was found is listed */
		hps_link_remove(link);
		hps_link_put(link);
	}
	rtnl_unlock();
	return err;
}

int hps_nl_link_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *weight = info->attrs[HPS_A_LINK_WEIGHT];
	struct nlattr *role = info->attrs[HPS_A_LINK_ROLE];
	struct hps_link *link;
	int err;

	if (!role && !weight) {
		NL_SET_ERR_MSG(info->extack, "Nothing to set");
		return -EINVAL;
	}
	rtnl_lock();
	link = find_link(info);
	if (IS_ERR(link)) {
		err = PTR_ERR(link);
	} else {
		/* under RTNL what was found is listed */
		err = hps_link_configure(link, role, weight, info->extack);
		hps_link_put(link);
	}
	rtnl_unlock();
	return err;
}
