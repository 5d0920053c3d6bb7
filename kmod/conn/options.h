/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program set on its socket: kept there, given to the connection, and by
 * a listener to what it accepts.
 */
#ifndef _HPS_CONN_OPTIONS_H
#define _HPS_CONN_OPTIONS_H

#include <linux/types.h>

#include "xport/channel.h"

struct hps_conn;
struct sock;

/**
 * struct hps_options - the options that a connection acts upon
 * @keepalive:		SO_KEEPALIVE
 * @keep_count:		TCP_KEEPCNT; 0: the namespace's, as the next two
 * @keep_idle:		TCP_KEEPIDLE, seconds
 * @keep_interval:	TCP_KEEPINTVL, seconds
 * @user_timeout:	TCP_USER_TIMEOUT, ms, 0 for none
 * @unsent_low:		TCP_NOTSENT_LOWAT, octets; 0: the namespace's
 * @tos:		IP_TOS, without the ECN bits
 * @tclass:		IPV6_TCLASS, without the ECN bits
 * @congestion:		TCP_CONGESTION, empty for the namespace's
 */
struct hps_options {
	bool	keepalive;
	u8	keep_count;
	u16	keep_idle;
	u16	keep_interval;
	u32	user_timeout;
	u32	unsent_low;
	u8	tos;
	u8	tclass;
	char	congestion[HPS_CONGESTION_LEN];
};

void hps_options_begin(struct hps_conn *conn, const struct sock *sk,
		       const struct hps_options *opt);
void hps_options_inherit(struct hps_conn *conn, const struct sock *sk,
			 const struct hps_options *opt);
void hps_options_change(struct hps_conn *conn, const struct sock *sk,
			const struct hps_options *opt, bool paths);
void hps_options_path(struct hps_conn *conn, struct hps_channel *ch);
void hps_options_retune(struct work_struct *work);
u8 hps_options_keep_count(const struct net *net, const struct hps_options *opt);
unsigned int hps_options_keep_idle(const struct net *net,
				   const struct hps_options *opt);
unsigned int hps_options_keep_interval(const struct net *net,
				       const struct hps_options *opt);

#endif /* _HPS_CONN_OPTIONS_H */
