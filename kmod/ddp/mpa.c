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

/* @len octets of private data, @depths before them if there are any. */
static int build(void *buf, size_t size, bool reply, u8 flags, u8 revision,
		 const struct mpa_enhanced *depths, const void *priv, u16 len)
{
	size_t lead = depths ? sizeof(*depths) : 0;
	struct mpa_startup *frame = buf;
	u8 *p = (u8 *)(frame + 1);

	if (lead + len > MPA_MAX_PRIVATE_DATA)
		return -EINVAL;
	if (size < sizeof(*frame) + lead + len)
		return -ENOSPC;

	memcpy(frame->key, startup_key(reply), MPA_KEY_LEN);
	frame->flags = flags;
	frame->revision = revision;
	frame->private_len = cpu_to_be16(lead + len);
	if (lead)
		memcpy(p, depths, lead);
	if (len)
		memcpy(p + lead, priv, len);

	return sizeof(*frame) + lead + len;
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
	return build(buf, size, reply, flags, MPA_REVISION, NULL, priv, len);
}

/**
 * mpa_bare_build - build the start-up frame of a bare connection
 * @buf:	where to
 * @size:	room there
 * @reply:	a reply, else a request
 * @info:	flags, revision, depths if @info->enhanced, private data
 *
 * Return: as mpa_startup_build(); the depths take four octets of what private
 * data may have.
 */
int mpa_bare_build(void *buf, size_t size, bool reply,
		   const struct mpa_startup_info *info)
{
	struct mpa_enhanced depths = {
		.ird = cpu_to_be16(info->ird),
		.ord = cpu_to_be16(info->ord),
	};
	u8 flags = info->flags;

	if (info->enhanced)
		flags |= MPA_FLAG_ENHANCED;

	return build(buf, size, reply, flags, info->revision,
		     info->enhanced ? &depths : NULL, info->private_data,
		     info->private_len);
}

static int parse(const void *buf, size_t len, bool reply, u8 revision,
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

	if (frame->revision < MPA_REVISION || frame->revision > revision)
		return refuse(info, MPA_ERR_REVISION, -EPROTONOSUPPORT);
	info->revision = frame->revision;
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
 * mpa_startup_parse - parse a request or a reply
 * @buf:	the first octets of the TCP stream
 * @len:	how many there are, the whole frame or less or more
 * @reply:	a reply is expected, else a request
 * @info:	what it says; on error only @info->error and, if it is known,
 *		@info->revision are set
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
	return parse(buf, len, reply, MPA_REVISION, info);
}

/**
 * mpa_bare_parse - parse the start-up frame of a bare connection
 * @buf:	the first octets of the TCP stream
 * @len:	how many there are
 * @reply:	a reply is expected, else a request
 * @info:	what it says, as for mpa_startup_parse()
 *
 * Takes revisions 1 (RFC 5044) and 2 (RFC 6581).
 *
 * Return: as mpa_startup_parse().
 */
int mpa_bare_parse(const void *buf, size_t len, bool reply,
		   struct mpa_startup_info *info)
{
	int n = parse(buf, len, reply, MPA_REVISION_ENHANCED, info);
	const struct mpa_startup *frame = buf;
	struct mpa_enhanced depths;

	if (n <= 0 || info->revision < MPA_REVISION_ENHANCED ||
	    !(frame->flags & MPA_FLAG_ENHANCED))
		return n;
	if (info->private_len < sizeof(depths))
		return refuse(info, MPA_ERR_ENHANCED, -EPROTO);

	memcpy(&depths, info->private_data, sizeof(depths));
	info->enhanced = true;
	info->ird = be16_to_cpu(depths.ird);
	info->ord = be16_to_cpu(depths.ord);
	info->private_data = (const u8 *)info->private_data + sizeof(depths);
	info->private_len -= sizeof(depths);

	return n;
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
		[MPA_ERR_ENHANCED]	= "announced depths missing",
	};

	return error < ARRAY_SIZE(names) ? names[error] : "unknown";
}
