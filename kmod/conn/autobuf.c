// SPDX-License-Identifier: GPL-2.0
/* Auto-tuning of the send and receive buffer. */
#include "autobuf.h"

#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>

/* Above twice the pipe, for what combining and acknowledging late hold back. */
#define SPARE	65536

/**
 * hps_autobuf_receive - how large should the receive buffer be?
 * @a:		the measurement
 * @consumed:	offset that the reader has come to
 * @now:	the time
 * @rtt:	the longest round trip of all paths, 0 unknown
 * @buffer:	how large it is
 * @most:	how large it may become
 *
 * A reader that keeps up takes in one round trip what the sender was allowed
 * to send in one. If that is more than half of the buffer, the buffer may be
 * what holds the sender back. A slow reader takes less, and nothing grows.
 *
 * Return: its size, never less than @buffer.
 */
u32 hps_autobuf_receive(struct hps_autobuf *a, u64 consumed, u64 now, u32 rtt,
			u32 buffer, u32 most)
{
	/* So that the product below fits. */
	u64 taken = min_t(u64, consumed - a->begin, U32_MAX);
	u64 elapsed = now - a->since, want;

	/* The measurement goes on. */
	if (rtt && elapsed < rtt)
		return buffer;
	hps_autobuf_restart(a, consumed, now);
	if (!rtt)
		return buffer;
	want = 2 * div64_u64(taken * rtt, elapsed) + SPARE;
	return max_t(u64, buffer, min_t(u64, want, most));
}

/**
 * hps_autobuf_send - how large should the send buffer be?
 * @memory:	what is in it, with what it takes above the payload
 * @written:	octets of payload in it
 * @sent:	of these, sent and not acknowledged by HPS
 * @limit:	how large it is
 * @most:	how large it may become
 *
 * To be asked when a writer has filled it. If most of that is in transit it is
 * the buffer that bounds it, not room or credit. Late acknowledgements keep half
 * of a buffer in transit on the shortest path, which is no reason.
 *
 * Return: its size, never less than @limit.
 */
u32 hps_autobuf_send(u32 memory, u64 written, u64 sent, u32 limit, u32 most)
{
	/* All payload has its share of the memory, so that of small writes counts for
	 * as much as it takes, sent or not.
	 */
	if (!written || div64_u64(memory * min_t(u64, sent, U32_MAX), written) <
			limit / 4 * 3)
		return limit;
	return max_t(u64, limit, min_t(u64, 2ULL * limit, most));
}
