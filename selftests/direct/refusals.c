// SPDX-License-Identifier: GPL-2.0
/* What libhps refuses: the peer's requests, and the application's. */
#include "ends.h"

static struct pair p;

/* What the peer refuses: the code is known at both ends, nothing was moved. */
static void refused(unsigned int op, const struct hps_remote *at, size_t len,
		    unsigned int error)
{
	static uint8_t data[REGION + 1];
	const struct iovec iov = piece(data, len);
	struct hps_conn_info a, b;

	if (op == HPS_OP_WRITE) {
		OK(hps_post_write(p.a.conn, &iov, 1, at, 1, 0));
		expect(&p.a, HPS_OP_WRITE, 1, is_hps() ? HPS_STATUS_REFUSED :
		       HPS_STATUS_OK);
	} else if (op == HPS_OP_READ) {
		OK(hps_post_read(p.a.conn, &iov, 1, at, 1, 0));
		expect(&p.a, HPS_OP_READ, 1, HPS_STATUS_REFUSED);
	} else {
		OK(hps_post_fetch_add(p.a.conn, at, 1, 1, 0));
		expect(&p.a, HPS_OP_FETCH_ADD, 1, HPS_STATUS_REFUSED);
	}
	expect_closed(&p.a, HPS_STATUS_REFUSED);
	expect_closed(&p.b, HPS_STATUS_FLUSHED);
	hps_conn_get_info(p.a.conn, &a);
	hps_conn_get_info(p.b.conn, &b);
	CHECK_EQ(a.error, refusal(error));
	CHECK_EQ(b.error, refusal(error));
	CHECK_EQ(a.terminated, 2);
	CHECK_EQ(b.terminated, 1);
	CHECK_EQ(a.state, HPS_CONN_CLOSED);
	CHECK(!strcmp(a.error_text, b.error_text));
	CHECK_EQ(hps_post_write(p.a.conn, &iov, 1, at, 1, 0), -ENOTCONN);
	CHECK_EQ(hps_post_recv(p.a.conn, &iov, 1, 1), -ENOTCONN);
}

TEST(bounds_are_kept, V_BOTH)
{
	static const struct {
		unsigned int op;
		uint64_t offset;
		size_t len;
		unsigned int error;
	} tries[] = {
		{ HPS_OP_WRITE, 1, REGION, 0x1101 },
		{ HPS_OP_WRITE, 0, REGION + 1, 0x1101 },
		{ HPS_OP_WRITE, REGION, 1, 0x1101 },
		{ HPS_OP_WRITE, UINT64_MAX, 1, 0x1101 },
		{ HPS_OP_WRITE, UINT64_MAX, 2, 0x1103 },
		{ HPS_OP_READ, 1, REGION, 0x0101 },
		{ HPS_OP_READ, UINT64_MAX - 7, REGION, 0x0104 },
		{ HPS_OP_FETCH_ADD, REGION, 8, 0x0101 },
		{ HPS_OP_FETCH_ADD, 4, 8, 0x0207 },
	};
	struct hps_remote at;
	unsigned int i;

	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		pair_open(&p, NULL, NULL);
		at = remote_of(&p.b, tries[i].offset);
		refused(tries[i].op, &at, tries[i].len, tries[i].error);
		pair_close(&p);
	}
}

/* The second of two reads loses its region while the first is answered. */
TEST(region_goes_before_the_answer, V_TCP)
{
	size_t len = 200 << 20;
	struct hps_region *large, *gone;
	struct hps_remote at = {};
	uint8_t *from, *to;
	struct iovec iov, page;
	struct hps_conn_info info;

	pair_open(&p, NULL, NULL);
	from = malloc(len);
	to = malloc(len);
	iov = piece(to, len);
	page = piece(to, 4096);
	OK(hps_region_register(p.b.domain, from, len, HPS_REMOTE_READ, NULL,
			       &large));
	OK(hps_region_register(p.b.domain, from, 4096, HPS_REMOTE_READ, NULL,
			       &gone));
	at.stag = hps_region_stag(large);
	OK(hps_post_read(p.a.conn, &iov, 1, &at, 1, 0));
	at.stag = hps_region_stag(gone);
	OK(hps_post_read(p.a.conn, &page, 1, &at, 2, 0));
	/* both requests are there: it was checked when it came */
	do {
		hps_conn_get_info(p.b.conn, &info);
	} while (info.frames_received < 3);
	hps_region_deregister(gone);
	expect(&p.a, HPS_OP_READ, 1, HPS_STATUS_OK);
	expect(&p.a, HPS_OP_READ, 2, HPS_STATUS_REFUSED);
	expect_closed(&p.a, HPS_STATUS_REFUSED);
	hps_conn_get_info(p.a.conn, &info);
	CHECK_EQ(info.error, 0x0100);
	hps_region_deregister(large);
	pair_close(&p);
	free(from);
	free(to);
}

TEST(rights_are_kept, V_BOTH)
{
	static const struct {
		unsigned int op, rights, error;
	} tries[] = {
		{ HPS_OP_WRITE, HPS_REMOTE_READ | HPS_REMOTE_ATOMIC, 0x0102 },
		{ HPS_OP_READ, HPS_REMOTE_WRITE | HPS_REMOTE_ATOMIC, 0x0102 },
		{ HPS_OP_FETCH_ADD, HPS_REMOTE_READ | HPS_REMOTE_WRITE,
		  0x0102 },
	};
	struct hps_remote at = {};
	struct hps_region *r;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		pair_open(&p, NULL, NULL);
		OK(hps_region_register(p.b.domain, p.b.memory, 100,
				       tries[i].rights, NULL, &r));
		at.stag = hps_region_stag(r);
		refused(tries[i].op, &at, 8, tries[i].error);
		hps_region_deregister(r);
		pair_close(&p);
	}
}

TEST(wrong_tags, V_BOTH)
{
	struct hps_remote at;

	pair_open(&p, NULL, NULL);
	at = remote_of(&p.b, 0);
	at.stag++;
	refused(HPS_OP_WRITE, &at, 1, 0x1100);
	pair_close(&p);
	pair_open(&p, NULL, NULL);
	at = remote_of(&p.b, 0);
	hps_region_deregister(p.b.region);
	p.b.region = NULL;
	refused(HPS_OP_READ, &at, 1, 0x0100);
	pair_close(&p);
}

/* A region for one connection is not for another one of the same domain. */
TEST(region_of_one_connection, V_TCP)
{
	struct hps_conn_attr attr = {};
	struct hps_remote at = {};
	struct hps_conn *other;
	struct hps_region *r;

	pair_open(&p, NULL, NULL);
	attr.cq = p.b.cq;
	OK(hps_conn_create(p.b.domain, &attr, &other));
	OK(hps_region_register(p.b.domain, p.b.memory, 100, HPS_REMOTE_WRITE,
			       other, &r));
	at.stag = hps_region_stag(r);
	refused(HPS_OP_WRITE, &at, 1, 0x1102);
	hps_region_deregister(r);
	hps_conn_destroy(other);
	pair_close(&p);
	no_leak();
}

TEST(message_without_a_receive, V_BOTH)
{
	const struct iovec iov = piece("x", 1);
	struct hps_conn_info info;
	int i;

	pair_open(&p, NULL, NULL);
	for (i = 0; i <= RECVS; i++)
		OK(hps_post_send(p.a.conn, &iov, 1, i, 0));
	for (i = 0; i < RECVS; i++)
		expect(&p.b, HPS_OP_RECV, 1000 + i, HPS_STATUS_OK);
	expect_closed(&p.b, HPS_STATUS_FLUSHED);
	hps_conn_get_info(p.b.conn, &info);
	CHECK_EQ(info.error, 0x1202);
	pair_close(&p);
}

TEST(arguments, V_BOTH)
{
	const struct hps_conn_attr wrong[] = {
		{ .flags = 4 }, { .segment = 511 }, { .segment = 65518 },
		{ .ird = 1025 }, { .send_depth = 65536 }, { .reserved = { 1 } },
	};
	struct iovec iov[17] = {};
	struct hps_remote at = {};
	struct hps_region *r;
	struct hps_conn *c;
	struct hps_cq *cq;
	size_t i;

	pair_open(&p, NULL, NULL);
	CHECK_EQ(hps_cq_create(p.a.domain, 0, &cq), -EINVAL);
	CHECK_EQ(hps_cq_create(p.a.domain, 1 << 21, &cq), -EINVAL);
	CHECK_EQ(hps_cq_destroy(p.a.cq), -EBUSY);
	CHECK_EQ(hps_domain_close(p.a.domain), -EBUSY);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct hps_conn_attr a = wrong[i];

		a.cq = p.a.cq;
		CHECK_EQ(hps_conn_create(p.a.domain, &a, &c), -EINVAL);
	}
	/* another domain's queue, connection */
	CHECK_EQ(hps_conn_create(p.a.domain, &(struct hps_conn_attr)
				 { .cq = p.b.cq }, &c), -EINVAL);
	CHECK_EQ(hps_region_register(p.a.domain, p.a.memory, 8, 0, p.b.conn,
				     &r), -EINVAL);
	CHECK_EQ(hps_region_register(p.a.domain, p.a.memory, 8, 16, NULL, &r),
		 -EINVAL);
	CHECK_EQ(hps_region_register(p.a.domain, NULL, 8, 1, NULL, &r),
		 -EINVAL);
	CHECK_EQ(hps_region_register(p.a.domain, p.a.memory, SIZE_MAX, 1, NULL,
				     &r), -EINVAL);
	CHECK_EQ(hps_region_register(p.a.domain, p.a.memory + 1, 8,
				     HPS_REMOTE_ATOMIC, NULL, &r), -EINVAL);
	CHECK_EQ(hps_post_send(p.a.conn, iov, 17, 0, 0), -EINVAL);
	CHECK_EQ(hps_post_send(p.a.conn, iov, -1, 0, 0), -EINVAL);
	CHECK_EQ(hps_post_send(p.a.conn, NULL, 1, 0, 0), -EINVAL);
	CHECK_EQ(hps_post_send(p.a.conn, iov, 1, 0, 0x80), -EINVAL);
	CHECK_EQ(hps_post_send(p.a.conn, iov, 1, 0, 0x100), -EINVAL);
	CHECK_EQ(hps_post_write(p.a.conn, iov, 1, &at, 0, HPS_POST_SOLICITED),
		 -EINVAL);
	at.reserved = 1;
	CHECK_EQ(hps_post_write(p.a.conn, iov, 1, &at, 0, 0), -EINVAL);
	iov[0].iov_len = 1;
	CHECK_EQ(hps_post_send(p.a.conn, iov, 1, 0, 0), -EINVAL);
	iov[0] = piece("", (size_t)UINT32_MAX + 1);
	CHECK_EQ(hps_post_send(p.a.conn, iov, 1, 0, 0), -EMSGSIZE);
	CHECK_EQ(hps_post_recv(p.a.conn, iov, 1, 0), -EMSGSIZE);
	no_completion(&p.a);
	pair_close(&p);
}

/* Over AF_HPS the connection has to be there first. */
TEST(region_of_a_connection_to_come, V_HPS_STREAM)
{
	struct hps_region *r;
	struct end e;

	end_open(&e, NULL);
	CHECK_EQ(hps_region_register(e.domain, e.memory, 100, HPS_REMOTE_WRITE,
				     e.conn, &r), -ENOTCONN);
	end_close(&e);
}

/* ... and then it is for that one, whose peer may use it. */
TEST(region_of_another_connection, V_HPS_STREAM)
{
	const struct iovec iov = piece("x", 1);
	struct hps_remote at = {};
	struct hps_region *r;
	struct pair other;

	pair_open(&p, NULL, NULL);
	pair_open_in(&other, &p);
	OK(hps_region_register(p.b.domain, p.b.memory, 100, HPS_REMOTE_WRITE,
			       other.b.conn, &r));
	at.stag = hps_region_stag(r);
	OK(hps_post_write(other.a.conn, &iov, 1, &at, 1, 0));
	CHECK_EQ(next_completion(&p.a).status, HPS_STATUS_OK);
	CHECK_EQ(p.b.memory[0], 'x');
	refused(HPS_OP_WRITE, &at, 1, 0x1102);
	hps_region_deregister(r);
	hps_conn_destroy(other.a.conn);
	hps_conn_destroy(other.b.conn);
	pair_close(&p);
	no_leak();
}

/* What only older ends of iWARP need does not exist over AF_HPS. */
TEST(revision_1_is_refused, V_HPS_STREAM)
{
	const struct hps_conn_attr old = { .flags = HPS_CONN_REVISION_1 };
	struct hps_conn_attr attr = old;
	struct hps_conn *c;
	struct end e;

	end_open(&e, NULL);
	attr.cq = e.cq;
	CHECK_EQ(hps_conn_create(e.domain, &attr, &c), -EOPNOTSUPP);
	end_close(&e);
}

/* Who may not say that a region is invalid ends its connection. */
TEST(invalidate_without_the_right, V_BOTH)
{
	const struct iovec iov = piece("x", 1);
	struct hps_conn_info info;
	struct hps_region *r;

	pair_open(&p, NULL, NULL);
	OK(hps_region_register(p.b.domain, p.b.memory, 100, HPS_REMOTE_WRITE,
			       NULL, &r));
	OK(hps_post_send_inval(p.a.conn, &iov, 1, hps_region_stag(r), 1, 0));
	expect(&p.a, HPS_OP_SEND, 1, HPS_STATUS_OK);
	expect_closed(&p.b, HPS_STATUS_FLUSHED);
	expect_closed(&p.a, HPS_STATUS_REFUSED);
	hps_conn_get_info(p.a.conn, &info);
	CHECK_EQ(info.error, 0x0109);
	hps_region_deregister(r);
	pair_close(&p);
}

/* Which back end it is, and what there is not. */
TEST(transports, V_BOTH)
{
	struct hps_domain *d;

	OK(hps_domain_open_over(&d, HPS_TRANSPORT_BARE));
	CHECK_EQ(hps_domain_transport(d), HPS_TRANSPORT_BARE);
	OK(hps_domain_close(d));
	CHECK_EQ(hps_domain_open_over(&d, 3), -EINVAL);
	setenv("HPS_TRANSPORT", "carrier pigeon", 1);
	CHECK_EQ(hps_domain_open(&d), -EINVAL);
	setenv("HPS_TRANSPORT", "bare", 1);
	OK(hps_domain_open(&d));
	CHECK_EQ(hps_domain_transport(d), HPS_TRANSPORT_BARE);
	OK(hps_domain_close(d));
	unsetenv("HPS_TRANSPORT");
	if (!is_hps())
		return;
	OK(hps_domain_open(&d));
	CHECK_EQ(hps_domain_transport(d), HPS_TRANSPORT_HPS);
	OK(hps_domain_close(d));
}
