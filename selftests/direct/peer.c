// SPDX-License-Identifier: GPL-2.0
/* A peer by hand. */
#include "peer.h"

#include <poll.h>
#include <sys/socket.h>

int peer_dial(uint16_t port)
{
	struct sockaddr_storage addr;
	int fd = socket(v->family, SOCK_STREAM, 0);

	loopback(&addr, port);
	CHECK(!connect(fd, (void *)&addr, sizeof(addr)));

	return fd;
}

int peer_listen(uint16_t *port)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int fd = socket(v->family, SOCK_STREAM, 0);

	loopback(&addr, 0);
	CHECK(!bind(fd, (void *)&addr, len) && !listen(fd, 8));
	CHECK(!getsockname(fd, (void *)&addr, &len));
	*port = ntohs(v->family == AF_INET ?
		      ((struct sockaddr_in *)&addr)->sin_port :
		      ((struct sockaddr_in6 *)&addr)->sin6_port);

	return fd;
}

void peer_send(struct peer *peer, const void *data, size_t len)
{
	CHECK_EQ(send(peer->fd, data, len, MSG_NOSIGNAL), len);
}

void peer_read(struct peer *peer, void *data, size_t len)
{
	CHECK_EQ(recv(peer->fd, data, len, MSG_WAITALL), len);
}

/* Reads what is left: the connection ends in an orderly way. */
bool peer_at_end(struct peer *peer)
{
	char rest[4096];
	ssize_t n;

	while ((n = recv(peer->fd, rest, sizeof(rest), 0)) > 0)
		;

	return !n;
}

void peer_of_end(struct peer *peer, struct end *e,
		 const struct hps_conn_attr *attr)
{
	struct hps_listener *listener;
	struct hps_request *request;
	struct mpa_startup_info info;
	uint8_t buf[20];

	end_open(e, attr);
	peer->fd = peer_dial(listen_any(e, &listener));
	CHECK_EQ(mpa_startup_build(buf, sizeof(buf), false,
				   peer->crc ? MPA_FLAG_CRC : 0, NULL, 0), 20);
	peer_send(peer, buf, 20);
	OK(hps_listener_next(listener, &request, scaled(10000)));
	OK(hps_accept(request, e->conn, NULL, 0));
	hps_listener_close(listener);
	peer_read(peer, buf, 20);
	CHECK_EQ(mpa_startup_parse(buf, 20, true, &info), 20);
	CHECK(!(info.flags & MPA_FLAG_REJECT));
	peer->crc = info.flags & MPA_FLAG_CRC;
}

size_t frame_of(const struct peer *peer, uint8_t *frame,
		const struct ddp_segment *seg, const void *payload)
{
	uint32_t n = ddp_segment_build(frame, seg), pad;
	__le32 crc = 0;

	memcpy(frame + n, payload, seg->len);
	n += seg->len;
	pad = mpa_padding(n - MPA_LEN_SIZE);
	memset(frame + n, 0, pad);
	n += pad;
	if (peer->crc)
		crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), frame, n));
	memcpy(frame + n, &crc, 4);

	return n + 4;
}

void peer_segment(struct peer *peer, const struct ddp_segment *seg,
		  const void *payload)
{
	uint8_t frame[66000];

	peer_send(peer, frame, frame_of(peer, frame, seg, payload));
}

void peer_request(struct peer *peer, const struct rdmap_request *r,
		  uint32_t msn)
{
	struct ddp_segment seg = {
		.opcode = r->atomic ? RDMAP_OP_ATOMIC_REQUEST :
				      RDMAP_OP_READ_REQUEST,
		.last = true, .msn = msn,
	};
	uint8_t payload[64];

	seg.len = rdmap_request_build(payload, r);
	peer_segment(peer, &seg, payload);
}

void peer_greet(struct peer *peer)
{
	const struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .last = true,
	};

	peer_segment(peer, &seg, "");
}

void peer_next(struct peer *peer, struct ddp_segment *seg, uint8_t *payload)
{
	uint8_t frame[66000];
	uint32_t whole;
	__le32 crc;

	peer_read(peer, frame, 2);
	whole = mpa_frame_size(frame[0] << 8 | frame[1]);
	peer_read(peer, frame + 2, whole - 2);
	CHECK_EQ(ddp_segment_parse(frame, seg), RDMAP_OK);
	memcpy(payload, frame + seg->head_len, seg->len);
	crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), frame, whole - 4));
	if (!peer->crc)
		crc = 0;
	CHECK(!memcmp(frame + whole - 4, &crc, 4));
}

unsigned int peer_terminated(struct peer *peer)
{
	struct rdmap_terminate_info info;
	struct ddp_segment seg;
	uint8_t payload[66000];

	do {
		peer_next(peer, &seg, payload);
	} while (seg.opcode != RDMAP_OP_TERMINATE);
	CHECK(rdmap_terminate_parse(payload, seg.len, &info));
	CHECK(peer_at_end(peer));

	return info.error & 0xffff;
}
