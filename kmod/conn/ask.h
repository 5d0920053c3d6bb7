/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this end wants of the peer's memory.
 */
#ifndef _HPS_CONN_ASK_H
#define _HPS_CONN_ASK_H

#include "conn/conn.h"
#include "conn/direct.h"

struct ddp_access;

struct hps_ask *hps_ask_begin(struct hps_conn *conn, struct hps_cq *cq,
			      const struct hps_direct_post *post);
void hps_ask_cancel(struct hps_conn *conn, struct hps_ask *ask);
bool hps_ask_room(struct hps_conn *conn, bool request);
int hps_ask_request(struct hps_conn *conn, struct hps_ask *ask);
void hps_ask_written(struct hps_conn *conn, struct hps_ask *ask, u64 len);
struct hps_ask *hps_ask_find(struct hps_conn *conn, u32 id);
void hps_ask_placed(struct hps_conn *conn, u32 id, u32 len);
int hps_ask_result(struct hps_conn *conn, const struct hps_result_data *result);
void hps_ask_no_answers(struct hps_conn *conn);
void hps_ask_complete(struct hps_conn *conn);
void hps_ask_flush(struct hps_conn *conn, int err);

/* More was acknowledged. Data lock held. */
static inline void hps_ask_advance(struct hps_conn *conn)
{
	if (unlikely(conn->direct))
		hps_ask_complete(conn);
}

#endif /* _HPS_CONN_ASK_H */
