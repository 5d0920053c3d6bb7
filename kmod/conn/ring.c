// SPDX-License-Identifier: GPL-2.0
/* The numbers of a completion queue. */
#include "ring.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <uapi/linux/hps_direct.h>

/**
 * hps_ring_init - begin an empty queue
 * @r:		the queue
 * @entries:	how many completions it should hold at least
 *
 * Returns 0, or -EINVAL for none and for more than HPS_DIRECT_QUEUE_MAX.
 */
int hps_ring_init(struct hps_ring *r, u32 entries)
{
	u32 n = 1;

	if (!entries || entries > HPS_DIRECT_QUEUE_MAX)
		return -EINVAL;
	while (n < entries)
		n <<= 1;
	*r = (struct hps_ring) { .entries = n };

	return 0;
}

/**
 * hps_ring_reserve - promise room for one completion
 * @r:		the queue
 * @consumed:	what the program says it has taken out
 *
 * Returns false if there may be no room: also if @consumed cannot be true, for it is
 * ahead of what was produced, or behind by more than the queue holds.
 */
bool hps_ring_reserve(struct hps_ring *r, u32 consumed)
{
	u32 used = r->produced - consumed;

	/* In subtraction form: no @consumed makes @reserved exceed @entries. */
	if (used > r->entries || r->reserved >= r->entries - used)
		return false;
	r->reserved++;

	return true;
}

/**
 * hps_ring_cancel - give a promise back
 * @r:	the queue
 */
void hps_ring_cancel(struct hps_ring *r)
{
	if (WARN_ON_ONCE(!r->reserved))
		return;
	r->reserved--;
}

/**
 * hps_ring_produce - put in a completion for which room was promised
 * @r:	the queue
 *
 * Returns which entry it takes, always below @r->entries.
 */
u32 hps_ring_produce(struct hps_ring *r)
{
	hps_ring_cancel(r);

	return r->produced++ & (r->entries - 1);
}

/**
 * hps_ring_readable - does the program have something to take out?
 * @r:		the queue
 * @consumed:	what it says it has taken out
 */
bool hps_ring_readable(const struct hps_ring *r, u32 consumed)
{
	return r->produced != consumed;
}
