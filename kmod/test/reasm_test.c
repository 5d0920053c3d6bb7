// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/reasm.c. */
#include "hps_test.h"

#include <linux/slab.h>
#include <linux/string.h>

/* The n-th allocation from now fails; 0 is none. */
static unsigned int fail_in;

static void *alloc(struct kmem_cache *cache, gfp_t gfp)
{
	if (fail_in && !--fail_in)
		return NULL;

	return kmem_cache_alloc(cache, gfp);
}

#undef kmem_cache_alloc
#define kmem_cache_alloc alloc
#include "../conn/reasm.c"

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
	struct hps_rxq	 q[2];
	u32		 fresh;
};

static void begin(struct fixture *f)
{
	fail_in = 0;
	hps_reasm_init(&f->r);
	hps_rxq_init(&f->q[0]);
	hps_rxq_init(&f->q[1]);
}

static int insert(struct fixture *f, int q, u64 off, u32 len, u32 pos)
{
	return hps_reasm_insert(&f->r, &f->q[q], off, len, pos, false,
				&f->fresh);
}

static int insert_mark(struct fixture *f, u64 off)
{
	return hps_reasm_insert(&f->r, &f->q[0], off, 1, 0, true, &f->fresh);
}

static int place(struct fixture *f, u64 off, u32 len)
{
	return hps_reasm_place(&f->r, off, len);
}

static void end(struct kunit *test, struct fixture *f)
{
	u32 pos;

	hps_reasm_purge(&f->r);
	HPS_EXPECT_EQ(test, f->r.count, 0);
	HPS_EXPECT_EQ(test, f->r.cost, 0);
	HPS_EXPECT_EQ(test, f->r.ready, 0);
	HPS_EXPECT_EQ(test, f->r.placed, 0);
	HPS_EXPECT_EQ(test, f->r.next, f->r.frontier);
	HPS_EXPECT(test, !hps_rxq_first(&f->q[0], &pos));
	HPS_EXPECT(test, !hps_rxq_first(&f->q[1], &pos));
}

static void reasm_in_order(struct kunit *test)
{
	struct hps_extent *e;
	struct fixture f;

	begin(&f);
	HPS_EXPECT_EQ(test, insert(&f, 0, 0, 1000, 44), 0);
	HPS_EXPECT_EQ(test, f.fresh, 1000);
	HPS_EXPECT_EQ(test, f.r.frontier, 1000);
	e = hps_reasm_head(&f.r);
	HPS_REQUIRE(test, e);
	HPS_EXPECT_EQ(test, e->len, 1000);
	HPS_EXPECT_EQ(test, e->pos, 44);
	HPS_EXPECT(test, e->rxq == &f.q[0]);
	end(test, &f);
}

static void reasm_gap_hides_head(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 1000, 1000, 0);
	HPS_EXPECT(test, !hps_reasm_head(&f.r));
	HPS_EXPECT_EQ(test, f.r.frontier, 0);
	insert(&f, 1, 0, 1000, 0);
	HPS_EXPECT(test, hps_reasm_head(&f.r));
	HPS_EXPECT_EQ(test, f.r.frontier, 2000);
	end(test, &f);
}

static void reasm_merges_contiguous(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 0, 600, 10);
	fail_in = 1;
	HPS_EXPECT_EQ(test, insert(&f, 0, 600, 600, 610), 0);
	HPS_EXPECT_EQ(test, f.r.count, 1);
	HPS_EXPECT_EQ(test, f.r.cost, 1200);
	HPS_EXPECT_EQ(test, f.r.frontier, 1200);
	end(test, &f);
}

static void reasm_merges_where_positions_wrap(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 0, 600, U32_MAX - 99);
	insert(&f, 0, 600, 600, 500);
	HPS_EXPECT_EQ(test, f.r.count, 1);
	HPS_EXPECT_EQ(test, f.r.ready, 1200);
	end(test, &f);
}

static void reasm_keeps_apart(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 0, 600, 0);
	insert(&f, 0, 600, 600, 644);	/* not contiguous in the queue */
	insert(&f, 1, 1200, 600, 1244);	/* another queue */
	HPS_EXPECT_EQ(test, f.r.count, 3);
	HPS_EXPECT_EQ(test, f.r.cost, 1800);
	HPS_EXPECT_EQ(test, f.r.frontier, 1800);
	end(test, &f);
}

static void reasm_small_extents_cost_more(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 0, 1, 0);
	insert(&f, 0, 2, 1, 100);
	HPS_EXPECT_EQ(test, f.r.cost, 2 * HPS_MIN_SEGMENT_COST);
	insert_mark(&f, 1);
	HPS_EXPECT_EQ(test, f.r.cost,
		      2 * HPS_MIN_SEGMENT_COST + HPS_MARK_COST);
	end(test, &f);
}

static void reasm_trims_what_was_read(struct kunit *test)
{
	struct hps_extent *e;
	struct fixture f;

	begin(&f);
	insert(&f, 0, 0, 1000, 0);
	hps_reasm_consume(&f.r, 1000);
	HPS_EXPECT_EQ(test, insert(&f, 0, 500, 1000, 2000), 0);
	HPS_EXPECT_EQ(test, f.fresh, 500);
	e = hps_reasm_head(&f.r);
	HPS_REQUIRE(test, e);
	HPS_EXPECT_EQ(test, e->off, 1000);
	HPS_EXPECT_EQ(test, e->pos, 2500);
	HPS_EXPECT_EQ(test, insert(&f, 0, 0, 1000, 4000), 0);
	HPS_EXPECT_EQ(test, f.fresh, 0);
	end(test, &f);
}

static void reasm_fills_holes_in_pieces(struct kunit *test)
{
	struct fixture f;
	u64 off;

	begin(&f);
	for (off = 100; off < 1000; off += 200)
		insert(&f, 0, off, 100, off * 10);
	HPS_EXPECT_EQ(test, insert(&f, 1, 0, 1000, 0), 0);
	HPS_EXPECT_EQ(test, f.fresh, 500);
	HPS_EXPECT_EQ(test, f.r.count, 10);
	HPS_EXPECT_EQ(test, f.r.frontier, 1000);
	end(test, &f);
}

static void reasm_duplicate_is_nothing(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 0, 1000, 0);
	fail_in = 1;
	HPS_EXPECT_EQ(test, insert(&f, 1, 0, 1000, 0), 0);
	HPS_EXPECT_EQ(test, f.fresh, 0);
	HPS_EXPECT_EQ(test, f.r.count, 1);
	end(test, &f);
}

static void reasm_refuses_wrapping_offsets(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	HPS_EXPECT_EQ(test, insert(&f, 0, U64_MAX - 9, 10, 0), -EINVAL);
	HPS_EXPECT_EQ(test, insert(&f, 0, U64_MAX, U32_MAX, 0), -EINVAL);
	HPS_EXPECT_EQ(test, insert(&f, 0, U64_MAX - 10, 10, 0), 0);
	HPS_EXPECT_EQ(test, f.fresh, 10);
	end(test, &f);
}

static void reasm_retry_after_no_memory(struct kunit *test)
{
	struct fixture f;
	u32 first;

	begin(&f);
	insert(&f, 0, 100, 100, 100);
	insert(&f, 0, 300, 100, 300);
	fail_in = 2;
	HPS_EXPECT_EQ(test, insert(&f, 1, 0, 500, 0), -ENOMEM);
	HPS_EXPECT_EQ(test, f.fresh, 100);
	HPS_EXPECT_EQ(test, f.r.frontier, 200);
	first = f.fresh;
	HPS_EXPECT_EQ(test, insert(&f, 1, 0, 500, 0), 0);
	HPS_EXPECT_EQ(test, first + f.fresh, 300);
	HPS_EXPECT_EQ(test, f.r.frontier, 500);
	end(test, &f);
}

static void reasm_place_again_without_memory(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 100, 100, 0);
	insert(&f, 0, 300, 100, 200);
	fail_in = 2;
	HPS_EXPECT_EQ(test, place(&f, 0, 500), -ENOMEM);
	/* What was noted was at the head: it is skipped all the same. */
	HPS_EXPECT_EQ(test, f.r.next, 100);
	HPS_EXPECT_EQ(test, f.r.frontier, 200);
	HPS_EXPECT_EQ(test, place(&f, 0, 500), 0);
	HPS_EXPECT_EQ(test, f.r.frontier, 500);
	HPS_EXPECT_EQ(test, f.r.ready, 200);
	HPS_EXPECT_EQ(test, f.r.placed, 200);
	end(test, &f);
}

static void reasm_consume_trims_head(struct kunit *test)
{
	struct hps_extent *e;
	struct fixture f;

	begin(&f);
	insert(&f, 0, 0, 1000, 7);
	hps_reasm_consume(&f.r, 900);
	e = hps_reasm_head(&f.r);
	HPS_REQUIRE(test, e);
	HPS_EXPECT_EQ(test, e->off, 900);
	HPS_EXPECT_EQ(test, e->pos, 907);
	HPS_EXPECT_EQ(test, e->len, 100);
	HPS_EXPECT_EQ(test, f.r.cost, HPS_MIN_SEGMENT_COST);
	hps_reasm_consume(&f.r, 100);
	HPS_EXPECT(test, !hps_reasm_head(&f.r));
	HPS_EXPECT_EQ(test, f.r.next, 1000);
	HPS_EXPECT_EQ(test, f.r.frontier, 1000);
	end(test, &f);
}

static void reasm_record_needs_its_mark(struct kunit *test)
{
	struct fixture f;
	u64 len = 0;

	begin(&f);
	insert(&f, 0, 0, 100, 0);
	HPS_EXPECT(test, !hps_reasm_record(&f.r, &len));
	insert_mark(&f, 200);
	HPS_EXPECT(test, !hps_reasm_record(&f.r, &len));
	insert(&f, 0, 100, 100, 500);
	HPS_EXPECT(test, hps_reasm_record(&f.r, &len));
	HPS_EXPECT_EQ(test, len, 200);
	HPS_EXPECT_EQ(test, f.r.frontier, 201);
	end(test, &f);
}

/* The sender pays the least cost for a record of one octet and its mark; the
 * receiver ends the connection at twice the credit.
 */
static void reasm_tiny_records_cost_less_than_twice(struct kunit *test)
{
	struct fixture f;
	u32 n;

	begin(&f);
	for (n = 0; n < 100; n++) {
		insert(&f, 0, 2 * n, 1, 45 * n);
		insert_mark(&f, 2 * n + 1);
	}
	HPS_EXPECT_EQ(test, f.r.count, 200);
	HPS_EXPECT(test, f.r.cost < 2 * 100 * HPS_MIN_SEGMENT_COST);
	end(test, &f);
}

static void reasm_empty_record(struct kunit *test)
{
	struct hps_extent *e;
	struct fixture f;
	u64 len = 1;

	begin(&f);
	insert_mark(&f, 0);
	insert_mark(&f, 1);
	HPS_EXPECT_EQ(test, f.r.count, 2);
	HPS_EXPECT(test, hps_reasm_record(&f.r, &len));
	HPS_EXPECT_EQ(test, len, 0);
	e = hps_reasm_head(&f.r);
	HPS_REQUIRE(test, e);
	HPS_EXPECT(test, e->mark && !e->rxq);
	hps_reasm_consume(&f.r, 1);
	HPS_EXPECT_EQ(test, f.r.count, 1);
	end(test, &f);
}

static void reasm_mark_is_not_merged(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 0, 10, 0);
	HPS_EXPECT_EQ(test, hps_reasm_insert(&f.r, &f.q[0], 10, 1, 10, true,
					     &f.fresh), 0);
	insert(&f, 0, 11, 10, 10);
	HPS_EXPECT_EQ(test, f.r.count, 3);
	end(test, &f);
}

static void reasm_mark_has_length_one(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	HPS_EXPECT_EQ(test, hps_reasm_insert(&f.r, &f.q[0], 0, 2, 0, true,
					     &f.fresh), -EINVAL);
	end(test, &f);
}

static void reasm_first_follows_reader(struct kunit *test)
{
	struct fixture f;
	u32 pos;

	begin(&f);
	HPS_EXPECT(test, !hps_rxq_first(&f.q[0], &pos));
	/* A resend: later in the queue, earlier in the stream. */
	insert(&f, 0, 100, 100, U32_MAX - 50);
	insert(&f, 0, 0, 100, 80);
	HPS_REQUIRE(test, hps_rxq_first(&f.q[0], &pos));
	HPS_EXPECT_EQ(test, pos, U32_MAX - 50);
	hps_reasm_consume(&f.r, 100);
	HPS_REQUIRE(test, hps_rxq_first(&f.q[0], &pos));
	HPS_EXPECT_EQ(test, pos, U32_MAX - 50);
	hps_reasm_consume(&f.r, 60);
	HPS_REQUIRE(test, hps_rxq_first(&f.q[0], &pos));
	HPS_EXPECT_EQ(test, pos, 9);
	hps_reasm_consume(&f.r, 40);
	HPS_EXPECT(test, !hps_rxq_first(&f.q[0], &pos));
	end(test, &f);
}

/* --- against a plain model: one octet of state per offset of the stream ------ */

#define MODEL_STREAM	4096
#define MODEL_STEPS	8000

enum kind { OCTET = 1, MARK, PLACED };

struct model {
	u8	here[MODEL_STREAM];	/* 0: no, else enum kind */
	u8	owner[MODEL_STREAM];
	u32	pos[MODEL_STREAM];
	u64	next;
	u32	longest;		/* segment */
	bool	placing;
};

static struct model model;

/* Every other one is of small segments: many extents, many marks. In two of four
 * some are placed.
 */
static void model_begin(struct model *m)
{
	u32 longest = m->longest == 4 ? 200 : 4;
	bool placing = m->placing ^ (longest == 4);

	memset(m, 0, sizeof(*m));
	m->longest = longest;
	m->placing = placing;
}

static enum kind kind_of(const struct hps_extent *e)
{
	return e->placed ? PLACED : e->mark ? MARK : OCTET;
}

static bool extents_match_model(const struct fixture *f, const struct model *m)
{
	u64 cost = 0, off = m->next, frontier = m->next, ready = 0;
	const struct hps_extent *e;
	bool placed = false;
	u32 count = 0, i;

	list_for_each_entry(e, &f->r.extents, by_offset) {
		if (e->off < off || !e->len ||
		    (e->placed && placed && e->off == off) ||
		    (e->placed && e->off == m->next))
			return false;
		placed = e->placed;
		for (; off < e->off; off++)
			if (m->here[off])
				return false;
		for (i = 0; i < e->len; i++, off++) {
			if (m->here[off] != kind_of(e))
				return false;
			if (!e->rxq)
				continue;
			if (e->rxq != &f->q[m->owner[off]] ||
			    e->pos + i != m->pos[off])
				return false;
		}
		cost += kind_of(e) != OCTET ? HPS_MARK_COST :
				  max_t(u32, e->len, HPS_MIN_SEGMENT_COST);
		count++;
	}
	for (; off < MODEL_STREAM; off++)
		if (m->here[off])
			return false;
	for (; frontier < MODEL_STREAM && m->here[frontier]; frontier++)
		ready += m->here[frontier] != PLACED;

	return f->r.next == m->next && f->r.frontier == frontier &&
	       f->r.ready == ready &&
	       f->r.placed == frontier - m->next - ready &&
	       f->r.cost == cost && f->r.count == count;
}

static bool queues_match_model(const struct fixture *f, const struct model *m)
{
	int q;

	for (q = 0; q < 2; q++) {
		bool any = false;
		u32 least = 0, pos;
		u64 off;

		for (off = m->next; off < MODEL_STREAM; off++) {
			if (m->here[off] != OCTET || m->owner[off] != q)
				continue;
			if (!any || (s32)(m->pos[off] - least) < 0)
				least = m->pos[off];
			any = true;
		}
		if (hps_rxq_first(&f->q[q], &pos) != any ||
		    (any && pos != least))
			return false;
	}

	return true;
}

/* Every octet is found, and the first record mark before the first hole. */
static bool searches_match_model(struct fixture *f, const struct model *m,
				 struct hps_random *rnd)
{
	u64 off = hps_random_below(rnd, MODEL_STREAM), mark, len, octets = 0;
	const struct hps_extent *e = hps_reasm_at(&f->r, off);

	if (!e != (off < m->next || !m->here[off]) ||
	    (e && (off < e->off || off - e->off >= e->len)))
		return false;
	for (mark = m->next; mark < MODEL_STREAM; mark++) {
		if (!m->here[mark] || m->here[mark] == MARK)
			break;
		octets += m->here[mark] == OCTET;
	}
	if (mark == MODEL_STREAM || !m->here[mark])
		return !hps_reasm_record(&f->r, &len);

	return hps_reasm_record(&f->r, &len) && len == octets;
}

/* What is missing of any range. */
static bool missing_matches_model(struct fixture *f, const struct model *m,
				  struct hps_random *rnd)
{
	u32 len = hps_random_below(rnd, 500), n;
	u64 off = hps_random_below(rnd, MODEL_STREAM - 500);
	u64 at = off, end = off + len;

	while (at < end && (at < m->next || m->here[at]))
		at++;
	for (n = 0; at + n < end && !m->here[at + n]; n++)
		;
	if (!n)
		return !hps_reasm_missing(&f->r, &off, &len);

	return hps_reasm_missing(&f->r, &off, &len) && off == at && len == n;
}

/* As an arrival does it: each run for itself. Memory is short. */
static int place_runs(struct fixture *f, struct hps_random *rnd, u64 off,
		      u32 len)
{
	u64 end = off + len;
	int err;

	while (hps_reasm_missing(&f->r, &off, &len)) {
		do {
			fail_in = hps_random_below(rnd, 3);
			err = place(f, off, len);
		} while (err == -ENOMEM);
		if (err)
			return err;
		f->fresh += len;
		off += len;
		len = end - off;
	}

	return 0;
}

static void model_insert(struct kunit *test, struct fixture *f,
			 struct model *m, struct hps_random *rnd, u32 *end_pos)
{
	bool mark = hps_random_below(rnd, 8) == 0;
	bool placed = !mark && m->placing && hps_random_below(rnd, 2);
	u32 len = mark ? 1 : 1 + hps_random_below(rnd, m->longest);
	u32 start = m->next < 100 ? 0 : m->next - 100;
	u32 off = start + hps_random_below(rnd, 700);
	int q = hps_random_below(rnd, 2);
	u32 expect = 0, got = 0;
	int err;
	u32 i;

	/* Often right behind what has arrived, and contiguous. */
	if (hps_random_below(rnd, 2))
		off = f->r.frontier;
	if (off + len > MODEL_STREAM)
		return;
	end_pos[q] += hps_random_below(rnd, 2) ? 0 : 44;

	for (i = 0; i < len; i++) {
		if (off + i < m->next || m->here[off + i])
			continue;
		m->here[off + i] = mark ? MARK : placed ? PLACED : OCTET;
		m->owner[off + i] = q;
		m->pos[off + i] = end_pos[q] + i;
		expect++;
	}

	do {
		f->fresh = 0;
		fail_in = hps_random_below(rnd, 4);
		err = placed ? place_runs(f, rnd, off, len) :
			       hps_reasm_insert(&f->r, &f->q[q], off, len,
						end_pos[q], mark, &f->fresh);
		got += f->fresh;
	} while (err == -ENOMEM);
	fail_in = 0;
	HPS_REQUIRE(test, !err);
	HPS_REQUIRE(test, got == expect);
	end_pos[q] += len;
}

/* Nobody reads what is placed. */
static void model_skip(struct model *m)
{
	while (m->next < MODEL_STREAM && m->here[m->next] == PLACED)
		m->next++;
}

static void reasm_random_traces(struct kunit *test)
{
	struct hps_random rnd = { .state = 20250917 };
	u32 end_pos[2] = { 0, U32_MAX - 5000 };
	struct hps_extent *e;
	struct fixture f;
	int step, treed = 0;

	begin(&f);
	model_begin(&model);
	for (step = 0; step < MODEL_STEPS; step++) {
		if (hps_random_below(&rnd, 3)) {
			model_insert(test, &f, &model, &rnd, end_pos);
		} else {
			u32 n;

			e = hps_reasm_head(&f.r);
			if (!e)
				continue;
			n = 1 + hps_random_below(&rnd, e->len);
			hps_reasm_consume(&f.r, n);
			model.next += n;
		}
		model_skip(&model);
		HPS_REQUIRE(test, extents_match_model(&f, &model));
		HPS_REQUIRE(test, queues_match_model(&f, &model));
		HPS_REQUIRE(test, searches_match_model(&f, &model, &rnd));
		HPS_REQUIRE(test, missing_matches_model(&f, &model, &rnd));
		treed += f.r.treed;
		if (model.next == MODEL_STREAM || step % 800 == 799) {
			end(test, &f);
			begin(&f);
			model_begin(&model);
		}
	}
	/* Both ways to search have had their share. */
	HPS_EXPECT(test, treed > MODEL_STEPS / 10);
	HPS_EXPECT(test, treed < MODEL_STEPS * 9 / 10);
	end(test, &f);
}

/* Segments come from the last to the first, as from a hostile peer. */
static void reasm_backwards(struct kunit *test)
{
	struct fixture f;
	u32 i;

	begin(&f);
	for (i = 1000; i > 1; i--) {
		HPS_EXPECT_EQ(test, insert(&f, 0, 2 * (i - 1), 1, 2000 - i), 0);
		HPS_EXPECT_EQ(test, f.r.treed, 1000 - i >= SEARCH_STEPS);
	}
	HPS_EXPECT_EQ(test, f.r.count, 999);
	HPS_EXPECT_EQ(test, f.r.frontier, 0);
	/* The holes are filled by one that covers all. */
	HPS_EXPECT_EQ(test, insert(&f, 1, 0, 2000, 0), 0);
	HPS_EXPECT_EQ(test, f.fresh, 1001);
	HPS_EXPECT_EQ(test, f.r.frontier, 2000);
	while (hps_reasm_head(&f.r))
		hps_reasm_consume(&f.r, hps_reasm_head(&f.r)->len);
	HPS_EXPECT_EQ(test, f.r.next, 2000);
	/* Who sends in order afterwards has a list again. */
	HPS_EXPECT(test, !f.r.treed);
	end(test, &f);
}

/* A tree is no reason to have gone astray in order. */
static void reasm_in_order_needs_no_tree(struct kunit *test)
{
	struct fixture f;
	u32 i;

	begin(&f);
	for (i = 0; i < 1000; i++)
		insert(&f, i & 1, 10 * i, 10, 54 * i);
	HPS_EXPECT_EQ(test, f.r.count, 1000);
	HPS_EXPECT(test, !f.r.treed);
	end(test, &f);
}

static void reasm_cut_keeps_what_can_be_read(struct kunit *test)
{
	struct fixture f;

	begin(&f);
	insert(&f, 0, 0, 1000, 0);
	insert(&f, 1, 2000, 1000, 0);
	insert(&f, 0, 5000, 1000, 4000);
	hps_reasm_cut(&f.r);
	HPS_EXPECT_EQ(test, f.r.count, 1);
	HPS_EXPECT_EQ(test, f.r.frontier, 1000);
	HPS_EXPECT(test, list_empty(&f.q[1].extents));
	hps_reasm_consume(&f.r, 1000);
	HPS_EXPECT_EQ(test, f.r.cost, 0);
	end(test, &f);
}

static struct kunit_case cases[] = {
	HPS_CASE(reasm_in_order),
	HPS_CASE(reasm_gap_hides_head),
	HPS_CASE(reasm_merges_contiguous),
	HPS_CASE(reasm_merges_where_positions_wrap),
	HPS_CASE(reasm_keeps_apart),
	HPS_CASE(reasm_small_extents_cost_more),
	HPS_CASE(reasm_trims_what_was_read),
	HPS_CASE(reasm_fills_holes_in_pieces),
	HPS_CASE(reasm_duplicate_is_nothing),
	HPS_CASE(reasm_refuses_wrapping_offsets),
	HPS_CASE(reasm_retry_after_no_memory),
	HPS_CASE(reasm_place_again_without_memory),
	HPS_CASE(reasm_consume_trims_head),
	HPS_CASE(reasm_record_needs_its_mark),
	HPS_CASE(reasm_tiny_records_cost_less_than_twice),
	HPS_CASE(reasm_empty_record),
	HPS_CASE(reasm_mark_is_not_merged),
	HPS_CASE(reasm_mark_has_length_one),
	HPS_CASE(reasm_first_follows_reader),
	HPS_CASE(reasm_cut_keeps_what_can_be_read),
	HPS_CASE(reasm_random_traces),
	HPS_CASE(reasm_backwards),
	HPS_CASE(reasm_in_order_needs_no_tree),
	{}
};

HPS_SUITE(reasm, cases, suite_init, suite_exit);
