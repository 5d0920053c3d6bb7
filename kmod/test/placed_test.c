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

static void placed_counts_as_read_but_for_padding(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 1000);
	HPS_EXPECT_EQ(test, hps_reasm_consumed(&f.r), 0);
	place(&f, 1000, 5000);
	HPS_EXPECT_EQ(test, hps_reasm_consumed(&f.r), 5000 - HPS_MARK_COST);
	insert(&f, 6000, 1);
	HPS_EXPECT_EQ(test, hps_reasm_consumed(&f.r), 5000 - HPS_MARK_COST -
		      (HPS_MIN_SEGMENT_COST - 1));
	/* A great deal behind a gap is no padding. */
	insert(&f, 10000, 1000000);
	HPS_EXPECT_EQ(test, hps_reasm_consumed(&f.r),
		      5000 - 4 * (HPS_MIN_SEGMENT_COST - 1));
	hps_reasm_consume(&f.r, 1000);
	HPS_EXPECT_EQ(test, hps_reasm_consumed(&f.r), 6000);
	end(test, &f);
}

static void placed_never_counts_below_next(struct kunit *test)
{
	struct fixture f;
	u32 i;

	begin(&f);
	for (i = 0; i < 100; i++)
		insert(&f, i, 1);
	place(&f, 100, 10);
	HPS_EXPECT_EQ(test, hps_reasm_consumed(&f.r), 0);
	hps_reasm_consume(&f.r, 1);
	HPS_EXPECT_EQ(test, hps_reasm_consumed(&f.r), 1);
	end(test, &f);
}

static void placed_credit_due(struct kunit *test)
{
	struct hps_credit_rx c;

	hps_credit_rx_init(&c, 65536);
	hps_credit_rx_charge(&c, 0, 65536);
	/* All placed: as when all is read. */
	HPS_EXPECT(test, !hps_credit_rx_placed_due(&c, 24575, 24575));
	HPS_EXPECT(test, hps_credit_rx_placed_due(&c, 24576, 24576));
	/* Half is unread. */
	HPS_EXPECT(test, !hps_credit_rx_placed_due(&c, 12287, 45055));
	HPS_EXPECT(test, hps_credit_rx_placed_due(&c, 12288, 45056));
	/* Nearly all is. */
	HPS_EXPECT(test, !hps_credit_rx_placed_due(&c, 0, 60000));
	HPS_EXPECT(test, hps_credit_rx_placed_due(&c, 1, 60000));
}

/* --- both accounts, and a reader who may not come ------------------------------- */

#define BUFFER	BIT(20)
#define WINDOW	256

struct segment {
	u64	off;
	u32	len;
	bool	placed;
};

struct transfer {
	struct fixture f;
	struct hps_random rnd;
	struct hps_credit_tx tx;
	struct hps_credit_rx rx;
	struct segment under_way[WINDOW];
	u32	n;
	u64	nxt;
	u64	placed;			/* octets in all */
	u32	reorder;		/* one of so many comes next */
};

static struct transfer transfer;

static void transfer_begin(struct transfer *t, u32 reorder, u64 seed)
{
	memset(t, 0, sizeof(*t));
	begin(&t->f);
	t->rnd.state = seed;
	t->reorder = reorder;
	hps_credit_tx_init(&t->tx, BUFFER);
	hps_credit_rx_init(&t->rx, BUFFER);
}

static void send(struct transfer *t, u32 len, bool placed)
{
	u32 room = hps_credit_tx_grant(&t->tx, t->nxt, len);

	if (!room || t->n == WINDOW)
		return;
	len = min(len, room);
	hps_credit_tx_spend(&t->tx, t->nxt, len);
	t->under_way[t->n++] = (struct segment) { t->nxt, len, placed };
	t->nxt += len;
}

static void tell(struct transfer *t)
{
	u64 edge = hps_credit_rx_edge(&t->rx, hps_reasm_consumed(&t->f.r),
				      BUFFER);

	hps_credit_tx_update(&t->tx, edge, BUFFER, t->nxt);
}

static void arrive(struct kunit *test, struct transfer *t)
{
	struct hps_reasm *r = &t->f.r;
	struct segment s;
	u32 i, n;
	u64 off;

	if (!t->n)
		return;
	i = hps_random_below(&t->rnd, min(t->n, t->reorder));
	s = t->under_way[i];
	memmove(&t->under_way[i], &t->under_way[i + 1],
		(--t->n - i) * sizeof(s));
	HPS_REQUIRE(test, hps_credit_rx_allows(&t->rx, s.off, s.len, r->cost));
	hps_credit_rx_charge(&t->rx, s.off, s.len);
	off = s.off;
	n = s.len;
	if (s.placed && hps_reasm_missing(r, &off, &n)) {
		HPS_REQUIRE(test, n == s.len && !place(&t->f, off, n));
		t->placed += n;
	} else if (!s.placed) {
		HPS_REQUIRE(test, !insert(&t->f, s.off, s.len));
		HPS_REQUIRE(test, t->f.fresh == s.len);
	}
	HPS_REQUIRE(test, hps_reasm_consumed(r) >= r->next);
	HPS_REQUIRE(test, hps_reasm_consumed(r) <= r->frontier);
	/* Unread data keeps to the cost rule, whatever was placed. */
	HPS_REQUIRE(test, r->cost <= BUFFER + (u64)r->count * HPS_MARK_COST);
	if (hps_credit_rx_placed_due(&t->rx, hps_reasm_consumed(r),
				     r->frontier))
		tell(t);
}

/* Gigabytes pass a reader who does not come. The timer is never what helps. */
static void run_unread(struct kunit *test, u32 reorder, u32 small, u64 seed)
{
	struct transfer *t = &transfer;
	u32 step = 0;

	transfer_begin(t, reorder, seed);
	while (t->placed < 4ULL << 30) {
		bool data = t->f.r.cost < BUFFER / 4 && !(step++ % 64);

		if (data)
			send(t, 1 + hps_random_below(&t->rnd, small), false);
		else
			send(t, HPS_MIN_SEGMENT_COST +
				hps_random_below(&t->rnd, 60000), true);
		if (!hps_random_below(&t->rnd, 8))
			arrive(test, t);
		while (t->n > WINDOW / 2 || (t->n && !hps_credit_tx_grant(
				&t->tx, t->nxt, 60000)))
			arrive(test, t);
		HPS_REQUIRE(test, t->n || hps_credit_tx_grant(&t->tx, t->nxt,
							      60000));
	}
	HPS_EXPECT_EQ(test, t->f.r.next, 0);
	HPS_EXPECT(test, t->f.r.ready >= BUFFER / 4 / HPS_MIN_SEGMENT_COST);
	end(test, &t->f);
}

static void placed_passes_a_reader_who_does_not_read(struct kunit *test)
{
	run_unread(test, 1, 20, 11);
	run_unread(test, 8, 20, 12);
	run_unread(test, 64, 4000, 13);
}

/* Tiny segments as many as the sender may send: placed octets do not make room for
 * those that nobody reads.
 */
static void placed_makes_no_room_for_tiny_segments(struct kunit *test)
{
	struct transfer *t = &transfer;
	u32 step;

	transfer_begin(t, 16, 14);
	for (step = 0; step < 40000; step++) {
		if (hps_random_below(&t->rnd, 2))
			send(t, 1, false);
		else
			send(t, HPS_MIN_SEGMENT_COST +
				hps_random_below(&t->rnd, 60000), true);
		arrive(test, t);
	}
	/* It went on until nothing was left. */
	while (t->n)
		arrive(test, t);
	tell(t);
	HPS_EXPECT(test, hps_credit_tx_room(&t->tx, t->nxt) < BUFFER / 8);
	HPS_EXPECT(test, t->f.r.ready > BUFFER / HPS_MIN_SEGMENT_COST / 2);
	while (hps_reasm_head(&t->f.r))
		hps_reasm_consume(&t->f.r, 1);
	tell(t);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&t->tx, t->nxt), BUFFER);
	end(test, &t->f);
}

/* Any lengths of both kinds, any order, and a slow reader. */
static void run_mixed(struct kunit *test, u32 longest, u32 reorder, u64 seed)
{
	struct transfer *t = &transfer;
	struct hps_extent *e;
	u32 step;

	transfer_begin(t, reorder, seed);
	for (step = 0; step < 60000; step++) {
		switch (hps_random_below(&t->rnd, 8)) {
		case 0 ... 3:
			send(t, 1 + hps_random_below(&t->rnd, longest),
			     hps_random_below(&t->rnd, 3));
			break;
		case 4 ... 6:
			arrive(test, t);
			break;
		case 7:
			e = hps_reasm_head(&t->f.r);
			if (e && !hps_random_below(&t->rnd, 2))
				hps_reasm_consume(&t->f.r, 1 +
					hps_random_below(&t->rnd, e->len));
			else if (!hps_random_below(&t->rnd, 8))
				tell(t);
			break;
		}
	}
	/* When all is read all of the credit is there. */
	while (t->n)
		arrive(test, t);
	while ((e = hps_reasm_head(&t->f.r)))
		hps_reasm_consume(&t->f.r, e->len);
	HPS_EXPECT_EQ(test, t->f.r.next, t->nxt);
	tell(t);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&t->tx, t->nxt), BUFFER);
	HPS_EXPECT(test, t->placed);
	end(test, &t->f);
}

static void placed_and_data_keep_to_the_cost(struct kunit *test)
{
	run_mixed(test, 4, 1, 21);
	run_mixed(test, 4, 64, 22);
	run_mixed(test, 700, 16, 23);
	run_mixed(test, 60000, 64, 24);
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
	HPS_CASE(placed_counts_as_read_but_for_padding),
	HPS_CASE(placed_never_counts_below_next),
	HPS_CASE(placed_credit_due),
	HPS_CASE(placed_passes_a_reader_who_does_not_read),
	HPS_CASE(placed_makes_no_room_for_tiny_segments),
	HPS_CASE(placed_and_data_keep_to_the_cost),
	{}
};

HPS_SUITE(placed, cases, suite_init, suite_exit);
