/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: the local interfaces that a bundle offers to its sockets.
 */
#ifndef _HPS_LINK_LINK_H
#define _HPS_LINK_LINK_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <uapi/linux/hps.h>
#include <uapi/linux/hps_netlink.h>

struct hps_bundle;
struct hps_link_tally;
struct hps_net;
struct net;
struct net_device;
struct netlink_ext_ack;
struct nlattr;
struct notifier_block;
union hps_addr;

#define HPS_MAX_LINKS	255	/* of a bundle: an id has eight bits, 0 is none */

#define HPS_PATH_CAUSES	(HPS_PATH_CAUSE_REPLACED + 1)

/* What became of the paths over a link. */
struct hps_link_paths {
	atomic_t	ups;
	atomic_t	suspects;
	atomic_t	readies;
	atomic_t	downs[HPS_PATH_CAUSES];
};

/* Payload of HPS, without any header; what was sent again counts again. */
struct hps_link_sums {
	u64	tx_bytes;
	u64	rx_bytes;
	u64	tx_segs;
	u64	rx_segs;
};

struct hps_link_counters {
	u64_stats_t		tx_bytes;
	u64_stats_t		rx_bytes;
	u64_stats_t		tx_segs;
	u64_stats_t		rx_segs;
	struct u64_stats_sync	syncp;
};

/*
 * Lifetime and locking of struct hps_link
 *
 * A link is made when an interface is put into a bundle and is *listed* until
 * it is taken out: by hand, because the interface is unregistered or moves to
 * another namespace, or because the bundle goes. The listing holds one
 * reference, every path that counts on the link holds one. After the last put
 * its counts are part of the tally and the memory goes after a grace period.
 *
 * @by_net: in hps_net.links; changed under RTNL, walked under RTNL or RCU
 * @dev, @bundle: constant; valid while the link is listed, under RTNL or RCU
 * @in_tally: guarded by the lock of the tally, for the whole life
 * @up, @gone: guarded by RTNL, read anywhere
 * @role, @weight: written under RTNL, read anywhere (READ_ONCE)
 * @paths: atomic
 * @id, @origin, @ifindex, @tally, @counters: constant
 */
struct hps_link {
	refcount_t		ref;
	u8			id;	/* 1 to HPS_MAX_LINKS, within the bundle */
	u8			origin;	/* enum hps_link_origin */
	u8			role;	/* enum hps_link_role */
	u16			weight;	/* of the stripes, 0 by measured rate */
	bool			up;	/* was usable at the last event */
	bool			gone;	/* is listed no more */
	int			ifindex;
	struct net_device	*dev;
	struct hps_bundle	*bundle;
	struct hps_link_tally	*tally;
	struct hps_link_counters __percpu *counters;
	struct hps_link_paths	paths;
	struct list_head	by_net;
	struct list_head	in_tally;
	struct rcu_head		rcu;
};

/**
 * struct hps_link_addr - an address of a link that a channel may use
 * @ifindex:	interface of the link
 * @link_id:	id of the link within the bundle
 * @family:	AF_INET or AF_INET6
 * @prefix_len:	length of the on-link prefix
 * @flags:	HPS_LINK_ADDR_*
 * @in:		the address, AF_INET
 * @in6:	the address, AF_INET6
 */
struct hps_link_addr {
	int	ifindex;
	u8	link_id;
	u8	family;
	u8	prefix_len;
	u8	flags;
	union {
		struct in_addr	in;
		struct in6_addr	in6;
	};
};

/* A link as hps_link_list() tells. */
struct hps_link_brief {
	int	ifindex;
	u8	id;
	bool	up;
};

#define HPS_LINK_ADDR_SECONDARY		0x01	/* IPv4: not the first of its subnet */
#define HPS_LINK_ADDR_DEPRECATED	0x02	/* IPv6: not for new connections */

/**
 * enum hps_link_event - what hps_link_register_notifier() tells
 * @HPS_LINK_ADDED:	a link was listed; LINK_UP follows if it is usable
 * @HPS_LINK_REMOVED:	a link was unlisted; no LINK_DOWN precedes
 * @HPS_LINK_UP:	the link is administratively up and has carrier
 * @HPS_LINK_DOWN:	that is no longer so
 * @HPS_LINK_CHANGED:	its role or weight changed
 * @HPS_BUNDLE_ADDED:	a bundle was made (ifindex of the link is 0)
 * @HPS_BUNDLE_REMOVED:	it went; HPS_LINK_REMOVED came for each link before
 * @HPS_BUNDLE_CHANGED:	its configuration changed
 */
enum hps_link_event {
	HPS_LINK_ADDED,
	HPS_LINK_REMOVED,
	HPS_LINK_UP,
	HPS_LINK_DOWN,
	HPS_LINK_CHANGED,
	HPS_BUNDLE_ADDED,
	HPS_BUNDLE_REMOVED,
	HPS_BUNDLE_CHANGED,
};

/**
 * struct hps_link_event_info - the data pointer of a notifier call
 * @net:	namespace of both
 * @bundle:	the bundle's device
 * @link:	the link's interface, NULL in events of the bundle
 * @bundle_ifindex: of @bundle
 * @link_ifindex: of @link, or 0
 * @link_id:	id of the link within the bundle, or 0
 */
struct hps_link_event_info {
	struct net			*net;
	const struct net_device		*bundle;
	const struct net_device		*link;
	int				bundle_ifindex;
	int				link_ifindex;
	u8				link_id;
};

struct hps_link *hps_link_get(struct net *net, int ifindex);
void hps_link_put(struct hps_link *link);
int hps_link_snapshot(struct net *net, int bundle_ifindex,
		      struct hps_link_addr *out, int max);
int hps_link_bundle_of(struct net *net, const union hps_addr *addr);
int hps_link_list(struct net *net, int bundle_ifindex,
		  struct hps_link_brief *out, int max);
int hps_link_register_notifier(struct notifier_block *nb);
int hps_link_unregister_notifier(struct notifier_block *nb);

void hps_link_net_init(struct hps_net *hn);
void hps_link_net_exit(struct hps_net *hn);

/* For bundle.c and control/, under RTNL. */
int hps_link_add(struct net_device *bundle_dev, struct net_device *dev,
		 enum hps_link_origin origin, struct netlink_ext_ack *extack);
int hps_link_configure(struct hps_link *link, const struct nlattr *role,
		       const struct nlattr *weight,
		       struct netlink_ext_ack *extack);
void hps_link_remove(struct hps_link *link);
struct hps_link *hps_link_of(const struct net_device *dev);
void hps_link_update(struct hps_link *link);
void hps_link_notify(enum hps_link_event event, struct net_device *bundle_dev,
		     const struct hps_link *link);
void hps_link_read(const struct hps_link *link, struct hps_link_sums *sums);

struct hps_link_tally *hps_link_tally_alloc(void);
void hps_link_tally_put(struct hps_link_tally *tally);
void hps_link_tally_read(struct hps_link_tally *tally,
			 struct hps_link_sums *sums);

/**
 * hps_link_count() - count payload that went over a link
 * @link: the link, or NULL for a path outside any bundle: nothing is counted
 * @tx_bytes: octets of payload sent
 * @rx_bytes: octets of payload received
 * @tx_segs: segments sent
 * @rx_segs: segments received
 *
 * Context: process or softirq, any lock; the caller holds a reference. On
 * 64-bit machines it is four local additions; interrupts are not touched.
 */
static inline void hps_link_count(const struct hps_link *link, u32 tx_bytes,
				  u32 rx_bytes, u32 tx_segs, u32 rx_segs)
{
	struct hps_link_counters *c;
	unsigned long flags;

	if (!link)
		return;
	c = get_cpu_ptr(link->counters);
	flags = u64_stats_update_begin_irqsave(&c->syncp);
	u64_stats_add(&c->tx_bytes, tx_bytes);
	u64_stats_add(&c->rx_bytes, rx_bytes);
	u64_stats_add(&c->tx_segs, tx_segs);
	u64_stats_add(&c->rx_segs, rx_segs);
	u64_stats_update_end_irqrestore(&c->syncp, flags);
	put_cpu_ptr(link->counters);
}

#endif /* _HPS_LINK_LINK_H */
