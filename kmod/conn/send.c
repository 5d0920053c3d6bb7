// SPDX-License-Identifier: GPL-2.0
/*
 * The send side: paths pull segments from the chunks of what was written (write.c)
 * when they have room. Chunks stay until HPS has acknowledged them.
 *
 * A segment that is a whole chunk goes out as one piece. What was sent is never
 * written again: a second transmission and a segment that begins inside a chunk get
 * a head of their own.
 */
#include "conn/send.h"

#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "compat.h"
#include "conn/choose.h"
#include "conn/duplicate.h"
#include "conn/path.h"
#include "conn/recv.h"
#include "conn/rescue.h"
#include "conn/serve.h"
#include "conn/transit.h"
#include "conn/watch.h"
#include "control/trace.h"
#include "ddp/message.h"
#include "link/bundle.h"
#include "link/link.h"

/* Of a stream that is sent over several paths, so much is one run: they work from
 * opposite ends of it.
 */
#define RUN_OCTETS	SZ_256K

/* --- pulling: data lock, the path's channel locked --------------------------- */

static void add_piece(struct hps_tx *tx, struct page *page, u32 off, u32 len)
{
	/* The chunk may be acknowledged by way of another path meanwhile. */
	get_page(page);
	bvec_set_page(&tx->vec[tx->nr++], page, len, off);
}

/* Describes [s->off, s->off + s->len), shortened to what fits in pieces, and
 * begins the head. @c holds s->off. Returns the place of the message header.
 */
static void *describe(struct hps_send *snd, struct hps_chunk *c,
		      struct hps_segment *s, struct hps_tx *tx)
{
	u32 skip = s->off - c->off, left = s->len, n;
	u32 header = hps_intent_header(&c->intent);
	struct hps_chunk *last = c;
	bool begun = false;
	void *head;

	if (!skip && !c->head_used) {
		u32 before = hps_chunk_head(c);

		c->head_used = true;
		tx->frame = page_address(c->page) + c->page_off - before;
		tx->nr = 0;
		n = min(left, c->len);
		add_piece(tx, c->page, c->page_off - before, before + n);
		head = tx->frame + sizeof(struct hps_frame);
		left -= n;
		skip = n;
		begun = n;
	} else {
		head = hps_tx_head(tx, header);
		if (!head)
			return NULL;
	}
	tx->shared = false;
	tx->control = false;
	tx->ubuf = NULL;
	/* One piece stays free for the trailer; a message has one ubuf. */
	while (left && tx->nr < HPS_TX_VECS - 1) {
		n = min(left, c->len - skip);
		if (n && !begun)
			tx->ubuf = c->ubuf;
		if (n && c->ubuf != tx->ubuf)
			break;
		if (n)
			add_piece(tx, c->page, c->page_off + skip, n);
		tx->shared |= c->shared;
		begun |= n;
		last = c;
		left -= n;
		skip = 0;
		c = list_next_entry(c, node);
	}
	if (tx->ubuf)
		net_zcopy_get(tx->ubuf);
	s->len -= left;
	if (left)
		s->mark = false;
	tx->len = header + s->len;
	/* The trailer can stand behind the payload if nothing else will. */
	tx->tail_room = !left && !last->closed && !snd->filling &&
			s->off + s->len == last->off + last->len &&
			tx->nr && s->len;
	if (tx->tail_room)
		last->closed = true;
	return head;
}

static struct hps_chunk *chunk_at(struct hps_send *snd, u64 off)
{
	struct hps_chunk *c;

	list_for_each_entry(c, &snd->chunks, node)
		if (off < hps_chunk_end(c))
			return c;
	return NULL;
}

/* Must the peer be asked, lest the writer wait for an acknowledgement that
 * comes late? @end is what will have been sent.
 */
static bool shall_ask(struct hps_send *snd, u64 end)
{
	u32 limit = READ_ONCE(snd->limit);

	/* Copies end below what was sent before. */
	if (end <= snd->asked)
		return false;
	if ((snd->memory < limit / 2 ||
	     end - max(snd->asked, snd->una) < limit / 3) &&
	    !hps_send_memory_full())
		return false;
	snd->asked = end;
	return true;
}

/* Fills the header of a segment that begins in @c. */
static void build_header(void *head, const struct hps_chunk *c,
			 const struct hps_segment *s, u8 flags, u64 ack,
			 u32 window)
{
	const struct hps_intent *i = &c->intent;

	switch (i->kind) {
	case HPS_KIND_DATA:
		hps_data_build(head, flags, s->off, ack, window);
		break;
	case HPS_KIND_ANSWER:
		flags |= HPS_PLACE_ANSWER;
		fallthrough;
	case HPS_KIND_PLACE:
		hps_place_build(head, flags, s->off, ack, window, i->tag,
				i->place + (s->off - c->off));
		break;
	case HPS_KIND_REQUEST:
		hps_request_build(head, flags, s->off, ack, window);
		break;
	case HPS_KIND_RESULT:
		hps_result_build(head, flags, s->off, ack, window);
		break;
	}
}

/* Does an operation end with it that only the acknowledgement completes? */
static bool is_confirmed(const struct hps_send *snd, const struct hps_chunk *c,
			 const struct hps_segment *s)
{
	u64 end = hps_segment_end(s);

	return c->intent.kind == HPS_KIND_PLACE &&
	       (end == snd->end || (s->off < snd->confirm && end >= snd->confirm));
}

/* Puts the head in and the segment on the path. @p: the path, before. */
static bool give(struct hps_conn *conn, struct hps_path *path,
		 const struct hps_sched_path *p, struct hps_chunk *c,
		 struct hps_segment *s, struct hps_tx *tx, u8 flags)
{
	bool again = flags & HPS_DATA_RESENT;
	struct hps_recv *rcv = &conn->rcv;
	u64 ack = hps_conn_arrived(conn);
	void *head;
	u64 edge;

	head = describe(&conn->snd, c, s, tx);
	if (!head)
		return false;
	edge = hps_credit_rx_edge(&rcv->credit, rcv->reasm.next,
				  path->buffer);
	if (s->mark)
		flags |= HPS_DATA_EOR;
	if (!again && (shall_ask(&conn->snd, hps_segment_end(s)) ||
		       is_confirmed(&conn->snd, c, s)))
		flags |= HPS_DATA_ACK;
	build_header(head, c, s, flags, ack, edge > ack ? edge - ack : 0);
	if (ack != rcv->credit.acked || conn->todo & HPS_TODO_ACK) {
		hps_mib_inc(conn->net, HPS_MIB_ACK_PIGGYBACKED);
		rcv->credit.acked = ack;
		/* Of a buffer that has grown only an ACK tells. */
		if (path->buffer == rcv->credit.buffer)
			conn->todo &= ~HPS_TODO_ACK;
	}

	s->policy = c->intent.policy;
	list_add_tail(&s->node, &path->segments);
	hps_choose_given(path, p, s, tx->len);
	hps_watch(conn);
	path->tx_octets += s->len;
	path->tx_segments++;
	hps_link_count(path->link, s->len, 0, 1, 0);
	hps_mib_sent(conn->net, s->len);
	if (again) {
		path->resent++;
		path->resent_octets += s->len;
		conn->snd.resent_octets += s->len;
		hps_mib_inc(conn->net, HPS_MIB_SEGMENT_RESENT);
	}
	trace_hps_segment_sent(conn->token, path->ch->key.ifindex, s->off,
			       s->len, again);
	return true;
}

/* Room for one more segment of @len? If not, kick when there is. */
static bool has_room(struct hps_path *path, const struct hps_sched_path *p,
		     u32 len)
{
	u32 cap = hps_sched_cap(p, len);

	if (p->in_flight + len <= cap || !p->in_flight)
		return true;
	path->ch->want_below = cap - len;
	path->ch->want = true;
	return false;
}

/* What was lost with another path goes first. */
static noinline_for_stack bool
pull_again(struct hps_conn *conn, struct hps_path *path,
	   const struct hps_sched_path *p, struct hps_tx *tx)
{
	struct hps_send *snd = &conn->snd;
	struct hps_segment *s, *next, *copy;
	struct hps_chunk *c;

	list_for_each_entry_safe(s, next, &snd->again, node) {
		if (hps_segment_end(s) > snd->una)
			break;
		list_del(&s->node);
		hps_segment_free(snd, s);
	}
	s = list_first_entry_or_null(&snd->again, struct hps_segment, node);
	if (!s || !has_room(path, p, s->len))
		return false;
	hps_segment_ack(s, snd->una);
	c = chunk_at(snd, s->off);
	copy = hps_segment_alloc(snd);
	if (WARN_ON_ONCE(!c) || !copy)
		goto err_free;
	*copy = *s;
	if (!give(conn, path, p, c, copy, tx, HPS_DATA_RESENT))
		goto err_free;
	/* It may have been shortened to what fits in pieces. */
	s->len -= copy->len;
	s->off += copy->len;
	if (hps_segment_end(copy) == hps_segment_end(s)) {
		list_del(&s->node);
		hps_segment_free(snd, s);
	}
	return true;

err_free:
	if (copy)
		hps_segment_free(snd, copy);
	hps_channel_back_off(path->ch);
	return false;
}

/* The payload from @nxt on up to the next record mark, or to what cannot stand in
 * one segment with it, @backlog at most.
 */
static u32 up_to_mark(const struct hps_conn *conn, u32 backlog, bool *mark)
{
	const struct hps_send *snd = &conn->snd;
	const struct hps_chunk *c = snd->next, *before = NULL;
	u32 len = 0;

	*mark = false;
	if (!conn->seqpacket && !snd->parted)
		return backlog;
	for (; &c->node != &snd->chunks; c = list_next_entry(c, node)) {
		u64 from = max(c->off, snd->nxt);

		if (before && !hps_chunk_goes_on(before, &c->intent))
			break;
		before = c;
		len += c->off + c->len - from;
		if (c->mark) {
			*mark = len < backlog;
			break;
		}
		if (len >= backlog)
			break;
	}
	return min(len, backlog);
}

/* Wait for more? (Nagle; TCP_CORK and MSG_MORE.) */
static bool is_held_back(struct hps_conn *conn,
			 const struct hps_choice *choice, u32 len)
{
	u32 mss = choice->path[choice->self].mss;
	struct hps_send *snd = &conn->snd;
	unsigned int i;

	snd->held = 0;
	snd->held_below = 0;
	/* Who can write no more cannot make it longer. */
	if (len >= mss - HPS_SEGMENT_OVERHEAD || snd->fin ||
	    !hps_send_space(conn))
		return false;
	/* What must not wait takes what stands behind it along. */
	if ((snd->cork || snd->more) && snd->nxt >= snd->flush) {
		/* It may have been written behind what the timer let go. */
		hps_conn_cork(conn);
		return true;
	}
	if (snd->nodelay || !snd->small || snd->nxt < snd->awaited ||
	    snd->una == snd->nxt)
		return false;
	for (i = 0; i < choice->n; i++) {
		if (!choice->path[i].in_flight)
			continue;
		snd->held = mss - HPS_SEGMENT_OVERHEAD;
		return true;
	}
	return false;
}

/* How shall @len octets from @nxt on use the paths? The policy of their message,
 * the socket's or the bundle's; the cut-off counts a record, or of a stream what
 * waits and what is under way. Returns false if @choice->self shall not.
 */
static bool plan(struct hps_conn *conn, const struct hps_choice *choice,
		 u64 backlog, u32 len, struct hps_sched_work *work, u8 *copies)
{
	const struct hps_send *snd = &conn->snd;
	struct hps_bundle_config config;
	u64 size;

	if (conn->nr_paths < 2)
		return true;
	hps_choose_config(conn, &config);
	if (snd->next->intent.policy)
		config.policy = snd->next->intent.policy - 1;
	if (config.policy == HPS_POLICY_SINGLE) {
		work->alone = true;
		return hps_choose_single(conn, choice);
	}
	/* An element is not cut, so runs are not for it. */
	if (config.policy == HPS_POLICY_DUPLICATE &&
	    !hps_intent_is_element(&snd->next->intent)) {
		*copies = config.copies;
		return true;
	}
	size = conn->seqpacket && snd->next->intent.kind == HPS_KIND_DATA ?
				 snd->nxt + len + snd->coming - snd->record :
				 max(backlog + snd->coming, snd->nxt - snd->una);
	work->stripe = size >= config.cutoff;
	work->eager = config.policy == HPS_POLICY_STRIPE;
	return true;
}

/* A long segment that ends where a chunk does leaves the next one its place for
 * the head, and is made of fewer pieces.
 */
static u32 end_with_chunk(const struct hps_send *snd, u32 len)
{
	const struct hps_chunk *c = snd->next;
	u64 end = snd->nxt + len, at = snd->nxt;

	if (len <= snd->slice)
		return len;
	list_for_each_entry_from(c, &snd->chunks, node) {
		if (c->off + c->len > end)
			break;
		at = c->off + c->len;
	}
	if (end - at < len / 16 || (snd->nxt > snd->next->off && at - snd->nxt >= len / 2))
		len = at - snd->nxt;
	return len;
}

/* Less waits to be sent for the first time: a writer may wait for that. */
static void tell_less_unsent(struct hps_conn *conn)
{
	if (unlikely(conn->snd.unsent_low != U32_MAX) && conn->sk)
		conn->sk->sk_write_space(conn->sk);
}

static void advance_next(struct hps_conn *conn)
{
	struct hps_send *snd = &conn->snd;
	struct hps_chunk *c = snd->next;
	u8 policy = c ? c->intent.policy : 0;

	while (c && snd->nxt >= hps_chunk_end(c)) {
		if (list_is_last(&c->node, &snd->chunks))
			c = NULL;
		else
			c = list_next_entry(c, node);
	}
	snd->next = c;
	/* Other paths may be meant now. */
	if (c && c->intent.policy != policy)
		hps_path_kick_all(conn);
}

/* describe() cuts at the end what does not fit in pieces, or whose pages are for
 * another ubuf; what is sent from the back is cut at the front.
 */
static void fit_from_back(struct hps_send *snd, struct hps_segment *s)
{
	const struct hps_chunk *last = NULL;
	struct hps_chunk *c;
	unsigned int n = 0;
	u64 begin = 0;

	list_for_each_entry_reverse(c, &snd->chunks, node) {
		if (c->off >= s->off + s->len || !c->len)
			continue;
		if (!last)
			last = c;
		if (c->ubuf != last->ubuf) {
			begin = c->off + c->len;
			break;
		}
		if (c->off <= s->off)
			return;
		if (++n == HPS_TX_VECS - 2) {
			begin = c->off;
			break;
		}
	}
	if (begin <= s->off)
		return;
	s->len -= begin - s->off;
	s->off = begin;
}

/* A piece of what goes over several paths. */
static noinline_for_stack bool
pull_run(struct hps_conn *conn, struct hps_path *path,
	 const struct hps_sched_path *p, bool begin, struct hps_tx *tx)
{
	struct hps_segment *s;
	struct hps_chunk *c;
	int slot;

	s = hps_duplicate_next(conn, path, p, begin, &slot);
	if (!s)
		return false;
	if (slot % 2)
		fit_from_back(&conn->snd, s);
	c = chunk_at(&conn->snd, s->off);
	if (WARN_ON_ONCE(!c) ||
	    !give(conn, path, p, c, s, tx, slot ? HPS_DATA_DUPLICATE : 0)) {
		hps_segment_free(&conn->snd, s);
		hps_channel_back_off(path->ch);
		return false;
	}
	hps_duplicate_sent(conn, path, s);
	if (slot)
		hps_mib_inc(conn->net, HPS_MIB_SEGMENT_COPIED);
	return true;
}

/* What waits shall go over several paths: each takes its pieces by itself. */
static noinline_for_stack bool
begin_run(struct hps_conn *conn, struct hps_path *path,
	  const struct hps_sched_path *p, u32 len, bool mark, u8 copies,
	  struct hps_tx *tx)
{
	struct hps_send *snd = &conn->snd;

	if (hps_duplicate_begin(conn, snd->nxt, len, mark, copies)) {
		hps_channel_back_off(path->ch);
		return false;
	}
	hps_credit_tx_spend(&snd->credit, snd->nxt, len + mark);
	snd->nxt += len + mark;
	if (mark)
		snd->record = snd->nxt;
	snd->small = len < p->mss - HPS_SEGMENT_OVERHEAD;
	advance_next(conn);
	tell_less_unsent(conn);
	hps_path_kick_all(conn);
	return pull_run(conn, path, p, true, tx);
}

/* Octets that the credit lets go now; counts the times that there is none. */
static u32 credit_room(struct hps_conn *conn, u32 wanted)
{
	struct hps_send *snd = &conn->snd;
	u32 room = hps_credit_tx_grant(&snd->credit, snd->nxt, wanted);

	if (!room && !snd->stalled) {
		snd->stalls++;
		hps_mib_inc(conn->net, HPS_MIB_CREDIT_STALL);
		trace_hps_credit_stall(conn->token, snd->nxt, snd->credit.edge);
	}
	snd->stalled = !room;
	return room;
}

/* Gives the path @len octets from @nxt on, with the record mark if @mark. */
static bool send_fresh(struct hps_conn *conn, struct hps_path *path,
		       const struct hps_sched_path *p, u32 len, bool mark,
		       struct hps_tx *tx)
{
	struct hps_send *snd = &conn->snd;
	struct hps_segment *s;

	s = hps_segment_alloc(snd);
	if (!s) {
		hps_channel_back_off(path->ch);
		return false;
	}
	s->off = snd->nxt;
	s->len = len;
	s->mark = mark;
	s->copy = false;
	s->rescue = false;
	s->rescued = 0;
	if (!give(conn, path, p, snd->next, s, tx, 0)) {
		hps_segment_free(snd, s);
		hps_channel_back_off(path->ch);
		return false;
	}
	hps_credit_tx_spend(&snd->credit, s->off, s->len + s->mark);
	snd->small = s->len < p->mss - HPS_SEGMENT_OVERHEAD;
	snd->nxt = hps_segment_end(s);
	if (s->mark)
		snd->record = snd->nxt;
	hps_choose_served(conn, path, s->len);
	advance_next(conn);
	tell_less_unsent(conn);
	return true;
}

/* Does the credit let only a part of an element go? */
static bool is_cut(struct hps_send *snd, u32 room)
{
	if (!hps_intent_is_element(&snd->next->intent) || room >= snd->next->len)
		return false;
	snd->stalled = true;
	return true;
}

/* What of the @len octets that may go becomes a segment, if the scheduler said
 * @take? @mark: does a record mark still follow it?
 */
static u32 cut(const struct hps_send *snd, u32 len, u32 take, bool *mark)
{
	const struct hps_intent *i = &snd->next->intent;
	u32 more = hps_intent_header(i) - sizeof(struct hps_data);

	if (take >= len || hps_intent_is_element(i))
		return len;
	*mark = false;
	/* A longer header shall not need a packet more. */
	if (take > 2 * more)
		take -= more;
	return end_with_chunk(snd, take);
}

static noinline_for_stack bool
pull_fresh(struct hps_conn *conn, struct hps_path *path,
	   const struct hps_choice *choice, struct hps_tx *tx)
{
	const struct hps_sched_path *p = &choice->path[choice->self];
	struct hps_send *snd = &conn->snd;
	struct hps_sched_work work = {};
	u64 backlog = snd->end - snd->nxt;
	bool mark, was_held = snd->held;
	u32 room, len, take;
	u8 copies = 0;

	if (!backlog || !snd->next)
		return false;
	/* The same for all paths: what one is refused no other is given. */
	len = up_to_mark(conn, min_t(u64, backlog, 2 * snd->slice), &mark);
	room = credit_room(conn, len);
	if (!room || is_cut(snd, room))
		return false;
	work.backlog = min_t(u64, backlog, room);
	len = up_to_mark(conn, work.backlog, &mark);
	if (is_held_back(conn, choice, backlog)) {
		path->ch->want_below = 0;
		path->ch->want = true;
		return false;
	}
	/* Another path's push takes it. If that was asked while Nagle held it
	 * back, nobody else asks it again.
	 */
	if (!plan(conn, choice, backlog, len, &work, &copies) ||
	    (!work.alone && !copies && work.stripe &&
	     !hps_choose_turn(conn, path, &work.alone))) {
		if (was_held)
			hps_path_kick_all(conn);
		return false;
	}
	if (copies)
		return begin_run(conn, path, p, min_t(u32, len, RUN_OCTETS),
				 mark && len <= RUN_OCTETS, copies, tx);
	/* A lone mark. */
	if (!len)
		return has_room(path, p, 1) &&
		       send_fresh(conn, path, p, 0, mark, tx);
	if (conn->seqpacket || snd->parted)
		work.backlog = len;
	work.backlog += mark ? 0 : min_t(u64, snd->coming, room - work.backlog);
	take = hps_sched_segment(choice->path, choice->n, choice->self, &work);
	if (!take || take > len) {
		path->ch->want_below = hps_sched_ask_below(p, work.backlog);
		path->ch->want = true;
		if (was_held)
			hps_path_kick_all(conn);
		return false;
	}
	len = cut(snd, len, take, &mark);
	return send_fresh(conn, path, p, len, mark, tx);
}

/* Nothing fresh may go: an idle path carries what is late on another one. */
static noinline_for_stack bool
pull_late(struct hps_conn *conn, struct hps_path *path,
	  const struct hps_sched_path *p, struct hps_tx *tx)
{
	struct hps_segment *s, *copy;
	struct hps_chunk *c;

	if (!path->rescues && !conn->snd.stalled)
		return false;
	/* Asked again when it is, or for fresh data before. */
	if (!hps_sched_idle(p)) {
		if (!path->ch->want)
			path->ch->want_below = 2 * p->mss - 1;
		path->ch->want = true;
		return false;
	}
	s = hps_rescue_find(conn, path, p);
	path->rescues = s;
	copy = s ? hps_rescue_copy(conn, s) : NULL;
	if (!copy)
		return false;
	c = chunk_at(&conn->snd, copy->off);
	if (WARN_ON_ONCE(!c) ||
	    !give(conn, path, p, c, copy, tx, HPS_DATA_RESENT | HPS_DATA_ACK)) {
		hps_segment_free(&conn->snd, copy);
		return false;
	}
	s->rescued = hps_segment_end(copy) - s->off;
	hps_choose_served(conn, path, copy->len);
	hps_mib_add(conn->net, HPS_MIB_RESCUED_OCTETS, copy->len);
	return true;
}

/**
 * hps_send_pull - take the next segment for a path
 * @conn:	the connection; data lock held
 * @path:	the path, its channel locked
 * @ahead:	octets pulled for the path and not yet given to its channel
 * @tx:		becomes the message
 *
 * Returns false if there is nothing for this path now. Then its channel wants
 * to be kicked if there is work that room would allow.
 */
bool hps_send_pull(struct hps_conn *conn, struct hps_path *path, u32 ahead,
		   struct hps_tx *tx)
{
	struct hps_choice choice hps_uninitialized;
	struct hps_sched_path *p;
	bool fresh;

	lockdep_assert_held(&conn->lock);
	path->ch->want = false;
	hps_serve_run(conn);
	if (conn->state != HPS_CONN_ESTABLISHED || !hps_path_usable(path))
		return false;
	if (list_empty(&conn->snd.again) && conn->snd.nxt == conn->snd.end &&
	    !conn->snd.stalled && list_empty(&conn->snd.runs) &&
	    !path->rescues) {
		hps_rescue_watch(conn);
		return false;
	}
	fresh = hps_choose_paths(conn, path, ahead, &choice);
	p = &choice.path[choice.self];
	path->rescues &= fresh;
	if (!list_empty(&conn->snd.runs) &&
	    pull_run(conn, path, p, fresh || hps_choose_copies(conn, path), tx))
		return true;
	/* It has no room for its piece, and said when it will have. */
	if (path->ch->want)
		return false;
	if (fresh && (pull_again(conn, path, p, tx) ||
		      pull_fresh(conn, path, &choice, tx) ||
		      pull_late(conn, path, p, tx)))
		return true;
	if (fresh && hps_sched_idle(p))
		hps_rescue_watch(conn);
	return false;
}
