/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was written and is not acknowledged: chunks of payload, and the
 * segments in transit that refer to them.
 */
#ifndef _HPS_CONN_TRANSIT_H
#define _HPS_CONN_TRANSIT_H

#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/skbuff.h>

#include "conn/path.h"
#include "wire.h"

/* Space behind a chunk's payload, for what a segment has there. */
#define HPS_TAIL_ROOM	(3 + MPA_CRC_SIZE)

/**
 * struct hps_chunk - payload in memory
 * @off:	stream offset of the first octet
 * @len:	octets
 * @page, @page_off: where the first octet lies
 * @intent:	what it is
 * @mark:	a record mark follows
 * @head_used:	the space in front was given to TCP
 * @closed:	the space behind was given to TCP: nothing can be appended
 * @shared:	the page is not ours and may change meanwhile (splice)
 * @ubuf:	whom to tell, by a reference, that the page is not used any more
 *		(MSG_ZEROCOPY); NULL if nobody waits for that
 *
 * A chunk of pages that are not ours (pages.c) has no space around: @head_used
 * and @closed are set from the start.
 */
struct hps_chunk {
	struct list_head	node;
	u64			off;
	u32			len;
	struct page		*page;
	u32			page_off;
	struct hps_intent	intent;
	bool			mark;
	bool			head_used;
	bool			closed;
	bool			shared;
	struct ubuf_info	*ubuf;
};

/* Octets placed in the peer's memory, or in that of one of our requests. */
static inline bool hps_intent_places(const struct hps_intent *i)
{
	return i->kind == HPS_KIND_PLACE || i->kind == HPS_KIND_ANSWER;
}

/* A chunk that is one segment always. */
static inline bool hps_intent_is_element(const struct hps_intent *i)
{
	return i->kind == HPS_KIND_REQUEST || i->kind == HPS_KIND_RESULT;
}

/* Header of the messages that carry it. */
static inline u32 hps_intent_header(const struct hps_intent *i)
{
	return hps_intent_places(i) ? sizeof(struct hps_place) :
				      sizeof(struct hps_data);
}

/* Space in front of a chunk's payload. */
static inline u32 hps_chunk_head(const struct hps_chunk *c)
{
	return sizeof(struct hps_frame) + hps_intent_header(&c->intent);
}

static inline u32 hps_chunk_memory(const struct hps_chunk *c)
{
	return c->len + hps_chunk_head(c) + HPS_TAIL_ROOM + sizeof(*c);
}

/* May what has intent @i stand in one segment with the chunk before it? */
static inline bool hps_chunk_goes_on(const struct hps_chunk *c,
				     const struct hps_intent *i)
{
	if (c->intent.kind != i->kind || c->intent.policy != i->policy ||
	    hps_intent_is_element(i))
		return false;
	return !hps_intent_places(i) || (c->intent.tag == i->tag &&
					 c->intent.place + c->len == i->place);
}

static inline u64 hps_chunk_end(const struct hps_chunk *c)
{
	return c->off + c->len + c->mark;
}

static inline u64 hps_segment_end(const struct hps_segment *s)
{
	return s->off + s->len + s->mark;
}

/* Takes off what lies below @una; the record mark stays. */
static inline void hps_segment_ack(struct hps_segment *s, u64 una)
{
	if (s->off < una) {
		u32 done = min_t(u64, una - s->off, s->len);

		s->off += done;
		s->len -= done;
	}
}

void hps_send_charge(struct hps_conn *conn, s32 octets);
bool hps_send_memory_full(void);

extern unsigned int hps_send_memory_pages;

struct hps_chunk *hps_chunk_alloc(struct hps_send *snd, gfp_t gfp);
void hps_chunk_free(struct hps_send *snd, struct hps_chunk *c);
struct hps_segment *hps_segment_alloc(struct hps_send *snd);
void hps_segment_free(struct hps_send *snd, struct hps_segment *s);

#endif /* _HPS_CONN_TRANSIT_H */
