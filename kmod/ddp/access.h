/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Regions of memory as a peer sees them, their steering tags, and the one check
 * that stands before each access (RFC 5042). Pure.
 */
#ifndef _HPS_DDP_ACCESS_H
#define _HPS_DDP_ACCESS_H

#include <linux/list.h>
#include <linux/types.h>

#define DDP_RIGHT_READ		0x1	/* RDMA Read */
#define DDP_RIGHT_WRITE		0x2	/* RDMA Write */
#define DDP_RIGHT_ATOMIC	0x4	/* atomic operations */
#define DDP_RIGHT_INVALIDATE	0x8	/* Send with Invalidate */
#define DDP_RIGHT_SINK		0x10	/* answers to our own reads and atomics */

/**
 * struct ddp_region - what a peer may do with a piece of memory
 * @node:	in its table, by @stag
 * @stag:	steering tag, never zero; random
 * @rights:	DDP_RIGHT_*
 * @base:	tagged offset of the first octet
 * @len:	octets; @base + @len - 1 does not wrap
 * @domain:	protection domain
 * @stream:	the one stream that may use it, or zero: each of @domain
 * @valid:	cleared by invalidation; from then on every access is refused;
 *		READ_ONCE, WRITE_ONCE
 *
 * Lifetime and locking: the owner embeds it. All but @node and @valid are set
 * before ddp_stag_add() and never change. Readers look it up under RCU (user
 * space: under the owner's lock); the owner frees it after ddp_stag_remove() and
 * when no reader is left.
 */
struct ddp_region {
	struct hlist_node node;
	u32	stag;
	u32	rights;
	u64	base;
	u64	len;
	u32	domain;
	u32	stream;
	bool	valid;
};

#define DDP_STAG_BUCKETS	1024
#define DDP_STAG_RESTING	256

/**
 * struct ddp_stag_table - all regions by steering tag
 * @bucket:	the regions
 * @resting:	the last tags that were given back, not to be used again
 * @next:	place in @resting for the next one
 *
 * Locking: writers serialise; ddp_stag_find() is under RCU.
 */
struct ddp_stag_table {
	struct hlist_head bucket[DDP_STAG_BUCKETS];
	u32	resting[DDP_STAG_RESTING];
	u32	next;
};

void ddp_stag_init(struct ddp_stag_table *table);
void ddp_stag_add(struct ddp_stag_table *table, struct ddp_region *region);
void ddp_stag_remove(struct ddp_stag_table *table, struct ddp_region *region);
struct ddp_region *ddp_stag_find(const struct ddp_stag_table *table, u32 stag);

/**
 * enum ddp_verdict - may this access be made?
 * @DDP_ACCESS_OK:	yes
 * @DDP_ACCESS_STAG:	no such tag, or it is invalidated
 * @DDP_ACCESS_STREAM:	another stream's or another domain's
 * @DDP_ACCESS_RIGHTS:	not for this operation
 * @DDP_ACCESS_WRAP:	offset and length pass 2^64
 * @DDP_ACCESS_BOUNDS:	not wholly inside of the region
 */
enum ddp_verdict {
	DDP_ACCESS_OK,
	DDP_ACCESS_STAG,
	DDP_ACCESS_STREAM,
	DDP_ACCESS_RIGHTS,
	DDP_ACCESS_WRAP,
	DDP_ACCESS_BOUNDS,
};

/**
 * struct ddp_access - an access that a peer asks for
 * @stag:	steering tag
 * @offset:	tagged offset
 * @len:	octets
 * @right:	the one DDP_RIGHT_* that it takes
 * @domain:	protection domain of the stream
 * @stream:	the stream that asks, never zero
 */
struct ddp_access {
	u32	stag;
	u64	offset;
	u64	len;
	u32	right;
	u32	domain;
	u32	stream;
};

enum ddp_verdict ddp_access_check(const struct ddp_stag_table *table,
				  const struct ddp_access *a,
				  struct ddp_region **region);

#endif /* _HPS_DDP_ACCESS_H */
