/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/hps.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_HPS_GEN_H
#define _LINUX_HPS_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/hps_netlink.h>
#include <uapi/linux/hps.h>
#include <uapi/linux/hps.h>
#include <uapi/linux/hps.h>

extern const struct nla_policy hps_bundle_get_nl_policy[HPS_A_BUNDLE_IFINDEX + 1];

extern const struct nla_policy hps_bundle_set_nl_policy[HPS_A_BUNDLE_COPIES + 1];

extern const struct nla_policy hps_link_get_nl_policy[HPS_A_LINK_IFINDEX + 1];

extern const struct nla_policy hps_link_add_nl_policy[HPS_A_LINK_BUNDLE + 1];

extern const struct nla_policy hps_link_del_nl_policy[HPS_A_LINK_IFINDEX + 1];

extern const struct nla_policy hps_conn_get_nl_policy[HPS_A_CONN_TOKEN + 1];

extern const struct nla_policy hps_peer_get_nl_policy[HPS_A_PEER_REMOTE_ADDR + 1];

extern const struct nla_policy hps_stats_get_nl_policy[HPS_A_COUNTER_NAME + 1];

extern const struct nla_policy hps_histogram_get_nl_policy[HPS_A_HISTOGRAM_NAME + 1];

extern const struct nla_policy hps_link_set_nl_policy[HPS_A_LINK_WEIGHT + 1];

extern const struct nla_policy hps_acl_get_nl_policy[HPS_A_ACL_ORDER + 1];

extern const struct nla_policy hps_acl_add_nl_policy[HPS_A_ACL_ACTION + 1];

extern const struct nla_policy hps_acl_del_nl_policy[HPS_A_ACL_ORDER + 1];

/* Ops table for hps */
extern const struct genl_ops hps_nl_ops[13];

int hps_nl_bundle_get_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_bundle_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int hps_nl_bundle_set_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_link_get_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_link_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int hps_nl_link_add_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_link_del_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_conn_get_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_conn_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int hps_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int hps_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int hps_nl_histogram_get_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_histogram_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int hps_nl_link_set_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_acl_get_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_acl_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int hps_nl_acl_add_doit(struct sk_buff *skb, struct genl_info *info);
int hps_nl_acl_del_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	HPS_NLGRP_EVENTS,
};

extern const struct genl_multicast_group hps_nl_mcgrps[1];

#endif /* _LINUX_HPS_GEN_H */
