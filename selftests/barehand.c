// SPDX-License-Identifier: GPL-2.0
/* A bare socket whose peer we play by hand. */
#include "barehand.h"
#include "guards.h"

int tcp_dial(int port)
{
	union address addr;
	socklen_t len = loopback(&addr, port);
	int fd = socket(v->family, SOCK_STREAM, 0);

	CHECK(connect(fd, &addr.sa, len) == 0);
	return fd;
}

void put_startup(int fd, bool reply, unsigned char flags,
		 unsigned char revision)
{
	struct peer peer = { .fd = fd };
	struct mpa_startup frame;

	CHECK_EQ(mpa_startup_build(&frame, sizeof(frame), reply, flags, NULL, 0),
		 sizeof(frame));
	frame.flags = flags;
	frame.revision = revision;
	peer_send(&peer, &frame, sizeof(frame));
}

unsigned char get_startup(int fd, bool reply)
{
	struct peer peer = { .fd = fd };
	struct mpa_startup_info info;
	struct mpa_startup frame;

	peer_read(&peer, &frame, sizeof(frame));
	CHECK_EQ(mpa_bare_parse(&frame, sizeof(frame), reply, &info),
		 sizeof(frame));
	return info.flags;
}

/* Its setup does not ask for checksums: we do, or nobody does. */
void hand_open_on(struct hand *h, int lst, bool crc)
{
	unsigned char flags = crc ? MPA_FLAG_CRC : 0;

	h->peer = (struct peer){ .fd = tcp_dial(port_of(lst)), .crc = crc };
	put_startup(h->peer.fd, false, flags, MPA_REVISION);
	h->bare = accept(lst, NULL, NULL);
	CHECK(h->bare >= 0);
	CHECK_EQ(get_startup(h->peer.fd, true), flags);
}

void hand_open(struct hand *h, bool crc)
{
	int lst = bare_listener();

	bare_setup(lst, HPS_BARE_NO_CRC, 0, 0);
	hand_open_on(h, lst, crc);
	close(lst);
}

/* With a region of ROOM octets, zeros between guards. */
void hand_begin(struct hand *h)
{
	hand_open(h, h->peer.crc);
	h->stag = enrol(h->bare, h->mem, ROOM, ALL_RIGHTS);
	peer_greet(&h->peer);
}

void hand_close(struct hand *h)
{
	close(h->peer.fd);
	close(h->bare);
}

/* The peer says why it does not go on, and ends. */
void hand_terminated(struct hand *h, unsigned int code)
{
	CHECK_EQ(peer_terminated(&h->peer), code);
	bare_terminated(h->bare, HPS_BARE_TERMINATED_BY_US, code, EPROTO);
}

/* Nothing was placed. */
void hand_unhurt(const struct hand *h)
{
	CHECK(is_all((const char *)h->mem, ROOM, 0));
	guards_ok(h->mem);
}

/* Asks for octets of the region, or to add 1 there. */
void hand_ask(struct hand *h, bool atomic, uint32_t msn, uint64_t offset,
	      uint32_t len)
{
	const struct rdmap_request r = {
		.atomic = atomic, .sink_stag = HAND_SINK, .id = HAND_SINK, .len = len,
		.stag = h->stag, .offset = offset, .data = 1,
	};

	peer_request(&h->peer, &r, msn);
}

/* All of the answer to a READ. */
void hand_hear(struct hand *h, uint8_t *to, size_t len)
{
	static uint8_t payload[66000];
	struct ddp_segment seg;
	size_t done = 0;

	do {
		peer_next(&h->peer, &seg, payload);
		CHECK_EQ(seg.opcode, RDMAP_OP_READ_RESPONSE);
		CHECK_EQ(seg.stag, HAND_SINK);
		CHECK_EQ(seg.offset, done);
		CHECK(seg.len <= len - done);
		memcpy(to + done, payload, seg.len);
		done += seg.len;
	} while (!seg.last);
	CHECK_EQ(done, len);
}

void hand_write(struct hand *h, uint64_t offset, const void *octets, size_t len)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .last = true, .stag = h->stag,
		.offset = offset, .len = len,
	};

	peer_segment(&h->peer, &seg, octets);
}

/* An orderly end: the program is told of nothing else. */
void hand_ends_well(struct hand *h)
{
	char c;

	shutdown(h->peer.fd, SHUT_WR);
	CHECK(peer_at_end(&h->peer));
	CHECK_EQ(recv(h->bare, &c, 1, MSG_TRUNC), 0);
	CHECK_EQ(bare_info(h->bare).error, 0);
	hand_close(h);
}

/* All of the region and not an octet more, and no octets anywhere. */
static void edges(struct hand *h)
{
	static uint8_t octets[ROOM], got[ROOM];
	struct ddp_segment seg;
	uint8_t payload[64];
	uint64_t word;

	hand_begin(h);
	pattern(octets, ROOM, 1);
	hand_write(h, 0, octets, ROOM);
	hand_write(h, ROOM - 1, "\x77", 1);
	hand_write(h, ROOM, "", 0);
	octets[ROOM - 1] = 0x77;
	hand_ask(h, false, 1, 0, ROOM);
	hand_ask(h, false, 2, ROOM - 1, 1);
	hand_ask(h, false, 3, ROOM, 0);
	hand_hear(h, got, ROOM);
	CHECK(!memcmp(octets, got, ROOM));
	hand_hear(h, got, 1);
	CHECK_EQ(got[0], 0x77);
	hand_hear(h, got, 0);
	memcpy(&word, h->mem + ROOM - 8, 8);
	hand_ask(h, true, 4, ROOM - 8, 8);
	peer_next(&h->peer, &seg, payload);
	CHECK_EQ(seg.opcode, RDMAP_OP_ATOMIC_RESPONSE);
	hand_ends_well(h);
	word++;
	CHECK(!memcmp(h->mem, octets, ROOM - 8));
	CHECK(!memcmp(h->mem + ROOM - 8, &word, 8));
	guards_ok(h->mem);
	memset(h->mem, 0, ROOM);
}

/* What is wrong is tried after what is right, and before it: the next connection works.
 * Without checksums; with them, and with a region that is accessed page by page.
 */
void hand_both_ways(void (*try)(struct hand *h))
{
	struct hand h = { .mem = guarded() };

	edges(&h);
	try(&h);
	edges(&h);
	own_namespace();
	sysctl_set("map_budget", 0);
	h.peer.crc = true;
	try(&h);
	edges(&h);
}
