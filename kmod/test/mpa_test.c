// SPDX-License-Identifier: GPL-2.0
/* Tests of ddp/mpa.c. */
#include "hps_test.h"

#include <linux/string.h>

#include "../ddp/mpa.c"

static void mpa_startup_round_trip(struct kunit *test)
{
	struct mpa_startup_info info;
	u8 buf[MPA_MAX_STARTUP];
	int n;

	n = mpa_startup_build(buf, sizeof(buf), true,
			      MPA_FLAG_CRC | MPA_FLAG_REJECT, "hello", 5);
	HPS_EXPECT_EQ(test, n, 25);
	HPS_EXPECT_EQ(test, mpa_startup_parse(buf, n, true, &info), n);
	HPS_EXPECT_EQ(test, info.error, MPA_OK);
	HPS_EXPECT_EQ(test, info.flags, MPA_FLAG_CRC | MPA_FLAG_REJECT);
	HPS_EXPECT_EQ(test, info.private_len, 5);
	HPS_EXPECT(test, !memcmp(info.private_data, "hello", 5));
}

static void mpa_request_octets(struct kunit *test)
{
	static const u8 wire[] = "MPA ID Req Frame\x40\x01\x00\x02ok";
	u8 buf[22];

	HPS_EXPECT_EQ(test, mpa_startup_build(buf, sizeof(buf), false,
					      MPA_FLAG_CRC, "ok", 2), 22);
	HPS_EXPECT(test, !memcmp(buf, wire, 22));
}

static void mpa_build_bounds(struct kunit *test)
{
	static u8 buf[MPA_MAX_STARTUP + 1];

	HPS_EXPECT_EQ(test, mpa_startup_build(buf, sizeof(buf), false, 0, buf,
					      MPA_MAX_PRIVATE_DATA + 1),
		      -EINVAL);
	HPS_EXPECT_EQ(test, mpa_startup_build(buf, 21, false, 0, "ok", 2),
		      -ENOSPC);
	HPS_EXPECT_EQ(test, mpa_startup_build(buf, 20, false, 0, NULL, 0), 20);
}

static void mpa_parse_waits_for_all(struct kunit *test)
{
	struct mpa_startup_info info;
	u8 buf[64];
	int n, len;

	n = mpa_startup_build(buf, sizeof(buf), false, 0, "private", 7);
	for (len = 0; len < n; len++)
		HPS_EXPECT_EQ(test, mpa_startup_parse(buf, len, false, &info),
			      0);
	/* What follows is left alone. */
	HPS_EXPECT_EQ(test, mpa_startup_parse(buf, n + 3, false, &info), n);
}

static void mpa_foreign_key_is_refused_early(struct kunit *test)
{
	struct mpa_startup_info info;

	HPS_EXPECT_EQ(test, mpa_startup_parse("GET ", 4, false, &info),
		      -EPROTO);
	HPS_EXPECT_EQ(test, info.error, MPA_ERR_KEY);
	HPS_EXPECT_EQ(test, mpa_startup_parse("MPA ID Rep Frame", 16, false,
					      &info), -EPROTO);
	HPS_EXPECT_EQ(test, mpa_startup_parse("MPA ID Req Frame", 16, true,
					      &info), -EPROTO);
}

static int parse_changed(size_t at, u8 value, struct mpa_startup_info *info)
{
	u8 buf[64];

	memset(buf, 0, sizeof(buf));
	mpa_startup_build(buf, sizeof(buf), false, 0, NULL, 0);
	buf[at] = value;

	return mpa_startup_parse(buf, 20, false, info);
}

static void mpa_other_revisions_are_refused(struct kunit *test)
{
	struct mpa_startup_info info;

	HPS_EXPECT_EQ(test, parse_changed(17, 0, &info), -EPROTONOSUPPORT);
	HPS_EXPECT_EQ(test, info.error, MPA_ERR_REVISION);
	HPS_EXPECT_EQ(test, parse_changed(17, 2, &info), -EPROTONOSUPPORT);
	HPS_EXPECT_EQ(test, info.error, MPA_ERR_REVISION);
}

static void mpa_markers_are_refused(struct kunit *test)
{
	struct mpa_startup_info info;

	HPS_EXPECT_EQ(test, parse_changed(16, MPA_FLAG_MARKERS, &info),
		      -EPROTONOSUPPORT);
	HPS_EXPECT_EQ(test, info.error, MPA_ERR_MARKERS);
}

static void mpa_reserved_flags_are_ignored(struct kunit *test)
{
	struct mpa_startup_info info;

	HPS_EXPECT_EQ(test, parse_changed(16, 0x1f | MPA_FLAG_REJECT, &info),
		      20);
	HPS_EXPECT_EQ(test, info.flags, 0);
}

static void mpa_private_data_is_bounded(struct kunit *test)
{
	struct mpa_startup_info info;

	HPS_EXPECT_EQ(test, parse_changed(18, 0x03, &info), -EPROTO);
	HPS_EXPECT_EQ(test, info.error, MPA_ERR_PRIVATE);
	HPS_EXPECT_EQ(test, parse_changed(18, 0x02, &info), 0);
}

static const struct mpa_startup_info bare = {
	.flags = MPA_FLAG_CRC, .revision = 2, .enhanced = true,
	.ird = MPA_IRD_PEER_TO_PEER | 16, .ord = MPA_ORD_RTR_WRITE | 8,
	.private_data = "abc", .private_len = 3,
};

static void mpa_bare_octets(struct kunit *test)
{
	static const u8 wire[] =
		"MPA ID Req Frame\x50\x02\x00\x07\x80\x10\x80\x08" "abc";
	u8 buf[32];

	HPS_EXPECT_EQ(test, mpa_bare_build(buf, sizeof(buf), false, &bare), 27);
	HPS_EXPECT(test, !memcmp(buf, wire, 27));
}

static void mpa_bare_round_trip(struct kunit *test)
{
	struct mpa_startup_info info;
	u8 buf[32];
	int n, len;

	n = mpa_bare_build(buf, sizeof(buf), true, &bare);
	for (len = 0; len < n; len++)
		HPS_EXPECT_EQ(test, mpa_bare_parse(buf, len, true, &info), 0);
	HPS_EXPECT_EQ(test, mpa_bare_parse(buf, n, true, &info), n);
	HPS_EXPECT_EQ(test, info.revision, 2);
	HPS_EXPECT(test, info.enhanced);
	HPS_EXPECT_EQ(test, info.ird, bare.ird);
	HPS_EXPECT_EQ(test, info.ord, bare.ord);
	HPS_EXPECT_EQ(test, info.private_len, 3);
	HPS_EXPECT(test, !memcmp(info.private_data, "abc", 3));
}

static void mpa_bare_takes_revision_1(struct kunit *test)
{
	struct mpa_startup_info info;
	u8 buf[32];
	int n;

	/* the flag has no meaning there */
	n = mpa_startup_build(buf, sizeof(buf), false, MPA_FLAG_ENHANCED, "ab",
			      2);
	HPS_EXPECT_EQ(test, mpa_bare_parse(buf, n, false, &info), n);
	HPS_EXPECT_EQ(test, info.revision, 1);
	HPS_EXPECT(test, !info.enhanced);
	HPS_EXPECT_EQ(test, info.private_len, 2);
}

static void mpa_bare_refuses(struct kunit *test)
{
	struct mpa_startup_info info, with = bare;
	static u8 buf[MPA_MAX_STARTUP], priv[MPA_MAX_PRIVATE_DATA];

	mpa_bare_build(buf, sizeof(buf), false, &bare);
	buf[17] = 3;
	HPS_EXPECT_EQ(test, mpa_bare_parse(buf, 27, false, &info),
		      -EPROTONOSUPPORT);
	HPS_EXPECT_EQ(test, info.error, MPA_ERR_REVISION);
	buf[17] = 2;
	buf[16] |= MPA_FLAG_MARKERS;
	HPS_EXPECT_EQ(test, mpa_bare_parse(buf, 27, false, &info),
		      -EPROTONOSUPPORT);
	HPS_EXPECT_EQ(test, info.error, MPA_ERR_MARKERS);
	HPS_EXPECT_EQ(test, info.revision, 2);
	buf[16] = MPA_FLAG_ENHANCED;
	buf[19] = 3;
	HPS_EXPECT_EQ(test, mpa_bare_parse(buf, 27, false, &info), -EPROTO);
	HPS_EXPECT_EQ(test, info.error, MPA_ERR_ENHANCED);

	/* the depths take their part of private data */
	with.private_data = priv;
	with.private_len = MPA_MAX_PRIVATE_DATA - 4;
	HPS_EXPECT_EQ(test, mpa_bare_build(buf, sizeof(buf), false, &with),
		      sizeof(buf));
	with.private_len++;
	HPS_EXPECT_EQ(test, mpa_bare_build(buf, sizeof(buf), false, &with),
		      -EINVAL);
}

static void mpa_hps_channels_are_not_enhanced(struct kunit *test)
{
	struct mpa_startup_info info;
	u8 buf[32];

	mpa_bare_build(buf, sizeof(buf), false, &bare);
	HPS_EXPECT_EQ(test, mpa_startup_parse(buf, 27, false, &info),
		      -EPROTONOSUPPORT);
}

static void mpa_frame_sizes(struct kunit *test)
{
	u32 len;

	HPS_EXPECT_EQ(test, mpa_frame_size(0), 8);
	HPS_EXPECT_EQ(test, mpa_frame_size(2), 8);
	HPS_EXPECT_EQ(test, mpa_frame_size(3), 12);
	HPS_EXPECT_EQ(test, mpa_frame_size(MPA_MAX_ULPDU), 65544);
	for (len = 0; len < 100; len++) {
		HPS_EXPECT_EQ(test, mpa_frame_size(len) % 4, 0);
		HPS_EXPECT(test, mpa_padding(len) < 4);
	}
}

/* The test vectors of RFC 3720 appendix B.4. */
static void mpa_crc_vectors(struct kunit *test)
{
	static const u8 zeros_crc[] = { 0xaa, 0x36, 0x91, 0x8a };
	static const u8 ones_crc[] = { 0x43, 0xab, 0xa8, 0x62 };
	u8 buf[32];
	__le32 crc;

	memset(buf, 0, sizeof(buf));
	crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), buf, 32));
	HPS_EXPECT(test, !memcmp(&crc, zeros_crc, 4));
	memset(buf, 0xff, sizeof(buf));
	crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), buf, 32));
	HPS_EXPECT(test, !memcmp(&crc, ones_crc, 4));
}

static void mpa_crc_in_pieces(struct kunit *test)
{
	u8 buf[32];
	u32 i, whole, crc;

	for (i = 0; i < sizeof(buf); i++)
		buf[i] = i * 7;
	whole = mpa_crc_add(mpa_crc_start(), buf, sizeof(buf));
	for (i = 0; i <= sizeof(buf); i++) {
		crc = mpa_crc_add(mpa_crc_start(), buf, i);
		crc = mpa_crc_add(crc, buf + i, sizeof(buf) - i);
		HPS_EXPECT_EQ(test, crc, whole);
	}
}

static struct kunit_case cases[] = {
	HPS_CASE(mpa_startup_round_trip),
	HPS_CASE(mpa_request_octets),
	HPS_CASE(mpa_build_bounds),
	HPS_CASE(mpa_parse_waits_for_all),
	HPS_CASE(mpa_foreign_key_is_refused_early),
	HPS_CASE(mpa_other_revisions_are_refused),
	HPS_CASE(mpa_markers_are_refused),
	HPS_CASE(mpa_reserved_flags_are_ignored),
	HPS_CASE(mpa_private_data_is_bounded),
	HPS_CASE(mpa_bare_octets),
	HPS_CASE(mpa_bare_round_trip),
	HPS_CASE(mpa_bare_takes_revision_1),
	HPS_CASE(mpa_bare_refuses),
	HPS_CASE(mpa_hps_channels_are_not_enhanced),
	HPS_CASE(mpa_frame_sizes),
	HPS_CASE(mpa_crc_vectors),
	HPS_CASE(mpa_crc_in_pieces),
	{}
};

HPS_SUITE(mpa, cases, NULL, NULL);
