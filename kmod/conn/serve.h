/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests of the peer: they are answered from the region, without the program.
 */
#ifndef _HPS_CONN_SERVE_H
#define _HPS_CONN_SERVE_H

#include "conn/conn.h"
#include "conn/direct.h"

void hps_serve_add(struct hps_conn *conn, struct hps_element *e);
void hps_serve_work(struct hps_conn *conn);

/* Does the peer wait for an answer? Data lock held. */
static inline bool hps_serve_waits(const struct hps_conn *conn)
{
	return conn->direct && !list_empty(&conn->direct->served);
}

/* Goes on to answer what waited for room or memory. Data lock held. */
static inline void hps_serve_run(struct hps_conn *conn)
{
	if (unlikely(hps_serve_waits(conn)))
		hps_serve_work(conn);
}

#endif /* _HPS_CONN_SERVE_H */
