// SPDX-License-Identifier: GPL-2.0
/*
 * Rescue: what is late on one path goes over an idle one, so that a path which is
 * slower than it was, or has fallen silent, neither delays the end of a message nor
 * pins the window (SV-3; design.md section 4).
 *
 * A path that has nothing to send is not asked again by itself. So a timer looks at
 * what each path holds that another one could carry, and kicks the best idle one if
 * anything is late (late.c).
 */
#include "conn/rescue.h"

#include <net/tcp.h>

#include "compat.h"
#include "conn/choose.h"
#include "conn/late.h"
#include "conn/path.h"
#include "conn/transit.h"
#include "link/bundle.h"

/* What others hold is looked at so often. */
#define LOOK_MS		4

/* After so many looks for nothing half as often, and so on up to 64 ms: by then what
 * is late has been late for longer than that.
 */
#define LOOKS		16
#define LOOK_SHIFT_MAX	4

/* Not more segments of a path are looked at: who holds so many small ones has others
 * to look at when these have arrived.
 */
#define WALK		64

/* Has the transport acknowledged it? */
static bool has_arrived(const struct hps_segment *s,
			const struct hps_channel_metrics *m)
{
	return (s32)(s->ends - m->acked) <= 0;
}

/* Nobody knows how long it should take, or its message shall use one path only. What
 * goes over several anyway costs enough: no copy comes on top.
 */
static bool must_stay(const struct hps_segment *s, u8 policy)
{
	if (s->policy)
		policy = s->policy - 1;
	return s->takes_us == HPS_LATE_UNKNOWN || s->copy ||
	       policy == HPS_POLICY_SINGLE;
}

/* The first segment of the path that has not arrived, as far as its transport can
 * tell, may go elsewhere, and of which no other path carries all. What came behind a
 * lost packet has arrived: once as much was rescued as is missing, nothing is.
 */
static struct hps_segment *first_missing(const struct hps_conn *conn,
					 struct hps_path *path,
					 const struct hps_channel_metrics *m,
					 u8 policy)
{
	u32 rescued = 0, left = WALK;
	struct hps_segment *s;

	s = list_prepare_entry(path->arrived, &path->segments, node);
	list_for_each_entry_continue(s, &path->segments, node) {
		if (has_arrived(s, m)) {
			path->arrived = s;
			continue;
		}
		if (rescued >= m->in_flight || !left--)
			break;
		if (s->rescue || s->rescued >= s->len + s->mark)
			rescued += min_t(u32, s->len + HPS_SEGMENT_OVERHEAD,
					 s->ends - m->acked);
		else if (hps_segment_end(s) > conn->snd.una &&
			 !must_stay(s, policy))
			return s;
	}
	return NULL;
}

/* Would the path @p deliver @s sooner than its own one, of which @m tells? */
static bool is_late(const struct hps_segment *s,
		    const struct hps_channel_metrics *m,
		    const struct hps_sched_path *p)
{
	u32 now_us = tcp_clock_us();
	const struct hps_late late = {
		.len = s->len + HPS_SEGMENT_OVERHEAD,
		.age_us = now_us - s->given_us,
		.ack_us = now_us - m->ack_us,
		.takes_us = s->takes_us,
		.min_rtt_us = m->min_rtt_us,
		.srtt_us = m->srtt_us,
		.guess = s->guess,
	};

	return hps_late(&late, p);
}

/* Does the path carry the octet at @off, by one of its newest segments? */
static bool carries(const struct hps_path *path, u64 off)
{
	const struct hps_segment *s;
	u32 left = WALK;

	list_for_each_entry_reverse(s, &path->segments, node) {
		if (off >= s->off && off < hps_segment_end(s))
			return true;
		if (!--left)
			break;
	}
	return false;
}

/**
 * hps_rescue_find - what shall an idle path carry once more?
 * @conn:	the connection; data lock held
 * @path:	the path
 * @p:		the scheduler's view of it
 *
 * Returns the segment, which stays where it is and is to be told how much of it
 * goes (@rescued), or NULL. The policy of the socket and the bundle is that of now.
 */
struct hps_segment *hps_rescue_find(struct hps_conn *conn,
				    const struct hps_path *path,
				    const struct hps_sched_path *p)
{
	struct hps_channel_metrics m hps_uninitialized;
	struct hps_segment *s, *first = NULL;
	struct hps_bundle_config config;
	struct hps_path *other;

	lockdep_assert_held(&conn->lock);
	hps_choose_config(conn, &config);
	list_for_each_entry(other, &conn->paths, node) {
		if (other == path || list_empty(&other->segments))
			continue;
		other->ch->ops->metrics(other->ch, &m);
		s = first_missing(conn, other, &m, config.policy);
		if (s && (!first || s->off < first->off) && is_late(s, &m, p) &&
		    !carries(path, max(s->off + s->rescued, conn->snd.una)))
			first = s;
	}
	return first;
}

/**
 * hps_rescue_copy - what is to go of a segment
 * @conn:	the connection; data lock held
 * @s:		the segment, from hps_rescue_find()
 *
 * Returns a segment for the path that rescues, or NULL: no memory.
 */
struct hps_segment *hps_rescue_copy(struct hps_conn *conn,
				    const struct hps_segment *s)
{
	struct hps_segment *copy = hps_segment_alloc(&conn->snd);

	if (!copy)
		return NULL;
	*copy = *s;
	copy->off += min(s->rescued, s->len);
	copy->len -= min(s->rescued, s->len);
	copy->rescued = 0;
	/* Once is enough, so what this costs is bounded. */
	copy->rescue = true;
	hps_segment_ack(copy, conn->snd.una);
	return copy;
}

/* Is anything under way on a path, as far as its transport can tell? */
static bool holds(const struct hps_path *path)
{
	struct hps_channel_metrics m hps_uninitialized;

	if (list_empty(&path->segments))
		return false;
	path->ch->ops->metrics(path->ch, &m);
	return m.unacked;
}

static void look_again(struct hps_conn *conn)
{
	u32 shift = min_t(u32, conn->snd.looks / LOOKS, LOOK_SHIFT_MAX);

	mod_timer(&conn->late_timer,
		  jiffies + msecs_to_jiffies(LOOK_MS << shift));
}

/* One idle path is enough: that by which most would be there first. A path that is
 * busy now may idle soon, without telling.
 */
static void look(struct hps_conn *conn)
{
	unsigned int fresh = 0, others = 0, both = 0;
	struct hps_sched_path p, soonest;
	struct hps_path *path, *idle = NULL;
	u8 role = hps_choose_role(conn);
	u64 least = U64_MAX, at;
	bool held;

	list_for_each_entry(path, &conn->paths, node) {
		held = holds(path);
		if (!hps_choose_fresh(path, role)) {
			others += held;
			continue;
		}
		fresh++;
		both += held;
		hps_choose_look(path, &p);
		at = hps_sched_arrival(&p);
		if (!hps_sched_idle(&p) || at >= least)
			continue;
		least = at;
		idle = path;
		soonest = p;
	}
	/* Nobody holds what another one could carry. */
	if (!fresh || !(others || both > 1 || (both && fresh > 1)))
		return;
	conn->snd.looks++;
	if (idle && hps_rescue_find(conn, idle, &soonest)) {
		conn->snd.looks = 0;
		idle->rescues = true;
		idle->ch->ops->kick(idle->ch);
	}
	look_again(conn);
}

static void late_timer(struct timer_list *t)
{
	struct hps_conn *conn = timer_container_of(conn, t, late_timer);

	spin_lock(&conn->lock);
	if (conn->state == HPS_CONN_ESTABLISHED)
		look(conn);
	spin_unlock(&conn->lock);
}

/**
 * hps_rescue_watch - a path idles, or may soon: see to what others hold
 * @conn:	the connection, ESTABLISHED; data lock held
 */
void hps_rescue_watch(struct hps_conn *conn)
{
	struct hps_send *snd = &conn->snd;
	bool slow = false;

	if (conn->nr_paths < 2 || snd->una == snd->nxt)
		return;
	if (snd->looked != snd->nxt) {
		slow = snd->looks >= LOOKS;
		snd->looked = snd->nxt;
		snd->looks = 0;
	}
	if (slow || !timer_pending(&conn->late_timer))
		look_again(conn);
}

void hps_rescue_init(struct hps_conn *conn)
{
	timer_setup(&conn->late_timer, late_timer, 0);
}
