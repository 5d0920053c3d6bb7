/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One set of tests for the pure files, under KUnit and in user space.
 *
 * Each test source includes the file it tests, so it sees the static functions
 * and needs no export. A failed expectation in a loop would fill the log; give
 * up with HPS_REQUIRE() there.
 */
#ifndef _HPS_TEST_H
#define _HPS_TEST_H

#include <linux/types.h>

#ifdef __KERNEL__

#include <kunit/test.h>

#define HPS_EXPECT(test, cond)		KUNIT_EXPECT_TRUE(test, cond)
#define HPS_EXPECT_EQ(test, a, b)	KUNIT_EXPECT_EQ(test, (s64)(a), (s64)(b))
#define HPS_REQUIRE(test, cond)		KUNIT_ASSERT_TRUE(test, cond)

#define HPS_CASE(fn)			KUNIT_CASE(fn)

/* Defines the suite hps_@id with its cases and what runs around all of them. */
#define HPS_SUITE(id, cases_, init_, exit_) \
struct kunit_suite hps_test_##id = { \
	.name = "hps_" #id, \
	.suite_init = init_, \
	.suite_exit = exit_, \
	.test_cases = cases_, \
}

#else /* user space: selftests/unit/runner.c */

struct kunit {
	const char	*name;
	unsigned int	failures;
	bool		given_up;
};

struct kunit_case {
	void		(*run)(struct kunit *test);
	const char	*name;
};

struct kunit_suite {
	const char	*name;
	int		(*suite_init)(struct kunit_suite *suite);
	void		(*suite_exit)(struct kunit_suite *suite);
	struct kunit_case *test_cases;
};

void hps_test_fail(struct kunit *test, const char *file, int line,
		   const char *what, s64 a, s64 b);
void __noreturn hps_test_give_up(struct kunit *test);

#define HPS_EXPECT(test, cond) do { \
	if (!(cond)) \
		hps_test_fail(test, __FILE__, __LINE__, #cond, 0, 1); \
} while (0)
#define HPS_EXPECT_EQ(test, a, b) do { \
	s64 _x = (s64)(a), _y = (s64)(b); \
	if (_x != _y) \
		hps_test_fail(test, __FILE__, __LINE__, #a " == " #b, _x, _y); \
} while (0)
#define HPS_REQUIRE(test, cond) do { \
	if (!(cond)) { \
		hps_test_fail(test, __FILE__, __LINE__, #cond, 0, 1); \
		hps_test_give_up(test); \
	} \
} while (0)

#define HPS_CASE(fn)	{ .run = fn, .name = #fn }
#define HPS_SUITE(id, cases_, init_, exit_) \
struct kunit_suite hps_test_##id = { \
	.name = "hps_" #id, \
	.suite_init = init_, \
	.suite_exit = exit_, \
	.test_cases = cases_, \
}

#endif

/* Every suite; main.c and runner.c have the list. */
extern struct kunit_suite hps_test_access;
extern struct kunit_suite hps_test_alive;
extern struct kunit_suite hps_test_autobuf;
extern struct kunit_suite hps_test_credit;
extern struct kunit_suite hps_test_ddp;
extern struct kunit_suite hps_test_early;
extern struct kunit_suite hps_test_health;
extern struct kunit_suite hps_test_late;
extern struct kunit_suite hps_test_message;
extern struct kunit_suite hps_test_mpa;
extern struct kunit_suite hps_test_placed;
extern struct kunit_suite hps_test_rdmap;
extern struct kunit_suite hps_test_reasm;
extern struct kunit_suite hps_test_ring;
extern struct kunit_suite hps_test_run;
extern struct kunit_suite hps_test_sched;
extern struct kunit_suite hps_test_segment;
extern struct kunit_suite hps_test_stream;
extern struct kunit_suite hps_test_train;
extern struct kunit_suite hps_test_why;

/* Random traces are the same in every run: xorshift64* with a seed. */
struct hps_random {
	u64	state;
};

static inline u32 hps_random(struct hps_random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;

	return (r->state * 0x2545f4914f6cdd1dULL) >> 32;
}

/* From 0 to @n - 1. */
static inline u32 hps_random_below(struct hps_random *r, u32 n)
{
	return hps_random(r) % n;
}

#endif /* _HPS_TEST_H */
