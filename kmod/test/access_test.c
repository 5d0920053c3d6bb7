// SPDX-License-Identifier: GPL-2.0
/* Tests of ddp/access.c. */
#include "hps_test.h"

#include <linux/random.h>
#include <linux/rculist.h>

/* Tags that a test wants to be drawn next, then random ones. */
static const u32 *next_draws;
static u32 draws;

static u32 draw(void)
{
	if (!draws)
		return get_random_u32();
	draws--;

	return *next_draws++;
}

#define get_random_u32	draw
#include "../ddp/access.c"
#undef get_random_u32

#define DOMAIN	3
#define STREAM	7
#define RIGHTS	(DDP_RIGHT_READ | DDP_RIGHT_WRITE)

static struct ddp_stag_table table;

static void add(struct ddp_region *r, u64 base, u64 len)
{
	*r = (struct ddp_region) {
		.rights = RIGHTS, .base = base, .len = len, .domain = DOMAIN,
	};
	ddp_stag_add(&table, r);
}

static enum ddp_verdict check(const struct ddp_access *a)
{
	struct ddp_region *found = NULL;
	enum ddp_verdict verdict;

	rcu_read_lock();
	verdict = ddp_access_check(&table, a, &found);
	rcu_read_unlock();

	return verdict;
}

static struct ddp_access access_to(const struct ddp_region *r, u64 offset,
				   u64 len)
{
	return (struct ddp_access) {
		.stag = r->stag, .offset = offset, .len = len,
		.right = DDP_RIGHT_WRITE, .domain = DOMAIN, .stream = STREAM,
	};
}

static void access_tag_must_exist(struct kunit *test)
{
	struct ddp_region r;
	struct ddp_access a;

	ddp_stag_init(&table);
	add(&r, 0, 100);
	a = access_to(&r, 0, 100);
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_OK);
	a.stag ^= DDP_STAG_BUCKETS;	/* the same bucket */
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_STAG);
	a.stag = 0;
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_STAG);
	a.stag = r.stag;
	r.valid = false;
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_STAG);
	r.valid = true;
	ddp_stag_remove(&table, &r);
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_STAG);
}

static void access_is_bound_to_domain_and_stream(struct kunit *test)
{
	struct ddp_region r;
	struct ddp_access a;

	ddp_stag_init(&table);
	add(&r, 0, 100);
	a = access_to(&r, 0, 1);
	a.domain++;
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_STREAM);
	a.domain--;
	r.stream = STREAM;
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_OK);
	r.stream = STREAM + 1;
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_STREAM);
}

static void access_needs_its_right(struct kunit *test)
{
	static const u32 all[] = { DDP_RIGHT_READ, DDP_RIGHT_WRITE,
				   DDP_RIGHT_ATOMIC, DDP_RIGHT_INVALIDATE };
	struct ddp_region r;
	struct ddp_access a;
	u32 i, k;

	ddp_stag_init(&table);
	add(&r, 0, 100);
	a = access_to(&r, 0, 8);
	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++) {
			r.rights = all[i];
			a.right = all[k];
			HPS_EXPECT_EQ(test, check(&a),
				      i == k ? DDP_ACCESS_OK :
					       DDP_ACCESS_RIGHTS);
		}
}

static void access_bounds_to_the_octet(struct kunit *test)
{
	static const struct {
		u64	offset, len;
		enum ddp_verdict verdict;
	} tries[] = {
		{ 1000, 100, DDP_ACCESS_OK },
		{ 1099, 1, DDP_ACCESS_OK },
		{ 999, 1, DDP_ACCESS_BOUNDS },
		{ 999, 101, DDP_ACCESS_BOUNDS },
		{ 1000, 101, DDP_ACCESS_BOUNDS },
		{ 1001, 100, DDP_ACCESS_BOUNDS },
		{ 1100, 1, DDP_ACCESS_BOUNDS },
		{ 0, U64_MAX, DDP_ACCESS_BOUNDS },
		{ 1001, U64_MAX - 1000, DDP_ACCESS_BOUNDS },
		{ 1001, U64_MAX - 999, DDP_ACCESS_WRAP },
		{ 1050, U64_MAX - 48, DDP_ACCESS_WRAP },
		{ U64_MAX, 1, DDP_ACCESS_BOUNDS },
		{ U64_MAX, 2, DDP_ACCESS_WRAP },
	};
	struct ddp_region r;
	u32 i;

	ddp_stag_init(&table);
	add(&r, 1000, 100);
	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		const struct ddp_access a = access_to(&r, tries[i].offset,
						      tries[i].len);

		HPS_EXPECT_EQ(test, check(&a), tries[i].verdict);
	}
}

/* A region that ends with the last octet of all. */
static void access_at_the_very_end(struct kunit *test)
{
	struct ddp_region r;
	struct ddp_access a;

	ddp_stag_init(&table);
	add(&r, U64_MAX - 9, 10);
	a = access_to(&r, U64_MAX - 9, 10);
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_OK);
	a = access_to(&r, U64_MAX - 9, 11);
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_WRAP);
	a = access_to(&r, U64_MAX - 10, 11);
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_BOUNDS);
	a = access_to(&r, 0, 1);
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_BOUNDS);
}

/* What has no octets has no bounds, and all the rest. */
static void access_of_nothing(struct kunit *test)
{
	struct ddp_region r;
	struct ddp_access a;

	ddp_stag_init(&table);
	add(&r, 1000, 0);
	a = access_to(&r, 0, 0);
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_OK);
	a.right = DDP_RIGHT_ATOMIC;
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_RIGHTS);
	a = access_to(&r, 1000, 1);
	HPS_EXPECT_EQ(test, check(&a), DDP_ACCESS_BOUNDS);
}

/* Numbers near zero, near the region and near 2^64. */
static u64 edgy(struct hps_random *random, u64 near)
{
	u64 jitter = hps_random_below(random, 64) - 32ULL;

	switch (hps_random_below(random, 4)) {
	case 0:
		return jitter;
	case 1:
		return near + jitter;
	case 2:
		return hps_random_below(random, 200);
	default:
		return (u64)hps_random(random) << 32 | hps_random(random);
	}
}

/* Granted if and only if first and last octet are in the region, in order. */
static void access_is_granted_only_inside(struct kunit *test)
{
	struct hps_random random = { .state = 42 };
	u32 round, granted = 0;

	for (round = 0; round < 20000; round++) {
		u64 base = edgy(&random, 1000), len = edgy(&random, 100);
		u64 offset, want_len, last;
		struct ddp_region r;
		struct ddp_access a;
		bool inside;

		if (!len || base + (len - 1) < base)
			continue;
		ddp_stag_init(&table);
		add(&r, base, len);
		offset = edgy(&random, base);
		want_len = edgy(&random, len);
		if (!want_len)
			continue;
		last = offset + (want_len - 1);
		inside = last >= offset && offset >= base &&
			 last <= base + (len - 1);
		a = access_to(&r, offset, want_len);
		HPS_REQUIRE(test, (check(&a) == DDP_ACCESS_OK) == inside);
		granted += inside;
	}
	HPS_EXPECT(test, granted > 100);
}

static void stag_is_not_zero_not_taken_not_resting(struct kunit *test)
{
	static const u32 first[] = { 0, 5 };
	static const u32 second[] = { 5, 5, 6 };
	static const u32 third[] = { 5, 6, 0, 9 };
	struct ddp_region a, b, c;

	ddp_stag_init(&table);
	next_draws = first;
	draws = 2;
	add(&a, 0, 1);
	HPS_EXPECT_EQ(test, a.stag, 5);
	next_draws = second;
	draws = 3;
	add(&b, 0, 1);
	HPS_EXPECT_EQ(test, b.stag, 6);
	ddp_stag_remove(&table, &a);
	next_draws = third;
	draws = 4;
	add(&c, 0, 1);
	HPS_EXPECT_EQ(test, c.stag, 9);
	HPS_EXPECT_EQ(test, draws, 0);
}

static void stag_rests_long(struct kunit *test)
{
	u32 i, again[] = { 77 };
	struct ddp_region r;

	ddp_stag_init(&table);
	next_draws = again;
	draws = 1;
	add(&r, 0, 1);
	HPS_EXPECT_EQ(test, r.stag, 77);
	ddp_stag_remove(&table, &r);
	for (i = 0; i < DDP_STAG_RESTING - 1; i++) {
		next_draws = again;
		draws = 1;
		add(&r, 0, 1);
		HPS_REQUIRE(test, r.stag != 77);
		ddp_stag_remove(&table, &r);
	}
	add(&r, 0, 1);
	ddp_stag_remove(&table, &r);
	next_draws = again;
	draws = 1;
	add(&r, 0, 1);
	HPS_EXPECT_EQ(test, r.stag, 77);
}

/* Many come and go: each is found while it is there, and only then. */
static void stag_table_holds_many(struct kunit *test)
{
	static struct ddp_region r[300];
	struct hps_random random = { .state = 43 };
	static bool in[300];
	u32 round, i;

	ddp_stag_init(&table);
	memset(in, 0, sizeof(in));
	for (round = 0; round < 20000; round++) {
		i = hps_random_below(&random, ARRAY_SIZE(r));
		if (in[i])
			ddp_stag_remove(&table, &r[i]);
		else
			add(&r[i], 0, 1);
		in[i] = !in[i];
		i = hps_random_below(&random, ARRAY_SIZE(r));
		rcu_read_lock();
		HPS_EXPECT(test, !r[i].stag ||
			   (ddp_stag_find(&table, r[i].stag) == &r[i]) ==
			   in[i]);
		rcu_read_unlock();
	}
}

static struct kunit_case cases[] = {
	HPS_CASE(access_tag_must_exist),
	HPS_CASE(access_is_bound_to_domain_and_stream),
	HPS_CASE(access_needs_its_right),
	HPS_CASE(access_bounds_to_the_octet),
	HPS_CASE(access_at_the_very_end),
	HPS_CASE(access_of_nothing),
	HPS_CASE(access_is_granted_only_inside),
	HPS_CASE(stag_is_not_zero_not_taken_not_resting),
	HPS_CASE(stag_rests_long),
	HPS_CASE(stag_table_holds_many),
	{}
};

HPS_SUITE(access, cases, NULL, NULL);
