/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HPS_INFO: a connection and its paths as the uapi shows them.
 */
#ifndef _HPS_SOCKET_INFO_H
#define _HPS_SOCKET_INFO_H

struct hps_conn_snapshot;
struct hps_info;
struct hps_listener_snapshot;
struct sock;

int hps_info_size(const struct hps_conn_snapshot *snap);
void hps_info_fill(const struct hps_conn_snapshot *snap, struct hps_info *info);
void hps_info_fill_listener(const struct hps_listener_snapshot *snap,
			    struct hps_info *info);
struct hps_info *hps_info_of(const struct sock *sk, int *size);

#endif /* _HPS_SOCKET_INFO_H */
