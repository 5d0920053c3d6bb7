// SPDX-License-Identifier: GPL-2.0
/* Direct placement: regions, queues of completions, operations. */
#include "post.h"

#include <poll.h>
#include <sys/mman.h>

/* --- regions --------------------------------------------------------------------- */

void *memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/* New memory with the pattern from @at. */
char *pattern_of(size_t len, uint64_t at)
{
	char *p = memory(len);

	pattern(p, len, at);
	return p;
}

/* Is each of these octets @c? */
bool is_all(const char *p, size_t len, char c)
{
	return !len || (p[0] == c && !memcmp(p, p + 1, len - 1));
}

/* Nothing to read, and no end. */
bool is_idle(int fd)
{
	return !poll_now(fd, POLLIN | POLLPRI | POLLRDHUP) && !in_queue(fd);
}

struct hps_direct_region region(const void *addr, uint64_t len,
				unsigned int rights)
{
	return (struct hps_direct_region) {
		.addr = (uintptr_t)addr, .len = len, .rights = rights,
	};
}

int try_register(int fd, struct hps_direct_region *r)
{
	socklen_t len = sizeof(*r);

	return getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, r, &len);
}

int try_memory(int fd, const void *addr, uint64_t len, unsigned int rights)
{
	struct hps_direct_region r = region(addr, len, rights);

	return try_register(fd, &r);
}

/* The tag of a new region. */
uint32_t enrol(int fd, const void *addr, uint64_t len, unsigned int rights)
{
	return enrol_with(fd, addr, len, rights, 0);
}

uint32_t enrol_with(int fd, const void *addr, uint64_t len,
		    unsigned int rights, unsigned int flags)
{
	struct hps_direct_region r = region(addr, len, rights);

	r.flags = flags;
	if (try_register(fd, &r))
		test_fail(__FILE__, __LINE__, "register %llu octets",
			  (unsigned long long)len);
	CHECK(r.stag != 0);
	return r.stag;
}

int try_deregister(int fd, uint32_t stag)
{
	return setsockopt(fd, SOL_HPS, HPS_DIRECT_DEREGISTER, &stag,
			  sizeof(stag));
}

void deregister(int fd, uint32_t stag)
{
	CHECK(try_deregister(fd, stag) == 0);
}

int try_domain(int fd, int other)
{
	return setsockopt(fd, SOL_HPS, HPS_DIRECT_DOMAIN, &other,
			  sizeof(other));
}

/* --- queues ---------------------------------------------------------------------- */

int queue_ask(int fd, struct hps_direct_queue *q, socklen_t *len)
{
	return getsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, q, len);
}

int queue_make(int fd, unsigned int entries)
{
	struct hps_direct_queue q = { .entries = entries, .fd = -7 };
	socklen_t len = sizeof(q);

	CHECK(queue_ask(fd, &q, &len) == 0);
	CHECK_EQ(len, sizeof(q));
	CHECK(q.fd >= 0);
	CHECK(q.entries >= entries);
	return q.fd;
}

int queue_set(int fd, int queue)
{
	return setsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, &queue, sizeof(queue));
}

struct hps_direct_ring *queue_map(int queue, unsigned int entries)
{
	struct hps_direct_ring *r;

	r = mmap(NULL, HPS_DIRECT_QUEUE_SIZE(entries), PROT_READ | PROT_WRITE,
		 MAP_SHARED, queue, 0);
	CHECK(r != MAP_FAILED);
	return r;
}

/* Makes a queue for at least @entries completions, of @fd from now on. */
void queue_open(struct queue *q, int fd, unsigned int entries)
{
	q->fd = queue_make(fd, entries);
	q->ring = queue_map(q->fd, 1);
	q->entries = q->ring->entries;
	CHECK(munmap(q->ring, HPS_DIRECT_QUEUE_SIZE(1)) == 0);
	q->ring = queue_map(q->fd, q->entries);
	CHECK(queue_set(fd, q->fd) == 0);
}

void queue_close(struct queue *q)
{
	CHECK(munmap(q->ring, HPS_DIRECT_QUEUE_SIZE(q->entries)) == 0);
	close(q->fd);
}

/* Takes the next completion, if there is one. */
bool queue_try(struct queue *q, struct hps_direct_completion *c)
{
	uint32_t n = q->ring->consumed;

	if (__atomic_load_n(&q->ring->produced, __ATOMIC_ACQUIRE) == n)
		return false;
	*c = q->ring->completion[n % q->entries];
	__atomic_store_n(&q->ring->consumed, n + 1, __ATOMIC_RELEASE);
	CHECK(!(c->reserved[0] | c->reserved[1]));
	CHECK(c->op == HPS_DIRECT_RECV || !c->flags);
	return true;
}

/* Takes the next completion, and waits for it. */
struct hps_direct_completion queue_take(struct queue *q)
{
	struct hps_direct_completion c;

	while (!queue_try(q, &c))
		CHECK_EQ(wait_for(q->fd, POLLIN), POLLIN);
	return c;
}

/* The next completion is that of @data. */
void queue_expect(struct queue *q, uint64_t data, int status)
{
	struct hps_direct_completion c = queue_take(q);

	CHECK_EQ(c.data, data);
	CHECK_EQ(c.status, status);
}

/* --- operations ------------------------------------------------------------------ */

static ssize_t post_with(int fd, const struct hps_direct_post *post,
			 const struct hps_direct_piece *more, unsigned int nr,
			 struct iovec *iov, int flags)
{
	size_t size = sizeof(*post) + nr * sizeof(*more);
	union {
		struct cmsghdr	head;
		char		room[CMSG_SPACE(sizeof(*post) +
					20 * sizeof(*more))];
	} control = {
		.head.cmsg_level = SOL_HPS,
		.head.cmsg_type = HPS_DIRECT_POST,
		.head.cmsg_len = CMSG_LEN(size),
	};
	struct msghdr msg = {
		.msg_iov = iov, .msg_iovlen = !!iov,
		.msg_control = &control, .msg_controllen = CMSG_SPACE(size),
	};

	CHECK(nr <= 20);
	memcpy(CMSG_DATA(&control.head), post, sizeof(*post));
	memcpy(CMSG_DATA(&control.head) + sizeof(*post), more,
	       nr * sizeof(*more));
	return sendmsg(fd, &msg, flags | MSG_NOSIGNAL);
}

ssize_t try_post(int fd, const struct hps_direct_post *post, const void *buf,
		 size_t len, int flags)
{
	struct iovec iov = { (void *)buf, len };

	return post_with(fd, post, NULL, 0, &iov, flags);
}

/* An operation with further pieces of memory. */
int try_pieces(int fd, struct hps_direct_post post,
	       const struct hps_direct_piece *more, unsigned int nr)
{
	return post_with(fd, &post, more, nr, NULL, 0);
}

struct hps_direct_post post_write(uint64_t data, uint32_t stag, uint64_t offset)
{
	return (struct hps_direct_post) {
		.op = HPS_DIRECT_WRITE, .data = data,
		.stag = stag, .offset = offset,
	};
}

struct hps_direct_post post_read(uint64_t data, uint32_t stag, uint64_t offset,
				 uint32_t sink, uint64_t sink_offset,
				 uint64_t len)
{
	return (struct hps_direct_post) {
		.op = HPS_DIRECT_READ, .data = data,
		.stag = stag, .offset = offset,
		.sink = sink, .sink_offset = sink_offset, .len = len,
	};
}

struct hps_direct_post post_add(uint64_t data, uint32_t stag, uint64_t offset,
				uint64_t operand)
{
	return (struct hps_direct_post) {
		.op = HPS_DIRECT_ADD, .data = data,
		.stag = stag, .offset = offset, .operand = operand,
	};
}

struct hps_direct_post post_swap(uint64_t data, uint32_t stag, uint64_t offset,
				 uint64_t compare, uint64_t operand)
{
	return (struct hps_direct_post) {
		.op = HPS_DIRECT_SWAP, .data = data,
		.stag = stag, .offset = offset,
		.operand = operand, .compare = compare,
	};
}

struct hps_direct_post post_recv(uint64_t data, uint32_t sink, uint64_t offset,
				 uint64_t len)
{
	return (struct hps_direct_post) {
		.op = HPS_DIRECT_RECV, .data = data,
		.sink = sink, .sink_offset = offset, .len = len,
	};
}

/* Posts it, all @len octets of @buf as well. */
void post_ok(int fd, struct hps_direct_post post, const void *buf, size_t len)
{
	CHECK_EQ(try_post(fd, &post, buf, len, 0), (long long)len);
}

/* Posts @len octets of nothing, without waiting. */
struct hps_direct_post post_invalidate(uint64_t data, uint32_t stag)
{
	return (struct hps_direct_post) {
		.data = data,
		.op = HPS_DIRECT_INVALIDATE,
		.stag = stag,
	};
}

int post_one(int fd, struct hps_direct_post post, size_t len)
{
	static const char octets[100];

	return try_post(fd, &post, octets, len, MSG_DONTWAIT);
}

/* --- connections ---------------------------------------------------------------- */

/* Memory and a queue for a connection that is there. */
void ends_register(struct ends *e, size_t len)
{
	e->len = len;
	e->mem = memory(len);
	e->sink = memory(len);
	e->stag = enrol(e->p.b, e->mem, len, ALL_RIGHTS);
	e->sink_stag = enrol_with(e->p.a, e->sink, len, 0, HPS_DIRECT_SINK);
	queue_open(&e->q, e->p.a, 2 * HPS_DIRECT_DEPTH);
}

void ends_open(struct ends *e, size_t len)
{
	pair_open(&e->p);
	ends_register(e, len);
}

/* Why its connection has ended. */
uint16_t reason_of(int fd)
{
	struct hps_info info;
	socklen_t len = sizeof(info);

	CHECK(getsockopt(fd, SOL_HPS, HPS_INFO, &info, &len) == 0);
	CHECK(len >= offsetof(struct hps_info, reason) + sizeof(info.reason));
	return info.reason;
}

/* The connection has ended, both ends know why, and @data has failed. */
void expect_refused(struct ends *e, uint64_t data)
{
	queue_expect(&e->q, data, -EREMOTEIO);
	CHECK_EQ(poll_now(e->q.fd, POLLIN), 0);
	CHECK_EQ(reason_of(e->p.a), HPS_REASON_ACCESS);
	CHECK_EQ(reason_of(e->p.b), HPS_REASON_ACCESS);
	CHECK_ERR(send(e->p.a, "x", 1, MSG_NOSIGNAL), EREMOTEIO);
	CHECK_EQ(so_error(e->p.b), ECONNABORTED);
	wait_for(e->p.a, POLLHUP);
	wait_for(e->p.b, POLLHUP);
}

/* --- receives -------------------------------------------------------------------- */

void inbox_memory(struct inbox *in, size_t len)
{
	in->len = len;
	in->mem = memory(len);
	in->stag = enrol_with(in->p.b, in->mem, len, 0, HPS_DIRECT_SINK);
}

void inbox_open(struct inbox *in, size_t len)
{
	pair_open(&in->p);
	inbox_memory(in, len);
	queue_open(&in->q, in->p.b, 2 * HPS_DIRECT_DEPTH);
}

int inbox_try(struct inbox *in, uint64_t data, uint64_t offset,
		    uint64_t len, unsigned int flags)
{
	struct hps_direct_post post = post_recv(data, in->stag, offset, len);

	post.flags = flags;
	return try_post(in->p.b, &post, NULL, 0, 0);
}

void inbox_post(struct inbox *in, uint64_t data, uint64_t offset, uint64_t len)
{
	CHECK_EQ(inbox_try(in, data, offset, len, 0), 0);
}

void inbox_post_whole(struct inbox *in, uint64_t data, uint64_t offset,
		       uint64_t len)
{
	CHECK_EQ(inbox_try(in, data, offset, len, HPS_DIRECT_WAITALL), 0);
}

int try_cancel(int fd, uint64_t data)
{
	return setsockopt(fd, SOL_HPS, HPS_DIRECT_CANCEL, &data, sizeof(data));
}

int try_cancel_all(int fd)
{
	return setsockopt(fd, SOL_HPS, HPS_DIRECT_CANCEL, NULL, 0);
}

/* The next completion is that of @data, with @len octets. */
struct hps_direct_completion inbox_expect(struct inbox *in, uint64_t data,
					   uint64_t len, int status)
{
	struct hps_direct_completion c = queue_take(&in->q);

	CHECK_EQ(c.op, HPS_DIRECT_RECV);
	CHECK_EQ(c.data, data);
	CHECK_EQ(c.status, status);
	CHECK_EQ(c.len, len);
	return c;
}

/* It is a whole message, or what there was of the stream. */
void inbox_message(struct inbox *in, uint64_t data, uint64_t len)
{
	struct hps_direct_completion c = inbox_expect(in, data, len, 0);

	CHECK_EQ(c.flags, is_seqpacket() ? HPS_DIRECT_EOR : 0);
	CHECK_EQ(c.value, len);
}

void inbox_end(struct inbox *in, uint64_t data, uint64_t len)
{
	CHECK_EQ(inbox_expect(in, data, len, 0).flags, HPS_DIRECT_END);
}

void inbox_empty(struct inbox *in)
{
	CHECK_EQ(poll_now(in->q.fd, POLLIN), 0);
}

/* Messages of many sizes, then the end. */
void send_messages(void *arg)
{
	struct inbox *in = arg;
	uint64_t seed = 7, at = 0;
	size_t len;
	int i;

	for (i = 0; i < MESSAGES; i++) {
		len = 1 + seeded(&seed) % (i % 16 ? 2000 : 60000);
		send_pattern(in->p.a, len, at);
		at += len;
	}
	shutdown(in->p.a, SHUT_WR);
}
