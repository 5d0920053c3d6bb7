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

#endif /* _UAPI_LINUX_HPS_H */
