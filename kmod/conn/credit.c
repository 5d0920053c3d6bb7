// SPDX-License-Identifier: GPL-2.0
/*
 * Credit: how much may be sent before the reader has taken earlier data.
 *
 * The octets that count are counted by the edge alone. What small segments
 * cost above their length, their padding, is kept in buckets: a bucket holds
 * the padding of consecutive segments and is released when the reader has
 * taken the last of them. A new one is begun when the newest holds an eighth
 * of the buffer or spans as much of the stream, so what is released late is
 * an eighth of the buffer at most, and with the eight or nine that a buffer can
 * fill there is room to spare for one that grows.
 *
 * The receiver runs the same account (struct hps_credit_rx.peer) to see what
 * an advertisement would give to the sender. Both differ by not more than one
 * bucket; as an advertisement is due at three eighths of the buffer, a sender
 * whose data has all been read has half of its credit.
 */
#include "credit.h"

#include <linux/minmax.h>
#include <linux/string.h>

#include "../wire.h"

static u32 padding(u32 len)
{
	return len < HPS_MIN_SEGMENT_COST ? HPS_MIN_SEGMENT_COST - len : 0;
}

/* What the reader has certainly taken. */
static u64 tx_consumed(const struct hps_credit_tx *c)
{
	return c->edge > c->buffer ? c->edge - c->buffer : 0;
}

static bool is_released(const struct hps_credit_bucket *b, u64 consumed)
{
	return (s32)(b->end - (u32)consumed) <= 0;
}

static struct hps_credit_bucket *newest(struct hps_credit_tx *c)
{
	return &c->bucket[(c->oldest + c->used - 1) % HPS_CREDIT_BUCKETS];
}

static bool is_full(struct hps_credit_tx *c, u64 off)
{
	u32 limit = c->buffer / 8;

	if (c->used == HPS_CREDIT_BUCKETS)
		return false;

	return newest(c)->pad >= limit ||
	       (off > c->newest_start && off - c->newest_start >= limit);
}

/**
 * hps_credit_tx_init - credit at the start of a stream
 * @c:		to be initialised
 * @buffer:	the peer's receive buffer as its hello says
 */
void hps_credit_tx_init(struct hps_credit_tx *c, u32 buffer)
{
	memset(c, 0, sizeof(*c));
	c->buffer = min_t(u32, buffer, HPS_CREDIT_MAX_BUFFER);
	c->edge = c->buffer;
}

/**
 * hps_credit_tx_update - the peer has advertised an edge
 * @c:		the account
 * @edge:	first offset that may not be sent; ignored if lower than known,
 *		for advertisements overtake each other on different paths
 * @buffer:	the peer's receive buffer; of an old advertisement it counts if it
 *		is larger
 * @snd_nxt:	the offset that is sent next
 */
void hps_credit_tx_update(struct hps_credit_tx *c, u64 edge, u32 buffer,
			  u64 snd_nxt)
{
	u64 consumed;

	buffer = min_t(u32, buffer, HPS_CREDIT_MAX_BUFFER);
	if (edge < c->edge) {
		/* Too large only makes less be taken for consumed. */
		c->buffer = max(c->buffer, buffer);
		return;
	}

	c->edge = edge;
	c->buffer = buffer;
	consumed = tx_consumed(c);
	if (consumed >= snd_nxt) {
		c->used = 0;
		c->pad_sum = 0;
		return;
	}

	while (c->used && is_released(&c->bucket[c->oldest], consumed)) {
		c->pad_sum -= c->bucket[c->oldest].pad;
		c->oldest = (c->oldest + 1) % HPS_CREDIT_BUCKETS;
		c->used--;
	}
}

/**
 * hps_credit_tx_room - the longest segment that may be sent now
 * @c:		the account
 * @snd_nxt:	the offset that is sent next
 *
 * Return: octets; 0 if not even a short segment is within the credit.
 */
u32 hps_credit_tx_room(const struct hps_credit_tx *c, u64 snd_nxt)
{
	u64 left;

	if (snd_nxt >= c->edge)
		return 0;

	left = c->edge - snd_nxt;
	/* Nothing is under way: even a buffer below the least cost must do. */
	if (tx_consumed(c) >= snd_nxt)
		return min_t(u64, left, U32_MAX);

	if (left < (u64)c->pad_sum + HPS_MIN_SEGMENT_COST)
		return 0;

	return min_t(u64, left - c->pad_sum, U32_MAX);
}

/**
 * hps_credit_tx_grant - how much of what waits the credit lets go now
 * @c:		the account
 * @snd_nxt:	the offset that is sent next
 * @wanted:	octets that would be one segment
 *
 * A rest that credit alone keeps short waits for the next advertisement (RFC 1122,
 * 4.2.3.4), unless it is an eighth of the buffer. That comes: no padding makes the
 * accounts differ, so an eighth and what the reader has taken and not told, three
 * eighths, are not more than the half at which no reader may sleep on unread data
 * (hps_credit_rx_filled()).
 *
 * Return: octets, maybe more than @wanted; 0 if nothing shall be sent now.
 */
u32 hps_credit_tx_grant(const struct hps_credit_tx *c, u64 snd_nxt, u32 wanted)
{
	u32 room = hps_credit_tx_room(c, snd_nxt);

	if (!c->pad_sum && room < min(wanted, c->buffer / 8))
		return 0;

	return room;
}

/**
 * hps_credit_tx_spend - a segment goes out for the first time
 * @c:		the account
 * @off:	its stream offset
 * @len:	the stream offsets that it takes
 *
 * Resends are not spent again: the receiver holds an octet once.
 */
void hps_credit_tx_spend(struct hps_credit_tx *c, u64 off, u32 len)
{
	u32 pad = padding(len);
	struct hps_credit_bucket *b;

	if (!pad)
		return;

	if (!c->used || is_full(c, off)) {
		c->used++;
		c->newest_start = off;
		b = newest(c);
		b->end = off + len;
		b->pad = 0;
	}

	b = newest(c);
	b->pad += pad;
	c->pad_sum += pad;
	if ((s32)((u32)(off + len) - b->end) > 0)
		b->end = off + len;
}

/**
 * hps_credit_rx_init - the receive side at the start of a stream
 * @c:		to be initialised
 * @buffer:	the receive buffer that our hello has told
 */
void hps_credit_rx_init(struct hps_credit_rx *c, u32 buffer)
{
	memset(c, 0, sizeof(*c));
	hps_credit_tx_init(&c->peer, buffer);
	c->buffer = c->peer.buffer;
	c->first = c->peer.buffer;
	c->edge = c->peer.edge;
}

/**
 * hps_credit_rx_charge - a segment with new octets has arrived
 * @c:		the receive side
 * @off:	its stream offset
 * @len:	the stream offsets that it takes
 *
 * Without it hps_credit_rx_window_due() would see octets only, and a sender of
 * tiny segments would sit without credit until the acknowledgement timer.
 */
void hps_credit_rx_charge(struct hps_credit_rx *c, u64 off, u32 len)
{
	hps_credit_tx_spend(&c->peer, off, len);
	c->arrived = max(c->arrived, off + len);
}

/**
 * hps_credit_rx_edge - the edge to advertise; the caller sends it
 * @c:		the receive side
 * @consumed:	the offset that the reader takes next
 * @told:	the buffer that the peer knows when it gets this: @c->buffer if the
 *		message tells it, else what the same path has told before
 *
 * The peer takes edge - buffer for consumed. Of a larger buffer than it knows it
 * would believe that the reader has taken what nobody has, forget the padding of
 * that and exceed the cost rule.
 *
 * Return: first offset that may not be sent; with a @told that is not all of the
 * buffer it may be below what other paths have said.
 */
u64 hps_credit_rx_edge(struct hps_credit_rx *c, u64 consumed, u32 told)
{
	u64 edge = consumed + told;

	c->edge = max(c->edge, edge);
	hps_credit_tx_update(&c->peer, edge, max(told, c->peer.buffer),
			     c->arrived);
	return edge;
}

/* What the sender would gain by an advertisement. */
static u64 released(const struct hps_credit_rx *c, u64 consumed)
{
	u64 edge = consumed + c->buffer;
	u64 gain;
	u8 i;

	if (edge <= c->edge)
		return 0;

	gain = edge - c->edge;
	if (consumed >= c->arrived)
		return gain + c->peer.pad_sum;

	for (i = 0; i < c->peer.used; i++) {
		const struct hps_credit_bucket *b;

		b = &c->peer.bucket[(c->peer.oldest + i) % HPS_CREDIT_BUCKETS];
		if (!is_released(b, consumed))
			break;
		gain += b->pad;
	}

	return gain;
}

/**
 * hps_credit_rx_window_due - shall an advertisement go out for its own sake?
 * @c:		the receive side
 * @consumed:	the offset that the reader takes next
 *
 * At three eighths of the buffer: three messages per buffer are next to nothing,
 * and what is left keeps the sender busy until they come.
 */
bool hps_credit_rx_window_due(const struct hps_credit_rx *c, u64 consumed)
{
	return released(c, consumed) >= max_t(u64, c->buffer / 8 * 3, 1);
}

/**
 * hps_credit_rx_starved - does the sender lack the credit the reader waits for?
 * @c:		the receive side
 * @consumed:	the offset that the reader takes next
 *
 * To be asked when a reader goes to sleep with data left that it cannot use
 * yet (half a record, MSG_WAITALL, SO_RCVLOWAT): what it took before may be
 * less than hps_credit_rx_window_due() waits for and still be what the sender
 * needs to go on.
 */
bool hps_credit_rx_starved(const struct hps_credit_rx *c, u64 consumed)
{
	return released(c, consumed) &&
	       hps_credit_tx_room(&c->peer, c->arrived) < c->buffer / 2;
}

/**
 * hps_credit_rx_filled - must the reader take what is there?
 * @c:		the receive side
 * @consumed:	the offset that the reader takes next
 *
 * A reader that waits for so much at once (a whole record, SO_RCVLOWAT) that
 * unread data holds half of the credit may wait for ever. Octets do not tell:
 * in tiny segments a few of them hold all of it.
 */
bool hps_credit_rx_filled(const struct hps_credit_rx *c, u64 consumed)
{
	return consumed < c->arrived &&
	       hps_credit_tx_room(&c->peer, c->arrived) +
	       released(c, consumed) <= c->buffer / 2;
}

/**
 * hps_credit_rx_ack_due - shall an acknowledgement go out before the timer?
 * @c:		the receive side
 * @frontier:	all below this offset has arrived
 *
 * The sender keeps what is not acknowledged in a buffer that may be smaller than
 * ours: it asks then (HPS_DATA_ACK). Otherwise half of a buffer may wait; before
 * that the reader has taken data, and the advertisement tells of both.
 */
bool hps_credit_rx_ack_due(const struct hps_credit_rx *c, u64 frontier)
{
	/* The acknowledgement of a FIN is one beyond the frontier. */
	if (frontier <= c->acked)
		return false;

	return frontier - c->acked >= max_t(u64, c->buffer / 2, 1);
}

/**
 * hps_credit_rx_allows - does a segment keep to the credit?
 * @c:		the receive side
 * @off:	its stream offset
 * @len:	the stream offsets that it takes
 * @cost:	what the connection holds already (struct hps_reasm.cost)
 *
 * The edge is exact. The cost has a slack of two, for record marks and for
 * segments that resends have cut into pieces.
 *
 * Return: false if the peer broke the protocol and the connection shall end
 * with HPS_REASON_CREDIT.
 */
bool hps_credit_rx_allows(const struct hps_credit_rx *c, u64 off, u32 len,
			  u64 cost)
{
	if (off > c->edge || len > c->edge - off)
		return false;

	return cost + max_t(u32, len, HPS_MIN_SEGMENT_COST) <=
	       2 * max_t(u64, c->buffer, HPS_MIN_SEGMENT_COST);
}

/**
 * hps_credit_expand - the 64-bit value that 32 bits on the wire stand for
 * @base:	what is known to be near
 * @low:	the low half
 *
 * Return: the value nearest to @base whose low half is @low.
 */
u64 hps_credit_expand(u64 base, u32 low)
{
	s32 delta = (s32)(low - (u32)base);
	u64 value = base + delta;

	if (delta < 0 && value > base)
		return value + (1ULL << 32);
	if (delta > 0 && value < base)
		return value - (1ULL << 32);

	return value;
}
