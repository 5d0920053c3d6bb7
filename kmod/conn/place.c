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

/* Octets of the answer to a request of ours. What has nowhere to go is dropped: the
 * program has taken its region back. RCU.
 */
static int place_answer(struct hps_path *path, u32 pos, u64 place, u32 len)
{
	struct hps_conn *conn = path->conn;
	struct ddp_access access = {
		.len = len,
		.right = DDP_RIGHT_SINK,
		.domain = READ_ONCE(conn->domain),
		.stream = conn->stream,
	};
	struct hps_region *region;
	struct hps_ask *ask;

	/* Who has closed the socket has no use for answers. */
	if (conn->orphan)
		return 0;
	ask = conn->direct ? hps_ask_find(conn, path->rx_tag) : NULL;
	if (!ask || ask->post.op != HPS_DIRECT_READ || place > ask->len ||
	    len > ask->len - place)
		return -EPROTO;
	access.stag = ask->post.sink;
	access.offset = ask->post.sink_offset + place;
	if (!hps_region_find(conn->net, &access, &region))
		return hps_place_copy(path->ch, pos, region,
				      access.offset, len);
	ask->status = -ECANCELED;
	return 0;
}

/* Octets that the peer writes. RCU. */
static int place_write(struct hps_path *path, u32 pos, u64 place, u32 len)
{
	struct hps_conn *conn = path->conn;
	const struct ddp_access access = {
		.stag = path->rx_tag,
		.offset = place,
		.len = len,
		.right = DDP_RIGHT_WRITE,
		.domain = READ_ONCE(conn->domain),
		.stream = conn->stream,
	};
	struct hps_region *region;

	if (hps_region_find(conn->net, &access, &region))
		return -EACCES;
	return hps_place_copy(path->ch, pos, region, place, len);
}

/* Octets that have not arrived before, @skip behind those that come next. */
static int place_run(struct hps_path *path, u32 pos, u32 skip, u32 len)
{
	u64 place = path->rx_place + skip;
	int err;

	if (place < path->rx_place)
		return -EACCES;
	rcu_read_lock();
	if (path->rx_answer)
		err = place_answer(path, pos + skip, place, len);
	else
		err = place_write(path, pos + skip, place, len);
	rcu_read_unlock();
	return err;
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
