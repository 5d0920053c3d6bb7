/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink family "hps": Documentation/netlink/specs/hps.yaml.
 */
#ifndef _HPS_CONTROL_NETLINK_H
#define _HPS_CONTROL_NETLINK_H

#include <linux/types.h>

struct genl_family;
struct genl_info;
struct hps_conn_head;
struct hps_path_snapshot;
struct net;
struct netlink_callback;
struct sk_buff;

extern struct genl_family hps_nl_family;

/* One message under construction. */
struct hps_nl_msg {
	u32	portid;
	u32	seq;
	int	flags;
	u8	cmd;
};

/* netlink.c */
int hps_nl_refuse_attrs(struct netlink_callback *cb);
int hps_nl_reply(struct genl_info *info, u8 cmd, size_t size, gfp_t gfp,
		 int (*fill)(struct sk_buff *skb, const void *object),
		 const void *object);
int hps_nl_put(struct sk_buff *skb, const struct hps_nl_msg *msg,
	       int (*fill)(struct sk_buff *skb, const void *object),
	       const void *object);
void hps_nl_dump_msg(struct netlink_callback *cb, u8 cmd,
		     struct hps_nl_msg *msg);
int hps_netlink_init(void);
void hps_netlink_exit(void);

/* netlink_conn.c */
int hps_nl_put_conn_head(struct sk_buff *skb, struct net *net,
			 const struct hps_conn_head *head);
int hps_nl_put_path(struct sk_buff *skb, const struct hps_path_snapshot *path);

#endif /* _HPS_CONTROL_NETLINK_H */
