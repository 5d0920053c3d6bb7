// SPDX-License-Identifier: GPL-2.0
/*
 * The bundle as a network device: "ip link add hps0 type hps".
 *
 * The device carries no packets. It is the place where links are kept
 * together, where "ip -s link" shows the payload of HPS over them, and what
 * SO_BINDTODEVICE names. Its links stay ordinary interfaces.
 */
#include "link/bundle.h"

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "link/link.h"
#include "net.h"

/* --- look-up --- */

/* The bundle with this ifindex, 0 the default one. Under RTNL or RCU. */
struct hps_bundle *hps_bundle_lookup(struct net *net, int ifindex)
{
	struct hps_bundle *bundle, *found = NULL;

	list_for_each_entry_rcu(bundle, &hps_net(net)->bundles, by_net,
				lockdep_rtnl_is_held()) {
		if (bundle->dev->ifindex == ifindex)
			return bundle;
		if (!found || bundle->dev->ifindex < found->dev->ifindex)
			found = bundle;
	}
	return ifindex ? NULL : found;
}

/**
 * hps_bundle_find() - is there such a bundle?
 * @net: namespace
 * @ifindex: of an interface; 0 asks for the default bundle
 *
 * The default bundle of a namespace is the one with the lowest ifindex.
 *
 * Context: any but hard interrupts.
 * Return: the bundle's ifindex, or 0: it is none, or there is none.
 */
int hps_bundle_find(struct net *net, int ifindex)
{
	struct hps_bundle *bundle;
	int found = 0;

	rcu_read_lock();
	bundle = hps_bundle_lookup(net, ifindex);
	if (bundle)
		found = bundle->dev->ifindex;
	rcu_read_unlock();
	return found;
}

/**
 * hps_bundle_has_link() - is an interface a link of a bundle?
 * @net: namespace
 * @ifindex: the bundle
 * @link_ifindex: the interface
 *
 * Context: any but hard interrupts.
 */
bool hps_bundle_has_link(struct net *net, int ifindex, int link_ifindex)
{
	struct hps_bundle *bundle;
	struct hps_link *link;
	bool found = false;

	rcu_read_lock();
	bundle = hps_bundle_lookup(net, ifindex);
	list_for_each_entry_rcu(link, &hps_net(net)->links, by_net)
		found |= bundle && link->bundle == bundle &&
			 link->ifindex == link_ifindex;
	rcu_read_unlock();
	return found;
}

/**
 * hps_bundle_config() - how a socket shall use a bundle
 * @net: namespace
 * @bundle_ifindex: the bundle; 0 is the default one
 * @config: filled; without a bundle with the defaults of the namespace
 *
 * Context: any but hard interrupts.
 * Return: the bundle's ifindex, or 0 when there is none.
 */
int hps_bundle_config(struct net *net, int bundle_ifindex,
		      struct hps_bundle_config *config)
{
	struct hps_bundle *bundle;

	memset(config, 0, sizeof(*config));
	config->policy = HPS_POLICY_AUTO;
	config->copies = HPS_COPIES_DEFAULT;
	rcu_read_lock();
	bundle = hps_bundle_lookup(net, bundle_ifindex);
	if (bundle) {
		config->ifindex = bundle->dev->ifindex;
		config->cutoff = READ_ONCE(bundle->cutoff);
		config->policy = READ_ONCE(bundle->policy);
		config->copies = READ_ONCE(bundle->copies);
	}
	rcu_read_unlock();
	if (!config->cutoff)
		config->cutoff = READ_ONCE(hps_net(net)->sysctl.cutoff);
	return config->ifindex;
}

/* --- configuration --- */

/**
 * hps_bundle_check_policy() - is this a policy that sockets can have?
 * @policy: enum hps_policy, or anything
 *
 * Return: 0 or -EINVAL.
 */
int hps_bundle_check_policy(int policy)
{
	switch (policy) {
	case HPS_POLICY_AUTO:
	case HPS_POLICY_SINGLE:
	case HPS_POLICY_STRIPE:
	case HPS_POLICY_DUPLICATE:
		return 0;
	}
	return -EINVAL;
}

static int check_policy(const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	if (!hps_bundle_check_policy(nla_get_u8(attr)))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "Unknown policy");
	return -EINVAL;
}

static int check_cutoff(const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) <= HPS_CUTOFF_MAX)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "The cut-off is at most 1 GiB");
	return -ERANGE;
}

static int check_copies(const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	u8 copies = nla_get_u8(attr);

	if (copies >= 2 && copies <= HPS_COPIES_MAX)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "The copies are 2 to 4");
	return -ERANGE;
}

/**
 * hps_bundle_configure() - change a bundle
 * @dev: the bundle
 * @cutoff: attribute with a u32, or NULL to leave it
 * @policy: attribute with a u8, or NULL to leave it
 * @copies: attribute with a u8, or NULL to leave it
 * @extack: told the reason of a refusal; then nothing was changed
 *
 * Sockets look at the configuration when they send; those that exist follow.
 *
 * Context: process, RTNL. Return: 0 or -errno.
 */
int hps_bundle_configure(struct net_device *dev, const struct nlattr *cutoff,
			 const struct nlattr *policy,
			 const struct nlattr *copies,
			 struct netlink_ext_ack *extack)
{
	struct hps_bundle *bundle = netdev_priv(dev);
	int err;

	ASSERT_RTNL();
	err = policy ? check_policy(policy, extack) : 0;
	if (!err && cutoff)
		err = check_cutoff(cutoff, extack);
	if (!err && copies)
		err = check_copies(copies, extack);
	if (err)
		return err;
	if (copies)
		WRITE_ONCE(bundle->copies, nla_get_u8(copies));
	if (policy)
		WRITE_ONCE(bundle->policy, nla_get_u8(policy));
	if (cutoff)
		WRITE_ONCE(bundle->cutoff, nla_get_u32(cutoff));
	if ((policy || cutoff || copies) && dev->reg_state == NETREG_REGISTERED)
		hps_link_notify(HPS_BUNDLE_CHANGED, dev, NULL);
	return 0;
}

/* --- the device --- */

static int bundle_dev_init(struct net_device *dev)
{
	struct hps_bundle *bundle = netdev_priv(dev);

	bundle->tally = hps_link_tally_alloc();
	if (!bundle->tally)
		return -ENOMEM;
	netif_carrier_off(dev);
	return 0;
}

static void bundle_dev_free(struct net_device *dev)
{
	struct hps_bundle *bundle = netdev_priv(dev);

	hps_link_tally_put(bundle->tally);
}

static netdev_tx_t bundle_start_xmit(struct sk_buff *skb,
				     struct net_device *dev)
{
	dev_core_stats_tx_dropped_inc(dev);
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

/* The core adds what bundle_start_xmit() dropped. */
static void bundle_get_stats64(struct net_device *dev,
			       struct rtnl_link_stats64 *stats)
{
	struct hps_bundle *bundle = netdev_priv(dev);
	struct hps_link_sums sums;

	hps_link_tally_read(bundle->tally, &sums);
	stats->tx_bytes = sums.tx_bytes;
	stats->rx_bytes = sums.rx_bytes;
	stats->tx_packets = sums.tx_segs;
	stats->rx_packets = sums.rx_segs;
}

static int bundle_add_slave(struct net_device *dev, struct net_device *slave,
			    struct netlink_ext_ack *extack)
{
	return hps_link_add(dev, slave, HPS_LINK_ORIGIN_ENSLAVED, extack);
}

static int bundle_del_slave(struct net_device *dev, struct net_device *slave)
{
	struct hps_link *link = hps_link_of(slave);

	if (!link || link->bundle->dev != dev ||
	    link->origin != HPS_LINK_ORIGIN_ENSLAVED)
		return -EINVAL;
	hps_link_remove(link);
	return 0;
}

static const struct net_device_ops bundle_ops = {
	.ndo_init		= bundle_dev_init,
	.ndo_start_xmit		= bundle_start_xmit,
	.ndo_get_stats64	= bundle_get_stats64,
	.ndo_add_slave		= bundle_add_slave,
	.ndo_del_slave		= bundle_del_slave,
};

bool hps_bundle_is(const struct net_device *dev)
{
	return dev->netdev_ops == &bundle_ops;
}

static void bundle_setup(struct net_device *dev)
{
	struct hps_bundle *bundle = netdev_priv(dev);

	bundle->dev = dev;
	bundle->policy = HPS_POLICY_AUTO;
	bundle->copies = HPS_COPIES_DEFAULT;
	INIT_LIST_HEAD(&bundle->by_net);
	dev->netdev_ops = &bundle_ops;
	dev->needs_free_netdev = true;
	dev->priv_destructor = bundle_dev_free;
	/* IPv6 gives a link-local address to every type that it knows, and to
	 * ARPHRD_NONE a random one
	 */
	dev->type = ARPHRD_VOID;
	dev->flags = IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->mtu = ETH_DATA_LEN;
}

/* --- rtnetlink --- */

static const struct nla_policy bundle_policy[IFLA_HPS_MAX + 1] = {
	[IFLA_HPS_UNSPEC] = { .strict_start_type = IFLA_HPS_CUTOFF },
	[IFLA_HPS_CUTOFF] = { .type = NLA_U32 },
	[IFLA_HPS_POLICY] = { .type = NLA_U8 },
	[IFLA_HPS_COPIES] = { .type = NLA_U8 },
};

static int bundle_validate(struct nlattr *tb[], struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	if (tb[IFLA_ADDRESS]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
				    "A bundle has no hardware address");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int bundle_changelink(struct net_device *dev, struct nlattr *tb[],
			     struct nlattr *data[],
			     struct netlink_ext_ack *extack)
{
	if (!data)
		return 0;
	return hps_bundle_configure(dev, data[IFLA_HPS_CUTOFF],
				    data[IFLA_HPS_POLICY],
				    data[IFLA_HPS_COPIES], extack);
}

static int bundle_newlink(struct net_device *dev, struct nlattr *data[],
			  struct netlink_ext_ack *extack)
{
	int err;

	err = bundle_changelink(dev, NULL, data, extack);
	if (err)
		return err;
	return register_netdevice(dev);
}

HPS_RTNL_NEWLINK(bundle_newlink)

static size_t bundle_get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u32)) + 2 * nla_total_size(sizeof(u8));
}

static int bundle_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct hps_bundle *bundle = netdev_priv(dev);

	if (nla_put_u32(skb, IFLA_HPS_CUTOFF, READ_ONCE(bundle->cutoff)) ||
	    nla_put_u8(skb, IFLA_HPS_POLICY, READ_ONCE(bundle->policy)) ||
	    nla_put_u8(skb, IFLA_HPS_COPIES, READ_ONCE(bundle->copies)))
		return -EMSGSIZE;
	return 0;
}

static const struct nla_policy link_policy[IFLA_HPS_LINK_MAX + 1] = {
	[IFLA_HPS_LINK_UNSPEC] = { .strict_start_type = IFLA_HPS_LINK_ID },
	[IFLA_HPS_LINK_ID] = { .type = NLA_REJECT },
	[IFLA_HPS_LINK_ORIGIN] = { .type = NLA_REJECT },
	[IFLA_HPS_LINK_ROLE] = { .type = NLA_U8 },
	[IFLA_HPS_LINK_WEIGHT] = { .type = NLA_U16 },
};

static int link_changelink(struct net_device *dev, struct net_device *slave,
			   struct nlattr *tb[], struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	struct hps_link *link = hps_link_of(slave);

	if (!link || !data)
		return 0;
	return hps_link_configure(link, data[IFLA_HPS_LINK_ROLE],
				  data[IFLA_HPS_LINK_WEIGHT], extack);
}

static size_t link_get_size(const struct net_device *dev,
			    const struct net_device *slave)
{
	return 3 * nla_total_size(sizeof(u8)) + nla_total_size(sizeof(u16));
}

static int link_fill_info(struct sk_buff *skb, const struct net_device *dev,
			  const struct net_device *slave)
{
	const struct hps_link *link = hps_link_of(slave);

	if (!link)
		return 0;
	if (nla_put_u8(skb, IFLA_HPS_LINK_ID, link->id) ||
	    nla_put_u8(skb, IFLA_HPS_LINK_ORIGIN, link->origin) ||
	    nla_put_u8(skb, IFLA_HPS_LINK_ROLE, link->role) ||
	    nla_put_u16(skb, IFLA_HPS_LINK_WEIGHT, link->weight))
		return -EMSGSIZE;
	return 0;
}

static struct rtnl_link_ops bundle_link_ops __read_mostly = {
	.kind			= "hps",
	.priv_size		= sizeof(struct hps_bundle),
	.setup			= bundle_setup,
	.maxtype		= IFLA_HPS_MAX,
	.policy			= bundle_policy,
	.validate		= bundle_validate,
	.newlink		= bundle_newlink_rtnl,
	.changelink		= bundle_changelink,
	.get_size		= bundle_get_size,
	.fill_info		= bundle_fill_info,
	.slave_maxtype		= IFLA_HPS_LINK_MAX,
	.slave_policy		= link_policy,
	.slave_changelink	= link_changelink,
	.get_slave_size		= link_get_size,
	.fill_slave_info	= link_fill_info,
};

/* --- what happens to interfaces --- */

static void bundle_gone(struct net_device *dev)
{
	struct hps_net *hn = hps_net(dev_net(dev));
	struct hps_bundle *bundle = netdev_priv(dev);
	struct hps_link *link, *next;

	list_for_each_entry_safe(link, next, &hn->links, by_net) {
		if (link->bundle == bundle)
			hps_link_remove(link);
	}
	list_del_rcu(&bundle->by_net);
	bundle->listed = false;
	hps_link_notify(HPS_BUNDLE_REMOVED, dev, NULL);
	/* on a move it will be put into another list: let readers of this one
	 * leave it first
	 */
	if (dev->reg_state == NETREG_REGISTERED)
		synchronize_net();
}

static void bundle_event(struct net_device *dev, unsigned long event)
{
	struct hps_net *hn = hps_net(dev_net(dev));
	struct hps_bundle *bundle = netdev_priv(dev);

	switch (event) {
	case NETDEV_REGISTER:
		list_add_tail_rcu(&bundle->by_net, &hn->bundles);
		bundle->listed = true;
		hps_link_notify(HPS_BUNDLE_ADDED, dev, NULL);
		break;
	case NETDEV_UNREGISTER:
		/* It is said each second while somebody holds the device. */
		if (bundle->listed)
			bundle_gone(dev);
		break;
	}
}

/* Both kinds of device see REGISTER and UNREGISTER as well when they move to
 * another namespace, so that a bundle and its links always share one.
 */
static int device_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct hps_link *link;

	if (hps_bundle_is(dev)) {
		bundle_event(dev, event);
		return NOTIFY_DONE;
	}
	switch (event) {
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
		link = hps_link_of(dev);
		if (link)
			hps_link_update(link);
		break;
	case NETDEV_UNREGISTER:
		link = hps_link_of(dev);
		if (link)
			hps_link_remove(link);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call	= device_event,
};

/**
 * hps_bundle_init() - offer the interface kind "hps"
 *
 * ORDER: after the pernet subsystem (see hps_link_net_init()), whose lists
 * the notifier uses; before the socket family, so that the first socket finds
 * the bundles. Both orders hold the other way round on exit.
 *
 * Context: process. Return: 0 or -errno.
 */
int hps_bundle_init(void)
{
	int err;

	err = register_netdevice_notifier(&device_notifier);
	if (err)
		return err;
	err = rtnl_link_register(&bundle_link_ops);
	if (err)
		unregister_netdevice_notifier(&device_notifier);
	return err;
}

/**
 * hps_bundle_exit() - remove all bundles of all namespaces
 *
 * Context: process.
 */
void hps_bundle_exit(void)
{
	/* needs the notifier: it takes the links out */
	rtnl_link_unregister(&bundle_link_ops);
	unregister_netdevice_notifier(&device_notifier);
}

MODULE_ALIAS_RTNL_LINK("hps");
