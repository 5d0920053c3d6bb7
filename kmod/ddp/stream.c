// SPDX-License-Identifier: GPL-2.0
/*
 * An RDMAP stream: the checks of what arrives, and the order of what is asked.
 */
#include "stream.h"

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/byteorder.h>

/**
 * rdmap_stream_init - a stream that nothing has gone over yet
 * @st:		the stream
 * @table:	the regions that the peer may name
 * @domain:	protection domain
 * @stream:	number among the streams of @table, not zero
 *
 * The depths are zero and there is no ring; the carrier sets @st->ird, @st->ord
 * and @st->asked when they are negotiated, before the first segment.
 */
void rdmap_stream_init(struct rdmap_stream *st,
		       const struct ddp_stag_table *table, u32 domain,
		       u32 stream)
{
	u32 i;

	memset(st, 0, sizeof(*st));
	st->table = table;
	st->domain = domain;
	st->stream = stream;
	for (i = 0; i < DDP_QUEUES; i++) {
		st->rx_msn[i] = 1;
		st->tx_msn[i] = 1;
	}
}

/* The same thing has one code in DDP and another one in RDMAP. */
static enum rdmap_error access_error(enum ddp_verdict verdict, bool tagged)
{
	static const struct {
		enum rdmap_error ddp;
		enum rdmap_error rdmap;
	} errors[] = {
		[DDP_ACCESS_OK] = { RDMAP_OK, RDMAP_OK },
		[DDP_ACCESS_STAG] = { DDP_ERR_STAG, RDMAP_ERR_STAG },
		[DDP_ACCESS_STREAM] = { DDP_ERR_NOT_THIS_STREAM,
					RDMAP_ERR_NOT_THIS_STREAM },
		/* DDP knows no rights */
		[DDP_ACCESS_RIGHTS] = { RDMAP_ERR_RIGHTS, RDMAP_ERR_RIGHTS },
		[DDP_ACCESS_WRAP] = { DDP_ERR_WRAP, RDMAP_ERR_WRAP },
		[DDP_ACCESS_BOUNDS] = { DDP_ERR_BOUNDS, RDMAP_ERR_BOUNDS },
	};

	return tagged ? errors[verdict].ddp : errors[verdict].rdmap;
}

static struct rdmap_asked *oldest(struct rdmap_stream *st)
{
	return st->count ? &st->asked[st->first] : NULL;
}

static enum rdmap_error place_write(struct rdmap_stream *st,
				    const struct ddp_segment *seg,
				    struct rdmap_place *place)
{
	const struct ddp_access access = {
		.stag = seg->stag, .offset = seg->offset, .len = seg->len,
		.right = DDP_RIGHT_WRITE,
		.domain = st->domain, .stream = st->stream,
	};
	enum ddp_verdict verdict;

	/* A Write of no octets may name any tag (it begins a connection). */
	if (!seg->len)
		return RDMAP_OK;
	verdict = ddp_access_check(st->table, &access, &place->region);
	if (verdict != DDP_ACCESS_OK)
		return access_error(verdict, true);
	place->where = RDMAP_TO_REGION;
	place->offset = seg->offset - place->region->base;

	return RDMAP_OK;
}

/* Only what was asked for, in order, and not more of it. */
static enum rdmap_error place_response(struct rdmap_stream *st,
				       const struct ddp_segment *seg,
				       struct rdmap_place *place)
{
	const struct rdmap_asked *asked = oldest(st);

	if (!asked || asked->atomic || asked->tag != seg->stag)
		return DDP_ERR_STAG;
	if (seg->offset != asked->done || seg->len > asked->len - asked->done)
		return DDP_ERR_BOUNDS;
	if (seg->last != (asked->done + seg->len == asked->len))
		return RDMAP_ERR_STREAM;
	place->where = seg->len ? RDMAP_TO_ASKED : RDMAP_NOWHERE;
	place->offset = asked->done;

	return RDMAP_OK;
}

/* In a plain Send, what would be the tag is reserved and not looked at. */
static bool is_same_send(const struct rdmap_stream *st,
			 const struct ddp_segment *seg)
{
	return seg->opcode == st->send_opcode &&
	       (!rdmap_invalidates(seg->opcode) || seg->stag == st->send_stag);
}

static enum rdmap_error place_send(struct rdmap_stream *st,
				   const struct ddp_segment *seg,
				   const u64 *receive,
				   struct rdmap_place *place)
{
	if (seg->msn != st->rx_msn[DDP_QN_SEND])
		return DDP_ERR_MSN;
	if (seg->mo != st->send_len)
		return DDP_ERR_MO;
	if (st->in_send && !is_same_send(st, seg))
		return RDMAP_ERR_OPCODE;
	if (!receive)
		return DDP_ERR_NO_BUFFER;
	if (st->send_len > *receive || seg->len > *receive - st->send_len)
		return DDP_ERR_TOO_LONG;
	st->in_send = true;
	st->send_opcode = seg->opcode;
	st->send_stag = seg->stag;
	place->where = seg->len ? RDMAP_TO_RECEIVE : RDMAP_NOWHERE;
	place->offset = st->send_len;

	return RDMAP_OK;
}

/* A message of one segment, at most @most octets, of which @least must be. */
static enum rdmap_error place_internal(struct rdmap_stream *st,
				       const struct ddp_segment *seg,
				       u32 least, u32 most,
				       struct rdmap_place *place)
{
	if (seg->msn != st->rx_msn[seg->queue])
		return DDP_ERR_MSN;
	if (seg->mo)
		return DDP_ERR_MO;
	if (seg->len > most || !seg->last)
		return DDP_ERR_TOO_LONG;
	if (seg->len < least)
		return RDMAP_ERR_STREAM;
	place->where = RDMAP_TO_STREAM;

	return RDMAP_OK;
}

static enum rdmap_error place_request(struct rdmap_stream *st,
				      const struct ddp_segment *seg,
				      struct rdmap_place *place)
{
	u32 len = rdmap_request_len(seg->opcode);

	if (seg->msn == st->rx_msn[DDP_QN_REQUEST] && st->serving >= st->ird)
		return DDP_ERR_NO_BUFFER;

	return place_internal(st, seg, len, len, place);
}

static enum rdmap_error place_atomic(struct rdmap_stream *st,
				     const struct ddp_segment *seg,
				     struct rdmap_place *place)
{
	const struct rdmap_asked *asked = oldest(st);
	u32 len = sizeof(struct rdmap_atomic_response);

	if (seg->msn == st->rx_msn[DDP_QN_ATOMIC] && (!asked || !asked->atomic))
		return DDP_ERR_NO_BUFFER;

	return place_internal(st, seg, len, len, place);
}

static enum rdmap_error find_place(struct rdmap_stream *st,
				   const struct ddp_segment *seg,
				   const u64 *receive,
				   struct rdmap_place *place)
{
	switch (seg->opcode) {
	case RDMAP_OP_WRITE:
		return place_write(st, seg, place);
	case RDMAP_OP_READ_RESPONSE:
		return place_response(st, seg, place);
	case RDMAP_OP_READ_REQUEST:
	case RDMAP_OP_ATOMIC_REQUEST:
		return place_request(st, seg, place);
	case RDMAP_OP_ATOMIC_RESPONSE:
		return place_atomic(st, seg, place);
	case RDMAP_OP_TERMINATE:
		return place_internal(st, seg, sizeof(struct rdmap_terminate),
				      RDMAP_MAX_INTERNAL, place);
	default:
		return place_send(st, seg, receive, place);
	}
}

/**
 * rdmap_stream_place - where does the payload of this segment go?
 * @st:		the stream
 * @seg:	a segment that ddp_segment_parse() has found good, the next one
 *		of the TCP stream
 * @receive:	octets of the posted receive that is next; NULL if there is none
 * @place:	where it goes
 *
 * Context: as ddp_access_check(); @place->region holds as long.
 *
 * Return: RDMAP_OK, or the code of the Terminate.
 */
enum rdmap_error rdmap_stream_place(struct rdmap_stream *st,
				    const struct ddp_segment *seg,
				    const u64 *receive,
				    struct rdmap_place *place)
{
	enum rdmap_error error;

	memset(place, 0, sizeof(*place));
	if (st->ended)
		return RDMAP_ERR_STREAM;
	error = find_place(st, seg, receive, place);
	if (error)
		st->ended = true;

	return error;
}

static enum rdmap_error send_done(struct rdmap_stream *st,
				  const struct ddp_segment *seg,
				  struct rdmap_event *event)
{
	const struct ddp_access access = {
		.stag = seg->stag, .right = DDP_RIGHT_INVALIDATE,
		.domain = st->domain, .stream = st->stream,
	};
	struct ddp_region *region = NULL;

	st->send_len += seg->len;
	if (!seg->last)
		return RDMAP_OK;

	if (rdmap_invalidates(seg->opcode)) {
		if (ddp_access_check(st->table, &access, &region))
			return RDMAP_ERR_INVALIDATE;
		WRITE_ONCE(region->valid, false);
	}
	event->type = RDMAP_RECEIVED;
	event->len = st->send_len;
	event->solicited = rdmap_solicits(seg->opcode);
	event->invalidated = region;
	st->rx_msn[DDP_QN_SEND]++;
	st->in_send = false;
	st->send_len = 0;

	return RDMAP_OK;
}

static void drop_oldest(struct rdmap_stream *st)
{
	st->first = (st->first + 1) % st->ord;
	st->count--;
}

static enum rdmap_error response_done(struct rdmap_stream *st,
				      const struct ddp_segment *seg,
				      struct rdmap_event *event)
{
	oldest(st)->done += seg->len;
	if (!seg->last)
		return RDMAP_OK;
	event->type = RDMAP_ANSWERED;
	drop_oldest(st);

	return RDMAP_OK;
}

static enum rdmap_error atomic_done(struct rdmap_stream *st,
				    const void *payload,
				    struct rdmap_event *event)
{
	const struct rdmap_atomic_response *r = payload;

	if (be32_to_cpu(r->id) != oldest(st)->tag)
		return RDMAP_ERR_STREAM;
	event->type = RDMAP_ANSWERED;
	event->value = be64_to_cpu(r->value);
	st->rx_msn[DDP_QN_ATOMIC]++;
	drop_oldest(st);

	return RDMAP_OK;
}

/**
 * rdmap_stream_source - may the peer have what its request names?
 * @st:		the stream
 * @r:		the request
 * @done:	octets of it that are answered
 * @len:	how many are wanted now, not zero
 * @region:	the region, if it may
 *
 * To be asked again for each piece, for the region may be gone by then.
 *
 * Context: as ddp_access_check(); @region holds as long.
 *
 * Return: RDMAP_OK, or the code of the Terminate.
 */
enum rdmap_error rdmap_stream_source(const struct rdmap_stream *st,
				     const struct rdmap_request *r, u32 done,
				     u32 len, struct ddp_region **region)
{
	const struct ddp_access access = {
		.stag = r->stag, .offset = r->offset + done, .len = len,
		.right = r->atomic ? DDP_RIGHT_ATOMIC : DDP_RIGHT_READ,
		.domain = st->domain, .stream = st->stream,
	};

	return access_error(ddp_access_check(st->table, &access, region),
			    false);
}

static enum rdmap_error request_done(struct rdmap_stream *st,
				     const struct ddp_segment *seg,
				     const void *payload,
				     struct rdmap_event *event)
{
	struct rdmap_request *r = &event->request;
	enum rdmap_error error = RDMAP_OK;
	struct ddp_region *region;

	rdmap_request_parse(payload, seg->opcode, r);
	/* RFC 7306 has no codes for these two. */
	if (r->atomic && r->op != RDMAP_ATOMIC_FETCH_ADD &&
	    r->op != RDMAP_ATOMIC_CMP_SWAP)
		return RDMAP_ERR_OPCODE;
	if (r->atomic && r->offset % sizeof(u64))
		return RDMAP_ERR_STREAM;
	/* A Read of no octets may name any tag. */
	if (r->len)
		error = rdmap_stream_source(st, r, 0, r->len, &region);
	if (error)
		return error;
	event->type = RDMAP_REQUESTED;
	st->rx_msn[DDP_QN_REQUEST]++;
	st->serving++;

	return RDMAP_OK;
}

static enum rdmap_error settle(struct rdmap_stream *st,
			       const struct ddp_segment *seg,
			       const void *payload, struct rdmap_event *event)
{
	switch (seg->opcode) {
	case RDMAP_OP_WRITE:
		return RDMAP_OK;
	case RDMAP_OP_READ_RESPONSE:
		return response_done(st, seg, event);
	case RDMAP_OP_READ_REQUEST:
	case RDMAP_OP_ATOMIC_REQUEST:
		return request_done(st, seg, payload, event);
	case RDMAP_OP_ATOMIC_RESPONSE:
		return atomic_done(st, payload, event);
	case RDMAP_OP_TERMINATE:
		rdmap_terminate_parse(payload, seg->len, &event->terminate);
		event->type = RDMAP_TERMINATED;
		st->ended = true;
		return RDMAP_OK;
	default:
		return send_done(st, seg, event);
	}
}

/**
 * rdmap_stream_done - the payload of a segment is in its place
 * @st:		the stream
 * @seg:	the segment for which rdmap_stream_place() was called last
 * @payload:	its payload if that goes to the stream itself
 * @event:	what has come to an end
 *
 * Context: as ddp_access_check().
 *
 * Return: RDMAP_OK, or the code of the Terminate.
 */
enum rdmap_error rdmap_stream_done(struct rdmap_stream *st,
				   const struct ddp_segment *seg,
				   const void *payload,
				   struct rdmap_event *event)
{
	enum rdmap_error error;

	memset(event, 0, sizeof(*event));
	error = settle(st, seg, payload, event);
	if (error)
		st->ended = true;

	return error;
}

/**
 * rdmap_stream_ask - a request of ours goes out
 * @st:		the stream; rdmap_stream_may_ask()
 * @atomic:	an atomic operation, else a Read
 * @tag:	the sink's steering tag, or the identifier of the operation
 * @len:	octets that are asked for
 *
 * Tagged offsets of a sink begin with zero. Its tag is in no table: nothing but
 * the response can use it.
 *
 * Return: MSN of the request.
 */
u32 rdmap_stream_ask(struct rdmap_stream *st, bool atomic, u32 tag, u32 len)
{
	u32 msn = rdmap_stream_msn(st, DDP_QN_REQUEST);

	WARN_ON_ONCE(!rdmap_stream_may_ask(st));
	st->asked[(st->first + st->count++) % st->ord] = (struct rdmap_asked) {
		.atomic = atomic, .tag = tag, .msn = msn, .len = len,
	};

	return msn;
}
