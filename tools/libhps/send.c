// SPDX-License-Identifier: GPL-2.0
/*
 * The way out. Segments are copied to the output buffer, with their checksum,
 * and from there to TCP: so a peer that changes memory which is just read does
 * not break the checksum.
 */
#include "send.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "ddp/mpa.h"

#include "direct.h"
#include "gather.h"
#include "region.h"

/* So many fillings of the buffer, then others may have the domain's lock. */
#define ROUNDS	8

/* --- frames --------------------------------------------------------------------- */

/* Is there room for a frame with @len octets of payload? */
static bool have_room(struct hps_conn *c, uint32_t len)
{
	size_t need = mpa_frame_size(HPS_ULPDU_HEAD + len) + OUT_RESERVE;

	if (c->out_off == c->out_end)
		c->out_off = c->out_end = 0;
	if (c->out_end + need > c->out_size && c->out_off) {
		memmove(c->out, c->out + c->out_off, c->out_end - c->out_off);
		c->out_end -= c->out_off;
		c->out_off = 0;
	}

	return c->out_end + need <= c->out_size;
}

/* Returns where the payload goes. */
static uint8_t *frame_begin(struct hps_conn *c, const struct ddp_segment *seg)
{
	uint8_t *frame = c->out + c->out_end;

	assert(c->out_end + mpa_frame_size(HPS_ULPDU_HEAD + seg->len) <=
	       c->out_size);

	return frame + ddp_segment_build(frame, seg);
}

static void frame_end(struct hps_conn *c, uint8_t *payload, uint32_t len)
{
	uint8_t *frame = c->out + c->out_end, *end = payload + len;
	uint32_t pad = mpa_padding(end - frame - MPA_LEN_SIZE);
	__le32 crc = 0;

	memset(end, 0, pad);
	end += pad;
	if (c->crc)
		crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), frame,
					      end - frame));
	memcpy(end, &crc, sizeof(crc));
	end += sizeof(crc);
	c->out_total += end - frame;
	c->out_end += end - frame;
	c->frames_sent++;
}

/* --- what is posted ---------------------------------------------------------------- */

static uint8_t send_opcode(const struct work *w)
{
	if (w->flags & HPS_POST_SOLICITED)
		return w->invalidates ? RDMAP_OP_SEND_SE_INVAL :
					RDMAP_OP_SEND_SE;

	return w->invalidates ? RDMAP_OP_SEND_INVAL : RDMAP_OP_SEND;
}

/* The next segment of a Send or a Write. */
static void stage_data(struct hps_conn *c, struct work *w)
{
	struct ddp_segment seg = { .stag = w->stag };
	uint8_t *payload;

	seg.len = min_t(uint64_t, c->attr.segment, w->len - w->done);
	seg.last = w->done + seg.len == w->len;
	if (w->op == HPS_OP_WRITE) {
		seg.opcode = RDMAP_OP_WRITE;
		seg.offset = w->offset + w->done;
	} else {
		if (!w->done)
			w->msn = rdmap_stream_msn(&c->stream, DDP_QN_SEND);
		seg.opcode = send_opcode(w);
		seg.msn = w->msn;
		seg.mo = w->done;
	}
	payload = frame_begin(c, &seg);
	gather(payload, w->iov, w->done, seg.len);
	frame_end(c, payload, seg.len);
	w->done += seg.len;
	w->staged = seg.last;
}

static void stage_request(struct hps_conn *c, struct work *w)
{
	struct rdmap_request r = {
		.atomic = w->op != HPS_OP_READ,
		.len = w->len, .stag = w->stag, .offset = w->offset,
		.data = w->data,
	};
	uint32_t tag = get_random_u32();
	struct ddp_segment seg = {
		.opcode = r.atomic ? RDMAP_OP_ATOMIC_REQUEST :
				     RDMAP_OP_READ_REQUEST,
		.last = true,
	};
	uint8_t *payload;

	seg.len = rdmap_request_len(seg.opcode);
	seg.msn = rdmap_stream_ask(&c->stream, r.atomic, tag, w->len);
	r.sink_stag = tag;
	r.id = tag;
	if (w->op == HPS_OP_CAS) {
		r.op = RDMAP_ATOMIC_CMP_SWAP;
		r.mask = UINT64_MAX;
		r.compare = w->compare;
		r.compare_mask = UINT64_MAX;
	}
	payload = frame_begin(c, &seg);
	rdmap_request_build(payload, &r);
	frame_end(c, payload, seg.len);
	w->msn = seg.msn;
	w->staged = true;
}

/* May the next operation begin? */
static bool may_begin(struct hps_conn *c)
{
	struct work *w;

	if (c->w_stage == c->w_tail)
		return false;
	w = work_at(c, c->w_stage);
	if (w->flags & HPS_POST_FENCE && c->stream.count)
		return false;

	return !is_request(w) || rdmap_stream_may_ask(&c->stream);
}

static bool stage_work(struct hps_conn *c)
{
	struct work *w = work_at(c, c->w_stage);

	if (!have_room(c, is_request(w) ? sizeof(struct rdmap_atomic_request) :
			  min_t(uint64_t, c->attr.segment, w->len - w->done)))
		return false;
	if (is_request(w))
		stage_request(c, w);
	else
		stage_data(c, w);
	c->sending = w->staged ? SENDING_NOTHING : SENDING_WORK;
	if (w->staged) {
		w->end = c->out_total;
		c->w_stage++;
	}

	return true;
}

/* --- what the peer asks for ------------------------------------------------------------ */

/* Read, compute, write as one step for all threads of this machine. */
static uint64_t do_atomic(const struct rdmap_request *r, uint64_t *p)
{
	uint64_t old = __atomic_load_n(p, __ATOMIC_SEQ_CST);

	while (!__atomic_compare_exchange_n(p, &old,
					    rdmap_atomic_result(r, old), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;

	return old;
}

static void stage_atomic_response(struct hps_conn *c,
				  const struct rdmap_request *r, uint8_t *p)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_ATOMIC_RESPONSE, .last = true,
		.len = sizeof(struct rdmap_atomic_response),
		.msn = rdmap_stream_msn(&c->stream, DDP_QN_ATOMIC),
	};
	const struct rdmap_atomic_response response = {
		.id = cpu_to_be32(r->id),
		.value = cpu_to_be64(do_atomic(r, (uint64_t *)p)),
	};
	uint8_t *payload = frame_begin(c, &seg);

	memcpy(payload, &response, sizeof(response));
	frame_end(c, payload, seg.len);
}

static void stage_read_response(struct hps_conn *c, const struct answer *a,
				uint32_t len, const uint8_t *p)
{
	const struct rdmap_request *r = &a->request;
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_READ_RESPONSE,
		.last = a->done + len == r->len, .len = len,
		.stag = r->sink_stag, .offset = r->sink_offset + a->done,
	};
	uint8_t *payload = frame_begin(c, &seg);

	if (len)
		memcpy(payload, p, len);
	frame_end(c, payload, len);
}

/*
 * What it names is gone since it came. The Terminate quotes the request, as one
 * that is refused at once: requests come in order, from number 1 on.
 */
static void refuse_answer(struct hps_conn *c, enum rdmap_error error)
{
	const struct rdmap_request *r = &answer_at(c, c->a_head)->request;
	struct ddp_segment seg = {
		.opcode = r->atomic ? RDMAP_OP_ATOMIC_REQUEST :
				      RDMAP_OP_READ_REQUEST,
		.last = true, .msn = c->a_head + 1,
	};
	uint8_t frame[sizeof(struct hps_frame) +
		      sizeof(struct rdmap_atomic_request)];
	uint32_t head;

	seg.len = rdmap_request_len(seg.opcode);
	head = ddp_segment_build(frame, &seg);
	rdmap_request_build(frame + head, r);
	conn_terminate(c, error, frame, head + seg.len);
}

static bool stage_answer(struct hps_conn *c)
{
	struct answer *a = answer_at(c, c->a_head);
	const struct rdmap_request *r = &a->request;
	uint32_t len = min_t(uint32_t, c->attr.segment, r->len - a->done);
	struct ddp_region *region;
	enum rdmap_error error;
	uint8_t *p = NULL;

	if (!have_room(c, r->atomic ? sizeof(struct rdmap_atomic_response) :
				      len))
		return false;
	if (len) {
		error = rdmap_stream_source(&c->stream, r, a->done, len,
					    &region);
		if (error) {
			refuse_answer(c, error);
			return false;
		}
		p = region_memory(region, r->offset + a->done - region->base);
	}
	if (r->atomic)
		stage_atomic_response(c, r, p);
	else
		stage_read_response(c, a, len, p);
	a->done += len;
	c->sending = a->done < r->len ? SENDING_ANSWER : SENDING_NOTHING;
	if (c->sending == SENDING_NOTHING) {
		c->a_head++;
		c->requests_served++;
		rdmap_stream_answered(&c->stream);
	}

	return true;
}

/* --- to TCP -------------------------------------------------------------------------- */

/*
 * One segment. A message is never interrupted by another one; between messages,
 * operations and answers take turns.
 */
static bool stage(struct hps_conn *c)
{
	bool work, answer;

	if (c->hold || c->winding || c->broken)
		return false;
	if (c->sending == SENDING_WORK)
		return stage_work(c);
	if (c->sending == SENDING_ANSWER)
		return stage_answer(c);
	work = may_begin(c);
	answer = c->a_head < c->a_tail;
	if (!work && !answer)
		return false;
	c->answer_next = !c->answer_next;
	if (answer && (c->answer_next || !work))
		return stage_answer(c);

	return stage_work(c);
}

/* What is done, in the order in which it was posted. */
static void reap(struct hps_conn *c)
{
	uint64_t sent = sent_total(c);

	for (; c->w_head < c->w_stage; c->w_head++) {
		struct work *w = work_at(c, c->w_head);
		struct hps_completion completion = {
			.id = w->id, .op = w->op, .len = w->len,
			.value = w->value,
		};

		if (is_request(w) ? !w->answered : w->end > sent)
			return;
		conn_complete(c, &completion);
	}
}

/* Returns true if TCP has taken all there was. */
static bool give(struct hps_conn *c)
{
	while (c->out_off < c->out_end) {
		ssize_t n = send(c->fd, c->out + c->out_off,
				 c->out_end - c->out_off,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			/* The peer's Terminate may be here: read on. */
			c->broken = true;
			if (!c->ended)
				c->os_error = errno;
			c->out_off = c->out_end;
		}
		if (n < 0)
			return false;
		c->out_off += n;
	}

	return true;
}

/*
 * Sends what can be sent and completes what is done. Called whenever that may
 * have changed: something was posted, arrived, or TCP has room. The last round
 * leaves what it has staged, so that conn_settle() waits for room in TCP: that
 * goes on with it.
 */
void conn_push(struct hps_conn *c)
{
	int i;

	if (c->fd < 0 || c->dead)
		return;
	if (c->direct) {
		direct_push(c);
		return;
	}
	for (i = 0; i <= ROUNDS; i++) {
		while (stage(c))
			;
		/* with room for more if TCP took all, and something to do */
		if (i == ROUNDS || c->out_off == c->out_end || !give(c) ||
		    c->ended)
			break;
	}
	if (c->ended || c->broken)
		return;
	reap(c);
	if (c->state == HPS_CONN_CLOSING && c->w_head == c->w_tail &&
	    c->a_head == c->a_tail && !c->winding) {
		c->winding = true;
		timer_set(c->domain, &c->timer, LINGER_MS);
	}
}

/* The initiator's first frame. */
void conn_greet(struct hps_conn *c)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .last = true,
	};

	frame_end(c, frame_begin(c, &seg), 0);
}

/*
 * The stream cannot go on: tell the peer why, and end. Behind what is in the
 * output buffer, for frames must be whole; OUT_RESERVE keeps the room.
 */
void conn_terminate(struct hps_conn *c, enum rdmap_error error,
		    const void *frame, uint32_t len)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_TERMINATE, .last = true,
		.msn = rdmap_stream_msn(&c->stream, DDP_QN_TERMINATE),
	};
	uint8_t term[RDMAP_MAX_TERMINATE], *payload;

	static_assert(RDMAP_MAX_TERMINATE + sizeof(struct hps_frame) +
		      MPA_CRC_SIZE + 3 <= OUT_RESERVE);
	seg.len = rdmap_terminate_build(term, error, frame, len);
	payload = frame_begin(c, &seg);
	memcpy(payload, term, seg.len);
	frame_end(c, payload, seg.len);
	c->terminated = 1;
	c->refused = error;
	conn_end(c, HPS_STATUS_FLUSHED);
}
