// SPDX-License-Identifier: GPL-2.0
/*
 * HPS messages: is this one well-formed, and is it one we know?
 *
 * The payload of a frame is one message: header (fixed part of the type, then
 * options) and body. What may follow is a row per type. A type without a row
 * is unknown; its flags say whether it may be skipped (hps-wire.rst, "The
 * must-understand rule").
 */
#include "message.h"

#include <linux/kernel.h>

/**
 * enum body - what may stand behind the header
 * @BODY_NONE:	nothing
 * @BODY_DATA:	as much as fits
 * @BODY_LINKS:	as many struct hps_link_offer as the header counts
 * @BODY_REQUEST: one struct hps_request_data
 * @BODY_RESULT: one struct hps_result_data
 */
enum body {
	BODY_NONE,
	BODY_DATA,
	BODY_LINKS,
	BODY_REQUEST,
	BODY_RESULT,
};

struct row {
	const char	*name;
	u8		fixed;		/* octets of the fixed part */
	u8		flags;		/* that are defined, beside MUST */
	enum body	body;
};

static const struct row rows[] = {
	[HPS_MSG_OPEN]	 = { "open", sizeof(struct hps_hello_msg) },
	[HPS_MSG_ACCEPT] = { "accept", sizeof(struct hps_hello_msg) },
	[HPS_MSG_REFUSE] = { "refuse", sizeof(struct hps_hello_msg) },
	[HPS_MSG_JOIN]	 = { "join", sizeof(struct hps_hello_msg) },
	[HPS_MSG_JOINED] = { "joined", sizeof(struct hps_hello_msg) },
	[HPS_MSG_AUTH]	 = { "auth", sizeof(struct hps_auth) },
	[HPS_MSG_DATA]	 = { "data", sizeof(struct hps_data),
			     HPS_DATA_EOR | HPS_DATA_RESENT |
			     HPS_DATA_DUPLICATE | HPS_DATA_ACK, BODY_DATA },
	[HPS_MSG_ACK]	 = { "ack", sizeof(struct hps_ack) },
	[HPS_MSG_FIN]	 = { "fin", sizeof(struct hps_fin) },
	[HPS_MSG_FINACK] = { "finack", sizeof(struct hps_fin) },
	[HPS_MSG_RESET]	 = { "reset", sizeof(struct hps_reset) },
	[HPS_MSG_PING]	 = { "ping", sizeof(struct hps_ping) },
	[HPS_MSG_PONG]	 = { "pong", sizeof(struct hps_ping) },
	[HPS_MSG_LINKS]	 = { "links", sizeof(struct hps_links), 0, BODY_LINKS },
	[HPS_MSG_PLACE]	 = { "place", sizeof(struct hps_place),
			     HPS_DATA_RESENT | HPS_DATA_DUPLICATE |
			     HPS_DATA_ACK | HPS_PLACE_ANSWER, BODY_DATA },
	[HPS_MSG_REQUEST] = { "request", sizeof(struct hps_data),
			      HPS_DATA_RESENT | HPS_DATA_ACK, BODY_REQUEST },
	[HPS_MSG_RESULT] = { "result", sizeof(struct hps_data),
			     HPS_DATA_RESENT | HPS_DATA_ACK, BODY_RESULT },
};

static const struct row *find_row(u8 type)
{
	if (type >= ARRAY_SIZE(rows) || !rows[type].name)
		return NULL;

	return &rows[type];
}

static enum hps_msg_verdict bad(struct hps_msg_info *info,
				enum hps_reason reason)
{
	info->reason = reason;

	return HPS_MSG_BAD;
}

/* No option is defined, so each one is skipped or ends the connection. */
static enum hps_reason walk_options(const u8 *at, u32 len, u8 *count)
{
	while (len) {
		const struct hps_option *o = (const void *)at;
		u32 size;

		/* Headers are counted in words, so there are four octets. */
		size = o->words * 4;
		if (!size || size > len)
			return HPS_REASON_PROTOCOL;
		if (o->type & HPS_OPTION_MUST)
			return HPS_REASON_UNKNOWN_TYPE;
		at += size;
		len -= size;
		(*count)++;
	}

	return HPS_REASON_NONE;
}

static bool body_fits(const struct row *row, const void *head, u32 len)
{
	const struct hps_links *links = head;

	switch (row->body) {
	case BODY_NONE:
		return len == 0;
	case BODY_DATA:
		return true;
	case BODY_LINKS:
		return links->count <= HPS_MAX_OFFERS &&
		       len == links->count * sizeof(struct hps_link_offer);
	case BODY_REQUEST:
		return len == sizeof(struct hps_request_data);
	case BODY_RESULT:
		return len == sizeof(struct hps_result_data);
	}

	return false;
}

/**
 * hps_msg_check - check one message
 * @head:	its first octets
 * @avail:	how many of them there are; the whole header is enough, that is
 *		up to HPS_MAX_HEADER
 * @payload_len: octets of the whole message, as the frame says
 * @info:	what it is
 *
 * Only the header is looked at. Values in it are not judged but for those that
 * give lengths: whether an offset makes sense is for the connection to say.
 *
 * Return: the verdict.
 */
enum hps_msg_verdict hps_msg_check(const void *head, u32 avail,
				   u32 payload_len, struct hps_msg_info *info)
{
	const struct hps_msg *msg = head;
	enum hps_reason reason;
	const struct row *row;

	memset(info, 0, sizeof(*info));
	if (payload_len < sizeof(*msg))
		return bad(info, HPS_REASON_PROTOCOL);
	if (avail < sizeof(*msg))
		return HPS_MSG_NEED_MORE;

	info->type = msg->type;
	info->header_len = msg->hdr_words * 4;
	if (info->header_len < sizeof(*msg) || info->header_len > payload_len)
		return bad(info, HPS_REASON_PROTOCOL);
	info->body_len = payload_len - info->header_len;

	row = find_row(msg->type);
	if (!row) {
		if (msg->flags & HPS_FLAG_MUST)
			return bad(info, HPS_REASON_UNKNOWN_TYPE);
		return HPS_MSG_SKIP;
	}
	info->flags = msg->flags & (row->flags | HPS_FLAG_MUST);

	if (info->header_len < row->fixed)
		return bad(info, HPS_REASON_PROTOCOL);
	if (avail < info->header_len)
		return HPS_MSG_NEED_MORE;
	if (!body_fits(row, head, info->body_len))
		return bad(info, HPS_REASON_PROTOCOL);

	reason = walk_options((const u8 *)head + row->fixed,
			      info->header_len - row->fixed, &info->options);
	if (reason)
		return bad(info, reason);

	return HPS_MSG_OK;
}

/**
 * hps_hello_check - can this hello be talked to?
 * @hello:	private data of an MPA start-up frame, or of a message
 *
 * The version comes first, for nothing else is certain in another one. All
 * features in HPS_FEATURE_MUST are unknown to this version.
 *
 * Return: HPS_REASON_NONE, or the reason to refuse it with.
 */
enum hps_reason hps_hello_check(const struct hps_hello *hello)
{
	if (hello->version != HPS_WIRE_VERSION)
		return HPS_REASON_VERSION;
	if (hello->kind < HPS_MSG_OPEN || hello->kind > HPS_MSG_JOINED)
		return HPS_REASON_PROTOCOL;
	if (be16_to_cpu(hello->features) & HPS_FEATURE_MUST)
		return HPS_REASON_FEATURE;

	return HPS_REASON_NONE;
}

/**
 * hps_msg_name - for traces and messages
 * @type:	enum hps_msg_type
 *
 * Return: a word.
 */
const char *hps_msg_name(u8 type)
{
	const struct row *row = find_row(type);

	return row ? row->name : "unknown";
}

/**
 * hps_reason_name - for traces and messages
 * @reason:	enum hps_reason
 *
 * Return: one word, of the list in the uapi.
 */
const char *hps_reason_name(u32 reason)
{
#define NAME(code, number, name, text) case number: return name;
	switch (reason) {
	HPS_REASONS(NAME)
	}
#undef NAME
	return "unknown";
}
