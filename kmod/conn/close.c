// SPDX-License-Identifier: GPL-2.0
/* How connections end: FIN, reset, orphans (design.md section 3). */
#include <linux/jiffies.h>
#include <net/sock.h>

#include "conn/conn.h"
#include "conn/direct.h"
#include "conn/path.h"
#include "conn/recv.h"
#include "conn/rejoin.h"
#include "conn/send.h"
#include "conn/watch.h"

/* Both directions have ended and both ends know. Data lock held. */
bool hps_conn_complete(const struct hps_conn *conn)
{
	return conn->snd.fin_acked && hps_conn_heard_all(conn);
}

/**
 * hps_conn_may_finish - may FINACK be said on a path?
 * @conn:	the connection; data lock held
 * @path:	one of its paths
 *
 * An end that has the peer's FIN need not wait for its own to be acknowledged where
 * all went by one path: FINACK arrives behind it, or not at all.
 */
bool hps_conn_may_finish(const struct hps_conn *conn, const struct hps_path *path)
{
	const struct hps_send *snd = &conn->snd;

	lockdep_assert_held(&conn->lock);
	if (path->state != HPS_PATH_UP || path->finack_sent ||
	    conn->state != HPS_CONN_ESTABLISHED ||
	    !list_empty(&path->rxq.extents))
		return false;
	if (hps_conn_complete(conn))
		return true;
	return hps_conn_heard_all(conn) && snd->fin_sent &&
	       !(conn->todo & HPS_TODO_FIN) &&
	       !conn->many && conn->nr_paths == 1 &&
	       path->health.state == HPS_HEALTH_READY;
}

/**
 * hps_conn_check_end - if all was said, end the use of each channel
 * @conn:	the connection; data lock held
 *
 * A path whose queue still holds unread data waits for the reader.
 */
void hps_conn_check_end(struct hps_conn *conn)
{
	struct hps_path *path;

	lockdep_assert_held(&conn->lock);
	if (!conn->rcv.fin || conn->state != HPS_CONN_ESTABLISHED)
		return;
	list_for_each_entry(path, &conn->paths, node)
		if (hps_conn_may_finish(conn, path))
			hps_path_set(path, HPS_PATH_FINACK);
	if (!hps_conn_complete(conn))
		return;
	if (conn->rejoin)
		hps_rejoin_stop(conn);
	hps_watch(conn);
	if (list_empty(&conn->paths) && conn->orphan)
		hps_conn_end(conn);
}

/**
 * hps_conn_shutdown - nothing more will be written
 * @conn:	the connection
 *
 * Context: process, socket lock held or no socket left.
 */
void hps_conn_shutdown(struct hps_conn *conn)
{
	bool push = false;

	spin_lock_bh(&conn->lock);
	if (!conn->snd.fin && conn->state == HPS_CONN_ESTABLISHED) {
		conn->snd.fin = true;
		conn->todo |= HPS_TODO_FIN;
		push = true;
	}
	spin_unlock_bh(&conn->lock);
	if (push)
		hps_send_push(conn);
}

/* Nobody asks any more. Data lock held. */
void hps_conn_stop_asking(struct hps_conn *conn)
{
	struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node)
		hps_channel_abort(path->ch, -ECONNABORTED, HPS_PATH_CAUSE_NONE);
}

/**
 * hps_conn_abort - abort, and tell the peer if a path is left
 * @conn:	the connection; data lock held
 * @err:	what the application is told, a negative errno
 * @reason:	what the peer is told
 *
 * Context: any.
 */
void hps_conn_abort(struct hps_conn *conn, int err, enum hps_reason reason)
{
	if (conn->state == HPS_CONN_CLOSED)
		return;
	if (conn->state == HPS_CONN_ESTABLISHED) {
		conn->reason = reason;
		conn->todo |= HPS_TODO_RESET;
		hps_path_kick_one(conn);
	} else {
		hps_conn_stop_asking(conn);
	}
	hps_conn_lost(conn, err, reason);
}

/* As hps_conn_abort(): it is our side that will not go on. */
void hps_conn_reset(struct hps_conn *conn, enum hps_reason reason)
{
	hps_conn_abort(conn, -ECONNABORTED, reason);
}

static bool adopt_orphan(struct hps_conn *conn)
{
	struct hps_net *hn = hps_net(conn->net);
	bool room;

	spin_lock_bh(&hn->lock);
	room = hn->orphans < READ_ONCE(hn->sysctl.max_orphans) && !hn->dying;
	if (room && !list_empty(&conn->net_node)) {
		hn->orphans++;
		conn->counted = true;
	}
	spin_unlock_bh(&hn->lock);
	if (!room)
		hps_mib_inc(conn->net, HPS_MIB_ORPHAN_DROPPED);
	return room;
}

/**
 * hps_conn_close - the application is done with the connection
 * @conn:	the connection; the socket's reference is consumed, or that of
 *		the accept queue
 * @reason:	NONE for a clean end; else why it is aborted
 *
 * Context: process. Returns at once; an orphan sends what was written, in the
 * background, for net.hps.fin_timeout seconds at most.
 */
void hps_conn_close(struct hps_conn *conn, enum hps_reason reason)
{
	struct hps_net *hn = hps_net(conn->net);
	bool finish;

	hps_conn_hold(conn);
	get_net(conn->net);
	spin_lock_bh(&conn->lock);
	conn->sk = NULL;
	conn->pending = false;
	/* The memory is that of a socket. */
	WRITE_ONCE(conn->domain, 0);
	conn->held_net = true;
	conn->deadline = jiffies + READ_ONCE(hn->sysctl.fin_timeout) * HZ;
	if (reason == HPS_REASON_NONE && conn->rcv.reasm.ready)
		reason = HPS_REASON_UNREAD;
	hps_direct_forget(conn, -ECANCELED);
	finish = conn->state == HPS_CONN_ESTABLISHED;
	if (finish && reason != HPS_REASON_NONE) {
		hps_conn_reset(conn, reason);
		finish = false;
	}
	conn->orphan = true;
	spin_unlock_bh(&conn->lock);

	if (finish && adopt_orphan(conn)) {
		hps_conn_shutdown(conn);
		spin_lock_bh(&conn->lock);
		hps_conn_check_end(conn);
		spin_unlock_bh(&conn->lock);
	} else {
		hps_conn_end(conn);
	}
	hps_conn_put(conn);
}

/* Orphans that took too long end here; called every second. */
void hps_conn_sweep(struct net *net)
{
	struct hps_net *hn = hps_net(net);
	struct hps_conn *conn;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(conn, &hn->conns, net_node) {
		if (!READ_ONCE(conn->orphan) ||
		    time_before(jiffies, READ_ONCE(conn->deadline)) ||
		    READ_ONCE(conn->ending))
			continue;
		hps_mib_inc(net, HPS_MIB_ORPHAN_DROPPED);
		hps_conn_end(conn);
	}
	spin_unlock_bh(&hn->lock);
}
