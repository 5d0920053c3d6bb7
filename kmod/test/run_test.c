// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/run.c. */
#include "hps_test.h"

#include "../conn/run.c"

#define LONGEST	1000	/* octets of a piece */

/* A stretch of 10000 octets with a mark, in the middle of a stream. */
static struct hps_run stretch(u8 copies)
{
	return (struct hps_run) {
		.off = 5000, .end = 15000, .mark = true, .copies = copies,
	};
}

/* The path's next piece, which it sends. False if there is none. */
static bool send_piece(struct hps_run *run, u8 path, u64 una,
		       struct hps_run_piece *piece)
{
	if (hps_run_next(run, path, true, una, LONGEST, piece) < 0)
		return false;
	hps_run_sent(run, path, piece->off,
		     piece->off + piece->len + piece->mark);
	return true;
}

static void expect_piece(struct kunit *test, struct hps_run *run, u8 path,
			 u64 una, u64 off, u32 len, bool mark)
{
	struct hps_run_piece piece;

	HPS_REQUIRE(test, send_piece(run, path, una, &piece));
	HPS_EXPECT_EQ(test, piece.off, off);
	HPS_EXPECT_EQ(test, piece.len, len);
	HPS_EXPECT_EQ(test, piece.mark, mark);
}

static void run_begins_at_opposite_ends(struct kunit *test)
{
	struct hps_run run = stretch(4);

	expect_piece(test, &run, 7, 5000, 5000, LONGEST, false);
	expect_piece(test, &run, 3, 5000, 14000, LONGEST, true);
	expect_piece(test, &run, 0, 5000, 5000, LONGEST, false);
	expect_piece(test, &run, 9, 5000, 14000, LONGEST, true);
	/* and so they go on */
	expect_piece(test, &run, 7, 5000, 6000, LONGEST, false);
	expect_piece(test, &run, 3, 5000, 13000, LONGEST, false);
}

static void run_place_by_its_number(struct kunit *test)
{
	struct hps_run run = stretch(2);
	struct hps_run_piece piece;

	HPS_EXPECT_EQ(test, hps_run_next(&run, 7, true, 0, LONGEST, &piece), 0);
	HPS_EXPECT_EQ(test, hps_run_next(&run, 3, true, 0, LONGEST, &piece), 1);
	HPS_EXPECT_EQ(test, hps_run_next(&run, 7, true, 0, LONGEST, &piece), 0);
}

static void run_over_no_more_than_copies(struct kunit *test)
{
	struct hps_run run = stretch(2);
	struct hps_run_piece piece;

	HPS_EXPECT(test, send_piece(&run, 0, 0, &piece));
	HPS_EXPECT(test, send_piece(&run, 1, 0, &piece));
	HPS_EXPECT(test, !send_piece(&run, 2, 0, &piece));
}

/* A path that shall carry nothing new ends what it has begun. */
static void run_begins_only_if_it_may(struct kunit *test)
{
	struct hps_run run = stretch(2);
	struct hps_run_piece piece;

	HPS_EXPECT(test, hps_run_next(&run, 0, false, 0, LONGEST, &piece) < 0);
	HPS_EXPECT(test, send_piece(&run, 0, 0, &piece));
	HPS_EXPECT(test, hps_run_next(&run, 0, false, 0, LONGEST, &piece) == 0);
}

/* Nothing is acknowledged: each path sends each octet once, and the mark with the
 * last of them.
 */
static void run_goes_whole_over_each(struct kunit *test)
{
	static u8 seen[10000];
	struct hps_run run = stretch(HPS_COPIES_MAX);
	struct hps_random r = { 1 };
	struct hps_run_piece piece;
	unsigned int path, i, marks;

	for (path = 0; path < HPS_COPIES_MAX; path++) {
		memset(seen, 0, sizeof(seen));
		marks = 0;
		while (hps_run_next(&run, path, true, 0, 1 + hps_random(&r) % 3000,
				    &piece) >= 0) {
			HPS_REQUIRE(test, piece.off >= 5000 &&
				    piece.off + piece.len <= 15000 && piece.len);
			for (i = 0; i < piece.len; i++)
				seen[piece.off - 5000 + i]++;
			HPS_EXPECT(test, !piece.mark ||
				   piece.off + piece.len == 15000);
			marks += piece.mark;
			hps_run_sent(&run, path, piece.off,
				     piece.off + piece.len + piece.mark);
		}
		HPS_EXPECT_EQ(test, marks, 1);
		for (i = 0; i < sizeof(seen); i++)
			HPS_REQUIRE(test, seen[i] == 1);
	}
	HPS_EXPECT_EQ(test, hps_run_unsent(&run), 0);
}

/* A message that does not fit was cut: from the front at its end, from the back at
 * its beginning.
 */
static void run_goes_on_where_a_piece_was_cut(struct kunit *test)
{
	struct hps_run run = stretch(2);
	struct hps_run_piece piece;

	hps_run_next(&run, 0, true, 0, LONGEST, &piece);
	HPS_EXPECT(test, hps_run_sent(&run, 0, 5000, 5300));
	hps_run_next(&run, 1, true, 0, LONGEST, &piece);
	HPS_EXPECT(test, hps_run_sent(&run, 1, 14900, 15001));
	expect_piece(test, &run, 0, 5000, 5300, LONGEST, false);
	expect_piece(test, &run, 1, 5000, 13900, LONGEST, false);
}

static void run_does_not_send_what_has_arrived(struct kunit *test)
{
	struct hps_run run = stretch(2);
	struct hps_run_piece piece;

	expect_piece(test, &run, 0, 5000, 5000, LONGEST, false);
	expect_piece(test, &run, 1, 5000, 14000, LONGEST, true);
	expect_piece(test, &run, 0, 9000, 9000, LONGEST, false);
	expect_piece(test, &run, 1, 13500, 13500, 500, false);
	HPS_EXPECT(test, !send_piece(&run, 1, 13500, &piece));
	/* who begins late has less to do */
	hps_run_leave(&run, 0);
	expect_piece(test, &run, 5, 13500, 13500, LONGEST, false);
}

/* They have met when half is unsent, which is withdrawn. */
static void run_unsent_is_what_each_has_left(struct kunit *test)
{
	struct hps_run run = stretch(2);
	int i;

	HPS_EXPECT_EQ(test, hps_run_unsent(&run), 0);
	for (i = 0; i < 5; i++) {
		expect_piece(test, &run, 0, 5000, 5000 + i * LONGEST, LONGEST,
			     false);
		expect_piece(test, &run, 1, 5000, 14000 - i * LONGEST, LONGEST,
			     !i);
	}
	/* the path at the front has the mark left as well */
	HPS_EXPECT_EQ(test, hps_run_unsent(&run), 10001);
	/* the other one goes: nobody withdraws what it had left */
	hps_run_leave(&run, 1);
	HPS_EXPECT_EQ(test, hps_run_unsent(&run), 5001);
}

/* Whoever takes the place of a path that was lost begins afresh, at its end. */
static void run_gives_a_free_place_away(struct kunit *test)
{
	struct hps_run run = stretch(2);
	struct hps_run_piece piece;

	expect_piece(test, &run, 0, 5000, 5000, LONGEST, false);
	expect_piece(test, &run, 1, 5000, 14000, LONGEST, true);
	expect_piece(test, &run, 1, 5000, 13000, LONGEST, false);
	HPS_EXPECT(test, !send_piece(&run, 2, 5000, &piece));
	hps_run_leave(&run, 1);
	expect_piece(test, &run, 2, 5000, 14000, LONGEST, true);
	expect_piece(test, &run, 0, 5000, 6000, LONGEST, false);
}

/* A record of no length is its mark alone. */
static void run_of_a_lone_mark(struct kunit *test)
{
	struct hps_run run = {
		.off = 5000, .end = 5000, .mark = true, .copies = 2,
	};
	struct hps_run_piece piece;

	expect_piece(test, &run, 0, 5000, 5000, 0, true);
	expect_piece(test, &run, 1, 5000, 5000, 0, true);
	HPS_EXPECT(test, !send_piece(&run, 0, 5000, &piece));
	HPS_EXPECT(test, !send_piece(&run, 1, 5000, &piece));
}

static void run_knows_its_pieces(struct kunit *test)
{
	struct hps_run run = stretch(2);

	HPS_EXPECT(test, !hps_run_sent(&run, 0, 4000, 5000));
	HPS_EXPECT(test, hps_run_sent(&run, 0, 5000, 6000));
	/* the mark's number */
	HPS_EXPECT(test, hps_run_sent(&run, 0, 15000, 15001));
	HPS_EXPECT(test, !hps_run_sent(&run, 0, 15001, 15002));
}

static struct kunit_case cases[] = {
	HPS_CASE(run_begins_at_opposite_ends),
	HPS_CASE(run_place_by_its_number),
	HPS_CASE(run_over_no_more_than_copies),
	HPS_CASE(run_begins_only_if_it_may),
	HPS_CASE(run_goes_whole_over_each),
	HPS_CASE(run_goes_on_where_a_piece_was_cut),
	HPS_CASE(run_does_not_send_what_has_arrived),
	HPS_CASE(run_unsent_is_what_each_has_left),
	HPS_CASE(run_gives_a_free_place_away),
	HPS_CASE(run_of_a_lone_mark),
	HPS_CASE(run_knows_its_pieces),
	{}
};

HPS_SUITE(run, cases, NULL, NULL);
