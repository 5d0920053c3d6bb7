/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of programs that peers may use: protection domains, regions, their
 * pages.
 */
#ifndef _HPS_DDP_REGION_H
#define _HPS_DDP_REGION_H

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "ddp/access.h"
#include "ddp/cache.h"

struct hps_direct_region;
struct hps_net;
struct mm_struct;
struct net;
struct page;
struct user_struct;

/**
 * struct hps_domain - a protection domain: who may use which regions
 *
 * Lifetime and locking: one reference by each socket that has it, one by each
 * system call that works on it. A socket has a reference on its namespace, so a
 * domain needs none. The last one ends all its regions, in process context.
 * Connections know it by @id only, which finds no region any more when it has
 * ended.
 *
 * @ref:	references
 * @id:		never zero, and not given again before all other numbers were
 * @net:	its namespace
 * @regions:	struct hps_region; the table's lock
 */
struct hps_domain {
	refcount_t		ref;
	u32			id;
	struct net		*net;
	struct list_head	regions;
};

/**
 * struct hps_region - memory that is registered
 *
 * Lifetime and locking: belongs to its domain, and to nobody else: it has no
 * count of references. Whoever accesses it has found it under RCU and is done
 * before rcu_read_unlock(). It ends when it is deregistered or with its domain,
 * in phases:
 *  1. taken out of the table of tags: no access finds it;
 *  2. a grace period: those that found it before are done;
 *  3. it belongs to the cache, if that can have it: it may become another region
 *     of the same memory, with other rights and another tag;
 *  4. its mapping goes, its pages are given back, marked as written if they may
 *     have been, and count no more for RLIMIT_MEMLOCK of the @mm that registered
 *     it.
 * While it is used it does not care for what becomes of the program's mapping, nor
 * of the program: the pages stay. A child of fork() gets copies of them. All fields
 * but @node, @kept and those of its mapping are set before it is in the table and
 * never change while it is. A mapping that was taken away goes after a grace period
 * as well.
 *
 * @ddp:	what the check sees; its offsets begin with 0
 * @node:	in hps_domain.regions; the table's lock
 * @kept:	the cache's
 * @pages:	@nr_pages of them, pinned
 * @map:	all of them in one piece, NULL if they are mapped page by page;
 *		changes under hps_mappings.lock, read under RCU
 * @own_map:	the same if it was made for it; same lock
 * @mapped:	in hps_mappings.list with @own_map; same lock
 * @used:	jiffies of the last access that was found to be right
 * @mm:		for whom they count; the structure is held, not the memory
 * @user:	for whom they count as well, NULL if he may lock what he likes
 * @nr_pages:	0 for a region of no octets
 * @head:	octets of the first page before the region
 * @writable:	peers' octets may have come into it
 */
struct hps_region {
	struct ddp_region	ddp;
	struct list_head	node;
	struct hps_kept		kept;
	struct page		**pages;
	void __rcu		*map;
	void			*own_map;
	struct list_head	mapped;
	unsigned long		used;
	struct mm_struct	*mm;
	struct user_struct	*user;
	unsigned long		nr_pages;
	u32			head;
	bool			writable;
};

struct hps_domain *hps_domain_new(struct net *net);
void hps_domain_put(struct hps_domain *d);
bool hps_domain_unused(const struct hps_domain *d);

static inline void hps_domain_get(struct hps_domain *d)
{
	refcount_inc(&d->ref);
}

/* Of memory that is pinned for it. */
static inline u64 hps_region_octets(const struct hps_region *r)
{
	return (u64)r->nr_pages << PAGE_SHIFT;
}

/**
 * hps_region_of - the region of which an access was found to be right
 * @found:	of ddp_access_check()
 *
 * Context: RCU, any. That makes one use of its mapping.
 */
static inline struct hps_region *hps_region_of(struct ddp_region *found)
{
	struct hps_region *r = container_of(found, struct hps_region, ddp);

	if (READ_ONCE(r->used) != jiffies)
		WRITE_ONCE(r->used, jiffies);
	return r;
}

int hps_region_check(const struct hps_direct_region *arg);
int hps_region_register(struct hps_domain *d, u32 stream,
			struct hps_direct_region *arg);
int hps_region_deregister(struct hps_domain *d, u32 stag);
void hps_region_free(const struct net *net, struct hps_region *r);

enum ddp_verdict hps_region_find(const struct net *net,
				 const struct ddp_access *a,
				 struct hps_region **region);
enum ddp_verdict hps_region_post(const struct net *net,
				 const struct ddp_access *a);
void *hps_region_map(const struct hps_region *r, u64 offset, u32 *len);
void hps_region_unmap(const struct hps_region *r, const void *addr);
void hps_region_read(const struct hps_region *r, u64 offset, void *to, u32 len);
void hps_region_write(const struct hps_region *r, u64 offset, const void *from,
		      u32 len);
int hps_region_atomic(const struct hps_region *r, u64 offset, u8 op,
		      u64 operand, u64 compare, u64 *old);

const struct ddp_stag_table *hps_region_tags(const struct net *net);

int hps_region_net_init(struct hps_net *hn);
void hps_region_net_exit(struct hps_net *hn);

#endif /* _HPS_DDP_REGION_H */
