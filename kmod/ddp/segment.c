// SPDX-License-Identifier: GPL-2.0
/*
 * DDP segments of bare connections: heads built and parsed.
 */
#include "segment.h"

#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/byteorder.h>

#include "rdmap.h"

/* How each operation travels; what is not here is not spoken. */
static const struct {
	bool	known;
	bool	tagged;
	u8	queue;
} travels[RDMAP_OPCODE_MASK + 1] = {
	[RDMAP_OP_WRITE]	   = { true, true },
	[RDMAP_OP_READ_REQUEST]	   = { true, false, DDP_QN_REQUEST },
	[RDMAP_OP_READ_RESPONSE]   = { true, true },
	[RDMAP_OP_SEND]		   = { true, false, DDP_QN_SEND },
	[RDMAP_OP_SEND_INVAL]	   = { true, false, DDP_QN_SEND },
	[RDMAP_OP_SEND_SE]	   = { true, false, DDP_QN_SEND },
	[RDMAP_OP_SEND_SE_INVAL]   = { true, false, DDP_QN_SEND },
	[RDMAP_OP_TERMINATE]	   = { true, false, DDP_QN_TERMINATE },
	[RDMAP_OP_ATOMIC_REQUEST]  = { true, false, DDP_QN_REQUEST },
	[RDMAP_OP_ATOMIC_RESPONSE] = { true, false, DDP_QN_ATOMIC },
};

static void parse_tagged(const struct ddp_tagged *f, struct ddp_segment *seg)
{
	seg->stag = be32_to_cpu(f->stag);
	seg->offset = be64_to_cpu(f->offset);
}

static void parse_untagged(const struct hps_frame *f, struct ddp_segment *seg)
{
	seg->stag = be32_to_cpu(f->invalidate_stag);
	seg->queue = be32_to_cpu(f->queue);
	seg->msn = be32_to_cpu(f->msn);
	seg->mo = be32_to_cpu(f->offset);
}

/**
 * ddp_segment_parse - parse the head of a segment
 * @frame:	the frame from its MPA length on; ddp_head_len() octets are here
 * @seg:	what it says
 *
 * Reserved bits are not looked at, as RFC 5040 and RFC 5041 have it.
 *
 * Return: RDMAP_OK, or why the stream is to be terminated; @seg is not complete
 * then.
 */
enum rdmap_error ddp_segment_parse(const void *frame, struct ddp_segment *seg)
{
	const struct ddp_tagged *f = frame;
	u32 ulpdu_len = be16_to_cpu(f->mpa_len);
	u8 opcode = f->rdmap_ctrl & RDMAP_OPCODE_MASK;

	memset(seg, 0, sizeof(*seg));
	seg->tagged = f->ddp_ctrl & DDP_FLAG_TAGGED;
	seg->last = f->ddp_ctrl & DDP_FLAG_LAST;
	seg->opcode = opcode;
	seg->head_len = ddp_head_len(frame);
	if (ulpdu_len + MPA_LEN_SIZE < seg->head_len)
		return RDMAP_ERR_STREAM;
	seg->len = ulpdu_len + MPA_LEN_SIZE - seg->head_len;

	if ((f->ddp_ctrl & DDP_VERSION_MASK) != DDP_VERSION)
		return seg->tagged ? DDP_ERR_TAGGED_VERSION :
				     DDP_ERR_UNTAGGED_VERSION;
	if ((f->rdmap_ctrl & RDMAP_VERSION_MASK) != RDMAP_VERSION)
		return RDMAP_ERR_VERSION;
	if (!travels[opcode].known || travels[opcode].tagged != seg->tagged)
		return RDMAP_ERR_OPCODE;
	/* It would never come to an end. */
	if (!seg->len && !seg->last)
		return RDMAP_ERR_STREAM;

	if (seg->tagged) {
		parse_tagged(frame, seg);
		return RDMAP_OK;
	}
	parse_untagged(frame, seg);

	return seg->queue == travels[opcode].queue ? RDMAP_OK : DDP_ERR_QUEUE;
}

/**
 * ddp_segment_build - build the head of a segment
 * @frame:	where to, sizeof(struct hps_frame) octets at most
 * @seg:	what it says; the queue follows from the operation, @head_len is
 *		not looked at
 *
 * Return: octets of the head.
 */
u32 ddp_segment_build(void *frame, const struct ddp_segment *seg)
{
	bool tagged = travels[seg->opcode].tagged;
	u32 head_len = tagged ? sizeof(struct ddp_tagged) :
				sizeof(struct hps_frame);
	struct hps_frame *untagged = frame;
	struct ddp_tagged *f = frame;

	WARN_ON_ONCE(!travels[seg->opcode].known ||
		     seg->len > MPA_MAX_ULPDU - (head_len - MPA_LEN_SIZE));

	f->mpa_len = cpu_to_be16(head_len - MPA_LEN_SIZE + seg->len);
	f->ddp_ctrl = DDP_VERSION | (tagged ? DDP_FLAG_TAGGED : 0) |
		      (seg->last ? DDP_FLAG_LAST : 0);
	f->rdmap_ctrl = rdmap_ctrl(seg->opcode);
	if (tagged) {
		f->stag = cpu_to_be32(seg->stag);
		f->offset = cpu_to_be64(seg->offset);
		return head_len;
	}
	untagged->invalidate_stag = cpu_to_be32(seg->stag);
	untagged->queue = cpu_to_be32(travels[seg->opcode].queue);
	untagged->msn = cpu_to_be32(seg->msn);
	untagged->offset = cpu_to_be32(seg->mo);

	return head_len;
}
