// SPDX-License-Identifier: GPL-2.0
/*
 * The way in of bare connections. A frame is taken when it is whole and its checksum
 * is right; the stream (ddp/stream.c) says where its payload goes.
 *
 * Messages wait for recv() within SO_RCVBUF. While that is full nothing is read from
 * TCP, whose window closes then: a peer that sends faster than we read has to wait,
 * it is not terminated.
 */
#include "bare/bare.h"

#include <linux/mm.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "compat.h"
#include "ddp/region.h"
#include "net.h"

/* So many fillings of the buffer, then others may have the processor. */
#define ROUNDS		8

/* So much at least is allocated for a message of several segments. */
#define LEAST_CHUNK	SZ_4K

static bool crc_is_right(const u8 *frame, u32 whole)
{
	__le32 crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), frame,
					     whole - MPA_CRC_SIZE));

	return !memcmp(&crc, frame + whole - MPA_CRC_SIZE, sizeof(crc));
}

/* --- messages ------------------------------------------------------------- */

/* A message may have so many octets. */
static u64 room_of(const struct hps_bare *b)
{
	return b->sk ? READ_ONCE(b->sk->sk_rcvbuf) : 0;
}

/* The program has to read before more comes. When TCP is dead no more comes: what it
 * still has is taken, to see the end behind it.
 */
static bool is_full(const struct hps_bare *b)
{
	return b->messages && b->sk && b->cost >= READ_ONCE(b->sk->sk_rcvbuf) &&
	       READ_ONCE(b->tcp->sk->sk_state) != TCP_CLOSE;
}

static struct hps_bare_chunk *newest(struct hps_bare *b)
{
	return list_empty(&b->received) ? NULL :
	       list_last_entry(&b->received, struct hps_bare_chunk, node);
}

/* Room for the payload of a segment, which may be none: a message can be empty. */
static bool make_room(struct hps_bare *b, const struct ddp_segment *seg)
{
	struct hps_bare_chunk *chunk = newest(b);
	u32 size = seg->len;

	if (chunk && !chunk->last && chunk->size - chunk->len >= seg->len)
		return true;
	if (!seg->last)
		size = max_t(u32, size, LEAST_CHUNK);
	chunk = kvmalloc(struct_size(chunk, data, size), GFP_KERNEL);
	if (!chunk)
		return false;
	memset(chunk, 0, sizeof(*chunk));
	chunk->size = size;
	list_add_tail(&chunk->node, &b->received);
	b->cost += sizeof(*chunk) + size;
	return true;
}

static void put_message(struct hps_bare *b, const u8 *payload, u32 len)
{
	struct hps_bare_chunk *chunk = newest(b);

	memcpy(chunk->data + chunk->len, payload, len);
	chunk->len += len;
}

static void received(struct hps_bare *b, const struct rdmap_event *event)
{
	struct hps_bare_chunk *chunk = newest(b);

	chunk->last = true;
	if (event->solicited)
		chunk->note.flags |= HPS_BARE_SOLICITED;
	if (event->invalidated)
		chunk->note.flags |= HPS_BARE_INVALIDATE;
	WRITE_ONCE(b->messages, b->messages + 1);
	hps_bare_wake(b);
}

/**
 * hps_bare_purge - nobody reads what has come
 * @b:	the end, locked
 */
void hps_bare_purge(struct hps_bare *b)
{
	struct hps_bare_chunk *chunk, *next;

	list_for_each_entry_safe(chunk, next, &b->received, node) {
		list_del(&chunk->node);
		kvfree(chunk);
	}
	b->messages = 0;
	b->cost = 0;
}

/* --- regions -------------------------------------------------------------- */

/**
 * hps_bare_oldest_asked - the request of ours that is answered next
 * @b:	the end, locked
 *
 * Return: it; there is one when the stream says so, else NULL.
 */
struct hps_bare_work *hps_bare_oldest_asked(struct hps_bare *b)
{
	struct hps_bare_work *w;

	list_for_each_entry(w, &b->staged, node)
		if (hps_bare_is_request(w) && !w->answered)
			return w;
	return NULL;
}

/* The sink may have gone since it was named: then its octets are not wanted. */
static void put_answer(struct hps_bare *b, u64 offset, const u8 *payload,
		       u32 len)
{
	struct hps_bare_work *w = hps_bare_oldest_asked(b);
	struct ddp_access access = {
		.len = len, .right = DDP_RIGHT_SINK,
		.domain = b->stream.domain, .stream = b->stream.stream,
	};
	struct hps_region *region;

	if (WARN_ON_ONCE(!w))
		return;
	access.stag = w->post.sink;
	access.offset = w->post.sink_offset + offset;
	if (hps_region_find(b->net, &access, &region))
		w->status = -ECANCELED;
	else
		hps_region_write(region, access.offset, payload, len);
}

static void put_payload(struct hps_bare *b, const struct rdmap_place *place,
			const u8 *payload, u32 len)
{
	switch (place->where) {
	case RDMAP_TO_REGION:
		hps_region_write(hps_region_of(place->region), place->offset,
				 payload, len);
		b->octets_placed += len;
		hps_mib_add(b->net, HPS_MIB_PLACED_OCTETS, len);
		break;
	case RDMAP_TO_RECEIVE:
		put_message(b, payload, len);
		break;
	case RDMAP_TO_ASKED:
		put_answer(b, place->offset, payload, len);
		break;
	default:
		break;
	}
}

/* --- events --------------------------------------------------------------- */

static void answered(struct hps_bare *b, const struct rdmap_event *event)
{
	struct hps_bare_work *w = hps_bare_oldest_asked(b);

	if (WARN_ON_ONCE(!w))
		return;
	w->answered = true;
	w->value = event->value;
}

/* The peer's Terminate: if it names a request, that one was refused. */
static void terminated(struct hps_bare *b,
		       const struct rdmap_terminate_info *info)
{
	struct hps_bare_work *w;

	b->terminated = HPS_BARE_TERMINATED_BY_PEER;
	b->terminate = info->error & 0xffff;
	hps_mib_inc(b->net, HPS_MIB_BARE_TERMINATED);
	list_for_each_entry(w, &b->staged, node)
		if (hps_bare_is_request(w) && !w->answered && info->untagged &&
		    info->queue == DDP_QN_REQUEST && info->msn == w->msn)
			w->status = -EREMOTEIO;
	hps_bare_end(b, EREMOTEIO);
}

static void take_event(struct hps_bare *b, const struct rdmap_event *event,
		       u32 stag)
{
	u32 i;

	switch (event->type) {
	case RDMAP_RECEIVED:
		/* No other stream could use it: hps_region_check(). */
		newest(b)->note.stag = event->invalidated ? stag : 0;
		received(b, event);
		break;
	case RDMAP_ANSWERED:
		answered(b, event);
		break;
	case RDMAP_REQUESTED:
		/* The stream lets no more than ird of them pass. */
		i = (b->a_first + b->a_count++) % b->stream.ird;
		b->answers[i] = (struct hps_bare_answer) {
			.request = event->request,
		};
		break;
	case RDMAP_TERMINATED:
		terminated(b, &event->terminate);
		break;
	default:
		break;
	}
}

/* --- frames --------------------------------------------------------------- */

static enum rdmap_error take_segment(struct hps_bare *b, const u8 *frame,
				     const struct ddp_segment *seg,
				     struct rdmap_event *event)
{
	const u8 *payload = frame + seg->head_len;
	bool sends = rdmap_is_send(seg->opcode);
	u64 room = room_of(b);
	struct rdmap_place place;
	enum rdmap_error error;

	/* What is placed is found and done within one read side. */
	rcu_read_lock();
	error = rdmap_stream_place(&b->stream, seg, b->sk ? &room : NULL,
				   &place);
	if (!error && !sends) {
		put_payload(b, &place, payload, seg->len);
		error = rdmap_stream_done(&b->stream, seg, payload, event);
	}
	rcu_read_unlock();
	if (error || !sends)
		return error;
	/* A message: this may sleep. */
	if (!make_room(b, seg))
		return RDMAP_ERR_LOCAL;
	put_payload(b, &place, payload, seg->len);
	rcu_read_lock();
	error = rdmap_stream_done(&b->stream, seg, payload, event);
	rcu_read_unlock();
	return error;
}

static void take_frame(struct hps_bare *b, const u8 *frame, u32 whole)
{
	enum rdmap_error error = LLP_ERR_CRC;
	struct rdmap_event event;
	struct ddp_segment seg;

	b->hold = false;
	if (!b->crc || crc_is_right(frame, whole)) {
		b->frames_received++;
		error = ddp_segment_parse(frame, &seg);
		if (!error)
			error = take_segment(b, frame, &seg, &event);
	}
	if (error)
		hps_bare_terminate(b, error, frame, whole);
	else
		take_event(b, &event, seg.stag);
}

/* All whole frames in the buffer; the rest moves to its beginning. */
static void take_frames(struct hps_bare *b)
{
	while (b->state != HPS_BARE_ENDED && !is_full(b) &&
	       b->in_end - b->in_off >= MPA_LEN_SIZE) {
		const u8 *frame = b->in + b->in_off;
		u32 whole = mpa_frame_size(frame[0] << 8 | frame[1]);

		if (b->in_end - b->in_off < whole)
			break;
		take_frame(b, frame, whole);
		b->in_off += whole;
	}
	/* What comes after the end is of no interest. */
	if (b->state == HPS_BARE_ENDED)
		b->in_off = b->in_end;
	memmove(b->in, b->in + b->in_off, b->in_end - b->in_off);
	b->in_end -= b->in_off;
	b->in_off = 0;
}

/* Has a message, or a frame, begun that is not here as a whole? */
static bool inside_message(const struct hps_bare *b)
{
	const struct rdmap_stream *st = &b->stream;

	return b->in_off < b->in_end || st->in_send ||
	       (st->count && st->asked[st->first].done);
}

/* The peer has ended: in an orderly way if it did between two messages. */
static void take_end(struct hps_bare *b)
{
	b->eof = true;
	hps_bare_end(b, inside_message(b) || !hps_bare_idle(b) ? ECONNRESET : 0);
}

static int fill(struct hps_bare *b)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec v = {
		.iov_base = b->in + b->in_end,
		.iov_len = HPS_BARE_BUFFER - b->in_end,
	};
	int n;

	n = kernel_recvmsg(b->tcp, &msg, &v, 1, v.iov_len, MSG_DONTWAIT);
	if (n > 0)
		b->in_end += n;
	return n;
}

/**
 * hps_bare_receive - take what has come, up to a limit
 * @b:	the end, locked, with a TCP socket
 *
 * Context: process.
 */
void hps_bare_receive(struct hps_bare *b)
{
	int i, n;

	for (i = 0; i < ROUNDS && !b->eof; i++) {
		take_frames(b);
		if (is_full(b) && b->state != HPS_BARE_ENDED)
			return;
		n = fill(b);
		if (n == -EAGAIN || n == -EINTR)
			return;
		/* There was no room for what is here, but TCP has ended since. */
		if (n <= 0)
			take_frames(b);
		if (n < 0) {
			b->eof = true;
			b->broken = true;
			hps_bare_end(b, -n);
			return;
		}
		if (!n) {
			take_end(b);
			return;
		}
		/* Complete what waits, before more comes. */
		take_frames(b);
		hps_bare_push(b);
	}
	if (!b->eof)
		hps_bare_kick(b);
}
