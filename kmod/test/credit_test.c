// SPDX-License-Identifier: GPL-2.0
/* Tests of conn/credit.c. */
#include "hps_test.h"

#include "../conn/credit.c"

#define BUFFER	65536

static void credit_first_segment(struct kunit *test)
{
	struct hps_credit_tx c;

	hps_credit_tx_init(&c, BUFFER);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, 0), BUFFER);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, 1000), BUFFER - 1000);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, BUFFER), 0);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, BUFFER + 1), 0);
}

static void credit_tiny_buffer_is_usable(struct kunit *test)
{
	struct hps_credit_tx c;

	hps_credit_tx_init(&c, 100);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, 0), 100);
	hps_credit_tx_spend(&c, 0, 50);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, 50), 0);
	hps_credit_tx_update(&c, 150, 100, 50);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, 50), 100);
}

static void credit_small_segments_cost_more(struct kunit *test)
{
	struct hps_credit_tx c;
	u32 n = 0;

	hps_credit_tx_init(&c, BUFFER);
	while (hps_credit_tx_room(&c, n)) {
		hps_credit_tx_spend(&c, n, 1);
		n++;
	}
	HPS_EXPECT_EQ(test, n, BUFFER / HPS_MIN_SEGMENT_COST);
}

static void credit_large_segments_cost_length(struct kunit *test)
{
	struct hps_credit_tx c;

	hps_credit_tx_init(&c, BUFFER);
	hps_credit_tx_spend(&c, 0, 30000);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, 30000), BUFFER - 30000);
}

static void credit_below_least_cost_is_none(struct kunit *test)
{
	struct hps_credit_tx c;

	hps_credit_tx_init(&c, BUFFER);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, BUFFER - 512), 512);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, BUFFER - 511), 0);
}

static void credit_edge_never_goes_back(struct kunit *test)
{
	struct hps_credit_tx c;

	hps_credit_tx_init(&c, BUFFER);
	hps_credit_tx_update(&c, BUFFER + 5000, BUFFER, 10000);
	hps_credit_tx_update(&c, BUFFER + 1000, 10, 10000);
	HPS_EXPECT_EQ(test, c.edge, BUFFER + 5000);
	HPS_EXPECT_EQ(test, c.buffer, BUFFER);
}

static void credit_all_read_gives_all_back(struct kunit *test)
{
	struct hps_credit_tx c;
	u32 n;

	hps_credit_tx_init(&c, BUFFER);
	for (n = 0; n < 100; n++)
		hps_credit_tx_spend(&c, n, 1);
	hps_credit_tx_update(&c, BUFFER + 100, BUFFER, 100);
	HPS_EXPECT_EQ(test, c.pad_sum, 0);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, 100), BUFFER);
}

static void credit_buffer_may_grow(struct kunit *test)
{
	struct hps_credit_tx c;
	u32 n;

	hps_credit_tx_init(&c, BUFFER);
	for (n = 0; hps_credit_tx_room(&c, n); n++)
		hps_credit_tx_spend(&c, n, 1);
	hps_credit_tx_update(&c, 2 * BUFFER, 2 * BUFFER, n);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, n),
		      2 * BUFFER - n * HPS_MIN_SEGMENT_COST);
}

/* The edge of an ACK was overtaken, its buffer counts none the less. */
static void credit_growth_by_an_old_ack(struct kunit *test)
{
	struct hps_credit_tx c;

	hps_credit_tx_init(&c, BUFFER);
	hps_credit_tx_update(&c, 5 * BUFFER, BUFFER, 4 * BUFFER + 1);
	hps_credit_tx_update(&c, 4 * BUFFER, 3 * BUFFER, 4 * BUFFER + 1);
	HPS_EXPECT_EQ(test, c.edge, 5 * BUFFER);
	HPS_EXPECT_EQ(test, c.buffer, 3 * BUFFER);
	hps_credit_tx_update(&c, 4 * BUFFER, 2 * BUFFER, 4 * BUFFER + 1);
	HPS_EXPECT_EQ(test, c.buffer, 3 * BUFFER);
}

/* A path that has not told of the growth gives no credit for it. */
static void credit_no_growth_by_edge_alone(struct kunit *test)
{
	struct hps_credit_tx tx;
	struct hps_credit_rx rx;
	u32 n;

	hps_credit_tx_init(&tx, BUFFER);
	hps_credit_rx_init(&rx, BUFFER);
	for (n = 0; hps_credit_tx_room(&tx, n); n++)
		hps_credit_tx_spend(&tx, n, 1);
	rx.buffer = 8 * BUFFER;
	hps_credit_tx_update(&tx, hps_credit_rx_edge(&rx, 0, rx.first), BUFFER, n);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&tx, n), 0);
	hps_credit_tx_update(&tx, hps_credit_rx_edge(&rx, 0, rx.buffer), rx.buffer,
			     n);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&tx, n),
		      8 * BUFFER - n * HPS_MIN_SEGMENT_COST);
}

static void credit_hostile_edge_is_harmless(struct kunit *test)
{
	struct hps_credit_tx c;

	hps_credit_tx_init(&c, U32_MAX);
	HPS_EXPECT_EQ(test, c.buffer, HPS_CREDIT_MAX_BUFFER);
	hps_credit_tx_spend(&c, 0, 1);
	hps_credit_tx_update(&c, U64_MAX, U32_MAX, 1);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, 1), U32_MAX);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&c, U64_MAX), 0);
}

static void credit_advertised_edge_never_goes_back(struct kunit *test)
{
	struct hps_credit_rx c;

	hps_credit_rx_init(&c, BUFFER);
	HPS_EXPECT_EQ(test, hps_credit_rx_edge(&c, 1000, BUFFER), BUFFER + 1000);
	HPS_EXPECT_EQ(test, c.edge, BUFFER + 1000);
	hps_credit_rx_edge(&c, 2000, BUFFER / 2);
	HPS_EXPECT_EQ(test, c.edge, BUFFER + 1000);
	HPS_EXPECT_EQ(test, c.peer.edge, BUFFER + 1000);
	HPS_EXPECT_EQ(test, c.peer.buffer, BUFFER);
}

static void credit_window_due_at_three_eighths(struct kunit *test)
{
	struct hps_credit_rx c;

	hps_credit_rx_init(&c, BUFFER);
	HPS_EXPECT(test, !hps_credit_rx_window_due(&c, 0));
	HPS_EXPECT(test, !hps_credit_rx_window_due(&c, BUFFER / 8 * 3 - 1));
	HPS_EXPECT(test, hps_credit_rx_window_due(&c, BUFFER / 8 * 3));
	hps_credit_rx_edge(&c, BUFFER / 8 * 3, BUFFER);
	HPS_EXPECT(test, !hps_credit_rx_window_due(&c, BUFFER / 8 * 3));
}

static void credit_window_due_counts_padding(struct kunit *test)
{
	struct hps_credit_rx c;
	u32 n;

	hps_credit_rx_init(&c, BUFFER);
	for (n = 0; n < BUFFER / HPS_MIN_SEGMENT_COST / 8 * 3; n++)
		hps_credit_rx_charge(&c, n, 1);
	HPS_EXPECT(test, !hps_credit_rx_window_due(&c, n - 1));
	HPS_EXPECT(test, hps_credit_rx_window_due(&c, n));
	hps_credit_rx_edge(&c, n, BUFFER);
	HPS_EXPECT(test, !hps_credit_rx_window_due(&c, n));
}

static void credit_window_due_when_buffer_grows(struct kunit *test)
{
	struct hps_credit_rx c;

	hps_credit_rx_init(&c, BUFFER);
	c.buffer = 2 * BUFFER;
	HPS_EXPECT(test, hps_credit_rx_window_due(&c, 0));
}

static void credit_starved_only_without_room(struct kunit *test)
{
	struct hps_credit_rx c;

	hps_credit_rx_init(&c, BUFFER);
	hps_credit_rx_charge(&c, 0, 1000);
	HPS_EXPECT(test, !hps_credit_rx_starved(&c, 1000));
	hps_credit_rx_charge(&c, 1000, BUFFER - 1000);
	HPS_EXPECT(test, !hps_credit_rx_starved(&c, 0));
	HPS_EXPECT(test, hps_credit_rx_starved(&c, 1000));
	HPS_EXPECT(test, !hps_credit_rx_window_due(&c, 1000));
}

static void credit_filled_by_octets(struct kunit *test)
{
	struct hps_credit_rx c;

	hps_credit_rx_init(&c, BUFFER);
	HPS_EXPECT(test, !hps_credit_rx_filled(&c, 0));
	hps_credit_rx_charge(&c, 0, BUFFER / 2 - 1);
	HPS_EXPECT(test, !hps_credit_rx_filled(&c, 0));
	hps_credit_rx_charge(&c, BUFFER / 2 - 1, 30000);
	HPS_EXPECT(test, hps_credit_rx_filled(&c, 0));
	HPS_EXPECT(test, !hps_credit_rx_filled(&c, BUFFER / 2));
}

static void credit_filled_by_tiny_segments(struct kunit *test)
{
	struct hps_credit_rx c;
	u32 n;

	hps_credit_rx_init(&c, BUFFER);
	for (n = 0; n < BUFFER / HPS_MIN_SEGMENT_COST; n++)
		hps_credit_rx_charge(&c, n, 1);
	HPS_EXPECT(test, hps_credit_rx_filled(&c, 0));
	HPS_EXPECT(test, !hps_credit_rx_filled(&c, n));
}

static void credit_ack_due_at_half(struct kunit *test)
{
	struct hps_credit_rx c;

	hps_credit_rx_init(&c, BUFFER);
	HPS_EXPECT(test, !hps_credit_rx_ack_due(&c, 0));
	HPS_EXPECT(test, !hps_credit_rx_ack_due(&c, BUFFER / 2 - 1));
	HPS_EXPECT(test, hps_credit_rx_ack_due(&c, BUFFER / 2));
	c.acked = BUFFER / 4;
	HPS_EXPECT(test, !hps_credit_rx_ack_due(&c, BUFFER / 2));
	c.acked = BUFFER / 4 + 1;	/* with a FIN */
	HPS_EXPECT(test, !hps_credit_rx_ack_due(&c, BUFFER / 2));
}

static void credit_allows_up_to_the_edge(struct kunit *test)
{
	struct hps_credit_rx c;

	hps_credit_rx_init(&c, BUFFER);
	HPS_EXPECT(test, hps_credit_rx_allows(&c, 0, BUFFER, 0));
	HPS_EXPECT(test, !hps_credit_rx_allows(&c, 0, BUFFER + 1, 0));
	HPS_EXPECT(test, !hps_credit_rx_allows(&c, BUFFER, 1, 0));
	HPS_EXPECT(test, !hps_credit_rx_allows(&c, U64_MAX, 1, 0));
	HPS_EXPECT(test, !hps_credit_rx_allows(&c, U64_MAX, U32_MAX, 0));
	HPS_EXPECT(test, !hps_credit_rx_allows(&c, 1, U32_MAX, 0));
}

static void credit_allows_twice_the_cost(struct kunit *test)
{
	struct hps_credit_rx c;

	hps_credit_rx_init(&c, BUFFER);
	HPS_EXPECT(test, hps_credit_rx_allows(&c, 0, 1, 2 * BUFFER - 512));
	HPS_EXPECT(test, !hps_credit_rx_allows(&c, 0, 1, 2 * BUFFER - 511));
}

static void credit_expand_is_nearest(struct kunit *test)
{
	const u64 base = 5ULL << 32;

	HPS_EXPECT_EQ(test, hps_credit_expand(base, 5), base + 5);
	HPS_EXPECT_EQ(test, hps_credit_expand(base, U32_MAX), base - 1);
	HPS_EXPECT_EQ(test, hps_credit_expand(base + 7, 7), base + 7);
	HPS_EXPECT_EQ(test, hps_credit_expand(0, U32_MAX), U32_MAX);
	HPS_EXPECT_EQ(test, hps_credit_expand(U64_MAX, 0), 0xffffffff00000000);
}

static void credit_grant_avoids_short_segments(struct kunit *test)
{
	struct hps_credit_tx c;

	hps_credit_tx_init(&c, BUFFER);
	HPS_EXPECT_EQ(test, hps_credit_tx_grant(&c, 0, BUFFER), BUFFER);
	HPS_EXPECT_EQ(test, hps_credit_tx_grant(&c, BUFFER - 5000, 5000), 5000);
	HPS_EXPECT_EQ(test, hps_credit_tx_grant(&c, BUFFER - 5000, 5001), 0);
	HPS_EXPECT_EQ(test, hps_credit_tx_grant(&c, BUFFER / 8 * 7, BUFFER),
		      BUFFER / 8);
	/* With padding the peer may not see that the room is so small. */
	hps_credit_tx_spend(&c, BUFFER - 5001, 1);
	HPS_EXPECT_EQ(test, hps_credit_tx_grant(&c, BUFFER - 5000, 5001),
		      5000 - (HPS_MIN_SEGMENT_COST - 1));
	/* All was read. */
	hps_credit_tx_update(&c, 2 * BUFFER, BUFFER, BUFFER);
	HPS_EXPECT_EQ(test, hps_credit_tx_grant(&c, BUFFER, U32_MAX), BUFFER);
}

/* --- against plain sums -------------------------------------------------------- */

#define SEGMENTS	4096

struct trace {
	struct hps_credit_tx tx;
	struct hps_credit_rx rx;
	u32	buffer;
	u64	start[SEGMENTS];	/* a ring of what is not consumed */
	u32	len[SEGMENTS];
	u32	first, sent, arrived;
	u64	snd_nxt, consumed, advertised;
};

static struct trace trace;

/* What the segments cost that the sender does not know to be read. */
static u64 exact_cost(const struct trace *t)
{
	u64 known = t->advertised;
	u64 cost = 0;
	u32 i;

	for (i = t->first; i != t->sent; i++) {
		u64 start = t->start[i % SEGMENTS];
		u32 len = t->len[i % SEGMENTS];

		if (start + len <= known)
			continue;
		cost += max_t(u32, len, HPS_MIN_SEGMENT_COST);
		if (start < known)
			cost -= min_t(u64, known - start, cost);
	}

	return cost;
}

static bool send_one(struct trace *t, u32 len)
{
	u32 room = hps_credit_tx_grant(&t->tx, t->snd_nxt, len);

	if (!room || t->sent - t->first == SEGMENTS)
		return false;

	len = min(len, room);
	t->start[t->sent % SEGMENTS] = t->snd_nxt;
	t->len[t->sent % SEGMENTS] = len;
	t->sent++;
	hps_credit_tx_spend(&t->tx, t->snd_nxt, len);
	t->snd_nxt += len;

	return true;
}

static void arrive_one(struct trace *t)
{
	u32 i = t->arrived % SEGMENTS;

	if (t->arrived == t->sent)
		return;
	hps_credit_rx_charge(&t->rx, t->start[i], t->len[i]);
	t->arrived++;
}

static u64 arrived_end(const struct trace *t)
{
	u32 i = (t->arrived - 1) % SEGMENTS;

	return t->arrived ? t->start[i] + t->len[i] : 0;
}

static void read_some(struct trace *t, u32 n)
{
	t->consumed = min(t->consumed + n, arrived_end(t));
	while (t->first != t->arrived &&
	       t->start[t->first % SEGMENTS] + t->len[t->first % SEGMENTS] <=
	       t->advertised)
		t->first++;
}

static void advertise(struct trace *t)
{
	u64 edge = hps_credit_rx_edge(&t->rx, t->consumed, t->buffer);

	t->advertised = edge - t->buffer;
	hps_credit_tx_update(&t->tx, edge, t->buffer, t->snd_nxt);
}

/* While a sender waits for credit, the reader may not sleep on what has arrived,
 * however much it waits for; with padding it may, and tells when it does.
 */
static bool is_helped(const struct trace *t, u32 wanted)
{
	return t->arrived != t->sent ||
	       hps_credit_tx_grant(&t->tx, t->snd_nxt, wanted) ||
	       hps_credit_rx_filled(&t->rx, t->consumed) ||
	       (t->tx.pad_sum && hps_credit_rx_starved(&t->rx, t->consumed));
}

/* Only advertisements that are due: the timer must never be what helps. */
static void run_trace(struct kunit *test, u32 buffer, u32 longest, u64 seed)
{
	struct hps_random rnd = { .state = seed };
	struct trace *t = &trace;
	u32 step, room, progress = 0;

	memset(t, 0, sizeof(*t));
	t->buffer = buffer;
	hps_credit_tx_init(&t->tx, buffer);
	hps_credit_rx_init(&t->rx, buffer);
	for (step = 0; step < 20000; step++) {
		switch (hps_random_below(&rnd, 3)) {
		case 0:
			progress += send_one(t, 1 + hps_random_below(&rnd,
								     longest));
			HPS_REQUIRE(test, t->snd_nxt <= t->tx.edge);
			HPS_REQUIRE(test, exact_cost(t) <= buffer);
			break;
		case 1:
			arrive_one(t);
			break;
		case 2:
			read_some(t, hps_random_below(&rnd, 2 * longest));
			if (hps_credit_rx_window_due(&t->rx, t->consumed))
				advertise(t);
			break;
		}
		HPS_REQUIRE(test, is_helped(t, 1 + hps_random_below(&rnd, longest)));
		if (step % 1000)
			continue;

		/* All is read: there must be room, and much of it. */
		while (t->arrived != t->sent)
			arrive_one(t);
		read_some(t, U32_MAX);
		if (hps_credit_rx_window_due(&t->rx, t->consumed))
			advertise(t);
		room = hps_credit_tx_room(&t->tx, t->snd_nxt);
		HPS_REQUIRE(test, room >= buffer / 2);
	}
	HPS_EXPECT(test, progress > 1000);
}

static void credit_tiny_segments_never_stick(struct kunit *test)
{
	run_trace(test, 262144, 4, 1);
	run_trace(test, 65536, 1, 2);
	run_trace(test, 8192, 3, 3);
}

static void credit_mixed_segments_never_stick(struct kunit *test)
{
	run_trace(test, 262144, 60000, 4);
	run_trace(test, 65536, 1500, 5);
	run_trace(test, 1 << 20, 700, 6);
	run_trace(test, 16384, 3000, 7);
}

/* --- a buffer that grows, told by two paths ------------------------------------- */

#define WAITING	64

/* What a path has on its way to the sender: edges, with a buffer if by ACK. */
struct news_path {
	u64	edge[WAITING];
	u32	buffer[WAITING];
	u32	first, last;
	u32	told;
};

static struct news_path news_paths[2];

static void tell(struct trace *t, struct news_path *p, bool ack)
{
	u32 i = p->last % WAITING;

	if (p->last - p->first == WAITING)
		return;
	if (ack)
		p->told = t->rx.buffer;
	p->edge[i] = hps_credit_rx_edge(&t->rx, t->consumed, p->told);
	p->buffer[i] = ack ? p->told : 0;
	p->last++;
}

static void hear(struct trace *t, struct news_path *p)
{
	u32 i = p->first % WAITING;

	if (p->first == p->last)
		return;
	hps_credit_tx_update(&t->tx, p->edge[i],
			     p->buffer[i] ? : t->tx.buffer, t->snd_nxt);
	p->first++;
}

static void arrive_within_credit(struct kunit *test, struct trace *t)
{
	u32 i = t->arrived % SEGMENTS;

	HPS_REQUIRE(test, t->arrived == t->sent ||
		    hps_credit_rx_allows(&t->rx, t->start[i], t->len[i], 0));
	arrive_one(t);
}

static void send_within_buffer(struct kunit *test, struct trace *t, u32 len)
{
	send_one(t, len);
	/* Nobody may take for read what is not. */
	HPS_REQUIRE(test, exact_cost(t) <= t->rx.buffer);
}

static void run_growth(struct kunit *test, u32 longest, u64 seed)
{
	struct hps_random rnd = { .state = seed };
	struct trace *t = &trace;
	struct news_path *p;
	u32 step;

	memset(t, 0, sizeof(*t));
	memset(news_paths, 0, sizeof(news_paths));
	hps_credit_tx_init(&t->tx, 8192);
	hps_credit_rx_init(&t->rx, 8192);
	news_paths[0].told = t->rx.first;
	news_paths[1].told = t->rx.first;
	for (step = 0; step < 40000; step++) {
		p = &news_paths[hps_random_below(&rnd, 2)];
		switch (hps_random_below(&rnd, 8)) {
		case 0 ... 2:
			send_within_buffer(test, t,
					   1 + hps_random_below(&rnd, longest));
			break;
		case 3 ... 4:
			arrive_within_credit(test, t);
			break;
		case 5:
			read_some(t, hps_random_below(&rnd, longest));
			t->advertised = t->consumed;
			break;
		case 6:
			tell(t, p, !hps_random_below(&rnd, 8));
			break;
		case 7:
			hear(t, p);
			break;
		}
		if (step % 4000 == 3999)
			t->rx.buffer = min_t(u32, 4 * t->rx.buffer, 1 << 20);
	}
	HPS_EXPECT_EQ(test, t->rx.buffer, 1 << 20);
	/* All is read and told, on every path: nothing is left behind. */
	while (t->arrived != t->sent)
		arrive_within_credit(test, t);
	t->consumed = arrived_end(t);
	for (p = news_paths; p < news_paths + 2; p++)
		while (p->first != p->last)
			hear(t, p);
	for (p = news_paths; p < news_paths + 2; p++) {
		tell(t, p, true);
		hear(t, p);
	}
	HPS_EXPECT_EQ(test, t->tx.buffer, 1 << 20);
	HPS_EXPECT_EQ(test, hps_credit_tx_room(&t->tx, t->snd_nxt), 1 << 20);
}

static void credit_growth_overtaken_on_another_path(struct kunit *test)
{
	run_growth(test, 2, 8);
	run_growth(test, 700, 9);
	run_growth(test, 3000, 10);
}

static struct kunit_case cases[] = {
	HPS_CASE(credit_first_segment),
	HPS_CASE(credit_tiny_buffer_is_usable),
	HPS_CASE(credit_small_segments_cost_more),
	HPS_CASE(credit_large_segments_cost_length),
	HPS_CASE(credit_below_least_cost_is_none),
	HPS_CASE(credit_edge_never_goes_back),
	HPS_CASE(credit_all_read_gives_all_back),
	HPS_CASE(credit_buffer_may_grow),
	HPS_CASE(credit_growth_by_an_old_ack),
	HPS_CASE(credit_no_growth_by_edge_alone),
	HPS_CASE(credit_hostile_edge_is_harmless),
	HPS_CASE(credit_advertised_edge_never_goes_back),
	HPS_CASE(credit_window_due_at_three_eighths),
	HPS_CASE(credit_window_due_counts_padding),
	HPS_CASE(credit_window_due_when_buffer_grows),
	HPS_CASE(credit_starved_only_without_room),
	HPS_CASE(credit_filled_by_octets),
	HPS_CASE(credit_filled_by_tiny_segments),
	HPS_CASE(credit_ack_due_at_half),
	HPS_CASE(credit_allows_up_to_the_edge),
	HPS_CASE(credit_allows_twice_the_cost),
	HPS_CASE(credit_expand_is_nearest),
	HPS_CASE(credit_grant_avoids_short_segments),
	HPS_CASE(credit_tiny_segments_never_stick),
	HPS_CASE(credit_mixed_segments_never_stick),
	HPS_CASE(credit_growth_overtaken_on_another_path),
	{}
};

HPS_SUITE(credit, cases, NULL, NULL);
