// SPDX-License-Identifier: GPL-2.0
/*
 * Out of order in one transport: which frames lie behind a hole, and which of
 * their octets were placed before it was filled.
 */
#include "early.h"

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../ddp/ddp.h"
#include "../ddp/message.h"
#include "../ddp/mpa.h"

/* Heads that one arrival goes on by. */
#define STEPS_MOST	256

static bool is_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static u32 end_of(const struct hps_early_frame *f)
{
	return f->at + f->size;
}

/**
 * hps_early_init - nothing is known yet
 * @e:		to be initialised
 * @next:	where the next head will be
 * @msn:	its number
 */
void hps_early_init(struct hps_early *e, u32 next, u32 msn)
{
	e->next = next;
	e->msn = msn;
	e->lost = false;
	e->behind = false;
	e->nr_frames = 0;
	e->nr_runs = 0;
}

static void drop_frames(struct hps_early *e, u8 n)
{
	e->nr_frames -= n;
	memmove(e->frame, e->frame + n, e->nr_frames * sizeof(e->frame[0]));
}

static void drop_runs(struct hps_early *e, u8 at, u8 n)
{
	e->nr_runs -= n;
	memmove(e->run + at, e->run + at + n,
		(e->nr_runs - at) * sizeof(e->run[0]));
}

/**
 * hps_early_pass - the parser has gone on
 * @e:		what is known
 * @pos:	where it is
 * @next:	where the next head is that it has not seen
 * @msn:	the number of that
 */
void hps_early_pass(struct hps_early *e, u32 pos, u32 next, u32 msn)
{
	u8 n;

	for (n = 0; n < e->nr_frames; n++)
		if (is_before(pos, end_of(&e->frame[n])))
			break;
	if (n)
		drop_frames(e, n);
	for (n = 0; n < e->nr_runs; n++)
		if (is_before(pos, e->run[n].end))
			break;
	if (n)
		drop_runs(e, 0, n);
	if (is_before(e->next, next)) {
		e->next = next;
		e->msn = msn;
		e->lost = false;
	}
}

static void add_frame(struct hps_early *e, u32 at, u32 size, u32 payload,
		      const struct hps_early_head *head)
{
	struct hps_early_frame *f = &e->frame[e->nr_frames++];

	f->at = at;
	f->size = size;
	f->begin = at + sizeof(struct hps_frame) +
		   head->place.data.msg.hdr_words * 4;
	f->payload = payload;
	f->refused = false;
	f->head = *head;
}

/**
 * hps_early_begin - the parser is at the head of a frame with octets to be placed
 * @e:		what is known
 * @at:		where it begins
 * @size:	all of it
 * @payload:	octets to be placed
 * @head:	its head
 *
 * What was found out holds if this is the frame that the walk has seen: then the
 * frames behind it are those, too. Else all of it is forgotten.
 */
void hps_early_begin(struct hps_early *e, u32 at, u32 size, u32 payload,
		     const struct hps_early_head *head)
{
	hps_early_pass(e, at, at, be32_to_cpu(head->frame.msn));
	if (e->nr_frames && e->frame[0].at == at &&
	    !memcmp(&e->frame[0].head, head, sizeof(*head)))
		return;
	hps_early_init(e, at + size, be32_to_cpu(head->frame.msn) + 1);
	add_frame(e, at, size, payload, head);
}

/* May frames of the same connection follow one of this type? */
static bool goes_on_behind(u8 type)
{
	switch (type) {
	case HPS_MSG_OPEN:
	case HPS_MSG_ACCEPT:
	case HPS_MSG_REFUSE:
	case HPS_MSG_JOIN:
	case HPS_MSG_JOINED:
	case HPS_MSG_AUTH:
	case HPS_MSG_FIN:
	case HPS_MSG_FINACK:
	case HPS_MSG_RESET:
		return false;
	}
	return true;
}

/**
 * enum step - what there is at the next head
 * @STEP_ON:	a frame; it was passed
 * @STEP_HOLE:	not all that must be seen
 * @STEP_BAD:	no head, or one that the parser has to see first
 * @STEP_FULL:	no room to remember a frame, or enough was done for one arrival
 * @STEP_END:	what ends the connection, or begins another
 */
enum step {
	STEP_ON,
	STEP_HOLE,
	STEP_BAD,
	STEP_FULL,
	STEP_END,
};

/* @need: octets that must be there for a verdict. */
static enum step take_step(struct hps_early *e, hps_early_peek peek,
			   void *source, u32 *need)
{
	struct hps_early_head head;
	struct hps_msg_info info;
	u32 len, seen, size;

	*need = sizeof(head.frame);
	if (peek(source, e->next, &head.frame, sizeof(head.frame)))
		return STEP_HOLE;
	if (hps_frame_check(&head.frame, e->msn) != HPS_FRAME_OK)
		return STEP_BAD;
	len = hps_frame_payload(&head.frame);
	size = mpa_frame_size(HPS_ULPDU_HEAD + len);
	seen = min_t(u32, len, sizeof(head.place));
	*need += seen;
	if (peek(source, e->next + sizeof(head.frame), &head.place, seen))
		return STEP_HOLE;
	switch (hps_msg_check(&head.place, seen, len, &info)) {
	case HPS_MSG_OK:
	case HPS_MSG_SKIP:
		break;
	default:
		return STEP_BAD;
	}
	if (!goes_on_behind(info.type))
		return STEP_END;
	if (info.type == HPS_MSG_PLACE && info.body_len) {
		if (e->nr_frames == HPS_EARLY_FRAMES)
			return STEP_FULL;
		add_frame(e, e->next, size, info.body_len, &head);
	}
	e->next += size;
	e->msn++;
	e->lost = false;
	return STEP_ON;
}

/**
 * hps_early_walk - look for frames behind those that are known
 * @e:		what is known
 * @peek:	how to look
 * @source:	for @peek
 * @end:	behind the last octet that has arrived
 *
 * Return: how it ended.
 */
enum hps_early_walk hps_early_walk(struct hps_early *e, hps_early_peek peek,
				   void *source, u32 end)
{
	unsigned int rounds = STEPS_MOST;
	bool caught_up = false;
	enum step step;
	u32 need;

	while (is_before(e->next, end)) {
		/* The next arrival goes on. */
		step = rounds-- ? take_step(e, peek, source, &need) : STEP_FULL;
		if (step == STEP_ON) {
			caught_up |= e->behind;
			continue;
		}
		if (step == STEP_END)
			break;
		/* All of the head may be still to come. */
		if (step == STEP_HOLE && is_before(end, e->next + need))
			break;
		e->behind = true;
		if (step == STEP_FULL || e->lost)
			return caught_up ? HPS_EARLY_MORE : HPS_EARLY_DONE;
		e->lost = true;
		return HPS_EARLY_FAILED;
	}
	e->behind = false;
	return caught_up ? HPS_EARLY_MORE : HPS_EARLY_DONE;
}

/**
 * hps_early_find - which octets to be placed come next?
 * @e:		what is known
 * @pos:	from here on
 *
 * Return: the first frame whose payload ends behind @pos, or NULL.
 */
struct hps_early_frame *hps_early_find(struct hps_early *e, u32 pos)
{
	struct hps_early_frame *f = NULL;
	u8 n;

	/* It is nearly always one of the last. */
	for (n = e->nr_frames; n; n--) {
		if (!is_before(pos, e->frame[n - 1].begin +
				    e->frame[n - 1].payload))
			break;
		f = &e->frame[n - 1];
	}
	return f;
}

/**
 * hps_early_missing - what of a range was not placed yet?
 * @e:		what is known
 * @pos:	where the range begins; then, where the first such run does
 * @len:	octets of the range; then, of the run
 *
 * Return: false if nothing is missing.
 */
bool hps_early_missing(const struct hps_early *e, u32 *pos, u32 *len)
{
	u32 from = *pos, end = from + *len;
	u8 n;

	for (n = 0; n < e->nr_runs && is_before(from, end); n++) {
		const struct hps_early_run *r = &e->run[n];

		if (!is_before(from, r->end))
			continue;
		if (is_before(from, r->begin)) {
			end = is_before(r->begin, end) ? r->begin : end;
			break;
		}
		from = r->end;
	}
	if (!is_before(from, end))
		return false;
	*pos = from;
	*len = end - from;
	return true;
}

/**
 * hps_early_full - may hps_early_note() forget what it is told?
 * @e:	what is known
 */
bool hps_early_full(const struct hps_early *e)
{
	return e->nr_runs == HPS_EARLY_RUNS;
}

/* At the ends of the payload a run takes in what no one places, so that it becomes one
 * with the next frame's.
 */
static struct hps_early_run run_of(const struct hps_early_frame *f, u32 pos,
				   u32 len)
{
	struct hps_early_run r = { pos, pos + len };

	if (r.begin == f->begin)
		r.begin = f->at;
	if (r.end == f->begin + f->payload)
		r.end = end_of(f);
	return r;
}

/**
 * hps_early_note - octets were placed
 * @e:		what is known
 * @f:		their frame
 * @pos:	where they begin
 * @len:	how many; all within @f's payload
 *
 * Without room nothing is noted, and the octets will be copied again.
 */
void hps_early_note(struct hps_early *e, const struct hps_early_frame *f,
		    u32 pos, u32 len)
{
	struct hps_early_run new = run_of(f, pos, len);
	u8 at, last;

	for (at = 0; at < e->nr_runs; at++)
		if (!is_before(e->run[at].end, new.begin))
			break;
	/* From @at to @last, which is not one of them, they are one with it. */
	for (last = at; last < e->nr_runs; last++) {
		struct hps_early_run *r = &e->run[last];

		if (is_before(new.end, r->begin))
			break;
		if (is_before(r->begin, new.begin))
			new.begin = r->begin;
		if (is_before(new.end, r->end))
			new.end = r->end;
	}
	if (last > at) {
		drop_runs(e, at, last - at - 1);
	} else {
		if (hps_early_full(e))
			return;
		memmove(e->run + at + 1, e->run + at,
			(e->nr_runs - at) * sizeof(e->run[0]));
		e->nr_runs++;
	}
	e->run[at] = new;
}

/**
 * hps_early_placed - were these octets placed early?
 * @e:		what is known, after hps_early_begin() for their frame
 * @pos:	where they begin
 * @len:	how many, not none; becomes the number of those for which the answer
 *		is the same
 */
bool hps_early_placed(const struct hps_early *e, u32 pos, u32 *len)
{
	u32 from = pos, n = *len;

	if (!hps_early_missing(e, &from, &n))
		return true;
	if (from == pos) {
		*len = n;
		return false;
	}
	*len = from - pos;
	return true;
}
