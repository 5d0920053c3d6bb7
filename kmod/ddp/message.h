/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HPS messages: the check of a received one and the builders of all. Pure codec.
 */
#ifndef _HPS_DDP_MESSAGE_H
#define _HPS_DDP_MESSAGE_H

#include <linux/string.h>
#include <linux/types.h>

#include <asm/byteorder.h>

#include "../wire.h"

/**
 * struct hps_option - begins each option behind the fixed part of a header
 * @type:	HPS_OPTION_MUST and a number; none is defined yet
 * @words:	length in 4-octet words, these two octets included, at least 1
 * @value:	the rest
 */
struct hps_option {
	__u8	type;
	__u8	words;
	__u8	value[2];
} __packed;
static_assert(sizeof(struct hps_option) == 4);

#define HPS_OPTION_MUST	0x80	/* who does not know it must reset */

/* The longest header: hdr_words has eight bits. */
#define HPS_MAX_HEADER	(255 * 4)

/**
 * enum hps_msg_verdict - what to do with a message
 * @HPS_MSG_OK:		handle it
 * @HPS_MSG_NEED_MORE:	more octets of the header are needed for a verdict
 * @HPS_MSG_SKIP:	an unknown type that may be skipped: count and skip it
 * @HPS_MSG_BAD:	reset the connection with &hps_msg_info.reason
 */
enum hps_msg_verdict {
	HPS_MSG_OK,
	HPS_MSG_NEED_MORE,
	HPS_MSG_SKIP,
	HPS_MSG_BAD,
};

/**
 * struct hps_msg_info - what a message is
 * @reason:	why it is HPS_MSG_BAD
 * @header_len:	octets of the header with options
 * @body_len:	octets behind the header
 * @options:	number of options, all of them unknown and skipped
 * @type:	enum hps_msg_type
 * @flags:	those flags that are defined for the type
 *
 * All but @reason holds only if the verdict is HPS_MSG_OK; with HPS_MSG_SKIP
 * @type, @header_len and @body_len do, too.
 */
struct hps_msg_info {
	enum hps_reason	reason;
	u32		header_len;
	u32		body_len;
	u8		options;
	u8		type;
	u8		flags;
};

enum hps_msg_verdict hps_msg_check(const void *head, u32 avail,
				   u32 payload_len, struct hps_msg_info *info);
enum hps_reason hps_hello_check(const struct hps_hello *hello);
const char *hps_msg_name(u8 type);
const char *hps_reason_name(u32 reason);

/* --- builders: they set every octet of the fixed part ------------------------ */

static inline void hps_msg_build(struct hps_msg *m, u8 type, u8 flags,
				 size_t size)
{
	m->type = type;
	m->flags = flags;
	m->hdr_words = size / 4;
	m->reserved = 0;
}

/* @ack and @window are cut to 32 bits, see hps_credit_expand(). */
static inline void hps_data_build(struct hps_data *m, u8 flags, u64 offset,
				  u64 ack, u32 window)
{
	hps_msg_build(&m->msg, HPS_MSG_DATA, flags | HPS_FLAG_MUST, sizeof(*m));
	m->offset = cpu_to_be64(offset);
	m->ack = cpu_to_be32(ack & U32_MAX);
	m->window = cpu_to_be32(window);
}

/* @tag and @place say where; beside the flags of data, HPS_PLACE_ANSWER. */
static inline void hps_place_build(struct hps_place *m, u8 flags, u64 offset,
				   u64 ack, u32 window, u32 tag, u64 place)
{
	hps_data_build(&m->data, flags, offset, ack, window);
	hps_msg_build(&m->data.msg, HPS_MSG_PLACE, flags | HPS_FLAG_MUST,
		      sizeof(*m));
	m->tag = cpu_to_be32(tag);
	m->place = cpu_to_be64(place);
}

/* A struct hps_request_data follows as its body. */
static inline void hps_request_build(struct hps_data *m, u8 flags, u64 offset,
				     u64 ack, u32 window)
{
	hps_data_build(m, flags, offset, ack, window);
	m->msg.type = HPS_MSG_REQUEST;
}

/* A struct hps_result_data follows as its body. */
static inline void hps_result_build(struct hps_data *m, u8 flags, u64 offset,
				    u64 ack, u32 window)
{
	hps_data_build(m, flags, offset, ack, window);
	m->msg.type = HPS_MSG_RESULT;
}

static inline void hps_ack_build(struct hps_ack *m, u64 ack, u64 edge,
				 u32 buffer)
{
	hps_msg_build(&m->msg, HPS_MSG_ACK, HPS_FLAG_MUST, sizeof(*m));
	m->buffer = cpu_to_be32(buffer);
	m->ack = cpu_to_be64(ack);
	m->edge = cpu_to_be64(edge);
}

static inline void hps_fin_build(struct hps_fin *m, u64 offset)
{
	hps_msg_build(&m->msg, HPS_MSG_FIN, HPS_FLAG_MUST, sizeof(*m));
	m->reserved = 0;
	m->offset = cpu_to_be64(offset);
}

static inline void hps_finack_build(struct hps_fin *m, u64 offset)
{
	hps_msg_build(&m->msg, HPS_MSG_FINACK, HPS_FLAG_MUST, sizeof(*m));
	m->reserved = 0;
	m->offset = cpu_to_be64(offset);
}

static inline void hps_reset_build(struct hps_reset *m, enum hps_reason reason)
{
	hps_msg_build(&m->msg, HPS_MSG_RESET, HPS_FLAG_MUST, sizeof(*m));
	m->reason = cpu_to_be32(reason);
}

static inline void hps_ping_build(struct hps_ping *m, u32 cookie)
{
	hps_msg_build(&m->msg, HPS_MSG_PING, 0, sizeof(*m));
	m->cookie = cpu_to_be32(cookie);
}

static inline void hps_pong_build(struct hps_ping *m, u32 cookie)
{
	hps_msg_build(&m->msg, HPS_MSG_PONG, 0, sizeof(*m));
	m->cookie = cpu_to_be32(cookie);
}

/* @hello->kind says which of the five messages it is. */
static inline void hps_hello_msg_build(struct hps_hello_msg *m,
				       const struct hps_hello *hello)
{
	hps_msg_build(&m->msg, hello->kind, HPS_FLAG_MUST, sizeof(*m));
	m->hello = *hello;
}

static inline void hps_auth_build(struct hps_auth *m, const u8 *mac)
{
	hps_msg_build(&m->msg, HPS_MSG_AUTH, HPS_FLAG_MUST, sizeof(*m));
	memcpy(m->mac, mac, HPS_MAC_LEN);
}

/* @count offers follow the header as its body. */
static inline void hps_links_build(struct hps_links *m, u8 count, u16 serial)
{
	hps_msg_build(&m->msg, HPS_MSG_LINKS, 0, sizeof(*m));
	m->count = count;
	m->reserved = 0;
	m->serial = cpu_to_be16(serial);
}

/* What a peer says is never taken for a code that only this host gives. */
static inline enum hps_reason hps_reason_of_peer(__be32 reason)
{
	u32 code = be32_to_cpu(reason);

	return code < HPS_REASON_LOCAL ? code : HPS_REASON_NONE;
}

#endif /* _HPS_DDP_MESSAGE_H */
