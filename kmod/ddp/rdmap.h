/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RDMAP: the control octet and its operations (RFC 5040). Pure codec.
 */
#ifndef _HPS_DDP_RDMAP_H
#define _HPS_DDP_RDMAP_H

#include <linux/types.h>

#include "../wire.h"

/**
 * rdmap_ctrl - the control octet of an operation (RFC 5040 section 4.1)
 * @opcode:	RDMAP_OP_*
 */
static inline u8 rdmap_ctrl(u8 opcode)
{
	return RDMAP_VERSION | opcode;
}

/* Send, in any of its four forms. */
static inline bool rdmap_is_send(u8 opcode)
{
	return opcode >= RDMAP_OP_SEND && opcode <= RDMAP_OP_SEND_SE_INVAL;
}

static inline bool rdmap_invalidates(u8 opcode)
{
	return opcode == RDMAP_OP_SEND_INVAL ||
	       opcode == RDMAP_OP_SEND_SE_INVAL;
}

static inline bool rdmap_solicits(u8 opcode)
{
	return opcode == RDMAP_OP_SEND_SE || opcode == RDMAP_OP_SEND_SE_INVAL;
}

/**
 * struct rdmap_request - a peer's request: an RDMA Read or an atomic operation
 * @atomic:	an atomic operation, else a Read
 * @sink_stag:	Read: what the response names
 * @sink_offset: Read: where the response begins
 * @len:	octets, 8 for an atomic operation
 * @stag:	the memory
 * @offset:	where in it
 * @op:		atomic: RDMAP_ATOMIC_*
 * @id:		atomic: what the response repeats
 * @data:	atomic: to add, or to swap in
 * @mask:	add: the most significant bit of each field; swap: bits to change
 * @compare:	swap: what must be there
 * @compare_mask: swap: which bits of it count
 */
struct rdmap_request {
	bool	atomic;
	u32	sink_stag;
	u64	sink_offset;
	u32	len;
	u32	stag;
	u64	offset;
	u32	op;
	u32	id;
	u64	data;
	u64	mask;
	u64	compare;
	u64	compare_mask;
};

u32 rdmap_request_len(u8 opcode);
void rdmap_request_parse(const void *payload, u8 opcode,
			 struct rdmap_request *r);
u32 rdmap_request_build(void *payload, const struct rdmap_request *r);
u64 rdmap_atomic_result(const struct rdmap_request *r, u64 old);
const char *rdmap_opcode_name(u8 opcode);

#endif /* _HPS_DDP_RDMAP_H */
