// SPDX-License-Identifier: GPL-2.0
/* The rate of a path, from the distance of the acknowledgements of a train. */
#include "train.h"

#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

/* A sample is so long: acknowledgements that come together, because they had to
 * wait for each other or cover two packets each, shall not look like a rate.
 */
#define TRAIN_PACKETS	8
#define TRAIN_US	50

/* A link that became slower is known to be so after two of these. */
#define WINDOW_US	200000

static void add_sample(struct hps_train *t, u32 now_us, u64 rate)
{
	if (now_us - t->window_us >= WINDOW_US) {
		t->rate = t->best;
		t->best = 0;
		t->window_us = now_us;
	}
	t->best = max(t->best, rate);
	t->rate = max(t->rate, t->best);
}

/**
 * hps_train_ack - the transport has got an acknowledgement
 * @t:		the path's record, zeroed at first
 * @now_us:	the time, may wrap
 * @una:	all below is acknowledged, may wrap
 * @mss:	payload of a packet
 * @last:	nothing is in flight any more, or what is acknowledged next would
 *		not tell: the train ends
 */
void hps_train_ack(struct hps_train *t, u32 now_us, u32 una, u32 mss, bool last)
{
	u32 octets = una - t->start_una;
	u32 us = now_us - t->start_us;

	if (!t->running) {
		if (last)
			return;
		t->running = true;
	} else if (octets >= TRAIN_PACKETS * mss && us >= TRAIN_US) {
		add_sample(t, now_us, div_u64((u64)octets * USEC_PER_SEC, us));
	} else if (!last) {
		return;
	}
	t->start_us = now_us;
	t->start_una = una;
	t->running = !last;
}
