// SPDX-License-Identifier: GPL-2.0
/*
 * Where the kernel sees regions in one piece.
 *
 *   registered --the budget allows it------------------------------> mapped
 *        |                                                            |  ^
 *        '--it does not--> page by page --posted, there is room-------|--'
 *                             ^                                       |
 *                             '--unused, and room is needed-----------'
 *
 * All of a region is mapped, never what one operation needs: to make and drop a
 * mapping for each costs more than to go page by page
 * (Documentation/results/mapping.md). So net.hps.map_budget goes to what is used,
 * also if much more is registered: what is short of room asks for it, a work
 * takes it from those that nobody has used for a while, and the next posting
 * finds it. A mapping stays for that while at least.
 */
#include "ddp/mapping.h"

#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/vmalloc.h>

#include "ddp/region.h"
#include "net.h"

/* Whoever did not use a mapping for so long may lose it. */
#define IDLE	HZ

static u64 budget(const struct hps_mappings *m)
{
	return READ_ONCE(hps_net(m->net)->sysctl.map_budget);
}

/* The kernel has them in one piece already, as a page or a huge page is. */
static bool are_in_one_piece(const struct hps_region *r)
{
	unsigned long i, first = page_to_pfn(r->pages[0]);

	if (IS_ENABLED(CONFIG_HIGHMEM))
		return false;
	for (i = 1; i < r->nr_pages; i++)
		if (page_to_pfn(r->pages[i]) != first + i)
			return false;
	return true;
}

/* Returns false if the budget, or the kernel, has no room. Locked. */
static bool make(struct hps_mappings *m, struct hps_region *r)
{
	u64 octets = hps_region_octets(r);

	if (atomic64_add_return(octets, &m->octets) <= budget(m))
		r->own_map = vmap(r->pages, r->nr_pages, VM_MAP, PAGE_KERNEL);
	if (!r->own_map) {
		atomic64_sub(octets, &m->octets);
		return false;
	}
	hps_mib_add(m->net, HPS_MIB_MAPPED_OCTETS, octets);
	list_add_tail(&r->mapped, &m->list);
	rcu_assign_pointer(r->map, r->own_map);
	return true;
}

/* Nobody uses it. */
static void unmake(struct hps_mappings *m, struct hps_region *r)
{
	list_del(&r->mapped);
	vunmap(r->own_map);
	r->own_map = NULL;
	hps_mib_add(m->net, HPS_MIB_MAPPED_OCTETS, -hps_region_octets(r));
	atomic64_sub(hps_region_octets(r), &m->octets);
}

/**
 * hps_mapping_lack - what must others give back for a region to be mapped?
 * @m:	of its namespace
 * @r:	the region
 *
 * Context: any. Return: octets; 0 also if it is mapped or can never be.
 */
u64 hps_mapping_lack(const struct hps_mappings *m, const struct hps_region *r)
{
	u64 octets = hps_region_octets(r), limit = budget(m), sum;

	if (!octets || octets > limit || rcu_access_pointer(r->map))
		return 0;
	sum = atomic64_read(&m->octets) + octets;
	return sum > limit ? sum - limit : 0;
}

/**
 * hps_mapping_register - map a region, if the budget allows it
 * @m:	of its namespace
 * @r:	the region, with its pages; nobody can find it yet, but it may be mapped,
 *	if it comes from the cache
 *
 * Context: process, may sleep.
 */
void hps_mapping_register(struct hps_mappings *m, struct hps_region *r)
{
	if (!r->nr_pages)
		return;
	mutex_lock(&m->lock);
	WRITE_ONCE(r->used, jiffies);
	if (!rcu_access_pointer(r->map)) {
		if (are_in_one_piece(r))
			RCU_INIT_POINTER(r->map, page_address(r->pages[0]));
		else if (!make(m, r))
			hps_mib_inc(m->net, HPS_MIB_REGION_PER_PAGE);
	}
	mutex_unlock(&m->lock);
}

/* Not more often than something can have become idle. */
static void ask_for_room(struct hps_mappings *m, u64 octets)
{
	if (time_is_after_jiffies(READ_ONCE(m->asked) + IDLE))
		return;
	WRITE_ONCE(m->asked, jiffies);
	WRITE_ONCE(m->wanted, octets);
	schedule_work(&m->room);
}

/**
 * hps_mapping_is_wanted - may hps_mapping_post() map a region that is posted?
 * @m:	of its namespace
 * @r:	the region
 *
 * If all that is missing is room, that is asked for. Context: RCU, process.
 */
bool hps_mapping_is_wanted(struct hps_mappings *m, const struct hps_region *r)
{
	u64 octets = hps_region_octets(r);

	if (!octets || rcu_access_pointer(r->map) || octets > budget(m))
		return false;
	if (!hps_mapping_lack(m, r))
		return true;
	ask_for_room(m, octets);
	return false;
}

/**
 * hps_mapping_post - map a region that is posted, if the budget allows it now
 * @m:	of its namespace, locked
 * @r:	the region, found since it is
 *
 * Context: process, may sleep.
 */
void hps_mapping_post(struct hps_mappings *m, struct hps_region *r)
{
	lockdep_assert_held(&m->lock);
	if (!rcu_access_pointer(r->map) && make(m, r))
		hps_mib_inc(m->net, HPS_MIB_REGION_MAPPED_LATE);
}

/**
 * hps_mapping_drop - a region ends
 * @m:	of its namespace
 * @r:	the region; nobody has it, nor can find it
 *
 * Context: process, may sleep.
 */
void hps_mapping_drop(struct hps_mappings *m, struct hps_region *r)
{
	mutex_lock(&m->lock);
	if (r->own_map)
		unmake(m, r);
	mutex_unlock(&m->lock);
}

/* Takes mappings away until there is room. The lock is held for all of the
 * grace period: their regions must not go meanwhile.
 */
static void make_room(struct work_struct *work)
{
	struct hps_mappings *m = container_of(work, struct hps_mappings, room);
	struct hps_region *r, *next;
	s64 lack, taken = 0;
	LIST_HEAD(idle);

	mutex_lock(&m->lock);
	lack = atomic64_read(&m->octets) + READ_ONCE(m->wanted) - budget(m);
	list_for_each_entry_safe(r, next, &m->list, mapped) {
		if (taken >= lack)
			break;
		if (time_is_after_jiffies(READ_ONCE(r->used) + IDLE))
			continue;
		taken += hps_region_octets(r);
		RCU_INIT_POINTER(r->map, NULL);
		list_move(&r->mapped, &idle);
	}
	if (taken)
		synchronize_rcu_expedited();
	list_for_each_entry_safe(r, next, &idle, mapped) {
		unmake(m, r);
		hps_mib_inc(m->net, HPS_MIB_REGION_UNMAPPED);
	}
	mutex_unlock(&m->lock);
}

/**
 * hps_mapping_init - begin in a namespace
 * @m:		its mappings
 * @net:	the namespace
 */
void hps_mapping_init(struct hps_mappings *m, const struct net *net)
{
	m->net = net;
	mutex_init(&m->lock);
	INIT_LIST_HEAD(&m->list);
	m->asked = jiffies - IDLE;
	INIT_WORK(&m->room, make_room);
}

/**
 * hps_mapping_exit - the opposite
 * @m:	the mappings; all regions have ended
 *
 * Context: process, may sleep.
 */
void hps_mapping_exit(struct hps_mappings *m)
{
	cancel_work_sync(&m->room);
	WARN_ON_ONCE(atomic64_read(&m->octets));
	mutex_destroy(&m->lock);
}
