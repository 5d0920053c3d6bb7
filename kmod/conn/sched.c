// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler: what shall a path that has room send next?
 *
 * All usable paths together deliver the backlog at a time T for which
 *
 *	sum over paths of rate x (T - one-way delay) - in_flight  =  backlog
 *
 * where paths that could not deliver anything before T stay out. A path's term
 * of the sum is its share. As long as shares are large, a path takes segments
 * of a fixed size whenever it has room, so rates need not be known well: a slow
 * path comes for less. At the end the share is the segment, and all paths
 * finish together. A path without a share would only delay the last octet; it
 * gets nothing, even if it idles. This is the rule of ECF (Lim et al., CoNEXT
 * 2017), which makes an idle slow path wait for a fast one, for any number of
 * paths.
 *
 * Rates are octets per second, times are nanoseconds, and all octets that are
 * compared are clamped to what keeps the products below 2^63.
 */
#include "sched.h"

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "../wire.h"

/* The longest time that a segment takes on a slow link. The last segments of a
 * burst are cut to fit, so this is about how late a path can react: less costs
 * overhead (44 octets in 20 KB are 0.2 %).
 */
#define SEGMENT_US	2000

/* Below this the overhead of a segment would be felt, above it nothing is won;
 * both count the segment's own overhead in.
 */
#define SEGMENT_MIN	(16u << 10)
#define SEGMENT_MAX	65500u	/* 45 packets of 1448: what TCP gives to a device at once */

/* Acknowledgements of a path that is alive come at least so often: two segments
 * of a slow link.
 */
#define STALL_US	(2 * SEGMENT_US)

/* A shorter round trip counts as this one: a queue of twice as much is not felt,
 * and spares both ends the wake-ups for every few segments of a fast link. Of a
 * link of 1 Gbit/s it holds two of the longest, as they are acknowledged at once
 * where the device cuts the packets.
 */
#define BATCH_US	700

/* What a path may have in flight while its rate is unknown. */
#define UNKNOWN_CAP	(64u << 10)

/* A message is split if that saves so much: a second segment costs both ends
 * packets, acknowledgements and a wake-up.
 */
#define SPLIT_US	40

/* What is assumed of a path while no path's rate is known. */
#define UNKNOWN_RATE	(100000000u / 8)

#define MAX_RATE	BIT_ULL(36)	/* 64 GB/s */
#define MAX_OCTETS	BIT_ULL(26)	/* a backlog above 64 MB is just long */
#define MAX_RTT_US	10000000u
#define MAX_PATHS	16		/* more are not compared */

/* The cut-off is sought with so many questions for each backlog at most. */
#define MAX_ASKS	64

static u64 ns_to_octets(u64 rate, u64 ns)
{
	return div_u64(rate * ns, NSEC_PER_SEC);
}

static u64 us_to_octets(u64 rate, u32 us)
{
	return div_u64(rate * us, USEC_PER_SEC);
}

static u32 path_mss(const struct hps_sched_path *p)
{
	return clamp_t(u32, p->mss, 2 * HPS_SEGMENT_OVERHEAD, SEGMENT_MAX);
}

/* The rate to assume for the paths whose own is unknown. */
static u64 common_rate(const struct hps_sched_path *paths, unsigned int n)
{
	unsigned int i, known = 0;
	u64 sum = 0;

	for (i = 0; i < n; i++)
		if (paths[i].usable && paths[i].rate) {
			sum += min_t(u64, paths[i].rate, MAX_RATE);
			known++;
		}

	return known ? div_u64(sum, known) : UNKNOWN_RATE;
}

/* Octets per second, as far as the transport lets the path use its link. */
static u64 path_rate(const struct hps_sched_path *p, u64 common)
{
	u64 rate = p->rate ? min_t(u64, p->rate, MAX_RATE) : max_t(u64, common, 1);

	if (p->cwnd && p->min_rtt_us)
		rate = min(rate, div_u64((u64)p->cwnd * USEC_PER_SEC,
					 p->min_rtt_us) + 1);

	return rate;
}

/* Octets that still wait for the link: of those in flight, what the link has
 * taken since the path became busy, or in the round trip before the newest
 * acknowledgement and since then, has left.
 */
static u64 path_queue(const struct hps_sched_path *p, u64 rate)
{
	u32 rtt_us = min_t(u32, p->min_rtt_us, MAX_RTT_US);
	u64 in_flight = min_t(u64, p->in_flight, MAX_OCTETS);
	u64 drained;

	/* Silence: what has stopped for so long will not go on at once. */
	if (p->in_flight && p->ack_us > rtt_us + STALL_US)
		return in_flight + min_t(u64, us_to_octets(rate, min_t(u32,
					 p->ack_us, MAX_RTT_US)), MAX_OCTETS);
	if (p->ack_us >= p->busy_us)
		drained = us_to_octets(rate, p->busy_us);
	else
		drained = us_to_octets(rate, min(p->busy_us, rtt_us) + p->ack_us);

	return in_flight > drained ? in_flight - drained : 0;
}

/* Octets that the path could have delivered, but for its delay and for what is
 * before: what it is behind an idle path without delay.
 */
static u64 path_debt(const struct hps_sched_path *p, u64 rate)
{
	u32 delay_us = min_t(u32, p->min_rtt_us, MAX_RTT_US) / 2;

	return path_queue(p, rate) +
	       min_t(u64, us_to_octets(rate, delay_us), MAX_OCTETS);
}

/* Expected arrival of the last of @len octets at the other end. */
static u64 arrival_ns(const struct hps_sched_path *p, u64 rate, u64 len)
{
	return div64_u64((path_debt(p, rate) + len) * NSEC_PER_SEC, rate);
}

/**
 * hps_sched_arrival - when would a small message arrive?
 * @p:	the path that it would take
 *
 * Return: nanoseconds from now.
 */
u64 hps_sched_arrival(const struct hps_sched_path *p)
{
	return arrival_ns(p, path_rate(p, UNKNOWN_RATE), path_mss(p));
}

/**
 * hps_sched_takes_us - when would a path be done with @len octets more?
 * @p:		the path
 * @len:	how many
 *
 * Return: microseconds from now until the last of them has left the link.
 */
u64 hps_sched_takes_us(const struct hps_sched_path *p, u32 len)
{
	u64 rate = path_rate(p, UNKNOWN_RATE);

	return div64_u64((path_queue(p, rate) + len) * USEC_PER_SEC, rate);
}

/**
 * hps_sched_cap - how much a path may have in flight
 * @p:		the path
 * @segment:	length of the segments it is given
 *
 * Twice what its rate and its shortest round trip hold: once to keep it busy,
 * once to see a rate that grows. Two segments, so that one is under way while
 * the next one is waited for.
 *
 * Return: octets.
 */
u32 hps_sched_cap(const struct hps_sched_path *p, u32 segment)
{
	u32 rtt_us = clamp_t(u32, p->min_rtt_us, BATCH_US, MAX_RTT_US);
	u64 cap = UNKNOWN_CAP;

	if (p->rate && p->min_rtt_us)
		cap = 2 * us_to_octets(min_t(u64, p->rate, MAX_RATE), rtt_us);

	/* Small segments shall not be counted: a path that carries little has
	 * no rate to speak of.
	 */
	return clamp_t(u64, cap, 2 * max_t(u64, segment, SEGMENT_MIN), U32_MAX);
}

/* Payload that fills @packets packets with its overhead. Frames are padded to
 * four octets, so what does not divide by four is left free.
 */
static u32 fill(u32 mss, u32 packets)
{
	return ALIGN_DOWN(mss * packets, 4) - HPS_SEGMENT_OVERHEAD;
}

/**
 * hps_sched_slice - a good size for pieces of payload in memory
 * @mss:	payload octets of a packet of the transport
 *
 * Return: half of the longest segment, so that it consists of two pieces.
 */
u32 hps_sched_slice(u32 mss)
{
	mss = clamp_t(u32, mss, 2 * HPS_SEGMENT_OVERHEAD, SEGMENT_MAX);

	return DIV_ROUND_UP(fill(mss, SEGMENT_MAX / mss), 2);
}

/**
 * hps_sched_longest - the longest segment that a path takes, whatever waits
 * @p:	the path
 */
u32 hps_sched_longest(const struct hps_sched_path *p)
{
	u32 mss = path_mss(p);
	u64 octets;

	/* Without a rate, several segments shall fit below UNKNOWN_CAP. */
	octets = p->rate ? us_to_octets(min_t(u64, p->rate, MAX_RATE),
					SEGMENT_US) : 0;
	octets = clamp_t(u64, octets, SEGMENT_MIN, SEGMENT_MAX);

	return fill(mss, max_t(u32, (u32)octets / mss, 1));
}

/* What the path must gain or deliver to be worth another segment. */
static u32 least(const struct hps_sched_path *p, u64 rate, bool eager)
{
	return clamp_t(u64, us_to_octets(rate, eager ? 0 : SPLIT_US), HPS_SEGMENT_OVERHEAD,
		       path_mss(p) * 16);
}

/* About @share octets, not more than the longest segment. Where a packet takes
 * long, the end is cut within one: what the packets more cost is less than
 * what a link that finishes later costs.
 */
static u32 cut(const struct hps_sched_path *p, u64 rate, u64 share,
	       u64 backlog, bool eager)
{
	u32 most = min_t(u64, hps_sched_longest(p), backlog);
	u32 few = least(p, rate, eager);
	u32 mss = path_mss(p);
	u32 len;

	if (share < most) {
		if (share < few)
			return 0;
		len = (u32)share;
		if (mss < few)
			len = fill(mss, (len + HPS_SEGMENT_OVERHEAD + mss / 2) / mss);
		most = min(ALIGN(len, 4), most);
	}
	/* A rest that is not worth a segment goes with this one. */
	if (backlog - most < few && backlog <= hps_sched_longest(p))
		most = backlog;

	return most;
}

/* Which path delivers @len octets first? Paths without room wait for it. */
static unsigned int earliest(const struct hps_sched_path *paths,
			     unsigned int n, u64 common, u64 len)
{
	unsigned int i, best = 0;
	u64 best_ns = U64_MAX;

	for (i = 0; i < n; i++) {
		u64 ns;

		if (!paths[i].usable)
			continue;
		ns = arrival_ns(&paths[i], path_rate(&paths[i], common), len);
		if (ns < best_ns) {
			best_ns = ns;
			best = i;
		}
	}

	return best;
}

/* The part of the backlog that path @self delivers if all finish together. */
static u64 path_share(const struct hps_sched_path *paths, unsigned int n,
		      unsigned int self, u64 common, u64 backlog)
{
	u64 self_rate = path_rate(&paths[self], common);
	u64 self_debt = path_debt(&paths[self], self_rate);
	bool out[MAX_PATHS] = { false };
	unsigned int i;
	u64 finish_ns;
	u64 octets;
	bool again;

	do {
		u64 rate = 0;

		octets = backlog;
		for (i = 0; i < n; i++) {
			u64 r = path_rate(&paths[i], common);

			if (!paths[i].usable || out[i])
				continue;
			rate += r;
			octets += path_debt(&paths[i], r);
		}
		finish_ns = div64_u64(octets * NSEC_PER_SEC, rate);

		/* Without the paths that are late anyway the rest is earlier,
		 * which may leave out another one.
		 */
		again = false;
		for (i = 0; i < n; i++) {
			u64 r = path_rate(&paths[i], common);

			if (!paths[i].usable || out[i])
				continue;
			if (arrival_ns(&paths[i], r, 0) > finish_ns) {
				out[i] = true;
				again = true;
			}
		}
	} while (again && !out[self]);

	if (out[self])
		return 0;

	octets = ns_to_octets(self_rate, finish_ns);

	return octets > self_debt ? octets - self_debt : 0;
}

/* A path that is busy for a while takes whole segments only: the end of a write goes
 * with the next one, or when there is time left for it. Not below four packets: TCP
 * may delay the ACK of two, and the end would wait for that. Nor while a long path is
 * not full: the link idles, and the end would wait for a round trip.
 */
static u32 busy_from(const struct hps_sched_path *p)
{
	u64 pipe = us_to_octets(path_rate(p, UNKNOWN_RATE),
				min_t(u32, p->min_rtt_us, MAX_RTT_US));
	u32 least = max(hps_sched_longest(p), 4 * path_mss(p));

	return clamp_t(u64, pipe, least, U32_MAX);
}

/* Does the end of a write wait, for the path is busy? */
static bool end_waits(const struct hps_sched_path *p, u64 backlog)
{
	return backlog < hps_sched_longest(p) && p->in_flight >= busy_from(p);
}

/**
 * hps_sched_ask_below - when shall a path that took nothing be asked again?
 * @p:		the path
 * @backlog:	what waits
 *
 * When half of what is in flight is acknowledged: one of two segments at the latest,
 * however their overhead is counted. With the end of a write as soon as it may go.
 *
 * Return: octets in flight.
 */
u32 hps_sched_ask_below(const struct hps_sched_path *p, u64 backlog)
{
	u32 half = p->in_flight / 2 + HPS_SEGMENT_OVERHEAD;

	return end_waits(p, backlog) ? max(half, busy_from(p) - 1) : half;
}

/**
 * hps_sched_segment - how much shall a path take from the backlog now?
 * @paths:	all paths of the connection
 * @n:		their number; more than 16 are not compared, all take alike
 * @self:	the one that asks
 * @work:	what there is to be sent
 *
 * To be asked again whenever the path's in_flight falls or the backlog grows.
 * There is always a path that takes something when its in_flight is zero.
 *
 * Return: length of the segment, 0 for nothing now.
 */
u32 hps_sched_segment(const struct hps_sched_path *paths, unsigned int n,
		      unsigned int self, const struct hps_sched_work *work)
{
	const struct hps_sched_path *p = &paths[self];
	u64 backlog = min_t(u64, work->backlog, MAX_OCTETS);
	u64 common, rate;
	u32 len;

	if (!p->usable || !backlog)
		return 0;

	if (end_waits(p, backlog))
		return 0;

	len = min_t(u64, hps_sched_longest(p), backlog);
	if (n > 1 && n <= MAX_PATHS && !work->alone) {
		common = common_rate(paths, n);
		rate = path_rate(p, common);
		len = 0;
		/* What is not worth two segments is not looked at closer. */
		if (work->stripe && backlog >= least(p, rate, work->eager))
			len = cut(p, rate,
				  path_share(paths, n, self, common, backlog),
				  backlog, work->eager);
		/* Small shares add up to something that somebody must take. */
		if (!len && earliest(paths, n, common, backlog) == self)
			len = min_t(u64, hps_sched_longest(p), backlog);
	}

	if (!len || p->in_flight > hps_sched_cap(p, len) - len)
		return 0;

	return len;
}

/* The places of @paths, as a write asks them: the earliest first. */
static void order_of(const struct hps_sched_path *paths, unsigned int n,
		     u8 *order)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		for (j = i; j && hps_sched_arrival(&paths[i]) <
				 hps_sched_arrival(&paths[order[j - 1]]); j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}

/* Would idle paths, asked in this order until each takes nothing more, divide
 * @backlog? What the first one has taken does not change the others' shares, so
 * they are asked before it has taken very much.
 */
static bool divides(struct hps_sched_path *paths, unsigned int n,
		    const u8 *order, u64 backlog, bool eager)
{
	struct hps_sched_work work = {
		.backlog = backlog, .stripe = true, .eager = eager };
	unsigned int i, takers = 0, asks = 0;
	u32 len;

	for (i = 0; i < n; i++)
		paths[i].in_flight = 0;
	for (i = 0; i < n && takers < 2; i++) {
		len = hps_sched_segment(paths, n, order[i], &work);
		takers += len > 0;
		while (len && asks++ < MAX_ASKS) {
			paths[order[i]].in_flight += len + HPS_SEGMENT_OVERHEAD;
			work.backlog -= len;
			len = hps_sched_segment(paths, n, order[i], &work);
		}
	}

	return takers > 1;
}

/**
 * hps_sched_cutoff - from how many octets on would a second path be used?
 * @paths:	those that may carry; they become idle
 * @n:		their number, of which 16 are looked at
 * @eager:	as in struct hps_sched_work
 *
 * So much, written at once, is divided, and an octet less is not. Some way above
 * and below it may be otherwise: segments end with packets, and where rates
 * differ much that leaves rests that are not worth one.
 *
 * Return: octets, 0 if no backlog that is compared is enough.
 */
u32 hps_sched_cutoff(struct hps_sched_path *paths, unsigned int n, bool eager)
{
	u32 one = MAX_OCTETS, more = MAX_OCTETS, middle;
	u8 order[MAX_PATHS];
	unsigned int i;

	n = min_t(unsigned int, n, MAX_PATHS);
	for (i = 0; i < n; i++)
		paths[i].in_flight = paths[i].busy_us = paths[i].ack_us = 0;
	order_of(paths, n, order);
	if (n < 2 || !divides(paths, n, order, more, eager))
		return 0;
	/* From above: what is longer shall be divided. */
	while (one && divides(paths, n, order, one, eager)) {
		more = one;
		one /= 2;
	}
	while (more - one > 1) {
		middle = one + (more - one) / 2;
		if (divides(paths, n, order, middle, eager))
			more = middle;
		else
			one = middle;
	}

	return more;
}
