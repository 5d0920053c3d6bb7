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
 * @IFLA_HPS_CUTOFF: u32, octets of backlog from which on more than one link is
 *	used; 0 takes sysctl net.hps.cutoff
 * @IFLA_HPS_POLICY: u8, enum hps_policy
 */
enum {
	IFLA_HPS_UNSPEC,
	IFLA_HPS_CUTOFF,
	IFLA_HPS_POLICY,
	__IFLA_HPS_MAX
};

#define IFLA_HPS_MAX	(__IFLA_HPS_MAX - 1)

#define HPS_CUTOFF_MAX	(1U << 30)

/*
 * IFLA_INFO_SLAVE_DATA attributes of a link that was enslaved; read only.
 *
 * @IFLA_HPS_LINK_ID: u8, names the link within its bundle
 * @IFLA_HPS_LINK_ROLE: u8, enum hps_link_role
 */
enum {
	IFLA_HPS_LINK_UNSPEC,
	IFLA_HPS_LINK_ID,
	IFLA_HPS_LINK_ROLE,
	__IFLA_HPS_LINK_MAX
};

#define IFLA_HPS_LINK_MAX	(__IFLA_HPS_LINK_MAX - 1)

/**
 * enum hps_policy - which links the traffic of a socket may use
 * @HPS_POLICY_AUTO:	choose by measured latency and rate; not supported yet
 * @HPS_POLICY_SINGLE:	one link
 * @HPS_POLICY_STRIPE:	all links, from the cut-off on
 * @HPS_POLICY_DUPLICATE: the same data over several links; not supported yet
 */
enum hps_policy {
	HPS_POLICY_AUTO,
	HPS_POLICY_SINGLE,
	HPS_POLICY_STRIPE,
	HPS_POLICY_DUPLICATE,
};

/**
 * enum hps_link_role - how a link came into its bundle
 * @HPS_LINK_ROLE_ENSLAVED: "ip link set DEV master BUNDLE"
 * @HPS_LINK_ROLE_ATTACHED: by generic netlink; the interface keeps its master
 */
enum hps_link_role {
	HPS_LINK_ROLE_ENSLAVED,
	HPS_LINK_ROLE_ATTACHED,
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
	X(BOUND, 71, "bound", "the socket is bound to one device")	\
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
	  "a join over it was tried and failed")

#define HPS_REASON_CODE(code, number, name, text) HPS_REASON_##code = number,
enum hps_reason {
	HPS_REASONS(HPS_REASON_CODE)
};
#undef HPS_REASON_CODE

#endif /* _UAPI_LINUX_HPS_H */
