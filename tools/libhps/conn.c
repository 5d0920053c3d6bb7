// SPDX-License-Identifier: GPL-2.0
/*
 * Connections: made, opened, ended, forgotten.
 */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ddp/mpa.h"

#include "direct.h"
#include "recv.h"
#include "send.h"
#include "setup.h"

#define MAX_POSTED	65535
#define MAX_REQUESTS	1024
#define MIN_SEGMENT	512
#define MAX_SEGMENT	(MPA_MAX_ULPDU - HPS_ULPDU_HEAD)

/* --- create -------------------------------------------------------------------- */

/* 0 is a default; above @max is an error. */
static bool fill_in(uint32_t *value, uint32_t fallback, uint32_t max)
{
	if (!*value)
		*value = fallback;

	return *value <= max;
}

static int check_attr(struct hps_domain *d, struct hps_conn_attr *a)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(a->reserved); i++)
		if (a->reserved[i])
			return -EINVAL;
	if (!a->cq || a->cq->domain != d ||
	    a->flags & ~(HPS_CONN_NO_CRC | HPS_CONN_REVISION_1))
		return -EINVAL;
	if (!fill_in(&a->send_depth, 128, MAX_POSTED) ||
	    !fill_in(&a->recv_depth, 128, MAX_POSTED) ||
	    !fill_in(&a->ird, 16, MAX_REQUESTS) ||
	    !fill_in(&a->ord, 16, MAX_REQUESTS) ||
	    !fill_in(&a->segment, 32768, MAX_SEGMENT) ||
	    a->segment < MIN_SEGMENT)
		return -EINVAL;
	/* one end of AF_HPS does not speak to older ones */
	if (is_direct(d) && a->flags & HPS_CONN_REVISION_1)
		return -EOPNOTSUPP;

	return 0;
}

static void free_conn(struct hps_conn *c)
{
	free(c->works);
	free(c->receives);
	free(c->answers);
	free(c->stream.asked);
	free(c->out);
	free(c->in);
	free(c);
}

static void linger_expired(struct timer *timer)
{
	struct hps_conn *c = container_of(timer, struct hps_conn, timer);

	conn_lost(c, ETIMEDOUT);
	conn_settle(c);
}

static void conn_event(struct source *source, uint32_t events)
{
	struct hps_conn *c = container_of(source, struct hps_conn, source);

	if (c->eof && events & (EPOLLERR | EPOLLHUP))
		conn_lost(c, 0);
	else if (!c->eof && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		conn_receive(c);
	conn_push(c);
	conn_settle(c);
}

static int allocate(struct hps_conn *c)
{
	const struct hps_conn_attr *a = &c->attr;

	c->out_size = 2 * mpa_frame_size(HPS_ULPDU_HEAD + a->segment) +
		      OUT_RESERVE;
	c->in_size = 2 * mpa_frame_size(MPA_MAX_ULPDU);
	c->works = calloc(a->send_depth, sizeof(*c->works));
	c->receives = calloc(a->recv_depth, sizeof(*c->receives));
	c->answers = calloc(a->ird, sizeof(*c->answers));
	c->stream.asked = calloc(a->ord, sizeof(*c->stream.asked));
	if (!c->works || !c->receives || !c->answers || !c->stream.asked)
		return -ENOMEM;
	/* sockets of AF_HPS take from memory and give to memory */
	if (is_direct(c->domain))
		return 0;
	c->out = malloc(c->out_size);
	c->in = malloc(c->in_size);

	return c->out && c->in ? 0 : -ENOMEM;
}

int hps_conn_create(struct hps_domain *d, const struct hps_conn_attr *attr,
		    struct hps_conn **conn)
{
	struct hps_conn_attr a = *attr;
	struct rdmap_asked *asked;
	struct hps_conn *c;
	int err;

	err = check_attr(d, &a);
	if (err)
		return err;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->domain = d;
	c->cq = a.cq;
	c->attr = a;
	c->fd = -1;
	c->source.event = conn_event;
	timer_init(&c->timer, linger_expired);
	err = allocate(c);
	if (err)
		goto err_free;
	/* for HPS_OP_CLOSED */
	if (!cq_reserve(c->cq)) {
		err = -ENOBUFS;
		goto err_free;
	}

	domain_lock(d);
	d->objects++;
	c->cq->users++;
	asked = c->stream.asked;
	rdmap_stream_init(&c->stream, &d->table, DOMAIN_ID, ++d->streams);
	c->stream.asked = asked;
	domain_unlock(d);
	*conn = c;

	return 0;

err_free:
	free_conn(c);

	return err;
}

/* --- open ------------------------------------------------------------------------ */

/*
 * The handshake is over; the depths are in the stream. The initiator begins with
 * an RDMA Write of no octets, so that a responder that has to speak first may.
 */
int conn_open(struct hps_conn *c, int fd, bool initiator)
{
	int err;

	c->events = EPOLLIN;
	err = domain_watch(c->domain, fd, &c->source, c->events);
	if (!err && c->direct) {
		err = direct_open(c);
		if (err)
			domain_unwatch(c->domain, fd);
	}
	if (err)
		return err;
	c->fd = fd;
	c->state = HPS_CONN_OPEN;
	c->hold = !initiator && !c->direct;
	if (initiator && !c->direct)
		conn_greet(c);
	conn_push(c);
	conn_settle(c);

	return 0;
}

/* --- complete, end ----------------------------------------------------------------- */

void conn_complete(struct hps_conn *c, struct hps_completion *completion)
{
	completion->conn_data = c->attr.data;
	if (completion->status != HPS_STATUS_OK) {
		completion->len = 0;
		completion->value = 0;
	}
	cq_put(c->cq, completion);
}

/* An answer that came with the end is an answer. */
static enum hps_status last_status(const struct work *w)
{
	if (w->answered)
		return HPS_STATUS_OK;

	return w->refused ? HPS_STATUS_REFUSED : HPS_STATUS_FLUSHED;
}

static void flush_works(struct hps_conn *c)
{
	for (; c->w_head < c->w_tail; c->w_head++) {
		struct work *w = work_at(c, c->w_head);
		struct hps_completion completion = {
			.id = w->id, .op = w->op, .len = w->len,
			.value = w->value, .status = last_status(w),
		};

		conn_complete(c, &completion);
	}
	c->w_ask = c->w_tail;
	c->w_stage = c->w_tail;
}

static void flush_receives(struct hps_conn *c)
{
	for (; c->r_head < c->r_tail; c->r_head++) {
		struct hps_completion completion = {
			.id = receive_at(c, c->r_head)->id, .op = HPS_OP_RECV,
			.status = HPS_STATUS_FLUSHED,
		};

		conn_complete(c, &completion);
	}
}

/*
 * Nothing is carried out any more: complete all that is posted. What is in the
 * output buffer still goes out; it is a copy.
 */
void conn_end(struct hps_conn *c, enum hps_status status)
{
	struct hps_completion closed = { .op = HPS_OP_CLOSED, .status = status };

	if (c->ended)
		return;
	c->ended = true;
	c->stream.ended = true;
	flush_works(c);
	flush_receives(c);
	c->a_head = c->a_tail;
	c->sending = SENDING_NOTHING;
	if (c->state == HPS_CONN_NEW)
		cq_unreserve(c->cq);
	else
		conn_complete(c, &closed);
	c->state = HPS_CONN_CLOSED;
	c->winding = true;
	if (c->fd >= 0)
		timer_set(c->domain, &c->timer, LINGER_MS);
}

/* TCP has no more use. */
void conn_lost(struct hps_conn *c, int os_error)
{
	if (!c->ended)
		c->os_error = os_error;
	conn_end(c, os_error ? HPS_STATUS_FLUSHED : HPS_STATUS_OK);
	c->dead = true;
}

static void wind_down(struct hps_conn *c)
{
	if (c->dead || !c->winding || c->out_off < c->out_end)
		return;
	if (!c->shut) {
		shutdown(c->fd, SHUT_WR);
		c->shut = true;
	}
	if (c->eof)
		c->dead = true;
}

static void update_events(struct hps_conn *c)
{
	uint32_t events = (c->eof ? 0 : EPOLLIN) |
			  (c->out_off < c->out_end ? EPOLLOUT : 0);

	if (c->direct && c->direct->blocked && !c->ended)
		events |= EPOLLOUT;
	if (c->fd < 0 || events == c->events)
		return;
	domain_rewatch(c->domain, c->fd, &c->source, events);
	c->events = events;
}

/* The end of each entry point: may free @c. */
void conn_settle(struct hps_conn *c)
{
	struct hps_domain *d = c->domain;

	if (c->fd >= 0) {
		wind_down(c);
		update_events(c);
	}
	if (c->dead && c->fd >= 0) {
		domain_unwatch(d, c->fd);
		setup_hang_up(c->fd);
		c->fd = -1;
		direct_close(c);
		timer_clear(&c->timer);
	}
	if (!c->orphan || c->fd >= 0)
		return;
	d->orphans--;
	pthread_cond_broadcast(&d->idle);
	free_conn(c);
}

int hps_disconnect(struct hps_conn *c)
{
	int err = 0;

	domain_lock(c->domain);
	if (c->state == HPS_CONN_OPEN) {
		c->state = HPS_CONN_CLOSING;
		conn_push(c);
		conn_settle(c);
	} else if (c->state == HPS_CONN_NEW) {
		err = -ENOTCONN;
	}
	domain_unlock(c->domain);

	return err;
}

void hps_conn_destroy(struct hps_conn *c)
{
	struct hps_domain *d = c->domain;

	domain_lock(d);
	conn_end(c, HPS_STATUS_OK);
	c->cq->users--;
	c->cq = NULL;
	d->objects--;
	c->orphan = true;
	d->orphans++;
	conn_push(c);
	conn_settle(c);
	domain_unlock(d);
}

/* --- look --------------------------------------------------------------------------- */

void hps_conn_get_info(struct hps_conn *c, struct hps_conn_info *info)
{
	domain_lock(c->domain);
	*info = (struct hps_conn_info) {
		.state = c->state,
		.error = c->refused & 0xffff,
		.error_text = c->refused == DIRECT_ERR_ACCESS ?
			      "memory was named that may not be accessed so" :
			      rdmap_error_name(c->refused),
		.terminated = c->terminated,
		.os_error = c->os_error,
		.crc = c->crc,
		.revision = c->revision,
		.ird = c->stream.ird,
		.ord = c->stream.ord,
		.octets_sent = sent_total(c),
		.octets_received = c->octets_received,
		.frames_sent = c->frames_sent,
		.frames_received = c->frames_received,
		.octets_placed = c->octets_placed,
		.requests_served = c->requests_served,
	};
	domain_unlock(c->domain);
}

const void *hps_conn_private(struct hps_conn *c, size_t *len)
{
	*len = c->private_len;

	return c->private;
}
