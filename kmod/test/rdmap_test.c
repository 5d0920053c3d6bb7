// SPDX-License-Identifier: GPL-2.0
/* Tests of ddp/rdmap.c. */
#include "hps_test.h"

#include "../ddp/rdmap.c"

static void rdmap_operations_have_names(struct kunit *test)
{
	HPS_EXPECT(test, !strcmp(rdmap_opcode_name(RDMAP_OP_SEND), "Send"));
	HPS_EXPECT(test, !strcmp(rdmap_opcode_name(0xff), "unassigned"));
}

static void rdmap_read_request_octets(struct kunit *test)
{
	static const u8 wire[28] = {
		1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0, 0,
		9, 8, 7, 6, 0x11, 0, 0, 0, 0, 0, 0, 0x22 };
	const struct rdmap_request r = {
		.sink_stag = 0x01020304, .sink_offset = 5, .len = 65536,
		.stag = 0x09080706, .offset = 0x1100000000000022,
	};
	struct rdmap_request again;
	u8 buf[64];

	HPS_EXPECT_EQ(test, rdmap_request_build(buf, &r), 28);
	HPS_EXPECT(test, !memcmp(buf, wire, 28));
	rdmap_request_parse(buf, RDMAP_OP_READ_REQUEST, &again);
	memset(buf, 0, sizeof(buf));
	HPS_EXPECT_EQ(test, rdmap_request_build(buf, &again), 28);
	HPS_EXPECT(test, !memcmp(buf, wire, 28));
}

static void rdmap_atomic_request_octets(struct kunit *test)
{
	static const u8 wire[52] = {
		0, 0, 0, 2, 0, 0, 0, 7, 9, 8, 7, 6,
		0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 1,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0, 0, 0, 0, 0, 0, 0, 2,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct rdmap_request r = {
		.atomic = true, .len = 8, .op = RDMAP_ATOMIC_CMP_SWAP, .id = 7,
		.stag = 0x09080706, .offset = 0x10, .data = 1, .mask = U64_MAX,
		.compare = 2, .compare_mask = U64_MAX,
	};
	struct rdmap_request again;
	u8 buf[64];

	HPS_EXPECT_EQ(test, rdmap_request_build(buf, &r), 52);
	HPS_EXPECT(test, !memcmp(buf, wire, 52));
	rdmap_request_parse(buf, RDMAP_OP_ATOMIC_REQUEST, &again);
	HPS_EXPECT_EQ(test, again.len, 8);
	memset(buf, 0, sizeof(buf));
	HPS_EXPECT_EQ(test, rdmap_request_build(buf, &again), 52);
	HPS_EXPECT(test, !memcmp(buf, wire, 52));
}

static u64 add(u64 old, u64 data, u64 mask)
{
	const struct rdmap_request r = {
		.atomic = true, .op = RDMAP_ATOMIC_FETCH_ADD, .data = data,
		.mask = mask,
	};

	return rdmap_atomic_result(&r, old);
}

static void rdmap_add_wraps(struct kunit *test)
{
	HPS_EXPECT_EQ(test, add(5, 7, 0), 12);
	HPS_EXPECT_EQ(test, add(5, -7ULL, 0), -2);
	HPS_EXPECT_EQ(test, add(U64_MAX, 1, 0), 0);
}

/* Two fields of 32 bits: a carry of the low one is lost. */
static void rdmap_add_keeps_fields_apart(struct kunit *test)
{
	HPS_EXPECT_EQ(test, add(0x1ffffffff, 0x200000001, 0x80000000),
		      0x300000000);
	HPS_EXPECT_EQ(test, add(0x180000000, 0x180000000,
				0x8000000080000000), 0x200000000);
	/* each bit a field: exclusive or */
	HPS_EXPECT_EQ(test, add(0xff00, 0x0ff0, U64_MAX), 0xf0f0);
}

/* Any fields: what is added in each of them, modulo its size. */
static void rdmap_add_like_fields_apart(struct kunit *test)
{
	struct hps_random random = { .state = 41 };
	u32 round, bit, low;

	for (round = 0; round < 2000; round++) {
		u64 old = (u64)hps_random(&random) << 32 | hps_random(&random);
		u64 data = (u64)hps_random(&random) << 32 | hps_random(&random);
		u64 mask = ((u64)hps_random(&random) << 32 |
			    hps_random(&random)) &
			   ((u64)hps_random(&random) << 32 |
			    hps_random(&random));
		u64 want = 0;

		for (bit = 0, low = 0; bit < 64; bit++) {
			u64 field;

			if (!(mask >> bit & 1) && bit < 63)
				continue;
			field = U64_MAX >> (63 - (bit - low));
			want |= (((old >> low) + (data >> low)) & field) << low;
			low = bit + 1;
		}
		HPS_REQUIRE(test, add(old, data, mask) == want);
	}
}

static u64 exchange(u64 old, u64 data, u64 mask, u64 compare, u64 compare_mask)
{
	const struct rdmap_request r = {
		.atomic = true, .op = RDMAP_ATOMIC_CMP_SWAP, .data = data,
		.mask = mask, .compare = compare, .compare_mask = compare_mask,
	};

	return rdmap_atomic_result(&r, old);
}

static void rdmap_swap_if_equal(struct kunit *test)
{
	HPS_EXPECT_EQ(test, exchange(3, 9, U64_MAX, 3, U64_MAX), 9);
	HPS_EXPECT_EQ(test, exchange(4, 9, U64_MAX, 3, U64_MAX), 4);
}

static void rdmap_swap_of_some_bits(struct kunit *test)
{
	HPS_EXPECT_EQ(test, exchange(0x1234, 0xffff, 0x00ff, 0x1200, 0xff00),
		      0x12ff);
	HPS_EXPECT_EQ(test, exchange(0x1234, 0xffff, 0x00ff, 0x1300, 0xff00),
		      0x1234);
	/* nothing is compared: always */
	HPS_EXPECT_EQ(test, exchange(0x1234, 7, U64_MAX, 99, 0), 7);
}

static struct kunit_case cases[] = {
	HPS_CASE(rdmap_operations_have_names),
	HPS_CASE(rdmap_read_request_octets),
	HPS_CASE(rdmap_atomic_request_octets),
	HPS_CASE(rdmap_add_wraps),
	HPS_CASE(rdmap_add_keeps_fields_apart),
	HPS_CASE(rdmap_add_like_fields_apart),
	HPS_CASE(rdmap_swap_if_equal),
	HPS_CASE(rdmap_swap_of_some_bits),
	{}
};

HPS_SUITE(rdmap, cases, NULL, NULL);
