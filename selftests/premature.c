// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 240
 *
 * A peer whose packets overtake one another: behind a hole in TCP's stream lie frames
 * that are wrong. As long as the hole is there nothing of them is placed, though a
 * right one behind them is; when it is filled they are found out.
 *
 * The packets are made by hand, beside the TCP socket whose stream they belong to. So
 * nothing fills the hole but the test, and no octet need be the same twice.
 */
#include <arpa/inet.h>

#include "victim.h"

/* Payload of each frame; it needs padding. */
#define LEN		701
#define PLACE_HEAD	(sizeof(struct hps_frame) + sizeof(struct hps_place))

/* What TCP sends of the first frame; the hole is the rest of it. */
#define SENT		(PLACE_HEAD + 99)

/* Each slot of the region is for the frame with that number; 0 came before. */
enum { CUT = 1, WRONG, RIGHT, FRAMES };

/**
 * struct flow - frames of ours that do not come in order
 * @w:		whom we send them to
 * @raw:	raw socket, between the same addresses
 * @head:	of our packets
 * @sum:	what addresses and protocol add to their checksums
 * @seq:	sequence number of the first octet
 * @octets:	the frames
 * @at:		where each of them begins; the last one ends where the next would
 * @nr:		number of the next one
 * @more:	another region, like that of the victim
 * @more_stag:	its tag
 * @early:	HpsEarlyOctets before
 * @skipped:	HpsEarlySkipped
 * @held:	HpsEarlyHeld
 * @failed:	HpsEarlyWalkFailed
 */
struct flow {
	struct victim	w;
	int		raw;
	struct tcphdr	head;
	u32		sum;
	u32		seq;
	u8		octets[4096];
	size_t		at[FRAMES + 1];
	int		nr;
	u8		*more;
	u32		more_stag;
	long long	early;
	long long	skipped;
	long long	held;
	long long	failed;
};

/* --- packets ------------------------------------------------------------------- */

/* What the octets add to a checksum of TCP. */
static u32 sum_of(const void *p, size_t len)
{
	const u8 *b = p;
	u32 sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? b[i] : b[i] << 8;
	return sum;
}

/* Clears the port, and returns the sum of the address. */
static u32 only_address(union address *addr)
{
	if (addr->sa.sa_family == AF_INET) {
		addr->in.sin_port = 0;
		return sum_of(&addr->in.sin_addr, sizeof(addr->in.sin_addr));
	}
	addr->in6.sin6_port = 0;
	return sum_of(&addr->in6.sin6_addr, sizeof(addr->in6.sin6_addr));
}

/* In repair TCP tells its numbers, and takes octets to send for sent. */
static void repair(struct flow *f, int queue)
{
	int fd = f->w.r.fd;

	set_int(fd, IPPROTO_TCP, TCP_REPAIR, 1);
	set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue);
}

static void repaired(struct flow *f)
{
	/* without a probe of the window */
	set_int(f->w.r.fd, IPPROTO_TCP, TCP_REPAIR, -1);
}

/* From here on packets can be made for the stream of @f->w.r, which begins with those
 * SENT octets that TCP has sent last.
 */
static void open_raw(struct flow *f)
{
	int tcp = f->w.r.fd;
	union address us, them;
	socklen_t len = sizeof(us);

	CHECK(getsockname(tcp, &us.sa, &len) == 0);
	len = sizeof(them);
	CHECK(getpeername(tcp, &them.sa, &len) == 0);
	f->head = (struct tcphdr) {
		.source = us.in.sin_port, .dest = them.in.sin_port,
		.doff = sizeof(f->head) / 4, .ack = 1, .psh = 1,
		.window = 0xffff,
	};
	f->sum = only_address(&us) + only_address(&them) + IPPROTO_TCP;
	f->raw = socket(us.sa.sa_family, SOCK_RAW, IPPROTO_TCP);
	CHECK(f->raw >= 0);
	CHECK(bind(f->raw, &us.sa, len) == 0);
	CHECK(connect(f->raw, &them.sa, len) == 0);

	repair(f, TCP_RECV_QUEUE);
	f->head.ack_seq = htonl(get_int(tcp, IPPROTO_TCP, TCP_QUEUE_SEQ));
	repair(f, TCP_SEND_QUEUE);
	f->seq = get_int(tcp, IPPROTO_TCP, TCP_QUEUE_SEQ) - SENT;
	repaired(f);
}

/* Sends octets from @from to @to as one packet. */
static void packet(struct flow *f, size_t from, size_t to)
{
	struct {
		struct tcphdr	head;
		u8		octets[sizeof(f->octets)];
	} p = { .head = f->head };
	size_t len = sizeof(p.head) + to - from;
	u32 sum;

	CHECK(from < to && to <= f->at[f->nr]);
	p.head.seq = htonl(f->seq + from);
	memcpy(p.octets, f->octets + from, to - from);
	sum = f->sum + len + sum_of(&p, len);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	p.head.check = htons(~sum);
	CHECK_EQ(send(f->raw, &p, len, 0), (ssize_t)len);
}

static void overtake(struct flow *f, int frame)
{
	packet(f, f->at[frame], f->at[frame + 1]);
}

/* A packet with the hole, and with all behind it as far as @to. */
static void close_hole_with(struct flow *f, size_t to)
{
	/* Else our TCP would take their acknowledgement for a mistake. */
	repair(f, TCP_SEND_QUEUE);
	raw_send(&f->w.r, f->octets + SENT, f->at[f->nr] - SENT);
	repaired(f);
	packet(f, SENT, to);
}

static void close_hole(struct flow *f)
{
	close_hole_with(f, f->at[WRONG]);
}

/* --- frames -------------------------------------------------------------------- */

/* The next frame: LEN octets that are its number. */
static void lay(struct flow *f, u8 flags, u64 off, u32 tag, u64 place)
{
	u8 msg[sizeof(struct hps_place) + LEN];
	size_t at = f->at[f->nr];

	CHECK(f->nr < FRAMES);
	hps_place_build((void *)msg, flags | HPS_DATA_ACK, off, f->w.got,
			f->w.window, tag, place);
	memset(msg + sizeof(struct hps_place), f->nr, LEN);
	f->at[++f->nr] = at + raw_frame(&f->w.r, f->octets + at, msg,
					sizeof(msg));
}

static void lay_right(struct flow *f)
{
	lay(f, 0, f->nr * LEN, f->w.stag, f->nr * LEN);
}

/* A connection on which something was placed. */
static void flow_connect(struct flow *f)
{
	struct victim *w = &f->w;

	memset(f, 0, sizeof(*f));
	victim_open(w, HPS_DIRECT_REMOTE_WRITE);
	f->more = guarded();
	say_fill(w, 0, w->stag, 0, 0xff, LEN);
	hear_ack(w, LEN);
}

/* The begin of a frame. The module must have that: else it misses the next head. */
static void flow_cut(struct flow *f)
{
	struct victim *w = &f->w;

	f->nr = CUT;
	lay_right(f);
	raw_send(&w->r, f->octets, SENT);
	wait_out_queue_empty(w->r.fd);
	open_raw(f);
	f->early = counter("HpsEarlyOctets");
	f->skipped = counter("HpsEarlySkipped");
	f->held = counter("HpsEarlyHeld");
	f->failed = counter("HpsEarlyWalkFailed");
}

static void flow_open(struct flow *f)
{
	flow_connect(f);
	flow_cut(f);
}

/* With CRCs. */
static void flow_open_checked(struct flow *f)
{
	own_namespace();
	sysctl_set("crc", 1);
	flow_open(f);
	CHECK(f->w.r.flags & MPA_FLAG_CRC);
}

static void flow_close(struct flow *f)
{
	close(f->raw);
	guards_ok(f->more);
	victim_close(&f->w);
	still_works();
}

/* --- what becomes of them ------------------------------------------------------ */

static void wait_early(const struct flow *f, int frames)
{
	counter_becomes("HpsEarlyOctets", f->early + frames * LEN, 8000);
}

static bool slot_is(const struct flow *f, int slot, u8 octet)
{
	return is_all((char *)f->w.mem + slot * LEN, LEN, octet);
}

/* Of all that is behind the hole only the right frame was ever placed. */
static void only_right_is_there(const struct flow *f)
{
	CHECK_EQ(counter("HpsEarlyOctets"), f->early + LEN);
	CHECK(slot_is(f, 0, 0xff));
	CHECK(slot_is(f, WRONG, 0));
	CHECK(slot_is(f, RIGHT, RIGHT));
	CHECK(is_all((char *)f->w.mem + FRAMES * LEN, ROOM - FRAMES * LEN, 0));
	CHECK(is_all((char *)f->w.sink, ROOM, 0));
	CHECK(is_all((char *)f->more, ROOM, 0));
	guards_ok(f->w.mem);
	guards_ok(f->w.sink);
	guards_ok(f->more);
}

/* The wrong frame and a right one overtake. When that is in place the other one was
 * looked at, for it comes first in the stream.
 */
static void wrong_is_not_early(struct flow *f)
{
	overtake(f, WRONG);
	overtake(f, RIGHT);
	wait_early(f, 1);
	only_right_is_there(f);
}

/* The channel ends, and no other one is left. */
static void flow_ends(struct flow *f, const char *name, long long before)
{
	char c;

	wait_counter(name, before);
	CHECK_ERR(recv(f->w.fd, &c, 1, 0), ECONNRESET);
	CHECK_EQ(reason_of(f->w.fd), HPS_REASON_NONE);
	CHECK(raw_is_dead(&f->w.r));
}

static void flow_lives(struct flow *f)
{
	f->w.at = f->nr * LEN;
	hear_ack(&f->w, f->w.at);
	victim_lives(&f->w);
}

/* --- right ones ---------------------------------------------------------------- */

/* Two of them, in place while the hole is open. */
static void two_early(struct flow *f)
{
	lay_right(f);
	lay_right(f);
	overtake(f, WRONG);
	overtake(f, RIGHT);
	wait_early(f, 2);
	CHECK(slot_is(f, WRONG, WRONG));
}

/* They are not copied again. */
static void right_ones(struct flow *f)
{
	two_early(f);
	CHECK(slot_is(f, RIGHT, RIGHT));
	CHECK(!slot_is(f, CUT, CUT));
	/* another copy would show */
	memset(f->w.mem + WRONG * LEN, 0xee, LEN);
	close_hole(f);
	flow_lives(f);
	CHECK(slot_is(f, CUT, CUT));
	CHECK(slot_is(f, WRONG, 0xee));
	CHECK_EQ(counter("HpsEarlySkipped"), f->skipped + 2 * LEN);
	counter_becomes("HpsEarlyHeld",
			f->held + f->at[FRAMES] - f->at[WRONG], 8000);
	CHECK_EQ(counter("HpsEarlyOctets"), f->early + 2 * LEN);
	flow_close(f);
}

TEST(right_frames, V_DIRECT)
{
	struct flow f;

	flow_open(&f);
	right_ones(&f);
}

TEST(right_frames_with_crc, V_DIRECT)
{
	struct flow f;

	flow_open_checked(&f);
	right_ones(&f);
}

/* Behind a head that is in the hole nothing is known, until it comes. */
TEST(head_in_the_hole, V_DIRECT)
{
	struct flow f;

	flow_open(&f);
	lay_right(&f);
	lay_right(&f);
	overtake(&f, RIGHT);
	wait_counter("HpsEarlyWalkFailed", f.failed);
	CHECK_EQ(counter("HpsEarlyOctets"), f.early);
	CHECK(slot_is(&f, RIGHT, 0));
	overtake(&f, WRONG);
	wait_early(&f, 2);
	CHECK(slot_is(&f, WRONG, WRONG));
	CHECK(slot_is(&f, RIGHT, RIGHT));
	close_hole(&f);
	flow_lives(&f);
	flow_close(&f);
}

/* --- places -------------------------------------------------------------------- */

static void misplace(u32 tag_of(struct flow *f), u64 place)
{
	struct flow f;

	flow_open(&f);
	lay(&f, 0, WRONG * LEN, tag_of(&f), place);
	lay_right(&f);
	wrong_is_not_early(&f);
	close_hole(&f);
	victim_refuses(&f.w, HPS_REASON_ACCESS);
	only_right_is_there(&f);
	CHECK(slot_is(&f, CUT, CUT));
	CHECK_EQ(counter("HpsEarlySkipped"), f.skipped);
	flow_close(&f);
}

static u32 right_tag(struct flow *f)
{
	return f->w.stag;
}

static u32 bit_wrong(struct flow *f)
{
	return f->w.stag ^ 1 << 31;
}

static u32 tag_of_sink(struct flow *f)
{
	return f->w.sink_stag;
}

static u32 to_be_read(struct flow *f)
{
	return enrol(f->w.fd, f->more, ROOM,
		     HPS_DIRECT_REMOTE_READ | HPS_DIRECT_REMOTE_ATOMIC);
}

static u32 that_went(struct flow *f)
{
	u32 tag = enrol(f->w.fd, f->more, ROOM, ALL_RIGHTS);

	deregister(f->w.fd, tag);
	return tag;
}

TEST(wrong_tags, V_DIRECT)
{
	misplace(bit_wrong, WRONG * LEN);
	misplace(tag_of_sink, WRONG * LEN);
	misplace(that_went, WRONG * LEN);
}

TEST(not_to_be_written, V_DIRECT)
{
	misplace(to_be_read, WRONG * LEN);
}

TEST(outside_the_region, V_DIRECT)
{
	misplace(right_tag, ROOM - LEN + 1);
	misplace(right_tag, ROOM);
	misplace(right_tag, ~0ULL);
	misplace(right_tag, -(LEN - 1));
}

/* The last octets of the region are inside. */
TEST(end_of_the_region, V_DIRECT)
{
	struct flow f;

	flow_open(&f);
	lay(&f, 0, WRONG * LEN, f.w.stag, ROOM - LEN);
	lay_right(&f);
	overtake(&f, WRONG);
	overtake(&f, RIGHT);
	wait_early(&f, 2);
	CHECK(is_all((char *)f.w.mem + ROOM - LEN, LEN, WRONG));
	close_hole(&f);
	flow_lives(&f);
	flow_close(&f);
}

/* It begins in front of the region, and of it the octets come that would be inside. */
TEST(rest_wraps, V_DIRECT)
{
	struct flow f;

	flow_open(&f);
	lay(&f, 0, WRONG * LEN, f.w.stag, -10);
	lay_right(&f);
	packet(&f, f.at[WRONG], f.at[WRONG] + PLACE_HEAD);
	packet(&f, f.at[WRONG] + PLACE_HEAD + 20, f.at[RIGHT]);
	overtake(&f, RIGHT);
	wait_early(&f, 1);
	only_right_is_there(&f);
	packet(&f, f.at[WRONG] + PLACE_HEAD, f.at[WRONG] + PLACE_HEAD + 20);
	close_hole(&f);
	victim_refuses(&f.w, HPS_REASON_ACCESS);
	only_right_is_there(&f);
	flow_close(&f);
}

/* Permitted when it came, but not any more at its turn. */
TEST(region_that_goes, V_DIRECT)
{
	struct flow f;

	flow_open(&f);
	f.more_stag = enrol(f.w.fd, f.more, ROOM, ALL_RIGHTS);
	lay(&f, 0, WRONG * LEN, f.more_stag, 8);
	lay_right(&f);
	overtake(&f, WRONG);
	overtake(&f, RIGHT);
	wait_early(&f, 2);
	CHECK(is_all((char *)f.more + 8, LEN, WRONG));
	deregister(f.w.fd, f.more_stag);
	memset(f.more, 0, ROOM);
	close_hole(&f);
	victim_refuses(&f.w, HPS_REASON_ACCESS);
	CHECK(is_all((char *)f.more, ROOM, 0));
	CHECK(slot_is(&f, CUT, CUT));
	flow_close(&f);
}

/* --- the stream ---------------------------------------------------------------- */

TEST(not_asked_for, V_DIRECT)
{
	struct flow f;

	flow_open(&f);
	lay(&f, HPS_PLACE_ANSWER, WRONG * LEN, 77, 0);
	lay_right(&f);
	wrong_is_not_early(&f);
	close_hole(&f);
	victim_fails(&f.w);
	only_right_is_there(&f);
	flow_close(&f);
}

TEST(beyond_the_credit, V_DIRECT)
{
	long long before = counter("HpsCreditExceeded");
	struct flow f;

	flow_open(&f);
	lay(&f, 0, be32_to_cpu(f.w.r.theirs.credit) + LEN, f.w.stag,
	    WRONG * LEN);
	lay_right(&f);
	wrong_is_not_early(&f);
	close_hole(&f);
	CHECK(raw_is_dead(&f.w.r));
	wait_counter("HpsCreditExceeded", before);
	CHECK_EQ(reason_of(f.w.fd), HPS_REASON_CREDIT);
	only_right_is_there(&f);
	flow_close(&f);
}

/* Behind the end of its stream. */
TEST(behind_the_fin, V_DIRECT)
{
	struct flow f;

	flow_connect(&f);
	raw_fin(&f.w.r, FRAMES * LEN);
	flow_cut(&f);
	lay(&f, 0, FRAMES * LEN - 1, f.w.stag, WRONG * LEN);
	lay_right(&f);
	wrong_is_not_early(&f);
	close_hole(&f);
	CHECK(raw_is_dead(&f.w.r));
	wait_counter("HpsBadMessage", f.w.bad);
	only_right_is_there(&f);
	flow_close(&f);
}

/* Of what has arrived the program may have been told: its memory is its own. */
TEST(late_copies, V_DIRECT)
{
	struct flow f;

	flow_open(&f);
	lay(&f, HPS_DATA_DUPLICATE, 0, f.w.stag, WRONG * LEN);
	lay(&f, 0, WRONG * LEN, f.w.stag, RIGHT * LEN);
	wrong_is_not_early(&f);
	close_hole(&f);
	f.w.at = RIGHT * LEN;
	hear_ack(&f.w, f.w.at);
	victim_lives(&f.w);
	only_right_is_there(&f);
	CHECK_EQ(counter("HpsEarlySkipped"), f.skipped + LEN);
	flow_close(&f);
}

/* What comes with the same sequence numbers at last is another frame. */
static void say_otherwise(struct flow *f, u32 tag_of(struct flow *f), u64 place)
{
	flow_open(f);
	two_early(f);
	f->nr = WRONG;
	f->w.r.tx_msn -= 2;
	lay(f, 0, WRONG * LEN, tag_of(f), place);
	lay_right(f);
	close_hole_with(f, f->at[FRAMES]);
}

TEST(turns_out_otherwise, V_DIRECT)
{
	struct flow f;

	/* it goes there as well */
	say_otherwise(&f, right_tag, FRAMES * LEN);
	flow_lives(&f);
	CHECK(slot_is(&f, FRAMES, WRONG));
	CHECK(slot_is(&f, RIGHT, RIGHT));
	CHECK_EQ(counter("HpsEarlySkipped"), f.skipped);
	flow_close(&f);

	say_otherwise(&f, bit_wrong, WRONG * LEN);
	victim_refuses(&f.w, HPS_REASON_ACCESS);
	CHECK(slot_is(&f, FRAMES, 0));
	flow_close(&f);

	say_otherwise(&f, right_tag, ROOM);
	victim_refuses(&f.w, HPS_REASON_ACCESS);
	CHECK(slot_is(&f, FRAMES, 0));
	flow_close(&f);
}

/* --- CRCs ---------------------------------------------------------------------- */

static void spoil(size_t at)
{
	long long before;
	struct flow f;

	flow_open_checked(&f);
	before = counter("HpsBadCrc");
	lay_right(&f);
	lay_right(&f);
	f.octets[f.at[WRONG] + at] ^= 0x40;
	wrong_is_not_early(&f);
	CHECK_EQ(counter("HpsBadCrc"), before);
	close_hole(&f);
	flow_ends(&f, "HpsBadCrc", before);
	only_right_is_there(&f);
	flow_close(&f);
}

/* In its place, the first and the last octet of its payload, its padding, its CRC. */
TEST(bad_crc, V_DIRECT)
{
	const size_t end = mpa_frame_size(PLACE_HEAD - MPA_LEN_SIZE + LEN);

	spoil(PLACE_HEAD - 1);
	spoil(PLACE_HEAD);
	spoil(PLACE_HEAD + LEN - 1);
	spoil(PLACE_HEAD + LEN);
	spoil(end - 1);
}

/* With CRCs a frame is not placed before its last octet is there, and then at once. */
static void lack(size_t at)
{
	size_t missing;
	struct flow f;

	flow_open_checked(&f);
	lay_right(&f);
	lay_right(&f);
	missing = f.at[WRONG] + at;
	packet(&f, f.at[WRONG], missing);
	if (missing + 1 < f.at[RIGHT])
		packet(&f, missing + 1, f.at[RIGHT]);
	overtake(&f, RIGHT);
	wait_early(&f, 1);
	only_right_is_there(&f);
	packet(&f, missing, missing + 1);
	wait_early(&f, 2);
	CHECK(slot_is(&f, WRONG, WRONG));
	CHECK(!slot_is(&f, CUT, CUT));
	close_hole(&f);
	flow_lives(&f);
	CHECK_EQ(counter("HpsEarlySkipped"), f.skipped + 2 * LEN);
	flow_close(&f);
}

TEST(incomplete, V_DIRECT)
{
	const size_t end = mpa_frame_size(PLACE_HEAD - MPA_LEN_SIZE + LEN);

	lack(PLACE_HEAD);
	lack(PLACE_HEAD + LEN / 2);
	lack(PLACE_HEAD + LEN);
	lack(end - 1);
}
