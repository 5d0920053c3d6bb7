/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The watch over a connection's paths.
 */
#ifndef _HPS_CONN_WATCH_H
#define _HPS_CONN_WATCH_H

#include "conn/conn.h"

void hps_watch_init(struct hps_conn *conn);
void hps_watch_start(struct hps_conn *conn);
void hps_watch_strand(struct hps_conn *conn, unsigned int seconds, int err);

/* Something is in transit, or was heard. Data lock held. */
static inline void hps_watch(struct hps_conn *conn)
{
	if (!timer_pending(&conn->watch_timer))
		hps_watch_start(conn);
}

#endif /* _HPS_CONN_WATCH_H */
