// SPDX-License-Identifier: GPL-2.0
/*
 * Octets that are placed, and elements, as they arrive.
 *
 * Placed octets go from the transport straight to memory, in whatever order they
 * come, but only those that have not arrived before: of a copy that comes late, by
 * another path, the program may have been told already and use the memory anew.
 * Elements, requests and results, are put aside until all before them has arrived.
 *
 * All is under the data lock: what reassembly knows to have arrived is in place.
 */
#include "conn/place.h"

#include <linux/slab.h>

#include "conn/ask.h"
#include "conn/path.h"
#include "conn/serve.h"
#include "ddp/access.h"
#include "ddp/region.h"

/**
 * hps_place_begin - the header of a PLACE, REQUEST or RESULT has arrived
 * @path:	the path; data lock held
 * @head:	the header
 *
 * Returns 0, or -EPROTO: that was not negotiated.
 */
int hps_place_begin(struct hps_path *path, const struct hps_data *head)
{
	const struct hps_place *m = (const void *)head;
	const struct hps_conn *conn = path->conn;

	if (!conn->peer_direct)
		return -EPROTO;
	if (head->msg.type != HPS_MSG_PLACE)
		return 0;
	path->rx_tag = be32_to_cpu(m->tag);
	path->rx_place = be64_to_cpu(m->place);
	path->rx_answer = head->msg.flags & HPS_PLACE_ANSWER;
	return 0;
}

/* --- placed octets ------------------------------------------------------------------ */

/* Where the first octet of a run goes, by a PLACE of the peer. */
struct target {
	u32	tag;
	u64	place;
	bool	answer;
};

/**
 * hps_place_copy - copy what lies in a channel to a region
 * @ch:		the channel, locked
 * @pos:	where it lies
 * @region:	the region, found under RCU
 * @off:	where in it, inside
 * @len:	octets, inside
 *
 * Returns 0 or an error of the channel.
 */
int hps_place_copy(struct hps_channel *ch, u32 pos, struct hps_region *region,
		   u64 off, u32 len)
{
	int err = 0;
	void *to;
	u32 n;

	hps_mib_add(ch->net, HPS_MIB_COPIED_OCTETS, len);
	while (len && !err) {
		n = len;
		to = hps_region_map(region, off, &n);
		err = ch->ops->peek(ch, pos, to, n);
		hps_region_unmap(region, to);
		pos += n;
		off += n;
		len -= n;
	}
	return err;
}

/* Copies what was not placed early. RCU. */
static int copy_rest(struct hps_channel *ch, u32 pos, struct hps_region *region,
		     u64 off, u32 len)
{
	int err = 0;
	u32 n;

	for (; len && !err; pos += n, off += n, len -= n) {
		n = len;
		if (ch->ops->placed(ch, pos, &n))
			hps_mib_add(ch->net, HPS_MIB_EARLY_SKIPPED, n);
		else
			err = hps_place_copy(ch, pos, region, off, n);
	}
	return err;
}

/* The answer to a request of ours: where do these octets of it go? RCU. Returns 0,
 * -EPROTO: nobody asked, -ECANCELED: the program has taken its region back.
 */
static int find_sink(struct hps_conn *conn, const struct target *at, u32 len,
		     struct hps_region **region, u64 *off)
{
	struct hps_ask *ask;

	ask = conn->direct ? hps_ask_find(conn, at->tag) : NULL;
	if (!ask || ask->post.op != HPS_DIRECT_READ || at->place > ask->len ||
	    len > ask->len - at->place)
		return -EPROTO;
	*off = ask->post.sink_offset + at->place;
	return hps_direct_find(conn, ask->post.sink, *off, len, DDP_RIGHT_SINK,
			       region) ? -ECANCELED : 0;
}

/* Where does this go? RCU. Returns 0, what find_sink() does, or -EACCES. */
static int find_place(struct hps_conn *conn, const struct target *at, u32 len,
		      struct hps_region **region, u64 *off)
{
	if (at->answer)
		return find_sink(conn, at, len, region, off);
	*off = at->place;
	return hps_direct_find(conn, at->tag, *off, len, DDP_RIGHT_WRITE,
			       region) ? -EACCES : 0;
}

/* Octets that have not arrived before, @skip behind those that come next. */
static int place_run(struct hps_path *path, u32 pos, u32 skip, u32 len)
{
	const struct target at = {
		.tag = path->rx_tag,
		.place = path->rx_place + skip,
		.answer = path->rx_answer,
	};
	struct hps_conn *conn = path->conn;
	struct hps_region *region;
	u64 off;
	int err;

	if (at.place < path->rx_place)
		return -EACCES;
	/* Who has closed the socket has no use for answers. */
	if (at.answer && conn->orphan)
		return 0;
	rcu_read_lock();
	err = find_place(conn, &at, len, &region, &off);
	if (!err)
		err = copy_rest(path->ch, pos + skip, region, off, len);
	rcu_read_unlock();
	/* What has nowhere to go is dropped. */
	if (err == -ECANCELED)
		hps_ask_find(conn, at.tag)->status = err;
	return err == -ECANCELED ? 0 : err;
}

/* Returns 0, -ENOMEM with some of it placed, or an error of place_run(). */
static int place_octets(struct hps_path *path, u32 pos, u32 len, u32 *fresh)
{
	struct hps_conn *conn = path->conn;
	struct hps_reasm *r = &conn->rcv.reasm;
	u64 off = path->rx_off, end = off + len;
	u32 n = len;
	int err;

	while (off < end && hps_reasm_missing(r, &off, &n)) {
		err = place_run(path, pos, off - path->rx_off, n);
		/* Without memory the same octets are placed again. */
		if (!err)
			err = hps_reasm_place(r, off, n);
		if (err)
			return err;
		hps_mib_add(conn->net, HPS_MIB_PLACED_OCTETS, n);
		if (path->rx_answer && !conn->orphan)
			hps_ask_placed(conn, path->rx_tag, n);
		*fresh += n;
		off += n;
		n = end - off;
	}
	path->rx_place += len;
	return 0;
}

/* Would the octets be taken if it were their turn? Not all that could be wrong is
 * looked at: that is judged then.
 */
static bool is_expected(const struct hps_path *path, u64 off, u32 len)
{
	const struct hps_conn *conn = path->conn;
	const struct hps_recv *rcv = &conn->rcv;

	if (path->state != HPS_PATH_UP || path->finack_seen ||
	    conn->state == HPS_CONN_CLOSED || conn->orphan || !conn->peer_direct)
		return false;
	if (rcv->fin && (off > rcv->fin_off || len > rcv->fin_off - off))
		return false;
	return hps_credit_rx_allows(&rcv->credit, off, len, rcv->reasm.cost);
}

/* Places those of the octets that have not arrived otherwise. Data lock held. */
static int place_early(struct hps_path *path, struct target at, u64 off, u32 pos,
		       u32 len)
{
	struct hps_conn *conn = path->conn;
	u64 end = off + len, from = off, to;
	struct hps_region *region;
	u32 n = len;
	int err;

	rcu_read_lock();
	err = find_place(conn, &at, len, &region, &to);
	while (!err && from < end &&
	       hps_reasm_missing(&conn->rcv.reasm, &from, &n)) {
		u32 skip = from - off;

		err = hps_place_copy(path->ch, pos + skip, region, to + skip, n);
		if (!err)
			hps_mib_add(conn->net, HPS_MIB_EARLY_OCTETS, n);
		from += n;
		n = end - from;
	}
	rcu_read_unlock();
	return err;
}

/**
 * hps_place_early - octets of a PLACE have arrived before their turn
 * @ch:		a path's channel, locked
 * @m:		the message
 * @all:	octets of its payload
 * @skip:	those before these
 * @pos:	where they lie in the channel
 * @len:	how many
 *
 * They are put in their place, and nothing else is done: they are not noted as
 * arrived, nor acknowledged. What is wrong with them is said when their turn comes.
 *
 * Returns whether they are in their place, or have been before.
 */
bool hps_place_early(struct hps_channel *ch, const struct hps_place *m, u32 all,
		     u32 skip, u32 pos, u32 len)
{
	struct hps_path *path = ch->user;
	struct hps_conn *conn = path->conn;
	u64 off = be64_to_cpu(m->data.offset);
	const struct target at = {
		.tag = be32_to_cpu(m->tag),
		.place = be64_to_cpu(m->place) + skip,
		.answer = m->data.msg.flags & HPS_PLACE_ANSWER,
	};
	bool done;

	if (at.place < skip || skip > all || len > all - skip)
		return false;
	spin_lock_bh(&conn->lock);
	done = is_expected(path, off, all) &&
	       !place_early(path, at, off + skip, pos, len);
	spin_unlock_bh(&conn->lock);
	return done;
}

/* --- elements --------------------------------------------------------------------------- */

/* Is this one more than the peer may have under way? */
static bool is_too_many(const struct hps_direct *d, u8 type)
{
	if (type == HPS_MSG_REQUEST)
		return d->nr_served >= HPS_DIRECT_REQUESTS;
	return d->nr_results >= d->nr_requests;
}

/* Puts an element that is complete in its place. */
static void keep(struct hps_direct *d, struct hps_element *e)
{
	struct hps_element *at;

	if (e->type == HPS_MSG_REQUEST)
		d->nr_served++;
	else
		d->nr_results++;
	list_for_each_entry_reverse(at, &d->elements, node)
		if (at->off < e->off)
			break;
	list_add(&e->node, &at->node);
}

/* All of it is here. Returns 0 if it is not needed any more or was kept. */
static int end_element(struct hps_path *path, u32 *fresh)
{
	struct hps_element *e = path->rx_element;
	struct hps_conn *conn = path->conn;
	u32 len = e->filled, missing = len;
	u64 off = e->off;
	int err = 0;

	if (!hps_reasm_missing(&conn->rcv.reasm, &off, &missing)) {
		kfree(e);
	} else if (off != e->off || missing != len ||
		   (!conn->orphan && is_too_many(conn->direct, e->type))) {
		/* It is one segment always. */
		return -EPROTO;
	} else {
		err = hps_reasm_place(&conn->rcv.reasm, off, len);
		if (err)
			return err;
		if (conn->orphan)
			kfree(e);
		else
			keep(conn->direct, e);
		*fresh += len;
	}
	path->rx_element = NULL;
	return 0;
}

static int take_element(struct hps_path *path, u32 pos, u32 len, bool end,
			u32 *fresh)
{
	struct hps_element *e = path->rx_element;
	int err;

	if (!hps_direct_get(path->conn, GFP_ATOMIC))
		return -ENOMEM;
	if (!e) {
		e = kzalloc(sizeof(*e), GFP_ATOMIC);
		if (!e)
			return -ENOMEM;
		e->off = path->rx_off;
		e->type = path->rx_type;
		path->rx_element = e;
	}
	if (len > sizeof(e->payload) - e->filled)
		return -EPROTO;
	err = path->ch->ops->peek(path->ch, pos, e->payload + e->filled, len);
	if (err || !end) {
		e->filled += err ? 0 : len;
		return err;
	}
	e->filled += len;
	err = end_element(path, fresh);
	/* The same octets come again. */
	if (err == -ENOMEM)
		e->filled -= len;
	return err;
}

/**
 * hps_place_payload - payload of a PLACE, REQUEST or RESULT has arrived
 * @path:	the path, whose @rx_off it begins at; data lock held
 * @pos:	where it lies in the channel
 * @len:	octets
 * @end:	the last of the segment
 * @fresh:	how many had not arrived before
 *
 * Returns 0, -ENOMEM: to be called again; another error ends the path. An access
 * that is not permitted ends the connection.
 */
int hps_place_payload(struct hps_path *path, u32 pos, u32 len, bool end,
		      u32 *fresh)
{
	int err;

	lockdep_assert_held(&path->conn->lock);
	*fresh = 0;
	if (path->rx_type == HPS_MSG_PLACE)
		err = place_octets(path, pos, len, fresh);
	else
		err = take_element(path, pos, len, end, fresh);
	if (err != -EACCES)
		return err;
	/* The channel stays for the reset, and is read on. */
	hps_conn_reset(path->conn, HPS_REASON_ACCESS);
	return 0;
}

/**
 * hps_place_due - the frontier may have moved: carry out the elements below it
 * @conn:	the connection; data lock held
 */
void hps_place_due(struct hps_conn *conn)
{
	struct hps_direct *d = conn->direct;
	struct hps_element *e;
	int err = 0;

	lockdep_assert_held(&conn->lock);
	while (!err && d && !list_empty(&d->elements)) {
		e = list_first_entry(&d->elements, struct hps_element, node);
		if (e->off >= conn->rcv.reasm.frontier)
			break;
		list_del(&e->node);
		if (e->type == HPS_MSG_REQUEST) {
			hps_serve_add(conn, e);
			continue;
		}
		d->nr_results--;
		err = hps_ask_result(conn, &e->result);
		kfree(e);
	}
	if (err)
		hps_conn_reset(conn, HPS_REASON_PROTOCOL);
}
