// SPDX-License-Identifier: GPL-2.0
/* Tests of ddp/ddp.c. */
#include "hps_test.h"

#include <linux/string.h>

#include "../ddp/ddp.c"

#define MSN	7

static void ddp_head_octets(struct kunit *test)
{
	static const u8 wire[20] = {
		0x00, 0x1a, 0x41, 0x43, 0, 0, 0, 0, 0, 0, 0, 0,
		0x01, 0x02, 0x03, 0x04, 0, 0, 0, 0 };
	struct hps_frame f;

	hps_frame_build(&f, 8, 0x01020304);
	HPS_EXPECT(test, !memcmp(&f, wire, sizeof(f)));
}

static void ddp_round_trip(struct kunit *test)
{
	struct hps_frame f;

	hps_frame_build(&f, 1000, MSN);
	HPS_EXPECT_EQ(test, hps_frame_check(&f, MSN), HPS_FRAME_OK);
	HPS_EXPECT_EQ(test, hps_frame_payload(&f), 1000);
}

static void ddp_longest_frame(struct kunit *test)
{
	struct hps_frame f;

	hps_frame_build(&f, sizeof(struct hps_place) + HPS_MAX_SEGMENT, MSN);
	HPS_EXPECT_EQ(test, be16_to_cpu(f.mpa_len), MPA_MAX_ULPDU);
	HPS_EXPECT_EQ(test, hps_frame_check(&f, MSN), HPS_FRAME_OK);
}

static void ddp_msn_wraps(struct kunit *test)
{
	struct hps_frame f;

	hps_frame_build(&f, 8, U32_MAX);
	HPS_EXPECT_EQ(test, hps_frame_check(&f, U32_MAX), HPS_FRAME_OK);
	HPS_EXPECT_EQ(test, hps_frame_check(&f, 0), HPS_FRAME_MSN);
	hps_frame_build(&f, 8, 0);
	HPS_EXPECT_EQ(test, hps_frame_check(&f, 0), HPS_FRAME_OK);
}

/* Replaces octet @at of a good head. */
static enum hps_frame_error check_changed(size_t at, u8 value)
{
	struct hps_frame f;

	hps_frame_build(&f, 8, MSN);
	((u8 *)&f)[at] = value;

	return hps_frame_check(&f, MSN);
}

static void ddp_short_frame(struct kunit *test)
{
	HPS_EXPECT_EQ(test, check_changed(1, HPS_ULPDU_HEAD - 1),
		      HPS_FRAME_SHORT);
	HPS_EXPECT_EQ(test, check_changed(1, HPS_ULPDU_HEAD), HPS_FRAME_OK);
}

static void ddp_wrong_control(struct kunit *test)
{
	HPS_EXPECT_EQ(test, check_changed(2, 0xc1), HPS_FRAME_TAGGED);
	HPS_EXPECT_EQ(test, check_changed(2, 0x01), HPS_FRAME_NOT_LAST);
	HPS_EXPECT_EQ(test, check_changed(2, 0x42), HPS_FRAME_DDP_VERSION);
	HPS_EXPECT_EQ(test, check_changed(2, 0x45), HPS_FRAME_DDP_RESERVED);
}

static void ddp_wrong_operation(struct kunit *test)
{
	HPS_EXPECT_EQ(test, check_changed(3, 0x83), HPS_FRAME_RDMAP_VERSION);
	HPS_EXPECT_EQ(test, check_changed(3, 0x53), HPS_FRAME_RDMAP_RESERVED);
	HPS_EXPECT_EQ(test, check_changed(3, 0x40), HPS_FRAME_OPCODE);
	HPS_EXPECT_EQ(test, check_changed(3, 0x45), HPS_FRAME_OPCODE);
	HPS_EXPECT_EQ(test, check_changed(3, 0x47), HPS_FRAME_TERMINATE);
}

static void ddp_wrong_fields(struct kunit *test)
{
	HPS_EXPECT_EQ(test, check_changed(4, 1), HPS_FRAME_INVALIDATE);
	HPS_EXPECT_EQ(test, check_changed(11, 1), HPS_FRAME_QUEUE);
	HPS_EXPECT_EQ(test, check_changed(15, MSN + 1), HPS_FRAME_MSN);
	HPS_EXPECT_EQ(test, check_changed(15, MSN - 1), HPS_FRAME_MSN);
	HPS_EXPECT_EQ(test, check_changed(19, 1), HPS_FRAME_OFFSET);
}

static void ddp_every_single_bit_counts(struct kunit *test)
{
	struct hps_frame f;
	int bit;

	for (bit = 16; bit < 160; bit++) {
		hps_frame_build(&f, 8, MSN);
		((u8 *)&f)[bit / 8] ^= 1 << bit % 8;
		HPS_EXPECT(test, hps_frame_check(&f, MSN) != HPS_FRAME_OK);
	}
}

static void ddp_errors_have_names(struct kunit *test)
{
	int e;

	for (e = HPS_FRAME_OK; e <= HPS_FRAME_OFFSET; e++)
		HPS_EXPECT(test, strcmp(hps_frame_error_name(e), "unknown"));
}

static struct kunit_case cases[] = {
	HPS_CASE(ddp_head_octets),
	HPS_CASE(ddp_round_trip),
	HPS_CASE(ddp_longest_frame),
	HPS_CASE(ddp_msn_wraps),
	HPS_CASE(ddp_short_frame),
	HPS_CASE(ddp_wrong_control),
	HPS_CASE(ddp_wrong_operation),
	HPS_CASE(ddp_wrong_fields),
	HPS_CASE(ddp_every_single_bit_counts),
	HPS_CASE(ddp_errors_have_names),
	{}
};

HPS_SUITE(ddp, cases, NULL, NULL);
