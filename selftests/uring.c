// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 *
 * io_uring: send, recv, sends without a copy, and poll of a completion queue, without
 * any library.
 */
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "pair.h"
#include "post.h"

#define ENTRIES	64
#define LARGE	65536

static char buf[8 * LARGE];

/* One ring; what is queued goes with the next uring_wait(). */
static struct {
	int			fd;
	unsigned int		*sq_tail, *sq_mask, *cq_head, *cq_tail, *cq_mask;
	unsigned int		queued;
	struct io_uring_sqe	*sqes;
	struct io_uring_cqe	*cqes;
} ring;

struct result {
	uint64_t	user_data;
	int		res;
	unsigned int	flags;
};

static void *map(size_t len, off_t what)
{
	void *m = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, ring.fd, what);

	CHECK(m != MAP_FAILED);
	return m;
}

static void uring_open(void)
{
	struct io_uring_params p = {};
	unsigned int *array, i;
	char *sq, *cq;

	ring.fd = syscall(__NR_io_uring_setup, ENTRIES, &p);
	if (ring.fd < 0 && errno == ENOSYS)
		test_skip("no io_uring");
	CHECK(ring.fd >= 0);
	sq = map(p.sq_off.array + p.sq_entries * sizeof(int), IORING_OFF_SQ_RING);
	cq = map(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		 IORING_OFF_CQ_RING);
	ring.sqes = map(p.sq_entries * sizeof(struct io_uring_sqe),
			IORING_OFF_SQES);
	ring.sq_tail = (void *)(sq + p.sq_off.tail);
	ring.sq_mask = (void *)(sq + p.sq_off.ring_mask);
	ring.cq_head = (void *)(cq + p.cq_off.head);
	ring.cq_tail = (void *)(cq + p.cq_off.tail);
	ring.cq_mask = (void *)(cq + p.cq_off.ring_mask);
	ring.cqes = (void *)(cq + p.cq_off.cqes);
	array = (void *)(sq + p.sq_off.array);
	for (i = 0; i < p.sq_entries; i++)
		array[i] = i;
}

static struct io_uring_sqe *queue(int op, int fd, void *addr, unsigned int len,
				  uint64_t data)
{
	unsigned int tail = *ring.sq_tail;
	struct io_uring_sqe *e = &ring.sqes[tail & *ring.sq_mask];

	memset(e, 0, sizeof(*e));
	e->opcode = op;
	e->fd = fd;
	e->addr = (uintptr_t)addr;
	e->len = len;
	e->user_data = data;
	__atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
	ring.queued++;
	return e;
}

/* Hands over what is queued, and waits until there are @least results. */
static void enter(unsigned int least)
{
	int n = syscall(__NR_io_uring_enter, ring.fd, ring.queued, least,
			IORING_ENTER_GETEVENTS, NULL, 0);

	CHECK(n >= 0);
	ring.queued -= n;
}

static bool has_cqe(void)
{
	return *ring.cq_head != __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE);
}

static struct result next_cqe(void)
{
	struct io_uring_cqe *c;
	struct result e;

	while (!has_cqe())
		enter(1);
	c = &ring.cqes[*ring.cq_head & *ring.cq_mask];
	e = (struct result) { c->user_data, c->res, c->flags };
	__atomic_store_n(ring.cq_head, *ring.cq_head + 1, __ATOMIC_RELEASE);
	return e;
}

TEST(send_and_recv, V_ALL)
{
	struct result e;
	struct pair p;
	int i;

	uring_open();
	pair_open(&p);
	pattern(buf, 1000, 0);
	for (i = 0; i < 20; i++) {
		/* The read waits first. */
		queue(IORING_OP_RECV, p.b, buf + LARGE, 1000, 1)->msg_flags =
			MSG_WAITALL;
		queue(IORING_OP_SEND, p.a, buf, 1000, 2);
		e = next_cqe();
		CHECK_EQ(e.res, 1000);
		e = next_cqe();
		CHECK_EQ(e.res, 1000);
		CHECK(pattern_ok(buf + LARGE, 1000, 0));
		memset(buf + LARGE, 0, 1000);
	}
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	queue(IORING_OP_RECV, p.b, buf, 1000, 3);
	e = next_cqe();
	CHECK_EQ(e.res, 0);
}

/* A write larger than the send buffer goes on by itself. */
TEST(large_send, V_STREAM)
{
	struct result e;
	struct pair p;
	pid_t pid;

	uring_open();
	pair_open_small(&p, 32768, 32768);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		recv_pattern(p.b, sizeof(buf), 0);
		_exit(0);
	}
	pattern(buf, sizeof(buf), 0);
	queue(IORING_OP_SEND, p.a, buf, sizeof(buf), 1)->msg_flags = MSG_WAITALL;
	e = next_cqe();
	CHECK_EQ(e.res, (long long)sizeof(buf));
	reap(pid);
}

/* Two results for each call: what was taken, and that the buffer is free. */
TEST(send_zc, V_ALL)
{
	unsigned int i, results = 0, free_again = 0, notes = 0;
	struct result e;
	struct pair p;

	uring_open();
	pair_open(&p);
	pattern(buf, sizeof(buf), 0);
	for (i = 0; i < 8; i++) {
		queue(IORING_OP_SEND_ZC, p.a, buf + i * LARGE, LARGE, i);
		do {
			e = next_cqe();
			CHECK(e.user_data < 8);
			if (e.flags & IORING_CQE_F_NOTIF) {
				free_again++;
				continue;
			}
			if (e.res == -EINVAL)
				test_skip("no IORING_OP_SEND_ZC");
			CHECK_EQ(e.res, LARGE);
			notes += !!(e.flags & IORING_CQE_F_MORE);
			results++;
		} while (results <= i);
		recv_pattern(p.b, LARGE, (uint64_t)i * LARGE);
	}
	CHECK_EQ(notes, 8);
	while (free_again < notes) {
		e = next_cqe();
		CHECK(e.flags & IORING_CQE_F_NOTIF);
		free_again++;
	}
}

TEST(send_zc_from_registered_memory, V_STREAM)
{
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct result e;
	unsigned int i, open = 0;
	struct pair p;
	pid_t pid;

	uring_open();
	if (syscall(__NR_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS,
		    &iov, 1))
		test_skip("no registered memory");
	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		recv_pattern(p.b, 32 * LARGE, 0);
		_exit(0);
	}
	for (i = 0; i < 32; i++) {
		struct io_uring_sqe *s;

		/* Each piece anew: nothing of it may be under way any more. */
		pattern(buf + 100, LARGE, (uint64_t)i * LARGE);
		s = queue(IORING_OP_SEND_ZC, p.a, buf + 100, LARGE, i);
		s->ioprio = IORING_RECVSEND_FIXED_BUF;
		s->msg_flags = MSG_WAITALL;
		do {
			e = next_cqe();
			if (e.flags & IORING_CQE_F_NOTIF) {
				open--;
			} else {
				CHECK_EQ(e.res, LARGE);
				open += !!(e.flags & IORING_CQE_F_MORE);
			}
		} while (open || e.user_data != i);
		memset(buf + 100, 0xdb, LARGE);
	}
	reap(pid);
}

TEST(closed_with_send_zc_under_way, V_ALL)
{
	struct linger now = { .l_onoff = 1 };
	unsigned int results = 0, expected = 0;
	struct result e;
	struct pair p;
	int i;

	uring_open();
	pair_open(&p);
	for (i = 0; i < 8; i++)
		queue(IORING_OP_SEND_ZC, p.a, buf, LARGE, i)->msg_flags =
			MSG_DONTWAIT;
	while (results < 8) {
		e = next_cqe();
		if (e.flags & IORING_CQE_F_NOTIF) {
			expected--;
			continue;
		}
		results++;
		expected += !!(e.flags & IORING_CQE_F_MORE);
	}
	CHECK(setsockopt(p.a, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	close(p.a);
	close(p.b);
	while (expected--) {
		e = next_cqe();
		CHECK(e.flags & IORING_CQE_F_NOTIF);
	}
}

/* --- completions of operations ---------------------------------------------- */

static void write_octet(struct ends *e, uint64_t data)
{
	post_ok(e->p.a, post_write(data, e->stag, data), "x", 1);
}

/* No result now, nor any that only has to be fetched. */
static void no_cqe(void)
{
	enter(0);
	CHECK(!has_cqe());
}

static void polled(uint64_t data, unsigned int flags)
{
	struct result r = next_cqe();

	CHECK_EQ(r.user_data, data);
	CHECK_EQ(r.res, POLLIN);
	CHECK_EQ(r.flags, flags);
}

/* Each request has one result, when a completion is there. */
TEST(poll_of_completions, V_HPS)
{
	struct ends e;
	int i;

	uring_open();
	ends_open(&e, 4096);
	for (i = 0; i < 20; i++) {
		queue(IORING_OP_POLL_ADD, e.q.fd, NULL, 0, i)->poll32_events =
			POLLIN;
		no_cqe();
		write_octet(&e, 2 * i);
		polled(i, 0);
		queue_expect(&e.q, 2 * i, 0);
		write_octet(&e, 2 * i + 1);
		queue_expect(&e.q, 2 * i + 1, 0);
		no_cqe();
	}
	/* one that is there already */
	write_octet(&e, 100);
	CHECK_EQ(wait_for(e.q.fd, POLLIN), POLLIN);
	queue(IORING_OP_POLL_ADD, e.q.fd, NULL, 0, 7)->poll32_events = POLLIN;
	polled(7, 0);
	no_cqe();
}

/* One request, a result for each completion. */
TEST(poll_of_completions_goes_on, V_HPS)
{
	struct ends e;
	int i;

	uring_open();
	ends_open(&e, 4096);
	queue(IORING_OP_POLL_ADD, e.q.fd, NULL, IORING_POLL_ADD_MULTI, 9)
		->poll32_events = POLLIN;
	for (i = 0; i < 20; i++) {
		no_cqe();
		write_octet(&e, i);
		polled(9, IORING_CQE_F_MORE);
		queue_expect(&e.q, i, 0);
	}
	/* It waits still when the queue is nobody's any more. */
	queue_close(&e.q);
	pair_close(&e.p);
	no_cqe();
}
