// SPDX-License-Identifier: GPL-2.0
/*
 * What this end wants of the peer's memory.
 *
 *   hps_ask_begin --> posted --acknowledged, or answered--> completed
 *        |              |
 *        | error        | the connection ends: completed with its error
 *        v              v
 *   hps_ask_cancel    hps_ask_flush
 *
 * An operation is completed when those before it are, so a completion tells of all
 * of them. That of a WRITE is its acknowledgement: the peer acknowledges what is in
 * place, and all before it is, too.
 */
#include "conn/ask.h"

#include <linux/slab.h>

#include "conn/cq.h"
#include "conn/send.h"
#include "ddp/message.h"

/**
 * hps_ask_begin - an operation is about to be posted
 * @conn:	the connection
 * @cq:		where its completion goes; NULL only if it is SILENT
 * @post:	the operation, checked
 *
 * Context: process, socket lock held. Returns it, with a place in the queue, to be
 * given to hps_ask_request(), hps_ask_written() or hps_ask_cancel(); or an ERR_PTR:
 * -ENOMEM, -ENOBUFS, -EAGAIN, -EOPNOTSUPP, -EPIPE.
 */
struct hps_ask *hps_ask_begin(struct hps_conn *conn, struct hps_cq *cq,
			      const struct hps_direct_post *post)
{
	struct hps_direct *d;
	struct hps_ask *ask;
	int err = 0;

	ask = kzalloc(sizeof(*ask), GFP_KERNEL_ACCOUNT);
	if (!ask)
		return ERR_PTR(-ENOMEM);
	ask->post = *post;
	INIT_LIST_HEAD(&ask->node);
	spin_lock_bh(&conn->lock);
	d = hps_direct_get(conn, GFP_ATOMIC);
	if (!d)
		err = -ENOMEM;
	else if (conn->state != HPS_CONN_ESTABLISHED)
		err = -EPIPE;
	else if (!conn->peer_direct)
		err = -EOPNOTSUPP;
	else if (d->nr_asks >= HPS_DIRECT_DEPTH)
		err = -EAGAIN;
	else if (cq)
		err = hps_direct_reserve(d, cq);
	if (!err) {
		d->nr_asks++;
		ask->queued = cq;
	}
	spin_unlock_bh(&conn->lock);
	if (!err)
		return ask;
	kfree(ask);
	return ERR_PTR(err);
}

/**
 * hps_ask_cancel - an operation was not posted after all
 * @conn:	the connection
 * @ask:	from hps_ask_begin(). Freed
 */
void hps_ask_cancel(struct hps_conn *conn, struct hps_ask *ask)
{
	struct hps_direct *d = conn->direct;

	spin_lock_bh(&conn->lock);
	d->nr_asks--;
	if (ask->queued)
		hps_cq_cancel(d->cq);
	spin_unlock_bh(&conn->lock);
	kfree(ask);
}

/**
 * hps_ask_room - may one more be posted, and if it is a request, be with the peer?
 * @conn:	the connection
 * @request:	it is
 *
 * If not, whoever waits on the socket is woken when that may have changed.
 *
 * Context: process, socket lock held.
 */
bool hps_ask_room(struct hps_conn *conn, bool request)
{
	struct hps_direct *d;
	bool room;

	spin_lock_bh(&conn->lock);
	d = conn->direct;
	room = !d || (d->nr_asks < HPS_DIRECT_DEPTH &&
		      !(request && d->nr_requests >= HPS_DIRECT_REQUESTS));
	if (!room)
		d->wanted = true;
	spin_unlock_bh(&conn->lock);
	return room;
}

/* A count has gone down. */
static void tell_room(struct hps_conn *conn)
{
	struct hps_direct *d = conn->direct;

	if (likely(!d->wanted))
		return;
	d->wanted = false;
	hps_conn_wake(conn);
}

static const u8 request_op[] = {
	[HPS_DIRECT_READ]	= HPS_REQUEST_READ,
	[HPS_DIRECT_SWAP]	= HPS_REQUEST_SWAP,
	[HPS_DIRECT_ADD]	= HPS_REQUEST_ADD,
	[HPS_DIRECT_INVALIDATE]	= HPS_REQUEST_INVALIDATE,
};

static int fill_request(void *to, u32 len, void *arg)
{
	const struct hps_ask *ask = arg;
	const struct hps_direct_post *post = &ask->post;
	const struct hps_request_data request = {
		.id = cpu_to_be32(ask->id),
		.op = request_op[post->op],
		.stag = cpu_to_be32(post->stag),
		.len = cpu_to_be32(ask->len),
		.place = cpu_to_be64(post->offset),
		.operand = cpu_to_be64(post->operand),
		.compare = cpu_to_be64(post->compare),
	};

	/* Room for a whole one was made. */
	memcpy(to, &request, len);
	return 0;
}

static u64 request_len(const struct hps_direct_post *post)
{
	switch (post->op) {
	case HPS_DIRECT_READ:
		return post->len;
	case HPS_DIRECT_INVALIDATE:
		return 0;
	default:
		return sizeof(u64);
	}
}

/* The ids of those that are not answered differ: there are few of them. */
static u32 new_id(struct hps_conn *conn)
{
	u32 id;

	do {
		id = conn->direct->next_id++;
	} while (hps_ask_find(conn, id));
	return id;
}

/**
 * hps_ask_request - post what the peer answers: not a WRITE
 * @conn:	the connection
 * @ask:	from hps_ask_begin(); the connection's if this succeeds
 *
 * Context: process, socket lock held; the caller pushes. Returns 0, -EAGAIN: as
 * many as may be are with the peer; -EBUSY: an INVALIDATE, and any are; -ENOMEM;
 * -EPIPE: nothing can be sent any more.
 */
int hps_ask_request(struct hps_conn *conn, struct hps_ask *ask)
{
	const struct hps_intent intent = { .kind = HPS_KIND_REQUEST };
	struct hps_direct *d = conn->direct;
	int err = -EPIPE;

	ask->len = request_len(&ask->post);
	spin_lock_bh(&conn->lock);
	if (conn->state != HPS_CONN_ESTABLISHED || conn->snd.fin || conn->rcv.fin)
		goto out;
	err = -EAGAIN;
	if (d->nr_requests >= HPS_DIRECT_REQUESTS)
		goto out;
	/* What is not answered yet could be of the region. */
	err = -EBUSY;
	if (ask->post.op == HPS_DIRECT_INVALIDATE && d->nr_requests)
		goto out;
	ask->id = new_id(conn);
	err = hps_write_kernel(conn, &d->frag, &intent,
			       sizeof(struct hps_request_data), fill_request, ask);
	if (err < 0)
		goto out;
	err = 0;
	ask->end = conn->snd.end;
	d->nr_requests++;
	list_add_tail(&ask->node, &d->asks);
out:
	spin_unlock_bh(&conn->lock);
	return err;
}

/**
 * hps_ask_written - the payload of a WRITE was written
 * @conn:	the connection
 * @ask:	from hps_ask_begin(); the connection's from now on
 * @len:	how much it was
 *
 * Context: process, socket lock held.
 */
void hps_ask_written(struct hps_conn *conn, struct hps_ask *ask, u64 len)
{
	spin_lock_bh(&conn->lock);
	ask->len = len;
	ask->end = conn->snd.end;
	conn->snd.confirm = conn->snd.end;
	conn->snd.awaited = conn->snd.end;
	conn->snd.flush = conn->snd.end;
	list_add_tail(&ask->node, &conn->direct->asks);
	if (conn->state == HPS_CONN_CLOSED)
		hps_ask_flush(conn, conn->err ? : -ECONNABORTED);
	else
		hps_ask_complete(conn);
	spin_unlock_bh(&conn->lock);
}

/**
 * hps_ask_find - the request that an answer is for
 * @conn:	the connection, with hps_direct; data lock held
 * @id:		its name
 *
 * Returns it, not answered yet, or NULL.
 */
struct hps_ask *hps_ask_find(struct hps_conn *conn, u32 id)
{
	struct hps_ask *ask;

	list_for_each_entry(ask, &conn->direct->asks, node)
		if (ask->post.op != HPS_DIRECT_WRITE && !ask->answered &&
		    ask->id == id)
			return ask;
	return NULL;
}

static void answered(struct hps_conn *conn, struct hps_ask *ask)
{
	ask->answered = true;
	conn->direct->nr_requests--;
	tell_room(conn);
}

/**
 * hps_ask_placed - octets of the answer to a READ are in place, or were dropped
 * @conn:	the connection, with hps_direct; data lock held
 * @id:		of a READ that is not answered yet
 * @len:	how many more; the last one ends the answer
 */
void hps_ask_placed(struct hps_conn *conn, u32 id, u32 len)
{
	struct hps_ask *ask = hps_ask_find(conn, id);

	ask->done += len;
	if (ask->done < ask->len)
		return;
	answered(conn, ask);
	hps_ask_complete(conn);
}

/**
 * hps_ask_result - the peer has answered a request
 * @conn:	the connection, with hps_direct; data lock held
 * @result:	what it said
 *
 * Returns 0, or -EPROTO: nobody asked, or it is a READ of more than no octets.
 */
int hps_ask_result(struct hps_conn *conn, const struct hps_result_data *result)
{
	struct hps_ask *ask = hps_ask_find(conn, be32_to_cpu(result->id));

	if (!ask)
		return -EPROTO;
	if (ask->post.op == HPS_DIRECT_READ && ask->len)
		return -EPROTO;
	if (ask->post.op != HPS_DIRECT_READ)
		ask->value = be64_to_cpu(result->value);
	answered(conn, ask);
	hps_ask_complete(conn);
	return 0;
}

static void finish(struct hps_conn *conn, struct hps_ask *ask)
{
	const struct hps_direct_completion completion = {
		.data = ask->post.data,
		.value = ask->status ? 0 : ask->value,
		.len = ask->status ? 0 : ask->len,
		.status = ask->status,
		.op = ask->post.op,
	};
	struct hps_direct *d = conn->direct;

	list_del(&ask->node);
	d->nr_asks--;
	tell_room(conn);
	hps_mib_inc(conn->net, HPS_MIB_ASK_COMPLETED);
	if (ask->queued) {
		if (ask->post.flags & HPS_DIRECT_SILENT && !ask->status)
			hps_cq_cancel(d->cq);
		else
			hps_cq_complete(d->cq, &completion);
	}
	kfree(ask);
}

/* Completes what is done, in the order of posting. Data lock held. */
void hps_ask_complete(struct hps_conn *conn)
{
	struct hps_ask *ask, *next;

	lockdep_assert_held(&conn->lock);
	list_for_each_entry_safe(ask, next, &conn->direct->asks, node) {
		if (ask->post.op == HPS_DIRECT_WRITE ?
		    ask->end > conn->snd.una : !ask->answered)
			break;
		finish(conn, ask);
	}
}

/* The peer will say no more: requests cannot be answered. Data lock held. */
void hps_ask_no_answers(struct hps_conn *conn)
{
	struct hps_ask *ask;

	if (!conn->direct)
		return;
	list_for_each_entry(ask, &conn->direct->asks, node) {
		if (ask->post.op == HPS_DIRECT_WRITE || ask->answered)
			continue;
		ask->status = -ECONNRESET;
		answered(conn, ask);
	}
	hps_ask_complete(conn);
}

/**
 * hps_ask_flush - the connection is over: complete all that is not
 * @conn:	the connection; data lock held
 * @err:	why, a negative errno
 *
 * What is done has its own status.
 */
void hps_ask_flush(struct hps_conn *conn, int err)
{
	struct hps_direct *d = conn->direct;
	struct hps_ask *ask, *next;

	if (!d)
		return;
	list_for_each_entry_safe(ask, next, &d->asks, node) {
		if (ask->post.op == HPS_DIRECT_WRITE) {
			ask->status = ask->end > conn->snd.una ? err : 0;
		} else if (!ask->answered) {
			ask->status = err;
			answered(conn, ask);
		}
		finish(conn, ask);
	}
}
