/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rejoin: pairs of links that a connection lacks and waits for.
 */
#ifndef _HPS_CONN_REJOIN_H
#define _HPS_CONN_REJOIN_H

#include <linux/types.h>

struct hps_channel_key;
struct hps_conn;
struct hps_path;

void hps_rejoin_ask(struct hps_conn *conn);
void hps_rejoin_later(struct hps_conn *conn, unsigned int ms);
void hps_rejoin_path_lost(struct hps_path *path, bool was_up);
void hps_rejoin_begin(struct hps_conn *conn);
void hps_rejoin_end(struct hps_conn *conn);
bool hps_rejoin_wait(struct hps_conn *conn, const struct hps_channel_key *key,
		     u8 remote_id);
bool hps_rejoin_has_local(struct hps_conn *conn, int ifindex);
bool hps_rejoin_has_remote(struct hps_conn *conn, u8 remote_id);
void hps_rejoin_replace(struct hps_path *path);
void hps_rejoin_stop(struct hps_conn *conn);

#endif /* _HPS_CONN_REJOIN_H */
