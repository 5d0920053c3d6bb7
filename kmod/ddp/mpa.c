// SPDX-License-Identifier: GPL-2.0
/*
 * MPA start-up frames (RFC 5044 section 7.1): built and parsed.
 */
#include "mpa.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

static const char *startup_key(bool reply)
{
	return reply ? MPA_KEY_REPLY : MPA_KEY_REQUEST;
}

static int refuse(struct mpa_startup_info *info, enum mpa_error error, int err)
{
	info->error = error;

	return err;
}

/**
 * mpa_startup_build - build a request or a reply
 * @buf:	where to
 * @size:	room there
 * @reply:	a reply, else a request
 * @flags:	MPA_FLAG_CRC, in a reply also MPA_FLAG_REJECT
 * @priv:	private data
 * @len:	octets of it
 *
 * Return: octets of the frame; -EINVAL for too much private data, -ENOSPC.
 */
int mpa_startup_build(void *buf, size_t size, bool reply, u8 flags,
		      const void *priv, u16 len)
{
	struct mpa_startup *frame = buf;

	if (len > MPA_MAX_PRIVATE_DATA)
		return -EINVAL;
	if (size < sizeof(*frame) + len)
		return -ENOSPC;

	memcpy(frame->key, startup_key(reply), MPA_KEY_LEN);
	frame->flags = flags;
	frame->revision = MPA_REVISION;
	frame->private_len = cpu_to_be16(len);
	if (len)
		memcpy(frame + 1, priv, len);

	return sizeof(*frame) + len;
}

/**
 * mpa_startup_parse - parse a request or a reply
 * @buf:	the first octets of the TCP stream
 * @len:	how many there are, the whole frame or less or more
 * @reply:	a reply is expected, else a request
 * @info:	what it says; on error only @info->error is set
 *
 * What can be refused is refused with the first octets, so that a peer that
 * speaks something else is not waited for. Reserved flags, and the reject flag
 * of a request, are not looked at, as RFC 5044 section 7.1.1 has it.
 *
 * Return: octets of the frame; 0 if more are needed; -EPROTO, or
 * -EPROTONOSUPPORT for another revision or markers.
 */
int mpa_startup_parse(const void *buf, size_t len, bool reply,
		      struct mpa_startup_info *info)
{
	const struct mpa_startup *frame = buf;
	u16 private_len;

	memset(info, 0, sizeof(*info));
	if (memcmp(buf, startup_key(reply),
		   min_t(size_t, len, MPA_KEY_LEN)))
		return refuse(info, MPA_ERR_KEY, -EPROTO);
	if (len < sizeof(*frame))
		return 0;

	if (frame->revision != MPA_REVISION)
		return refuse(info, MPA_ERR_REVISION, -EPROTONOSUPPORT);
	if (frame->flags & MPA_FLAG_MARKERS)
		return refuse(info, MPA_ERR_MARKERS, -EPROTONOSUPPORT);

	private_len = be16_to_cpu(frame->private_len);
	if (private_len > MPA_MAX_PRIVATE_DATA)
		return refuse(info, MPA_ERR_PRIVATE, -EPROTO);
	if (len - sizeof(*frame) < private_len)
		return 0;

	info->flags = frame->flags & (MPA_FLAG_CRC |
				      (reply ? MPA_FLAG_REJECT : 0));
	info->private_len = private_len;
	info->private_data = frame + 1;

	return sizeof(*frame) + private_len;
}

/**
 * mpa_error_name - for traces and messages
 * @error:	what
 *
 * Return: a few words.
 */
const char *mpa_error_name(enum mpa_error error)
{
	static const char * const names[] = {
		[MPA_OK]		= "none",
		[MPA_ERR_KEY]		= "not an MPA start-up frame",
		[MPA_ERR_REVISION]	= "unknown MPA revision",
		[MPA_ERR_MARKERS]	= "MPA markers wanted",
		[MPA_ERR_PRIVATE]	= "too much private data",
	};

	return error < ARRAY_SIZE(names) ? names[error] : "unknown";
}
