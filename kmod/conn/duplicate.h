/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policy duplicate: the same data over several paths.
 */
#ifndef _HPS_CONN_DUPLICATE_H
#define _HPS_CONN_DUPLICATE_H

#include <linux/list.h>
#include <linux/types.h>
#include <uapi/linux/hps.h>

struct hps_conn;
struct hps_path;
struct hps_sched_path;
struct hps_segment;

/**
 * struct hps_run - a stretch of the stream that goes over several paths
 * @off:	first octet
 * @end:	behind the last one, without the mark
 * @mark:	a record mark follows
 * @copies:	how many paths shall carry it
 * @slot:	the paths that do. Even ones begin at the front, odd ones at the
 *		back: @next is where the path goes on. @path is its id + 1, 0 if
 *		the slot is free
 */
struct hps_run {
	struct list_head	node;
	u64			off;
	u64			end;
	bool			mark;
	u8			copies;
	struct {
		u64	next;
		u8	path;
	} slot[HPS_COPIES_MAX];
};

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
