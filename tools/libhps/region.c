// SPDX-License-Identifier: GPL-2.0
/*
 * Regions: register, deregister.
 */
#include "region.h"

#include <errno.h>
#include <stdlib.h>

#include "conn.h"

#define RIGHTS	(HPS_REMOTE_READ | HPS_REMOTE_WRITE | HPS_REMOTE_ATOMIC | \
		 HPS_REMOTE_INVALIDATE)

static_assert(HPS_REMOTE_READ == DDP_RIGHT_READ);
static_assert(HPS_REMOTE_WRITE == DDP_RIGHT_WRITE);
static_assert(HPS_REMOTE_ATOMIC == DDP_RIGHT_ATOMIC);
static_assert(HPS_REMOTE_INVALIDATE == DDP_RIGHT_INVALIDATE);

/* A domain has a table of its own, so all of its regions are of domain 1. */
int hps_region_register(struct hps_domain *d, void *addr, size_t len,
			unsigned int rights, struct hps_conn *only,
			struct hps_region **region)
{
	struct hps_region *r;

	if (rights & ~RIGHTS || (!addr && len) ||
	    (uintptr_t)addr + len < (uintptr_t)addr ||
	    (only && only->domain != d))
		return -EINVAL;
	/* Offsets of atomics are checked for alignment, addresses are not. */
	if (rights & HPS_REMOTE_ATOMIC && (uintptr_t)addr % sizeof(uint64_t))
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->domain = d;
	r->addr = addr;
	r->ddp.rights = rights;
	r->ddp.len = len;
	r->ddp.domain = DOMAIN_ID;
	r->ddp.stream = only ? only->stream.stream : 0;

	domain_lock(d);
	d->objects++;
	ddp_stag_add(&d->table, &r->ddp);
	domain_unlock(d);
	*region = r;

	return 0;
}

void hps_region_deregister(struct hps_region *r)
{
	struct hps_domain *d = r->domain;

	domain_lock(d);
	ddp_stag_remove(&d->table, &r->ddp);
	d->objects--;
	domain_unlock(d);
	free(r);
}

uint32_t hps_region_stag(const struct hps_region *r)
{
	return r->ddp.stag;
}
