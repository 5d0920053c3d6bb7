// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/ring.c. */
#include "hps_test.h"

#include "../conn/ring.c"

static struct hps_ring ring_at(u32 entries, u32 produced)
{
	return (struct hps_ring) { .entries = entries, .produced = produced };
}

/* How many more can be promised; they are. */
static u32 reserve_all(struct hps_ring *r, u32 consumed)
{
	u32 n = 0;

	while (n <= r->entries && hps_ring_reserve(r, consumed))
		n++;

	return n;
}

static void ring_becomes_a_power_of_two(struct kunit *test)
{
	static const u32 sizes[][2] = {
		{ 1, 1 }, { 2, 2 }, { 3, 4 }, { 4, 4 }, { 5, 8 },
		{ 1000, 1024 }, { 32769, 65536 }, { 65535, 65536 },
		{ 65536, 65536 },
	};
	struct hps_ring r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		r = (struct hps_ring) { .produced = 7, .reserved = 7 };
		HPS_EXPECT_EQ(test, hps_ring_init(&r, sizes[i][0]), 0);
		HPS_EXPECT_EQ(test, r.entries, sizes[i][1]);
		HPS_EXPECT_EQ(test, r.produced, 0);
		HPS_EXPECT_EQ(test, r.reserved, 0);
	}
}

static void ring_refuses_sizes(struct kunit *test)
{
	static const u32 sizes[] = { 0, HPS_DIRECT_QUEUE_MAX + 1, 1U << 31,
				     U32_MAX };
	struct hps_ring r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		HPS_EXPECT_EQ(test, hps_ring_init(&r, sizes[i]), -EINVAL);
}

static void ring_promises_what_it_holds(struct kunit *test)
{
	struct hps_ring r = ring_at(8, 0);

	HPS_EXPECT_EQ(test, reserve_all(&r, 0), 8);
	HPS_EXPECT_EQ(test, r.reserved, 8);
}

static void ring_of_one(struct kunit *test)
{
	struct hps_ring r = ring_at(1, 0);
	u32 n;

	for (n = 0; n < 3; n++) {
		HPS_EXPECT_EQ(test, reserve_all(&r, n), 1);
		HPS_EXPECT_EQ(test, hps_ring_produce(&r), 0);
		HPS_EXPECT_EQ(test, reserve_all(&r, n), 0);
	}
}

/* What is in it counts as what is promised does. */
static void ring_full_of_both(struct kunit *test)
{
	struct hps_ring r = ring_at(8, 0);
	int i;

	HPS_EXPECT_EQ(test, reserve_all(&r, 0), 8);
	for (i = 0; i < 5; i++)
		hps_ring_produce(&r);
	HPS_EXPECT_EQ(test, r.reserved, 3);
	HPS_EXPECT_EQ(test, reserve_all(&r, 0), 0);
	HPS_EXPECT_EQ(test, reserve_all(&r, 2), 2);
	HPS_EXPECT_EQ(test, reserve_all(&r, 5), 3);
	HPS_EXPECT_EQ(test, r.reserved, 8);
}

static void ring_gives_promises_back(struct kunit *test)
{
	struct hps_ring r = ring_at(4, 0);

	reserve_all(&r, 0);
	hps_ring_cancel(&r);
	HPS_EXPECT_EQ(test, r.produced, 0);
	HPS_EXPECT_EQ(test, reserve_all(&r, 0), 1);
}

static void ring_entries_in_turn(struct kunit *test)
{
	struct hps_ring r = ring_at(4, 0);
	u32 n;

	for (n = 0; n < 11; n++) {
		HPS_EXPECT(test, hps_ring_reserve(&r, n));
		HPS_EXPECT_EQ(test, hps_ring_produce(&r), n % 4);
		HPS_EXPECT_EQ(test, r.produced, n + 1);
	}
}

/* The numbers wrap at 2^32: room, entries and readiness know nothing of it. */
static void ring_numbers_wrap(struct kunit *test)
{
	struct hps_ring r = ring_at(8, U32_MAX - 3);
	u32 consumed = U32_MAX - 3, n;

	HPS_EXPECT(test, !hps_ring_readable(&r, consumed));
	HPS_EXPECT_EQ(test, reserve_all(&r, consumed), 8);
	for (n = 0; n < 8; n++) {
		HPS_EXPECT_EQ(test, hps_ring_produce(&r), (4 + n) % 8);
		HPS_EXPECT(test, hps_ring_readable(&r, consumed));
	}
	HPS_EXPECT_EQ(test, r.produced, 4);
	HPS_EXPECT_EQ(test, reserve_all(&r, consumed), 0);
	HPS_EXPECT_EQ(test, reserve_all(&r, U32_MAX), 3);
	HPS_EXPECT_EQ(test, reserve_all(&r, 0), 1);
	HPS_EXPECT_EQ(test, reserve_all(&r, 4), 4);
	HPS_EXPECT(test, hps_ring_readable(&r, 3));
	HPS_EXPECT(test, !hps_ring_readable(&r, 4));
}

static void ring_consumed_ahead(struct kunit *test)
{
	static const u32 ahead[] = { 1, 4, 8, 1000, 0x7fffffff, 0x80000000,
				     U32_MAX - 8 };
	struct hps_ring r = ring_at(8, 100);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ahead); i++) {
		HPS_EXPECT_EQ(test, reserve_all(&r, 100 + ahead[i]), 0);
		/* Poll says so at once, and the program looks. */
		HPS_EXPECT(test, hps_ring_readable(&r, 100 + ahead[i]));
	}
	/* Once it is put right, all is well again. */
	HPS_EXPECT_EQ(test, reserve_all(&r, 100), 8);
}

static void ring_consumed_far_behind(struct kunit *test)
{
	struct hps_ring r = ring_at(8, 100);

	HPS_EXPECT_EQ(test, reserve_all(&r, 91), 0);
	HPS_EXPECT_EQ(test, reserve_all(&r, 92), 0);
	HPS_EXPECT_EQ(test, reserve_all(&r, 93), 1);
}

/* What is promised stays within what the queue can hold, whatever is said between. */
static void ring_promises_despite_lies(struct kunit *test)
{
	struct hps_ring r = ring_at(8, 3);

	HPS_EXPECT_EQ(test, reserve_all(&r, 0), 5);
	HPS_EXPECT_EQ(test, reserve_all(&r, 3), 3);
	/* All of the promises stand, and now nothing was consumed. */
	HPS_EXPECT_EQ(test, reserve_all(&r, 0), 0);
	HPS_EXPECT_EQ(test, reserve_all(&r, 3 - 8), 0);
	HPS_EXPECT_EQ(test, r.reserved, 8);
}

#ifndef __KERNEL__ /* where its warnings would fail the run */
static void ring_without_a_promise(struct kunit *test)
{
	struct hps_ring r = ring_at(8, 0);
	unsigned int before = shim_warnings;

	hps_ring_cancel(&r);
	HPS_EXPECT_EQ(test, r.reserved, 0);
	HPS_EXPECT_EQ(test, hps_ring_produce(&r), 0);
	HPS_EXPECT_EQ(test, r.reserved, 0);
	HPS_EXPECT_EQ(test, r.produced, 1);
	HPS_EXPECT_EQ(test, shim_warnings, before + 2);
	shim_warnings = before;
}
#endif

/* An honest program: each completion comes once, in order, none is written over
 * before it was read.
 */
static void ring_random_honest(struct kunit *test)
{
	struct hps_random rnd = { .state = 4711 };
	u32 content[16], consumed = U32_MAX - 1000, next = consumed;
	struct hps_ring r = ring_at(ARRAY_SIZE(content), consumed);
	int round, full = 0, done = 0;

	for (round = 0; round < 100000; round++) {
		switch (hps_random_below(&rnd, 8)) {
		case 0 ... 2:
			full += !hps_ring_reserve(&r, consumed);
			break;
		case 3:
			if (r.reserved)
				hps_ring_cancel(&r);
			break;
		case 4 ... 5:
			if (!r.reserved)
				break;
			next = r.produced;
			content[hps_ring_produce(&r)] = next;
			break;
		default:
			if (!hps_ring_readable(&r, consumed))
				break;
			HPS_REQUIRE(test, content[consumed % 16] == consumed);
			consumed++;
			done++;
		}
		HPS_REQUIRE(test, r.produced - consumed + r.reserved <= 16);
	}
	HPS_EXPECT(test, full > 100);
	HPS_EXPECT(test, done > 10000);
}

/* One that says anything: no entry outside, no promise too many. */
static void ring_random_hostile(struct kunit *test)
{
	struct hps_random rnd = { .state = 815 };
	struct hps_ring r;
	int round, got = 0;

	HPS_EXPECT_EQ(test, hps_ring_init(&r, 64), 0);
	for (round = 0; round < 100000; round++) {
		u32 consumed = hps_random_below(&rnd, 2) ? hps_random(&rnd) :
			       r.produced + 80 - hps_random_below(&rnd, 160);
		u32 before = r.produced;

		got += hps_ring_reserve(&r, consumed);
		HPS_REQUIRE(test, r.reserved <= 64);
		if (!r.reserved || hps_random_below(&rnd, 4))
			continue;
		HPS_REQUIRE(test, hps_ring_produce(&r) < 64);
		HPS_REQUIRE(test, r.produced == before + 1);
	}
	HPS_EXPECT(test, got > 10000);
}

static struct kunit_case cases[] = {
	HPS_CASE(ring_becomes_a_power_of_two),
	HPS_CASE(ring_refuses_sizes),
	HPS_CASE(ring_promises_what_it_holds),
	HPS_CASE(ring_of_one),
	HPS_CASE(ring_full_of_both),
	HPS_CASE(ring_gives_promises_back),
	HPS_CASE(ring_entries_in_turn),
	HPS_CASE(ring_numbers_wrap),
	HPS_CASE(ring_consumed_ahead),
	HPS_CASE(ring_consumed_far_behind),
	HPS_CASE(ring_promises_despite_lies),
#ifndef __KERNEL__
	HPS_CASE(ring_without_a_promise),
#endif
	HPS_CASE(ring_random_honest),
	HPS_CASE(ring_random_hostile),
	{}
};

HPS_SUITE(ring, cases, NULL, NULL);
