// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/sched.c. */
#include "hps_test.h"

#include "../conn/sched.c"

#define MSS	1448

/* 100 Mbit/s, 50 us per direction and the time of a frame. */
static const struct hps_sched_path slow_ethernet = {
	.usable = true, .rate = 11950000, .min_rtt_us = 230, .srtt_us = 2000,
	.mss = MSS,
};

static u32 ask(const struct hps_sched_path *paths, unsigned int n,
	       unsigned int self, u64 backlog, bool stripe)
{
	const struct hps_sched_work work = {
		.backlog = backlog, .stripe = stripe };

	return hps_sched_segment(paths, n, self, &work);
}

static void sched_nothing_to_send(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;

	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 0, true), 0);
}

static void sched_unusable_path_gets_nothing(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	p[0].usable = false;
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 1 << 20, true), 0);
	HPS_EXPECT(test, ask(p, 2, 1, 1 << 20, true));
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 1, false), 0);
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 1, false), 1);
}

static void sched_small_write_goes_whole(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	HPS_EXPECT_EQ(test, ask(p, 1, 0, 4, true), 4);
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 4, true), 4);
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 4, true), 0);
}

static void sched_segment_fills_packets(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };
	u32 len = ask(p, 2, 0, 1 << 20, true);

	HPS_EXPECT_EQ(test, (len + HPS_SEGMENT_OVERHEAD) % MSS, 0);
	HPS_EXPECT_EQ(test, len % 4, 0);
}

static void sched_overhead_below_half_percent(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;

	p.rate = 1;
	HPS_EXPECT(test, ask(&p, 1, 0, 1 << 20, true) >=
			 200 * HPS_SEGMENT_OVERHEAD);
	p.rate = 0;
	HPS_EXPECT(test, ask(&p, 1, 0, 1 << 20, true) >=
			 200 * HPS_SEGMENT_OVERHEAD);
}

static void sched_fast_path_gets_long_segments(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;
	u32 len;

	p.rate = 1250000000;
	len = ask(&p, 1, 0, 1 << 20, true);
	HPS_EXPECT(test, len > 56 << 10);
	HPS_EXPECT(test, len <= HPS_MAX_SEGMENT);
}

static void sched_tail_is_split_evenly(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };
	u32 a, b;

	a = ask(p, 2, 0, 20000, true);
	HPS_EXPECT(test, a > 10000 - MSS && a < 10000 + MSS);
	p[0].in_flight = a;
	b = ask(p, 2, 1, 20000 - a, true);
	HPS_EXPECT_EQ(test, a + b, 20000);
}

static void sched_slow_path_stays_out_of_the_tail(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	p[1].min_rtt_us = 40000;
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 100000, true), 0);
	HPS_EXPECT(test, ask(p, 2, 1, 1000000, true));
	/* Even when the other one has no room just now. */
	p[0].in_flight = hps_sched_cap(&p[0], 23124);
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 100000, true), 0);
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 100000, true), 0);
}

static void sched_late_path_does_not_count(struct kunit *test)
{
	struct hps_sched_path p[3] = { slow_ethernet, slow_ethernet,
				       slow_ethernet };
	u32 a;

	p[2].min_rtt_us = 400000;
	a = ask(p, 3, 0, 20000, true);
	HPS_EXPECT(test, a > 10000 - MSS && a < 10000 + MSS);
}

static void sched_no_room_no_segment(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;
	u32 len = ask(&p, 1, 0, 1 << 20, true);
	u32 cap = hps_sched_cap(&p, len);

	p.in_flight = cap - len;
	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 1 << 20, true), len);
	p.in_flight++;
	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 1 << 20, true), 0);
}

static void sched_cap_is_twice_the_pipe(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;

	HPS_EXPECT_EQ(test, hps_sched_cap(&p, 20000), 40000);
	p.min_rtt_us = 40000;
	HPS_EXPECT_EQ(test, hps_sched_cap(&p, 20000), 2 * 478000);
	p.rate = 0;
	HPS_EXPECT_EQ(test, hps_sched_cap(&p, 20000), 65536);
}

/* One is on its way, acknowledged only when all of it has arrived (TSO). */
static void sched_second_segment_of_a_gigabit_has_room(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;
	u32 len;

	p.rate = 107600000;
	len = ask(&p, 1, 0, 1 << 20, true);
	p.in_flight = len + HPS_SEGMENT_OVERHEAD;
	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 1 << 20, true), len);
}

static void sched_single_takes_the_earliest(struct kunit *test)
{
	struct hps_sched_path p[3] = { slow_ethernet, slow_ethernet,
				       slow_ethernet };

	p[0].in_flight = 30000;
	p[2].min_rtt_us = 5000;
	HPS_EXPECT_EQ(test, ask(p, 3, 0, 10000, false), 0);
	HPS_EXPECT_EQ(test, ask(p, 3, 1, 10000, false), 10000);
	HPS_EXPECT_EQ(test, ask(p, 3, 2, 10000, false), 0);
}

static void sched_unknown_path_is_tried(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet,
		{ .usable = true, .mss = MSS } };

	HPS_EXPECT(test, ask(p, 2, 1, 1 << 20, true));
	p[0] = p[1];
	HPS_EXPECT(test, ask(p, 2, 0, 1 << 20, true));
	HPS_EXPECT(test, ask(p, 2, 1, 1 << 20, true));
}

/* A byte more than the cut-off that the two curves give is split, one less not. */
static void sched_short_message_is_split_by_time(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	HPS_EXPECT_EQ(test, ask(p, 2, 0, 600, true), 600);
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 4096, true), 2048);
	p[0].rate = p[1].rate = 1250000000;
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 4096, true), 4096);
}

static void sched_counts_what_the_link_has_taken(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };
	u32 len;

	/* 20 KB need 1.7 ms: half of them have left by now. */
	p[0].in_flight = 20000;
	p[0].busy_us = p[0].ack_us = 0;
	len = ask(p, 2, 0, 20000, true);
	HPS_EXPECT_EQ(test, len, 0);
	p[0].busy_us = p[0].ack_us = 837;
	len = ask(p, 2, 0, 20000, true);
	HPS_EXPECT(test, len > 4000 && len < 6000);
}

static void sched_silent_path_gets_nothing(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	p[0].in_flight = 1000;
	p[0].busy_us = p[0].ack_us = 50000;
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 20000, true), 0);
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 20000, true), 20000);
}

static void sched_window_of_the_transport_counts(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	p[0].min_rtt_us = p[1].min_rtt_us = 40000;
	p[1].cwnd = 14480;
	HPS_EXPECT(test, ask(p, 2, 0, 30000, true) > 20000);
}

static void random_path(struct hps_sched_path *p, struct hps_random *rnd)
{
	p->usable = hps_random_below(rnd, 4);
	p->in_flight = hps_random_below(rnd, 3) ? 0 : hps_random(rnd) >>
		       hps_random_below(rnd, 32);
	p->rate = hps_random_below(rnd, 5) ?
		  (u64)hps_random(rnd) << hps_random_below(rnd, 32) >>
		  hps_random_below(rnd, 32) : 0;
	p->min_rtt_us = hps_random(rnd) >> hps_random_below(rnd, 32);
	p->mss = hps_random(rnd) >> hps_random_below(rnd, 32);
	p->cwnd = hps_random_below(rnd, 2) ? hps_random(rnd) >>
		  hps_random_below(rnd, 32) : 0;
	p->busy_us = hps_random(rnd) >> hps_random_below(rnd, 32);
	p->ack_us = hps_random(rnd) >> hps_random_below(rnd, 32);
}

/* Whatever the snapshot says: never more than the backlog, a segment or the
 * room, and if everything has drained, somebody sends.
 */
/* Policy single: the path that was chosen goes on, though another one idles. */
static void sched_alone_does_not_look_at_others(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };
	const struct hps_sched_work work = { .backlog = 1 << 20, .alone = true };

	p[1].min_rtt_us *= 2;
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 1 << 20, false), 0);
	HPS_EXPECT(test, hps_sched_segment(p, 2, 1, &work) > 0);
}

static void sched_never_sticks(struct kunit *test)
{
	struct hps_random rnd = { .state = 42 };
	static struct hps_sched_path p[20];	/* too much for the stack */
	int round;

	for (round = 0; round < 20000; round++) {
		unsigned int n = 1 + hps_random_below(&rnd, ARRAY_SIZE(p));
		u64 backlog = 1 + (hps_random(&rnd) >>
				   hps_random_below(&rnd, 32));
		bool stripe = hps_random_below(&rnd, 2);
		bool usable = false, sent = false;
		unsigned int i;

		for (i = 0; i < n; i++)
			random_path(&p[i], &rnd);
		for (i = 0; i < n; i++) {
			u32 len = ask(p, n, i, backlog, stripe);

			HPS_REQUIRE(test, len <= backlog);
			HPS_REQUIRE(test, len <= HPS_MAX_SEGMENT);
			HPS_REQUIRE(test, !len || p[i].usable);
			HPS_REQUIRE(test, !len || (u64)p[i].in_flight + len <=
					  hps_sched_cap(&p[i], len));
		}
		for (i = 0; i < n; i++)
			p[i].in_flight = 0;
		for (i = 0; i < n; i++) {
			usable |= p[i].usable;
			sent |= ask(p, n, i, backlog, stripe) > 0;
		}
		HPS_REQUIRE(test, usable == sent);
	}
}

static struct kunit_case cases[] = {
	HPS_CASE(sched_nothing_to_send),
	HPS_CASE(sched_unusable_path_gets_nothing),
	HPS_CASE(sched_small_write_goes_whole),
	HPS_CASE(sched_segment_fills_packets),
	HPS_CASE(sched_overhead_below_half_percent),
	HPS_CASE(sched_fast_path_gets_long_segments),
	HPS_CASE(sched_tail_is_split_evenly),
	HPS_CASE(sched_slow_path_stays_out_of_the_tail),
	HPS_CASE(sched_late_path_does_not_count),
	HPS_CASE(sched_no_room_no_segment),
	HPS_CASE(sched_cap_is_twice_the_pipe),
	HPS_CASE(sched_second_segment_of_a_gigabit_has_room),
	HPS_CASE(sched_single_takes_the_earliest),
	HPS_CASE(sched_unknown_path_is_tried),
	HPS_CASE(sched_short_message_is_split_by_time),
	HPS_CASE(sched_counts_what_the_link_has_taken),
	HPS_CASE(sched_silent_path_gets_nothing),
	HPS_CASE(sched_window_of_the_transport_counts),
	HPS_CASE(sched_alone_does_not_look_at_others),
	HPS_CASE(sched_never_sticks),
	{}
};

HPS_SUITE(sched, cases, NULL, NULL);
