// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 * timeout: 240
 *
 * SOCK_SEQPACKET: each send is one message; MSG_EOR tells its end.
 */
#include <sys/uio.h>

#include "pair.h"

#define SEED	0x5e9acce7

static char buf[4 << 20];

static ssize_t recv_flags(int fd, size_t len, int *flags, int how)
{
	struct iovec iov = { buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = recvmsg(fd, &msg, how);

	*flags = msg.msg_flags & (MSG_EOR | MSG_TRUNC | MSG_CTRUNC);
	return n;
}

static void send_message(int fd, size_t len, uint64_t at)
{
	pattern(buf, len, at);
	CHECK_EQ(send(fd, buf, len, MSG_NOSIGNAL), len);
}

/* The next message is of @len octets, the first of them at @at. */
static void expect(int fd, size_t len, uint64_t at)
{
	int flags;

	CHECK_EQ(recv_flags(fd, sizeof(buf), &flags, 0), len);
	CHECK_EQ(flags, MSG_EOR);
	CHECK(pattern_ok(buf, len, at));
}

TEST(boundaries, V_HPS_SEQPACKET)
{
	struct pair p;

	pair_open(&p);
	send_message(p.a, 100, 0);
	send_message(p.a, 1, 1);
	send_message(p.a, 30000, 2);
	wait_in_queue(p.b, 100);
	expect(p.b, 100, 0);
	expect(p.b, 1, 1);
	expect(p.b, 30000, 2);
}

TEST(one_recv_one_message, V_HPS_SEQPACKET)
{
	struct pair p;
	int i;

	pair_open(&p);
	for (i = 0; i < 50; i++)
		send_message(p.a, 10 + i, i);
	for (i = 0; i < 50; i++)
		expect(p.b, 10 + i, i);
	CHECK_ERR(recv(p.b, buf, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(eor_of_the_sender_changes_nothing, V_HPS_SEQPACKET)
{
	struct pair p;

	pair_open(&p);
	pattern(buf, 20, 0);
	CHECK_EQ(send(p.a, buf, 10, MSG_EOR), 10);
	CHECK_EQ(send(p.a, buf + 10, 10, 0), 10);
	expect(p.b, 10, 0);
	expect(p.b, 10, 10);
}

TEST(vector_is_one_message, V_HPS_SEQPACKET)
{
	struct iovec iov[3] = { { buf, 10 }, { buf + 10, 20 }, { buf + 30, 5 } };
	struct pair p;

	pair_open(&p);
	pattern(buf, 35, 0);
	CHECK_EQ(writev(p.a, iov, 3), 35);
	expect(p.b, 35, 0);
}

TEST(short_buffer_truncates, V_HPS_SEQPACKET)
{
	struct pair p;
	int flags;

	pair_open(&p);
	send_message(p.a, 1000, 0);
	send_message(p.a, 50, 5);
	CHECK_EQ(recv_flags(p.b, 100, &flags, 0), 100);
	CHECK_EQ(flags & MSG_TRUNC, MSG_TRUNC);
	CHECK(pattern_ok(buf, 100, 0));
	/* the rest is gone */
	expect(p.b, 50, 5);
}

TEST(trunc_returns_the_length, V_HPS_SEQPACKET)
{
	struct pair p;
	int flags;

	pair_open(&p);
	send_message(p.a, 1000, 0);
	send_message(p.a, 50, 5);
	CHECK_EQ(recv_flags(p.b, 100, &flags, MSG_TRUNC), 1000);
	CHECK_EQ(flags & MSG_TRUNC, MSG_TRUNC);
	CHECK(pattern_ok(buf, 100, 0));
	expect(p.b, 50, 5);
}

TEST(peek_and_trunc_tell_the_length, V_HPS_SEQPACKET)
{
	struct pair p;
	int flags;

	pair_open(&p);
	send_message(p.a, 1000, 0);
	wait_in_queue(p.b, 1000);
	CHECK_EQ(recv_flags(p.b, 0, &flags, MSG_PEEK | MSG_TRUNC), 1000);
	CHECK_EQ(recv_flags(p.b, 10, &flags, MSG_PEEK), 10);
	CHECK_EQ(flags & MSG_TRUNC, MSG_TRUNC);
	expect(p.b, 1000, 0);
}

TEST(peek_leaves_the_message, V_HPS_SEQPACKET)
{
	struct pair p;
	int flags;

	pair_open(&p);
	send_message(p.a, 1000, 0);
	send_message(p.a, 10, 1);
	wait_in_queue(p.b, 1000);
	CHECK_EQ(recv_flags(p.b, 2000, &flags, MSG_PEEK), 1000);
	CHECK_EQ(flags, MSG_EOR);
	expect(p.b, 1000, 0);
	expect(p.b, 10, 1);
}

TEST(exact_buffer_is_whole, V_HPS_SEQPACKET)
{
	struct pair p;
	int flags;

	pair_open(&p);
	send_message(p.a, 1000, 0);
	CHECK_EQ(recv_flags(p.b, 1000, &flags, 0), 1000);
	CHECK_EQ(flags, MSG_EOR);
}

TEST(empty_messages, V_HPS_SEQPACKET)
{
	struct pair p;
	int flags;

	pair_open(&p);
	CHECK_EQ(send(p.a, buf, 0, 0), 0);
	send_message(p.a, 5, 0);
	CHECK_EQ(send(p.a, buf, 0, 0), 0);
	CHECK_EQ(send(p.a, buf, 0, 0), 0);
	shutdown(p.a, SHUT_WR);
	wait_for(p.b, POLLIN);
	CHECK_EQ(recv_flags(p.b, 100, &flags, 0), 0);
	CHECK_EQ(flags, MSG_EOR);
	expect(p.b, 5, 0);
	CHECK_EQ(recv_flags(p.b, 100, &flags, 0), 0);
	CHECK_EQ(flags, MSG_EOR);
	CHECK_EQ(recv_flags(p.b, 100, &flags, 0), 0);
	CHECK_EQ(flags, MSG_EOR);
	/* the end is an empty read without the mark */
	CHECK_EQ(recv_flags(p.b, 100, &flags, 0), 0);
	CHECK_EQ(flags, 0);
}

TEST(empty_message_wakes_the_reader, V_HPS_SEQPACKET)
{
	struct pair p;
	pid_t pid;
	int flags;

	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		usleep(30000);
		CHECK_EQ(send(p.a, buf, 0, 0), 0);
		usleep(30000);
		_exit(0);
	}
	CHECK_EQ(recv_flags(p.b, 100, &flags, 0), 0);
	CHECK_EQ(flags, MSG_EOR);
	reap(pid);
}

TEST(fionread_tells_the_next_message, V_HPS_SEQPACKET)
{
	struct pair p;

	pair_open(&p);
	send_message(p.a, 100, 0);
	wait_in_queue(p.b, 100);
	CHECK(in_queue(p.b) >= 100);
	expect(p.b, 100, 0);
	CHECK_EQ(in_queue(p.b), 0);
}

TEST(end_after_messages, V_HPS_SEQPACKET)
{
	struct pair p;
	int flags;

	pair_open(&p);
	send_message(p.a, 100, 0);
	send_message(p.a, 200, 0);
	close(p.a);
	expect(p.b, 100, 0);
	expect(p.b, 200, 0);
	CHECK_EQ(recv_flags(p.b, 100, &flags, 0), 0);
	CHECK_EQ(flags, 0);
}

TEST(as_large_as_the_buffer, V_HPS_SEQPACKET)
{
	struct pair p;
	pid_t pid;

	pair_open_small(&p, 200000, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		send_message(p.a, 200000, 0);
		send_message(p.a, 10, 0);
		_exit(0);
	}
	expect(p.b, 200000, 0);
	expect(p.b, 10, 0);
	reap(pid);
}

/* Whole or not at all, however slowly it comes. */
TEST(reader_waits_for_the_whole_message, V_HPS_SEQPACKET)
{
	struct pair p;
	pid_t pid;
	int i;

	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 20; i++)
			send_message(p.a, 500000, i);
		_exit(0);
	}
	for (i = 0; i < 20; i++)
		expect(p.b, 500000, i);
	reap(pid);
}

TEST(larger_than_the_buffer_comes_in_parts, V_HPS_SEQPACKET)
{
	size_t at = 0, len = 3000000;
	struct pair p;
	int flags, parts = 0;
	pid_t pid;

	pair_open_small(&p, 50000, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		send_message(p.a, len, 0);
		send_message(p.a, 77, 7);
		_exit(0);
	}
	do {
		ssize_t n = recv_flags(p.b, sizeof(buf), &flags, 0);

		CHECK(n > 0);
		CHECK(!(flags & MSG_TRUNC));
		CHECK(pattern_ok(buf, n, at));
		at += n;
		parts++;
	} while (!(flags & MSG_EOR));
	CHECK_EQ(at, len);
	CHECK(parts > 1);
	expect(p.b, 77, 7);
	reap(pid);
}

TEST(nonblocking_send_is_all_or_nothing, V_HPS_SEQPACKET)
{
	long sent = 0, got = 0;
	struct pair p;
	ssize_t n;
	int flags;

	pair_open_small(&p, 50000, 50000);
	pattern(buf, 3000, 0);
	while ((n = send(p.a, buf, 3000, MSG_DONTWAIT)) > 0) {
		CHECK_EQ(n, 3000);
		sent++;
	}
	CHECK_EQ(errno, EAGAIN);
	shutdown(p.a, SHUT_WR);
	while ((n = recv_flags(p.b, sizeof(buf), &flags, 0)) > 0) {
		CHECK_EQ(n, 3000);
		CHECK_EQ(flags, MSG_EOR);
		got++;
	}
	CHECK_EQ(got, sent);
}

TEST_LIMIT(ten_thousand_of_random_size, V_HPS_SEQPACKET, 60)
{
	uint64_t s = SEED, r = SEED;
	struct pair p;
	pid_t pid;
	int i;

	printf("# seed %#x\n", SEED);
	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 10000; i++)
			send_message(p.a, seeded(&s) % 3000, i);
		close(p.a);
		_exit(0);
	}
	close(p.a);
	for (i = 0; i < 10000; i++)
		expect(p.b, seeded(&r) % 3000, i);
	CHECK_EQ(recv(p.b, buf, 1, 0), 0);
	reap(pid);
}
