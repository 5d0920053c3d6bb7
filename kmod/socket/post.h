/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations on the peer's memory: what a program may post.
 */
#ifndef _HPS_SOCKET_POST_H
#define _HPS_SOCKET_POST_H

#include <linux/sockptr.h>
#include <linux/types.h>

struct hps_conn;
struct hps_direct_piece;
struct hps_direct_post;
struct sock;

int hps_post_check(const struct hps_direct_post *post, size_t len);
int hps_post_check_pieces(const struct hps_direct_post *post,
			  const struct hps_direct_piece *more, size_t nr);
int hps_post_permit(const struct sock *sk, const struct hps_conn *conn,
		    const struct hps_direct_post *post);
int hps_post_receive(struct sock *sk, const struct hps_direct_post *post,
		     const struct hps_direct_piece *more, size_t nr);
int hps_post_cancel(struct sock *sk, sockptr_t val, unsigned int len);

#endif /* _HPS_SOCKET_POST_H */
