/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HPS ports: who is bound to which, who listens, and who waits to be accepted.
 */
#ifndef _HPS_CONN_LISTENER_H
#define _HPS_CONN_LISTENER_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

#include "conn/options.h"
#include "xport/channel.h"

struct hps_conn;
struct hps_listener;
struct hps_net;
struct sock;

/**
 * struct hps_port - a socket's claim on an HPS port
 * @node:	in hps_net.bind, hashed by port; hps_net.bind_lock guards all
 * @port:	the port, 0 if not bound
 * @addr:	local address; unspecified for any
 * @ifindex:	bound device, or 0
 * @reuse:	SO_REUSEADDR: may be shared with others that do not listen
 * @reuseport:	SO_REUSEPORT: shared with others of the same user that say so
 * @uid:	whose it is
 * @v6only:	@addr is IPv6 and IPv4 is not meant
 * @domain:	protection domain of the socket, 0: none; under the socket's lock
 * @listener:	set while listening
 */
struct hps_port {
	struct hlist_node	node;
	__be16			port;
	union hps_addr		addr;
	int			ifindex;
	bool			reuse;
	bool			reuseport;
	kuid_t			uid;
	bool			v6only;
	u32			domain;
	struct hps_listener	*listener;
};

/**
 * struct hps_listener - a listening socket as seen from below
 *
 * Lifetime and locking: one reference by the listening socket, one by each
 * connection that waits. @lock guards all but @ref and is taken inside
 * hps_net.bind_lock and with a channel locked; wait queues and the data lock
 * are not taken inside of it but for @sk's.
 *
 * @sk:		NULL once closed
 * @queue:	struct hps_conn ready to be accepted
 * @deferred:	struct hps_conn that wait for data first
 * @count:	connections that wait, ready or not
 * @bundle_ifindex: the bundle that it is bound to, or 0
 * @one_link:	it is bound to another device
 * @one_addr:	it is bound to an address only
 * @defer:	TCP_DEFER_ACCEPT, seconds
 * @domain:	protection domain that they have, 0: none
 * @opt:	what the connections begin with
 */
struct hps_listener {
	refcount_t		ref;
	spinlock_t		lock;
	struct sock		*sk;
	struct list_head	queue;
	struct list_head	deferred;
	unsigned int		count;
	unsigned int		backlog;
	unsigned int		defer;
	u32			domain;
	struct hps_options	opt;
	bool			seqpacket;
	bool			one_link;
	bool			one_addr;
	int			bundle_ifindex;
	struct rcu_head		rcu;
};

/* A listening socket as seen from outside. */
struct hps_listener_snapshot {
	union hps_addr	local;
	int		type;		/* SOCK_STREAM or SOCK_SEQPACKET */
	kuid_t		uid;
	u64		inode;
	int		bundle_ifindex;
	u32		mark;
	u32		waiting;
	u32		backlog;
	u32		snd_limit;
	u32		rcv_buffer;
};

bool hps_listener_look(struct hps_net *hn, unsigned int bucket,
		       unsigned int skip, struct hps_listener_snapshot *snap);

int hps_port_bind(struct net *net, struct hps_port *p);
void hps_port_share(struct net *net, struct hps_port *p, bool reuse,
		    bool reuseport, kuid_t uid);
void hps_port_unbind(struct net *net, struct hps_port *p);
int hps_port_listen(struct sock *sk, struct hps_port *p, unsigned int backlog,
		    const struct hps_options *opt, unsigned int defer);
void hps_port_options(struct hps_port *p, const struct hps_options *opt,
		      unsigned int defer);
void hps_port_domain(struct hps_port *p, u32 domain);
void hps_port_device(struct net *net, struct hps_port *p, int ifindex);
void hps_port_close(struct net *net, struct hps_port *p);
struct hps_conn *hps_port_accept(struct hps_port *p);
bool hps_port_has_ready(const struct hps_port *p);

struct hps_conn *hps_listener_conn(struct hps_channel *ch,
				   const struct hps_hello *hello,
				   enum hps_reason *reason);
void hps_listener_ready(struct hps_conn *conn);
void hps_listener_data(struct hps_conn *conn);
void hps_listener_forget(struct hps_conn *conn);
void hps_listener_abandon(struct hps_conn *conn);

#endif /* _HPS_CONN_LISTENER_H */
