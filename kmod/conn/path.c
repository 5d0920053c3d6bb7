// SPDX-License-Identifier: GPL-2.0
/* Paths: what a connection has for each channel that it uses. */
#include "conn/path.h"

#include <linux/ktime.h>
#include <linux/slab.h>

#include "conn/choose.h"
#include "conn/join.h"
#include "conn/rejoin.h"
#include "conn/sched.h"
#include "conn/send.h"
#include "conn/snapshot.h"
#include "conn/watch.h"
#include "control/trace.h"
#include "link/link.h"
#include "link/pool.h"

static struct kmem_cache *path_cache;

/**
 * hps_path_new - make a path for a connection
 * @conn:	the connection
 * @join:	it is added to paths that exist
 * @gfp:	how to allocate
 *
 * Returns it with a reference on @conn, without a channel yet, or NULL.
 */
struct hps_path *hps_path_new(struct hps_conn *conn, bool join, gfp_t gfp)
{
	struct hps_path *path = kmem_cache_zalloc(path_cache, gfp);

	if (!path)
		return NULL;
	path->conn = conn;
	path->join = join;
	path->state = HPS_PATH_OPENING;
	path->buffer = conn->rcv.credit.first;
	path->born_us = ktime_to_us(ktime_get());
	path->moved_us = path->born_us;
	INIT_LIST_HEAD(&path->node);
	INIT_LIST_HEAD(&path->segments);
	hps_rxq_init(&path->rxq);
	hps_conn_hold(conn);
	return path;
}

/* For a path that was never added. */
void hps_path_free(struct hps_path *path)
{
	hps_conn_put(path->conn);
	kmem_cache_free(path_cache, path);
}

/* The lowest that no path has: hps_send_push() keeps a bit for each. */
static u8 free_id(const struct hps_conn *conn)
{
	const struct hps_path *path;
	u64 used = 0;

	list_for_each_entry(path, &conn->paths, node)
		used |= 1ULL << path->id;
	return ffz(used);
}

/**
 * hps_path_add - give a path its channel and its connection the path
 * @path:	the path
 * @ch:		the channel, locked or not yet known to others; a reference is
 *		taken
 *
 * Context: data lock held.
 */
void hps_path_add(struct hps_path *path, struct hps_channel *ch)
{
	struct hps_conn *conn = path->conn;

	lockdep_assert_held(&conn->lock);
	hps_channel_hold(ch);
	path->ch = ch;
	path->id = free_id(conn);
	hps_options_path(conn, ch);
	path->link = hps_link_get(conn->net, ch->key.ifindex);
	list_add_tail(&path->node, &conn->paths);
	conn->nr_paths++;
}

/* Is the transport of a path under memory pressure? Data lock held. */
bool hps_path_any_squeezed(const struct hps_conn *conn)
{
	const struct hps_path *path;

	lockdep_assert_held(&conn->lock);
	list_for_each_entry(path, &conn->paths, node)
		if (path->ch->ops->squeezed(path->ch))
			return true;
	return false;
}

/* Gives a channel, locked, to a path. */
static void take_channel(struct hps_path *path, struct hps_channel *ch)
{
	struct hps_conn *conn = path->conn;

	spin_lock_bh(&conn->lock);
	hps_path_add(path, ch);
	hps_channel_use(ch, &hps_path_events, path);
	ch->ops->buffer(ch, conn->rcv.credit.buffer);
	spin_unlock_bh(&conn->lock);
}

/**
 * hps_path_start - ask the peer, on a pooled channel or a new one
 * @path:	the path with its hello; consumed
 * @ch:		from hps_pool_get(), or NULL to dial
 * @key:	from where to where
 *
 * Context: process. Returns 0 when the question is under way; the answer, or
 * the failure, comes by the channel's events. Otherwise an error of connect().
 */
int hps_path_start(struct hps_path *path, struct hps_channel *ch,
		   const struct hps_channel_key *key)
{
	int err;

	if (ch) {
		take_channel(path, ch);
		path->todo |= HPS_PATH_HELLO;
		/* Bounded in time until the answer comes. */
		hps_channel_linger(ch);
		hps_channel_push_locked(ch);
		hps_channel_unlock(ch);
		hps_channel_put(ch);
		return 0;
	}
	ch = hps_channel_create(path->conn->net, key, &path->hello);
	if (IS_ERR(ch)) {
		hps_path_free(path);
		return PTR_ERR(ch);
	}
	hps_channel_lock(ch);
	take_channel(path, ch);
	hps_channel_unlock(ch);
	err = hps_channel_dial(ch);
	if (err) {
		hps_channel_lock(ch);
		/* It may have failed by its events as well. */
		if (ch->events == &hps_path_events)
			hps_path_detach(path);
		hps_channel_unlock(ch);
		hps_channel_close(ch);
	}
	hps_channel_put(ch);
	return err;
}

static void detach(struct hps_path *path, bool check)
{
	struct hps_conn *conn = path->conn;
	struct hps_channel *ch = path->ch;

	spin_lock_bh(&conn->lock);
	WARN_ON_ONCE(!list_empty(&path->rxq.extents));
	hps_send_path_lost(conn, path);
	list_del(&path->node);
	conn->nr_paths--;
	if (check)
		hps_conn_check_end(conn);
	spin_unlock_bh(&conn->lock);

	hps_channel_use(ch, NULL, NULL);
	hps_link_put(path->link);
	kfree(path->rx_element);
	kmem_cache_free(path_cache, path);
	hps_channel_put(ch);
	hps_conn_put(conn);
}

/**
 * hps_path_detach - take a path from its connection and its channel
 * @path:	the path, its channel locked; its extents are gone. Freed.
 *
 * The channel has no user then; the caller decides what becomes of it.
 */
void hps_path_detach(struct hps_path *path)
{
	detach(path, true);
}

/**
 * hps_path_retire - take a path of a connection that has ended off its channel
 * @path:	the path, its channel locked. Freed, unless its queue still holds
 *		data that the application may read.
 */
void hps_path_retire(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	struct hps_channel *ch = path->ch;
	bool linger = path->reset_sent;
	bool empty;

	spin_lock_bh(&conn->lock);
	empty = list_empty(&path->rxq.extents);
	spin_unlock_bh(&conn->lock);
	if (!empty) {
		/* TCP acknowledges what nobody takes any more: the peer must
		 * not believe in it, and send that over another path.
		 */
		if (path->state == HPS_PATH_DOWN)
			ch->ops->end(ch);
		return;
	}
	hps_path_detach(path);
	if (linger)
		hps_channel_drain(ch);
	else
		hps_channel_close(ch);
}

/* A path that is down goes when all that it holds was read. Channel locked. */
void hps_path_release(struct hps_path *path)
{
	if (path->state == HPS_PATH_DOWN)
		hps_path_retire(path);
}

/**
 * hps_path_finished - both ends have said FINACK: the channel is free
 * @path:	the path, its channel locked. Freed.
 *
 * The initiator pools the channel; the responder waits for another hello.
 */
void hps_path_finished(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	struct hps_channel *ch = path->ch;
	bool last;

	hps_conn_hold(conn);
	/* Who said or heard the first FINACK has looked after the other paths. */
	detach(path, false);
	if (ch->outbound) {
		hps_pool_put(ch);
	} else {
		hps_channel_use(ch, hps_inbound_events, NULL);
		ch->ops->idle(ch);
	}

	spin_lock_bh(&conn->lock);
	last = list_empty(&conn->paths) && conn->orphan;
	spin_unlock_bh(&conn->lock);
	if (last)
		hps_conn_finish(conn);
	hps_conn_put(conn);
}

/* May this path carry segments? */
bool hps_path_usable(const struct hps_path *path)
{
	return path->state == HPS_PATH_UP && !path->finack_sent &&
	       !path->finack_seen &&
	       path->health.state != HPS_HEALTH_SUSPECT;
}

/* A path that answers, other than @except, or NULL. Data lock held. */
struct hps_path *hps_path_ready(struct hps_conn *conn,
				const struct hps_path *except)
{
	struct hps_path *path;

	lockdep_assert_held(&conn->lock);
	list_for_each_entry(path, &conn->paths, node)
		if (path != except && hps_path_usable(path) &&
		    path->health.state == HPS_HEALTH_READY)
			return path;
	return NULL;
}

/* Has the path carry a message of its own. Data lock held. */
void hps_path_set(struct hps_path *path, u8 todo)
{
	path->todo |= todo;
	path->ch->ops->kick(path->ch);
}

void hps_path_kick_all(struct hps_conn *conn)
{
	struct hps_path *path;

	lockdep_assert_held(&conn->lock);
	list_for_each_entry(path, &conn->paths, node)
		if (path->state == HPS_PATH_UP)
			path->ch->ops->kick(path->ch);
}

/* The path that delivers first shall send what waits. Data lock held. */
void hps_path_kick_one(struct hps_conn *conn)
{
	struct hps_path *best;

	lockdep_assert_held(&conn->lock);
	best = hps_choose_next(conn, 0);
	if (best)
		best->ch->ops->kick(best->ch);
}

/* Payload is kept in pieces that fit the path's packets. */
void hps_path_fit_slice(struct hps_path *path)
{
	struct hps_channel_metrics m;

	path->ch->ops->metrics(path->ch, &m);
	WRITE_ONCE(path->conn->snd.slice, hps_sched_slice(m.mss));
}

/**
 * hps_path_note - report and count what becomes of a path
 * @path:	the path; data lock held
 * @event:	HPS_CONN_EVENT_PATH_*
 * @cause:	why, if it is bad news
 * @err:	of the transport, or 0
 */
void hps_path_note(struct hps_path *path, enum hps_conn_event event,
		   enum hps_nl_path_cause cause, int err)
{
	struct hps_conn *conn = path->conn;
	struct hps_link *link = path->link;

	if (link && event == HPS_CONN_EVENT_PATH_UP)
		atomic_inc(&link->paths.ups);
	else if (link && event == HPS_CONN_EVENT_PATH_SUSPECT)
		atomic_inc(&link->paths.suspects);
	else if (link && event == HPS_CONN_EVENT_PATH_READY)
		atomic_inc(&link->paths.readies);
	else if (link && event == HPS_CONN_EVENT_PATH_DOWN)
		atomic_inc(&link->paths.downs[cause]);
	trace_hps_path_health(conn->token, path->ch->key.ifindex, event, cause);
	hps_conn_path_event(conn, event, path, cause, err);
}

/* The path may carry segments from now on. Data lock held. */
void hps_path_up(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;

	path->state = HPS_PATH_UP;
	hps_path_fit_slice(path);
	path->moved_us = ktime_to_us(ktime_get());
	trace_hps_path_up(conn->token, path->ch->key.ifindex);
	hps_path_note(path, HPS_CONN_EVENT_PATH_UP, HPS_PATH_CAUSE_NONE, 0);
	if (path->join) {
		conn->many = true;
		conn->join_delay = 0;
		hps_rejoin_replace(path);
		/* A link that was kept for want of another need not be now. */
		if (conn->kept)
			hps_linkevent_look(conn->net);
		conn->kept = false;
		/* Nobody could be told while there was no path. */
		if (!conn->initiator)
			hps_join_offer_anew(conn);
		hps_watch(conn);
	}
	/* All may have been said while the join was under way. */
	hps_conn_check_end(conn);
	/* Who connects has written nothing yet. */
	if (path->join || path->todo || hps_send_waits(conn))
		path->ch->ops->kick(path->ch);
}

int hps_path_init(void)
{
	path_cache = KMEM_CACHE(hps_path, 0);
	return path_cache ? 0 : -ENOMEM;
}

void hps_path_exit(void)
{
	kmem_cache_destroy(path_cache);
}
