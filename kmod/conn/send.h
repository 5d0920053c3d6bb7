/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The send side of a connection.
 */
#ifndef _HPS_CONN_SEND_H
#define _HPS_CONN_SEND_H

#include <linux/types.h>

struct hps_conn;
struct hps_intent;
struct hps_path;
struct hps_tx;
struct iov_iter;
struct page_frag;
struct sock;
struct ubuf_info;

int hps_send_write(struct hps_conn *conn, struct iov_iter *from, u32 len);
int hps_send_pages(struct hps_conn *conn, struct iov_iter *from, u32 len,
		   struct ubuf_info *ubuf);
struct ubuf_info *hps_send_last_ubuf(struct hps_conn *conn);
bool hps_send_takes_pages(struct hps_conn *conn, const struct iov_iter *from);
int hps_send_mark(struct hps_conn *conn);
int hps_write_kernel(struct hps_conn *conn, struct page_frag *frag,
		     const struct hps_intent *intent, u32 len,
		     int (*fill)(void *to, u32 len, void *arg), void *arg);
u32 hps_send_space(const struct hps_conn *conn);
u32 hps_send_grow(struct sock *sk, struct hps_conn *conn, u32 need);
bool hps_send_admits(struct hps_conn *conn, u32 len);
void hps_send_push(struct hps_conn *conn);
void hps_send_written(struct hps_conn *conn);
bool hps_send_pull(struct hps_conn *conn, struct hps_path *path, u32 ahead,
		   struct hps_tx *tx);
int hps_send_ack(struct hps_conn *conn, u64 ack, u64 edge, u32 buffer);
void hps_send_path_lost(struct hps_conn *conn, struct hps_path *path);
void hps_send_forget(struct hps_conn *conn);
void hps_send_purge(struct hps_conn *conn);
bool hps_send_waits(const struct hps_conn *conn);

int hps_send_init(void);
void hps_send_exit(void);

#endif /* _HPS_CONN_SEND_H */
