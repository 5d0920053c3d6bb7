// SPDX-License-Identifier: GPL-2.0
/*
 * Policy duplicate (DS-1, DS-2): the same data over several paths, the first
 * copy that arrives counts.
 *
 * What is written becomes runs (conn/run.h), and each run goes whole over as
 * many paths as there shall be copies. What the peer has acknowledged is not
 * sent any more, by whichever path it came. A path that is lost leaves nothing
 * to be sent again: the others carry all of it anyway, and its place becomes
 * free.
 */
#include "conn/duplicate.h"

#include <linux/slab.h>

#include "conn/conn.h"
#include "conn/path.h"
#include "conn/run.h"
#include "conn/sched.h"
#include "conn/transit.h"

/**
 * hps_duplicate_begin - something shall go over several paths
 * @conn:	the connection; data lock held
 * @off:	first octet
 * @len:	how many
 * @mark:	a record mark follows
 * @copies:	over how many paths
 *
 * Returns 0 or -ENOMEM.
 */
int hps_duplicate_begin(struct hps_conn *conn, u64 off, u32 len, bool mark,
			u8 copies)
{
	struct hps_run *run = kzalloc(sizeof(*run), GFP_ATOMIC);

	if (!run)
		return -ENOMEM;
	run->off = off;
	run->end = off + len;
	run->mark = mark;
	run->copies = clamp_t(u8, copies, 1, HPS_COPIES_MAX);
	list_add_tail(&run->node, &conn->snd.runs);
	return 0;
}

/**
 * hps_duplicate_next - the next piece for a path
 * @conn:	the connection; data lock held
 * @path:	the path
 * @p:		the scheduler's view of it
 * @begin:	it may carry runs of which it has no place yet: the role of its
 *		link says so. What it has begun it ends, others rely on that
 * @slot:	its place in the run: with an odd one it goes from the back
 *
 * Returns a new segment, to be given to hps_duplicate_sent() by the caller once
 * it is under way, or freed; NULL if there is none, or no room (the channel
 * wants to be kicked then).
 */
struct hps_segment *hps_duplicate_next(struct hps_conn *conn,
				       struct hps_path *path,
				       const struct hps_sched_path *p,
				       bool begin, int *slot)
{
	u32 cap, most = hps_sched_longest(p);
	struct hps_run_piece piece;
	struct hps_segment *new;
	struct hps_run *run;

	*slot = -1;
	list_for_each_entry(run, &conn->snd.runs, node) {
		*slot = hps_run_next(run, path->id, begin, conn->snd.una, most,
				     &piece);
		if (*slot >= 0)
			break;
	}
	if (*slot < 0)
		return NULL;
	cap = hps_sched_cap(p, piece.len);
	if (p->in_flight && p->in_flight + piece.len > cap) {
		path->ch->want_below = cap - piece.len;
		path->ch->want = true;
		return NULL;
	}
	new = hps_segment_alloc(&conn->snd);
	if (!new) {
		hps_channel_back_off(path->ch);
		return NULL;
	}
	*new = (struct hps_segment) {
		.off = piece.off,
		.len = piece.len,
		.mark = piece.mark,
		.copy = true,
	};
	return new;
}

/**
 * hps_duplicate_sent - a piece is under way
 * @conn:	the connection; data lock held
 * @path:	the path that carries it
 * @s:		the piece, which may be shorter than it was
 */
void hps_duplicate_sent(struct hps_conn *conn, struct hps_path *path,
			const struct hps_segment *s)
{
	struct hps_run *run;

	list_for_each_entry(run, &conn->snd.runs, node)
		if (hps_run_sent(run, path->id, s->off, hps_segment_end(s)))
			return;
}

static void free_run(struct hps_run *run)
{
	list_del(&run->node);
	kfree(run);
}

/**
 * hps_duplicate_acked - more has arrived: what was not sent of it is withdrawn
 * @conn:	the connection; data lock held
 */
void hps_duplicate_acked(struct hps_conn *conn)
{
	struct hps_run *run, *next;

	list_for_each_entry_safe(run, next, &conn->snd.runs, node) {
		if (hps_run_end(run) > conn->snd.una)
			break;
		hps_mib_add(conn->net, HPS_MIB_WITHDRAWN_OCTETS,
			    hps_run_unsent(run));
		free_run(run);
	}
}

/**
 * hps_duplicate_path_lost - a path carries nothing any more
 * @conn:	the connection; data lock held
 * @path:	the path
 */
void hps_duplicate_path_lost(struct hps_conn *conn, struct hps_path *path)
{
	struct hps_run *run;

	list_for_each_entry(run, &conn->snd.runs, node)
		hps_run_leave(run, path->id);
}

/* The connection is over. Data lock held. */
void hps_duplicate_purge(struct hps_conn *conn)
{
	struct hps_run *run, *next;

	list_for_each_entry_safe(run, next, &conn->snd.runs, node)
		free_run(run);
}
