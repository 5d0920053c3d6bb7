// SPDX-License-Identifier: GPL-2.0
/* Tests of xport/early.c. */
#include "hps_test.h"

#include <linux/string.h>

#include "../xport/early.c"

#define BASE	0xffffff00u	/* positions wrap within the first frames */
#define STREAM	8192

/* A stream of frames, of which some octets have arrived. */
struct fixture {
	u8		 octets[STREAM];
	bool		 here[STREAM];
	u32		 len;
	u32		 msn;
	struct hps_early e;
};

static int peek(void *source, u32 pos, void *to, u32 len)
{
	const struct fixture *f = source;
	u32 at = pos - BASE, i;

	if (at > STREAM || len > STREAM - at)
		return -EPROTO;
	for (i = 0; i < len; i++)
		if (!f->here[at + i])
			return -EPROTO;
	memcpy(to, f->octets + at, len);
	return 0;
}

static struct fixture *begin(void)
{
	static struct fixture fixture;	/* too much for the stack */
	struct fixture *f = &fixture;

	memset(f, 0, sizeof(*f));
	f->msn = 7;
	hps_early_init(&f->e, BASE, f->msn);
	return f;
}

/* Appends a frame that has @len octets behind its head. Returns where it begins. */
static u32 add(struct fixture *f, const void *message, u32 header, u32 len)
{
	u32 at = f->len;

	hps_frame_build((void *)(f->octets + at), len, f->msn++);
	memcpy(f->octets + at + sizeof(struct hps_frame), message, header);
	f->len += mpa_frame_size(HPS_ULPDU_HEAD + len);
	return at;
}

static u32 add_place(struct fixture *f, u32 payload)
{
	struct hps_place m;

	hps_place_build(&m, 0, 1000 * f->msn, 0, 0, 5, 64);
	return add(f, &m, sizeof(m), sizeof(m) + payload);
}

static u32 add_ack(struct fixture *f)
{
	struct hps_ack m;

	hps_ack_build(&m, 1, 2, 3);
	return add(f, &m, sizeof(m), sizeof(m));
}

static void arrive(struct fixture *f, u32 from, u32 to)
{
	memset(f->here + from, true, to - from);
}

static enum hps_early_walk walk(struct fixture *f)
{
	return hps_early_walk(&f->e, peek, f, BASE + f->len);
}

static void early_goes_from_head_to_head(struct kunit *test)
{
	struct fixture *f = begin();
	u32 a = add_place(f, 1000), b, c;

	add_ack(f);
	b = add_place(f, 501);
	c = add_place(f, 10);
	arrive(f, 0, f->len);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_DONE);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 3);
	HPS_EXPECT_EQ(test, f->e.next, BASE + f->len);
	HPS_EXPECT_EQ(test, f->e.msn, 11);
	HPS_EXPECT_EQ(test, f->e.frame[0].at, BASE + a);
	HPS_EXPECT_EQ(test, f->e.frame[1].at, BASE + b);
	HPS_EXPECT_EQ(test, f->e.frame[1].begin, BASE + b + 52);
	HPS_EXPECT_EQ(test, f->e.frame[1].payload, 501);
	HPS_EXPECT_EQ(test, f->e.frame[2].at, BASE + c);
}

/* Payload may be missing, the walk goes over the hole. */
static void early_goes_over_holes_in_payload(struct kunit *test)
{
	struct fixture *f = begin();
	u32 b;

	add_place(f, 1000);
	b = add_place(f, 1000);
	arrive(f, 0, 52);
	arrive(f, b, b + 52);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_DONE);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 2);
}

static void early_fails_once_at_a_lost_head(struct kunit *test)
{
	struct fixture *f = begin();
	u32 b, c;

	add_place(f, 100);
	b = add_place(f, 100);
	c = add_place(f, 100);
	arrive(f, 0, b);
	/* One octet of the head is enough to miss it. */
	arrive(f, b + 1, f->len);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_FAILED);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_DONE);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 1);
	arrive(f, b, b + 1);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_MORE);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 3);
	HPS_EXPECT_EQ(test, f->e.frame[2].at, BASE + c);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_DONE);
}

/* The end of what has arrived is no hole. */
static void early_waits_at_the_end(struct kunit *test)
{
	struct fixture *f = begin();
	u32 b;

	add_place(f, 100);
	b = add_place(f, 100);
	arrive(f, 0, b + 51);
	HPS_EXPECT_EQ(test, hps_early_walk(&f->e, peek, f, BASE + b + 51),
		      HPS_EARLY_DONE);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 1);
	arrive(f, b + 51, b + 52);
	HPS_EXPECT_EQ(test, hps_early_walk(&f->e, peek, f, BASE + b + 52),
		      HPS_EARLY_DONE);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 2);
}

static void early_stops_at_what_is_no_head(struct kunit *test)
{
	static const u32 broken[] = { 0, 2, 3, 7, 11, 12, 15, 19, 20, 22 };
	struct fixture *f;
	u32 b, i;

	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		f = begin();
		add_place(f, 100);
		b = add_place(f, 100);
		add_place(f, 100);
		/* The length 0, a bit that must not be set, an unknown type. */
		f->octets[b + broken[i]] = broken[i] ? 0xff : 0;
		if (!broken[i])
			f->octets[b + 1] = 0;
		arrive(f, 0, f->len);
		HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_FAILED);
		HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_DONE);
		HPS_EXPECT_EQ(test, f->e.nr_frames, 1);
		}
}

/* A frame within another's payload has not the number that is due, nor the place. */
static void early_wants_the_number_that_is_due(struct kunit *test)
{
	struct fixture *f = begin();

	add_place(f, 100);
	f->msn++;
	add_place(f, 100);
	arrive(f, 0, f->len);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_FAILED);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 1);
}

/* What comes behind belongs to another connection. */
static void early_stops_at_the_end_of_a_connection(struct kunit *test)
{
	struct fixture *f = begin();
	struct hps_fin m;

	add_place(f, 100);
	hps_finack_build(&m, 9);
	add(f, &m, sizeof(m), sizeof(m));
	add_place(f, 100);
	arrive(f, 0, f->len);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_DONE);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 1);
}

static void early_remembers_so_many_frames(struct kunit *test)
{
	struct fixture *f = begin();
	u32 i, at = 0;

	for (i = 0; i < HPS_EARLY_FRAMES + 5; i++)
		at = add_place(f, 20);
	HPS_REQUIRE(test, f->len <= STREAM);
	arrive(f, 0, f->len);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_DONE);
	HPS_EXPECT_EQ(test, f->e.nr_frames, HPS_EARLY_FRAMES);
	hps_early_pass(&f->e, f->e.frame[10].at, f->e.frame[10].at, 17);
	HPS_EXPECT_EQ(test, f->e.nr_frames, HPS_EARLY_FRAMES - 10);
	HPS_EXPECT_EQ(test, walk(f), HPS_EARLY_MORE);
	HPS_EXPECT_EQ(test, f->e.nr_frames, HPS_EARLY_FRAMES - 5);
	HPS_EXPECT_EQ(test, f->e.frame[f->e.nr_frames - 1].at, BASE + at);
}

static const struct hps_early_head *head_at(const struct fixture *f, u32 at)
{
	return (const void *)(f->octets + at);
}

static void early_keeps_what_turns_out_so(struct kunit *test)
{
	struct fixture *f = begin();
	u32 a = add_place(f, 1000), b = add_place(f, 1000), n = 100;
	u32 size = b - a;

	arrive(f, 0, f->len);
	walk(f);
	hps_early_note(&f->e, &f->e.frame[1], f->e.frame[1].begin + 100, 900);
	hps_early_begin(&f->e, BASE + a, size, 1000, head_at(f, a));
	HPS_EXPECT_EQ(test, f->e.nr_frames, 2);
	hps_early_begin(&f->e, BASE + b, size, 1000, head_at(f, b));
	HPS_EXPECT_EQ(test, f->e.nr_frames, 1);
	HPS_EXPECT(test, !hps_early_placed(&f->e, BASE + b + 52, &n));
	HPS_EXPECT_EQ(test, n, 100);
	n = 2000;
	HPS_EXPECT(test, hps_early_placed(&f->e, BASE + b + 152, &n));
}

/* TCP may have kept other octets of those that came twice. */
static void early_forgets_what_turns_out_otherwise(struct kunit *test)
{
	struct fixture *f = begin();
	u32 a = add_place(f, 1000), b = add_place(f, 1000), n = 1000;
	u32 size = b - a;

	arrive(f, 0, f->len);
	walk(f);
	hps_early_note(&f->e, &f->e.frame[1], f->e.frame[1].begin, 1000);
	hps_early_begin(&f->e, BASE + a, size, 1000, head_at(f, a));
	/* the place in the region */
	f->octets[b + 51] ^= 8;
	hps_early_begin(&f->e, BASE + b, size, 1000, head_at(f, b));
	HPS_EXPECT_EQ(test, f->e.nr_frames, 1);
	HPS_EXPECT_EQ(test, f->e.nr_runs, 0);
	HPS_EXPECT(test, !hps_early_placed(&f->e, BASE + b + 52, &n));
	HPS_EXPECT_EQ(test, n, 1000);
	HPS_EXPECT_EQ(test, f->e.next, BASE + f->len);
}

static void early_runs_become_one(struct kunit *test)
{
	struct fixture *f = begin();
	const struct hps_early_frame *x = &f->e.frame[0], *y = &f->e.frame[1];
	u32 pos, n;

	add_place(f, 1000);
	add_place(f, 1001);
	arrive(f, 0, f->len);
	walk(f);
	hps_early_note(&f->e, x, x->begin + 500, 100);
	hps_early_note(&f->e, x, x->begin + 300, 100);
	HPS_EXPECT_EQ(test, f->e.nr_runs, 2);
	HPS_EXPECT_EQ(test, f->e.run[0].begin, x->begin + 300);
	pos = x->begin;
	n = 1000;
	HPS_EXPECT(test, hps_early_missing(&f->e, &pos, &n));
	HPS_EXPECT_EQ(test, n, 300);
	pos = x->begin + 350;
	n = 1000;
	HPS_EXPECT(test, hps_early_missing(&f->e, &pos, &n));
	HPS_EXPECT_EQ(test, pos, x->begin + 400);
	HPS_EXPECT_EQ(test, n, 100);
	hps_early_note(&f->e, x, x->begin + 400, 100);
	HPS_EXPECT_EQ(test, f->e.nr_runs, 1);
	/* Over the trailer and the next head, too. */
	hps_early_note(&f->e, y, y->begin, 10);
	HPS_EXPECT_EQ(test, f->e.nr_runs, 2);
	hps_early_note(&f->e, x, x->begin + 600, 400);
	HPS_EXPECT_EQ(test, f->e.nr_runs, 1);
	HPS_EXPECT_EQ(test, f->e.run[0].begin, x->begin + 300);
	HPS_EXPECT_EQ(test, f->e.run[0].end, y->begin + 10);
}

static void early_remembers_so_many_runs(struct kunit *test)
{
	struct fixture *f = begin();
	const struct hps_early_frame *x = &f->e.frame[0];
	u32 i, n = 10;

	add_place(f, 4000);
	arrive(f, 0, f->len);
	walk(f);
	for (i = 0; i < HPS_EARLY_RUNS; i++) {
		HPS_EXPECT(test, !hps_early_full(&f->e));
		hps_early_note(&f->e, x, x->begin + 20 + 100 * i, 10);
	}
	HPS_EXPECT(test, hps_early_full(&f->e));
	hps_early_note(&f->e, x, x->begin, 10);
	HPS_EXPECT_EQ(test, f->e.nr_runs, HPS_EARLY_RUNS);
	HPS_EXPECT(test, !hps_early_placed(&f->e, x->begin, &n));
	hps_early_pass(&f->e, x->begin + 35, BASE + f->len, 8);
	HPS_EXPECT_EQ(test, f->e.nr_runs, HPS_EARLY_RUNS - 1);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 1);
	hps_early_pass(&f->e, BASE + f->len, BASE + f->len, 8);
	HPS_EXPECT_EQ(test, f->e.nr_runs, 0);
	HPS_EXPECT_EQ(test, f->e.nr_frames, 0);
}

/* Runs against a map of octets. */
static void early_runs_at_random(struct kunit *test)
{
	struct hps_random r = { .state = 11 };
	struct fixture *f = begin();
	const struct hps_early_frame *x = &f->e.frame[0];
	u32 i, from, n, pos, len;

	add_place(f, 300);
	walk(f);
	arrive(f, 0, f->len);
	walk(f);
	memset(f->here, 0, sizeof(f->here));
	for (i = 0; i < 2000; i++) {
		from = hps_random_below(&r, 300);
		n = 1 + hps_random_below(&r, 300 - from);
		if (n > 9)
			n = 1 + n % 9;
		if (!hps_early_full(&f->e)) {
			hps_early_note(&f->e, x, x->begin + from, n);
			arrive(f, from, from + n);
		}
		HPS_REQUIRE(test, f->e.nr_runs <= HPS_EARLY_RUNS);
		pos = hps_random_below(&r, 300);
		len = 300 - pos;
		from = pos;
		n = hps_early_placed(&f->e, x->begin + pos, &len);
		for (; from < pos + len; from++)
			HPS_REQUIRE(test, f->here[from] == n);
		HPS_REQUIRE(test, from == 300 || f->here[from] != n);
		if (i % 100 == 99) {
			f->e.nr_runs = 0;
			memset(f->here, 0, sizeof(f->here));
		}
	}
}

/* Any octets, any holes: it stays within what it was given. */
static void early_walks_over_anything(struct kunit *test)
{
	struct hps_random r = { .state = 12 };
	struct fixture *f;
	u32 i, n, at;

	for (i = 0; i < 500; i++) {
		f = begin();
		for (n = 0; n < 60 && f->len < STREAM - 200; n++)
			add_place(f, hps_random_below(&r, 60));
		arrive(f, 0, f->len);
		for (n = hps_random_below(&r, 20); n; n--) {
			at = hps_random_below(&r, f->len);
			if (hps_random_below(&r, 2))
				f->octets[at] = hps_random(&r);
			else
				f->here[at] = false;
		}
		walk(f);
		walk(f);
		HPS_REQUIRE(test, f->e.nr_frames <= HPS_EARLY_FRAMES);
		for (n = 0; n < f->e.nr_frames; n++) {
			const struct hps_early_frame *x = &f->e.frame[n];

			HPS_REQUIRE(test, x->payload &&
				    x->begin - x->at + x->payload <= x->size);
			HPS_REQUIRE(test, !n || x->at - BASE >=
				    f->e.frame[n - 1].at - BASE +
				    f->e.frame[n - 1].size);
		}
		}
}

static void early_finds_the_frame(struct kunit *test)
{
	struct fixture *f = begin();
	u32 b;

	add_place(f, 100);
	b = add_place(f, 100);
	arrive(f, 0, f->len);
	walk(f);
	HPS_EXPECT(test, hps_early_find(&f->e, BASE - 50) == &f->e.frame[0]);
	HPS_EXPECT(test, hps_early_find(&f->e, BASE + 151) == &f->e.frame[0]);
	HPS_EXPECT(test, hps_early_find(&f->e, BASE + 152) == &f->e.frame[1]);
	HPS_EXPECT(test, hps_early_find(&f->e, BASE + b + 60) == &f->e.frame[1]);
	HPS_EXPECT(test, !hps_early_find(&f->e, BASE + b + 152));
}

static struct kunit_case cases[] = {
	HPS_CASE(early_goes_from_head_to_head),
	HPS_CASE(early_goes_over_holes_in_payload),
	HPS_CASE(early_fails_once_at_a_lost_head),
	HPS_CASE(early_waits_at_the_end),
	HPS_CASE(early_stops_at_what_is_no_head),
	HPS_CASE(early_wants_the_number_that_is_due),
	HPS_CASE(early_stops_at_the_end_of_a_connection),
	HPS_CASE(early_remembers_so_many_frames),
	HPS_CASE(early_keeps_what_turns_out_so),
	HPS_CASE(early_forgets_what_turns_out_otherwise),
	HPS_CASE(early_runs_become_one),
	HPS_CASE(early_remembers_so_many_runs),
	HPS_CASE(early_runs_at_random),
	HPS_CASE(early_walks_over_anything),
	HPS_CASE(early_finds_the_frame),
	{}
};

HPS_SUITE(early, cases, NULL, NULL);
