/* SPDX-License-Identifier: GPL-2.0 */
/* A peer by hand of an end of libhps. */
#ifndef _HPS_SELFTESTS_PEER_H
#define _HPS_SELFTESTS_PEER_H

#include "ends.h"
#include "fpdu.h"

/* The end that libhps accepted from @peer. */
void peer_of_end(struct peer *peer, struct end *e,
		 const struct hps_conn_attr *attr);
int peer_dial(uint16_t port);
int peer_listen(uint16_t *port);

#endif /* _HPS_SELFTESTS_PEER_H */
