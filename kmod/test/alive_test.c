// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/alive.c. */
#include "hps_test.h"

#include "../conn/alive.c"

static const struct hps_alive_limits keep = {
	.idle = 100, .interval = 10, .count = 3 };
static const struct hps_alive_limits user = { .user = 80 };

static enum hps_alive_verdict check(struct hps_alive *a,
				    const struct hps_alive_limits *l,
				    unsigned long now, u64 una, bool owing)
{
	unsigned long next;

	return hps_alive_check(a, l, now, una, owing, &next);
}

static void alive_nothing_asked_nothing_done(struct kunit *test)
{
	const struct hps_alive_limits none = {};
	struct hps_alive a = {};
	unsigned long next;

	HPS_EXPECT_EQ(test, hps_alive_check(&a, &none, 1000000, 0, true, &next),
		      HPS_ALIVE_REST);
	HPS_EXPECT(test, next == ULONG_MAX);
}

static void alive_idle_peer_is_probed(struct kunit *test)
{
	struct hps_alive a = { .heard = 5 };
	unsigned long next;

	HPS_EXPECT_EQ(test, hps_alive_check(&a, &keep, 45, 0, false, &next),
		      HPS_ALIVE_REST);
	HPS_EXPECT_EQ(test, next, 60);
	HPS_EXPECT_EQ(test, hps_alive_check(&a, &keep, 105, 0, false, &next),
		      HPS_ALIVE_PROBE);
	HPS_EXPECT_EQ(test, next, 10);
}

static void alive_silent_peer_dies_after_count_probes(struct kunit *test)
{
	struct hps_alive a = {};

	HPS_EXPECT_EQ(test, check(&a, &keep, 100, 0, false), HPS_ALIVE_PROBE);
	HPS_EXPECT_EQ(test, check(&a, &keep, 105, 0, false), HPS_ALIVE_REST);
	HPS_EXPECT_EQ(test, check(&a, &keep, 110, 0, false), HPS_ALIVE_PROBE);
	HPS_EXPECT_EQ(test, check(&a, &keep, 120, 0, false), HPS_ALIVE_PROBE);
	HPS_EXPECT_EQ(test, check(&a, &keep, 130, 0, false), HPS_ALIVE_DEAD);
}

static void alive_answer_begins_anew(struct kunit *test)
{
	struct hps_alive a = {};

	check(&a, &keep, 100, 0, false);
	check(&a, &keep, 110, 0, false);
	a.heard = 112;
	HPS_EXPECT_EQ(test, check(&a, &keep, 120, 0, false), HPS_ALIVE_REST);
	HPS_EXPECT_EQ(test, a.probes, 0);
	HPS_EXPECT_EQ(test, check(&a, &keep, 212, 0, false), HPS_ALIVE_PROBE);
	HPS_EXPECT_EQ(test, a.probes, 1);
}

static void alive_answer_counts_with_a_short_idle_time(struct kunit *test)
{
	const struct hps_alive_limits hasty = {
		.idle = 10, .interval = 10, .count = 1 };
	struct hps_alive a = {};
	unsigned long t;

	for (t = 10; t < 1000; t += 10) {
		HPS_REQUIRE(test, check(&a, &hasty, t, 0, false) ==
				  HPS_ALIVE_PROBE);
		a.heard = t;
	}
}

static void alive_peer_that_owes_is_not_probed(struct kunit *test)
{
	struct hps_alive a = {};

	HPS_EXPECT_EQ(test, check(&a, &keep, 500, 0, true), HPS_ALIVE_REST);
}

static void alive_user_timeout_from_the_first_debt(struct kunit *test)
{
	struct hps_alive a = {};

	HPS_EXPECT_EQ(test, check(&a, &user, 1000, 0, false), HPS_ALIVE_REST);
	HPS_EXPECT_EQ(test, check(&a, &user, 2000, 0, true), HPS_ALIVE_REST);
	HPS_EXPECT_EQ(test, check(&a, &user, 2079, 0, true), HPS_ALIVE_REST);
	HPS_EXPECT_EQ(test, check(&a, &user, 2080, 0, true), HPS_ALIVE_DEAD);
}

static void alive_progress_puts_the_user_timeout_off(struct kunit *test)
{
	struct hps_alive a = {};
	unsigned long t, una;

	for (t = 0, una = 0; t < 10000; t += 79, una++)
		HPS_REQUIRE(test, check(&a, &user, t, una, true) ==
				  HPS_ALIVE_REST);
}

static void alive_paid_debt_puts_the_user_timeout_off(struct kunit *test)
{
	struct hps_alive a = {};

	check(&a, &user, 0, 5, true);
	check(&a, &user, 50, 5, false);
	HPS_EXPECT_EQ(test, check(&a, &user, 100, 5, true), HPS_ALIVE_REST);
	HPS_EXPECT_EQ(test, check(&a, &user, 179, 5, true), HPS_ALIVE_REST);
}

static void alive_looks_often_enough(struct kunit *test)
{
	struct hps_alive a = {};
	unsigned long next, t = 0;
	int looks;

	for (looks = 0; looks < 100; looks++) {
		if (hps_alive_check(&a, &user, t, 0, true, &next) ==
		    HPS_ALIVE_DEAD)
			break;
		HPS_REQUIRE(test, next >= 1 && next <= 10);
		t += next;
	}
	HPS_EXPECT_EQ(test, t, 80);
}

static void alive_user_timeout_replaces_count(struct kunit *test)
{
	struct hps_alive_limits both = keep;
	struct hps_alive a = {};
	unsigned long t;

	both.user = 200;
	for (t = 100; t < 200; t += 10)
		HPS_REQUIRE(test, check(&a, &both, t, 0, false) ==
				  HPS_ALIVE_PROBE);
	HPS_EXPECT_EQ(test, check(&a, &both, 200, 0, false), HPS_ALIVE_DEAD);
}

static void alive_clock_wraps(struct kunit *test)
{
	struct hps_alive a = { .heard = -50UL };

	HPS_EXPECT_EQ(test, check(&a, &keep, 49, 0, false), HPS_ALIVE_REST);
	HPS_EXPECT_EQ(test, check(&a, &keep, 50, 0, false), HPS_ALIVE_PROBE);
}

static struct kunit_case cases[] = {
	HPS_CASE(alive_nothing_asked_nothing_done),
	HPS_CASE(alive_idle_peer_is_probed),
	HPS_CASE(alive_silent_peer_dies_after_count_probes),
	HPS_CASE(alive_answer_begins_anew),
	HPS_CASE(alive_answer_counts_with_a_short_idle_time),
	HPS_CASE(alive_peer_that_owes_is_not_probed),
	HPS_CASE(alive_user_timeout_from_the_first_debt),
	HPS_CASE(alive_progress_puts_the_user_timeout_off),
	HPS_CASE(alive_paid_debt_puts_the_user_timeout_off),
	HPS_CASE(alive_looks_often_enough),
	HPS_CASE(alive_user_timeout_replaces_count),
	HPS_CASE(alive_clock_wraps),
	{}
};

HPS_SUITE(alive, cases, NULL, NULL);
