// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 300
 *
 * Right sessions of bare connections with octets changed, frames left out, said twice
 * and in another order: thousands of them, most without checksums, against a region and
 * a sink. What the peer may write may hold anything then, what lies around it neither
 * changes nor is read.
 */
#include "barehand.h"
#include "garbler.h"
#include "guards.h"

#define SEED		0x6a7b1e
#define SESSIONS	(on_debug_kernel() ? 100 : 2000)

/* Of each frame, those of its length and its head, and what a request says. */
#define LENGTH		MPA_LEN_SIZE
#define HEADS		72

/* What the sink is asked for; its other octets stay zeros. */
#define ASKED		1000

/* What of the session's requests is answered: READs and atomic operations. */
#define READS		3
#define ATOMICS		2

/**
 * struct target - what we attack
 * @h:		the connection
 * @lst:	its listener, whose domain all of them have
 * @q:		their queue
 * @sink:	what it reads, between guards
 * @sink_stag:	its tag
 */
struct target {
	struct hand	h;
	int		lst;
	struct queue	q;
	uint8_t		*sink;
	uint32_t	sink_stag;
};

/* --- a session --------------------------------------------------------------------- */

static void add(struct session *s, const struct hand *h,
		const struct ddp_segment *seg, const void *payload)
{
	CHECK(s->nr < FRAMES && seg->len + 60 < LONGEST);
	s->len[s->nr] = frame_of(&h->peer, s->frame[s->nr], seg, payload);
	s->nr++;
}

static void add_octets(struct session *s, const struct hand *h,
		       struct ddp_segment seg)
{
	static const uint8_t octets[1000] = { [0 ... 999] = 0x11 };

	add(s, h, &seg, octets);
}

static void add_request(struct session *s, const struct hand *h, uint32_t msn,
			int op, uint64_t offset, uint32_t len)
{
	const struct rdmap_request r = {
		.atomic = op >= 0, .op = op, .sink_stag = HAND_SINK, .id = msn,
		.len = len, .stag = h->stag, .offset = offset, .data = 1,
		.mask = op == RDMAP_ATOMIC_CMP_SWAP ? UINT64_MAX : 0,
		.compare_mask = UINT64_MAX,
	};
	struct ddp_segment seg = {
		.opcode = op >= 0 ? RDMAP_OP_ATOMIC_REQUEST :
				    RDMAP_OP_READ_REQUEST,
		.last = true, .msn = msn,
	};
	uint8_t payload[64];

	seg.len = rdmap_request_build(payload, &r);
	add(s, h, &seg, payload);
}

static void add_result(struct session *s, const struct hand *h, uint32_t id)
{
	const struct rdmap_atomic_response r = { .id = cpu_to_be32(id) };
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_ATOMIC_RESPONSE, .len = sizeof(r),
		.last = true, .msn = 1,
	};

	add(s, h, &seg, &r);
}

#define ADD(s, h, ...)							\
	add_octets(s, h, (struct ddp_segment) { __VA_ARGS__ })

/* All that is there, each to what it is right for. The socket has asked for @read and
 * for @atomic.
 */
static void compose(struct session *s, const struct hand *h, uint32_t read,
		    uint32_t atomic)
{
	s->nr = 0;
	ADD(s, h, .opcode = RDMAP_OP_WRITE, .stag = h->stag, .len = 500);
	add_request(s, h, 1, -1, 100, 600);
	ADD(s, h, .opcode = RDMAP_OP_READ_RESPONSE, .stag = read, .len = 500);
	add_request(s, h, 2, RDMAP_ATOMIC_FETCH_ADD, 8, 8);
	ADD(s, h, .opcode = RDMAP_OP_WRITE, .stag = h->stag, .last = true,
	    .offset = ROOM - 1000, .len = 1000);
	ADD(s, h, .opcode = RDMAP_OP_SEND, .msn = 1, .len = 300);
	ADD(s, h, .opcode = RDMAP_OP_READ_RESPONSE, .stag = read, .last = true,
	    .offset = 500, .len = ASKED - 500);
	add_result(s, h, atomic);
	ADD(s, h, .opcode = RDMAP_OP_SEND, .msn = 1, .last = true, .mo = 300,
	    .len = 101);
	add_request(s, h, 3, RDMAP_ATOMIC_CMP_SWAP, ROOM - 8, 8);
	add_request(s, h, 4, -1, 0, ROOM);
	ADD(s, h, .opcode = RDMAP_OP_SEND_SE, .msn = 2, .last = true);
	add_request(s, h, 5, -1, ROOM, 0);
}

/* And what would end it. */
static void add_end(struct session *s, const struct hand *h)
{
	ADD(s, h, .opcode = RDMAP_OP_SEND_INVAL, .msn = 3, .last = true,
	    .stag = h->stag, .len = 7);
	ADD(s, h, .opcode = RDMAP_OP_TERMINATE, .msn = 1, .last = true,
	    .len = 48);
}

/* The requests' numbers are right if that is not what is tried, and the checksums. */
static void mend(struct session *s, const struct hand *h)
{
	uint32_t msn = 0;
	int i;

	for (i = 0; i < s->nr; i++) {
		struct hps_frame *f = (void *)s->frame[i];

		if (!(f->ddp_ctrl & DDP_FLAG_TAGGED) &&
		    f->queue == cpu_to_be32(DDP_QN_REQUEST))
			f->msn = cpu_to_be32(++msn);
		frame_seal(&h->peer, s->frame[i], s->len[i]);
	}
}

/* --- the connection ---------------------------------------------------------------- */

/* All of it, or until it breaks off; the other end may have gone already. */
static void say(const struct session *s, int fd, bool whole, uint64_t *seed)
{
	static uint8_t all[SESSION_MAX];
	size_t len = session_octets(s, all, whole, seed);
	size_t cut = seeded(seed) % (len + 1);

	send(fd, all, cut, MSG_NOSIGNAL);
	send(fd, all + cut, len - cut, MSG_NOSIGNAL);
}

/* What it asks us for; returns what the answer names. */
static uint32_t hear_request(struct hand *h, int opcode)
{
	static uint8_t payload[66000];
	struct rdmap_request r;
	struct ddp_segment seg;

	peer_next(&h->peer, &seg, payload);
	CHECK_EQ(seg.opcode, opcode);
	rdmap_request_parse(payload, opcode, &r);
	return r.atomic ? r.id : r.sink_stag;
}

static void start(struct target *t, bool crc)
{
	struct hand *h = &t->h;

	hand_open_on(h, t->lst, crc);
	CHECK(queue_set(h->bare, t->q.fd) == 0);
	post_ok(h->bare, post_read(1, 5, 0, t->sink_stag, ROOM - ASKED, ASKED),
		NULL, 0);
	post_ok(h->bare, post_add(2, 5, 0, 1), NULL, 0);
	peer_greet(&h->peer);
}

/* What was between guards shall be between guards. Neither what we say nor what becomes
 * of it has this octet four times in a row.
 */
static void no_guards(const uint8_t *buf, size_t len)
{
	static const uint8_t four[] = { GUARD_OCTET, GUARD_OCTET, GUARD_OCTET,
					GUARD_OCTET };

	CHECK(!memmem(buf, len, four, sizeof(four)));
}

/* What it says, up to its end: it ends since we do. */
static void hear_all(const struct hand *h)
{
	static uint8_t buf[70000];
	ssize_t n;

	shutdown(h->peer.fd, SHUT_WR);
	while ((n = recv(h->peer.fd, buf, sizeof(buf), 0)) > 0)
		no_guards(buf, n);
}

/* Both operations end, one way or the other, once. Returns whether both went well. */
static bool both_end(struct target *t)
{
	struct hps_direct_completion c;
	bool good = true;
	int i;

	for (i = 1; i <= 2; i++) {
		c = queue_take(&t->q);
		CHECK_EQ(c.data, i);
		good &= !c.status;
	}
	CHECK(!queue_try(&t->q, &c));
	return good;
}

static void unhurt(const struct target *t)
{
	guards_ok(t->h.mem);
	guards_ok(t->sink);
	CHECK(is_all((char *)t->sink, ROOM - ASKED, 0));
}

/* One connection. Half of what it says is not even read. */
static bool attack(struct target *t, uint64_t *seed)
{
	static struct session s;
	struct hand *h = &t->h;
	uint32_t read, atomic;
	bool good;
	int n;

	start(t, seeded(seed) % 4 == 0);
	read = hear_request(h, RDMAP_OP_READ_REQUEST);
	atomic = hear_request(h, RDMAP_OP_ATOMIC_REQUEST);
	compose(&s, h, read, atomic);
	add_end(&s, h);
	for (n = 1 + seeded(seed) % 3; n; n--)
		session_garble(&s, LENGTH, HEADS, seed);
	/* else most ended with the first wrong number */
	if (seeded(seed) % 16)
		mend(&s, h);
	say(&s, h->peer.fd, false, seed);
	if (seeded(seed) & 1)
		hear_all(h);
	hand_close(h);
	good = both_end(t);
	unhurt(t);
	return good;
}

/* --- what is right ----------------------------------------------------------------- */

static void hear_answers(struct hand *h)
{
	static uint8_t payload[66000];
	int reads = 0, atomics = 0;
	struct ddp_segment seg;

	while (reads < READS || atomics < ATOMICS) {
		peer_next(&h->peer, &seg, payload);
		no_guards(payload, seg.len);
		if (seg.opcode == RDMAP_OP_READ_RESPONSE) {
			reads += seg.last;
			continue;
		}
		CHECK_EQ(seg.opcode, RDMAP_OP_ATOMIC_RESPONSE);
		atomics++;
	}
}

/* Nothing is changed: it is as good as we believe, and all of it is carried out. */
static void control(struct target *t, bool crc)
{
	struct hand *h = &t->h;
	struct session s;
	uint32_t read, atomic;
	uint64_t seed = 0;
	char buf[1000];

	start(t, crc);
	read = hear_request(h, RDMAP_OP_READ_REQUEST);
	atomic = hear_request(h, RDMAP_OP_ATOMIC_REQUEST);
	compose(&s, h, read, atomic);
	say(&s, h->peer.fd, true, &seed);
	hear_answers(h);
	CHECK(both_end(t));
	CHECK_EQ(recv(h->bare, buf, sizeof(buf), 0), 401);
	CHECK(is_all(buf, 401, 0x11));
	/* the message without octets */
	CHECK_EQ(recv(h->bare, buf, sizeof(buf), 0), 0);
	CHECK(is_all((char *)t->sink + ROOM - ASKED, ASKED, 0x11));
	CHECK_EQ(bare_info(h->bare).requests_served, READS + ATOMICS);
	hand_ends_well(h);
	unhurt(t);
}

TEST_LIMIT(thousands_of_sessions, V_BARE, 150)
{
	struct target t = { .lst = bare_listener(), .sink = guarded() };
	int i, good = 0, nr = SESSIONS;
	uint64_t seed = SEED;

	bare_setup(t.lst, HPS_BARE_NO_CRC, 0, 0);
	t.h.mem = guarded();
	t.h.stag = enrol(t.lst, t.h.mem, ROOM, ALL_RIGHTS);
	t.sink_stag = enrol_with(t.lst, t.sink, ROOM, 0, HPS_DIRECT_SINK);
	queue_open(&t.q, t.lst, 64);
	control(&t, false);
	control(&t, true);
	for (i = 0; i < nr; i++)
		good += attack(&t, &seed);
	printf("# seed %#x, %d sessions, %d of them answered all\n", SEED, nr,
	       good);
	CHECK(good > 0 && good < nr);
	control(&t, false);
	control(&t, true);
}

/* --- start-up ---------------------------------------------------------------------- */

/* Request frames with octets changed, or that break off. Either the peer is answered or
 * it is told by its TCP connection that it is not.
 */
static void greet(int lst, const struct session *s, uint64_t *seed)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int fd;

	p[0].fd = tcp_dial(port_of(lst));
	p[1].fd = lst;
	say(s, p[0].fd, false, seed);
	shutdown(p[0].fd, SHUT_WR);
	CHECK(poll(p, 2, scaled(10000)) > 0);
	fd = accept(lst, NULL, NULL);
	if (fd < 0)
		CHECK_EQ(errno, EAGAIN);
	else
		close(fd);
	close(p[0].fd);
}

TEST(garbled_requests, V_BARE)
{
	const struct mpa_startup_info info = {
		.flags = MPA_FLAG_CRC, .revision = MPA_REVISION_ENHANCED,
		.enhanced = true, .ird = MPA_IRD_PEER_TO_PEER | 4,
		.ord = MPA_ORD_RTR_WRITE | 4, .private_data = "private",
		.private_len = 7,
	};
	int lst = bare_listener(), i, n, nr = SESSIONS / 4;
	uint64_t seed = SEED;
	struct session s;
	struct pair p;

	nonblocking(lst, true);
	for (i = 0; i < nr; i++) {
		s.nr = 1;
		s.len[0] = mpa_bare_build(s.frame[0], LONGEST, false, &info);
		CHECK_EQ(s.len[0], 31);
		for (n = seeded(&seed) % 4; n; n--)
			session_garble(&s, 16, 8, &seed);
		greet(lst, &s, &seed);
	}
	bare_pair(&p);
	CHECK_EQ(send(p.a, "alive", 5, MSG_NOSIGNAL), 5);
	CHECK_EQ(recv(p.b, &(char[5]){}, 5, 0), 5);
	pair_close(&p);
}
