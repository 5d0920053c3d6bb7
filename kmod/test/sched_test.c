// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/sched.c. */
#include "hps_test.h"

#include "../conn/sched.c"

#define MSS	1448

/* 100 Mbit/s, 50 us per direction and the time of a frame. */
static const struct hps_sched_path slow_ethernet = {
	.usable = true, .rate = 11950000, .min_rtt_us = 230, .srtt_us = 2000,
	.mss = MSS,
};

static u32 ask(const struct hps_sched_path *paths, unsigned int n,
	       unsigned int self, u64 backlog, bool stripe)
{
	const struct hps_sched_work work = {
		.backlog = backlog, .stripe = stripe };

	return hps_sched_segment(paths, n, self, &work);
}

static void sched_nothing_to_send(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;

	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 0, true), 0);
}

static void sched_unusable_path_gets_nothing(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	p[0].usable = false;
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 1 << 20, true), 0);
	HPS_EXPECT(test, ask(p, 2, 1, 1 << 20, true));
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 1, false), 0);
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 1, false), 1);
}

static void sched_small_write_goes_whole(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	HPS_EXPECT_EQ(test, ask(p, 1, 0, 4, true), 4);
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 4, true), 4);
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 4, true), 0);
}

static void sched_segment_fills_packets(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };
	u32 len = ask(p, 2, 0, 1 << 20, true);

	HPS_EXPECT_EQ(test, (len + HPS_SEGMENT_OVERHEAD) % MSS, 0);
	HPS_EXPECT_EQ(test, len % 4, 0);
}

static void sched_overhead_below_half_percent(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;

	p.rate = 1;
	HPS_EXPECT(test, ask(&p, 1, 0, 1 << 20, true) >=
			 200 * HPS_SEGMENT_OVERHEAD);
	p.rate = 0;
	HPS_EXPECT(test, ask(&p, 1, 0, 1 << 20, true) >=
			 200 * HPS_SEGMENT_OVERHEAD);
}

static void sched_fast_path_gets_long_segments(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;
	u32 len;

	p.rate = 1250000000;
	len = ask(&p, 1, 0, 1 << 20, true);
	HPS_EXPECT(test, len > 56 << 10);
	HPS_EXPECT(test, len <= HPS_MAX_SEGMENT);
}

static void sched_tail_is_split_evenly(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };
	u32 a, b;

	a = ask(p, 2, 0, 20000, true);
	HPS_EXPECT(test, a > 10000 - MSS && a < 10000 + MSS);
	p[0].in_flight = a;
	b = ask(p, 2, 1, 20000 - a, true);
	HPS_EXPECT_EQ(test, a + b, 20000);
}

static void sched_slow_path_stays_out_of_the_tail(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	p[1].min_rtt_us = 40000;
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 100000, true), 0);
	HPS_EXPECT(test, ask(p, 2, 1, 1000000, true));
	/* Even when the other one has no room just now. */
	p[0].in_flight = hps_sched_cap(&p[0], 23124);
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 100000, true), 0);
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 100000, true), 0);
}

static void sched_late_path_does_not_count(struct kunit *test)
{
	struct hps_sched_path p[3] = { slow_ethernet, slow_ethernet,
				       slow_ethernet };
	u32 a;

	p[2].min_rtt_us = 400000;
	a = ask(p, 3, 0, 20000, true);
	HPS_EXPECT(test, a > 10000 - MSS && a < 10000 + MSS);
}

static void sched_no_room_no_segment(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;
	u32 len = ask(&p, 1, 0, 1 << 20, true);
	u32 cap = hps_sched_cap(&p, len);

	p.in_flight = cap - len;
	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 1 << 20, true), len);
	p.in_flight++;
	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 1 << 20, true), 0);
}

static void sched_cap_is_twice_the_pipe(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;

	HPS_EXPECT_EQ(test, hps_sched_cap(&p, 20000), 40000);
	p.min_rtt_us = 40000;
	HPS_EXPECT_EQ(test, hps_sched_cap(&p, 20000), 2 * 478000);
	p.rate = 0;
	HPS_EXPECT_EQ(test, hps_sched_cap(&p, 20000), 65536);
}

/* One is on its way, acknowledged only when all of it has arrived (TSO). */
static void sched_second_segment_of_a_gigabit_has_room(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;
	u32 len;

	p.rate = 107600000;
	len = ask(&p, 1, 0, 1 << 20, true);
	p.in_flight = len + HPS_SEGMENT_OVERHEAD;
	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 1 << 20, true), len);
}

static void sched_single_takes_the_earliest(struct kunit *test)
{
	struct hps_sched_path p[3] = { slow_ethernet, slow_ethernet,
				       slow_ethernet };

	p[0].in_flight = 30000;
	p[2].min_rtt_us = 5000;
	HPS_EXPECT_EQ(test, ask(p, 3, 0, 10000, false), 0);
	HPS_EXPECT_EQ(test, ask(p, 3, 1, 10000, false), 10000);
	HPS_EXPECT_EQ(test, ask(p, 3, 2, 10000, false), 0);
}

static void sched_unknown_path_is_tried(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet,
		{ .usable = true, .mss = MSS } };

	HPS_EXPECT(test, ask(p, 2, 1, 1 << 20, true));
	p[0] = p[1];
	HPS_EXPECT(test, ask(p, 2, 0, 1 << 20, true));
	HPS_EXPECT(test, ask(p, 2, 1, 1 << 20, true));
}

/* A byte more than the cut-off that the two curves give is split, one less not. */
static void sched_short_message_is_split_by_time(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	HPS_EXPECT_EQ(test, ask(p, 2, 0, 600, true), 600);
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 4096, true), 2048);
	p[0].rate = p[1].rate = 1250000000;
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 4096, true), 4096);
}

static void sched_counts_what_the_link_has_taken(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };
	u32 len;

	/* 20 KB need 1.7 ms: half of them have left by now. */
	p[0].in_flight = 20000;
	p[0].busy_us = p[0].ack_us = 0;
	len = ask(p, 2, 0, 20000, true);
	HPS_EXPECT_EQ(test, len, 0);
	p[0].busy_us = p[0].ack_us = 837;
	len = ask(p, 2, 0, 20000, true);
	HPS_EXPECT(test, len > 4000 && len < 6000);
}

static void sched_silent_path_gets_nothing(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	p[0].in_flight = 1000;
	p[0].busy_us = p[0].ack_us = 50000;
	HPS_EXPECT_EQ(test, ask(p, 2, 0, 20000, true), 0);
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 20000, true), 20000);
}

static void sched_window_of_the_transport_counts(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };

	p[0].min_rtt_us = p[1].min_rtt_us = 40000;
	p[1].cwnd = 14480;
	HPS_EXPECT(test, ask(p, 2, 0, 30000, true) > 20000);
}

static void random_path(struct hps_sched_path *p, struct hps_random *rnd)
{
	p->usable = hps_random_below(rnd, 4);
	p->in_flight = hps_random_below(rnd, 3) ? 0 : hps_random(rnd) >>
		       hps_random_below(rnd, 32);
	p->rate = hps_random_below(rnd, 5) ?
		  (u64)hps_random(rnd) << hps_random_below(rnd, 32) >>
		  hps_random_below(rnd, 32) : 0;
	p->min_rtt_us = hps_random(rnd) >> hps_random_below(rnd, 32);
	p->mss = hps_random(rnd) >> hps_random_below(rnd, 32);
	p->cwnd = hps_random_below(rnd, 2) ? hps_random(rnd) >>
		  hps_random_below(rnd, 32) : 0;
	p->busy_us = hps_random(rnd) >> hps_random_below(rnd, 32);
	p->ack_us = hps_random(rnd) >> hps_random_below(rnd, 32);
}

/* Policy single: the path that was chosen goes on, though another one idles. */
static void sched_alone_does_not_look_at_others(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };
	const struct hps_sched_work work = { .backlog = 1 << 20, .alone = true };

	p[1].min_rtt_us *= 2;
	HPS_EXPECT_EQ(test, ask(p, 2, 1, 1 << 20, false), 0);
	HPS_EXPECT(test, hps_sched_segment(p, 2, 1, &work) > 0);
}

/* A busy path refuses the end of a write, and is asked again as soon as it takes it:
 * on a long link that is long before half of what is in flight has arrived.
 */
static void sched_end_is_asked_again_in_time(struct kunit *test)
{
	static const u32 rtt_us[] = { 230, 5000, 20000, 80000 };
	u32 below, in_flight, end = 3000;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rtt_us); i++) {
		struct hps_sched_path p = slow_ethernet;
		u32 half;

		p.min_rtt_us = rtt_us[i];
		p.in_flight = in_flight = hps_sched_cap(&p, 0) - end;
		half = in_flight / 2 + HPS_SEGMENT_OVERHEAD;
		HPS_EXPECT_EQ(test, ask(&p, 1, 0, end, true), 0);
		below = hps_sched_ask_below(&p, end);
		HPS_EXPECT(test, below < in_flight);
		HPS_EXPECT(test, below > half);
		p.in_flight = below;
		HPS_EXPECT_EQ(test, ask(&p, 1, 0, end, true), end);
		p.in_flight = below + 1;
		HPS_EXPECT_EQ(test, ask(&p, 1, 0, end, true), 0);
		/* What is no end waits for half. */
		p.in_flight = in_flight;
		HPS_EXPECT_EQ(test, hps_sched_ask_below(&p, 1 << 20), half);
	}
}

/* What the transport lets be in flight is what fills a path, and a rate that is
 * unknown is not none.
 */
static void sched_end_by_window_and_unknown_rate(struct kunit *test)
{
	struct hps_sched_path p = slow_ethernet;

	p.min_rtt_us = 20000;
	p.in_flight = 100000;
	HPS_EXPECT(test, ask(&p, 1, 0, 3000, true));
	p.cwnd = 60000;
	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 3000, true), 0);
	p.cwnd = 0;
	p.rate = 0;
	p.in_flight = 50000;
	HPS_EXPECT(test, ask(&p, 1, 0, 3000, true));
	p.min_rtt_us = 230;
	HPS_EXPECT_EQ(test, ask(&p, 1, 0, 3000, true), 0);
}

/* Whatever the snapshot says: never more than the backlog, a segment or the
 * room, and if everything has drained, somebody sends.
 */
static void sched_never_sticks(struct kunit *test)
{
	struct hps_random rnd = { .state = 42 };
	static struct hps_sched_path p[20];	/* too much for the stack */
	int round;

	for (round = 0; round < 20000; round++) {
		unsigned int n = 1 + hps_random_below(&rnd, ARRAY_SIZE(p));
		u64 backlog = 1 + (hps_random(&rnd) >>
				   hps_random_below(&rnd, 32));
		bool stripe = hps_random_below(&rnd, 2);
		bool usable = false, sent = false;
		unsigned int i;

		for (i = 0; i < n; i++)
			random_path(&p[i], &rnd);
		for (i = 0; i < n; i++) {
			u32 len = ask(p, n, i, backlog, stripe);

			HPS_REQUIRE(test, len <= backlog);
			HPS_REQUIRE(test, len <= HPS_MAX_SEGMENT);
			HPS_REQUIRE(test, !len || p[i].usable);
			HPS_REQUIRE(test, !len || (u64)p[i].in_flight + len <=
					  hps_sched_cap(&p[i], len));
		}
		for (i = 0; i < n; i++)
			p[i].in_flight = 0;
		for (i = 0; i < n; i++) {
			usable |= p[i].usable;
			sent |= ask(p, n, i, backlog, stripe) > 0;
		}
		HPS_REQUIRE(test, usable == sent);
	}
}

/* --- against plain links: first in, first out, at a constant rate ------------- */

#define LINKS		4
#define NS_PER_US	(NSEC_PER_SEC / USEC_PER_SEC)
#define PIECES		2048	/* segments in flight on a link */

struct link {
	u64	rate;
	u64	delay_ns;
	u64	free_ns;	/* done with what it has */
	u64	busy_ns;	/* since then there is something in flight */
	u64	acked_ns;	/* newest acknowledgement */
	u32	in_flight;
	u32	first, n;
	struct {
		u64	ack_ns;
		u32	octets;
	} piece[PIECES];
};

static struct link link[LINKS];
static struct hps_sched_path view[LINKS];

static u64 takes_ns(const struct link *l, u64 octets)
{
	return div64_u64(octets * NSEC_PER_SEC, l->rate);
}

static void look(const struct link *l, u64 now_ns, struct hps_sched_path *p)
{
	*p = (struct hps_sched_path) {
		.usable = true, .rate = l->rate, .mss = MSS,
		.in_flight = l->in_flight,
		.min_rtt_us = div_u64(2 * l->delay_ns, NS_PER_US),
		.busy_us = div_u64(now_ns - l->busy_ns, NS_PER_US),
		.ack_us = div_u64(now_ns - max(l->busy_ns, l->acked_ns),
				  NS_PER_US),
	};
}

/* Two packets by two, as they are acknowledged. */
static void give(struct link *l, u64 now_ns, u32 len)
{
	u32 left = len + HPS_SEGMENT_OVERHEAD;

	if (!l->in_flight)
		l->busy_ns = now_ns;
	l->in_flight += left;
	l->free_ns = max(l->free_ns, now_ns);
	while (left) {
		u32 i = (l->first + l->n++) % PIECES;
		u32 n = min_t(u32, left, 2 * MSS);

		left -= n;
		l->free_ns += takes_ns(l, n);
		l->piece[i].ack_ns = l->free_ns + 2 * l->delay_ns;
		l->piece[i].octets = n;
	}
}

/* The next acknowledgement. Returns when, U64_MAX if nothing is in flight. */
static u64 step(unsigned int n)
{
	u64 at = U64_MAX;
	struct link *next = NULL;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (link[i].n && link[i].piece[link[i].first].ack_ns < at) {
			next = &link[i];
			at = next->piece[next->first].ack_ns;
		}
	if (!next)
		return at;
	next->in_flight -= next->piece[next->first].octets;
	next->first = (next->first + 1) % PIECES;
	next->n--;
	next->acked_ns = at;

	return at;
}

/* Sends @backlog. Returns when the last octet has arrived, U64_MAX if it stuck. */
static u64 run(unsigned int n, u64 backlog, bool stripe)
{
	u64 now_ns = 0, done_ns = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		link[i] = (struct link) { .rate = link[i].rate,
					  .delay_ns = link[i].delay_ns };
	while (backlog && now_ns != U64_MAX) {
		u32 len = 0;

		for (i = 0; i < n; i++)
			look(&link[i], now_ns, &view[i]);
		for (i = 0; i < n && !len; i++)
			len = ask(view, n, i, backlog, stripe);
		if (!len) {
			now_ns = step(n);
			continue;
		}
		i--;
		if (len > backlog || link[i].n > PIECES - 32)
			return U64_MAX;
		give(&link[i], now_ns, len);
		done_ns = max(done_ns, link[i].free_ns + link[i].delay_ns);
		backlog -= len;
	}

	return now_ns == U64_MAX ? now_ns : done_ns;
}

/* The best that the links could do, as fluids: those whose delay is short enough to
 * help. With one link only it is the best single one.
 */
static u64 best_ns(unsigned int n, u64 octets, bool one)
{
	u64 best = U64_MAX;
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		u64 sum = 0, rate = 0;

		for (j = 0; j < n; j++) {
			if (link[j].delay_ns > link[i].delay_ns || (one && j != i))
				continue;
			rate += link[j].rate;
			sum += ns_to_octets(link[j].rate, link[j].delay_ns);
		}
		best = min(best, div64_u64((octets + sum) * NSEC_PER_SEC, rate));
	}

	return best;
}

/* 10 Mbit/s to 1 Gbit/s, 50 us to 20 ms. Returns how many. */
static unsigned int random_links(struct hps_random *rnd)
{
	static const u32 mbit[] = { 10, 40, 100, 100, 300 };
	unsigned int n = 1 + hps_random_below(rnd, LINKS), i;

	for (i = 0; i < n; i++) {
		link[i].rate = mbit[hps_random_below(rnd, ARRAY_SIZE(mbit))] *
			       125000ULL;
		link[i].delay_ns = 50000 + (hps_random_below(rnd, 2) ? 0 :
			hps_random_below(rnd, 20000) * 1000ULL);
	}

	return n;
}

/* With what the heads of segments cost. */
static u64 with_heads(u64 octets)
{
	return octets + octets / 250 + 2 * HPS_SEGMENT_OVERHEAD;
}

static u64 random_octets(struct hps_random *rnd)
{
	u32 octets = hps_random(rnd) >> 10;

	return 1 + (octets >> hps_random_below(rnd, 22));
}

/* By how many of 1000 parts @got is later than @ideal. */
static u64 later(u64 got, u64 ideal)
{
	return got > ideal ? div64_u64((got - ideal) * 1000, ideal) : 0;
}

/* All of it is there nearly as soon as on fluids: later by 2 % in the mean, and by
 * more where several links with long delays differ, but never twice as late.
 */
static void sched_random_against_fluid(struct kunit *test)
{
	struct hps_random rnd = { .state = 99 };
	u64 sum = 0;
	int round;

	for (round = 0; round < 3000; round++) {
		unsigned int n = random_links(&rnd);
		u64 octets = random_octets(&rnd);
		u64 ideal = best_ns(n, with_heads(octets), false);
		u64 got = run(n, octets, true);

		HPS_REQUIRE(test, got <= 2 * ideal + NSEC_PER_SEC / 1000);
		sum += later(got, ideal);
	}
	HPS_EXPECT(test, sum < 3000 * 20);
}

/* The cut-off: what is split is there no later than by the best link alone, but for
 * what a second segment must gain at least; what is not split goes over that one.
 */
static void sched_random_floor(struct kunit *test)
{
	struct hps_random rnd = { .state = 7 };
	u64 sum[2] = { 0 };
	int round, stripe;

	for (round = 0; round < 3000; round++) {
		unsigned int n = random_links(&rnd);
		u64 octets = random_octets(&rnd);
		u64 least = best_ns(n, with_heads(octets), true) +
			    SPLIT_US * NS_PER_US;

		for (stripe = 0; stripe < 2; stripe++) {
			u64 got = run(n, octets, stripe);

			HPS_REQUIRE(test, got <= least + least / 8);
			sum[stripe] += later(got, least);
		}
	}
	HPS_EXPECT(test, sum[0] < 3000 * 5);
	HPS_EXPECT(test, sum[1] < 3000 * 5);
}

/* --- the cut-off that is told --------------------------------------------------- */

/* The untried path that a write asks next. */
static unsigned int next_path(const struct hps_sched_path *idle, unsigned int n,
			      u32 tried)
{
	unsigned int i, next = n;

	for (i = 0; i < n; i++)
		if (!(tried & BIT(i)) &&
		    (next == n || hps_sched_arrival(&idle[i]) <
				  hps_sched_arrival(&idle[next])))
			next = i;

	return next;
}

/* How many paths take part of what is written at once to idle ones? They are asked
 * in turn, each until it takes nothing.
 */
static unsigned int takers(const struct hps_sched_path *idle, unsigned int n,
			   u64 backlog, bool eager)
{
	struct hps_sched_work work = {
		.backlog = backlog, .stripe = true, .eager = eager };
	unsigned int used = 0, at;
	u32 len, tried = 0;
	bool took;

	memcpy(view, idle, n * sizeof(*view));
	while (tried != BIT(n) - 1) {
		at = next_path(idle, n, tried);
		tried |= BIT(at);
		took = false;
		while ((len = hps_sched_segment(view, n, at, &work))) {
			view[at].in_flight += len + HPS_SEGMENT_OVERHEAD;
			work.backlog -= len;
			took = true;
		}
		used += took;
	}

	return used;
}

/* Some octets below a cut-off, by more than two packets; 1 if there are none. */
static u32 random_below(struct hps_random *rnd, u32 cutoff)
{
	return cutoff > 2 * MSS ? 1 + hps_random_below(rnd, cutoff - 2 * MSS) : 1;
}

/* An octet less than what is told goes over one path, and so does nearly all that
 * is shorter by two packets or more. So much goes over more, and so does nearly all
 * that is longer.
 */
static void sched_cutoff_is_what_is_done(struct kunit *test)
{
	static struct hps_sched_path idle[LINKS], scratch[LINKS];
	unsigned int tries = 0, others = 0, n, i;
	struct hps_random rnd = { .state = 5 };
	int round;

	for (round = 0; round < 3000; round++) {
		bool eager = hps_random_below(&rnd, 2);
		u32 cutoff, far;

		n = random_links(&rnd);
		for (i = 0; i < n; i++) {
			link[i] = (struct link) { .rate = link[i].rate,
						  .delay_ns = link[i].delay_ns };
			look(&link[i], 0, &idle[i]);
		}
		memcpy(scratch, idle, sizeof(scratch));
		cutoff = hps_sched_cutoff(scratch, n, eager);
		HPS_REQUIRE(test, (n > 1) == (cutoff > 0));
		if (!cutoff)
			continue;
		HPS_REQUIRE(test, takers(idle, n, cutoff, eager) > 1);
		HPS_REQUIRE(test, takers(idle, n, cutoff - 1, eager) == 1);
		far = cutoff + 2 * MSS + hps_random_below(&rnd, 2 * cutoff);
		others += takers(idle, n, far, eager) < 2;
		others += takers(idle, n, random_below(&rnd, cutoff), eager) > 1;
		tries += 2;
	}
	HPS_EXPECT(test, tries > 3000 && others < tries / 50);
}

/* It follows rate and delay, and policy stripe wants less. */
static void sched_cutoff_follows(struct kunit *test)
{
	struct hps_sched_path p[2] = { slow_ethernet, slow_ethernet };
	u32 even, far;

	HPS_EXPECT_EQ(test, hps_sched_cutoff(p, 0, false), 0);
	HPS_EXPECT_EQ(test, hps_sched_cutoff(p, 1, false), 0);
	even = hps_sched_cutoff(p, 2, false);
	HPS_EXPECT(test, even > 2 * SPLIT_US * 11 && even < 2 * SPLIT_US * 13);
	HPS_EXPECT(test, hps_sched_cutoff(p, 2, true) < even);
	/* What is under way does not count. */
	p[0].in_flight = 1 << 20;
	p[0].busy_us = p[0].ack_us = 50000;
	HPS_EXPECT_EQ(test, hps_sched_cutoff(p, 2, false), even);
	/* 20 ms are 239 KB of the nearer one. */
	p[0].min_rtt_us += 40000;
	far = hps_sched_cutoff(p, 2, false);
	HPS_EXPECT(test, far > 230000 && far < 260000);
	p[0].usable = false;
	HPS_EXPECT_EQ(test, hps_sched_cutoff(p, 2, false), 0);
}

/* Whatever the paths are: it ends, and tells what it has tried. */
static void sched_cutoff_of_anything(struct kunit *test)
{
	static struct hps_sched_path p[20];
	struct hps_random rnd = { .state = 11 };
	unsigned int n, i;
	int round;

	for (round = 0; round < 300; round++) {
		n = hps_random_below(&rnd, ARRAY_SIZE(p) + 1);
		for (i = 0; i < n; i++)
			random_path(&p[i], &rnd);
		HPS_REQUIRE(test, hps_sched_cutoff(p, n, round % 2) <= MAX_OCTETS);
	}
}

static struct kunit_case cases[] = {
	HPS_CASE(sched_nothing_to_send),
	HPS_CASE(sched_unusable_path_gets_nothing),
	HPS_CASE(sched_small_write_goes_whole),
	HPS_CASE(sched_segment_fills_packets),
	HPS_CASE(sched_overhead_below_half_percent),
	HPS_CASE(sched_fast_path_gets_long_segments),
	HPS_CASE(sched_tail_is_split_evenly),
	HPS_CASE(sched_slow_path_stays_out_of_the_tail),
	HPS_CASE(sched_late_path_does_not_count),
	HPS_CASE(sched_no_room_no_segment),
	HPS_CASE(sched_cap_is_twice_the_pipe),
	HPS_CASE(sched_second_segment_of_a_gigabit_has_room),
	HPS_CASE(sched_single_takes_the_earliest),
	HPS_CASE(sched_unknown_path_is_tried),
	HPS_CASE(sched_short_message_is_split_by_time),
	HPS_CASE(sched_counts_what_the_link_has_taken),
	HPS_CASE(sched_silent_path_gets_nothing),
	HPS_CASE(sched_window_of_the_transport_counts),
	HPS_CASE(sched_alone_does_not_look_at_others),
	HPS_CASE(sched_end_is_asked_again_in_time),
	HPS_CASE(sched_end_by_window_and_unknown_rate),
	HPS_CASE(sched_never_sticks),
	HPS_CASE(sched_random_against_fluid),
	HPS_CASE(sched_random_floor),
	HPS_CASE(sched_cutoff_is_what_is_done),
	HPS_CASE(sched_cutoff_follows),
	HPS_CASE(sched_cutoff_of_anything),
	{}
};

HPS_SUITE(sched, cases, NULL, NULL);
