// SPDX-License-Identifier: GPL-2.0
/*
 * The head of a frame of hps kind: an untagged DDP segment (RFC 5041 section
 * 4.2) that is one whole RDMAP Send (RFC 5040 section 4.3).
 *
 * RFC 5041 leaves reserved bits unchecked; two ends that speak HPS know that
 * they set none, so here a bit that is set tells a frame that is not ours.
 */
#include "ddp.h"

#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/stddef.h>

#include "rdmap.h"

/**
 * struct rule - one thing that the head must satisfy
 * @word:	which of its 32-bit words, in the order of struct hps_frame
 * @mask:	the bits that count
 * @want:	what they must be; the MSN counts from the expected one
 * @error:	if they are not
 */
struct rule {
	u8	word;
	u32	mask;
	u32	want;
	enum hps_frame_error error;
};

enum {
	WORD_CTRL,
	WORD_INVALIDATE,
	WORD_QUEUE,
	WORD_MSN,
	WORD_OFFSET,
	WORDS,
};

static_assert(WORDS * sizeof(u32) == sizeof(struct hps_frame));

#define DDP(bits)		((u32)(bits) << 8)
#define RDMAP(bits)		((u32)(bits))
#define RDMAP_RESERVED		0x30

static const struct rule rules[] = {
	{ WORD_CTRL, DDP(DDP_VERSION_MASK), DDP(DDP_VERSION),
	  HPS_FRAME_DDP_VERSION },
	{ WORD_CTRL, DDP(DDP_FLAG_TAGGED), 0, HPS_FRAME_TAGGED },
	{ WORD_CTRL, DDP(DDP_FLAG_LAST), DDP(DDP_FLAG_LAST),
	  HPS_FRAME_NOT_LAST },
	{ WORD_CTRL, DDP(DDP_RESERVED), 0, HPS_FRAME_DDP_RESERVED },
	{ WORD_CTRL, RDMAP(RDMAP_VERSION_MASK), RDMAP(RDMAP_VERSION),
	  HPS_FRAME_RDMAP_VERSION },
	{ WORD_CTRL, RDMAP(RDMAP_RESERVED), 0, HPS_FRAME_RDMAP_RESERVED },
	{ WORD_CTRL, RDMAP(RDMAP_OPCODE_MASK), RDMAP(RDMAP_OP_SEND),
	  HPS_FRAME_OPCODE },
	{ WORD_INVALIDATE, U32_MAX, 0, HPS_FRAME_INVALIDATE },
	{ WORD_QUEUE, U32_MAX, DDP_QN_SEND, HPS_FRAME_QUEUE },
	{ WORD_MSN, U32_MAX, 0, HPS_FRAME_MSN },
	{ WORD_OFFSET, U32_MAX, 0, HPS_FRAME_OFFSET },
};

/**
 * hps_frame_build - the head of a frame that carries one HPS message
 * @f:		where to
 * @payload_len: octets of the message, MPA_MAX_ULPDU - HPS_ULPDU_HEAD at most
 * @msn:	number of the Send on its channel, from 1
 */
void hps_frame_build(struct hps_frame *f, u32 payload_len, u32 msn)
{
	WARN_ON_ONCE(payload_len > MPA_MAX_ULPDU - HPS_ULPDU_HEAD);

	f->mpa_len = cpu_to_be16(HPS_ULPDU_HEAD + payload_len);
	f->ddp_ctrl = DDP_FLAG_LAST | DDP_VERSION;
	f->rdmap_ctrl = rdmap_ctrl(RDMAP_OP_SEND);
	f->invalidate_stag = 0;
	f->queue = cpu_to_be32(DDP_QN_SEND);
	f->msn = cpu_to_be32(msn);
	f->offset = 0;
}

/* What nearly every frame is: the whole head as hps_frame_build() makes it. */
static bool is_right(const struct hps_frame *f, u32 msn)
{
	return f->ddp_ctrl == (DDP_FLAG_LAST | DDP_VERSION) &&
	       f->rdmap_ctrl == rdmap_ctrl(RDMAP_OP_SEND) &&
	       !f->invalidate_stag && f->queue == cpu_to_be32(DDP_QN_SEND) &&
	       f->msn == cpu_to_be32(msn) && !f->offset &&
	       be16_to_cpu(f->mpa_len) >= HPS_ULPDU_HEAD;
}

static enum hps_frame_error find_error(const struct hps_frame *f, u32 msn)
{
	const u32 words[WORDS] = {
		[WORD_CTRL] = f->ddp_ctrl << 8 | f->rdmap_ctrl,
		[WORD_INVALIDATE] = be32_to_cpu(f->invalidate_stag),
		[WORD_QUEUE] = be32_to_cpu(f->queue),
		[WORD_MSN] = be32_to_cpu(f->msn) - msn,
		[WORD_OFFSET] = be32_to_cpu(f->offset),
	};
	unsigned int i;

	if (be16_to_cpu(f->mpa_len) < HPS_ULPDU_HEAD)
		return HPS_FRAME_SHORT;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct rule *r = &rules[i];

		if ((words[r->word] & r->mask) == r->want)
			continue;
		if (r->error == HPS_FRAME_OPCODE &&
		    (f->rdmap_ctrl & RDMAP_OPCODE_MASK) == RDMAP_OP_TERMINATE)
			return HPS_FRAME_TERMINATE;

		return r->error;
	}

	return HPS_FRAME_OK;
}

/**
 * hps_frame_check - is this the head of the frame that must come next?
 * @f:		the head
 * @msn:	number of the Send that is expected
 *
 * Return: HPS_FRAME_OK, or the first thing that is wrong. The channel cannot
 * be used any more then.
 */
enum hps_frame_error hps_frame_check(const struct hps_frame *f, u32 msn)
{
	if (likely(is_right(f, msn)))
		return HPS_FRAME_OK;

	return find_error(f, msn);
}

/**
 * hps_frame_error_name - for traces and messages
 * @error:	what
 *
 * Return: a few words.
 */
const char *hps_frame_error_name(enum hps_frame_error error)
{
	static const char * const names[] = {
		[HPS_FRAME_OK]			= "none",
		[HPS_FRAME_SHORT]		= "frame too short",
		[HPS_FRAME_TAGGED]		= "tagged segment",
		[HPS_FRAME_NOT_LAST]		= "segmented Send",
		[HPS_FRAME_DDP_VERSION]		= "DDP version",
		[HPS_FRAME_DDP_RESERVED]	= "DDP reserved bits",
		[HPS_FRAME_RDMAP_VERSION]	= "RDMAP version",
		[HPS_FRAME_RDMAP_RESERVED]	= "RDMAP reserved bits",
		[HPS_FRAME_TERMINATE]		= "terminated by the peer",
		[HPS_FRAME_OPCODE]		= "unexpected operation",
		[HPS_FRAME_INVALIDATE]		= "Send names a region",
		[HPS_FRAME_QUEUE]		= "wrong queue",
		[HPS_FRAME_MSN]			= "wrong sequence number",
		[HPS_FRAME_OFFSET]		= "wrong message offset",
	};

	return error < ARRAY_SIZE(names) ? names[error] : "unknown";
}
