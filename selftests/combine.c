// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full
 *
 * Small writes are combined while something is unacknowledged, and what ends
 * that: a full packet, a large write, a reader that waits, shutdown,
 * TCP_NODELAY, the timer of MSG_MORE. Segments are counted as they leave; the
 * acknowledgement is half a second away.
 */
#include "pair.h"

static char buf[100000];

static long long segments(void)
{
	return counter("HpsSegmentSent");
}

/* One small segment is under way for half a second, and more was written. */
static void begin(struct pair *p)
{
	int i;

	own_namespace();
	if (system("ip link set lo mtu 1500"))
		test_skip("no ip");
	pair_open(p);
	if (system("tc qdisc add dev lo root netem delay 500ms"))
		test_skip("no netem");
	CHECK_EQ(segments(), 0);
	pattern(buf, sizeof(buf), 0);
	CHECK_EQ(send(p->a, buf, 10, 0), 10);
	CHECK_EQ(segments(), 1);
	for (i = 1; i < 20; i++)
		CHECK_EQ(send(p->a, buf + 10 * i, 10, 0), 10);
	CHECK_EQ(segments(), 1);
}

TEST(an_acknowledgement_ends_it, V_HPS_STREAM)
{
	struct pair p;

	begin(&p);
	recv_pattern(p.b, 200, 0);
	CHECK_EQ(segments(), 2);
}

TEST(a_full_packet_ends_it, V_HPS_STREAM)
{
	struct pair p;
	int i;

	begin(&p);
	for (i = 20; i < 160; i++)
		CHECK_EQ(send(p.a, buf + 10 * i, 10, 0), 10);
	/* What follows the full one need not wait, but then the rest does. */
	CHECK(segments() >= 2 && segments() <= 3);
	recv_pattern(p.b, 1600, 0);
}

TEST(a_large_write_ends_it, V_HPS_STREAM)
{
	struct pair p;

	begin(&p);
	CHECK_EQ(send(p.a, buf + 200, 5000, 0), 5000);
	CHECK(segments() > 1);
	recv_pattern(p.b, 5200, 0);
}

TEST(a_waiting_reader_ends_it, V_HPS_STREAM)
{
	struct pair p;

	begin(&p);
	CHECK_ERR(recv(p.a, buf, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(segments(), 1);
	set_timeout(p.a, SO_RCVTIMEO, 50);
	CHECK_ERR(recv(p.a, buf, 1, 0), EAGAIN);
	CHECK_EQ(segments(), 2);
	/* What it writes then is held back again. */
	CHECK_EQ(send(p.a, buf + 200, 10, 0), 10);
	CHECK_EQ(segments(), 2);
	recv_pattern(p.b, 210, 0);
}

TEST(shutdown_ends_it, V_HPS_STREAM)
{
	struct pair p;

	begin(&p);
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	CHECK_EQ(segments(), 2);
	recv_pattern(p.b, 200, 0);
	recv_eof(p.b);
}

TEST(nodelay_ends_it, V_HPS_STREAM)
{
	struct pair p;

	begin(&p);
	set_int(p.a, IPPROTO_TCP, TCP_NODELAY, 1);
	CHECK_EQ(segments(), 2);
	CHECK_EQ(send(p.a, buf + 200, 10, 0), 10);
	CHECK_EQ(segments(), 3);
	recv_pattern(p.b, 210, 0);
}

TEST(more_ends_by_itself, V_HPS_STREAM)
{
	struct pair p;

	own_namespace();
	pair_open(&p);
	CHECK_EQ(send(p.a, "12345", 5, MSG_MORE), 5);
	CHECK_EQ(segments(), 0);
	CHECK_EQ(recv(p.b, buf, 5, MSG_WAITALL), 5);
	CHECK_EQ(segments(), 1);
}
