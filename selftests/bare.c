// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 *
 * Bare connections between two sockets: set-up, messages, one-sided operations, ends.
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "barepair.h"

static void talk(int from, int to, size_t len, uint64_t at)
{
	char *buf = malloc(len + 1);
	struct hps_bare_received note;

	pattern(buf, len, at);
	CHECK_EQ(send(from, buf, len, MSG_NOSIGNAL), len);
	memset(buf, 0, len + 1);
	CHECK_EQ(bare_recv(to, buf, len + 1, &note), len);
	CHECK_EQ(note.flags, 0);
	CHECK(pattern_ok(buf, len, at));
	free(buf);
}

/* --- set-up --------------------------------------------------------------- */

TEST(sockets, V_BARE)
{
	CHECK_ERR(socket(AF_HPS, SOCK_STREAM, HPS_PROTO_BARE), ESOCKTNOSUPPORT);
	CHECK_ERR(socket(AF_HPS, SOCK_SEQPACKET, HPS_PROTO_BARE + 1),
		  EPROTONOSUPPORT);
	close(bare_socket());
}

static void make_none(void *arg)
{
	(void)arg;
	own_namespace();
	sysctl_set("bare", 0);
	CHECK_ERR(socket(AF_HPS, SOCK_SEQPACKET, HPS_PROTO_BARE), EPERM);
	sysctl_set("bare", 1);
	close(bare_socket());
}

TEST(forbidden, V_BARE)
{
	reap(child(make_none, NULL));
}

TEST(messages, V_BARE)
{
	static const size_t sizes[] = { 1, 2, 3, 4, 1000, 70000, 1000000, 7 };
	struct pair p;
	size_t i;

	bare_pair(&p);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		talk(p.a, p.b, sizes[i], i);
		talk(p.b, p.a, sizes[i], i + 100);
	}
	CHECK_EQ(counter("HpsBareOpened"), 2);
	pair_close(&p);
}

/* CRC is used if either side wants it. */
TEST(crc_and_revision, V_BARE)
{
	int a, b;

	for (a = 0; a < 4; a++)
		for (b = 0; b < 2; b++) {
			struct hps_bare_info info;
			struct pair p;

			bare_pair_of(&p, a, b);
			talk(p.a, p.b, 100000, 0);
			talk(p.b, p.a, 100000, 1);
			info = bare_info(p.b);
			CHECK_EQ(!!(info.flags & HPS_BARE_INFO_CRC),
				 !(a & b & HPS_BARE_NO_CRC));
			CHECK_EQ(info.revision, a & HPS_BARE_REVISION_1 ? 1 : 2);
			CHECK_EQ(info.flags & HPS_BARE_INFO_INITIATOR, 0);
			CHECK_EQ(info.flags & ~HPS_BARE_INFO_INITIATOR,
				 bare_info(p.a).flags & ~HPS_BARE_INFO_INITIATOR);
			pair_close(&p);
		}
}

/* A connect() that failed does not look like success when it is asked again. */
TEST(connect_again, V_BARE)
{
	struct pair p;
	int fd = bare_socket();

	nonblocking(fd, true);
	CHECK_ERR(try_connect(fd, 1), EINPROGRESS);
	wait_for(fd, POLLOUT | POLLERR);
	CHECK_ERR(try_connect(fd, 1), ECONNREFUSED);
	CHECK_ERR(try_connect(fd, 1), ECONNABORTED);
	close(fd);
	bare_pair(&p);
	CHECK(try_connect(p.a, port_of(p.lst)) == 0);
	CHECK_ERR(try_connect(p.a, port_of(p.lst)), EISCONN);
	pair_close(&p);
}

static void expect_private(int fd, const char *want)
{
	char buf[600];
	socklen_t len = sizeof(buf);

	CHECK(getsockopt(fd, SOL_HPS, HPS_BARE_PRIVATE, buf, &len) == 0);
	CHECK_EQ(len, strlen(want));
	CHECK(!memcmp(buf, want, len));
}

TEST(private_data_and_depths, V_BARE)
{
	char large[HPS_BARE_PRIVATE_MAX + 1];
	struct pair p;

	memset(large, 'x', sizeof(large));
	p.lst = bare_listener();
	bare_private(p.lst, "welcome");
	bare_setup(bare_socket(), 0, 0, 0);
	p.a = bare_socket();
	CHECK_ERR(setsockopt(p.a, SOL_HPS, HPS_BARE_PRIVATE, large,
			     sizeof(large)), EINVAL);
	CHECK(setsockopt(p.a, SOL_HPS, HPS_BARE_PRIVATE, large,
			 sizeof(large) - 1) == 0);
	bare_private(p.a, "hello");
	bare_setup(p.a, 0, 3, 200);
	CHECK_ERR(try_connect(p.a, 1), ECONNREFUSED);
	close(p.a);

	p.a = bare_socket();
	bare_private(p.a, "hello");
	bare_setup(p.a, 0, 3, 200);
	nonblocking(p.a, true);
	CHECK_ERR(try_connect(p.a, port_of(p.lst)), EINPROGRESS);
	CHECK_ERR(try_connect(p.a, port_of(p.lst)), EALREADY);
	p.b = accept(p.lst, NULL, NULL);
	CHECK(p.b >= 0);
	bare_dialed(p.a);
	expect_private(p.b, "hello");
	expect_private(p.a, "welcome");
	CHECK_EQ(bare_info(p.a).ird, 3);
	CHECK_EQ(bare_info(p.a).ord, 16);
	CHECK_EQ(bare_info(p.b).ird, 16);
	CHECK_EQ(bare_info(p.b).ord, 3);
	pair_close(&p);
}

/* --- messages ------------------------------------------------------------- */

TEST(empty_and_truncated, V_BARE)
{
	struct hps_bare_received note;
	struct pair p;
	char buf[10];

	bare_pair(&p);
	CHECK_EQ(send(p.a, buf, 0, 0), 0);
	CHECK_EQ(send(p.a, "abcdef", 6, 0), 6);
	CHECK_EQ(send(p.a, "xyz", 3, 0), 3);
	CHECK_EQ(bare_recv(p.b, buf, sizeof(buf), &note), 0);
	CHECK_EQ(recv(p.b, buf, 2, MSG_PEEK), 2);
	CHECK_EQ(recv(p.b, buf, 2, MSG_TRUNC), 6);
	CHECK_EQ(recv(p.b, buf, sizeof(buf), 0), 3);
	CHECK_ERR(recv(p.b, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
	pair_close(&p);
}

/* Who does not read makes the peer wait, and loses nothing. */
TEST(full, V_BARE)
{
	struct pair p;
	char buf[8000];
	int sent = 0, i;

	bare_pair(&p);
	set_int(p.b, SOL_SOCKET, SO_RCVBUF, 100000);
	set_int(p.a, SOL_SOCKET, SO_SNDBUF, 100000);
	nonblocking(p.a, true);
	for (;;) {
		pattern(buf, sizeof(buf), sent);
		if (send(p.a, buf, sizeof(buf), 0) < 0)
			break;
		sent++;
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK(sent > 20);
	CHECK_EQ(poll_now(p.a, POLLOUT), 0);
	for (i = 0; i < sent; i++) {
		CHECK_EQ(recv(p.b, buf, sizeof(buf), 0), sizeof(buf));
		CHECK(pattern_ok(buf, sizeof(buf), i));
	}
	CHECK_EQ(wait_for(p.a, POLLOUT), POLLOUT);
	pair_close(&p);
}

TEST(too_long, V_BARE)
{
	size_t len = 1500000;
	char *buf = calloc(1, len);
	struct pair p;

	bare_pair(&p);
	set_int(p.b, SOL_SOCKET, SO_RCVBUF, 100000);
	CHECK_ERR(send(p.a, buf, 100 * len, MSG_NOSIGNAL), EMSGSIZE);
	CHECK_EQ(send(p.a, buf, len, MSG_NOSIGNAL), len);
	bare_terminated(p.a, HPS_BARE_TERMINATED_BY_PEER, TERM_TOO_LONG,
			EREMOTEIO);
	bare_terminated(p.b, HPS_BARE_TERMINATED_BY_US, TERM_TOO_LONG, EPROTO);
	CHECK_ERR(send(p.a, buf, 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(counter("HpsBareTerminateSent"), 1);
	CHECK_EQ(counter("HpsBareTerminated"), 1);
	pair_close(&p);
}

/* --- one-sided operations ------------------------------------------------- */

#define LEN	300000

struct memory {
	struct queue	q;
	char		*mem;
	char		*sink;
	uint32_t	stag;
	uint32_t	sink_stag;
};

/* Of @p.a, to memory of @p.b. */
static void memory_open(struct memory *m, struct pair *p)
{
	bare_pair(p);
	m->mem = memory(LEN);
	m->sink = memory(LEN);
	m->stag = enrol_with(p->b, m->mem, LEN, ALL_RIGHTS |
			     HPS_DIRECT_REMOTE_INVALIDATE, HPS_DIRECT_ONLY);
	m->sink_stag = enrol_with(p->a, m->sink, LEN, 0, HPS_DIRECT_SINK);
	queue_open(&m->q, p->a, 64);
}

TEST(operations, V_BARE)
{
	char *buf = malloc(LEN);
	struct hps_direct_completion c;
	struct memory m;
	struct pair p;
	uint64_t value = 40;

	memory_open(&m, &p);
	pattern(buf, LEN, 5);
	post_ok(p.a, post_write(1, m.stag, 0), buf, LEN);
	post_ok(p.a, post_read(2, m.stag, 3, m.sink_stag, 1, LEN - 3), NULL, 0);
	queue_expect(&m.q, 1, 0);
	queue_expect(&m.q, 2, 0);
	CHECK(pattern_ok(m.mem, LEN, 5));
	CHECK(!memcmp(m.sink + 1, m.mem + 3, LEN - 3));

	memcpy(m.mem + 8, &value, 8);
	post_ok(p.a, post_add(3, m.stag, 8, 2), NULL, 0);
	post_ok(p.a, post_swap(4, m.stag, 8, 42, 7), NULL, 0);
	post_ok(p.a, post_swap(5, m.stag, 8, 42, 8), NULL, 0);
	c = queue_take(&m.q);
	CHECK_EQ(c.value, 40);
	c = queue_take(&m.q);
	CHECK_EQ(c.value, 42);
	c = queue_take(&m.q);
	CHECK_EQ(c.data, 5);
	CHECK_EQ(c.value, 7);
	memcpy(&value, m.mem + 8, 8);
	CHECK_EQ(value, 7);
	CHECK_EQ(bare_info(p.b).octets_placed, LEN);
	CHECK_EQ(bare_info(p.b).requests_served, 4);
	queue_close(&m.q);
	pair_close(&p);
}

/* More reads than may be under way wait for their turn. */
TEST(many_reads, V_BARE)
{
	struct memory m;
	struct pair p;
	int i;

	memory_open(&m, &p);
	pattern(m.mem, LEN, 0);
	for (i = 0; i < 60; i++)
		post_ok(p.a, post_read(i, m.stag, i * 1000, m.sink_stag,
				       i * 1000, 1000), NULL, 0);
	for (i = 0; i < 60; i++)
		queue_expect(&m.q, i, 0);
	CHECK(!memcmp(m.mem, m.sink, 60000));
	pair_close(&p);
}

TEST(invalidate, V_BARE)
{
	struct hps_bare_received note;
	struct memory m;
	struct pair p;
	char buf[10];

	memory_open(&m, &p);
	CHECK_EQ(bare_send(p.a, "one", 3, HPS_BARE_SOLICITED, 0), 3);
	CHECK_EQ(bare_send(p.a, "two", 3, HPS_BARE_INVALIDATE, m.stag), 3);
	CHECK_EQ(bare_recv(p.b, buf, sizeof(buf), &note), 3);
	CHECK_EQ(note.flags, HPS_BARE_SOLICITED);
	CHECK_EQ(bare_recv(p.b, buf, sizeof(buf), &note), 3);
	CHECK_EQ(note.flags, HPS_BARE_INVALIDATE);
	CHECK_EQ(note.stag, m.stag);
	post_ok(p.a, post_write(1, m.stag, 0), "x", 1);
	queue_expect(&m.q, 1, 0);
	bare_terminated(p.b, HPS_BARE_TERMINATED_BY_US, TERM_STAG, EPROTO);
	bare_terminated(p.a, HPS_BARE_TERMINATED_BY_PEER, TERM_STAG, EREMOTEIO);
	CHECK_EQ(m.mem[0], 0);
	deregister(p.b, m.stag);
	pair_close(&p);
}

TEST(invalidate_refused, V_BARE)
{
	struct memory m;
	struct pair p;
	uint32_t stag;

	memory_open(&m, &p);
	stag = enrol(p.b, m.mem, 100, ALL_RIGHTS);
	CHECK_EQ(bare_send(p.a, "two", 3, HPS_BARE_INVALIDATE, stag), 3);
	bare_terminated(p.b, HPS_BARE_TERMINATED_BY_US, TERM_INVALIDATE, EPROTO);
	pair_close(&p);
}

/* The operation that is refused says so; others, that they were not carried out. */
TEST(refused, V_BARE)
{
	struct hps_direct_completion c;
	bool third;
	struct memory m;
	struct pair p;

	memory_open(&m, &p);
	/* What is refused takes along what was not answered yet. */
	post_ok(p.a, post_read(1, m.stag, 0, m.sink_stag, 0, 10), NULL, 0);
	queue_expect(&m.q, 1, 0);
	post_ok(p.a, post_read(2, m.stag + 1, 0, m.sink_stag, 0, 10), NULL, 0);
	/* It may be too late for another one. */
	third = post_one(p.a, post_read(3, m.stag, 0, m.sink_stag, 0, 10), 0) == 0;
	queue_expect(&m.q, 2, -EREMOTEIO);
	if (third)
		queue_expect(&m.q, 3, -ECONNRESET);
	CHECK(!queue_try(&m.q, &c));
	wait_for(p.a, POLLIN);
	CHECK_EQ(bare_info(p.a).terminate, TERM_REQUEST_STAG);
	bare_terminated(p.b, HPS_BARE_TERMINATED_BY_US, TERM_REQUEST_STAG,
			EPROTO);
	pair_close(&p);
}

TEST(posts_checked, V_BARE)
{
	struct hps_direct_completion done;
	struct memory m;
	struct pair p;
	struct hps_direct_post post;

	memory_open(&m, &p);
	post = post_read(1, m.stag, 0, m.sink_stag, LEN - 1, 2);
	CHECK_ERR(try_post(p.a, &post, NULL, 0, 0), EACCES);
	post = post_write(1, m.stag, 0);
	CHECK_ERR(try_post(p.b, &post, "x", 1, 0), EDESTADDRREQ);
	post.op = HPS_DIRECT_INVALIDATE;
	CHECK_ERR(try_post(p.a, &post, NULL, 0, 0), EOPNOTSUPP);
	post.op = 77;
	CHECK_ERR(try_post(p.a, &post, "x", 1, 0), EOPNOTSUPP);
	post = post_read(1, 0, 0, m.sink_stag, 0, 10);
	post.op = HPS_DIRECT_RECV;
	CHECK_ERR(try_post(p.a, &post, NULL, 0, 0), EOPNOTSUPP);
	post = post_write(1, m.stag, 0);
	post.reserved[0] = 1;
	CHECK_ERR(try_post(p.a, &post, "x", 1, 0), EINVAL);
	CHECK_ERR(bare_send(p.a, "x", 1, 0, 5), EINVAL);
	CHECK_ERR(bare_send(p.a, "x", 1, 8, 0), EINVAL);
	CHECK(!queue_try(&m.q, &done));
	pair_close(&p);
}

/* --- ends ----------------------------------------------------------------- */

TEST(close_says_all, V_BARE)
{
	size_t len = 400000;
	char *buf = malloc(len);
	struct pair p;
	int i;

	bare_pair(&p);
	for (i = 0; i < 4; i++) {
		pattern(buf, len, i);
		CHECK_EQ(send(p.a, buf, len, 0), len);
	}
	CHECK(close(p.a) == 0);
	for (i = 0; i < 4; i++) {
		CHECK_EQ(recv(p.b, buf, len, 0), len);
		CHECK(pattern_ok(buf, len, i));
	}
	CHECK_EQ(recv(p.b, buf, len, 0), 0);
	CHECK_ERR(send(p.b, buf, 1, MSG_NOSIGNAL), EPIPE);
	close(p.b);
	close(p.lst);
}

TEST(shutdown_waits_for_answers, V_BARE)
{
	struct memory m;
	struct pair p;
	char c;

	memory_open(&m, &p);
	pattern(m.mem, LEN, 0);
	post_ok(p.a, post_read(1, m.stag, 0, m.sink_stag, 0, LEN), NULL, 0);
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	CHECK_ERR(send(p.a, &c, 1, MSG_NOSIGNAL), EPIPE);
	queue_expect(&m.q, 1, 0);
	CHECK(pattern_ok(m.sink, LEN, 0));
	CHECK_EQ(recv(p.b, &c, 1, 0), 0);
	CHECK_EQ(recv(p.a, &c, 1, 0), 0);
	CHECK_EQ(bare_info(p.a).error, 0);
	pair_close(&p);
}

/* What was not read makes it a reset, and each post completes once. */
TEST(close_unread, V_BARE)
{
	struct hps_direct_completion done;
	struct memory m;
	struct pair p;
	char c;

	memory_open(&m, &p);
	CHECK_EQ(send(p.a, "unread", 6, 0), 6);
	CHECK_EQ(wait_for(p.b, POLLIN), POLLIN);
	CHECK(close(p.b) == 0);
	wait_for(p.a, POLLIN | POLLERR);
	CHECK_ERR(recv(p.a, &c, 1, 0), ECONNRESET);
	CHECK_ERR(post_one(p.a, post_write(1, m.stag, 0), 1), EPIPE);
	CHECK(!queue_try(&m.q, &done));
	close(p.a);
	close(p.lst);
}

static void close_without_room(void *arg)
{
	struct pair p;
	char c;

	(void)arg;
	own_namespace();
	bare_pair(&p);
	sysctl_set("max_orphans", 0);
	CHECK(close(p.a) == 0);
	wait_for(p.b, POLLERR);
	CHECK_ERR(recv(p.b, &c, 1, 0), ECONNRESET);
	CHECK_EQ(counter("HpsOrphanDropped"), 1);
}

TEST(orphans, V_BARE)
{
	reap(child(close_without_room, NULL));
}

/* Sockets, orphans and listeners with peers that wait, in a namespace that goes. */
static void leave_all(void *arg)
{
	struct pair p;
	char buf[1000] = "";
	int i, lst;

	(void)arg;
	own_namespace();
	bare_pair(&p);
	set_int(p.b, SOL_SOCKET, SO_RCVBUF, 5000);
	for (i = 0; i < 100; i++)
		CHECK_EQ(send(p.a, buf, sizeof(buf), 0), sizeof(buf));
	lst = bare_listener();
	for (i = 0; i < 4; i++)
		bare_dial(port_of(lst));
	CHECK_EQ(wait_for(lst, POLLIN), POLLIN);
	close(p.a);
}

TEST(namespace_goes, V_BARE)
{
	int i;

	for (i = 0; i < 3; i++)
		reap(child(leave_all, NULL));
}

TEST(listener_goes, V_BARE)
{
	int lst = bare_listener(), fd = bare_dial(port_of(lst));

	CHECK_EQ(wait_for(lst, POLLIN), POLLIN);
	close(lst);
	wait_for(fd, POLLIN | POLLERR);
	CHECK_EQ(so_error(fd), ECONNRESET);
	close(fd);
}
