/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the peer sees: every octet that HPS puts on a channel.
 *
 * A channel over TCP carries MPA frames (RFC 5044); each frame is one DDP
 * segment (RFC 5041) that is one whole RDMAP Send (RFC 5040) on queue 0; the
 * payload of the Send is one HPS message: struct hps_msg, the fixed part of its
 * type, options, data. Documentation/networking/hps-wire.rst defines the use
 * of every bit; this file defines where it is.
 */
#ifndef _HPS_WIRE_H
#define _HPS_WIRE_H

#include <linux/types.h>
#include <linux/build_bug.h>
#include <uapi/linux/hps.h>

#define HPS_WIRE_VERSION	1

/* --- MPA start-up frames, RFC 5044 section 7.1.1 ------------------------- */

#define MPA_KEY_LEN		16
#define MPA_KEY_REQUEST		"MPA ID Req Frame"
#define MPA_KEY_REPLY		"MPA ID Rep Frame"
#define MPA_REVISION		1
#define MPA_FLAG_MARKERS	0x80
#define MPA_FLAG_CRC		0x40
#define MPA_FLAG_REJECT		0x20
#define MPA_MAX_PRIVATE_DATA	512

struct mpa_startup {
	__u8	key[MPA_KEY_LEN];
	__u8	flags;			/* MPA_FLAG_* */
	__u8	revision;
	__be16	private_len;
} __packed;
static_assert(sizeof(struct mpa_startup) == 20);

/* --- one frame: MPA length, DDP untagged header, RDMAP control ------------ */

#define MPA_LEN_SIZE		2
#define MPA_CRC_SIZE		4
#define MPA_MAX_ULPDU		65535	/* the length field has 16 bits */

#define DDP_FLAG_TAGGED		0x80
#define DDP_FLAG_LAST		0x40
#define DDP_RESERVED		0x3c
#define DDP_VERSION_MASK	0x03
#define DDP_VERSION		1

#define RDMAP_VERSION_MASK	0xc0
#define RDMAP_VERSION		(1 << 6)
#define RDMAP_OPCODE_MASK	0x0f
#define RDMAP_OP_SEND		0x3
#define RDMAP_OP_TERMINATE	0x7

#define DDP_QN_SEND		0
#define DDP_QN_TERMINATE	2

/* The head of an untagged frame as it stands in the TCP stream. */
struct hps_frame {
	__be16	mpa_len;		/* octets from ddp_ctrl to the end of the payload */
	__u8	ddp_ctrl;		/* DDP_FLAG_* and the version */
	__u8	rdmap_ctrl;		/* version and opcode */
	__be32	invalidate_stag;	/* zero in a plain Send */
	__be32	queue;
	__be32	msn;			/* counts Sends of this channel from 1, may wrap */
	__be32	offset;			/* zero: a message is one segment */
} __packed;
static_assert(sizeof(struct hps_frame) == 20);

#define HPS_ULPDU_HEAD	(sizeof(struct hps_frame) - MPA_LEN_SIZE)

/* --- bare connections: MPA, DDP and RDMAP in full, without HPS messages ----- */

#define MPA_REVISION_ENHANCED	2	/* RFC 6581 */
#define MPA_FLAG_ENHANCED	0x10	/* struct mpa_enhanced leads private data */

/* RFC 6581: what each end can take, and how the initiator begins. */
struct mpa_enhanced {
	__be16	ird;			/* MPA_IRD_* and a number */
	__be16	ord;			/* MPA_ORD_* and a number */
} __packed;
static_assert(sizeof(struct mpa_enhanced) == 4);

#define MPA_DEPTH_MASK		0x3fff
#define MPA_IRD_PEER_TO_PEER	0x8000	/* the initiator shall send first */
#define MPA_IRD_RTR_EMPTY	0x4000	/* ... an FPDU without payload */
#define MPA_ORD_RTR_WRITE	0x8000	/* ... an RDMA Write of no octets */
#define MPA_ORD_RTR_READ	0x4000	/* ... an RDMA Read of no octets */

#define DDP_QN_REQUEST		1
#define DDP_QN_ATOMIC		3	/* RFC 7306: Atomic Responses */
#define DDP_QUEUES		4

#define RDMAP_OP_WRITE		0x0
#define RDMAP_OP_READ_REQUEST	0x1
#define RDMAP_OP_READ_RESPONSE	0x2
#define RDMAP_OP_SEND_INVAL	0x4
#define RDMAP_OP_SEND_SE	0x5	/* SE: the receiver asks to be woken */
#define RDMAP_OP_SEND_SE_INVAL	0x6
#define RDMAP_OP_ATOMIC_REQUEST	0xa
#define RDMAP_OP_ATOMIC_RESPONSE 0xb

/* The head of a tagged frame; that of an untagged one is struct hps_frame. */
struct ddp_tagged {
	__be16	mpa_len;
	__u8	ddp_ctrl;
	__u8	rdmap_ctrl;
	__be32	stag;
	__be64	offset;
} __packed;
static_assert(sizeof(struct ddp_tagged) == 16);

/* RFC 5040 section 4.4: payload of an RDMA Read Request */
struct rdmap_read_request {
	__be32	sink_stag;
	__be64	sink_offset;
	__be32	len;
	__be32	source_stag;
	__be64	source_offset;
} __packed;
static_assert(sizeof(struct rdmap_read_request) == 28);

/* RFC 7306: payloads of Atomic Request and Response */
#define RDMAP_ATOMIC_FETCH_ADD	0
#define RDMAP_ATOMIC_CMP_SWAP	2
#define RDMAP_ATOMIC_MASK	0x0f	/* of the opcode; the rest is reserved */

struct rdmap_atomic_request {
	__be32	opcode;
	__be32	id;
	__be32	stag;
	__be64	offset;
	__be64	data;			/* to add, or to swap in */
	__be64	mask;
	__be64	compare;
	__be64	compare_mask;
} __packed;
static_assert(sizeof(struct rdmap_atomic_request) == 52);

struct rdmap_atomic_response {
	__be32	id;
	__be64	value;			/* what was there before */
} __packed;
static_assert(sizeof(struct rdmap_atomic_response) == 12);

/*
 * RFC 5040 section 4.8: payload of a Terminate. The length and the head of the
 * segment in question follow, as far as @control says.
 */
struct rdmap_terminate {
	__be32	control;		/* layer, type, code; RDMAP_TERM_* */
} __packed;
static_assert(sizeof(struct rdmap_terminate) == 4);

#define RDMAP_TERM_CODE_SHIFT	16
#define RDMAP_TERM_LEN		0x8000	/* M: the length is there */
#define RDMAP_TERM_DDP		0x4000	/* D: the DDP head is there */
#define RDMAP_TERM_RDMAP	0x2000	/* R: the head of a Read Request, too */

/* --- HPS messages ---------------------------------------------------------- */

/**
 * enum hps_msg_type - the types of HPS messages
 * @HPS_MSG_OPEN:	asks for a connection; body struct hps_hello
 * @HPS_MSG_ACCEPT:	grants it; body struct hps_hello
 * @HPS_MSG_REFUSE:	refuses an open or a join; body struct hps_hello
 * @HPS_MSG_JOIN:	asks to add this channel to a connection; struct hps_hello
 * @HPS_MSG_JOINED:	answers a join with the responder's proof; struct hps_hello
 * @HPS_MSG_AUTH:	ends a join with the initiator's proof; struct hps_auth
 * @HPS_MSG_DATA:	a segment; struct hps_data, then payload
 * @HPS_MSG_ACK:	acknowledgement and credit; struct hps_ack
 * @HPS_MSG_WAKEUP:	a reader waits (SV-6); reserved for RDMA channels
 * @HPS_MSG_FIN:	the sender's direction ends; struct hps_fin
 * @HPS_MSG_FINACK:	last message of a connection on this channel; struct hps_fin
 * @HPS_MSG_RESET:	the connection is aborted; struct hps_reset
 * @HPS_MSG_PING:	asks for a pong; struct hps_ping
 * @HPS_MSG_PONG:	answers a ping with its cookie; struct hps_ping
 * @HPS_MSG_LINKS:	the links on offer; struct hps_links
 * @HPS_MSG_PROBE:	reserved: measurement of a path
 * @HPS_MSG_REGION:	reserved: advertisement of a region
 * @HPS_MSG_POSTED:	reserved: advertisement of a posted receive
 * @HPS_MSG_SRC_AVAIL:	reserved: source available (rendezvous by read)
 * @HPS_MSG_SNK_AVAIL:	reserved: sink available (rendezvous by write)
 * @HPS_MSG_PLACE:	a segment whose payload goes to memory; struct hps_place
 * @HPS_MSG_REQUEST:	asks for octets or an atomic operation; struct hps_data, then
 *			struct hps_request_data
 * @HPS_MSG_RESULT:	a request is answered; struct hps_data, then struct hps_result_data
 */
enum hps_msg_type {
	HPS_MSG_OPEN		= 1,
	HPS_MSG_ACCEPT		= 2,
	HPS_MSG_REFUSE		= 3,
	HPS_MSG_JOIN		= 4,
	HPS_MSG_JOINED		= 5,
	HPS_MSG_AUTH		= 6,
	HPS_MSG_DATA		= 7,
	HPS_MSG_ACK		= 8,
	HPS_MSG_WAKEUP		= 9,
	HPS_MSG_FIN		= 10,
	HPS_MSG_FINACK		= 11,
	HPS_MSG_RESET		= 12,
	HPS_MSG_PING		= 13,
	HPS_MSG_PONG		= 14,
	HPS_MSG_LINKS		= 15,
	HPS_MSG_PROBE		= 16,
	HPS_MSG_REGION		= 17,
	HPS_MSG_POSTED		= 18,
	HPS_MSG_SRC_AVAIL	= 19,
	HPS_MSG_SNK_AVAIL	= 20,
	HPS_MSG_PLACE		= 21,
	HPS_MSG_REQUEST		= 22,
	HPS_MSG_RESULT		= 23,
};

/* Flags of every message. */
#define HPS_FLAG_MUST		0x80	/* who does not know the type must reset */

/* Flags of HPS_MSG_DATA. */
#define HPS_DATA_EOR		0x01	/* a record mark follows the payload */
#define HPS_DATA_RESENT		0x02	/* went over another path before */
#define HPS_DATA_DUPLICATE	0x04	/* a copy made on purpose (duplicate policy) */
#define HPS_DATA_ACK		0x08	/* the sender waits for the acknowledgement */

/* PLACE, REQUEST and RESULT have the flags of DATA but for EOR, and this. */
#define HPS_PLACE_ANSWER	0x10	/* of PLACE: it answers a request */

/* Every message begins so. */
struct hps_msg {
	__u8	type;			/* enum hps_msg_type */
	__u8	flags;
	__u8	hdr_words;		/* header length incl. options, 4-octet words */
	__u8	reserved;		/* zero when sent, ignored when received */
} __packed;
static_assert(sizeof(struct hps_msg) == 4);

/*
 * A segment. @ack holds the low 32 bits of the acknowledged offset, @window
 * the credit beyond it; both are expanded against what the receiver of the
 * message knows (struct hps_ack has them in full).
 */
struct hps_data {
	struct hps_msg	msg;
	__be64		offset;		/* place of the first payload octet */
	__be32		ack;
	__be32		window;
} __packed;
static_assert(sizeof(struct hps_data) == 20);

/*
 * A segment whose payload is placed: its octets take offsets of the stream as those
 * of DATA do, so that they are acknowledged, sent again and ordered alike, but no
 * reader sees them.
 */
struct hps_place {
	struct hps_data	data;
	__be32		tag;		/* steering tag, or the request's id */
	__be64		place;		/* tagged offset, or place in the answer */
} __packed;
static_assert(sizeof(struct hps_place) == 32);

#define HPS_REQUEST_READ	1
#define HPS_REQUEST_SWAP	2
#define HPS_REQUEST_ADD		3
#define HPS_REQUEST_INVALIDATE	4

/* The payload of a REQUEST, which is one segment. */
struct hps_request_data {
	__be32		id;		/* of those of this end, never used twice at once */
	__u8		op;		/* HPS_REQUEST_* */
	__u8		reserved[3];
	__be32		stag;
	__be32		len;		/* READ: octets; SWAP, ADD: 8; else 0 */
	__be64		place;		/* tagged offset */
	__be64		operand;	/* to add, or to swap in */
	__be64		compare;
} __packed;
static_assert(sizeof(struct hps_request_data) == 40);

/* The payload of a RESULT. */
struct hps_result_data {
	__be32		id;
	__be32		reserved;
	__be64		value;		/* atomics: what was there before */
} __packed;
static_assert(sizeof(struct hps_result_data) == 16);

struct hps_ack {
	struct hps_msg	msg;
	__be32		buffer;		/* receive buffer: octets of credit in all */
	__be64		ack;		/* all below this offset has arrived */
	__be64		edge;		/* offsets below this one may be sent */
} __packed;
static_assert(sizeof(struct hps_ack) == 24);

struct hps_fin {
	struct hps_msg	msg;
	__be32		reserved;
	__be64		offset;		/* end of the stream; the FIN itself takes one */
} __packed;
static_assert(sizeof(struct hps_fin) == 16);

struct hps_reset {
	struct hps_msg	msg;
	__be32		reason;		/* enum hps_reason */
} __packed;
static_assert(sizeof(struct hps_reset) == 8);

struct hps_ping {
	struct hps_msg	msg;
	__be32		cookie;
} __packed;
static_assert(sizeof(struct hps_ping) == 8);

/* --- set-up ------------------------------------------------------------------ */

#define HPS_NONCE_LEN		16
#define HPS_MAC_LEN		32	/* HMAC-SHA256 */
#define HPS_SHORT_MAC_LEN	16	/* its first half, where room is short */

/* Features: offered by the initiator, those in common by the responder. An
 * offer in the upper octet must be understood, or the hello is refused.
 */
#define HPS_FEATURE_CRC		0x0001	/* CRC32c in every frame */
#define HPS_FEATURE_DIRECT	0x0002	/* PLACE, REQUEST, RESULT are understood */
#define HPS_FEATURE_MUST	0xff00

/**
 * struct hps_hello - 56 octets that set up a channel's use
 * @version:	HPS_WIRE_VERSION; the responder answers with its own
 * @kind:	HPS_MSG_OPEN, JOIN; in answers ACCEPT, JOINED, REFUSE
 * @features:	HPS_FEATURE_*
 * @credit:	receive buffer of the sender of this hello, octets
 * @host_id:	random per namespace and boot; a hint, proves nothing
 * @token:	OPEN, ACCEPT: names the sender's end for later joins;
 *		JOIN: the responder's token
 * @nonce:	random; OPEN and ACCEPT: the two keys of later joins
 * @port:	OPEN: HPS port asked for
 * @source_port: OPEN: HPS port of the asking end
 * @socktype:	OPEN: SOCK_STREAM (1) or SOCK_SEQPACKET (5)
 * @reason:	REFUSE: enum hps_reason
 * @mac:	JOINED: first half of the responder's HMAC
 *
 * On a cold channel it is the private data of the MPA start-up frames, on a
 * pooled one the body of a message. The size is what RoCE leaves for CM
 * private data.
 */
struct hps_hello {
	__u8	version;
	__u8	kind;
	__be16	features;
	__be32	credit;
	__be64	host_id;
	__be64	token;
	__u8	nonce[HPS_NONCE_LEN];
	union {
		struct {
			__be16	port;
			__be16	source_port;
			__u8	socktype;
			__u8	reserved1[3];
			__be32	reason;
			__be32	reserved2;
		} __packed;
		__u8	mac[HPS_SHORT_MAC_LEN];
	};
} __packed;
static_assert(sizeof(struct hps_hello) == 56);

struct hps_hello_msg {
	struct hps_msg		msg;
	struct hps_hello	hello;
} __packed;
static_assert(sizeof(struct hps_hello_msg) == 60);

struct hps_auth {
	struct hps_msg	msg;
	__u8		mac[HPS_MAC_LEN];
} __packed;
static_assert(sizeof(struct hps_auth) == 36);

/* One link on offer: an address where channels of this connection may go. */
struct hps_link_offer {
	__u8	id;			/* names the remote link within the connection */
	__u8	family;			/* 4 or 6 */
	__u8	prefix_len;
	__u8	flags;			/* HPS_OFFER_* */
	__u8	addr[16];		/* an IPv4 address stands in the first four */
} __packed;
static_assert(sizeof(struct hps_link_offer) == 20);

#define HPS_OFFER_CURRENT	0x01	/* the link that carries this message */

#define HPS_MAX_OFFERS		40

struct hps_links {
	struct hps_msg		msg;
	__u8			count;
	__u8			reserved;
	__be16			serial;		/* the newest holds: RFC 1982 */
	struct hps_link_offer	offer[];
} __packed;
static_assert(sizeof(struct hps_links) == 8);

/* The longest message that is not data. */
#define HPS_MAX_CONTROL \
	(sizeof(struct hps_links) + HPS_MAX_OFFERS * sizeof(struct hps_link_offer))

/* A segment costs at least this much credit, so that tiny ones cannot exhaust
 * the receiver's memory (design: SV-3).
 */
#define HPS_MIN_SEGMENT_COST	512

/* Frame head, data header, CRC: what a segment adds to its payload and padding. */
#define HPS_SEGMENT_OVERHEAD \
	(sizeof(struct hps_frame) + sizeof(struct hps_data) + MPA_CRC_SIZE)
static_assert(HPS_SEGMENT_OVERHEAD == 44);

/* The most payload that one segment of any kind can carry. */
#define HPS_MAX_SEGMENT \
	(MPA_MAX_ULPDU - HPS_ULPDU_HEAD - sizeof(struct hps_place))

#endif /* _HPS_WIRE_H */
