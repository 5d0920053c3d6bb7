// SPDX-License-Identifier: GPL-2.0
/*
 * The way out of bare connections. Segments are copied to the output buffer, with
 * their checksum, and from there to TCP: so memory that changes while it is read
 * does not break the checksum, and a region that goes away is not read any more.
 */
#include "bare/bare.h"

#include <linux/mm.h>
#include <linux/net.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "compat.h"
#include "conn/cq.h"
#include "ddp/region.h"
#include "net.h"

/* So many fillings of the buffer, then others may have the processor. */
#define ROUNDS		8

/* TCP may have no memory and tell nobody when there is some: look again. */
#define RETRY		(HZ / 4)

/* Payload of a segment. */
#define MIN_SEGMENT	512U
#define MAX_SEGMENT	32768U

/* --- frames --------------------------------------------------------------- */

/* An FPDU fits in a packet (RFC 5044 section 5.1), without padding. */
static u32 segment_size(const struct hps_bare *b)
{
	u32 mss = READ_ONCE(tcp_sk(b->tcp->sk)->mss_cache);
	u32 rest = sizeof(struct hps_frame) + MPA_CRC_SIZE;

	return clamp(round_down(mss - min(mss, rest), 4), MIN_SEGMENT,
		     MAX_SEGMENT);
}

/* Is there room for a frame with @len octets of payload? */
static bool have_room(struct hps_bare *b, u32 len)
{
	u32 need = mpa_frame_size(HPS_ULPDU_HEAD + len) + HPS_BARE_RESERVE;

	if (b->out_off == b->out_end)
		b->out_off = b->out_end = 0;
	if (b->out_end + need > HPS_BARE_BUFFER && b->out_off) {
		memmove(b->out, b->out + b->out_off, b->out_end - b->out_off);
		b->out_end -= b->out_off;
		b->out_off = 0;
	}
	return b->out_end + need <= HPS_BARE_BUFFER;
}

/* Returns where the payload goes. */
static u8 *frame_begin(struct hps_bare *b, const struct ddp_segment *seg)
{
	u8 *frame = b->out + b->out_end;

	return frame + ddp_segment_build(frame, seg);
}

static void frame_end(struct hps_bare *b, u8 *payload, u32 len)
{
	u8 *frame = b->out + b->out_end, *end = payload + len;
	u32 pad = mpa_padding(end - frame - MPA_LEN_SIZE);
	__le32 crc = 0;

	memset(end, 0, pad);
	end += pad;
	if (b->crc)
		crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), frame,
					      end - frame));
	memcpy(end, &crc, sizeof(crc));
	end += sizeof(crc);
	b->out_total += end - frame;
	b->out_end += end - frame;
	b->frames_sent++;
}

/* --- what is posted ------------------------------------------------------- */

static u8 send_opcode(const struct hps_bare_work *w)
{
	bool invalidates = w->send.flags & HPS_BARE_INVALIDATE;

	if (w->send.flags & HPS_BARE_SOLICITED)
		return invalidates ? RDMAP_OP_SEND_SE_INVAL : RDMAP_OP_SEND_SE;
	return invalidates ? RDMAP_OP_SEND_INVAL : RDMAP_OP_SEND;
}

/* The next segment of a message or a WRITE. Returns whether it was the last one. */
static bool stage_data(struct hps_bare *b, struct hps_bare_work *w, u32 len)
{
	struct ddp_segment seg = {
		.len = len, .last = w->done + len == w->len,
	};
	u8 *payload;

	if (w->post.op == HPS_DIRECT_WRITE) {
		seg.opcode = RDMAP_OP_WRITE;
		seg.stag = w->post.stag;
		seg.offset = w->post.offset + w->done;
	} else {
		if (!w->done)
			w->msn = rdmap_stream_msn(&b->stream, DDP_QN_SEND);
		seg.opcode = send_opcode(w);
		seg.stag = w->send.stag;
		seg.msn = w->msn;
		seg.mo = w->done;
	}
	payload = frame_begin(b, &seg);
	memcpy(payload, w->data + w->done, len);
	frame_end(b, payload, len);
	w->done += len;
	w->end = b->out_total;
	return seg.last;
}

static void stage_request(struct hps_bare *b, struct hps_bare_work *w)
{
	const struct hps_direct_post *post = &w->post;
	bool atomic = post->op != HPS_DIRECT_READ;
	u32 tag = get_random_u32();
	struct rdmap_request r = {
		.atomic = atomic, .sink_stag = tag, .id = tag, .len = w->len,
		.stag = post->stag, .offset = post->offset,
		.data = post->operand,
	};
	struct ddp_segment seg = {
		.opcode = atomic ? RDMAP_OP_ATOMIC_REQUEST :
				   RDMAP_OP_READ_REQUEST,
		.last = true,
	};
	u8 *payload;

	seg.len = rdmap_request_len(seg.opcode);
	seg.msn = rdmap_stream_ask(&b->stream, atomic, tag, w->len);
	if (post->op == HPS_DIRECT_SWAP) {
		r.op = RDMAP_ATOMIC_CMP_SWAP;
		r.mask = U64_MAX;
		r.compare = post->compare;
		r.compare_mask = U64_MAX;
	}
	payload = frame_begin(b, &seg);
	rdmap_request_build(payload, &r);
	frame_end(b, payload, seg.len);
	w->msn = seg.msn;
}

static struct hps_bare_work *next_work(struct hps_bare *b)
{
	return list_first_entry_or_null(&b->posted, struct hps_bare_work, node);
}

/* May the next operation begin? */
static bool may_begin(struct hps_bare *b)
{
	const struct hps_bare_work *w = next_work(b);

	if (!w)
		return false;
	return !hps_bare_is_request(w) || rdmap_stream_may_ask(&b->stream);
}

static void drop_data(struct hps_bare *b, struct hps_bare_work *w)
{
	if (!w->data)
		return;
	kvfree(w->data);
	w->data = NULL;
	WRITE_ONCE(b->unsent, b->unsent - w->len);
}

static bool stage_work(struct hps_bare *b)
{
	struct hps_bare_work *w = next_work(b);
	bool staged = true;
	u32 len;

	len = hps_bare_is_request(w) ? sizeof(struct rdmap_atomic_request) :
				       min(segment_size(b), w->len - w->done);
	if (!have_room(b, len))
		return false;
	if (hps_bare_is_request(w))
		stage_request(b, w);
	else
		staged = stage_data(b, w, len);
	b->sending = staged ? HPS_BARE_SENDING_NOTHING : HPS_BARE_SENDING_WORK;
	if (staged) {
		drop_data(b, w);
		list_move_tail(&w->node, &b->staged);
	}
	return true;
}

/* --- what the peer asks for ----------------------------------------------- */

/* Read, compute, write as one step, also for the program. */
static enum rdmap_error do_atomic(const struct hps_region *region,
				  const struct rdmap_request *r, u64 *old)
{
	u32 len = sizeof(*old);
	u64 seen, *at;

	if ((region->head + r->offset) % sizeof(*old))
		return RDMAP_ERR_STREAM;
	at = hps_region_map(region, r->offset, &len);
	*old = READ_ONCE(*at);
	do {
		seen = *old;
		*old = cmpxchg64(at, seen, rdmap_atomic_result(r, seen));
	} while (*old != seen);
	hps_region_unmap(region, at);
	return RDMAP_OK;
}

static enum rdmap_error answer_atomic(struct hps_bare *b,
				      const struct rdmap_request *r,
				      const struct hps_region *region)
{
	struct rdmap_atomic_response response = { .id = cpu_to_be32(r->id) };
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_ATOMIC_RESPONSE, .last = true,
		.len = sizeof(response),
	};
	enum rdmap_error error;
	u8 *payload;
	u64 old;

	error = do_atomic(region, r, &old);
	if (error)
		return error;
	response.value = cpu_to_be64(old);
	seg.msn = rdmap_stream_msn(&b->stream, DDP_QN_ATOMIC);
	payload = frame_begin(b, &seg);
	memcpy(payload, &response, sizeof(response));
	frame_end(b, payload, seg.len);
	return RDMAP_OK;
}

static void answer_read(struct hps_bare *b, const struct hps_bare_answer *a,
			u32 len, const struct hps_region *region)
{
	const struct rdmap_request *r = &a->request;
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_READ_RESPONSE,
		.last = a->done + len == r->len, .len = len,
		.stag = r->sink_stag, .offset = r->sink_offset + a->done,
	};
	u8 *payload = frame_begin(b, &seg);

	if (len)
		hps_region_read(region, r->offset + a->done, payload, len);
	frame_end(b, payload, len);
}

/* What it names is gone since it came. The Terminate quotes the request, as one that
 * is refused at once: requests come in order, from number 1 on.
 */
static void refuse_answer(struct hps_bare *b, const struct rdmap_request *r,
			  enum rdmap_error error)
{
	u8 frame[sizeof(struct hps_frame) + sizeof(struct rdmap_atomic_request)];
	struct ddp_segment seg = {
		.opcode = r->atomic ? RDMAP_OP_ATOMIC_REQUEST :
				      RDMAP_OP_READ_REQUEST,
		.last = true, .msn = b->requests_served + 1,
	};
	u32 head;

	seg.len = rdmap_request_len(seg.opcode);
	head = ddp_segment_build(frame, &seg);
	rdmap_request_build(frame + head, r);
	hps_bare_terminate(b, error, frame, head + seg.len);
}

static enum rdmap_error answer_step(struct hps_bare *b,
				    const struct hps_bare_answer *a, u32 len)
{
	const struct rdmap_request *r = &a->request;
	struct hps_region *region = NULL;
	enum rdmap_error error = RDMAP_OK;
	struct ddp_region *found;

	rcu_read_lock();
	if (len) {
		error = rdmap_stream_source(&b->stream, r, a->done, len, &found);
		if (!error)
			region = hps_region_of(found);
	}
	if (!error && r->atomic)
		error = answer_atomic(b, r, region);
	else if (!error)
		answer_read(b, a, len, region);
	rcu_read_unlock();
	return error;
}

static bool stage_answer(struct hps_bare *b)
{
	struct hps_bare_answer *a = &b->answers[b->a_first];
	const struct rdmap_request *r = &a->request;
	enum rdmap_error error;
	u32 len;

	len = r->atomic ? r->len : min(segment_size(b), r->len - a->done);
	if (!have_room(b, max_t(u32, len, sizeof(struct rdmap_atomic_response))))
		return false;
	error = answer_step(b, a, len);
	if (error) {
		refuse_answer(b, r, error);
		return false;
	}
	a->done += len;
	if (a->done < r->len) {
		b->sending = HPS_BARE_SENDING_ANSWER;
		return true;
	}
	b->sending = HPS_BARE_SENDING_NOTHING;
	b->a_first = (b->a_first + 1) % b->stream.ird;
	b->a_count--;
	b->requests_served++;
	hps_mib_inc(b->net, HPS_MIB_REQUEST_SERVED);
	rdmap_stream_answered(&b->stream);
	return true;
}

/* --- to TCP --------------------------------------------------------------- */

/* One segment. A message is never interrupted by another one; between messages,
 * operations and answers take turns.
 */
static bool stage(struct hps_bare *b)
{
	bool work, answer;

	if (b->hold || b->broken || b->shut || b->state == HPS_BARE_ENDED)
		return false;
	if (b->sending == HPS_BARE_SENDING_WORK)
		return stage_work(b);
	if (b->sending == HPS_BARE_SENDING_ANSWER)
		return stage_answer(b);
	work = may_begin(b);
	/* Our memory went with the socket: first what was promised. */
	answer = b->a_count && (b->sk || !work);
	if (!work && !answer)
		return false;
	b->answer_next = !b->answer_next;
	if (answer && (b->answer_next || !work))
		return stage_answer(b);
	return stage_work(b);
}

/* Returns true if TCP has taken all there was. */
static bool give(struct hps_bare *b)
{
	while (b->out_off < b->out_end) {
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
		struct kvec v = {
			.iov_base = b->out + b->out_off,
			.iov_len = b->out_end - b->out_off,
		};
		int n = kernel_sendmsg(b->tcp, &msg, &v, 1, v.iov_len);

		if (n == -EAGAIN || n == -EINTR)
			return false;
		if (n < 0) {
			/* The peer's Terminate may be here: read on. */
			b->broken = true;
			b->out_off = b->out_end;
			if (!b->error)
				b->error = -n;
			return false;
		}
		b->out_off += n;
	}
	return true;
}

/* --- completion ----------------------------------------------------------- */

static void finish(struct hps_bare *b, struct hps_bare_work *w, int status)
{
	const struct hps_direct_completion completion = {
		.data = w->post.data, .op = w->post.op, .status = status,
		.len = status || w->post.op == HPS_DIRECT_SWAP ||
		       w->post.op == HPS_DIRECT_ADD ? 0 : w->len,
		.value = status ? 0 : w->value,
	};

	drop_data(b, w);
	list_del(&w->node);
	WRITE_ONCE(b->works, b->works - 1);
	if (w->post.op != HPS_BARE_OP_SEND)
		hps_mib_inc(b->net, HPS_MIB_ASK_COMPLETED);
	if (w->queued && !status && w->post.flags & HPS_DIRECT_SILENT)
		hps_cq_cancel(b->cq);
	else if (w->queued)
		hps_cq_complete(b->cq, &completion);
	kfree(w);
}

/* What is done, in the order in which it was posted. */
static void reap(struct hps_bare *b)
{
	u64 sent = b->out_total - (b->out_end - b->out_off);
	struct hps_bare_work *w, *next;
	bool some = false;

	list_for_each_entry_safe(w, next, &b->staged, node) {
		if (hps_bare_is_request(w) ? !w->answered : w->end > sent)
			break;
		finish(b, w, w->status);
		some = true;
	}
	if (some)
		hps_bare_wake(b);
}

/**
 * hps_bare_flush - nothing more will come: complete all that was posted
 * @b:	the end, locked
 *
 * An answer that came with the end is an answer.
 */
void hps_bare_flush(struct hps_bare *b)
{
	int status = b->error ? -b->error : -ECONNRESET;
	struct hps_bare_work *w, *next;

	if (status == -EREMOTEIO)
		status = -ECONNRESET;
	list_splice_tail_init(&b->posted, &b->staged);
	list_for_each_entry_safe(w, next, &b->staged, node)
		finish(b, w, w->answered ? w->status : w->status ?: status);
}

/* Has it nothing to say? */
bool hps_bare_idle(const struct hps_bare *b)
{
	return !b->works && !b->a_count;
}

/* The last octet is with TCP, and no more come: our direction ends. */
static void end_direction(struct hps_bare *b)
{
	if (b->shut || b->broken || b->out_off < b->out_end)
		return;
	if (b->state == HPS_BARE_ENDED ||
	    (b->state == HPS_BARE_CLOSING && hps_bare_idle(b))) {
		b->shut = true;
		kernel_sock_shutdown(b->tcp, SHUT_WR);
	}
}

/* May the program send more? As has_room() of its system calls. */
static bool has_room(const struct hps_bare *b)
{
	return b->sk && b->unsent <= READ_ONCE(b->sk->sk_sndbuf) / 2;
}

/**
 * hps_bare_push - send what can be sent and complete what is done
 * @b:	the end, locked, with a TCP socket
 *
 * Called whenever that may have changed: something was posted, has arrived, or TCP has
 * room.
 *
 * Context: process.
 */
void hps_bare_push(struct hps_bare *b)
{
	bool tight = !has_room(b);
	int i;

	for (i = 0; i < ROUNDS; i++) {
		while (stage(b))
			;
		if (b->out_off == b->out_end || !give(b))
			break;
	}
	if (i == ROUNDS)
		hps_bare_kick(b);
	else if (b->out_off < b->out_end)
		hps_bare_kick_later(b, RETRY);
	/* What was given up was not sent; the end will tell. */
	if (b->state != HPS_BARE_ENDED && !b->broken)
		reap(b);
	end_direction(b);
	/* Payload that is in the output buffer counts no more. */
	if (tight && has_room(b))
		hps_bare_wake(b);
}

/* --- what begins and ends ------------------------------------------------- */

/* The initiator's first frame, which lets the other side send (RFC 6581). */
void hps_bare_greet(struct hps_bare *b)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .last = true,
	};

	frame_end(b, frame_begin(b, &seg), 0);
}

/**
 * hps_bare_terminate - the stream cannot go on: tell the peer why, and end
 * @b:		the end, locked
 * @error:	code of the Terminate
 * @frame:	the segment in question, NULL for none
 * @len:	octets of it
 *
 * It goes behind what is in the output buffer, for frames must be whole;
 * HPS_BARE_RESERVE keeps the room. When our direction has ended already nothing can
 * be said any more; TCP still delivers what it has.
 */
void hps_bare_terminate(struct hps_bare *b, enum rdmap_error error,
			const void *frame, u32 len)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_TERMINATE, .last = true,
		.msn = rdmap_stream_msn(&b->stream, DDP_QN_TERMINATE),
	};
	int err = error == RDMAP_ERR_LOCAL ? ENOMEM : EPROTO;
	u8 term[RDMAP_MAX_TERMINATE], *payload;

	static_assert(RDMAP_MAX_TERMINATE + sizeof(struct hps_frame) +
		      MPA_CRC_SIZE + 3 <= HPS_BARE_RESERVE);
	if (b->shut) {
		hps_bare_end(b, err);
		return;
	}
	seg.len = rdmap_terminate_build(term, error, frame, len);
	payload = frame_begin(b, &seg);
	memcpy(payload, term, seg.len);
	frame_end(b, payload, seg.len);
	b->terminated = HPS_BARE_TERMINATED_BY_US;
	b->terminate = error & 0xffff;
	hps_mib_inc(b->net, HPS_MIB_BARE_TERMINATE_SENT);
	hps_bare_end(b, err);
}

/**
 * hps_bare_post - begin an operation or a message
 * @b:		the end, locked
 * @w:		what; consumed on success
 * @cq:		the socket's queue, NULL if it has none
 *
 * Context: process. Return: 0; -EPIPE: not OPEN; -EAGAIN: too many are under way;
 * -ENOBUFS: the queue may have no room for the completion; -EOPNOTSUPP: a request, and
 * the peer answers none.
 */
int hps_bare_post(struct hps_bare *b, struct hps_bare_work *w,
		  struct hps_cq *cq)
{
	int err;

	if (b->state != HPS_BARE_OPEN)
		return -EPIPE;
	/* It would wait for ever, and all that is behind it. */
	if (hps_bare_is_request(w) && !b->stream.ord)
		return -EOPNOTSUPP;
	if (b->works >= HPS_DIRECT_DEPTH)
		return -EAGAIN;
	if (cq && w->post.op != HPS_BARE_OP_SEND) {
		err = hps_cq_reserve(cq);
		if (err)
			return err;
		w->queued = true;
		/* A socket has one queue for ever. */
		if (!b->cq) {
			hps_cq_hold(cq);
			b->cq = cq;
		}
	}
	b->works++;
	if (w->data)
		b->unsent += w->len;
	list_add_tail(&w->node, &b->posted);
	hps_bare_push(b);
	return 0;
}
