// SPDX-License-Identifier: GPL-2.0
/*
 * Posting: checks, a place in the queues, and off it goes.
 */
#include "libhps.h"

#include <errno.h>
#include <string.h>

#include "direct.h"
#include "gather.h"
#include "send.h"

/* A place in the queue for @w, or why there is none. */
static int post_locked(struct hps_conn *c, const struct work *w)
{
	int err;

	if (c->state != HPS_CONN_OPEN)
		return -ENOTCONN;
	if (is_request(w) && !c->stream.ord)
		return -EOPNOTSUPP;
	if (c->w_tail - c->w_head >= c->attr.send_depth)
		return -EAGAIN;
	err = c->direct ? direct_prepare(c, w) : 0;
	if (err)
		return err;
	if (!cq_reserve(c->cq))
		return -ENOBUFS;
	*work_at(c, c->w_tail++) = *w;
	conn_push(c);
	conn_settle(c);

	return 0;
}

static int post(struct hps_conn *c, struct work *w, const struct iovec *iov,
		int iov_len, uint32_t flags_allowed)
{
	int64_t total = iov_total(iov, iov_len);
	int err;

	if (total < 0)
		return total;
	if (w->flags & ~flags_allowed)
		return -EINVAL;
	if (iov_len)
		memcpy(w->iov, iov, iov_len * sizeof(*iov));
	w->iov_len = iov_len;
	if (w->op != HPS_OP_CAS && w->op != HPS_OP_FETCH_ADD)
		w->len = total;

	domain_lock(c->domain);
	err = post_locked(c, w);
	domain_unlock(c->domain);

	return err;
}

int hps_post_send(struct hps_conn *c, const struct iovec *iov, int iov_len,
		  uint64_t id, unsigned int flags)
{
	struct work w = { .op = HPS_OP_SEND, .id = id, .flags = flags };

	if (flags > UINT8_MAX)
		return -EINVAL;

	return post(c, &w, iov, iov_len, HPS_POST_FENCE | HPS_POST_SOLICITED);
}

int hps_post_send_inval(struct hps_conn *c, const struct iovec *iov,
			int iov_len, uint32_t stag, uint64_t id,
			unsigned int flags)
{
	struct work w = {
		.op = HPS_OP_SEND, .id = id, .flags = flags,
		.invalidates = true, .stag = stag,
	};

	if (flags > UINT8_MAX)
		return -EINVAL;

	return post(c, &w, iov, iov_len, HPS_POST_FENCE | HPS_POST_SOLICITED);
}

/* What the four one-sided operations have in common. */
static int post_remote(struct hps_conn *c, struct work *w,
		       const struct iovec *iov, int iov_len,
		       const struct hps_remote *remote, unsigned int flags)
{
	if (remote->reserved || flags > UINT8_MAX)
		return -EINVAL;
	w->stag = remote->stag;
	w->offset = remote->offset;
	w->flags = flags;

	return post(c, w, iov, iov_len, HPS_POST_FENCE);
}

int hps_post_write(struct hps_conn *c, const struct iovec *iov, int iov_len,
		   const struct hps_remote *to, uint64_t id, unsigned int flags)
{
	struct work w = { .op = HPS_OP_WRITE, .id = id };

	return post_remote(c, &w, iov, iov_len, to, flags);
}

int hps_post_read(struct hps_conn *c, const struct iovec *iov, int iov_len,
		  const struct hps_remote *from, uint64_t id,
		  unsigned int flags)
{
	struct work w = { .op = HPS_OP_READ, .id = id };

	return post_remote(c, &w, iov, iov_len, from, flags);
}

int hps_post_cas(struct hps_conn *c, const struct hps_remote *at,
		 uint64_t compare, uint64_t swap, uint64_t id,
		 unsigned int flags)
{
	struct work w = {
		.op = HPS_OP_CAS, .id = id, .len = sizeof(uint64_t),
		.data = swap, .compare = compare,
	};

	return post_remote(c, &w, NULL, 0, at, flags);
}

int hps_post_fetch_add(struct hps_conn *c, const struct hps_remote *at,
		       uint64_t add, uint64_t id, unsigned int flags)
{
	struct work w = {
		.op = HPS_OP_FETCH_ADD, .id = id, .len = sizeof(uint64_t),
		.data = add,
	};

	return post_remote(c, &w, NULL, 0, at, flags);
}

int hps_post_recv(struct hps_conn *c, const struct iovec *iov, int iov_len,
		  uint64_t id)
{
	int64_t total = iov_total(iov, iov_len);
	struct receive *r;
	int err = 0;

	if (total < 0)
		return total;
	domain_lock(c->domain);
	if (c->state != HPS_CONN_NEW && c->state != HPS_CONN_OPEN) {
		err = -ENOTCONN;
	} else if (c->r_tail - c->r_head >= c->attr.recv_depth) {
		err = -EAGAIN;
	} else if (!cq_reserve(c->cq)) {
		err = -ENOBUFS;
	} else {
		r = receive_at(c, c->r_tail++);
		if (iov_len)
			memcpy(r->iov, iov, iov_len * sizeof(*iov));
		r->iov_len = iov_len;
		r->id = id;
		r->len = total;
	}
	domain_unlock(c->domain);

	return err;
}
