// SPDX-License-Identifier: GPL-2.0
/* Tests of ddp/stream.c. */
#include "hps_test.h"

#include "../ddp/stream.c"

#define DOMAIN	1
#define STREAM	2
#define ORD	3
#define IRD	2

static struct ddp_stag_table table;
static struct ddp_region region;
static struct rdmap_asked ring[ORD];
static struct rdmap_stream st;
static struct rdmap_place place;
static struct rdmap_event event;

/* A region of 100 octets from offset 1000 on, with all rights. */
static void begin(void)
{
	ddp_stag_init(&table);
	region = (struct ddp_region) {
		.rights = DDP_RIGHT_READ | DDP_RIGHT_WRITE | DDP_RIGHT_ATOMIC |
			  DDP_RIGHT_INVALIDATE,
		.base = 1000, .len = 100, .domain = DOMAIN,
	};
	ddp_stag_add(&table, &region);
	rdmap_stream_init(&st, &table, DOMAIN, STREAM);
	st.ird = IRD;
	st.ord = ORD;
	st.asked = ring;
}

static enum rdmap_error arrive(const struct ddp_segment *seg,
			       const u64 *receive, const void *payload)
{
	enum rdmap_error error;

	rcu_read_lock();
	error = rdmap_stream_place(&st, seg, receive, &place);
	if (!error)
		error = rdmap_stream_done(&st, seg, payload, &event);
	rcu_read_unlock();

	return error;
}

static enum rdmap_error write_to(u64 offset, u32 len)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .tagged = true, .last = true,
		.len = len, .stag = region.stag, .offset = offset,
	};

	return arrive(&seg, NULL, NULL);
}

static void stream_write_goes_to_its_region(struct kunit *test)
{
	begin();
	HPS_EXPECT_EQ(test, write_to(1090, 10), RDMAP_OK);
	HPS_EXPECT_EQ(test, place.where, RDMAP_TO_REGION);
	HPS_EXPECT(test, place.region == &region);
	HPS_EXPECT_EQ(test, place.offset, 90);
	HPS_EXPECT_EQ(test, event.type, RDMAP_NOTHING);
}

static void stream_wrong_writes_have_codes_of_ddp(struct kunit *test)
{
	begin();
	HPS_EXPECT_EQ(test, write_to(1091, 10), DDP_ERR_BOUNDS);
	begin();
	HPS_EXPECT_EQ(test, write_to(U64_MAX, 2), DDP_ERR_WRAP);
	begin();
	region.valid = false;
	HPS_EXPECT_EQ(test, write_to(1000, 1), DDP_ERR_STAG);
	begin();
	region.stream = STREAM + 1;
	HPS_EXPECT_EQ(test, write_to(1000, 1), DDP_ERR_NOT_THIS_STREAM);
	begin();
	region.rights = DDP_RIGHT_READ;
	HPS_EXPECT_EQ(test, write_to(1000, 1), RDMAP_ERR_RIGHTS);
	HPS_EXPECT(test, st.ended);
	HPS_EXPECT_EQ(test, write_to(1000, 1), RDMAP_ERR_STREAM);
}

static void stream_write_of_nothing_names_no_tag(struct kunit *test)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .tagged = true, .last = true,
	};

	begin();
	HPS_EXPECT_EQ(test, arrive(&seg, NULL, NULL), RDMAP_OK);
	HPS_EXPECT_EQ(test, place.where, RDMAP_NOWHERE);
}

static struct ddp_segment send_segment(u32 msn, u32 mo, u32 len, bool last)
{
	return (struct ddp_segment) {
		.opcode = RDMAP_OP_SEND, .msn = msn, .mo = mo, .len = len,
		.last = last,
	};
}

static void stream_send_in_segments(struct kunit *test)
{
	struct ddp_segment seg = send_segment(1, 0, 60, false);
	u64 room = 100;

	begin();
	HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_OK);
	HPS_EXPECT_EQ(test, event.type, RDMAP_NOTHING);
	seg = send_segment(1, 60, 40, true);
	HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_OK);
	HPS_EXPECT_EQ(test, place.where, RDMAP_TO_RECEIVE);
	HPS_EXPECT_EQ(test, place.offset, 60);
	HPS_EXPECT_EQ(test, event.type, RDMAP_RECEIVED);
	HPS_EXPECT_EQ(test, event.len, 100);
	HPS_EXPECT(test, !event.solicited && !event.invalidated);
	/* the next one begins anew */
	seg = send_segment(2, 0, 0, true);
	HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_OK);
	HPS_EXPECT_EQ(test, event.type, RDMAP_RECEIVED);
	HPS_EXPECT_EQ(test, event.len, 0);
}

/* One good segment of 60 octets has come; what may not follow. */
static void stream_send_games(struct kunit *test)
{
	static const struct {
		u32	msn, mo, len;
		u8	op;
		enum rdmap_error error;
	} tries[] = {
		{ 1, 60, 40, RDMAP_OP_SEND, RDMAP_OK },
		{ 1, 60, 41, RDMAP_OP_SEND, DDP_ERR_TOO_LONG },
		{ 1, 60, 0xffffffff, RDMAP_OP_SEND, DDP_ERR_TOO_LONG },
		{ 1, 59, 40, RDMAP_OP_SEND, DDP_ERR_MO },
		{ 1, 61, 10, RDMAP_OP_SEND, DDP_ERR_MO },
		{ 1, 0, 10, RDMAP_OP_SEND, DDP_ERR_MO },
		{ 2, 60, 10, RDMAP_OP_SEND, DDP_ERR_MSN },
		{ 0, 60, 10, RDMAP_OP_SEND, DDP_ERR_MSN },
		{ 2, 0, 10, RDMAP_OP_SEND, DDP_ERR_MSN },
		{ 1, 60, 10, RDMAP_OP_SEND_SE, RDMAP_ERR_OPCODE },
	};
	struct ddp_segment seg;
	u64 room = 100;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		begin();
		seg = send_segment(1, 0, 60, false);
		HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_OK);
		seg = send_segment(tries[i].msn, tries[i].mo, tries[i].len,
				   true);
		seg.opcode = tries[i].op;
		HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), tries[i].error);
	}
}

static void stream_send_names_one_tag(struct kunit *test)
{
	static const u8 ops[] = { RDMAP_OP_SEND, RDMAP_OP_SEND_INVAL };
	struct ddp_segment seg;
	u64 room = 100;
	u32 i;

	for (i = 0; i < 2; i++) {
		begin();
		seg = send_segment(1, 0, 1, false);
		seg.opcode = ops[i];
		seg.stag = region.stag;
		HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_OK);
		seg.mo = 1;
		seg.stag = region.stag + 1;
		HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL),
			      i ? RDMAP_ERR_OPCODE : RDMAP_OK);
	}
}

static void stream_send_needs_a_receive(struct kunit *test)
{
	const struct ddp_segment seg = send_segment(1, 0, 1, true);
	u64 none = 0;

	begin();
	HPS_EXPECT_EQ(test, arrive(&seg, NULL, NULL), DDP_ERR_NO_BUFFER);
	begin();
	HPS_EXPECT_EQ(test, arrive(&seg, &none, NULL), DDP_ERR_TOO_LONG);
}

static void stream_msn_wraps(struct kunit *test)
{
	struct ddp_segment seg = send_segment(U32_MAX, 0, 1, true);
	u64 room = 10;

	begin();
	st.rx_msn[DDP_QN_SEND] = U32_MAX;
	HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_OK);
	seg.msn = 0;
	HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_OK);
}

static void stream_send_invalidates(struct kunit *test)
{
	struct ddp_segment seg = send_segment(1, 0, 1, false);
	u64 room = 10;

	begin();
	seg.opcode = RDMAP_OP_SEND_SE_INVAL;
	seg.stag = region.stag;
	HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_OK);
	HPS_EXPECT(test, region.valid);		/* not before its end */
	seg.mo = 1;
	seg.last = true;
	HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_OK);
	HPS_EXPECT(test, event.invalidated == &region && event.solicited);
	HPS_EXPECT_EQ(test, write_to(1000, 1), DDP_ERR_STAG);
}

static void stream_invalidation_needs_the_right(struct kunit *test)
{
	struct ddp_segment seg = send_segment(1, 0, 1, true);
	u64 room = 10;

	begin();
	region.rights &= ~DDP_RIGHT_INVALIDATE;
	seg.opcode = RDMAP_OP_SEND_INVAL;
	seg.stag = region.stag;
	HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_ERR_INVALIDATE);
	HPS_EXPECT(test, region.valid);
	begin();
	seg.stag = region.stag + 1;
	HPS_EXPECT_EQ(test, arrive(&seg, &room, NULL), RDMAP_ERR_INVALIDATE);
}

static enum rdmap_error ask_us(const struct rdmap_request *r, u32 msn, int more)
{
	struct ddp_segment seg = {
		.opcode = r->atomic ? RDMAP_OP_ATOMIC_REQUEST :
				      RDMAP_OP_READ_REQUEST,
		.queue = DDP_QN_REQUEST, .msn = msn, .last = true,
	};
	u8 payload[64];

	seg.len = rdmap_request_build(payload, r) + more;

	return arrive(&seg, NULL, payload);
}

static struct rdmap_request read_of(u64 offset, u32 len)
{
	return (struct rdmap_request) {
		.sink_stag = 5, .len = len, .stag = region.stag,
		.offset = offset,
	};
}

static void stream_requests_up_to_the_depth(struct kunit *test)
{
	struct rdmap_request r;
	u32 msn;

	begin();
	r = read_of(1000, 100);
	for (msn = 1; msn <= IRD; msn++) {
		HPS_EXPECT_EQ(test, ask_us(&r, msn, 0), RDMAP_OK);
		HPS_EXPECT_EQ(test, event.type, RDMAP_REQUESTED);
		HPS_EXPECT_EQ(test, event.request.stag, region.stag);
		HPS_EXPECT_EQ(test, event.request.sink_stag, 5);
		HPS_EXPECT_EQ(test, event.request.offset, 1000);
		HPS_EXPECT_EQ(test, event.request.len, 100);
	}
	rdmap_stream_answered(&st);
	HPS_EXPECT_EQ(test, ask_us(&r, msn++, 0), RDMAP_OK);
	HPS_EXPECT_EQ(test, ask_us(&r, msn, 0), DDP_ERR_NO_BUFFER);
}

static void stream_wrong_reads_have_codes_of_rdmap(struct kunit *test)
{
	struct rdmap_request r;

	begin();
	r = read_of(1001, 100);
	HPS_EXPECT_EQ(test, ask_us(&r, 1, 0), RDMAP_ERR_BOUNDS);
	begin();
	r = read_of(U64_MAX - 9, 100);
	HPS_EXPECT_EQ(test, ask_us(&r, 1, 0), RDMAP_ERR_WRAP);
	begin();
	r = read_of(1000, 1);
	r.stag++;
	HPS_EXPECT_EQ(test, ask_us(&r, 1, 0), RDMAP_ERR_STAG);
	begin();
	r = read_of(1000, 1);
	region.domain++;
	HPS_EXPECT_EQ(test, ask_us(&r, 1, 0), RDMAP_ERR_NOT_THIS_STREAM);
	begin();
	r = read_of(1000, 1);
	region.rights = ~DDP_RIGHT_READ;
	HPS_EXPECT_EQ(test, ask_us(&r, 1, 0), RDMAP_ERR_RIGHTS);
	begin();
	r = read_of(0, 0);
	r.stag++;
	HPS_EXPECT_EQ(test, ask_us(&r, 1, 0), RDMAP_OK);
}

static void stream_malformed_requests(struct kunit *test)
{
	struct rdmap_request r;

	begin();
	r = read_of(1000, 1);
	HPS_EXPECT_EQ(test, ask_us(&r, 2, 0), DDP_ERR_MSN);
	begin();
	r = read_of(1000, 1);
	HPS_EXPECT_EQ(test, ask_us(&r, 1, 1), DDP_ERR_TOO_LONG);
	begin();
	r = read_of(1000, 1);
	HPS_EXPECT_EQ(test, ask_us(&r, 1, -1), RDMAP_ERR_STREAM);
}

static void stream_source_is_asked_again(struct kunit *test)
{
	struct ddp_region *found = NULL;
	struct rdmap_request r;

	begin();
	r = read_of(1000, 100);
	HPS_EXPECT_EQ(test, ask_us(&r, 1, 0), RDMAP_OK);
	rcu_read_lock();
	HPS_EXPECT_EQ(test, rdmap_stream_source(&st, &r, 60, 40, &found),
		      RDMAP_OK);
	HPS_EXPECT(test, found == &region);
	HPS_EXPECT_EQ(test, rdmap_stream_source(&st, &r, 60, 41, &found),
		      RDMAP_ERR_BOUNDS);
	region.valid = false;
	HPS_EXPECT_EQ(test, rdmap_stream_source(&st, &r, 60, 40, &found),
		      RDMAP_ERR_STAG);
	rcu_read_unlock();
}

static struct rdmap_request add_at(u64 offset)
{
	return (struct rdmap_request) {
		.atomic = true, .len = 8, .op = RDMAP_ATOMIC_FETCH_ADD,
		.id = 9, .stag = region.stag, .offset = offset,
	};
}

static void stream_atomic_requests(struct kunit *test)
{
	static const struct {
		u64	offset;
		u32	op;
		enum rdmap_error error;
	} tries[] = {
		{ 1000, RDMAP_ATOMIC_FETCH_ADD, RDMAP_OK },
		{ 1088, RDMAP_ATOMIC_CMP_SWAP, RDMAP_OK },
		{ 1096, RDMAP_ATOMIC_FETCH_ADD, RDMAP_ERR_BOUNDS },
		{ 992, RDMAP_ATOMIC_FETCH_ADD, RDMAP_ERR_BOUNDS },
		{ 1001, RDMAP_ATOMIC_FETCH_ADD, RDMAP_ERR_STREAM },
		{ 1000, 1, RDMAP_ERR_OPCODE },
		{ 1000, 3, RDMAP_ERR_OPCODE },
	};
	struct rdmap_request r;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		begin();
		r = add_at(tries[i].offset);
		r.op = tries[i].op;
		HPS_EXPECT_EQ(test, ask_us(&r, 1, 0), tries[i].error);
	}
	begin();
	region.rights &= ~DDP_RIGHT_ATOMIC;
	r = add_at(1000);
	HPS_EXPECT_EQ(test, ask_us(&r, 1, 0), RDMAP_ERR_RIGHTS);
}

static enum rdmap_error respond(u32 tag, u64 offset, u32 len, bool last)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_READ_RESPONSE, .tagged = true, .last = last,
		.len = len, .stag = tag, .offset = offset,
	};

	return arrive(&seg, NULL, NULL);
}

static void stream_read_is_answered(struct kunit *test)
{
	begin();
	HPS_EXPECT_EQ(test, rdmap_stream_ask(&st, false, 11, 50), 1);
	HPS_EXPECT_EQ(test, rdmap_stream_ask(&st, false, 12, 0), 2);
	HPS_EXPECT_EQ(test, respond(11, 0, 30, false), RDMAP_OK);
	HPS_EXPECT_EQ(test, event.type, RDMAP_NOTHING);
	HPS_EXPECT_EQ(test, respond(11, 30, 20, true), RDMAP_OK);
	HPS_EXPECT_EQ(test, place.where, RDMAP_TO_ASKED);
	HPS_EXPECT_EQ(test, place.offset, 30);
	HPS_EXPECT_EQ(test, event.type, RDMAP_ANSWERED);
	HPS_EXPECT_EQ(test, respond(12, 0, 0, true), RDMAP_OK);
	HPS_EXPECT_EQ(test, event.type, RDMAP_ANSWERED);
	HPS_EXPECT_EQ(test, st.count, 0);
}

static void stream_only_asked_responses(struct kunit *test)
{
	static const struct {
		u32	tag;
		u64	offset;
		u32	len;
		bool	last;
		enum rdmap_error error;
	} tries[] = {
		{ 11, 0, 50, true, RDMAP_OK },
		{ 12, 0, 50, true, DDP_ERR_STAG },
		{ 11, 1, 49, true, DDP_ERR_BOUNDS },
		{ 11, U64_MAX, 50, true, DDP_ERR_BOUNDS },
		{ 11, 0, 51, true, DDP_ERR_BOUNDS },
		{ 11, 0, 49, true, RDMAP_ERR_STREAM },
		{ 11, 0, 50, false, RDMAP_ERR_STREAM },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		begin();
		rdmap_stream_ask(&st, false, 11, 50);
		HPS_EXPECT_EQ(test, respond(tries[i].tag, tries[i].offset,
					    tries[i].len, tries[i].last),
			      tries[i].error);
	}
	begin();
	HPS_EXPECT_EQ(test, respond(11, 0, 50, true), DDP_ERR_STAG);
	/* answered once is not asked any more */
	begin();
	rdmap_stream_ask(&st, false, 11, 50);
	HPS_EXPECT_EQ(test, respond(11, 0, 50, true), RDMAP_OK);
	HPS_EXPECT_EQ(test, respond(11, 0, 50, true), DDP_ERR_STAG);
	/* a tag of ours that is a region is none for responses */
	begin();
	HPS_EXPECT_EQ(test, respond(region.stag, 1000, 1, true), DDP_ERR_STAG);
	/* and the tag of a sink is none for writes */
	begin();
	rdmap_stream_ask(&st, false, 11, 50);
	region.stag = 12;
	HPS_EXPECT_EQ(test, write_to(0, 1), DDP_ERR_STAG);
}

static enum rdmap_error respond_atomic(u32 msn, u32 id, u64 value)
{
	const struct rdmap_atomic_response r = {
		.id = cpu_to_be32(id), .value = cpu_to_be64(value),
	};
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_ATOMIC_RESPONSE, .queue = DDP_QN_ATOMIC,
		.msn = msn, .len = sizeof(r), .last = true,
	};

	return arrive(&seg, NULL, &r);
}

static void stream_atomic_is_answered(struct kunit *test)
{
	begin();
	rdmap_stream_ask(&st, true, 21, 8);
	rdmap_stream_ask(&st, false, 11, 5);
	rdmap_stream_ask(&st, true, 22, 8);
	HPS_EXPECT(test, !rdmap_stream_may_ask(&st));
	HPS_EXPECT_EQ(test, respond_atomic(1, 21, 77), RDMAP_OK);
	HPS_EXPECT_EQ(test, event.type, RDMAP_ANSWERED);
	HPS_EXPECT_EQ(test, event.value, 77);
	HPS_EXPECT(test, rdmap_stream_may_ask(&st));
	HPS_EXPECT_EQ(test, respond(11, 0, 5, true), RDMAP_OK);
	HPS_EXPECT_EQ(test, respond_atomic(2, 22, U64_MAX), RDMAP_OK);
	HPS_EXPECT_EQ(test, event.value, U64_MAX);
}

static void stream_only_asked_atomics(struct kunit *test)
{
	begin();
	HPS_EXPECT_EQ(test, respond_atomic(1, 21, 0), DDP_ERR_NO_BUFFER);
	begin();
	rdmap_stream_ask(&st, false, 21, 8);
	HPS_EXPECT_EQ(test, respond_atomic(1, 21, 0), DDP_ERR_NO_BUFFER);
	begin();
	rdmap_stream_ask(&st, true, 21, 8);
	HPS_EXPECT_EQ(test, respond_atomic(2, 21, 0), DDP_ERR_MSN);
	begin();
	rdmap_stream_ask(&st, true, 21, 8);
	HPS_EXPECT_EQ(test, respond_atomic(1, 22, 0), RDMAP_ERR_STREAM);
	begin();
	rdmap_stream_ask(&st, true, 21, 8);
	HPS_EXPECT_EQ(test, respond(21, 0, 8, true), DDP_ERR_STAG);
}

static void stream_is_terminated(struct kunit *test)
{
	u8 payload[RDMAP_MAX_TERMINATE];
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_TERMINATE, .queue = DDP_QN_TERMINATE,
		.msn = 1, .last = true,
	};

	begin();
	seg.len = rdmap_terminate_build(payload, DDP_ERR_BOUNDS, NULL, 0);
	HPS_EXPECT_EQ(test, arrive(&seg, NULL, payload), RDMAP_OK);
	HPS_EXPECT_EQ(test, event.type, RDMAP_TERMINATED);
	HPS_EXPECT_EQ(test, event.terminate.error, DDP_ERR_BOUNDS);
	HPS_EXPECT_EQ(test, write_to(1000, 1), RDMAP_ERR_STREAM);
	begin();
	seg.len = 3;
	HPS_EXPECT_EQ(test, arrive(&seg, NULL, payload), RDMAP_ERR_STREAM);
	begin();
	seg.len = RDMAP_MAX_INTERNAL + 1;
	HPS_EXPECT_EQ(test, arrive(&seg, NULL, payload), DDP_ERR_TOO_LONG);
}

static void stream_numbers_what_it_sends(struct kunit *test)
{
	begin();
	HPS_EXPECT_EQ(test, rdmap_stream_msn(&st, DDP_QN_SEND), 1);
	HPS_EXPECT_EQ(test, rdmap_stream_msn(&st, DDP_QN_SEND), 2);
	HPS_EXPECT_EQ(test, rdmap_stream_msn(&st, DDP_QN_ATOMIC), 1);
	HPS_EXPECT_EQ(test, rdmap_stream_ask(&st, true, 1, 8), 1);
}

static struct kunit_case cases[] = {
	HPS_CASE(stream_write_goes_to_its_region),
	HPS_CASE(stream_wrong_writes_have_codes_of_ddp),
	HPS_CASE(stream_write_of_nothing_names_no_tag),
	HPS_CASE(stream_send_in_segments),
	HPS_CASE(stream_send_games),
	HPS_CASE(stream_send_names_one_tag),
	HPS_CASE(stream_send_needs_a_receive),
	HPS_CASE(stream_msn_wraps),
	HPS_CASE(stream_send_invalidates),
	HPS_CASE(stream_invalidation_needs_the_right),
	HPS_CASE(stream_requests_up_to_the_depth),
	HPS_CASE(stream_wrong_reads_have_codes_of_rdmap),
	HPS_CASE(stream_malformed_requests),
	HPS_CASE(stream_source_is_asked_again),
	HPS_CASE(stream_atomic_requests),
	HPS_CASE(stream_read_is_answered),
	HPS_CASE(stream_only_asked_responses),
	HPS_CASE(stream_atomic_is_answered),
	HPS_CASE(stream_only_asked_atomics),
	HPS_CASE(stream_is_terminated),
	HPS_CASE(stream_numbers_what_it_sends),
	{}
};

HPS_SUITE(stream, cases, NULL, NULL);
