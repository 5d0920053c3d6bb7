/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registration cache: regions that were ended keep their pages for a while,
 * as long as the program's mapping of them does not change.
 */
#ifndef _HPS_DDP_CACHE_H
#define _HPS_DDP_CACHE_H

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#ifndef CONFIG_MMU_NOTIFIER
#error "HPS needs a kernel with CONFIG_MMU_NOTIFIER"
#endif

struct hps_region;
struct net;

#define HPS_CACHE_BITS		8

/**
 * struct hps_cache - the idle regions of a namespace
 *
 * Locking: @lock guards all but @reap and @work, and is what the interval
 * notifiers call the user's lock: taken in their callbacks, so nothing sleeps
 * under it; innermost. @reap is held from when idle regions are taken out until
 * they are given back, so that who waits for it finds their pages uncharged; the
 * lock of an mm nests inside of it.
 *
 * @net:	the namespace
 * @lock:	see above
 * @by_addr:	struct hps_kept that are idle
 * @idle:	the same, that which is idle for longest first
 * @dead:	were idle until their mapping changed; to be given back
 * @octets:	of @idle
 * @reap:	see above
 * @work:	gives back what is dead, or idle for too long
 */
struct hps_cache {
	struct net		*net;
	spinlock_t		lock;
	DECLARE_HASHTABLE(by_addr, HPS_CACHE_BITS);
	struct list_head	idle;
	struct list_head	dead;
	u64			octets;
	struct mutex		reap;
	struct delayed_work	work;
};

/**
 * struct hps_kept - what the cache has of a region, for all of its life
 *
 * The states of a region, as the cache sees it:
 *
 *   not watched      too large, or the cache is off: it ends with its use
 *   used, current    the mapping is what it was when the pages were pinned
 *   used, stale      the mapping changed: its users go on, the cache has it not
 *   idle             in @hash and the list of idle ones; always current
 *   dead             was idle, became stale: waits for the work
 *
 * Current is what mmu_interval_read_retry() says of @seq. Nothing makes a stale
 * region current again.
 *
 * @cache:	where it belongs
 * @notifier:	tells of changes of the mapping, if @watched
 * @seq:	read before the pages were pinned; never changes
 * @addr:	of the first page
 * @hash:	in hps_cache.by_addr; hps_cache.lock
 * @node:	in the list of idle or dead ones, or of who gives it back; likewise
 * @since:	when it became idle, jiffies
 * @watched:	@notifier is inserted
 * @idle:	hps_cache.lock
 */
struct hps_kept {
	struct hps_cache		*cache;
	struct mmu_interval_notifier	notifier;
	unsigned long			seq;
	unsigned long			addr;
	struct hlist_node		hash;
	struct list_head		node;
	unsigned long			since;
	bool				watched;
	bool				idle;
};

/**
 * enum hps_cache_which - which idle regions are in the way
 * @HPS_CACHE_CALLERS:	those that count for the caller's process or user
 * @HPS_CACHE_MAPPED:	those of the caller's process that take of net.hps.map_budget
 */
enum hps_cache_which {
	HPS_CACHE_CALLERS,
	HPS_CACHE_MAPPED,
};

void hps_cache_init(struct hps_cache *c, struct net *net);
void hps_cache_exit(struct hps_cache *c);

void hps_cache_watch(struct hps_cache *c, struct hps_region *r,
		     unsigned long addr);
void hps_cache_unwatch(struct hps_region *r);
bool hps_cache_keep(struct hps_region *r);
struct hps_region *hps_cache_take(struct hps_cache *c, unsigned long addr,
				  unsigned long nr_pages, bool writable);
void hps_cache_evict(struct hps_cache *c, enum hps_cache_which which,
		     u64 octets);

#endif /* _HPS_DDP_CACHE_H */
