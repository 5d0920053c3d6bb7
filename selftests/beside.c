// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 240
 *
 * Data beside one-sided operations: who reads the stream sees nothing of them, and
 * who does not read it does not hold them up.
 */
#include <fcntl.h>
#include <pthread.h>

#include "pair.h"
#include "post.h"

/* Behind unread data there is room for a receive buffer of what is placed; the rest
 * waits for the reader.
 */
TEST(unread_data_has_a_buffer_behind_it, V_DIRECT)
{
	char *from = pattern_of(MB + 64, 0);
	struct ends e;
	int i;

	ends_open(&e, MB);
	send_pattern(e.p.a, 50000, 0);
	post_ok(e.p.a, post_write(0, e.stag, 0), from, MB);
	queue_expect(&e.q, 0, 0);
	CHECK(pattern_ok(e.mem, MB, 0));
	for (i = 1; i < 3; i++)
		post_ok(e.p.a, post_write(i, e.stag, 0), from + i, MB);
	/* The mark of a record counts. */
	CHECK_EQ(in_queue(e.p.b), 50000 + is_seqpacket());
	recv_pattern(e.p.b, 50000, 0);
	for (i = 1; i < 3; i++)
		queue_expect(&e.q, i, 0);
	CHECK(pattern_ok(e.mem, MB, 2));
	CHECK(is_idle(e.p.b));
}

/* Three pieces of data with placed octets before, between and behind them. */
static void send_parted(struct ends *e, size_t each)
{
	int i;

	for (i = 0; i < 4; i++) {
		post_ok(e->p.a, post_write(i, e->stag, 0), e->sink, 30000);
		if (i < 3)
			send_pattern(e->p.a, each, each * i);
	}
	for (i = 0; i < 4; i++)
		queue_expect(&e->q, i, 0);
}

TEST(stream_has_no_seam, V_HPS_STREAM | V_ONCE)
{
	char buf[1000];
	struct ends e;

	ends_open(&e, 30000);
	send_parted(&e, 100);
	CHECK_EQ(in_queue(e.p.b), 300);
	CHECK_EQ(recv(e.p.b, buf, sizeof(buf), MSG_PEEK), 300);
	CHECK(pattern_ok(buf, 300, 0));
	CHECK_EQ(recv(e.p.b, buf, 150, MSG_PEEK), 150);
	CHECK_EQ(recv(e.p.b, buf, 110, MSG_TRUNC), 110);
	CHECK_EQ(in_queue(e.p.b), 190);
	CHECK_EQ(recv(e.p.b, buf, 90, MSG_WAITALL), 90);
	CHECK(pattern_ok(buf, 90, 110));
	CHECK_EQ(recv(e.p.b, buf, sizeof(buf), 0), 100);
	CHECK(pattern_ok(buf, 100, 200));
	CHECK(is_idle(e.p.b));
}

static void *send_later(void *arg)
{
	struct ends *e = arg;

	usleep(20000);
	post_ok(e->p.a, post_write(1, e->stag, 0), e->sink, 30000);
	queue_expect(&e->q, 1, 0);
	send_pattern(e->p.a, 50, 100);
	return NULL;
}

TEST(waitall_waits_for_data, V_HPS_STREAM | V_ONCE)
{
	char buf[150];
	struct ends e;
	pthread_t t;

	ends_open(&e, 30000);
	send_pattern(e.p.a, 100, 0);
	CHECK(!pthread_create(&t, NULL, send_later, &e));
	CHECK_EQ(recv(e.p.b, buf, 150, MSG_WAITALL), 150);
	CHECK(pattern_ok(buf, 150, 0));
	CHECK(!pthread_join(t, NULL));
}

TEST(lowat_counts_data, V_HPS_STREAM | V_ONCE)
{
	struct ends e;

	ends_open(&e, 30000);
	set_int(e.p.b, SOL_SOCKET, SO_RCVLOWAT, 400);
	send_parted(&e, 100);
	CHECK_EQ(poll_now(e.p.b, POLLIN), 0);
	send_pattern(e.p.a, 100, 300);
	wait_for(e.p.b, POLLIN);
	recv_pattern(e.p.b, 400, 0);
}

TEST(splice_has_no_seam, V_HPS_STREAM | V_ONCE)
{
	static char buf[90000];
	size_t done = 0, sum = 0;
	struct ends e;
	int ends[2];
	ssize_t n;

	ends_open(&e, 30000);
	send_parted(&e, sizeof(buf) / 3);
	CHECK(pipe(ends) == 0);
	while (sum < sizeof(buf)) {
		n = splice(e.p.b, NULL, ends[1], NULL, sizeof(buf) - sum, 0);
		CHECK(n > 0);
		for (sum += n; done < sum; done += n) {
			n = read(ends[0], buf + done, sum - done);
			CHECK(n > 0);
		}
	}
	CHECK(pattern_ok(buf, sizeof(buf), 0));
	CHECK(is_idle(e.p.b));
}

static ssize_t recv_flags(int fd, void *buf, size_t len, int *flags, int how)
{
	struct iovec iov = { buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = recvmsg(fd, &msg, how);

	*flags = msg.msg_flags & (MSG_EOR | MSG_TRUNC);
	return n;
}

TEST(records_keep_their_ends, V_HPS_SEQPACKET)
{
	struct ends e;
	char buf[200];
	int flags;

	ends_open(&e, 30000);
	send_parted(&e, 100);
	CHECK_EQ(recv_flags(e.p.b, buf, 200, &flags, MSG_PEEK), 100);
	CHECK_EQ(flags, MSG_EOR);
	CHECK_EQ(recv_flags(e.p.b, buf, 200, &flags, 0), 100);
	CHECK_EQ(flags, MSG_EOR);
	CHECK(pattern_ok(buf, 100, 0));
	/* Too long for the buffer: the rest is gone, what follows is the next. */
	CHECK_EQ(recv_flags(e.p.b, buf, 30, &flags, MSG_TRUNC), 100);
	CHECK(flags & MSG_TRUNC);
	CHECK_EQ(recv_flags(e.p.b, buf, 200, &flags, MSG_WAITALL), 100);
	CHECK_EQ(flags, MSG_EOR);
	CHECK(pattern_ok(buf, 100, 200));
	CHECK(is_idle(e.p.b));
}

TEST(empty_records_between, V_HPS_SEQPACKET)
{
	struct ends e;
	char buf[10];
	int flags, i;

	ends_open(&e, 100);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(send(e.p.a, "", 0, 0), 0);
		post_ok(e.p.a, post_write(i, e.stag, i), "abc" + i, 1);
	}
	for (i = 0; i < 3; i++)
		queue_expect(&e.q, i, 0);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(recv_flags(e.p.b, buf, 10, &flags, 0), 0);
		CHECK_EQ(flags, MSG_EOR);
	}
	CHECK(!memcmp(e.mem, "abc", 3));
	CHECK(is_idle(e.p.b));
}

#define RECORD	(3 * MB)

static void *send_record(void *arg)
{
	struct ends *e = arg;

	CHECK_EQ(send(e->p.a, pattern_of(RECORD, 0), RECORD, 0), RECORD);
	return NULL;
}

static volatile bool enough;

static void *post_often(void *arg)
{
	struct ends *e = arg;
	int i;

	for (i = 0; !enough; i += 2) {
		post_ok(e->p.a, post_write(i, e->stag, 8 + i % 8), "x", 1);
		post_ok(e->p.a, post_add(i + 1, e->stag, 0, 1), NULL, 0);
		queue_expect(&e->q, i, 0);
		queue_expect(&e->q, i + 1, 0);
	}
	CHECK(!memcmp(e->mem, &(uint64_t){ i / 2 }, 8));
	return NULL;
}

/* Operations of another thread get in the middle of a record, which stays one. */
TEST(operations_within_a_record, V_HPS_SEQPACKET | V_ONCE)
{
	pthread_t writer, poster;
	char *buf = memory(RECORD);
	size_t done = 0;
	int flags = 0;
	struct ends e;
	ssize_t n;

	pair_open_small(&e.p, 100000, 100000);
	ends_register(&e, 30000);
	CHECK(!pthread_create(&poster, NULL, post_often, &e));
	CHECK(!pthread_create(&writer, NULL, send_record, &e));
	for (; !(flags & MSG_EOR); done += n) {
		n = recv_flags(e.p.b, buf + done, RECORD - done, &flags, 0);
		CHECK(n > 0);
	}
	CHECK_EQ(done, RECORD);
	CHECK(pattern_ok(buf, RECORD, 0));
	CHECK(!pthread_join(writer, NULL));
	enough = true;
	CHECK(!pthread_join(poster, NULL));
	CHECK(is_idle(e.p.b));
}
