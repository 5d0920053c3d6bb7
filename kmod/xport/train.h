/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rate of a path, from the distance of the acknowledgements of a train.
 *
 * Pure logic. What a transport says about its rate is bounded by what it was
 * given: a path that gets 20 KB each 40 ms seems to do 4 Mbit/s. But packets
 * that were sent in one train come to the other end at the distance that the
 * narrowest link gives them, and so do their acknowledgements (Keshav 1991,
 * packet pairs; here a train, so that delayed and merged ones do not matter).
 */
#ifndef _HPS_XPORT_TRAIN_H
#define _HPS_XPORT_TRAIN_H

#include <linux/types.h>

#define HPS_TRAIN_SAMPLES	8

/**
 * struct hps_train - what is known of a path's rate
 * @rate:	octets per second, 0 unknown
 * @sample:	the newest samples of it
 * @next:	where the next one goes
 * @n:		how many there are
 * @start_us:	when the acknowledgement came that the sample begins with
 * @start_una:	up to where it went
 * @running:	a sample is being taken
 * @sampled:	one was taken of this train
 */
struct hps_train {
	u64	rate;
	u64	sample[HPS_TRAIN_SAMPLES];
	u8	next;
	u8	n;
	u32	start_us;
	u32	start_una;
	bool	running;
	bool	sampled;
};

/**
 * hps_train_break - what is acknowledged next does not follow what was before
 * @t:		the path's record
 */
static inline void hps_train_break(struct hps_train *t)
{
	t->running = false;
}

void hps_train_ack(struct hps_train *t, u32 now_us, u32 una, u32 mss, u32 left,
		   bool late);

#endif /* _HPS_XPORT_TRAIN_H */
