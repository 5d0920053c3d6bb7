// SPDX-License-Identifier: GPL-2.0
/* Tests of tools/hpsctl/curve.c. */
#include "hps_test.h"

#include "../../tools/hpsctl/curve.c"

#define ROWS	14

/* 256 octets and on, doubling. */
static void measure(uint64_t *sizes, uint64_t *times, double latency_ns,
		    double octet_ns)
{
	unsigned int i;

	for (i = 0; i < ROWS; i++) {
		sizes[i] = 256ULL << i;
		times[i] = latency_ns + sizes[i] * octet_ns;
	}
}

static bool near(double value, double expected, double share)
{
	return value > expected * (1 - share) && value < expected * (1 + share);
}

static void curve_fit_finds_the_line(struct kunit *test)
{
	uint64_t sizes[ROWS], times[ROWS];
	struct line line;

	measure(sizes, times, 140000, 80);
	HPS_REQUIRE(test, curve_fit(sizes, times, ROWS, &line));
	HPS_EXPECT(test, near(line.latency_ns, 140000, 0.001));
	HPS_EXPECT(test, near(line.octet_ns, 80, 0.001));
}

static void curve_fit_leaves_out_what_is_missing(struct kunit *test)
{
	uint64_t sizes[ROWS], times[ROWS];
	struct line line;
	unsigned int i;

	measure(sizes, times, 140000, 80);
	for (i = 2; i < ROWS; i++)
		times[i] = 0;
	HPS_REQUIRE(test, curve_fit(sizes, times, ROWS, &line));
	HPS_EXPECT(test, near(line.octet_ns, 80, 0.01));
	times[1] = 0;
	HPS_EXPECT(test, !curve_fit(sizes, times, ROWS, &line));
}

/* 5 % more or less at the largest size say nothing of the latency. */
static void curve_fit_keeps_the_latency(struct kunit *test)
{
	uint64_t sizes[ROWS], times[ROWS];
	struct line line;

	measure(sizes, times, 140000, 80);
	times[ROWS - 1] += times[ROWS - 1] / 20;
	HPS_REQUIRE(test, curve_fit(sizes, times, ROWS, &line));
	HPS_EXPECT(test, near(line.latency_ns, 140000, 0.05));
}

static void curve_meet_of_two_links(struct kunit *test)
{
	const struct line alone[] = { { 140000, 80 }, { 140000, 80 } };
	const struct line together = { 180000, 40 };

	/* 40 us more, 40 ns less for each octet */
	HPS_EXPECT(test, near(curve_meet(alone, 2, &together), 1000, 0.0001));
}

/* The one with the low latency is beaten later, whatever its rate. */
static void curve_meet_beats_all_links(struct kunit *test)
{
	const struct line alone[] = { { 500000, 40 }, { 100000, 80 } };
	const struct line together = { 300000, 30 };

	HPS_EXPECT(test, near(curve_meet(alone, 2, &together), 4000, 0.0001));
}

static void curve_meet_at_once(struct kunit *test)
{
	const struct line alone[] = { { 140000, 80 } };
	const struct line together = { 130000, 40 };

	HPS_EXPECT(test, curve_meet(alone, 1, &together) == 0);
}

static void curve_meet_never(struct kunit *test)
{
	const struct line alone[] = { { 140000, 80 }, { 140000, 8000 } };
	const struct line same = { 150000, 79.3 }, slower = { 130000, 81 };

	HPS_EXPECT(test, isinf(curve_meet(alone, 2, &same)));
	HPS_EXPECT(test, isinf(curve_meet(alone, 2, &slower)));
}

static void curve_wins_by_a_margin(struct kunit *test)
{
	HPS_EXPECT(test, curve_wins(97, 100));
	HPS_EXPECT(test, !curve_wins(99, 100));
	HPS_EXPECT(test, !curve_wins(100, 100));
}

static void curve_behind_of_a_slow_link(struct kunit *test)
{
	HPS_EXPECT(test, curve_behind(8000, 4000, 100, 60));
	/* slow, but no further behind: long latency, high rate */
	HPS_EXPECT(test, !curve_behind(8010, 8000, 100, 60));
	/* not far behind */
	HPS_EXPECT(test, !curve_behind(300, 160, 100, 60));
	/* a time that is wrong */
	HPS_EXPECT(test, !curve_behind(8000, 80, 100, 60));
	HPS_EXPECT(test, !curve_behind(8000, 6000, 100, 5000));
	/* a time that is less than that of half of the size */
	HPS_EXPECT(test, !curve_behind(8000, 9000, 100, 60));
}

static unsigned int step(const char *outcome)
{
	unsigned int i, count = strlen(outcome);
	bool wins[ROWS];

	for (i = 0; i < count; i++)
		wins[i] = outcome[i] == 'w';
	return curve_step(wins, count);
}

static void curve_step_of_clear_cases(struct kunit *test)
{
	HPS_EXPECT_EQ(test, step("lllwww"), 3);
	HPS_EXPECT_EQ(test, step("wwww"), 0);
	HPS_EXPECT_EQ(test, step("llll"), 4);
	HPS_EXPECT_EQ(test, step("lllw"), 3);
}

static void curve_step_bears_an_outlier(struct kunit *test)
{
	HPS_EXPECT_EQ(test, step("lwllllwwww"), 6);
	HPS_EXPECT_EQ(test, step("lllwwwwlww"), 3);
	/* as often wrong as right: the larger size, one link cannot be slower */
	HPS_EXPECT_EQ(test, step("lwlw"), 3);
	HPS_EXPECT_EQ(test, step("wl"), 2);
}

/* Wins from @at on; the search ends when it has asked @calls times. */
struct model {
	uint64_t at;
	unsigned int calls;
};

static int wins_from(uint64_t size, void *arg)
{
	struct model *m = arg;

	if (!m->calls)
		return -1;
	m->calls--;
	return size >= m->at;
}

static void curve_search_finds_the_step(struct kunit *test)
{
	uint64_t at, found;
	struct model m;

	for (at = 4097; at <= 8192; at += 37) {
		m = (struct model){ at, 8 };
		found = curve_search(4096, 8192, wins_from, &m);
		HPS_REQUIRE(test, found >= at && found - at <= found / 16 + 1);
		/* no longer than it must */
		HPS_REQUIRE(test, m.calls >= 3);
	}
}

static void curve_search_ends_early(struct kunit *test)
{
	struct model m = { 4100, 1 };

	HPS_EXPECT_EQ(test, curve_search(4096, 8192, wins_from, &m), 6144);
	HPS_EXPECT_EQ(test, curve_search(4096, 8192, wins_from, &m), 8192);
}

static struct kunit_case cases[] = {
	HPS_CASE(curve_fit_finds_the_line),
	HPS_CASE(curve_fit_leaves_out_what_is_missing),
	HPS_CASE(curve_fit_keeps_the_latency),
	HPS_CASE(curve_meet_of_two_links),
	HPS_CASE(curve_meet_beats_all_links),
	HPS_CASE(curve_meet_at_once),
	HPS_CASE(curve_meet_never),
	HPS_CASE(curve_wins_by_a_margin),
	HPS_CASE(curve_behind_of_a_slow_link),
	HPS_CASE(curve_step_of_clear_cases),
	HPS_CASE(curve_step_bears_an_outlier),
	HPS_CASE(curve_search_finds_the_step),
	HPS_CASE(curve_search_ends_early),
	{ }
};

HPS_SUITE(curve, cases, NULL, NULL);
