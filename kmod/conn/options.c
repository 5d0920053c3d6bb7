// SPDX-License-Identifier: GPL-2.0
/* Socket options of a connection, and those that all its channels have. */
#include "conn/options.h"

#include <net/sock.h>
#include <net/tcp.h>

#include "conn/path.h"
#include "conn/send.h"

/* As of tcp_keepalive_time and its like. */
u8 hps_options_keep_count(const struct net *net, const struct hps_options *opt)
{
	return opt->keep_count ? :
	       READ_ONCE(net->ipv4.sysctl_tcp_keepalive_probes);
}

unsigned int hps_options_keep_idle(const struct net *net,
				   const struct hps_options *opt)
{
	return opt->keep_idle ? :
	       READ_ONCE(net->ipv4.sysctl_tcp_keepalive_time) / HZ;
}

unsigned int hps_options_keep_interval(const struct net *net,
				       const struct hps_options *opt)
{
	return opt->keep_interval ? :
	       READ_ONCE(net->ipv4.sysctl_tcp_keepalive_intvl) / HZ;
}

/* Paths of the other family than the connection's have its class: their sockets
 * were never asked for one.
 */
static void take(struct hps_conn *conn, u32 mark, u32 priority,
		 const struct hps_options *opt)
{
	bool six = conn->remote.sa.sa_family == AF_INET6;

	conn->opt = *opt;
	conn->key.mark = mark;
	conn->key.priority = priority;
	conn->key.tos = opt->tos ? : (six ? opt->tclass : 0);
	conn->key.tclass = opt->tclass ? : (six ? 0 : opt->tos);
	memcpy(conn->key.congestion, opt->congestion, HPS_CONGESTION_LEN);
	conn->snd.unsent_low = opt->unsent_low ? :
		READ_ONCE(conn->net->ipv4.sysctl_tcp_notsent_lowat);
}

/**
 * hps_options_begin - give a new connection the options of its socket
 * @conn:	the connection, not yet known to others
 * @sk:		the socket; of it mark and priority
 * @opt:	the other options
 */
void hps_options_begin(struct hps_conn *conn, const struct sock *sk,
		       const struct hps_options *opt)
{
	take(conn, READ_ONCE(sk->sk_mark), READ_ONCE(sk->sk_priority), opt);
}

/**
 * hps_options_inherit - give a connection that came the options of its listener
 * @conn:	the connection, not yet known to others, with the key of its channel
 * @sk:		the socket that listens; of it the mark
 * @opt:	the other options
 *
 * As with TCP there is no priority, and what the listener does not say is as in
 * the SYN (tcp_fwmark_accept, tcp_reflect_tos).
 */
void hps_options_inherit(struct hps_conn *conn, const struct sock *sk,
			 const struct hps_options *opt)
{
	u32 mark = READ_ONCE(sk->sk_mark) ? : conn->key.mark;
	struct hps_options own = *opt;

	own.tos = opt->tos ? : conn->key.tos;
	own.tclass = opt->tclass ? : conn->key.tclass;
	take(conn, mark, 0, &own);
}

/**
 * hps_options_path - a connection gets another channel: set its options
 * @conn:	the connection; data lock held
 * @ch:		the channel, locked or not yet known to others
 *
 * Context: any. TCP sets a congestion control in process context only.
 */
void hps_options_path(struct hps_conn *conn, struct hps_channel *ch)
{
	lockdep_assert_held(&conn->lock);
	ch->ops->options(ch, &conn->key);
	if (strcmp(ch->key.congestion, conn->key.congestion) &&
	    conn->state != HPS_CONN_CLOSED)
		queue_work(hps_wq, &conn->retune);
}

/* A channel that was not @tried yet, with a reference, or NULL. */
static struct hps_channel *another(struct hps_conn *conn, u64 *tried)
{
	struct hps_channel *ch = NULL;
	struct hps_path *path;

	spin_lock_bh(&conn->lock);
	list_for_each_entry(path, &conn->paths, node) {
		if (*tried & 1ULL << path->id)
			continue;
		*tried |= 1ULL << path->id;
		ch = path->ch;
		hps_channel_hold(ch);
		break;
	}
	spin_unlock_bh(&conn->lock);
	return ch;
}

/* Does the channel still serve the connection? It is locked. */
static bool serves(const struct hps_channel *ch, const struct hps_conn *conn)
{
	return ch->events == &hps_path_events &&
	       ((struct hps_path *)ch->user)->conn == conn;
}

/* Gives a channel the name of the connection, if it has another. */
static bool rename_channel(struct hps_conn *conn, struct hps_channel *ch)
{
	const struct hps_path *path = ch->user;
	bool other;

	if (!serves(ch, conn) || path->state == HPS_PATH_DOWN ||
	    ch->state == HPS_CHANNEL_DEAD)
		return false;
	spin_lock_bh(&conn->lock);
	other = strcmp(ch->key.congestion, conn->key.congestion);
	if (other)
		memcpy(ch->key.congestion, conn->key.congestion,
		       HPS_CONGESTION_LEN);
	spin_unlock_bh(&conn->lock);
	return other;
}

/* Whoever has the channel meanwhile may want another one: he waits. */
static int tune(struct hps_conn *conn, struct hps_channel *ch)
{
	bool other;
	int err = 0;

	mutex_lock(&ch->tune);
	hps_channel_lock(ch);
	/* First: it may go to the pool at any moment. */
	other = rename_channel(conn, ch);
	hps_channel_unlock(ch);
	if (other)
		err = ch->ops->congestion(ch);
	mutex_unlock(&ch->tune);
	/* As on TCP "congctl lock" of the route is stronger. */
	return err == -EPERM ? 0 : err;
}

/* Gives the paths their congestion control, with the kernel's rights: the
 * program's were looked at when it asked. A path or a name that comes meanwhile
 * queues it again. Cancelled by the connection's end.
 */
void hps_options_retune(struct work_struct *work)
{
	struct hps_conn *conn = container_of(work, struct hps_conn, retune);
	struct hps_channel *ch;
	u64 tried = 0;
	int err = 0;

	while (!err && (ch = another(conn, &tried))) {
		err = tune(conn, ch);
		hps_channel_put(ch);
	}
	if (!err)
		return;
	/* Its module is gone: not silently ignored. */
	spin_lock_bh(&conn->lock);
	hps_conn_abort(conn, err, HPS_REASON_ABORT);
	spin_unlock_bh(&conn->lock);
}

/**
 * hps_options_change - options were changed on a connected socket
 * @conn:	the connection
 * @sk:		its socket, locked; of it mark and priority
 * @opt:	the other options
 * @paths:	one of those that paths have: mark, priority, TOS, traffic class,
 *		congestion control
 *
 * Context: process, no channel locked; may sleep if @paths.
 */
void hps_options_change(struct hps_conn *conn, const struct sock *sk,
			const struct hps_options *opt, bool paths)
{
	struct hps_channel *ch;
	u64 tried = 0;

	spin_lock_bh(&conn->lock);
	/* Mark and priority stay what the paths have, until they are told. */
	take(conn, paths ? READ_ONCE(sk->sk_mark) : conn->key.mark,
	     paths ? READ_ONCE(sk->sk_priority) : conn->key.priority, opt);
	hps_conn_watch_locked(conn);
	spin_unlock_bh(&conn->lock);

	while (paths && (ch = another(conn, &tried))) {
		hps_channel_lock(ch);
		/* It may have ended, or serve another connection by now. */
		if (serves(ch, conn)) {
			spin_lock_bh(&conn->lock);
			hps_options_path(conn, ch);
			spin_unlock_bh(&conn->lock);
		}
		hps_channel_unlock(ch);
		hps_channel_put(ch);
	}
}
