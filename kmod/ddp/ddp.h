/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DDP: the untagged head of a frame on a channel of hps kind (RFC 5041).
 * Pure codec.
 */
#ifndef _HPS_DDP_DDP_H
#define _HPS_DDP_DDP_H

#include <linux/types.h>

#include <asm/byteorder.h>

#include "../wire.h"

/**
 * enum hps_frame_error - what is wrong with the head of a frame
 * @HPS_FRAME_OK:		nothing
 * @HPS_FRAME_SHORT:		too short for the head of an untagged segment
 * @HPS_FRAME_TAGGED:		tagged; hps channels have no tagged segments yet
 * @HPS_FRAME_NOT_LAST:		a Send of several segments
 * @HPS_FRAME_DDP_VERSION:	another version of DDP
 * @HPS_FRAME_DDP_RESERVED:	reserved bits of DDP are set
 * @HPS_FRAME_RDMAP_VERSION:	another version of RDMAP
 * @HPS_FRAME_RDMAP_RESERVED:	reserved bits of RDMAP are set
 * @HPS_FRAME_TERMINATE:	the peer ends the channel with a Terminate
 * @HPS_FRAME_OPCODE:		an operation that hps channels do not have
 * @HPS_FRAME_INVALIDATE:	a plain Send names a region
 * @HPS_FRAME_QUEUE:		not the queue of Sends
 * @HPS_FRAME_MSN:		not the Send that comes next
 * @HPS_FRAME_OFFSET:		not the beginning of the Send
 */
enum hps_frame_error {
	HPS_FRAME_OK,
	HPS_FRAME_SHORT,
	HPS_FRAME_TAGGED,
	HPS_FRAME_NOT_LAST,
	HPS_FRAME_DDP_VERSION,
	HPS_FRAME_DDP_RESERVED,
	HPS_FRAME_RDMAP_VERSION,
	HPS_FRAME_RDMAP_RESERVED,
	HPS_FRAME_TERMINATE,
	HPS_FRAME_OPCODE,
	HPS_FRAME_INVALIDATE,
	HPS_FRAME_QUEUE,
	HPS_FRAME_MSN,
	HPS_FRAME_OFFSET,
};

void hps_frame_build(struct hps_frame *f, u32 payload_len, u32 msn);
enum hps_frame_error hps_frame_check(const struct hps_frame *f, u32 msn);
const char *hps_frame_error_name(enum hps_frame_error error);

/**
 * hps_frame_payload - length of the RDMAP message
 * @f:	a head that hps_frame_check() has found good
 *
 * Return: octets behind the head, before padding and CRC.
 */
static inline u32 hps_frame_payload(const struct hps_frame *f)
{
	return be16_to_cpu(f->mpa_len) - HPS_ULPDU_HEAD;
}

#endif /* _HPS_DDP_DDP_H */
