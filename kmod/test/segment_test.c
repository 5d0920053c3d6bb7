// SPDX-License-Identifier: GPL-2.0
/* Tests of ddp/segment.c and ddp/terminate.c. */
#include "hps_test.h"

#include "../ddp/segment.c"
#include "../ddp/terminate.c"

static void segment_tagged_octets(struct kunit *test)
{
	static const u8 wire[16] = {
		0x00, 0x72, 0xc1, 0x40, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 9 };
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .last = true, .len = 100,
		.stag = 0x01020304, .offset = 9,
	};
	u8 buf[20];

	HPS_EXPECT_EQ(test, ddp_segment_build(buf, &seg), 16);
	HPS_EXPECT(test, !memcmp(buf, wire, 16));
}

static void segment_untagged_octets(struct kunit *test)
{
	static const u8 wire[20] = {
		0x00, 0x76, 0x01, 0x44, 1, 2, 3, 4, 0, 0, 0, 0,
		0, 0, 0, 7, 0, 1, 0, 0 };
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_SEND_INVAL, .len = 100, .stag = 0x01020304,
		.msn = 7, .mo = 65536,
	};
	u8 buf[20];

	HPS_EXPECT_EQ(test, ddp_segment_build(buf, &seg), 20);
	HPS_EXPECT(test, !memcmp(buf, wire, 20));
}

/* The head of hps channels is one of these. */
static void segment_of_an_hps_frame(struct kunit *test)
{
	static const u8 frame[20] = {
		0x00, 0x1a, 0x41, 0x43, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 1, 0, 0, 0, 0 };
	struct ddp_segment seg;

	HPS_EXPECT_EQ(test, ddp_segment_parse(frame, &seg), RDMAP_OK);
	HPS_EXPECT_EQ(test, seg.opcode, RDMAP_OP_SEND);
	HPS_EXPECT_EQ(test, seg.len, 8);
	HPS_EXPECT(test, seg.last && !seg.tagged);
}

static void segment_round_trip(struct kunit *test)
{
	struct hps_random random = { .state = 44 };
	struct ddp_segment seg, again;
	u8 buf[20];
	u32 i;

	for (i = 0; i < 5000; i++) {
		u8 op = hps_random_below(&random, 16);

		if (!travels[op].known)
			continue;
		memset(&seg, 0, sizeof(seg));
		seg.opcode = op;
		seg.tagged = travels[op].tagged;
		seg.head_len = seg.tagged ? 16 : 20;
		seg.len = 1 + hps_random_below(&random, 65517);
		seg.last = hps_random_below(&random, 2);
		seg.stag = hps_random(&random);
		if (seg.tagged) {
			seg.offset = (u64)hps_random(&random) << 32 |
				     hps_random(&random);
		} else {
			seg.queue = travels[op].queue;
			seg.msn = hps_random(&random);
			seg.mo = hps_random(&random);
		}
		HPS_EXPECT_EQ(test, ddp_segment_build(buf, &seg),
			      seg.head_len);
		HPS_EXPECT_EQ(test, ddp_head_len(buf), seg.head_len);
		HPS_EXPECT_EQ(test, ddp_segment_parse(buf, &again), RDMAP_OK);
		HPS_REQUIRE(test, !memcmp(&seg, &again, sizeof(seg)));
	}
}

static enum rdmap_error parse_changed(u8 op, size_t at, u8 value)
{
	const struct ddp_segment seg = {
		.opcode = op, .last = true, .len = 40, .msn = 1,
	};
	struct ddp_segment parsed;
	u8 buf[20];

	ddp_segment_build(buf, &seg);
	buf[at] = value;

	return ddp_segment_parse(buf, &parsed);
}

static void segment_refusals(struct kunit *test)
{
	static const struct {
		u8	op;
		u8	at;
		u8	value;
		enum rdmap_error error;
	} tries[] = {
		/* too short for its head */
		{ RDMAP_OP_WRITE, 1, 13, RDMAP_ERR_STREAM },
		{ RDMAP_OP_SEND, 1, 17, RDMAP_ERR_STREAM },
		{ RDMAP_OP_SEND, 1, 0, RDMAP_ERR_STREAM },
		/* no octets and no end */
		{ RDMAP_OP_SEND, 1, 18, RDMAP_OK },
		{ RDMAP_OP_SEND, 2, 0x42, DDP_ERR_UNTAGGED_VERSION },
		{ RDMAP_OP_WRITE, 2, 0xc0, DDP_ERR_TAGGED_VERSION },
		{ RDMAP_OP_SEND, 3, 0x03, RDMAP_ERR_VERSION },
		{ RDMAP_OP_SEND, 3, 0x83, RDMAP_ERR_VERSION },
		/* what is not spoken */
		{ RDMAP_OP_SEND, 3, 0x48, RDMAP_ERR_OPCODE },
		{ RDMAP_OP_SEND, 3, 0x49, RDMAP_ERR_OPCODE },
		{ RDMAP_OP_SEND, 3, 0x4f, RDMAP_ERR_OPCODE },
		/* tagged that must not be, and the other way */
		{ RDMAP_OP_WRITE, 3, 0x43, RDMAP_ERR_OPCODE },
		{ RDMAP_OP_SEND, 3, 0x40, RDMAP_ERR_OPCODE },
		{ RDMAP_OP_SEND, 3, 0x42, RDMAP_ERR_OPCODE },
		/* another operation's queue */
		{ RDMAP_OP_SEND, 11, 1, DDP_ERR_QUEUE },
		{ RDMAP_OP_SEND, 8, 1, DDP_ERR_QUEUE },
		{ RDMAP_OP_READ_REQUEST, 11, 0, DDP_ERR_QUEUE },
		{ RDMAP_OP_TERMINATE, 11, 3, DDP_ERR_QUEUE },
		/* reserved bits */
		{ RDMAP_OP_SEND, 2, 0x7d, RDMAP_OK },
		{ RDMAP_OP_SEND, 3, 0x73, RDMAP_OK },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tries); i++)
		HPS_EXPECT_EQ(test, parse_changed(tries[i].op, tries[i].at,
						  tries[i].value),
			      tries[i].error);
}

static void segment_endless_is_refused(struct kunit *test)
{
	static const u8 ops[] = { RDMAP_OP_WRITE, RDMAP_OP_SEND };
	struct ddp_segment seg;
	u8 buf[20];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		const struct ddp_segment empty = { .opcode = ops[i] };

		ddp_segment_build(buf, &empty);
		HPS_EXPECT_EQ(test, ddp_segment_parse(buf, &seg),
			      RDMAP_ERR_STREAM);
	}
}

static void terminate_quotes_a_write(struct kunit *test)
{
	static const u8 wire[20] = {
		0x11, 0x01, 0xc0, 0x00, 0x00, 0x72, 0xc1, 0x40,
		1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 9 };
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .last = true, .len = 100,
		.stag = 0x01020304, .offset = 9,
	};
	struct rdmap_terminate_info info;
	u8 frame[20], buf[RDMAP_MAX_TERMINATE];

	ddp_segment_build(frame, &seg);
	HPS_EXPECT_EQ(test, rdmap_terminate_build(buf, DDP_ERR_BOUNDS, frame,
						  16), 20);
	HPS_EXPECT(test, !memcmp(buf, wire, 20));
	HPS_EXPECT(test, rdmap_terminate_parse(buf, 20, &info));
	HPS_EXPECT_EQ(test, info.error, DDP_ERR_BOUNDS);
	HPS_EXPECT(test, !info.untagged);
}

static void terminate_quotes_a_read_request(struct kunit *test)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_READ_REQUEST, .last = true, .len = 28,
		.msn = 77,
	};
	struct rdmap_terminate_info info;
	u8 frame[48], buf[RDMAP_MAX_TERMINATE];

	memset(frame, 0x5a, sizeof(frame));
	ddp_segment_build(frame, &seg);
	HPS_EXPECT_EQ(test, rdmap_terminate_build(buf, RDMAP_ERR_STAG, frame,
						  48), 52);
	HPS_EXPECT_EQ(test, buf[2], 0xe0);
	HPS_EXPECT(test, !memcmp(buf + 4, frame, 48));
	HPS_EXPECT(test, rdmap_terminate_parse(buf, 52, &info));
	HPS_EXPECT_EQ(test, info.error, RDMAP_ERR_STAG);
	HPS_EXPECT(test, info.untagged);
	HPS_EXPECT_EQ(test, info.queue, DDP_QN_REQUEST);
	HPS_EXPECT_EQ(test, info.msn, 77);
	/* its payload has not come */
	HPS_EXPECT_EQ(test, rdmap_terminate_build(buf, RDMAP_ERR_STAG, frame,
						  20), 24);
	HPS_EXPECT_EQ(test, buf[2], 0xc0);
}

static void terminate_quotes_what_is_there(struct kunit *test)
{
	struct rdmap_terminate_info info;
	u8 frame[20] = { 0, 18, 0x41, 0x43 }, buf[RDMAP_MAX_TERMINATE];
	u32 len;

	HPS_EXPECT_EQ(test, rdmap_terminate_build(buf, LLP_ERR_CRC, frame, 20),
		      4);
	HPS_EXPECT_EQ(test, buf[0], 0x20);
	HPS_EXPECT_EQ(test, buf[1], 0x02);
	HPS_EXPECT_EQ(test, rdmap_terminate_build(buf, RDMAP_ERR_STREAM, NULL,
						  0), 4);
	for (len = 0; len < 20; len++)
		HPS_EXPECT_EQ(test, rdmap_terminate_build(buf, RDMAP_ERR_STREAM,
							  frame, len), 4);
	for (len = 0; len < 4; len++)
		HPS_EXPECT(test, !rdmap_terminate_parse(buf, len, &info));
	/* a peer's flags promise more than there is */
	memset(buf, 0xff, sizeof(buf));
	for (len = 4; len < 24; len++) {
		HPS_EXPECT(test, rdmap_terminate_parse(buf, len, &info));
		HPS_EXPECT(test, !info.untagged);
	}
}

static void terminate_codes_have_names(struct kunit *test)
{
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		HPS_EXPECT(test, rdmap_error_name(names[i].error) ==
			   names[i].name);
		for (k = 0; k < i; k++)
			HPS_EXPECT(test, strcmp(names[i].name, names[k].name));
	}
	HPS_EXPECT(test, !strcmp(rdmap_error_name(0x1ffff), "unknown error"));
}

static struct kunit_case cases[] = {
	HPS_CASE(segment_tagged_octets),
	HPS_CASE(segment_untagged_octets),
	HPS_CASE(segment_of_an_hps_frame),
	HPS_CASE(segment_round_trip),
	HPS_CASE(segment_refusals),
	HPS_CASE(segment_endless_is_refused),
	HPS_CASE(terminate_quotes_a_write),
	HPS_CASE(terminate_quotes_a_read_request),
	HPS_CASE(terminate_quotes_what_is_there),
	HPS_CASE(terminate_codes_have_names),
	{}
};

HPS_SUITE(segment, cases, NULL, NULL);
