// SPDX-License-Identifier: GPL-2.0
/* Opening a connection, from both ends (design.md section 2). */
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/inet_dscp.h>
#include <net/route.h>
#include <net/sock.h>

#include "compat.h"
#include "conn/conn.h"
#include "conn/join.h"
#include "conn/listener.h"
#include "conn/path.h"
#include "conn/rejoin.h"
#include "conn/send.h"
#include "conn/snapshot.h"
#include "conn/watch.h"
#include "ddp/message.h"
#include "link/pool.h"
#include "link/prober.h"

/* As tcp_syn_retries: 1, 2, 4, ... seconds. */
#define MAX_TRIES	6

/* --- the initiator --------------------------------------------------------------- */

static int route4(struct sock *sk, struct hps_channel_key *key)
{
	struct flowi4 fl4 = {
		.daddr = key->remote.in.sin_addr.s_addr,
		.saddr = key->local.in.sin_addr.s_addr,
		.flowi4_oif = key->ifindex,
		.flowi4_mark = key->mark,
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_uid = key->uid,
	};
	struct rtable *rt;

	hps_flow4_set_class(&fl4, key->tos);
	if (ipv4_is_zeronet(fl4.daddr))
		fl4.daddr = htonl(INADDR_LOOPBACK);
	rt = ip_route_output_flow(sock_net(sk), &fl4, NULL);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return -ENETUNREACH;
	}
	key->local.in.sin_family = AF_INET;
	key->local.in.sin_addr.s_addr = fl4.saddr;
	key->remote.in.sin_addr.s_addr = fl4.daddr;
	key->ifindex = rt->dst.dev->ifindex;
	ip_rt_put(rt);
	return 0;
}

static int route6(struct sock *sk, struct hps_channel_key *key)
{
	struct in6_addr *dst = &key->remote.in6.sin6_addr;
	struct flowi6 fl6 = {
		.saddr = key->local.in6.sin6_addr,
		.flowi6_oif = key->ifindex,
		.flowi6_mark = key->mark,
		.flowi6_proto = IPPROTO_TCP,
		.flowi6_uid = key->uid,
		.flowlabel = ip6_make_flowinfo(key->tclass, 0),
	};
	struct dst_entry *rt;

	if (ipv6_addr_any(dst))
		*dst = in6addr_loopback;
	if (ipv6_addr_type(dst) & IPV6_ADDR_MULTICAST)
		return -ENETUNREACH;
	if (ipv6_addr_type(dst) & IPV6_ADDR_LINKLOCAL) {
		if (key->remote.in6.sin6_scope_id)
			fl6.flowi6_oif = key->remote.in6.sin6_scope_id;
		if (!fl6.flowi6_oif)
			return -EINVAL;
	}
	fl6.daddr = *dst;
	rt = ip6_dst_lookup_flow(sock_net(sk), NULL, &fl6, NULL);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	key->local.in6.sin6_family = AF_INET6;
	key->local.in6.sin6_addr = fl6.saddr;
	key->ifindex = rt->dev->ifindex;
	if (ipv6_addr_type(&fl6.saddr) & IPV6_ADDR_LINKLOCAL)
		key->local.in6.sin6_scope_id = key->ifindex;
	dst_release(rt);
	return 0;
}

/* Where the first path goes follows routing, also outside of the bundle. */
static int route(struct sock *sk, struct hps_conn *conn)
{
	struct hps_channel_key *key = &conn->key;

	key->mark = READ_ONCE(sk->sk_mark);
	key->priority = READ_ONCE(sk->sk_priority);
	key->uid = sk->sk_uid;
	key->local = conn->local;
	key->remote = conn->remote;
	key->remote.in.sin_port =
		htons(READ_ONCE(hps_net(conn->net)->sysctl.port));
	if (conn->remote.sa.sa_family == AF_INET6)
		return route6(sk, key);
	return route4(sk, key);
}

/**
 * hps_hello_fill - the part that all our hellos have in common
 * @conn:	the connection
 * @hello:	filled
 * @kind:	HPS_MSG_OPEN, ACCEPT, JOIN, JOINED or REFUSE
 */
void hps_hello_fill(const struct hps_conn *conn, struct hps_hello *hello,
		    u8 kind)
{
	const struct hps_net *hn = hps_net(conn->net);

	memset(hello, 0, sizeof(*hello));
	hello->version = HPS_WIRE_VERSION;
	hello->kind = kind;
	hello->features = cpu_to_be16(READ_ONCE(hn->sysctl.crc) ?
				      HPS_FEATURE_DIRECT | HPS_FEATURE_CRC :
				      HPS_FEATURE_DIRECT);
	hello->credit = cpu_to_be32(conn->rcv.credit.buffer);
	hello->host_id = cpu_to_be64(hn->host_id);
	hello->token = cpu_to_be64(conn->token);
}

static void open_hello(struct hps_conn *conn, struct hps_hello *hello)
{
	hps_hello_fill(conn, hello, HPS_MSG_OPEN);
	memcpy(hello->nonce, conn->nonce[0], HPS_NONCE_LEN);
	hello->port = conn->remote.in.sin_port;
	hello->source_port = conn->local.in.sin_port;
	hello->socktype = conn->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM;
}

/* Gives the connection its first path, pooled if possible and @warm. */
static int first_path(struct hps_conn *conn, bool warm)
{
	struct hps_channel *ch = NULL;
	struct hps_path *path;

	path = hps_path_new(conn, false, GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	open_hello(conn, &path->hello);
	if (warm)
		ch = hps_pool_get(conn->net, &conn->key);
	path->warm = ch;
	return hps_path_start(path, ch, &conn->key);
}

/* A pooled channel was dead already, or the listener's backlog was full. */
void hps_conn_redial(struct work_struct *work)
{
	struct hps_conn *conn = container_of(work, struct hps_conn,
					     redial.work);
	int err;

	if (READ_ONCE(conn->state) != HPS_CONN_OPENING)
		return;
	err = first_path(conn, false);
	spin_lock_bh(&conn->lock);
	if (err)
		hps_conn_lost(conn, err, HPS_REASON_NONE);
	else if (conn->state == HPS_CONN_CLOSED)
		/* It was given up meanwhile (TCP_USER_TIMEOUT). */
		hps_conn_stop_asking(conn);
	spin_unlock_bh(&conn->lock);
}

/**
 * hps_conn_connect - begin a connection
 * @sk:		the socket, locked
 * @conn:	made by hps_conn_alloc(), with its addresses; @local may be open
 *
 * Context: process. Returns 0 when the question is on its way, or one of
 * connect()'s errors.
 */
int hps_conn_connect(struct sock *sk, struct hps_conn *conn)
{
	int err;

	hps_nonce_draw(conn->nonce[0]);
	err = route(sk, conn);
	if (err)
		return err;
	err = hps_conn_publish(conn);
	if (err)
		return err;
	hps_mib_inc(conn->net, HPS_MIB_ACTIVE_OPEN);
	return first_path(conn, true);
}

static int refusal_errno(u32 reason)
{
	switch (reason) {
	case HPS_REASON_SOCKTYPE:
	case HPS_REASON_VERSION:
	case HPS_REASON_FEATURE:
		return -EPROTONOSUPPORT;
	default:
		return -ECONNREFUSED;
	}
}

/* The peer wants CRCs by now, and the channel comes from a time before. */
static bool is_outdated(const struct hps_path *path, u32 reason)
{
	return path->warm && reason == HPS_REASON_FEATURE;
}

/* On a new channel, if the old one was to blame; and as with a SYN that a full
 * backlog drops.
 */
static bool ask_again(struct hps_path *path, u32 reason)
{
	struct hps_conn *conn = path->conn;

	if (conn->state != HPS_CONN_OPENING)
		return false;
	if (is_outdated(path, reason)) {
		queue_delayed_work(hps_wq, &conn->redial, 0);
		return true;
	}
	if (reason != HPS_REASON_BACKLOG)
		return false;
	if (conn->tries == MAX_TRIES) {
		hps_conn_lost(conn, -ETIMEDOUT, reason);
		return true;
	}
	queue_delayed_work(hps_wq, &conn->redial, HZ << conn->tries++);
	return true;
}

static void refused(struct hps_path *path, const struct hps_hello *hello)
{
	struct hps_conn *conn = path->conn;
	struct hps_channel *ch = path->ch;
	enum hps_reason reason = hps_reason_of_peer(hello->reason);
	bool outdated = is_outdated(path, reason);
	bool join = path->join;

	if (join) {
		hps_mib_inc(conn->net, HPS_MIB_JOIN_REFUSED);
		spin_lock_bh(&conn->lock);
		/* The peer has started anew: what is left will not return. */
		if (reason == HPS_REASON_TOKEN && conn->stranded)
			hps_conn_lost(conn, hps_conn_reset_errno(conn), reason);
		spin_unlock_bh(&conn->lock);
	} else {
		hps_mib_inc(conn->net, HPS_MIB_OPEN_REFUSED);
		spin_lock_bh(&conn->lock);
		if (!ask_again(path, reason))
			hps_conn_lost(conn, refusal_errno(reason), reason);
		spin_unlock_bh(&conn->lock);
	}
	hps_conn_hold(conn);
	hps_path_detach(path);
	/* A pooled channel is as good as before; a cold one was rejected. */
	if (ch->state == HPS_CHANNEL_READY && !outdated)
		hps_pool_put(ch);
	else
		hps_channel_close(ch);
	spin_lock_bh(&conn->lock);
	if (join && outdated) {
		conn->joined = conn->one_link;
		hps_join_if_wanted(conn);
	} else if (join && (reason == HPS_REASON_MEMORY || conn->stranded)) {
		/* Other reasons last; but there is nothing better. */
		hps_rejoin_later(conn, HPS_PROBER_SLOW_MS);
	}
	spin_unlock_bh(&conn->lock);
	hps_conn_put(conn);
}

static void accepted(struct hps_path *path, const struct hps_hello *hello)
{
	struct hps_conn *conn = path->conn;

	spin_lock_bh(&conn->lock);
	if (conn->state != HPS_CONN_OPENING) {
		spin_unlock_bh(&conn->lock);
		return;
	}
	memcpy(conn->nonce[1], hello->nonce, HPS_NONCE_LEN);
	conn->peer_token = be64_to_cpu(hello->token);
	conn->peer_direct = be16_to_cpu(hello->features) & HPS_FEATURE_DIRECT;
	hps_credit_tx_init(&conn->snd.credit, be32_to_cpu(hello->credit));
	conn->key.local = path->ch->key.local;
	conn->local = path->ch->key.local;
	if (conn->bound_port)
		conn->local.in.sin_port = conn->bound_port;
	/* On a warm channel the OPEN was an FPDU. */
	if (!path->warm)
		path->todo |= HPS_PATH_FIRST;
	hps_conn_established(conn);
	hps_path_up(path);
	spin_unlock_bh(&conn->lock);
}

/**
 * hps_conn_answer - the peer has answered an open or a join
 * @path:	the path, OPENING, its channel locked; may be freed
 * @hello:	the answer
 */
void hps_conn_answer(struct hps_path *path, const struct hps_hello *hello)
{
	struct hps_channel *ch = path->ch;

	if (ch->state == HPS_CHANNEL_READY)
		hps_channel_ready(ch);
	if (path->state == HPS_PATH_OPENING && hello->kind == HPS_MSG_REFUSE)
		refused(path, hello);
	else if (hello->version != HPS_WIRE_VERSION)
		hps_channel_fail(ch, -EPROTONOSUPPORT);
	else if (hello->kind == HPS_MSG_ACCEPT && !path->join)
		accepted(path, hello);
	else if (hello->kind == HPS_MSG_JOINED && path->join)
		hps_join_on_joined(path, hello);
	else
		hps_channel_fail(ch, -EPROTO);
}

static bool is_by_peer(int err)
{
	return err == -ECONNRESET || err == -EPIPE;
}

/* What connect() tells of a channel that did not come up. A peer that ends it
 * without an answer refuses, as with a SYN: the last listener may have gone with
 * the channel in its queue.
 */
static int connect_errno(int err)
{
	if (is_by_peer(err))
		return -ECONNREFUSED;
	return err == -EBADMSG ? -EPROTO : err;
}

/* Can there be another path? With one pair of links it is as with TCP. Data lock
 * held.
 */
bool hps_conn_may_return(const struct hps_conn *conn)
{
	u8 pairs = conn->initiator ? conn->nr_offers : conn->nr_offered;

	return conn->many ||
	       (pairs > 1 && !conn->one_link &&
		conn->key.ifindex != conn->net->loopback_dev->ifindex);
}

/* Data lock held. */
static void strand(struct hps_conn *conn, int err)
{
	const struct hps_sysctls *sysctl = &hps_net(conn->net)->sysctl;
	unsigned int seconds = READ_ONCE(sysctl->conn_timeout);

	if (is_by_peer(err)) {
		conn->lost_err = hps_conn_reset_errno(conn);
		/* Maybe the peer has rebooted, and a responder cannot ask. */
		if (!conn->initiator)
			seconds = min(seconds, READ_ONCE(sysctl->probe_time));
	}
	hps_watch_strand(conn, seconds, err);
}

/**
 * hps_path_last_lost - a connection has no path any more
 * @path:	the last one, its channel locked; data lock held
 * @err:	what its channel died of
 */
void hps_path_last_lost(struct hps_path *path, int err)
{
	struct hps_conn *conn = path->conn;

	if (conn->state == HPS_CONN_OPENING) {
		if (path->warm)
			queue_delayed_work(hps_wq, &conn->redial, 0);
		else
			hps_conn_lost(conn, connect_errno(err),
				      HPS_REASON_NONE);
		return;
	}
	/* Everything was said: only the channel's way back is lost. */
	if (hps_conn_complete(conn)) {
		if (conn->orphan)
			hps_conn_end(conn);
		return;
	}
	if (conn->state == HPS_CONN_CLOSED)
		return;
	/* A lone path that a host has ended which lives is not waited for. */
	if (hps_conn_may_return(conn) && (conn->many || !is_by_peer(err))) {
		strand(conn, err);
		return;
	}
	hps_mib_inc(conn->net, HPS_MIB_CONN_LOST);
	hps_conn_lost(conn, err == -ETIMEDOUT ? err :
		      hps_conn_reset_errno(conn), HPS_REASON_NONE);
}

/* --- the responder ----------------------------------------------------------------- */

static void answer(struct hps_channel *ch, struct hps_path *path,
		   const struct hps_hello *hello)
{
	if (ch->state != HPS_CHANNEL_READY) {
		hps_channel_answer(ch, hello, false);
		return;
	}
	path->hello = *hello;
	spin_lock_bh(&path->conn->lock);
	hps_path_set(path, HPS_PATH_HELLO);
	spin_unlock_bh(&path->conn->lock);
}

/* Answers a hello with a refusal. The channel is locked. */
static void refuse(struct hps_channel *ch, enum hps_reason reason)
{
	struct hps_hello_msg msg;
	struct hps_hello hello = {
		.version = HPS_WIRE_VERSION,
		.kind = HPS_MSG_REFUSE,
		.reason = cpu_to_be32(reason),
	};

	hps_mib_inc(ch->net, HPS_MIB_REFUSE_SENT);
	if (ch->state != HPS_CHANNEL_READY) {
		hps_channel_answer(ch, &hello, true);
		/* The sweep closes it if the peer does not. */
		hps_channel_use(ch, NULL, NULL);
		return;
	}
	hps_hello_msg_build(&msg, &hello);
	/* Who goes on asking and does not read gets no more answers. */
	if (hps_channel_is_deaf(ch, SZ_64K))
		hps_channel_fail(ch, -ENOBUFS);
	else if (hps_channel_send_control(ch, &msg, sizeof(msg)))
		hps_channel_fail(ch, -ENOMEM);
}

static enum hps_reason inbound_open(struct hps_channel *ch,
				    const struct hps_hello *hello)
{
	struct hps_hello reply;
	enum hps_reason reason;
	struct hps_path *path;
	struct hps_conn *conn;

	conn = hps_listener_conn(ch, hello, &reason);
	if (!conn)
		return reason;
	path = hps_path_new(conn, false, GFP_ATOMIC);
	if (!path || hps_conn_publish(conn)) {
		if (path)
			hps_path_free(path);
		hps_listener_abandon(conn);
		return HPS_REASON_MEMORY;
	}
	spin_lock_bh(&conn->lock);
	conn->state = HPS_CONN_ESTABLISHED;
	conn->peer_direct = be16_to_cpu(hello->features) & HPS_FEATURE_DIRECT;
	conn->pending = true;
	hps_path_add(path, ch);
	hps_channel_use(ch, &hps_path_events, path);
	path->state = HPS_PATH_UP;
	hps_path_fit_slice(path);
	hps_conn_event(conn, HPS_CONN_EVENT_OPENED, HPS_REASON_NONE, 0);
	hps_path_note(path, HPS_CONN_EVENT_PATH_UP, HPS_PATH_CAUSE_NONE, 0);
	/* A short connection needs no other links. */
	conn->offer_later = true;
	hps_watch(conn);
	ch->ops->buffer(ch, conn->rcv.credit.buffer);
	spin_unlock_bh(&conn->lock);

	hps_hello_fill(conn, &reply, HPS_MSG_ACCEPT);
	reply.features &= hello->features;
	memcpy(reply.nonce, conn->nonce[1], HPS_NONCE_LEN);
	answer(ch, path, &reply);
	hps_mib_inc(ch->net, HPS_MIB_PASSIVE_OPEN);
	hps_listener_ready(conn);
	return HPS_REASON_NONE;
}

static enum hps_reason inbound_join(struct hps_channel *ch,
				    const struct hps_hello *hello)
{
	enum hps_reason reason;
	struct hps_hello reply;
	struct hps_path *path;

	path = hps_join_inbound(ch, hello, &reply, &reason);
	if (!path)
		return reason;
	answer(ch, path, &reply);
	return HPS_REASON_NONE;
}

/* A hello on a channel that nobody uses. The channel is locked. */
static void inbound_hello(struct hps_channel *ch, const struct hps_hello *hello)
{
	enum hps_reason reason = hps_hello_check(hello);

	/* A channel has CRCs from its start or never. */
	if (reason == HPS_REASON_NONE && ch->state == HPS_CHANNEL_READY &&
	    READ_ONCE(hps_net(ch->net)->sysctl.crc) && !ch->crc)
		reason = HPS_REASON_FEATURE;
	if (reason == HPS_REASON_NONE) {
		if (hello->kind == HPS_MSG_OPEN)
			reason = inbound_open(ch, hello);
		else if (hello->kind == HPS_MSG_JOIN)
			reason = inbound_join(ch, hello);
		else
			reason = HPS_REASON_PROTOCOL;
	}
	if (reason != HPS_REASON_NONE)
		refuse(ch, reason);
}

static int inbound_control(struct hps_channel *ch, const struct hps_msg *msg,
			   u32 len)
{
	const struct hps_hello_msg *m = (const void *)msg;

	/* It came behind the FINACK of the connection before. */
	if (msg->type == HPS_MSG_RESET)
		return -ECONNRESET;
	if ((msg->type != HPS_MSG_OPEN && msg->type != HPS_MSG_JOIN) ||
	    m->hello.kind != msg->type)
		return -EPROTO;
	inbound_hello(ch, &m->hello);
	return 0;
}

static int inbound_data(struct hps_channel *ch, const struct hps_data *data,
			u32 len, u32 pos, u32 here)
{
	return -EPROTO;
}

static void inbound_push(struct hps_channel *ch)
{
}

static void inbound_down(struct hps_channel *ch, int err)
{
	hps_channel_close(ch);
}

static const struct hps_channel_events inbound_events = {
	.hello		= inbound_hello,
	.control	= inbound_control,
	.data		= inbound_data,
	.push		= inbound_push,
	.down		= inbound_down,
};

const struct hps_channel_events *hps_inbound_events = &inbound_events;
