/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Credit: how much may be sent before the reader has taken earlier data.
 *
 * Pure logic. The receiver advertises an edge in the stream; offsets below it
 * may be sent. In addition the sender holds itself to the cost rule: the
 * segments between what the reader took (edge - buffer) and the last one sent,
 * each at max(len, HPS_MIN_SEGMENT_COST), never cost more than the buffer. So
 * both ends know the worst case without a second counter on the wire.
 */
#ifndef _HPS_CONN_CREDIT_H
#define _HPS_CONN_CREDIT_H

#include <linux/bits.h>
#include <linux/types.h>

#define HPS_CREDIT_BUCKETS	16

/* Buffers are taken for at most this, so that 32 bits compare offsets. */
#define HPS_CREDIT_MAX_BUFFER	BIT(30)

/**
 * struct hps_credit_bucket - padding of a run of consecutive small segments
 * @end:	low half of the stream offset behind the last of them
 * @pad:	what they cost above their length
 */
struct hps_credit_bucket {
	u32	end;
	u32	pad;
};

/**
 * struct hps_credit_tx - the sender's view of the peer's receive buffer
 * @edge:	first offset that may not be sent
 * @newest_start: offset where the newest bucket begins
 * @buffer:	the peer's receive buffer, octets
 * @pad_sum:	sum of all buckets' padding
 * @oldest:	index of the oldest bucket
 * @used:	number of buckets in use
 * @bucket:	padding that the reader may not have taken yet (see credit.c)
 */
struct hps_credit_tx {
	u64	edge;
	u64	newest_start;
	u32	buffer;
	u32	pad_sum;
	u8	oldest;
	u8	used;
	struct hps_credit_bucket bucket[HPS_CREDIT_BUCKETS];
};

/**
 * struct hps_credit_rx - the receiver's side
 * @buffer:	receive buffer, octets; the owner may let it grow at any time
 * @first:	what @buffer was when our hello told it
 * @edge:	the highest edge advertised
 * @acked:	the acknowledgement sent last; kept by the owner
 * @arrived:	highest offset behind anything that arrived
 * @peer:	what the sender's own account looks like from here
 */
struct hps_credit_rx {
	u32	buffer;
	u32	first;
	u64	edge;
	u64	acked;
	u64	arrived;
	struct hps_credit_tx peer;
};

void hps_credit_tx_init(struct hps_credit_tx *c, u32 buffer);
void hps_credit_tx_update(struct hps_credit_tx *c, u64 edge, u32 buffer,
			  u64 snd_nxt);
u32 hps_credit_tx_room(const struct hps_credit_tx *c, u64 snd_nxt);
u32 hps_credit_tx_grant(const struct hps_credit_tx *c, u64 snd_nxt, u32 wanted);
void hps_credit_tx_spend(struct hps_credit_tx *c, u64 off, u32 len);

void hps_credit_rx_init(struct hps_credit_rx *c, u32 buffer);
u64 hps_credit_rx_edge(struct hps_credit_rx *c, u64 consumed, u32 told);
void hps_credit_rx_charge(struct hps_credit_rx *c, u64 off, u32 len);
bool hps_credit_rx_filled(const struct hps_credit_rx *c, u64 consumed);
bool hps_credit_rx_starved(const struct hps_credit_rx *c, u64 consumed);
bool hps_credit_rx_window_due(const struct hps_credit_rx *c, u64 consumed);
bool hps_credit_rx_ack_due(const struct hps_credit_rx *c, u64 frontier);
bool hps_credit_rx_allows(const struct hps_credit_rx *c, u64 off, u32 len,
			  u64 cost);

u64 hps_credit_expand(u64 base, u32 low);

#endif /* _HPS_CONN_CREDIT_H */
