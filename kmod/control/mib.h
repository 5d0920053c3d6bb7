/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of a namespace, shown in /proc/net/hps_stat.
 */
#ifndef _HPS_CONTROL_MIB_H
#define _HPS_CONTROL_MIB_H

#include <linux/percpu.h>
#include <linux/types.h>

struct hps_net;
struct net;

/* Names as shown are in mib.c, in this order. */
enum hps_mib_field {
	HPS_MIB_ACTIVE_OPEN,		/* connections asked for */
	HPS_MIB_PASSIVE_OPEN,		/* connections accepted from a peer */
	HPS_MIB_OPEN_REFUSED,		/* opens that a peer refused */
	HPS_MIB_REFUSE_SENT,		/* opens and joins that we refused */
	HPS_MIB_LISTEN_OVERFLOW,	/* refused because the backlog was full */
	HPS_MIB_ACL_DENIED,		/* opens and joins that a rule refused */
	HPS_MIB_CONN_RESET,		/* connections ended by the peer's reset */
	HPS_MIB_RESET_SENT,		/* resets sent */
	HPS_MIB_CONN_LOST,		/* connections that lost their last path */
	HPS_MIB_CONN_TIMED_OUT,		/* given up by keepalive or user timeout */
	HPS_MIB_KEEPALIVE_PROBE,	/* times an idle peer was probed */
	HPS_MIB_ACCEPT_DEFERRED,	/* connections that wait for data first */
	HPS_MIB_ORPHAN_DROPPED,		/* orphans given up: too many or too old */
	HPS_MIB_CHANNEL_DIALED,		/* channels dialled */
	HPS_MIB_CHANNEL_ACCEPTED,	/* channels accepted from the TCP listener */
	HPS_MIB_CHANNEL_FAILED,		/* channels that did not get through set-up */
	HPS_MIB_HALF_OPEN_DROPPED,	/* channels dropped: too many in set-up */
	HPS_MIB_HANDSHAKE_TIMEOUT,	/* channels dropped: set-up took too long */
	HPS_MIB_BAD_STARTUP,		/* start-up frames that are not ours */
	HPS_MIB_BAD_FRAME,		/* frames with a broken head */
	HPS_MIB_BAD_CRC,		/* frames with a wrong CRC32c */
	HPS_MIB_BAD_MESSAGE,		/* messages that break the protocol */
	HPS_MIB_UNKNOWN_MESSAGE,	/* unknown optional messages skipped */
	HPS_MIB_POOL_HIT,		/* opens and joins on a pooled channel */
	HPS_MIB_POOL_PUT,		/* channels given back to the pool */
	HPS_MIB_POOL_EXPIRED,		/* pooled channels closed */
	HPS_MIB_JOIN_SENT,		/* joins asked for */
	HPS_MIB_JOIN_OK,		/* paths added by a join, both sides */
	HPS_MIB_JOIN_REFUSED,		/* joins that the peer refused */
	HPS_MIB_JOIN_BAD_TOKEN,		/* joins with a token that nobody has */
	HPS_MIB_JOIN_BAD_MAC,		/* joins with a wrong proof */
	HPS_MIB_PATH_DOWN,		/* paths lost under a live connection */
	HPS_MIB_PATH_SUSPECT,		/* paths that did not answer, others did */
	HPS_MIB_PATH_SILENT,		/* paths that did not answer, nor any other */
	HPS_MIB_PATH_READY,		/* such paths that answered again */
	HPS_MIB_PING_SENT,		/* pings over paths that were idle */
	HPS_MIB_PROBE_SENT,		/* dials to see if a pair of links works */
	HPS_MIB_PROBE_SOLICIT,		/* neighbours asked again for a probe */
	HPS_MIB_PROBE_OK,		/* connections told that it does */
	HPS_MIB_CONN_STRANDED,		/* connections left without a working path */
	HPS_MIB_CONN_RECOVERED,		/* those that got one again */
	HPS_MIB_SEGMENT_SENT,
	HPS_MIB_SENT_OCTETS,		/* their payload */
	HPS_MIB_SEGMENT_RESENT,		/* sent again over another path */
	HPS_MIB_RESCUED_OCTETS,		/* of these, late on a path that works */
	HPS_MIB_SEGMENT_COPIED,		/* further copies, policy duplicate */
	HPS_MIB_WITHDRAWN_OCTETS,	/* of copies that were not needed any more */
	HPS_MIB_SEGMENT_RECEIVED,
	HPS_MIB_RECEIVED_OCTETS,	/* their payload */
	HPS_MIB_DUPLICATE_OCTETS,	/* payload that had arrived before */
	HPS_MIB_ACK_SENT,		/* acknowledgements sent as own messages */
	HPS_MIB_ACK_PIGGYBACKED,	/* data segments that carried news */
	HPS_MIB_CREDIT_STALL,		/* times the sender had too little credit */
	HPS_MIB_CREDIT_EXCEEDED,	/* connections ended: more than the credit */
	HPS_MIB_BUFFER_GROWN,		/* times that a buffer was tuned */
	HPS_MIB_MEMORY_FULL,		/* writes that met the bound net.hps.mem */
	HPS_MIB_SOFTIRQ_SEND,		/* pushes done in softirq */
	HPS_MIB_CALLER_SEND,		/* pushes done in the caller's context */
	HPS_MIB_ZERO_COPY_FALLBACK,	/* sends that the device could not gather */
	HPS_MIB_ZERO_COPY_OCTETS,	/* written as the application's own pages */
	HPS_MIB_ZERO_COPY_COPIED,	/* writes asked to do so and copied */
	HPS_MIB_SPLICE_OCTETS,		/* written as pages of splice or sendfile */
	HPS_MIB_LENT_OCTETS,		/* written as pages that HPS_DIRECT_LENT lends */
	HPS_MIB_COPIED_OCTETS,		/* payload copied, from and to programs */
	HPS_MIB_BUSY_POLL,		/* reads that polled and did not sleep */
	HPS_MIB_PLACED_OCTETS,		/* put in memory of programs by peers */
	HPS_MIB_EARLY_HELD,		/* held by TCP out of order, where peers place */
	HPS_MIB_EARLY_OCTETS,		/* placed while TCP held them out of order */
	HPS_MIB_EARLY_SKIPPED,		/* not copied again when their turn came */
	HPS_MIB_EARLY_WALK_FAILED,	/* heads of frames that were not found there */
	HPS_MIB_REQUEST_SERVED,		/* reads and atomics of peers */
	HPS_MIB_ASK_COMPLETED,		/* one-sided operations of ours */
	HPS_MIB_POSTED_OCTETS,		/* received into memory that was posted */
	HPS_MIB_RECEIVE_COMPLETED,	/* receives that were posted */
	HPS_MIB_BARE_OPENED,		/* bare connections set up, either side */
	HPS_MIB_BARE_TERMINATE_SENT,	/* of these, ended by a Terminate of ours */
	HPS_MIB_BARE_TERMINATED,	/* and by one of the peer */
	HPS_MIB_REGION_REGISTERED,	/* regions ever registered */
	HPS_MIB_REGION_PER_PAGE,	/* of these, not mapped in one piece */
	HPS_MIB_REGION_MAPPED_LATE,	/* mapped as the program posted them */
	HPS_MIB_REGION_UNMAPPED,	/* that lost their mapping to such */
	HPS_MIB_REGIONS,		/* regions that are there now */
	HPS_MIB_PINNED_OCTETS,		/* memory that is pinned now, idle or not */
	HPS_MIB_MAPPED_OCTETS,		/* of net.hps.map_budget, used now */
	HPS_MIB_REGION_CACHE_HIT,	/* regions that the cache still had */
	HPS_MIB_REGION_CACHE_MISS,	/* and that it might have had, but had not */
	HPS_MIB_REGION_CACHE_DROPPED,	/* not kept, the mapping changed */
	HPS_MIB_REGION_CACHE_EVICTED,	/* no longer kept: no room, or too old */
	HPS_MIB_REGION_IDLE_OCTETS,	/* pinned now, but of no region */
	HPS_MIB_MAX
};

/* Sizes that are counted by their power of two; names are in mib.c. */
enum hps_hist {
	HPS_HIST_WRITE,			/* octets of a send call */
	HPS_HIST_SEGMENT_SENT,		/* payload */
	HPS_HIST_SEGMENT_RECEIVED,	/* payload */
	HPS_HIST_MAX
};

/* Bucket 0 counts size 0, bucket n sizes from 2^(n-1) to 2^n - 1; the last one
 * all that is larger, too.
 */
#define HPS_HIST_BUCKETS	32

struct hps_mib {
	u64	field[HPS_MIB_MAX];
	u64	hist[HPS_HIST_MAX][HPS_HIST_BUCKETS];
};

int hps_mib_net_init(struct hps_net *hn);
void hps_mib_net_exit(struct hps_net *hn);
void hps_mib_add(const struct net *net, enum hps_mib_field field, u64 n);
u64 hps_mib_sum(const struct hps_net *hn, enum hps_mib_field field);
const char *hps_mib_name(enum hps_mib_field field);
void hps_mib_sent(const struct net *net, u32 size);
void hps_mib_received(const struct net *net, u32 size);

void hps_hist_count(const struct net *net, enum hps_hist hist, u32 size);
u64 hps_hist_sum(const struct hps_net *hn, enum hps_hist hist,
		 unsigned int bucket);
const char *hps_hist_name(enum hps_hist hist);

static inline void hps_mib_inc(const struct net *net, enum hps_mib_field field)
{
	hps_mib_add(net, field, 1);
}

#endif /* _HPS_CONTROL_MIB_H */
