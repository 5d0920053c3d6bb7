// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 400
 *
 * One-sided operations that have to wait, or that do not come to their end.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "pair.h"
#include "post.h"

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

/* What was asked for rightly is not there any more when its turn comes. The peer
 * says so behind what is still read here, little by little.
 */
TEST(region_goes_while_answer_waits, V_DIRECT)
{
	struct hold h;
	char buf[1000];

	hold_open(&h);
	hold_reads(&h, 1);
	deregister(h.e.p.b, h.e.stag);
	CHECK(munmap(h.e.mem, ANSWER) == 0);
	while (recv(h.e.p.a, buf, sizeof(buf), 0) > 0)
		usleep(1000);
	CHECK_EQ(errno, EREMOTEIO);
	queue_expect(&h.e.q, 0, -EREMOTEIO);
	CHECK(is_all(h.e.sink, ANSWER, 0));
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
	for (i = 0; i < HPS_DIRECT_DEPTH; i++) {
		c = queue_take(&h.e.q);
		CHECK_EQ(c.data, i);
		CHECK_EQ(c.status, 0);
	}
	CHECK(!pthread_join(t, NULL));
	queue_expect(&h.e.q, HPS_DIRECT_DEPTH, 0);
}

/* The answer has to wait; that it is the owner's again does not. */
TEST(invalidated_before_its_answer, V_DIRECT)
{
	struct hps_direct_post post;
	struct hold h;
	uint32_t stag;
	char c;

	hold_open(&h);
	stag = enrol_with(h.e.p.b, h.e.mem, ANSWER,
			  ALL_RIGHTS | HPS_DIRECT_REMOTE_INVALIDATE,
			  HPS_DIRECT_ONLY);
	post_ok(h.e.p.a, post_invalidate(1, stag), NULL, 0);
	CHECK_EQ(send(h.e.p.a, "m", 1, 0), 1);
	CHECK_EQ(recv(h.e.p.b, &c, 1, 0), 1);
	CHECK_EQ(poll_now(h.e.q.fd, POLLIN), 0);
	post = post_write(2, stag, 0);
	CHECK_EQ(try_post(h.e.p.a, &post, "x", 1, 0), 1);
	wait_for(h.e.p.b, POLLHUP);
	CHECK_EQ(h.e.mem[0], 0);
}

TEST(invalidate_with_reads_under_way, V_DIRECT)
{
	struct hps_direct_post post;
	struct hold h;

	hold_open(&h);
	hold_reads(&h, 1);
	post = post_invalidate(1, h.e.stag);
	CHECK_ERR(try_post(h.e.p.a, &post, NULL, 0, 0), EBUSY);
	hold_drain(&h);
	expect_range(&h, 0, 1, 0);
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
	/* Until it has died it answers. */
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
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

/* The peer's program ends its direction, which an answer would need. */
static void meet_the_end(struct ends *e)
{
	struct hps_direct_completion c = { .status = 0 };
	int n;

	for (n = 0; !c.status; n++) {
		if (post_one(e->p.a, post_add(n, e->stag, 0, 1), 0))
			break;
		c = queue_take(&e->q);
		CHECK_EQ(c.data, n);
	}
	if (c.status) {
		/* They met on the way. */
		CHECK(c.status == -ECONNRESET || c.status == -EPIPE);
		CHECK(post_one(e->p.a, post_add(n, e->stag, 0, 1), 0) < 0);
	}
	if (errno != EPIPE && errno != ECONNRESET)
		test_fail(__FILE__, __LINE__, "n %d status %d", n, c.status);
	CHECK(!queue_try(&e->q, &c));
}

TEST(request_meets_the_end, V_DIRECT)
{
	struct ends e;
	pthread_t t;
	int i;

	for (i = 0; i < (on_debug_kernel() ? 10 : 100); i++) {
		ends_open(&e, 4096);
		CHECK(!pthread_create(&t, NULL, shut_down, &e.p.b));
		meet_the_end(&e);
		CHECK(!pthread_join(t, NULL));
		queue_close(&e.q);
		pair_close(&e.p);
	}
}
