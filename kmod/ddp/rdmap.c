// SPDX-License-Identifier: GPL-2.0
/*
 * RDMAP operations: names, requests, what an atomic operation does (RFC 5040
 * sections 4.2 and 4.4, RFC 7306).
 */
#include "rdmap.h"

#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/byteorder.h>

static const char * const opcode_names[] = {
	[0x0] = "RDMA Write",
	[0x1] = "RDMA Read Request",
	[0x2] = "RDMA Read Response",
	[0x3] = "Send",
	[0x4] = "Send with Invalidate",
	[0x5] = "Send with Solicited Event",
	[0x6] = "Send with Solicited Event and Invalidate",
	[0x7] = "Terminate",
	[0x8] = "Immediate Data",
	[0x9] = "Immediate Data with Solicited Event",
	[0xa] = "Atomic Request",
	[0xb] = "Atomic Response",
};

/**
 * rdmap_opcode_name - for traces and messages
 * @opcode:	low four bits of the control octet
 *
 * Return: the name in the RFCs.
 */
const char *rdmap_opcode_name(u8 opcode)
{
	opcode &= RDMAP_OPCODE_MASK;

	return opcode < ARRAY_SIZE(opcode_names) ? opcode_names[opcode] :
						   "unassigned";
}

/**
 * rdmap_request_len - octets of a request's payload
 * @opcode:	RDMAP_OP_READ_REQUEST or RDMAP_OP_ATOMIC_REQUEST
 */
u32 rdmap_request_len(u8 opcode)
{
	return opcode == RDMAP_OP_ATOMIC_REQUEST ?
	       sizeof(struct rdmap_atomic_request) :
	       sizeof(struct rdmap_read_request);
}

/**
 * rdmap_request_parse - what a peer asks for
 * @payload:	rdmap_request_len() octets
 * @opcode:	RDMAP_OP_READ_REQUEST or RDMAP_OP_ATOMIC_REQUEST
 * @r:		what it is
 */
void rdmap_request_parse(const void *payload, u8 opcode,
			 struct rdmap_request *r)
{
	const struct rdmap_atomic_request *atomic = payload;
	const struct rdmap_read_request *read = payload;

	memset(r, 0, sizeof(*r));
	if (opcode == RDMAP_OP_READ_REQUEST) {
		r->sink_stag = be32_to_cpu(read->sink_stag);
		r->sink_offset = be64_to_cpu(read->sink_offset);
		r->len = be32_to_cpu(read->len);
		r->stag = be32_to_cpu(read->source_stag);
		r->offset = be64_to_cpu(read->source_offset);
		return;
	}
	r->atomic = true;
	r->len = sizeof(u64);
	r->op = be32_to_cpu(atomic->opcode) & RDMAP_ATOMIC_MASK;
	r->id = be32_to_cpu(atomic->id);
	r->stag = be32_to_cpu(atomic->stag);
	r->offset = be64_to_cpu(atomic->offset);
	r->data = be64_to_cpu(atomic->data);
	r->mask = be64_to_cpu(atomic->mask);
	r->compare = be64_to_cpu(atomic->compare);
	r->compare_mask = be64_to_cpu(atomic->compare_mask);
}

/**
 * rdmap_request_build - the payload of a request
 * @payload:	where to, room for either kind
 * @r:		what it is
 *
 * Return: octets of it.
 */
u32 rdmap_request_build(void *payload, const struct rdmap_request *r)
{
	struct rdmap_atomic_request *atomic = payload;
	struct rdmap_read_request *read = payload;

	if (!r->atomic) {
		read->sink_stag = cpu_to_be32(r->sink_stag);
		read->sink_offset = cpu_to_be64(r->sink_offset);
		read->len = cpu_to_be32(r->len);
		read->source_stag = cpu_to_be32(r->stag);
		read->source_offset = cpu_to_be64(r->offset);
		return sizeof(*read);
	}
	atomic->opcode = cpu_to_be32(r->op);
	atomic->id = cpu_to_be32(r->id);
	atomic->stag = cpu_to_be32(r->stag);
	atomic->offset = cpu_to_be64(r->offset);
	atomic->data = cpu_to_be64(r->data);
	atomic->mask = cpu_to_be64(r->mask);
	atomic->compare = cpu_to_be64(r->compare);
	atomic->compare_mask = cpu_to_be64(r->compare_mask);

	return sizeof(*atomic);
}

/* Each set bit of @mask ends a field; no carry passes it (RFC 7306). */
static u64 add_fields(u64 a, u64 b, u64 mask)
{
	u64 low = (a & ~mask) + (b & ~mask);

	return low ^ ((a ^ b) & mask);
}

/**
 * rdmap_atomic_result - what an atomic operation leaves
 * @r:		the operation, one of those that rdmap_stream_done() lets pass
 * @old:	what is there
 *
 * The caller makes "read, this, write" one step, with its compare-and-exchange.
 *
 * Return: what shall be there, @old if nothing changes.
 */
u64 rdmap_atomic_result(const struct rdmap_request *r, u64 old)
{
	if (r->op == RDMAP_ATOMIC_FETCH_ADD)
		return add_fields(old, r->data, r->mask);
	if ((old ^ r->compare) & r->compare_mask)
		return old;

	return (old & ~r->mask) | (r->data & r->mask);
}
