/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policy duplicate: the same data over several paths.
 */
#ifndef _HPS_CONN_DUPLICATE_H
#define _HPS_CONN_DUPLICATE_H

#include <linux/types.h>

struct hps_conn;
struct hps_path;
struct hps_sched_path;
struct hps_segment;

int hps_duplicate_begin(struct hps_conn *conn, u64 off, u32 len, bool mark,
			u8 copies);
struct hps_segment *hps_duplicate_next(struct hps_conn *conn,
				       struct hps_path *path,
				       const struct hps_sched_path *p,
				       bool begin, int *slot);
void hps_duplicate_sent(struct hps_conn *conn, struct hps_path *path,
			const struct hps_segment *s);
void hps_duplicate_acked(struct hps_conn *conn);
void hps_duplicate_path_lost(struct hps_conn *conn, struct hps_path *path);
void hps_duplicate_purge(struct hps_conn *conn);

#endif /* _HPS_CONN_DUPLICATE_H */
