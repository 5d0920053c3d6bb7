// SPDX-License-Identifier: GPL-2.0
/*
 * One-sided operations for scripts: clients write, read and change the memory of a
 * server whose program does nothing for it, and check every octet and completion.
 *
 * usage: remote [OPTION]... server|client ADDRESS PORT
 *
 *	server	register a region; say "listening"; tell each client where its share
 *		is, check the stream it sends and send as much back; at its end compare
 *		the share, and the counters when nobody else changes them
 *	client	operate on the share at random; say "done" when all is completed, then
 *		"ok" and figures when the server agrees
 *
 *	-r N	octets of the region (4 MiB)	-n N	shares of it (1)
 *	-s N	octets to write and read (4 MiB)
 *	-f FILE	instead of -s: until FILE is gone
 *	-w N	largest operation (256 KiB)	-q N	most under way (32)
 *	-k KINDS	letters (wras): write, read, atomics, stream data
 *	-j N	clients at once (1)		-S N	seed (1)
 *	-i N	microseconds between operations
 *	-B N	SO_SNDBUF and SO_RCVBUF
 *
 * Overlapping writes are not under way at once, nor a write behind a read of the same
 * octets: they may be placed in any order. A read sees all writes before it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/hps.h>
#include <linux/hps_direct.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pattern.h"

#define MAGIC		0x68707372u
#define CLIENTS		64
#define COUNTERS	4096		/* octets in front of the shares */
#define RECORD		8192		/* most of one piece of stream data */
#define OWED		32768		/* most that is not sent back */
#define DEPTH		256
#define GUARD		64
#define SINKS_OCTETS	(16u << 20)

/* Words of the counters. */
enum { SUM, SWAPS, OWN = 8 };

/* The server's first octets; native order, both ends are one machine or alike. */
struct hello {
	uint32_t	magic;
	uint32_t	stag;
	uint32_t	share;
	uint32_t	reserved;
	uint64_t	offset;
	uint64_t	len;
	uint64_t	seed;
};

/* The client's last ones. */
struct goodbye {
	uint64_t	checksum;
	uint64_t	added;
	uint64_t	swapped;
	uint64_t	own;
};

static uint64_t region_len = 4 << 20, octets = 4 << 20, seed = 1;
static unsigned int shares = 1, largest = 256 << 10, depth = 32, at_once = 1;
static unsigned int interval, buffer;
static const char *until, *kinds = "wras";
static struct sockaddr_storage address;
static socklen_t address_len;

static uint64_t checksum(const uint8_t *p, size_t len)
{
	uint64_t sum = len;
	size_t i;

	for (i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 0x100000001b3ULL;
	return sum;
}

static void send_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			err(1, "send");
		p += n;
		len -= n;
	}
}

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

static int new_socket(void)
{
	int fd = socket(AF_HPS, SOCK_STREAM, 0);

	if (fd < 0)
		err(1, "socket");
	if (buffer &&
	    (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)) ||
	     setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer))))
		err(1, "buffers");
	return fd;
}

/* Memory, shared so that no fork takes its pages away from a region. */
static uint8_t *memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "%zu octets", len);
	return p;
}

static uint32_t register_memory(int fd, void *p, size_t len, uint32_t rights,
				uint32_t flags)
{
	struct hps_direct_region r = {
		.addr = (uintptr_t)p, .len = len, .rights = rights,
		.flags = flags,
	};
	socklen_t size = sizeof(r);

	if (getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, &r, &size))
		err(1, "register");
	return r.stag;
}

/* --- server ---------------------------------------------------------------------- */

struct peer {
	bool		active;
	int		fd;
	uint64_t	seed;
	uint64_t	in, out;	/* octets of stream data */
	uint32_t	owed;		/* to be sent back */
	uint32_t	left;		/* of a piece */
	unsigned int	got;		/* of @word or @bye */
	bool		said_bye;
	union {
		uint32_t	word;
		struct goodbye	bye;
	};
};

static struct {
	uint8_t		*region;
	uint32_t	stag;
	uint64_t	born;		/* clients ever */
	uint64_t	added, swapped;	/* what those that left have told */
	bool		unsure;		/* one left without a word */
	struct peer	peers[CLIENTS];
} srv;

static uint64_t *counter_at(unsigned int i)
{
	return (uint64_t *)srv.region + i;
}

static uint64_t share_len(void)
{
	return (region_len - COUNTERS) / shares;
}

static unsigned int active(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < CLIENTS; i++)
		n += srv.peers[i].active;
	return n;
}

static void forget(struct peer *p)
{
	close(p->fd);
	memset(p, 0, sizeof(*p));
	if (active() || !srv.unsure)
		return;
	/* Nobody knows what the lost one did to the counters. */
	*counter_at(SUM) = srv.added;
	*counter_at(SWAPS) = srv.swapped;
	srv.unsure = false;
}

static void lost(struct peer *p, const char *why)
{
	printf("lost: %s\n", why);
	srv.unsure = true;
	forget(p);
}

/* Is all as the client believes? */
static bool agrees(const struct peer *p)
{
	unsigned int i = p - srv.peers;
	const struct goodbye *bye = &p->bye;

	srv.added += bye->added;
	srv.swapped += bye->swapped;
	if (checksum(srv.region + COUNTERS + i * share_len(), share_len()) !=
	    bye->checksum) {
		printf("share %u differs\n", i);
		return false;
	}
	if (*counter_at(OWN + i) != bye->own) {
		printf("own counter %u differs\n", i);
		return false;
	}
	if (active() > 1 || srv.unsure)
		return true;
	printf("sum %llu of %llu, swaps %llu of %llu\n",
	       (unsigned long long)*counter_at(SUM),
	       (unsigned long long)srv.added,
	       (unsigned long long)*counter_at(SWAPS),
	       (unsigned long long)srv.swapped);
	return *counter_at(SUM) == srv.added && *counter_at(SWAPS) == srv.swapped;
}

static void end_peer(struct peer *p)
{
	char verdict = agrees(p) ? 'k' : 'x';

	send_all(p->fd, &verdict, 1);
	forget(p);
}

static void send_owed(struct peer *p)
{
	uint8_t buf[RECORD];

	while (p->owed) {
		size_t len = p->owed < RECORD ? p->owed : RECORD;
		ssize_t n;

		pattern(buf, len, ~p->seed, p->out);
		n = send(p->fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			return lost(p, strerrorname_np(errno));
		p->out += n;
		p->owed -= n;
	}
	if (p->said_bye && p->got == sizeof(p->bye))
		end_peer(p);
}

/* One step of: length, octets; ...; length 0, goodbye. False: no more for now. */
static bool take_some(struct peer *p)
{
	uint8_t buf[RECORD], good[RECORD];
	size_t want = p->said_bye ? sizeof(p->bye) : sizeof(p->word);
	void *to = p->left ? buf : (uint8_t *)&p->bye + p->got;
	ssize_t n;

	want = p->left ? p->left : want - p->got;
	n = recv(p->fd, to, want, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		lost(p, n ? strerrorname_np(errno) : "end");
		return false;
	}
	if (!p->left) {
		p->got += n;
		if (p->said_bye || p->got < sizeof(p->word))
			return p->got < sizeof(p->bye);
		p->got = 0;
		p->left = p->word;
		p->said_bye = !p->word;
		if (p->left > RECORD)
			errx(1, "a piece of %u", p->left);
		return true;
	}
	pattern(good, n, p->seed, p->in);
	if (memcmp(buf, good, n))
		errx(1, "wrong octets at %llu + %zd",
		     (unsigned long long)p->in, n);
	p->in += n;
	p->left -= n;
	p->owed += n;
	return true;
}

static void welcome(int fd)
{
	struct hello hello = { .magic = MAGIC, .stag = srv.stag };
	unsigned int i;

	for (i = 0; i < shares && srv.peers[i].active; i++)
		;
	if (i == shares)
		errx(1, "no share is left");
	srv.peers[i].active = true;
	srv.peers[i].fd = fd;
	srv.peers[i].seed = ++srv.born * 0x9e3779b97f4a7c15ULL;
	*counter_at(OWN + i) = 0;
	hello.share = i;
	hello.offset = COUNTERS + i * share_len();
	hello.len = share_len();
	hello.seed = srv.peers[i].seed;
	send_all(fd, &hello, sizeof(hello));
}

static int listening(void)
{
	int fd = new_socket(), one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		err(1, "SO_REUSEADDR");
	if (bind(fd, (void *)&address, address_len))
		err(1, "bind");
	if (listen(fd, CLIENTS))
		err(1, "listen");
	srv.region = memory(region_len);
	/* Accepted sockets have the listener's domain. */
	srv.stag = register_memory(fd, srv.region, region_len,
				   HPS_DIRECT_REMOTE_READ |
				   HPS_DIRECT_REMOTE_WRITE |
				   HPS_DIRECT_REMOTE_ATOMIC, 0);
	puts("listening");
	return fd;
}

static void server(void)
{
	struct pollfd fds[CLIENTS + 1];
	int i, fd, lst = listening();

	for (;;) {
		for (i = 0; i < CLIENTS; i++) {
			struct peer *p = &srv.peers[i];

			fds[i].fd = p->active ? p->fd : -1;
			fds[i].events = POLLIN | (p->owed ? POLLOUT : 0);
		}
		fds[i].fd = lst;
		fds[i].events = POLLIN;
		if (poll(fds, CLIENTS + 1, -1) < 0)
			err(1, "poll");
		if (fds[CLIENTS].revents) {
			fd = accept(lst, NULL, NULL);
			if (fd < 0)
				err(1, "accept");
			welcome(fd);
		}
		for (i = 0; i < CLIENTS; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			while (take_some(&srv.peers[i]))
				;
			if (srv.peers[i].active)
				send_owed(&srv.peers[i]);
		}
	}
}

/* --- client ---------------------------------------------------------------------- */

/* An operation under way. */
struct op {
	uint8_t		code;		/* HPS_DIRECT_* */
	bool		silent;
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
	uint8_t			*sinks, *payload;
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
	uint64_t most = largest < me.hello.len ? largest : me.hello.len;
	uint64_t len = 1ULL << below(33);

	return 1 + below(len < most ? len : most);
}

static size_t sink_size(void)
{
	return (size_t)largest + 2 * GUARD;
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
		.iov_base = me.payload,
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
	p->flags = op->silent ? HPS_DIRECT_SILENT : 0;
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

static void write_some(struct op *op, uint64_t offset, bool wait)
{
	struct hps_direct_post p = { .offset = me.hello.offset + offset };
	ssize_t n;

	op->code = HPS_DIRECT_WRITE;
	op->offset = offset;
	pattern(me.payload, op->len, ~me.posted, me.random);
	n = post(op, &p, wait);
	if (n < 0)
		return;
	memcpy(me.share + offset, me.payload, n);
	op->len = n;
	me.moved += n;
	note(op);
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
}

static void do_read(struct op *op, bool wait)
{
	struct hps_direct_post p = { .sink = me.sink_stag };

	op->code = HPS_DIRECT_READ;
	op->len = some_len();
	op->offset = below(me.hello.len - op->len + 1);
	op->sink = free_sink();
	if (op->sink < 0)
		return;
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
	note(op);
}

static void do_sum(struct op *op, bool wait)
{
	struct hps_direct_post p = { .offset = SUM * 8 };

	op->code = HPS_DIRECT_ADD;
	op->offset = SUM * 8;
	p.operand = op->value = 1 + below(1000);
	if (post(op, &p, wait) < 0)
		return;
	me.added += op->value;
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
	char kind = kinds[below(strlen(kinds))];
	struct op op = { .silent = !below(6) };
	/* As many requests as may be: who does not wait is refused. */
	bool wait = me.requests >= HPS_DIRECT_REQUESTS || below(2);

	if (kind == 's')
		return do_stream();
	/* At least one of them tells of those before it. */
	if (me.posted - me.retired >= depth / 2)
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
	return until ? access(until, F_OK) : me.moved >= octets;
}

static bool is_idle(void)
{
	return me.retired == me.posted && !me.out_len && me.up == me.down;
}

/* An operation that tells of all before it: silent ones, too. */
static void finish(void)
{
	struct op op = { .len = sizeof(uint64_t) };

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

		if (op.len > largest)
			op.len = largest;
		offset += op.len;
		write_some(&op, offset - op.len, true);
		while (me.posted - me.retired >= depth)
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
	me.nr_sinks = SINKS_OCTETS / largest;
	me.nr_sinks = me.nr_sinks < 2 ? 2 : me.nr_sinks > depth ? depth :
		      me.nr_sinks;
	me.sinks = memory(me.nr_sinks * sink_size());
	me.sink_stag = register_memory(me.fd, me.sinks,
				       me.nr_sinks * sink_size(), 0,
				       HPS_DIRECT_SINK);
	me.payload = malloc(largest);
	if (connect(me.fd, (void *)&address, address_len))
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

static void client_once(unsigned int number)
{
	me.random = seed + number * 1000003ULL;
	prepare();
	fill_share();
	while (!is_over()) {
		do_something();
		if (interval)
			usleep(interval);
		take_completions();
		if (below(8) && !me.full && me.posted - me.retired < depth)
			continue;
		do
			wait_events(me.full || me.posted - me.retired < depth);
		while (me.posted - me.retired >= depth);
	}
	finish();
	part();
}

static void client(void)
{
	struct timespec begin, end;
	unsigned int i, bad = 0;
	int status;
	double s;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (at_once == 1)
		client_once(0);
	for (i = 0; at_once > 1 && i < at_once; i++) {
		if (fork())
			continue;
		client_once(i);
		exit(0);
	}
	for (i = 0; at_once > 1 && i < at_once; i++)
		if (wait(&status) < 0 || status)
			bad++;
	if (bad)
		errx(1, "%u of %u failed", bad, at_once);
	clock_gettime(CLOCK_MONOTONIC, &end);
	s = end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9;
	printf("ok %llu operations %llu octets %llu stream seed %llu %.3f s\n",
	       (unsigned long long)me.posted, (unsigned long long)me.moved,
	       (unsigned long long)me.up, (unsigned long long)seed, s);
}

static void set_address(const char *text, int port)
{
	struct sockaddr_in6 *in6 = (void *)&address;
	struct sockaddr_in *in = (void *)&address;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		address_len = sizeof(*in);
	} else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		address_len = sizeof(*in6);
	} else {
		errx(2, "%s is no address", text);
	}
}

int main(int argc, char **argv)
{
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "r:n:s:f:w:q:k:j:S:i:B:")) != -1) {
		switch (c) {
		case 'r': region_len = strtoull(optarg, NULL, 0); break;
		case 'n': shares = atoi(optarg); break;
		case 's': octets = strtoull(optarg, NULL, 0); break;
		case 'f': until = optarg; break;
		case 'w': largest = atoi(optarg); break;
		case 'q': depth = atoi(optarg); break;
		case 'k': kinds = optarg; break;
		case 'j': at_once = atoi(optarg); break;
		case 'S': seed = strtoull(optarg, NULL, 0); break;
		case 'i': interval = atoi(optarg); break;
		case 'B': buffer = atoi(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 3 || !*kinds || kinds[strspn(kinds, "wras")] ||
	    !largest || depth < 2 || depth > DEPTH || !shares ||
	    shares > CLIENTS || region_len < COUNTERS + 2 * shares)
		errx(2, "usage: remote [OPTION]... server|client ADDRESS PORT");
	set_address(argv[optind + 1], atoi(argv[optind + 2]));
	if (!strcmp(argv[optind], "server"))
		server();
	else if (!strcmp(argv[optind], "client"))
		client();
	else
		errx(2, "no mode %s", argv[optind]);
	return 0;
}
