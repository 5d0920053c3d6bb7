// SPDX-License-Identifier: GPL-2.0
/* Operations on the peer's memory, and receives: what a program may post. */
#include "socket/post.h"

#include <linux/overflow.h>
#include <linux/slab.h>
#include <net/sock.h>
#include <uapi/linux/hps_direct.h>

#include "conn/conn.h"
#include "conn/direct.h"
#include "conn/posted.h"
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
	case HPS_DIRECT_RECV:
		return has_only(post, true, false, false) &&
		       !(post->stag | post->offset);
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
 * Return: 0, -EINVAL, or -EMSGSIZE: a READ or RECV of too much.
 */
int hps_post_check(const struct hps_direct_post *post, size_t len)
{
	u32 flags = HPS_DIRECT_SILENT;

	if (post->op == HPS_DIRECT_RECV)
		flags |= HPS_DIRECT_WAITALL;
	if (post->op == HPS_DIRECT_WRITE)
		flags |= HPS_DIRECT_LENT;
	if (post->reserved[0] | post->reserved[1] | post->reserved[2] ||
	    post->flags & ~flags || !is_well_formed(post))
		return -EINVAL;
	if (post->op != HPS_DIRECT_WRITE && len)
		return -EINVAL;
	return post->len > HPS_DIRECT_READ_MAX ? -EMSGSIZE : 0;
}

/**
 * hps_post_check_pieces - may these follow an operation?
 * @post:	a checked operation
 * @more:	what the program says
 * @nr:		of them
 *
 * Return: 0, -EINVAL, or -EMSGSIZE: one is too long.
 */
int hps_post_check_pieces(const struct hps_direct_post *post,
			  const struct hps_direct_piece *more, size_t nr)
{
	size_t i;

	if (nr && (post->op != HPS_DIRECT_RECV || nr >= HPS_DIRECT_PIECES))
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		if (more[i].reserved)
			return -EINVAL;
		if (more[i].len > HPS_DIRECT_READ_MAX)
			return -EMSGSIZE;
	}
	return 0;
}

/**
 * hps_post_permit - may this socket post it now?
 * @sk:		the socket, locked
 * @conn:	its connection
 * @post:	a checked operation
 *
 * Return: 0, -EDESTADDRREQ: no queue; -EACCES: the sink is no region of ours, or not
 * large enough.
 */
int hps_post_permit(const struct sock *sk, const struct hps_conn *conn,
		    const struct hps_direct_post *post)
{
	if (!hps_sk(sk)->cq && !(post->flags & HPS_DIRECT_SILENT))
		return -EDESTADDRREQ;
	if (post->op != HPS_DIRECT_READ && post->op != HPS_DIRECT_RECV)
		return 0;
	return hps_direct_post_sink(conn, post->sink, post->sink_offset, post->len);
}

static struct hps_receive *receive_of(const struct hps_direct_post *post,
				      const struct hps_direct_piece *more,
				      size_t nr)
{
	struct hps_receive *rv;
	size_t i;

	rv = kzalloc(struct_size(rv, piece, nr + 1), GFP_KERNEL_ACCOUNT);
	if (!rv)
		return NULL;
	rv->data = post->data;
	rv->flags = post->flags;
	rv->nr = nr + 1;
	rv->piece[0] = (struct hps_direct_piece) {
		.stag = post->sink,
		.offset = post->sink_offset,
		.len = post->len,
	};
	for (i = 0; i < nr; i++)
		rv->piece[i + 1] = more[i];
	for (i = 0; i <= nr; i++)
		rv->len += rv->piece[i].len;
	return rv;
}

static int post_receive(struct sock *sk, struct hps_conn *conn,
			struct hps_receive *rv)
{
	unsigned int i;
	int err = 0;

	/* Nothing would tell it from the end. */
	if (!conn->seqpacket && !rv->len)
		return -EINVAL;
	for (i = 1; i < rv->nr && !err; i++)
		err = hps_direct_post_sink(conn, rv->piece[i].stag,
					   rv->piece[i].offset,
					   rv->piece[i].len);
	if (!err)
		err = hps_posted_add(conn, hps_sk(sk)->cq, rv);
	if (err == -ENOTCONN)
		err = sock_error(sk) ? : err;
	return err;
}

/**
 * hps_post_receive - post a receive
 * @sk:		the socket, locked
 * @post:	what it is, checked
 * @more:	pieces that follow, checked
 * @nr:		of them
 *
 * Context: process. Does not wait. Return: 0 or -errno, see the uapi.
 */
int hps_post_receive(struct sock *sk, const struct hps_direct_post *post,
		     const struct hps_direct_piece *more, size_t nr)
{
	struct hps_conn *conn = hps_sk(sk)->conn;
	struct hps_receive *rv;
	int err;

	if (!conn)
		return sock_error(sk) ? : -ENOTCONN;
	err = hps_post_permit(sk, conn, post);
	if (err)
		return err;
	rv = receive_of(post, more, nr);
	if (!rv)
		return -ENOMEM;
	err = post_receive(sk, conn, rv);
	if (err)
		kfree(rv);
	return err;
}

/**
 * hps_post_cancel - setsockopt(HPS_DIRECT_CANCEL)
 * @sk:		the socket, not locked
 * @val:	__u64: the data of the receives to be cancelled
 * @len:	its size, or 0: all
 *
 * Context: process. Return: 0, -EINVAL, -EFAULT, or -ENOENT: there is none.
 */
int hps_post_cancel(struct sock *sk, sockptr_t val, unsigned int len)
{
	int err = -ENOENT;
	u64 data;

	if (len && len != sizeof(data))
		return -EINVAL;
	if (len && copy_from_sockptr(&data, val, sizeof(data)))
		return -EFAULT;
	lock_sock(sk);
	if (hps_sk(sk)->conn)
		err = hps_posted_cancel(hps_sk(sk)->conn, len ? &data : NULL);
	release_sock(sk);
	return err;
}
