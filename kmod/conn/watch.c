// SPDX-License-Identifier: GPL-2.0
/*
 * The watch over a connection's paths: while anything moves, a timer looks at
 * all of them and acts on what conn/health.c says of each (design.md section 9).
 *
 * A path that only receives has nothing in transit that could be missed. So the
 * initiator, who alone can dial, pings paths that are quiet while others are
 * not: what a ping puts in transit is watched like anything else.
 */
#include "conn/watch.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <net/sock.h>

#include "compat.h"
#include "conn/join.h"
#include "conn/path.h"
#include "conn/rejoin.h"
#include "conn/send.h"
#include "conn/snapshot.h"
#include "control/trace.h"
#include "link/link.h"

/* A join that takes longer, and some of its round trips, is asked for again. */
#define JOIN_US		(2 * USEC_PER_SEC)
#define JOIN_ROUNDS	4

static u32 dead_us(const struct hps_conn *conn)
{
	return READ_ONCE(hps_net(conn->net)->sysctl.dead_ms) * USEC_PER_MSEC;
}

/* Looks are frequent, so that little is added to the time of silence. */
static unsigned long interval(const struct hps_conn *conn)
{
	return clamp_t(unsigned long, usecs_to_jiffies(dead_us(conn) / 8), 1,
		       HZ / 4);
}

static void become_suspect(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;

	hps_mib_inc(conn->net, HPS_MIB_PATH_SUSPECT);
	hps_path_note(path, HPS_CONN_EVENT_PATH_SUSPECT,
		      HPS_PATH_CAUSE_SILENT, 0);
	hps_send_path_lost(conn, path);
	hps_join_offer_lost(path);
	hps_path_kick_all(conn);
}

static void become_silent(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;

	hps_mib_inc(conn->net, HPS_MIB_PATH_SILENT);
	hps_path_note(path, HPS_CONN_EVENT_PATH_SUSPECT,
		      HPS_PATH_CAUSE_SILENT, 0);
	hps_path_kick_all(conn);
	hps_rejoin_ask(conn);
}

static void become_ready(struct hps_path *path)
{
	path->anew = false;
	hps_mib_inc(path->conn->net, HPS_MIB_PATH_READY);
	hps_path_note(path, HPS_CONN_EVENT_PATH_READY, HPS_PATH_CAUSE_NONE, 0);
	path->ch->ops->kick(path->ch);
}

/* Has the path moved since the last look? */
static bool has_moved(struct hps_path *path,
		      const struct hps_channel_pulse *pulse)
{
	bool moved = path->rx_octets != path->rx_seen ||
		     pulse->progress != path->progress_seen;

	path->rx_seen = path->rx_octets;
	path->progress_seen = pulse->progress;
	return moved;
}

/* A path that is joined: it may take some time, but not for ever. */
static void look_at_join(struct hps_path *path, u64 now)
{
	struct hps_channel *ch = path->ch;
	struct hps_channel_pulse pulse;
	u64 rtt_us;

	if (!ch->outbound)
		return;
	ch->ops->pulse(ch, &pulse);
	rtt_us = max(pulse.min_rtt_us, path->conn->rtt_us);
	if (now - path->born_us > JOIN_US + JOIN_ROUNDS * rtt_us)
		hps_channel_abort(ch, -ETIMEDOUT, HPS_PATH_CAUSE_TRANSPORT);
}

/* One path. Returns whether it must be looked at again. */
static bool look(struct hps_path *path, u64 now, bool *moved)
{
	struct hps_channel *ch = path->ch;
	struct hps_channel_pulse pulse;
	struct hps_health_sample s;

	if (path->state == HPS_PATH_OPENING && path->join) {
		look_at_join(path, now);
		return true;
	}
	if (path->state != HPS_PATH_UP)
		return false;
	ch->ops->pulse(ch, &pulse);
	if (has_moved(path, &pulse)) {
		path->moved_us = now;
		*moved = true;
	}
	s = (struct hps_health_sample) {
		.now_us = now,
		.in_transit = pulse.in_transit,
		.progress = pulse.progress,
		.min_rtt_us = pulse.min_rtt_us,
		.srtt_us = pulse.srtt_us,
		.rttvar_us = pulse.rttvar_us,
		/* Where all was said each path can be done without. */
		.spare = hps_path_ready(path->conn, path) ||
			 hps_conn_complete(path->conn),
	};
	switch (hps_health_look(&path->health, &s, dead_us(path->conn))) {
	case HPS_HEALTH_SAME:
		break;
	case HPS_HEALTH_IS_READY:
		become_ready(path);
		break;
	case HPS_HEALTH_IS_SUSPECT:
		become_suspect(path);
		break;
	case HPS_HEALTH_IS_SILENT:
		become_silent(path);
		break;
	case HPS_HEALTH_IS_DOWN:
		hps_channel_abort(ch, -ETIMEDOUT, HPS_PATH_CAUSE_SILENT);
		break;
	}
	if (path->health.state == HPS_HEALTH_SILENT && !path->anew &&
	    now - path->health.since_us >=
	    (u64)HPS_HEALTH_DOWN_FACTOR * dead_us(path->conn)) {
		path->anew = true;
		hps_rejoin_ask(path->conn);
	}
	return pulse.in_transit;
}

/* Pings what was quiet for as long as silence may last, but one tells of life. */
static void ping_quiet(struct hps_conn *conn, u64 now)
{
	struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node) {
		if (!hps_path_usable(path) ||
		    path->health.state != HPS_HEALTH_READY ||
		    now - path->moved_us < dead_us(conn))
			continue;
		path->moved_us = now;
		hps_path_set(path, HPS_PATH_PING);
	}
}

/* Behind FINACK nothing can be sent on a path, but it may be in order. */
static bool has_path(const struct hps_conn *conn)
{
	const struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node)
		if (path->state == HPS_PATH_UP &&
		    path->health.state == HPS_HEALTH_READY)
			return true;
	return false;
}

/* Without a path that answers the connection's days are counted. Returns false
 * if they are over.
 */
static bool check_stranded(struct hps_conn *conn)
{
	if (hps_conn_complete(conn))
		return true;
	if (has_path(conn)) {
		if (conn->stranded) {
			hps_mib_inc(conn->net, HPS_MIB_CONN_RECOVERED);
			hps_conn_event(conn, HPS_CONN_EVENT_RECOVERED,
				       HPS_REASON_NONE, 0);
		}
		conn->stranded = false;
		conn->lost_err = 0;
		return true;
	}
	/* With one pair of links it is TCP that gives up. */
	if (!conn->stranded && !hps_conn_may_return(conn))
		return true;
	if (!conn->stranded)
		hps_watch_strand(conn, READ_ONCE(hps_net(conn->net)->
						 sysctl.conn_timeout), 0);
	if (time_before(jiffies, conn->stranded_until))
		return true;
	hps_mib_inc(conn->net, HPS_MIB_CONN_LOST);
	hps_conn_lost(conn, conn->lost_err ? : -ETIMEDOUT, HPS_REASON_TIMEOUT);
	return false;
}

static void watch_timer(struct timer_list *t)
{
	struct hps_conn *conn = timer_container_of(conn, t, watch_timer);
	u64 now = ktime_to_us(ktime_get());
	bool again = false, moved = false;
	struct hps_path *path;

	spin_lock(&conn->lock);
	if (conn->state != HPS_CONN_ESTABLISHED)
		goto out;
	hps_join_offer_due(conn);
	list_for_each_entry(path, &conn->paths, node)
		again |= look(path, now, &moved);
	if (moved && conn->initiator && conn->nr_paths > 1)
		ping_quiet(conn, now);
	if (check_stranded(conn) &&
	    (again || moved || conn->stranded || conn->offer_later))
		mod_timer(&conn->watch_timer, jiffies + interval(conn));
out:
	spin_unlock(&conn->lock);
}

void hps_watch_init(struct hps_conn *conn)
{
	timer_setup(&conn->watch_timer, watch_timer, 0);
}

/* Data lock held. */
void hps_watch_start(struct hps_conn *conn)
{
	struct hps_path *path;

	lockdep_assert_held(&conn->lock);
	if (conn->state != HPS_CONN_ESTABLISHED)
		return;
	/* While nobody looked, nothing was due: that was no silence. */
	list_for_each_entry(path, &conn->paths, node)
		if (path->health.state == HPS_HEALTH_READY)
			path->health.since_us = 0;
	mod_timer(&conn->watch_timer, jiffies + interval(conn));
}

static void note_stranded(struct hps_conn *conn, int err)
{
	enum hps_reason reason = HPS_REASON_NONE;

	if (!err)
		reason = HPS_REASON_SILENT;
	else if (err == -ENETDOWN)
		reason = HPS_REASON_LINK_DOWN;
	else if (err == -ETIMEDOUT)
		reason = HPS_REASON_TIMEOUT;
	hps_mib_inc(conn->net, HPS_MIB_CONN_STRANDED);
	hps_conn_event(conn, HPS_CONN_EVENT_STRANDED, reason, err);
}

/**
 * hps_watch_strand - no path works: wait for one, but not for ever
 * @conn:	the connection; data lock held
 * @seconds:	how long
 * @err:	what its last path died of, or 0: those that there are do not answer
 */
void hps_watch_strand(struct hps_conn *conn, unsigned int seconds, int err)
{
	unsigned long until;

	lockdep_assert_held(&conn->lock);
	until = jiffies + seconds * HZ;
	if (!conn->stranded)
		note_stranded(conn, err);
	/* What happens to it meanwhile does not give it more time. */
	if (!conn->stranded || time_before(until, conn->stranded_until))
		conn->stranded_until = until;
	conn->stranded = true;
	hps_watch(conn);
}
