// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection looks like from outside.
 */
#include "conn/snapshot.h"

#include <linux/rcupdate.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include <uapi/linux/hps_netlink.h>

#include "conn/choose.h"
#include "conn/conn.h"
#include "conn/join.h"
#include "conn/path.h"
#include "link/bundle.h"
#include "link/link.h"

static const struct hps_conn_observer __rcu *observer;

/* The state that TCP would be in; what is not said about acknowledged FINs
 * follows from who closed first.
 */
static u8 tcp_state(const struct hps_conn *conn)
{
	switch (conn->state) {
	case HPS_CONN_OPENING:
		return TCP_SYN_SENT;
	case HPS_CONN_CLOSED:
		return TCP_CLOSE;
	case HPS_CONN_ESTABLISHED:
		break;
	}
	if (conn->snd.fin && conn->rcv.fin)
		return TCP_LAST_ACK;
	if (conn->rcv.fin)
		return TCP_CLOSE_WAIT;
	if (conn->snd.fin)
		return conn->snd.fin_acked ? TCP_FIN_WAIT2 : TCP_FIN_WAIT1;
	return TCP_ESTABLISHED;
}

/* @edge - @from, where the edge may lie behind. */
static u64 ahead(u64 edge, u64 from)
{
	return edge > from ? edge - from : 0;
}

/* The socket clears conn->sk under the data lock before it loses its inode. */
static void fill_socket(const struct hps_conn *conn, struct hps_conn_head *head)
{
	const struct sock *sk = conn->sk;

	if (!sk) {
		head->uid = conn->key.uid;
		return;
	}
	head->uid = READ_ONCE(sk->sk_uid);
	if (sk->sk_socket)
		head->inode = SOCK_INODE(sk->sk_socket)->i_ino;
}

static void fill_head(const struct hps_conn *conn, struct hps_conn_head *head)
{
	const struct hps_send *snd = &conn->snd;
	const struct hps_reasm *reasm = &conn->rcv.reasm;

	memset(head, 0, sizeof(*head));
	head->local = conn->local;
	head->remote = conn->remote;
	head->token = conn->token;
	head->type = conn->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM;
	head->state = tcp_state(conn);
	head->initiator = conn->initiator;
	head->bundle_ifindex = conn->bundle_ifindex;
	head->mark = conn->key.mark;
	head->send_queue = ahead(snd->end, snd->una);
	head->unacked = ahead(snd->nxt, snd->una);
	head->receive_queue = reasm->ready;
	head->peer_window = min_t(u64, ahead(snd->credit.edge, snd->una),
				  U32_MAX);
	fill_socket(conn, head);
}

static void fill_flow(const struct hps_conn *conn, struct hps_conn_flow *flow)
{
	const struct hps_send *snd = &conn->snd;
	const struct hps_recv *rcv = &conn->rcv;
	struct hps_bundle_config config;

	hps_choose_config(conn, &config);
	*flow = (struct hps_conn_flow) {
		.una		= snd->una,
		.nxt		= snd->nxt,
		.end		= snd->end,
		.edge		= snd->credit.edge,
		.rcv_next	= rcv->reasm.next,
		.rcv_ready	= rcv->reasm.frontier,
		.rcv_edge	= rcv->credit.edge,
		.stalls		= snd->stalls,
		.resent_octets	= snd->resent_octets,
		.duplicate_octets = rcv->duplicate_octets,
		.peer_buffer	= snd->credit.buffer,
		.snd_memory	= snd->memory,
		.snd_limit	= READ_ONCE(snd->limit),
		.rcv_buffer	= rcv->credit.buffer,
		.rcv_cost	= min_t(u64, rcv->reasm.cost, U32_MAX),
		.cutoff		= config.cutoff,
		.join_at	= hps_join_cutoff(conn, &config),
		.bundle		= config.ifindex,
		.policy		= config.policy,
		.peer_links	= conn->nr_offers,
		.reason		= conn->reason,
		.joined		= conn->joined,
		.err		= conn->err,
	};
}

static u8 path_state(const struct hps_path *path)
{
	switch (path->state) {
	case HPS_PATH_OPENING:
		return HPS_PATH_STATE_OPENING;
	case HPS_PATH_UP:
		if (path->health.state == HPS_HEALTH_SUSPECT)
			return HPS_PATH_STATE_SUSPECT;
		if (path->health.state == HPS_HEALTH_SILENT)
			return HPS_PATH_STATE_SILENT;
		return HPS_PATH_STATE_UP;
	case HPS_PATH_DOWN:
		break;
	}
	return HPS_PATH_STATE_DOWN;
}

static void fill_path(const struct hps_path *path,
		      struct hps_path_snapshot *snap)
{
	const struct hps_channel *ch = path->ch;
	struct hps_channel_metrics m = {};

	memset(snap, 0, sizeof(*snap));
	snap->state = path_state(path);
	snap->link_id = path->link ? path->link->id : 0;
	snap->role = hps_choose_path_role(path);
	snap->tx_octets = path->tx_octets;
	snap->rx_octets = path->rx_octets;
	snap->tx_segments = path->tx_segments;
	snap->rx_segments = path->rx_segments;
	snap->resent = path->resent;
	snap->resent_octets = path->resent_octets;
	snap->duplicate_octets = path->duplicate_octets;
	snap->remote_id = path->remote_id;
	if (!ch)
		return;
	snap->ifindex = ch->key.ifindex;
	snap->local = ch->key.local;
	snap->remote = ch->key.remote;
	if (path->state != HPS_PATH_DOWN)
		ch->ops->metrics(ch, &m);
	snap->in_flight = m.in_flight;
	snap->srtt_us = m.srtt_us;
	snap->min_rtt_us = m.min_rtt_us;
	snap->mss = m.mss;
	snap->rate = m.rate;
}

/* The cut-off in effect; 0: there is none. To find it takes 10 us, of many paths 50:
 * not under the lock.
 */
static noinline_for_stack u32 cutoff_now(struct hps_conn *conn)
{
	struct hps_sched_path idle[HPS_CHOOSE_PATHS];
	struct hps_bundle_config config;
	unsigned int n = 0;
	u32 measured;

	spin_lock_bh(&conn->lock);
	hps_choose_config(conn, &config);
	if (config.policy != HPS_POLICY_DUPLICATE &&
	    !hps_choose_is_single(conn, &config))
		n = hps_choose_idle(conn, idle);
	spin_unlock_bh(&conn->lock);
	measured = hps_sched_cutoff(idle, n,
				    config.policy == HPS_POLICY_STRIPE);
	return measured ? max(measured, config.cutoff) : 0;
}

/**
 * hps_conn_snapshot() - look at a connection
 * @conn: the connection; the caller holds a reference
 * @snap: filled; 8 KB, so not on the stack
 *
 * Context: process or softirq; takes the data lock.
 */
void hps_conn_snapshot(struct hps_conn *conn, struct hps_conn_snapshot *snap)
{
	const struct hps_path *path;
	u32 cutoff = cutoff_now(conn);

	spin_lock_bh(&conn->lock);
	fill_head(conn, &snap->head);
	fill_flow(conn, &snap->flow);
	snap->flow.cutoff_now = cutoff;
	snap->nr_paths = 0;
	list_for_each_entry(path, &conn->paths, node) {
		if (snap->nr_paths == HPS_SNAPSHOT_PATHS)
			break;
		fill_path(path, &snap->path[snap->nr_paths++]);
	}
	spin_unlock_bh(&conn->lock);
}

/**
 * hps_conn_batch() - connections of a namespace, some at a time
 * @hn: the namespace
 * @batch: becomes references; NULL for one that is being freed
 * @max: room in @batch
 * @skip: how many were seen before
 *
 * Context: process or softirq. Return: number of entries filled.
 */
int hps_conn_batch(struct hps_net *hn, struct hps_conn **batch, int max,
		   long skip)
{
	struct hps_conn *conn;
	int n = 0;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(conn, &hn->conns, net_node) {
		if (skip-- > 0)
			continue;
		if (n == max)
			break;
		/* one that is being freed keeps its place in the count */
		batch[n++] = refcount_inc_not_zero(&conn->ref) ? conn : NULL;
	}
	spin_unlock_bh(&hn->lock);
	return n;
}

static void report(struct hps_conn *conn, enum hps_conn_event event,
		   const struct hps_path *path, enum hps_reason reason,
		   enum hps_nl_path_cause cause, int err)
{
	const struct hps_conn_observer *o;
	struct hps_path_snapshot path_snap;
	struct hps_conn_head head;

	lockdep_assert_held(&conn->lock);
	rcu_read_lock();
	o = rcu_dereference(observer);
	if (o && o->wanted(conn->net)) {
		fill_head(conn, &head);
		if (path)
			fill_path(path, &path_snap);
		o->event(conn->net, event, &head, path ? &path_snap : NULL,
			 reason, cause, err);
	}
	rcu_read_unlock();
}

/**
 * hps_conn_event() - report something to the floors above
 * @conn: the connection
 * @event: what happened
 * @reason: of a close or loss of all paths, else HPS_REASON_NONE
 * @err: negative errno of these, or 0
 *
 * Context: process or softirq, under the data lock.
 */
void hps_conn_event(struct hps_conn *conn, enum hps_conn_event event,
		    enum hps_reason reason, int err)
{
	report(conn, event, NULL, reason, HPS_PATH_CAUSE_NONE, err);
}

/**
 * hps_conn_path_event() - report what became of a path
 * @conn: the connection
 * @event: what happened
 * @path: to which path
 * @cause: why, if it is bad news
 * @err: negative errno of a loss, or 0
 *
 * Context: process or softirq, under the data lock. See hps_path_note().
 */
void hps_conn_path_event(struct hps_conn *conn, enum hps_conn_event event,
			 struct hps_path *path, enum hps_nl_path_cause cause,
			 int err)
{
	report(conn, event, path, HPS_REASON_NONE, cause, err);
}

/**
 * hps_conn_observe() - be told of events of connections
 * @new: the only observer, or NULL to end it; then no call runs on return
 *
 * Context: process; one caller (control/).
 */
void hps_conn_observe(const struct hps_conn_observer *new)
{
	rcu_assign_pointer(observer, new);
	if (!new)
		synchronize_rcu();
}
