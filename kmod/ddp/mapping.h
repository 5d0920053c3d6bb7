/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the kernel sees regions in one piece: when that is made, and for how
 * long.
 */
#ifndef _HPS_DDP_MAPPING_H
#define _HPS_DDP_MAPPING_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct hps_region;
struct net;

/**
 * struct hps_mappings - the mappings of a namespace
 * @net:	the namespace
 * @lock:	held by whoever changes @list, or the mapping of a region that
 *		others can find. Who ends a region takes it, so none that was
 *		found while it is held goes before it is released.
 * @list:	regions with a mapping that counts for net.hps.map_budget
 * @octets:	of these mappings, and of those that are being made
 * @wanted:	octets of the region for which there was no room last
 * @asked:	jiffies when @room was queued last
 * @room:	the work that makes room
 */
struct hps_mappings {
	const struct net	*net;
	struct mutex		lock;
	struct list_head	list;
	atomic64_t		octets;
	u64			wanted;
	unsigned long		asked;
	struct work_struct	room;
};

u64 hps_mapping_lack(const struct hps_mappings *m, const struct hps_region *r);
void hps_mapping_register(struct hps_mappings *m, struct hps_region *r);
bool hps_mapping_is_wanted(struct hps_mappings *m, const struct hps_region *r);
void hps_mapping_post(struct hps_mappings *m, struct hps_region *r);
void hps_mapping_drop(struct hps_mappings *m, struct hps_region *r);

void hps_mapping_init(struct hps_mappings *m, const struct net *net);
void hps_mapping_exit(struct hps_mappings *m);

#endif /* _HPS_DDP_MAPPING_H */
