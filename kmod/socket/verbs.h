/* SPDX-License-Identifier: GPL-2.0 */
/* Direct placement as programs ask for it: domains and regions of sockets. */
#ifndef _HPS_SOCKET_VERBS_H
#define _HPS_SOCKET_VERBS_H

#include <linux/types.h>

struct sock;

int hps_verbs_register(struct sock *sk, char __user *optval,
		       int __user *optlen);
int hps_verbs_deregister(struct sock *sk, u32 stag);
int hps_verbs_domain(struct sock *sk, int fd);
void hps_verbs_inherit(struct sock *sk, struct sock *listener);

#endif /* _HPS_SOCKET_VERBS_H */
