// SPDX-License-Identifier: GPL-2.0
/* Connections: the object, its lookup, its life and its death. */
#include "conn/conn.h"

#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "conn/direct.h"
#include "conn/join.h"
#include "conn/listener.h"
#include "conn/path.h"
#include "conn/recv.h"
#include "conn/rejoin.h"
#include "conn/sched.h"
#include "conn/send.h"
#include "conn/snapshot.h"
#include "control/trace.h"
#include "xport/listen.h"

static struct rhashtable conn_hash;	/* by token, RCU */
static struct kmem_cache *conn_cache;

static const struct rhashtable_params conn_hash_params = {
	.key_len	= sizeof_field(struct hps_conn, token),
	.key_offset	= offsetof(struct hps_conn, token),
	.head_offset	= offsetof(struct hps_conn, hash),
	.automatic_shrinking = true,
};

static void conn_end(struct work_struct *work);

/* It comes again after 2^32 connections. A region that was made for one of them alone
 * has also a domain and a tag, which is random.
 */
static u32 next_stream(struct net *net)
{
	u32 stream;

	do {
		stream = atomic_inc_return(&hps_net(net)->streams);
	} while (!stream);
	return stream;
}

/**
 * hps_conn_alloc - make a connection
 * @net:	its namespace
 * @initiator:	it dials
 * @rmem:	receive buffer, octets
 * @wmem:	send buffer, octets
 * @gfp:	GFP_ATOMIC for one that a peer asked for
 *
 * Returns it with the reference of being alive, not yet findable, or NULL.
 */
struct hps_conn *hps_conn_alloc(struct net *net, bool initiator, u32 rmem,
				u32 wmem, gfp_t gfp)
{
	struct hps_conn *conn = kmem_cache_zalloc(conn_cache, gfp);

	if (!conn)
		return NULL;
	refcount_set(&conn->ref, 1);
	spin_lock_init(&conn->lock);
	conn->net = net;
	conn->initiator = initiator;
	conn->token = get_random_u64();
	conn->stream = next_stream(net);
	INIT_LIST_HEAD(&conn->net_node);
	INIT_LIST_HEAD(&conn->accept_node);
	INIT_LIST_HEAD(&conn->paths);
	INIT_LIST_HEAD(&conn->waits);
	INIT_LIST_HEAD(&conn->snd.chunks);
	INIT_LIST_HEAD(&conn->snd.again);
	INIT_LIST_HEAD(&conn->snd.runs);
	conn->snd.limit = wmem;
	conn->snd.grow_from = 1;
	/* A writer may be there before the first path tells. */
	conn->snd.slice = hps_sched_slice(0);
	conn->snd.unsent_low = U32_MAX;
	conn->alive.heard = jiffies;
	hps_reasm_init(&conn->rcv.reasm);
	hps_credit_rx_init(&conn->rcv.credit, rmem);
	conn->rcv.want = HPS_NO_READER;
	INIT_WORK(&conn->end, conn_end);
	INIT_WORK(&conn->join, hps_join_work);
	INIT_WORK(&conn->retune, hps_options_retune);
	INIT_DELAYED_WORK(&conn->redial, hps_conn_redial);
	hps_conn_timers_init(conn);
	return conn;
}

/**
 * hps_conn_publish - make a connection findable by its token
 * @conn:	the connection
 *
 * Returns 0, -ENOMEM, or -EEXIST in the unlikely case.
 */
int hps_conn_publish(struct hps_conn *conn)
{
	struct hps_net *hn = hps_net(conn->net);
	int err;

	err = rhashtable_insert_fast(&conn_hash, &conn->hash, conn_hash_params);
	if (err)
		return err;
	spin_lock_bh(&hn->lock);
	list_add_tail(&conn->net_node, &hn->conns);
	spin_unlock_bh(&hn->lock);
	return 0;
}

/**
 * hps_conn_find - look a connection up
 * @net:	its namespace
 * @token:	its token
 *
 * Context: any. Returns it with a reference, or NULL.
 */
struct hps_conn *hps_conn_find(struct net *net, u64 token)
{
	struct hps_conn *conn;

	rcu_read_lock();
	conn = rhashtable_lookup(&conn_hash, &token, conn_hash_params);
	if (conn && (!net_eq(conn->net, net) ||
		     !refcount_inc_not_zero(&conn->ref)))
		conn = NULL;
	rcu_read_unlock();
	return conn;
}

static void conn_free(struct rcu_head *rcu)
{
	struct hps_conn *conn = container_of(rcu, struct hps_conn, rcu);

	hps_direct_free(conn);
	kfree(conn->offer);
	kmem_cache_free(conn_cache, conn);
}

void hps_conn_put(struct hps_conn *conn)
{
	if (refcount_dec_and_test(&conn->ref))
		call_rcu(&conn->rcu, conn_free);
}

static void conn_unpublish(struct hps_conn *conn)
{
	struct hps_net *hn = hps_net(conn->net);

	spin_lock_bh(&hn->lock);
	if (!list_empty(&conn->net_node)) {
		list_del_init(&conn->net_node);
		if (conn->counted)
			hn->orphans--;
		rhashtable_remove_fast(&conn_hash, &conn->hash,
				       conn_hash_params);
	}
	spin_unlock_bh(&hn->lock);
}

static void forget_queues(struct hps_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	hps_reasm_purge(&conn->rcv.reasm);
	hps_send_purge(conn);
}

static void become_closed(struct hps_conn *conn)
{
	spin_lock_bh(&conn->lock);
	if (conn->state != HPS_CONN_CLOSED)
		hps_conn_event(conn, HPS_CONN_EVENT_CLOSED, HPS_REASON_NONE,
			       0);
	conn->state = HPS_CONN_CLOSED;
	hps_direct_forget(conn, -ECONNABORTED);
	spin_unlock_bh(&conn->lock);
}

/*
 * The end of a connection, in phases:
 *  1. unpublish: no new join finds it;
 *  2. stop what runs by itself: timers and the join work;
 *  3. drop what lies in the queues, so that no path is held by an extent;
 *  4. take the paths from their channels, under each channel's lock, and
 *     close those channels: only a clean end gives them to the pool;
 *  5. drop TCP's listener, the namespace, the reference of being alive.
 */
static void conn_end(struct work_struct *work)
{
	struct hps_conn *conn = container_of(work, struct hps_conn, end);
	struct net *net = conn->held_net ? conn->net : NULL;
	struct hps_channel *ch;
	struct hps_path *path;

	conn_unpublish(conn);
	become_closed(conn);
	hps_conn_timers_stop(conn);
	hps_rejoin_stop(conn);
	cancel_work_sync(&conn->join);
	cancel_work_sync(&conn->retune);
	cancel_delayed_work_sync(&conn->redial);

	spin_lock_bh(&conn->lock);
	forget_queues(conn);
	for (;;) {
		path = list_first_entry_or_null(&conn->paths, struct hps_path,
						node);
		if (!path)
			break;
		ch = path->ch;
		hps_channel_hold(ch);
		spin_unlock_bh(&conn->lock);

		hps_channel_lock(ch);
		/* A reset that still waits goes out now. */
		hps_channel_push_locked(ch);
		/* Another connection's path may have got the same address. */
		if (ch->user == path && ch->events == &hps_path_events &&
		    path->conn == conn)
			hps_path_retire(path);
		hps_channel_unlock(ch);
		hps_channel_put(ch);
		spin_lock_bh(&conn->lock);
	}
	spin_unlock_bh(&conn->lock);

	if (conn->listens)
		hps_listen_put(conn->net);
	if (net)
		put_net(net);
	hps_conn_put(conn);
}

/**
 * hps_conn_end - let the connection end now, whatever it holds
 * @conn:	the connection, with data lock or not; idempotent
 *
 * Context: any.
 */
void hps_conn_end(struct hps_conn *conn)
{
	if (!xchg(&conn->ending, true))
		queue_work(hps_wq, &conn->end);
}

/* Is nothing of it under way that only a process can stop? Nobody begins it any more. */
static bool is_quiet(struct hps_conn *conn)
{
	return !conn->rejoin && list_empty(&conn->waits) &&
	       !work_busy(&conn->join) && !work_busy(&conn->retune) &&
	       !work_busy(&conn->redial.work);
}

/**
 * hps_conn_finish - all was said and no path is left: end without waking a worker
 * @conn:	the connection, an orphan; the caller holds a reference
 *
 * As conn_end(), without what cannot be there any more. The timers' handlers take no
 * channel's lock, so they can be waited for.
 *
 * Context: process or softirq; a channel may be locked, the data lock is not held.
 */
void hps_conn_finish(struct hps_conn *conn)
{
	if (xchg(&conn->ending, true))
		return;
	become_closed(conn);
	if (!is_quiet(conn) || (conn->listens && !hps_listen_try_put(conn->net))) {
		queue_work(hps_wq, &conn->end);
		return;
	}
	conn_unpublish(conn);
	hps_conn_timers_stop(conn);
	spin_lock_bh(&conn->lock);
	forget_queues(conn);
	spin_unlock_bh(&conn->lock);
	if (conn->held_net)
		put_net(conn->net);
	hps_conn_put(conn);
}

/* Everybody who waits on the socket looks again. Data lock held. */
void hps_conn_wake(struct hps_conn *conn)
{
	if (conn->sk)
		conn->sk->sk_state_change(conn->sk);
}

static void conn_set_state(struct hps_conn *conn, enum hps_conn_state state)
{
	trace_hps_conn_state(conn->token, conn->state, state);
	conn->state = state;
}

/* The answer has come. Data lock held. */
void hps_conn_established(struct hps_conn *conn)
{
	conn_set_state(conn, HPS_CONN_ESTABLISHED);
	hps_conn_event(conn, HPS_CONN_EVENT_OPENED, HPS_REASON_NONE, 0);
	if (conn->sk) {
		WRITE_ONCE(conn->sk->sk_state, TCP_ESTABLISHED);
		conn->sk->sk_state_change(conn->sk);
		sk_wake_async(conn->sk, SOCK_WAKE_IO, POLL_OUT);
		conn->sk->sk_write_space(conn->sk);
	}
	hps_conn_watch_locked(conn);
}

/* What tcp_reset() would say. */
int hps_conn_reset_errno(const struct hps_conn *conn)
{
	if (conn->state == HPS_CONN_OPENING)
		return -ECONNREFUSED;
	return hps_conn_heard_all(conn) ? -EPIPE : -ECONNRESET;
}

/**
 * hps_conn_lost - the connection has failed
 * @conn:	the connection; data lock held
 * @err:	what the application is told, a negative errno
 * @reason:	for the trace and the dump
 *
 * The socket keeps what has arrived and can still read it. Without a socket
 * the connection ends.
 */
void hps_conn_lost(struct hps_conn *conn, int err, enum hps_reason reason)
{
	lockdep_assert_held(&conn->lock);
	if (conn->state == HPS_CONN_CLOSED)
		return;
	conn_set_state(conn, HPS_CONN_CLOSED);
	conn->err = err;
	conn->reason = reason;
	hps_conn_event(conn, HPS_CONN_EVENT_CLOSED, reason, err);
	/* What lies behind a gap can never be read. */
	hps_reasm_cut(&conn->rcv.reasm);
	hps_direct_forget(conn, err);
	hps_send_forget(conn);
	/* The socket may stay open for long. */
	if (conn->rejoin)
		hps_rejoin_stop(conn);
	hps_path_kick_all(conn);
	if (conn->sk) {
		WRITE_ONCE(conn->sk->sk_err, -err);
		smp_wmb();	/* read_end() looks the other way round */
		WRITE_ONCE(conn->sk->sk_state, TCP_CLOSE);
		WRITE_ONCE(conn->sk->sk_shutdown, SHUTDOWN_MASK);
		conn->sk->sk_state_change(conn->sk);
		sk_error_report(conn->sk);
	} else if (conn->deferred) {
		hps_listener_forget(conn);
	} else if (!conn->pending) {
		/* One that waits to be accepted is told to its acceptor. */
		hps_conn_end(conn);
	}
}

/**
 * hps_conn_net_exit - end all connections of a namespace
 * @net:	the namespace, in which no socket exists any more
 *
 * Only orphans can be left, when the module goes.
 */
void hps_conn_net_exit(struct net *net)
{
	struct hps_net *hn = hps_net(net);
	struct hps_conn *conn;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(conn, &hn->conns, net_node)
		hps_conn_end(conn);
	spin_unlock_bh(&hn->lock);
	flush_workqueue(hps_wq);
}

int hps_conn_init(void)
{
	int err = -ENOMEM;

	conn_cache = KMEM_CACHE(hps_conn, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	if (!conn_cache)
		return err;
	err = hps_path_init();
	if (err)
		goto err_conn_cache;
	err = hps_reasm_cache_init();
	if (err)
		goto err_path;
	err = hps_send_init();
	if (err)
		goto err_reasm_cache;
	err = rhashtable_init(&conn_hash, &conn_hash_params);
	if (err)
		goto err_send;
	return 0;

err_send:
	hps_send_exit();
err_reasm_cache:
	hps_reasm_cache_exit();
err_path:
	hps_path_exit();
err_conn_cache:
	kmem_cache_destroy(conn_cache);
	return err;
}

/* ORDER: behind rcu_barrier(), connections are freed by RCU. */
void hps_conn_exit(void)
{
	rhashtable_destroy(&conn_hash);
	hps_send_exit();
	hps_reasm_cache_exit();
	hps_path_exit();
	kmem_cache_destroy(conn_cache);
}
