// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 240
 *
 * A server that breaks the protocol: connect() of an HPS socket to a plain TCP
 * listener that we play. It fails with an error or the connection ends; it
 * never hangs.
 */
#include "raw.h"

#define SEED	0x1b0570

/* The TCP port of HPS, while no HPS listener has it. */
static int raw_listen(void)
{
	union address addr;
	socklen_t len = loopback(&addr, RAW_TCP_PORT);
	int fd = socket(v->family, SOCK_STREAM, IPPROTO_TCP);

	CHECK(fd >= 0);
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	CHECK(bind(fd, &addr.sa, len) == 0);
	CHECK(listen(fd, 64) == 0);
	return fd;
}

/* Takes a channel that is dialled as @r, with its hello. */
static void take_next(int lst, struct raw *r)
{
	struct mpa_startup head;

	memset(r, 0, sizeof(*r));
	r->fd = accept(lst, NULL, NULL);
	CHECK(r->fd >= 0);
	set_int(r->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	CHECK_EQ(recv(r->fd, &head, sizeof(head), MSG_WAITALL), sizeof(head));
	CHECK(!memcmp(head.key, MPA_KEY_REQUEST, MPA_KEY_LEN));
	CHECK_EQ(be16_to_cpu(head.private_len), sizeof(r->theirs));
	CHECK_EQ(recv(r->fd, &r->theirs, sizeof(r->theirs), MSG_WAITALL),
		 sizeof(r->theirs));
	CHECK_EQ(r->theirs.kind, HPS_MSG_OPEN);
	CHECK_EQ(be16_to_cpu(r->theirs.port), 4242);
	raw_hello(r, HPS_MSG_ACCEPT, 0);
}

/* Begins a connect of @hps; takes it as @r. */
static void take(int lst, int *hps, struct raw *r)
{
	*hps = new_socket();
	nonblocking(*hps, true);
	CHECK_ERR(try_connect(*hps, 4242), EINPROGRESS);
	take_next(lst, r);
}

static int connect_error(int hps)
{
	wait_for(hps, POLLOUT);
	return so_error(hps);
}

static bool plausible(int err)
{
	return err == ECONNREFUSED || err == ECONNRESET || err == EPROTO ||
	       err == EPROTONOSUPPORT || err == ETIMEDOUT;
}

/* The connect fails with an error that a program expects of connect(). */
#define fails(hps, r) do {						\
	int _err = connect_error(hps);					\
									\
	if (!plausible(_err))						\
		test_fail(__FILE__, __LINE__, "connect: %s",		\
			  _err ? strerrorname_np(_err) : "no error");	\
	close(hps);							\
	close((r)->fd);							\
} while (0)

/* The connection is made: our ACCEPT, their first FPDU. */
static int accepted(int lst, struct raw *r)
{
	char buf[100];
	int hps;

	take(lst, &hps, r);
	raw_startup(r, true, 0);
	CHECK_EQ(connect_error(hps), 0);
	CHECK(raw_read_message(r, buf, sizeof(buf)) > 0);
	nonblocking(hps, false);
	set_timeout(hps, SO_RCVTIMEO, scaled(10000));
	return hps;
}

static void ends(int hps, struct raw *r)
{
	ssize_t n;
	char c;

	do
		n = recv(hps, &c, 1, 0);
	while (n > 0);
	CHECK_EQ(n, -1);
	CHECK(errno == ECONNRESET || errno == ECONNABORTED);
	close(hps);
	close(r->fd);
}

TEST(accept_by_hand, V_HPS_STREAM)
{
	int lst = raw_listen();
	struct raw r;
	char buf[200];
	int hps = accepted(lst, &r);

	raw_data(&r, 0, 0, 100);
	recv_pattern(hps, 100, 0);
	CHECK_EQ(send(hps, "hello", 5, 0), 5);
	CHECK(raw_wait_message(&r, HPS_MSG_DATA, buf, sizeof(buf)));
	CHECK(!memcmp(buf + sizeof(struct hps_data), "hello", 5));
}

/* As a listener does that is closed while a peer is in its queue. */
TEST(closes_at_once, V_HPS_STREAM)
{
	struct linger no = { 1, 0 };
	int lst = raw_listen(), hps;
	struct raw r;

	take(lst, &hps, &r);
	shutdown(r.fd, SHUT_WR);
	CHECK_EQ(connect_error(hps), ECONNREFUSED);
	close(hps);
	close(r.fd);
	take(lst, &hps, &r);
	setsockopt(r.fd, SOL_SOCKET, SO_LINGER, &no, sizeof(no));
	close(r.fd);
	CHECK_EQ(connect_error(hps), ECONNREFUSED);
	close(hps);
}

TEST(says_nothing, V_HPS_STREAM)
{
	int lst, hps;
	struct raw r;

	sysctl_set("handshake_timeout", 1);
	lst = raw_listen();
	take(lst, &hps, &r);
	fails(hps, &r);
	sysctl_set("handshake_timeout", 5);
}

TEST(random_replies, V_HPS_STREAM)
{
	int lst = raw_listen(), hps, i;
	uint64_t s = SEED;
	struct raw r;
	u8 buf[300];
	size_t j;

	printf("# seed %#x\n", SEED);
	for (i = 0; i < 50; i++) {
		size_t len = 1 + seeded(&s) % sizeof(buf);

		for (j = 0; j < len; j++)
			buf[j] = seeded(&s);
		take(lst, &hps, &r);
		raw_send(&r, buf, len);
		fails(hps, &r);
	}
}

TEST(spoilt_replies, V_HPS_STREAM)
{
	u8 buf[sizeof(struct mpa_startup) + sizeof(struct hps_hello)];
	struct mpa_startup *f = (void *)buf;
	int lst = raw_listen(), hps, i;
	long long before;
	struct raw r;

	for (i = 0; i < 7; i++) {
		before = counter("HpsBadStartup");
		take(lst, &hps, &r);
		CHECK(mpa_startup_build(buf, sizeof(buf), true, 0, &r.mine,
					sizeof(r.mine)) > 0);
		switch (i) {
		case 0: f->key[15] ^= 1; break;
		case 1: memcpy(f->key, MPA_KEY_REQUEST, MPA_KEY_LEN); break;
		case 2: f->revision = 2; break;
		case 3: f->flags |= MPA_FLAG_MARKERS; break;
		case 4: f->private_len = cpu_to_be16(513); break;
		case 5: f->private_len = cpu_to_be16(10); break;
		case 6: f->private_len = 0; break;
		}
		raw_send(&r, buf, sizeof(buf));
		fails(hps, &r);
		wait_counter("HpsBadStartup", before);
	}
}

TEST(refusals, V_HPS_STREAM)
{
	static const struct {
		u32	reason;
		int	err;
	} rows[] = {
		{ HPS_REASON_NO_LISTENER, ECONNREFUSED },
		{ HPS_REASON_SOCKTYPE, EPROTONOSUPPORT },
		{ HPS_REASON_VERSION, EPROTONOSUPPORT },
		{ HPS_REASON_MEMORY, ECONNREFUSED },
		{ 9999, ECONNREFUSED },
	};
	int lst = raw_listen(), hps;
	struct raw r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		take(lst, &hps, &r);
		r.mine.kind = HPS_MSG_REFUSE;
		r.mine.reason = cpu_to_be32(rows[i].reason);
		raw_startup(&r, true, MPA_FLAG_REJECT);
		CHECK_EQ(connect_error(hps), rows[i].err);
		close(hps);
		close(r.fd);
	}
}

TEST(contradictions, V_HPS_STREAM)
{
	int lst = raw_listen(), hps;
	struct raw r;

	/* an answer of another kind, or version */
	take(lst, &hps, &r);
	r.mine.kind = HPS_MSG_JOINED;
	raw_startup(&r, true, 0);
	fails(hps, &r);
	take(lst, &hps, &r);
	r.mine.kind = HPS_MSG_OPEN;
	raw_startup(&r, true, 0);
	fails(hps, &r);
	take(lst, &hps, &r);
	r.mine.version = 7;
	raw_startup(&r, true, 0);
	fails(hps, &r);
	/* accepted and rejected */
	take(lst, &hps, &r);
	raw_startup(&r, true, MPA_FLAG_REJECT);
	fails(hps, &r);
	/* refused and not rejected */
	take(lst, &hps, &r);
	r.mine.kind = HPS_MSG_REFUSE;
	raw_startup(&r, true, 0);
	fails(hps, &r);
}

TEST(reply_octet_by_octet, V_HPS_STREAM)
{
	u8 buf[sizeof(struct mpa_startup) + sizeof(struct hps_hello)];
	int lst = raw_listen(), hps;
	struct raw r;
	size_t i;

	take(lst, &hps, &r);
	CHECK(mpa_startup_build(buf, sizeof(buf), true, 0, &r.mine,
				sizeof(r.mine)) > 0);
	for (i = 0; i < sizeof(buf); i++)
		raw_send(&r, buf + i, 1);
	CHECK_EQ(connect_error(hps), 0);
}

TEST(bad_frames_to_the_initiator, V_HPS_STREAM)
{
	int lst = raw_listen(), hps, at;
	struct raw r;
	u8 buf[100];

	for (at = 2; at < 20; at += 3) {
		long long before = counter("HpsBadFrame");
		struct hps_ack ack;
		size_t n;

		hps = accepted(lst, &r);
		hps_ack_build(&ack, 0, 1 << 20, 1 << 20);
		n = raw_frame(&r, buf, &ack, sizeof(ack));
		buf[at] ^= 0x80;
		raw_send(&r, buf, n);
		ends(hps, &r);
		wait_counter("HpsBadFrame", before);
	}
}

TEST(bad_messages_to_the_initiator, V_HPS_STREAM)
{
	int lst = raw_listen(), hps, i;
	struct raw r;

	for (i = 0; i < 5; i++) {
		struct hps_hello_msg hello;
		u8 unknown[8] = { 77, HPS_FLAG_MUST, 2 };

		hps = accepted(lst, &r);
		switch (i) {
		case 0:
			raw_ack(&r, 5000, 1 << 20);
			break;
		case 1:
			raw_data(&r, 0, 1ULL << 40, 10);
			break;
		case 2:
			raw_message(&r, unknown, sizeof(unknown));
			break;
		case 3:
			hps_hello_msg_build(&hello, &r.mine);
			raw_message(&r, &hello, sizeof(hello));
			break;
		case 4:
			r.mine.kind = HPS_MSG_OPEN;
			hps_hello_msg_build(&hello, &r.mine);
			raw_message(&r, &hello, sizeof(hello));
			break;
		}
		ends(hps, &r);
	}
}

/* Offers that lead nowhere or to oneself: no join may hurt the connection. */
TEST(hostile_offers, V_HPS_STREAM)
{
	static u8 msg[sizeof(struct hps_links) +
		      HPS_MAX_OFFERS * sizeof(struct hps_link_offer)];
	struct hps_links *links = (void *)msg;
	int lst = raw_listen(), i;
	struct raw r;
	int hps = accepted(lst, &r);

	hps_links_build(links, HPS_MAX_OFFERS, 1);
	for (i = 0; i < HPS_MAX_OFFERS; i++) {
		struct hps_link_offer *o = &links->offer[i];

		o->id = i;
		o->family = i % 5 == 0 ? 6 : i % 5 == 1 ? 77 : 4;
		o->prefix_len = i * 7;
		o->flags = i & 1 ? 0xff : 0;
		memset(o->addr, i % 3 == 0 ? 0xff : i % 3 == 1 ? 0 : 127, 16);
	}
	raw_message(&r, msg, sizeof(msg));
	raw_data(&r, 0, 0, 60000);
	raw_data(&r, 0, 60000, 60000);
	raw_data(&r, 0, 120000, 60000);
	recv_pattern(hps, 180000, 0);
}

TEST(no_credit_for_ever, V_HPS_STREAM)
{
	static char buf[10000];
	int lst = raw_listen(), hps;
	struct raw r;

	take(lst, &hps, &r);
	r.mine.credit = 0;
	raw_startup(&r, true, 0);
	CHECK_EQ(connect_error(hps), 0);
	while (send(hps, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	/* an abort does not wait for it */
	CHECK(setsockopt(hps, SOL_SOCKET, SO_LINGER,
			 &(struct linger){ 1, 0 }, sizeof(struct linger)) == 0);
	CHECK(close(hps) == 0);
	CHECK(raw_is_dead(&r));
}

/* Writes until nothing goes on any more; TCP acknowledges all of it, HPS nothing.
 * Returns the octets.
 */
static size_t write_all(int hps, struct raw *r)
{
	static char buf[65536];
	size_t sent = 0;
	int idle = 0;

	while (idle < 20 && sent < 32 << 20) {
		ssize_t n = send(hps, buf, sizeof(buf), MSG_NOSIGNAL);

		if (n > 0)
			sent += n;
		else
			CHECK_EQ(errno, EAGAIN);
		idle = n > 0 ? 0 : idle + 1;
		while (recv(r->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			idle = 0;
		if (idle)
			usleep(10000);
	}
	return sent;
}

/* The send buffer grows once for each acknowledgement of what was there before. */
TEST(buffer_waits_for_acknowledgements, V_HPS_STREAM)
{
	long long before = counter("HpsBufferGrown");
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int lst = raw_listen(), hps, first, second;
	struct raw r;

	take(lst, &hps, &r);
	first = get_int(hps, SOL_SOCKET, SO_SNDBUF);
	r.mine.credit = cpu_to_be32(1 << 30);
	raw_startup(&r, true, 0);
	CHECK_EQ(connect_error(hps), 0);
	CHECK(write_all(hps, &r) > (size_t)first / 2);
	CHECK_EQ(get_int(hps, SOL_SOCKET, SO_SNDBUF), first);
	CHECK_EQ(counter("HpsBufferGrown"), before);
	raw_ack(&r, 1, 1 << 30);
	write_all(hps, &r);
	second = get_int(hps, SOL_SOCKET, SO_SNDBUF);
	CHECK_EQ(second, 2 * first);
	CHECK_EQ(counter("HpsBufferGrown"), before + 1);
	raw_ack(&r, 2, 1 << 30);
	write_all(hps, &r);
	CHECK_EQ(get_int(hps, SOL_SOCKET, SO_SNDBUF), second);
	/* The next connection has paths of its own. */
	CHECK(connect(hps, &none, sizeof(none)) == 0);
	CHECK_EQ(get_int(hps, SOL_SOCKET, SO_SNDBUF), first);
}

/* Ends a connection with a client of ours so that its channel goes to the pool: both
 * have said FIN and FINACK.
 */
static void end_well(int hps, struct raw *r)
{
	long long before = counter("HpsPoolPut");
	struct hps_fin m;
	char buf[200];

	CHECK(shutdown(hps, SHUT_WR) == 0);
	CHECK(raw_wait_message(r, HPS_MSG_FIN, buf, sizeof(buf)));
	raw_fin(r, 0);
	hps_finack_build(&m, 0);
	raw_message(r, &m, sizeof(m));
	CHECK(raw_wait_message(r, HPS_MSG_FINACK, buf, sizeof(buf)));
	wait_counter("HpsPoolPut", before);
	close(hps);
}

static void say_reset(struct raw *r)
{
	struct hps_reset m;

	hps_reset_build(&m, HPS_REASON_ABORT);
	raw_message(r, &m, sizeof(m));
}

/* SO_LINGER of the peer when all has been said: it reads the channel no more. */
TEST(reset_of_a_channel_in_the_pool, V_HPS_STREAM)
{
	long long bad = counter("HpsBadMessage");
	int lst = raw_listen(), hps;
	struct raw r, next;

	hps = accepted(lst, &r);
	end_well(hps, &r);
	say_reset(&r);
	CHECK(raw_is_dead(&r));
	/* The next connection has a channel of its own. */
	hps = accepted(lst, &next);
	CHECK_EQ(counter("HpsBadMessage"), bad);
	close(hps);
	close(next.fd);
	close(r.fd);
}

/* The same when the next connection has the channel already. */
TEST(reset_of_the_connection_before, V_HPS_STREAM)
{
	long long hits = counter("HpsPoolHit"), bad = counter("HpsBadMessage");
	int lst = raw_listen(), hps;
	struct raw r, next;
	char buf[200];

	hps = accepted(lst, &r);
	end_well(hps, &r);
	hps = new_socket();
	nonblocking(hps, true);
	CHECK_ERR(try_connect(hps, 4242), EINPROGRESS);
	CHECK(raw_wait_message(&r, HPS_MSG_OPEN, buf, sizeof(buf)));
	CHECK_EQ(counter("HpsPoolHit"), hits + 1);
	say_reset(&r);
	/* It dials anew. */
	take_next(lst, &next);
	raw_startup(&next, true, 0);
	CHECK_EQ(connect_error(hps), 0);
	CHECK(raw_is_dead(&r));
	CHECK_EQ(counter("HpsBadMessage"), bad);
	close(hps);
	close(next.fd);
	close(r.fd);
}
