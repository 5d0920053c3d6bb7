// SPDX-License-Identifier: GPL-2.0
/*
 * sock_diag: the sockets of a namespace, as uapi/linux/hps_diag.h says. Who
 * may see what is as for TCP: all but the mark is public in the namespace.
 */
#include "control/diag.h"

#include <linux/slab.h>
#include <linux/sock_diag.h>
#include <net/netlink.h>
#include <net/tcp_states.h>
#include <uapi/linux/hps_diag.h>

#include "conn/conn.h"
#include "conn/explain.h"
#include "conn/listener.h"
#include "conn/snapshot.h"
#include "net.h"
#include "socket/info.h"

#define CONN_BATCH	32
/* One connection with all its paths and links fits. */
#define DUMP_SIZE	SZ_16K

/**
 * struct diag - one dump
 * @req:	what was asked
 * @attr:	its attributes; the request stays until the dump has ended
 * @uid:	HPS_DIAG_REQ_UID
 * @user_ns:	of who asks
 * @admin:	may see what is not public
 * @listener:	that is being shown
 * @snap:	connection that is being shown
 * @explain:	its links
 */
struct diag {
	struct hps_diag_req		req;
	struct nlattr			*attr[HPS_DIAG_REQ_MAX + 1];
	kuid_t				uid;
	struct user_namespace		*user_ns;
	bool				admin;
	struct hps_listener_snapshot	listener;
	struct hps_conn_snapshot	snap;
	struct hps_explain		explain;
};

#define PREFIX_POLICY	NLA_POLICY_EXACT_LEN(sizeof(struct hps_diag_prefix))

static const struct nla_policy policy[HPS_DIAG_REQ_MAX + 1] = {
	[HPS_DIAG_REQ_TOKEN]		= { .type = NLA_U64 },
	[HPS_DIAG_REQ_INODE]		= { .type = NLA_U64 },
	[HPS_DIAG_REQ_UID]		= { .type = NLA_U32 },
	[HPS_DIAG_REQ_LOCAL_PORT]	= { .type = NLA_U16 },
	[HPS_DIAG_REQ_REMOTE_PORT]	= { .type = NLA_U16 },
	[HPS_DIAG_REQ_LOCAL]		= PREFIX_POLICY,
	[HPS_DIAG_REQ_REMOTE]		= PREFIX_POLICY,
	[HPS_DIAG_REQ_IFINDEX]		= NLA_POLICY_MIN(NLA_U32, 1),
};

/* --- the request --- */

static int check_prefix(const struct nlattr *attr, struct netlink_ext_ack *ack)
{
	const struct hps_diag_prefix *p;

	if (!attr)
		return 0;
	p = nla_data(attr);
	if (p->reserved) {
		NL_SET_ERR_MSG_ATTR(ack, attr, "The reserved field is not zero");
		return -EINVAL;
	}
	if (p->family != AF_INET && p->family != AF_INET6) {
		NL_SET_ERR_MSG_ATTR(ack, attr,
				    "The family is AF_INET or AF_INET6");
		return -EINVAL;
	}
	if (p->len > (p->family == AF_INET ? 32 : 128)) {
		NL_SET_ERR_MSG_ATTR(ack, attr, "The prefix is too long");
		return -EINVAL;
	}
	return 0;
}

static int check_request(const struct diag *d, struct netlink_ext_ack *ack)
{
	int err;

	if (d->req.reserved || d->req.show & ~HPS_DIAG_SHOW_LINKS) {
		NL_SET_ERR_MSG(ack, "Something unknown is to be shown");
		return -EINVAL;
	}
	err = check_prefix(d->attr[HPS_DIAG_REQ_LOCAL], ack);
	return err ? : check_prefix(d->attr[HPS_DIAG_REQ_REMOTE], ack);
}

static int begin(struct netlink_callback *cb)
{
	struct diag *d;
	int err;

	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	cb->data = d;
	d->req = *(const struct hps_diag_req *)nlmsg_data(cb->nlh);
	err = nlmsg_parse(cb->nlh, sizeof(d->req), d->attr, HPS_DIAG_REQ_MAX,
			  policy, cb->extack);
	if (!err)
		err = check_request(d, cb->extack);
	if (err)
		return err;
	d->user_ns = sk_user_ns(NETLINK_CB(cb->skb).sk);
	d->admin = netlink_net_capable(cb->skb, CAP_NET_ADMIN);
	d->uid = INVALID_UID;
	if (d->attr[HPS_DIAG_REQ_UID])
		d->uid = make_kuid(d->user_ns,
				   nla_get_u32(d->attr[HPS_DIAG_REQ_UID]));
	return 0;
}

static int done(struct netlink_callback *cb)
{
	kfree(cb->data);
	return 0;
}

/* --- the filter --- */

static bool in_prefix(const struct nlattr *attr, const union hps_addr *addr)
{
	const struct hps_diag_prefix *p;
	const void *host;
	u8 bits;

	if (!attr)
		return true;
	p = nla_data(attr);
	if (p->family != addr->sa.sa_family)
		return false;
	host = p->family == AF_INET ? (const void *)&addr->in.sin_addr :
				      (const void *)&addr->in6.sin6_addr;
	if (memcmp(host, p->addr, p->len / 8))
		return false;
	bits = p->len % 8;
	return !bits || !((((const u8 *)host)[p->len / 8] ^
			   p->addr[p->len / 8]) & (0xff << (8 - bits)) & 0xff);
}

static bool is_port(const struct nlattr *attr, __be16 port)
{
	return !attr || nla_get_u16(attr) == ntohs(port);
}

static bool is_number(const struct nlattr *attr, u64 number)
{
	return !attr || nla_get_u64(attr) == number;
}

static bool in_states(const struct diag *d, u8 state)
{
	return !d->req.states || d->req.states & BIT(state);
}

static bool is_owner(const struct diag *d, kuid_t uid)
{
	return !d->attr[HPS_DIAG_REQ_UID] || uid_eq(d->uid, uid);
}

static bool uses(const struct nlattr *attr, const struct hps_conn_snapshot *s)
{
	unsigned int i;

	if (!attr)
		return true;
	for (i = 0; i < s->nr_paths; i++) {
		if (s->path[i].ifindex == nla_get_u32(attr))
			return true;
	}
	return false;
}

static bool wants_conn(const struct diag *d)
{
	const struct hps_conn_head *head = &d->snap.head;
	struct nlattr * const *a = d->attr;

	return in_states(d, head->state) && is_owner(d, head->uid) &&
	       is_number(a[HPS_DIAG_REQ_TOKEN], head->token) &&
	       is_number(a[HPS_DIAG_REQ_INODE], head->inode) &&
	       is_port(a[HPS_DIAG_REQ_LOCAL_PORT], head->local.in.sin_port) &&
	       is_port(a[HPS_DIAG_REQ_REMOTE_PORT], head->remote.in.sin_port) &&
	       in_prefix(a[HPS_DIAG_REQ_LOCAL], &head->local) &&
	       in_prefix(a[HPS_DIAG_REQ_REMOTE], &head->remote) &&
	       uses(a[HPS_DIAG_REQ_IFINDEX], &d->snap);
}

/* A listener has no token, no peer and no path. */
static bool wants_listener(const struct diag *d)
{
	const struct hps_listener_snapshot *l = &d->listener;
	struct nlattr * const *a = d->attr;

	return in_states(d, TCP_LISTEN) && is_owner(d, l->uid) &&
	       !a[HPS_DIAG_REQ_TOKEN] && !a[HPS_DIAG_REQ_REMOTE_PORT] &&
	       !a[HPS_DIAG_REQ_REMOTE] && !a[HPS_DIAG_REQ_IFINDEX] &&
	       is_number(a[HPS_DIAG_REQ_INODE], l->inode) &&
	       is_port(a[HPS_DIAG_REQ_LOCAL_PORT], l->local.in.sin_port) &&
	       in_prefix(a[HPS_DIAG_REQ_LOCAL], &l->local);
}

/* --- the answer --- */

static struct hps_info *reserve_info(struct sk_buff *skb, int size)
{
	struct nlattr *attr = nla_reserve_64bit(skb, HPS_DIAG_INFO, size,
						HPS_DIAG_PAD);

	return attr ? memset(nla_data(attr), 0, size) : NULL;
}

static int put_mark(struct sk_buff *skb, const struct diag *d, u32 mark)
{
	return d->admin ? nla_put_u32(skb, HPS_DIAG_MARK, mark) : 0;
}

static int put_links(struct sk_buff *skb, const struct hps_explain *e)
{
	struct hps_diag_link link = {};
	unsigned int i;

	if (nla_put_u32(skb, HPS_DIAG_WHY, e->why))
		return -EMSGSIZE;
	for (i = 0; i < e->nr_links; i++) {
		link.ifindex = e->link[i].ifindex;
		link.id = e->link[i].id;
		link.up = e->link[i].up;
		link.why = e->link_why[i];
		if (nla_put(skb, HPS_DIAG_LINK, sizeof(link), &link))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_listener(struct sk_buff *skb, struct diag *d,
			struct hps_diag_msg *msg)
{
	const struct hps_listener_snapshot *l = &d->listener;
	struct hps_info *info;

	msg->state = TCP_LISTEN;
	msg->type = l->type;
	msg->uid = from_kuid_munged(d->user_ns, l->uid);
	msg->inode = l->inode;
	msg->rqueue = l->waiting;
	msg->wqueue = l->backlog;
	info = reserve_info(skb, sizeof(*info));
	if (!info)
		return -EMSGSIZE;
	hps_info_fill_listener(l, info);
	return put_mark(skb, d, l->mark);
}

static int put_conn(struct sk_buff *skb, struct diag *d,
		    struct hps_diag_msg *msg)
{
	const struct hps_conn_head *head = &d->snap.head;
	struct hps_info *info;

	msg->state = head->state;
	msg->type = head->type;
	msg->uid = from_kuid_munged(d->user_ns, head->uid);
	msg->inode = head->inode;
	msg->rqueue = head->receive_queue;
	msg->wqueue = head->send_queue;
	info = reserve_info(skb, hps_info_size(&d->snap));
	if (!info)
		return -EMSGSIZE;
	hps_info_fill(&d->snap, info);
	if (d->req.show & HPS_DIAG_SHOW_LINKS && put_links(skb, &d->explain))
		return -EMSGSIZE;
	return put_mark(skb, d, head->mark);
}

static int put(struct sk_buff *skb, struct netlink_callback *cb,
	       int (*fill)(struct sk_buff *skb, struct diag *d,
			   struct hps_diag_msg *msg))
{
	struct hps_diag_msg *msg;
	struct nlmsghdr *nlh;

	nlh = nlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			cb->nlh->nlmsg_type, sizeof(*msg), NLM_F_MULTI);
	if (!nlh)
		return -EMSGSIZE;
	msg = nlmsg_data(nlh);
	memset(msg, 0, sizeof(*msg));
	msg->family = AF_HPS;
	if (fill(skb, cb->data, msg)) {
		nlmsg_cancel(skb, nlh);
		return -EMSGSIZE;
	}
	nlmsg_end(skb, nlh);
	return 0;
}

/* --- the dump: args[0] is the next bucket of listeners, args[1] the place in
 * it, then among the connections.
 */

static int dump_listeners(struct sk_buff *skb, struct netlink_callback *cb,
			  struct hps_net *hn)
{
	struct diag *d = cb->data;

	for (; cb->args[0] < HPS_BIND_HASH; cb->args[0]++) {
		while (hps_listener_look(hn, cb->args[0], cb->args[1],
					 &d->listener)) {
			if (wants_listener(d) && put(skb, cb, put_listener))
				return -EMSGSIZE;
			cb->args[1]++;
		}
		cb->args[1] = 0;
	}
	return 0;
}

static int dump_conn(struct sk_buff *skb, struct netlink_callback *cb,
		     struct hps_conn *conn)
{
	struct diag *d = cb->data;

	hps_conn_snapshot(conn, &d->snap);
	if (!wants_conn(d))
		return 0;
	if (d->req.show & HPS_DIAG_SHOW_LINKS)
		hps_conn_explain(conn, d->snap.flow.cutoff_now, &d->explain);
	return put(skb, cb, put_conn);
}

static int dump_conns(struct sk_buff *skb, struct netlink_callback *cb,
		      struct hps_net *hn)
{
	struct hps_conn *batch[CONN_BATCH];
	int n, i, err = 0;

	do {
		n = hps_conn_batch(hn, batch, CONN_BATCH, cb->args[1]);
		for (i = 0; i < n; i++) {
			if (batch[i] && !err)
				err = dump_conn(skb, cb, batch[i]);
			if (batch[i])
				hps_conn_put(batch[i]);
			if (!err)
				cb->args[1]++;
		}
		cond_resched();
	} while (n == CONN_BATCH && !err);
	return err;
}

static int dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct hps_net *hn = hps_net(sock_net(skb->sk));
	int err;

	if (!cb->data) {
		err = begin(cb);
		if (err)
			return err;
	}
	err = dump_listeners(skb, cb, hn);
	if (!err)
		err = dump_conns(skb, cb, hn);
	return skb->len ? : err;
}

/* Single answers are not needed: a filter by token or inode gives them. */
static int request(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	struct netlink_dump_control control = {
		.dump		= dump,
		.done		= done,
		.min_dump_alloc	= DUMP_SIZE,
	};

	if (nlmsg_len(nlh) < sizeof(struct hps_diag_req))
		return -EINVAL;
	if (!(nlh->nlmsg_flags & NLM_F_DUMP))
		return -EOPNOTSUPP;
	return netlink_dump_start(sock_net(skb->sk)->diag_nlsk, skb, nlh,
				  &control);
}

static const struct sock_diag_handler handler = {
	.owner	= THIS_MODULE,
	.family	= AF_HPS,
	.dump	= request,
};

/**
 * hps_diag_init() - answer sock_diag
 *
 * ORDER: with the control plane, last.
 *
 * Context: process. Return: 0 or -errno.
 */
int hps_diag_init(void)
{
	return sock_diag_register(&handler);
}

void hps_diag_exit(void)
{
	sock_diag_unregister(&handler);
}
