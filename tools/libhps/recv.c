// SPDX-License-Identifier: GPL-2.0
/*
 * The way in. A frame is taken when it is whole and its checksum is right; the
 * stream (ddp/stream.c) says where its payload goes.
 */
#include "recv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "ddp/mpa.h"

#include "direct.h"
#include "gather.h"
#include "region.h"
#include "send.h"

/* So many fillings of the buffer, then it is another connection's turn. */
#define ROUNDS	8

static bool crc_is_right(const uint8_t *frame, uint32_t whole)
{
	__le32 crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), frame,
					     whole - MPA_CRC_SIZE));

	return !memcmp(&crc, frame + whole - MPA_CRC_SIZE, sizeof(crc));
}

/* The oldest Read or atomic that has no answer. */
static struct work *oldest_asked(struct hps_conn *c)
{
	struct work *w;

	if (c->w_ask < c->w_head)
		c->w_ask = c->w_head;
	for (;; c->w_ask++) {
		w = work_at(c, c->w_ask);
		if (is_request(w) && !w->answered)
			return w;
	}
}

static void put_payload(struct hps_conn *c, const struct rdmap_place *place,
			const uint8_t *payload, uint32_t len)
{
	const struct work *w;

	switch (place->where) {
	case RDMAP_TO_REGION:
		memcpy(region_memory(place->region, place->offset), payload,
		       len);
		c->octets_placed += len;
		break;
	case RDMAP_TO_RECEIVE:
		scatter(receive_at(c, c->r_head)->iov, place->offset, payload,
			len);
		break;
	case RDMAP_TO_ASKED:
		w = oldest_asked(c);
		scatter(w->iov, place->offset, payload, len);
		break;
	default:
		break;
	}
}

static void received(struct hps_conn *c, const struct rdmap_event *event)
{
	struct hps_completion completion = {
		.id = receive_at(c, c->r_head)->id, .op = HPS_OP_RECV,
		.len = event->len,
	};

	if (event->solicited)
		completion.flags |= HPS_COMPLETION_SOLICITED;
	if (event->invalidated) {
		completion.flags |= HPS_COMPLETION_INVALIDATED;
		completion.stag = event->invalidated->stag;
	}
	c->r_head++;
	conn_complete(c, &completion);
}

static void answered(struct hps_conn *c, const struct rdmap_event *event)
{
	struct work *w = oldest_asked(c);

	w->answered = true;
	w->value = event->value;
	c->w_ask++;
}

/* The peer's Terminate: if it names a request, that one was refused. */
static void terminated(struct hps_conn *c,
		       const struct rdmap_terminate_info *info)
{
	uint64_t i;

	c->terminated = 2;
	c->refused = info->error;
	for (i = c->w_head; i < c->w_stage; i++) {
		struct work *w = work_at(c, i);

		if (is_request(w) && !w->answered && info->untagged &&
		    info->queue == DDP_QN_REQUEST && info->msn == w->msn)
			w->refused = true;
	}
	conn_end(c, HPS_STATUS_REFUSED);
}

static void take_event(struct hps_conn *c, const struct rdmap_event *event)
{
	switch (event->type) {
	case RDMAP_RECEIVED:
		received(c, event);
		break;
	case RDMAP_ANSWERED:
		answered(c, event);
		break;
	case RDMAP_REQUESTED:
		*answer_at(c, c->a_tail++) = (struct answer) {
			.request = event->request,
		};
		break;
	case RDMAP_TERMINATED:
		terminated(c, &event->terminate);
		break;
	default:
		break;
	}
}

static enum rdmap_error take_segment(struct hps_conn *c, const uint8_t *frame,
				     struct rdmap_event *event)
{
	const u64 *room = NULL;
	struct rdmap_place place;
	struct ddp_segment seg;
	enum rdmap_error error;

	error = ddp_segment_parse(frame, &seg);
	if (error)
		return error;
	if (c->r_head < c->r_tail)
		room = &receive_at(c, c->r_head)->len;
	error = rdmap_stream_place(&c->stream, &seg, room, &place);
	if (error)
		return error;
	put_payload(c, &place, frame + seg.head_len, seg.len);

	return rdmap_stream_done(&c->stream, &seg, frame + seg.head_len,
				 event);
}

static void take_frame(struct hps_conn *c, const uint8_t *frame,
		       uint32_t whole)
{
	enum rdmap_error error = LLP_ERR_CRC;
	struct rdmap_event event;

	c->hold = false;
	if (!c->crc || crc_is_right(frame, whole)) {
		c->frames_received++;
		error = take_segment(c, frame, &event);
	}
	if (error)
		conn_terminate(c, error, frame, whole);
	else
		take_event(c, &event);
}

/* All whole frames in the buffer; the rest moves to its beginning. */
static void take_frames(struct hps_conn *c)
{
	while (!c->ended && c->in_end - c->in_off >= MPA_LEN_SIZE) {
		const uint8_t *frame = c->in + c->in_off;
		uint32_t whole = mpa_frame_size(frame[0] << 8 | frame[1]);

		if (c->in_end - c->in_off < whole)
			break;
		take_frame(c, frame, whole);
		c->in_off += whole;
	}
	/* What comes after the end is of no interest. */
	if (c->ended)
		c->in_off = c->in_end;
	memmove(c->in, c->in + c->in_off, c->in_end - c->in_off);
	c->in_end -= c->in_off;
	c->in_off = 0;
}

/* Has a message, or a frame, begun that is not here as a whole? */
static bool inside_message(const struct hps_conn *c)
{
	const struct rdmap_stream *st = &c->stream;

	return c->in_off < c->in_end || st->in_send ||
	       (st->count && st->asked[st->first].done);
}

/* The peer has ended: in an orderly way if it did between two messages. */
static void take_end(struct hps_conn *c)
{
	c->eof = true;
	if (inside_message(c) && !c->ended && !c->os_error)
		c->os_error = ECONNRESET;
	conn_end(c, c->os_error ? HPS_STATUS_FLUSHED : HPS_STATUS_OK);
}

/* Takes what has come, up to a limit. */
void conn_receive(struct hps_conn *c)
{
	int i;

	if (c->direct) {
		direct_receive(c);
		return;
	}
	for (i = 0; i < ROUNDS && !c->eof && !c->dead; i++) {
		size_t room = c->in_size - c->in_end;
		ssize_t n = recv(c->fd, c->in + c->in_end, room, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			conn_lost(c, errno);
			return;
		}
		if (!n) {
			take_end(c);
			return;
		}
		c->in_end += n;
		c->octets_received += n;
		take_frames(c);
		/* Acknowledge requests, complete what waits, before more. */
		conn_push(c);
		if ((size_t)n < room)
			return;
	}
}
