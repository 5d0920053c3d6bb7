/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that HPS keeps per network namespace.
 */
#ifndef _HPS_NET_H
#define _HPS_NET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "control/mib.h"

struct ctl_table_header;
struct hps_channel;
struct hps_region_table;
struct hps_tcp_listener;

#define HPS_BIND_HASH		256

/**
 * struct hps_sysctls - net.hps.*; Documentation/networking/hps-sysctl.rst
 * @port:		TCP port behind which all HPS ports live
 * @crc:		ask for CRC32c in every frame
 * @rmem:		default receive buffer, octets
 * @wmem:		default send buffer, octets
 * @rmem_max:		a receive buffer that the program did not set grows to it
 * @wmem_max:		a send buffer likewise
 * @cutoff:		message or backlog from which more than one link is used,
 *			octets; 0: as measured
 * @probe_time:		seconds of silence after which a dead peer is noticed
 * @fin_timeout:	seconds an orphan may take to finish
 * @max_orphans:	orphans that may exist at once
 * @handshake_timeout:	seconds a channel may take to be set up
 * @max_half_open:	channels in set-up that may exist at once
 * @pool_idle:		seconds an idle channel is kept; 0 keeps none
 * @pool_size:		idle channels kept per address pair
 * @zerocopy_min:	writes below are copied, MSG_ZEROCOPY or not, octets
 * @conn_timeout:	seconds a connection waits for a path when none works
 * @dead_ms:		silence after which a path is suspect, at least
 * @port_min:		first port given to sockets that did not bind
 * @port_max:		last such port
 * @map_budget:		registered memory that may be mapped in one piece, octets
 * @bare:		bare sockets (HPS_PROTO_BARE) may be made
 * @region_cache:	regions that were ended may stay pinned, octets
 */
struct hps_sysctls {
	unsigned int	port;
	unsigned int	crc;
	unsigned int	rmem;
	unsigned int	wmem;
	unsigned int	rmem_max;
	unsigned int	wmem_max;
	unsigned int	cutoff;
	unsigned int	probe_time;
	unsigned int	fin_timeout;
	unsigned int	max_orphans;
	unsigned int	handshake_timeout;
	unsigned int	max_half_open;
	unsigned int	pool_idle;
	unsigned int	pool_size;
	unsigned int	zerocopy_min;
	unsigned int	conn_timeout;
	unsigned int	dead_ms;
	unsigned int	port_min;
	unsigned int	port_max;
	unsigned int	map_budget;
	unsigned int	bare;
	unsigned int	region_cache;
};

/**
 * struct hps_net - one namespace
 * @host_id:	random per namespace and boot; a hint for the peer
 * @dying:	the namespace or the module is going: nothing new is started
 *
 * @channels, @conns, @pool, @probers: all of the namespace, for the sweep, dumps
 *	and exit; guarded by @lock, which nests inside every other lock of HPS.
 * @bind: bound sockets by port, guarded by @bind_lock.
 * @listeners: users of the TCP listener; from and to 0 under @listen_mutex.
 * @acl: admission rules, changed under @acl_mutex, read under RCU.
 * @streams: the last number that a connection got, see hps_conn.stream.
 * @regions: registered memory; ddp/region.c has its locks.
 * @bundles, @links: see link/link.h, guarded by RTNL, read under RCU.
 */
struct hps_net {
	struct net		*net;
	u64			host_id;
	bool			dying;
	struct hps_sysctls	sysctl;
	struct ctl_table_header	*sysctl_header;
	struct hps_mib __percpu	*mib;

	spinlock_t		lock;	/* channels, conns and their counts */
	struct list_head	channels;
	struct list_head	conns;
	struct list_head	pool;		/* idle outbound channels, use_node */
	struct list_head	probers;
	struct ratelimit_state	solicit;	/* of neighbours: broadcasts */
	unsigned int		half_open;
	unsigned int		orphans;
	atomic_t		streams;
	struct delayed_work	sweep;
	struct delayed_work	events;		/* linkevent.c */
	struct delayed_work	events_again;

	spinlock_t		bind_lock;	/* bind */
	struct hlist_head	bind[HPS_BIND_HASH];

	struct mutex		listen_mutex;	/* first and last listener, tcp_listener */
	atomic_t		listeners;
	struct hps_tcp_listener	*tcp_listener;

	struct mutex		acl_mutex;	/* acl */
	struct list_head	acl;

	struct hps_region_table	*regions;

	struct list_head	bundles;
	struct list_head	links;
};

extern unsigned int hps_net_id;

static inline struct hps_net *hps_net(const struct net *net)
{
	return net_generic(net, hps_net_id);
}

int hps_net_init(void);
void hps_net_exit(void);

#endif /* _HPS_NET_H */
