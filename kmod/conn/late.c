// SPDX-License-Identifier: GPL-2.0
/*
 * Late: would an idle path deliver sooner what another one carries?
 *
 * The scheduler places a segment where it arrives in time, as far as it knows. Two
 * things tell afterwards that it does not: what the path had to carry before it
 * takes long by the rate of the path, or it has been under way for longer than the
 * path usually takes. Of the latter it is assumed that it takes as long again. The
 * path's own delay never makes late: the scheduler has counted that in.
 *
 * The acknowledgement may be what is late: TCP delays that of a lone packet, and of
 * more where the reader is behind. One that comes covers all that has arrived.
 */
#include "late.h"

#include <linux/minmax.h>

/* Less is not worth to be won: a busy host makes pauses. */
#define MARGIN_US	4000

/* Round trips that are longer than expected by up to this are usual where they are so
 * in the mean: ends that pause, links that hold packets back. More than that is a
 * queue that nobody expected.
 */
#define PAUSE_US	20000

/* What TCP waits before it acknowledges, the grain of the timers at both ends and a
 * pause.
 */
#define DELAYED_ACK_US	60000

/* What is assumed of a path that was never measured: better late than twice. */
#define UNKNOWN_RATE	(10000000u / 8)

static u64 takes_us(const struct hps_sched_path *p, u32 len)
{
	struct hps_sched_path known = *p;

	if (!known.rate)
		known.rate = UNKNOWN_RATE;

	return hps_sched_takes_us(&known, len);
}

/**
 * hps_late_takes - how long will octets take that are given to a path now?
 * @p:		the path, before
 * @len:	how many
 *
 * Return: microseconds until the last of them has left the link; at worst, if the
 * path's rate is unknown.
 */
u32 hps_late_takes(const struct hps_sched_path *p, u32 len)
{
	return min_t(u64, takes_us(p, len), HPS_LATE_UNKNOWN - 1);
}

/* Estimates are off by less than a quarter. */
static u64 surely(u64 us)
{
	return us + us / 4 + MARGIN_US;
}

/* It should be there, but for an acknowledgement that was delayed: none has come since,
 * which would have covered it. @over_us: since when.
 */
static bool may_be_delayed(const struct hps_late *s, u64 over_us)
{
	return s->ack_us >= over_us && over_us <= DELAYED_ACK_US;
}

/**
 * hps_late - would an idle path deliver a segment clearly sooner?
 * @s:		the segment, not acknowledged on its path
 * @idle:	the other path
 */
bool hps_late(const struct hps_late *s, const struct hps_sched_path *idle)
{
	u64 usual, left = 0, sooner;

	if (s->takes_us == HPS_LATE_UNKNOWN)
		return false;
	usual = surely(max_t(u64, min_t(u32, s->srtt_us, PAUSE_US),
			     (u64)s->min_rtt_us + s->takes_us));
	if (s->age_us > usual && !may_be_delayed(s, s->age_us - usual))
		left = s->age_us;
	else if (s->takes_us > s->age_us && !s->guess)
		left = s->takes_us - s->age_us;
	sooner = idle->min_rtt_us / 2 + takes_us(idle, s->len);

	return left > surely(sooner);
}
