// SPDX-License-Identifier: GPL-2.0
/*
 * remote client: operations on a server's memory at random.
 *
 * Overlapping writes are not under way at once, nor a write behind a read of the same
 * octets: they may be placed in any order. A read sees all writes before it.
 */
#include <err.h>
#include <errno.h>
#include <linux/hps.h>
#include <linux/hps_direct.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pattern.h"
#include "remote.h"

#define OWED		32768		/* stream data that has not come back */
#define GUARD		64
#define SINKS_OCTETS	(16u << 20)

static void recv_all(int fd, void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = recv(fd, p, len, 0);

		if (n < 0)
			err(1, "recv");
		if (!n)
			errx(1, "the stream ended %zu octets early", len);
		p += n;
		len -= n;
	}
}

/* An operation under way. */
struct op {
	uint8_t		code;		/* HPS_DIRECT_* */
	bool		silent;
	bool		lent;		/* WRITE: from the share itself */
	bool		exact;		/* atomics: @value is known */
	uint64_t	offset;		/* within the share, or of a word */
	uint64_t	len;
	uint64_t	value, compare;
	uint8_t		*want;		/* READ: what must come */
	int		sink;
};

static struct {
	int			fd, queue;
	struct hello		hello;
	struct hps_direct_ring	*ring;
	uint8_t			*share;		/* as it must be */
	uint8_t			*sinks, *payload, *before;
	uint32_t		sink_stag;
	unsigned int		nr_sinks, used_sinks[DEPTH];
	struct op		ops[DEPTH];	/* by number modulo DEPTH */
	uint64_t		posted, retired;
	unsigned int		requests;	/* under way, so far as is known */
	uint64_t		random, moved;
	uint64_t		own, added, swapped, guess, least;
	uint64_t		up, down;	/* octets of stream data */
	unsigned int		out_len, out_at;
	uint8_t			out[sizeof(uint32_t) + RECORD];
	bool			full;		/* no room to write */
} me;

static uint64_t below(uint64_t n)
{
	return next_random(&me.random) % n;
}

/* Sizes of all magnitudes. */
static uint64_t some_len(void)
{
	uint64_t most = want.largest < me.hello.len ? want.largest : me.hello.len;
	uint64_t len = 1ULL << below(33);

	return 1 + below(len < most ? len : most);
}

static size_t sink_size(void)
{
	return (size_t)want.largest + 2 * GUARD;
}

static uint8_t *sink_at(int sink)
{
	return me.sinks + sink * sink_size();
}

static int free_sink(void)
{
	unsigned int i;

	for (i = 0; i < me.nr_sinks; i++)
		if (!me.used_sinks[i])
			return i;
	return -1;
}

static bool is_request(const struct op *op)
{
	return op->code != HPS_DIRECT_WRITE;
}

static void differs(const struct op *op, const uint8_t *got)
{
	size_t i = 0;

	while (got[i] == op->want[i])
		i++;
	errx(1, "read of %llu at %llu: octet %zu is %02x, not %02x",
	     (unsigned long long)op->len, (unsigned long long)op->offset, i,
	     got[i], op->want[i]);
}

static void check_read(struct op *op)
{
	const uint8_t *p = sink_at(op->sink);
	size_t i;

	if (memcmp(p + GUARD, op->want, op->len))
		differs(op, p + GUARD);
	for (i = 0; i < GUARD; i++)
		if (p[i] != 0xee || p[GUARD + op->len + i] != 0xee)
			errx(1, "octets beside a read of %llu changed",
			     (unsigned long long)op->len);
	me.used_sinks[op->sink] = 0;
	free(op->want);
	op->want = NULL;
}

/* Takes the oldest off, with what the completion says, if there is one. */
static void retire(const struct hps_direct_completion *c)
{
	struct op *op = &me.ops[me.retired++ % DEPTH];

	if (is_request(op))
		me.requests--;
	if (op->code == HPS_DIRECT_READ)
		check_read(op);
	if (!c || op->code == HPS_DIRECT_READ || op->code == HPS_DIRECT_WRITE)
		return;
	if (op->exact && c->value != op->value)
		errx(1, "word %llu was %llu, not %llu",
		     (unsigned long long)op->offset / 8,
		     (unsigned long long)c->value,
		     (unsigned long long)op->value);
	if (op->code == HPS_DIRECT_ADD && op->offset == SUM * 8) {
		if (c->value < me.least)
			errx(1, "the sum went back from %llu to %llu",
			     (unsigned long long)me.least,
			     (unsigned long long)c->value);
		me.least = c->value + op->value;
	}
	if (op->offset == SWAPS * 8) {
		me.swapped += c->value == op->compare;
		if (c->value != op->compare)
			me.guess = c->value;
	}
}

static void complete(const struct hps_direct_completion *c)
{
	const struct op *op;

	if (c->status)
		errx(1, "operation %llu of kind %u: %s",
		     (unsigned long long)c->data, c->op,
		     strerrorname_np(-c->status));
	while (me.retired < me.posted && me.retired != c->data &&
	       me.ops[me.retired % DEPTH].silent)
		retire(NULL);
	if (me.retired == me.posted || me.retired != c->data)
		errx(1, "completion of %llu, %llu to %llu are under way",
		     (unsigned long long)c->data,
		     (unsigned long long)me.retired,
		     (unsigned long long)me.posted);
	op = &me.ops[me.retired % DEPTH];
	if (op->silent || c->op != op->code || c->len != op->len)
		errx(1, "completion of %llu: kind %u, %llu octets, not %u, %llu%s",
		     (unsigned long long)c->data, c->op,
		     (unsigned long long)c->len, op->code,
		     (unsigned long long)op->len, op->silent ? ", silent" : "");
	retire(c);
}

static void take_completions(void)
{
	struct hps_direct_ring *r = me.ring;
	uint32_t end = __atomic_load_n(&r->produced, __ATOMIC_ACQUIRE);

	while (r->consumed != end) {
		struct hps_direct_completion c =
			r->completion[r->consumed % r->entries];

		__atomic_store_n(&r->consumed, r->consumed + 1,
				 __ATOMIC_RELEASE);
		complete(&c);
	}
}

/* Does an operation under way touch these? */
static bool is_busy(uint64_t offset, uint64_t len)
{
	uint64_t i;

	for (i = me.retired; i < me.posted; i++) {
		const struct op *op = &me.ops[i % DEPTH];

		if (op->code != HPS_DIRECT_WRITE && op->code != HPS_DIRECT_READ)
			continue;
		if (offset < op->offset + op->len && op->offset < offset + len)
			return true;
	}
	return false;
}

/* Posts it. Returns what sendmsg() does, -1 if there is no room now. */
static ssize_t post(const struct op *op, struct hps_direct_post *p, bool wait)
{
	union {
		char		buf[CMSG_SPACE(sizeof(*p))];
		struct cmsghdr	align;
	} control = { 0 };
	struct iovec iov = {
		.iov_base = op->lent ? me.share + op->offset : me.payload,
		.iov_len = op->code == HPS_DIRECT_WRITE ? op->len : 0,
	};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	ssize_t n;

	p->data = me.posted;
	p->stag = me.hello.stag;
	p->op = op->code;
	p->flags = (op->silent ? HPS_DIRECT_SILENT : 0) |
		   (op->lent ? HPS_DIRECT_LENT : 0);
	c->cmsg_level = SOL_HPS;
	c->cmsg_type = HPS_DIRECT_POST;
	c->cmsg_len = CMSG_LEN(sizeof(*p));
	memcpy(CMSG_DATA(c), p, sizeof(*p));
	n = sendmsg(me.fd, &msg, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
	if (n < 0 && errno != EAGAIN)
		err(1, "post %u of %llu octets", op->code,
		    (unsigned long long)op->len);
	if (n < 0 && wait)
		errx(1, "EAGAIN of a post that may wait");
	if (n >= 0 && (op->code == HPS_DIRECT_WRITE ?
		       !n || (uint64_t)n > op->len ||
		       (wait && (uint64_t)n < op->len) : n))
		errx(1, "post %u of %llu octets returned %zd", op->code,
		     (unsigned long long)op->len, n);
	if (n < 0)
		me.full = true;
	return n;
}

/* It is under way. */
static void note(const struct op *op)
{
	me.ops[me.posted++ % DEPTH] = *op;
	if (is_request(op))
		me.requests++;
}

/* Posts what is in the share itself. What is not taken becomes again what it was. */
static ssize_t lend(struct op *op, struct hps_direct_post *p, bool wait)
{
	uint8_t *at = me.share + op->offset;
	ssize_t n, kept;

	memcpy(me.before, at, op->len);
	memcpy(at, me.payload, op->len);
	n = post(op, p, wait);
	kept = n < 0 ? 0 : n;
	memcpy(at + kept, me.before + kept, op->len - kept);
	return n;
}

static void write_some(struct op *op, uint64_t offset, bool wait)
{
	struct hps_direct_post p = { .offset = me.hello.offset + offset };
	ssize_t n;

	op->code = HPS_DIRECT_WRITE;
	op->offset = offset;
	op->lent = below(2);
	pattern(me.payload, op->len, ~me.posted, me.random);
	n = op->lent ? lend(op, &p, wait) : post(op, &p, wait);
	if (n < 0)
		return;
	if (!op->lent)
		memcpy(me.share + offset, me.payload, n);
	op->len = n;
	me.moved += n;
	note(op);
}

static void do_sum(struct op *op, bool wait)
{
	struct hps_direct_post p = { .offset = SUM * 8 };

	op->code = HPS_DIRECT_ADD;
	op->offset = SUM * 8;
	op->len = sizeof(uint64_t);
	p.operand = op->value = 1 + below(1000);
	if (post(op, &p, wait) < 0)
		return;
	me.added += op->value;
	me.moved += op->len;
	note(op);
}

/* Nothing can be done before something is completed: who was silent shall tell. */
static void demand(void)
{
	struct op op = { .silent = false };

	if (me.posted != me.retired && me.ops[(me.posted - 1) % DEPTH].silent)
		do_sum(&op, true);
}

static void do_write(struct op *op, bool wait)
{
	uint64_t offset;
	int i;

	op->len = some_len();
	for (i = 0; i < 5; i++) {
		offset = below(me.hello.len - op->len + 1);
		if (!is_busy(offset, op->len))
			return write_some(op, offset, wait);
	}
	demand();
}

static void do_read(struct op *op, bool wait)
{
	struct hps_direct_post p = { .sink = me.sink_stag };

	op->code = HPS_DIRECT_READ;
	op->len = some_len();
	op->offset = below(me.hello.len - op->len + 1);
	op->sink = free_sink();
	if (op->sink < 0)
		return demand();
	memset(sink_at(op->sink), 0xee, op->len + 2 * GUARD);
	p.offset = me.hello.offset + op->offset;
	p.sink_offset = sink_at(op->sink) + GUARD - me.sinks;
	p.len = op->len;
	if (post(op, &p, wait) < 0)
		return;
	op->want = malloc(op->len);
	if (!op->want)
		err(1, "malloc");
	memcpy(op->want, me.share + op->offset, op->len);
	me.used_sinks[op->sink] = 1;
	me.moved += op->len;
	note(op);
}

/* A word that only this client changes: what was there before is known. */
static void do_own(struct op *op, bool wait)
{
	struct hps_direct_post p = { .operand = next_random(&me.random) };
	uint64_t then = p.operand;

	op->offset = (OWN + me.hello.share) * 8;
	op->code = below(2) ? HPS_DIRECT_ADD : HPS_DIRECT_SWAP;
	op->exact = true;
	op->value = me.own;
	if (op->code == HPS_DIRECT_ADD) {
		then += me.own;
	} else {
		p.compare = me.own ^ !below(3);
		if (p.compare != me.own)
			then = me.own;
	}
	p.offset = op->offset;
	if (post(op, &p, wait) < 0)
		return;
	me.own = then;
	me.moved += op->len;
	note(op);
}

/* Whether it was swapped only the completion tells. */
static void do_swap(struct op *op, bool wait)
{
	struct hps_direct_post p = {
		.offset = SWAPS * 8, .compare = me.guess, .operand = me.guess + 1,
	};

	op->code = HPS_DIRECT_SWAP;
	op->offset = SWAPS * 8;
	op->compare = me.guess;
	op->silent = false;
	if (post(op, &p, wait) < 0)
		return;
	me.guess++;
	me.moved += op->len;
	note(op);
}

static void do_atomic(struct op *op, bool wait)
{
	static void (*const some[])(struct op *op, bool wait) = {
		do_own, do_sum, do_swap,
	};

	op->len = sizeof(uint64_t);
	some[below(3)](op, wait);
}

static void do_stream(void)
{
	uint32_t n = 1 + below(1 << below(14));
	ssize_t sent;

	if (!me.out_len && me.up - me.down + n <= OWED && n <= RECORD) {
		memcpy(me.out, &n, sizeof(n));
		pattern(me.out + sizeof(n), n, me.hello.seed, me.up);
		me.up += n;
		me.out_len = sizeof(n) + n;
		me.out_at = 0;
	}
	if (!me.out_len)
		return;
	/* In pieces, so that operations get in between. */
	n = 1 + below(me.out_len - me.out_at);
	sent = send(me.fd, me.out + me.out_at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && errno != EAGAIN)
		err(1, "send");
	me.full = sent < 0;
	me.out_at += sent < 0 ? 0 : sent;
	if (me.out_at == me.out_len)
		me.out_len = 0;
}

static void take_stream(void)
{
	uint8_t buf[RECORD], good[RECORD];
	uint64_t left = me.up - me.down;
	ssize_t n;

	n = recv(me.fd, buf, left < RECORD && left ? left : RECORD, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0)
		err(1, "recv");
	if (!n || (uint64_t)n > left)
		errx(1, "%zd octets of stream data, %llu are due", n,
		     (unsigned long long)left);
	pattern(good, n, ~me.hello.seed, me.down);
	if (memcmp(buf, good, n))
		errx(1, "wrong stream data at %llu + %zd",
		     (unsigned long long)me.down, n);
	me.down += n;
}

/* Waits for whatever can happen. */
static void wait_events(bool for_room)
{
	struct pollfd fds[] = {
		{ .fd = me.queue, .events = POLLIN },
		{ .fd = me.fd, .events = POLLIN | (for_room ? POLLOUT : 0) },
	};

	/* The file may go at any time. */
	if (poll(fds, 2, 100) < 0)
		err(1, "poll");
	if (fds[1].revents & (POLLERR | POLLHUP))
		errx(1, "the connection ended: events %x", fds[1].revents);
	if (fds[1].revents & POLLIN)
		take_stream();
	take_completions();
	if (fds[1].revents & POLLOUT)
		me.full = false;
}

static void do_something(void)
{
	char kind = want.kinds[below(strlen(want.kinds))];
	struct op op = { .silent = !below(6) };
	/* As many requests as may be: who waits for an answer then, and does not read
	 * the stream before it, waits for ever.
	 */
	bool wait = me.requests < HPS_DIRECT_REQUESTS && below(2);

	if (kind == 's')
		return do_stream();
	/* At least one of them tells of those before it. */
	if (me.posted - me.retired >= want.depth / 2)
		op.silent = false;
	if (kind == 'w')
		do_write(&op, wait);
	else if (kind == 'r')
		do_read(&op, wait);
	else
		do_atomic(&op, wait);
}

static bool is_over(void)
{
	return want.until ? access(want.until, F_OK) : me.moved >= want.octets;
}

static bool is_idle(void)
{
	return me.retired == me.posted && !me.out_len && me.up == me.down;
}

/* An operation that tells of all before it: silent ones, too. */
static void finish(void)
{
	struct op op = { .silent = false };

	while (me.out_len) {
		do_stream();
		if (me.full)
			wait_events(true);
	}
	do_sum(&op, true);
	while (!is_idle())
		wait_events(false);
	/* Nothing more may come. */
	usleep(20000);
	take_completions();
}

/* All of the share, which becomes known by it. */
static void fill_share(void)
{
	uint64_t offset = 0;

	while (offset < me.hello.len) {
		struct op op = { .len = me.hello.len - offset };

		if (op.len > want.largest)
			op.len = want.largest;
		offset += op.len;
		write_some(&op, offset - op.len, true);
		while (me.posted - me.retired >= want.depth)
			wait_events(false);
	}
	me.moved = 0;
}

static void prepare(void)
{
	struct hps_direct_queue q = { .entries = DEPTH };
	socklen_t len = sizeof(q);

	me.fd = new_socket();
	if (getsockopt(me.fd, SOL_HPS, HPS_DIRECT_QUEUE, &q, &len) ||
	    setsockopt(me.fd, SOL_HPS, HPS_DIRECT_QUEUE, &q.fd, sizeof(q.fd)))
		err(1, "queue");
	me.queue = q.fd;
	me.ring = mmap(NULL, HPS_DIRECT_QUEUE_SIZE(q.entries),
		       PROT_READ | PROT_WRITE, MAP_SHARED, q.fd, 0);
	if (me.ring == MAP_FAILED)
		err(1, "map the queue");
	me.nr_sinks = SINKS_OCTETS / want.largest;
	me.nr_sinks = me.nr_sinks < 2 ? 2 : me.nr_sinks > want.depth ? want.depth :
		      me.nr_sinks;
	me.sinks = memory(me.nr_sinks * sink_size());
	me.sink_stag = register_memory(me.fd, me.sinks,
				       me.nr_sinks * sink_size(), 0,
				       HPS_DIRECT_SINK);
	me.payload = malloc(want.largest);
	me.before = malloc(want.largest);
	if (connect(me.fd, (void *)&want.address, want.address_len))
		err(1, "connect");
	recv_all(me.fd, &me.hello, sizeof(me.hello));
	if (me.hello.magic != MAGIC)
		errx(1, "no server of this kind");
	me.share = malloc(me.hello.len);
	if (!me.share || !me.payload)
		err(1, "malloc");
}

static void part(void)
{
	struct goodbye bye = {
		.checksum = checksum(me.share, me.hello.len),
		.added = me.added, .swapped = me.swapped, .own = me.own,
	};
	uint32_t zero = 0;
	char verdict;

	printf("done %llu operations\n", (unsigned long long)me.posted);
	send_all(me.fd, &zero, sizeof(zero));
	send_all(me.fd, &bye, sizeof(bye));
	recv_all(me.fd, &verdict, 1);
	if (verdict != 'k')
		errx(1, "the server does not agree");
}

/* What a script that has waited too long wants to know. */
static void say_state(int sig)
{
	const struct op *op = &me.ops[me.retired % DEPTH];
	char buf[256];
	int n;

	n = snprintf(buf, sizeof(buf),
		     "signal %d: %llu to %llu are under way, the first: kind %u%s, %llu octets; stream %llu of %llu, %u to send; ring %u of %u\n",
		     sig, (unsigned long long)me.retired,
		     (unsigned long long)me.posted, op->code,
		     op->silent ? " silent" : "", (unsigned long long)op->len,
		     (unsigned long long)me.down, (unsigned long long)me.up,
		     me.out_len - me.out_at, me.ring ? me.ring->consumed : 0,
		     me.ring ? me.ring->produced : 0);
	if (write(STDERR_FILENO, buf, n) < 0)
		_exit(2);
	_exit(1);
}

static void client_once(unsigned int number)
{
	signal(SIGTERM, say_state);
	me.random = want.seed + number * 1000003ULL;
	prepare();
	fill_share();
	while (!is_over()) {
		do_something();
		if (want.interval)
			usleep(want.interval);
		take_completions();
		if (below(8) && !me.full && me.posted - me.retired < want.depth)
			continue;
		do
			wait_events(me.full || me.posted - me.retired < want.depth);
		while (me.posted - me.retired >= want.depth);
	}
	finish();
	part();
}

void client(void)
{
	struct timespec begin, end;
	unsigned int i, bad = 0;
	int status;
	double s;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (want.at_once == 1)
		client_once(0);
	for (i = 0; want.at_once > 1 && i < want.at_once; i++) {
		if (fork())
			continue;
		client_once(i);
		exit(0);
	}
	for (i = 0; want.at_once > 1 && i < want.at_once; i++)
		if (wait(&status) < 0 || status)
			bad++;
	if (bad)
		errx(1, "%u of %u failed", bad, want.at_once);
	clock_gettime(CLOCK_MONOTONIC, &end);
	s = end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9;
	printf("ok %llu operations %llu octets %llu stream seed %llu %.3f s\n",
	       (unsigned long long)me.posted, (unsigned long long)me.moved,
	       (unsigned long long)me.up, (unsigned long long)want.seed, s);
}
