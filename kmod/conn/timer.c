// SPDX-License-Identifier: GPL-2.0
/* Timers of a connection, and the sweep of a namespace. */
#include <linux/timer.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "conn/conn.h"
#include "conn/listener.h"
#include "conn/path.h"
#include "conn/rescue.h"
#include "conn/watch.h"
#include "link/pool.h"

/* A lone arrival is acknowledged after this; data going back carries the
 * acknowledgement sooner (SV-3).
 */
#define ACK_DELAY_MS	40

/* TCP_CORK and MSG_MORE hold back no longer than TCP does. */
#define CORK_MS		200

#define SWEEP_INTERVAL	HZ

static void ack_timer(struct timer_list *t)
{
	struct hps_conn *conn = timer_container_of(conn, t, ack_timer);

	spin_lock(&conn->lock);
	if (conn->state == HPS_CONN_ESTABLISHED &&
	    hps_conn_arrived(conn) > conn->rcv.credit.acked) {
		conn->todo |= HPS_TODO_ACK;
		hps_path_kick_one(conn);
	}
	spin_unlock(&conn->lock);
}

static void cork_timer(struct timer_list *t)
{
	struct hps_conn *conn = timer_container_of(conn, t, cork_timer);

	spin_lock(&conn->lock);
	conn->snd.more = false;
	conn->snd.flush = conn->snd.end;
	if (conn->snd.short_of_memory) {
		WRITE_ONCE(conn->snd.short_of_memory, false);
		if (conn->sk)
			conn->sk->sk_write_space(conn->sk);
	}
	hps_path_kick_all(conn);
	hps_conn_watch_locked(conn);
	spin_unlock(&conn->lock);
}

/* Has the peer something to answer? Not what we hold back ourselves. */
static bool is_owing(const struct hps_conn *conn)
{
	const struct hps_send *snd = &conn->snd;
	bool corked = (snd->cork || snd->more) && snd->nxt >= snd->flush;

	return conn->state == HPS_CONN_OPENING || snd->una != snd->nxt ||
	       (snd->end != snd->nxt && (snd->stalled || !corked)) ||
	       (snd->fin && !snd->fin_acked);
}

/* A user timeout is no shorter than TCP's, which is looked at when it sends again:
 * then the peer has had a round trip and 200 ms.
 */
static unsigned long user_timeout(const struct hps_conn *conn)
{
	unsigned long wanted = msecs_to_jiffies(conn->opt.user_timeout);
	struct hps_channel_metrics m;
	struct hps_path *path;
	u32 rtt_us = 0;

	if (!wanted)
		return 0;
	list_for_each_entry(path, &conn->paths, node) {
		path->ch->ops->metrics(path->ch, &m);
		rtt_us = max(rtt_us, m.srtt_us);
	}
	return max(wanted, HZ / 5 + 2 * usecs_to_jiffies(rtt_us));
}

/* Every path carries it: one of them may be dead. */
static void probe(struct hps_conn *conn)
{
	struct hps_path *path;

	hps_mib_inc(conn->net, HPS_MIB_KEEPALIVE_PROBE);
	list_for_each_entry(path, &conn->paths, node)
		if (hps_path_usable(path))
			hps_path_set(path, HPS_PATH_PING);
}

/**
 * hps_conn_watch_locked - look after the peer: keepalive and user timeout
 * @conn:	the connection; data lock held
 *
 * Context: any. To be called when the options change, when the peer begins to
 * owe something, and by the timer. May abort the connection.
 */
void hps_conn_watch_locked(struct hps_conn *conn)
{
	const struct hps_options *opt = &conn->opt;
	struct hps_alive_limits limits = {
		.user = user_timeout(conn),
	};
	unsigned long next;

	lockdep_assert_held(&conn->lock);
	if (conn->state == HPS_CONN_CLOSED || conn->orphan || conn->deferred ||
	    hps_conn_complete(conn))
		return;
	if (opt->keepalive && conn->state == HPS_CONN_ESTABLISHED) {
		limits.idle = hps_options_keep_idle(conn->net, opt) * HZ;
		limits.interval = hps_options_keep_interval(conn->net, opt) * HZ;
		limits.count = hps_options_keep_count(conn->net, opt);
	}
	switch (hps_alive_check(&conn->alive, &limits, jiffies, conn->snd.una,
				is_owing(conn), &next)) {
	case HPS_ALIVE_DEAD:
		hps_mib_inc(conn->net, HPS_MIB_CONN_TIMED_OUT);
		hps_conn_abort(conn, -ETIMEDOUT, HPS_REASON_TIMEOUT);
		return;
	case HPS_ALIVE_PROBE:
		probe(conn);
		break;
	case HPS_ALIVE_REST:
		break;
	}
	if (next != ULONG_MAX)
		mod_timer(&conn->alive_timer, jiffies + next);
}

/* For who writes: costs nothing unless TCP_USER_TIMEOUT is set. */
void hps_conn_watch(struct hps_conn *conn)
{
	if (likely(!READ_ONCE(conn->opt.user_timeout)))
		return;
	spin_lock_bh(&conn->lock);
	hps_conn_watch_locked(conn);
	spin_unlock_bh(&conn->lock);
}

/* It shall wait for data, so long. Data lock held. */
void hps_conn_defer(struct hps_conn *conn, unsigned int seconds)
{
	if (conn->state == HPS_CONN_CLOSED)
		return;
	conn->deferred = true;
	mod_timer(&conn->alive_timer, jiffies + seconds * HZ);
}

static void alive_timer(struct timer_list *t)
{
	struct hps_conn *conn = timer_container_of(conn, t, alive_timer);

	spin_lock(&conn->lock);
	if (conn->deferred)
		hps_listener_data(conn);
	hps_conn_watch_locked(conn);
	spin_unlock(&conn->lock);
}

void hps_conn_timers_init(struct hps_conn *conn)
{
	timer_setup(&conn->alive_timer, alive_timer, 0);
	timer_setup(&conn->ack_timer, ack_timer, 0);
	timer_setup(&conn->cork_timer, cork_timer, 0);
	hps_rescue_init(conn);
	hps_watch_init(conn);
}

/* The connection is CLOSED: nobody arms them again. */
void hps_conn_timers_stop(struct hps_conn *conn)
{
	timer_delete_sync(&conn->ack_timer);
	timer_delete_sync(&conn->cork_timer);
	timer_delete_sync(&conn->late_timer);
	timer_delete_sync(&conn->watch_timer);
	timer_delete_sync(&conn->alive_timer);
}

/* Something arrived that must be acknowledged, but not at once. Data lock. */
void hps_conn_ack_later(struct hps_conn *conn)
{
	if (!timer_pending(&conn->ack_timer) &&
	    conn->state == HPS_CONN_ESTABLISHED)
		mod_timer(&conn->ack_timer,
			  jiffies + msecs_to_jiffies(ACK_DELAY_MS));
}

/* The peer may wait for the acknowledgement of its FIN (SO_LINGER). Data lock held. */
void hps_conn_ack_soon(struct hps_conn *conn)
{
	if (conn->state == HPS_CONN_ESTABLISHED)
		timer_reduce(&conn->ack_timer, jiffies + 1);
}

/* Something is held back. Data lock held. */
void hps_conn_cork(struct hps_conn *conn)
{
	if (!timer_pending(&conn->cork_timer) &&
	    conn->state == HPS_CONN_ESTABLISHED)
		mod_timer(&conn->cork_timer, jiffies + msecs_to_jiffies(CORK_MS));
}

static void sweep(struct work_struct *work)
{
	struct hps_net *hn = container_of(work, struct hps_net, sweep.work);

	hps_channel_sweep(hn->net);
	hps_pool_sweep(hn->net);
	hps_conn_sweep(hn->net);
	queue_delayed_work(hps_wq, &hn->sweep, SWEEP_INTERVAL);
}

void hps_sweep_start(struct hps_net *hn)
{
	INIT_DELAYED_WORK(&hn->sweep, sweep);
	queue_delayed_work(hps_wq, &hn->sweep, SWEEP_INTERVAL);
}

void hps_sweep_stop(struct hps_net *hn)
{
	cancel_delayed_work_sync(&hn->sweep);
}
