/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An RDMAP stream: what a bare connection has received and asked for, and so
 * what may come next (RFC 5040, 5041, 7306). Pure: own struct in, verdict out;
 * the carrier moves the octets.
 */
#ifndef _HPS_DDP_STREAM_H
#define _HPS_DDP_STREAM_H

#include <linux/types.h>

#include "access.h"
#include "rdmap.h"
#include "segment.h"
#include "terminate.h"

/**
 * struct rdmap_asked - a request of ours that waits for its answer
 * @atomic:	an atomic operation, else a Read
 * @tag:	the sink's steering tag, or the identifier of the operation
 * @msn:	of the request
 * @len:	octets that were asked for
 * @done:	octets that are here
 */
struct rdmap_asked {
	bool	atomic;
	u32	tag;
	u32	msn;
	u32	len;
	u32	done;
};

/**
 * struct rdmap_stream - one stream
 * @table:	the regions that the peer may name
 * @domain:	protection domain
 * @stream:	number of this stream among those of @table, never zero
 * @ird:	requests that the peer may have under way
 * @ord:	requests that we may have under way, and slots of @asked
 * @asked:	a ring of our requests, oldest at @first
 * @first:	index of the oldest
 * @count:	number of them
 * @serving:	requests of the peer that are not answered yet
 * @rx_msn:	number of the next message of each queue
 * @tx_msn:	the same, of those that we send
 * @in_send:	a Send has begun and not ended
 * @send_opcode: its operation
 * @send_stag:	the tag that it shall invalidate
 * @send_len:	octets of it that are here
 * @ended:	nothing is received any more
 *
 * A segment is taken in two steps, since its octets are moved between them:
 * rdmap_stream_place() says where they go, rdmap_stream_done() what has come to
 * an end by them. An error of either is the code of the Terminate to send, and
 * ends the stream.
 *
 *             Send, tagged Write, Read Response, requests
 *                       +----------+
 *                       v          |
 *    rdmap_stream_init: open ------+
 *                       | error: Terminate is sent; Terminate is received
 *                       v
 *                     ended
 *
 * Locking: the carrier's, one for both directions.
 */
struct rdmap_stream {
	const struct ddp_stag_table *table;
	u32	domain;
	u32	stream;
	u16	ird;
	u16	ord;
	struct rdmap_asked *asked;
	u16	first;
	u16	count;
	u16	serving;
	u32	rx_msn[DDP_QUEUES];
	u32	tx_msn[DDP_QUEUES];
	bool	in_send;
	u8	send_opcode;
	u32	send_stag;
	u64	send_len;
	bool	ended;
};

/**
 * enum rdmap_where - where the payload of a segment goes
 * @RDMAP_NOWHERE:	it has none
 * @RDMAP_TO_REGION:	to @region, its octet @offset
 * @RDMAP_TO_RECEIVE:	to the posted receive that is next, its octet @offset
 * @RDMAP_TO_ASKED:	to what our oldest request is for, its octet @offset
 * @RDMAP_TO_STREAM:	rdmap_stream_done() reads it; at most RDMAP_MAX_INTERNAL
 */
enum rdmap_where {
	RDMAP_NOWHERE,
	RDMAP_TO_REGION,
	RDMAP_TO_RECEIVE,
	RDMAP_TO_ASKED,
	RDMAP_TO_STREAM,
};

#define RDMAP_MAX_INTERNAL	128

struct rdmap_place {
	enum rdmap_where where;
	struct ddp_region *region;
	u64	offset;
};

/**
 * enum rdmap_event_type - what a segment has brought to an end
 * @RDMAP_NOTHING:	nothing
 * @RDMAP_RECEIVED:	a Send: the posted receive has @len octets
 * @RDMAP_ANSWERED:	our oldest request; an atomic operation found @value
 * @RDMAP_REQUESTED:	a request of the peer's: answer it, in order, and then
 *			call rdmap_stream_answered()
 * @RDMAP_TERMINATED:	the peer ended the stream
 */
enum rdmap_event_type {
	RDMAP_NOTHING,
	RDMAP_RECEIVED,
	RDMAP_ANSWERED,
	RDMAP_REQUESTED,
	RDMAP_TERMINATED,
};

/**
 * struct rdmap_event - it, with what belongs to it
 * @type:	enum rdmap_event_type
 * @len:	RECEIVED: octets
 * @solicited:	RECEIVED: the peer asks that the application be woken
 * @invalidated: RECEIVED: this region was invalidated, or NULL
 * @value:	ANSWERED, atomic: what was there before
 * @request:	REQUESTED
 * @terminate:	TERMINATED
 */
struct rdmap_event {
	enum rdmap_event_type type;
	u64	len;
	bool	solicited;
	struct ddp_region *invalidated;
	u64	value;
	struct rdmap_request request;
	struct rdmap_terminate_info terminate;
};

void rdmap_stream_init(struct rdmap_stream *st,
		       const struct ddp_stag_table *table, u32 domain,
		       u32 stream);
enum rdmap_error rdmap_stream_place(struct rdmap_stream *st,
				    const struct ddp_segment *seg,
				    const u64 *receive,
				    struct rdmap_place *place);
enum rdmap_error rdmap_stream_done(struct rdmap_stream *st,
				   const struct ddp_segment *seg,
				   const void *payload,
				   struct rdmap_event *event);
enum rdmap_error rdmap_stream_source(const struct rdmap_stream *st,
				     const struct rdmap_request *r, u32 done,
				     u32 len, struct ddp_region **region);

/* A request of the peer's is answered: it may send another one. */
static inline void rdmap_stream_answered(struct rdmap_stream *st)
{
	st->serving--;
}

static inline bool rdmap_stream_may_ask(const struct rdmap_stream *st)
{
	return st->count < st->ord;
}

u32 rdmap_stream_ask(struct rdmap_stream *st, bool atomic, u32 tag, u32 len);

/* Number of the next message that we send to a queue. */
static inline u32 rdmap_stream_msn(struct rdmap_stream *st, u32 queue)
{
	return st->tx_msn[queue]++;
}

#endif /* _HPS_DDP_STREAM_H */
