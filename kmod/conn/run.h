/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stretch of the stream that goes over several paths: who sends which piece.
 *
 * Pure logic. The first path begins at the front, the second at the back, and
 * so on in turn, so that a long message is complete when they meet.
 */
#ifndef _HPS_CONN_RUN_H
#define _HPS_CONN_RUN_H

#include <linux/list.h>
#include <linux/types.h>
#include <uapi/linux/hps.h>

/**
 * struct hps_run - a stretch of the stream that goes over several paths
 * @node:	for its owner
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

/**
 * struct hps_run_piece - what a path shall send next
 * @off:	first octet
 * @len:	how many; 0 with a lone mark
 * @mark:	the run's mark goes with it
 */
struct hps_run_piece {
	u64	off;
	u32	len;
	bool	mark;
};

int hps_run_next(struct hps_run *run, u8 path, bool begin, u64 una, u32 most,
		 struct hps_run_piece *piece);
bool hps_run_sent(struct hps_run *run, u8 path, u64 off, u64 end);
void hps_run_leave(struct hps_run *run, u8 path);
u64 hps_run_unsent(const struct hps_run *run);

/**
 * hps_run_end - behind the last octet and the mark
 * @run:	the run
 */
static inline u64 hps_run_end(const struct hps_run *run)
{
	return run->end + run->mark;
}

#endif /* _HPS_CONN_RUN_H */
