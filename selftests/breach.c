// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 240
 *
 * A peer whose frames are right and whose messages are not: out of order, out
 * of bounds, at the wrong time.
 */
#include "raw.h"

/* The connection ends: the module says RESET or closes, the socket errs. */
static void dies(struct raw *r, int fd, const char *name, long long before)
{
	ssize_t n;
	char c;

	/* the reader first: a channel stays while it holds what can be read */
	do
		n = recv(fd, &c, 1, 0);
	while (n > 0);
	CHECK_EQ(n, -1);
	CHECK(errno == ECONNRESET || errno == ECONNABORTED);
	CHECK(raw_is_dead(r));
	if (name)
		wait_counter(name, before);
	close(fd);
	close(r->fd);
}

/* A message on a fresh connection that must end it. */
static void breach(int lst, const void *msg, size_t len, const char *name)
{
	long long before = counter(name ? name : "HpsBadMessage");
	struct raw r;
	int fd = raw_open(&r, lst);

	raw_message(&r, msg, len);
	dies(&r, fd, name, before);
}

/* --- types and headers --------------------------------------------------------------- */

TEST(unknown_type, V_HPS_STREAM)
{
	static const u8 types[] = { 0, 9, 16, 17, 20, 24, 100, 255 };
	int lst = listener(4);
	size_t i;

	for (i = 0; i < sizeof(types); i++) {
		long long before = counter("HpsUnknownMessage");
		u8 msg[8] = { types[i], 0, 2 };
		struct raw r;
		int fd = raw_open(&r, lst);

		raw_message(&r, msg, sizeof(msg));
		raw_data(&r, 0, 0, 50);
		recv_pattern(fd, 50, 0);
		CHECK(counter("HpsUnknownMessage") > before);
		close(fd);
		close(r.fd);
		msg[1] = HPS_FLAG_MUST;
		breach(lst, msg, sizeof(msg), "HpsBadMessage");
	}
	still_works();
}

TEST(header_lengths, V_HPS_STREAM)
{
	struct hps_ack ack;
	int lst = listener(4), i;
	u8 msg[64];

	hps_ack_build(&ack, 0, 1 << 20, 1 << 20);
	for (i = 0; i < 6; i++) {
		memset(msg, 0, sizeof(msg));
		memcpy(msg, &ack, sizeof(ack));
		msg[2] = i;				/* shorter than an ACK */
		breach(lst, msg, sizeof(ack), "HpsBadMessage");
	}
	msg[2] = 7;					/* beyond the message */
	breach(lst, msg, sizeof(ack), "HpsBadMessage");
	msg[2] = 255;
	breach(lst, msg, sizeof(ack), "HpsBadMessage");
	msg[2] = 6;					/* a body where none may be */
	breach(lst, msg, sizeof(ack) + 4, "HpsBadMessage");
	for (i = 0; i < 4; i++)				/* no header at all */
		breach(lst, msg, i, "HpsBadMessage");
	still_works();
}

TEST(options, V_HPS_STREAM)
{
	long long before = counter("HpsBadMessage");
	int lst = listener(4), fd;
	struct raw r;
	u8 msg[64] = {};

	hps_ack_build((void *)msg, 0, 1 << 20, 1 << 20);
	/* two unknown ones are skipped */
	msg[2] += 3;
	msg[24] = 5;
	msg[25] = 2;
	msg[32] = 6;
	msg[33] = 1;
	fd = raw_open(&r, lst);
	raw_message(&r, msg, 36);
	raw_data(&r, 0, 0, 50);
	recv_pattern(fd, 50, 0);
	CHECK_EQ(counter("HpsBadMessage"), before);
	close(fd);
	close(r.fd);

	msg[32] |= HPS_OPTION_MUST;
	breach(lst, msg, 36, "HpsBadMessage");
	msg[32] = 6;
	msg[33] = 0;
	breach(lst, msg, 36, "HpsBadMessage");
	msg[33] = 2;
	breach(lst, msg, 36, "HpsBadMessage");
	still_works();
}

TEST(longest_header, V_HPS_STREAM)
{
	static u8 msg[HPS_MAX_HEADER + 100];
	int lst = listener(4), i;
	struct raw r;
	int fd = raw_open(&r, lst);

	hps_data_build((void *)msg, 0, 0, 0, 1 << 20);
	msg[2] = 255;
	for (i = 20; i < HPS_MAX_HEADER; i += 4)
		msg[i + 1] = 1;
	pattern(msg + HPS_MAX_HEADER, 100, 0);
	raw_message(&r, msg, sizeof(msg));
	recv_pattern(fd, 100, 0);
}

TEST(messages_at_the_wrong_time, V_HPS_STREAM)
{
	struct hps_hello_msg hello;
	struct hps_auth auth = {};
	int lst = listener(4);
	struct hps_fin fin;
	struct raw r = {};
	u8 mac[HPS_MAC_LEN] = {};
	u8 kind;

	for (kind = HPS_MSG_OPEN; kind <= HPS_MSG_JOINED; kind++) {
		raw_hello(&r, kind, port_of(lst));
		hps_hello_msg_build(&hello, &r.mine);
		breach(lst, &hello, sizeof(hello), NULL);
	}
	hps_auth_build(&auth, mac);
	breach(lst, &auth, sizeof(auth), NULL);
	/* the end of a connection that nobody has ended */
	hps_finack_build(&fin, 0);
	breach(lst, &fin, sizeof(fin), NULL);
	still_works();
}

TEST(links_with_bad_counts, V_HPS_STREAM)
{
	static u8 msg[sizeof(struct hps_links) + 300 * 20];
	int lst = listener(4), fd;
	struct raw r;

	hps_links_build((void *)msg, 41, 1);
	breach(lst, msg, sizeof(struct hps_links) + 41 * 20, "HpsBadMessage");
	hps_links_build((void *)msg, 2, 1);
	breach(lst, msg, sizeof(struct hps_links) + 20, "HpsBadMessage");
	hps_links_build((void *)msg, 40, 1);
	memset(msg + sizeof(struct hps_links), 0xff, 800);
	fd = raw_open(&r, lst);
	raw_message(&r, msg, sizeof(struct hps_links) + 40 * 20);
	raw_data(&r, 0, 0, 50);
	recv_pattern(fd, 50, 0);
}

TEST(reset_by_the_peer, V_HPS_STREAM)
{
	static const u32 reasons[] = { 0, 1, 16, 17, 0xffffffff };
	int lst = listener(4);
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct hps_reset m;

		hps_reset_build(&m, reasons[i]);
		breach(lst, &m, sizeof(m), "HpsConnReset");
	}
	still_works();
}

/* What it says may wait for room in our TCP, and we go on meanwhile, so that it must
 * not end the channel before we do: a TCP reset would take the reason away.
 */
TEST(hears_us_out_after_its_reset, V_HPS_STREAM)
{
	static const struct linger now = { .l_onoff = 1 };
	long long before = counter("HpsBadMessage");
	int lst = listener(4), fd;
	char buf[256], c;
	struct raw r;

	fd = raw_open(&r, lst);
	CHECK(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(fd);
	CHECK(raw_wait_message(&r, HPS_MSG_RESET, buf, sizeof(buf)));
	raw_ack(&r, 0, 1 << 20);
	raw_data(&r, 0, 0, 50000);
	raw_send(&r, "not even a frame", 16);
	usleep(50000);
	CHECK_ERR(recv(r.fd, &c, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(counter("HpsBadMessage"), before);
	close(r.fd);
	still_works();
}

/* --- data, acknowledgements, credit ------------------------------------------------------ */

static void bad_data(int lst, u8 flags, u64 off, size_t len, const char *name)
{
	long long before = counter(name);
	struct raw r;
	int fd = raw_open(&r, lst);

	raw_data(&r, flags, off, len);
	dies(&r, fd, name, before);
}

TEST(data_beyond_the_credit, V_HPS_STREAM)
{
	int lst = listener(4);
	u32 credit;
	struct raw r;

	close(raw_open(&r, lst));
	close(r.fd);
	credit = be32_to_cpu(r.theirs.credit);
	bad_data(lst, 0, credit, 1, "HpsCreditExceeded");
	bad_data(lst, 0, credit - 1, 2, "HpsCreditExceeded");
	bad_data(lst, 0, 1ULL << 32, 100, "HpsCreditExceeded");
	bad_data(lst, 0, 1ULL << 63, 100, "HpsCreditExceeded");
	still_works();
}

TEST(data_at_the_edge_is_good, V_HPS_STREAM)
{
	int lst = listener(4);
	struct raw r;
	int fd = raw_open(&r, lst);
	u32 credit = be32_to_cpu(r.theirs.credit), at;

	raw_data(&r, 0, credit - 600, 600);
	for (at = 0; at < credit - 600;) {
		u32 n = credit - 600 - at < 60000 ? credit - 600 - at : 60000;

		raw_data(&r, 0, at, n);
		at += n;
	}
	recv_pattern(fd, credit, 0);
}

TEST(offsets_that_wrap, V_HPS_STREAM)
{
	int lst = listener(4);

	bad_data(lst, 0, ~0ULL, 1, "HpsCreditExceeded");
	bad_data(lst, 0, ~0ULL - 99, 100, "HpsCreditExceeded");
	bad_data(lst, 0, ~0ULL - 50, 100, "HpsCreditExceeded");
	still_works();
}

TEST(tiny_segments_beyond_the_cost_rule, V_HPS_STREAM)
{
	long long before = counter("HpsCreditExceeded");
	int lst = listener(4), fd, i;
	struct raw r;

	set_int(lst, SOL_SOCKET, SO_RCVBUF, 32768);
	fd = raw_open(&r, lst);
	/* from the end, so that none can be read or joined to another */
	for (i = 15000; i > 1000; i--)
		raw_data(&r, 0, 2 * i, 1);
	dies(&r, fd, "HpsCreditExceeded", before);
	still_works();
}

TEST(overlaps_and_copies_are_harmless, V_HPS_STREAM)
{
	long long before = counter("HpsDuplicateOctets");
	uint64_t s = 77;
	int lst = listener(4), i;
	struct raw r;
	int fd = raw_open(&r, lst);

	for (i = 0; i < 300; i++)
		raw_data(&r, i & 1 ? HPS_DATA_RESENT : HPS_DATA_DUPLICATE,
			 seeded(&s) % 9000, 1 + seeded(&s) % 1000);
	raw_data(&r, 0, 0, 10000);
	raw_data(&r, 0, 0, 10000);
	raw_data(&r, 0, 5000, 10000);
	recv_pattern(fd, 15000, 0);
	raw_data(&r, HPS_DATA_RESENT, 0, 15000);
	raw_data(&r, 0, 15000, 10);
	recv_pattern(fd, 10, 15000);
	wait_counter("HpsDuplicateOctets", before + 25000);
}

TEST(empty_segment, V_HPS_STREAM)
{
	int lst = listener(4);
	struct raw r;
	int fd = raw_open(&r, lst);

	raw_data(&r, 0, 0, 0);
	raw_data(&r, 0, 0, 10);
	raw_data(&r, 0, 10, 0);
	recv_pattern(fd, 10, 0);
	CHECK_ERR(recv(fd, &r, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(record_mark_on_a_stream, V_HPS_STREAM)
{
	int lst = listener(4);

	bad_data(lst, HPS_DATA_EOR, 0, 10, "HpsBadMessage");
	bad_data(lst, HPS_DATA_EOR, 0, 0, "HpsBadMessage");
	still_works();
}

TEST(ack_beyond_what_was_sent, V_HPS_STREAM)
{
	static const u64 acks[] = { 1000, 1ULL << 40, ~0ULL };
	int lst = listener(4);
	size_t i;

	for (i = 0; i < 3; i++) {
		struct hps_ack ack;

		hps_ack_build(&ack, acks[i], ~0ULL, 1 << 20);
		breach(lst, &ack, sizeof(ack), "HpsBadMessage");
	}
	still_works();
}

TEST(ack_that_goes_back_is_old, V_HPS_STREAM)
{
	int lst = listener(4);
	struct raw r;
	int fd = raw_open(&r, lst);
	char buf[2000];

	CHECK_EQ(send(fd, "0123456789", 10, 0), 10);
	CHECK(raw_wait_message(&r, HPS_MSG_DATA, buf, sizeof(buf)));
	raw_ack(&r, 10, 1 << 20);
	raw_ack(&r, 3, 5);
	CHECK_EQ(send(fd, "abc", 3, 0), 3);
	CHECK(raw_wait_message(&r, HPS_MSG_DATA, buf, sizeof(buf)));
	CHECK(!memcmp(buf + sizeof(struct hps_data), "abc", 3));
}

/* A socket of ours whose peer gives @credit. */
static int accept_with_credit(struct raw *r, u32 credit)
{
	int lst = listener(4), fd;

	raw_dial(r);
	raw_hello(r, HPS_MSG_OPEN, port_of(lst));
	r->mine.credit = cpu_to_be32(credit);
	raw_startup(r, false, 0);
	CHECK(raw_read_startup(r));
	raw_ack(r, 0, credit);
	fd = accept(lst, NULL, NULL);
	CHECK(fd >= 0);
	return fd;
}

static void no_data(struct raw *r)
{
	CHECK_EQ(poll(&(struct pollfd){ .fd = r->fd, .events = POLLIN }, 1, 300),
		 0);
}

/* Reads data until less than @rest is left up to @edge, and not an octet more.
 * Returns where it ends.
 */
static u64 data_up_to(struct raw *r, u64 edge, u32 rest)
{
	static char buf[70000];
	u64 highest;

	do {
		struct hps_data *m = (void *)buf;
		ssize_t n;

		do {
			n = raw_read_message(r, buf, sizeof(buf));
			CHECK(n > 0);
		} while (m->msg.type != HPS_MSG_DATA);
		highest = be64_to_cpu(m->offset) + n - sizeof(*m);
		CHECK(highest <= edge);
	} while (edge - highest >= rest);
	no_data(r);
	return highest;
}

TEST(sender_keeps_to_the_credit, V_HPS_STREAM)
{
	static char buf[5000];
	struct raw r;
	u64 at;
	int fd;

	fd = accept_with_credit(&r, 80000);
	CHECK(!setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ 500000 }, sizeof(int)));
	nonblocking(fd, true);
	while (send(fd, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
		;
	at = data_up_to(&r, 80000, 10000);
	/* Less than an eighth of the buffer is left unused. */
	raw_ack(&r, 0, at + 9999);
	no_data(&r);
	raw_ack(&r, 0, at + 10000);
	data_up_to(&r, at + 10000, 1);
}

/* The end of what was written goes, however little is left of the credit. */
TEST(credit_to_the_last_octet, V_HPS_STREAM)
{
	static char buf[19000];
	struct raw r;
	int fd;

	fd = accept_with_credit(&r, 20000);
	CHECK(!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)));
	CHECK_EQ(send(fd, buf, 19000, MSG_NOSIGNAL), 19000);
	data_up_to(&r, 19000, 1);
	CHECK_EQ(send(fd, buf, 1000, MSG_NOSIGNAL), 1000);
	data_up_to(&r, 20000, 1);
}

/* --- the end ---------------------------------------------------------------------------------- */

TEST(fin_in_order, V_HPS_STREAM)
{
	int lst = listener(4);
	struct raw r;
	char buf[100];
	int fd = raw_open(&r, lst);

	raw_fin(&r, 300);
	raw_data(&r, 0, 100, 200);
	raw_data(&r, 0, 0, 100);
	raw_fin(&r, 300);
	recv_pattern(fd, 300, 0);
	recv_eof(fd);
	close(fd);
	CHECK(raw_wait_message(&r, HPS_MSG_FIN, buf, sizeof(buf)));
}

static void bad_end(int lst, u64 data, u64 fin, u64 fin2, u64 more)
{
	struct raw r;
	int fd = raw_open(&r, lst);

	if (data)
		raw_data(&r, 0, 0, data);
	raw_fin(&r, fin);
	if (fin2 != fin)
		raw_fin(&r, fin2);
	if (more)
		raw_data(&r, 0, more, 10);
	dies(&r, fd, NULL, 0);
}

TEST(fin_twice_with_other_offsets, V_HPS_STREAM)
{
	int lst = listener(4);

	bad_end(lst, 0, 1000, 2000, 0);
	bad_end(lst, 0, 2000, 1000, 0);
	still_works();
}

TEST(fin_before_data_that_came, V_HPS_STREAM)
{
	int lst = listener(4);

	bad_end(lst, 1000, 999, 999, 0);
	bad_end(lst, 1000, 0, 0, 0);
	still_works();
}

TEST(data_behind_the_fin, V_HPS_STREAM)
{
	int lst = listener(4);

	bad_end(lst, 0, 1000, 1000, 1000);
	bad_end(lst, 0, 1000, 1000, 991);
	bad_end(lst, 0, 1000, 1000, 5000);
	still_works();
}

TEST(fin_at_the_end_of_numbers, V_HPS_STREAM)
{
	int lst = listener(4);

	bad_end(lst, 10, ~0ULL, ~0ULL - 1, 0);
	still_works();
}
