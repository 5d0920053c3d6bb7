/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Joins: how a connection gets more than one path.
 */
#ifndef _HPS_CONN_JOIN_H
#define _HPS_CONN_JOIN_H

#include <linux/workqueue.h>

#include "wire.h"

struct hps_bundle_config;
struct hps_channel;
struct hps_conn;
struct hps_link_addr;
struct hps_path;
union hps_addr;

void hps_hello_fill(const struct hps_conn *conn, struct hps_hello *hello,
		    u8 kind);
void hps_join_stay_with(struct hps_conn *conn, const union hps_addr *addr);
int hps_join_offer(struct hps_path *path, void *buf);
void hps_join_offer_due(struct hps_conn *conn);
void hps_join_offer_if_busy(struct hps_conn *conn);
void hps_join_offer_anew(struct hps_conn *conn);
void hps_join_offer_lost(struct hps_path *path);
int hps_join_on_links(struct hps_path *path, const struct hps_msg *msg, u32 len);
u32 hps_join_cutoff(const struct hps_conn *conn,
		    const struct hps_bundle_config *config);
void hps_join_if_wanted(struct hps_conn *conn);
void hps_join_prospects(const struct hps_conn *conn,
			const struct hps_link_addr *a, bool *address,
			bool *partner);
void hps_join_work(struct work_struct *work);
void hps_join_mac(const struct hps_path *path, bool initiator, u8 *mac);
void hps_join_on_joined(struct hps_path *path, const struct hps_hello *hello);
int hps_join_on_auth(struct hps_path *path, const struct hps_msg *msg, u32 len);
struct hps_path *hps_join_inbound(struct hps_channel *ch,
				  const struct hps_hello *hello,
				  struct hps_hello *reply,
				  enum hps_reason *reason);

#endif /* _HPS_CONN_JOIN_H */
