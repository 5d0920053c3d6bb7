// SPDX-License-Identifier: GPL-2.0
/*
 * Policy duplicate (DS-1, DS-2): the same data over several paths, the first
 * copy that arrives counts.
 *
 * What is written becomes runs, and each run goes whole over as many paths as
 * there shall be copies. Every path has its own place in it: the first begins at
 * the front, the second at the back, and so on in turn, so that a long message
 * is complete when they meet. What the peer has acknowledged is not sent any
 * more, by whichever path it came. A path that is lost leaves nothing to be sent
 * again: the others carry all of it anyway, and its place becomes free.
 */
#include "conn/duplicate.h"

#include <linux/slab.h>

#include "conn/conn.h"
#include "conn/path.h"
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

/* The path's place in the run, or -1: enough others carry it, or it shall not
 * @begin to.
 */
static int find_slot(struct hps_run *run, const struct hps_path *path, u64 una,
		     bool begin)
{
	int i, free = -1;

	for (i = 0; i < run->copies; i++) {
		if (run->slot[i].path == path->id + 1)
			return i;
		if (free < 0 && !run->slot[i].path)
			free = i;
	}
	if (free < 0 || !begin)
		return -1;
	run->slot[free].path = path->id + 1;
	run->slot[free].next = free % 2 ? run->end + run->mark :
					  max(run->off, una);
	return free;
}

/* What the path has not sent of the run yet: from *@from to the result, which
 * counts the mark.
 */
static u64 slot_rest(struct hps_run *run, int i, u64 una, u64 *from)
{
	*from = max(run->off, una);
	if (i % 2)
		return max(*from, run->slot[i].next);
	*from = max(*from, run->slot[i].next);
	return run->end + run->mark;
}

/* Fills @s with the next piece of the run for slot @i. False if none is left. */
static bool next_piece(struct hps_run *run, int i, u64 una, u32 most,
		       struct hps_segment *s)
{
	u64 from, to, end;

	to = slot_rest(run, i, una, &from);
	if (from >= to)
		return false;
	s->mark = run->mark && to > run->end;
	end = to - s->mark;
	s->off = i % 2 && end - from > most ? end - most : from;
	s->len = min_t(u64, end - s->off, most);
	/* From the front the mark goes with the last piece only. */
	s->mark = s->mark && s->off + s->len == run->end;
	return true;
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
	u32 most = hps_sched_longest(p);
	struct hps_segment s = {}, *new;
	struct hps_run *run;
	u32 cap;
	int i;

	list_for_each_entry(run, &conn->snd.runs, node) {
		i = find_slot(run, path, conn->snd.una, begin);
		if (i >= 0 && next_piece(run, i, conn->snd.una, most, &s))
			goto found;
	}
	return NULL;

found:
	cap = hps_sched_cap(p, s.len);
	if (p->in_flight && p->in_flight + s.len > cap) {
		path->ch->want_below = cap - s.len;
		path->ch->want = true;
		return NULL;
	}
	new = hps_segment_alloc(&conn->snd);
	if (!new) {
		hps_channel_back_off(path->ch);
		return NULL;
	}
	*new = s;
	new->copy = true;
	*slot = i;
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
	int i;

	list_for_each_entry(run, &conn->snd.runs, node) {
		if (s->off < run->off || s->off >= run->end + run->mark)
			continue;
		for (i = 0; i < run->copies; i++)
			if (run->slot[i].path == path->id + 1)
				run->slot[i].next = i % 2 ? s->off :
							    hps_segment_end(s);
		return;
	}
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
	u64 from, to;
	int i;

	list_for_each_entry_safe(run, next, &conn->snd.runs, node) {
		if (run->end + run->mark > conn->snd.una)
			break;
		for (i = 0; i < run->copies; i++) {
			if (!run->slot[i].path)
				continue;
			to = slot_rest(run, i, run->off, &from);
			if (to > from)
				hps_mib_add(conn->net,
					    HPS_MIB_WITHDRAWN_OCTETS, to - from);
		}
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
	int i;

	list_for_each_entry(run, &conn->snd.runs, node)
		for (i = 0; i < run->copies; i++)
			if (run->slot[i].path == path->id + 1)
				run->slot[i].path = 0;
}

/* The connection is over. Data lock held. */
void hps_duplicate_purge(struct hps_conn *conn)
{
	struct hps_run *run, *next;

	list_for_each_entry_safe(run, next, &conn->snd.runs, node)
		free_run(run);
}
