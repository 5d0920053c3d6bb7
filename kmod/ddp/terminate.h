/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Terminate messages: what is wrong with a stream, and with which segment of it
 * (RFC 5040 section 4.8, RFC 5041, RFC 5044). Pure codec.
 */
#ifndef _HPS_DDP_TERMINATE_H
#define _HPS_DDP_TERMINATE_H

#include <linux/types.h>

#include "../wire.h"

#define RDMAP_ERR(layer, type, code) \
	(1 << 16 | (layer) << 12 | (type) << 8 | (code))

/**
 * enum rdmap_error - why a stream is terminated
 *
 * The low 16 bits are layer, type and code as they stand in a Terminate; so a
 * code that a peer sends need not be one of these. Those without a comment are
 * named as in the RFCs, see rdmap_error_name().
 */
enum rdmap_error {
	RDMAP_OK			= 0,

	/* RDMAP: protection of the memory that a request names */
	RDMAP_ERR_LOCAL			= RDMAP_ERR(0, 0, 0x00),
	RDMAP_ERR_STAG			= RDMAP_ERR(0, 1, 0x00),
	RDMAP_ERR_BOUNDS		= RDMAP_ERR(0, 1, 0x01),
	RDMAP_ERR_RIGHTS		= RDMAP_ERR(0, 1, 0x02),
	RDMAP_ERR_NOT_THIS_STREAM	= RDMAP_ERR(0, 1, 0x03),
	RDMAP_ERR_WRAP			= RDMAP_ERR(0, 1, 0x04),
	RDMAP_ERR_INVALIDATE		= RDMAP_ERR(0, 1, 0x09),

	/* RDMAP: operation */
	RDMAP_ERR_VERSION		= RDMAP_ERR(0, 2, 0x05),
	RDMAP_ERR_OPCODE		= RDMAP_ERR(0, 2, 0x06),
	/* for what is malformed and has no code of its own */
	RDMAP_ERR_STREAM		= RDMAP_ERR(0, 2, 0x07),

	/* DDP: tagged segments */
	DDP_ERR_STAG			= RDMAP_ERR(1, 1, 0x00),
	DDP_ERR_BOUNDS			= RDMAP_ERR(1, 1, 0x01),
	DDP_ERR_NOT_THIS_STREAM		= RDMAP_ERR(1, 1, 0x02),
	DDP_ERR_WRAP			= RDMAP_ERR(1, 1, 0x03),
	DDP_ERR_TAGGED_VERSION		= RDMAP_ERR(1, 1, 0x04),

	/* DDP: untagged segments */
	DDP_ERR_QUEUE			= RDMAP_ERR(1, 2, 0x01),
	DDP_ERR_NO_BUFFER		= RDMAP_ERR(1, 2, 0x02),
	DDP_ERR_MSN			= RDMAP_ERR(1, 2, 0x03),
	DDP_ERR_MO			= RDMAP_ERR(1, 2, 0x04),
	DDP_ERR_TOO_LONG		= RDMAP_ERR(1, 2, 0x05),
	DDP_ERR_UNTAGGED_VERSION	= RDMAP_ERR(1, 2, 0x06),

	/* MPA */
	LLP_ERR_CLOSED			= RDMAP_ERR(2, 0, 0x01),
	LLP_ERR_CRC			= RDMAP_ERR(2, 0, 0x02),
};

/* The most octets of a Terminate's payload: control, length, both heads. */
#define RDMAP_MAX_TERMINATE \
	(sizeof(struct rdmap_terminate) + sizeof(struct hps_frame) + \
	 sizeof(struct rdmap_read_request))

/**
 * struct rdmap_terminate_info - what a Terminate says
 * @error:	why; may be a code that enum rdmap_error does not list
 * @untagged:	it names an untagged segment: @queue and @msn hold
 * @queue:	of that segment
 * @msn:	of that segment
 */
struct rdmap_terminate_info {
	u32	error;
	bool	untagged;
	u32	queue;
	u32	msn;
};

u32 rdmap_terminate_build(void *buf, enum rdmap_error error, const void *frame,
			  u32 len);
bool rdmap_terminate_parse(const void *buf, u32 len,
			   struct rdmap_terminate_info *info);
const char *rdmap_error_name(u32 error);

#endif /* _HPS_DDP_TERMINATE_H */
