/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Bare connections: iWARP in the kernel. A socket that is made by
 * socket(AF_HPS, SOCK_SEQPACKET, HPS_PROTO_BARE) speaks plain MPA, DDP and RDMAP
 * (RFC 5044, 5041, 5040, 6581, 7306) on a TCP port of the program's choice, over
 * one TCP connection. The peer is siw, an iWARP adapter, libhps or another such
 * socket. Documentation/networking/hps-bare.rst has the rules.
 *
 * Options of level SOL_HPS beside HPS_DIRECT_* (linux/hps_direct.h):
 *
 * @HPS_BARE_SETUP: struct hps_bare_setup, before connect() or accept()
 * @HPS_BARE_PRIVATE: setsockopt(): octets that go to the peer with the request or,
 *	on a listener, with each reply, HPS_BARE_PRIVATE_MAX at most; before connect()
 *	or accept(). getsockopt(): what the peer sent
 * @HPS_BARE_INFO: getsockopt(), struct hps_bare_info
 *
 * Control messages:
 *
 * @HPS_BARE_SEND: of sendmsg(), struct hps_bare_send: more about this message
 * @HPS_BARE_RECEIVED: from recvmsg(), struct hps_bare_received; only if a flag is
 *	set
 */
#ifndef _UAPI_LINUX_HPS_BARE_H
#define _UAPI_LINUX_HPS_BARE_H

#include <linux/types.h>

/* Third argument of socket(). */
#define HPS_PROTO_BARE		259

#define HPS_BARE_SETUP		32
#define HPS_BARE_PRIVATE	33
#define HPS_BARE_INFO		34
#define HPS_BARE_SEND		35
#define HPS_BARE_RECEIVED	36

/* MPA has 512 octets, of which RFC 6581 takes four. */
#define HPS_BARE_PRIVATE_MAX	508

/* hps_bare_setup.flags */
#define HPS_BARE_NO_CRC		0x1	/* CRC32c only if the peer wants it */
#define HPS_BARE_REVISION_1	0x2	/* connect() without RFC 6581 */

/**
 * struct hps_bare_setup - how a connection is made
 * @flags:	HPS_BARE_NO_CRC, HPS_BARE_REVISION_1
 * @ird:	reads and atomics that the peer may have under way; 0: 16
 * @ord:	those that we may have under way; 0: 16
 * @reserved:	zero
 *
 * Each up to HPS_BARE_DEPTH_MAX. With RFC 6581 both ends agree on what both can do;
 * without it each must know what the other one can.
 */
struct hps_bare_setup {
	__u32	flags;
	__u16	ird;
	__u16	ord;
	__u32	reserved[2];
};

#define HPS_BARE_DEPTH_MAX	256

/* hps_bare_send.flags and hps_bare_received.flags */
#define HPS_BARE_SOLICITED	0x1	/* Send with Solicited Event */
#define HPS_BARE_INVALIDATE	0x2	/* Send with Invalidate, of @stag */

/**
 * struct hps_bare_send - a message that does more
 * @flags:	HPS_BARE_SOLICITED, HPS_BARE_INVALIDATE
 * @stag:	INVALIDATE: the region of the peer that it ends, else zero
 */
struct hps_bare_send {
	__u32	flags;
	__u32	stag;
};

/**
 * struct hps_bare_received - a message that did more
 * @flags:	HPS_BARE_SOLICITED, HPS_BARE_INVALIDATE
 * @stag:	INVALIDATE: the region of ours that no peer can use any more. It stays
 *		pinned until it is deregistered
 */
struct hps_bare_received {
	__u32	flags;
	__u32	stag;
};

/* hps_bare_info.flags */
#define HPS_BARE_INFO_INITIATOR	0x1	/* this end connected */
#define HPS_BARE_INFO_CRC	0x2	/* CRC32c is in use */
#define HPS_BARE_INFO_ENHANCED	0x4	/* set up with RFC 6581 */

/* hps_bare_info.terminated */
#define HPS_BARE_TERMINATED_BY_US	1
#define HPS_BARE_TERMINATED_BY_PEER	2

/**
 * struct hps_bare_info - a connection as it is
 * @state:	as of TCP (TCP_ESTABLISHED and so on)
 * @flags:	HPS_BARE_INFO_*
 * @revision:	of MPA, 0: not set up
 * @terminated:	HPS_BARE_TERMINATED_*, 0: no Terminate
 * @terminate:	its layer, type and code as in RFC 5040: 0x1100 is an invalid
 *		steering tag
 * @error:	errno of the end, or 0
 * @ird:	agreed
 * @ord:	agreed
 * @frames_sent: FPDUs made
 * @frames_received: FPDUs taken
 * @octets_placed: that the peer wrote to our regions
 * @requests_served: reads and atomics of the peer that were answered
 *
 * It grows at its end; at most optlen octets are written.
 */
struct hps_bare_info {
	__u8	state;
	__u8	flags;
	__u8	revision;
	__u8	terminated;
	__u32	terminate;
	__u32	error;
	__u16	ird;
	__u16	ord;
	__u64	frames_sent;
	__u64	frames_received;
	__u64	octets_placed;
	__u64	requests_served;
};

#endif /* _UAPI_LINUX_HPS_BARE_H */
