/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Regions: registered memory of a domain.
 */
#ifndef _LIBHPS_REGION_H
#define _LIBHPS_REGION_H

#include "domain.h"

/**
 * struct hps_region - registered memory
 * @ddp:	as peers see it
 * @domain:	its domain
 * @addr:	where it is
 * @node:	in the domain's list, if the kernel has it
 * @invalid:	a peer has made it so, and the kernel has it no more
 *
 * Lifetime and locking: from hps_region_register() to hps_region_deregister().
 * Who uses @addr found the region in the domain's table and holds the domain's
 * lock since.
 */
struct hps_region {
	struct ddp_region ddp;
	struct hps_domain *domain;
	uint8_t		*addr;
	struct list_head node;
	bool		invalid;
};

bool region_invalidate(struct hps_conn *c, uint32_t stag);

/* The memory behind a region that an access was granted to. */
static inline uint8_t *region_memory(struct ddp_region *ddp, uint64_t at)
{
	return container_of(ddp, struct hps_region, ddp)->addr + at;
}

#endif /* _LIBHPS_REGION_H */
