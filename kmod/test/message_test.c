// SPDX-License-Identifier: GPL-2.0
/* Tests of ddp/message.c. */
#include "hps_test.h"

#include <linux/string.h>

#include "../ddp/message.c"

struct fixture {
	u8	head[HPS_MAX_HEADER];
	struct hps_msg_info info;
};

static enum hps_msg_verdict check(struct fixture *f, u32 payload_len)
{
	return hps_msg_check(f->head, sizeof(f->head), payload_len, &f->info);
}

static void begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
}

static void message_every_builder_is_good(struct kunit *test)
{
	struct hps_hello hello = { .version = HPS_WIRE_VERSION };
	u8 mac[HPS_MAC_LEN] = { 0 };
	static struct fixture f;
	int kind;

	begin(&f);
	hps_data_build((void *)f.head, HPS_DATA_EOR, 1, 2, 3);
	HPS_EXPECT_EQ(test, check(&f, 20), HPS_MSG_OK);
	hps_ack_build((void *)f.head, 1, 2, 3);
	HPS_EXPECT_EQ(test, check(&f, 24), HPS_MSG_OK);
	hps_fin_build((void *)f.head, 1);
	HPS_EXPECT_EQ(test, check(&f, 16), HPS_MSG_OK);
	hps_finack_build((void *)f.head, 1);
	HPS_EXPECT_EQ(test, check(&f, 16), HPS_MSG_OK);
	hps_reset_build((void *)f.head, HPS_REASON_ABORT);
	HPS_EXPECT_EQ(test, check(&f, 8), HPS_MSG_OK);
	hps_ping_build((void *)f.head, 1);
	HPS_EXPECT_EQ(test, check(&f, 8), HPS_MSG_OK);
	hps_pong_build((void *)f.head, 1);
	HPS_EXPECT_EQ(test, check(&f, 8), HPS_MSG_OK);
	hps_auth_build((void *)f.head, mac);
	HPS_EXPECT_EQ(test, check(&f, 36), HPS_MSG_OK);
	hps_links_build((void *)f.head, 0, 1);
	HPS_EXPECT_EQ(test, check(&f, 8), HPS_MSG_OK);
	hps_place_build((void *)f.head, HPS_PLACE_ANSWER, 1, 2, 3, 4, 5);
	HPS_EXPECT_EQ(test, check(&f, 32), HPS_MSG_OK);
	hps_request_build((void *)f.head, 0, 1, 2, 3);
	HPS_EXPECT_EQ(test, check(&f, 60), HPS_MSG_OK);
	hps_result_build((void *)f.head, 0, 1, 2, 3);
	HPS_EXPECT_EQ(test, check(&f, 36), HPS_MSG_OK);
	for (kind = HPS_MSG_OPEN; kind <= HPS_MSG_JOINED; kind++) {
		hello.kind = kind;
		hps_hello_msg_build((void *)f.head, &hello);
		HPS_EXPECT_EQ(test, check(&f, 60), HPS_MSG_OK);
		HPS_EXPECT_EQ(test, f.info.type, kind);
	}
}

static void message_data_octets(struct kunit *test)
{
	static const u8 wire[20] = {
		0x07, 0x81, 0x05, 0x00, 1, 2, 3, 4, 5, 6, 7, 8,
		0xbb, 0xcc, 0xdd, 0xee, 0x00, 0x01, 0x00, 0x00 };
	struct hps_data d;

	hps_data_build(&d, HPS_DATA_EOR, 0x0102030405060708, 0xaabbccddee,
		       65536);
	HPS_EXPECT(test, !memcmp(&d, wire, sizeof(wire)));
}

static void message_place_octets(struct kunit *test)
{
	static const u8 wire[32] = {
		0x15, 0x90, 0x08, 0x00, 1, 2, 3, 4, 5, 6, 7, 8,
		0xbb, 0xcc, 0xdd, 0xee, 0x00, 0x01, 0x00, 0x00,
		0x0a, 0x0b, 0x0c, 0x0d,
		0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18 };
	struct hps_place p;

	hps_place_build(&p, HPS_PLACE_ANSWER, 0x0102030405060708, 0xaabbccddee,
			65536, 0x0a0b0c0d, 0x1112131415161718);
	HPS_EXPECT(test, !memcmp(&p, wire, sizeof(wire)));
}

static void message_request_and_result_octets(struct kunit *test)
{
	static const u8 wire[20] = {
		0x16, 0x8a, 0x05, 0x00, 1, 2, 3, 4, 5, 6, 7, 8,
		0xbb, 0xcc, 0xdd, 0xee, 0x00, 0x01, 0x00, 0x00 };
	struct hps_data d;

	hps_request_build(&d, HPS_DATA_RESENT | HPS_DATA_ACK,
			  0x0102030405060708, 0xaabbccddee, 65536);
	HPS_EXPECT(test, !memcmp(&d, wire, sizeof(wire)));
	hps_result_build(&d, HPS_DATA_RESENT | HPS_DATA_ACK,
			 0x0102030405060708, 0xaabbccddee, 65536);
	HPS_EXPECT_EQ(test, d.msg.type, 0x17);
	HPS_EXPECT(test, !memcmp((u8 *)&d + 1, wire + 1, sizeof(wire) - 1));
}

static void message_place_flags(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_place_build((void *)f.head, 0x7f, 0, 0, 0, 0, 0);
	HPS_EXPECT_EQ(test, check(&f, 1032), HPS_MSG_OK);
	HPS_EXPECT_EQ(test, f.info.flags, HPS_FLAG_MUST | HPS_DATA_RESENT |
		      HPS_DATA_DUPLICATE | HPS_DATA_ACK | HPS_PLACE_ANSWER);
	HPS_EXPECT_EQ(test, f.info.header_len, 32);
	HPS_EXPECT_EQ(test, f.info.body_len, 1000);
	hps_request_build((void *)f.head, 0x7f, 0, 0, 0);
	HPS_EXPECT_EQ(test, check(&f, 60), HPS_MSG_OK);
	HPS_EXPECT_EQ(test, f.info.flags, HPS_FLAG_MUST | HPS_DATA_RESENT |
		      HPS_DATA_ACK);
	hps_result_build((void *)f.head, 0x7f, 0, 0, 0);
	HPS_EXPECT_EQ(test, check(&f, 36), HPS_MSG_OK);
	HPS_EXPECT_EQ(test, f.info.flags, HPS_FLAG_MUST | HPS_DATA_RESENT |
		      HPS_DATA_ACK);
}

/* They are one segment and have one length. */
static void message_request_and_result_are_whole(struct kunit *test)
{
	static struct fixture f;
	u32 n;

	begin(&f);
	hps_request_build((void *)f.head, 0, 0, 0, 0);
	for (n = 0; n < 100; n++)
		HPS_EXPECT_EQ(test, check(&f, 20 + n) == HPS_MSG_OK, n == 40);
	HPS_EXPECT_EQ(test, f.info.reason, HPS_REASON_PROTOCOL);
	hps_result_build((void *)f.head, 0, 0, 0, 0);
	for (n = 0; n < 100; n++)
		HPS_EXPECT_EQ(test, check(&f, 20 + n) == HPS_MSG_OK, n == 16);
	hps_place_build((void *)f.head, 0, 0, 0, 0, 0, 0);
	f.head[2] = 5;
	HPS_EXPECT_EQ(test, check(&f, 32), HPS_MSG_BAD);
}

static void message_data_has_a_body(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_data_build((void *)f.head, 0, 0, 0, 0);
	HPS_EXPECT_EQ(test, check(&f, 1020), HPS_MSG_OK);
	HPS_EXPECT_EQ(test, f.info.header_len, 20);
	HPS_EXPECT_EQ(test, f.info.body_len, 1000);
}

static void message_others_have_none(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_ack_build((void *)f.head, 0, 0, 0);
	HPS_EXPECT_EQ(test, check(&f, 25), HPS_MSG_BAD);
	HPS_EXPECT_EQ(test, f.info.reason, HPS_REASON_PROTOCOL);
}

static void message_links_count_their_offers(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_links_build((void *)f.head, 2, 1);
	HPS_EXPECT_EQ(test, check(&f, 48), HPS_MSG_OK);
	HPS_EXPECT_EQ(test, check(&f, 47), HPS_MSG_BAD);
	HPS_EXPECT_EQ(test, check(&f, 68), HPS_MSG_BAD);
	hps_links_build((void *)f.head, HPS_MAX_OFFERS, 1);
	HPS_EXPECT_EQ(test, check(&f, HPS_MAX_CONTROL), HPS_MSG_OK);
	hps_links_build((void *)f.head, HPS_MAX_OFFERS + 1, 1);
	HPS_EXPECT_EQ(test, check(&f, HPS_MAX_CONTROL + 20), HPS_MSG_BAD);
}

static void message_unknown_is_skipped(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_msg_build((void *)f.head, 200, 0, 4);
	HPS_EXPECT_EQ(test, check(&f, 100), HPS_MSG_SKIP);
	hps_msg_build((void *)f.head, HPS_MSG_PROBE, 0, 4);
	HPS_EXPECT_EQ(test, check(&f, 4), HPS_MSG_SKIP);
	hps_msg_build((void *)f.head, 0, 0, 4);
	HPS_EXPECT_EQ(test, check(&f, 4), HPS_MSG_SKIP);
}

static void message_unknown_must_be_understood(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_msg_build((void *)f.head, 200, HPS_FLAG_MUST, 4);
	HPS_EXPECT_EQ(test, check(&f, 100), HPS_MSG_BAD);
	HPS_EXPECT_EQ(test, f.info.reason, HPS_REASON_UNKNOWN_TYPE);
}

static void message_header_lengths(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_ping_build((void *)f.head, 1);
	HPS_EXPECT_EQ(test, check(&f, 7), HPS_MSG_BAD);
	HPS_EXPECT_EQ(test, check(&f, 3), HPS_MSG_BAD);
	f.head[2] = 1;
	HPS_EXPECT_EQ(test, check(&f, 8), HPS_MSG_BAD);
	f.head[2] = 0;
	HPS_EXPECT_EQ(test, check(&f, 8), HPS_MSG_BAD);
	HPS_EXPECT_EQ(test, f.info.reason, HPS_REASON_PROTOCOL);
}

static void message_needs_its_header(struct kunit *test)
{
	static struct fixture f;
	u32 avail;

	begin(&f);
	hps_data_build((void *)f.head, 0, 0, 0, 0);
	for (avail = 0; avail < 20; avail++)
		HPS_EXPECT_EQ(test, hps_msg_check(f.head, avail, 1000, &f.info),
			      HPS_MSG_NEED_MORE);
	HPS_EXPECT_EQ(test, hps_msg_check(f.head, 20, 1000, &f.info),
		      HPS_MSG_OK);
}

static void message_unknown_flags_are_dropped(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_data_build((void *)f.head, 0x7f, 0, 0, 0);
	HPS_EXPECT_EQ(test, check(&f, 20), HPS_MSG_OK);
	HPS_EXPECT_EQ(test, f.info.flags, HPS_FLAG_MUST | HPS_DATA_EOR |
		      HPS_DATA_RESENT | HPS_DATA_DUPLICATE | HPS_DATA_ACK);
}

static void message_options_are_skipped(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_ping_build((void *)f.head, 1);
	f.head[2] = 5;
	memcpy(f.head + 8, "\x05\x01xx\x06\x02xxxxxx", 12);
	HPS_EXPECT_EQ(test, check(&f, 20), HPS_MSG_OK);
	HPS_EXPECT_EQ(test, f.info.options, 2);
	HPS_EXPECT_EQ(test, f.info.header_len, 20);
	HPS_EXPECT_EQ(test, f.info.body_len, 0);
}

static void message_option_must_be_understood(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_ping_build((void *)f.head, 1);
	f.head[2] = 3;
	memcpy(f.head + 8, "\x85\x01xx", 4);
	HPS_EXPECT_EQ(test, check(&f, 12), HPS_MSG_BAD);
	HPS_EXPECT_EQ(test, f.info.reason, HPS_REASON_UNKNOWN_TYPE);
}

static void message_option_lengths(struct kunit *test)
{
	static struct fixture f;

	begin(&f);
	hps_ping_build((void *)f.head, 1);
	f.head[2] = 3;
	memcpy(f.head + 8, "\x05\x00xx", 4);
	HPS_EXPECT_EQ(test, check(&f, 12), HPS_MSG_BAD);
	memcpy(f.head + 8, "\x05\x02xx", 4);
	HPS_EXPECT_EQ(test, check(&f, 12), HPS_MSG_BAD);
	HPS_EXPECT_EQ(test, f.info.reason, HPS_REASON_PROTOCOL);
}

static void message_hello_version(struct kunit *test)
{
	struct hps_hello hello = { .version = HPS_WIRE_VERSION,
				   .kind = HPS_MSG_OPEN };

	HPS_EXPECT_EQ(test, hps_hello_check(&hello), HPS_REASON_NONE);
	hello.version = HPS_WIRE_VERSION + 1;
	HPS_EXPECT_EQ(test, hps_hello_check(&hello), HPS_REASON_VERSION);
}

static void message_hello_features(struct kunit *test)
{
	struct hps_hello hello = { .version = HPS_WIRE_VERSION,
				   .kind = HPS_MSG_JOIN };

	hello.features = cpu_to_be16(0x00ff);
	HPS_EXPECT_EQ(test, hps_hello_check(&hello), HPS_REASON_NONE);
	hello.features = cpu_to_be16(0x0100);
	HPS_EXPECT_EQ(test, hps_hello_check(&hello), HPS_REASON_FEATURE);
}

static void message_hello_kind(struct kunit *test)
{
	struct hps_hello hello = { .version = HPS_WIRE_VERSION };

	HPS_EXPECT_EQ(test, hps_hello_check(&hello), HPS_REASON_PROTOCOL);
	hello.kind = HPS_MSG_AUTH;
	HPS_EXPECT_EQ(test, hps_hello_check(&hello), HPS_REASON_PROTOCOL);
}

static void message_names(struct kunit *test)
{
	u32 r;

	HPS_EXPECT(test, !strcmp(hps_msg_name(HPS_MSG_FINACK), "finack"));
	HPS_EXPECT(test, !strcmp(hps_msg_name(255), "unknown"));
	for (r = HPS_REASON_NONE; r <= HPS_REASON_ACCESS; r++)
		HPS_EXPECT(test, strcmp(hps_reason_name(r), "unknown"));
	HPS_EXPECT(test, !strcmp(hps_reason_name(U32_MAX), "unknown"));
	HPS_EXPECT(test, !strcmp(hps_reason_name(HPS_REASON_CUTOFF), "cutoff"));
}

/* Each code, and each name, stands for one thing. */
static void message_reasons_are_distinct(struct kunit *test)
{
#define CODE(code, number, name, text) number,
	static const u32 codes[] = { HPS_REASONS(CODE) };
#undef CODE
	int i, j;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		for (j = 0; j < i; j++) {
			HPS_EXPECT(test, codes[i] != codes[j]);
			HPS_EXPECT(test, strcmp(hps_reason_name(codes[i]),
						hps_reason_name(codes[j])));
		}
}

static void message_reason_of_peer(struct kunit *test)
{
	HPS_EXPECT_EQ(test, hps_reason_of_peer(cpu_to_be32(HPS_REASON_ADMIN)),
		      HPS_REASON_ADMIN);
	HPS_EXPECT_EQ(test, hps_reason_of_peer(cpu_to_be32(HPS_REASON_IN_USE)),
		      HPS_REASON_NONE);
	HPS_EXPECT_EQ(test, hps_reason_of_peer(cpu_to_be32(U32_MAX)),
		      HPS_REASON_NONE);
}

static struct kunit_case cases[] = {
	HPS_CASE(message_every_builder_is_good),
	HPS_CASE(message_data_octets),
	HPS_CASE(message_place_octets),
	HPS_CASE(message_request_and_result_octets),
	HPS_CASE(message_place_flags),
	HPS_CASE(message_request_and_result_are_whole),
	HPS_CASE(message_data_has_a_body),
	HPS_CASE(message_others_have_none),
	HPS_CASE(message_links_count_their_offers),
	HPS_CASE(message_unknown_is_skipped),
	HPS_CASE(message_unknown_must_be_understood),
	HPS_CASE(message_header_lengths),
	HPS_CASE(message_needs_its_header),
	HPS_CASE(message_unknown_flags_are_dropped),
	HPS_CASE(message_options_are_skipped),
	HPS_CASE(message_option_must_be_understood),
	HPS_CASE(message_option_lengths),
	HPS_CASE(message_hello_version),
	HPS_CASE(message_hello_features),
	HPS_CASE(message_hello_kind),
	HPS_CASE(message_names),
	HPS_CASE(message_reasons_are_distinct),
	HPS_CASE(message_reason_of_peer),
	{}
};

HPS_SUITE(message, cases, NULL, NULL);
