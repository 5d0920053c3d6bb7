// SPDX-License-Identifier: GPL-2.0
/* Direct placement of a connection: what it keeps for that, from first to last. */
#include "conn/direct.h"

#include <linux/slab.h>

#include "conn/ask.h"
#include "conn/cq.h"
#include "conn/posted.h"
#include "ddp/region.h"

/**
 * hps_direct_get - what the connection has for one-sided operations, made if need be
 * @conn:	the connection; data lock held
 * @gfp:	how to allocate
 *
 * Returns it, or NULL without memory.
 */
struct hps_direct *hps_direct_get(struct hps_conn *conn, gfp_t gfp)
{
	struct hps_direct *d = conn->direct;

	lockdep_assert_held(&conn->lock);
	if (d)
		return d;
	d = kzalloc(sizeof(*d), gfp);
	if (!d)
		return NULL;
	d->conn = conn;
	INIT_LIST_HEAD(&d->asks);
	INIT_LIST_HEAD(&d->elements);
	INIT_LIST_HEAD(&d->served);
	INIT_LIST_HEAD(&d->receives);
	INIT_WORK(&d->drain, hps_posted_drain);
	WRITE_ONCE(conn->direct, d);
	/* Pairs with that of end_record(): one of us sees the other. */
	smp_mb();
	return d;
}

static struct ddp_access access_of(const struct hps_conn *conn, u32 stag,
				   u64 offset, u64 len, u32 right)
{
	return (struct ddp_access) {
		.stag = stag,
		.offset = offset,
		.len = len,
		.right = right,
		.domain = READ_ONCE(conn->domain),
		.stream = conn->stream,
	};
}

/**
 * hps_direct_find - is this access allowed for the connection, and to what?
 * @conn:	the connection
 * @stag:	the tag
 * @offset:	the first octet, from the region's beginning
 * @len:	octets
 * @right:	one DDP_RIGHT_*
 * @region:	the region, if it is
 *
 * Context: RCU, any. Returns DDP_ACCESS_OK, or the first thing that is wrong.
 */
enum ddp_verdict hps_direct_find(const struct hps_conn *conn, u32 stag,
				 u64 offset, u64 len, u32 right,
				 struct hps_region **region)
{
	const struct ddp_access access = access_of(conn, stag, offset, len,
						   right);

	return hps_region_find(conn->net, &access, region);
}

/**
 * hps_direct_post_sink - is this memory of ours that may be filled?
 * @conn:	the connection
 * @stag:	the tag
 * @offset:	the first octet, from the region's beginning
 * @len:	octets
 *
 * It is looked at again when they come. See hps_region_post().
 *
 * Context: process. Return: 0 or -EACCES.
 */
int hps_direct_post_sink(const struct hps_conn *conn, u32 stag, u64 offset,
			 u64 len)
{
	const struct ddp_access access = access_of(conn, stag, offset, len,
						   DDP_RIGHT_SINK);

	return hps_region_post(conn->net, &access) ? -EACCES : 0;
}

/**
 * hps_direct_reserve - keep a place for a completion
 * @d:	of the connection; data lock held
 * @cq:	the socket's queue
 *
 * Returns 0 or -ENOBUFS.
 */
int hps_direct_reserve(struct hps_direct *d, struct hps_cq *cq)
{
	int err = hps_cq_reserve(cq);

	/* A socket has one queue for ever. */
	if (!err && !d->cq) {
		hps_cq_hold(cq);
		d->cq = cq;
	}
	return err;
}

static void free_elements(struct list_head *list)
{
	struct hps_element *e, *next;

	list_for_each_entry_safe(e, next, list, node) {
		list_del(&e->node);
		kfree(e);
	}
}

/**
 * hps_direct_forget - the connection is CLOSED: nothing is answered any more
 * @conn:	the connection; data lock held
 * @err:	status of what is not completed, a negative errno
 */
void hps_direct_forget(struct hps_conn *conn, int err)
{
	struct hps_direct *d = conn->direct;

	lockdep_assert_held(&conn->lock);
	if (!d)
		return;
	hps_ask_flush(conn, err);
	hps_posted_flush(conn, err);
	free_elements(&d->elements);
	free_elements(&d->served);
	d->nr_results = 0;
	d->nr_served = 0;
}

/* Nobody else knows the connection any more. */
void hps_direct_free(struct hps_conn *conn)
{
	struct hps_direct *d = conn->direct;

	if (!d)
		return;
	WARN_ON_ONCE(d->nr_asks);
	if (d->cq)
		hps_cq_put(d->cq);
	if (d->frag.page)
		put_page(d->frag.page);
	kfree(d);
}
