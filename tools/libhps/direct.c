// SPDX-License-Identifier: GPL-2.0
/*
 * Connections over AF_HPS sockets: made ready, and the way out. The kernel does
 * what is one-sided; messages are on the stream of the same socket, each behind a
 * struct direct_head.
 *
 *    posted ----> parts ----> the kernel's queue ----> completed
 *       |                                                 ^
 *       +-- Send: to the stream --------------------------+
 */
#include "direct.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#include "gather.h"

/* So much is given to the socket at once, and so often; then it is others' turn. */
#define GIVE		(1U << 20)
#define ROUNDS		64

/* --- sinks --------------------------------------------------------------------------- */

static struct sink *new_sink(struct hps_domain *d)
{
	struct hps_direct_region region = {
		.len = SINK_SIZE, .flags = HPS_DIRECT_SINK,
	};
	struct sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->memory = mmap(NULL, SINK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->memory == MAP_FAILED)
		goto err_free;
	region.addr = (uintptr_t)s->memory;
	if (sock_register(d->anchor, &region))
		goto err_unmap;
	s->stag = region.stag;

	return s;

err_unmap:
	munmap(s->memory, SINK_SIZE);
err_free:
	free(s);

	return NULL;
}

static void free_sink(struct hps_domain *d, struct sink *s)
{
	sock_deregister(d->anchor, s->stag);
	munmap(s->memory, SINK_SIZE);
	free(s);
}

/* The domain has no connections any more, and nobody else. */
void direct_free_sinks(struct hps_domain *d)
{
	while (!list_empty(&d->sinks)) {
		struct sink *s = list_first_entry(&d->sinks, struct sink, node);

		list_del(&s->node);
		free_sink(d, s);
	}
}

/* What @w needs before it is posted: a Read a sink. */
int direct_prepare(struct hps_conn *c, const struct work *w)
{
	struct hps_domain *d = c->domain;
	struct direct *k = c->direct;

	if (w->op != HPS_OP_READ || k->sink)
		return 0;
	if (list_empty(&d->sinks)) {
		k->sink = new_sink(d);
		return k->sink ? 0 : -ENOMEM;
	}
	k->sink = list_first_entry(&d->sinks, struct sink, node);
	list_del(&k->sink->node);

	return 0;
}

/* --- begin, end ------------------------------------------------------------------------ */

/* Who hears of the end, too, hears of it at the socket. */
static void ring_event(struct source *source, uint32_t events)
{
	struct direct *k = container_of(source, struct direct, source);
	struct hps_conn *c = k->conn;

	(void)events;
	if (c->ended) {
		domain_unwatch(c->domain, k->ring.fd);
		k->watched = false;
		return;
	}
	direct_push(c);
	conn_settle(c);
}

/*
 * The socket gets the regions of the domain and a queue. Before the peer knows that
 * it is accepted: it may ask at once. Nobody else has the connection.
 */
int direct_attach(struct hps_conn *c, int fd)
{
	struct direct *k;
	int err;

	if (!is_direct(c->domain))
		return 0;
	err = sock_share_domain(fd, c->domain->anchor);
	if (err)
		return err;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->conn = c;
	k->source.event = ring_event;
	err = ring_open(&k->ring, fd, DIRECT_PARTS);
	if (err) {
		free(k);
		return err;
	}
	c->direct = k;

	return 0;
}

int direct_open(struct hps_conn *c)
{
	struct direct *k = c->direct;
	int err;

	err = domain_watch(c->domain, k->ring.fd, &k->source, EPOLLIN);
	k->watched = !err;

	return err;
}

/*
 * The socket is closed, so nothing comes to the sink any more, unless a child has it
 * still and an answer is due: then nobody else gets the sink. Also after a failure of
 * direct_attach(), or for a connection over TCP.
 */
void direct_close(struct hps_conn *c)
{
	struct direct *k = c->direct;

	if (!k)
		return;
	if (k->watched)
		domain_unwatch(c->domain, k->ring.fd);
	ring_close(&k->ring);
	if (k->sink && k->asked)
		free_sink(c->domain, k->sink);
	else if (k->sink)
		list_add_tail(&k->sink->node, &c->domain->sinks);
	free(k);
	c->direct = NULL;
}

/* --- what is posted ---------------------------------------------------------------------- */

static uint32_t parts(const struct direct *k)
{
	return k->p_tail - k->p_head;
}

/* Where @len octets of the sink can be, in one piece; counts for ever. */
static uint64_t sink_place(const struct direct *k, uint32_t len)
{
	uint64_t rest = SINK_SIZE - k->s_tail % SINK_SIZE;

	return rest < len ? k->s_tail + rest : k->s_tail;
}

static uint32_t read_piece(const struct work *w)
{
	return min_t(uint64_t, w->len - w->done, SINK_PIECE);
}

/* May the next operation begin, or go on? */
static bool may_give(struct hps_conn *c)
{
	struct direct *k = c->direct;
	struct work *w;

	if (c->w_stage == c->w_tail || c->ended || c->broken || c->winding)
		return false;
	w = work_at(c, c->w_stage);
	if (w->flags & HPS_POST_FENCE && !w->done && !w->parts && parts(k))
		return false;
	if (w->op == HPS_OP_SEND)
		return true;
	if (parts(k) == DIRECT_PARTS)
		return false;
	if (!is_request(w))
		return true;
	if (k->asked >= min_t(uint32_t, c->stream.ord, HPS_DIRECT_REQUESTS))
		return false;

	return w->op != HPS_OP_READ || sink_place(k, read_piece(w)) +
	       read_piece(w) - k->s_head <= SINK_SIZE;
}

/* The next octets of a message; its head counts as the first of them. */
static int64_t give_send(struct hps_conn *c, struct work *w)
{
	struct direct_head head = {
		.len = cpu_to_be32(w->len), .type = DIRECT_SEND,
		.stag = cpu_to_be32(w->stag),
	};
	struct iovec iov[HPS_MAX_IOV + 1];
	uint64_t at = 0;
	int64_t sent;
	int n = 0;

	if (w->flags & HPS_POST_SOLICITED)
		head.flags |= DIRECT_SOLICITED;
	if (w->invalidates)
		head.flags |= DIRECT_INVALIDATES;
	if (w->done < sizeof(head))
		iov[n++] = (struct iovec) {
			(uint8_t *)&head + w->done, sizeof(head) - w->done,
		};
	else
		at = w->done - sizeof(head);
	n += iov_part(iov + n, w->iov, at, min_t(uint64_t, w->len - at, GIVE));
	sent = sock_send(c->fd, iov, n);
	if (sent < 0)
		return sent;
	w->done += sent;
	w->staged = w->done == w->len + sizeof(head);

	return sent;
}

static int64_t give_write(struct hps_conn *c, struct work *w,
			  struct hps_direct_post *post)
{
	struct iovec iov[HPS_MAX_IOV];
	int n, sent;

	post->op = HPS_DIRECT_WRITE;
	post->flags |= HPS_DIRECT_LENT;	/* as libhps.h has it */
	n = iov_part(iov, w->iov, w->done,
		     min_t(uint64_t, w->len - w->done, GIVE));
	sent = sock_post(c->fd, post, iov, n);
	if (sent < 0)
		return sent;
	w->done += sent;
	w->staged = w->done == w->len;

	return sent;
}

static int64_t give_read(struct hps_conn *c, struct work *w,
			 struct hps_direct_post *post, struct part *part)
{
	struct direct *k = c->direct;
	uint64_t place;
	int err;

	part->len = read_piece(w);
	place = sink_place(k, part->len);
	part->place = place % SINK_SIZE;
	part->end = place + part->len;
	post->op = HPS_DIRECT_READ;
	post->sink = k->sink->stag;
	post->sink_offset = part->place;
	post->len = part->len;
	err = sock_post(c->fd, post, NULL, 0);
	if (err)
		return err;
	k->s_tail = part->end;
	w->done += part->len;
	w->staged = w->done == w->len;

	return 0;
}

static int64_t give_atomic(struct hps_conn *c, struct work *w,
			   struct hps_direct_post *post)
{
	int err;

	post->op = HPS_DIRECT_ADD;
	post->operand = w->data;
	if (w->op == HPS_OP_CAS) {
		post->op = HPS_DIRECT_SWAP;
		post->compare = w->compare;
	}
	err = sock_post(c->fd, post, NULL, 0);
	w->staged = !err;

	return err;
}

/* One more part of a one-sided operation. */
static int64_t give_part(struct hps_conn *c, struct work *w)
{
	struct direct *k = c->direct;
	struct part *part = &k->parts[k->p_tail % DIRECT_PARTS];
	struct hps_direct_post post = {
		.data = k->p_tail, .stag = w->stag,
		.offset = w->offset + w->done,
	};
	int64_t n;

	*part = (struct part) {
		.work = c->w_stage, .at = w->done, .end = k->s_tail,
	};
	if (w->op == HPS_OP_WRITE)
		n = give_write(c, w, &post);
	else if (w->op == HPS_OP_READ)
		n = give_read(c, w, &post, part);
	else
		n = give_atomic(c, w, &post);
	if (n < 0)
		return n;
	k->p_tail++;
	k->asked += is_request(w);
	w->parts++;

	return n;
}

/*
 * Without room, or with an error: that the connection has ended is said by the
 * socket, in its own words, when it is read.
 */
static void cannot_give(struct hps_conn *c, int err)
{
	if (err == -EAGAIN) {
		c->direct->blocked = true;
		return;
	}
	c->broken = true;
	if (err != -EPIPE && err != -ECONNRESET && err != -EREMOTEIO &&
	    err != -ECONNABORTED)
		conn_lost(c, -err);
}

/* --- what is done ------------------------------------------------------------------------ */

static void take_completion(struct hps_conn *c,
			    const struct hps_direct_completion *done)
{
	struct direct *k = c->direct;
	struct part *part = &k->parts[k->p_head++ % DIRECT_PARTS];
	struct work *w = work_at(c, part->work);

	w->parts--;
	k->asked -= is_request(w);
	k->s_head = part->end;
	w->refused |= done->status == -EREMOTEIO;
	w->failed |= done->status != 0;
	if (done->status)
		return;
	if (w->op == HPS_OP_READ)
		scatter(w->iov, part->at, k->sink->memory + part->place,
			part->len);
	else if (w->op != HPS_OP_WRITE)
		w->value = done->value;
}

static bool is_done(const struct work *w)
{
	return w->staged && !w->parts && !w->failed;
}

/* In the order in which it was posted. What failed is left to conn_end(). */
static void complete(struct hps_conn *c)
{
	for (; c->w_head < c->w_stage; c->w_head++) {
		struct work *w = work_at(c, c->w_head);
		struct hps_completion completion = {
			.id = w->id, .op = w->op, .len = w->len,
			.value = w->value,
		};

		if (!is_done(w))
			return;
		conn_complete(c, &completion);
	}
}

/* Takes what the kernel has done: there is room for more, so give it, or end. */
void direct_reap(struct hps_conn *c)
{
	struct hps_direct_completion done;
	struct direct *k = c->direct;

	if (c->ended)
		return;
	while (parts(k) && ring_take(&k->ring, &done))
		take_completion(c, &done);
	complete(c);
}

/*
 * Gives the kernel what it takes and completes what is done. Called whenever that
 * may have changed; conn_settle() sees to it that room in the socket is such a time.
 */
void direct_push(struct hps_conn *c)
{
	struct direct *k = c->direct;
	int i;

	if (c->dead)
		return;
	direct_reap(c);
	k->blocked = false;
	for (i = 0; may_give(c) && !k->blocked; i++) {
		struct work *w = work_at(c, c->w_stage);
		int64_t n;

		if (i == ROUNDS) {
			k->blocked = true;
			break;
		}
		n = w->op == HPS_OP_SEND ? give_send(c, w) : give_part(c, w);
		if (n < 0) {
			cannot_give(c, n);
			continue;
		}
		c->out_total += n;
		c->w_stage += w->staged;
	}
	/* what the ring got meanwhile comes as an event */
	if (!c->ended)
		complete(c);
	if (c->state == HPS_CONN_CLOSING && c->w_head == c->w_tail &&
	    !c->winding) {
		c->winding = true;
		timer_set(c->domain, &c->timer, LINGER_MS);
	}
}

/*
 * The stream cannot go on: tell the peer why, and end. Not in the middle of a
 * message; the peer sees then that the rest of it is missing.
 */
void direct_terminate(struct hps_conn *c, enum rdmap_error error)
{
	const struct direct_head head = {
		.type = DIRECT_TERMINATE, .error = cpu_to_be16(error),
	};
	struct iovec iov = { (void *)&head, sizeof(head) };
	struct work *w = work_at(c, c->w_stage);

	/* without room it is lost as well: the end is what matters */
	if (c->w_stage == c->w_tail || w->op != HPS_OP_SEND || !w->done)
		sock_send(c->fd, &iov, 1);
	c->terminated = 1;
	c->refused = error;
	conn_end(c, HPS_STATUS_FLUSHED);
}
