// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: the family, what its operations share, and events.
 */
#include "control/netlink.h"

#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "conn/snapshot.h"
#include "control/genl.h"
#include "link/link.h"

#define EVENT_SIZE	768

struct genl_family hps_nl_family __ro_after_init = {
	.name		= HPS_GENL_NAME,
	.version	= HPS_GENL_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= hps_nl_ops,
	.n_ops		= ARRAY_SIZE(hps_nl_ops),
	.resv_start_op	= HPS_CMD_BUNDLE_GET,
	.mcgrps		= hps_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(hps_nl_mcgrps),
};

/* --- messages --- */

/* A dump lists everything; who sends a selection would be misled. */
int hps_nl_refuse_attrs(struct netlink_callback *cb)
{
	struct nlattr **attrs = hps_genl_dump_attrs(cb);
	unsigned int max, i;

	if (!attrs)
		return 0;
	max = genl_dumpit_info(cb)->op.maxattr;
	for (i = 1; i <= max; i++) {
		if (!attrs[i])
			continue;
		NL_SET_ERR_MSG_ATTR(cb->extack, attrs[i],
				    "A dump takes no attributes");
		return -EINVAL;
	}
	return 0;
}

/* Adds one message to @skb. Return: 0 or -EMSGSIZE. */
int hps_nl_put(struct sk_buff *skb, const struct hps_nl_msg *msg,
	       int (*fill)(struct sk_buff *skb, const void *object),
	       const void *object)
{
	void *head;

	head = genlmsg_put(skb, msg->portid, msg->seq, &hps_nl_family,
			   msg->flags, msg->cmd);
	if (!head)
		return -EMSGSIZE;
	if (fill(skb, object)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

void hps_nl_dump_msg(struct netlink_callback *cb, u8 cmd,
		     struct hps_nl_msg *msg)
{
	msg->portid = NETLINK_CB(cb->skb).portid;
	msg->seq = cb->nlh->nlmsg_seq;
	msg->flags = NLM_F_MULTI;
	msg->cmd = cmd;
}

/* Answers a request with one message of at most @size octets. */
int hps_nl_reply(struct genl_info *info, u8 cmd, size_t size, gfp_t gfp,
		 int (*fill)(struct sk_buff *skb, const void *object),
		 const void *object)
{
	struct hps_nl_msg msg = {
		.portid	= info->snd_portid,
		.seq	= info->snd_seq,
		.cmd	= cmd,
	};
	struct sk_buff *skb;
	int err;

	skb = genlmsg_new(size, gfp);
	if (!skb)
		return -ENOMEM;
	err = hps_nl_put(skb, &msg, fill, object);
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

/* --- events --- */

static bool events_wanted(struct net *net)
{
	return genl_has_listeners(&hps_nl_family, net, HPS_NLGRP_EVENTS);
}

static void multicast(struct net *net, u8 cmd, gfp_t gfp,
		      int (*fill)(struct sk_buff *skb, const void *object),
		      const void *object)
{
	struct hps_nl_msg msg = { .cmd = cmd };
	struct sk_buff *skb;

	skb = genlmsg_new(EVENT_SIZE, gfp);
	if (!skb)
		return;
	if (hps_nl_put(skb, &msg, fill, object)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_multicast_netns(&hps_nl_family, net, skb, 0, HPS_NLGRP_EVENTS,
				gfp);
}

static const u8 link_events[] = {
	[HPS_LINK_ADDED]	= HPS_EVENT_LINK_ADDED,
	[HPS_LINK_REMOVED]	= HPS_EVENT_LINK_REMOVED,
	[HPS_LINK_UP]		= HPS_EVENT_LINK_UP,
	[HPS_LINK_DOWN]		= HPS_EVENT_LINK_DOWN,
	[HPS_LINK_CHANGED]	= HPS_EVENT_LINK_CHANGED,
	[HPS_BUNDLE_ADDED]	= HPS_EVENT_BUNDLE_ADDED,
	[HPS_BUNDLE_REMOVED]	= HPS_EVENT_BUNDLE_REMOVED,
	[HPS_BUNDLE_CHANGED]	= HPS_EVENT_BUNDLE_CHANGED,
};

struct link_notice {
	u8					event;
	const struct hps_link_event_info	*info;
};

static int put_link_notice(struct sk_buff *skb, const void *object)
{
	const struct link_notice *n = object;
	const struct hps_link_event_info *info = n->info;

	if (nla_put_u8(skb, HPS_A_NOTICE_EVENT, n->event) ||
	    nla_put_u32(skb, HPS_A_NOTICE_BUNDLE, info->bundle->ifindex) ||
	    nla_put_string(skb, HPS_A_NOTICE_BUNDLE_NAME, info->bundle->name))
		return -EMSGSIZE;
	if (!info->link)
		return 0;
	if (nla_put_u32(skb, HPS_A_NOTICE_LINK, info->link_ifindex) ||
	    nla_put_string(skb, HPS_A_NOTICE_LINK_NAME, info->link->name) ||
	    nla_put_u8(skb, HPS_A_NOTICE_LINK_ID, info->link_id))
		return -EMSGSIZE;
	return 0;
}

static int link_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct link_notice notice = { .info = ptr };

	if (event < ARRAY_SIZE(link_events) &&
	    events_wanted(notice.info->net)) {
		notice.event = link_events[event];
		multicast(notice.info->net, HPS_CMD_LINK_EVENT, GFP_KERNEL,
			  put_link_notice, &notice);
	}
	return NOTIFY_DONE;
}

static struct notifier_block link_notifier = {
	.notifier_call	= link_event,
};

static const u8 conn_events[] = {
	[HPS_CONN_EVENT_OPENED]		= HPS_EVENT_CONN_OPENED,
	[HPS_CONN_EVENT_CLOSED]		= HPS_EVENT_CONN_CLOSED,
	[HPS_CONN_EVENT_PATH_UP]	= HPS_EVENT_PATH_UP,
	[HPS_CONN_EVENT_PATH_DOWN]	= HPS_EVENT_PATH_DOWN,
	[HPS_CONN_EVENT_PATH_SUSPECT]	= HPS_EVENT_PATH_SUSPECT,
	[HPS_CONN_EVENT_PATH_READY]	= HPS_EVENT_PATH_READY,
	[HPS_CONN_EVENT_STRANDED]	= HPS_EVENT_CONN_STRANDED,
	[HPS_CONN_EVENT_RECOVERED]	= HPS_EVENT_CONN_RECOVERED,
};

struct conn_notice {
	struct net			*net;
	const struct hps_conn_head	*head;
	const struct hps_path_snapshot	*path;
	u8				event;
	enum hps_reason			reason;
	enum hps_nl_path_cause		cause;
	int				err;
};

static int put_conn_notice(struct sk_buff *skb, const void *object)
{
	const struct conn_notice *n = object;

	if (nla_put_u8(skb, HPS_A_CONN_EVENT, n->event) ||
	    hps_nl_put_conn_head(skb, n->net, n->head))
		return -EMSGSIZE;
	if (n->reason != HPS_REASON_NONE &&
	    nla_put_u32(skb, HPS_A_CONN_REASON, n->reason))
		return -EMSGSIZE;
	if (n->cause != HPS_PATH_CAUSE_NONE &&
	    nla_put_u8(skb, HPS_A_CONN_CAUSE, n->cause))
		return -EMSGSIZE;
	if (n->err && nla_put_u32(skb, HPS_A_CONN_ERROR, abs(n->err)))
		return -EMSGSIZE;
	return n->path ? hps_nl_put_path(skb, n->path) : 0;
}

static void conn_event(struct net *net, enum hps_conn_event event,
		       const struct hps_conn_head *head,
		       const struct hps_path_snapshot *path,
		       enum hps_reason reason, enum hps_nl_path_cause cause,
		       int err)
{
	struct conn_notice notice = {
		.net	= net,
		.head	= head,
		.path	= path,
		.event	= conn_events[event],
		.reason	= reason,
		.cause	= cause,
		.err	= err,
	};

	multicast(net, HPS_CMD_CONN_EVENT, GFP_ATOMIC, put_conn_notice,
		  &notice);
}

static const struct hps_conn_observer observer = {
	.wanted	= events_wanted,
	.event	= conn_event,
};

/**
 * hps_netlink_init() - open the control interface
 *
 * ORDER: last of all, so that nobody controls what is not there yet; on exit
 * first.
 *
 * Context: process. Return: 0 or -errno.
 */
int hps_netlink_init(void)
{
	int err;

	err = genl_register_family(&hps_nl_family);
	if (err)
		return err;
	err = hps_link_register_notifier(&link_notifier);
	if (err) {
		genl_unregister_family(&hps_nl_family);
		return err;
	}
	hps_conn_observe(&observer);
	return 0;
}

/**
 * hps_netlink_exit() - close it
 *
 * Context: process.
 */
void hps_netlink_exit(void)
{
	hps_conn_observe(NULL);
	hps_link_unregister_notifier(&link_notifier);
	genl_unregister_family(&hps_nl_family);
}

/* who asks for the family loads the module */
MODULE_ALIAS_GENL_FAMILY(HPS_GENL_NAME);
