// SPDX-License-Identifier: GPL-2.0
/*
 * Rejoin: pairs of links that a connection lacks and waits for (MS-4).
 *
 * Whatever has happened to a path, the initiator runs its join work again, which
 * looks at all pairs afresh. A pair that has failed before is not dialled but
 * waited for: its prober tells when it works, then the work runs once more and
 * dials. What the work does not come across any more is not waited for either.
 */
#include "conn/rejoin.h"

#include <linux/slab.h>

#include "conn/conn.h"
#include "conn/path.h"
#include "link/prober.h"

/**
 * struct wait - a pair that a connection waits for; hps_net.lock
 * @user:	of the pair's prober
 * @node:	in hps_conn.waits
 * @conn:	whose; ends all its waits before it goes
 * @key:	the pair
 * @remote_id:	the peer's link
 * @proved:	the prober has told that it works: to be dialled
 * @stale:	the join work under way has not come across it yet
 */
struct wait {
	struct hps_prober_user	user;
	struct list_head	node;
	struct hps_conn		*conn;
	struct hps_channel_key	key;
	u8			remote_id;
	bool			proved;
	bool			stale;
};

/**
 * hps_rejoin_ask - look for further paths again
 * @conn:	the connection; data lock held
 *
 * A peer on this machine has no other links than ours.
 */
void hps_rejoin_ask(struct hps_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	if (!conn->initiator || conn->state != HPS_CONN_ESTABLISHED ||
	    conn->ending || hps_conn_complete(conn) ||
	    conn->key.ifindex == conn->net->loopback_dev->ifindex)
		return;
	conn->joined = true;
	conn->rejoin = true;
	queue_work(hps_wq, &conn->join);
}

/**
 * hps_rejoin_later - a join came to nothing: try again, but not at once
 * @conn:	the connection; data lock held
 * @ms:		HPS_PROBER_*_MS, before the pair is probed
 */
void hps_rejoin_later(struct hps_conn *conn, unsigned int ms)
{
	conn->join_delay = ms;
	hps_rejoin_ask(conn);
}

/**
 * hps_rejoin_path_lost - a path is down: it shall come back
 * @path:	the path; its channel locked, data lock held
 * @was_up:	it did not just fail to come up
 */
void hps_rejoin_path_lost(struct hps_path *path, bool was_up)
{
	struct hps_conn *conn = path->conn;
	struct hps_channel_pulse pulse;

	path->ch->ops->pulse(path->ch, &pulse);
	conn->rtt_us = max(conn->rtt_us, pulse.min_rtt_us);
	if (!was_up)
		conn->join_delay = HPS_PROBER_FAST_MS;
	if (conn->joined || conn->stranded)
		hps_rejoin_ask(conn);
}

/* hps_net.lock held. */
static void told(struct hps_prober_user *user, int err)
{
	struct wait *w = container_of(user, struct wait, user);
	struct hps_conn *conn = w->conn;

	if (!err) {
		hps_mib_inc(conn->net, HPS_MIB_PROBE_OK);
		w->proved = true;
	} else if (!READ_ONCE(conn->stranded)) {
		return;
	} else {
		conn->peer_refused = true;
	}
	queue_work(hps_wq, &conn->join);
}

static void drop(struct wait *w)
{
	hps_prober_forget(&w->user);
	list_del(&w->node);
	kfree(w);
}

/* The join work begins to look at all pairs. */
void hps_rejoin_begin(struct hps_conn *conn)
{
	struct hps_net *hn = hps_net(conn->net);
	struct wait *w;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(w, &conn->waits, node)
		w->stale = true;
	spin_unlock_bh(&hn->lock);
}

/* It has looked at all. */
void hps_rejoin_end(struct hps_conn *conn)
{
	struct hps_net *hn = hps_net(conn->net);
	struct wait *w, *next;

	spin_lock_bh(&hn->lock);
	list_for_each_entry_safe(w, next, &conn->waits, node)
		if (w->stale)
			drop(w);
	spin_unlock_bh(&hn->lock);
}

static struct wait *find(struct hps_conn *conn,
			 const struct hps_channel_key *key)
{
	struct wait *w;

	list_for_each_entry(w, &conn->waits, node)
		if (hps_channel_same_key(&w->key, key))
			return w;
	return NULL;
}

/* Adds a wait, @w, which is consumed. */
static bool add(struct hps_conn *conn, struct wait *w)
{
	if (conn->no_waits ||
	    hps_prober_want(conn->net, &w->key, conn->rtt_us,
			    READ_ONCE(conn->join_delay), &w->user)) {
		kfree(w);
		return conn->no_waits;
	}
	list_add_tail(&w->node, &conn->waits);
	return true;
}

/**
 * hps_rejoin_wait - shall the connection wait for a pair of links?
 * @conn:	the connection
 * @key:	the pair
 * @remote_id:	the peer's link
 *
 * Context: the join work. Returns true if it waits now, false if it shall dial:
 * the pair was proved to work, or there is no memory to wait.
 */
bool hps_rejoin_wait(struct hps_conn *conn, const struct hps_channel_key *key,
		     u8 remote_id)
{
	struct wait *w, *new = kzalloc(sizeof(*new), GFP_KERNEL);
	struct hps_net *hn = hps_net(conn->net);
	bool waits;

	if (!new)
		return false;
	new->user.told = told;
	new->conn = conn;
	new->key = *key;
	new->remote_id = remote_id;

	spin_lock_bh(&hn->lock);
	w = find(conn, key);
	if (!w) {
		waits = add(conn, new);
		new = NULL;
	} else {
		waits = !w->proved;
		w->stale = false;
		if (w->proved)
			drop(w);
	}
	spin_unlock_bh(&hn->lock);
	kfree(new);
	return waits;
}

/* Is a pair with this link waited for already? */
bool hps_rejoin_has_local(struct hps_conn *conn, int ifindex)
{
	struct hps_net *hn = hps_net(conn->net);
	bool found = false;
	struct wait *w;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(w, &conn->waits, node)
		found |= !w->stale && w->key.ifindex == ifindex;
	spin_unlock_bh(&hn->lock);
	return found;
}

bool hps_rejoin_has_remote(struct hps_conn *conn, u8 remote_id)
{
	struct hps_net *hn = hps_net(conn->net);
	bool found = false;
	struct wait *w;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(w, &conn->waits, node)
		found |= !w->stale && w->remote_id == remote_id;
	spin_unlock_bh(&hn->lock);
	return found;
}

/**
 * hps_rejoin_replace - a join proves that older paths over its pair are dead
 * @path:	the path that came up; data lock held
 *
 * The initiator dials only a pair of whose path nothing is heard, so the other
 * end need not find that out by itself.
 */
void hps_rejoin_replace(struct hps_path *path)
{
	struct hps_path *other;

	lockdep_assert_held(&path->conn->lock);
	list_for_each_entry(other, &path->conn->paths, node)
		if (other != path && other->state == HPS_PATH_UP &&
		    hps_channel_same_pair(&other->ch->key, &path->ch->key))
			hps_channel_abort(other->ch, -ECONNRESET,
					  HPS_PATH_CAUSE_REPLACED);
}

/* Nothing is left to be said: no pair is waited for any more. Context: any; the
 * data lock may be held.
 */
void hps_rejoin_stop(struct hps_conn *conn)
{
	struct hps_net *hn = hps_net(conn->net);
	struct wait *w, *next;

	spin_lock_bh(&hn->lock);
	conn->no_waits = true;
	list_for_each_entry_safe(w, next, &conn->waits, node)
		drop(w);
	spin_unlock_bh(&hn->lock);
}
