// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 240
 *
 * A peer that places where it must not, and answers what nobody asked; and what looks
 * odd and is right. Nothing outside of a region is touched.
 */
#include "victim.h"

/* --- the feature ------------------------------------------------------------------ */

static void open_without(struct victim *w)
{
	victim_open_with(w, ALL_RIGHTS, 0, 1 << 20);
}

TEST(not_negotiated, V_DIRECT)
{
	struct hps_request_data d;
	struct victim w;

	open_without(&w);
	say_fill(&w, 0, w.stag, 0, 1, 100);
	victim_fails(&w);
	victim_unhurt(&w);
	victim_close(&w);

	/* not even one without octets */
	open_without(&w);
	say_fill(&w, 0, w.stag, 0, 1, 0);
	victim_fails(&w);
	victim_close(&w);

	open_without(&w);
	d = want(1, HPS_REQUEST_ADD, w.stag, 8, 0, 1, 0);
	say_request(&w, 0, &d, sizeof(d));
	victim_fails(&w);
	victim_unhurt(&w);
	victim_close(&w);

	open_without(&w);
	say_result(&w, 0, 1, 1, sizeof(struct hps_result_data));
	victim_fails(&w);
	victim_close(&w);
	still_works();
}

/* --- places ------------------------------------------------------------------------- */

TEST(in_the_region, V_DIRECT)
{
	long long before = counter("HpsPlacedOctets");
	static u8 octets[ROOM];
	struct victim w;

	victim_open(&w, HPS_DIRECT_REMOTE_WRITE);
	pattern(octets, ROOM, 0);
	/* all of it, its last octet, its first one */
	say_place(&w, 0, 0, w.stag, 0, octets, ROOM);
	hear_ack(&w, ROOM);
	CHECK(pattern_ok(w.mem, ROOM, 0));
	say_fill(&w, ROOM, w.stag, ROOM - 1, 7, 1);
	say_fill(&w, ROOM + 1, w.stag, 0, 8, 1);
	hear_ack(&w, ROOM + 2);
	CHECK_EQ(w.mem[ROOM - 1], 7);
	CHECK_EQ(w.mem[0], 8);
	CHECK(pattern_ok(w.mem + 1, ROOM - 2, 1));
	CHECK_EQ(counter("HpsPlacedOctets") - before, ROOM + 2);
	w.at = ROOM + 2;
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* It must not be placed. */
static void misplace(u32 (*tag)(struct victim *w), unsigned int rights,
		     u64 place, size_t len)
{
	struct victim w;

	victim_open(&w, rights);
	say_fill(&w, 0, tag(&w), place, 1, len);
	victim_refuses(&w, HPS_REASON_ACCESS);
	victim_unhurt(&w);
	victim_close(&w);
}

static u32 right_tag(struct victim *w)
{
	return w->stag;
}

static u32 bit_wrong(struct victim *w)
{
	return w->stag ^ 1 << 31;
}

static u32 no_tag(struct victim *w)
{
	return w->stag & 0;
}

static u32 tag_of_sink(struct victim *w)
{
	return w->sink_stag;
}

static u32 tag_that_went(struct victim *w)
{
	deregister(w->fd, w->stag);
	return w->stag;
}

TEST(wrong_tags, V_DIRECT)
{
	misplace(bit_wrong, ALL_RIGHTS, 0, 1);
	misplace(no_tag, ALL_RIGHTS, 0, 1);
	misplace(tag_of_sink, ALL_RIGHTS, 0, 1);
	misplace(tag_that_went, ALL_RIGHTS, 0, 1);
	still_works();
}

TEST(not_to_be_written, V_DIRECT)
{
	misplace(right_tag, HPS_DIRECT_REMOTE_READ, 0, 100);
	misplace(right_tag, HPS_DIRECT_REMOTE_ATOMIC, 0, 8);
	misplace(right_tag, 0, 0, 1);
	still_works();
}

TEST(beyond_the_region, V_DIRECT)
{
	misplace(right_tag, ALL_RIGHTS, ROOM, 1);
	misplace(right_tag, ALL_RIGHTS, ROOM - 1, 2);
	misplace(right_tag, ALL_RIGHTS, 0, ROOM + 1);
	misplace(right_tag, ALL_RIGHTS, ROOM + GUARD, 100);
	misplace(right_tag, ALL_RIGHTS, 1ULL << 32, 1);
	misplace(right_tag, ALL_RIGHTS, 1ULL << 63, 1);
	still_works();
}

/* Whoever adds before he compares finds these inside. */
TEST(in_front_of_the_region, V_DIRECT)
{
	misplace(right_tag, ALL_RIGHTS, ~0ULL, 1);
	misplace(right_tag, ALL_RIGHTS, ~0ULL, 2);
	misplace(right_tag, ALL_RIGHTS, ~0ULL - 7, 8);
	misplace(right_tag, ALL_RIGHTS, ~0ULL - 99, 200);
	misplace(right_tag, ALL_RIGHTS, -GUARD, GUARD + 10);
	still_works();
}

/* A frame that TCP brings in many packets: what came before it left the region may
 * be there, nothing else.
 */
TEST(leaves_the_region_late, V_DIRECT)
{
	struct victim w;

	victim_open(&w, ALL_RIGHTS);
	say_fill(&w, 0, w.stag, 8, 1, 60000);
	victim_refuses(&w, HPS_REASON_ACCESS);
	CHECK(is_all((char *)w.mem, 8, 0));
	CHECK(is_all((char *)w.sink, ROOM, 0));
	victim_close(&w);
	still_works();
}

/* Of a copy that begins in front of what is new, the rest lies beyond 2^64. */
TEST(rest_wraps, V_DIRECT)
{
	static const int place[] = { -10, -5 };
	struct victim w;
	size_t i;

	for (i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		victim_open(&w, ALL_RIGHTS);
		say_fill(&w, 0, w.stag, 0, 1, 10);
		hear_ack(&w, 10);
		memset(w.mem, 0, 10);
		say_fill(&w, 0, w.stag, place[i], 1, 20);
		victim_refuses(&w, HPS_REASON_ACCESS);
		victim_unhurt(&w);
		victim_close(&w);
	}
	still_works();
}

/* Another connection's region, for nobody else's peer or of another domain. */
TEST(of_another_connection, V_DIRECT)
{
	struct victim w, other;
	u32 only;
	u8 *mem;

	victim_open(&other, ALL_RIGHTS);
	victim_open(&w, ALL_RIGHTS);
	say_fill(&w, 0, other.stag, 0, 1, 1);
	victim_refuses(&w, HPS_REASON_ACCESS);
	victim_close(&w);

	/* one domain, two connections */
	victim_open_with(&w, ALL_RIGHTS, HPS_FEATURE_DIRECT, 1 << 20);
	deregister(w.fd, w.stag);
	deregister(w.fd, w.sink_stag);
	CHECK(try_domain(w.fd, other.fd) == 0);
	mem = guarded();
	only = enrol_with(other.fd, mem, ROOM, ALL_RIGHTS, HPS_DIRECT_ONLY);
	say_fill(&w, 0, other.stag, 0, 1, 1);
	hear_ack(&w, 1);
	CHECK_EQ(other.mem[0], 1);
	say_fill(&other, 0, only, 0, 2, 1);
	hear_ack(&other, 1);
	CHECK_EQ(mem[0], 2);
	say_fill(&w, 1, only, 0, 3, 1);
	victim_refuses(&w, HPS_REASON_ACCESS);
	CHECK_EQ(mem[0], 2);
	guards_ok(mem);
	other.at = 1;
	victim_lives(&other);
	victim_close(&other);
	victim_close(&w);
	still_works();
}

TEST(beyond_the_credit, V_DIRECT)
{
	static const u64 far[] = { 0, 1, 1ULL << 32, 1ULL << 63 };
	struct victim w;
	size_t i;
	u64 off;

	for (i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		long long before = counter("HpsCreditExceeded");

		victim_open(&w, ALL_RIGHTS);
		off = be32_to_cpu(w.r.theirs.credit) + far[i];
		say_fill(&w, far[i] ? off : off - 1, w.stag, 0, 1, 2);
		CHECK(raw_is_dead(&w.r));
		wait_counter("HpsCreditExceeded", before);
		CHECK_EQ(reason_of(w.fd), HPS_REASON_CREDIT);
		victim_unhurt(&w);
		victim_close(&w);
	}
	/* and none of what wraps */
	victim_open(&w, ALL_RIGHTS);
	say_fill(&w, ~0ULL - 3, w.stag, 0, 1, 8);
	CHECK(raw_is_dead(&w.r));
	CHECK_EQ(reason_of(w.fd), HPS_REASON_CREDIT);
	victim_unhurt(&w);
	victim_close(&w);
	still_works();
}

/* Single octets far apart: each costs its share of the credit. */
TEST(tiny_places_beyond_the_cost_rule, V_DIRECT)
{
	long long before = counter("HpsCreditExceeded");
	struct victim w;
	int i;

	victim_open(&w, ALL_RIGHTS);
	/* some ten thousand frames, but not as many packets */
	set_int(w.r.fd, IPPROTO_TCP, TCP_CORK, 1);
	for (i = be32_to_cpu(w.r.theirs.credit) / 2 - 1; i > 0; i--)
		say_fill(&w, 2 * i, w.stag, i % ROOM, 1, 1);
	set_int(w.r.fd, IPPROTO_TCP, TCP_CORK, 0);
	CHECK(raw_is_dead(&w.r));
	wait_counter("HpsCreditExceeded", before);
	guards_ok(w.mem);
	victim_close(&w);
	still_works();
}

TEST(no_octets, V_DIRECT)
{
	struct victim w;

	victim_open(&w, ALL_RIGHTS);
	say_fill(&w, 0, w.stag, 0, 1, 0);
	/* nothing is accessed */
	say_fill(&w, 0, w.stag ^ 1, ~0ULL, 1, 0);
	say_place(&w, HPS_PLACE_ANSWER, 0, 77, ~0ULL, "", 0);
	victim_lives(&w);
	victim_unhurt(&w);
	say_fill(&w, w.at, w.stag, ROOM, 1, 0);
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* Behind the end of its stream. */
TEST(behind_the_fin, V_DIRECT)
{
	struct victim w;

	victim_open(&w, ALL_RIGHTS);
	raw_fin(&w.r, 10);
	say_fill(&w, 5, w.stag, 0, 1, 6);
	CHECK(raw_is_dead(&w.r));
	wait_counter("HpsBadMessage", w.bad);
	victim_unhurt(&w);
	victim_close(&w);
	still_works();
}

/* A record has marks, what is placed has none. */
TEST(mark_means_nothing, V_DIRECT)
{
	struct victim w;

	victim_open(&w, ALL_RIGHTS);
	say_place(&w, HPS_DATA_EOR, 0, w.stag, 0, "abc", 3);
	hear_ack(&w, 3);
	CHECK(!memcmp(w.mem, "abc", 3));
	w.at = 3;
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* --- copies ------------------------------------------------------------------------- */

/* In any order and cut in any way, all ends up where it belongs, once. */
TEST(copies_cut_differently, V_DIRECT)
{
	long long before = counter("HpsPlacedOctets");
	long long duplicate = counter("HpsDuplicateOctets"), sum = 0;
	static u8 octets[ROOM];
	uint64_t s = 0x91ace;
	struct victim w;
	int i;

	printf("# seed %#llx\n", (unsigned long long)s);
	victim_open(&w, HPS_DIRECT_REMOTE_WRITE);
	pattern(octets, ROOM, 0);
	for (i = 0; i < 400; i++) {
		u64 at = seeded(&s) % ROOM;
		size_t len = 1 + seeded(&s) % 300;

		if (len > ROOM - at)
			len = ROOM - at;
		sum += len;
		say_place(&w, i & 1 ? HPS_DATA_RESENT : HPS_DATA_DUPLICATE, at,
			  w.stag, at, octets + at, len);
	}
	say_place(&w, 0, 0, w.stag, 0, octets, ROOM);
	hear_ack(&w, ROOM);
	CHECK(pattern_ok(w.mem, ROOM, 0));
	CHECK_EQ(counter("HpsPlacedOctets") - before, ROOM);
	wait_counter("HpsDuplicateOctets", duplicate + sum - 1);
	w.at = ROOM;
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* What has arrived is the program's: of copies only what is new is placed. */
TEST(late_copies, V_DIRECT)
{
	struct victim w;

	victim_open(&w, HPS_DIRECT_REMOTE_WRITE);
	say_fill(&w, 0, w.stag, 0, 1, 1000);
	say_fill(&w, 2000, w.stag, 2000, 1, 1000);
	say_fill(&w, 1000, w.stag, 1000, 1, 500);
	hear_ack(&w, 1500);
	/* those behind the gap are there as well, they came before */
	CHECK(is_all((char *)w.mem + 2000, 1000, 1));
	memset(w.mem, 9, ROOM);
	say_fill(&w, 0, w.stag, 0, 2, 1000);
	say_fill(&w, 500, w.stag, 500, 2, 3000);
	hear_ack(&w, 3500);
	CHECK(is_all((char *)w.mem, 1500, 9));
	CHECK(is_all((char *)w.mem + 1500, 500, 2));
	CHECK(is_all((char *)w.mem + 2000, 1000, 9));
	CHECK(is_all((char *)w.mem + 3000, 500, 2));
	CHECK(is_all((char *)w.mem + 3500, ROOM - 3500, 9));
	w.at = 3500;
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* One whose octets are all there is not judged: its region may be gone. */
TEST(late_copies_are_not_judged, V_DIRECT)
{
	struct victim w;

	victim_open(&w, HPS_DIRECT_REMOTE_WRITE);
	say_fill(&w, 0, w.stag, 0, 1, 1000);
	hear_ack(&w, 1000);
	deregister(w.fd, w.stag);
	say_fill(&w, 0, w.stag, 0, 2, 1000);
	say_fill(&w, 10, w.stag ^ 1, ~0ULL, 2, 100);
	say_place(&w, HPS_PLACE_ANSWER, 10, 5, 5, "abc", 3);
	w.at = 1000;
	victim_lives(&w);
	CHECK(is_all((char *)w.mem, 1000, 1));
	/* but one with a new octet is */
	say_fill(&w, w.at - 1, w.stag, 0, 2, 2);
	victim_refuses(&w, HPS_REASON_ACCESS);
	CHECK(is_all((char *)w.mem, 1000, 1));
	victim_close(&w);
	still_works();
}

/* The same offsets as octets for the reader, and to be placed. */
TEST(copies_of_another_kind, V_DIRECT)
{
	struct victim w;

	victim_open(&w, HPS_DIRECT_REMOTE_WRITE);
	raw_data(&w.r, 0, 0, 100);
	say_fill(&w, 50, w.stag, 0, 1, 100);
	hear_ack(&w, 150);
	raw_data(&w.r, is_seqpacket() ? HPS_DATA_EOR : 0, 100, 100);
	/* 150 octets are for the reader, those that were placed are not */
	recv_pattern(w.fd, 100, 0);
	w.at = 200 + is_seqpacket();
	CHECK(is_all((char *)w.mem + 50, 50, 1));
	CHECK(is_all((char *)w.mem, 50, 0));
	victim_close(&w);
	still_works();
}
