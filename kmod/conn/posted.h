/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Receives that were posted.
 */
#ifndef _HPS_CONN_POSTED_H
#define _HPS_CONN_POSTED_H

#include "conn/conn.h"
#include "conn/path.h"

struct hps_cq;
struct hps_receive;

int hps_posted_add(struct hps_conn *conn, struct hps_cq *cq,
		   struct hps_receive *rv);
int hps_posted_cancel(struct hps_conn *conn, const u64 *data);
void hps_posted_look(struct hps_conn *conn);
void hps_posted_run(struct hps_conn *conn, struct hps_path *path);
bool hps_posted_take(struct hps_path *path);
void hps_posted_drain(struct work_struct *work);
void hps_posted_flush(struct hps_conn *conn, int err);

/* Something of the stream, or its end, may have come; the path's channel and the data lock
 * are held. See hps_posted_run().
 */
static inline void hps_posted_arrived(struct hps_path *path)
{
	if (unlikely(path->conn->rcv.posted))
		hps_posted_run(path->conn, path);
}

#endif /* _HPS_CONN_POSTED_H */
