// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 240
 *
 * A peer that asks for what it must not have, for too much, and does not take what
 * it has asked for. It gets no octet of other memory, and binds no memory beyond
 * the socket's buffer.
 */
#include "victim.h"

#define REQUEST_LEN	sizeof(struct hps_request_data)

static void ask(struct victim *w, struct hps_request_data d)
{
	say_request(w, w->at, &d, sizeof(d));
	w->at += sizeof(d);
}

static void ask_read(struct victim *w, u32 id, u64 place, u32 len)
{
	ask(w, want(id, HPS_REQUEST_READ, w->stag, len, place, 0, 0));
}

static void ask_add(struct victim *w, u32 id, u64 place, u64 operand)
{
	ask(w, want(id, HPS_REQUEST_ADD, w->stag, 8, place, operand, 0));
}

static u64 word(const struct victim *w, u64 place)
{
	u64 x;

	memcpy(&x, w->mem + place, sizeof(x));
	return x;
}

/* Nothing of its stream has come. */
static void got_nothing(struct victim *w)
{
	CHECK_EQ(w->r.seen & (1u << HPS_MSG_PLACE | 1u << HPS_MSG_RESULT |
			      1u << HPS_MSG_DATA), 0);
}

/* --- what is right ------------------------------------------------------------------ */

TEST(all_kinds, V_DIRECT)
{
	long long before = counter("HpsRequestServed");
	static u8 octets[ROOM];
	struct victim w;

	victim_open(&w, HPS_DIRECT_REMOTE_READ | HPS_DIRECT_REMOTE_ATOMIC);
	pattern(w.mem, ROOM, 0);
	ask_read(&w, 1, 0, ROOM);
	hear_answer(&w, 1, octets, ROOM);
	CHECK(pattern_ok(octets, ROOM, 0));
	ask_read(&w, 2, ROOM - 1, 1);
	hear_answer(&w, 2, octets, 1);
	CHECK(pattern_ok(octets, 1, ROOM - 1));
	ask_read(&w, 3, 0, 0);
	CHECK_EQ(hear_result(&w, 3), 0);
	memset(w.mem, 0, ROOM);
	ask_add(&w, 4, ROOM - 8, 7);
	CHECK_EQ(hear_result(&w, 4), 0);
	ask(&w, want(5, HPS_REQUEST_SWAP, w.stag, 8, ROOM - 8, ~0ULL, 7));
	CHECK_EQ(hear_result(&w, 5), 7);
	ask(&w, want(6, HPS_REQUEST_SWAP, w.stag, 8, ROOM - 8, 1, 7));
	CHECK_EQ(hear_result(&w, 6), -1);
	ask_add(&w, 7, ROOM - 8, 3);
	CHECK_EQ(hear_result(&w, 7), -1);
	CHECK_EQ(word(&w, ROOM - 8), 2);
	CHECK_EQ(counter("HpsRequestServed") - before, 7);
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* Octet by octet, and in larger ones. */
TEST(request_in_pieces, V_DIRECT)
{
	char msg[sizeof(struct hps_data) + REQUEST_LEN], frame[200];
	struct hps_request_data d;
	struct victim w;
	size_t n, at, step;
	u32 id = 0;

	victim_open(&w, HPS_DIRECT_REMOTE_ATOMIC);
	for (step = 1; step < 90; step += 7) {
		d = want(++id, HPS_REQUEST_ADD, w.stag, 8, 0, 1, 0);
		hps_request_build((void *)msg, HPS_DATA_ACK, w.at, 0, 1 << 20);
		memcpy(msg + sizeof(struct hps_data), &d, sizeof(d));
		n = raw_frame(&w.r, frame, msg, sizeof(msg));
		for (at = 0; at < n; at += step) {
			raw_send(&w.r, frame + at, step < n - at ? step : n - at);
			usleep(500);
		}
		w.at += sizeof(d);
		CHECK_EQ(hear_result(&w, id), id - 1);
	}
	CHECK_EQ(word(&w, 0), id);
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* It is carried out behind all that was said before it, and once. */
TEST(in_turn_and_once, V_DIRECT)
{
	struct hps_request_data d;
	struct victim w;
	int i;

	victim_open(&w, ALL_RIGHTS);
	d = want(1, HPS_REQUEST_ADD, w.stag, 8, 0, 1, 0);
	for (i = 0; i < 3; i++)
		say_request(&w, 8, &d, sizeof(d));
	usleep(50000);
	CHECK_EQ(word(&w, 0), 0);
	say_fill(&w, 0, w.stag, 0, 1, 8);
	CHECK_EQ(hear_result(&w, 1), 0x0101010101010101LL);
	for (i = 0; i < 3; i++)
		say_request(&w, 8, &d, sizeof(d));
	w.at = 8 + REQUEST_LEN;
	ask_add(&w, 2, 0, 1);
	CHECK_EQ(hear_result(&w, 2), 0x0101010101010102LL);
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* --- what may not be accessed ----------------------------------------------------------- */

static void denied(unsigned int rights, u8 op, u32 tag_bits, u32 len, u64 place)
{
	struct victim w;

	victim_open(&w, rights);
	ask(&w, want(1, op, w.stag ^ tag_bits, len, place, 1, 0));
	victim_refuses(&w, HPS_REASON_ACCESS);
	got_nothing(&w);
	victim_unhurt(&w);
	victim_close(&w);
}

TEST(reads_that_are_denied, V_DIRECT)
{
	const u8 op = HPS_REQUEST_READ;

	denied(ALL_RIGHTS, op, 1, 1, 0);
	denied(ALL_RIGHTS, op, 1, 0, 0);
	denied(HPS_DIRECT_REMOTE_WRITE | HPS_DIRECT_REMOTE_ATOMIC, op, 0, 1, 0);
	denied(ALL_RIGHTS, op, 0, 1, ROOM);
	denied(ALL_RIGHTS, op, 0, 2, ROOM - 1);
	denied(ALL_RIGHTS, op, 0, ROOM + 1, 0);
	denied(ALL_RIGHTS, op, 0, HPS_DIRECT_READ_MAX, 0);
	denied(ALL_RIGHTS, op, 0, 1, ~0ULL);
	denied(ALL_RIGHTS, op, 0, 10, -5);
	denied(ALL_RIGHTS, op, 0, GUARD, -GUARD);
	denied(ALL_RIGHTS, op, 0, 1, 1ULL << 63);
	still_works();
}

TEST(atomics_that_are_denied, V_DIRECT)
{
	u8 op;
	int i;

	for (op = HPS_REQUEST_SWAP; op <= HPS_REQUEST_ADD; op++) {
		denied(ALL_RIGHTS, op, 1, 8, 0);
		denied(HPS_DIRECT_REMOTE_READ | HPS_DIRECT_REMOTE_WRITE, op, 0,
		       8, 0);
		denied(ALL_RIGHTS, op, 0, 8, ROOM);
		denied(ALL_RIGHTS, op, 0, 8, ROOM - 7);
		denied(ALL_RIGHTS, op, 0, 8, -8);
		denied(ALL_RIGHTS, op, 0, 8, -4);
		for (i = 1; i < 8; i += 3)
			denied(ALL_RIGHTS, op, 0, 8, 64 + i);
		denied(ALL_RIGHTS, op, 0, 0, 0);
		denied(ALL_RIGHTS, op, 0, 4, 0);
		denied(ALL_RIGHTS, op, 0, 16, 0);
		denied(ALL_RIGHTS, op, 0, ~0U, 0);
	}
	still_works();
}

/* The region of another right, of others as well, and one that is gone already. */
TEST(invalidations_that_are_denied, V_DIRECT)
{
	const unsigned int all = ALL_RIGHTS | HPS_DIRECT_REMOTE_INVALIDATE;
	struct victim w;
	u32 only;

	denied(ALL_RIGHTS, HPS_REQUEST_INVALIDATE, 0, 0, 0);
	denied(ALL_RIGHTS, HPS_REQUEST_INVALIDATE, 1, 0, 0);
	denied(ALL_RIGHTS, HPS_REQUEST_INVALIDATE, 0, 8, 0);

	victim_open(&w, ALL_RIGHTS);
	only = enrol_with(w.fd, w.mem, 100, all, HPS_DIRECT_ONLY);
	ask(&w, want(1, HPS_REQUEST_INVALIDATE, only, 0, 0, 0, 0));
	hear_result(&w, 1);
	say_fill(&w, w.at, w.stag, 50, 1, 1);
	w.at++;
	victim_lives(&w);
	say_fill(&w, w.at, only, 0, 1, 1);
	victim_refuses(&w, HPS_REASON_ACCESS);
	CHECK_EQ(w.mem[0], 0);
	victim_close(&w);
	still_works();
}

/* Aligned is what is so in the memory, not in the region. */
TEST(odd_region, V_DIRECT)
{
	struct victim w;
	u32 odd;

	victim_open(&w, 0);
	odd = enrol(w.fd, w.mem + 3, 100, ALL_RIGHTS);
	ask(&w, want(1, HPS_REQUEST_ADD, odd, 8, 5, 1, 0));
	CHECK_EQ(hear_result(&w, 1), 0);
	CHECK_EQ(word(&w, 8), 1);
	ask(&w, want(2, HPS_REQUEST_ADD, odd, 8, 8, 1, 0));
	victim_refuses(&w, HPS_REASON_ACCESS);
	CHECK_EQ(word(&w, 8), 1);
	CHECK(is_all((char *)w.mem + 16, ROOM - 16, 0));
	victim_close(&w);
	still_works();
}

/* --- what breaks the protocol ------------------------------------------------------------- */

TEST(unknown_operations, V_DIRECT)
{
	static const u8 ops[] = { 0, 5, 6, 0x81, 255 };
	struct victim w;
	size_t i;

	for (i = 0; i < sizeof(ops); i++) {
		victim_open(&w, ALL_RIGHTS);
		ask(&w, want(1, ops[i], w.stag, 8, 0, 1, 0));
		victim_refuses(&w, HPS_REASON_PROTOCOL);
		got_nothing(&w);
		victim_unhurt(&w);
		victim_close(&w);
	}
	still_works();
}

TEST(too_long_a_read, V_DIRECT)
{
	struct victim w;
	int i;

	for (i = 0; i < 2; i++) {
		victim_open(&w, ALL_RIGHTS);
		ask_read(&w, 1, 0, i ? ~0U : HPS_DIRECT_READ_MAX + 1);
		victim_refuses(&w, HPS_REASON_PROTOCOL);
		got_nothing(&w);
		victim_close(&w);
	}
	still_works();
}

TEST(requests_of_other_lengths, V_DIRECT)
{
	static const size_t lens[] = { 0, 1, 16, 39, 41, 80 };
	struct hps_request_data d;
	struct victim w;
	size_t i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		victim_open(&w, ALL_RIGHTS);
		d = want(1, HPS_REQUEST_ADD, w.stag, 8, 0, 1, 0);
		say_request(&w, 0, &d, lens[i]);
		victim_fails(&w);
		victim_unhurt(&w);
		victim_close(&w);
	}
	still_works();
}

TEST(requests_that_overlap, V_DIRECT)
{
	static const u64 offs[] = { 61, 99, 101, 139 };
	struct hps_request_data d;
	struct victim w;
	size_t i;

	for (i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
		victim_open(&w, ALL_RIGHTS);
		d = want(1, HPS_REQUEST_ADD, w.stag, 8, 0, 1, 0);
		say_request(&w, 100, &d, sizeof(d));
		say_request(&w, offs[i], &d, sizeof(d));
		victim_fails(&w);
		victim_unhurt(&w);
		victim_close(&w);
	}
	/* octets that came as something else */
	victim_open(&w, ALL_RIGHTS);
	say_fill(&w, 120, w.stag, 0, 0, 50);
	say_request(&w, 100, &d, sizeof(d));
	victim_fails(&w);
	victim_unhurt(&w);
	victim_close(&w);
	still_works();
}

/* A socket with little room for answers, and much to be read. */
static u32 open_narrow(struct victim *w, u32 credit, u32 len, char **big)
{
	int lst = listener(4);

	set_int(lst, SOL_SOCKET, SO_SNDBUF, 20000);
	victim_open_on(w, lst, ALL_RIGHTS, HPS_FEATURE_DIRECT, credit);
	*big = memory(len);
	return enrol(w->fd, *big, len, HPS_DIRECT_REMOTE_READ);
}

/* We give no credit, so that the first one is not answered to its end. */
TEST(seventeen_requests, V_DIRECT)
{
	struct victim w;
	u32 id, stag;
	char *big;

	stag = open_narrow(&w, 0, MB, &big);
	for (id = 1; id <= HPS_DIRECT_REQUESTS; id++)
		ask(&w, want(id, HPS_REQUEST_READ, stag, MB, 0, 0, 0));
	hear_ack(&w, w.at);
	CHECK_EQ(w.got, 0);
	ask(&w, want(id, HPS_REQUEST_READ, stag, MB, 0, 0, 0));
	victim_fails(&w);
	got_nothing(&w);
	victim_close(&w);

	/* behind a gap */
	victim_open(&w, ALL_RIGHTS);
	w.at = 1000;
	for (id = 1; id <= HPS_DIRECT_REQUESTS + 1; id++)
		ask_add(&w, id, 0, 1);
	victim_fails(&w);
	victim_unhurt(&w);
	victim_close(&w);
	still_works();
}

/* --- too much ------------------------------------------------------------------------------- */

/* Always as many as may be: they cost nothing that stays. */
TEST_LIMIT(requests_for_a_long_time, V_DIRECT, 100)
{
	u32 rounds = on_debug_kernel() ? 300 : 5000, id = 0, done = 0;
	static u8 octets[100];
	struct victim w;

	victim_open(&w, ALL_RIGHTS);
	while (done < rounds) {
		while (id < rounds && id - done < HPS_DIRECT_REQUESTS) {
			if (++id & 1)
				ask_add(&w, id, 0, 1);
			else
				ask_read(&w, id, 64, sizeof(octets));
		}
		if (++done & 1)
			CHECK_EQ(hear_result(&w, done), done / 2);
		else
			hear_answer(&w, done, octets, sizeof(octets));
		raw_ack(&w.r, w.got, w.got + (1 << 20));
	}
	CHECK_EQ(word(&w, 0), (rounds + 1) / 2);
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* It reads a lot, and says of nothing that it has come: no more is made than the
 * socket's buffer holds, and the program goes on.
 */
TEST(never_acknowledged, V_DIRECT)
{
	const u32 len = 4 << 20;
	struct victim w;
	u32 id, stag;
	char *big;
	char c;

	stag = open_narrow(&w, 1 << 30, len, &big);
	for (id = 1; id <= HPS_DIRECT_REQUESTS; id++)
		ask(&w, want(id, HPS_REQUEST_READ, stag, len, 0, 0, 0));
	do
		CHECK(hear(&w, HPS_MSG_PLACE, &c, 1));
	while (w.got < 10000);
	while (poll_now(w.r.fd, POLLIN))
		CHECK(raw_read_message(&w.r, &c, 1) > 0);
	usleep(100000);
	/* The size counts twice. */
	CHECK(w.got <= 40000);
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

/* --- ends ----------------------------------------------------------------------------------- */

/* Who says no more still gets what it has asked for. */
TEST(fin_behind_requests, V_DIRECT)
{
	static u8 octets[ROOM];
	struct victim w;
	u32 id;

	victim_open(&w, ALL_RIGHTS);
	pattern(w.mem, ROOM, 0);
	for (id = 1; id <= 4; id++)
		ask_read(&w, id, 0, ROOM);
	ask_add(&w, 5, 0, 0);
	raw_fin(&w.r, w.at);
	for (id = 1; id <= 4; id++) {
		hear_answer(&w, id, octets, ROOM);
		CHECK(pattern_ok(octets, ROOM, 0));
	}
	hear_result(&w, 5);
	recv_eof(w.fd);
	/* but nothing behind that */
	ask_add(&w, 6, 0, 1);
	CHECK(raw_is_dead(&w.r));
	wait_counter("HpsBadMessage", w.bad);
	CHECK(pattern_ok(w.mem, ROOM, 0));
	victim_close(&w);
	still_works();
}

/* Neither who asks nor who is asked waits for the answer. */
TEST(closed_with_requests, V_DIRECT)
{
	struct victim w;
	u32 id, i;

	for (i = 0; i < 3; i++) {
		victim_open_with(&w, ALL_RIGHTS, HPS_FEATURE_DIRECT,
				 i == 2 ? 5000 : 0);
		for (id = 1; id <= HPS_DIRECT_REQUESTS; id++)
			ask_read(&w, id, 0, ROOM);
		hear_ack(&w, w.at);
		if (i == 1)
			close(w.r.fd);
		victim_close(&w);
	}
	still_works();
}

/* Of a region that goes, not an octet more is sent, but for those in the buffer. */
TEST(region_that_is_gone, V_DIRECT)
{
	struct victim w;
	u32 stag;
	char *big;

	stag = open_narrow(&w, 4096, MB, &big);
	ask(&w, want(1, HPS_REQUEST_READ, stag, MB, 0, 0, 0));
	hear_ack(&w, w.at);
	deregister(w.fd, stag);
	memset(big, 1, MB);
	w.window = 1 << 20;
	raw_ack(&w.r, w.got, 1 << 20);
	/* what was copied comes, and is acknowledged, so that it goes on */
	for (;;) {
		static struct {
			struct hps_place	head;
			char			body[65600];
		} m;
		u64 before = w.got;

		if (!hear(&w, HPS_MSG_PLACE, &m, sizeof(m)))
			break;
		CHECK(is_all(m.body, w.got - before, 0));
		raw_ack(&w.r, w.got, w.got + (1 << 20));
	}
	CHECK(w.got < 60000);
	victim_refuses(&w, HPS_REASON_ACCESS);
	victim_close(&w);
	still_works();
}
