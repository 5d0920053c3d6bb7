// SPDX-License-Identifier: GPL-2.0
/* Each operation of libhps: what it moves, and what it says. */
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>

#include "ends.h"

static struct pair p;

static const struct hps_conn_attr no_crc = { .flags = HPS_CONN_NO_CRC };

static void send_of(size_t len, int i)
{
	uint8_t *data = malloc(len + 1);
	struct hps_completion c;
	struct iovec iov = piece(data, len);

	fill(data, len, len);
	memset(p.b.inbox[i], 0x5a, RECV_LEN);
	OK(hps_post_send(p.a.conn, &iov, 1, i, 0));
	c = expect(&p.a, HPS_OP_SEND, i, HPS_STATUS_OK);
	CHECK_EQ(c.len, len);
	c = expect(&p.b, HPS_OP_RECV, 1000 + i, HPS_STATUS_OK);
	CHECK_EQ(c.len, len);
	CHECK_EQ(c.flags, 0);
	CHECK(filled(p.b.inbox[i], len, len));
	CHECK(len == RECV_LEN || p.b.inbox[i][len] == 0x5a);
	free(data);
}

TEST(send_of_many_sizes, V_BOTH)
{
	static const size_t sizes[] = { 0, 1, 3, 32767, 32768, 32769, 1000000,
					RECV_LEN };
	int i;

	pair_open(&p, NULL, NULL);
	for (i = 0; i < 8; i++)
		send_of(sizes[i], i);
	pair_close(&p);
}

TEST(send_without_crc, V_BOTH)
{
	struct hps_conn_info info;
	int i;

	pair_open(&p, &no_crc, &no_crc);
	hps_conn_get_info(p.a.conn, &info);
	CHECK_EQ(info.crc, 0);
	for (i = 0; i < 8; i++)
		send_of(i * 12345, i);
	pair_close(&p);
}

TEST(crc_if_either_wants_it, V_TCP)
{
	struct hps_conn_info a, b;
	int i;

	for (i = 0; i < 3; i++) {
		pair_open(&p, i & 1 ? &no_crc : NULL, i & 2 ? &no_crc : NULL);
		hps_conn_get_info(p.a.conn, &a);
		hps_conn_get_info(p.b.conn, &b);
		CHECK_EQ(a.crc, 1);
		CHECK_EQ(b.crc, 1);
		send_of(1000, 0);
		pair_close(&p);
	}
}

TEST(small_segments, V_BOTH)
{
	const struct hps_conn_attr attr = { .segment = 512 };

	pair_open(&p, &attr, &attr);
	send_of(100000, 0);
	pair_close(&p);
}

TEST(largest_segments, V_BOTH)
{
	const struct hps_conn_attr attr = { .segment = 65517 };

	pair_open(&p, &attr, &attr);
	send_of(1000000, 0);
	pair_close(&p);
}

/* Pieces at one end and other pieces at the other, some of them empty. */
TEST(gather_and_scatter, V_BOTH)
{
	uint8_t from[70000], to[70000];
	const struct iovec src[] = {
		piece(NULL, 0), piece(from, 1), piece(from + 1, 40000),
		piece(from + 40001, 0), piece(from + 40001, 29999),
	};
	const struct iovec dst[] = {
		piece(to, 30000), piece(to + 30000, 0),
		piece(to + 30000, 39999), piece(to + 69999, 1),
	};
	struct hps_remote at;

	pair_open(&p, NULL, NULL);
	at = remote_of(&p.b, 0);
	fill(from, sizeof(from), 3);
	/* the region is shorter than this: two writes */
	OK(hps_post_write(p.a.conn, src, 3, &at, 1, 0));
	at.offset = 40001;
	OK(hps_post_write(p.a.conn, src + 3, 1, &at, 2, 0));
	expect(&p.a, HPS_OP_WRITE, 1, HPS_STATUS_OK);
	expect(&p.a, HPS_OP_WRITE, 2, HPS_STATUS_OK);
	at.offset = 0;
	memset(to, 0, sizeof(to));
	OK(hps_post_read(p.a.conn, dst, 2, &at, 3, 0));
	CHECK_EQ(expect(&p.a, HPS_OP_READ, 3, HPS_STATUS_OK).len, 30000);
	CHECK(filled(to, 30000, 3));
	CHECK(filled(p.b.memory, 40001, 3));

	OK(hps_post_send(p.a.conn, src, 5, 4, 0));
	expect(&p.a, HPS_OP_SEND, 4, HPS_STATUS_OK);
	expect(&p.b, HPS_OP_RECV, 1000, HPS_STATUS_OK);
	CHECK(filled(p.b.inbox[0], sizeof(from), 3));
	pair_close(&p);
	no_leak();
}

TEST(receive_in_pieces, V_BOTH)
{
	uint8_t from[50], to[60];
	struct iovec src = piece(from, 50);
	const struct iovec dst[] = { piece(to, 7), piece(to + 7, 53) };
	int i;

	pair_open(&p, NULL, NULL);
	fill(from, 50, 9);
	OK(hps_post_recv(p.b.conn, dst, 2, 77));
	for (i = 0; i <= RECVS; i++)
		OK(hps_post_send(p.a.conn, &src, 1, i, 0));
	for (i = 0; i < RECVS; i++)
		expect(&p.b, HPS_OP_RECV, 1000 + i, HPS_STATUS_OK);
	CHECK_EQ(expect(&p.b, HPS_OP_RECV, 77, HPS_STATUS_OK).len, 50);
	CHECK(filled(to, 50, 9));
	pair_close(&p);
}

TEST(write_stays_in_its_place, V_BOTH)
{
	uint8_t data[1000];
	const struct iovec iov = piece(data, sizeof(data));
	struct hps_remote at;

	pair_open(&p, NULL, NULL);
	memset(p.b.memory, 0xee, REGION);
	fill(data, sizeof(data), 1);
	at = remote_of(&p.b, REGION - 1000);
	OK(hps_post_write(p.a.conn, &iov, 1, &at, 1, 0));
	/* a later Send is delivered after it is placed */
	OK(hps_post_send(p.a.conn, &iov, 1, 2, 0));
	expect(&p.b, HPS_OP_RECV, 1000, HPS_STATUS_OK);
	CHECK(filled(p.b.memory + REGION - 1000, 1000, 1));
	CHECK_EQ(p.b.memory[REGION - 1001], 0xee);
	pair_close(&p);
}

TEST(read_of_many_sizes, V_BOTH)
{
	static const size_t sizes[] = { 0, 1, 8, 4095, 32768, 32769, REGION };
	static uint8_t to[REGION];
	int i;

	pair_open(&p, NULL, NULL);
	fill(p.b.memory, REGION, 5);
	for (i = 0; i < 7; i++) {
		const struct iovec iov = piece(to, sizes[i]);
		struct hps_remote at = remote_of(&p.b, 0);

		memset(to, 0, sizeof(to));
		OK(hps_post_read(p.a.conn, &iov, 1, &at, i, 0));
		CHECK_EQ(expect(&p.a, HPS_OP_READ, i, HPS_STATUS_OK).len,
			 sizes[i]);
		CHECK(filled(to, sizes[i], 5));
		CHECK(sizes[i] == REGION || !to[sizes[i]]);
	}
	no_completion(&p.b);
	pair_close(&p);
}

/* More reads than the depth that was negotiated: the rest waits. */
TEST(reads_beyond_the_depth_wait, V_BOTH)
{
	const struct hps_conn_attr few = { .ird = 2, .ord = 3 };
	static uint8_t to[40][1000];
	struct hps_conn_info info;
	int i;

	pair_open(&p, &few, &few);
	hps_conn_get_info(p.a.conn, &info);
	CHECK_EQ(info.ord, 2);
	CHECK_EQ(info.ird, 2);
	hps_conn_get_info(p.b.conn, &info);
	CHECK_EQ(info.ord, 2);
	CHECK_EQ(info.ird, 2);
	fill(p.b.memory, REGION, 6);
	for (i = 0; i < 40; i++) {
		const struct iovec iov = piece(to[i], 1000);
		struct hps_remote at = remote_of(&p.b, i * 256);

		OK(hps_post_read(p.a.conn, &iov, 1, &at, i, 0));
	}
	for (i = 0; i < 40; i++) {
		expect(&p.a, HPS_OP_READ, i, HPS_STATUS_OK);
		CHECK(!memcmp(to[i], p.b.memory + i * 256, 1000));
	}
	pair_close(&p);
}

TEST(compare_and_swap, V_BOTH)
{
	uint64_t *word;
	struct hps_remote at;

	pair_open(&p, NULL, NULL);
	word = (uint64_t *)p.b.memory + 3;
	*word = 5;
	at = remote_of(&p.b, 24);
	OK(hps_post_cas(p.a.conn, &at, 5, UINT64_MAX - 1, 1, 0));
	CHECK_EQ(expect(&p.a, HPS_OP_CAS, 1, HPS_STATUS_OK).value, 5);
	CHECK_EQ(*word, UINT64_MAX - 1);
	OK(hps_post_cas(p.a.conn, &at, 5, 7, 2, 0));
	CHECK_EQ(expect(&p.a, HPS_OP_CAS, 2, HPS_STATUS_OK).value,
		 UINT64_MAX - 1);
	CHECK_EQ(*word, UINT64_MAX - 1);
	CHECK_EQ(word[-1] | word[1], 0);
	pair_close(&p);
}

TEST(fetch_and_add, V_BOTH)
{
	struct hps_remote at;
	uint64_t *word;
	int i;

	pair_open(&p, NULL, NULL);
	word = (uint64_t *)p.b.memory;
	*word = UINT64_MAX - 1;
	at = remote_of(&p.b, 0);
	for (i = 0; i < 100; i++) {
		OK(hps_post_fetch_add(p.a.conn, &at, 1, i, 0));
		CHECK_EQ(expect(&p.a, HPS_OP_FETCH_ADD, i,
				HPS_STATUS_OK).value, UINT64_MAX - 1 + i);
	}
	CHECK_EQ(*word, 98);
	CHECK_EQ(word[1], 0);
	pair_close(&p);
}

static void *add_locally(void *arg)
{
	uint64_t *word = arg;
	int i;

	for (i = 0; i < 100000; i++)
		__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);

	return NULL;
}

/* Atomic for processors, too, not only among peers. */
TEST(atomics_beside_local_ones, V_BOTH)
{
	struct hps_remote at;
	uint64_t *word;
	pthread_t t;
	int i;

	pair_open(&p, NULL, NULL);
	word = (uint64_t *)p.b.memory;
	at = remote_of(&p.b, 0);
	OK(pthread_create(&t, NULL, add_locally, word));
	for (i = 0; i < 300; i++) {
		OK(hps_post_fetch_add(p.a.conn, &at, 1000000, i, 0));
		expect(&p.a, HPS_OP_FETCH_ADD, i, HPS_STATUS_OK);
	}
	OK(pthread_join(t, NULL));
	CHECK_EQ(*word, 300 * 1000000 + 100000);
	pair_close(&p);
}

TEST(send_with_invalidate, V_BOTH)
{
	const struct iovec iov = piece("x", 1);
	struct hps_completion c;
	struct hps_conn_info info;
	struct hps_remote at;
	uint32_t stag;

	pair_open(&p, NULL, NULL);
	stag = hps_region_stag(p.b.region);
	OK(hps_post_send_inval(p.a.conn, &iov, 1, stag, 1, HPS_POST_SOLICITED));
	expect(&p.a, HPS_OP_SEND, 1, HPS_STATUS_OK);
	c = expect(&p.b, HPS_OP_RECV, 1000, HPS_STATUS_OK);
	CHECK_EQ(c.flags, HPS_COMPLETION_INVALIDATED |
			  HPS_COMPLETION_SOLICITED);
	CHECK_EQ(c.stag, stag);
	/* it is gone for peers */
	at = remote_of(&p.b, 0);
	OK(hps_post_write(p.a.conn, &iov, 1, &at, 2, 0));
	expect(&p.a, HPS_OP_WRITE, 2, is_hps() ? HPS_STATUS_REFUSED :
	       HPS_STATUS_OK);
	expect_closed(&p.a, HPS_STATUS_REFUSED);
	hps_conn_get_info(p.a.conn, &info);
	CHECK_EQ(info.error, refusal(0x1100));
	CHECK_EQ(info.terminated, 2);
	CHECK_EQ(p.b.memory[0], 0);
	pair_close(&p);
	no_leak();
}

/* Completions come in the order of posting, whatever the operations. */
TEST(completions_in_order, V_BOTH)
{
	static uint8_t buf[64][500];
	struct hps_remote at, word;
	int i, round;

	pair_open(&p, NULL, NULL);
	word = remote_of(&p.b, 0);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 64; i++) {
			const struct iovec iov = piece(buf[i], 500);
			int rc;

			at = remote_of(&p.b, 8 + 500 * i);
			if (i % 4 == 0)
				rc = hps_post_read(p.a.conn, &iov, 1, &at, i,
						   0);
			else if (i % 4 == 1)
				rc = hps_post_fetch_add(p.a.conn, &word, 1, i,
							0);
			else
				rc = hps_post_write(p.a.conn, &iov, 1, &at, i,
						    i % 4 == 2 ?
						    HPS_POST_FENCE : 0);
			OK(rc);
		}
		for (i = 0; i < 64; i++)
			CHECK_EQ(next_completion(&p.a).id, i);
	}
	CHECK_EQ(*(uint64_t *)p.b.memory, 20 * 16);
	pair_close(&p);
}

/* A read sees what was written before it on the same connection. */
TEST(read_after_write, V_BOTH)
{
	static uint8_t from[REGION], to[REGION];
	const struct iovec out = piece(from, REGION), in = piece(to, REGION);
	struct hps_remote at;
	int i;

	pair_open(&p, NULL, NULL);
	at = remote_of(&p.b, 0);
	for (i = 0; i < 20; i++) {
		fill(from, REGION, i);
		OK(hps_post_write(p.a.conn, &out, 1, &at, 1, 0));
		OK(hps_post_read(p.a.conn, &in, 1, &at, 2, 0));
		expect(&p.a, HPS_OP_WRITE, 1, HPS_STATUS_OK);
		expect(&p.a, HPS_OP_READ, 2, HPS_STATUS_OK);
		CHECK(filled(to, REGION, i));
	}
	pair_close(&p);
}

/* A fenced write does not overtake the read of the same memory. */
TEST(fence, V_BOTH)
{
	static uint8_t from[REGION], to[REGION];
	const struct iovec out = piece(from, REGION), in = piece(to, REGION);
	struct hps_remote at;
	int i;

	pair_open(&p, NULL, NULL);
	at = remote_of(&p.b, 0);
	fill(p.b.memory, REGION, 0);
	for (i = 0; i < 20; i++) {
		fill(from, REGION, i + 1);
		OK(hps_post_read(p.a.conn, &in, 1, &at, 1, 0));
		OK(hps_post_write(p.a.conn, &out, 1, &at, 2, HPS_POST_FENCE));
		expect(&p.a, HPS_OP_READ, 1, HPS_STATUS_OK);
		expect(&p.a, HPS_OP_WRITE, 2, HPS_STATUS_OK);
		CHECK(filled(to, REGION, i));
	}
	pair_close(&p);
}

/* Who accepted may speak first: the initiator's greeting lets it. */
TEST(responder_speaks_first, V_BOTH)
{
	const struct hps_conn_attr old = { .flags = HPS_CONN_REVISION_1 };
	const struct iovec iov = piece("hello", 5);
	struct hps_conn_info info;
	int i;

	/* AF_HPS has no older revision */
	for (i = 0; i < (is_hps() ? 1 : 2); i++) {
		pair_open(&p, i ? &old : NULL, NULL);
		hps_conn_get_info(p.b.conn, &info);
		CHECK_EQ(info.revision, i ? 1 : 2);
		OK(hps_post_send(p.b.conn, &iov, 1, 1, 0));
		expect(&p.b, HPS_OP_SEND, 1, HPS_STATUS_OK);
		expect(&p.a, HPS_OP_RECV, 1000, HPS_STATUS_OK);
		pair_close(&p);
	}
}

/* Large transfers both ways at once, of every kind, and all of it arrives. */
TEST(everything_at_once, V_BOTH)
{
	static uint8_t big[2][RECV_LEN], to[2][REGION];
	struct end *ends[] = { &p.a, &p.b };
	int i, k;

	pair_open(&p, NULL, NULL);
	fill(big[0], RECV_LEN, 11);
	fill(big[1], RECV_LEN, 12);
	for (k = 0; k < 2; k++) {
		const struct iovec out = piece(big[k], RECV_LEN);
		const struct iovec in = piece(to[k], REGION);
		struct hps_remote at = remote_of(ends[!k], 0);

		fill(ends[!k]->memory, REGION, 20 + k);
		for (i = 0; i < 4; i++) {
			OK(hps_post_send(ends[k]->conn, &out, 1, i, 0));
			OK(hps_post_read(ends[k]->conn, &in, 1, &at, 10 + i,
					 0));
		}
	}
	for (k = 0; k < 2; k++) {
		int sends = 0, reads = 0, receives = 0;

		while (sends + reads + receives < 12) {
			struct hps_completion c = next_completion(ends[k]);

			CHECK_EQ(c.status, HPS_STATUS_OK);
			sends += c.op == HPS_OP_SEND;
			reads += c.op == HPS_OP_READ;
			if (c.op != HPS_OP_RECV)
				continue;
			CHECK_EQ(c.len, RECV_LEN);
			CHECK(filled(ends[k]->inbox[receives++], RECV_LEN,
				     12 - k));
		}
		CHECK(filled(to[k], REGION, 20 + k));
	}
	pair_close(&p);
	no_leak();
}

/* --- depths, queues --------------------------------------------------------------- */

/* A queue without a place for the completion: nothing is posted. */
TEST(queue_never_overflows, V_BOTH)
{
	const struct iovec iov = piece("", 0);
	struct hps_conn_attr attr = {};
	struct hps_completion c[4];
	struct hps_conn *conn, *no;
	struct hps_cq *cq;
	struct end e;

	end_open(&e, NULL);
	OK(hps_cq_create(e.domain, 4, &cq));
	attr.cq = cq;
	OK(hps_conn_create(e.domain, &attr, &conn));
	OK(hps_post_recv(conn, &iov, 1, 1));
	OK(hps_post_recv(conn, &iov, 1, 2));
	OK(hps_post_recv(conn, &iov, 1, 3));
	CHECK_EQ(hps_post_recv(conn, &iov, 1, 4), -ENOBUFS);
	CHECK_EQ(hps_conn_create(e.domain, &attr, &no), -ENOBUFS);
	hps_conn_destroy(conn);
	/* it was never open, so it is not closed */
	CHECK_EQ(hps_cq_poll(cq, c, 4), 3);
	CHECK_EQ(c[2].id, 3);
	CHECK_EQ(c[2].status, HPS_STATUS_FLUSHED);
	OK(hps_conn_create(e.domain, &attr, &conn));
	hps_conn_destroy(conn);
	OK(hps_cq_destroy(cq));
	end_close(&e);
	no_leak();
}

TEST(queue_as_a_descriptor, V_BOTH)
{
	const struct iovec iov = piece("x", 1);
	struct pollfd pfd = { .events = POLLIN };
	struct hps_completion c[2];

	pair_open(&p, NULL, NULL);
	pfd.fd = hps_cq_fd(p.b.cq);
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	OK(hps_post_send(p.a.conn, &iov, 1, 1, 0));
	OK(hps_post_send(p.a.conn, &iov, 1, 2, 0));
	CHECK_EQ(poll(&pfd, 1, -1), 1);
	expect(&p.b, HPS_OP_RECV, 1000, HPS_STATUS_OK);
	CHECK_EQ(poll(&pfd, 1, -1), 1);
	expect(&p.b, HPS_OP_RECV, 1001, HPS_STATUS_OK);
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	CHECK_EQ(hps_cq_wait(p.b.cq, c, 2, 1), 0);
	CHECK_EQ(hps_cq_wait(p.b.cq, c, 0, 1), -EINVAL);
	pair_close(&p);
}

/* Two connections of one queue, told apart by conn_data. */
TEST(queue_of_two_connections, V_BOTH)
{
	struct hps_conn_attr attr = { .data = &attr };
	const struct iovec iov = piece("x", 1);
	struct hps_completion c;
	struct hps_conn *other;

	pair_open(&p, NULL, NULL);
	attr.cq = p.b.cq;
	OK(hps_conn_create(p.b.domain, &attr, &other));
	OK(hps_post_recv(other, &iov, 1, 5));
	hps_conn_destroy(other);
	CHECK_EQ(hps_cq_poll(p.b.cq, &c, 1), 1);
	CHECK(c.conn_data == &attr);
	CHECK_EQ(c.id, 5);
	OK(hps_post_send(p.a.conn, &iov, 1, 1, 0));
	CHECK(next_completion(&p.b).conn_data == &p.b);
	pair_close(&p);
}

/* What each end counts of one write of three frames, a read and an atomic. */
TEST(counters, V_TCP)
{
	const struct hps_conn_attr attr = { .segment = 1000 };
	uint8_t data[2500] = {};
	const struct iovec iov = piece(data, sizeof(data));
	struct hps_conn_info a, b;
	struct hps_remote at;

	pair_open(&p, &attr, &attr);
	at = remote_of(&p.b, 0);
	OK(hps_post_write(p.a.conn, &iov, 1, &at, 1, 0));
	OK(hps_post_fetch_add(p.a.conn, &at, 1, 2, 0));
	OK(hps_post_read(p.a.conn, &iov, 1, &at, 3, 0));
	expect(&p.a, HPS_OP_WRITE, 1, HPS_STATUS_OK);
	expect(&p.a, HPS_OP_FETCH_ADD, 2, HPS_STATUS_OK);
	expect(&p.a, HPS_OP_READ, 3, HPS_STATUS_OK);
	hps_conn_get_info(p.a.conn, &a);
	hps_conn_get_info(p.b.conn, &b);
	/* the greeting, 3 of the write, 2 requests; 1 and 3 of the responses */
	CHECK_EQ(a.frames_sent, 6);
	CHECK_EQ(b.frames_received, 6);
	CHECK_EQ(b.frames_sent, 4);
	CHECK_EQ(a.frames_received, 4);
	CHECK_EQ(a.octets_sent, 20 + 2 * 1020 + 520 + 76 + 52);
	CHECK_EQ(b.octets_received, a.octets_sent);
	CHECK_EQ(b.octets_sent, 36 + 2 * 1020 + 520);
	CHECK_EQ(a.octets_received, b.octets_sent);
	CHECK_EQ(b.octets_placed, 2500);
	CHECK_EQ(a.octets_placed, 0);
	CHECK_EQ(b.requests_served, 2);
	CHECK_EQ(a.requests_served, 0);
	pair_close(&p);
}

#define THREADS	4
#define EACH	300

static void *post_many(void *arg)
{
	static uint8_t data[THREADS][512], to[THREADS][512];
	uint64_t t = (uintptr_t)arg;
	const struct iovec out = piece(data[t], 512), in = piece(to[t], 512);
	struct hps_remote at = remote_of(&p.b, 4096 + t * 512);
	struct hps_remote word = remote_of(&p.b, 0);
	int i, rc;

	for (i = 0; i < EACH; i++)
		do {
			if (i % 3 == 0)
				rc = hps_post_write(p.a.conn, &out, 1, &at, t,
						    0);
			else if (i % 3 == 1)
				rc = hps_post_fetch_add(p.a.conn, &word, 1, t,
							0);
			else
				rc = hps_post_read(p.a.conn, &in, 1, &at, t,
						   0);
			CHECK(!rc || rc == -EAGAIN);
			if (rc)
				usleep(100);
		} while (rc);

	return NULL;
}

/* Threads that post on one connection, and one that takes what is done. */
TEST(many_threads, V_BOTH)
{
	pthread_t threads[THREADS];
	int done[THREADS] = {}, i;
	uintptr_t t;

	pair_open(&p, NULL, NULL);
	for (t = 0; t < THREADS; t++)
		OK(pthread_create(&threads[t], NULL, post_many, (void *)t));
	for (i = 0; i < THREADS * EACH; i++) {
		struct hps_completion c = next_completion(&p.a);

		CHECK_EQ(c.status, HPS_STATUS_OK);
		done[c.id]++;
	}
	for (t = 0; t < THREADS; t++) {
		OK(pthread_join(threads[t], NULL));
		CHECK_EQ(done[t], EACH);
	}
	CHECK_EQ(*(uint64_t *)p.b.memory, THREADS * EACH / 3);
	no_completion(&p.a);
	pair_close(&p);
}

/*
 * A region is taken back, and its memory freed, while a peer writes to it as fast
 * as it can. Over TCP the library places, and the sanitizer sees an octet that comes
 * later. Over AF_HPS the kernel does, of which no sanitizer of a program knows: there
 * selftests/takeback.c looks for such octets, and this only for the refusal.
 */
TEST(deregister_under_writes, V_BOTH)
{
	static uint8_t data[REGION];
	const struct iovec iov = piece(data, REGION);
	struct hps_conn_info info;
	int round, rc;

	for (round = 0; round < 10; round++) {
		struct hps_remote at;

		pair_open(&p, NULL, NULL);
		at = remote_of(&p.b, 0);
		memset(data, 1, REGION);
		while (!__atomic_load_n(p.b.memory, __ATOMIC_RELAXED)) {
			rc = hps_post_write(p.a.conn, &iov, 1, &at, 1, 0);
			CHECK(!rc || rc == -EAGAIN);
		}
		while (!hps_post_write(p.a.conn, &iov, 1, &at, 1, 0))
			;
		hps_region_deregister(p.b.region);
		free(p.b.memory);
		p.b.region = NULL;
		p.b.memory = NULL;
		/* one more, so that there is surely one too late */
		do {
			struct hps_completion c = next_completion(&p.a);

			if (c.op == HPS_OP_CLOSED)
				break;
			rc = hps_post_write(p.a.conn, &iov, 1, &at, 1, 0);
		} while (rc != -ENOTCONN);
		hps_conn_get_info(p.a.conn, &info);
		CHECK_EQ(info.error, refusal(0x1100));
		pair_close(&p);
	}
}

/* --- another process -------------------------------------------------------------------- */


/* The application of this process sleeps in waitpid() while its peer works. */
TEST(remote_application_does_nothing, V_BOTH)
{
	struct hps_listener *listener;
	struct hps_request *request;
	int to_child[2], status;
	struct end e;
	uint16_t port;
	uint32_t stag;
	pid_t pid;

	/* no thread of a domain may be there when a process is forked */
	CHECK_EQ(pipe(to_child), 0);
	pid = fork();
	if (!pid) {
		static uint8_t to[4096];
		const struct iovec in = piece(to, sizeof(to));
		struct sockaddr_storage addr;
		struct hps_remote at = {};
		const uint32_t *tag;
		size_t len;
		int i;

		CHECK_EQ(read(to_child[0], &port, 2), 2);
		loopback(&addr, port);
		end_open(&e, NULL);
		OK(hps_connect(e.conn, (void *)&addr, sizeof(addr), "who", 3,
			       scaled(10000)));
		tag = hps_conn_private(e.conn, &len);
		CHECK_EQ(len, 4);
		at.stag = *tag;
		for (i = 0; i < 100; i++) {
			OK(hps_post_fetch_add(e.conn, &at, 1, 1, 0));
			expect(&e, HPS_OP_FETCH_ADD, 1, HPS_STATUS_OK);
			OK(hps_post_read(e.conn, &in, 1, &at, 2, 0));
			expect(&e, HPS_OP_READ, 2, HPS_STATUS_OK);
			CHECK_EQ(*(uint64_t *)to, i + 1);
		}
		end_close(&e);
		_exit(0);
	}
	end_open(&e, NULL);
	port = listen_any(&e, &listener);
	CHECK_EQ(write(to_child[1], &port, 2), 2);
	OK(hps_listener_next(listener, &request, scaled(10000)));
	stag = hps_region_stag(e.region);
	OK(hps_accept(request, e.conn, &stag, 4));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(*(uint64_t *)e.memory, 100);
	expect_closed(&e, HPS_STATUS_OK);
	hps_listener_close(listener);
	end_close(&e);
}
