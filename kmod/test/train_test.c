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
		hps_train_ack(t, now, *una, MSS, false);
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
		hps_train_ack(&t, now, una, MSS, true);
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

static struct kunit_case cases[] = {
	HPS_CASE(train_unknown_at_first),
	HPS_CASE(train_gives_the_rate_of_the_link),
	HPS_CASE(train_of_a_burst),
	HPS_CASE(train_ignores_what_comes_at_once),
	HPS_CASE(train_forgets_a_faster_link),
	{}
};

HPS_SUITE(train, cases, NULL, NULL);
