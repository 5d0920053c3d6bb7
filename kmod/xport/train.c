// SPDX-License-Identifier: GPL-2.0
/* The rate of a path, from the distance of the acknowledgements of a train. */
#include "train.h"

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

/* A sample is so long: acknowledgements that come together, because they had to
 * wait for each other or cover two packets each, shall not look like a rate.
 */
#define TRAIN_PACKETS	8
#define TRAIN_US	50

/* A train that is over before tells that the link is half as fast again as was
 * thought: a path that seems slow is given little, and would seem so for ever.
 */
#define SHORT_PACKETS	2

/* With less in flight the link may run dry before more is sent, and the
 * acknowledgement of the last packet may be 40 ms late.
 */
#define TRAIN_LEFT	2

/* So many of the newest samples are above the rate that is assumed: many are too
 * low, because the sender paused, and now and then one is far too high, because
 * acknowledgements had to wait somewhere and came together.
 */
#define ABOVE	2

static u64 rate_of(u32 octets, u32 us)
{
	return div_u64((u64)octets * USEC_PER_SEC, us);
}

static void add_sample(struct hps_train *t, u64 rate)
{
	u64 top[ABOVE + 1] = { 0 };
	unsigned int i, j;

	t->sample[t->next] = rate;
	t->next = (t->next + 1) % HPS_TRAIN_SAMPLES;
	t->n += t->n < HPS_TRAIN_SAMPLES;
	for (i = 0; i < t->n; i++) {
		u64 s = t->sample[i];

		for (j = 0; j < ARRAY_SIZE(top); j++)
			if (s > top[j])
				swap(s, top[j]);
	}
	t->rate = top[min(t->n / 2, ABOVE)];
}

/**
 * hps_train_ack - the transport has got an acknowledgement
 * @t:		the path's record, zeroed at first
 * @now_us:	the time, may wrap
 * @una:	all below is acknowledged, may wrap
 * @mss:	payload of a packet
 * @left:	octets in flight still
 * @late:	it was looked at later than it came, or what is acknowledged next
 *		would not tell: no sample begins with it
 */
void hps_train_ack(struct hps_train *t, u32 now_us, u32 una, u32 mss, u32 left,
		   bool late)
{
	bool last = late || left < TRAIN_LEFT * mss;
	u32 octets = una - t->start_una;
	u32 us = now_us - t->start_us;

	if (!t->running) {
		if (last)
			return;
		t->running = true;
		t->sampled = false;
	} else if (octets >= TRAIN_PACKETS * mss && us >= TRAIN_US) {
		add_sample(t, rate_of(octets, us));
		t->sampled = true;
	} else if (!last) {
		return;
	} else if (!t->sampled && octets >= SHORT_PACKETS * mss &&
		   us >= TRAIN_US && t->rate &&
		   rate_of(octets, us) > t->rate + t->rate / 2) {
		add_sample(t, rate_of(octets, us));
	}
	t->start_us = now_us;
	t->start_una = una;
	t->running = !last;
}
