// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of a namespace and /proc/net/hps_stat.
 */
#include "control/mib.h"

#include <linux/bitops.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "net.h"

/* In the order of enum hps_mib_field. Scripts know these names. */
static const char * const names[] = {
	[HPS_MIB_ACTIVE_OPEN]		= "HpsActiveOpen",
	[HPS_MIB_PASSIVE_OPEN]		= "HpsPassiveOpen",
	[HPS_MIB_OPEN_REFUSED]		= "HpsOpenRefused",
	[HPS_MIB_REFUSE_SENT]		= "HpsRefuseSent",
	[HPS_MIB_LISTEN_OVERFLOW]	= "HpsListenOverflow",
	[HPS_MIB_ACL_DENIED]		= "HpsAclDenied",
	[HPS_MIB_CONN_RESET]		= "HpsConnReset",
	[HPS_MIB_RESET_SENT]		= "HpsResetSent",
	[HPS_MIB_CONN_LOST]		= "HpsConnLost",
	[HPS_MIB_CONN_TIMED_OUT]	= "HpsConnTimedOut",
	[HPS_MIB_KEEPALIVE_PROBE]	= "HpsKeepaliveProbe",
	[HPS_MIB_ACCEPT_DEFERRED]	= "HpsAcceptDeferred",
	[HPS_MIB_ORPHAN_DROPPED]	= "HpsOrphanDropped",
	[HPS_MIB_CHANNEL_DIALED]	= "HpsChannelDialed",
	[HPS_MIB_CHANNEL_ACCEPTED]	= "HpsChannelAccepted",
	[HPS_MIB_CHANNEL_FAILED]	= "HpsChannelFailed",
	[HPS_MIB_HALF_OPEN_DROPPED]	= "HpsHalfOpenDropped",
	[HPS_MIB_HANDSHAKE_TIMEOUT]	= "HpsHandshakeTimeout",
	[HPS_MIB_BAD_STARTUP]		= "HpsBadStartup",
	[HPS_MIB_BAD_FRAME]		= "HpsBadFrame",
	[HPS_MIB_BAD_CRC]		= "HpsBadCrc",
	[HPS_MIB_BAD_MESSAGE]		= "HpsBadMessage",
	[HPS_MIB_UNKNOWN_MESSAGE]	= "HpsUnknownMessage",
	[HPS_MIB_POOL_HIT]		= "HpsPoolHit",
	[HPS_MIB_POOL_PUT]		= "HpsPoolPut",
	[HPS_MIB_POOL_EXPIRED]		= "HpsPoolExpired",
	[HPS_MIB_JOIN_SENT]		= "HpsJoinSent",
	[HPS_MIB_JOIN_OK]		= "HpsJoinOk",
	[HPS_MIB_JOIN_REFUSED]		= "HpsJoinRefused",
	[HPS_MIB_JOIN_BAD_TOKEN]	= "HpsJoinBadToken",
	[HPS_MIB_JOIN_BAD_MAC]		= "HpsJoinBadMac",
	[HPS_MIB_PATH_DOWN]		= "HpsPathDown",
	[HPS_MIB_PATH_SUSPECT]		= "HpsPathSuspect",
	[HPS_MIB_PATH_SILENT]		= "HpsPathSilent",
	[HPS_MIB_PATH_READY]		= "HpsPathReady",
	[HPS_MIB_PING_SENT]		= "HpsPingSent",
	[HPS_MIB_PROBE_SENT]		= "HpsProbeSent",
	[HPS_MIB_PROBE_SOLICIT]		= "HpsProbeSolicit",
	[HPS_MIB_PROBE_OK]		= "HpsProbeOk",
	[HPS_MIB_CONN_STRANDED]		= "HpsConnStranded",
	[HPS_MIB_CONN_RECOVERED]	= "HpsConnRecovered",
	[HPS_MIB_SEGMENT_SENT]		= "HpsSegmentSent",
	[HPS_MIB_SENT_OCTETS]		= "HpsSentOctets",
	[HPS_MIB_SEGMENT_RESENT]	= "HpsSegmentResent",
	[HPS_MIB_RESCUED_OCTETS]	= "HpsRescuedOctets",
	[HPS_MIB_SEGMENT_COPIED]	= "HpsSegmentCopied",
	[HPS_MIB_WITHDRAWN_OCTETS]	= "HpsWithdrawnOctets",
	[HPS_MIB_SEGMENT_RECEIVED]	= "HpsSegmentReceived",
	[HPS_MIB_RECEIVED_OCTETS]	= "HpsReceivedOctets",
	[HPS_MIB_DUPLICATE_OCTETS]	= "HpsDuplicateOctets",
	[HPS_MIB_ACK_SENT]		= "HpsAckSent",
	[HPS_MIB_ACK_PIGGYBACKED]	= "HpsAckPiggybacked",
	[HPS_MIB_CREDIT_STALL]		= "HpsCreditStall",
	[HPS_MIB_CREDIT_EXCEEDED]	= "HpsCreditExceeded",
	[HPS_MIB_BUFFER_GROWN]		= "HpsBufferGrown",
	[HPS_MIB_MEMORY_FULL]		= "HpsMemoryFull",
	[HPS_MIB_SOFTIRQ_SEND]		= "HpsSoftirqSend",
	[HPS_MIB_CALLER_SEND]		= "HpsCallerSend",
	[HPS_MIB_ZERO_COPY_FALLBACK]	= "HpsZeroCopyFallback",
	[HPS_MIB_ZERO_COPY_OCTETS]	= "HpsZeroCopyOctets",
	[HPS_MIB_ZERO_COPY_COPIED]	= "HpsZeroCopyCopied",
	[HPS_MIB_SPLICE_OCTETS]		= "HpsSpliceOctets",
	[HPS_MIB_LENT_OCTETS]		= "HpsLentOctets",
	[HPS_MIB_COPIED_OCTETS]		= "HpsCopiedOctets",
	[HPS_MIB_BUSY_POLL]		= "HpsBusyPoll",
	[HPS_MIB_PLACED_OCTETS]		= "HpsPlacedOctets",
	[HPS_MIB_EARLY_HELD]		= "HpsEarlyHeld",
	[HPS_MIB_EARLY_OCTETS]		= "HpsEarlyOctets",
	[HPS_MIB_EARLY_SKIPPED]		= "HpsEarlySkipped",
	[HPS_MIB_EARLY_WALK_FAILED]	= "HpsEarlyWalkFailed",
	[HPS_MIB_REQUEST_SERVED]	= "HpsRequestServed",
	[HPS_MIB_ASK_COMPLETED]		= "HpsAskCompleted",
	[HPS_MIB_POSTED_OCTETS]		= "HpsPostedOctets",
	[HPS_MIB_RECEIVE_COMPLETED]	= "HpsReceiveCompleted",
	[HPS_MIB_BARE_OPENED]		= "HpsBareOpened",
	[HPS_MIB_BARE_TERMINATE_SENT]	= "HpsBareTerminateSent",
	[HPS_MIB_BARE_TERMINATED]	= "HpsBareTerminated",
	[HPS_MIB_REGION_REGISTERED]	= "HpsRegionRegistered",
	[HPS_MIB_REGION_PER_PAGE]	= "HpsRegionPerPage",
	[HPS_MIB_REGION_MAPPED_LATE]	= "HpsRegionMappedLate",
	[HPS_MIB_REGION_UNMAPPED]	= "HpsRegionUnmapped",
	[HPS_MIB_REGIONS]		= "HpsRegions",
	[HPS_MIB_PINNED_OCTETS]		= "HpsPinnedOctets",
	[HPS_MIB_MAPPED_OCTETS]		= "HpsMappedOctets",
	[HPS_MIB_REGION_CACHE_HIT]	= "HpsRegionCacheHit",
	[HPS_MIB_REGION_CACHE_MISS]	= "HpsRegionCacheMiss",
	[HPS_MIB_REGION_CACHE_DROPPED]	= "HpsRegionCacheDropped",
	[HPS_MIB_REGION_CACHE_EVICTED]	= "HpsRegionCacheEvicted",
	[HPS_MIB_REGION_IDLE_OCTETS]	= "HpsRegionIdleOctets",
};

static_assert(ARRAY_SIZE(names) == HPS_MIB_MAX);

/**
 * hps_mib_add() - count
 * @net: namespace
 * @field: the counter
 * @n: how much; of what is there now, as HPS_MIB_REGIONS, -how much goes
 *
 * Context: any.
 */
void hps_mib_add(const struct net *net, enum hps_mib_field field, u64 n)
{
	this_cpu_add(hps_net(net)->mib->field[field], n);
}

static unsigned int bucket_of(u32 size)
{
	return min_t(unsigned int, fls(size), HPS_HIST_BUCKETS - 1);
}

/**
 * hps_hist_count() - count a size
 * @net: namespace
 * @hist: the histogram
 * @size: octets
 *
 * Context: any.
 */
void hps_hist_count(const struct net *net, enum hps_hist hist, u32 size)
{
	this_cpu_inc(hps_net(net)->mib->hist[hist][bucket_of(size)]);
}

static void count_segment(const struct net *net, enum hps_mib_field number,
			  enum hps_mib_field octets, enum hps_hist hist, u32 size)
{
	struct hps_mib __percpu *mib = hps_net(net)->mib;

	this_cpu_inc(mib->field[number]);
	this_cpu_add(mib->field[octets], size);
	this_cpu_inc(mib->hist[hist][bucket_of(size)]);
}

/**
 * hps_mib_sent() - count a segment that is sent
 * @net: namespace
 * @size: octets of payload
 *
 * Context: any.
 */
void hps_mib_sent(const struct net *net, u32 size)
{
	count_segment(net, HPS_MIB_SEGMENT_SENT, HPS_MIB_SENT_OCTETS,
		      HPS_HIST_SEGMENT_SENT, size);
}

/**
 * hps_mib_received() - count a segment that arrives
 * @net: namespace
 * @size: octets of payload
 *
 * Context: any.
 */
void hps_mib_received(const struct net *net, u32 size)
{
	count_segment(net, HPS_MIB_SEGMENT_RECEIVED, HPS_MIB_RECEIVED_OCTETS,
		      HPS_HIST_SEGMENT_RECEIVED, size);
}

/**
 * hps_hist_sum() - read a bucket of a histogram
 * @hn: namespace
 * @hist: the histogram
 * @bucket: below HPS_HIST_BUCKETS
 *
 * Context: any.
 */
u64 hps_hist_sum(const struct hps_net *hn, enum hps_hist hist,
		 unsigned int bucket)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(hn->mib, cpu)->hist[hist][bucket]);
	return sum;
}

/* The name of a histogram, as generic netlink tells it. */
const char *hps_hist_name(enum hps_hist hist)
{
	static const char * const hist_names[] = {
		[HPS_HIST_WRITE]		= "write",
		[HPS_HIST_SEGMENT_SENT]		= "segment-sent",
		[HPS_HIST_SEGMENT_RECEIVED]	= "segment-received",
	};

	static_assert(ARRAY_SIZE(hist_names) == HPS_HIST_MAX);
	return hist_names[hist];
}

/**
 * hps_mib_sum() - read a counter
 * @hn: namespace
 * @field: the counter
 *
 * What other CPUs count meanwhile may be in it or not.
 *
 * Context: any.
 */
u64 hps_mib_sum(const struct hps_net *hn, enum hps_mib_field field)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(hn->mib, cpu)->field[field]);
	return sum;
}

/* The name of a counter as in /proc/net/hps_stat. */
const char *hps_mib_name(enum hps_mib_field field)
{
	return names[field];
}

static int show(struct seq_file *seq, void *v)
{
	const struct hps_net *hn = hps_net(seq_file_single_net(seq));
	unsigned int i;

	for (i = 0; i < HPS_MIB_MAX; i++)
		seq_printf(seq, "%-23s %llu\n", names[i], hps_mib_sum(hn, i));
	return 0;
}

/**
 * hps_mib_net_init() - begin to count in a namespace
 * @hn: the namespace; @hn->net is set
 *
 * ORDER: before anything that counts.
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int hps_mib_net_init(struct hps_net *hn)
{
	hn->mib = alloc_percpu(struct hps_mib);
	if (!hn->mib)
		return -ENOMEM;
	if (!proc_create_net_single("hps_stat", 0444, hn->net->proc_net, show,
				    NULL)) {
		free_percpu(hn->mib);
		return -ENOMEM;
	}
	return 0;
}

/**
 * hps_mib_net_exit() - the opposite, when nothing counts any more
 * @hn: the namespace
 *
 * Context: process.
 */
void hps_mib_net_exit(struct hps_net *hn)
{
	remove_proc_entry("hps_stat", hn->net->proc_net);
	free_percpu(hn->mib);
}
