/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A peer of a bare connection by hand: a TCP connection on which a test says what it
 * likes, in FPDUs (RFC 5044). For sockets of the kernel and for libhps.
 */
#ifndef _HPS_SELFTESTS_FPDU_H
#define _HPS_SELFTESTS_FPDU_H

#include "ddp/mpa.h"
#include "ddp/segment.h"
#include "ddp/rdmap.h"
#include "ddp/terminate.h"

#include <stdint.h>

#include "harness.h"

/**
 * struct peer - one end of a TCP connection
 * @fd:		its socket
 * @crc:	make checksums
 */
struct peer {
	int	fd;
	bool	crc;
};

void peer_send(struct peer *peer, const void *data, size_t len);
void peer_read(struct peer *peer, void *data, size_t len);
bool peer_at_end(struct peer *peer);

/* A frame: the head of @seg, @seg->len octets of @payload. */
size_t frame_of(const struct peer *peer, uint8_t *frame,
		const struct ddp_segment *seg, const void *payload);
void frame_seal(const struct peer *peer, uint8_t *frame, size_t len);
void peer_segment(struct peer *peer, const struct ddp_segment *seg,
		  const void *payload);
void peer_request(struct peer *peer, const struct rdmap_request *r,
		  uint32_t msn);
void peer_greet(struct peer *peer);
/* The next frame: its payload is in @payload, 65536 octets. */
void peer_next(struct peer *peer, struct ddp_segment *seg, uint8_t *payload);
/* The code of the Terminate that comes; what comes before is skipped. */
unsigned int peer_terminated(struct peer *peer);

#endif /* _HPS_SELFTESTS_FPDU_H */
