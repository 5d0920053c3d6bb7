/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DDP segments of bare connections, tagged and untagged (RFC 5041 section 4),
 * with the RDMAP operation in them (RFC 5040 section 4.1). Pure codec.
 */
#ifndef _HPS_DDP_SEGMENT_H
#define _HPS_DDP_SEGMENT_H

#include <linux/types.h>

#include "../wire.h"
#include "terminate.h"

/**
 * struct ddp_segment - what the head of a segment says
 * @tagged:	it names memory by tag; else it goes to a queue
 * @last:	of its message
 * @opcode:	RDMAP_OP_*
 * @head_len:	octets before the payload, MPA length included
 * @len:	octets of payload
 * @stag:	tagged: the memory; untagged: the tag to invalidate, or zero
 * @offset:	tagged: where in that memory
 * @queue:	untagged: DDP_QN_*
 * @msn:	untagged: number of the message on its queue
 * @mo:		untagged: where in the message
 */
struct ddp_segment {
	bool	tagged;
	bool	last;
	u8	opcode;
	u32	head_len;
	u32	len;
	u32	stag;
	u64	offset;
	u32	queue;
	u32	msn;
	u32	mo;
};

/* So much of a frame says how long its head is. */
#define DDP_MIN_HEAD	3

/**
 * ddp_head_len - length of a frame's head
 * @frame:	its first DDP_MIN_HEAD octets
 */
static inline u32 ddp_head_len(const void *frame)
{
	const u8 *b = frame;

	return b[MPA_LEN_SIZE] & DDP_FLAG_TAGGED ? sizeof(struct ddp_tagged) :
						   sizeof(struct hps_frame);
}

enum rdmap_error ddp_segment_parse(const void *frame, struct ddp_segment *seg);
u32 ddp_segment_build(void *frame, const struct ddp_segment *seg);

#endif /* _HPS_DDP_SEGMENT_H */
