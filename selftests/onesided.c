// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 400
 *
 * One-sided operations: what they do to the peer's memory, in which order they complete.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "notify.h"
#include "pair.h"
#include "post.h"

/* --- writes ---------------------------------------------------------------------- */

TEST(write_small, V_HPS)
{
	struct hps_direct_completion c;
	struct ends e;

	ends_open(&e, 8192);
	post_ok(e.p.a, post_write(4711, e.stag, 4090), "one-sided", 9);
	c = queue_take(&e.q);
	CHECK_EQ(c.data, 4711);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.len, 9);
	CHECK_EQ(c.op, HPS_DIRECT_WRITE);
	CHECK(!memcmp(e.mem + 4090, "one-sided", 9));
	CHECK(is_all(e.mem, 4090, 0));
	CHECK(is_all(e.mem + 4099, 8192 - 4099, 0));
	CHECK(is_idle(e.p.b) && is_idle(e.p.a));
}

static void write_large(size_t len, size_t offset)
{
	struct hps_direct_completion c;
	struct ends e;

	ends_open(&e, len + 2 * offset);
	post_ok(e.p.a, post_write(1, e.stag, offset), pattern_of(len, 5), len);
	c = queue_take(&e.q);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.len, len);
	CHECK(pattern_ok(e.mem + offset, len, 5));
	CHECK(is_all(e.mem, offset, 0));
	CHECK(is_all(e.mem + offset + len, offset, 0));
	CHECK(is_idle(e.p.b));
}

TEST(write_whole_region, V_HPS)
{
	write_large(8 * MB, 0);
}

TEST(write_at_odd_places, V_DIRECT)
{
	write_large(8 * MB - 12345, 4097);
}

TEST(write_nothing, V_DIRECT)
{
	struct hps_direct_completion c;
	struct ends e;

	ends_open(&e, 100);
	post_ok(e.p.a, post_write(1, e.stag, 100), NULL, 0);
	c = queue_take(&e.q);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.len, 0);
	CHECK(is_idle(e.p.b));
	send_pattern(e.p.a, 100, 0);
	recv_pattern(e.p.b, 100, 0);
}

TEST(write_nothing_behind_data, V_DIRECT)
{
	struct ends e;

	ends_open(&e, 100);
	send_pattern(e.p.a, 1000, 0);
	post_ok(e.p.a, post_write(1, e.stag, 0), NULL, 0);
	queue_expect(&e.q, 1, 0);
	recv_pattern(e.p.b, 1000, 0);
}

TEST(silent, V_DIRECT)
{
	struct hps_direct_post post;
	struct ends e;
	int i;

	ends_open(&e, 4096);
	for (i = 0; i < 100; i++) {
		post = post_write(i, e.stag, i);
		post.flags = i % 10 == 9 ? 0 : HPS_DIRECT_SILENT;
		post_ok(e.p.a, post, &i, 1);
	}
	post = post_add(1000, e.stag, 1024, 5);
	post.flags = HPS_DIRECT_SILENT;
	post_ok(e.p.a, post, NULL, 0);
	post = post_read(1001, e.stag, 0, e.sink_stag, 0, 4096);
	post.flags = HPS_DIRECT_SILENT;
	post_ok(e.p.a, post, NULL, 0);
	post_ok(e.p.a, post_write(2000, e.stag, 4000), "", 1);
	for (i = 9; i < 100; i += 10)
		queue_expect(&e.q, i, 0);
	queue_expect(&e.q, 2000, 0);
	CHECK_EQ(poll_now(e.q.fd, POLLIN), 0);
	for (i = 0; i < 100; i++)
		CHECK(e.mem[i] == i && e.sink[i] == i);
	CHECK_EQ(e.mem[1024], 5);
	CHECK_EQ(e.sink[1024], 5);
}

TEST(silent_without_queue, V_DIRECT)
{
	struct hps_direct_post post;
	struct pair p;
	char *mem = memory(4096);
	char c;

	pair_open(&p);
	post = post_write(1, enrol(p.b, mem, 4096, ALL_RIGHTS), 10);
	post.flags = HPS_DIRECT_SILENT;
	post_ok(p.a, post, "hps", 3);
	send_pattern(p.a, 1, 0);
	CHECK_EQ(recv(p.b, &c, 1, 0), 1);
	CHECK(!memcmp(mem + 10, "hps", 3));
}

TEST(receiver_is_not_woken, V_DIRECT)
{
	struct ends e;
	int i;

	ends_open(&e, MB);
	for (i = 0; i < 20; i++) {
		post_ok(e.p.a, post_write(i, e.stag, 0), pattern_of(MB, i), MB);
		queue_expect(&e.q, i, 0);
		CHECK(is_idle(e.p.b));
	}
	set_timeout(e.p.b, SO_RCVTIMEO, 50);
	CHECK_ERR(recv(e.p.b, &i, 1, 0), EAGAIN);
	send_pattern(e.p.a, 1000, 0);
	wait_for(e.p.b, POLLIN);
	recv_pattern(e.p.b, 1000, 0);
}

/* All of it goes as pages of the program: only the delivery on this machine copies. */
TEST(write_zerocopy, V_DIRECT)
{
	long long pages = counter("HpsZeroCopyOctets");
	long long copied = counter("HpsZeroCopyCopied");
	struct notice n = {};
	struct ends e;
	int one = 1, i;
	char *from;

	ends_open(&e, 4 * MB);
	if (setsockopt(e.p.a, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one))) {
		/* Kernels before 6.7 do not ask the protocol. */
		CHECK_EQ(errno, EOPNOTSUPP);
		return;
	}
	for (i = 0; i < 8; i++) {
		struct hps_direct_post post = post_write(i, e.stag, 100 * i);
		size_t len = 3 * MB - i;

		from = pattern_of(len, i);
		CHECK_EQ(try_post(e.p.a, &post, from, len, MSG_ZEROCOPY), len);
		pages += len;
		CHECK_EQ(counter("HpsZeroCopyOctets"), pages);
		CHECK_EQ(counter("HpsZeroCopyCopied"), copied);
		queue_expect(&e.q, i, 0);
		CHECK(pattern_ok(e.mem + 100 * i, len, i));
		/* Nobody uses it any more when that is told. */
		while (notice_next(e.p.a, &n) != 1)
			wait_for(e.p.a, POLLERR);
		CHECK_EQ(n.lo, i);
		CHECK_EQ(n.hi, i);
		CHECK(n.copied);
		memset(from, 0xee, len);
		CHECK(pattern_ok(e.mem + 100 * i, len, i));
	}
}

TEST(write_with_policy, V_DIRECT)
{
	struct {
		struct cmsghdr	head;
		int		policy;
		int		pad;
		struct cmsghdr	post_head;
		struct hps_direct_post post;
	} control = {
		.head = { CMSG_LEN(sizeof(int)), SOL_HPS, HPS_POLICY },
		.policy = -1,
		.post_head = { CMSG_LEN(sizeof(struct hps_direct_post)), SOL_HPS,
			       HPS_DIRECT_POST },
	};
	struct iovec iov[2] = { { "two ", 4 }, { "parts", 5 } };
	struct msghdr msg = {
		.msg_iov = iov, .msg_iovlen = 2,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct ends e;

	ends_open(&e, 100);
	control.post = post_write(7, e.stag, 1);
	CHECK_EQ(sendmsg(e.p.a, &msg, 0), 9);
	queue_expect(&e.q, 7, 0);
	CHECK(!memcmp(e.mem + 1, "two parts", 9));
}

/* Whatever holds small writes back, one does not wait for its own completion. */
TEST(write_is_not_held_back, V_DIRECT)
{
	struct hps_direct_post post;
	struct ends e;
	int i;

	ends_open(&e, 100);
	set_int(e.p.a, IPPROTO_TCP, TCP_CORK, 1);
	for (i = 0; i < 10; i++) {
		post = post_write(i, e.stag, i);
		CHECK_EQ(try_post(e.p.a, &post, "x", 1, MSG_MORE), 1);
		queue_expect(&e.q, i, 0);
		post_ok(e.p.a, post_add(i, e.stag, 16, 1), NULL, 0);
		queue_expect(&e.q, i, 0);
	}
}

/* --- reads and atomics ----------------------------------------------------------- */

TEST(read_small, V_HPS)
{
	struct hps_direct_completion c;
	struct ends e;

	ends_open(&e, 8192);
	pattern(e.mem, 8192, 0);
	post_ok(e.p.a, post_read(4711, e.stag, 4095, e.sink_stag, 77, 11),
		NULL, 0);
	c = queue_take(&e.q);
	CHECK_EQ(c.data, 4711);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.len, 11);
	CHECK_EQ(c.op, HPS_DIRECT_READ);
	CHECK(pattern_ok(e.sink + 77, 11, 4095));
	CHECK(is_all(e.sink, 77, 0) && is_all(e.sink + 88, 8192 - 88, 0));
	CHECK(is_idle(e.p.a) && is_idle(e.p.b));
}

TEST(read_large, V_HPS)
{
	struct hps_direct_completion c;
	struct ends e;

	ends_open(&e, 8 * MB);
	pattern(e.mem, 8 * MB, 0);
	post_ok(e.p.a, post_read(1, e.stag, 3, e.sink_stag, 5, 8 * MB - 12345),
		NULL, 0);
	c = queue_take(&e.q);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.len, 8 * MB - 12345);
	CHECK(pattern_ok(e.sink + 5, 8 * MB - 12345, 3));
	CHECK(is_all(e.sink, 5, 0) && is_all(e.sink + 8 * MB - 12340, 12340, 0));
	CHECK(is_idle(e.p.a) && is_idle(e.p.b));
	send_pattern(e.p.b, 1000, 0);
	recv_pattern(e.p.a, 1000, 0);
}

TEST(read_nothing, V_DIRECT)
{
	struct hps_direct_completion c;
	struct ends e;

	ends_open(&e, 100);
	post_ok(e.p.a, post_read(1, e.stag, 100, e.sink_stag, 100, 0), NULL, 0);
	c = queue_take(&e.q);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.len, 0);
	CHECK(is_all(e.sink, 100, 0));
}

#define MAY_INVALIDATE	(ALL_RIGHTS | HPS_DIRECT_REMOTE_INVALIDATE)

/* Who reads the message has the memory for itself. */
TEST(invalidate_and_send, V_HPS)
{
	struct hps_direct_completion c;
	struct ends e;
	uint32_t stag;
	char ch;

	ends_open(&e, 4 * MB);
	stag = enrol_with(e.p.b, e.mem, 4 * MB, MAY_INVALIDATE, HPS_DIRECT_ONLY);
	post_ok(e.p.a, post_write(1, stag, 0), pattern_of(4 * MB, 7), 4 * MB);
	post_ok(e.p.a, post_invalidate(2, stag), NULL, 0);
	CHECK_EQ(send(e.p.a, "m", 1, 0), 1);
	CHECK_EQ(recv(e.p.b, &ch, 1, 0), 1);
	CHECK(pattern_ok(e.mem, 4 * MB, 7));
	queue_expect(&e.q, 1, 0);
	c = queue_take(&e.q);
	CHECK_EQ(c.data, 2);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.len, 0);
	CHECK_EQ(c.op, HPS_DIRECT_INVALIDATE);
	/* It is there still, and another one of the same memory is not touched. */
	deregister(e.p.b, stag);
	post_ok(e.p.a, post_write(3, e.stag, 0), "x", 1);
	queue_expect(&e.q, 3, 0);
	CHECK_EQ(e.mem[0], 'x');
}

static uint64_t at(const struct ends *e, size_t offset)
{
	uint64_t x;

	memcpy(&x, e->mem + offset, sizeof(x));
	return x;
}

TEST(add, V_HPS)
{
	uint64_t want = 0x123456789abcdef0;
	struct hps_direct_completion c;
	struct ends e;
	int i;

	ends_open(&e, 4096);
	memcpy(e.mem + 8, &want, 8);
	for (i = 0; i < 100; i++) {
		uint64_t n = (i + 1) * 0x0fedcba987654321ULL;

		post_ok(e.p.a, post_add(i, e.stag, 8, n), NULL, 0);
		c = queue_take(&e.q);
		CHECK_EQ(c.data, i);
		CHECK_EQ(c.status, 0);
		CHECK_EQ(c.len, 8);
		CHECK_EQ(c.op, HPS_DIRECT_ADD);
		CHECK_EQ(c.value, want);
		want += n;
		CHECK_EQ(at(&e, 8), want);
	}
	CHECK(is_all(e.mem, 8, 0) && is_all(e.mem + 16, 4080, 0));
	CHECK(is_idle(e.p.b) && is_idle(e.p.a));
}

TEST(swap, V_HPS)
{
	struct hps_direct_completion c;
	struct ends e;

	ends_open(&e, 4096);
	post_ok(e.p.a, post_swap(1, e.stag, 4088, 0, 0xfeedfacecafebeef), NULL,
		0);
	c = queue_take(&e.q);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.value, 0);
	CHECK_EQ(c.len, 8);
	CHECK_EQ(c.op, HPS_DIRECT_SWAP);
	CHECK_EQ(at(&e, 4088), 0xfeedfacecafebeef);
	/* It tells what is there, and changes nothing. */
	post_ok(e.p.a, post_swap(2, e.stag, 4088, 0xfeedfacecafebeee, 1), NULL,
		0);
	c = queue_take(&e.q);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.value, 0xfeedfacecafebeef);
	CHECK_EQ(at(&e, 4088), 0xfeedfacecafebeef);
	post_ok(e.p.a, post_swap(3, e.stag, 4088, 0xfeedfacecafebeef, 1), NULL,
		0);
	c = queue_take(&e.q);
	CHECK_EQ(c.value, 0xfeedfacecafebeef);
	CHECK_EQ(at(&e, 4088), 1);
	CHECK(is_all(e.mem, 4088, 0));
}

#define ADDS	1000

struct adder {
	int		fd;
	uint32_t	stag;
};

static void add_often(void *arg)
{
	struct adder *adder = arg;
	struct queue q;
	int i;

	queue_open(&q, adder->fd, 64);
	for (i = 0; i < ADDS; i++) {
		post_ok(adder->fd, post_add(i, adder->stag, 64, 1), NULL, 0);
		if (i >= 8)
			queue_expect(&q, i - 8, 0);
	}
	for (i = ADDS - 8; i < ADDS; i++)
		queue_expect(&q, i, 0);
}

/* Two connections and the program itself, all at once. */
TEST(counter_of_many, V_DIRECT)
{
	struct pair p[2];
	struct adder adder[2];
	char *mem = memory(4096);
	uint64_t *count = (uint64_t *)(mem + 64);
	pid_t pid[2];
	int i;

	for (i = 0; i < 2; i++)
		pair_open(&p[i]);
	adder[0].stag = enrol(p[0].b, mem, 4096, ALL_RIGHTS);
	CHECK(try_domain(p[1].b, p[0].b) == 0);
	adder[1].stag = adder[0].stag;
	for (i = 0; i < 2; i++) {
		adder[i].fd = p[i].a;
		pid[i] = child(add_often, &adder[i]);
	}
	for (i = 0; i < ADDS; i++)
		__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		reap(pid[i]);
	CHECK_EQ(*count, 3 * ADDS);
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

/* --- order ----------------------------------------------------------------------- */

struct note {
	uint32_t	round;
	uint32_t	place;
	uint32_t	len;
};

#define ROUNDS	(on_debug_kernel() ? 200 : 2000)

static void write_and_tell(void *arg)
{
	static char from[65536];
	struct ends *e = arg;
	uint64_t seed = 1;
	struct note note;
	char c;
	int i;

	queue_open(&e->q, e->p.a, 64);
	for (i = 0; i < ROUNDS; i++) {
		note.round = i;
		note.len = seeded(&seed) % (i % 8 ? 2000 : sizeof(from));
		note.place = seeded(&seed) % (e->len - note.len);
		pattern(from, note.len, note.round);
		post_ok(e->p.a, post_write(i, e->stag, note.place), from,
			note.len);
		send_all(e->p.a, &note, sizeof(note));
		CHECK_EQ(recv(e->p.a, &c, 1, 0), 1);
		queue_expect(&e->q, i, 0);
	}
}

/* Who has received a message finds in place what was written before it. */
TEST(message_after_write, V_DIRECT)
{
	struct note note;
	struct ends e;
	pid_t pid;
	int i;

	pair_open(&e.p);
	e.len = 100000;
	e.mem = memory(e.len);
	e.stag = enrol(e.p.b, e.mem, e.len, HPS_DIRECT_REMOTE_WRITE);
	pid = child(write_and_tell, &e);
	for (i = 0; i < ROUNDS; i++) {
		CHECK_EQ(recv(e.p.b, &note, sizeof(note), MSG_WAITALL),
			 sizeof(note));
		CHECK_EQ(note.round, i);
		CHECK(pattern_ok(e.mem + note.place, note.len, i));
		memset(e.mem + note.place, 0, note.len);
		CHECK_EQ(send(e.p.b, "", 1, 0), 1);
	}
	reap(pid);
}

/* A read, and what it has to find; or an atomic operation. */
struct expected {
	uint8_t		op;
	size_t		place;
	size_t		len;
	uint64_t	value;
	char		*octets;
};

#define MIX	300
#define SLOT	16384
#define SLOTS	16

/**
 * struct mix - random operations, and the model of the memory they act on
 * @e:		the connection
 * @model:	what the memory should be
 * @want:	of each operation
 * @posted:	so many operations
 * @taken:	so many completions
 * @seed:	of what comes next
 */
struct mix {
	struct ends	*e;
	char		*model;
	struct expected	want[MIX];
	unsigned int	posted;
	unsigned int	taken;
	uint64_t	seed;
};

static void mix_take(struct mix *m)
{
	struct hps_direct_completion c = queue_take(&m->e->q);
	const struct expected *x = &m->want[m->taken];

	CHECK_EQ(c.data, m->taken);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.op, x->op);
	CHECK_EQ(c.len, x->len);
	CHECK_EQ(c.value, x->value);
	if (x->octets) {
		CHECK(!memcmp(m->e->sink + m->taken % SLOTS * SLOT, x->octets,
			      x->len));
		free(x->octets);
	}
	m->taken++;
}

static struct hps_direct_post mix_atomic(struct mix *m, struct expected *x)
{
	uint64_t operand = seeded(&m->seed), before, after = operand, compare;

	x->place &= ~7UL;
	x->len = 8;
	memcpy(&before, m->model + x->place, 8);
	x->value = before;
	if (x->op == HPS_DIRECT_ADD) {
		after += before;
		memcpy(m->model + x->place, &after, 8);
		return post_add(m->posted, m->e->stag, x->place, operand);
	}
	compare = operand & 1 ? before : before + 1;
	if (compare == before)
		memcpy(m->model + x->place, &after, 8);
	return post_swap(m->posted, m->e->stag, x->place, compare, operand);
}

/* A write may overtake a request that was posted before it: it is not for memory
 * that one is yet to read.
 */
static void mix_write(struct mix *m, struct expected *x)
{
	uint64_t what = seeded(&m->seed);

	while (m->taken < m->posted)
		mix_take(m);
	pattern(m->model + x->place, x->len, what);
	post_ok(m->e->p.a, post_write(m->posted, m->e->stag, x->place),
		m->model + x->place, x->len);
}

static void mix_read(struct mix *m, struct expected *x)
{
	x->octets = malloc(x->len + 1);
	CHECK(x->octets);
	memcpy(x->octets, m->model + x->place, x->len);
	post_ok(m->e->p.a, post_read(m->posted, m->e->stag, x->place,
				     m->e->sink_stag,
				     m->posted % SLOTS * SLOT, x->len), NULL, 0);
}

static void mix_post(struct mix *m)
{
	struct expected *x = &m->want[m->posted];
	uint64_t r = seeded(&m->seed);

	*x = (struct expected) {
		.op = HPS_DIRECT_WRITE + r % 4,
		.len = seeded(&m->seed) % (r & 16 ? SLOT : 100),
	};
	x->place = seeded(&m->seed) % (m->e->len - SLOT);
	while (m->posted - m->taken >= SLOTS)
		mix_take(m);
	if (x->op == HPS_DIRECT_WRITE)
		mix_write(m, x);
	else if (x->op == HPS_DIRECT_READ)
		mix_read(m, x);
	else
		post_ok(m->e->p.a, mix_atomic(m, x), NULL, 0);
	m->posted++;
}

/* Runs MIX random operations; the memory becomes the model. */
static void mix_run(struct ends *e, uint64_t seed)
{
	static struct mix m;

	m = (struct mix) { .e = e, .model = memory(e->len), .seed = seed };
	while (m.posted < MIX)
		mix_post(&m);
	while (m.taken < MIX)
		mix_take(&m);
	/* What is there is read back: it may be another process's. */
	while (m.posted < MIX + e->len / SLOT) {
		size_t place = (m.posted - MIX) * SLOT;

		post_ok(e->p.a, post_read(m.posted, e->stag, place,
					  e->sink_stag, 0, SLOT), NULL, 0);
		queue_expect(&e->q, m.posted++, 0);
		CHECK(!memcmp(e->sink, m.model + place, SLOT));
	}
}

TEST(random_mix, V_DIRECT)
{
	struct ends e;

	ends_open(&e, SLOTS * SLOT);
	mix_run(&e, 42);
	CHECK(is_idle(e.p.a) && is_idle(e.p.b));
}

#define BESIDE	(on_debug_kernel() ? 2 * MB : 16 * MB)

static void *send_beside(void *arg)
{
	send_pattern(*(int *)arg, BESIDE, 0);
	return NULL;
}

static void *recv_beside(void *arg)
{
	recv_pattern(*(int *)arg, BESIDE, 0);
	return NULL;
}

/* One end: operations on the other's memory, and data both ways. */
static void be_an_end(struct ends *e, int seed)
{
	pthread_t sender, receiver;

	queue_open(&e->q, e->p.a, 64);
	CHECK(!pthread_create(&sender, NULL, send_beside, &e->p.a));
	CHECK(!pthread_create(&receiver, NULL, recv_beside, &e->p.a));
	mix_run(e, seed);
	CHECK(!pthread_join(sender, NULL));
	CHECK(!pthread_join(receiver, NULL));
}

static void be_the_other_end(void *arg)
{
	be_an_end(arg, 2);
}

TEST_LIMIT(both_ways_beside_data, V_DIRECT, 120)
{
	struct ends e, other;
	pid_t pid;

	pair_open(&e.p);
	other.p.a = e.p.b;
	other.p.b = e.p.a;
	e.len = other.len = SLOTS * SLOT;
	e.sink = memory(e.len);
	e.stag = enrol(e.p.b, memory(e.len), e.len, ALL_RIGHTS);
	other.stag = enrol(e.p.a, memory(e.len), e.len, ALL_RIGHTS);
	e.sink_stag = enrol_with(e.p.a, e.sink, e.len, 0, HPS_DIRECT_SINK);
	/* Of the process that will look at it. */
	other.sink = mmap(NULL, e.len, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(other.sink != MAP_FAILED);
	other.sink_stag = enrol_with(e.p.b, other.sink, e.len, 0,
				     HPS_DIRECT_SINK);
	pid = child(be_the_other_end, &other);
	be_an_end(&e, 1);
	reap(pid);
}
