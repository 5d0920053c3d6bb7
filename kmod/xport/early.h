/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Out of order in one transport: which frames lie behind a hole, and which of
 * their octets were placed before it was filled.
 *
 * Pure logic: no socket, no skb, no lock. Positions are those of the transport's
 * stream and wrap. The walk goes from head to head, by the lengths that they tell;
 * where a head lies in the hole it waits. Nothing that it finds is final: octets
 * that were placed early are judged when all before them has arrived, and then
 * copied again unless the frame is, octet by octet, the one that was walked over.
 */
#ifndef _HPS_XPORT_EARLY_H
#define _HPS_XPORT_EARLY_H

#include <linux/types.h>

#include "../wire.h"

/* What is remembered is bounded by these; without room octets are placed in order. */
#define HPS_EARLY_FRAMES	48
#define HPS_EARLY_RUNS		32

/* The head of a frame with a PLACE message, as it stands in the stream. */
struct hps_early_head {
	struct hps_frame	frame;
	struct hps_place	place;
} __packed;
static_assert(sizeof(struct hps_early_head) == 52);

/**
 * struct hps_early_frame - a frame with octets to be placed
 * @at:		where it begins
 * @size:	all of it
 * @begin:	where its payload begins
 * @payload:	octets of that
 * @refused:	not to be placed before its turn
 * @head:	what it was taken for
 */
struct hps_early_frame {
	u32			at;
	u32			size;
	u32			begin;
	u32			payload;
	bool			refused;
	struct hps_early_head	head;
};

/* Octets from @begin to @end need not be looked at again. */
struct hps_early_run {
	u32	begin;
	u32	end;
};

/**
 * struct hps_early - what is known of a channel ahead of the parser
 *
 * Lifetime and locking: the channel's, under its lock; made when the first octets are
 * placed on it.
 *
 * @next:	where the next head is looked for
 * @msn:	the number that it must have
 * @lost:	@next lies in a hole, or is no head: that was counted
 * @behind:	more has arrived than the walk could see
 * @holding:	the transport holds something out of order, the first of it at @held
 * @held:	to be counted when all before it has come
 * @nr_frames:	of @frame, by position
 * @nr_runs:	of @run, by position; they neither overlap nor touch
 * @frame:	from the one at which the parser is
 * @run:	what was placed early
 */
struct hps_early {
	u32			next;
	u32			msn;
	bool			lost;
	bool			behind;
	bool			holding;
	u32			held;
	u8			nr_frames;
	u8			nr_runs;
	struct hps_early_frame	frame[HPS_EARLY_FRAMES];
	struct hps_early_run	run[HPS_EARLY_RUNS];
};

/**
 * enum hps_early_walk - how a walk ended
 * @HPS_EARLY_DONE:	where all is known, for now
 * @HPS_EARLY_MORE:	there, and frames were found that earlier arrivals belong to
 * @HPS_EARLY_FAILED:	at a head that is not here or is none; told once for each
 */
enum hps_early_walk {
	HPS_EARLY_DONE,
	HPS_EARLY_MORE,
	HPS_EARLY_FAILED,
};

/* Copies @len octets at @pos; an error if one of them has not arrived. */
typedef int (*hps_early_peek)(void *source, u32 pos, void *to, u32 len);

void hps_early_init(struct hps_early *e, u32 next, u32 msn);
void hps_early_pass(struct hps_early *e, u32 pos, u32 next, u32 msn);
void hps_early_begin(struct hps_early *e, u32 at, u32 size, u32 payload,
		     const struct hps_early_head *head);
enum hps_early_walk hps_early_walk(struct hps_early *e, hps_early_peek peek,
				   void *source, u32 end);
struct hps_early_frame *hps_early_find(struct hps_early *e, u32 pos);
bool hps_early_missing(const struct hps_early *e, u32 *pos, u32 *len);
bool hps_early_full(const struct hps_early *e);
void hps_early_note(struct hps_early *e, const struct hps_early_frame *f,
		    u32 pos, u32 len);
bool hps_early_placed(const struct hps_early *e, u32 pos, u32 *len);

#endif /* _HPS_XPORT_EARLY_H */
