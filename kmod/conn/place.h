/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Octets that are placed, and elements, as they arrive.
 */
#ifndef _HPS_CONN_PLACE_H
#define _HPS_CONN_PLACE_H

#include "conn/conn.h"
#include "conn/direct.h"

struct hps_channel;
struct hps_element;
struct hps_path;
struct hps_region;

int hps_place_copy(struct hps_channel *ch, u32 pos, struct hps_region *region,
		   u64 off, u32 len);
int hps_place_begin(struct hps_path *path, const struct hps_data *head);
int hps_place_payload(struct hps_path *path, u32 pos, u32 len, bool end,
		      u32 *fresh);
bool hps_place_early(struct hps_channel *ch, const struct hps_place *m, u32 all,
		     u32 skip, u32 pos, u32 len);
void hps_place_due(struct hps_conn *conn);

#endif /* _HPS_CONN_PLACE_H */
