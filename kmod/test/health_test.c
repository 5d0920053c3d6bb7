// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/health.c. */
#include "hps_test.h"

#include "../conn/health.c"

#define DEAD	100000u
#define START	1000000ull

/* A path on a fast link with octets in transit, another one is well. */
static struct hps_health_sample busy(u64 now, u32 progress)
{
	return (struct hps_health_sample) {
		.now_us = now, .in_transit = 3000, .progress = progress,
		.min_rtt_us = 200, .srtt_us = 2000, .rttvar_us = 500,
		.spare = true,
	};
}

static enum hps_health_verdict look(struct hps_health *h, u64 now, u32 progress)
{
	struct hps_health_sample s = busy(now, progress);

	return hps_health_look(h, &s, DEAD);
}

static enum hps_health_verdict look_alone(struct hps_health *h, u64 now,
					  u32 progress)
{
	struct hps_health_sample s = busy(now, progress);

	s.spare = false;
	return hps_health_look(h, &s, DEAD);
}

static void health_progress_keeps_it_ready(struct kunit *test)
{
	struct hps_health h = {};
	u32 i;

	for (i = 0; i < 100; i++)
		HPS_EXPECT_EQ(test, look(&h, START + i * DEAD * 2, i),
			      HPS_HEALTH_SAME);
	HPS_EXPECT_EQ(test, h.state, HPS_HEALTH_READY);
}

static void health_idle_is_not_silent(struct kunit *test)
{
	struct hps_health_sample s = busy(START, 1);
	struct hps_health h = {};

	s.in_transit = 0;
	HPS_EXPECT_EQ(test, hps_health_look(&h, &s, DEAD), HPS_HEALTH_SAME);
	s.now_us += 100 * DEAD;
	HPS_EXPECT_EQ(test, hps_health_look(&h, &s, DEAD), HPS_HEALTH_SAME);
	/* Its first octets have all the time that others have. */
	HPS_EXPECT_EQ(test, look(&h, s.now_us + DEAD - 1, 1), HPS_HEALTH_SAME);
	HPS_EXPECT_EQ(test, look(&h, s.now_us + DEAD, 1),
		      HPS_HEALTH_IS_SUSPECT);
}

/* The timer was late, or nobody had asked for a look. */
static void health_late_look_is_not_the_end(struct kunit *test)
{
	struct hps_health h = {};

	look(&h, START, 7);
	HPS_EXPECT_EQ(test, look(&h, START + 20 * DEAD, 7), HPS_HEALTH_IS_SUSPECT);
	HPS_EXPECT_EQ(test, look(&h, START + 20 * DEAD + 1, 7), HPS_HEALTH_SAME);
	HPS_EXPECT_EQ(test, look(&h, START + 20 * DEAD + 2, 8), HPS_HEALTH_IS_READY);
	h.since_us = 0;
	HPS_EXPECT_EQ(test, look(&h, START + 50 * DEAD, 8), HPS_HEALTH_SAME);
}

static void health_first_look_begins(struct kunit *test)
{
	struct hps_health h = {};

	/* Long after boot, and the count happens to be that of a zeroed one. */
	HPS_EXPECT_EQ(test, look(&h, START * 1000, 0), HPS_HEALTH_SAME);
	HPS_EXPECT_EQ(test, h.state, HPS_HEALTH_READY);
}

static void health_silence_suspect_then_down(struct kunit *test)
{
	struct hps_health h = {};

	look(&h, START, 7);
	HPS_EXPECT_EQ(test, look(&h, START + DEAD - 1, 7), HPS_HEALTH_SAME);
	HPS_EXPECT_EQ(test, look(&h, START + DEAD, 7), HPS_HEALTH_IS_SUSPECT);
	HPS_EXPECT_EQ(test, look(&h, START + 4 * DEAD - 1, 7), HPS_HEALTH_SAME);
	HPS_EXPECT_EQ(test, look(&h, START + 4 * DEAD, 7), HPS_HEALTH_IS_DOWN);
	HPS_EXPECT_EQ(test, look(&h, START + 5 * DEAD, 7), HPS_HEALTH_IS_DOWN);
}

static void health_suspect_recovers(struct kunit *test)
{
	struct hps_health h = {};

	look(&h, START, 7);
	look(&h, START + DEAD, 7);
	HPS_EXPECT_EQ(test, look(&h, START + 2 * DEAD, 8), HPS_HEALTH_IS_READY);
	HPS_EXPECT_EQ(test, look(&h, START + 3 * DEAD - 1, 8), HPS_HEALTH_SAME);
	HPS_EXPECT_EQ(test, look(&h, START + 3 * DEAD, 8),
		      HPS_HEALTH_IS_SUSPECT);
}

static void health_suspect_that_empties_is_ready(struct kunit *test)
{
	struct hps_health_sample s = busy(START + 2 * DEAD, 7);
	struct hps_health h = {};

	look(&h, START, 7);
	look(&h, START + DEAD, 7);
	s.in_transit = 0;
	HPS_EXPECT_EQ(test, hps_health_look(&h, &s, DEAD), HPS_HEALTH_IS_READY);
}

static void health_alone_is_silent_never_down(struct kunit *test)
{
	struct hps_health h = {};
	u32 i;

	look_alone(&h, START, 7);
	HPS_EXPECT_EQ(test, look_alone(&h, START + DEAD, 7),
		      HPS_HEALTH_IS_SILENT);
	for (i = 2; i < 100; i++)
		HPS_EXPECT_EQ(test, look_alone(&h, START + i * DEAD, 7),
			      HPS_HEALTH_SAME);
}

static void health_silent_gives_way_to_a_better(struct kunit *test)
{
	struct hps_health h = {};

	look_alone(&h, START, 7);
	look_alone(&h, START + DEAD, 7);
	/* Silent for long: suspect first, so that its segments move. */
	HPS_EXPECT_EQ(test, look(&h, START + 9 * DEAD, 7),
		      HPS_HEALTH_IS_SUSPECT);
	HPS_EXPECT_EQ(test, look(&h, START + 9 * DEAD + 1, 7),
		      HPS_HEALTH_IS_DOWN);
}

static void health_suspect_is_needed_again(struct kunit *test)
{
	struct hps_health h = {};

	look(&h, START, 7);
	look(&h, START + DEAD, 7);
	HPS_EXPECT_EQ(test, look_alone(&h, START + 9 * DEAD, 7),
		      HPS_HEALTH_IS_SILENT);
	HPS_EXPECT_EQ(test, look_alone(&h, START + 10 * DEAD, 8),
		      HPS_HEALTH_IS_READY);
}

static void health_progress_wraps(struct kunit *test)
{
	struct hps_health h = {};

	look(&h, START, U32_MAX);
	HPS_EXPECT_EQ(test, look(&h, START + DEAD, 0), HPS_HEALTH_SAME);
}

static void health_patience_follows_the_link(struct kunit *test)
{
	struct hps_health_sample s = busy(START, 0);

	/* near: the least */
	HPS_EXPECT_EQ(test, hps_health_patience(&s, DEAD), DEAD);
	/* far: four round trips and what they vary */
	s.min_rtt_us = 300000;
	s.srtt_us = 310000;
	HPS_EXPECT_EQ(test, hps_health_patience(&s, DEAD), 1200500);
	/* near, but its queue is full of others' packets */
	s.min_rtt_us = 200;
	s.srtt_us = 400000;
	s.rttvar_us = 50000;
	HPS_EXPECT_EQ(test, hps_health_patience(&s, DEAD), 1000000);
	/* and an acknowledgement that is delayed for longer than a round trip */
	s.srtt_us = 30000;
	s.rttvar_us = 10000;
	HPS_EXPECT_EQ(test, hps_health_patience(&s, DEAD), 110000);
	/* nothing known, and the largest numbers */
	s.min_rtt_us = s.srtt_us = s.rttvar_us = 0;
	HPS_EXPECT_EQ(test, hps_health_patience(&s, DEAD), DEAD);
	s.min_rtt_us = s.srtt_us = s.rttvar_us = U32_MAX;
	HPS_EXPECT_EQ(test, hps_health_patience(&s, DEAD), 6ull * U32_MAX);
}

/* Random traces: no verdict without its cause, and the states agree with it. */
static void health_random(struct kunit *test)
{
	struct hps_random r = { .state = 2026 };
	u32 i;

	for (i = 0; i < 2000; i++) {
		struct hps_health h = {};
		u64 now = START, moved = START;
		u32 progress = 0, n;

		look(&h, now, progress);
		for (n = 0; n < 50; n++) {
			struct hps_health_sample s;
			enum hps_health_verdict v;
			u8 before = h.state;
			bool moves = !hps_random_below(&r, 6);

			now += 1 + hps_random_below(&r, DEAD);
			progress += moves;
			if (moves)
				moved = now;
			s = busy(now, progress);
			s.spare = hps_random_below(&r, 2);
			v = hps_health_look(&h, &s, DEAD);
			HPS_REQUIRE(test, !moves || h.state == HPS_HEALTH_READY);
			HPS_REQUIRE(test, now - moved >= DEAD ||
				    h.state == HPS_HEALTH_READY);
			HPS_REQUIRE(test, now - moved < DEAD ||
				    h.state == (s.spare ? HPS_HEALTH_SUSPECT :
						HPS_HEALTH_SILENT));
			HPS_REQUIRE(test, v != HPS_HEALTH_IS_DOWN ||
				    (s.spare && before == HPS_HEALTH_SUSPECT &&
				     now - moved >= 4 * DEAD));
			HPS_REQUIRE(test, (v == HPS_HEALTH_SAME ||
					   v == HPS_HEALTH_IS_DOWN) ==
				    (h.state == before));
		}
	}
}

static struct kunit_case cases[] = {
	HPS_CASE(health_progress_keeps_it_ready),
	HPS_CASE(health_idle_is_not_silent),
	HPS_CASE(health_late_look_is_not_the_end),
	HPS_CASE(health_first_look_begins),
	HPS_CASE(health_silence_suspect_then_down),
	HPS_CASE(health_suspect_recovers),
	HPS_CASE(health_suspect_that_empties_is_ready),
	HPS_CASE(health_alone_is_silent_never_down),
	HPS_CASE(health_silent_gives_way_to_a_better),
	HPS_CASE(health_suspect_is_needed_again),
	HPS_CASE(health_progress_wraps),
	HPS_CASE(health_patience_follows_the_link),
	HPS_CASE(health_random),
	{}
};

HPS_SUITE(health, cases, NULL, NULL);
