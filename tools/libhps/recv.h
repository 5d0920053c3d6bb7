/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way in: from TCP to memory.
 */
#ifndef _LIBHPS_RECV_H
#define _LIBHPS_RECV_H

#include "conn.h"

void conn_receive(struct hps_conn *c);

#endif /* _LIBHPS_RECV_H */
