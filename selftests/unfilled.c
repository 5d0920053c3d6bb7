// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 400
 *
 * Receives that are posted and taken back, or share the connection with others.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "pair.h"
#include "post.h"

/* --- those that do not come to their end ---------------------------------------------- */

TEST(cancel, V_HPS)
{
	struct inbox in;
	int i;

	inbox_open(&in, 8192);
	CHECK_ERR(try_cancel(in.p.b, 1), ENOENT);
	CHECK_ERR(try_cancel_all(in.p.b), ENOENT);
	for (i = 0; i < 10; i++)
		inbox_post(&in, i / 2, 100 * i, 100);
	CHECK_ERR(try_cancel(in.p.b, 7), ENOENT);
	CHECK_EQ(try_cancel(in.p.b, 3), 0);
	inbox_expect(&in, 3, 0, -ECANCELED);
	inbox_expect(&in, 3, 0, -ECANCELED);
	send_pattern(in.p.a, 50, 0);
	inbox_message(&in, 0, 50);
	CHECK_EQ(try_cancel_all(in.p.b), 0);
	for (i = 1; i < 10; i++)
		if (i / 2 != 3)
			inbox_expect(&in, i / 2, 0, -ECANCELED);
	inbox_empty(&in);
	send_pattern(in.p.a, 1000, 0);
	recv_pattern(in.p.b, 1000, 0);
	CHECK(is_all(in.mem + 50, 8142, 0));
	i = 0;
	CHECK_ERR(setsockopt(in.p.b, SOL_HPS, HPS_DIRECT_CANCEL, &i, 4), EINVAL);
	CHECK_ERR(setsockopt(in.p.b, SOL_HPS, HPS_DIRECT_CANCEL, (void *)8, 8),
		  EFAULT);
}

/* What it has got is told; the rest is for the next. */
TEST(cancel_part, V_HPS_STREAM | V_ONCE)
{
	struct inbox in;

	inbox_open(&in, 8192);
	inbox_post_whole(&in, 1, 0, 100);
	inbox_post_whole(&in, 2, 100, 100);
	send_pattern(in.p.a, 60, 0);
	wait_out_queue_empty(in.p.a);
	CHECK_EQ(try_cancel(in.p.b, 1), 0);
	inbox_expect(&in, 1, 60, -ECANCELED);
	send_pattern(in.p.a, 100, 60);
	inbox_message(&in, 2, 100);
	CHECK(pattern_ok(in.mem, 60, 0));
	CHECK(pattern_ok(in.mem + 100, 100, 60));
}

TEST(closed_here, V_HPS)
{
	struct inbox in;
	int i;

	inbox_open(&in, 8192);
	for (i = 0; i < 100; i++)
		inbox_post(&in, i, i, 1);
	close(in.p.b);
	for (i = 0; i < 100; i++)
		inbox_expect(&in, i, 0, -ECANCELED);
	inbox_empty(&in);
	recv_eof(in.p.a);
}

TEST(closed_there, V_HPS)
{
	struct inbox in;

	inbox_open(&in, 8192);
	inbox_post(&in, 1, 0, 100);
	inbox_post_whole(&in, 2, 100, 100);
	inbox_post_whole(&in, 3, 200, 100);
	send_pattern(in.p.a, 10, 0);
	send_pattern(in.p.a, 20, 0);
	close(in.p.a);
	if (is_seqpacket()) {
		inbox_message(&in, 1, 10);
		inbox_message(&in, 2, 20);
	} else {
		/* how much of it comes together is chance */
		size_t n = queue_take(&in.q).len;

		CHECK(n >= 10 && n <= 30);
		inbox_end(&in, 2, 30 - n);
	}
	inbox_end(&in, 3, 0);
	inbox_empty(&in);
	/* it is so for those that come late, as it is for readers */
	inbox_post(&in, 4, 0, 100);
	inbox_end(&in, 4, 0);
	recv_eof(in.p.b);
	CHECK_EQ(poll_now(in.p.b, POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
}

/* Data, then the end, and nothing posted until both are there. */
TEST(posted_at_the_end, V_HPS)
{
	struct inbox in;

	inbox_open(&in, 8192);
	send_pattern(in.p.a, 1000, 0);
	shutdown(in.p.a, SHUT_WR);
	wait_for(in.p.b, POLLRDHUP);
	inbox_post_whole(&in, 1, 0, 1000);
	inbox_message(&in, 1, 1000);
	inbox_post(&in, 2, 0, 1000);
	inbox_end(&in, 2, 0);
	/* the other way goes on */
	send_pattern(in.p.b, 100, 0);
	recv_pattern(in.p.a, 100, 0);
}

TEST(shut_down_here, V_HPS)
{
	struct inbox in;

	inbox_open(&in, 8192);
	inbox_post(&in, 1, 0, 100);
	inbox_post(&in, 2, 0, 100);
	CHECK(shutdown(in.p.b, SHUT_RD) == 0);
	inbox_end(&in, 1, 0);
	inbox_end(&in, 2, 0);
	inbox_post(&in, 3, 0, 100);
	inbox_end(&in, 3, 0);
	recv_eof(in.p.b);
	/* who has only ended his own stream receives */
	pair_open(&in.p);
	inbox_memory(&in, 8192);
	CHECK_EQ(queue_set(in.p.b, in.q.fd), 0);
	CHECK(shutdown(in.p.b, SHUT_WR) == 0);
	inbox_post(&in, 4, 0, 100);
	send_pattern(in.p.a, 10, 0);
	inbox_message(&in, 4, 10);
}

TEST(reset_there, V_HPS)
{
	struct linger now = { .l_onoff = 1 };
	struct inbox in;

	inbox_open(&in, 8192);
	inbox_post(&in, 1, 0, 10);
	inbox_post_whole(&in, 2, 100, 100);
	inbox_post(&in, 3, 200, 100);
	send_pattern(in.p.a, 10, 0);
	inbox_message(&in, 1, 10);
	CHECK(setsockopt(in.p.a, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	close(in.p.a);
	inbox_expect(&in, 2, 0, -ECONNRESET);
	inbox_expect(&in, 3, 0, -ECONNRESET);
	inbox_empty(&in);
	CHECK_ERR(inbox_try(&in, 4, 0, 1, 0), ECONNRESET);
	CHECK_ERR(inbox_try(&in, 4, 0, 1, 0), ENOTCONN);
}

TEST(disconnected, V_HPS)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct inbox in;

	inbox_open(&in, 8192);
	inbox_post(&in, 1, 0, 10);
	CHECK(connect(in.p.b, &none, sizeof(none)) == 0);
	inbox_expect(&in, 1, 0, -ECANCELED);
	so_error(in.p.b);
	CHECK_ERR(inbox_try(&in, 2, 0, 1, 0), ENOTCONN);
}

TEST(deregistered, V_HPS)
{
	struct inbox in;
	char *other = memory(4096);
	uint32_t stag;

	inbox_open(&in, 8192);
	stag = enrol_with(in.p.b, other, 4096, 0, HPS_DIRECT_SINK);
	CHECK_EQ(try_pieces(in.p.b, post_recv(1, stag, 0, 100), NULL, 0), 0);
	inbox_post(&in, 2, 0, 100);
	deregister(in.p.b, stag);
	send_pattern(in.p.a, 50, 0);
	inbox_expect(&in, 1, 0, -EFAULT);
	inbox_message(&in, 2, 50);
	CHECK(pattern_ok(in.mem, 50, 0));
	CHECK(is_all(other, 4096, 0));
}

/* In the middle: a record does not go on elsewhere, a stream does. */
TEST(deregistered_part, V_HPS)
{
	struct hps_direct_completion c;
	struct hps_direct_piece more = { .len = 100 };
	char *other = memory(4096);
	struct inbox in;

	inbox_open(&in, 8192);
	more.stag = enrol_with(in.p.b, other, 4096, 0, HPS_DIRECT_SINK);
	CHECK_EQ(try_pieces(in.p.b, post_recv(1, in.stag, 0, 10), &more, 1), 0);
	inbox_post(&in, 2, 1000, 1000);
	deregister(in.p.b, more.stag);
	send_pattern(in.p.a, 50, 0);
	c = inbox_expect(&in, 1, 10, -EFAULT);
	CHECK(pattern_ok(in.mem, 10, 0));
	if (is_seqpacket()) {
		CHECK_EQ(c.value, 50);
		send_pattern(in.p.a, 40, 10);
	}
	inbox_message(&in, 2, 40);
	CHECK(pattern_ok(in.mem + 1000, 40, 10));
}

static void post_and_exit(void *arg)
{
	inbox_post(arg, 1, 10, 100);
}

TEST(poster_exits, V_DIRECT)
{
	struct inbox in;

	inbox_open(&in, 8192);
	reap(child(post_and_exit, &in));
	send_pattern(in.p.a, 100, 0);
	inbox_message(&in, 1, 100);
	CHECK(pattern_ok(in.mem + 10, 100, 0));
}

static void post_and_die(void *arg)
{
	struct inbox *in = arg;

	inbox_memory(in, 8192);
	inbox_post(in, 1, 0, 100);
	close(in->p.a);
	kill(getpid(), SIGKILL);
}

/* The memory of one that is gone is still there; the last one who has the socket
 * ends it.
 */
TEST(owner_killed, V_DIRECT)
{
	struct inbox in;
	pid_t pid;

	inbox_open(&in, 8192);
	pid = child(post_and_die, &in);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	send_pattern(in.p.a, 60, 0);
	inbox_message(&in, 1, 60);
	inbox_post(&in, 2, 0, 100);
	close(in.p.b);
	inbox_expect(&in, 2, 0, -ECANCELED);
}

/* --- beside others ---------------------------------------------------------------------- */

/* Before the answer to connect() is there. */
TEST(posted_early, V_HPS)
{
	struct inbox in = { .p.lst = listener(8) };

	in.p.b = new_socket();
	nonblocking(in.p.b, true);
	CHECK_ERR(try_connect(in.p.b, port_of(in.p.lst)), EINPROGRESS);
	inbox_memory(&in, 4096);
	queue_open(&in.q, in.p.b, 8);
	inbox_post(&in, 1, 0, 4096);
	in.p.a = accept(in.p.lst, NULL, NULL);
	CHECK(in.p.a >= 0);
	send_pattern(in.p.a, 100, 0);
	inbox_message(&in, 1, 100);
	CHECK(pattern_ok(in.mem, 100, 0));
}

/* Readers get what no receive takes. */
TEST(readers_get_the_rest, V_HPS)
{
	struct inbox in;
	char buf[10];

	inbox_open(&in, 8192);
	inbox_post_whole(&in, 1, 0, 100);
	if (!is_seqpacket()) {
		send_pattern(in.p.a, 60, 0);
		wait_out_queue_empty(in.p.a);
		CHECK(is_idle(in.p.b));
		CHECK_ERR(recv(in.p.b, buf, 10, MSG_DONTWAIT), EAGAIN);
		CHECK_ERR(recv(in.p.b, buf, 10, MSG_DONTWAIT | MSG_PEEK),
			  EAGAIN);
		send_pattern(in.p.a, 90, 60);
	} else {
		send_pattern(in.p.a, 100, 0);
		send_pattern(in.p.a, 50, 100);
	}
	inbox_message(&in, 1, 100);
	wait_for(in.p.b, POLLIN);
	recv_pattern(in.p.b, 50, 100);
	CHECK(is_idle(in.p.b));
}

static void *read_rest(void *arg)
{
	recv_pattern(*(int *)arg, 1000, 100);
	return NULL;
}

/* One that sleeps is woken for what is left, and not before. */
TEST(sleeping_reader, V_HPS)
{
	pthread_t reader;
	struct inbox in;

	inbox_open(&in, 8192);
	inbox_post_whole(&in, 1, 0, 100);
	CHECK(!pthread_create(&reader, NULL, read_rest, &in.p.b));
	usleep(scaled(20) * 1000);
	send_pattern(in.p.a, 100, 0);
	send_pattern(in.p.a, 1000, 100);
	inbox_message(&in, 1, 100);
	CHECK(pattern_ok(in.mem, 100, 0));
	CHECK(!pthread_join(reader, NULL));
}

/* A reader that sleeps when the only receive is cancelled. */
TEST(reader_after_cancel, V_DIRECT)
{
	pthread_t reader;
	struct inbox in;

	inbox_open(&in, 8192);
	inbox_post_whole(&in, 1, 0, 100);
	CHECK(!pthread_create(&reader, NULL, read_rest, &in.p.b));
	usleep(scaled(20) * 1000);
	CHECK_EQ(try_cancel(in.p.b, 1), 0);
	send_pattern(in.p.a, 1000, 100);
	CHECK(!pthread_join(reader, NULL));
}

/* Who has got a message finds in place what was written before it. */
TEST(beside_onesided, V_DIRECT)
{
	struct ends e;
	struct inbox in;
	int i;

	ends_open(&e, 65536);
	in.p = e.p;
	inbox_memory(&in, 65536);
	queue_open(&in.q, e.p.b, 64);
	for (i = 0; i < 200; i++) {
		size_t len = 1 + 327 * i % 60000;

		inbox_post_whole(&in, i, 5, 100);
		post_ok(e.p.a, post_write(i, e.stag, 0), pattern_of(len, i), len);
		send_pattern(e.p.a, 100, i);
		post_ok(e.p.a, post_read(i, e.stag, 0, e.sink_stag, 0, len),
			NULL, 0);
		inbox_message(&in, i, 100);
		CHECK(pattern_ok(e.mem, len, i));
		CHECK(pattern_ok(in.mem + 5, 100, i));
		queue_expect(&e.q, i, 0);
		queue_expect(&e.q, i, 0);
		CHECK(pattern_ok(e.sink, len, i));
	}
	CHECK(is_idle(e.p.a) && is_idle(e.p.b));
}

#define CHANCES	(on_debug_kernel() ? 300 : 3000)

/* Posts, cancels and reads as it comes; all of the stream is there, in order. */
TEST_LIMIT(random_mix, V_DIRECT, 120)
{
	uint64_t seed = 3, at = 0, next = 0, done = 0, mark = 0, r;
	struct hps_direct_completion c;
	struct inbox in;
	char buf[5000];
	pid_t pid;
	ssize_t n;

	inbox_open(&in, 16 * 65536);
	pid = child(send_messages, &in);
	while (mark < CHANCES) {
		r = seeded(&seed);
		mark++;
		if (next - done < 16 && r % 4) {
			CHECK_EQ(inbox_try(&in, next, next % 16 * 65536, 65536 -
					  r % 65000, r & 16 ? 0 :
					  HPS_DIRECT_WAITALL), 0);
			next++;
		}
		if (r % 64 == 0 && try_cancel_all(in.p.b))
			CHECK_EQ(errno, ENOENT);
		/* of records some are cut; then there is no telling */
		while (queue_try(&in.q, &c)) {
			CHECK_EQ(c.data, done);
			if (!is_seqpacket())
				CHECK(pattern_ok(in.mem + done % 16 * 65536,
						 c.len, at));
			at += c.value;
			done++;
		}
		if (done != next)
			continue;
		n = recv(in.p.b, buf, 1 + r % sizeof(buf), MSG_DONTWAIT);
		if (n < 0)
			CHECK_EQ(errno, EAGAIN);
		else if (!is_seqpacket())
			CHECK(pattern_ok(buf, n, at));
		at += n < 0 ? 0 : n;
	}
	if (done != next && try_cancel_all(in.p.b))
		CHECK_EQ(errno, ENOENT);
	for (; done < next && !is_seqpacket(); done++)
		at += queue_take(&in.q).value;
	while ((n = recv(in.p.b, buf, sizeof(buf), 0)) > 0) {
		CHECK(is_seqpacket() || pattern_ok(buf, n, at));
		at += n;
	}
	CHECK_EQ(n, 0);
	CHECK(is_seqpacket() || at > 1000UL * MESSAGES);
	reap(pid);
}
