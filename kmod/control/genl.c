// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/hps.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "genl.h"

#include <uapi/linux/hps_netlink.h>
#include <uapi/linux/hps.h>
#include <uapi/linux/hps.h>
#include <uapi/linux/hps.h>

/* HPS_CMD_BUNDLE_GET - do */
const struct nla_policy hps_bundle_get_nl_policy[HPS_A_BUNDLE_IFINDEX + 1] = {
	[HPS_A_BUNDLE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* HPS_CMD_BUNDLE_SET - do */
const struct nla_policy hps_bundle_set_nl_policy[HPS_A_BUNDLE_COPIES + 1] = {
	[HPS_A_BUNDLE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[HPS_A_BUNDLE_CUTOFF] = { .type = NLA_U32, },
	[HPS_A_BUNDLE_POLICY] = NLA_POLICY_MAX(NLA_U8, 3),
	[HPS_A_BUNDLE_COPIES] = { .type = NLA_U8, },
};

/* HPS_CMD_LINK_GET - do */
const struct nla_policy hps_link_get_nl_policy[HPS_A_LINK_IFINDEX + 1] = {
	[HPS_A_LINK_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* HPS_CMD_LINK_ADD - do */
const struct nla_policy hps_link_add_nl_policy[HPS_A_LINK_BUNDLE + 1] = {
	[HPS_A_LINK_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[HPS_A_LINK_BUNDLE] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* HPS_CMD_LINK_DEL - do */
const struct nla_policy hps_link_del_nl_policy[HPS_A_LINK_IFINDEX + 1] = {
	[HPS_A_LINK_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* HPS_CMD_CONN_GET - do */
const struct nla_policy hps_conn_get_nl_policy[HPS_A_CONN_TOKEN + 1] = {
	[HPS_A_CONN_TOKEN] = { .type = NLA_U64, },
};

/* HPS_CMD_PEER_GET - do */
const struct nla_policy hps_peer_get_nl_policy[HPS_A_PEER_REMOTE_ADDR + 1] = {
	[HPS_A_PEER_LOCAL_ADDR] = { .type = NLA_BINARY, },
	[HPS_A_PEER_REMOTE_ADDR] = { .type = NLA_BINARY, },
};

/* HPS_CMD_STATS_GET - do */
const struct nla_policy hps_stats_get_nl_policy[HPS_A_COUNTER_NAME + 1] = {
	[HPS_A_COUNTER_NAME] = { .type = NLA_NUL_STRING, .len = 63, },
};

/* HPS_CMD_HISTOGRAM_GET - do */
const struct nla_policy hps_histogram_get_nl_policy[HPS_A_HISTOGRAM_NAME + 1] = {
	[HPS_A_HISTOGRAM_NAME] = { .type = NLA_NUL_STRING, .len = 63, },
};

/* HPS_CMD_LINK_SET - do */
const struct nla_policy hps_link_set_nl_policy[HPS_A_LINK_WEIGHT + 1] = {
	[HPS_A_LINK_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[HPS_A_LINK_ROLE] = NLA_POLICY_MAX(NLA_U8, 2),
	[HPS_A_LINK_WEIGHT] = { .type = NLA_U16, },
};

/* HPS_CMD_ACL_GET - do */
const struct nla_policy hps_acl_get_nl_policy[HPS_A_ACL_ORDER + 1] = {
	[HPS_A_ACL_ORDER] = { .type = NLA_U32, },
};

/* HPS_CMD_ACL_ADD - do */
const struct nla_policy hps_acl_add_nl_policy[HPS_A_ACL_ACTION + 1] = {
	[HPS_A_ACL_ORDER] = { .type = NLA_U32, },
	[HPS_A_ACL_PREFIX] = { .type = NLA_BINARY, },
	[HPS_A_ACL_PREFIX_LEN] = { .type = NLA_U8, },
	[HPS_A_ACL_PORT_MIN] = { .type = NLA_U16, },
	[HPS_A_ACL_PORT_MAX] = { .type = NLA_U16, },
	[HPS_A_ACL_ACTION] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* HPS_CMD_ACL_DEL - do */
const struct nla_policy hps_acl_del_nl_policy[HPS_A_ACL_ORDER + 1] = {
	[HPS_A_ACL_ORDER] = { .type = NLA_U32, },
};

/* Ops table for hps */
const struct genl_ops hps_nl_ops[13] = {
	{
		.cmd		= HPS_CMD_BUNDLE_GET,
		.doit		= hps_nl_bundle_get_doit,
		.dumpit		= hps_nl_bundle_get_dumpit,
		.policy		= hps_bundle_get_nl_policy,
		.maxattr	= HPS_A_BUNDLE_IFINDEX,
	},
	{
		.cmd		= HPS_CMD_BUNDLE_SET,
		.doit		= hps_nl_bundle_set_doit,
		.policy		= hps_bundle_set_nl_policy,
		.maxattr	= HPS_A_BUNDLE_COPIES,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= HPS_CMD_LINK_GET,
		.doit		= hps_nl_link_get_doit,
		.dumpit		= hps_nl_link_get_dumpit,
		.policy		= hps_link_get_nl_policy,
		.maxattr	= HPS_A_LINK_IFINDEX,
	},
	{
		.cmd		= HPS_CMD_LINK_ADD,
		.doit		= hps_nl_link_add_doit,
		.policy		= hps_link_add_nl_policy,
		.maxattr	= HPS_A_LINK_BUNDLE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= HPS_CMD_LINK_DEL,
		.doit		= hps_nl_link_del_doit,
		.policy		= hps_link_del_nl_policy,
		.maxattr	= HPS_A_LINK_IFINDEX,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= HPS_CMD_CONN_GET,
		.doit		= hps_nl_conn_get_doit,
		.dumpit		= hps_nl_conn_get_dumpit,
		.policy		= hps_conn_get_nl_policy,
		.maxattr	= HPS_A_CONN_TOKEN,
	},
	{
		.cmd		= HPS_CMD_PEER_GET,
		.doit		= hps_nl_peer_get_doit,
		.dumpit		= hps_nl_peer_get_dumpit,
		.policy		= hps_peer_get_nl_policy,
		.maxattr	= HPS_A_PEER_REMOTE_ADDR,
	},
	{
		.cmd		= HPS_CMD_STATS_GET,
		.doit		= hps_nl_stats_get_doit,
		.dumpit		= hps_nl_stats_get_dumpit,
		.policy		= hps_stats_get_nl_policy,
		.maxattr	= HPS_A_COUNTER_NAME,
	},
	{
		.cmd		= HPS_CMD_HISTOGRAM_GET,
		.doit		= hps_nl_histogram_get_doit,
		.dumpit		= hps_nl_histogram_get_dumpit,
		.policy		= hps_histogram_get_nl_policy,
		.maxattr	= HPS_A_HISTOGRAM_NAME,
	},
	{
		.cmd		= HPS_CMD_LINK_SET,
		.doit		= hps_nl_link_set_doit,
		.policy		= hps_link_set_nl_policy,
		.maxattr	= HPS_A_LINK_WEIGHT,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= HPS_CMD_ACL_GET,
		.doit		= hps_nl_acl_get_doit,
		.dumpit		= hps_nl_acl_get_dumpit,
		.policy		= hps_acl_get_nl_policy,
		.maxattr	= HPS_A_ACL_ORDER,
	},
	{
		.cmd		= HPS_CMD_ACL_ADD,
		.doit		= hps_nl_acl_add_doit,
		.policy		= hps_acl_add_nl_policy,
		.maxattr	= HPS_A_ACL_ACTION,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= HPS_CMD_ACL_DEL,
		.doit		= hps_nl_acl_del_doit,
		.policy		= hps_acl_del_nl_policy,
		.maxattr	= HPS_A_ACL_ORDER,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

const struct genl_multicast_group hps_nl_mcgrps[] = {
	[HPS_NLGRP_EVENTS] = { "events", },
};
