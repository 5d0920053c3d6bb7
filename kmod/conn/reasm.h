/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reassembly: which octets of the stream are here, and where they lie.
 *
 * Pure logic: no socket, no skb, no lock. The caller serialises all calls on
 * one struct hps_reasm. An extent says that stream octets [off, off + len) lie
 * at [pos, pos + len) in the receive queue of one path; the octets themselves
 * stay there until they are read. Others lie nowhere: those that were placed in
 * memory of the application on arrival, which no reader takes.
 */
#ifndef _HPS_CONN_REASM_H
#define _HPS_CONN_REASM_H

#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "../wire.h"

/* A mark has no octet in a queue, but its extent takes memory all the same. It
 * costs less than a segment so that a sender of tiny records, who pays for the
 * segment only, stays within twice its credit (hps_credit_rx_allows()). Placed
 * octets cost the same, however many they are.
 */
#define HPS_MARK_COST	128

/* The extents of one path, ordered by position in its receive queue. */
struct hps_rxq {
	struct list_head extents;
};

/**
 * struct hps_extent - a run of stream octets that has arrived
 * @by_offset:	in hps_reasm.extents, ordered by @off, never overlapping
 * @in_tree:	in hps_reasm.tree, while there is one
 * @by_pos:	in hps_rxq.extents of the path that holds the octets; a mark
 *		and placed octets are in no queue
 * @rxq:	that path's queue; NULL for a mark and for placed octets
 * @off:	stream offset of the first octet
 * @len:	octets; more than 31 bits only if they are placed
 * @pos:	position of the first in the path's receive queue (wraps)
 * @mark:	this is a record mark: one offset, no octet in the queue
 * @placed:	the octets are in the application's memory, nobody reads them;
 *		never next to another such extent
 */
struct hps_extent {
	struct list_head by_offset;
	struct list_head by_pos;
	struct rb_node	in_tree;
	struct hps_rxq	*rxq;
	u64		off;
	u64		len;
	u32		pos;
	bool		mark;
	bool		placed;
};

/**
 * struct hps_reasm - the receive side of one connection's stream
 * @extents:	what arrived and was not yet read, by offset
 * @tree:	the same, while @treed
 * @treed:	a search had far to go: places are found in @tree until the
 *		list is empty
 * @marked:	@mark is the first record mark below @frontier
 * @next:	offset that the reader takes next; what is there, if it has
 *		arrived, is never placed
 * @frontier:	all below this offset has arrived
 * @ready:	octets and marks below @frontier that the reader can take
 * @placed:	placed octets from @next to @frontier: with @ready, all of them
 * @cost:	credit that the extents hold: sum of max(len, 512), and
 *		HPS_MARK_COST for each mark and each placed extent
 * @count:	number of extents
 * @spare:	of those that were read, one for the next arrival
 */
struct hps_reasm {
	struct list_head extents;
	struct rb_root	tree;
	bool		treed;
	bool		marked;
	u64		mark;
	u64		next;
	u64		frontier;
	u64		ready;
	u64		placed;
	u64		cost;
	u32		count;
	struct hps_extent *spare;
};

void hps_reasm_init(struct hps_reasm *r);
void hps_rxq_init(struct hps_rxq *q);
int hps_reasm_insert(struct hps_reasm *r, struct hps_rxq *q, u64 off, u32 len,
		     u32 pos, bool mark, u32 *fresh);
bool hps_reasm_missing(struct hps_reasm *r, u64 *off, u32 *len);
int hps_reasm_place(struct hps_reasm *r, u64 off, u32 len);
struct hps_extent *hps_reasm_head(const struct hps_reasm *r);
void hps_reasm_consume(struct hps_reasm *r, u32 n);
struct hps_extent *hps_reasm_at(struct hps_reasm *r, u64 off);
bool hps_reasm_record(const struct hps_reasm *r, u64 *len);
bool hps_rxq_first(const struct hps_rxq *q, u32 *pos);
void hps_reasm_cut(struct hps_reasm *r);
void hps_reasm_purge(struct hps_reasm *r);

int hps_reasm_cache_init(void);
void hps_reasm_cache_exit(void);

#endif /* _HPS_CONN_REASM_H */
