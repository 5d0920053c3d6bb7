// SPDX-License-Identifier: GPL-2.0
/*
 * Reassembly: which octets of the stream are here, and where they lie.
 *
 * All extents of a connection stand in one list ordered by stream offset. New
 * data nearly always belongs near its end, so the place is searched from there.
 * When a search goes too far, as with a very reordered or hostile peer, all are
 * put into a tree as well, which serves until the list is empty: no search is
 * long, and who sends in order pays nothing for it. What the list holds is
 * bounded by the credit of the connection, because each extent counts for at
 * least HPS_MIN_SEGMENT_COST or HPS_MARK_COST.
 */
#include "reasm.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "../wire.h"

/* A list is searched for so long. */
#define SEARCH_STEPS	16

static struct kmem_cache *extent_cache;

static u32 extent_cost(const struct hps_extent *e)
{
	/* A mark, or placed. */
	if (!e->rxq)
		return HPS_MARK_COST;

	return max_t(u32, e->len, HPS_MIN_SEGMENT_COST);
}

static u64 extent_end(const struct hps_extent *e)
{
	return e->off + e->len;
}

static struct hps_extent *by_offset(struct list_head *at)
{
	return list_entry(at, struct hps_extent, by_offset);
}

/* Puts an extent that is in the list into the tree. Of an extent and the one
 * before it, one has room for a child on the side between them.
 */
static noinline void tree_add(struct hps_reasm *r, struct hps_extent *e)
{
	struct list_head *before = e->by_offset.prev;
	struct rb_node **link = &r->tree.rb_node, *parent = NULL;

	if (before != &r->extents && !by_offset(before)->in_tree.rb_right) {
		parent = &by_offset(before)->in_tree;
		link = &parent->rb_right;
	} else if (r->tree.rb_node) {
		parent = &by_offset(e->by_offset.next)->in_tree;
		link = &parent->rb_left;
	}
	rb_link_node(&e->in_tree, parent, link);
	rb_insert_color(&e->in_tree, &r->tree);
}

static void make_tree(struct hps_reasm *r)
{
	struct hps_extent *e;

	r->tree = RB_ROOT;
	r->treed = true;
	list_for_each_entry(e, &r->extents, by_offset)
		tree_add(r, e);
}

static struct list_head *tree_before(struct hps_reasm *r, u64 off)
{
	struct rb_node *n = r->tree.rb_node;
	struct list_head *best = &r->extents;

	while (n) {
		struct hps_extent *e = rb_entry(n, struct hps_extent, in_tree);

		if (e->off <= off) {
			best = &e->by_offset;
			n = n->rb_right;
		} else {
			n = n->rb_left;
		}
	}

	return best;
}

/* For find_before(), if it is not the last one. */
static noinline struct list_head *search(struct hps_reasm *r, u64 off)
{
	unsigned int steps = SEARCH_STEPS;
	struct hps_extent *e;

	if (r->treed)
		return tree_before(r, off);
	list_for_each_entry_reverse(e, &r->extents, by_offset) {
		if (e->off <= off)
			return &e->by_offset;
		if (!--steps) {
			make_tree(r);
			return tree_before(r, off);
		}
	}

	return &r->extents;
}

/* The last extent that begins at or below @off, or the head of the list. */
static struct list_head *find_before(struct hps_reasm *r, u64 off)
{
	struct list_head *last = r->extents.prev;

	if (last == &r->extents || by_offset(last)->off <= off)
		return last;

	return search(r, off);
}

/* How many of the octets [off, off + len) the extent at @at holds already. */
static u32 covered(const struct hps_reasm *r, struct list_head *at, u64 off,
		   u32 len)
{
	const struct hps_extent *e = by_offset(at);

	if (at == &r->extents || extent_end(e) <= off)
		return 0;

	return min_t(u64, len, extent_end(e) - off);
}

/* How many of the octets [off, off + len) fit before the extent after @at. */
static u32 gap(const struct hps_reasm *r, struct list_head *at, u64 off,
	       u32 len)
{
	if (at->next == &r->extents)
		return len;

	return min_t(u64, len, by_offset(at->next)->off - off);
}

/* The queue position only grows with arrival, so this is an append but for
 * what was refused for want of memory and is inserted again.
 */
static void link_by_pos(struct hps_rxq *q, struct hps_extent *e)
{
	struct hps_extent *prev;

	list_for_each_entry_reverse(prev, &q->extents, by_pos)
		if ((s32)(prev->pos - e->pos) <= 0)
			break;
	list_add(&e->by_pos, &prev->by_pos);
}

/* Can the octets simply be added to the extent at @at? */
static bool continues(const struct hps_reasm *r, struct list_head *at,
		      const struct hps_rxq *q, u64 off, u32 len, u32 pos)
{
	const struct hps_extent *e = by_offset(at);

	/* A mark is in no queue, so it is not the one either; nor are placed octets. */
	if (at == &r->extents || e->rxq != q)
		return false;
	if (extent_end(e) != off || (u32)(e->pos + e->len) != pos)
		return false;

	/* Beyond this, positions could not be compared any more. */
	return len <= S32_MAX - e->len;
}

/* All up to the end of @e has arrived. */
static void move_frontier(struct hps_reasm *r, const struct hps_extent *e)
{
	u64 n = extent_end(e) - r->frontier;

	r->frontier += n;
	if (unlikely(e->placed))
		r->placed += n;
	else
		r->ready += n;
}

/* An extent is below the frontier now. */
static void note_mark(struct hps_reasm *r, const struct hps_extent *e)
{
	if (!e->mark || r->marked)
		return;
	r->marked = true;
	r->mark = e->off;
}

/* The first mark is being read: which one is next? Every extent is met once. */
static noinline void next_mark(struct hps_reasm *r, const struct hps_extent *e)
{
	r->marked = false;
	list_for_each_entry_continue(e, &r->extents, by_offset) {
		if (e->off >= r->frontier || r->marked)
			break;
		note_mark(r, e);
	}
}

/* The first hole lies behind @e, or further on. */
static noinline void advance_over(struct hps_reasm *r, struct hps_extent *e)
{
	note_mark(r, e);
	list_for_each_entry_continue(e, &r->extents, by_offset) {
		if (e->off != r->frontier)
			break;
		move_frontier(r, e);
		note_mark(r, e);
	}
}

/* The extent at @at has become longer or is new: where is the first hole? */
static void advance(struct hps_reasm *r, struct list_head *at)
{
	struct hps_extent *e = by_offset(at);

	if (e->off > r->frontier)
		return;

	move_frontier(r, e);
	if (e->mark || at->next != &r->extents)
		advance_over(r, e);
}

/* Puts an extent of octets that nothing covers behind @at; NULL without memory. */
static struct hps_extent *add(struct hps_reasm *r, struct hps_rxq *q,
			      struct list_head *at, u64 off, u32 len, u32 pos)
{
	struct hps_extent *e = r->spare;

	r->spare = NULL;
	if (!e)
		e = kmem_cache_alloc(extent_cache, GFP_ATOMIC);
	if (!e)
		return NULL;

	e->off = off;
	e->pos = pos;
	e->len = len;
	e->mark = false;
	e->placed = false;
	e->rxq = q;
	list_add(&e->by_offset, at);
	if (q)
		link_by_pos(q, e);
	else
		INIT_LIST_HEAD(&e->by_pos);
	if (unlikely(r->treed))
		tree_add(r, e);
	r->cost += extent_cost(e);
	r->count++;

	return e;
}

/* Add octets that nothing covers behind @at; returns the place that has them,
 * or NULL without memory.
 */
static struct list_head *put(struct hps_reasm *r, struct hps_rxq *q,
			     struct list_head *at, u64 off, u32 len, u32 pos,
			     bool mark)
{
	struct hps_extent *e;

	if (!mark && continues(r, at, q, off, len, pos)) {
		e = by_offset(at);
		r->cost -= extent_cost(e);
		e->len += len;
		r->cost += extent_cost(e);
		advance(r, at);
		return at;
	}

	/* Nothing of a mark lies in the queue, which it may outlive. */
	e = add(r, mark ? NULL : q, at, off, len, pos);
	if (!e)
		return NULL;
	e->mark = mark;
	advance(r, &e->by_offset);

	return &e->by_offset;
}

static void drop(struct hps_reasm *r, struct hps_extent *e)
{
	list_del(&e->by_offset);
	list_del(&e->by_pos);
	r->cost -= extent_cost(e);
	r->count--;
	if (unlikely(r->treed)) {
		rb_erase(&e->in_tree, &r->tree);
		r->treed = r->count;
	}
	if (r->spare)
		kmem_cache_free(extent_cache, e);
	else
		r->spare = e;
}

static bool is_placed(const struct hps_reasm *r, struct list_head *at)
{
	return at != &r->extents && by_offset(at)->placed;
}

/* Add placed octets that nothing covers behind @at; false without memory. They
 * become one with those before and behind them, so that what comes in many pieces
 * is one extent as long as no reader's octets lie between.
 */
static bool put_placed(struct hps_reasm *r, struct list_head *at, u64 off,
		       u32 len)
{
	struct hps_extent *before = NULL, *after = NULL, *e;

	if (is_placed(r, at) && extent_end(by_offset(at)) == off)
		before = by_offset(at);
	if (is_placed(r, at->next) && by_offset(at->next)->off == off + len)
		after = by_offset(at->next);

	if (before) {
		e = before;
		e->len += len;
		if (after) {
			e->len += after->len;
			drop(r, after);
		}
	} else if (after) {
		e = after;
		e->off = off;
		e->len += len;
	} else {
		e = add(r, NULL, at, off, len, 0);
		if (!e)
			return false;
		e->placed = true;
	}
	advance(r, &e->by_offset);

	return true;
}

/* Nobody reads placed octets: the reader's place moves over them. What is behind
 * them is not placed.
 */
static noinline void skip_placed(struct hps_reasm *r)
{
	struct hps_extent *e = hps_reasm_head(r);

	if (!e || !e->placed)
		return;
	r->next += e->len;
	r->placed -= e->len;
	drop(r, e);
}

/**
 * hps_reasm_init - an empty stream whose first octet has offset 0
 * @r:	to be initialised
 */
void hps_reasm_init(struct hps_reasm *r)
{
	INIT_LIST_HEAD(&r->extents);
	r->tree = RB_ROOT;
	r->treed = false;
	r->marked = false;
	r->mark = 0;
	r->next = 0;
	r->frontier = 0;
	r->ready = 0;
	r->placed = 0;
	r->cost = 0;
	r->count = 0;
	r->spare = NULL;
}

/**
 * hps_rxq_init - a path's queue without extents
 * @q:	to be initialised
 */
void hps_rxq_init(struct hps_rxq *q)
{
	INIT_LIST_HEAD(&q->extents);
}

/**
 * hps_reasm_insert - note octets that have arrived
 * @r:		the stream
 * @q:		queue of the path that holds them
 * @off:	stream offset of the first
 * @len:	number of stream offsets; 1 for a mark
 * @pos:	position of the first in @q
 * @mark:	it is a record mark: takes one offset, lies nowhere
 * @fresh:	how many of them were not known before
 *
 * What the reader has taken already and what other extents cover is left out,
 * so that resends and duplicates are harmless whatever way they are cut.
 *
 * Context: any, the caller serialises.
 * Return: 0; -EINVAL when @off and @len leave the 64-bit offset space; -ENOMEM
 * when memory ran out after @fresh octets: the same call may be made again.
 */
int hps_reasm_insert(struct hps_reasm *r, struct hps_rxq *q, u64 off, u32 len,
		     u32 pos, bool mark, u32 *fresh)
{
	struct list_head *at;
	u32 n;

	*fresh = 0;
	if (len > U64_MAX - off || (mark && len != 1))
		return -EINVAL;

	if (off < r->next) {
		if (r->next - off >= len)
			return 0;
		n = r->next - off;
		off += n;
		pos += n;
		len -= n;
	}

	for (at = find_before(r, off); len; off += n, pos += n, len -= n) {
		if (at->next != &r->extents && by_offset(at->next)->off == off)
			at = at->next;

		n = covered(r, at, off, len);
		if (n)
			continue;

		n = gap(r, at, off, len);
		at = put(r, q, at, off, n, pos, mark);
		if (!at)
			return -ENOMEM;
		*fresh += n;
	}

	return 0;
}

/**
 * hps_reasm_missing - what of a range has not arrived yet?
 * @r:		the stream
 * @off:	where the range begins; then, where the first such run does
 * @len:	octets of the range; then, of the run
 *
 * Return: false if nothing is missing, or the range leaves the offset space.
 */
bool hps_reasm_missing(struct hps_reasm *r, u64 *off, u32 *len)
{
	u64 from = max(*off, r->frontier), end = *off + *len;
	struct list_head *at;
	u32 n;

	if (*len > U64_MAX - *off || from >= end)
		return false;

	for (at = find_before(r, from); from < end; from += n) {
		if (at->next != &r->extents && by_offset(at->next)->off == from)
			at = at->next;

		n = covered(r, at, from, end - from);
		if (n)
			continue;

		*off = from;
		*len = gap(r, at, from, end - from);
		return true;
	}

	return false;
}

/**
 * hps_reasm_place - note octets that are in their place in memory
 * @r:		the stream
 * @off:	stream offset of the first
 * @len:	how many
 *
 * To be called with what hps_reasm_missing() gave. Of anything else, what has
 * arrived before is left out, as with hps_reasm_insert().
 *
 * Context: any, the caller serialises.
 * Return: 0; -EINVAL when @off and @len leave the 64-bit offset space; -ENOMEM:
 * then the same call may be made again.
 */
int hps_reasm_place(struct hps_reasm *r, u64 off, u32 len)
{
	u64 end = off + len;
	int err = 0;

	if (len > U64_MAX - off)
		return -EINVAL;

	while (hps_reasm_missing(r, &off, &len)) {
		if (!put_placed(r, find_before(r, off), off, len)) {
			err = -ENOMEM;
			break;
		}
		off += len;
		len = end - off;
	}
	if (r->placed)
		skip_placed(r);

	return err;
}

/**
 * hps_reasm_head - what the reader takes next
 * @r:	the stream
 *
 * Return: the extent that begins at @r->next, or NULL if that has not arrived.
 */
struct hps_extent *hps_reasm_head(const struct hps_reasm *r)
{
	struct hps_extent *e;

	if (list_empty(&r->extents))
		return NULL;

	e = list_first_entry(&r->extents, struct hps_extent, by_offset);

	return e->off == r->next ? e : NULL;
}

/**
 * hps_reasm_consume - the reader took octets from the head extent
 * @r:	the stream
 * @n:	how many, not more than the head extent has
 */
void hps_reasm_consume(struct hps_reasm *r, u32 n)
{
	struct hps_extent *e = hps_reasm_head(r);

	if (!n || WARN_ON_ONCE(!e || n > e->len))
		return;

	r->next += n;
	r->ready -= n;
	if (n == e->len) {
		if (e->mark)
			next_mark(r, e);
		drop(r, e);
		if (unlikely(r->placed))
			skip_placed(r);
		return;
	}

	r->cost -= extent_cost(e);
	e->off += n;
	e->pos += n;
	e->len -= n;
	r->cost += extent_cost(e);
}

/**
 * hps_reasm_at - find an octet or a mark that has arrived
 * @r:		the stream
 * @off:	its offset
 *
 * For a reader that looks ahead; hps_reasm_head() is for one that takes.
 *
 * Return: the extent that holds it, which may be a placed one, or NULL.
 */
struct hps_extent *hps_reasm_at(struct hps_reasm *r, u64 off)
{
	struct list_head *at = find_before(r, off);

	return covered(r, at, off, 1) ? by_offset(at) : NULL;
}

/**
 * hps_reasm_record - is there a whole record?
 * @r:		the stream
 * @len:	its length without the mark and what is placed within it; or NULL
 *
 * With @len it takes long if there is much that was placed.
 *
 * Return: true if all from @r->next to a record mark has arrived.
 */
bool hps_reasm_record(const struct hps_reasm *r, u64 *len)
{
	const struct hps_extent *e;

	if (!r->marked)
		return false;
	if (!len)
		return true;
	*len = r->mark - r->next;
	if (likely(!r->placed))
		return true;
	list_for_each_entry(e, &r->extents, by_offset) {
		if (e->mark)
			break;
		if (e->placed)
			*len -= e->len;
	}

	return true;
}

/**
 * hps_rxq_first - how far may a path's queue be released?
 * @q:		the queue
 * @pos:	lowest position that is still needed
 *
 * Return: false if nothing in the queue is needed.
 */
bool hps_rxq_first(const struct hps_rxq *q, u32 *pos)
{
	if (list_empty(&q->extents))
		return false;

	*pos = list_first_entry(&q->extents, struct hps_extent, by_pos)->pos;

	return true;
}

/**
 * hps_reasm_cut - forget what lies behind a gap, which will never be filled
 * @r:	the stream
 */
void hps_reasm_cut(struct hps_reasm *r)
{
	struct hps_extent *e;

	while (!list_empty(&r->extents)) {
		e = list_last_entry(&r->extents, struct hps_extent, by_offset);
		if (e->off < r->frontier)
			break;
		drop(r, e);
	}
}

/**
 * hps_reasm_purge - forget all extents, the connection is over
 * @r:	the stream
 */
void hps_reasm_purge(struct hps_reasm *r)
{
	struct hps_extent *e, *tmp;

	list_for_each_entry_safe(e, tmp, &r->extents, by_offset)
		drop(r, e);
	r->marked = false;
	/* Nothing is left to be read, either. */
	r->next = r->frontier;
	r->ready = 0;
	r->placed = 0;
	if (r->spare)
		kmem_cache_free(extent_cache, r->spare);
	r->spare = NULL;
}

/**
 * hps_reasm_cache_init - before the first stream
 *
 * Return: 0 or -ENOMEM.
 */
int hps_reasm_cache_init(void)
{
	/* Named by module, for the test module has a copy of this code. */
	extent_cache = kmem_cache_create(KBUILD_MODNAME "_extent",
					 sizeof(struct hps_extent), 0, 0, NULL);

	return extent_cache ? 0 : -ENOMEM;
}

/**
 * hps_reasm_cache_exit - after the last stream
 */
void hps_reasm_cache_exit(void)
{
	kmem_cache_destroy(extent_cache);
}
