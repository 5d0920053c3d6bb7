/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing without a copy, and the error queue.
 */
#ifndef _HPS_SOCKET_ZEROCOPY_H
#define _HPS_SOCKET_ZEROCOPY_H

#include <linux/sockptr.h>
#include <linux/types.h>

struct hps_conn;
struct msghdr;
struct sock;
struct ubuf_info;

/**
 * struct hps_source - how the payload of one write is taken
 * @ubuf:	whom to tell when the application's pages are free again, or NULL
 * @own:	@ubuf was made for this write, else it is the caller's
 * @pages:	by reference, else copied
 * @taken:	some of it was written
 */
struct hps_source {
	struct ubuf_info	*ubuf;
	bool			own;
	bool			pages;
	bool			taken;
};

int hps_zerocopy_begin(struct sock *sk, struct hps_conn *conn,
		       struct msghdr *msg, size_t len, bool lent,
		       struct hps_source *src);
void hps_zerocopy_copied(struct hps_conn *conn, struct hps_source *src);
void hps_zerocopy_end(const struct hps_source *src);
int hps_zerocopy_enable(struct sock *sk, sockptr_t val, unsigned int len);
int hps_recv_error(struct sock *sk, struct msghdr *msg, size_t len);

#endif /* _HPS_SOCKET_ZEROCOPY_H */
