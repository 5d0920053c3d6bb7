// SPDX-License-Identifier: GPL-2.0
/*
 * Ends of connections: whatever is outstanding is completed exactly once, and
 * "closed" is the last completion.
 */
#include <signal.h>
#include <sys/wait.h>

#include "ends.h"

static struct pair p;

/* Posts of every kind, with ids from 0 on; returns how many were taken. */
static int post_some(struct end *from, const struct end *to, int n)
{
	static uint8_t big[RECV_LEN], sink[REGION];
	const struct iovec iov = piece(big, RECV_LEN), in = piece(sink, REGION);
	struct hps_remote at = remote_of(to, 0);
	const struct iovec page = piece(big, 4096);
	int i, rc = 0;

	for (i = 0; i < n && !rc; i++) {
		if (i % 4 == 0)
			rc = hps_post_send(from->conn, &iov, 1, i, 0);
		else if (i % 4 == 1)
			rc = hps_post_read(from->conn, &in, 1, &at, i, 0);
		else if (i % 4 == 2)
			rc = hps_post_write(from->conn, &page, 1, &at, i, 0);
		else
			rc = hps_post_fetch_add(from->conn, &at, 1, i, 0);
	}

	return rc ? i - 1 : i;
}

/* Each id once, in order, then RECVS receives in order, then closed. */
static void all_completed(struct end *e, int posted)
{
	int works = 0, receives = 0;
	struct hps_completion c;

	for (;;) {
		CHECK_EQ(hps_cq_wait(e->cq, &c, 1, scaled(10000)), 1);
		if (c.op == HPS_OP_CLOSED)
			break;
		if (c.op == HPS_OP_RECV)
			CHECK_EQ(c.id, 1000 + receives++);
		else
			CHECK_EQ(c.id, works++);
	}
	CHECK_EQ(works, posted);
	CHECK_EQ(receives, RECVS);
	no_completion(e);
}

TEST(destroy_with_work_outstanding, V_BOTH)
{
	int round, posted, i;

	for (round = 0; round < 10; round++) {
		pair_open(&p, NULL, NULL);
		posted = post_some(&p.a, &p.b, 24);
		CHECK(posted > 4);
		hps_conn_destroy(p.a.conn);
		p.a.conn = NULL;
		/* all of it is there at once */
		for (i = 0; i < posted + RECVS; i++) {
			struct hps_completion c;

			CHECK_EQ(hps_cq_poll(p.a.cq, &c, 1), 1);
			if (c.op == HPS_OP_RECV)
				CHECK_EQ(c.id, 1000 + i - posted);
			else
				CHECK_EQ(c.id, i);
		}
		expect(&p.a, HPS_OP_CLOSED, 0, HPS_STATUS_OK);
		all_completed(&p.b, 0);
		pair_close(&p);
	}
	no_leak();
}

TEST(peer_destroys, V_BOTH)
{
	int round, posted;

	for (round = 0; round < 10; round++) {
		pair_open(&p, NULL, NULL);
		posted = post_some(&p.a, &p.b, 24);
		hps_conn_destroy(p.b.conn);
		p.b.conn = NULL;
		all_completed(&p.a, posted);
		pair_close(&p);
	}
	no_leak();
}

/* Both at once, from both sides. */
TEST(both_destroy, V_BOTH)
{
	int round;

	for (round = 0; round < 20; round++) {
		pair_open(&p, NULL, NULL);
		post_some(&p.a, &p.b, 24);
		post_some(&p.b, &p.a, 24);
		pair_close(&p);
	}
	no_leak();
}

/* What is posted before an orderly end is carried out. */
TEST(disconnect_carries_out, V_BOTH)
{
	static uint8_t big[RECV_LEN], sink[REGION];
	const struct iovec iov = piece(big, RECV_LEN), in = piece(sink, REGION);
	struct hps_remote at;
	int i;

	pair_open(&p, NULL, NULL);
	at = remote_of(&p.b, 0);
	fill(big, RECV_LEN, 8);
	fill(p.b.memory, REGION, 9);
	for (i = 0; i < 4; i++)
		OK(hps_post_send(p.a.conn, &iov, 1, i, 0));
	OK(hps_post_read(p.a.conn, &in, 1, &at, 4, 0));
	OK(hps_disconnect(p.a.conn));
	CHECK_EQ(hps_post_send(p.a.conn, &iov, 1, 9, 0), -ENOTCONN);
	for (i = 0; i < 4; i++)
		expect(&p.a, HPS_OP_SEND, i, HPS_STATUS_OK);
	expect(&p.a, HPS_OP_READ, 4, HPS_STATUS_OK);
	CHECK(filled(sink, REGION, 9));
	for (i = 0; i < 4; i++) {
		expect(&p.b, HPS_OP_RECV, 1000 + i, HPS_STATUS_OK);
		CHECK(filled(p.b.inbox[i], RECV_LEN, 8));
	}
	expect_closed(&p.b, HPS_STATUS_OK);
	expect_closed(&p.a, HPS_STATUS_OK);
	OK(hps_disconnect(p.a.conn));
	pair_close(&p);
}

/* Reads too, when their answers are more than TCP holds. */
TEST(disconnect_waits_for_answers, V_BOTH)
{
	size_t len = 16 << 20;
	struct hps_remote at = {};
	struct hps_region *region;
	uint8_t *from, *to;
	struct iovec iov;
	int i;

	pair_open(&p, NULL, NULL);
	from = malloc(len);
	to = malloc(len);
	fill(from, len, 4);
	OK(hps_region_register(p.b.domain, from, len, HPS_REMOTE_READ, NULL,
			       &region));
	at.stag = hps_region_stag(region);
	iov = piece(to, len);
	for (i = 0; i < 4; i++)
		OK(hps_post_read(p.a.conn, &iov, 1, &at, i, 0));
	OK(hps_disconnect(p.a.conn));
	for (i = 0; i < 4; i++)
		expect(&p.a, HPS_OP_READ, i, HPS_STATUS_OK);
	CHECK(filled(to, len, 4));
	expect_closed(&p.a, HPS_STATUS_OK);
	expect_closed(&p.b, HPS_STATUS_OK);
	hps_region_deregister(region);
	pair_close(&p);
	free(from);
	free(to);
}

/* What the peer asks for while we end does not make the end a failure. */
TEST(disconnect_while_the_peer_asks, V_BOTH)
{
	static uint8_t to[4096];
	const struct iovec iov = piece(to, sizeof(to));
	struct hps_completion c;
	struct hps_remote at;
	int round, i, rc;

	for (round = 0; round < 20; round++) {
		pair_open(&p, NULL, NULL);
		at = remote_of(&p.a, 0);
		for (i = 0, rc = 0; rc != -ENOTCONN; i++) {
			rc = hps_post_read(p.b.conn, &iov, 1, &at, 1, 0);
			if (i == 100)
				OK(hps_disconnect(p.a.conn));
			while (hps_cq_poll(p.b.cq, &c, 1))
				;
		}
		expect_closed(&p.a, HPS_STATUS_OK);
		pair_close(&p);
	}
}

TEST(disconnect_from_both_sides, V_BOTH)
{
	int i;

	for (i = 0; i < 20; i++) {
		pair_open(&p, NULL, NULL);
		OK(hps_disconnect(p.a.conn));
		OK(hps_disconnect(p.b.conn));
		expect_closed(&p.a, HPS_STATUS_OK);
		expect_closed(&p.b, HPS_STATUS_OK);
		pair_close(&p);
	}
	no_leak();
}

TEST(not_connected, V_BOTH)
{
	const struct iovec iov = piece("x", 1);
	struct sockaddr_storage addr;
	struct hps_listener *listener;
	struct hps_conn_info info;
	uint16_t port;
	struct end e;

	end_open(&e, NULL);
	CHECK_EQ(hps_disconnect(e.conn), -ENOTCONN);
	CHECK_EQ(hps_post_send(e.conn, &iov, 1, 1, 0), -ENOTCONN);
	port = listen_any(&e, &listener);
	hps_listener_close(listener);
	loopback(&addr, port);
	CHECK_EQ(hps_connect(e.conn, (void *)&addr, sizeof(addr), NULL, 0,
			     scaled(10000)), -ECONNREFUSED);
	addr.ss_family = AF_UNIX;
	CHECK_EQ(hps_connect(e.conn, (void *)&addr, sizeof(addr), NULL, 0, 1),
		 -EAFNOSUPPORT);
	CHECK_EQ(hps_connect(e.conn, (void *)&addr, sizeof(addr), "x",
			     HPS_MAX_PRIVATE + 1, 1), -EINVAL);
	hps_conn_get_info(e.conn, &info);
	CHECK_EQ(info.state, HPS_CONN_NEW);
	CHECK(info.error_text);
	no_completion(&e);
	end_close(&e);
	no_leak();
}

TEST(connected_already, V_BOTH)
{
	struct sockaddr_storage addr;

	pair_open(&p, NULL, NULL);
	loopback(&addr, 1);
	CHECK_EQ(hps_connect(p.a.conn, (void *)&addr, sizeof(addr), NULL, 0, 1),
		 -EISCONN);
	pair_close(&p);
}

/* A process that is killed says nothing, its kernel does. */
TEST(peer_is_killed, V_BOTH)
{
	const struct iovec iov = piece("x", 1);
	struct hps_listener *listener;
	struct hps_request *request;
	struct hps_remote at = {};
	const uint32_t *tag;
	uint16_t port;
	int fds[2];
	struct end e;
	size_t len;
	pid_t pid;

	CHECK_EQ(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		struct sockaddr_storage addr;
		uint32_t stag;

		CHECK_EQ(read(fds[0], &port, 2), 2);
		loopback(&addr, port);
		end_open(&e, NULL);
		stag = hps_region_stag(e.region);
		OK(hps_connect(e.conn, (void *)&addr, sizeof(addr), &stag, 4,
			       scaled(10000)));
		for (;;)
			pause();
	}
	end_open(&e, NULL);
	port = listen_any(&e, &listener);
	CHECK_EQ(write(fds[1], &port, 2), 2);
	OK(hps_listener_next(listener, &request, scaled(10000)));
	tag = hps_request_private(request, &len);
	CHECK_EQ(len, 4);
	at.stag = *tag;
	OK(hps_accept(request, e.conn, NULL, 0));
	OK(hps_post_write(e.conn, &iov, 1, &at, 1, 0));
	expect(&e, HPS_OP_WRITE, 1, HPS_STATUS_OK);
	kill(pid, SIGSTOP);
	OK(hps_post_fetch_add(e.conn, &at, 1, 2, 0));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* its kernel answers for it, over AF_HPS */
	expect(&e, HPS_OP_FETCH_ADD, 2, is_hps() ? HPS_STATUS_OK :
	       HPS_STATUS_FLUSHED);
	do {
		len = next_completion(&e).op;
	} while (len != HPS_OP_CLOSED);
	no_completion(&e);
	hps_listener_close(listener);
	end_close(&e);
}

/* An end without a peer that listens does not keep its domain from closing. */
TEST(domain_closes_in_time, V_BOTH)
{
	pair_open(&p, NULL, NULL);
	hps_conn_destroy(p.a.conn);
	p.a.conn = NULL;
	end_close(&p.a);
	end_close(&p.b);
}
