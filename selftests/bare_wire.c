// SPDX-License-Identifier: GPL-2.0
/*
 * lists: none
 *
 * For capture_bare.sh: all that a bare connection says, each thing so many times as
 * is looked for there. Says how many FPDUs it was.
 */
#include "barepair.h"

#define LEN	20000

static void messages(struct pair *p, uint32_t stag, uint32_t second)
{
	struct hps_bare_received note;
	char *buf = malloc(LEN);

	pattern(buf, LEN, 1);
	CHECK_EQ(send(p->a, buf, LEN, 0), LEN);
	CHECK_EQ(recv(p->b, buf, LEN, 0), LEN);
	CHECK_EQ(send(p->b, buf, LEN, 0), LEN);
	CHECK_EQ(recv(p->a, buf, LEN, 0), LEN);
	CHECK(pattern_ok(buf, LEN, 1));
	CHECK_EQ(bare_send(p->b, buf, 1, HPS_BARE_SOLICITED, 0), 1);
	CHECK_EQ(bare_recv(p->a, buf, LEN, &note), 1);
	CHECK_EQ(bare_send(p->a, buf, 2, HPS_BARE_INVALIDATE, stag), 2);
	CHECK_EQ(bare_recv(p->b, buf, LEN, &note), 2);
	CHECK_EQ(note.stag, stag);
	CHECK_EQ(bare_send(p->a, buf, 3, HPS_BARE_INVALIDATE |
			   HPS_BARE_SOLICITED, second), 3);
	CHECK_EQ(bare_recv(p->b, buf, LEN, &note), 3);
	CHECK_EQ(note.stag, second);
	free(buf);
}

static uint32_t for_one(int fd)
{
	return enrol_with(fd, memory(LEN), LEN, HPS_DIRECT_REMOTE_INVALIDATE |
			  HPS_DIRECT_REMOTE_WRITE, HPS_DIRECT_ONLY);
}

static void session(unsigned int flags)
{
	char *mem = memory(LEN), *sink = memory(LEN), *buf = malloc(LEN);
	uint32_t stag, from;
	struct pair p;
	struct queue q;

	bare_pair_of(&p, flags, flags);
	queue_open(&q, p.a, 16);
	stag = enrol(p.b, mem, LEN, ALL_RIGHTS);
	from = enrol_with(p.a, sink, LEN, 0, HPS_DIRECT_SINK);
	messages(&p, for_one(p.b), for_one(p.b));
	pattern(buf, LEN, 2);
	post_ok(p.a, post_write(1, stag, 0), buf, LEN);
	post_ok(p.a, post_read(2, stag, 0, from, 0, LEN), NULL, 0);
	queue_expect(&q, 1, 0);
	queue_expect(&q, 2, 0);
	CHECK(pattern_ok(sink, LEN, 2));
	post_ok(p.a, post_read(3, stag, LEN, from, 0, 1), NULL, 0);
	queue_expect(&q, 3, -EREMOTEIO);
	bare_terminated(p.b, HPS_BARE_TERMINATED_BY_US, 0x0101, EPROTO);
	bare_terminated(p.a, HPS_BARE_TERMINATED_BY_PEER, 0x0101, EREMOTEIO);
	printf("# frames %llu\n",
	       (unsigned long long)bare_info(p.a).frames_sent +
	       bare_info(p.b).frames_sent);
	pair_close(&p);
}

TEST(revision_1, V_BARE)
{
	session(HPS_BARE_NO_CRC | HPS_BARE_REVISION_1);
}

TEST(revision_1_crc, V_BARE)
{
	session(HPS_BARE_REVISION_1);
}

TEST(enhanced, V_BARE)
{
	session(HPS_BARE_NO_CRC);
}

TEST(enhanced_crc, V_BARE)
{
	session(0);
}
