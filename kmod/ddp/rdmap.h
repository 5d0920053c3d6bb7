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

const char *rdmap_opcode_name(u8 opcode);

#endif /* _HPS_DDP_RDMAP_H */
