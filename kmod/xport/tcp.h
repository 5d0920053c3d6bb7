/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channels over TCP: a kernel TCP socket that carries MPA frames.
 */
#ifndef _HPS_XPORT_TCP_H
#define _HPS_XPORT_TCP_H

#include <linux/skbuff.h>
#include <net/tcp.h>

#include "xport/channel.h"
#include "xport/train.h"

struct hps_early;
struct hps_early_head;

/**
 * struct hps_tcp_rx - how far the receive queue was parsed
 * @pos:	TCP sequence number of the next octet to be looked at
 * @payload:	payload octets of the current segment that are still to come
 * @trailer:	octets of padding and CRC behind them
 * @started:	@pos stands behind the MPA start-up frame
 */
struct hps_tcp_rx {
	u32	pos;
	u32	payload;
	u32	trailer;
	bool	started;
};

/* What TCP did not take of a message; holds a reference on every page, and on
 * @ubuf if there is one.
 */
struct hps_tcp_rest {
	struct list_head	node;
	struct bio_vec	vec[HPS_TX_VECS];
	unsigned int	nr;
	u32		len;
	bool		shared;
	struct ubuf_info *ubuf;
};

/* Messages that can share a packet; what a push has more of goes in the next. */
#define HPS_TCP_HELD	4

/**
 * struct hps_tcp - a channel over TCP
 * @ch:		common part
 * @sock:	the kernel socket; its sk_user_data is this struct
 * @sk:		its sock, held until this struct is freed, for late kicks
 * @rx:		parser, under the channel lock
 * @rest:	struct hps_tcp_rest: messages that wait for memory, oldest first;
 *		under the channel lock
 * @early:	what is known of data that TCP holds out of order; NULL: nothing was
 *		ever placed by this channel's user
 * @held:	frames of the push that goes on, one piece each; channel lock
 * @nr_held:	how many
 * @held_len:	their octets
 * @credit:	what TCP's window must be wide enough for, see tcp_buffer()
 * @sending:	tcp_sendmsg_locked() is at work, see tcp_release_push()
 * @train:	rate of the path, with the numbers of the newest acknowledgement
 * @rate:	while there was no train: the most that TCP said, octets per second
 * @resent:	TCP's count of packets sent again, at the newest acknowledgement
 * @delivered:	TCP's count of packets at that one
 * @ack_us:	when that was
 * @ubuf:	makes tcp_sendmsg_locked() gather our pages, see tcp_send.c
 * @data_ready, @write_space, @state_change, @error_report, @prot: the
 *		socket's own, put back before it is released
 */
struct hps_tcp {
	struct hps_channel	ch;
	struct socket		*sock;
	struct sock		*sk;
	struct hps_tcp_rx	rx;
	struct list_head	rest;
	struct hps_early	*early;
	struct bio_vec		held[HPS_TCP_HELD];
	unsigned int		nr_held;
	u32			held_len;
	u32			credit;
	bool			sending;
	struct hps_train	train;
	u64			rate;
	u32			resent;
	u32			delivered;
	u32			ack_us;
	struct ubuf_info	ubuf;
	void			(*data_ready)(struct sock *sk);
	void			(*write_space)(struct sock *sk);
	void			(*state_change)(struct sock *sk);
	void			(*error_report)(struct sock *sk);
	struct proto		*prot;
};

static inline struct hps_tcp *hps_tcp(const struct hps_channel *ch)
{
	return container_of(ch, struct hps_tcp, ch);
}

static inline struct sock *hps_tcp_sk(const struct hps_channel *ch)
{
	return hps_tcp(ch)->sk;
}

/* tcp.c */
extern const struct hps_channel_ops hps_tcp_ops;
int hps_tcp_adopt(struct net *net, struct socket *sock);
void hps_tcp_addrs(const struct sock *sk, union hps_addr *local,
		   union hps_addr *remote);
void hps_tcp_kick(struct hps_channel *ch);
int hps_tcp_rcvbuf(struct net *net);
int hps_tcp_check_congestion(struct net *net, char *name);
void hps_tcp_default_congestion(struct net *net, char *name);
int hps_tcp_init(void);
void hps_tcp_exit(void);

/* tcp_send.c */
int hps_tcp_send(struct hps_channel *ch, struct hps_tx *tx, bool more);
void hps_tcp_send_hello(struct hps_channel *ch);
bool hps_tcp_flush(struct hps_channel *ch);
void hps_tcp_settle(struct hps_channel *ch);
void hps_tcp_drop_rest(struct hps_tcp *t);

/* tcp_metrics.c */
void hps_tcp_acked(struct hps_tcp *t);
u32 hps_tcp_in_flight(const struct sock *sk);
void hps_tcp_metrics(const struct hps_channel *ch,
		     struct hps_channel_metrics *m);
void hps_tcp_pulse(const struct hps_channel *ch, struct hps_channel_pulse *p);

/* tcp_recv.c */
bool hps_tcp_heard(const struct hps_tcp *t);
void hps_tcp_receive(struct hps_tcp *t);
int hps_tcp_peek(struct hps_channel *ch, u32 pos, void *to, u32 len);
bool hps_tcp_crc_is_right(struct sock *sk, u32 pos, u32 len);
int hps_tcp_read(struct hps_channel *ch, u32 pos, u32 len, struct iov_iter *to);
int hps_tcp_splice(struct hps_channel *ch, u32 pos, u32 len,
		   struct pipe_inode_info *pipe, unsigned int flags);
void hps_tcp_trim(struct hps_channel *ch);

/* tcp_early.c */
void hps_tcp_early(struct hps_tcp *t);
void hps_tcp_early_begin(struct hps_tcp *t, const struct hps_early_head *head,
			 u32 size, u32 payload);
void hps_tcp_early_pass(struct hps_tcp *t);
void hps_tcp_early_forget(struct hps_tcp *t);
int hps_tcp_early_peek(struct sock *sk, u32 pos, void *to, u32 len);
bool hps_tcp_placed(struct hps_channel *ch, u32 pos, u32 *len);

#endif /* _HPS_XPORT_TCP_H */
