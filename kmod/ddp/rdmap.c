// SPDX-License-Identifier: GPL-2.0
/*
 * RDMAP operations by name (RFC 5040 section 4.2, RFC 7306 section 4).
 */
#include "rdmap.h"

#include <linux/kernel.h>

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
