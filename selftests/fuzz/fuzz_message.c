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
