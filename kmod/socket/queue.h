/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HPS_DIRECT_QUEUE: making completion queues, and setting one for a socket.
 */
#ifndef _HPS_SOCKET_QUEUE_H
#define _HPS_SOCKET_QUEUE_H

struct sock;

int hps_queue_make(char __user *val, int __user *optlen);
int hps_queue_set(struct sock *sk, int fd);

#endif /* _HPS_SOCKET_QUEUE_H */
