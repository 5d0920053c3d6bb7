// SPDX-License-Identifier: GPL-2.0
/*
 * Steering tags, and the check before each access to a region.
 */
#include "access.h"

#include <linux/compiler.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/string.h>

static u32 bucket_of(u32 stag)
{
	/* tags are random: any bits do */
	return stag % DDP_STAG_BUCKETS;
}

/**
 * ddp_stag_init - an empty table
 * @table:	the table
 */
void ddp_stag_init(struct ddp_stag_table *table)
{
	memset(table, 0, sizeof(*table));
}

/**
 * ddp_stag_find - the region of a steering tag
 * @table:	the table
 * @stag:	the tag
 *
 * Context: RCU, or what serialises the table's writers.
 *
 * Return: the region, valid or not; NULL if there is none.
 */
struct ddp_region *ddp_stag_find(const struct ddp_stag_table *table, u32 stag)
{
	struct ddp_region *region;

	hlist_for_each_entry_rcu(region, &table->bucket[bucket_of(stag)], node)
		if (region->stag == stag)
			return region;

	return NULL;
}

static bool is_free(const struct ddp_stag_table *table, u32 stag)
{
	u32 i;

	/* Zero is what a plain Send has in the place of a tag. */
	if (!stag)
		return false;
	for (i = 0; i < DDP_STAG_RESTING; i++)
		if (table->resting[i] == stag)
			return false;

	return !ddp_stag_find(table, stag);
}

/**
 * ddp_stag_add - give a region a tag and let it be found
 * @table:	the table
 * @region:	the region; all but @region->stag and @region->valid is set
 *
 * The tag has 32 random bits: who does not know it does not guess it, for the
 * first wrong one ends the stream (RFC 5042). It is none of the last
 * DDP_STAG_RESTING that were given back, so that a peer that is late does not
 * meet another region.
 *
 * Context: serialised by the caller.
 */
void ddp_stag_add(struct ddp_stag_table *table, struct ddp_region *region)
{
	u32 stag;

	rcu_read_lock();
	do {
		stag = get_random_u32();
	} while (!is_free(table, stag));
	rcu_read_unlock();

	region->stag = stag;
	WRITE_ONCE(region->valid, true);
	hlist_add_head_rcu(&region->node, &table->bucket[bucket_of(stag)]);
}

/**
 * ddp_stag_remove - let a region not be found any more
 * @table:	the table
 * @region:	the region
 *
 * Who has found it before may still use it: the caller waits for them (in the
 * kernel, a grace period and the placements under way).
 *
 * Context: serialised by the caller.
 */
void ddp_stag_remove(struct ddp_stag_table *table, struct ddp_region *region)
{
	hlist_del_rcu(&region->node);
	WRITE_ONCE(region->valid, false);
	table->resting[table->next] = region->stag;
	table->next = (table->next + 1) % DDP_STAG_RESTING;
}

/**
 * ddp_access_check - may a peer make this access?
 * @table:	all regions
 * @a:		the access
 * @region:	the region, if it may; not to be used if not
 *
 * The one place where tag, stream, rights and bounds are checked, before any
 * octet is read or written. What takes no octets (invalidation) has no bounds.
 *
 * Context: RCU, or what serialises the table's writers; @region holds as long.
 *
 * Return: DDP_ACCESS_OK, or the first thing that is wrong.
 */
enum ddp_verdict ddp_access_check(const struct ddp_stag_table *table,
				  const struct ddp_access *a,
				  struct ddp_region **region)
{
	struct ddp_region *r = ddp_stag_find(table, a->stag);
	u64 at;

	if (!r || !READ_ONCE(r->valid))
		return DDP_ACCESS_STAG;
	if (r->domain != a->domain || (r->stream && r->stream != a->stream))
		return DDP_ACCESS_STREAM;
	if (!(r->rights & a->right))
		return DDP_ACCESS_RIGHTS;
	*region = r;
	if (!a->len)
		return DDP_ACCESS_OK;
	if (a->offset > U64_MAX - (a->len - 1))
		return DDP_ACCESS_WRAP;
	/* Subtractions that cannot wrap: a sum could. */
	if (a->offset < r->base)
		return DDP_ACCESS_BOUNDS;
	at = a->offset - r->base;
	if (at > r->len || a->len > r->len - at)
		return DDP_ACCESS_BOUNDS;

	return DDP_ACCESS_OK;
}
