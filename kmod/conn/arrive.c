// SPDX-License-Identifier: GPL-2.0
/* Paths, upwards: the events of a connection's channels. */
#include <net/sock.h>

#include "conn/ask.h"
#include "conn/join.h"
#include "conn/listener.h"
#include "conn/path.h"
#include "conn/place.h"
#include "conn/posted.h"
#include "conn/recv.h"
#include "conn/rejoin.h"
#include "conn/send.h"
#include "conn/snapshot.h"
#include "conn/watch.h"
#include "control/trace.h"
#include "ddp/message.h"
#include "link/link.h"

/* Does the path's segment answer what this end has asked? */
static bool is_answer(const struct hps_path *path)
{
	return path->rx_type == HPS_MSG_RESULT ||
	       (path->rx_type == HPS_MSG_PLACE && path->rx_answer);
}

/* Notes payload of the path's segment. Data lock held. */
static int note_payload(struct hps_path *path, u32 pos, u32 len, bool end)
{
	struct hps_conn *conn = path->conn;
	struct hps_reasm *r = &conn->rcv.reasm;
	bool is_data = path->rx_type == HPS_MSG_DATA;
	u32 fresh = 0, more;
	int err = 0;

	/* Data for nobody: TCP would answer with a reset as well. The channel
	 * stays for it, and for an end that was announced and not sent yet.
	 */
	if (conn->state == HPS_CONN_CLOSED ||
	    (conn->orphan && !is_answer(path) && path->rx_off + len + path->rx_mark > r->frontier)) {
		hps_conn_reset(conn, HPS_REASON_CLOSED);
		path->rx_off += len;
		return 0;
	}
	if (!is_data)
		err = hps_place_payload(path, pos, len, end, &fresh);
	else if (len)
		err = hps_reasm_insert(r, &path->rxq, path->rx_off, len, pos,
				       false, &fresh);
	if (!err && end && path->rx_mark)
		err = hps_reasm_insert(r, &path->rxq, path->rx_off + len, 1,
				       pos + len, true, &more);
	/* Before a reader, of another path's data, sees what is behind it. */
	if (unlikely(conn->direct))
		hps_place_due(conn);
	if (err)
		return err;
	path->rx_off += len;
	if (fresh < len) {
		hps_mib_add(conn->net, HPS_MIB_DUPLICATE_OCTETS, len - fresh);
		path->duplicate_octets += len - fresh;
		conn->rcv.duplicate_octets += len - fresh;
	}
	return 0;
}

static int path_data(struct hps_channel *ch, const struct hps_data *data,
		     u32 len, u32 pos, u32 here)
{
	struct hps_path *path = ch->user;
	struct hps_conn *conn = path->conn;
	struct hps_recv *rcv = &conn->rcv;
	u64 off = be64_to_cpu(data->offset), ack;
	bool is_data = data->msg.type == HPS_MSG_DATA;
	bool mark = is_data && data->msg.flags & HPS_DATA_EOR;
	int err = -EPROTO;

	spin_lock_bh(&conn->lock);
	if (path->state != HPS_PATH_UP || (mark && !conn->seqpacket) ||
	    path->finack_seen)
		goto out;
	if (!hps_credit_rx_allows(&rcv->credit, off, len + mark,
				  rcv->reasm.cost)) {
		hps_mib_inc(conn->net, HPS_MIB_CREDIT_EXCEEDED);
		hps_conn_reset(conn, HPS_REASON_CREDIT);
		goto out;
	}
	if (rcv->fin && off + len + mark > rcv->fin_off)
		goto out;
	if (off + len + mark > rcv->reasm.frontier)
		hps_credit_rx_charge(&rcv->credit, off, len + mark);
	if (!is_data && hps_place_begin(path, data))
		goto out;
	path->rx_off = off;
	path->rx_type = data->msg.type;
	path->rx_mark = mark;
	path->rx_copy = data->msg.flags & HPS_DATA_DUPLICATE;
	path->rx_octets += len;
	path->rx_segments++;
	if (data->msg.flags & HPS_DATA_ACK)
		rcv->ask = max(rcv->ask, off + len + mark);
	ack = hps_credit_expand(conn->snd.una, be32_to_cpu(data->ack));
	err = hps_send_ack(conn, ack, ack + be32_to_cpu(data->window), 0);
	if (!err && here)
		err = note_payload(path, pos, here, here == len) ? : here;
	if (err == -ENOMEM)
		err = 0;
out:
	spin_unlock_bh(&conn->lock);
	if (err >= 0) {
		hps_link_count(path->link, 0, len, 0, 1);
		hps_mib_received(ch->net, len);
		trace_hps_segment_received(conn->token, ch->key.ifindex, off,
					   len, data->msg.flags &
					   HPS_DATA_RESENT);
	}
	return err;
}

static int path_payload(struct hps_channel *ch, u32 pos, u32 len, bool end)
{
	struct hps_path *path = ch->user;
	int err;

	spin_lock_bh(&path->conn->lock);
	err = note_payload(path, pos, len, end);
	spin_unlock_bh(&path->conn->lock);
	return err;
}

/* Does the path's newest arrival lie behind a gap? */
static bool holds_beyond(const struct hps_path *path, u64 frontier)
{
	const struct hps_extent *e;

	if (list_empty(&path->rxq.extents))
		return false;
	e = list_last_entry(&path->rxq.extents, struct hps_extent, by_pos);
	return e->off > frontier;
}

/* Everything that has arrived was noted: who must know? */
static u32 path_parsed(struct hps_channel *ch, u32 pos)
{
	struct hps_path *path = ch->user;
	struct hps_conn *conn = path->conn;
	struct hps_recv *rcv = &conn->rcv;
	u64 frontier;

	spin_lock_bh(&conn->lock);
	conn->alive.heard = jiffies;
	if (unlikely(path->rx_type > HPS_MSG_DATA))
		hps_recv_placed(conn);
	hps_posted_arrived(path);
	frontier = rcv->reasm.frontier;
	ch->waits = holds_beyond(path, frontier);
	if (unlikely(conn->deferred) && (frontier || rcv->fin))
		hps_listener_data(conn);
	if (unlikely(conn->offer_later))
		hps_join_offer_if_busy(conn);
	if (frontier != rcv->told) {
		rcv->told = frontier;
		if (hps_conn_heard_all(conn))
			hps_ask_no_answers(conn);
		hps_recv_arrived(conn);
		if (hps_conn_heard_all(conn)) {
			conn->todo |= HPS_TODO_ACK;
			hps_conn_check_end(conn);
		}
	}
	if (frontier != rcv->credit.acked && frontier + 1 != rcv->credit.acked) {
		/* Copies end with the acknowledgement. */
		if (path->rx_copy ||
		    hps_credit_rx_ack_due(&rcv->credit, frontier) ||
		    (rcv->ask > rcv->credit.acked && frontier >= rcv->ask))
			conn->todo |= HPS_TODO_ACK;
		else
			hps_conn_ack_later(conn);
	}
	/* A suspect path acknowledges nothing. */
	if (conn->todo & HPS_TODO_ACK &&
	    path->health.state == HPS_HEALTH_SUSPECT)
		hps_path_kick_one(conn);
	else if (conn->todo & HPS_TODO_ACK)
		ch->ops->kick(ch);
	if (conn->initiator && conn->nr_paths > 1)
		hps_watch(conn);
	hps_join_if_wanted(conn);
	hps_rxq_first(&path->rxq, &pos);
	spin_unlock_bh(&conn->lock);
	return pos;
}

static u32 path_keep(const struct hps_channel *ch, u32 pos)
{
	struct hps_path *path = ch->user;

	/* Only arrivals add to it, and the channel is locked. */
	if (list_empty(&path->rxq.extents))
		return pos;
	spin_lock_bh(&path->conn->lock);
	hps_rxq_first(&path->rxq, &pos);
	spin_unlock_bh(&path->conn->lock);
	return pos;
}

static int on_ack(struct hps_path *path, const struct hps_msg *msg, u32 len)
{
	const struct hps_ack *m = (const void *)msg;
	struct hps_conn *conn = path->conn;
	u64 edge = be64_to_cpu(m->edge);
	int err;

	trace_hps_ack(conn->token, path->ch->key.ifindex, be64_to_cpu(m->ack),
		      edge, false);
	spin_lock_bh(&conn->lock);
	err = hps_send_ack(conn, be64_to_cpu(m->ack), edge,
			   be32_to_cpu(m->buffer));
	spin_unlock_bh(&conn->lock);
	return err;
}

static int on_fin(struct hps_path *path, const struct hps_msg *msg, u32 len)
{
	const struct hps_fin *m = (const void *)msg;
	struct hps_conn *conn = path->conn;
	struct hps_recv *rcv = &conn->rcv;
	u64 off = be64_to_cpu(m->offset);
	int err = -EPROTO;

	spin_lock_bh(&conn->lock);
	if (rcv->fin ? off != rcv->fin_off : off < rcv->credit.arrived ||
					     off > rcv->credit.edge)
		goto out;
	err = 0;
	if (rcv->fin) {
		/* A peer that does not read can have no need of many. */
		if (!hps_channel_is_deaf(path->ch, SZ_1M))
			conn->todo |= HPS_TODO_ACK;
		goto out;
	}
	/* Often the application closes as well, and that acknowledges it. */
	if (conn->snd.fin || rcv->reasm.frontier != off)
		conn->todo |= HPS_TODO_ACK;
	else
		hps_conn_ack_soon(conn);
	WRITE_ONCE(rcv->fin_off, off);
	smp_store_release(&rcv->fin, true);	/* hps_recv_at_end() */
	if (hps_conn_heard_all(conn)) {
		hps_ask_no_answers(conn);
		hps_posted_arrived(path);
		hps_recv_arrived(conn);
		hps_conn_check_end(conn);
	}
out:
	spin_unlock_bh(&conn->lock);
	return err;
}

static int on_finack(struct hps_path *path, const struct hps_msg *msg, u32 len)
{
	struct hps_conn *conn = path->conn;

	spin_lock_bh(&conn->lock);
	/* The sender of a FINACK has all our data and our FIN. */
	if (!conn->snd.fin_sent ||
	    hps_send_ack(conn, conn->snd.end + 1, 0, 0)) {
		spin_unlock_bh(&conn->lock);
		return -EPROTO;
	}
	path->finack_seen = true;
	/* No path is chosen for it any more when the timer of its own runs out. */
	if (hps_conn_heard_all(conn) &&
	    conn->rcv.credit.acked <= conn->rcv.fin_off)
		conn->todo |= HPS_TODO_ACK;
	hps_conn_check_end(conn);
	spin_unlock_bh(&conn->lock);
	if (path->finack_sent)
		hps_path_finished(path);
	return 0;
}

static int on_reset(struct hps_path *path, const struct hps_msg *msg, u32 len)
{
	const struct hps_reset *m = (const void *)msg;
	struct hps_conn *conn = path->conn;
	enum hps_reason reason;

	/* It is the last word of the connection that had the channel before. */
	if (path->warm && path->state == HPS_PATH_OPENING)
		return -ECONNRESET;
	/* Who has not proved to be the peer cannot end its connection. */
	if (path->join && path->state != HPS_PATH_UP)
		return -EPROTO;
	spin_lock_bh(&conn->lock);
	if (conn->state != HPS_CONN_CLOSED)
		hps_mib_inc(conn->net, HPS_MIB_CONN_RESET);
	/* What came before it counts. */
	hps_posted_arrived(path);
	reason = hps_reason_of_peer(m->reason);
	hps_conn_lost(conn, reason == HPS_REASON_ACCESS ? -EREMOTEIO :
					hps_conn_reset_errno(conn), reason);
	spin_unlock_bh(&conn->lock);
	return -ECONNRESET;
}

static int on_ping(struct hps_path *path, const struct hps_msg *msg, u32 len)
{
	const struct hps_ping *m = (const void *)msg;

	path->pong = be32_to_cpu(m->cookie);
	spin_lock_bh(&path->conn->lock);
	hps_path_set(path, HPS_PATH_PONG);
	spin_unlock_bh(&path->conn->lock);
	return 0;
}

static int on_pong(struct hps_path *path, const struct hps_msg *msg, u32 len)
{
	return 0;
}

static int on_answer(struct hps_path *path, const struct hps_msg *msg, u32 len)
{
	const struct hps_hello_msg *m = (const void *)msg;

	if (path->state != HPS_PATH_OPENING || !path->ch->outbound)
		return -EPROTO;
	hps_conn_answer(path, &m->hello);
	return 0;
}

static const struct {
	bool	early;		/* allowed before the path is up */
	int	(*handle)(struct hps_path *path, const struct hps_msg *msg,
			  u32 len);
} path_control_table[] = {
	[HPS_MSG_ACCEPT]	= { true,  on_answer },
	[HPS_MSG_REFUSE]	= { true,  on_answer },
	[HPS_MSG_JOINED]	= { true,  on_answer },
	[HPS_MSG_AUTH]		= { true,  hps_join_on_auth },
	[HPS_MSG_ACK]		= { false, on_ack },
	[HPS_MSG_FIN]		= { false, on_fin },
	[HPS_MSG_FINACK]	= { false, on_finack },
	[HPS_MSG_RESET]		= { true,  on_reset },
	[HPS_MSG_PING]		= { false, on_ping },
	[HPS_MSG_PONG]		= { true,  on_pong },
	[HPS_MSG_LINKS]		= { false, hps_join_on_links },
};

static int path_control(struct hps_channel *ch, const struct hps_msg *msg,
			u32 len)
{
	struct hps_path *path = ch->user;

	if (msg->type >= ARRAY_SIZE(path_control_table) ||
	    !path_control_table[msg->type].handle ||
	    (path->state != HPS_PATH_UP &&
	     !path_control_table[msg->type].early))
		return -EPROTO;
	return path_control_table[msg->type].handle(path, msg, len);
}

static void path_hello(struct hps_channel *ch, const struct hps_hello *hello)
{
	hps_conn_answer(ch->user, hello);
}

static enum hps_nl_path_cause cause_of(const struct hps_channel *ch, int err)
{
	enum hps_nl_path_cause cause = hps_linkevent_lost(ch);

	/* A link that fails here fails the peer, too, whose word may be first. */
	if (cause)
		return cause;
	if (READ_ONCE(ch->cause))
		return ch->cause;
	return err == -ECONNRESET || err == -EPIPE ? HPS_PATH_CAUSE_PEER :
						     HPS_PATH_CAUSE_TRANSPORT;
}

static void path_down(struct hps_channel *ch, int err)
{
	struct hps_path *path = ch->user;
	struct hps_conn *conn = path->conn;
	bool was_up = path->state == HPS_PATH_UP;
	struct hps_path *other;
	bool left = false;

	spin_lock_bh(&conn->lock);
	path->state = HPS_PATH_DOWN;
	hps_posted_arrived(path);
	trace_hps_path_down(conn->token, ch->key.ifindex, 0, err);
	if (was_up)
		hps_path_note(path, HPS_CONN_EVENT_PATH_DOWN,
			      cause_of(ch, err), err);
	hps_send_path_lost(conn, path);
	hps_join_offer_lost(path);
	list_for_each_entry(other, &conn->paths, node)
		left |= other->state == HPS_PATH_UP;
	if (left) {
		if (was_up)
			hps_mib_inc(ch->net, HPS_MIB_PATH_DOWN);
		hps_path_kick_all(conn);
	} else if (!path->join || was_up) {
		hps_path_last_lost(path, err);
	}
	hps_rejoin_path_lost(path, was_up);
	spin_unlock_bh(&conn->lock);
	hps_path_release(path);
}

const struct hps_channel_events hps_path_events = {
	.hello		= path_hello,
	.control	= path_control,
	.data		= path_data,
	.early		= hps_place_early,
	.payload	= path_payload,
	.parsed		= path_parsed,
	.keep		= path_keep,
	.push		= hps_path_push,
	.down		= path_down,
};
