// SPDX-License-Identifier: GPL-2.0
/*
 * Any octets as what a peer sends to a connection of libhps: its buffers, queues
 * and completions, beneath which fuzz_stream.c looks.
 *
 * Input: an octet that says what was posted, then the TCP stream. 0xabcd0000 plus
 * a number stands for the tag of that region, 0xabcd0100 plus a number for that
 * of a request of ours: a fuzzer does not guess tags.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "recv.h"
#include "region.h"
#include "send.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define REGIONS	2
#define RECVS	3
#define RECV_LEN 100
#define WORKS	4
#define MAX	8192

static struct hps_domain *domain;
static struct hps_cq *cq;
static struct hps_region *regions[REGIONS];
static u8 *inbox[RECVS], *sink;

static void set_up(void)
{
	int i;

	if (hps_domain_open_over(&domain, HPS_TRANSPORT_BARE) ||
	    hps_cq_create(domain, 64, &cq))
		abort();
	for (i = 0; i < REGIONS; i++)
		if (hps_region_register(domain, aligned_alloc(8, 64 + 1024 * i),
					64 + 1024 * i, 0xf, NULL, &regions[i]))
			abort();
	for (i = 0; i < RECVS; i++)
		inbox[i] = malloc(RECV_LEN);
	sink = malloc(RECV_LEN);
}

/* Receives, and up to four requests; returns completions to come. */
static int post(struct hps_conn *c, u8 what)
{
	const struct iovec iov = { sink, RECV_LEN };
	const struct hps_remote at = { .stag = 1 };
	int i, n = 0;

	for (i = 0; i < RECVS; i++) {
		const struct iovec in = { inbox[i], RECV_LEN };

		n += !hps_post_recv(c, &in, 1, i);
	}
	c->state = HPS_CONN_OPEN;
	for (i = 0; i < WORKS; i++, what >>= 2)
		if ((what & 3) == 1)
			n += !hps_post_read(c, &iov, 1, &at, i, 0);
		else if ((what & 3) == 2)
			n += !hps_post_fetch_add(c, &at, 1, i, 0);
		else if ((what & 3) == 3)
			n += !hps_post_send(c, &iov, 1, i, 0);

	return n;
}

static u32 real_tag(struct hps_conn *c, u32 tag)
{
	if (tag >> 8 == 0xabcd00)
		return hps_region_stag(regions[tag % REGIONS]);
	if (tag >> 8 == 0xabcd01 && c->stream.count)
		return c->stream.asked[tag % c->stream.count].tag;

	return tag;
}

static void put_tags(struct hps_conn *c, u8 *stream, size_t size)
{
	size_t i;

	for (i = 0; i + 4 <= size; i += 4) {
		u32 tag;

		memcpy(&tag, stream + i, 4);
		tag = cpu_to_be32(real_tag(c, be32_to_cpu(tag)));
		memcpy(stream + i, &tag, 4);
	}
}

/* Exactly as many as were posted, "closed" once, and it is the last. */
static void count_completions(int posted)
{
	struct hps_completion done[16];
	int n = hps_cq_poll(cq, done, 16), i;

	assert(n == posted + 1);
	for (i = 0; i < n; i++)
		assert((done[i].op == HPS_OP_CLOSED) == (i == n - 1));
	assert(!cq->reserved);
}

static void revive(void)
{
	int i;

	for (i = 0; i < REGIONS; i++)
		regions[i]->ddp.valid = true;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct hps_conn_attr attr = { .flags = HPS_CONN_NO_CRC, .segment = 512,
				      .ird = 2, .ord = 4 };
	static u8 stream[MAX];
	struct hps_conn *c;
	int fds[2], posted;

	if (!domain)
		set_up();
	if (!size || size > MAX)
		return 0;
	attr.cq = cq;
	if (hps_conn_create(domain, &attr, &c) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		abort();
	c->stream.ird = 2;
	c->stream.ord = 4;

	domain_lock(domain);
	if (conn_open(c, fds[0], true))
		abort();
	domain_unlock(domain);
	posted = post(c, data[0]);

	domain_lock(domain);
	memcpy(stream, data + 1, size - 1);
	put_tags(c, stream, size - 1);
	if (write(fds[1], stream, size - 1) != (ssize_t)size - 1)
		abort();
	conn_receive(c);
	conn_push(c);
	conn_settle(c);
	revive();
	domain_unlock(domain);

	hps_conn_destroy(c);
	count_completions(posted);
	close(fds[1]);

	return 0;
}
