// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 *
 * A peer of a bare socket that breaks the protocol: each breach gets its Terminate and
 * ends the connection, nothing is placed, and around the region nothing is touched.
 */
#include "barehand.h"
#include "guards.h"

#include <sys/mman.h>

#define REGION	ROOM
#include "breaches.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

#define HUGE	(4 * MB)
#define DEPTH	16

static const uint8_t junk[1000] = { [0 ... 999] = 0xff };
static const uint8_t zeros[64];

/* The connection has ended with this code, and nothing was placed. */
static void ends_with(struct hand *h, unsigned int code)
{
	hand_terminated(h, code);
	hand_unhurt(h);
	hand_close(h);
}

/* The first frame was wrong: neither an answer was said nor a message received. */
static void ends_at_once(struct hand *h, unsigned int code)
{
	struct hps_bare_info info;
	char c;

	hand_terminated(h, code);
	info = bare_info(h->bare);
	CHECK_EQ(info.frames_sent, 1);
	CHECK_EQ(info.requests_served, 0);
	CHECK_EQ(info.octets_placed, 0);
	CHECK_EQ(recv(h->bare, &c, 1, MSG_TRUNC), 0);
	hand_unhurt(h);
	hand_close(h);
}

/* --- segments ---------------------------------------------------------------------- */

static void try_breaches(struct hand *h)
{
	unsigned int i;

	for (i = 0; i < COUNT(breaches); i++) {
		struct ddp_segment seg = breaches[i].seg;

		hand_begin(h);
		seg.last = true;
		if (seg.stag == TAG)
			seg.stag = h->stag;
		printf("# %s\n", breaches[i].what);
		peer_segment(&h->peer, &seg, junk);
		ends_at_once(h, breaches[i].error);
	}
}

TEST(breaches, V_BARE)
{
	hand_both_ways(try_breaches);
}

static void try_sequences(struct hand *h)
{
	const struct sequence *q;
	unsigned int i;

	for (q = sequences; q != sequences + COUNT(sequences); q++) {
		hand_begin(h);
		printf("# %s\n", q->what);
		for (i = 0; i < q->nr; i++)
			peer_segment(&h->peer, &q->seg[i], zeros);
		ends_with(h, q->error);
	}
}

TEST(sequences, V_BARE)
{
	hand_both_ways(try_sequences);
}

static void try_changes(struct hand *h)
{
	unsigned int i;

	for (i = 0; i < COUNT(changes); i++) {
		const struct ddp_segment seg = {
			.opcode = changes[i].opcode, .last = true, .len = 8,
			.msn = 1,
		};
		uint8_t frame[64];
		size_t len;

		hand_begin(h);
		len = frame_of(&h->peer, frame, &seg, junk);
		frame[changes[i].at] = changes[i].value;
		frame_seal(&h->peer, frame, len);
		printf("# %s\n", changes[i].what);
		peer_send(&h->peer, frame, len);
		ends_at_once(h, changes[i].error);
	}
}

TEST(changed_heads, V_BARE)
{
	hand_both_ways(try_changes);
}

/* A ULPDU too short for its head, down to none: tagged and untagged. */
static void short_frame(struct hand *h, int len, uint8_t ddp, uint8_t rdmap)
{
	uint8_t frame[64] = { 0, len, ddp, rdmap };
	size_t whole = mpa_frame_size(len);

	hand_begin(h);
	frame_seal(&h->peer, frame, whole);
	peer_send(&h->peer, frame, whole);
	ends_at_once(h, 0x0207);
}

static void try_short(struct hand *h)
{
	int len;

	for (len = 0; len < 18; len++)
		short_frame(h, len, 0x41, 0x43);
	for (len = 1; len < 14; len++)
		short_frame(h, len, 0xc1, 0x40);
}

TEST(short_frames, V_BARE)
{
	hand_both_ways(try_short);
}

/* Nothing is placed before the checksum was seen; without one it is not looked at. */
static void try_damage(struct hand *h)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .last = true, .len = 100,
	};
	uint8_t frame[200];
	size_t len, i;

	for (i = 2; i < 120; i += 13) {
		hand_begin(h);
		seg.stag = h->stag;
		len = frame_of(&h->peer, frame, &seg, junk);
		CHECK_EQ(len, 16 + 100 + 4);
		frame[h->peer.crc ? i : len - 1] ^= 0x10;
		peer_send(&h->peer, frame, len);
		if (h->peer.crc) {
			ends_at_once(h, TERM_CRC);
			continue;
		}
		hand_ends_well(h);
		CHECK(!memcmp(h->mem, junk, 100));
		memset(h->mem, 0, 100);
		hand_unhurt(h);
	}
}

TEST(wrong_checksum, V_BARE)
{
	hand_both_ways(try_damage);
}

/* A message of as many octets as SO_RCVBUF allows, then one that does not end there. */
static void try_endless(struct hand *h)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_SEND, .len = 1000, .msn = 1,
	};
	static char buf[100000];
	u32 room;

	hand_begin(h);
	set_int(h->bare, SOL_SOCKET, SO_RCVBUF, 20000);
	room = get_int(h->bare, SOL_SOCKET, SO_RCVBUF);
	CHECK_EQ(room, 40000);
	for (; seg.msn <= 2; seg.msn++)
		for (seg.mo = 0; seg.mo < room; seg.mo += seg.len) {
			seg.last = seg.msn == 1 && seg.mo + seg.len == room;
			peer_segment(&h->peer, &seg, junk);
		}
	CHECK_EQ(recv(h->bare, buf, sizeof(buf), 0), room);
	CHECK(!memcmp(buf, junk, sizeof(junk)));
	seg.msn = 2;
	seg.len = 1;
	peer_segment(&h->peer, &seg, junk);
	hand_terminated(h, TERM_TOO_LONG);
	CHECK_EQ(recv(h->bare, buf, sizeof(buf), MSG_TRUNC), 0);
	hand_unhurt(h);
	hand_close(h);
}

TEST(endless_message, V_BARE)
{
	hand_both_ways(try_endless);
}

/* --- requests ------------------------------------------------------------------------ */

static void try_asks(struct hand *h)
{
	unsigned int i;

	for (i = 0; i < COUNT(asks); i++) {
		struct rdmap_request r = {
			.len = asks[i].len, .offset = asks[i].offset,
			.atomic = asks[i].op != ASK_READ, .op = asks[i].op, .data = 1,
		};

		hand_begin(h);
		r.stag = enrol(h->bare, h->mem, 100, asks[i].rights);
		peer_request(&h->peer, &r, 1);
		ends_at_once(h, asks[i].error);
	}
}

TEST(requests_for_what_is_not_theirs, V_BARE)
{
	hand_both_ways(try_asks);
}

/* The Terminate says which request it is about, also when the address turns out to be
 * odd only as the operation is carried out: a region may begin anywhere.
 */
static void try_odd_address(struct hand *h)
{
	static uint8_t payload[66000];
	struct rdmap_terminate_info info;
	struct ddp_segment seg;
	uint8_t got[8];

	hand_begin(h);
	h->stag = enrol(h->bare, h->mem + 4, 100, ALL_RIGHTS);
	hand_ask(h, false, 1, 0, 8);
	hand_hear(h, got, 8);
	hand_ask(h, true, 2, 8, 8);
	peer_next(&h->peer, &seg, payload);
	CHECK_EQ(seg.opcode, RDMAP_OP_TERMINATE);
	CHECK(rdmap_terminate_parse(payload, seg.len, &info));
	CHECK_EQ(info.error & 0xffff, 0x0207);
	CHECK(info.untagged);
	CHECK_EQ(info.queue, DDP_QN_REQUEST);
	CHECK_EQ(info.msn, 2);
	CHECK(peer_at_end(&h->peer));
	bare_terminated(h->bare, HPS_BARE_TERMINATED_BY_US, 0x0207, EPROTO);
	hand_unhurt(h);
	hand_close(h);
}

TEST(atomic_at_an_odd_address, V_BARE)
{
	hand_both_ways(try_odd_address);
}

/* @nr requests for all of a large region, said at once, of which nobody takes the
 * answers.
 */
static uint8_t *flood(struct hand *h, int lst, int nr)
{
	struct rdmap_request r = { .sink_stag = HAND_SINK, .len = HUGE };
	uint8_t frames[2000], payload[64], *huge = memory(HUGE);
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_READ_REQUEST, .last = true,
	};
	size_t len = 0;

	hand_open_on(h, lst, h->peer.crc);
	h->stag = r.stag = enrol(h->bare, huge, HUGE, HPS_DIRECT_REMOTE_READ);
	seg.len = rdmap_request_build(payload, &r);
	for (seg.msn = 1; (int)seg.msn <= nr; seg.msn++)
		len += frame_of(&h->peer, frames + len, &seg, payload);
	CHECK(len < sizeof(frames));
	peer_send(&h->peer, frames, len);
	return huge;
}

/* Each of them answered, there is room for as many again, and not for one more. */
static void depth_of(struct hand *h, int depth)
{
	int lst = bare_listener(), i, k;
	uint8_t *huge, got[100];

	bare_setup(lst, HPS_BARE_NO_CRC, depth == DEPTH ? 0 : depth, 0);
	hand_open_on(h, lst, h->peer.crc);
	h->stag = enrol(h->bare, h->mem, ROOM, ALL_RIGHTS);
	for (i = 0; i < 3; i++) {
		for (k = 1; k <= depth; k++)
			hand_ask(h, false, i * depth + k, k, 100);
		for (k = 0; k < depth; k++)
			hand_hear(h, got, 100);
	}
	CHECK(is_all((char *)got, 100, 0));
	hand_ends_well(h);
	huge = flood(h, lst, depth + 1);
	hand_terminated(h, 0x1202);
	CHECK(bare_info(h->bare).requests_served < (unsigned int)depth);
	hand_close(h);
	munmap(huge, HUGE);
	close(lst);
}

static void try_floods(struct hand *h)
{
	depth_of(h, 1);
	depth_of(h, 3);
	depth_of(h, DEPTH);
}

TEST(flood_of_reads, V_BARE)
{
	hand_both_ways(try_floods);
}

/* The region goes while its octets are on their way: they stop. What the memory holds
 * afterwards is no peer's business.
 */
static void try_region_goes(struct hand *h)
{
	static uint8_t payload[66000];
	struct ddp_segment seg;
	int lst = bare_listener();
	uint8_t *huge;

	bare_setup(lst, HPS_BARE_NO_CRC, 0, 0);
	huge = flood(h, lst, DEPTH);
	CHECK_EQ(wait_for(h->peer.fd, POLLIN), POLLIN);
	deregister(h->bare, h->stag);
	memset(huge, GUARD_OCTET, HUGE);
	for (;;) {
		peer_next(&h->peer, &seg, payload);
		if (seg.opcode == RDMAP_OP_TERMINATE)
			break;
		CHECK_EQ(seg.opcode, RDMAP_OP_READ_RESPONSE);
		CHECK(!memchr(payload, GUARD_OCTET, seg.len));
	}
	CHECK(peer_at_end(&h->peer));
	bare_terminated(h->bare, HPS_BARE_TERMINATED_BY_US, TERM_REQUEST_STAG,
			EPROTO);
	hand_close(h);
	munmap(huge, HUGE);
	close(lst);
}

TEST(region_goes_during_a_read, V_BARE)
{
	hand_both_ways(try_region_goes);
}

/* --- tags -------------------------------------------------------------------------- */

/* A tag that is not for this connection any more, or never was. */
static void not_for_us(struct hand *h, uint32_t tag, bool writes,
		       unsigned int code)
{
	h->stag = tag;
	if (writes)
		hand_write(h, 0, "mine", 4);
	else
		hand_ask(h, false, 1, 0, 8);
	ends_with(h, code);
}

static uint32_t only(const struct hand *h, int fd, unsigned int rights)
{
	return enrol_with(fd, h->mem, ROOM, rights, HPS_DIRECT_ONLY);
}

/* Of another domain; of another connection with the same domain; one that is gone. */
static void foreign(struct hand *h, bool writes)
{
	int lst = bare_listener();
	struct hand other;
	uint32_t tag;

	bare_setup(lst, HPS_BARE_NO_CRC, 0, 0);
	enrol(lst, h->mem, ROOM, ALL_RIGHTS);
	hand_open_on(&other, lst, h->peer.crc);
	tag = enrol(other.bare, h->mem, ROOM, ALL_RIGHTS);
	hand_begin(h);
	not_for_us(h, tag, writes, writes ? 0x1102 : 0x0103);
	hand_open_on(h, lst, h->peer.crc);
	tag = only(h, other.bare, ALL_RIGHTS);
	not_for_us(h, tag, writes, writes ? 0x1102 : 0x0103);
	hand_begin(h);
	deregister(h->bare, h->stag);
	not_for_us(h, h->stag, writes, writes ? TERM_STAG : TERM_REQUEST_STAG);
	hand_close(&other);
	close(lst);
}

static void invalidate(struct hand *h, uint32_t msn, uint32_t tag)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_SEND_INVAL, .last = true, .msn = msn,
		.stag = tag,
	};

	peer_segment(&h->peer, &seg, "");
}

/* A region that this connection has just invalidated. */
static uint32_t invalidated(struct hand *h)
{
	struct hps_bare_received note;
	uint32_t tag;
	char c;

	hand_begin(h);
	tag = only(h, h->bare, HPS_DIRECT_REMOTE_INVALIDATE | ALL_RIGHTS);
	invalidate(h, 1, tag);
	CHECK_EQ(bare_recv(h->bare, &c, 1, &note), 0);
	CHECK_EQ(note.stag, tag);
	return tag;
}

static void try_tags(struct hand *h)
{
	foreign(h, true);
	foreign(h, false);
	not_for_us(h, invalidated(h), true, TERM_STAG);
	not_for_us(h, invalidated(h), false, TERM_REQUEST_STAG);
	invalidate(h, 2, invalidated(h));
	ends_with(h, TERM_INVALIDATE);
	/* without the right to do so */
	hand_begin(h);
	invalidate(h, 1, h->stag);
	ends_with(h, TERM_INVALIDATE);
}

TEST(tags, V_BARE)
{
	hand_both_ways(try_tags);
}

/* --- after the program has ended ------------------------------------------------------ */

/* So many octets may TCP have of ours, in sockets that are made from now on. */
static void tcp_may_have(int octets)
{
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_wmem", "w");

	CHECK(f);
	CHECK(fprintf(f, "4096 %d %d", octets, octets) > 0);
	CHECK(fclose(f) == 0);
}

/* The socket has heard us, and has sent what it could of @nr messages; we do not read. */
static void hear_first(struct hand *h, int nr)
{
	static const char buf[60000];

	hand_begin(h);
	while (nr--)
		CHECK_EQ(send(h->bare, buf, sizeof(buf), 0), sizeof(buf));
	CHECK_EQ(wait_for(h->peer.fd, POLLIN), POLLIN);
}

/* The program has closed its socket, and there is more than TCP can take: who breaks
 * the rules now is told so as well, and finds neither memory nor a reader.
 */
static void end_orphan(struct hand *h, unsigned int code)
{
	CHECK_EQ(peer_terminated(&h->peer), code);
	close(h->peer.fd);
	hand_unhurt(h);
}

static void try_orphans(struct hand *h)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 1,
	};

	tcp_may_have(20000);
	hear_first(h, 15);
	close(h->bare);
	hand_write(h, 0, junk, 8);
	end_orphan(h, TERM_STAG);
	hear_first(h, 15);
	close(h->bare);
	hand_ask(h, false, 1, 0, 8);
	end_orphan(h, TERM_REQUEST_STAG);
	hear_first(h, 15);
	close(h->bare);
	peer_segment(&h->peer, &seg, junk);
	end_orphan(h, 0x1202);
}

TEST(orphans, V_BARE)
{
	own_namespace();
	hand_both_ways(try_orphans);
}

/* TCP has all, and its end: nothing can be said to who breaks the rules, and what was
 * sent before comes all the same.
 */
static void try_close(struct hand *h)
{
	static uint8_t payload[66000];
	struct ddp_segment seg;
	int i;

	tcp_may_have(2000000);
	hear_first(h, 5);
	close(h->bare);
	hand_write(h, 0, junk, 8);
	for (i = 0; i < 5; i += seg.last)
		peer_next(&h->peer, &seg, payload);
	CHECK(peer_at_end(&h->peer));
	close(h->peer.fd);
	hand_unhurt(h);
}

TEST(messages_before_close, V_BARE)
{
	own_namespace();
	hand_both_ways(try_close);
}

/* The program has only said that it sends no more: it is told of the breach, and not
 * of a Terminate.
 */
static void try_shutdown(struct hand *h)
{
	struct hps_bare_info info;

	hand_begin(h);
	CHECK(shutdown(h->bare, SHUT_WR) == 0);
	CHECK(peer_at_end(&h->peer));
	hand_write(h, ROOM, junk, 1);
	wait_for(h->bare, POLLHUP);
	info = bare_info(h->bare);
	CHECK_EQ(info.error, EPROTO);
	CHECK_EQ(info.terminated, 0);
	CHECK_EQ(so_error(h->bare), EPROTO);
	hand_unhurt(h);
	hand_close(h);
}

TEST(breach_after_shutdown, V_BARE)
{
	hand_both_ways(try_shutdown);
}
