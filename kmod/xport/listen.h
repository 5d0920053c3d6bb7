/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HPS_XPORT_LISTEN_H
#define _HPS_XPORT_LISTEN_H

#include <linux/types.h>

struct net;

int hps_listen_get(struct net *net);
bool hps_listen_try_put(struct net *net);
void hps_listen_put(struct net *net);

#endif /* _HPS_XPORT_LISTEN_H */
