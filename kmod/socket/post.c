// SPDX-License-Identifier: GPL-2.0
/* Operations on the peer's memory: what a program may post. */
#include "socket/post.h"

#include <linux/rcupdate.h>
#include <net/sock.h>
#include <uapi/linux/hps_direct.h>

#include "conn/conn.h"
#include "ddp/region.h"
#include "socket/hps_sock.h"

/* Fields that an operation does not use are zero. */
static bool has_only(const struct hps_direct_post *post, bool sink, bool operand,
		     bool compare)
{
	return (sink || !(post->sink | post->sink_offset | post->len)) &&
	       (operand || !post->operand) && (compare || !post->compare);
}

static bool is_well_formed(const struct hps_direct_post *post)
{
	switch (post->op) {
	case HPS_DIRECT_WRITE:
		return has_only(post, false, false, false);
	case HPS_DIRECT_READ:
		return has_only(post, true, false, false);
	case HPS_DIRECT_ADD:
		return has_only(post, false, true, false);
	case HPS_DIRECT_SWAP:
		return has_only(post, false, true, true);
	case HPS_DIRECT_INVALIDATE:
		return !post->offset && has_only(post, false, false, false);
	}
	return false;
}

/**
 * hps_post_check - is this an operation?
 * @post:	what the program says
 * @len:	octets of payload that come with it
 *
 * Return: 0, -EINVAL, or -EMSGSIZE: a READ of too much.
 */
int hps_post_check(const struct hps_direct_post *post, size_t len)
{
	if (post->reserved[0] | post->reserved[1] | post->reserved[2] ||
	    post->flags & ~HPS_DIRECT_SILENT || !is_well_formed(post))
		return -EINVAL;
	if (post->op != HPS_DIRECT_WRITE && len)
		return -EINVAL;
	return post->len > HPS_DIRECT_READ_MAX ? -EMSGSIZE : 0;
}

/**
 * hps_post_permit - may this socket post it now?
 * @sk:		the socket, locked
 * @conn:	its connection
 * @post:	a checked operation
 *
 * The sink is checked again when octets come for it.
 *
 * Return: 0, -EDESTADDRREQ: no queue; -EACCES: the sink is no region of ours, or not
 * large enough.
 */
int hps_post_permit(const struct sock *sk, const struct hps_conn *conn,
		    const struct hps_direct_post *post)
{
	const struct ddp_access access = {
		.stag = post->sink,
		.offset = post->sink_offset,
		.len = post->len,
		.right = DDP_RIGHT_SINK,
		.domain = READ_ONCE(conn->domain),
		.stream = conn->stream,
	};
	struct hps_region *region;
	enum ddp_verdict verdict;

	if (!hps_sk(sk)->cq && !(post->flags & HPS_DIRECT_SILENT))
		return -EDESTADDRREQ;
	if (post->op != HPS_DIRECT_READ)
		return 0;
	rcu_read_lock();
	verdict = hps_region_find(conn->net, &access, &region);
	rcu_read_unlock();
	return verdict ? -EACCES : 0;
}
