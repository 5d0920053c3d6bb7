// SPDX-License-Identifier: GPL-2.0
/*
 * Regions: register, deregister.
 */
#include "region.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "direct.h"

#define RIGHTS	(HPS_REMOTE_READ | HPS_REMOTE_WRITE | HPS_REMOTE_ATOMIC | \
		 HPS_REMOTE_INVALIDATE)

static_assert(HPS_REMOTE_READ == DDP_RIGHT_READ);
static_assert(HPS_REMOTE_WRITE == DDP_RIGHT_WRITE);
static_assert(HPS_REMOTE_ATOMIC == DDP_RIGHT_ATOMIC);
static_assert(HPS_REMOTE_INVALIDATE == DDP_RIGHT_INVALIDATE);

#define KERNEL_RIGHTS	(HPS_REMOTE_READ | HPS_REMOTE_WRITE | HPS_REMOTE_ATOMIC)

static_assert(HPS_REMOTE_READ == HPS_DIRECT_REMOTE_READ);
static_assert(HPS_REMOTE_WRITE == HPS_DIRECT_REMOTE_WRITE);
static_assert(HPS_REMOTE_ATOMIC == HPS_DIRECT_REMOTE_ATOMIC);

/* The kernel pins it; who may send what invalidates it is for us to know. */
static int register_in_kernel(struct hps_region *r, struct hps_conn *only)
{
	struct hps_direct_region region = {
		.addr = (uintptr_t)r->addr, .len = r->ddp.len,
		.rights = r->ddp.rights & KERNEL_RIGHTS,
		.flags = only ? HPS_DIRECT_ONLY : 0,
	};
	int fd = r->domain->anchor, err;

	if (only) {
		domain_lock(r->domain);
		fd = only->state == HPS_CONN_OPEN ?
		     fcntl(only->fd, F_DUPFD_CLOEXEC, 0) : -1;
		domain_unlock(r->domain);
	}
	if (fd < 0)
		return only ? -ENOTCONN : -EBADF;
	err = sock_register(fd, &region);
	if (only)
		close(fd);
	r->ddp.stag = region.stag;

	return err;
}

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
	if (is_direct(d)) {
		int err = register_in_kernel(r, only);

		if (err) {
			free(r);
			return err;
		}
	}

	domain_lock(d);
	d->objects++;
	if (is_direct(d))
		list_add_tail(&r->node, &d->regions);
	else
		ddp_stag_add(&d->table, &r->ddp);
	domain_unlock(d);
	*region = r;

	return 0;
}

void hps_region_deregister(struct hps_region *r)
{
	struct hps_domain *d = r->domain;

	domain_lock(d);
	if (!is_direct(d))
		ddp_stag_remove(&d->table, &r->ddp);
	else
		list_del(&r->node);
	d->objects--;
	domain_unlock(d);
	/* if a peer has not made it invalid, and nobody has its tag */
	if (is_direct(d) && !r->invalid)
		sock_deregister(d->anchor, r->ddp.stag);
	free(r);
}

/*
 * A peer sends that this region of ours, over AF_HPS, is invalid from now on. Returns
 * false if it may not say so. Domain's lock.
 */
bool region_invalidate(struct hps_conn *c, uint32_t stag)
{
	struct hps_domain *d = c->domain;
	struct hps_region *r;

	list_for_each_entry(r, &d->regions, node) {
		if (r->ddp.stag != stag || r->invalid)
			continue;
		if (!(r->ddp.rights & HPS_REMOTE_INVALIDATE) ||
		    (r->ddp.stream && r->ddp.stream != c->stream.stream))
			return false;
		sock_deregister(d->anchor, stag);
		r->invalid = true;
		return true;
	}

	return false;
}

uint32_t hps_region_stag(const struct hps_region *r)
{
	return r->ddp.stag;
}
