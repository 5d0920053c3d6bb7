// SPDX-License-Identifier: GPL-2.0
/* Any octets as stream of frames: heads and messages, as a channel reads them. */
#include "ddp/ddp.h"
#include "ddp/message.h"
#include "ddp/mpa.h"
#include "shim.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* A copy of exact length, so that the sanitizer sees a read behind it. */
static enum hps_msg_verdict check(const u8 *data, u32 avail, u32 len,
				  struct hps_msg_info *info)
{
	u8 *copy = malloc(avail ? avail : 1);
	enum hps_msg_verdict verdict;

	memcpy(copy, data, avail);
	verdict = hps_msg_check(copy, avail, len, info);
	free(copy);

	return verdict;
}

/* What is placed, and the elements, are what the builders make of them. */
static void direct_message(const u8 *data, const struct hps_msg_info *info)
{
	const struct hps_place *m = (const void *)data;
	const struct hps_data *d = &m->data;
	u8 flags = info->flags & ~HPS_FLAG_MUST;
	struct hps_place again;
	size_t size = sizeof(*d);
	u32 ack, window;
	u64 off;

	if (info->type < HPS_MSG_PLACE || info->type > HPS_MSG_RESULT)
		return;
	off = be64_to_cpu(d->offset);
	ack = be32_to_cpu(d->ack);
	window = be32_to_cpu(d->window);
	switch (info->type) {
	case HPS_MSG_PLACE:
		assert(!(flags & HPS_DATA_EOR));
		hps_place_build(&again, flags, off, ack, window,
				be32_to_cpu(m->tag), be64_to_cpu(m->place));
		size = sizeof(*m);
		break;
	case HPS_MSG_REQUEST:
		assert(!(flags & ~(HPS_DATA_RESENT | HPS_DATA_ACK)));
		assert(info->body_len == sizeof(struct hps_request_data));
		hps_request_build(&again.data, flags, off, ack, window);
		break;
	default:
		assert(!(flags & ~(HPS_DATA_RESENT | HPS_DATA_ACK)));
		assert(info->body_len == sizeof(struct hps_result_data));
		hps_result_build(&again.data, flags, off, ack, window);
	}
	assert(info->header_len >= size);
	assert(again.data.msg.hdr_words * 4 == (int)size);
	/* All behind the first four octets, in which flags may be unknown. */
	assert(!memcmp((u8 *)&again + sizeof(struct hps_msg),
		       data + sizeof(struct hps_msg),
		       size - sizeof(struct hps_msg)));
}

static void one_message(const u8 *data, u32 avail, u32 len)
{
	enum hps_msg_verdict whole, part;
	struct hps_msg_info info, part_info;
	u32 n;

	whole = check(data, avail, len, &info);
	assert(hps_msg_name(info.type) && hps_reason_name(info.reason));
	assert((whole == HPS_MSG_BAD) == (info.reason != HPS_REASON_NONE));
	if (whole == HPS_MSG_OK || whole == HPS_MSG_SKIP)
		assert(info.header_len + info.body_len == len);
	if (whole == HPS_MSG_OK) {
		assert(info.header_len <= avail);
		if (info.type <= HPS_MSG_JOINED)
			hps_hello_check(&((const struct hps_hello_msg *)
					  data)->hello);
		direct_message(data, &info);
	}

	/* With less of it the verdict is the same or open. */
	for (n = 0; n < avail && n <= HPS_MAX_HEADER; n += 3) {
		part = check(data, n, len, &part_info);
		assert(part == HPS_MSG_NEED_MORE || part == whole);
	}
	if (avail >= HPS_MAX_HEADER)
		assert(whole != HPS_MSG_NEED_MORE);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u32 msn = 1;

	while (size >= sizeof(struct hps_frame)) {
		struct hps_frame frame, again;
		u32 len, whole, avail;

		memcpy(&frame, data, sizeof(frame));
		if (hps_frame_check(&frame, msn) != HPS_FRAME_OK)
			break;
		len = hps_frame_payload(&frame);
		hps_frame_build(&again, len, msn++);
		assert(!memcmp(&frame, &again, sizeof(frame)));

		whole = mpa_frame_size(HPS_ULPDU_HEAD + len);
		assert(whole >= sizeof(frame) + len + MPA_CRC_SIZE);
		avail = size - sizeof(frame);
		if (avail > len)
			avail = len;
		one_message(data + sizeof(frame), avail, len);
		if (whole > size)
			break;
		data += whole;
		size -= whole;
	}

	return 0;
}
