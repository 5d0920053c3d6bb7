/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way out: from what is posted, and what the peer asks for, to TCP.
 */
#ifndef _LIBHPS_SEND_H
#define _LIBHPS_SEND_H

#include "conn.h"

void conn_push(struct hps_conn *c);
void conn_greet(struct hps_conn *c);
void conn_terminate(struct hps_conn *c, enum rdmap_error error,
		    const void *frame, uint32_t len);

#endif /* _LIBHPS_SEND_H */
