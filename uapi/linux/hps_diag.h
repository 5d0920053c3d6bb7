/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * sock_diag for AF_HPS: the sockets of a network namespace.
 *
 * A program sends on a socket of NETLINK_SOCK_DIAG a SOCK_DIAG_BY_FAMILY dump
 * (NLM_F_DUMP) with struct hps_diag_req and any of the HPS_DIAG_REQ_*
 * attributes behind it; it gets struct hps_diag_msg with HPS_DIAG_* attributes
 * for each socket that all of them select. Nobody needs a privilege for it, as
 * for TCP; what only CAP_NET_ADMIN sees is marked.
 */
#ifndef _UAPI_LINUX_HPS_DIAG_H
#define _UAPI_LINUX_HPS_DIAG_H

#include <linux/types.h>

/* hps_diag_req.show */
#define HPS_DIAG_SHOW_LINKS	0x01	/* send HPS_DIAG_WHY and HPS_DIAG_LINK */

/**
 * struct hps_diag_req - which sockets
 * @sdiag_family: AF_HPS
 * @sdiag_protocol: 0 or the low octet of IPPROTO_HPS: not looked at
 * @show:	HPS_DIAG_SHOW_*
 * @reserved:	0
 * @states:	a bit 1 << TCP_ESTABLISHED and so on for each state; 0: all
 */
struct hps_diag_req {
	__u8	sdiag_family;
	__u8	sdiag_protocol;
	__u8	show;
	__u8	reserved;
	__u32	states;
};

/**
 * struct hps_diag_prefix - addresses that a filter lets through
 * @family:	AF_INET or AF_INET6
 * @len:	leading bits of @addr that count
 * @reserved:	0
 * @addr:	an IPv4 address stands in the first four octets
 */
struct hps_diag_prefix {
	__u8	family;
	__u8	len;
	__u16	reserved;
	__u8	addr[16];
};

/*
 * Attributes of a request; a socket must meet all.
 *
 * @HPS_DIAG_REQ_TOKEN:	u64, the connection of this name
 * @HPS_DIAG_REQ_INODE:	u64, the socket's inode
 * @HPS_DIAG_REQ_UID: u32, its owner as the asking program's user namespace
 *	names it
 * @HPS_DIAG_REQ_LOCAL_PORT: u16, host order
 * @HPS_DIAG_REQ_REMOTE_PORT: u16, host order
 * @HPS_DIAG_REQ_LOCAL:	struct hps_diag_prefix
 * @HPS_DIAG_REQ_REMOTE: struct hps_diag_prefix
 * @HPS_DIAG_REQ_IFINDEX: u32, has a path over this interface
 */
enum {
	HPS_DIAG_REQ_UNSPEC,
	HPS_DIAG_REQ_TOKEN,
	HPS_DIAG_REQ_INODE,
	HPS_DIAG_REQ_UID,
	HPS_DIAG_REQ_LOCAL_PORT,
	HPS_DIAG_REQ_REMOTE_PORT,
	HPS_DIAG_REQ_LOCAL,
	HPS_DIAG_REQ_REMOTE,
	HPS_DIAG_REQ_IFINDEX,
	__HPS_DIAG_REQ_MAX
};

#define HPS_DIAG_REQ_MAX	(__HPS_DIAG_REQ_MAX - 1)

/**
 * struct hps_diag_msg - one socket
 * @family:	AF_HPS
 * @state:	as of TCP
 * @type:	SOCK_STREAM or SOCK_SEQPACKET
 * @reserved:	0
 * @uid:	owner, as the asking program's user namespace names it
 * @inode:	0 for an orphan and for what waits to be accepted
 * @rqueue:	octets that can be read; LISTEN: connections that wait
 * @wqueue:	octets not acknowledged; LISTEN: how many may wait
 */
struct hps_diag_msg {
	__u8	family;
	__u8	state;
	__u8	type;
	__u8	reserved;
	__u32	uid;
	__u64	inode;
	__u64	rqueue;
	__u64	wqueue;
};

/**
 * struct hps_diag_link - what a connection makes of a local link
 * @ifindex:	the link
 * @id:		its id within the bundle
 * @up:		1 if the link is usable
 * @why:	enum hps_reason: IN_USE, or why no path over it carries
 */
struct hps_diag_link {
	__u32	ifindex;
	__u8	id;
	__u8	up;
	__u16	why;
};

/*
 * Attributes of an answer.
 *
 * @HPS_DIAG_INFO: struct hps_info and the paths behind it, as HPS_INFO
 * @HPS_DIAG_MARK: u32, SO_MARK; CAP_NET_ADMIN only
 * @HPS_DIAG_WHY: u32, enum hps_reason: why the connection does not use more
 *	links at this moment; NONE when it uses all that it can
 * @HPS_DIAG_LINK: struct hps_diag_link, one for each link of the bundle
 */
enum {
	HPS_DIAG_UNSPEC,
	HPS_DIAG_INFO,
	HPS_DIAG_MARK,
	HPS_DIAG_WHY,
	HPS_DIAG_LINK,
	HPS_DIAG_PAD,
	__HPS_DIAG_MAX
};

#define HPS_DIAG_MAX	(__HPS_DIAG_MAX - 1)

#endif /* _UAPI_LINUX_HPS_DIAG_H */
