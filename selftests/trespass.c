// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 240
 *
 * One-sided operations that are refused, by this end or by the peer.
 */
#include "pair.h"
#include "post.h"

/* --- what cannot be posted -------------------------------------------------------- */

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
		if (op < HPS_DIRECT_WRITE ||
		    (op > HPS_DIRECT_ADD && op != HPS_DIRECT_INVALIDATE))
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

static void refuse(struct ends *e, struct hps_direct_post post, size_t len)
{
	ssize_t n = try_post(e->p.a, &post, memory(len + 1), len, 0);

	/* It may end in the middle of a long one. */
	CHECK(n == (ssize_t)len || (n > 0 && len > MB));
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

#define MAY_INVALIDATE	(ALL_RIGHTS | HPS_DIRECT_REMOTE_INVALIDATE)

/* Returns the tag of a region that the peer has invalidated. */
static uint32_t invalidated(struct ends *e)
{
	uint32_t stag;

	ends_open(e, 4096);
	stag = enrol_with(e->p.b, e->mem, 4096, MAY_INVALIDATE, HPS_DIRECT_ONLY);
	post_ok(e->p.a, post_invalidate(1, stag), NULL, 0);
	queue_expect(&e->q, 1, 0);
	return stag;
}

TEST(region_was_invalidated, V_HPS)
{
	struct ends e;
	uint32_t stag = invalidated(&e);

	refuse(&e, post_write(2, stag, 0), 1);
	CHECK(is_all(e.mem, 4096, 0));
}

TEST(invalidated_twice, V_HPS)
{
	struct ends e;
	uint32_t stag = invalidated(&e);

	refuse(&e, post_invalidate(2, stag), 0);
}

TEST(invalidate_without_right, V_HPS)
{
	struct ends e;

	ends_open(&e, 4096);
	refuse(&e, post_invalidate(1, e.stag), 0);
	deregister(e.p.b, e.stag);
}

TEST(invalidate_is_for_one_connection, V_DIRECT)
{
	struct hps_direct_post post;
	struct hps_direct_region r;
	struct ends e;

	ends_open(&e, 4096);
	r = region(e.mem, 4096, MAY_INVALIDATE);
	CHECK_ERR(try_register(e.p.b, &r), EINVAL);
	post = post_invalidate(1, e.stag);
	post.offset = 1;
	CHECK_ERR(try_post(e.p.a, &post, NULL, 0, 0), EINVAL);
	post = post_invalidate(1, e.stag);
	CHECK_ERR(try_post(e.p.a, &post, "x", 1, 0), EINVAL);
}
