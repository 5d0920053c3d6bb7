// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: connections, pooled channels, counters.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "compat.h"
#include "conn/conn.h"
#include "conn/snapshot.h"
#include "control/genl.h"
#include "control/mib.h"
#include "control/netlink.h"
#include "net.h"

#define CONN_BATCH	32
#define PEER_BATCH	32
#define PEER_SIZE	160
#define COUNTER_SIZE	128
/* a pad may stand before each of the buckets */
#define HISTOGRAM_SIZE	(64 + 16 * HPS_HIST_BUCKETS)

/* --- addresses --- */

static int put_addr(struct sk_buff *skb, int attr, const union hps_addr *addr)
{
	switch (addr->sa.sa_family) {
	case AF_INET:
		return nla_put_in_addr(skb, attr, addr->in.sin_addr.s_addr);
	case AF_INET6:
		return nla_put_in6_addr(skb, attr, &addr->in6.sin6_addr);
	}
	return 0;	/* not bound yet */
}

/* Both families have the port at the same place. */
static u16 port_of(const union hps_addr *addr)
{
	return ntohs(addr->in.sin_port);
}

/* --- connections --- */

int hps_nl_put_path(struct sk_buff *skb, const struct hps_path_snapshot *path)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, HPS_A_CONN_PATH);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, HPS_A_PATH_IFINDEX, path->ifindex) ||
	    (path->link_id &&
	     nla_put_u8(skb, HPS_A_PATH_LINK_ID, path->link_id)) ||
	    nla_put_u8(skb, HPS_A_PATH_STATE, path->state) ||
	    put_addr(skb, HPS_A_PATH_LOCAL_ADDR, &path->local) ||
	    put_addr(skb, HPS_A_PATH_REMOTE_ADDR, &path->remote) ||
	    nla_put_u16(skb, HPS_A_PATH_LOCAL_PORT, port_of(&path->local)) ||
	    nla_put_u16(skb, HPS_A_PATH_REMOTE_PORT, port_of(&path->remote)) ||
	    nla_put_u32(skb, HPS_A_PATH_IN_FLIGHT, path->in_flight) ||
	    nla_put_u64_64bit(skb, HPS_A_PATH_TX_BYTES, path->tx_octets,
			      HPS_A_PATH_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_PATH_RX_BYTES, path->rx_octets,
			      HPS_A_PATH_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_PATH_TX_SEGMENTS, path->tx_segments,
			      HPS_A_PATH_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_PATH_RESENT, path->resent,
			      HPS_A_PATH_PAD) ||
	    nla_put_u32(skb, HPS_A_PATH_RTT_US, path->srtt_us) ||
	    nla_put_u32(skb, HPS_A_PATH_MIN_RTT_US, path->min_rtt_us) ||
	    nla_put_u64_64bit(skb, HPS_A_PATH_RATE, path->rate,
			      HPS_A_PATH_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_queues(struct sk_buff *skb, const struct hps_conn_head *head)
{
	if (nla_put_u64_64bit(skb, HPS_A_CONN_SEND_QUEUE, head->send_queue,
			      HPS_A_CONN_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_CONN_UNACKED, head->unacked,
			      HPS_A_CONN_PAD) ||
	    nla_put_u64_64bit(skb, HPS_A_CONN_RECEIVE_QUEUE,
			      head->receive_queue, HPS_A_CONN_PAD) ||
	    nla_put_u32(skb, HPS_A_CONN_PEER_WINDOW, head->peer_window))
		return -EMSGSIZE;
	return 0;
}

/* What names a connection; the rest changes all the time. */
int hps_nl_put_conn_head(struct sk_buff *skb, struct net *net,
			 const struct hps_conn_head *head)
{
	uid_t uid = from_kuid_munged(net->user_ns, head->uid);

	if (nla_put_u64_64bit(skb, HPS_A_CONN_TOKEN, head->token,
			      HPS_A_CONN_PAD) ||
	    nla_put_u16(skb, HPS_A_CONN_FAMILY, head->remote.sa.sa_family) ||
	    nla_put_u32(skb, HPS_A_CONN_TYPE, head->type) ||
	    nla_put_u8(skb, HPS_A_CONN_STATE, head->state) ||
	    (head->initiator && nla_put_flag(skb, HPS_A_CONN_INITIATOR)) ||
	    put_addr(skb, HPS_A_CONN_LOCAL_ADDR, &head->local) ||
	    put_addr(skb, HPS_A_CONN_REMOTE_ADDR, &head->remote) ||
	    nla_put_u16(skb, HPS_A_CONN_LOCAL_PORT, port_of(&head->local)) ||
	    nla_put_u16(skb, HPS_A_CONN_REMOTE_PORT, port_of(&head->remote)) ||
	    nla_put_u32(skb, HPS_A_CONN_UID, uid) ||
	    nla_put_u64_64bit(skb, HPS_A_CONN_INODE, head->inode,
			      HPS_A_CONN_PAD))
		return -EMSGSIZE;
	if (head->bundle_ifindex &&
	    nla_put_u32(skb, HPS_A_CONN_BUNDLE, head->bundle_ifindex))
		return -EMSGSIZE;
	return 0;
}

/* @partial: leave out the paths that the message has no room for */
struct conn_object {
	struct net			*net;
	bool				partial;
	struct hps_conn_snapshot	snap;
};

static int put_conn(struct sk_buff *skb, const void *object)
{
	const struct conn_object *o = object;
	unsigned int i;

	if (hps_nl_put_conn_head(skb, o->net, &o->snap.head) ||
	    put_queues(skb, &o->snap.head))
		return -EMSGSIZE;
	for (i = 0; i < o->snap.nr_paths; i++) {
		if (hps_nl_put_path(skb, &o->snap.path[i]))
			return o->partial ? 0 : -EMSGSIZE;
	}
	return 0;
}

int hps_nl_conn_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[HPS_A_CONN_TOKEN];
	struct conn_object *o;
	struct hps_conn *conn;
	int err;

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "The token is missing");
		return -EINVAL;
	}
	conn = hps_conn_find(genl_info_net(info), nla_get_u64(attr));
	if (!conn) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "No connection has this token");
		return -ENOENT;
	}
	o = kzalloc(sizeof(*o), GFP_KERNEL);
	if (o) {
		o->net = genl_info_net(info);
		hps_conn_snapshot(conn, &o->snap);
		err = hps_nl_reply(info, HPS_CMD_CONN_GET, sizeof(*o) * 2,
				   GFP_KERNEL, put_conn, o);
		kfree(o);
	} else {
		err = -ENOMEM;
	}
	hps_conn_put(conn);
	return err;
}

/* Return: does @conn fit? */
static bool dump_conn(struct sk_buff *skb, const struct hps_nl_msg *msg,
		      struct hps_conn *conn, struct conn_object *o)
{
	hps_conn_snapshot(conn, &o->snap);
	/* many paths can exceed the first buffer, which is just a page */
	o->partial = !skb->len;
	return !hps_nl_put(skb, msg, put_conn, o);
}

int hps_nl_conn_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct hps_net *hn = hps_net(sock_net(skb->sk));
	struct hps_conn *batch[CONN_BATCH];
	struct hps_nl_msg msg;
	struct conn_object *o;
	bool full = false;
	int n, i, err;

	err = hps_nl_refuse_attrs(cb);
	if (err)
		return err;
	o = kmalloc(sizeof(*o), GFP_KERNEL);
	if (!o)
		return -ENOMEM;
	o->net = sock_net(skb->sk);
	hps_nl_dump_msg(cb, HPS_CMD_CONN_GET, &msg);
	do {
		n = hps_conn_batch(hn, batch, CONN_BATCH, cb->args[0]);
		for (i = 0; i < n; i++) {
			if (batch[i] && !full)
				full = !dump_conn(skb, &msg, batch[i], o);
			if (batch[i])
				hps_conn_put(batch[i]);
			if (!full)
				cb->args[0]++;
		}
	} while (n == CONN_BATCH && !full);
	kfree(o);
	return skb->len;
}

/* --- peers --- */

struct peer {
	struct hps_channel_key	key;
	u32			channels;
	u32			idle_ms;
};

static void *host_of(const union hps_addr *addr, size_t *len)
{
	if (addr->sa.sa_family == AF_INET6) {
		*len = sizeof(addr->in6.sin6_addr);
		return (void *)&addr->in6.sin6_addr;
	}
	*len = sizeof(addr->in.sin_addr);
	return (void *)&addr->in.sin_addr;
}

static bool same_host(const union hps_addr *a, const union hps_addr *b)
{
	size_t len;
	void *host = host_of(a, &len);

	return a->sa.sa_family == b->sa.sa_family &&
	       !memcmp(host, host_of(b, &len), len);
}

static bool same_pair(const struct hps_channel_key *a,
		      const struct hps_channel_key *b)
{
	return a->ifindex == b->ifindex && same_host(&a->local, &b->local) &&
	       same_host(&a->remote, &b->remote) &&
	       port_of(&a->remote) == port_of(&b->remote);
}

static void count_channel(struct peer *peer, const struct hps_channel *ch)
{
	u32 idle = jiffies_to_msecs(jiffies - ch->since);

	if (!peer->channels++) {
		peer->key = ch->key;
		peer->idle_ms = idle;
	}
	peer->idle_ms = min(peer->idle_ms, idle);
}

/* The address pairs of the pool from the @skip-th channel on. Neighbours of
 * one pair are counted together, so a pair can come more than once.
 */
static int peer_batch(struct hps_net *hn, struct peer *batch, int max,
		      long skip)
{
	struct hps_channel *ch;
	int n = 0;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(ch, &hn->pool, use_node) {
		if (skip-- > 0)
			continue;
		if (!n || !same_pair(&batch[n - 1].key, &ch->key)) {
			if (n == max)
				break;
			n++;
		}
		count_channel(&batch[n - 1], ch);
	}
	spin_unlock_bh(&hn->lock);
	return n;
}

static int put_peer(struct sk_buff *skb, const void *object)
{
	const struct peer *p = object;

	if (nla_put_u32(skb, HPS_A_PEER_IFINDEX, p->key.ifindex) ||
	    put_addr(skb, HPS_A_PEER_LOCAL_ADDR, &p->key.local) ||
	    put_addr(skb, HPS_A_PEER_REMOTE_ADDR, &p->key.remote) ||
	    nla_put_u16(skb, HPS_A_PEER_REMOTE_PORT, port_of(&p->key.remote)) ||
	    nla_put_u32(skb, HPS_A_PEER_CHANNELS, p->channels) ||
	    nla_put_u32(skb, HPS_A_PEER_IDLE_MS, p->idle_ms))
		return -EMSGSIZE;
	return 0;
}

static bool is_host(const struct nlattr *attr, const union hps_addr *addr)
{
	size_t len;
	void *host = host_of(addr, &len);

	return nla_len(attr) == len && !memcmp(nla_data(attr), host, len);
}

static int need_host(struct genl_info *info, int attr)
{
	int len;

	if (!info->attrs[attr]) {
		NL_SET_ERR_MSG(info->extack, "Both addresses are needed");
		return -EINVAL;
	}
	len = nla_len(info->attrs[attr]);
	if (len == sizeof(struct in_addr) || len == sizeof(struct in6_addr))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
			    "An address has 4 or 16 octets");
	return -EINVAL;
}

int hps_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hps_net *hn = hps_net(genl_info_net(info));
	struct nlattr *local = info->attrs[HPS_A_PEER_LOCAL_ADDR];
	struct nlattr *remote = info->attrs[HPS_A_PEER_REMOTE_ADDR];
	const struct hps_channel *ch;
	struct peer peer = {};
	int err;

	err = need_host(info, HPS_A_PEER_LOCAL_ADDR);
	if (!err)
		err = need_host(info, HPS_A_PEER_REMOTE_ADDR);
	if (err)
		return err;
	spin_lock_bh(&hn->lock);
	list_for_each_entry(ch, &hn->pool, use_node) {
		if (is_host(local, &ch->key.local) &&
		    is_host(remote, &ch->key.remote))
			count_channel(&peer, ch);
	}
	spin_unlock_bh(&hn->lock);
	if (!peer.channels) {
		NL_SET_ERR_MSG_ATTR(info->extack, remote,
				    "No idle channel between these addresses");
		return -ENOENT;
	}
	return hps_nl_reply(info, HPS_CMD_PEER_GET, PEER_SIZE, GFP_KERNEL,
			    put_peer, &peer);
}

int hps_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct hps_net *hn = hps_net(sock_net(skb->sk));
	struct hps_nl_msg msg;
	struct peer *batch;
	bool full = false;
	int n, i, err;

	err = hps_nl_refuse_attrs(cb);
	if (err)
		return err;
	hps_nl_dump_msg(cb, HPS_CMD_PEER_GET, &msg);
	do {
		batch = kcalloc(PEER_BATCH, sizeof(*batch), GFP_KERNEL);
		if (!batch)
			return -ENOMEM;
		n = peer_batch(hn, batch, PEER_BATCH, cb->args[0]);
		for (i = 0; i < n && !full; i++) {
			full = hps_nl_put(skb, &msg, put_peer, &batch[i]);
			if (!full)
				cb->args[0] += batch[i].channels;
		}
		kfree(batch);
	} while (n == PEER_BATCH && !full);
	return skb->len;
}

/* --- counters --- */

struct counter {
	const char	*name;
	u64		value;
};

static int put_counter(struct sk_buff *skb, const void *object)
{
	const struct counter *c = object;

	if (nla_put_string(skb, HPS_A_COUNTER_NAME, c->name) ||
	    nla_put_u64_64bit(skb, HPS_A_COUNTER_VALUE, c->value,
			      HPS_A_COUNTER_PAD))
		return -EMSGSIZE;
	return 0;
}

int hps_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hps_net *hn = hps_net(genl_info_net(info));
	struct nlattr *attr = info->attrs[HPS_A_COUNTER_NAME];
	struct counter counter;
	int i;

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "The counter's name is missing");
		return -EINVAL;
	}
	for (i = 0; i < HPS_MIB_MAX; i++) {
		if (nla_strcmp(attr, hps_mib_name(i)))
			continue;
		counter.name = hps_mib_name(i);
		counter.value = hps_mib_sum(hn, i);
		return hps_nl_reply(info, HPS_CMD_STATS_GET, COUNTER_SIZE,
				    GFP_KERNEL, put_counter, &counter);
	}
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "No counter has this name");
	return -ENOENT;
}

int hps_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct hps_net *hn = hps_net(sock_net(skb->sk));
	struct hps_nl_msg msg;
	struct counter counter;
	int err;

	err = hps_nl_refuse_attrs(cb);
	if (err)
		return err;
	hps_nl_dump_msg(cb, HPS_CMD_STATS_GET, &msg);
	for (; cb->args[0] < HPS_MIB_MAX; cb->args[0]++) {
		counter.name = hps_mib_name(cb->args[0]);
		counter.value = hps_mib_sum(hn, cb->args[0]);
		if (hps_nl_put(skb, &msg, put_counter, &counter))
			break;
	}
	return skb->len;
}

/* --- histograms --- */

struct histogram {
	const char	*name;
	u64		bucket[HPS_HIST_BUCKETS];
};

static int put_histogram(struct sk_buff *skb, const void *object)
{
	const struct histogram *h = object;
	unsigned int i;

	if (nla_put_string(skb, HPS_A_HISTOGRAM_NAME, h->name))
		return -EMSGSIZE;
	for (i = 0; i < HPS_HIST_BUCKETS; i++) {
		if (nla_put_u64_64bit(skb, HPS_A_HISTOGRAM_BUCKET,
				      h->bucket[i], HPS_A_HISTOGRAM_PAD))
			return -EMSGSIZE;
	}
	return 0;
}

static void read_histogram(const struct hps_net *hn, enum hps_hist hist,
			   struct histogram *h)
{
	unsigned int i;

	h->name = hps_hist_name(hist);
	for (i = 0; i < HPS_HIST_BUCKETS; i++)
		h->bucket[i] = hps_hist_sum(hn, hist, i);
}

int hps_nl_histogram_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct hps_net *hn = hps_net(genl_info_net(info));
	struct nlattr *attr = info->attrs[HPS_A_HISTOGRAM_NAME];
	struct histogram h;
	int i;

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "The histogram's name is missing");
		return -EINVAL;
	}
	for (i = 0; i < HPS_HIST_MAX; i++) {
		if (nla_strcmp(attr, hps_hist_name(i)))
			continue;
		read_histogram(hn, i, &h);
		return hps_nl_reply(info, HPS_CMD_HISTOGRAM_GET,
				    HISTOGRAM_SIZE, GFP_KERNEL, put_histogram,
				    &h);
	}
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "No histogram has this name");
	return -ENOENT;
}

int hps_nl_histogram_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct hps_net *hn = hps_net(sock_net(skb->sk));
	struct hps_nl_msg msg;
	struct histogram h;
	int err;

	err = hps_nl_refuse_attrs(cb);
	if (err)
		return err;
	hps_nl_dump_msg(cb, HPS_CMD_HISTOGRAM_GET, &msg);
	for (; cb->args[0] < HPS_HIST_MAX; cb->args[0]++) {
		read_histogram(hn, cb->args[0], &h);
		if (hps_nl_put(skb, &msg, put_histogram, &h))
			break;
	}
	return skb->len;
}
