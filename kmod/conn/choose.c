// SPDX-License-Identifier: GPL-2.0
/*
 * Choosing paths: which may carry what, and the scheduler's view of them.
 *
 * A link's role says when its paths carry: active ones always, backup ones
 * while no active one is left that answers, those for duplicates when nothing
 * else is.
 */
#include "conn/choose.h"

#include <net/tcp.h>

#include "compat.h"
#include "conn/conn.h"
#include "conn/late.h"
#include "conn/path.h"
#include "ddp/mpa.h"
#include "link/bundle.h"
#include "link/link.h"

/**
 * hps_choose_path_role - the role of a path's link
 * @path:	the path; over no link of a bundle it is as good as any
 */
u8 hps_choose_path_role(const struct hps_path *path)
{
	return path->link ? READ_ONCE(path->link->role) : HPS_LINK_ROLE_ACTIVE;
}

/**
 * hps_choose_role - the role whose links carry fresh data now
 * @conn:	the connection; data lock held
 */
u8 hps_choose_role(struct hps_conn *conn)
{
	u8 best = HPS_LINK_ROLE_DUPLICATE;
	struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node)
		if (hps_path_usable(path))
			best = min(best, hps_choose_path_role(path));
	return best;
}

/**
 * hps_choose_fresh - may a path carry fresh data?
 * @path:	the path; data lock held
 * @role:	from hps_choose_role()
 */
bool hps_choose_fresh(const struct hps_path *path, u8 role)
{
	return hps_path_usable(path) && hps_choose_path_role(path) == role;
}

/**
 * hps_choose_copies - may a path carry copies, though nothing fresh?
 * @conn:	the connection; data lock held
 * @path:	the path
 *
 * A backup link does if there would be no second copy otherwise.
 */
bool hps_choose_copies(struct hps_conn *conn, const struct hps_path *path)
{
	struct hps_path *other;
	unsigned int n = 0;

	if (hps_choose_path_role(path) != HPS_LINK_ROLE_BACKUP)
		return true;
	list_for_each_entry(other, &conn->paths, node)
		n += hps_path_usable(other) &&
		     hps_choose_path_role(other) != HPS_LINK_ROLE_BACKUP;
	return n < 2;
}

/* A path as the scheduler would see it if nothing was under way. */
static struct hps_sched_path idle_view(const struct hps_channel_metrics *m)
{
	return (struct hps_sched_path) {
		.usable = true,
		.rate = m->rate,
		.min_rtt_us = m->min_rtt_us,
		.srtt_us = m->srtt_us,
		.mss = m->mss,
		.cwnd = m->cwnd,
	};
}

/* @ahead: octets that its channel is about to get. What HPS knows to have
 * arrived is not in flight, whatever TCP waits for: the acknowledgement of a last
 * packet may be 40 ms late. But what has come by another path, for this one was
 * late, is in its way still. Returns what TCP waits for.
 */
static u32 look(struct hps_path *path, u32 ahead, u32 now_us,
		struct hps_sched_path *p)
{
	struct hps_channel_metrics m hps_uninitialized;

	path->ch->ops->metrics(path->ch, &m);
	path->dragged = min(path->dragged, m.in_flight);
	path->begins = m.acked + m.unacked;
	if (ahead)
		path->begins += mpa_frame_size(HPS_ULPDU_HEAD + ahead);
	*p = idle_view(&m);
	p->in_flight = min(m.in_flight + ahead, path->unacked + path->dragged);
	p->busy_us = now_us - path->busy_us;
	p->ack_us = min(p->busy_us, now_us - m.ack_us);
	return m.in_flight;
}

/**
 * hps_choose_given - a path gets a segment
 * @path:	the path; data lock held
 * @p:		the scheduler's view of it, before
 * @s:		the segment
 * @len:	octets of the message that carries it
 */
void hps_choose_given(struct hps_path *path, const struct hps_sched_path *p,
		      struct hps_segment *s, u32 len)
{
	path->unacked += s->len + HPS_SEGMENT_OVERHEAD;
	s->ends = path->begins + mpa_frame_size(HPS_ULPDU_HEAD + len);
	s->given_us = 0;
	s->takes_us = HPS_LATE_UNKNOWN;
	s->guess = false;
	if (path->conn->nr_paths == 1)
		return;
	s->given_us = tcp_clock_us();
	s->takes_us = hps_late_takes(p, s->len);
	s->guess = !p->rate;
	if (!p->in_flight) {
		path->busy_us = s->given_us;
		path->dragged = 0;
	}
}

/**
 * hps_choose_look - the scheduler's view of a path
 * @path:	the path; data lock held
 * @p:		filled
 */
void hps_choose_look(struct hps_path *path, struct hps_sched_path *p)
{
	look(path, 0, tcp_clock_us(), p);
}

/**
 * hps_choose_paths - look at the paths that may carry fresh data
 * @conn:	the connection; data lock held
 * @self:	the one that asks
 * @ahead:	octets pulled for it and not yet given to its channel
 * @choice:	filled; @self is in it whatever its role, if it can carry at all
 *
 * Returns false if @self shall carry nothing fresh.
 */
bool hps_choose_paths(struct hps_conn *conn, struct hps_path *self,
		      u32 ahead, struct hps_choice *choice)
{
	struct hps_path *path;
	bool seen = false;
	u32 now_us;
	u8 role;

	if (conn->nr_paths == 1) {
		choice->n = 1;
		choice->self = 0;
		choice->id[0] = self->id;
		look(self, ahead, 0, &choice->path[0]);
		return true;
	}
	role = hps_choose_role(conn);
	now_us = tcp_clock_us();
	choice->n = 0;
	list_for_each_entry(path, &conn->paths, node) {
		if (path != self && !hps_choose_fresh(path, role))
			continue;
		/* The last place is kept for the path that asks. */
		if (path != self && choice->n + !seen >= HPS_CHOOSE_PATHS)
			continue;
		seen |= path == self;
		if (path == self)
			choice->self = choice->n;
		choice->id[choice->n] = path->id;
		look(path, path == self ? ahead : 0, now_us,
		     &choice->path[choice->n++]);
	}
	return hps_choose_path_role(self) == role;
}

static void kick_path(struct hps_conn *conn, u8 id)
{
	struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node)
		if (path->id == id)
			path->ch->ops->kick(path->ch);
}

/**
 * hps_choose_single - is it this path that policy single uses?
 * @conn:	the connection; data lock held
 * @choice:	from hps_choose_paths()
 *
 * It stays with one path while that can carry, then takes the one that would
 * deliver first.
 */
bool hps_choose_single(struct hps_conn *conn, const struct hps_choice *choice)
{
	struct hps_send *snd = &conn->snd;
	unsigned int i, best = 0;
	u64 least = U64_MAX, at;

	for (i = 0; i < choice->n; i++) {
		if (choice->id[i] + 1 == snd->single) {
			/* Nagle may have held it back for this one. */
			if (i != choice->self)
				kick_path(conn, choice->id[i]);
			return i == choice->self;
		}
		at = hps_sched_arrival(&choice->path[i]);
		if (at < least) {
			least = at;
			best = i;
		}
	}
	snd->single = choice->id[best] + 1;
	if (best != choice->self)
		hps_path_kick_all(conn);
	return best == choice->self;
}

static u16 path_weight(const struct hps_path *path)
{
	return path->link ? READ_ONCE(path->link->weight) : 0;
}

/* Which of the weighted paths beside @self has carried the least? */
static struct hps_path *least_served(struct hps_conn *conn,
				     const struct hps_path *self)
{
	struct hps_path *path, *least = NULL;
	u8 role = hps_choose_role(conn);

	list_for_each_entry(path, &conn->paths, node)
		if (path != self && hps_choose_fresh(path, role) &&
		    path_weight(path) &&
		    (!least || path->served < least->served))
			least = path;
	return least;
}

/* Octets that a path may be ahead of what its weight says. */
#define TURN_OCTETS	SZ_128K

/**
 * hps_choose_turn - may a path with a weight take more, as weights go?
 * @conn:	the connection; data lock held
 * @path:	the path
 * @alone:	set if it is its turn: others wait for it, so it takes what it can
 *		even where they would be earlier
 *
 * Returns false if links with a weight must carry more first. Then the path is
 * kicked when they have, by hps_choose_served().
 */
bool hps_choose_turn(struct hps_conn *conn, struct hps_path *path,
		     bool *alone)
{
	u16 weight = path_weight(path);
	struct hps_path *other;
	u64 least;

	if (!weight)
		return true;
	other = least_served(conn, path);
	if (!other)
		return true;
	least = other->served;
	/* What it has not used before it was there gives it no right. Others are
	 * ahead by a turn and a segment.
	 */
	if (path->served + 4 * TURN_OCTETS / max_t(u16, path_weight(other), 1) <
	    least)
		path->served = least;
	path->waits_turn = path->served > least + TURN_OCTETS / weight;
	*alone = !path->waits_turn;
	if (path->waits_turn)
		other->ch->ops->kick(other->ch);
	return !path->waits_turn;
}

/**
 * hps_choose_served - a path takes fresh data, or rescues
 * @conn:	the connection; data lock held
 * @path:	the path
 * @len:	octets
 */
void hps_choose_served(struct hps_conn *conn, struct hps_path *path, u32 len)
{
	u16 weight = path_weight(path);
	struct hps_path *other;

	if (!weight)
		return;
	path->served += len / weight + 1;
	list_for_each_entry(other, &conn->paths, node)
		if (other->waits_turn && other != path)
			other->ch->ops->kick(other->ch);
}

/**
 * hps_choose_next - the path on which the next octets go
 * @conn:	the connection; data lock held
 * @tried:	bits of the paths that were asked already
 *
 * Returns the one on which a small message would arrive first, or NULL.
 */
struct hps_path *hps_choose_next(struct hps_conn *conn, u64 tried)
{
	struct hps_path *path, *best = NULL;
	u64 least = U64_MAX, at;
	struct hps_sched_path p;
	u32 now_us = 0, unacked;

	if (conn->nr_paths > 1)
		now_us = tcp_clock_us();
	list_for_each_entry(path, &conn->paths, node) {
		if (!hps_path_usable(path) || tried & 1ULL << path->id)
			continue;
		if (conn->nr_paths == 1)
			return path;
		unacked = look(path, 0, now_us, &p);
		/* An acknowledgement is no payload of ours: it must not go on
		 * choosing a path that has fallen silent.
		 */
		if (conn->snd.nxt == conn->snd.end)
			p.in_flight = unacked;
		at = hps_sched_arrival(&p) | (u64)hps_choose_path_role(path) << 60;
		if (at >= least)
			continue;
		least = at;
		best = path;
	}
	return best;
}

/**
 * hps_choose_config - how the connection shall use its links
 * @conn:	the connection
 * @config:	the bundle's, with what the socket's options changed
 */
void hps_choose_config(const struct hps_conn *conn,
		       struct hps_bundle_config *config)
{
	hps_bundle_config(conn->net, conn->bundle_ifindex, config);
	if (conn->policy)
		config->policy = conn->policy - 1;
	if (conn->own_cutoff)
		config->cutoff = conn->cutoff;
}

/**
 * hps_choose_is_single - is one path used at a time, whatever is written?
 * @conn:	the connection; data lock held
 * @config:	from hps_choose_config()
 */
bool hps_choose_is_single(const struct hps_conn *conn,
			  const struct hps_bundle_config *config)
{
	return config->policy == HPS_POLICY_SINGLE && !conn->snd.mixed;
}

/**
 * hps_choose_admits - does the role of its link let a path carry now?
 * @conn:	the connection; data lock held
 * @path:	a path that is usable
 * @config:	from hps_choose_config()
 */
bool hps_choose_admits(struct hps_conn *conn, const struct hps_path *path,
		       const struct hps_bundle_config *config)
{
	if (hps_choose_path_role(path) == hps_choose_role(conn))
		return true;
	return (config->policy == HPS_POLICY_DUPLICATE ||
		!list_empty(&conn->snd.runs)) && hps_choose_copies(conn, path);
}

static void look_idle(const struct hps_path *path, struct hps_sched_path *p)
{
	struct hps_channel_metrics m hps_uninitialized;

	path->ch->ops->metrics(path->ch, &m);
	*p = idle_view(&m);
}

/**
 * hps_choose_idle - the paths that may carry fresh data, if nothing was under way
 * @conn:	the connection; data lock held
 * @idle:	filled, HPS_CHOOSE_PATHS at most
 *
 * Returns how many.
 */
unsigned int hps_choose_idle(struct hps_conn *conn, struct hps_sched_path *idle)
{
	u8 role = hps_choose_role(conn);
	struct hps_path *path;
	unsigned int n = 0;

	list_for_each_entry(path, &conn->paths, node) {
		if (n == HPS_CHOOSE_PATHS)
			break;
		if (hps_choose_fresh(path, role))
			look_idle(path, &idle[n++]);
	}
	return n;
}

/**
 * hps_choose_only - the path that policy single uses, or would take if it wrote now
 * @conn:	the connection; data lock held
 *
 * Returns its id and one, or 0: there is none. See hps_choose_single().
 */
u8 hps_choose_only(struct hps_conn *conn)
{
	u8 role = hps_choose_role(conn), best = 0;
	u64 least = U64_MAX, at;
	struct hps_sched_path p;
	struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node) {
		if (!hps_choose_fresh(path, role))
			continue;
		if (path->id + 1 == conn->snd.single)
			return conn->snd.single;
		look_idle(path, &p);
		at = hps_sched_arrival(&p);
		if (at >= least)
			continue;
		least = at;
		best = path->id + 1;
	}
	return best;
}
