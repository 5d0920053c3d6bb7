// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of the peer: they are answered from the region, without the program.
 *
 * A request is carried out when all that the peer sent before it has arrived, once,
 * in the context in which that happens. The answer becomes chunks as if it had been
 * written: what of it has no room in the send buffer waits until some of that was
 * acknowledged. The octets are copied then, so that a region which goes away later
 * is not read any more (RFC 5042, 6.3).
 */
#include "conn/serve.h"

#include <linux/slab.h>

#include "conn/path.h"
#include "conn/send.h"
#include "conn/transit.h"
#include "ddp/message.h"
#include "ddp/region.h"

/* So much is copied at once, for the data lock is held; then a path sends first. */
#define TURN	SZ_256K

/* Fewer octets are not sent for want of room in the send buffer. */
#define LEAST	SZ_1K

/* Octets of answers that may be put in the send buffer. A third of it is left for the
 * program, which is not woken for less (hps_has_space()).
 */
static u32 room(const struct hps_conn *conn)
{
	u32 space = hps_send_space(conn), others = conn->snd.limit / 3;

	if (!conn->snd.memory)
		return max(space, LEAST);
	return space > others ? space - others : 0;
}

struct source {
	struct hps_conn		*conn;
	const struct hps_request_data *request;
	u64			off;
};

static enum ddp_verdict find(const struct hps_conn *conn,
			     const struct hps_request_data *r, u64 off, u32 len,
			     u32 right, struct hps_region **region)
{
	u64 at = be64_to_cpu(r->place) + off;

	/* What wraps is beyond any region. */
	if (at < off)
		return DDP_ACCESS_WRAP;
	return hps_direct_find(conn, be32_to_cpu(r->stag), at, len, right,
			       region);
}

/* Copies from the region. */
static int fill_octets(void *to, u32 len, void *arg)
{
	const struct source *src = arg;
	struct hps_region *region;

	if (find(src->conn, src->request, src->off, len, DDP_RIGHT_READ,
		 &region))
		return -EACCES;
	hps_region_read(region, be64_to_cpu(src->request->place) + src->off,
			to, len);
	return 0;
}

static int fill_result(void *to, u32 len, void *arg)
{
	memcpy(to, arg, len);
	return 0;
}

static int give_result(struct hps_conn *conn, const struct hps_request_data *r,
		       u64 value)
{
	const struct hps_intent intent = { .kind = HPS_KIND_RESULT };
	struct hps_result_data result = {
		.id = r->id,
		.value = cpu_to_be64(value),
	};

	return hps_write_kernel(conn, &conn->direct->frag, &intent,
				sizeof(result), fill_result, &result);
}

/* Some octets of the answer to a READ. Returns how many, or an error. */
static int give_octets(struct hps_conn *conn, struct hps_element *e, u32 space)
{
	const struct hps_intent intent = {
		.kind = HPS_KIND_ANSWER,
		.tag = be32_to_cpu(e->request.id),
		.place = e->done,
	};
	struct source src = {
		.conn = conn,
		.request = &e->request,
		.off = e->done,
	};
	u32 left = be32_to_cpu(e->request.len) - e->done;

	return hps_write_kernel(conn, &conn->direct->frag, &intent,
				min(left, space), fill_octets, &src);
}

/* One more step of the answer. Returns 1 if there is another one, 0 if it is
 * complete, or an error.
 */
static int read_step(struct hps_conn *conn, struct hps_element *e)
{
	u32 len = be32_to_cpu(e->request.len), space = room(conn);
	struct hps_region *region;
	int n;

	if (len > HPS_DIRECT_READ_MAX)
		return -EPROTO;
	/* All of it or nothing is allowed. */
	if (!e->done && find(conn, &e->request, 0, len, DDP_RIGHT_READ, &region))
		return -EACCES;
	/* The last octet of an answer ends it. */
	if (!len) {
		n = give_result(conn, &e->request, 0);
		return min(n, 0);
	}
	if (space < min_t(u32, len - e->done, LEAST))
		return -ENOBUFS;
	n = give_octets(conn, e, space);
	if (n < 0)
		return n;
	e->done += n;
	return e->done < len;
}

static int swap_or_add(const struct hps_conn *conn, struct hps_element *e)
{
	const struct hps_request_data *r = &e->request;
	struct hps_region *region;

	if (be32_to_cpu(r->len) != sizeof(e->value) ||
	    find(conn, r, 0, sizeof(e->value), DDP_RIGHT_ATOMIC, &region))
		return -EACCES;
	return hps_region_atomic(region, be64_to_cpu(r->place), r->op,
				 be64_to_cpu(r->operand),
				 be64_to_cpu(r->compare), &e->value);
}

/* Only this connection uses the region: nothing is under way behind the data lock. */
static int invalidate(const struct hps_conn *conn,
		      const struct hps_request_data *r)
{
	struct hps_region *region;
	int err = -EACCES;

	rcu_read_lock();
	if (!r->len && !find(conn, r, 0, 0, DDP_RIGHT_INVALIDATE, &region)) {
		WRITE_ONCE(region->ddp.valid, false);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

/* It must not be carried out twice: it is once its result is in place. */
static int atomic_step(struct hps_conn *conn, struct hps_element *e)
{
	int n;

	if (!e->done && swap_or_add(conn, e))
		return -EACCES;
	e->done = 1;
	n = give_result(conn, &e->request, e->value);
	return min(n, 0);
}

/* hps_serve_add() has carried it out. */
static int invalidate_step(struct hps_conn *conn, const struct hps_element *e)
{
	int n = give_result(conn, &e->request, 0);

	return min(n, 0);
}

static int step(struct hps_conn *conn, struct hps_element *e)
{
	/* Who does not take the answers must not have more of them made. */
	if (!room(conn))
		return -ENOBUFS;
	switch (e->request.op) {
	case HPS_REQUEST_READ:
		return read_step(conn, e);
	case HPS_REQUEST_SWAP:
	case HPS_REQUEST_ADD:
		return atomic_step(conn, e);
	case HPS_REQUEST_INVALIDATE:
		return invalidate_step(conn, e);
	}
	return -EPROTO;
}

static bool may_serve(const struct hps_conn *conn)
{
	/* A writer is about to make the last chunk longer, or in the middle of a
	 * record; he comes here then.
	 */
	return conn->state == HPS_CONN_ESTABLISHED && !conn->snd.filling &&
	       !READ_ONCE(conn->snd.in_record) && !conn->snd.fin_sent;
}

/* It is in no list any more. */
static void element_free(struct hps_direct *d, struct hps_element *e)
{
	d->nr_served--;
	kfree(e);
}

/* For hps_serve_run(). */
void hps_serve_work(struct hps_conn *conn)
{
	struct hps_direct *d = conn->direct;
	u64 before = conn->snd.end;
	struct hps_element *e;
	int err = 0;

	lockdep_assert_held(&conn->lock);
	rcu_read_lock();
	while (err >= 0 && may_serve(conn) && !list_empty(&d->served) &&
	       conn->snd.end - before < TURN) {
		e = list_first_entry(&d->served, struct hps_element, node);
		err = step(conn, e);
		if (err)
			continue;
		list_del(&e->node);
		element_free(d, e);
	}
	rcu_read_unlock();
	if (err == -EACCES || err == -EPROTO) {
		hps_conn_reset(conn, err == -EACCES ? HPS_REASON_ACCESS :
						      HPS_REASON_PROTOCOL);
		return;
	}
	if (err == -ENOMEM)
		hps_conn_cork(conn);
	/* One that is asked may leave it to another one, which is not asked then. */
	if (conn->snd.end != before)
		hps_path_kick_all(conn);
}

/**
 * hps_serve_add - a request of the peer is due
 * @conn:	the connection; data lock held
 * @e:		the request, in no list
 */
void hps_serve_add(struct hps_conn *conn, struct hps_element *e)
{
	/* A message behind it may be read at once: only its answer can wait. */
	if (e->request.op == HPS_REQUEST_INVALIDATE &&
	    invalidate(conn, &e->request)) {
		element_free(conn->direct, e);
		hps_conn_reset(conn, HPS_REASON_ACCESS);
		return;
	}
	/* Behind our FIN nothing can be said; it tells the peer that, too. */
	if (conn->snd.fin) {
		element_free(conn->direct, e);
		return;
	}
	list_add_tail(&e->node, &conn->direct->served);
	hps_mib_inc(conn->net, HPS_MIB_REQUEST_SERVED);
	hps_serve_work(conn);
}
