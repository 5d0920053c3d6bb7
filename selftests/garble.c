// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 300
 *
 * Right sessions of direct placement with octets changed, frames cut, left out, said
 * twice and in another order: thousands of them, against two regions and a sink. What
 * the peer may write may hold anything then, what lies around it does not change.
 */
#include "garbler.h"
#include "victim.h"

#define SEED		0x6a7b1e

static void add(struct session *s, struct raw *r, const void *msg, size_t len)
{
	CHECK(s->nr < FRAMES && len + 60 < LONGEST);
	s->len[s->nr] = raw_frame(r, s->frame[s->nr], msg, len);
	s->nr++;
}

static void add_place(struct session *s, struct victim *w, u8 flags, u32 tag,
		      u64 place, size_t len)
{
	u8 msg[LONGEST];

	hps_place_build((void *)msg, flags, w->at, 0, 1 << 20, tag, place);
	memset(msg + sizeof(struct hps_place), 0x11, len);
	add(s, &w->r, msg, sizeof(struct hps_place) + len);
	w->at += len;
}

static void add_request(struct session *s, struct victim *w, u32 id, u8 op,
			u32 len, u64 place)
{
	const struct hps_request_data d = want(id, op, w->stag, len, place, 1,
					       0);
	u8 msg[sizeof(struct hps_data) + sizeof(d)];

	hps_request_build((void *)msg, 0, w->at, 0, 1 << 20);
	memcpy(msg + sizeof(struct hps_data), &d, sizeof(d));
	add(s, &w->r, msg, sizeof(msg));
	w->at += sizeof(d);
}

static void add_result(struct session *s, struct victim *w, u32 id)
{
	const struct hps_result_data d = { .id = cpu_to_be32(id) };
	u8 msg[sizeof(struct hps_data) + sizeof(d)];

	hps_result_build((void *)msg, 0, w->at, 0, 1 << 20);
	memcpy(msg + sizeof(struct hps_data), &d, sizeof(d));
	add(s, &w->r, msg, sizeof(msg));
	w->at += sizeof(d);
}

static void add_data(struct session *s, struct victim *w)
{
	u8 msg[200];

	hps_data_build((void *)msg, is_seqpacket() ? HPS_DATA_EOR : 0, w->at, 0,
		       1 << 20);
	memset(msg + sizeof(struct hps_data), 0x11, 100);
	add(s, &w->r, msg, sizeof(struct hps_data) + 100);
	w->at += 100 + is_seqpacket();
}

/* All that is there, each to what it is right for. The module has asked for @read
 * and for @atomic.
 */
static void compose(struct session *s, struct victim *w, u32 read, u32 atomic)
{
	struct hps_fin fin;

	s->nr = 0;
	add_place(s, w, 0, w->stag, 0, 500);
	add_request(s, w, 1, HPS_REQUEST_READ, 600, 100);
	add_place(s, w, HPS_PLACE_ANSWER, read, 500, 500);
	add_request(s, w, 2, HPS_REQUEST_ADD, 8, 8);
	add_place(s, w, 0, w->stag, ROOM - 1000, 1000);
	add_result(s, w, atomic);
	add_data(s, w);
	add_request(s, w, 3, HPS_REQUEST_SWAP, 8, ROOM - 8);
	add_place(s, w, HPS_PLACE_ANSWER, read, 0, 500);
	add_request(s, w, 4, HPS_REQUEST_READ, ROOM, 0);
	add_place(s, w, HPS_DATA_RESENT, w->stag, 4096, 700);
	add_request(s, w, 5, HPS_REQUEST_READ, 0, ROOM);
	hps_fin_build(&fin, w->at);
	add(s, &w->r, &fin, sizeof(fin));
}

/* A frame's number is right if that is not what is tried. */
static void number(struct session *s)
{
	int i;

	for (i = 0; i < s->nr; i++) {
		struct hps_frame *f = (void *)s->frame[i];

		/* one was taken by the ACK that opened it */
		f->msn = cpu_to_be32(i + 2);
	}
}

/* Says all of it, or breaks off somewhere. */
static void say(struct session *s, struct raw *r, uint64_t *seed, bool whole)
{
	static u8 all[SESSION_MAX];
	size_t len = session_octets(s, all, whole, seed);
	size_t cut = seeded(seed) % (len + 1);

	raw_send(r, all, cut);
	raw_send(r, all + cut, len - cut);
}

/* What it says, until it has nothing to say; half of it is not even read. */
static void listen_to(struct raw *r, bool all)
{
	static u8 buf[70000];

	if (all)
		shutdown(r->fd, SHUT_WR);
	while (poll(&(struct pollfd){ .fd = r->fd, .events = POLLIN }, 1,
		    all ? 20 : 0) > 0)
		if (recv(r->fd, buf, sizeof(buf), MSG_DONTWAIT) <= 0)
			break;
}

/* One connection; its regions are there before and stay. */
static void attack(struct victim *w, uint64_t *seed, bool control)
{
	static struct session s;
	u32 read, atomic;
	int n;

	w->fd = raw_open_with(&w->r, w->lst, HPS_FEATURE_DIRECT, 1 << 20);
	w->at = 0;
	w->got = 0;
	CHECK(queue_set(w->fd, w->q.fd) == 0);
	post_ok(w->fd, post_read(1, 5, 0, w->sink_stag, ROOM - 1000, 1000),
		NULL, 0);
	post_ok(w->fd, post_add(2, 5, 0, 1), NULL, 0);
	read = hear_request(w);
	atomic = hear_request(w);
	compose(&s, w, read, atomic);
	for (n = control ? 0 : 1 + seeded(seed) % 3; n; n--)
		session_garble(&s, sizeof(struct hps_frame), 60, seed);
	/* else most ended with the first wrong number */
	if (control || seeded(seed) % 16)
		number(&s);
	say(&s, &w->r, seed, control);
	listen_to(&w->r, control || seeded(seed) & 1);
	close(w->r.fd);
	close(w->fd);
}

/* Both operations end, one way or the other. Returns whether both went well. */
static bool both_end(struct victim *w)
{
	struct hps_direct_completion c;
	bool good = true;
	int i;

	for (i = 1; i <= 2; i++) {
		c = queue_take(&w->q);
		CHECK_EQ(c.data, i);
		good &= !c.status;
	}
	return good;
}

/* The regions are those of a domain that all connections have from the listener. */
static void regions_of_listener(struct victim *w)
{
	memset(w, 0, sizeof(*w));
	if (is_seqpacket())
		sysctl_set("map_budget", 0);
	w->lst = listener(8);
	w->mem = guarded();
	w->stag = enrol(w->lst, w->mem, ROOM, ALL_RIGHTS);
	w->sink = guarded();
	w->sink_stag = enrol_with(w->lst, w->sink, ROOM, 0, HPS_DIRECT_SINK);
	queue_open(&w->q, w->lst, 64);
}

TEST_LIMIT(thousands_of_sessions, V_DIRECT, 150)
{
	long long end = now_ms() + (on_debug_kernel() ? 10000 : 30000);
	uint64_t seed = SEED;
	int i, good = 0;
	struct victim w;

	regions_of_listener(&w);
	/* nothing changed: it is as good as we believe */
	attack(&w, &seed, true);
	CHECK(both_end(&w));
	for (i = 0; i < 10000 && now_ms() < end; i++) {
		attack(&w, &seed, false);
		good += both_end(&w);
		guards_ok(w.mem);
		guards_ok(w.sink);
		/* what was not asked for */
		CHECK(is_all((char *)w.sink, ROOM - 1000, 0));
	}
	printf("# seed %#x, %d sessions, %d of them answered all\n", SEED, i,
	       good);
	CHECK(good < i);
	attack(&w, &seed, true);
	CHECK(both_end(&w));
	still_works();
}
