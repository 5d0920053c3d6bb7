// SPDX-License-Identifier: GPL-2.0
/* A peer of a bare connection by hand: see fpdu.h. */
#include "fpdu.h"

#include <sys/socket.h>

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

/* What was changed is right for the checksum again: @len octets, those of it included. */
void frame_seal(const struct peer *peer, uint8_t *frame, size_t len)
{
	__le32 crc = 0;

	if (peer->crc)
		crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), frame, len - 4));
	memcpy(frame + len - 4, &crc, 4);
}

size_t frame_of(const struct peer *peer, uint8_t *frame,
		const struct ddp_segment *seg, const void *payload)
{
	uint32_t n = ddp_segment_build(frame, seg), pad;

	memcpy(frame + n, payload, seg->len);
	n += seg->len;
	pad = mpa_padding(n - MPA_LEN_SIZE);
	memset(frame + n, 0, pad);
	n += pad + MPA_CRC_SIZE;
	frame_seal(peer, frame, n);

	return n;
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
	__le32 crc = 0;

	peer_read(peer, frame, 2);
	whole = mpa_frame_size(frame[0] << 8 | frame[1]);
	peer_read(peer, frame + 2, whole - 2);
	CHECK_EQ(ddp_segment_parse(frame, seg), RDMAP_OK);
	memcpy(payload, frame + seg->head_len, seg->len);
	if (peer->crc)
		crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), frame,
					      whole - 4));
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
