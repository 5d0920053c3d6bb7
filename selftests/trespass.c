// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 400
 *
 * One-sided operations that are refused, by this end or by the peer, that have to
 * wait, or that do not come to their end.
 */
#include <linux/hps_netlink.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "pair.h"
#include "post.h"

/* --- what cannot be posted -------------------------------------------------------- */

static int post_one(int fd, struct hps_direct_post post, size_t len)
{
	static const char octets[100];

	return try_post(fd, &post, octets, len, MSG_DONTWAIT);
}

/* @post with one more octet set, which makes it none. */
static void malformed_at(struct ends *e, struct hps_direct_post post,
			 size_t place, size_t len)
{
	((char *)&post)[place] |= 0x80;
	CHECK_ERR(post_one(e->p.a, post, len), EINVAL);
}

#define MALFORMED(e, post, field, len)					\
	malformed_at(e, post, offsetof(struct hps_direct_post, field), len)

TEST(malformed, V_DIRECT)
{
	struct hps_direct_post w, r, add, swap;
	struct ends e;
	size_t i;

	ends_open(&e, 4096);
	w = post_write(1, e.stag, 0);
	r = post_read(1, e.stag, 0, e.sink_stag, 0, 10);
	add = post_add(1, e.stag, 0, 1);
	swap = post_swap(1, e.stag, 0, 1, 1);
	for (i = 0; i < 3; i++) {
		MALFORMED(&e, w, reserved[i], 1);
		MALFORMED(&e, r, reserved[i], 0);
		MALFORMED(&e, add, reserved[i], 0);
		MALFORMED(&e, swap, reserved[i], 0);
	}
	for (i = 0; i < 4; i++) {
		malformed_at(&e, w, offsetof(struct hps_direct_post, flags) + i, 1);
		malformed_at(&e, r, offsetof(struct hps_direct_post, flags) + i, 0);
	}
	MALFORMED(&e, w, sink, 1);
	MALFORMED(&e, w, sink_offset, 1);
	MALFORMED(&e, w, len, 1);
	MALFORMED(&e, w, operand, 1);
	MALFORMED(&e, w, compare, 1);
	MALFORMED(&e, r, operand, 0);
	MALFORMED(&e, r, compare, 0);
	MALFORMED(&e, add, sink, 0);
	MALFORMED(&e, add, sink_offset, 0);
	MALFORMED(&e, add, len, 0);
	MALFORMED(&e, add, compare, 0);
	MALFORMED(&e, swap, sink, 0);
	MALFORMED(&e, swap, sink_offset, 0);
	MALFORMED(&e, swap, len, 0);
	/* payload is what a WRITE has */
	CHECK_ERR(post_one(e.p.a, r, 1), EINVAL);
	CHECK_ERR(post_one(e.p.a, add, 8), EINVAL);
	CHECK_ERR(post_one(e.p.a, swap, 8), EINVAL);
	/* it did no harm */
	CHECK_EQ(poll_now(e.q.fd, POLLIN), 0);
	post_ok(e.p.a, w, "x", 1);
	queue_expect(&e.q, 1, 0);
	CHECK(is_idle(e.p.b));
}

TEST(unknown_operations, V_DIRECT)
{
	struct hps_direct_post post;
	struct ends e;
	int op;

	ends_open(&e, 4096);
	for (op = 0; op < 256; op++) {
		post = post_write(1, e.stag, 0);
		post.op = op;
		if (op < HPS_DIRECT_WRITE || op > HPS_DIRECT_ADD)
			CHECK_ERR(post_one(e.p.a, post, 0), EINVAL);
	}
}

TEST(malformed_control, V_DIRECT)
{
	struct {
		struct cmsghdr	head;
		struct hps_direct_post post;
		uint64_t	more;
	} one = {
		.head.cmsg_level = SOL_HPS, .head.cmsg_type = HPS_DIRECT_POST,
	}, two[2];
	struct msghdr msg = { .msg_control = &one };
	struct ends e;
	size_t len;

	ends_open(&e, 4096);
	one.post = post_add(1, e.stag, 0, 1);
	msg.msg_controllen = sizeof(one);
	for (len = 0; len <= sizeof(one.post) + 8; len++) {
		one.head.cmsg_len = CMSG_LEN(len);
		if (len != sizeof(one.post))
			CHECK_ERR(sendmsg(e.p.a, &msg, 0), EINVAL);
	}
	/* one at a time */
	one.head.cmsg_len = CMSG_LEN(sizeof(one.post));
	two[0] = one;
	memcpy((char *)two + one.head.cmsg_len, &one, sizeof(one));
	msg.msg_control = two;
	msg.msg_controllen = 2 * one.head.cmsg_len;
	CHECK_ERR(sendmsg(e.p.a, &msg, 0), EINVAL);
	msg.msg_controllen = one.head.cmsg_len;
	CHECK_EQ(sendmsg(e.p.a, &msg, 0), 0);
	queue_expect(&e.q, 1, 0);
}

TEST(no_queue, V_DIRECT)
{
	char *mem = memory(4096);
	struct pair p;
	uint32_t stag;

	pair_open(&p);
	stag = enrol(p.b, mem, 4096, ALL_RIGHTS);
	CHECK_ERR(post_one(p.a, post_write(1, stag, 0), 1), EDESTADDRREQ);
	CHECK_ERR(post_one(p.a, post_add(1, stag, 0, 1), 0), EDESTADDRREQ);
	CHECK(is_all(mem, 4096, 0));
}

TEST(queue_is_full, V_DIRECT)
{
	struct hps_direct_post silent;
	struct queue q;
	struct pair p;
	uint32_t stag;
	int i;

	pair_open(&p);
	stag = enrol(p.b, memory(4096), 4096, ALL_RIGHTS);
	queue_open(&q, p.a, 2);
	CHECK_EQ(post_one(p.a, post_write(0, stag, 0), 1), 1);
	CHECK_EQ(post_one(p.a, post_add(1, stag, 0, 1), 0), 0);
	for (i = 2; i < 100; i++) {
		CHECK_ERR(post_one(p.a, post_write(i, stag, 0), 1), ENOBUFS);
		CHECK_ERR(post_one(p.a, post_add(i, stag, 0, 1), 0), ENOBUFS);
		/* it may fail, and then it tells */
		silent = post_write(i, stag, 0);
		silent.flags = HPS_DIRECT_SILENT;
		CHECK_ERR(post_one(p.a, silent, 1), ENOBUFS);
		queue_expect(&q, i - 2, 0);
		CHECK_EQ(post_one(p.a, post_write(i, stag, 0), 1), 1);
	}
	queue_expect(&q, 98, 0);
	queue_expect(&q, 99, 0);
	/* what was silent has given its place back */
	for (i = 0; i < 100; i++) {
		silent = post_write(i, stag, 0);
		silent.flags = HPS_DIRECT_SILENT;
		CHECK_EQ(post_one(p.a, silent, 1), 1);
		wait_out_queue_empty(p.a);
	}
	CHECK_EQ(poll_now(q.fd, POLLIN), 0);
}

TEST(read_too_much, V_DIRECT)
{
	struct ends e;

	ends_open(&e, 4096);
	CHECK_ERR(post_one(e.p.a, post_read(1, e.stag, 0, e.sink_stag, 0,
					    HPS_DIRECT_READ_MAX + 1), 0),
		  EMSGSIZE);
	CHECK_ERR(post_one(e.p.a, post_read(1, e.stag, 0, e.sink_stag, 0,
					    UINT64_MAX), 0), EMSGSIZE);
	CHECK_ERR(post_one(e.p.a, post_read(1, e.stag, 0, e.sink_stag, 0,
					    HPS_DIRECT_READ_MAX), 0), EACCES);
}

TEST(sinks, V_DIRECT)
{
	uint32_t no_sink, foreign, gone;
	struct ends e;
	char *p = memory(4096);
	int other = new_socket();

	ends_open(&e, 4096);
	no_sink = enrol(e.p.a, p, 4096, ALL_RIGHTS);
	foreign = enrol_with(other, p, 4096, 0, HPS_DIRECT_SINK);
	gone = enrol_with(e.p.a, p, 4096, 0, HPS_DIRECT_SINK);
	deregister(e.p.a, gone);
#define READ_TO(sink, at, len)						\
	post_one(e.p.a, post_read(1, e.stag, 0, sink, at, len), 0)
	CHECK_ERR(READ_TO(0, 0, 1), EACCES);
	CHECK_ERR(READ_TO(no_sink, 0, 1), EACCES);
	CHECK_ERR(READ_TO(foreign, 0, 1), EACCES);
	CHECK_ERR(READ_TO(gone, 0, 1), EACCES);
	CHECK_ERR(READ_TO(e.stag, 0, 1), EACCES);
	CHECK_ERR(READ_TO(e.sink_stag, 0, 4097), EACCES);
	CHECK_ERR(READ_TO(e.sink_stag, 4096, 1), EACCES);
	CHECK_ERR(READ_TO(e.sink_stag, UINT64_MAX, 2), EACCES);
	CHECK_EQ(READ_TO(e.sink_stag, 0, 4096), 0);
#undef READ_TO
	queue_expect(&e.q, 1, 0);
	CHECK(is_all(p, 4096, 0));
}

/* As for any write. */
TEST(no_connection, V_DIRECT)
{
	struct hps_direct_post post = post_write(1, 1, 0);
	struct ends e;
	struct queue q;
	int fd = new_socket();
	int err;

	queue_open(&q, fd, 10);
	CHECK(send(fd, "x", 1, MSG_NOSIGNAL) < 0);
	err = errno;
	CHECK_ERR(post_one(fd, post, 1), err);
	CHECK_ERR(post_one(fd, post_add(1, 1, 0, 1), 0), err);
	ends_open(&e, 4096);
	CHECK(queue_set(e.p.lst, q.fd) == 0);
	CHECK_ERR(post_one(e.p.lst, post, 1), EPIPE);
	CHECK(shutdown(e.p.a, SHUT_WR) == 0);
	CHECK_ERR(post_one(e.p.a, post_write(1, e.stag, 0), 1), EPIPE);
	CHECK_ERR(post_one(e.p.a, post_add(1, e.stag, 0, 1), 0), EPIPE);
	CHECK_EQ(poll_now(q.fd, POLLIN), 0);
	CHECK_EQ(poll_now(e.q.fd, POLLIN), 0);
}

/* --- what the peer does not permit ------------------------------------------------- */

#define BEFORE	5000
#define WITHIN	1000
#define ALL	(2 * BEFORE + WITHIN)

static uint16_t reason_of(int fd)
{
	struct hps_info info;
	socklen_t len = sizeof(info);

	CHECK(getsockopt(fd, SOL_HPS, HPS_INFO, &info, &len) == 0);
	CHECK(len >= offsetof(struct hps_info, reason) + sizeof(info.reason));
	return info.reason;
}

/* The connection has ended, both ends know why, and @data has failed. */
static void expect_refused(struct ends *e, uint64_t data)
{
	queue_expect(&e->q, data, -EREMOTEIO);
	CHECK_EQ(poll_now(e->q.fd, POLLIN), 0);
	CHECK_EQ(reason_of(e->p.a), HPS_REASON_ACCESS);
	CHECK_EQ(reason_of(e->p.b), HPS_REASON_ACCESS);
	CHECK_ERR(send(e->p.a, "x", 1, MSG_NOSIGNAL), EREMOTEIO);
	CHECK_EQ(so_error(e->p.b), ECONNABORTED);
	CHECK(wait_for(e->p.a, POLLHUP) & POLLHUP);
	CHECK(wait_for(e->p.b, POLLHUP) & POLLHUP);
}

static void refuse(struct ends *e, struct hps_direct_post post, size_t len)
{
	post_ok(e->p.a, post, memory(len + 1), len);
	expect_refused(e, post.data);
}

/* The region is the middle of some memory, all of it the same. */
static void guarded(struct ends *e, unsigned int rights)
{
	ends_open(e, ALL);
	deregister(e->p.b, e->stag);
	memset(e->mem, 0x5a, ALL);
	e->stag = enrol(e->p.b, e->mem + BEFORE, WITHIN, rights);
}

static void untouched(const struct ends *e)
{
	CHECK(is_all(e->mem, BEFORE, 0x5a));
	CHECK(is_all(e->mem + BEFORE + WITHIN, BEFORE, 0x5a));
	CHECK(is_all(e->sink, ALL, 0));
}

static void refuse_write(unsigned int rights, uint64_t offset, size_t len)
{
	struct ends e;

	guarded(&e, rights);
	refuse(&e, post_write(7, e.stag, offset), len);
	untouched(&e);
	if (!(rights & HPS_DIRECT_REMOTE_WRITE))
		CHECK(is_all(e.mem, ALL, 0x5a));
}

static void refuse_read(unsigned int rights, uint64_t offset, size_t len)
{
	struct ends e;

	guarded(&e, rights);
	refuse(&e, post_read(7, e.stag, offset, e.sink_stag, 0, len), 0);
	untouched(&e);
	CHECK(is_all(e.mem, ALL, 0x5a));
}

static void refuse_add(unsigned int rights, uint64_t offset)
{
	struct ends e;

	guarded(&e, rights);
	refuse(&e, post_add(7, e.stag, offset, 1), 0);
	CHECK(is_all(e.mem, ALL, 0x5a));
}

TEST(write_one_too_many, V_HPS)
{
	refuse_write(ALL_RIGHTS, WITHIN - 10, 11);
}

TEST(write_one_too_many_of_all, V_DIRECT)
{
	refuse_write(ALL_RIGHTS, 0, WITHIN + 1);
}

TEST(write_behind, V_DIRECT)
{
	refuse_write(ALL_RIGHTS, WITHIN, 1);
}

TEST(write_far_behind, V_DIRECT)
{
	refuse_write(ALL_RIGHTS, 1ULL << 40, 1);
}

TEST(write_in_front, V_DIRECT)
{
	refuse_write(ALL_RIGHTS, -1ULL, 1);
}

TEST(write_wraps, V_DIRECT)
{
	refuse_write(ALL_RIGHTS, -5ULL, 10);
}

/* Its second segments wrap, whatever their size. */
TEST(write_much_wraps, V_DIRECT)
{
	refuse_write(ALL_RIGHTS, -4 * MB, 8 * MB);
}

TEST(write_much_too_much, V_DIRECT)
{
	refuse_write(ALL_RIGHTS, 0, 8 * MB);
}

TEST(write_without_right, V_HPS)
{
	refuse_write(HPS_DIRECT_REMOTE_READ | HPS_DIRECT_REMOTE_ATOMIC, 0, 8);
}

TEST(read_one_too_many, V_HPS)
{
	refuse_read(ALL_RIGHTS, WITHIN - 10, 11);
}

TEST(read_behind, V_DIRECT)
{
	refuse_read(ALL_RIGHTS, WITHIN, 1);
}

TEST(read_wraps, V_DIRECT)
{
	refuse_read(ALL_RIGHTS, -5ULL, 10);
}

TEST(read_without_right, V_HPS)
{
	refuse_read(HPS_DIRECT_REMOTE_WRITE | HPS_DIRECT_REMOTE_ATOMIC, 0, 8);
}

TEST(atomic_one_too_far, V_HPS)
{
	refuse_add(ALL_RIGHTS, WITHIN);
}

TEST(atomic_wraps, V_DIRECT)
{
	refuse_add(ALL_RIGHTS, -8ULL);
}

TEST(atomic_misaligned, V_DIRECT)
{
	refuse_add(ALL_RIGHTS, 4);
}

TEST(atomic_without_right, V_HPS)
{
	refuse_add(HPS_DIRECT_REMOTE_WRITE | HPS_DIRECT_REMOTE_READ, 0);
}

/* It is the address that counts. */
TEST(atomic_misaligned_region, V_DIRECT)
{
	struct ends e;
	uint32_t stag;

	ends_open(&e, 4096);
	stag = enrol(e.p.b, e.mem + 4, 100, ALL_RIGHTS);
	post_ok(e.p.a, post_add(1, stag, 4, 1), NULL, 0);
	queue_expect(&e.q, 1, 0);
	CHECK_EQ(e.mem[8], 1);
	refuse(&e, post_swap(2, stag, 8, 0, 1), 0);
	CHECK(is_all(e.mem + 9, 4096 - 9, 0));
}

TEST(wrong_tags, V_DIRECT)
{
	static const uint32_t wrong[] = { 0, 1, UINT32_MAX };
	struct ends e;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ends_open(&e, 4096);
		refuse(&e, post_write(1, wrong[i], 0), 1);
		pair_close(&e.p);
		ends_open(&e, 4096);
		refuse(&e, post_read(1, e.stag ^ (1 << i), 0, e.sink_stag, 0, 1),
		       0);
		pair_close(&e.p);
		ends_open(&e, 4096);
		refuse(&e, post_add(1, e.stag ^ (0x10000 << i), 0, 1), 0);
		pair_close(&e.p);
	}
}

/* A sink is not for peers, nor is what the asking end itself has registered. */
TEST(sink_is_not_for_peers, V_DIRECT)
{
	struct ends e;
	uint32_t stag;

	ends_open(&e, 4096);
	stag = enrol_with(e.p.b, e.mem, 4096, 0, HPS_DIRECT_SINK);
	refuse(&e, post_write(1, stag, 0), 1);
	pair_close(&e.p);
	ends_open(&e, 4096);
	refuse(&e, post_write(1, e.sink_stag, 0), 1);
	CHECK(is_all(e.sink, 4096, 0));
	CHECK(is_all(e.mem, 4096, 0));
}

TEST(region_of_another_domain, V_HPS)
{
	char *p = memory(4096);
	struct ends e;
	uint32_t stag;

	ends_open(&e, 4096);
	stag = enrol(new_socket(), p, 4096, ALL_RIGHTS);
	refuse(&e, post_write(1, stag, 0), 1);
	CHECK(is_all(p, 4096, 0));
}

/* The peer's end has registered nothing, and so has no domain. */
TEST(no_domain, V_DIRECT)
{
	struct ends e;
	uint32_t stag;

	pair_open(&e.p);
	queue_open(&e.q, e.p.a, 10);
	stag = enrol(new_socket(), memory(4096), 4096, ALL_RIGHTS);
	refuse(&e, post_write(1, stag, 0), 1);
}

TEST(region_of_another_connection, V_HPS)
{
	struct ends mine, other;
	uint32_t stag;

	ends_open(&mine, 4096);
	pair_open(&other.p);
	CHECK(try_domain(other.p.b, mine.p.b) == 0);
	queue_open(&other.q, other.p.a, 10);
	stag = enrol_with(mine.p.b, mine.mem, 4096, ALL_RIGHTS,
			  HPS_DIRECT_ONLY);
	/* of the domain */
	post_ok(other.p.a, post_write(1, mine.stag, 0), "o", 1);
	queue_expect(&other.q, 1, 0);
	refuse(&other, post_write(2, stag, 1), 1);
	post_ok(mine.p.a, post_write(3, stag, 2), "m", 1);
	queue_expect(&mine.q, 3, 0);
	CHECK(!memcmp(mine.mem, "o\0m", 3));
}

TEST(region_has_gone, V_HPS)
{
	struct ends e;

	ends_open(&e, 4096);
	post_ok(e.p.a, post_write(1, e.stag, 0), "x", 1);
	queue_expect(&e.q, 1, 0);
	deregister(e.p.b, e.stag);
	refuse(&e, post_write(2, e.stag, 0), 1);
	CHECK_EQ(e.mem[0], 'x');
}

/* --- what has to wait --------------------------------------------------------------- */

#define ANSWER	(4 * MB)

/**
 * struct hold - a peer whose answers wait
 * @e:		the connection; what the peer wrote is not read
 * @unread:	so much
 */
struct hold {
	struct ends	e;
	long		unread;
};

static void hold_open(struct hold *h)
{
	pair_open_small(&h->e.p, 100000, 100000);
	ends_register(&h->e, ANSWER);
	h->unread = fill(h->e.p.b);
}

static struct hps_direct_post long_read(const struct hold *h, uint64_t data)
{
	return post_read(data, h->e.stag, 0, h->e.sink_stag, 0, ANSWER);
}

static void hold_reads(struct hold *h, int n)
{
	int i;

	for (i = 0; i < n; i++)
		CHECK_EQ(post_one(h->e.p.a, long_read(h, i), 0), 0);
	wait_out_queue_empty(h->e.p.a);
	CHECK_EQ(poll_now(h->e.q.fd, POLLIN), 0);
}

static void hold_drain(struct hold *h)
{
	recv_pattern(h->e.p.a, h->unread, 0);
}

static void expect_range(struct hold *h, int from, int to, int status)
{
	for (; from < to; from++)
		queue_expect(&h->e.q, from, status);
}

TEST(answer_waits_for_reader, V_DIRECT)
{
	struct hold h;

	hold_open(&h);
	pattern(h.e.mem, ANSWER, 0);
	hold_reads(&h, 3);
	hold_drain(&h);
	expect_range(&h, 0, 3, 0);
	CHECK(pattern_ok(h.e.sink, ANSWER, 0));
	CHECK(is_idle(h.e.p.a) && is_idle(h.e.p.b));
}

TEST(sink_goes_while_answer_waits, V_DIRECT)
{
	struct hold h;

	hold_open(&h);
	memset(h.e.mem, 1, ANSWER);
	hold_reads(&h, 2);
	deregister(h.e.p.a, h.e.sink_stag);
	hold_drain(&h);
	expect_range(&h, 0, 2, -ECANCELED);
	CHECK(is_all(h.e.sink, ANSWER, 0));
	/* and the connection goes on */
	send_pattern(h.e.p.b, 1000, 0);
	recv_pattern(h.e.p.a, 1000, 0);
	post_ok(h.e.p.a, post_write(9, h.e.stag, 0), "x", 1);
	queue_expect(&h.e.q, 9, 0);
}

/* What was asked for rightly is not there any more when its turn comes. */
TEST(region_goes_while_answer_waits, V_DIRECT)
{
	struct hold h;

	hold_open(&h);
	hold_reads(&h, 1);
	deregister(h.e.p.b, h.e.stag);
	CHECK(munmap(h.e.mem, ANSWER) == 0);
	hold_drain(&h);
	expect_refused(&h.e, 0);
}

/* Those before it fail with it. */
TEST(flushed_with_its_status, V_DIRECT)
{
	struct hold h;

	hold_open(&h);
	hold_reads(&h, 5);
	post_ok(h.e.p.a, post_write(5, 0, 0), "x", 1);
	expect_range(&h, 0, 5, -EREMOTEIO);
	expect_refused(&h.e, 5);
}

static void on_alarm(int sig)
{
	(void)sig;
}

TEST(too_many_requests, V_DIRECT)
{
	struct itimerval soon = { .it_value.tv_usec = 50000,
				  .it_interval.tv_usec = 50000 };
	struct sigaction sa = { .sa_handler = on_alarm };
	struct hps_direct_post post;
	struct hold h;
	int n = HPS_DIRECT_REQUESTS;

	hold_open(&h);
	hold_reads(&h, n);
	post = long_read(&h, n);
	CHECK_ERR(try_post(h.e.p.a, &post, NULL, 0, MSG_DONTWAIT), EAGAIN);
	set_timeout(h.e.p.a, SO_SNDTIMEO, 30);
	CHECK_ERR(try_post(h.e.p.a, &post, NULL, 0, 0), EAGAIN);
	set_timeout(h.e.p.a, SO_SNDTIMEO, 0);
	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
	CHECK_ERR(try_post(h.e.p.a, &post, NULL, 0, 0), EINTR);
	soon = (struct itimerval) {};
	CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
	/* what asks for no answer does not wait */
	CHECK_EQ(post_one(h.e.p.a, post_write(n, h.e.stag, 0), 1), 1);
	hold_drain(&h);
	expect_range(&h, 0, n + 1, 0);
	CHECK_EQ(try_post(h.e.p.a, &post, NULL, 0, MSG_DONTWAIT), 0);
	queue_expect(&h.e.q, n, 0);
}

static void *post_and_wait(void *arg)
{
	const struct hold *h = arg;

	post_ok(h->e.p.a, post_add(HPS_DIRECT_REQUESTS, h->e.stag, 0, 1), NULL,
		0);
	return NULL;
}

TEST(one_more_request_waits, V_DIRECT)
{
	struct hold h;
	pthread_t t;

	hold_open(&h);
	hold_reads(&h, HPS_DIRECT_REQUESTS);
	CHECK(!pthread_create(&t, NULL, post_and_wait, &h));
	usleep(50000);
	hold_drain(&h);
	expect_range(&h, 0, HPS_DIRECT_REQUESTS + 1, 0);
	CHECK(!pthread_join(t, NULL));
	CHECK_EQ(h.e.mem[0], 1);
}

static void *post_one_more(void *arg)
{
	const struct hold *h = arg;

	post_ok(h->e.p.a, post_write(HPS_DIRECT_DEPTH, h->e.stag, 0), "y", 1);
	return NULL;
}

TEST(too_deep, V_DIRECT)
{
	struct hps_direct_completion c;
	struct hold h;
	pthread_t t;
	int i;

	hold_open(&h);
	hold_reads(&h, 1);
	for (i = 1; i < HPS_DIRECT_DEPTH; i++)
		post_ok(h.e.p.a, post_write(i, h.e.stag, 0), "x", 1);
	CHECK_ERR(post_one(h.e.p.a, post_write(i, h.e.stag, 0), 1), EAGAIN);
	CHECK_ERR(post_one(h.e.p.a, post_add(i, h.e.stag, 0, 1), 0), EAGAIN);
	CHECK(!pthread_create(&t, NULL, post_one_more, &h));
	hold_drain(&h);
	/* The queue has room for so many: it may be refused for that, not here. */
	for (i = 0; i < HPS_DIRECT_DEPTH; i++) {
		c = queue_take(&h.e.q);
		CHECK_EQ(c.data, i);
		CHECK_EQ(c.status, 0);
	}
	CHECK(!pthread_join(t, NULL));
	queue_expect(&h.e.q, HPS_DIRECT_DEPTH, 0);
}

/* --- ends --------------------------------------------------------------------------- */

/* Each operation completes once; @n of them, in order, with status @a or @b, and writes
 * that were carried out meanwhile with 0.
 */
static void expect_ended(struct hold *h, int n, int a, int b)
{
	struct hps_direct_completion c;
	int i;

	for (i = 0; i < n; i++) {
		c = queue_take(&h->e.q);
		CHECK_EQ(c.data, i);
		if (c.op == HPS_DIRECT_WRITE && !c.status)
			continue;
		CHECK(c.status == a || c.status == b);
		CHECK_EQ(c.len, 0);
	}
	usleep(10000);
	CHECK_EQ(poll_now(h->e.q.fd, POLLIN), 0);
}

/* Three reads, three writes and an atomic operation that do not complete. */
static void hold_some(struct hold *h)
{
	int i;

	hold_open(h);
	hold_reads(h, 3);
	for (i = 3; i < 6; i++)
		post_ok(h->e.p.a, post_write(i, h->e.stag, 0), "x", 1);
	post_ok(h->e.p.a, post_add(6, h->e.stag, 0, 1), NULL, 0);
}

TEST(closed_with_operations, V_HPS)
{
	struct hold h;

	hold_some(&h);
	close(h.e.p.a);
	expect_ended(&h, 7, -ECANCELED, -ECANCELED);
}

TEST(closed_by_peer, V_HPS)
{
	struct hold h;

	hold_some(&h);
	close(h.e.p.b);
	hold_drain(&h);
	recv_eof(h.e.p.a);
	expect_ended(&h, 7, -ECONNRESET, -EPIPE);
}

TEST(reset_by_peer, V_HPS)
{
	struct linger now = { .l_onoff = 1 };
	struct hold h;

	hold_some(&h);
	CHECK(setsockopt(h.e.p.b, SOL_SOCKET, SO_LINGER, &now,
			 sizeof(now)) == 0);
	close(h.e.p.b);
	expect_ended(&h, 7, -ECONNRESET, -ECONNRESET);
}

static void stay(void *arg)
{
	const struct ends *e = arg;

	close(e->p.a);
	pause();
}

TEST(peer_is_killed, V_DIRECT)
{
	struct hold h;
	pid_t pid;

	hold_some(&h);
	pid = child(stay, &h.e);
	close(h.e.p.b);
	CHECK(kill(pid, SIGKILL) == 0);
	hold_drain(&h);
	recv_eof(h.e.p.a);
	expect_ended(&h, 7, -ECONNRESET, -EPIPE);
}

TEST(post_after_peer_closed, V_DIRECT)
{
	struct hps_direct_completion c;
	struct ends e;

	ends_open(&e, 4096);
	close(e.p.b);
	recv_eof(e.p.a);
	CHECK_ERR(post_one(e.p.a, post_add(1, e.stag, 0, 1), 0), EPIPE);
	if (post_one(e.p.a, post_write(2, e.stag, 0), 1) != 1) {
		CHECK_EQ(errno, EPIPE);
		return;
	}
	c = queue_take(&e.q);
	CHECK_EQ(c.data, 2);
	CHECK(c.status == -EPIPE || c.status == -ECONNRESET);
	CHECK(is_all(e.mem, 4096, 0));
}

TEST(answer_comes_after_shutdown, V_DIRECT)
{
	struct hold h;

	hold_open(&h);
	memset(h.e.mem, 1, ANSWER);
	hold_reads(&h, 2);
	CHECK(shutdown(h.e.p.a, SHUT_WR) == 0);
	hold_drain(&h);
	expect_range(&h, 0, 2, 0);
	CHECK(is_all(h.e.sink, ANSWER, 1));
	recv_eof(h.e.p.b);
	CHECK(shutdown(h.e.p.b, SHUT_WR) == 0);
	recv_eof(h.e.p.a);
}

TEST(answer_goes_before_the_end, V_DIRECT)
{
	struct hold h;

	hold_open(&h);
	memset(h.e.mem, 1, ANSWER);
	hold_reads(&h, 2);
	CHECK(shutdown(h.e.p.b, SHUT_WR) == 0);
	hold_drain(&h);
	expect_range(&h, 0, 2, 0);
	CHECK(is_all(h.e.sink, ANSWER, 1));
	recv_eof(h.e.p.a);
	/* writes need no answer */
	post_ok(h.e.p.a, post_write(2, h.e.stag, 0), "x", 1);
	queue_expect(&h.e.q, 2, 0);
	CHECK_EQ(h.e.mem[0], 'x');
}

static void *shut_down(void *fd)
{
	CHECK(shutdown(*(int *)fd, SHUT_WR) == 0);
	return NULL;
}

/* The peer's program has ended its direction, which an answer would need. */
TEST(request_meets_the_end, V_DIRECT)
{
	struct hps_direct_completion c;
	struct ends e;
	pthread_t t;
	int i, n;

	for (i = 0; i < (on_debug_kernel() ? 10 : 100); i++) {
		ends_open(&e, 4096);
		CHECK(!pthread_create(&t, NULL, shut_down, &e.p.b));
		for (n = 0; post_one(e.p.a, post_add(n, e.stag, 0, 1), 0) == 0;)
			queue_expect(&e.q, n++, 0);
		CHECK(errno == EPIPE || errno == ECONNRESET ||
		      errno == ECONNABORTED);
		CHECK(!queue_try(&e.q, &c));
		CHECK(!pthread_join(t, NULL));
		queue_close(&e.q);
		pair_close(&e.p);
	}
}

TEST(before_accept, V_HPS)
{
	char *mem = memory(4096);
	struct queue q;
	struct pair p;
	uint32_t stag;

	p.lst = listener(8);
	stag = enrol(p.lst, mem, 4096, ALL_RIGHTS);
	p.a = connected_to(port_of(p.lst));
	queue_open(&q, p.a, 10);
	post_ok(p.a, post_write(1, stag, 0), "early", 5);
	queue_expect(&q, 1, 0);
	CHECK(!memcmp(mem, "early", 5));
	post_ok(p.a, post_add(2, stag, 8, 1), NULL, 0);
	queue_expect(&q, 2, 0);
	send_pattern(p.a, 100, 0);
	p.b = accept(p.lst, NULL, NULL);
	CHECK(p.b >= 0);
	post_ok(p.a, post_write(3, stag, 16), "late", 4);
	queue_expect(&q, 3, 0);
	CHECK(!memcmp(mem + 16, "late", 4));
	recv_pattern(p.b, 100, 0);
}
