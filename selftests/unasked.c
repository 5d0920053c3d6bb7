// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 240
 *
 * A peer that answers reads and atomic operations: in its own way, with more than was
 * asked for, twice, and what nobody has asked. Only the sink is touched, and who has
 * asked learns that it failed.
 */
#include "victim.h"

#define RESULT_LEN	sizeof(struct hps_result_data)

/* It reads @len octets of us to @at of its sink. Returns the id. */
static u32 it_reads(struct victim *w, u64 data, u64 at, u64 len)
{
	post_ok(w->fd, post_read(data, 0x1234, 0, w->sink_stag, at, len), NULL,
		0);
	return hear_request(w);
}

static u32 it_adds(struct victim *w, u64 data)
{
	post_ok(w->fd, post_add(data, 0x1234, 0, 1), NULL, 0);
	return hear_request(w);
}

static void say_answer(struct victim *w, u64 off, u32 id, u64 place, u8 octet,
		       size_t len)
{
	static u8 octets[65000];

	say_place(w, HPS_PLACE_ANSWER, off, id, place,
		  memset(octets, octet, len), len);
}

/* Nothing was completed. */
static void still_waits(struct victim *w)
{
	CHECK_EQ(poll_now(w->q.fd, POLLIN), 0);
}

/* It was, with this value. */
static void completed(struct victim *w, u64 data, u64 value, u64 len)
{
	struct hps_direct_completion c = queue_take(&w->q);

	CHECK_EQ(c.data, data);
	CHECK_EQ(c.status, 0);
	CHECK_EQ(c.value, value);
	CHECK_EQ(c.len, len);
}

/* We did not keep to the protocol, which is seen when it arrives. */
static void broken(struct victim *w, u64 data)
{
	victim_fails(w);
	if (data)
		queue_expect(&w->q, data, -ECONNRESET);
	CHECK_EQ(poll_now(w->q.fd, POLLIN), 0);
	victim_unhurt(w);
	victim_close(w);
}

/* ... when it is due. */
static void refused(struct victim *w, u64 data)
{
	victim_refuses(w, HPS_REASON_PROTOCOL);
	queue_expect(&w->q, data, -ECONNABORTED);
	CHECK_EQ(poll_now(w->q.fd, POLLIN), 0);
	victim_unhurt(w);
	victim_close(w);
}

/* --- what is right ---------------------------------------------------------------- */

/* In pieces, the last one first, and a copy that comes late. */
TEST(answer_in_any_order, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, 0);
	id = it_reads(&w, 1, 8, 1000);
	say_answer(&w, 600, id, 600, 3, 400);
	say_answer(&w, 300, id, 300, 2, 300);
	/* it has come, and not all of it */
	say_answer(&w, 300, id, 300, 9, 700);
	still_waits(&w);
	say_answer(&w, 0, id, 0, 1, 300);
	completed(&w, 1, 0, 1000);
	say_answer(&w, 0, id, 0, 9, 1000);
	CHECK(is_all((char *)w.sink, 8, 0));
	CHECK(is_all((char *)w.sink + 8, 300, 1));
	CHECK(is_all((char *)w.sink + 308, 300, 2));
	CHECK(is_all((char *)w.sink + 608, 400, 3));
	CHECK(is_all((char *)w.sink + 1008, ROOM - 1008, 0));
	w.at = 1000;
	victim_lives(&w);
	still_waits(&w);
	victim_close(&w);
	still_works();
}

TEST(results, V_DIRECT)
{
	struct victim w;
	u32 add, swap, none;

	victim_open(&w, 0);
	add = it_adds(&w, 1);
	post_ok(w.fd, post_swap(2, 0x1234, 8, 3, 4), NULL, 0);
	swap = hear_request(&w);
	none = it_reads(&w, 3, 0, 0);
	say_result(&w, 0, add, 0x1122334455667788ULL, RESULT_LEN);
	completed(&w, 1, 0x1122334455667788ULL, 8);
	/* in whatever order; that of completions is that of posting */
	say_result(&w, 16, none, 99, RESULT_LEN);
	hear_ack(&w, 32);
	still_waits(&w);
	say_result(&w, 32, swap, ~0ULL, RESULT_LEN);
	completed(&w, 2, ~0ULL, 8);
	completed(&w, 3, 0, 0);
	w.at = 48;
	victim_lives(&w);
	victim_unhurt(&w);
	victim_close(&w);
	still_works();
}

/* What was said before it has to be there. */
TEST(result_waits_for_its_turn, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, ALL_RIGHTS);
	id = it_adds(&w, 1);
	say_result(&w, 100, id, 5, RESULT_LEN);
	say_fill(&w, 50, w.stag, 50, 1, 50);
	usleep(50000);
	still_waits(&w);
	say_fill(&w, 0, w.stag, 0, 1, 50);
	completed(&w, 1, 5, 8);
	CHECK(is_all((char *)w.mem, 100, 1));
	w.at = 116;
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

TEST(copies_of_a_result, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, 0);
	id = it_adds(&w, 1);
	/* one that waits, and one that was taken */
	say_result(&w, 10, id, 5, RESULT_LEN);
	say_result(&w, 10, id, 6, RESULT_LEN);
	raw_data(&w.r, 0, 0, 10);
	completed(&w, 1, 5, 8);
	say_result(&w, 10, id, 7, RESULT_LEN);
	hear_ack(&w, 26);
	recv_pattern(w.fd, is_seqpacket() ? 0 : 10, 0);
	still_waits(&w);
	victim_close(&w);
	still_works();
}

/* --- what nobody has asked ---------------------------------------------------------- */

TEST(answer_to_nobody, V_DIRECT)
{
	struct victim w;
	u32 id;

	/* It has never asked anything. */
	victim_open(&w, ALL_RIGHTS);
	say_answer(&w, 0, 0, 0, 1, 100);
	broken(&w, 0);

	victim_open(&w, ALL_RIGHTS);
	id = it_reads(&w, 1, 0, 100);
	say_answer(&w, 0, id + 1, 0, 1, 100);
	broken(&w, 1);

	/* The tag of a region is no id. */
	victim_open(&w, ALL_RIGHTS);
	it_reads(&w, 1, 0, 100);
	say_answer(&w, 0, w.sink_stag, 0, 1, 100);
	broken(&w, 1);
	still_works();
}

TEST(answer_that_has_ended, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, ALL_RIGHTS);
	id = it_reads(&w, 1, 0, 100);
	say_answer(&w, 0, id, 0, 0, 100);
	completed(&w, 1, 0, 100);
	/* and more of it */
	say_answer(&w, 100, id, 0, 1, 100);
	broken(&w, 0);
	still_works();
}

static void answer_beyond(u64 len, u64 place, size_t n)
{
	struct victim w;
	u32 id;

	victim_open(&w, ALL_RIGHTS);
	id = it_reads(&w, 1, ROOM - len, len);
	say_answer(&w, 0, id, place, 1, n);
	broken(&w, 1);
}

TEST(answers_beyond_what_was_asked, V_DIRECT)
{
	answer_beyond(1000, 0, 1001);
	answer_beyond(1000, 999, 2);
	answer_beyond(1000, 1000, 1);
	answer_beyond(1000, ~0ULL, 1);
	answer_beyond(1000, ~0ULL, 2);
	answer_beyond(1000, -500, 1000);
	answer_beyond(0, 0, 1);
	still_works();
}

/* All of it counts once, how often it is said: no octets lie outside. */
TEST(answers_the_same_place_again, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, ALL_RIGHTS);
	id = it_reads(&w, 1, 0, 1000);
	say_answer(&w, 0, id, 0, 1, 600);
	say_answer(&w, 600, id, 0, 2, 600);
	completed(&w, 1, 0, 1000);
	CHECK(is_all((char *)w.sink, 600, 2));
	CHECK(is_all((char *)w.sink + 600, ROOM - 600, 0));
	w.at = 1200;
	victim_lives(&w);
	victim_close(&w);
	still_works();
}

TEST(octets_for_an_atomic, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, ALL_RIGHTS);
	id = it_adds(&w, 1);
	say_answer(&w, 0, id, 0, 1, 8);
	broken(&w, 1);
	still_works();
}

TEST(result_to_nobody, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, 0);
	say_result(&w, 0, 0, 1, RESULT_LEN);
	broken(&w, 0);

	victim_open(&w, 0);
	id = it_adds(&w, 1);
	say_result(&w, 0, id + 1, 1, RESULT_LEN);
	refused(&w, 1);
	still_works();
}

TEST(result_of_octets, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, 0);
	id = it_reads(&w, 1, 0, 1);
	say_result(&w, 0, id, 1, RESULT_LEN);
	refused(&w, 1);
	still_works();
}

TEST(result_twice, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, 0);
	id = it_adds(&w, 1);
	say_result(&w, 0, id, 5, RESULT_LEN);
	completed(&w, 1, 5, 8);
	say_result(&w, RESULT_LEN, id, 6, RESULT_LEN);
	broken(&w, 0);

	/* while another one waits */
	victim_open(&w, 0);
	id = it_adds(&w, 1);
	it_adds(&w, 2);
	say_result(&w, 0, id, 5, RESULT_LEN);
	completed(&w, 1, 5, 8);
	say_result(&w, RESULT_LEN, id, 6, RESULT_LEN);
	refused(&w, 2);

	/* more of them than requests, behind a gap */
	victim_open(&w, 0);
	id = it_adds(&w, 1);
	say_result(&w, 100, id, 5, RESULT_LEN);
	say_result(&w, 200, id, 6, RESULT_LEN);
	broken(&w, 1);
	still_works();
}

TEST(results_of_other_lengths, V_DIRECT)
{
	static const size_t lens[] = { 0, 1, 8, 15, 17, 32, 40 };
	struct victim w;
	size_t i;
	u32 id;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		victim_open(&w, 0);
		id = it_adds(&w, 1);
		say_result(&w, 0, id, 5, lens[i]);
		broken(&w, 1);
	}
	still_works();
}

/* Elements are whole: no part of one has been there before. */
TEST(results_that_overlap, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, 0);
	id = it_adds(&w, 1);
	it_adds(&w, 2);
	say_result(&w, 10, id, 5, RESULT_LEN);
	say_result(&w, 18, id + 1, 6, RESULT_LEN);
	victim_fails(&w);
	queue_expect(&w.q, 1, -ECONNRESET);
	queue_expect(&w.q, 2, -ECONNRESET);
	victim_close(&w);
	still_works();
}

/* --- a sink that goes --------------------------------------------------------------- */

/* Its program's mistake, not ours: it is told, and all goes on. */
TEST(sink_that_is_gone, V_DIRECT)
{
	struct victim w;
	u32 id;

	victim_open(&w, 0);
	id = it_reads(&w, 1, 0, 1000);
	say_answer(&w, 0, id, 0, 1, 300);
	hear_ack(&w, 300);
	deregister(w.fd, w.sink_stag);
	say_answer(&w, 300, id, 300, 2, 700);
	queue_expect(&w.q, 1, -ECANCELED);
	CHECK(is_all((char *)w.sink, 300, 1));
	CHECK(is_all((char *)w.sink + 300, ROOM - 300, 0));
	w.at = 1000;
	victim_lives(&w);
	/* even then not more than was asked for */
	say_answer(&w, w.at, id, 1000, 2, 1);
	victim_fails(&w);
	victim_close(&w);
	still_works();
}

/* The end of our stream ends what it waits for. */
TEST(fin_instead_of_an_answer, V_DIRECT)
{
	struct victim w;

	victim_open(&w, 0);
	it_reads(&w, 1, 0, 1000);
	it_adds(&w, 2);
	raw_fin(&w.r, 0);
	CHECK(queue_take(&w.q).status < 0);
	CHECK(queue_take(&w.q).status < 0);
	victim_unhurt(&w);
	victim_close(&w);
	still_works();
}
