// SPDX-License-Identifier: GPL-2.0
/*
 * Regions that were ended stay pinned and mapped for a while: who registers the
 * same memory again gets them back. An idle region is given to nobody any more
 * as soon as its mapping changes.
 */
#include "ddp/cache.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>

#include "compat.h"
#include "ddp/region.h"
#include "net.h"

/* So long pages stay pinned that nobody asks for. */
#define MAX_IDLE	(10 * HZ)

static struct hps_region *region_of(struct hps_kept *k)
{
	return container_of(k, struct hps_region, kept);
}

static u64 limit_of(const struct hps_cache *c)
{
	return READ_ONCE(hps_net(c->net)->sysctl.region_cache);
}

static u32 idle_bucket(const struct mm_struct *mm, unsigned long addr)
{
	return hash_long((unsigned long)mm ^ (addr >> PAGE_SHIFT),
			 HPS_CACHE_BITS);
}

/* It stands where it says no more; the caller has it on no list. */
static void leave(struct hps_cache *c, struct hps_kept *k)
{
	u64 octets = hps_region_octets(region_of(k));

	lockdep_assert_held(&c->lock);
	k->idle = false;
	hash_del(&k->hash);
	list_del(&k->node);
	c->octets -= octets;
	hps_mib_add(c->net, HPS_MIB_REGION_IDLE_OCTETS, -octets);
}

/* The next one that is taken out for want of room or for its age. */
static void evict(struct hps_cache *c, struct hps_kept *k,
		  struct list_head *gone)
{
	leave(c, k);
	list_add_tail(&k->node, gone);
	hps_mib_inc(c->net, HPS_MIB_REGION_CACHE_EVICTED);
}

static void give_back(struct hps_cache *c, struct list_head *gone)
{
	struct hps_kept *k, *next;

	lockdep_assert_held(&c->reap);
	list_for_each_entry_safe(k, next, gone, node)
		hps_region_free(c->net, region_of(k));
}

/* The mapping is about to change: munmap, mremap, mprotect, madvise, fork, the
 * end of the process and whatever else replaces a page. What comes later finds
 * the region gone or stale; unpinning may sleep, so it is left to the work.
 */
static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range,
		       unsigned long seq)
{
	struct hps_kept *k = container_of(notifier, struct hps_kept, notifier);
	struct hps_cache *c = k->cache;

	spin_lock(&c->lock);
	mmu_interval_set_seq(notifier, seq);
	if (k->idle) {
		leave(c, k);
		list_add_tail(&k->node, &c->dead);
		hps_mib_inc(c->net, HPS_MIB_REGION_CACHE_DROPPED);
		mod_delayed_work(hps_unbound_wq, &c->work, 0);
	}
	spin_unlock(&c->lock);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate	= invalidate,
};

/**
 * hps_cache_watch - from now on, notice when a mapping changes
 * @c:		the cache
 * @r:		a region of current->mm whose pages are going to be pinned
 * @addr:	of its first page
 *
 * A change that is under way is waited for: the pages that are pinned
 * afterwards are those of @addr until the notifier says otherwise. If it cannot
 * be watched, the region is one that the cache does not keep.
 *
 * Context: process, no lock held.
 */
void hps_cache_watch(struct hps_cache *c, struct hps_region *r,
		     unsigned long addr)
{
	struct hps_kept *k = &r->kept;

	if (hps_region_octets(r) > limit_of(c))
		return;
	k->cache = c;
	k->addr = addr;
	if (mmu_interval_notifier_insert(&k->notifier, r->mm, addr,
					 hps_region_octets(r), &notifier_ops))
		return;
	k->watched = true;
	k->seq = mmu_interval_read_begin(&k->notifier);
}

/**
 * hps_cache_unwatch - the opposite, before a region is freed
 * @r:	the region, not idle
 *
 * Context: process; waits for changes that are under way.
 */
void hps_cache_unwatch(struct hps_region *r)
{
	if (r->kept.watched)
		mmu_interval_notifier_remove(&r->kept.notifier);
	r->kept.watched = false;
}

/**
 * hps_cache_keep - have a region that nobody uses any more
 * @r:	the region; no access is under way, and none can begin
 *
 * Those that are idle for longest go if there is no room. That is left to the work:
 * it may have to wait for what their processes do.
 *
 * Context: process. Return: true, and it is the cache's; or false.
 */
bool hps_cache_keep(struct hps_region *r)
{
	struct hps_kept *k = &r->kept, *old, *next;
	struct hps_cache *c = k->cache;
	u64 octets = hps_region_octets(r), limit;
	bool crowded;

	if (!k->watched)
		return false;
	limit = limit_of(c);
	if (octets > limit)
		return false;
	spin_lock(&c->lock);
	if (mmu_interval_read_retry(&k->notifier, k->seq)) {
		spin_unlock(&c->lock);
		hps_mib_inc(c->net, HPS_MIB_REGION_CACHE_DROPPED);
		return false;
	}
	list_for_each_entry_safe(old, next, &c->idle, node) {
		if (c->octets + octets <= limit)
			break;
		evict(c, old, &c->dead);
	}
	crowded = !list_empty(&c->dead);
	k->idle = true;
	k->since = jiffies;
	hlist_add_head(&k->hash, &c->by_addr[idle_bucket(r->mm, k->addr)]);
	list_add_tail(&k->node, &c->idle);
	c->octets += octets;
	hps_mib_add(c->net, HPS_MIB_REGION_IDLE_OCTETS, octets);
	spin_unlock(&c->lock);
	if (crowded)
		mod_delayed_work(hps_unbound_wq, &c->work, 0);
	else
		queue_delayed_work(hps_unbound_wq, &c->work, MAX_IDLE);
	return true;
}

/* What he has locked is more than he might lock now. */
static bool is_over_limit(const struct user_struct *user)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	return atomic_long_read(&user->locked_vm) > limit ||
	       atomic64_read(&current->mm->pinned_vm) > limit;
}

static struct hps_region *find(struct hps_cache *c, unsigned long addr,
			       unsigned long nr_pages, bool writable,
			       const struct user_struct *user)
{
	const struct mm_struct *mm = current->mm;
	struct hps_region *r;
	struct hps_kept *k;

	lockdep_assert_held(&c->lock);
	hlist_for_each_entry(k, &c->by_addr[idle_bucket(mm, addr)], hash) {
		r = region_of(k);
		if (r->mm == mm && k->addr == addr &&
		    r->nr_pages == nr_pages && r->writable == writable &&
		    r->user == user)
			return r;
	}
	return NULL;
}

/**
 * hps_cache_take - is this memory there already?
 * @c:		the cache
 * @addr:	of the first page, in current->mm
 * @nr_pages:	how many
 * @writable:	is it to be written?
 *
 * Neither more pages nor other rights of access are taken instead: what the
 * program could not register, it does not get. It counts for the same user as
 * it would if it were registered, and within his limit.
 *
 * Context: process. Return: a region that is pinned, charged, mapped and
 * watched, and that nobody else has; NULL if there is none.
 */
struct hps_region *hps_cache_take(struct hps_cache *c, unsigned long addr,
				  unsigned long nr_pages, bool writable)
{
	struct user_struct *user = NULL;
	struct hps_region *r = NULL;

	if (!nr_pages || (u64)nr_pages << PAGE_SHIFT > limit_of(c))
		return NULL;
	if (!capable(CAP_IPC_LOCK))
		user = current_user();
	spin_lock(&c->lock);
	if (!user || !is_over_limit(user))
		r = find(c, addr, nr_pages, writable, user);
	if (r)
		leave(c, &r->kept);
	spin_unlock(&c->lock);
	hps_mib_inc(c->net, r ? HPS_MIB_REGION_CACHE_HIT :
				HPS_MIB_REGION_CACHE_MISS);
	return r;
}

static bool is_in_the_way(const struct hps_region *r,
			  enum hps_cache_which which)
{
	/* Others' mappings are left to hps_mapping_post(): to give memory back one
	 * may have to wait for what its process does. That it loses its mapping
	 * meanwhile does no harm.
	 */
	if (which == HPS_CACHE_MAPPED)
		return READ_ONCE(r->own_map) && r->mm == current->mm;
	return r->mm == current->mm || r->user == current_user();
}

/**
 * hps_cache_evict - make room for who cannot have what he wants
 * @c:		the cache
 * @which:	what is in his way
 * @octets:	so much of it goes, if there is as much
 *
 * What was taken out before has been given back, too, when it returns.
 *
 * Context: process, no lock held. Waits for nobody for a mapping.
 */
void hps_cache_evict(struct hps_cache *c, enum hps_cache_which which,
		     u64 octets)
{
	struct hps_kept *k, *next;
	LIST_HEAD(gone);
	u64 got = 0;

	if (which == HPS_CACHE_MAPPED ? !mutex_trylock(&c->reap) :
					mutex_lock_killable(&c->reap))
		return;
	spin_lock(&c->lock);
	list_for_each_entry_safe(k, next, &c->dead, node)
		if (is_in_the_way(region_of(k), which))
			list_move_tail(&k->node, &gone);
	list_for_each_entry_safe(k, next, &c->idle, node) {
		if (got >= octets)
			break;
		if (!is_in_the_way(region_of(k), which))
			continue;
		got += hps_region_octets(region_of(k));
		evict(c, k, &gone);
	}
	spin_unlock(&c->lock);
	give_back(c, &gone);
	mutex_unlock(&c->reap);
}

/* Give back what is dead, and what has been idle for long enough or @all. */
static void reap(struct hps_cache *c, bool all)
{
	unsigned long now = jiffies;
	struct hps_kept *k, *next;
	LIST_HEAD(gone);

	mutex_lock(&c->reap);
	spin_lock(&c->lock);
	list_splice_init(&c->dead, &gone);
	list_for_each_entry_safe(k, next, &c->idle, node) {
		if (!all && time_before(now, k->since + MAX_IDLE)) {
			queue_delayed_work(hps_unbound_wq, &c->work,
					   k->since + MAX_IDLE - now);
			break;
		}
		evict(c, k, &gone);
	}
	spin_unlock(&c->lock);
	give_back(c, &gone);
	mutex_unlock(&c->reap);
}

static void work(struct work_struct *w)
{
	reap(container_of(w, struct hps_cache, work.work), false);
}

/**
 * hps_cache_init - begin in a namespace
 * @c:		its cache
 * @net:	the namespace
 */
void hps_cache_init(struct hps_cache *c, struct net *net)
{
	c->net = net;
	spin_lock_init(&c->lock);
	hash_init(c->by_addr);
	INIT_LIST_HEAD(&c->idle);
	INIT_LIST_HEAD(&c->dead);
	mutex_init(&c->reap);
	INIT_DELAYED_WORK(&c->work, work);
}

/**
 * hps_cache_exit - the opposite
 * @c:	the cache of a namespace in which no region is used any more
 *
 * ORDER: the regions first. Until then a notifier can start the work again.
 *
 * Context: process.
 */
void hps_cache_exit(struct hps_cache *c)
{
	reap(c, true);
	cancel_delayed_work_sync(&c->work);
	mutex_destroy(&c->reap);
}
