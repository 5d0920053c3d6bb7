// SPDX-License-Identifier: GPL-2.0
/*
 * Receives that were posted: memory of the program that waits for the stream.
 *
 *   hps_posted_add --> posted --has what it waits for, or the stream ends--> completed
 *                        |
 *                        | cancelled, its region goes, the connection ends
 *                        v
 *                      completed with an error
 *
 * The first of them gets what is in order, as a reader would. It is copied by whoever
 * has the channel locked in whose queue it lies: where it arrives, if it is in order
 * then. If it lies in another one, that is kicked; a dead one is never pushed, so a work
 * locks it. While any are posted there is nothing for readers (hps_recv_queued()), and
 * they cannot be posted while one reads, for both lock the socket: so of those who copy
 * none takes what another one is about to.
 */
#include "conn/posted.h"

#include <linux/slab.h>
#include <net/sock.h>

#include "conn/cq.h"
#include "conn/direct.h"
#include "conn/place.h"
#include "conn/recv.h"
#include "ddp/access.h"
#include "ddp/region.h"

/* So much is copied at once, for the data lock is held. */
#define TURN	SZ_256K

static struct hps_receive *first(const struct hps_conn *conn)
{
	return list_first_entry(&conn->direct->receives, struct hps_receive,
				node);
}

static void finish(struct hps_conn *conn, struct hps_receive *rv, int status,
		   u8 flags)
{
	const struct hps_direct_completion completion = {
		.data = rv->data,
		.value = rv->done + rv->dropped,
		.len = rv->done,
		.status = status,
		.op = HPS_DIRECT_RECV,
		.flags = flags,
	};
	struct hps_cq *cq = conn->direct->cq;

	list_del(&rv->node);
	WRITE_ONCE(conn->rcv.posted, conn->rcv.posted - 1);
	hps_mib_inc(conn->net, HPS_MIB_RECEIVE_COMPLETED);
	if (rv->queued) {
		if (rv->flags & HPS_DIRECT_SILENT && !status)
			hps_cq_cancel(cq);
		else
			hps_cq_complete(cq, &completion);
	}
	kfree(rv);
}

static void finish_all(struct hps_conn *conn, int status, u8 flags)
{
	while (conn->rcv.posted)
		finish(conn, first(conn), status ? : first(conn)->status, flags);
}

/* --- what comes for the first one --------------------------------------------------- */

/* Octets that the piece which is being filled has room for; 0: none has. */
static u64 room(struct hps_receive *rv)
{
	while (rv->at < rv->nr && rv->filled == rv->piece[rv->at].len) {
		rv->at++;
		rv->filled = 0;
	}
	return rv->at < rv->nr ? rv->piece[rv->at].len - rv->filled : 0;
}

/* Returns 0, -EFAULT: the memory is not there any more; or -EPROTO. */
static int fill(struct hps_path *path, struct hps_receive *rv, u32 pos, u32 len)
{
	const struct hps_direct_piece *piece = &rv->piece[rv->at];
	const struct hps_conn *conn = path->conn;
	u64 off = piece->offset + rv->filled;
	struct hps_region *region;
	int err = -EFAULT;

	rcu_read_lock();
	if (!hps_direct_find(conn, piece->stag, off, len, DDP_RIGHT_SINK,
			     &region))
		err = hps_place_copy(path->ch, pos, region, off, len) ?
		      -EPROTO : 0;
	rcu_read_unlock();
	if (err)
		return err;
	rv->filled += len;
	rv->done += len;
	hps_mib_add(conn->net, HPS_MIB_POSTED_OCTETS, len);
	return 0;
}

/* The memory is gone. What a stream has goes to the next one; a record that has begun
 * does not go on there.
 */
static void lose(struct hps_conn *conn, struct hps_receive *rv)
{
	if (conn->seqpacket && rv->done) {
		rv->status = -EFAULT;
		rv->at = rv->nr;
	} else {
		finish(conn, rv, -EFAULT, 0);
	}
}

/* Takes of what lies at @e, in the queue of @path, @left octets at most. */
static void take(struct hps_path *path, const struct hps_extent *e, u32 *left)
{
	struct hps_conn *conn = path->conn;
	struct hps_receive *rv = first(conn);
	u64 n = min_t(u64, e->len, *left), space = room(rv);
	int err;

	if (space) {
		n = min(n, space);
		err = fill(path, rv, e->pos, n);
		if (err == -EPROTO)
			hps_conn_reset(conn, HPS_REASON_PROTOCOL);
		else if (err)
			lose(conn, rv);
		if (err)
			return;
	} else {
		/* The record is longer. */
		rv->dropped += n;
	}
	hps_reasm_consume(&conn->rcv.reasm, n);
	/* Little ones cost as much. */
	*left -= min_t(u64, *left, max_t(u64, n, HPS_MIN_SEGMENT_COST));
	if (!conn->seqpacket && rv->done == rv->len)
		finish(conn, rv, 0, 0);
}

static void end_record(struct hps_conn *conn)
{
	struct hps_receive *rv = first(conn);

	hps_reasm_consume(&conn->rcv.reasm, 1);
	finish(conn, rv, rv->status,
	       HPS_DIRECT_EOR | (rv->dropped ? HPS_DIRECT_TRUNC : 0));
}

/* --- what is left --------------------------------------------------------------------- */

/* What comes next lies in the queue of this path. */
static void ask(struct hps_conn *conn, const struct hps_path *path)
{
	if (path->state != HPS_PATH_DOWN) {
		path->ch->ops->kick(path->ch);
		return;
	}
	hps_conn_hold(conn);
	if (!queue_work(hps_wq, &conn->direct->drain))
		hps_conn_put(conn);
}

/* Would a reader who finds nothing be told of the end? */
static bool is_over(const struct hps_conn *conn)
{
	return hps_recv_at_end(conn) ||
	       (conn->sk && READ_ONCE(conn->sk->sk_shutdown) & RCV_SHUTDOWN);
}

/* Nothing is in order now. */
static void settle(struct hps_conn *conn)
{
	struct hps_receive *rv = first(conn);

	if (is_over(conn))
		finish_all(conn, 0, HPS_DIRECT_END);
	else if (!conn->seqpacket && rv->done &&
		 !(rv->flags & HPS_DIRECT_WAITALL))
		finish(conn, rv, 0, 0);
}

/**
 * hps_posted_run - give the receives that are posted what is there for them
 * @conn:	the connection, with some of them; data lock held
 * @path:	one of its paths whose channel is locked, or NULL
 *
 * HPS_TODO_ACK may be set then; the caller kicks, or pushes.
 */
void hps_posted_run(struct hps_conn *conn, struct hps_path *path)
{
	struct hps_reasm *r = &conn->rcv.reasm;
	struct hps_extent *e = NULL;
	u64 before = r->next;
	u32 left = TURN;

	lockdep_assert_held(&conn->lock);
	while (conn->rcv.posted && (e = hps_reasm_head(r))) {
		if (e->mark)
			end_record(conn);
		else if (path && e->rxq == &path->rxq && left)
			take(path, e, &left);
		else
			break;
	}
	if (conn->rcv.posted && e)
		ask(conn, container_of(e->rxq, struct hps_path, rxq));
	else if (conn->rcv.posted)
		settle(conn);
	if (r->next != before) {
		hps_recv_placed(conn);
		hps_conn_check_end(conn);
	}
	/* Readers find what is left. */
	if (!conn->rcv.posted)
		hps_recv_arrived(conn);
}

/**
 * hps_posted_look - there may be something for receives, or the end
 * @conn:	the connection; data lock held, no channel locked
 */
void hps_posted_look(struct hps_conn *conn)
{
	if (conn->rcv.posted)
		hps_posted_run(conn, NULL);
	if (conn->todo & HPS_TODO_ACK)
		hps_path_kick_one(conn);
}

/**
 * hps_posted_take - the channel of a path was kicked, maybe for this
 * @path:	the path, its channel locked
 *
 * Returns true if something of the stream was taken: its queue can be trimmed.
 */
bool hps_posted_take(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	bool taken;
	u64 before;

	if (likely(!READ_ONCE(conn->rcv.posted)))
		return false;
	spin_lock_bh(&conn->lock);
	before = conn->rcv.reasm.next;
	hps_posted_arrived(path);
	taken = conn->rcv.reasm.next != before;
	/* It says nothing of what was taken itself. */
	if (taken && path->health.state == HPS_HEALTH_SUSPECT &&
	    conn->todo & HPS_TODO_ACK)
		hps_path_kick_one(conn);
	spin_unlock_bh(&conn->lock);
	return taken;
}

/* The channel, dead or not, of what comes next, with a reference; or NULL. */
static struct hps_channel *next_channel(struct hps_conn *conn)
{
	struct hps_channel *ch = NULL;
	struct hps_extent *e = NULL;

	spin_lock_bh(&conn->lock);
	if (conn->rcv.posted)
		e = hps_reasm_head(&conn->rcv.reasm);
	if (e && e->rxq) {
		ch = container_of(e->rxq, struct hps_path, rxq)->ch;
		hps_channel_hold(ch);
	}
	spin_unlock_bh(&conn->lock);
	return ch;
}

/**
 * hps_posted_drain - the work that takes from a dead channel
 * @work:	of hps_direct, with a reference on the connection
 */
void hps_posted_drain(struct work_struct *work)
{
	struct hps_conn *conn = container_of(work, struct hps_direct,
					     drain)->conn;
	struct hps_channel *ch = next_channel(conn);
	struct hps_path *path;

	if (ch) {
		hps_channel_lock(ch);
		spin_lock_bh(&conn->lock);
		/* Its path may have gone meanwhile, what it held taken. */
		path = ch->events == &hps_path_events ? ch->user : NULL;
		if (path && path->conn == conn)
			hps_posted_arrived(path);
		/* What lies there went, or goes on from there. */
		hps_posted_look(conn);
		spin_unlock_bh(&conn->lock);
		hps_recv_let_go(ch, false);
	}
	hps_conn_put(conn);
}

/* --- posting and cancelling ------------------------------------------------------------ */

/**
 * hps_posted_add - post a receive
 * @conn:	the connection
 * @cq:		where its completion goes; NULL only if it is SILENT
 * @rv:		the receive, with its pieces; the connection's if this succeeds
 *
 * Context: process, socket lock held. Never waits. Returns 0, -ENOTCONN: the connection
 * has ended; -EAGAIN: there are too many; -ENOBUFS, -ENOMEM.
 */
int hps_posted_add(struct hps_conn *conn, struct hps_cq *cq,
		   struct hps_receive *rv)
{
	struct hps_direct *d;
	int err = 0;

	spin_lock_bh(&conn->lock);
	d = hps_direct_get(conn, GFP_ATOMIC);
	if (!d)
		err = -ENOMEM;
	else if (conn->state == HPS_CONN_CLOSED)
		err = -ENOTCONN;
	else if (conn->rcv.posted >= HPS_DIRECT_DEPTH)
		err = -EAGAIN;
	else if (cq)
		err = hps_direct_reserve(d, cq);
	if (!err) {
		rv->queued = cq;
		list_add_tail(&rv->node, &d->receives);
		WRITE_ONCE(conn->rcv.posted, conn->rcv.posted + 1);
		hps_posted_look(conn);
	}
	spin_unlock_bh(&conn->lock);
	return err;
}

/**
 * hps_posted_cancel - take back receives
 * @conn:	the connection
 * @data:	those with this, or NULL: all
 *
 * One that has part of a record stays: the rest of that must not be a record of its own
 * for the next one. Context: process. Returns 0, or -ENOENT: there was none.
 */
int hps_posted_cancel(struct hps_conn *conn, const u64 *data)
{
	struct hps_receive *rv, *next;
	int err = -ENOENT;

	spin_lock_bh(&conn->lock);
	if (!conn->rcv.posted)
		goto out;
	list_for_each_entry_safe(rv, next, &conn->direct->receives, node) {
		if ((data && rv->data != *data) ||
		    (conn->seqpacket && rv->done + rv->dropped))
			continue;
		finish(conn, rv, -ECANCELED, 0);
		err = 0;
	}
	if (!conn->rcv.posted)
		hps_recv_arrived(conn);
out:
	spin_unlock_bh(&conn->lock);
	return err;
}

/**
 * hps_posted_flush - the connection is over: complete all that are posted
 * @conn:	the connection, with hps_direct; data lock held
 * @err:	why, a negative errno
 */
void hps_posted_flush(struct hps_conn *conn, int err)
{
	lockdep_assert_held(&conn->lock);
	finish_all(conn, err, 0);
}
