// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/reasm.c with placed octets; reasm_test.c has those of reading. */
#include "hps_test.h"

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../conn/credit.h"
#include "../conn/reasm.h"
#include "../wire.h"

static int suite_init(struct kunit_suite *suite)
{
	return hps_reasm_cache_init();
}

static void suite_exit(struct kunit_suite *suite)
{
	hps_reasm_cache_exit();
}

struct fixture {
	struct hps_reasm r;
	struct hps_rxq	 q;
	u32		 pos;		/* in @q, of what comes next */
	u32		 fresh;
};

static void begin(struct fixture *f)
{
	hps_reasm_init(&f->r);
	hps_rxq_init(&f->q);
	f->pos = 0;
}

static int insert(struct fixture *f, u64 off, u32 len)
{
	int err = hps_reasm_insert(&f->r, &f->q, off, len, f->pos, false,
				   &f->fresh);

	f->pos += len + 44;

	return err;
}

static int insert_mark(struct fixture *f, u64 off)
{
	return hps_reasm_insert(&f->r, &f->q, off, 1, 0, true, &f->fresh);
}

static int place(struct fixture *f, u64 off, u32 len)
{
	return hps_reasm_place(&f->r, off, len);
}

static void end(struct kunit *test, struct fixture *f)
{
	hps_reasm_purge(&f->r);
	HPS_EXPECT_EQ(test, f->r.count, 0);
	HPS_EXPECT_EQ(test, f->r.cost, 0);
	HPS_EXPECT_EQ(test, f->r.ready, 0);
	HPS_EXPECT_EQ(test, f->r.placed, 0);
	HPS_EXPECT_EQ(test, f->r.next, f->r.frontier);
}

static void placed_in_order_is_read(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	HPS_EXPECT_EQ(test, place(&f, 0, 1000), 0);
	HPS_EXPECT_EQ(test, place(&f, 1000, 500), 0);
	HPS_EXPECT_EQ(test, f.r.next, 1500);
	HPS_EXPECT_EQ(test, f.r.frontier, 1500);
	HPS_EXPECT_EQ(test, f.r.count, 0);
	/* It does not come again as data. */
	HPS_EXPECT_EQ(test, insert(&f, 900, 700), 0);
	HPS_EXPECT_EQ(test, f.fresh, 100);
	end(test, &f);
}

static void placed_waits_for_the_reader(struct kunit *test)
{
	struct hps_extent *e;
	struct fixture f;

	begin(&f);
	insert(&f, 0, 100);
	place(&f, 100, 1000);
	insert(&f, 1100, 10);
	HPS_EXPECT_EQ(test, f.r.next, 0);
	HPS_EXPECT_EQ(test, f.r.frontier, 1110);
	HPS_EXPECT_EQ(test, f.r.ready, 110);
	HPS_EXPECT_EQ(test, f.r.placed, 1000);
	HPS_EXPECT_EQ(test, f.r.cost, 2 * HPS_MIN_SEGMENT_COST +
		      HPS_MARK_COST);
	e = hps_reasm_at(&f.r, 500);
	HPS_REQUIRE(test, e);
	HPS_EXPECT(test, e->placed && !e->rxq && !e->mark);
	hps_reasm_consume(&f.r, 99);
	HPS_EXPECT_EQ(test, f.r.next, 99);
	hps_reasm_consume(&f.r, 1);
	HPS_EXPECT_EQ(test, f.r.next, 1100);
	HPS_EXPECT_EQ(test, f.r.ready, 10);
	HPS_EXPECT_EQ(test, f.r.placed, 0);
	e = hps_reasm_head(&f.r);
	HPS_REQUIRE(test, e);
	HPS_EXPECT_EQ(test, e->len, 10);
	end(test, &f);
}

static void placed_behind_a_gap(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	place(&f, 100, 100);
	HPS_EXPECT_EQ(test, f.r.next, 0);
	HPS_EXPECT_EQ(test, f.r.placed, 0);
	HPS_EXPECT(test, !hps_reasm_head(&f.r));
	insert(&f, 0, 100);
	HPS_EXPECT_EQ(test, f.r.placed, 100);
	hps_reasm_consume(&f.r, 100);
	HPS_EXPECT_EQ(test, f.r.next, 200);
	place(&f, 300, 100);
	HPS_EXPECT_EQ(test, f.r.next, 200);
	place(&f, 200, 100);
	HPS_EXPECT_EQ(test, f.r.next, 400);
	end(test, &f);
}

/* However many pieces and in whatever order: one, even beyond 32 bits. */
static void placed_is_one_extent(struct kunit *test)
{
	struct fixture f;
	u32 i;

	begin(&f);
	insert(&f, 0, 1);
	for (i = 0; i < 1000; i += 2)
		place(&f, 1 + 10 * i, 10);
	HPS_EXPECT_EQ(test, f.r.count, 501);
	for (i = 999; i < 1000; i -= 2)
		place(&f, 1 + 10 * i, 10);
	HPS_EXPECT_EQ(test, f.r.count, 2);
	HPS_EXPECT_EQ(test, f.r.placed, 10000);
	for (i = 0; i < 16; i++)
		place(&f, 10001 + i * (u64)BIT(30), BIT(30));
	HPS_EXPECT_EQ(test, f.r.count, 2);
	HPS_EXPECT_EQ(test, f.r.cost, HPS_MIN_SEGMENT_COST + HPS_MARK_COST);
	HPS_EXPECT_EQ(test, f.r.placed, 10000 + 16ULL * BIT(30));
	hps_reasm_consume(&f.r, 1);
	HPS_EXPECT_EQ(test, f.r.next, f.r.frontier);
	end(test, &f);
}

static void placed_is_no_data(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 10);
	insert_mark(&f, 10);
	place(&f, 11, 10);
	insert(&f, 21, 10);
	insert_mark(&f, 31);
	HPS_EXPECT_EQ(test, f.r.count, 5);
	HPS_EXPECT_EQ(test, f.r.ready, 22);
	end(test, &f);
}

static void placed_missing_runs(struct kunit *test)
{
	struct fixture f;
	u64 off = 0;
	u32 len = 1000;

	begin(&f);
	insert(&f, 0, 100);
	hps_reasm_consume(&f.r, 50);
	place(&f, 200, 100);
	insert(&f, 300, 100);
	HPS_REQUIRE(test, hps_reasm_missing(&f.r, &off, &len));
	HPS_EXPECT_EQ(test, off, 100);
	HPS_EXPECT_EQ(test, len, 100);
	off = 150;
	len = 100;
	HPS_REQUIRE(test, hps_reasm_missing(&f.r, &off, &len));
	HPS_EXPECT_EQ(test, off, 150);
	HPS_EXPECT_EQ(test, len, 50);
	off = 250;
	len = 1000;
	HPS_REQUIRE(test, hps_reasm_missing(&f.r, &off, &len));
	HPS_EXPECT_EQ(test, off, 400);
	HPS_EXPECT_EQ(test, len, 850);
	off = 250;
	len = 150;
	HPS_EXPECT(test, !hps_reasm_missing(&f.r, &off, &len));
	off = 0;
	len = 100;
	HPS_EXPECT(test, !hps_reasm_missing(&f.r, &off, &len));
	off = 500;
	len = 0;
	HPS_EXPECT(test, !hps_reasm_missing(&f.r, &off, &len));
	off = U64_MAX - 9;
	len = 10;
	HPS_EXPECT(test, !hps_reasm_missing(&f.r, &off, &len));
	HPS_EXPECT_EQ(test, place(&f, off, len), -EINVAL);
	end(test, &f);
}

static void placed_record_without_what_is_placed(struct kunit *test)
{
	struct fixture f;
	u64 len = 0;

	begin(&f);
	insert(&f, 0, 100);
	place(&f, 100, 1000);
	insert(&f, 1100, 1);
	insert_mark(&f, 1101);
	place(&f, 1102, 500);
	insert_mark(&f, 1602);
	HPS_EXPECT(test, hps_reasm_record(&f.r, &len));
	HPS_EXPECT_EQ(test, len, 101);
	HPS_EXPECT(test, hps_reasm_record(&f.r, NULL));
	hps_reasm_consume(&f.r, 100);
	HPS_EXPECT(test, hps_reasm_record(&f.r, &len));
	HPS_EXPECT_EQ(test, len, 1);
	hps_reasm_consume(&f.r, 1);
	hps_reasm_consume(&f.r, 1);
	HPS_EXPECT_EQ(test, f.r.next, 1602);
	HPS_EXPECT(test, hps_reasm_record(&f.r, &len));
	HPS_EXPECT_EQ(test, len, 0);
	end(test, &f);
}

static void placed_cut_forgets_placed_behind_the_gap(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 100);
	place(&f, 100, 100);
	place(&f, 300, 100);
	hps_reasm_cut(&f.r);
	HPS_EXPECT_EQ(test, f.r.count, 2);
	HPS_EXPECT_EQ(test, f.r.placed, 100);
	hps_reasm_consume(&f.r, 100);
	HPS_EXPECT_EQ(test, f.r.next, 200);
	HPS_EXPECT_EQ(test, f.r.count, 0);
	end(test, &f);
}

static struct kunit_case cases[] = {
	HPS_CASE(placed_in_order_is_read),
	HPS_CASE(placed_waits_for_the_reader),
	HPS_CASE(placed_behind_a_gap),
	HPS_CASE(placed_is_one_extent),
	HPS_CASE(placed_is_no_data),
	HPS_CASE(placed_missing_runs),
	HPS_CASE(placed_record_without_what_is_placed),
	HPS_CASE(placed_cut_forgets_placed_behind_the_gap),
	{}
};

HPS_SUITE(placed, cases, suite_init, suite_exit);
