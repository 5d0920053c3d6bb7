// SPDX-License-Identifier: GPL-2.0
/* A server that breaks the protocol, or does not answer. */
#include "peer.h"
#include "breaches.h"

#include <pthread.h>

static struct end e;
static struct peer peer;
static int listener, connected;
static struct hps_conn_attr attr;

static void *dial(void *port)
{
	struct sockaddr_storage addr;

	loopback(&addr, *(uint16_t *)port);
	connected = hps_connect(e.conn, (void *)&addr, sizeof(addr), "hi", 2,
				scaled(1000));

	return NULL;
}

/* libhps connects and gets these octets for an answer; what it says of them. */
static int answer(const void *reply, size_t len)
{
	uint8_t request[26];
	uint16_t port;
	pthread_t t;

	end_open(&e, &attr);
	listener = peer_listen(&port);
	OK(pthread_create(&t, NULL, dial, &port));
	peer.fd = accept(listener, NULL, NULL);
	peer_read(&peer, request, attr.flags & HPS_CONN_REVISION_1 ? 22 : 26);
	peer_send(&peer, reply, len);
	OK(pthread_join(t, NULL));

	return connected;
}

static void finish(void)
{
	close(peer.fd);
	close(listener);
	end_close(&e);
}

static const struct mpa_startup_info good = {
	.revision = 2, .enhanced = true, .ird = MPA_IRD_PEER_TO_PEER | 4,
	.ord = MPA_ORD_RTR_WRITE | 4, .flags = MPA_FLAG_CRC,
};

static void begin(void)
{
	struct ddp_segment seg;
	uint8_t buf[66000];
	int len = mpa_bare_build(buf, sizeof(buf), true, &good);

	OK(answer(buf, len));
	peer.crc = true;
	/* the greeting */
	peer_next(&peer, &seg, buf);
	CHECK_EQ(seg.opcode, RDMAP_OP_WRITE);
	CHECK_EQ(seg.len, 0);
}

static int answer_of(struct mpa_startup_info info)
{
	uint8_t buf[MPA_MAX_STARTUP];
	int len = mpa_bare_build(buf, sizeof(buf), true, &info), rc;

	rc = answer(buf, len);
	finish();

	return rc;
}

TEST(replies, V_TCP)
{
	struct mpa_startup_info info = good;

	CHECK_EQ(answer("HTTP/1.0 400 Bad Request", 24), -EPROTO);
	finish();
	CHECK_EQ(answer("", 0), -ETIMEDOUT);
	finish();
	info.flags = MPA_FLAG_MARKERS;
	CHECK_EQ(answer_of(info), -EPROTONOSUPPORT);
	info.flags = MPA_FLAG_REJECT;
	CHECK_EQ(answer_of(info), -ECONNREFUSED);
	info = good;
	info.revision = 1;
	CHECK_EQ(answer_of(info), -EPROTO);
	info = good;
	info.enhanced = false;
	CHECK_EQ(answer_of(info), -EPROTO);
	/* it would ask for more than we offered */
	info = good;
	info.ord = 17;
	CHECK_EQ(answer_of(info), -EPROTO);
	CHECK_EQ(answer_of(good), 0);
	no_leak();
}

TEST(rejection_has_private_data, V_TCP)
{
	struct mpa_startup_info info = good;
	uint8_t buf[MPA_MAX_STARTUP];
	const char *why;
	size_t len;

	info.flags = MPA_FLAG_REJECT;
	info.private_data = "full";
	info.private_len = 4;
	CHECK_EQ(answer(buf, mpa_bare_build(buf, sizeof(buf), true, &info)),
		 -ECONNREFUSED);
	why = hps_conn_private(e.conn, &len);
	CHECK_EQ(len, 4);
	CHECK(!memcmp(why, "full", 4));
	finish();
}

TEST(revision_1_server, V_TCP)
{
	uint8_t buf[20];

	attr.flags = HPS_CONN_REVISION_1;
	CHECK_EQ(answer(buf, mpa_startup_build(buf, 20, true, 0, NULL, 0)), 0);
	finish();
}

static uint8_t to[4096];

/* libhps asks for 4096 octets; returns the tag that the response must name. */
static uint32_t asked(uint64_t id)
{
	const struct iovec iov = piece(to, sizeof(to));
	const struct hps_remote at = { .stag = 7, .offset = 1ULL << 40 };
	struct rdmap_request r;
	struct ddp_segment seg;
	uint8_t payload[66000];

	OK(hps_post_read(e.conn, &iov, 1, &at, id, 0));
	peer_next(&peer, &seg, payload);
	CHECK_EQ(seg.opcode, RDMAP_OP_READ_REQUEST);
	rdmap_request_parse(payload, seg.opcode, &r);
	CHECK_EQ(r.len, 4096);
	CHECK_EQ(r.stag, 7);
	CHECK_EQ(r.offset, 1ULL << 40);

	return r.sink_stag;
}

/* A response that is not what was asked for ends the connection. */
TEST(responses, V_TCP)
{
	static const uint8_t data[8192];
	unsigned int i;

	for (i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		struct ddp_segment seg = {
			.opcode = RDMAP_OP_READ_RESPONSE, .len = responses[i].len,
			.last = responses[i].last, .offset = responses[i].offset,
		};

		begin();
		memset(to, 0x77, sizeof(to));
		seg.stag = asked(5) + responses[i].tag;
		peer_segment(&peer, &seg, data);
		CHECK_EQ(peer_terminated(&peer), responses[i].error);
		expect(&e, HPS_OP_READ, 5, HPS_STATUS_FLUSHED);
		expect_closed(&e, HPS_STATUS_FLUSHED);
		CHECK_EQ(to[0], 0x77);
		finish();
	}
	no_leak();
}

/* The tag of a read's memory is for its response, not for a Write. */
TEST(write_to_the_memory_of_a_read, V_TCP)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .len = 8, .last = true,
	};

	begin();
	memset(to, 0x77, sizeof(to));
	seg.stag = asked(5);
	peer_segment(&peer, &seg, "overwrit");
	CHECK_EQ(peer_terminated(&peer), 0x1100);
	CHECK_EQ(to[0], 0x77);
	finish();
}

TEST(response_after_the_response, V_TCP)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_READ_RESPONSE, .len = 4096, .last = true,
	};
	static uint8_t data[4096];

	begin();
	fill(data, 4096, 1);
	seg.stag = asked(5);
	peer_segment(&peer, &seg, data);
	expect(&e, HPS_OP_READ, 5, HPS_STATUS_OK);
	CHECK(filled(to, 4096, 1));
	memset(to, 0x77, sizeof(to));
	peer_segment(&peer, &seg, data);
	CHECK_EQ(peer_terminated(&peer), 0x1100);
	CHECK_EQ(to[0], 0x77);
	finish();
}

/* The second of three requests is refused: that one, and no other. */
TEST(terminate_names_a_request, V_TCP)
{
	const struct ddp_segment request = {
		.opcode = RDMAP_OP_READ_REQUEST, .msn = 2, .last = true,
		.len = 28,
	};
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_TERMINATE, .msn = 1, .last = true,
	};
	uint8_t frame[64] = {}, term[RDMAP_MAX_TERMINATE];
	struct hps_conn_info info;

	begin();
	asked(1);
	asked(2);
	asked(3);
	ddp_segment_build(frame, &request);
	seg.len = rdmap_terminate_build(term, RDMAP_ERR_RIGHTS, frame, 48);
	peer_segment(&peer, &seg, term);
	expect(&e, HPS_OP_READ, 1, HPS_STATUS_FLUSHED);
	expect(&e, HPS_OP_READ, 2, HPS_STATUS_REFUSED);
	expect(&e, HPS_OP_READ, 3, HPS_STATUS_FLUSHED);
	expect_closed(&e, HPS_STATUS_REFUSED);
	hps_conn_get_info(e.conn, &info);
	CHECK_EQ(info.error, 0x0102);
	CHECK_EQ(info.terminated, 2);
	finish();
}

/* One answer and a Terminate, both there at once: who was answered was. */
TEST(answer_before_a_terminate, V_TCP)
{
	const struct hps_remote at = { .stag = 7 };
	const struct ddp_segment request = {
		.opcode = RDMAP_OP_READ_REQUEST, .msn = 2, .last = true,
		.len = 28,
	};
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_ATOMIC_RESPONSE, .msn = 1, .last = true,
		.len = 12,
	};
	uint8_t frames[66000], quoted[64] = {}, term[RDMAP_MAX_TERMINATE];
	struct rdmap_atomic_response response = { .value = cpu_to_be64(77) };
	struct hps_completion c;
	struct rdmap_request r;
	struct ddp_segment got;
	size_t len;

	begin();
	OK(hps_post_fetch_add(e.conn, &at, 1, 1, 0));
	peer_next(&peer, &got, frames);
	rdmap_request_parse(frames, got.opcode, &r);
	response.id = cpu_to_be32(r.id);
	asked(2);
	len = frame_of(&peer, frames, &seg, &response);
	ddp_segment_build(quoted, &request);
	seg = (struct ddp_segment) {
		.opcode = RDMAP_OP_TERMINATE, .msn = 1, .last = true,
		.len = rdmap_terminate_build(term, RDMAP_ERR_RIGHTS, quoted,
					     48),
	};
	len += frame_of(&peer, frames + len, &seg, term);
	peer_send(&peer, frames, len);
	c = expect(&e, HPS_OP_FETCH_ADD, 1, HPS_STATUS_OK);
	CHECK_EQ(c.value, 77);
	CHECK_EQ(c.len, 8);
	expect(&e, HPS_OP_READ, 2, HPS_STATUS_REFUSED);
	expect_closed(&e, HPS_STATUS_REFUSED);
	finish();
}

/* A server that is silent: the depths hold, and all is flushed at last. */
TEST(depths_are_limits, V_TCP)
{
	const struct iovec iov = piece(to, 8);
	const struct hps_remote at = {};
	struct hps_conn_info info;
	int i;

	attr = (struct hps_conn_attr) { .send_depth = 6, .recv_depth = RECVS };
	begin();
	CHECK_EQ(hps_post_recv(e.conn, &iov, 1, 1), -EAGAIN);
	hps_conn_get_info(e.conn, &info);
	CHECK_EQ(info.ord, 4);
	for (i = 0; i < 6; i++)
		OK(hps_post_read(e.conn, &iov, 1, &at, i, 0));
	CHECK_EQ(hps_post_send(e.conn, &iov, 1, 9, 0), -EAGAIN);
	hps_conn_destroy(e.conn);
	e.conn = NULL;
	for (i = 0; i < 6; i++)
		expect(&e, HPS_OP_READ, i, HPS_STATUS_FLUSHED);
	expect_closed(&e, HPS_STATUS_OK);
	finish();
	no_leak();
}

/* Only four requests were sent, as negotiated; the others wait. */
TEST(depth_of_requests_is_kept, V_TCP)
{
	const struct iovec iov = piece(to, 8);
	const struct hps_remote at = {};
	struct ddp_segment seg;
	uint8_t payload[66000];
	int i;

	begin();
	for (i = 0; i < 10; i++)
		OK(hps_post_read(e.conn, &iov, 1, &at, i, 0));
	for (i = 0; i < 4; i++)
		peer_next(&peer, &seg, payload);
	CHECK_EQ(seg.msn, 4);
	CHECK_EQ(recv(peer.fd, payload, 1, MSG_DONTWAIT), -1);
	finish();
}

/* ... or between two frames of a message, of either kind. */
TEST(end_inside_a_message, V_TCP)
{
	static const uint8_t data[100];
	struct hps_conn_info info;
	int kind;

	for (kind = 0; kind < 2; kind++) {
		struct ddp_segment seg = {
			.opcode = RDMAP_OP_SEND, .msn = 1, .len = 100,
		};

		begin();
		if (kind) {
			seg.opcode = RDMAP_OP_READ_RESPONSE;
			seg.stag = asked(5);
		}
		peer_segment(&peer, &seg, data);
		shutdown(peer.fd, SHUT_WR);
		expect_closed(&e, HPS_STATUS_FLUSHED);
		hps_conn_get_info(e.conn, &info);
		CHECK_EQ(info.os_error, ECONNRESET);
		finish();
	}
}

/* The server goes in the middle of a frame: that is no orderly end. */
TEST(end_inside_a_frame, V_TCP)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_SEND, .msn = 1, .last = true, .len = 100,
	};
	static const uint8_t data[100];
	struct hps_conn_info info;
	uint8_t frame[200];
	size_t len;

	begin();
	len = frame_of(&peer, frame, &seg, data);
	peer_send(&peer, frame, len - 1);
	shutdown(peer.fd, SHUT_WR);
	expect_closed(&e, HPS_STATUS_FLUSHED);
	hps_conn_get_info(e.conn, &info);
	CHECK_EQ(info.os_error, ECONNRESET);
	CHECK_EQ(info.terminated, 0);
	finish();
}
