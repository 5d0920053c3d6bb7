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

/* Space around a chunk's payload, for what a segment has there. */
#define HPS_HEAD_ROOM	(sizeof(struct hps_frame) + sizeof(struct hps_data))
#define HPS_TAIL_ROOM	(3 + MPA_CRC_SIZE)

/**
 * struct hps_chunk - payload in memory
 * @off:	stream offset of the first octet
 * @len:	octets
 * @page, @page_off: where the first octet lies
 * @mark:	a record mark follows
 * @policy:	of the message: enum hps_policy + 1; 0: the connection's
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
	bool			mark;
	u8			policy;
	bool			head_used;
	bool			closed;
	bool			shared;
	struct ubuf_info	*ubuf;
};

static inline u32 hps_chunk_memory(const struct hps_chunk *c)
{
	return c->len + HPS_HEAD_ROOM + HPS_TAIL_ROOM + sizeof(*c);
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
