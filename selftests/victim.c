// SPDX-License-Identifier: GPL-2.0
/* A socket with registered memory whose peer we play, see victim.h. */
#include "victim.h"

#include <sys/mman.h>

/* --- the connection ------------------------------------------------------------- */

void victim_open(struct victim *w, unsigned int rights)
{
	victim_open_with(w, rights, HPS_FEATURE_DIRECT, 1 << 20);
}

void victim_open_with(struct victim *w, unsigned int rights, u16 features,
		      u32 credit)
{
	victim_open_on(w, listener(4), rights, features, credit);
}

/* With records, so that both are tried, regions are mapped page by page. */
void victim_open_on(struct victim *w, int lst, unsigned int rights,
		    u16 features, u32 credit)
{
	if (is_seqpacket())
		sysctl_set("map_budget", 0);
	memset(w, 0, sizeof(*w));
	w->window = credit;
	w->bad = counter("HpsBadMessage");
	w->lst = lst;
	w->fd = raw_open_with(&w->r, w->lst, features, credit);
	CHECK_EQ(be16_to_cpu(w->r.theirs.features), features);
	w->mem = guarded();
	w->stag = enrol(w->fd, w->mem, ROOM, rights);
	w->sink = guarded();
	w->sink_stag = enrol_with(w->fd, w->sink, ROOM, 0, HPS_DIRECT_SINK);
	queue_open(&w->q, w->fd, 64);
}

static void forget(u8 *mem)
{
	guards_ok(mem);
	CHECK(munmap(mem - GUARD, WHOLE) == 0);
}

void victim_close(struct victim *w)
{
	queue_close(&w->q);
	close(w->fd);
	close(w->r.fd);
	close(w->lst);
	forget(w->mem);
	forget(w->sink);
}

/* The connection carries what its program reads, which has met nothing else. */
void victim_lives(struct victim *w)
{
	u64 at = w->at;

	CHECK(is_idle(w->fd));
	raw_data(&w->r, is_seqpacket() ? HPS_DATA_EOR : 0, at, 100);
	w->at += 100 + is_seqpacket();
	recv_pattern(w->fd, 100, at);
	guards_ok(w->mem);
	guards_ok(w->sink);
}

/* Nothing was placed. */
void victim_unhurt(const struct victim *w)
{
	CHECK(is_all((const char *)w->mem, ROOM, 0));
	CHECK(is_all((const char *)w->sink, ROOM, 0));
	guards_ok(w->mem);
	guards_ok(w->sink);
}

/* Its socket is told @err, and @reason. */
static void is_told(struct victim *w, int err, enum hps_reason reason)
{
	char c;

	CHECK_ERR(recv(w->fd, &c, 1, 0), err);
	CHECK_EQ(reason_of(w->fd), reason);
	CHECK_EQ(in_queue(w->fd), 0);
	guards_ok(w->mem);
	guards_ok(w->sink);
}

/* It does not go on, and tells us why. The channel is ours to end then. */
void victim_refuses(struct victim *w, enum hps_reason reason)
{
	char c;

	is_told(w, ECONNABORTED, reason);
	while (!(w->r.seen & 1 << HPS_MSG_RESET))
		CHECK(raw_read_message(&w->r, &c, 1) > 0);
	CHECK_EQ(w->r.reason, reason);
}

/* The channel is no good, and no other one is left. */
void victim_fails(struct victim *w)
{
	wait_counter("HpsBadMessage", w->bad);
	is_told(w, ECONNRESET, HPS_REASON_NONE);
	CHECK(raw_is_dead(&w->r));
	CHECK(!(w->r.seen & 1 << HPS_MSG_RESET));
}

/* --- what we say ---------------------------------------------------------------- */

/* @flags with ACK, so that it says when it is there. */
void say_place(struct victim *w, u8 flags, u64 off, u32 tag, u64 place,
	       const void *octets, size_t len)
{
	static char buf[66000];

	hps_place_build((void *)buf, flags | HPS_DATA_ACK, off, w->got,
			w->window, tag, place);
	memcpy(buf + sizeof(struct hps_place), octets, len);
	raw_message(&w->r, buf, sizeof(struct hps_place) + len);
}

void say_fill(struct victim *w, u64 off, u32 tag, u64 place, u8 octet,
	      size_t len)
{
	static u8 octets[65000];

	CHECK(len <= sizeof(octets));
	say_place(w, 0, off, tag, place, memset(octets, octet, len), len);
}

/* @len octets of it, if there are so many. */
void say_request(struct victim *w, u64 off, const struct hps_request_data *d,
		 size_t len)
{
	char buf[sizeof(struct hps_data) + 100] = {};

	CHECK(len <= 100);
	hps_request_build((void *)buf, HPS_DATA_ACK, off, w->got, w->window);
	memcpy(buf + sizeof(struct hps_data), d,
	       len < sizeof(*d) ? len : sizeof(*d));
	raw_message(&w->r, buf, sizeof(struct hps_data) + len);
}

void say_result(struct victim *w, u64 off, u32 id, u64 value, size_t len)
{
	struct hps_result_data d = {
		.id = cpu_to_be32(id), .value = cpu_to_be64(value),
	};
	char buf[sizeof(struct hps_data) + 100] = {};

	CHECK(len <= 100);
	hps_result_build((void *)buf, HPS_DATA_ACK, off, w->got, w->window);
	memcpy(buf + sizeof(struct hps_data), &d,
	       len < sizeof(d) ? len : sizeof(d));
	raw_message(&w->r, buf, sizeof(struct hps_data) + len);
}

struct hps_request_data want(u32 id, u8 op, u32 stag, u32 len, u64 place,
			     u64 operand, u64 compare)
{
	return (struct hps_request_data) {
		.id = cpu_to_be32(id), .op = op, .stag = cpu_to_be32(stag),
		.len = cpu_to_be32(len), .place = cpu_to_be64(place),
		.operand = cpu_to_be64(operand),
		.compare = cpu_to_be64(compare),
	};
}

/* --- what we hear --------------------------------------------------------------- */

static void note(struct victim *w, const struct hps_msg *msg, size_t len)
{
	const struct hps_data *d = (const void *)msg;
	const struct hps_ack *ack = (const void *)msg;
	u64 acked = 0, end;

	switch (msg->type) {
	case HPS_MSG_DATA:
	case HPS_MSG_PLACE:
	case HPS_MSG_REQUEST:
	case HPS_MSG_RESULT:
		end = be64_to_cpu(d->offset) + len - msg->hdr_words * 4;
		if (end > w->got)
			w->got = end;
		/* Streams of tests are short. */
		acked = be32_to_cpu(d->ack);
		break;
	case HPS_MSG_ACK:
		acked = be64_to_cpu(ack->ack);
		break;
	}
	if (acked > w->acked)
		w->acked = acked;
}

/* The next message; false if it says RESET, or the channel ends. */
static bool hear_any(struct victim *w, char *buf, size_t size, size_t *len)
{
	ssize_t n = raw_read_message(&w->r, buf, size);

	if (n <= 0)
		return false;
	*len = n;
	note(w, (void *)buf, n);
	return ((struct hps_msg *)buf)->type != HPS_MSG_RESET;
}

/* The next message of this type; false if it says RESET, or the channel ends. */
bool hear(struct victim *w, u8 type, void *buf, size_t size)
{
	static char all[70000];
	size_t n;

	do
		if (!hear_any(w, all, sizeof(all), &n))
			return false;
	while (((struct hps_msg *)all)->type != type);
	memcpy(buf, all, n < size ? n : size);
	return true;
}

/* All of ours below @off is where it belongs. What it says meanwhile is lost. */
void hear_ack(struct victim *w, u64 off)
{
	static char all[70000];
	size_t n;

	while (w->acked < off)
		CHECK(hear_any(w, all, sizeof(all), &n));
}

/* The id of its next request. */
u32 hear_request(struct victim *w)
{
	struct {
		struct hps_data		head;
		struct hps_request_data	body;
	} __packed m;

	CHECK(hear(w, HPS_MSG_REQUEST, &m, sizeof(m)));
	return be32_to_cpu(m.body.id);
}

/* The value with which it answers @id, next. */
u64 hear_result(struct victim *w, u32 id)
{
	struct {
		struct hps_data		head;
		struct hps_result_data	body;
	} __packed m;

	CHECK(hear(w, HPS_MSG_RESULT, &m, sizeof(m)));
	CHECK_EQ(be32_to_cpu(m.body.id), id);
	return be64_to_cpu(m.body.value);
}

/* The octets with which it answers @id, in order. */
void hear_answer(struct victim *w, u32 id, u8 *to, size_t len)
{
	static struct {
		struct hps_place	head;
		u8			body[65600];
	} m;
	size_t done = 0, n;
	u64 before;

	while (done < len) {
		before = w->got;
		CHECK(hear(w, HPS_MSG_PLACE, &m, sizeof(m)));
		n = w->got - before;
		CHECK(m.head.data.msg.flags & HPS_PLACE_ANSWER);
		CHECK_EQ(be32_to_cpu(m.head.tag), id);
		CHECK_EQ(be64_to_cpu(m.head.place), done);
		CHECK(n <= len - done);
		memcpy(to + done, m.body, n);
		done += n;
	}
}
