/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bundles: the network devices hpsN, each a set of links.
 */
#ifndef _HPS_LINK_BUNDLE_H
#define _HPS_LINK_BUNDLE_H

#include <linux/list.h>
#include <linux/types.h>
#include <uapi/linux/hps.h>

struct hps_link_tally;
struct net;
struct net_device;
struct netlink_ext_ack;
struct nlattr;

/*
 * Lifetime and locking of struct hps_bundle
 *
 * It is the private part of the network device and lives as long. It is in
 * hps_net.bundles from the device's registration in a namespace until its
 * unregistration there, which a move to another namespace is as well; so RCU
 * readers of that list, and of the links that point here, may use it.
 *
 * @by_net: changed under RTNL, walked under RTNL or RCU
 * @cutoff, @policy, @copies: written under RTNL, read anywhere (READ_ONCE)
 * @tally: constant from ndo_init to the destruction of the device
 */
struct hps_bundle {
	struct net_device	*dev;
	struct list_head	by_net;
	bool			listed;	/* in by_net; under RTNL */
	u32			cutoff;	/* octets; 0: the namespace's sysctl */
	u8			policy;	/* enum hps_policy */
	u8			copies;	/* of policy duplicate */
	struct hps_link_tally	*tally;
};

/**
 * struct hps_bundle_config - how sockets shall use a bundle
 * @ifindex:	the bundle; 0 when there is none
 * @cutoff:	message or backlog from which on more than one link is used,
 *		octets; the namespace's sysctl is put in when the bundle has no own
 *		value; 0: as measured
 * @policy:	enum hps_policy
 * @copies:	over so many links policy duplicate sends
 */
struct hps_bundle_config {
	int	ifindex;
	u32	cutoff;
	u8	policy;
	u8	copies;
};

int hps_bundle_find(struct net *net, int ifindex);
bool hps_bundle_has_link(struct net *net, int ifindex, int link_ifindex);
int hps_bundle_config(struct net *net, int bundle_ifindex,
		      struct hps_bundle_config *config);

int hps_bundle_check_policy(int policy);
bool hps_bundle_is(const struct net_device *dev);
struct hps_bundle *hps_bundle_lookup(struct net *net, int ifindex);
int hps_bundle_configure(struct net_device *dev, const struct nlattr *cutoff,
			 const struct nlattr *policy,
			 const struct nlattr *copies,
			 struct netlink_ext_ack *extack);

int hps_bundle_init(void);
void hps_bundle_exit(void);

#endif /* _HPS_LINK_BUNDLE_H */
