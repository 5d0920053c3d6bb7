/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * AF_HPS: one socket over all the machine's links.
 *
 * A socket is made by socket(AF_HPS, TYPE, 0) or, where only the protocol can
 * be chosen, by socket(AF_INET or AF_INET6, TYPE, IPPROTO_HPS). TYPE is
 * SOCK_STREAM or SOCK_SEQPACKET. Addresses are struct sockaddr_in and struct
 * sockaddr_in6 with their own families in both cases, so a TCP program changes
 * one constant. See Documentation/networking/hps.rst.
 */
#ifndef _UAPI_LINUX_HPS_H
#define _UAPI_LINUX_HPS_H

#include <linux/types.h>

/* A retired number (AF_ASH) that no protocol of any current kernel uses. */
#ifndef AF_HPS
#define AF_HPS		18
#define PF_HPS		AF_HPS
#endif

/* Below IPPROTO_MAX, above the octet that an IP header can carry. */
#ifndef IPPROTO_HPS
#define IPPROTO_HPS	258
#endif

/* Level of get/setsockopt() and of control messages. */
#define SOL_HPS		0x4850

/* The TCP port behind which all HPS ports of a namespace live; the default of
 * sysctl net.hps.port.
 */
#define HPS_TCP_PORT	18512

/*
 * IFLA_INFO_DATA attributes of a bundle, "ip link add NAME type hps". Generic
 * netlink (linux/hps_netlink.h) reads and sets the same things.
 *
 * @IFLA_HPS_CUTOFF: u32, octets of a message (of a stream: of backlog) from which
 *	on more than one link is used; 0 takes sysctl net.hps.cutoff
 * @IFLA_HPS_POLICY: u8, enum hps_policy
 * @IFLA_HPS_COPIES: u8, over how many links policy duplicate sends, 2 to 4
 */
enum {
	IFLA_HPS_UNSPEC,
	IFLA_HPS_CUTOFF,
	IFLA_HPS_POLICY,
	IFLA_HPS_COPIES,
	__IFLA_HPS_MAX
};

#define IFLA_HPS_MAX	(__IFLA_HPS_MAX - 1)

#define HPS_CUTOFF_MAX	(1U << 30)

#define HPS_COPIES_DEFAULT	2
#define HPS_COPIES_MAX		4

/*
 * IFLA_INFO_SLAVE_DATA attributes of a link that was enslaved.
 *
 * @IFLA_HPS_LINK_ID: u8, names the link within its bundle; read only
 * @IFLA_HPS_LINK_ORIGIN: u8, enum hps_link_origin; read only
 * @IFLA_HPS_LINK_ROLE: u8, enum hps_link_role
 * @IFLA_HPS_LINK_WEIGHT: u16, share of the link where traffic is striped, in
 *	relation to other links with a weight; 0: as much as it carries
 */
enum {
	IFLA_HPS_LINK_UNSPEC,
	IFLA_HPS_LINK_ID,
	IFLA_HPS_LINK_ORIGIN,
	IFLA_HPS_LINK_ROLE,
	IFLA_HPS_LINK_WEIGHT,
	__IFLA_HPS_LINK_MAX
};

#define IFLA_HPS_LINK_MAX	(__IFLA_HPS_LINK_MAX - 1)

#define HPS_LINK_WEIGHT_MAX	1000

/**
 * enum hps_policy - which links the traffic of a socket may use
 * @HPS_POLICY_AUTO:	all links, from the cut-off on; without one, where the
 *	measured latency and rate of each say that it is faster so
 * @HPS_POLICY_SINGLE:	one link
 * @HPS_POLICY_STRIPE:	all links, from the cut-off on; without one, always
 * @HPS_POLICY_DUPLICATE: the same data over several links, the first copy counts
 */
enum hps_policy {
	HPS_POLICY_AUTO,
	HPS_POLICY_SINGLE,
	HPS_POLICY_STRIPE,
	HPS_POLICY_DUPLICATE,
};

/**
 * enum hps_link_origin - how a link came into its bundle
 * @HPS_LINK_ORIGIN_ENSLAVED: "ip link set DEV master BUNDLE"
 * @HPS_LINK_ORIGIN_ATTACHED: by generic netlink; the interface keeps its master
 */
enum hps_link_origin {
	HPS_LINK_ORIGIN_ENSLAVED,
	HPS_LINK_ORIGIN_ATTACHED,
};

/**
 * enum hps_link_role - what a link of a bundle is for
 * @HPS_LINK_ROLE_ACTIVE: carries traffic
 * @HPS_LINK_ROLE_BACKUP: carries traffic while no active link is left
 * @HPS_LINK_ROLE_DUPLICATE: carries copies; anything else only when neither an
 *	active nor a backup link is left
 */
enum hps_link_role {
	HPS_LINK_ROLE_ACTIVE,
	HPS_LINK_ROLE_BACKUP,
	HPS_LINK_ROLE_DUPLICATE,
};

/*
 * Options of level SOL_HPS.
 *
 * @HPS_INFO: read only, struct hps_info and behind it the paths
 * @HPS_POLICY: int, enum hps_policy, or -1: as the bundle says (default). Also a
 *	control message of sendmsg(): of this message only
 * @HPS_CUTOFF: int, octets from which on more than one link is used, 0: as
 *	measured, or -1: as the bundle says (default)
 */
#define HPS_INFO	1
#define HPS_POLICY	2
#define HPS_CUTOFF	3

/**
 * struct hps_info_addr - an address in struct hps_info
 * @family:	AF_INET, AF_INET6, or 0: none yet
 * @port:	HPS port in struct hps_info, that of the transport in a path
 * @scope_id:	of a link-local address, else 0
 * @addr:	an IPv4 address stands in the first four octets
 */
struct hps_info_addr {
	__u16	family;
	__be16	port;
	__u32	scope_id;
	__u8	addr[16];
};

/**
 * struct hps_path_info - one path of a connection, from the local side
 * @ifindex:	the interface that its channel is bound to, 0 if none
 * @state:	enum hps_nl_path_state (linux/hps_netlink.h)
 * @role:	enum hps_link_role of the local link
 * @link_id:	id of the local link within its bundle; 0 outside of one
 * @remote_id:	the peer's id of its link; 0 if it told none
 * @local:	of the transport
 * @remote:	of the transport
 * @rtt_us:	smoothed round trip, microseconds; 0 if unknown
 * @min_rtt_us:	shortest round trip seen
 * @in_flight:	octets given to the transport and not acknowledged by it
 * @mss:	payload octets of a packet of the transport
 * @rate:	measured delivery rate, octets per second; 0 if unknown
 * @tx_octets:	payload sent, what was sent again as well
 * @rx_octets:	payload received, what had arrived before as well
 * @tx_segments: segments sent
 * @rx_segments: segments received
 * @resent_segments: those sent that another path had carried before
 * @resent_octets: their payload
 * @duplicate_octets: payload received that had arrived before
 */
struct hps_path_info {
	__u32			ifindex;
	__u8			state;
	__u8			role;
	__u8			link_id;
	__u8			remote_id;
	struct hps_info_addr	local;
	struct hps_info_addr	remote;
	__u32			rtt_us;
	__u32			min_rtt_us;
	__u32			in_flight;
	__u32			mss;
	__u64			rate;
	__u64			tx_octets;
	__u64			rx_octets;
	__u64			tx_segments;
	__u64			rx_segments;
	__u64			resent_segments;
	__u64			resent_octets;
	__u64			duplicate_octets;
};

/* Flags of struct hps_info. */
#define HPS_INFO_INITIATOR	0x01	/* this end connected */
#define HPS_INFO_SEQPACKET	0x02	/* records, not a stream */
#define HPS_INFO_JOINED		0x04	/* further paths were asked for */

/**
 * struct hps_info - what getsockopt(SOL_HPS, HPS_INFO) tells
 * @path_offset: octets from the start to the first path
 * @path_size:	octets from one path to the next
 * @nr_paths:	paths behind this structure
 * @state:	as of TCP (TCP_ESTABLISHED and so on)
 * @flags:	HPS_INFO_*
 * @token:	names the local end; 0 without a connection
 * @local:	as getsockname() tells
 * @remote:	as getpeername() tells
 * @bundle:	ifindex of the bundle whose links are used, 0 if none
 * @cutoff:	as set, octets; 0: left to what is measured, see @cutoff_now
 * @policy:	enum hps_policy in effect
 * @peer_links:	addresses of links that the peer has told
 * @reason:	enum hps_reason of the end, if it has ended
 * @error:	errno of the end, or 0
 * @una:	all octets written below were acknowledged by the peer's HPS
 * @nxt:	first octet that was never sent
 * @end:	end of what was written
 * @edge:	first octet that the peer does not let us send yet
 * @peer_buffer: the peer's receive buffer
 * @snd_memory:	memory that holds written data
 * @snd_limit:	bound of @snd_memory (SO_SNDBUF)
 * @rcv_buffer:	receive buffer (SO_RCVBUF)
 * @rcv_cost:	how much of it is used, by the rule of the credit
 * @waiting:	LISTEN: connections that wait to be accepted
 * @backlog:	LISTEN: how many may wait
 * @rcv_next:	the program has read all below
 * @rcv_ready:	all below has arrived
 * @rcv_edge:	first octet that we do not let the peer send yet
 * @stalls:	times that the credit was used up
 * @resent_octets: payload sent again, over paths that have gone as well
 * @duplicate_octets: payload received twice, over paths that have gone as well
 * @cutoff_now:	octets of a record, of a stream: of backlog, from which on more
 *	than one path would be used, if nothing was under way: what is measured,
 *	or @cutoff if that is more. 0: whatever the size, one path carries (policy
 *	single, or no second path), or all do (policy duplicate)
 * @join_at:	octets moved in both directions from which on the end that
 *	connected joins further paths
 *
 * It grows at its end and so does struct hps_path_info. At most optlen octets
 * are written and optlen becomes what was written, so a program looks only at
 * fields in front of @path_offset and of optlen; path i begins at
 * path_offset + i * path_size and has @path_size octets.
 */
struct hps_info {
	__u16			path_offset;
	__u16			path_size;
	__u16			nr_paths;
	__u8			state;
	__u8			flags;
	__u64			token;
	struct hps_info_addr	local;
	struct hps_info_addr	remote;
	__u32			bundle;
	__u32			cutoff;
	__u8			policy;
	__u8			peer_links;
	__u16			reason;
	__u32			error;
	__u64			una;
	__u64			nxt;
	__u64			end;
	__u64			edge;
	__u32			peer_buffer;
	__u32			snd_memory;
	__u32			snd_limit;
	__u32			rcv_buffer;
	__u32			rcv_cost;
	__u32			waiting;
	__u32			backlog;
	__u32			reserved;
	__u64			rcv_next;
	__u64			rcv_ready;
	__u64			rcv_edge;
	__u64			stalls;
	__u64			resent_octets;
	__u64			duplicate_octets;
	__u32			cutoff_now;
	__u32			join_at;
};

/*
 * Why something was refused, ended, lost or left unused: one list for all.
 * Codes below HPS_REASON_LOCAL travel in messages (hps-wire.rst); the others
 * are told on this host only. A code never changes its number or its name.
 *
 * HPS_REASONS(X) makes X(NAME, number, "name", "sentence") of each.
 */
#define HPS_REASON_LOCAL	64

#define HPS_REASONS(X)							\
	X(NONE, 0, "none", "no reason given")				\
	X(NO_LISTENER, 1, "no-listener", "nobody listens on the HPS port") \
	X(BACKLOG, 2, "backlog", "the listener's backlog is full")	\
	X(SOCKTYPE, 3, "socktype", "the listener has another socket type") \
	X(VERSION, 4, "version", "no common protocol version")		\
	X(FEATURE, 5, "feature", "a feature that must be understood is not") \
	X(TOKEN, 6, "token", "no connection has this token")		\
	X(AUTH, 7, "auth", "the proof of a join is wrong")		\
	X(MEMORY, 8, "memory", "no memory, or a bound was reached")	\
	X(PROTOCOL, 9, "protocol", "the peer broke the protocol")	\
	X(CREDIT, 10, "credit", "the peer sent more than its credit")	\
	X(UNREAD, 11, "unread", "closed with data unread")		\
	X(CLOSED, 12, "closed", "data came for a socket that is closed") \
	X(ABORT, 13, "abort", "the application aborted (linger 0)")	\
	X(TIMEOUT, 14, "timeout", "nothing came in time")		\
	X(UNKNOWN_TYPE, 15, "unknown-type",				\
	  "a message that must be understood is not")			\
	X(ADMIN, 16, "admin", "the administrator ended it")		\
	X(NOT_OFFERED, 17, "not-offered",				\
	  "the address is not among those on offer")			\
	X(ACCESS, 18, "access",						\
	  "memory was named that may not be accessed so")		\
	/* why a connection does not use more links, or not this one */	\
	X(LINK_DOWN, 64, "link-down",					\
	  "the link has no carrier or is set down")			\
	X(IN_USE, 65, "in-use", "the connection has a path over it")	\
	X(OPENING, 66, "opening", "it is being set up")			\
	X(NO_BUNDLE, 67, "no-bundle", "this host has no bundle")	\
	X(ONE_LINK, 68, "one-link", "the bundle has one usable link")	\
	X(PEER_ONE_LINK, 69, "peer-one-link",				\
	  "the peer offers no further link")				\
	X(LOOPBACK, 70, "loopback", "the peer is this host")		\
	X(BOUND, 71, "bound", "the socket is bound to one device or address")	\
	X(POLICY, 72, "policy", "the policy is single: one link at a time") \
	X(CUTOFF, 73, "cutoff", "less than the cut-off was moved or waits") \
	X(PEER_JOINS, 74, "peer-joins",					\
	  "the end that connected decides which links are joined")	\
	X(ENDING, 75, "ending", "the connection ends")			\
	X(NO_ADDRESS, 76, "no-address",					\
	  "the link has no usable address of the peer's families")	\
	X(NO_PARTNER, 77, "no-partner",					\
	  "no link of the peer is left to pair it with")		\
	X(JOIN_FAILED, 78, "join-failed",				\
	  "a join over it was tried and failed; it is probed")		\
	X(SILENT, 79, "silent", "the path over it does not answer")	\
	X(BACKUP, 80, "backup",						\
	  "a backup link waits until no active one works")		\
	X(COPIES_ONLY, 81, "copies-only",				\
	  "a link for duplicates carries nothing else while others work")

#define HPS_REASON_CODE(code, number, name, text) HPS_REASON_##code = number,
enum hps_reason {
	HPS_REASONS(HPS_REASON_CODE)
};
#undef HPS_REASON_CODE

#endif /* _UAPI_LINUX_HPS_H */
