// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 *
 * A peer of a bare socket that answers what nobody asked, answers wrongly, or ends in
 * the middle: no octet is placed but those that were asked for, and each operation is
 * completed.
 */
#include "barehand.h"
#include "guards.h"

#define REGION	ROOM
#include "breaches.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

static const uint8_t junk[8192] = { [0 ... 8191] = 0xff };

/* --- answers ----------------------------------------------------------------------- */

static struct queue q;
static uint32_t sink;

static void begin_asking(struct hand *h)
{
	hand_begin(h);
	queue_open(&q, h->bare, 16);
	sink = enrol_with(h->bare, h->mem, ROOM, 0, HPS_DIRECT_SINK);
}

/* It asks for 4096 octets for its octet 1000, or to add; returns what the answer
 * names.
 */
static uint32_t asked(struct hand *h, uint64_t id, bool atomic)
{
	static uint8_t payload[66000];
	struct rdmap_request r;
	struct ddp_segment seg;

	if (atomic)
		post_ok(h->bare, post_add(id, 7, 1ULL << 40, 1), NULL, 0);
	else
		post_ok(h->bare, post_read(id, 7, 1ULL << 40, sink, 1000, 4096),
			NULL, 0);
	peer_next(&h->peer, &seg, payload);
	CHECK_EQ(seg.opcode, atomic ? RDMAP_OP_ATOMIC_REQUEST :
				      RDMAP_OP_READ_REQUEST);
	rdmap_request_parse(payload, seg.opcode, &r);
	CHECK_EQ(r.stag, 7);
	CHECK_EQ(r.offset, 1ULL << 40);
	return atomic ? r.id : r.sink_stag;
}

/* What it waited for does not come. */
static void ends_asking(struct hand *h, uint64_t id, unsigned int code)
{
	struct hps_direct_completion c;

	hand_terminated(h, code);
	queue_expect(&q, id, -EPROTO);
	CHECK(!queue_try(&q, &c));
	queue_close(&q);
	guards_ok(h->mem);
	hand_close(h);
}

static void respond(struct hand *h, uint32_t tag, uint64_t offset, size_t len,
		    bool last)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_READ_RESPONSE, .stag = tag, .len = len,
		.offset = offset, .last = last,
	};

	peer_segment(&h->peer, &seg, junk);
}

static void respond_atomic(struct hand *h, uint32_t id)
{
	const struct rdmap_atomic_response r = { .id = cpu_to_be32(id) };
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_ATOMIC_RESPONSE, .len = sizeof(r),
		.last = true, .msn = 1,
	};

	peer_segment(&h->peer, &seg, &r);
}

static void try_responses(struct hand *h)
{
	unsigned int i;
	uint32_t tag;

	for (i = 0; i < COUNT(responses); i++) {
		begin_asking(h);
		tag = asked(h, 5, false) + responses[i].tag;
		respond(h, tag, responses[i].offset, responses[i].len,
			responses[i].last);
		ends_asking(h, 5, responses[i].error);
		hand_unhurt(h);
	}
	begin_asking(h);
	respond(h, asked(h, 5, true), 0, 8, true);
	ends_asking(h, 5, 0x1100);
	begin_asking(h);
	respond_atomic(h, asked(h, 5, false));
	ends_asking(h, 5, 0x1202);
	begin_asking(h);
	respond_atomic(h, asked(h, 5, true) + 1);
	ends_asking(h, 5, 0x0207);
	hand_unhurt(h);
}

TEST(responses, V_BARE)
{
	hand_both_ways(try_responses);
}

/* Octets of an answer are in their place, all others are as before. */
static void only_answered(struct hand *h, size_t len)
{
	CHECK(is_all((char *)h->mem, 1000, 0));
	CHECK(!memcmp(h->mem + 1000, junk, len));
	CHECK(is_all((char *)h->mem + 1000 + len, ROOM - 1000 - len, 0));
	guards_ok(h->mem);
	memset(h->mem, 0, ROOM);
}

static void try_more(struct hand *h)
{
	uint32_t tag;

	/* the second half where the first one was */
	begin_asking(h);
	tag = asked(h, 5, false);
	respond(h, tag, 0, 2048, false);
	respond(h, tag, 0, 2048, true);
	ends_asking(h, 5, TERM_BOUNDS);
	only_answered(h, 2048);
	/* more than a half is left over */
	begin_asking(h);
	tag = asked(h, 5, false);
	respond(h, tag, 0, 2048, false);
	respond(h, tag, 2048, 2049, true);
	ends_asking(h, 5, TERM_BOUNDS);
	only_answered(h, 2048);
	/* another kind of answer for the other half */
	begin_asking(h);
	tag = asked(h, 5, false);
	respond(h, tag, 0, 2048, false);
	respond_atomic(h, 0);
	ends_asking(h, 5, 0x1202);
	only_answered(h, 2048);
	/* what was answered is answered again */
	begin_asking(h);
	tag = asked(h, 5, false);
	respond(h, tag, 0, 4096, true);
	queue_expect(&q, 5, 0);
	only_answered(h, 4096);
	respond(h, tag, 0, 4096, true);
	hand_terminated(h, TERM_STAG);
	hand_unhurt(h);
	queue_close(&q);
	hand_close(h);
}

TEST(response_after_the_response, V_BARE)
{
	hand_both_ways(try_more);
}

/* Its tag is for the answer, that of its memory for nobody. */
static void try_writes(struct hand *h)
{
	begin_asking(h);
	h->stag = asked(h, 5, false);
	hand_write(h, 0, junk, 8);
	ends_asking(h, 5, TERM_STAG);
	hand_unhurt(h);
	begin_asking(h);
	asked(h, 5, false);
	h->stag = sink;
	hand_write(h, 0, junk, 8);
	ends_asking(h, 5, TERM_RIGHTS);
	hand_unhurt(h);
	begin_asking(h);
	asked(h, 5, false);
	h->stag = sink;
	hand_ask(h, false, 1, 0, 8);
	ends_asking(h, 5, TERM_RIGHTS);
	hand_unhurt(h);
}

TEST(memory_of_a_read, V_BARE)
{
	hand_both_ways(try_writes);
}

/* The memory has gone before the answer comes: it goes nowhere, and no harm is done. */
static void try_sink_goes(struct hand *h)
{
	uint32_t tag;

	begin_asking(h);
	tag = asked(h, 5, false);
	deregister(h->bare, sink);
	respond(h, tag, 0, 4096, true);
	queue_expect(&q, 5, -ECANCELED);
	hand_unhurt(h);
	queue_close(&q);
	hand_ends_well(h);
}

TEST(sink_goes, V_BARE)
{
	hand_both_ways(try_sink_goes);
}

/* --- ends --------------------------------------------------------------------------- */

/* Terminates that say anything: they end the connection, and that is all. */
static void try_terminates(struct hand *h)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_TERMINATE, .msn = 1, .last = true,
	};
	uint64_t seed = 4711;
	uint8_t octets[128];
	int i, status;

	for (seg.len = 4; seg.len <= sizeof(octets); seg.len += 4) {
		for (i = 0; i < (int)sizeof(octets); i++)
			octets[i] = seeded(&seed);
		begin_asking(h);
		asked(h, 5, false);
		peer_segment(&h->peer, &seg, octets);
		bare_terminated(h->bare, HPS_BARE_TERMINATED_BY_PEER,
				octets[0] << 8 | octets[1], EREMOTEIO);
		status = queue_take(&q).status;
		CHECK(status == -ECONNRESET || status == -EREMOTEIO);
		CHECK(peer_at_end(&h->peer));
		hand_unhurt(h);
		queue_close(&q);
		hand_close(h);
	}
}

TEST(any_terminate, V_BARE)
{
	hand_both_ways(try_terminates);
}

/* The second of three requests is refused: that one, and no other. */
static void try_second(struct hand *h)
{
	const struct ddp_segment request = {
		.opcode = RDMAP_OP_READ_REQUEST, .msn = 2, .last = true,
		.len = 28,
	};
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_TERMINATE, .msn = 1, .last = true,
	};
	uint8_t quoted[64] = {}, term[RDMAP_MAX_TERMINATE];
	int i;

	begin_asking(h);
	for (i = 1; i <= 3; i++)
		asked(h, i, false);
	ddp_segment_build(quoted, &request);
	seg.len = rdmap_terminate_build(term, RDMAP_ERR_RIGHTS, quoted, 48);
	peer_segment(&h->peer, &seg, term);
	queue_expect(&q, 1, -ECONNRESET);
	queue_expect(&q, 2, -EREMOTEIO);
	queue_expect(&q, 3, -ECONNRESET);
	bare_terminated(h->bare, HPS_BARE_TERMINATED_BY_PEER, TERM_RIGHTS,
			EREMOTEIO);
	queue_close(&q);
	hand_close(h);
}

TEST(terminate_names_a_request, V_BARE)
{
	hand_both_ways(try_second);
}

/* TCP ends in the middle of a frame, of a message, of an answer: that is no orderly
 * end, and half a message is none.
 */
static void end_inside(struct hand *h, bool frame, bool answer)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_SEND, .last = frame, .len = 100, .msn = 1,
	};
	uint8_t octets[200];
	size_t len;
	char c;

	begin_asking(h);
	len = frame_of(&h->peer, octets, &seg, junk);
	if (answer)
		respond(h, asked(h, 5, false), 0, 100, false);
	else
		peer_send(&h->peer, octets, len - frame);
	shutdown(h->peer.fd, SHUT_WR);
	CHECK(peer_at_end(&h->peer));
	CHECK_ERR(recv(h->bare, &c, 1, 0), ECONNRESET);
	CHECK_EQ(recv(h->bare, &c, 1, MSG_TRUNC), 0);
	CHECK_EQ(bare_info(h->bare).terminated, 0);
	if (answer) {
		queue_expect(&q, 5, -ECONNRESET);
		only_answered(h, 100);
	}
	hand_unhurt(h);
	queue_close(&q);
	hand_close(h);
}

static void try_ends(struct hand *h)
{
	end_inside(h, true, false);
	end_inside(h, false, false);
	end_inside(h, false, true);
}

TEST(ends_in_the_middle, V_BARE)
{
	hand_both_ways(try_ends);
}
