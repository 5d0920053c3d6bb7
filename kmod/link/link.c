// SPDX-License-Identifier: GPL-2.0
/*
 * Links: listing them, counting on them, telling their addresses.
 */
#include "link/link.h"

#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>
#include <net/netlink.h>

#include "compat.h"
#include "link/bundle.h"
#include "net.h"
#include "xport/channel.h"

/*
 * Lifetime and locking of struct hps_link_tally
 *
 * The sum over all links that a bundle ever had, so that its counters never
 * step back. Held by the bundle and by each link until that is freed, which
 * may be long after the bundle went.
 *
 * @lock: guards @links and @gone; taken in process context and softirq
 */
struct hps_link_tally {
	refcount_t		ref;
	spinlock_t		lock;	/* links, gone */
	struct list_head	links;
	struct hps_link_sums	gone;
};

static BLOCKING_NOTIFIER_HEAD(event_chain);

/* --- sums --- */

struct hps_link_tally *hps_link_tally_alloc(void)
{
	struct hps_link_tally *tally;

	tally = kzalloc(sizeof(*tally), GFP_KERNEL);
	if (!tally)
		return NULL;
	refcount_set(&tally->ref, 1);
	spin_lock_init(&tally->lock);
	INIT_LIST_HEAD(&tally->links);
	return tally;
}

void hps_link_tally_put(struct hps_link_tally *tally)
{
	if (tally && refcount_dec_and_test(&tally->ref))
		kfree(tally);
}

static void add_link(struct hps_link_sums *sums, const struct hps_link *link)
{
	const struct hps_link_counters *c;
	struct hps_link_sums one;
	unsigned int start;
	int cpu;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(link->counters, cpu);
		do {
			start = u64_stats_fetch_begin(&c->syncp);
			one.tx_bytes = u64_stats_read(&c->tx_bytes);
			one.rx_bytes = u64_stats_read(&c->rx_bytes);
			one.tx_segs = u64_stats_read(&c->tx_segs);
			one.rx_segs = u64_stats_read(&c->rx_segs);
		} while (u64_stats_fetch_retry(&c->syncp, start));
		sums->tx_bytes += one.tx_bytes;
		sums->rx_bytes += one.rx_bytes;
		sums->tx_segs += one.tx_segs;
		sums->rx_segs += one.rx_segs;
	}
}

/**
 * hps_link_read() - what a link has carried
 * @link: the link
 * @sums: filled
 *
 * Context: any; the caller holds a reference, RTNL or RCU on a listed link.
 */
void hps_link_read(const struct hps_link *link, struct hps_link_sums *sums)
{
	memset(sums, 0, sizeof(*sums));
	add_link(sums, link);
}

/**
 * hps_link_tally_read() - what all links of a bundle have carried
 * @tally: of the bundle
 * @sums: filled; never less than at an earlier call
 *
 * Context: process or softirq.
 */
void hps_link_tally_read(struct hps_link_tally *tally,
			 struct hps_link_sums *sums)
{
	struct hps_link *link;

	spin_lock_bh(&tally->lock);
	*sums = tally->gone;
	list_for_each_entry(link, &tally->links, in_tally)
		add_link(sums, link);
	spin_unlock_bh(&tally->lock);
}

/* --- references --- */

/**
 * hps_link_get() - the link that an interface is
 * @net: namespace of the interface
 * @ifindex: the interface
 *
 * Context: any but hard interrupts.
 * Return: the link with a reference, or NULL: the interface is in no bundle.
 */
struct hps_link *hps_link_get(struct net *net, int ifindex)
{
	struct hps_link *link, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(link, &hps_net(net)->links, by_net) {
		if (link->ifindex != ifindex)
			continue;
		if (refcount_inc_not_zero(&link->ref))
			found = link;
		break;
	}
	rcu_read_unlock();
	return found;
}

static void link_free_rcu(struct rcu_head *rcu)
{
	struct hps_link *link = container_of(rcu, struct hps_link, rcu);

	free_percpu(link->counters);
	kfree(link);
}

static void link_free(struct hps_link *link)
{
	struct hps_link_tally *tally = link->tally;

	spin_lock_bh(&tally->lock);
	add_link(&tally->gone, link);
	list_del(&link->in_tally);
	spin_unlock_bh(&tally->lock);
	hps_link_tally_put(tally);
	/* hps_link_get() may look at it still, and a dump count with it */
	call_rcu(&link->rcu, link_free_rcu);
}

/**
 * hps_link_put() - give back a reference from hps_link_get()
 * @link: the link, or NULL
 *
 * Context: process or softirq, hard interrupts on.
 */
void hps_link_put(struct hps_link *link)
{
	if (link && refcount_dec_and_test(&link->ref))
		link_free(link);
}

/* --- events --- */

/**
 * hps_link_register_notifier() - be told of changes of links and bundles
 * @nb: called with an enum hps_link_event and struct hps_link_event_info
 *
 * The callback runs in process context under RTNL, so it must not take RTNL
 * and should leave long work to a work queue. A state is never reported
 * before it can be seen by hps_link_get() and hps_link_snapshot(). What exists
 * already is not reported.
 *
 * Context: process. Return: 0.
 */
int hps_link_register_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&event_chain, nb);
}

/**
 * hps_link_unregister_notifier() - end it; no callback runs on return
 * @nb: as registered
 *
 * Context: process, without a lock that the callback takes.
 * Return: 0, or -ENOENT.
 */
int hps_link_unregister_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&event_chain, nb);
}

/* @link: NULL for events of the bundle itself */
void hps_link_notify(enum hps_link_event event, struct net_device *bundle_dev,
		     const struct hps_link *link)
{
	struct hps_link_event_info info = {
		.net		= dev_net(bundle_dev),
		.bundle		= bundle_dev,
		.link		= link ? link->dev : NULL,
		.bundle_ifindex	= bundle_dev->ifindex,
		.link_ifindex	= link ? link->ifindex : 0,
		.link_id	= link ? link->id : 0,
	};

	blocking_notifier_call_chain(&event_chain, event, &info);
}

static bool usable(const struct net_device *dev)
{
	return netif_running(dev) && netif_carrier_ok(dev);
}

/* The bundle has carrier while one of its links is usable. */
static void update_carrier(struct net_device *bundle_dev)
{
	struct hps_net *hn = hps_net(dev_net(bundle_dev));
	struct hps_link *link;

	list_for_each_entry(link, &hn->links, by_net) {
		if (link->bundle->dev == bundle_dev && link->up) {
			netif_carrier_on(bundle_dev);
			return;
		}
	}
	netif_carrier_off(bundle_dev);
}

/* Looks at a listed link's interface and reports what changed. */
void hps_link_update(struct hps_link *link)
{
	bool up = usable(link->dev);

	ASSERT_RTNL();
	if (up == link->up)
		return;
	WRITE_ONCE(link->up, up);
	update_carrier(link->bundle->dev);
	hps_link_notify(up ? HPS_LINK_UP : HPS_LINK_DOWN, link->bundle->dev,
			link);
}

/* --- listing --- */

/* The listed link that @dev is, or NULL. Under RTNL. */
struct hps_link *hps_link_of(const struct net_device *dev)
{
	struct hps_net *hn = hps_net(dev_net(dev));
	struct hps_link *link;

	ASSERT_RTNL();
	list_for_each_entry(link, &hn->links, by_net) {
		if (link->dev == dev)
			return link;
	}
	return NULL;
}

/* Kinds of interfaces that have no IP even if the stack gave them a place. */
static bool carries_ip(const struct net_device *dev)
{
	switch (dev->type) {
	case ARPHRD_CAN:
	case ARPHRD_CAIF:
	case ARPHRD_IEEE80211:
	case ARPHRD_IEEE80211_PRISM:
	case ARPHRD_IEEE80211_RADIOTAP:
	case ARPHRD_IEEE802154:
	case ARPHRD_IEEE802154_MONITOR:
	case ARPHRD_MCTP:
	case ARPHRD_NETLINK:
	case ARPHRD_PHONET:
	case ARPHRD_PHONET_PIPE:
	case ARPHRD_VSOCKMON:
		return false;
	}
	return __in_dev_get_rtnl(dev) || __in6_dev_get(dev);
}

static int check_device(struct net_device *bundle_dev, struct net_device *dev,
			struct netlink_ext_ack *extack)
{
	if (dev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG(extack, "A loopback interface cannot be a link");
		return -EINVAL;
	}
	if (hps_bundle_is(dev)) {
		NL_SET_ERR_MSG(extack, "A bundle cannot be a link of a bundle");
		return -EINVAL;
	}
	if (netdev_has_upper_dev(bundle_dev, dev)) {
		NL_SET_ERR_MSG(extack, "The interface is above the bundle");
		return -ELOOP;
	}
	if (!carries_ip(dev)) {
		NL_SET_ERR_MSG(extack, "The interface cannot carry IP");
		return -EOPNOTSUPP;
	}
	if (hps_link_of(dev)) {
		NL_SET_ERR_MSG(extack,
			       "The interface is a link of a bundle already");
		return -EBUSY;
	}
	return 0;
}

/* The lowest id that no link of the bundle has, or 0. */
static u8 free_id(const struct hps_net *hn, const struct hps_bundle *bundle)
{
	DECLARE_BITMAP(used, HPS_MAX_LINKS + 1);
	struct hps_link *link;
	unsigned long id;

	bitmap_zero(used, HPS_MAX_LINKS + 1);
	__set_bit(0, used);
	list_for_each_entry(link, &hn->links, by_net) {
		if (link->bundle == bundle)
			__set_bit(link->id, used);
	}
	id = find_first_zero_bit(used, HPS_MAX_LINKS + 1);
	return id > HPS_MAX_LINKS ? 0 : id;
}

static struct hps_link *link_alloc(struct hps_bundle *bundle)
{
	struct hps_link *link;
	int cpu;

	link = kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return NULL;
	link->counters = alloc_percpu(struct hps_link_counters);
	if (!link->counters) {
		kfree(link);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(link->counters, cpu)->syncp);
	refcount_set(&link->ref, 1);
	link->bundle = bundle;
	link->tally = bundle->tally;
	refcount_inc(&link->tally->ref);
	spin_lock_bh(&link->tally->lock);
	list_add_tail(&link->in_tally, &link->tally->links);
	spin_unlock_bh(&link->tally->lock);
	return link;
}

/**
 * hps_link_add() - make an interface a link
 * @bundle_dev: the bundle
 * @dev: the interface, of the same namespace
 * @origin: ENSLAVED also makes the bundle its master
 * @extack: told the reason of a refusal
 *
 * Context: process, RTNL. Return: 0 or -errno.
 */
int hps_link_add(struct net_device *bundle_dev, struct net_device *dev,
		 enum hps_link_origin origin, struct netlink_ext_ack *extack)
{
	struct hps_net *hn = hps_net(dev_net(bundle_dev));
	struct hps_bundle *bundle = netdev_priv(bundle_dev);
	struct hps_link *link;
	int err;
	u8 id;

	ASSERT_RTNL();
	err = check_device(bundle_dev, dev, extack);
	if (err)
		return err;
	id = free_id(hn, bundle);
	if (!id) {
		NL_SET_ERR_MSG(extack, "The bundle has 255 links already");
		return -ENOSPC;
	}
	link = link_alloc(bundle);
	if (!link)
		return -ENOMEM;
	link->id = id;
	link->origin = origin;
	link->ifindex = dev->ifindex;
	link->dev = dev;
	if (origin == HPS_LINK_ORIGIN_ENSLAVED) {
		err = netdev_master_upper_dev_link(dev, bundle_dev, NULL, NULL,
						   extack);
		if (err) {
			hps_link_put(link);
			return err;
		}
	}
	list_add_tail_rcu(&link->by_net, &hn->links);
	hps_link_notify(HPS_LINK_ADDED, bundle_dev, link);
	hps_link_update(link);
	return 0;
}

/**
 * hps_link_configure() - change a link
 * @link: a listed link
 * @role: attribute with a u8, or NULL to leave it
 * @weight: attribute with a u16, or NULL to leave it
 * @extack: told the reason of a refusal; then nothing was changed
 *
 * Connections look at both when they send; those that exist follow.
 *
 * Context: process, RTNL. Return: 0 or -errno.
 */
int hps_link_configure(struct hps_link *link, const struct nlattr *role,
		       const struct nlattr *weight,
		       struct netlink_ext_ack *extack)
{
	ASSERT_RTNL();
	if (role && nla_get_u8(role) > HPS_LINK_ROLE_DUPLICATE) {
		NL_SET_ERR_MSG_ATTR(extack, role, "Unknown role");
		return -EINVAL;
	}
	if (weight && nla_get_u16(weight) > HPS_LINK_WEIGHT_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, weight,
				    "The weight is at most 1000");
		return -ERANGE;
	}
	if (role)
		WRITE_ONCE(link->role, nla_get_u8(role));
	if (weight)
		WRITE_ONCE(link->weight, nla_get_u16(weight));
	if (role || weight)
		hps_link_notify(HPS_LINK_CHANGED, link->bundle->dev, link);
	return 0;
}

/**
 * hps_link_remove() - take a link out of its bundle
 * @link: a listed link; the listing's reference goes
 *
 * Context: process, RTNL.
 */
void hps_link_remove(struct hps_link *link)
{
	struct net_device *bundle_dev = link->bundle->dev;

	ASSERT_RTNL();
	list_del_rcu(&link->by_net);
	WRITE_ONCE(link->up, false);
	WRITE_ONCE(link->gone, true);
	if (link->origin == HPS_LINK_ORIGIN_ENSLAVED)
		netdev_upper_dev_unlink(link->dev, bundle_dev);
	update_carrier(bundle_dev);
	hps_link_notify(HPS_LINK_REMOVED, bundle_dev, link);
	hps_link_put(link);
}

/* --- addresses --- */

struct snapshot {
	struct hps_link_addr	*out;
	int			count;
	int			max;
};

static struct hps_link_addr *next_addr(struct snapshot *s,
				       const struct hps_link *link, u8 family)
{
	struct hps_link_addr *addr;

	if (s->count == s->max)
		return NULL;
	addr = &s->out[s->count++];
	memset(addr, 0, sizeof(*addr));
	addr->ifindex = link->ifindex;
	addr->link_id = link->id;
	addr->family = family;
	return addr;
}

static void list_ipv4(struct snapshot *s, const struct hps_link *link)
{
	struct in_device *in_dev = __in_dev_get_rcu(link->dev);
	const struct in_ifaddr *ifa;
	struct hps_link_addr *addr;

	if (!in_dev)
		return;
	in_dev_for_each_ifa_rcu(ifa, in_dev) {
		if (ifa->ifa_scope != RT_SCOPE_UNIVERSE ||
		    ipv4_is_loopback(ifa->ifa_local) ||
		    ipv4_is_linklocal_169(ifa->ifa_local))
			continue;
		addr = next_addr(s, link, AF_INET);
		if (!addr)
			return;
		addr->in.s_addr = ifa->ifa_local;
		addr->prefix_len = ifa->ifa_prefixlen;
		if (ifa->ifa_flags & IFA_F_SECONDARY)
			addr->flags |= HPS_LINK_ADDR_SECONDARY;
	}
}

#if IS_ENABLED(CONFIG_IPV6)
static void list_ipv6(struct snapshot *s, const struct hps_link *link,
		      bool deprecated)
{
	struct inet6_dev *idev = __in6_dev_get(link->dev);
	const struct inet6_ifaddr *ifa;
	struct hps_link_addr *addr;
	u32 flags;

	if (!idev)
		return;
	list_for_each_entry_rcu(ifa, &idev->addr_list, if_list) {
		flags = READ_ONCE(ifa->flags);
		if (ifa->scope != RT_SCOPE_UNIVERSE ||
		    flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) ||
		    !!(flags & IFA_F_DEPRECATED) != deprecated)
			continue;
		addr = next_addr(s, link, AF_INET6);
		if (!addr)
			return;
		addr->in6 = ifa->addr;
		addr->prefix_len = ifa->prefix_len;
		if (deprecated)
			addr->flags |= HPS_LINK_ADDR_DEPRECATED;
	}
}
#else
static void list_ipv6(struct snapshot *s, const struct hps_link *link,
		      bool deprecated)
{
}
#endif

static void list_links(struct snapshot *s, struct hps_net *hn,
		       const struct hps_bundle *bundle, bool deprecated)
{
	const struct hps_link *link;

	list_for_each_entry_rcu(link, &hn->links, by_net) {
		if (link->bundle != bundle || !usable(link->dev))
			continue;
		if (!deprecated)
			list_ipv4(s, link);
		list_ipv6(s, link, deprecated);
	}
}

/**
 * hps_link_snapshot() - the addresses that a bundle has to offer
 * @net: namespace
 * @bundle_ifindex: the bundle; 0 is the default one, see hps_bundle_find()
 * @out: filled
 * @max: room in @out
 *
 * Lists the global addresses of all links that are up and have carrier, in
 * the order in which the links were added; deprecated ones come last. A
 * tentative address or one that failed duplicate detection is not listed.
 *
 * Context: any but hard interrupts.
 * Return: number of entries filled, 0 when there is no such bundle.
 */
int hps_link_snapshot(struct net *net, int bundle_ifindex,
		      struct hps_link_addr *out, int max)
{
	struct snapshot s = { .out = out, .max = max };
	struct hps_net *hn = hps_net(net);
	struct hps_bundle *bundle;

	rcu_read_lock();
	bundle = hps_bundle_lookup(net, bundle_ifindex);
	if (bundle) {
		list_links(&s, hn, bundle, false);
		list_links(&s, hn, bundle, true);
	}
	rcu_read_unlock();
	return s.count;
}

static bool has_addr(const struct net_device *dev, const union hps_addr *addr)
{
	const struct in_device *in_dev;
	const struct in_ifaddr *ifa;

	if (addr->sa.sa_family == AF_INET6)
		return ipv6_chk_addr(dev_net(dev), &addr->in6.sin6_addr, dev, 1);
	in_dev = __in_dev_get_rcu(dev);
	if (!in_dev)
		return false;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (ifa->ifa_local == addr->in.sin_addr.s_addr)
			return true;
	return false;
}

/**
 * hps_link_bundle_of() - the bundle that has an address on one of its links
 * @net: namespace
 * @addr: the address
 *
 * Context: any but hard interrupts.
 * Return: the bundle's ifindex, or 0: no bundle has the address.
 */
int hps_link_bundle_of(struct net *net, const union hps_addr *addr)
{
	const struct hps_link *link;
	int found = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(link, &hps_net(net)->links, by_net) {
		if (!has_addr(link->dev, addr))
			continue;
		found = link->bundle->dev->ifindex;
		break;
	}
	rcu_read_unlock();
	return found;
}

/**
 * hps_link_list() - the links of a bundle, usable or not
 * @net: namespace
 * @bundle_ifindex: the bundle; 0 is the default one, see hps_bundle_find()
 * @out: filled
 * @max: room in @out
 *
 * Context: any but hard interrupts.
 * Return: number of entries filled, 0 when there is no such bundle.
 */
int hps_link_list(struct net *net, int bundle_ifindex,
		  struct hps_link_brief *out, int max)
{
	const struct hps_bundle *bundle;
	const struct hps_link *link;
	int n = 0;

	rcu_read_lock();
	bundle = hps_bundle_lookup(net, bundle_ifindex);
	list_for_each_entry_rcu(link, &hps_net(net)->links, by_net) {
		if (link->bundle != bundle)
			continue;
		if (n == max)
			break;
		out[n++] = (struct hps_link_brief) {
			.ifindex = link->ifindex,
			.id = link->id,
			.up = READ_ONCE(link->up),
		};
	}
	rcu_read_unlock();
	return n;
}

/**
 * hps_link_net_init() - prepare a namespace
 * @hn: its state
 *
 * ORDER: the pernet operations that call this must be a subsystem
 * (register_pernet_subsys()) and be registered before hps_bundle_init().
 * Subsystems begin before a namespace has devices and end after the last one
 * went; as a pernet device ours would end while bundles still exist.
 */
void hps_link_net_init(struct hps_net *hn)
{
	INIT_LIST_HEAD(&hn->bundles);
	INIT_LIST_HEAD(&hn->links);
}

/**
 * hps_link_net_exit() - a namespace ends
 * @hn: its state
 *
 * The devices of the namespace are gone, so all links and bundles are.
 */
void hps_link_net_exit(struct hps_net *hn)
{
	WARN_ON_ONCE(!list_empty(&hn->links) || !list_empty(&hn->bundles));
}
