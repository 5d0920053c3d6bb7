// SPDX-License-Identifier: GPL-2.0
/* Paths, downwards: what waits becomes messages on a channel. */
#include "compat.h"
#include "conn/join.h"
#include "conn/path.h"
#include "conn/posted.h"
#include "conn/recv.h"
#include "conn/send.h"
#include "conn/serve.h"
#include "conn/watch.h"
#include "control/trace.h"
#include "ddp/message.h"

static int send_links(struct hps_path *path)
{
	u8 buf[HPS_MAX_CONTROL];
	int len = hps_join_offer(path, buf);

	if (len < 0)
		return len;
	return hps_channel_send_control(path->ch, buf, len);
}

static int send_hello(struct hps_path *path)
{
	struct hps_hello_msg msg;

	hps_hello_msg_build(&msg, &path->hello);
	return hps_channel_send_control(path->ch, &msg, sizeof(msg));
}

static int send_ack(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	struct hps_channel *ch = path->ch;
	struct hps_recv *rcv = &conn->rcv;
	struct hps_ack msg;
	u64 ack, edge;
	u32 buffer;
	int err;

	spin_lock_bh(&conn->lock);
	ack = hps_conn_arrived(conn);
	buffer = rcv->credit.buffer;
	edge = hps_credit_rx_edge(&rcv->credit, rcv->reasm.next, buffer);
	rcv->credit.acked = ack;
	conn->todo &= ~HPS_TODO_ACK;
	hps_watch(conn);
	spin_unlock_bh(&conn->lock);

	hps_ack_build(&msg, ack, edge, buffer);
	hps_mib_inc(conn->net, HPS_MIB_ACK_SENT);
	trace_hps_ack(conn->token, ch->key.ifindex, ack, edge, true);
	err = hps_channel_send_control(ch, &msg, sizeof(msg));
	if (!err && ch->state != HPS_CHANNEL_DEAD)
		path->buffer = buffer;
	return err;
}

static int send_auth(struct hps_path *path)
{
	struct hps_auth msg;
	u8 mac[HPS_MAC_LEN];

	hps_join_mac(path, true, mac);
	hps_auth_build(&msg, mac);
	return hps_channel_send_control(path->ch, &msg, sizeof(msg));
}

static int send_pong(struct hps_path *path)
{
	struct hps_ping msg;

	/* It tells no more than TCP does; a peer that does not read needs none. */
	if (hps_channel_is_deaf(path->ch, SZ_1M))
		return 0;
	hps_pong_build(&msg, path->pong);
	return hps_channel_send_control(path->ch, &msg, sizeof(msg));
}

static int send_ping(struct hps_path *path)
{
	struct hps_ping msg;

	/* TCP's acknowledgement is what counts; the answer tells no more. */
	hps_ping_build(&msg, (u32)path->rx_octets);
	hps_mib_inc(path->conn->net, HPS_MIB_PING_SENT);
	return hps_channel_send_control(path->ch, &msg, sizeof(msg));
}

static int send_finack(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	struct hps_channel *ch = path->ch;
	struct hps_fin msg;
	int err;

	hps_finack_build(&msg, conn->rcv.fin_off);
	err = hps_channel_send_control(ch, &msg, sizeof(msg));
	if (err || ch->state == HPS_CHANNEL_DEAD)
		return err;
	path->finack_sent = true;
	if (path->finack_seen)
		hps_path_finished(path);
	return 0;
}

static int send_fin(struct hps_path *path)
{
	struct hps_fin msg;

	hps_fin_build(&msg, path->conn->snd.end);
	return hps_channel_send_control(path->ch, &msg, sizeof(msg));
}

static int send_reset(struct hps_path *path)
{
	struct hps_channel *ch = path->ch;
	struct hps_reset msg;
	int err;

	hps_reset_build(&msg, path->conn->reason);
	hps_mib_inc(ch->net, HPS_MIB_RESET_SENT);
	err = hps_channel_send_control(ch, &msg, sizeof(msg));
	if (!err && ch->state != HPS_CHANNEL_DEAD)
		path->reset_sent = true;
	return err;
}

/* What a path must carry, in the order in which it must go. */
static const struct {
	u8	todo;
	int	(*send)(struct hps_path *path);
} path_todo[] = {
	{ HPS_PATH_HELLO,	send_hello },
	{ HPS_PATH_AUTH,	send_auth },
	{ HPS_PATH_FIRST,	send_ack },
	{ HPS_PATH_LINKS,	send_links },
	{ HPS_PATH_PONG,	send_pong },
	{ HPS_PATH_PING,	send_ping },
};

/* Takes a bit of the connection's list; the FIN only behind all data. */
static bool take_todo(struct hps_conn *conn, u8 bit)
{
	bool taken;

	spin_lock_bh(&conn->lock);
	taken = conn->todo & bit;
	if (bit == HPS_TODO_FIN &&
	    (conn->snd.nxt != conn->snd.end || !list_empty(&conn->snd.again) ||
	     hps_serve_waits(conn)))
		taken = false;
	if (taken) {
		conn->todo &= ~bit;
		if (bit == HPS_TODO_FIN) {
			conn->snd.fin_sent = true;
			hps_watch(conn);
		}
	}
	spin_unlock_bh(&conn->lock);
	return taken;
}

/* A message could not be begun: the bit is put back. */
static void put_todo(struct hps_path *path, u8 bit)
{
	spin_lock_bh(&path->conn->lock);
	path->conn->todo |= bit;
	spin_unlock_bh(&path->conn->lock);
	hps_channel_back_off(path->ch);
}

/* Every send can end the channel, and with it the path: false then. */
static bool push_own(struct hps_path *path)
{
	struct hps_channel *ch = path->ch;
	unsigned int i;

	/* Nothing follows the last message of the connection. */
	if (path->finack_sent || !READ_ONCE(path->todo))
		return true;
	for (i = 0; i < ARRAY_SIZE(path_todo); i++) {
		u8 bit = path_todo[i].todo;

		if (!(READ_ONCE(path->todo) & bit))
			continue;
		spin_lock_bh(&path->conn->lock);
		path->todo &= ~bit;
		spin_unlock_bh(&path->conn->lock);
		if (!path_todo[i].send(path) &&
		    ch->state != HPS_CHANNEL_DEAD)
			continue;
		if (ch->state != HPS_CHANNEL_DEAD) {
			spin_lock_bh(&path->conn->lock);
			path->todo |= bit;
			spin_unlock_bh(&path->conn->lock);
			hps_channel_back_off(ch);
		}
		return false;
	}
	return true;
}

/* The next segment, unless the channel itself holds what the transport has not taken:
 * nobody would know of it (hps_choose_look()). Its back-off asks again. Data lock held.
 */
static bool pull(struct hps_path *path, u32 ahead, struct hps_tx *tx)
{
	return !test_bit(HPS_CHANNEL_UNSENT, &path->ch->flags) &&
	       hps_send_pull(path->conn, path, ahead, tx);
}

/* Segments, each with knowledge of whether another follows at once. False if
 * the channel has ended.
 */
static bool push_data(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	struct hps_tx tx[2] hps_uninitialized;
	struct hps_channel *ch = path->ch;
	unsigned int cur = 0;
	bool have, more;

	spin_lock_bh(&conn->lock);
	have = pull(path, 0, &tx[0]);
	more = have && pull(path, tx[0].len, &tx[1]);
	spin_unlock_bh(&conn->lock);
	while (have) {
		if (ch->ops->send(ch, &tx[cur], more))
			hps_channel_fail(ch, -ENOMEM);
		cur = !cur;
		if (ch->state == HPS_CHANNEL_DEAD) {
			if (more)
				hps_tx_drop(&tx[cur]);
			return false;
		}
		have = more;
		if (!have)
			break;
		spin_lock_bh(&conn->lock);
		more = pull(path, tx[cur].len, &tx[!cur]);
		spin_unlock_bh(&conn->lock);
	}
	return true;
}

/* A message of the connection, if it is wanted. False if the channel ended. */
static bool push_todo(struct hps_path *path, u8 bit,
		      int (*send)(struct hps_path *path))
{
	struct hps_channel *ch = path->ch;

	if (!(READ_ONCE(path->conn->todo) & bit) || !take_todo(path->conn, bit))
		return true;
	if (send(path) && ch->state != HPS_CHANNEL_DEAD)
		put_todo(path, bit);
	return ch->state != HPS_CHANNEL_DEAD;
}

/* FINACK, if its time has come: the last message of the connection on this channel,
 * which acknowledges all. False if the path may be gone, or has nothing more to say.
 */
static bool push_finack(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	struct hps_channel *ch = path->ch;
	bool due;

	if (!READ_ONCE(conn->rcv.fin) || path->finack_sent)
		return true;
	spin_lock_bh(&conn->lock);
	due = hps_conn_may_finish(conn, path);
	if (due) {
		path->todo |= HPS_PATH_FINACK;
		/* It may go into a void. */
		if (path->health.state != HPS_HEALTH_SUSPECT)
			conn->todo &= ~HPS_TODO_ACK;
		conn->offer_later = false;
	}
	spin_unlock_bh(&conn->lock);
	if (!due)
		return true;
	if (send_finack(path) && ch->state != HPS_CHANNEL_DEAD)
		hps_channel_back_off(ch);
	return false;
}

static void push_up(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	struct hps_channel *ch = path->ch;
	/* What goes once must not go into a void. */
	bool suspect = path->health.state == HPS_HEALTH_SUSPECT;

	if (unlikely(READ_ONCE(conn->todo) & HPS_TODO_RESET)) {
		/* An end that was announced stays one, whatever comes behind it. */
		if (hps_path_usable(path) &&
		    !push_todo(path, HPS_TODO_FIN, send_fin))
			return;
		if (!suspect && !push_todo(path, HPS_TODO_RESET, send_reset))
			return;
		/* no memory; the peer shall know the reason */
		if (!suspect && !path->reset_sent &&
		    READ_ONCE(conn->todo) & HPS_TODO_RESET) {
			hps_channel_back_off(ch);
			return;
		}
	}
	if (READ_ONCE(conn->state) == HPS_CONN_CLOSED) {
		hps_path_retire(path);
		return;
	}
	if (!push_data(path))
		return;
	if (hps_path_usable(path) && !push_todo(path, HPS_TODO_FIN, send_fin))
		return;
	if (push_finack(path) && !path->finack_sent && !suspect)
		push_todo(path, HPS_TODO_ACK, send_ack);
}

/**
 * hps_path_push - send what a path can: its own messages, segments, the rest
 * @ch:	the path's channel, locked, allowed to send
 *
 * The order matters: what opens the path first, FINACK last.
 */
void hps_path_push(struct hps_channel *ch)
{
	struct hps_path *path = ch->user;
	struct hps_conn *conn = path->conn;

	/* The path may end here, and be the last to hold the connection. */
	hps_conn_hold(conn);
	/* Dropped behind what tells the peer of it: one packet does both. */
	if (hps_posted_take(path))
		ch->trim_later = true;
	if (unlikely(READ_ONCE(conn->offer_later))) {
		spin_lock_bh(&conn->lock);
		hps_join_offer_if_busy(conn);
		spin_unlock_bh(&conn->lock);
	}
	if (push_own(path) && path->state == HPS_PATH_UP)
		push_up(path);
	hps_conn_put(conn);
}
