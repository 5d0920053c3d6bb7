// SPDX-License-Identifier: GPL-2.0
/*
 * Any frames, arriving in any order: what is said to have been placed early was, as
 * part of the very frame that the parser comes to at last. Six octets are one step.
 */
#include "ddp/ddp.h"
#include "ddp/message.h"
#include "ddp/mpa.h"
#include "shim.h"
#include "xport/early.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define BASE		0xfffff800u	/* positions wrap */
#define STREAM		8192
#define NOTES		4096

/* Fewer than one walk goes by. */
#define FRAMES		200

/* What octets were placed as. */
struct note {
	u32			at;
	struct hps_early_head	head;
};

/**
 * struct flow - a stream, what TCP has of it, and who looks at it
 * @octets:	what was sent; what has not come in order may be another thing later
 * @here:	these have arrived
 * @len:	of it all
 * @frames:	so many were laid out
 * @order:	all before this has arrived
 * @pos:	where the parser is
 * @payload:	so many octets of its frame are still to come
 * @trailer:	and then so many
 * @msn:	number of its next frame
 * @dead:	it has met what is no frame
 * @exact:	nothing was changed: all that was noted is known
 * @as:		per octet, the note of when it was placed, counted from 1
 * @note:	those
 * @nr_notes:	how many
 */
static struct flow {
	u8			octets[STREAM];
	bool			here[STREAM];
	u32			len;
	u32			frames;
	u32			order;
	u32			pos;
	u32			payload;
	u32			trailer;
	u32			msn;
	bool			dead;
	bool			exact;
	u16			as[STREAM];
	struct note		note[NOTES];
	u32			nr_notes;
	struct hps_early	e;
} flow;

/* --- the stream -------------------------------------------------------------------- */

static bool all_here(u32 at, u32 len)
{
	if (at > flow.len || len > flow.len - at)
		return false;
	return !memchr(flow.here + at, false, len);
}

static int peek(void *source, u32 pos, void *to, u32 len)
{
	u32 at = pos - BASE;

	assert(source == &flow && len);
	if (!all_here(at, len))
		return -EPROTO;
	memcpy(to, flow.octets + at, len);
	return 0;
}

/* Behind the last octet that has arrived. */
static u32 end_here(void)
{
	u32 end = flow.len;

	while (end && !flow.here[end - 1])
		end--;
	return end;
}

/* Lays a frame out. Its head is right, unless it is changed later. */
static void lay(u8 kind, u16 len, u8 seed)
{
	u8 msg[sizeof(struct hps_place) + 1024] = {};
	size_t size = sizeof(struct hps_place) + len % 1000;
	u32 frame;

	switch (kind % 8) {
	case 0:
		size = sizeof(struct hps_ack);
		hps_ack_build((void *)msg, seed, seed, seed);
		break;
	case 1:
		hps_data_build((void *)msg, 0, seed, seed, seed);
		break;
	case 2:
		size = sizeof(struct hps_fin);
		if (seed & 1)
			hps_fin_build((void *)msg, seed);
		else
			hps_finack_build((void *)msg, seed);
		break;
	default:
		hps_place_build((void *)msg, 0, 64 * seed, 0, 0, seed, len);
	}
	frame = mpa_frame_size(HPS_ULPDU_HEAD + size);
	if (flow.frames == FRAMES || frame > STREAM - flow.len)
		return;
	flow.frames++;
	hps_frame_build((void *)(flow.octets + flow.len), size, flow.frames);
	memcpy(flow.octets + flow.len + sizeof(struct hps_frame), msg, size);
	flow.len += frame;
}

static void arrive(u32 from, u32 len)
{
	if (!flow.len)
		return;
	from %= flow.len;
	if (len > flow.len - from)
		len = flow.len - from;
	memset(flow.here + from, true, len);
	while (flow.order < flow.len && flow.here[flow.order])
		flow.order++;
}

/* TCP keeps which it likes of octets that come twice, and differ. */
static void change(u32 at, u8 by)
{
	if (flow.order == flow.len || !by)
		return;
	flow.octets[flow.order + at % (flow.len - flow.order)] ^= by;
	flow.exact = false;
}

/* --- what must hold ---------------------------------------------------------------- */

static void check(void)
{
	const struct hps_early *e = &flow.e;
	u32 i;

	assert(e->nr_frames <= HPS_EARLY_FRAMES && e->nr_runs <= HPS_EARLY_RUNS);
	for (i = 0; i < e->nr_frames; i++) {
		const struct hps_early_frame *f = &e->frame[i];
		u32 end = f->begin - f->at + f->payload;

		assert(f->payload && f->begin - f->at >= sizeof(f->head));
		assert(end <= f->size);
		assert(!i || (s32)(f->at - f[-1].at - f[-1].size) >= 0);
		assert((s32)(e->next - f->at - f->size) >= 0);
	}
	for (i = 0; i < e->nr_runs; i++) {
		assert((s32)(e->run[i].end - e->run[i].begin) > 0);
		assert(!i || (s32)(e->run[i].begin - e->run[i - 1].end) > 0);
	}
}

/* The octets at @pos were placed as those of the frame that is at @at now. */
static bool placed_as(u32 pos, u32 len, u32 at)
{
	const struct note *n;
	u16 as = 0;

	for (; len; pos++, len--) {
		if (as && flow.as[pos] == as)
			continue;
		as = flow.as[pos];
		if (!as)
			return false;
		n = &flow.note[as - 1];
		if (n->at != at ||
		    memcmp(&n->head, flow.octets + at, sizeof(n->head)))
			return false;
	}
	return true;
}

/* --- the walk ---------------------------------------------------------------------- */

static bool ends_connection(u8 type)
{
	return type <= HPS_MSG_AUTH || (type >= HPS_MSG_FIN &&
					type <= HPS_MSG_RESET);
}

/* The frame at @at, by octets that are here. Returns its size if the walk may pass it;
 * @body is what it places.
 */
static u32 plain_frame(u32 at, u32 msn, u32 *body)
{
	const struct hps_frame *f = (void *)(flow.octets + at);
	enum hps_msg_verdict verdict;
	struct hps_msg_info info;
	u32 len, seen;

	if (!all_here(at, sizeof(*f)) || hps_frame_check(f, msn) != HPS_FRAME_OK)
		return 0;
	len = hps_frame_payload(f);
	seen = min_t(u32, len, sizeof(struct hps_place));
	if (!all_here(at + sizeof(*f), seen))
		return 0;
	verdict = hps_msg_check(f + 1, seen, len, &info);
	if ((verdict != HPS_MSG_OK && verdict != HPS_MSG_SKIP) ||
	    ends_connection(info.type))
		return 0;
	*body = info.type == HPS_MSG_PLACE ? info.body_len : 0;
	return mpa_frame_size(HPS_ULPDU_HEAD + len);
}

static void walk(void)
{
	struct hps_early *e = &flow.e;
	u32 end = end_here(), next = e->next - BASE, msn = e->msn;
	u32 nr = e->nr_frames, size, body;
	enum hps_early_walk how;

	how = hps_early_walk(e, peek, &flow, BASE + end);
	assert(how == HPS_EARLY_DONE || how == HPS_EARLY_MORE ||
	       how == HPS_EARLY_FAILED);
	check();
	while (next < end && (size = plain_frame(next, msn, &body))) {
		if (body) {
			if (nr == HPS_EARLY_FRAMES)
				break;
			assert(nr < e->nr_frames);
			assert(e->frame[nr].at == BASE + next);
			assert(e->frame[nr].size == size);
			assert(e->frame[nr].payload == body);
			assert(!memcmp(&e->frame[nr].head, flow.octets + next,
				       sizeof(e->frame[nr].head)));
			nr++;
		}
		next += size;
		msn++;
	}
	assert(e->nr_frames == nr && e->next == BASE + next && e->msn == msn);
	/* It stays where it is, and does not say so again. */
	assert(hps_early_walk(e, peek, &flow, BASE + end) == HPS_EARLY_DONE);
	assert(e->nr_frames == nr && e->next == BASE + next);
}

/* --- octets ------------------------------------------------------------------------ */

static void note(struct hps_early_frame *f, u32 pos, u32 len)
{
	u32 at = pos - BASE;

	assert(f->at - BASE < STREAM && len && all_here(at, len));
	assert((s32)(pos - f->begin) >= 0 &&
	       pos + len - f->begin <= f->payload);
	if (f->refused || flow.nr_notes == NOTES)
		return;
	/* It may be forgotten. */
	if (hps_early_full(&flow.e))
		flow.exact = false;
	flow.note[flow.nr_notes++] = (struct note) { f->at - BASE, f->head };
	for (; len; at++, len--)
		flow.as[at] = flow.nr_notes;
	hps_early_note(&flow.e, f, pos, at - (pos - BASE));
	check();
}

/* As one may place what lies there, octets of several frames maybe. */
static void place_run(u32 pos, u32 end)
{
	while ((s32)(end - pos) > 0) {
		struct hps_early_frame *f = hps_early_find(&flow.e, pos);
		u32 n, from;

		if (!f || (s32)(end - f->begin) <= 0)
			return;
		if ((s32)(f->begin - pos) > 0)
			pos = f->begin;
		n = min(end - pos, f->begin + f->payload - pos);
		from = pos;
		if (hps_early_missing(&flow.e, &pos, &n)) {
			assert((s32)(pos - from) >= 0 && n);
			assert(!flow.exact || pos == from ||
			       placed_as(from - BASE, pos - from, f->at - BASE));
			note(f, pos, n);
		}
		pos += n;
	}
}

static void place(u32 at, u32 len, bool refuse)
{
	struct hps_early_frame *f;
	u32 end;

	if (flow.order == flow.len)
		return;
	at = flow.order + at % (flow.len - flow.order);
	end = min(flow.len, at + len);
	f = refuse ? hps_early_find(&flow.e, BASE + at) : NULL;
	if (f)
		f->refused = true;
	for (; at < end; at++) {
		u32 n = 0;

		while (at + n < end && flow.here[at + n])
			n++;
		if (n)
			place_run(BASE + at, BASE + at + n);
		at += n;
	}
}

/* --- the parser -------------------------------------------------------------------- */

/* Payload of the frame at @at is in order. */
static void skip(u32 at, u32 pos, u32 len)
{
	u32 n;

	for (; len; pos += n, len -= n) {
		n = len;
		if (hps_early_placed(&flow.e, BASE + pos, &n)) {
			assert(placed_as(pos, n, at));
		} else if (flow.exact) {
			u32 i;

			for (i = 0; i < n; i++)
				assert(!flow.as[pos + i]);
		}
		assert(n && n <= len);
	}
}

/* Returns false if it must wait. */
static bool parse_head(void)
{
	const struct hps_frame *f = (void *)(flow.octets + flow.pos);
	u32 avail = flow.order - flow.pos, len, size;
	enum hps_msg_verdict verdict;
	struct hps_msg_info info;

	if (avail < sizeof(*f))
		return false;
	flow.dead = hps_frame_check(f, flow.msn) != HPS_FRAME_OK;
	if (flow.dead)
		return false;
	len = hps_frame_payload(f);
	size = mpa_frame_size(HPS_ULPDU_HEAD + len);
	verdict = hps_msg_check(f + 1, min_t(u32, avail - sizeof(*f), len), len,
				&info);
	if (verdict == HPS_MSG_NEED_MORE)
		return false;
	flow.dead = verdict == HPS_MSG_BAD;
	if (flow.dead)
		return false;
	if (verdict == HPS_MSG_OK && info.type == HPS_MSG_PLACE) {
		if (info.body_len)
			hps_early_begin(&flow.e, BASE + flow.pos, size,
					info.body_len, (const void *)f);
		flow.payload = info.body_len;
		flow.trailer = size - sizeof(*f) - len;
		size = sizeof(*f) + info.header_len;
	} else if (avail < size) {
		return false;
	}
	flow.msn++;
	flow.pos += size;
	return true;
}

static void parse(void)
{
	static u32 at;
	u32 n;

	for (;;) {
		n = min(flow.order - flow.pos, flow.payload);
		skip(at, flow.pos, n);
		flow.pos += n;
		flow.payload -= n;
		n = flow.payload ? 0 : min(flow.order - flow.pos, flow.trailer);
		flow.pos += n;
		flow.trailer -= n;
		if (flow.payload || flow.trailer || flow.dead)
			break;
		at = flow.pos;
		if (!parse_head())
			break;
		check();
	}
	hps_early_pass(&flow.e, BASE + flow.pos,
		       BASE + flow.pos + flow.payload + flow.trailer, flow.msn);
	check();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	memset(&flow, 0, offsetof(struct flow, note));
	flow.nr_notes = 0;
	flow.msn = 1;
	flow.exact = true;
	hps_early_init(&flow.e, BASE, flow.msn);

	for (; size >= 6 && !flow.dead; data += 6, size -= 6) {
		u16 at = data[2] << 8 | data[3], len = data[4] << 8 | data[5];

		switch (data[0] % 6) {
		case 0:
			lay(data[1], len, data[2]);
			break;
		case 1:
			arrive(at, len);
			break;
		case 2:
			change(at, data[1]);
			break;
		case 3:
			walk();
			break;
		case 4:
			place(at, len, data[1] == 0xff);
			break;
		case 5:
			parse();
			break;
		}
		assert(!shim_warnings);
	}

	return 0;
}
