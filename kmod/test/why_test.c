// SPDX-License-Identifier: GPL-2.0
#include "hps_test.h"

#include "../conn/why.c"

/* All is well: two links at both ends, two paths, much to send. */
static const struct hps_why_conn well = {
	.initiator	= true,
	.bundle		= true,
	.links		= 2,
	.offers		= 2,
	.paths		= 2,
	.cutoff		= 1000,
	.join_at	= 1000,
	.moved		= 5000,
	.backlog	= 5000,
};

static void why_nothing_is_wrong(struct kunit *test)
{
	HPS_EXPECT_EQ(test, hps_why_join(&well), HPS_REASON_NONE);
	HPS_EXPECT_EQ(test, hps_why_conn(&well), HPS_REASON_NONE);
}

/* Each fact alone has its reason. */
static void why_each_fact(struct kunit *test)
{
	struct hps_why_conn c = well;

	c.paths = 1;
	c.opening = true;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_OPENING);
	c.opening = false;
	c.ending = true;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_ENDING);
	c.ending = false;
	c.bound = true;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_BOUND);
	c.bound = false;
	c.loopback = true;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_LOOPBACK);
	c.loopback = false;
	c.single = true;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_POLICY);
	c.single = false;
	c.initiator = false;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_PEER_JOINS);
	c.initiator = true;
	c.offers = 1;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_PEER_ONE_LINK);
	c.offers = 2;
	c.moved = 999;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_CUTOFF);
	c.moved = 1000;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_NONE);
}

static void why_no_bundle(struct kunit *test)
{
	struct hps_why_conn c = well;

	c.bundle = false;
	c.links = 0;
	c.paths = 1;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_NO_BUNDLE);
}

static void why_one_link(struct kunit *test)
{
	struct hps_why_conn c = well;

	c.links = 1;
	c.paths = 1;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_ONE_LINK);
	c.initiator = false;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_ONE_LINK);
}

/* Paths are there, and yet the traffic takes one: too little, or policy. */
static void why_paths_are_not_striped(struct kunit *test)
{
	struct hps_why_conn c = well;

	c.backlog = 10;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_CUTOFF);
	c.in_transit = 1000;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_NONE);
	c.single = true;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_POLICY);
}

/* The end that accepted stripes over paths that the other joined. */
static void why_responder_stripes(struct kunit *test)
{
	struct hps_why_conn c = well;

	c.initiator = false;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_NONE);
	c.backlog = 0;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_CUTOFF);
}

static void why_links(struct kunit *test)
{
	struct hps_why_conn c = well;
	struct hps_why_link l = {};

	HPS_EXPECT_EQ(test, hps_why_link(&c, &l), HPS_REASON_LINK_DOWN);
	l.up = true;
	HPS_EXPECT_EQ(test, hps_why_link(&c, &l), HPS_REASON_NO_ADDRESS);
	l.address = true;
	HPS_EXPECT_EQ(test, hps_why_link(&c, &l), HPS_REASON_NO_PARTNER);
	l.partner = true;
	HPS_EXPECT_EQ(test, hps_why_link(&c, &l), HPS_REASON_JOIN_FAILED);
	c.moved = 0;
	HPS_EXPECT_EQ(test, hps_why_link(&c, &l), HPS_REASON_CUTOFF);
	l.silent = true;
	HPS_EXPECT_EQ(test, hps_why_link(&c, &l), HPS_REASON_SILENT);
	l.opening = true;
	HPS_EXPECT_EQ(test, hps_why_link(&c, &l), HPS_REASON_OPENING);
	l.used = true;
	HPS_EXPECT_EQ(test, hps_why_link(&c, &l), HPS_REASON_IN_USE);
}

/* A link for each role and policy has its reason to wait. */
static void why_roles(struct kunit *test)
{
	struct hps_why_link l = { .up = true };

	HPS_EXPECT_EQ(test, hps_why_waits(HPS_LINK_ROLE_BACKUP, false),
		      HPS_REASON_BACKUP);
	HPS_EXPECT_EQ(test, hps_why_waits(HPS_LINK_ROLE_DUPLICATE, false),
		      HPS_REASON_COPIES_ONLY);
	/* Several backup links carry, and the policy is single. */
	HPS_EXPECT_EQ(test, hps_why_waits(HPS_LINK_ROLE_BACKUP, true),
		      HPS_REASON_POLICY);
	HPS_EXPECT_EQ(test, hps_why_waits(HPS_LINK_ROLE_ACTIVE, true),
		      HPS_REASON_POLICY);
	l.waiting = HPS_REASON_BACKUP;
	HPS_EXPECT_EQ(test, hps_why_link(&well, &l), HPS_REASON_BACKUP);
	l.silent = true;
	HPS_EXPECT_EQ(test, hps_why_link(&well, &l), HPS_REASON_SILENT);
	/* A second path over the same link carries. */
	l.used = true;
	HPS_EXPECT_EQ(test, hps_why_link(&well, &l), HPS_REASON_IN_USE);
}

/* One path carries for the others wait; which of these does not matter while two
 * carry.
 */
static void why_waiting_paths(struct kunit *test)
{
	struct hps_why_conn c = well;

	c.waiting = HPS_REASON_BACKUP;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_NONE);
	c.paths = 1;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_BACKUP);
	c.initiator = false;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_BACKUP);
	c.links = 1;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_ONE_LINK);
	c.links = 2;
	c.ending = true;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_ENDING);
}

/* Nothing that is long enough is ever divided: below the cut-off it is. */
static void why_nothing_is_divided(struct kunit *test)
{
	struct hps_why_conn c = well;

	c.cutoff = U32_MAX;
	HPS_EXPECT_EQ(test, hps_why_conn(&c), HPS_REASON_CUTOFF);
}

static struct kunit_case cases[] = {
	HPS_CASE(why_nothing_is_wrong),
	HPS_CASE(why_each_fact),
	HPS_CASE(why_no_bundle),
	HPS_CASE(why_one_link),
	HPS_CASE(why_paths_are_not_striped),
	HPS_CASE(why_responder_stripes),
	HPS_CASE(why_links),
	HPS_CASE(why_roles),
	HPS_CASE(why_waiting_paths),
	HPS_CASE(why_nothing_is_divided),
	{}
};

HPS_SUITE(why, cases, NULL, NULL);
