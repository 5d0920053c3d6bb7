// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/late.c. */
#include "hps_test.h"

#include "../conn/late.c"

#define MSS	1448

/* 100 Mbit/s, 50 us per direction and the time of a frame. */
static const struct hps_sched_path ethernet = {
	.usable = true, .rate = 11950000, .min_rtt_us = 230, .srtt_us = 2000,
	.mss = MSS,
};

/* Two segments are in its way, of which this is the second. */
static struct hps_late second_segment(void)
{
	struct hps_sched_path p = ethernet;

	p.in_flight = 23000;

	return (struct hps_late) {
		.len = 23000, .takes_us = hps_late_takes(&p, 23000),
		.min_rtt_us = p.min_rtt_us, .srtt_us = p.srtt_us,
	};
}

static void late_not_on_a_good_path(struct kunit *test)
{
	struct hps_late s = second_segment();

	for (s.age_us = 0; s.age_us < s.takes_us + 1000; s.age_us += 100)
		HPS_EXPECT(test, !hps_late(&s, &ethernet));
}

/* What has come since tells that it has not arrived. */
static void late_by_an_ack_of_others(struct kunit *test)
{
	struct hps_late s = second_segment();

	s.age_us = s.takes_us + 10000;
	s.ack_us = 1000;
	HPS_EXPECT(test, hps_late(&s, &ethernet));
	s.ack_us = s.age_us - s.takes_us;
	HPS_EXPECT(test, !hps_late(&s, &ethernet));
}

/* Of one packet or of more: the reader may be behind. */
static void late_not_while_an_ack_is_delayed(struct kunit *test)
{
	struct hps_late s = second_segment();

	for (s.age_us = 0; s.age_us < s.takes_us + 50000; s.age_us += 1000) {
		s.ack_us = s.age_us;
		HPS_EXPECT(test, !hps_late(&s, &ethernet));
	}
	s.age_us = s.ack_us = s.takes_us + 75000;
	HPS_EXPECT(test, hps_late(&s, &ethernet));
}

/* The start of a connection: several segments, of which each knows no rate. They are
 * neither late by a rate that nobody knows nor before what a slow link would take.
 */
static void late_not_by_a_guess(struct kunit *test)
{
	struct hps_sched_path p = ethernet;
	struct hps_late s = { .len = 16000, .min_rtt_us = 230, .guess = true };
	u32 takes_us, n;

	p.rate = 0;
	for (n = 0; n < 4; n++) {
		p.in_flight = n * s.len;
		s.takes_us = hps_late_takes(&p, s.len);
		takes_us = (n + 1) * s.len / 12;
		for (s.age_us = 0; s.age_us < 2 * takes_us; s.age_us += 500)
			HPS_EXPECT(test, !hps_late(&s, &ethernet));
	}
	s.age_us = 200000;
	HPS_EXPECT(test, hps_late(&s, &ethernet));
}

/* 16 KB at 1 Mbit/s, as is known: no need to wait for that. */
static void late_by_the_rate(struct kunit *test)
{
	struct hps_sched_path p = ethernet;
	struct hps_late s = { .len = 16000, .min_rtt_us = 12000,
			      .srtt_us = 130000, .age_us = 1000 };

	p.rate /= 100;
	s.takes_us = hps_late_takes(&p, s.len);
	HPS_EXPECT(test, hps_late(&s, &ethernet));
	/* Nearly done. */
	s.age_us = s.takes_us - 5000;
	HPS_EXPECT(test, !hps_late(&s, &ethernet));
	/* Not by one that is as slow. */
	s.age_us = 1000;
	HPS_EXPECT(test, !hps_late(&s, &p));
}

/* The delay of a long path was counted in when it got the segment. */
static void late_not_by_delay(struct kunit *test)
{
	struct hps_sched_path p = ethernet;
	struct hps_late s = { .len = 23000, .min_rtt_us = 40200,
			      .srtt_us = 41000 };

	p.min_rtt_us = 40200;
	s.takes_us = hps_late_takes(&p, s.len);
	for (s.age_us = 0; s.age_us < 44000; s.age_us += 1000)
		HPS_EXPECT(test, !hps_late(&s, &ethernet));
}

static void late_not_when_unknown(struct kunit *test)
{
	struct hps_late s = second_segment();
	struct hps_sched_path p = ethernet;

	s.age_us = 1000000;
	s.takes_us = HPS_LATE_UNKNOWN;
	HPS_EXPECT(test, !hps_late(&s, &ethernet));
	p.rate = 0;
	/* Of an idle path that was never used little is expected. */
	s = second_segment();
	s.age_us = 20000;
	HPS_EXPECT(test, !hps_late(&s, &p));
	s.age_us = 40000;
	HPS_EXPECT(test, hps_late(&s, &p));
}

/* --- against a plain link: first in, first out, at a rate that may fall --------- */

#define NEVER_US	10000000ULL

struct link {
	u64	rate;
	u64	slow_rate;	/* 0: nothing arrives */
	u64	slow_us;	/* from then on */
	u32	delay_us;
};

/* When the link is done with @octets that it got at time 0. */
static u64 done_us(const struct link *l, u64 octets)
{
	u64 us = div64_u64(octets * USEC_PER_SEC, l->rate);

	if (us <= l->slow_us)
		return us;
	octets -= min(octets, div_u64(l->rate * l->slow_us, USEC_PER_SEC));
	if (!l->slow_rate)
		return NEVER_US;

	return min(l->slow_us + div64_u64(octets * USEC_PER_SEC, l->slow_rate),
		   NEVER_US);
}

/* When the newest acknowledgement came before @at, of every second packet of
 * @octets. @n: how many have come; 0 at first.
 */
static u64 newest_ack_us(const struct link *l, u32 octets, u64 at, u32 *n)
{
	while ((*n + 1) * 2 * MSS <= octets &&
	       done_us(l, (*n + 1) * 2 * MSS) + 2 * l->delay_us <= at)
		(*n)++;

	return *n ? done_us(l, *n * 2 * MSS) + 2 * l->delay_us : 0;
}

/* A segment behind a queue, looked at each 4 ms as rescue.c does. Its reader is behind,
 * if @delayed: then it is acknowledged late, as what is before it. Returns when it was
 * late first, NEVER_US if it was acknowledged before.
 */
static u64 first_late(const struct link *l, u32 queue, u32 len, u64 known_rate,
		      bool delayed, const struct hps_sched_path *idle)
{
	struct hps_sched_path p = {
		.usable = true, .rate = known_rate, .mss = MSS,
		.min_rtt_us = 2 * l->delay_us + 200, .in_flight = queue,
	};
	struct hps_late s = { .len = len, .min_rtt_us = p.min_rtt_us,
			      .srtt_us = p.min_rtt_us,
			      .takes_us = hps_late_takes(&p, len),
			      .guess = !known_rate };
	u64 acked_us = done_us(l, queue + len) + 2 * l->delay_us;
	u32 acks = 0;
	u64 at;

	if (delayed)
		acked_us += 40000;
	for (at = 0; at < min(acked_us, NEVER_US / 4); at += 4000) {
		s.age_us = at;
		s.ack_us = at;
		if (!delayed)
			s.ack_us -= newest_ack_us(l, queue + len, at, &acks);
		if (hps_late(&s, idle))
			return at;
	}

	return NEVER_US;
}

/* 1 to 1000 Mbit/s, up to 30 ms. */
static void random_link(struct link *l, struct hps_random *rnd)
{
	static const u32 mbit[] = { 1, 10, 40, 100, 1000 };
	u32 i = hps_random_below(rnd, ARRAY_SIZE(mbit));

	*l = (struct link) {
		.rate = mbit[i] * 125000ULL,
		.slow_us = NEVER_US,
		.delay_us = 50 + (hps_random_below(rnd, 2) ?
				  0 : hps_random_below(rnd, 30000)),
	};
}

static struct hps_sched_path path_of(const struct link *l)
{
	return (struct hps_sched_path) {
		.usable = true, .rate = l->rate, .mss = MSS,
		.min_rtt_us = 2 * l->delay_us + 200,
	};
}

/* Links that do what is known of them, but for a tenth, or of which nothing is known
 * yet: nothing goes twice unless the idle path is done with it before the other one
 * would be.
 */
static void late_random_good_links(struct kunit *test)
{
	struct hps_random rnd = { .state = 4711 };
	int round, late = 0;

	for (round = 0; round < 20000; round++) {
		u32 queue = hps_random_below(&rnd, 2) ? 0 :
			    hps_random_below(&rnd, 60000);
		u32 len = 2 * MSS + hps_random_below(&rnd, 60000);
		struct link holder, other;
		struct hps_sched_path idle;
		u64 at, here, there, known;

		random_link(&holder, &rnd);
		random_link(&other, &rnd);
		idle = path_of(&other);
		known = holder.rate / 100 * (90 + hps_random_below(&rnd, 20));
		/* Slower ones than any guess are late, and rightly so. */
		if (holder.rate >= UNKNOWN_RATE && !hps_random_below(&rnd, 4))
			known = 0;
		at = first_late(&holder, queue, len, known,
				hps_random_below(&rnd, 2), &idle);
		if (at == NEVER_US)
			continue;
		late++;
		HPS_REQUIRE(test, known);
		here = done_us(&holder, queue + len) + holder.delay_us;
		there = at + done_us(&other, len) + other.delay_us;
		HPS_REQUIRE(test, there < here);
	}
	/* It does happen: behind a queue on a slow link. */
	HPS_EXPECT(test, late > 100);
}

/* A link that falls silent or to a fiftieth of its rate: the idle path gets the
 * segment as soon as that is sure, unless it was acknowledged before: when the next
 * acknowledgement does not cover it, or none has come for long.
 */
static void late_random_bad_links(struct kunit *test)
{
	struct hps_random rnd = { .state = 815 };
	int round, late = 0;

	for (round = 0; round < 20000; round++) {
		u32 queue = hps_random_below(&rnd, 50000);
		u32 len = 2 * MSS + hps_random_below(&rnd, 30000);
		u64 at, takes, usual, sooner, soon, slow_rate;
		struct link holder, other;
		struct hps_sched_path idle;

		random_link(&holder, &rnd);
		random_link(&other, &rnd);
		idle = path_of(&other);
		takes = done_us(&holder, queue + len);
		usual = takes + 2 * holder.delay_us + 200;
		sooner = done_us(&other, len) + other.delay_us + 100;
		soon = surely(max(usual, sooner)) + 4000;
		slow_rate = hps_random_below(&rnd, 2) ? 0 : holder.rate / 50;
		soon += min_t(u64, DELAYED_ACK_US, slow_rate ?
			      div64_u64(2 * MSS * USEC_PER_SEC, slow_rate) : U64_MAX);
		holder.slow_us = div64_u64(takes * hps_random_below(&rnd, 100),
					   200);
		holder.slow_rate = slow_rate;
		at = first_late(&holder, queue, len, holder.rate, false, &idle);
		late += at != NEVER_US;
		if (at == NEVER_US)
			at = done_us(&holder, queue + len) + 2 * holder.delay_us;
		HPS_REQUIRE(test, at <= soon);
	}
	HPS_EXPECT(test, late > 10000);
}

static struct kunit_case cases[] = {
	HPS_CASE(late_not_on_a_good_path),
	HPS_CASE(late_by_an_ack_of_others),
	HPS_CASE(late_not_while_an_ack_is_delayed),
	HPS_CASE(late_not_by_a_guess),
	HPS_CASE(late_by_the_rate),
	HPS_CASE(late_not_by_delay),
	HPS_CASE(late_not_when_unknown),
	HPS_CASE(late_random_good_links),
	HPS_CASE(late_random_bad_links),
	{}
};

HPS_SUITE(late, cases, NULL, NULL);
