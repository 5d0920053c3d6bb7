/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rescue: what is late on one path goes over an idle one.
 */
#ifndef _HPS_CONN_RESCUE_H
#define _HPS_CONN_RESCUE_H

#include <linux/types.h>

struct hps_conn;
struct hps_path;
struct hps_sched_path;
struct hps_segment;

struct hps_segment *hps_rescue_find(struct hps_conn *conn,
				    const struct hps_path *path,
				    const struct hps_sched_path *p);
struct hps_segment *hps_rescue_copy(struct hps_conn *conn,
				    const struct hps_segment *s);
void hps_rescue_watch(struct hps_conn *conn);
void hps_rescue_init(struct hps_conn *conn);

#endif /* _HPS_CONN_RESCUE_H */
