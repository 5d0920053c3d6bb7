// SPDX-License-Identifier: GPL-2.0
/* Tests of xport/train.c. */
#include "hps_test.h"

#include "../xport/train.c"

#define MSS	1448

/* @n acknowledgements of two packets each, @us apart. Returns the time. */
static u32 acks(struct hps_train *t, u32 now, u32 *una, unsigned int n, u32 us)
{
	while (n--) {
		now += us;
		*una += 2 * MSS;
		hps_train_ack(t, now, *una, MSS, 10 * MSS, false);
	}
	return now;
}

static void train_unknown_at_first(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0;

	acks(&t, 0, &una, 3, 242);
	HPS_EXPECT_EQ(test, t.rate, 0);
}

static void train_gives_the_rate_of_the_link(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0xffffff00;

	acks(&t, 0xfffffff0, &una, 20, 242);
	HPS_EXPECT(test, t.rate > 11900000 && t.rate < 12000000);
}

/* Short bursts with long pauses: the pauses do not count. */
static void train_of_a_burst(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now = 0;
	int i;

	for (i = 0; i < 5; i++) {
		now = acks(&t, now, &una, 8, 242);
		hps_train_ack(&t, now, una, MSS, 0, false);
		now += 40000;
	}
	HPS_EXPECT(test, t.rate > 11900000 && t.rate < 12000000);
}

static void train_ignores_what_comes_at_once(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0;

	acks(&t, 1000, &una, 4, 0);
	HPS_EXPECT_EQ(test, t.rate, 0);
}

static void train_forgets_a_faster_link(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now;

	now = acks(&t, 0, &una, 100, 242);
	acks(&t, now, &una, 600, 2420);
	HPS_EXPECT(test, t.rate > 1190000 && t.rate < 1200000);
}

/* The acknowledgement of an odd last packet comes when the peer's timer says. */
static void train_ends_before_a_late_ack(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now = 0;

	now = acks(&t, now, &una, 4, 242);
	una += 2 * MSS;
	now += 242;
	hps_train_ack(&t, now, una, MSS, MSS, false);
	HPS_EXPECT(test, t.rate > 11900000 && t.rate < 12000000);
	now = acks(&t, now + 300000, &una, 4, 242);
	una += 2 * MSS;
	now += 242;
	hps_train_ack(&t, now, una, MSS, MSS, false);
	una += MSS;
	hps_train_ack(&t, now + 40000, una, MSS, 0, false);
	now = acks(&t, now + 300000, &una, 5, 242);
	HPS_EXPECT(test, t.rate > 11900000 && t.rate < 12000000);
}

/* Its share of a message is five packets, for it was slow once. */
static void train_short_ones_show_a_faster_link(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now;
	int i;

	now = acks(&t, 0, &una, 100, 2420);
	for (i = 0; i < 4; i++) {
		now = acks(&t, now + 10000, &una, 1, 0);
		una += 2 * MSS;
		now += 242;
		hps_train_ack(&t, now, una, MSS, MSS, false);
		una += MSS;
		hps_train_ack(&t, now + 40000, una, MSS, 0, false);
	}
	HPS_EXPECT(test, t.rate > 11900000 && t.rate < 12000000);
}

/* Its end is too short to be believed, when its middle told more. */
static void train_does_not_believe_the_end_of_a_long_one(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now = 0;
	int i;

	for (i = 0; i < 20; i++) {
		now = acks(&t, now + 10000, &una, 5, 242);
		una += 4 * MSS;
		now += 60;
		hps_train_ack(&t, now, una, MSS, 0, false);
	}
	HPS_EXPECT(test, t.rate > 11900000 && t.rate < 12000000);
}

/* Small messages now and then: never as much under way as the link takes. */
static void train_is_none_of_a_trickle(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		una += 60;
		hps_train_ack(&t, now += 100, una, MSS, 600, false);
	}
	HPS_EXPECT_EQ(test, t.rate, 0);
}

/* Once in a while acknowledgements come together that did not wait here. */
static void train_ignores_a_few_that_are_too_fast(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now = 0;
	int i;

	for (i = 0; i < 5; i++) {
		now = acks(&t, now, &una, 40, 242);
		now = acks(&t, now + 2420, &una, 10, 13);
		HPS_EXPECT(test, t.rate > 11900000 && t.rate < 13000000);
	}
}

/* A window of ten packets each round trip: not less than that. */
static void train_of_a_small_window(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now = 0;
	int i;

	for (i = 0; i < 20; i++)
		now = acks(&t, now + 38000, &una, 5, 242);
	HPS_EXPECT(test, t.rate > 290000 && t.rate < 12000000);
}

/* Those that waited together for the socket are not as fast as they look. */
static void train_does_not_begin_late(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now;
	int i;

	for (i = 0; i < 100; i++) {
		now = i / 10 * 2420 + i % 10 * 13;
		una += 2 * MSS;
		hps_train_ack(&t, now, una, MSS, 20 * MSS, true);
	}
	HPS_EXPECT_EQ(test, t.rate, 0);
}

/* The last packets of a train are lost, and it is noticed late. */
static void train_does_not_span_a_loss(struct kunit *test)
{
	struct hps_train t = {};
	u32 una = 0, now = 0;
	int i;

	for (i = 0; i < 40; i++) {
		now = acks(&t, now, &una, 3, 242) + 70000;
		hps_train_break(&t);
		now = acks(&t, now, &una, 2, 242);
	}
	HPS_EXPECT(test, t.rate > 11900000 && t.rate < 12000000);
}

static struct kunit_case cases[] = {
	HPS_CASE(train_unknown_at_first),
	HPS_CASE(train_gives_the_rate_of_the_link),
	HPS_CASE(train_of_a_burst),
	HPS_CASE(train_ignores_what_comes_at_once),
	HPS_CASE(train_forgets_a_faster_link),
	HPS_CASE(train_ends_before_a_late_ack),
	HPS_CASE(train_short_ones_show_a_faster_link),
	HPS_CASE(train_does_not_believe_the_end_of_a_long_one),
	HPS_CASE(train_is_none_of_a_trickle),
	HPS_CASE(train_ignores_a_few_that_are_too_fast),
	HPS_CASE(train_of_a_small_window),
	HPS_CASE(train_does_not_begin_late),
	HPS_CASE(train_does_not_span_a_loss),
	{}
};

HPS_SUITE(train, cases, NULL, NULL);
