/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of a completion queue: what was produced, what is promised, and
 * whether there is room for more.
 *
 * Pure logic. How much was consumed comes from the program, which may lie: it
 * decides about its own completions only.
 */
#ifndef _HPS_CONN_RING_H
#define _HPS_CONN_RING_H

#include <linux/types.h>

/**
 * struct hps_ring - the kernel's side of a completion queue
 * @entries:	how many completions it holds; a power of two
 * @produced:	completions that were ever put in; wraps
 * @reserved:	completions that are promised; never more than @entries
 */
struct hps_ring {
	u32	entries;
	u32	produced;
	u32	reserved;
};

int hps_ring_init(struct hps_ring *r, u32 entries);
bool hps_ring_reserve(struct hps_ring *r, u32 consumed);
void hps_ring_cancel(struct hps_ring *r);
u32 hps_ring_produce(struct hps_ring *r);
bool hps_ring_readable(const struct hps_ring *r, u32 consumed);

#endif /* _HPS_CONN_RING_H */
