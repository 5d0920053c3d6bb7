// SPDX-License-Identifier: GPL-2.0
/*
 * Terminate messages: built, parsed, named.
 */
#include "terminate.h"

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/byteorder.h>

static bool is_tagged(const struct hps_frame *frame)
{
	return frame->ddp_ctrl & DDP_FLAG_TAGGED;
}

/* What of the segment in question goes into the Terminate: 0 if not even its
 * DDP head is there.
 */
static u32 quoted(const struct hps_frame *frame, u32 len, u32 *flags)
{
	u32 whole = sizeof(*frame) + sizeof(struct rdmap_read_request);

	if (len < sizeof(struct ddp_tagged))
		return 0;
	*flags = RDMAP_TERM_LEN | RDMAP_TERM_DDP;
	if (is_tagged(frame))
		return sizeof(struct ddp_tagged);
	if (len < sizeof(*frame)) {
		*flags = 0;
		return 0;
	}
	if ((frame->rdmap_ctrl & RDMAP_OPCODE_MASK) != RDMAP_OP_READ_REQUEST ||
	    len < whole)
		return sizeof(*frame);
	*flags |= RDMAP_TERM_RDMAP;

	return whole;
}

/**
 * rdmap_terminate_build - build the payload of a Terminate
 * @buf:	where to, RDMAP_MAX_TERMINATE octets
 * @error:	why
 * @frame:	the segment in question, from its MPA length on; NULL for none
 * @len:	octets of it that are here
 *
 * Return: octets of the payload.
 */
u32 rdmap_terminate_build(void *buf, enum rdmap_error error, const void *frame,
			  u32 len)
{
	struct rdmap_terminate *term = buf;
	u32 flags = 0, n = 0;

	/* What is wrong with MPA concerns no segment. */
	if (frame && (error >> 12 & 0xf) < 2)
		n = quoted(frame, len, &flags);
	term->control = cpu_to_be32((error & 0xffff) << RDMAP_TERM_CODE_SHIFT |
				    flags);
	if (n)
		memcpy(term + 1, frame, n);

	return sizeof(*term) + n;
}

/**
 * rdmap_terminate_parse - parse the payload of a Terminate
 * @buf:	the payload
 * @len:	octets of it
 * @info:	what it says
 *
 * Return: false if it is too short to say anything.
 */
bool rdmap_terminate_parse(const void *buf, u32 len,
			   struct rdmap_terminate_info *info)
{
	struct rdmap_terminate term;
	struct hps_frame frame;
	u32 control;

	memset(info, 0, sizeof(*info));
	if (len < sizeof(term))
		return false;
	memcpy(&term, buf, sizeof(term));
	control = be32_to_cpu(term.control);
	info->error = 1 << 16 | control >> RDMAP_TERM_CODE_SHIFT;
	if (!(control & RDMAP_TERM_DDP) || len < sizeof(term) + sizeof(frame))
		return true;

	memcpy(&frame, (const u8 *)buf + sizeof(term), sizeof(frame));
	if (is_tagged(&frame))
		return true;
	info->untagged = true;
	info->queue = be32_to_cpu(frame.queue);
	info->msn = be32_to_cpu(frame.msn);

	return true;
}

static const struct {
	u32		error;
	const char	*name;
} names[] = {
	{ RDMAP_OK, "none" },
	{ RDMAP_ERR_LOCAL, "local catastrophic error" },
	{ RDMAP_ERR_STAG, "request: invalid steering tag" },
	{ RDMAP_ERR_BOUNDS, "request: base or bounds violation" },
	{ RDMAP_ERR_RIGHTS, "access rights violation" },
	{ RDMAP_ERR_NOT_THIS_STREAM,
	  "request: steering tag not of this stream" },
	{ RDMAP_ERR_WRAP, "request: tagged offset wraps" },
	{ RDMAP_ERR_INVALIDATE, "steering tag cannot be invalidated" },
	{ RDMAP_ERR_VERSION, "invalid RDMAP version" },
	{ RDMAP_ERR_OPCODE, "unexpected operation" },
	{ RDMAP_ERR_STREAM, "malformed, stream cannot go on" },
	{ DDP_ERR_STAG, "invalid steering tag" },
	{ DDP_ERR_BOUNDS, "base or bounds violation" },
	{ DDP_ERR_NOT_THIS_STREAM, "steering tag not of this stream" },
	{ DDP_ERR_WRAP, "tagged offset wraps" },
	{ DDP_ERR_TAGGED_VERSION, "tagged: invalid DDP version" },
	{ DDP_ERR_QUEUE, "invalid queue number" },
	{ DDP_ERR_NO_BUFFER, "no buffer available" },
	{ DDP_ERR_MSN, "message sequence number out of range" },
	{ DDP_ERR_MO, "invalid message offset" },
	{ DDP_ERR_TOO_LONG, "message too long for its buffer" },
	{ DDP_ERR_UNTAGGED_VERSION, "untagged: invalid DDP version" },
	{ LLP_ERR_CLOSED, "TCP connection lost" },
	{ LLP_ERR_CRC, "MPA checksum does not match" },
};

/**
 * rdmap_error_name - for traces and messages
 * @error:	enum rdmap_error, or what a peer's Terminate says
 *
 * Return: a few words.
 */
const char *rdmap_error_name(u32 error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].error == error)
			return names[i].name;

	return "unknown error";
}
