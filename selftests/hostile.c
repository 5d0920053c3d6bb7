// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 400
 *
 * A peer that breaks the protocol, dialling in: the connection ends, it is
 * counted, and nobody else is harmed.
 */
#include <sys/resource.h>

#include "raw.h"

#define SEED	0x40571e

/* --- start-up ------------------------------------------------------------------- */

static void startup_refused(const void *buf, size_t len)
{
	long long before = counter("HpsBadStartup");
	struct raw r;

	raw_dial(&r);
	raw_send(&r, buf, len);
	CHECK(raw_is_dead(&r));
	wait_counter("HpsBadStartup", before);
	close(r.fd);
}

/* A start-up frame that is right, to be spoilt. */
static void good_startup(struct mpa_startup *f, int lst)
{
	struct raw r;

	raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
	CHECK(mpa_startup_build(f, sizeof(*f) + sizeof(r.mine), false, 0,
				&r.mine, sizeof(r.mine)) > 0);
}

#define STARTUP(name) \
	u8 name##_buf[sizeof(struct mpa_startup) + sizeof(struct hps_hello)]; \
	struct mpa_startup *name = (void *)name##_buf

TEST_LIMIT(startup_random_octets, V_HPS_STREAM, 60)
{
	uint64_t s = SEED;
	u8 buf[600];
	int lst = listener(4), i;
	size_t j;

	printf("# seed %#x\n", SEED);
	for (i = 0; i < 50; i++) {
		size_t len = 1 + seeded(&s) % sizeof(buf);

		for (j = 0; j < len; j++)
			buf[j] = seeded(&s);
		startup_refused(buf, len);
	}
	close(lst);
	still_works();
}

TEST(startup_bad_key, V_HPS_STREAM)
{
	int lst = listener(4), i;
	STARTUP(f);

	for (i = 0; i < MPA_KEY_LEN; i++) {
		good_startup(f, lst);
		f->key[i] ^= 1;
		startup_refused(f, sizeof(f_buf));
	}
	good_startup(f, lst);
	memcpy(f->key, MPA_KEY_REPLY, MPA_KEY_LEN);
	startup_refused(f, sizeof(f_buf));
	startup_refused("GET / HTTP/1.1\r\n\r\n", 18);
	startup_refused("X", 1);
	still_works();
}

TEST(startup_bad_revision, V_HPS_STREAM)
{
	int lst = listener(4), i;
	STARTUP(f);

	for (i = 0; i < 4; i++) {
		good_startup(f, lst);
		f->revision = i == 1 ? 255 : i;
		startup_refused(f, sizeof(f_buf));
	}
	still_works();
}

TEST(startup_markers, V_HPS_STREAM)
{
	int lst = listener(4);
	STARTUP(f);

	good_startup(f, lst);
	f->flags |= MPA_FLAG_MARKERS;
	startup_refused(f, sizeof(f_buf));
	still_works();
}

TEST(startup_bad_private_length, V_HPS_STREAM)
{
	static const int lens[] = { 0, 1, 55, 513, 32768, 65535 };
	int lst = listener(4);
	STARTUP(f);
	size_t i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		good_startup(f, lst);
		f->private_len = cpu_to_be16(lens[i]);
		startup_refused(f, sizeof(f_buf));
	}
	still_works();
}

TEST_LIMIT(startup_truncated, V_HPS_STREAM, 60)
{
	int lst = listener(4);
	STARTUP(f);
	size_t n;

	for (n = 0; n < sizeof(f_buf); n += 3) {
		struct raw r;

		good_startup(f, lst);
		raw_dial(&r);
		raw_send(&r, f, n);
		shutdown(r.fd, SHUT_WR);
		CHECK(raw_is_dead(&r));
		close(r.fd);
	}
	still_works();
}

TEST(startup_never_finished, V_HPS_STREAM)
{
	long long before;
	struct raw r;
	int lst;

	sysctl_set("handshake_timeout", 1);
	lst = listener(4);
	before = counter("HpsHandshakeTimeout");
	raw_dial(&r);
	raw_send(&r, MPA_KEY_REQUEST, 10);
	CHECK(raw_is_dead(&r));
	wait_counter("HpsHandshakeTimeout", before);
	close(lst);
	sysctl_set("handshake_timeout", 5);
	still_works();
}

/* --- the hello -------------------------------------------------------------------- */

static void open_refused(struct raw *r, enum hps_reason reason)
{
	long long before = counter("HpsRefuseSent");

	raw_startup(r, false, 0);
	CHECK(raw_read_startup(r));
	CHECK_EQ(r->flags & MPA_FLAG_REJECT, MPA_FLAG_REJECT);
	CHECK_EQ(r->theirs.kind, HPS_MSG_REFUSE);
	CHECK_EQ(be32_to_cpu(r->theirs.reason), reason);
	CHECK(counter("HpsRefuseSent") > before);
	close(r->fd);
}

TEST(hello_refusals, V_HPS_STREAM)
{
	int lst = listener(4), other = listener(4), port = port_of(other);
	struct raw r;

	close(other);
	raw_dial(&r);
	raw_hello(&r, HPS_MSG_OPEN, port);
	open_refused(&r, HPS_REASON_NO_LISTENER);

	raw_dial(&r);
	raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
	r.mine.version = 99;
	open_refused(&r, HPS_REASON_VERSION);
	CHECK_EQ(r.theirs.version, HPS_WIRE_VERSION);

	raw_dial(&r);
	raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
	r.mine.features = cpu_to_be16(0x0100);
	open_refused(&r, HPS_REASON_FEATURE);

	raw_dial(&r);
	raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
	r.mine.socktype = SOCK_DGRAM;
	open_refused(&r, HPS_REASON_SOCKTYPE);

	raw_dial(&r);
	raw_hello(&r, HPS_MSG_ACCEPT, port_of(lst));
	open_refused(&r, HPS_REASON_PROTOCOL);

	raw_dial(&r);
	raw_hello(&r, 0, port_of(lst));
	open_refused(&r, HPS_REASON_PROTOCOL);
	close(lst);
	still_works();
}

TEST(hello_unknown_optional_feature, V_HPS_STREAM)
{
	int lst = listener(4), fd;
	struct raw r;

	raw_dial(&r);
	raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
	r.mine.features = cpu_to_be16(0x00fc);
	raw_startup(&r, false, 0);
	CHECK(raw_read_startup(&r));
	CHECK_EQ(r.theirs.kind, HPS_MSG_ACCEPT);
	CHECK_EQ(be16_to_cpu(r.theirs.features) & 0xfc, 0);
	fd = accept(lst, NULL, NULL);
	raw_data(&r, 0, 0, 100);
	recv_pattern(fd, 100, 0);
}

TEST(hello_credit_extremes, V_HPS_STREAM)
{
	static const u32 credits[] = { 0, 1, 511, 0x7fffffff, 0xffffffff };
	int lst = listener(8);
	size_t i;

	for (i = 0; i < sizeof(credits) / sizeof(credits[0]); i++) {
		struct raw r;
		int fd;

		raw_dial(&r);
		raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
		r.mine.credit = cpu_to_be32(credits[i]);
		raw_startup(&r, false, 0);
		CHECK(raw_read_startup(&r));
		raw_data(&r, 0, 0, 10);
		fd = accept(lst, NULL, NULL);
		recv_pattern(fd, 10, 0);
		CHECK(send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ||
		      errno == EAGAIN);
		close(r.fd);
		close(fd);
	}
	close(lst);
	still_works();
}

/* --- frames ---------------------------------------------------------------------------- */

/* The channel goes, and with it the connection, as it has no other. */
static void session_dies(struct raw *r, int fd, const char *name,
			 long long before)
{
	char c;
	ssize_t n;

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

static void bad_frame(int lst, size_t at, u8 flip)
{
	long long before = counter("HpsBadFrame");
	int fd;
	struct hps_ack ack;
	struct raw r;
	u8 buf[200];
	size_t n;

	fd = raw_open(&r, lst);
	hps_ack_build(&ack, 0, 1 << 20, 1 << 20);
	n = raw_frame(&r, buf, &ack, sizeof(ack));
	buf[at] ^= flip;
	raw_send(&r, buf, n);
	session_dies(&r, fd, "HpsBadFrame", before);
}

TEST_LIMIT(frame_every_bit_of_the_head, V_HPS_STREAM, 60)
{
	int lst = listener(4), bit;

	for (bit = 0; bit < 8; bit++) {
		bad_frame(lst, 2, 1 << bit);		/* DDP control */
		if (bit != 2)				/* Send to Terminate */
			bad_frame(lst, 3, 1 << bit);	/* RDMAP control */
	}
	bad_frame(lst, 3, RDMAP_OP_SEND ^ RDMAP_OP_TERMINATE);
	bad_frame(lst, 4, 1);		/* STag */
	bad_frame(lst, 11, 1);		/* queue */
	bad_frame(lst, 15, 1);		/* MSN */
	bad_frame(lst, 12, 0x80);
	bad_frame(lst, 19, 4);		/* message offset */
	close(lst);
	still_works();
}

TEST(frame_bad_lengths, V_HPS_STREAM)
{
	static const u16 lens[] = { 0, 1, 17 };
	int lst = listener(4);
	size_t i;

	for (i = 0; i < 3; i++) {
		long long before = counter("HpsBadFrame");
		struct hps_frame f;
		struct raw r;
		int fd = raw_open(&r, lst);

		hps_frame_build(&f, 0, r.tx_msn + 1);
		f.mpa_len = cpu_to_be16(lens[i]);
		raw_send(&r, &f, sizeof(f));
		session_dies(&r, fd, "HpsBadFrame", before);
	}
	still_works();
}

TEST(frame_msn_repeated, V_HPS_STREAM)
{
	long long before = counter("HpsBadFrame");
	int lst = listener(4);
	struct raw r;
	int fd = raw_open(&r, lst);

	r.tx_msn--;
	raw_ack(&r, 0, 1 << 20);
	session_dies(&r, fd, "HpsBadFrame", before);
	still_works();
}

TEST(frame_truncated, V_HPS_STREAM)
{
	int lst = listener(4);
	size_t n;

	for (n = 1; n < 60; n += 4) {
		struct raw r;
		int fd = raw_open(&r, lst);
		struct hps_ack ack;
		u8 buf[100];

		hps_ack_build(&ack, 0, 1 << 20, 1 << 20);
		if (n < raw_frame(&r, buf, &ack, sizeof(ack))) {
			raw_send(&r, buf, n);
			shutdown(r.fd, SHUT_WR);
			session_dies(&r, fd, NULL, 0);
		}
	}
	still_works();
}

TEST(frame_truncated_data, V_HPS_STREAM)
{
	int lst = listener(4), fd;
	struct raw r;
	char buf[2000];

	fd = raw_open(&r, lst);
	hps_data_build((void *)buf, 0, 0, 0, 1 << 20);
	pattern(buf + sizeof(struct hps_data), 1000, 0);
	{
		u8 frame[2000];

		raw_frame(&r, frame, buf, sizeof(struct hps_data) + 1000);
		raw_send(&r, frame, 600);
	}
	shutdown(r.fd, SHUT_WR);
	session_dies(&r, fd, NULL, 0);
	still_works();
}

TEST(frame_largest_unknown_is_skipped, V_HPS_STREAM)
{
	long long before = counter("HpsUnknownMessage");
	static u8 msg[65517] = { 99, 0, 1 };
	int lst = listener(4);
	struct raw r;
	int fd = raw_open(&r, lst);

	raw_message(&r, msg, sizeof(msg));
	raw_data(&r, 0, 0, 100);
	recv_pattern(fd, 100, 0);
	CHECK(counter("HpsUnknownMessage") > before);
}

/* Who wants CRCs looks at them: ours has none. */
TEST(wrong_crc, V_HPS)
{
	long long before = counter("HpsBadCrc");
	int lst = listener(4);
	struct hps_ack ack;
	char buf[100];
	struct raw r;
	size_t len;

	sysctl_set("crc", 1);
	raw_dial(&r);
	raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
	raw_startup(&r, false, 0);
	CHECK(raw_read_startup(&r));
	CHECK(r.flags & MPA_FLAG_CRC);
	CHECK_EQ(counter("HpsBadCrc"), before);
	hps_ack_build(&ack, 0, 1 << 20, 0);
	len = raw_frame(&r, buf, &ack, sizeof(ack));
	buf[len - 1] ^= 1;
	raw_send(&r, buf, len);
	CHECK(raw_is_dead(&r));
	wait_counter("HpsBadCrc", before);
	still_works();
	sysctl_set("crc", 0);
}

TEST(urgent_data, V_HPS_STREAM)
{
	int lst = listener(4);
	struct raw r;
	int fd = raw_open(&r, lst);

	CHECK_EQ(send(r.fd, "x", 1, MSG_OOB), 1);
	raw_ack(&r, 0, 1 << 20);
	session_dies(&r, fd, NULL, 0);
	still_works();
}

TEST_LIMIT(octet_by_octet, V_HPS_STREAM, 60)
{
	int lst = listener(4), fd, i;
	u8 buf[300];
	struct raw r;
	size_t n, j;

	raw_dial(&r);
	raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
	n = mpa_startup_build(buf, sizeof(buf), false, 0, &r.mine,
			      sizeof(r.mine));
	for (j = 0; j < n; j++)
		raw_send(&r, buf + j, 1);
	CHECK(raw_read_startup(&r));
	fd = accept(lst, NULL, NULL);
	for (i = 0; i < 10; i++) {
		u8 msg[120];

		hps_data_build((void *)msg, 0, i * 100, 0, 1 << 20);
		pattern(msg + sizeof(struct hps_data), 100, i * 100);
		n = raw_frame(&r, buf, msg, sizeof(struct hps_data) + 100);
		for (j = 0; j < n; j++)
			raw_send(&r, buf + j, 1);
	}
	recv_pattern(fd, 1000, 0);
}

TEST(reset_at_every_stage, V_HPS_STREAM)
{
	int lst = listener(64), i, fd;
	struct raw r;

	for (i = 0; i < 60; i++) {
		struct linger no = { 1, 0 };

		raw_dial(&r);
		setsockopt(r.fd, SOL_SOCKET, SO_LINGER, &no, sizeof(no));
		raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
		if (i % 4 > 0)
			raw_startup(&r, false, 0);
		if (i % 4 > 1)
			CHECK(raw_read_startup(&r));
		if (i % 4 > 2)
			raw_data(&r, 0, 0, 1000);
		close(r.fd);
	}
	nonblocking(lst, true);
	usleep(scaled(50000));
	while ((fd = accept(lst, NULL, NULL)) >= 0)
		close(fd);
	still_works();
}

/* --- floods ------------------------------------------------------------------------------- */

TEST_LIMIT(half_open_flood, V_HPS_STREAM, 100)
{
	struct rlimit files = { 10000, 10000 };
	static int fds[5000];
	union address addr;
	socklen_t len = loopback(&addr, RAW_TCP_PORT);
	long long before, end;
	int lst, i, fd = -1;

	if (v->domain != AF_HPS)
		return;
	CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
	sysctl_set("max_half_open", 100);
	sysctl_set("handshake_timeout", 2);
	lst = listener(16);
	before = counter("HpsHalfOpenDropped");
	for (i = 0; i < 5000; i++) {
		fds[i] = socket(v->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		CHECK(fds[i] >= 0);
		if (connect(fds[i], &addr.sa, len))
			CHECK(errno == EINPROGRESS);
	}
	/* on a slow machine most have timed out before the last are there */
	wait_counter("HpsHalfOpenDropped", before + 100);
	/* others come through as soon as the first of them time out */
	end = now_ms() + scaled(20000);
	for (;;) {
		fd = new_socket();
		if (!try_connect(fd, port_of(lst)))
			break;
		close(fd);
		CHECK(now_ms() < end);
		usleep(100000);
	}
	CHECK(accept(lst, NULL, NULL) >= 0);
	for (i = 0; i < 5000; i++)
		close(fds[i]);
	sysctl_set("max_half_open", 1024);
	sysctl_set("handshake_timeout", 5);
}

TEST(ping_flood, V_HPS_STREAM)
{
	int lst = listener(4), i;
	struct raw r;
	int fd = raw_open(&r, lst);
	struct hps_ping ping;
	char buf[64];

	for (i = 0; i < 2000; i++) {
		hps_ping_build(&ping, i);
		raw_message(&r, &ping, sizeof(ping));
	}
	do
		CHECK(raw_wait_message(&r, HPS_MSG_PONG, buf, sizeof(buf)));
	while (be32_to_cpu(((struct hps_ping *)buf)->cookie) != 1999);
	raw_data(&r, 0, 0, 100);
	recv_pattern(fd, 100, 0);
}

/* Tiny segments at even offsets only: memory stays bounded by the credit. */
TEST(gaps_everywhere, V_HPS_STREAM)
{
	int lst = listener(4), i;
	struct raw r;
	char c;
	int fd;

	set_int(lst, SOL_SOCKET, SO_RCVBUF, 65536);
	fd = raw_open(&r, lst);
	for (i = 0; i < 20000; i++)
		raw_data(&r, 0, 2 * i + 1, 1);
	CHECK_EQ(recv(fd, &c, 1, 0), -1);
	CHECK(errno == ECONNRESET || errno == ECONNABORTED);
	CHECK(raw_is_dead(&r));
	close(r.fd);
	still_works();
}

/* --- mutations ------------------------------------------------------------------------------- */

static size_t valid_session(u8 *buf, int lst)
{
	static u8 msg[3000];
	struct raw r = {};
	struct hps_links *links = (void *)msg;
	struct hps_ping ping;
	struct hps_ack ack;
	struct hps_fin fin;
	size_t n, i;

	raw_hello(&r, HPS_MSG_OPEN, port_of(lst));
	n = mpa_startup_build(buf, 200, false, 0, &r.mine, sizeof(r.mine));
	hps_ack_build(&ack, 0, 1 << 20, 1 << 20);
	n += raw_frame(&r, buf + n, &ack, sizeof(ack));
	for (i = 0; i < 3; i++) {
		hps_data_build((void *)msg, 0, 500 * i, 0, 1 << 20);
		pattern(msg + sizeof(struct hps_data), 500, 500 * i);
		n += raw_frame(&r, buf + n, msg, sizeof(struct hps_data) + 500);
	}
	hps_ping_build(&ping, 7);
	n += raw_frame(&r, buf + n, &ping, sizeof(ping));
	memset(msg, 0, 100);
	hps_links_build(links, 1, 1);
	n += raw_frame(&r, buf + n, links,
		       sizeof(*links) + sizeof(struct hps_link_offer));
	hps_fin_build(&fin, 1500);
	n += raw_frame(&r, buf + n, &fin, sizeof(fin));
	return n;
}

TEST_LIMIT(ten_thousand_mutations, V_HPS_STREAM, 200)
{
	int rounds = strcmp(v->name, "hps4") ? 500 : 10000;
	static u8 good[4000], buf[4000];
	int lst = listener(128), i, fd;
	uint64_t s = SEED;
	size_t n;

	if (on_debug_kernel())
		rounds /= 20;
	printf("# seed %#x, %d rounds\n", SEED, rounds);
	nonblocking(lst, true);
	n = valid_session(good, lst);
	for (i = 0; i < rounds; i++) {
		unsigned int k = 1 + seeded(&s) % 3;
		struct raw r;

		memcpy(buf, good, n);
		while (k--) {
			size_t at = seeded(&s) % n;

			/* heads are what matters: half of all in the start-up */
			if (seeded(&s) & 1)
				at %= 160;
			if (seeded(&s) & 1)
				buf[at] ^= 1 << seeded(&s) % 8;
			else
				buf[at] = seeded(&s);
		}
		raw_dial(&r);
		raw_send(&r, buf, seeded(&s) % 8 ? n : seeded(&s) % n);
		if (i % 16 == 0) {
			shutdown(r.fd, SHUT_WR);
			poll(&(struct pollfd){ .fd = r.fd, .events = POLLIN },
			     1, 20);
		}
		close(r.fd);
		while ((fd = accept(lst, NULL, NULL)) >= 0) {
			char c;

			if (i & 1)
				recv(fd, &c, 1, MSG_DONTWAIT);
			close(fd);
		}
	}
	close(lst);
	still_works();
}
