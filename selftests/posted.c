// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 400
 *
 * Receives that are posted: what comes is in their memory when they complete.
 */
#include "pair.h"
#include "post.h"

/* --- data comes ------------------------------------------------------------------ */

TEST(posted_before, V_HPS)
{
	struct inbox in;
	int i;

	inbox_open(&in, 8192);
	for (i = 0; i < 3; i++)
		inbox_post(&in, 70 + i, 100 + 1000 * i, 1000);
	inbox_empty(&in);
	for (i = 0; i < 3; i++) {
		send_pattern(in.p.a, 500 + i, i);
		inbox_message(&in, 70 + i, 500 + i);
		CHECK(pattern_ok(in.mem + 100 + 1000 * i, 500 + i, i));
		CHECK(is_all(in.mem + 600 + i + 1000 * i, 500 - i, 0));
		CHECK(is_idle(in.p.b));
	}
	CHECK(is_all(in.mem, 100, 0));
	/* and then it is read as ever */
	send_pattern(in.p.a, 1000, 0);
	recv_pattern(in.p.b, 1000, 0);
	inbox_empty(&in);
}

TEST(posted_after, V_HPS)
{
	struct inbox in;

	inbox_open(&in, 200000);
	send_pattern(in.p.a, 60000, 0);
	wait_in_queue(in.p.b, 60000);
	inbox_post_whole(&in, 1, 7, 60000);
	inbox_message(&in, 1, 60000);
	CHECK(pattern_ok(in.mem + 7, 60000, 0));
	CHECK(is_idle(in.p.b));
	send_pattern(in.p.a, 1000, 0);
	recv_pattern(in.p.b, 1000, 0);
}

/* What a stream has now completes a receive; or it has to be full. */
TEST(stream_parts, V_HPS_STREAM | V_ONCE)
{
	struct inbox in;

	inbox_open(&in, 8192);
	inbox_post(&in, 1, 0, 1000);
	inbox_post_whole(&in, 2, 1000, 1000);
	inbox_post(&in, 3, 2000, 1000);
	send_pattern(in.p.a, 10, 0);
	inbox_message(&in, 1, 10);
	CHECK(pattern_ok(in.mem, 10, 0));
	send_pattern(in.p.a, 999, 0);
	wait_out_queue_empty(in.p.a);
	inbox_empty(&in);
	CHECK(is_idle(in.p.b));
	send_pattern(in.p.a, 3, 999);
	inbox_message(&in, 2, 1000);
	inbox_message(&in, 3, 2);
	CHECK(pattern_ok(in.mem + 1000, 1002, 0));
}

TEST(scattered, V_DIRECT)
{
	struct hps_direct_piece more[15] = {};
	char *other = memory(4096);
	struct inbox in;
	size_t at = 1;
	int i;

	inbox_open(&in, 100000);
	for (i = 0; i < 15; i++) {
		/* one is empty, and one elsewhere */
		more[i].stag = in.stag;
		more[i].offset = 5000 * (i + 1);
		more[i].len = i == 4 ? 0 : 1000 + 123 * i;
	}
	more[7].stag = enrol_with(in.p.b, other, 4096, 0, HPS_DIRECT_SINK);
	more[7].offset = 4096 - more[7].len;
	CHECK_EQ(try_pieces(in.p.b, post_recv(5, in.stag, 99, 1), more, 15), 0);
	for (i = 0; i < 15; i++)
		at += more[i].len;
	send_pattern(in.p.a, at, 0);
	inbox_message(&in, 5, at);
	CHECK(pattern_ok(in.mem + 99, 1, 0));
	for (i = 0, at = 1; i < 15; at += more[i++].len)
		CHECK(pattern_ok((i == 7 ? other : in.mem) + more[i].offset,
				 more[i].len, at));
	CHECK(is_all(in.mem, 99, 0) && is_all(in.mem + 100, 4900, 0));
	CHECK(is_all(other, more[7].offset, 0));
}

TEST(large, V_HPS)
{
	struct inbox in;
	size_t len = 8 * MB - 12345;
	int i, rounds = on_debug_kernel() ? 1 : 3;

	inbox_open(&in, 8 * MB);
	for (i = 0; i < rounds; i++) {
		inbox_post_whole(&in, i, 3, len);
		memset(in.mem, 0, in.len);
		send_all(in.p.a, pattern_of(len, i), len);
		inbox_message(&in, i, len);
		CHECK(pattern_ok(in.mem + 3, len, i));
		CHECK(is_idle(in.p.b));
	}
}

/* More than a buffer full waits before anything is posted. */
TEST(much_unread, V_DIRECT)
{
	struct inbox in;
	size_t n, at = 0;
	long len;

	pair_open_small(&in.p, 200000, 200000);
	inbox_memory(&in, MB);
	queue_open(&in.q, in.p.b, 64);
	len = fill(in.p.a);
	while (len) {
		n = len < 8192 ? len : 8192;
		inbox_post_whole(&in, at, at % MB, n);
		inbox_message(&in, at, n);
		CHECK(pattern_ok(in.mem + at % MB, n, at));
		at += n;
		len -= n;
	}
	CHECK(is_idle(in.p.b));
}

TEST(records, V_HPS_SEQPACKET | V_ONCE)
{
	static const size_t len[] = { 0, 1, 99, 100, 0, 101, 5000, 70000, 7 };
	struct hps_direct_completion c;
	struct inbox in;
	int round;
	size_t i;

	inbox_open(&in, 65536);
	for (round = 0; round < 2; round++) {
		for (i = 0; !round && i < 9; i++)
			inbox_post(&in, i, 200 * i, 100);
		for (i = 0; i < 9; i++)
			CHECK_EQ(send(in.p.a, pattern_of(len[i] + 1, i), len[i],
				      0), (long)len[i]);
		if (round)
			wait_in_queue(in.p.b, 9);
		for (i = 0; round && i < 9; i++)
			inbox_post(&in, i, 200 * i, 100);
		for (i = 0; i < 9; i++) {
			size_t got = len[i] < 100 ? len[i] : 100;

			c = inbox_expect(&in, i, got, 0);
			CHECK_EQ(c.value, len[i]);
			CHECK_EQ(c.flags, HPS_DIRECT_EOR |
				 (len[i] > 100 ? HPS_DIRECT_TRUNC : 0));
			CHECK(pattern_ok(in.mem + 200 * i, got, i));
			CHECK(is_all(in.mem + 200 * i + 100, 100, 0));
		}
		memset(in.mem, 0, in.len);
	}
	inbox_post(&in, 20, 0, 0);
	send_all(in.p.a, "gone", 4);
	c = inbox_expect(&in, 20, 0, 0);
	CHECK_EQ(c.value, 4);
	CHECK_EQ(c.flags, HPS_DIRECT_EOR | HPS_DIRECT_TRUNC);
	CHECK(is_idle(in.p.b));
}

/* Each receive takes what comes, in order, without a word from the program. */
TEST_LIMIT(many, V_DIRECT, 120)
{
	struct hps_direct_completion c;
	uint64_t at = 0, posted = 0, seen = 0;
	struct inbox in;
	bool end = false;
	pid_t pid;

	inbox_open(&in, 64 * 65536);
	pid = child(send_messages, &in);
	while (!end) {
		for (; posted - seen < 64; posted++)
			inbox_post(&in, posted, posted % 64 * 65536, 65536);
		c = queue_take(&in.q);
		CHECK_EQ(c.data, seen);
		CHECK_EQ(c.status, 0);
		CHECK(pattern_ok(in.mem + seen % 64 * 65536, c.len, at));
		at += c.len;
		seen++;
		end = c.flags & HPS_DIRECT_END;
	}
	while (seen < posted)
		inbox_end(&in, seen++, 0);
	CHECK(at > 1000UL * MESSAGES);
	recv_eof(in.p.b);
	reap(pid);
}

TEST(silent, V_DIRECT)
{
	struct inbox in;
	int i;

	inbox_open(&in, 4096);
	for (i = 0; i < 100; i++)
		CHECK_EQ(inbox_try(&in, i, i, 1, i % 10 == 9 ? 0 :
				  HPS_DIRECT_SILENT), 0);
	for (i = 0; i < 100; i++)
		send_pattern(in.p.a, 1, i);
	for (i = 9; i < 100; i += 10)
		inbox_message(&in, i, 1);
	inbox_empty(&in);
	CHECK(pattern_ok(in.mem, 100, 0));
	CHECK_EQ(inbox_try(&in, 200, 0, 1, HPS_DIRECT_SILENT), 0);
	CHECK_EQ(try_cancel_all(in.p.b), 0);
	inbox_expect(&in, 200, 0, -ECANCELED);
}

TEST(counters, V_DIRECT)
{
	long long octets = counter("HpsPostedOctets");
	long long done = counter("HpsReceiveCompleted");
	struct inbox in;

	inbox_open(&in, 4096);
	inbox_post(&in, 1, 0, 4096);
	inbox_post(&in, 2, 0, 4096);
	send_pattern(in.p.a, 1234, 0);
	inbox_message(&in, 1, 1234);
	CHECK_EQ(try_cancel(in.p.b, 2), 0);
	CHECK_EQ(counter("HpsPostedOctets") - octets, 1234);
	CHECK_EQ(counter("HpsReceiveCompleted") - done, 2);
}

/* --- queues and limits ------------------------------------------------------------- */

TEST(depth, V_DIRECT)
{
	struct inbox in;
	int i;

	inbox_open(&in, 4096);
	for (i = 0; i < HPS_DIRECT_DEPTH; i++)
		inbox_post_whole(&in, i, i, 1);
	CHECK_ERR(inbox_try(&in, i, 0, 1, 0), EAGAIN);
	for (i = 0; i < HPS_DIRECT_DEPTH; i++)
		send_pattern(in.p.a, 1, i);
	for (i = 0; i < HPS_DIRECT_DEPTH; i++)
		inbox_message(&in, i, 1);
	CHECK(pattern_ok(in.mem, HPS_DIRECT_DEPTH, 0));
	inbox_post(&in, i, 0, 1);
}

TEST(queue_overflow, V_DIRECT)
{
	struct inbox in;
	int i;

	pair_open(&in.p);
	inbox_memory(&in, 4096);
	queue_open(&in.q, in.p.b, 8);
	for (i = 0; i < 8; i++)
		inbox_post(&in, i, i, 1);
	CHECK_ERR(inbox_try(&in, 8, 0, 1, 0), ENOBUFS);
	/* one that tells nothing needs a place as well, for it may fail */
	CHECK_ERR(inbox_try(&in, 8, 0, 1, HPS_DIRECT_SILENT), ENOBUFS);
	send_pattern(in.p.a, 1, 0);
	CHECK_EQ(wait_for(in.q.fd, POLLIN), POLLIN);
	CHECK_ERR(inbox_try(&in, 8, 0, 1, 0), ENOBUFS);
	inbox_message(&in, 0, 1);
	inbox_post(&in, 8, 8, 1);
	CHECK_EQ(try_cancel_all(in.p.b), 0);
	for (i = 1; i < 9; i++)
		inbox_expect(&in, i, 0, -ECANCELED);
	inbox_empty(&in);
}

TEST(shared_queue, V_DIRECT)
{
	struct hps_direct_completion c;
	struct inbox in[4];
	int i, n;

	inbox_open(&in[0], 65536);
	for (i = 1; i < 4; i++) {
		pair_open(&in[i].p);
		inbox_memory(&in[i], 65536);
		CHECK_EQ(queue_set(in[i].p.b, in[0].q.fd), 0);
	}
	for (i = 0; i < 4; i++)
		inbox_post_whole(&in[i], i, 1, 1000 + i);
	for (i = 3; i >= 0; i--)
		send_pattern(in[i].p.a, 1000 + i, i);
	for (n = 0, i = 0; i < 4; i++) {
		c = queue_take(&in[0].q);
		CHECK(c.data < 4);
		CHECK_EQ(c.status, 0);
		CHECK_EQ(c.len, 1000 + c.data);
		CHECK(pattern_ok(in[c.data].mem + 1, c.len, c.data));
		n |= 1 << c.data;
	}
	CHECK_EQ(n, 15);
}

/* --- what is refused ------------------------------------------------------------------ */

TEST(refused, V_DIRECT)
{
	struct hps_direct_piece more[16] = {};
	struct hps_direct_post p;
	struct inbox in;
	uint32_t other;
	int i;

	pair_open(&in.p);
	inbox_memory(&in, 8192);
	CHECK_ERR(inbox_try(&in, 1, 0, 1, 0), EDESTADDRREQ);
	queue_open(&in.q, in.p.b, 64);
	CHECK_ERR(inbox_try(&in, 1, 0, 1, 4), EINVAL);
	CHECK_ERR(inbox_try(&in, 1, 0, 8193, 0), EACCES);
	CHECK_ERR(inbox_try(&in, 1, 8192, 1, 0), EACCES);
	CHECK_ERR(inbox_try(&in, 1, ~0ULL, 2, 0), EACCES);
	CHECK_ERR(inbox_try(&in, 1, 0, HPS_DIRECT_READ_MAX + 1, 0), EMSGSIZE);
	if (!is_seqpacket())
		CHECK_ERR(inbox_try(&in, 1, 0, 0, 0), EINVAL);
	other = enrol(in.p.b, in.mem, 8192, ALL_RIGHTS);
	p = post_recv(1, other, 0, 1);
	CHECK_ERR(try_post(in.p.b, &p, NULL, 0, 0), EACCES);
	p = post_recv(1, in.stag, 0, 1);
	CHECK_ERR(try_post(in.p.b, &p, "x", 1, 0), EINVAL);
	p.operand = 1;
	CHECK_ERR(try_post(in.p.b, &p, NULL, 0, 0), EINVAL);
	p.operand = 0;
	p.stag = 1;
	CHECK_ERR(try_post(in.p.b, &p, NULL, 0, 0), EINVAL);
	p.stag = 0;
	for (i = 0; i < 16; i++)
		more[i].stag = in.stag;
	CHECK_ERR(try_pieces(in.p.b, p, more, 16), EINVAL);
	more[14].len = 8193;
	CHECK_ERR(try_pieces(in.p.b, p, more, 15), EACCES);
	more[14].len = 1ULL << 40;
	CHECK_ERR(try_pieces(in.p.b, p, more, 15), EMSGSIZE);
	more[0].reserved = 1;
	CHECK_ERR(try_pieces(in.p.b, p, more, 1), EINVAL);
	p = post_add(1, in.stag, 0, 1);
	CHECK_ERR(try_pieces(in.p.b, p, more, 1), EINVAL);
	CHECK_ERR(try_pieces(in.p.lst, post_recv(1, in.stag, 0, 1), NULL, 0),
		  ENOTCONN);
	inbox_empty(&in);
	/* nothing of it was posted */
	send_pattern(in.p.a, 100, 0);
	recv_pattern(in.p.b, 100, 0);
	CHECK_ERR(try_cancel_all(in.p.b), ENOENT);
}
