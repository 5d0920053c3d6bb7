// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/autobuf.c. */
#include "hps_test.h"

#include "../conn/autobuf.c"

#define KIB	1024
#define MIB	(1024 * KIB)

/* A reader that takes @rate octets per millisecond at most, a sender that a
 * buffer allows so much per round trip: where does the buffer end?
 */
static u32 settle(u32 buffer, u32 rtt_ms, u32 rate, u32 most)
{
	struct hps_autobuf a = {};
	u64 consumed = 0;
	u32 ms;

	for (ms = 1; ms < 5000; ms++) {
		consumed += min_t(u64, rate, buffer / rtt_ms);
		if (hps_autobuf_is_due(&a, consumed, buffer))
			buffer = hps_autobuf_receive(&a, consumed, ms * 1000ULL,
						     rtt_ms * 1000, buffer,
						     most);
	}
	return buffer;
}

static void autobuf_grows_to_twice_the_pipe(struct kunit *test)
{
	/* 200 Mbit/s, 200 ms: 5 MB */
	u32 end = settle(2 * MIB, 200, 25000, 64 * MIB);

	HPS_EXPECT(test, end >= 9500000);
	HPS_EXPECT(test, end <= 2 * 5000000 + SPARE + 100000);
}

static void autobuf_does_not_grow_without_need(struct kunit *test)
{
	HPS_EXPECT_EQ(test, settle(2 * MIB, 1, 12500, 64 * MIB), 2 * MIB);
	HPS_EXPECT_EQ(test, settle(2 * MIB, 200, 100, 64 * MIB), 2 * MIB);
}

static void autobuf_stops_at_the_bound(struct kunit *test)
{
	HPS_EXPECT_EQ(test, settle(2 * MIB, 200, 250000, 16 * MIB), 16 * MIB);
	HPS_EXPECT_EQ(test, settle(2 * MIB, 200, 250000, MIB), 2 * MIB);
}

static void autobuf_waits_for_a_round_trip(struct kunit *test)
{
	struct hps_autobuf a = {};

	HPS_EXPECT_EQ(test, hps_autobuf_receive(&a, MIB, 999, 1000, MIB,
						8 * MIB), MIB);
	HPS_EXPECT_EQ(test, a.begin, 0);
	HPS_EXPECT_EQ(test, hps_autobuf_receive(&a, MIB, 1000, 1000, MIB,
						8 * MIB), 2 * MIB + SPARE);
	HPS_EXPECT_EQ(test, a.begin, MIB);
}

/* What was taken meanwhile does not count for the time after. */
static void autobuf_begins_when_a_round_trip_is_known(struct kunit *test)
{
	struct hps_autobuf a = {};

	HPS_EXPECT_EQ(test, hps_autobuf_receive(&a, 100 * MIB, 1000, 0, MIB,
						8 * MIB), MIB);
	HPS_EXPECT_EQ(test, a.begin, 100 * MIB);
	HPS_EXPECT_EQ(test, a.since, 1000);
	HPS_EXPECT_EQ(test, hps_autobuf_receive(&a, 100 * MIB + 4096, 2000, 1000,
						MIB, 8 * MIB), MIB);
}

/* Products stay within 64 bits. */
static void autobuf_bears_large_numbers(struct kunit *test)
{
	struct hps_autobuf a = {};

	HPS_EXPECT_EQ(test, hps_autobuf_receive(&a, BIT_ULL(62), U32_MAX,
						U32_MAX, MIB, 8 * MIB), 8 * MIB);
	HPS_EXPECT_EQ(test, hps_autobuf_receive(&a, BIT_ULL(63), BIT_ULL(62),
						U32_MAX, MIB, 8 * MIB), MIB);
}

/* A pause is not a slow reader for ever after. */
static void autobuf_pause(struct kunit *test)
{
	struct hps_autobuf a = {};
	u32 b;

	b = hps_autobuf_receive(&a, MIB, 1000000000, 1000, MIB, 8 * MIB);
	HPS_EXPECT_EQ(test, b, MIB);
	b = hps_autobuf_receive(&a, 2 * MIB, 1000001000, 1000, MIB, 8 * MIB);
	HPS_EXPECT(test, b > MIB);
}

/* A buffer that is full of large chunks, @sent of them in transit. */
static u32 send(u32 sent, u32 limit, u32 most)
{
	return hps_autobuf_send(limit, limit, sent, limit, most);
}

static void autobuf_send_grows_when_in_transit(struct kunit *test)
{
	HPS_EXPECT_EQ(test, send(100 * KIB, MIB, 8 * MIB), MIB);
	HPS_EXPECT_EQ(test, send(MIB / 2, MIB, 8 * MIB), MIB);
	HPS_EXPECT_EQ(test, send(MIB / 4 * 3, MIB, 8 * MIB), 2 * MIB);
	HPS_EXPECT_EQ(test, send(7 * MIB, 7 * MIB, 8 * MIB), 8 * MIB);
	HPS_EXPECT_EQ(test, send(2 * MIB, 2 * MIB, MIB), 2 * MIB);
}

/* Most of the memory is not payload. */
static void autobuf_send_grows_for_small_chunks(struct kunit *test)
{
	u32 written = MIB / 300 * 200;

	HPS_EXPECT_EQ(test, hps_autobuf_send(MIB, written, written, MIB, 8 * MIB),
		      2 * MIB);
	HPS_EXPECT_EQ(test, hps_autobuf_send(MIB, written, written / 2, MIB,
					     8 * MIB), MIB);
	HPS_EXPECT_EQ(test, hps_autobuf_send(MIB, 9000, 9000, MIB, 8 * MIB),
		      2 * MIB);
	HPS_EXPECT_EQ(test, hps_autobuf_send(MIB, 9000, 4500, MIB, 8 * MIB), MIB);
	/* A record that does not fit is to come. */
	HPS_EXPECT_EQ(test, hps_autobuf_send(0, 0, 0, MIB, 8 * MIB), MIB);
}

static struct kunit_case cases[] = {
	HPS_CASE(autobuf_grows_to_twice_the_pipe),
	HPS_CASE(autobuf_does_not_grow_without_need),
	HPS_CASE(autobuf_stops_at_the_bound),
	HPS_CASE(autobuf_waits_for_a_round_trip),
	HPS_CASE(autobuf_begins_when_a_round_trip_is_known),
	HPS_CASE(autobuf_bears_large_numbers),
	HPS_CASE(autobuf_pause),
	HPS_CASE(autobuf_send_grows_when_in_transit),
	HPS_CASE(autobuf_send_grows_for_small_chunks),
	{}
};

HPS_SUITE(autobuf, cases, NULL, NULL);
