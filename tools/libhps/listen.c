// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners: TCP connections come, say what they want, and wait until the
 * application takes them.
 */
#include "libhps.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "direct.h"
#include "setup.h"

#define MAX_BACKLOG	1024
#define RETRY_MS	100

/**
 * struct hps_listener - a TCP listener
 * @domain:	its domain
 * @source:	in the domain's epoll, unless @full
 * @fd:		the TCP listener
 * @ready_fd:	event descriptor; readable if @ready is not empty
 * @retry:	set while accept(), or to watch @fd, fails for want of something
 * @backlog:	requests that may be there, whole or not
 * @count:	requests that are there
 * @full:	it is not watched: @backlog whole requests wait, or @retry is set
 * @asking:	requests that are not whole
 * @ready:	requests that are
 *
 * Locking: the domain's lock.
 */
struct hps_listener {
	struct hps_domain *domain;
	struct source	source;
	int		fd;
	int		ready_fd;
	struct timer	retry;
	unsigned int	backlog;
	unsigned int	count;
	bool		full;
	struct list_head asking;
	struct list_head ready;
};

/**
 * struct hps_request - a peer that asks for a connection
 * @domain:	the listener's
 * @listener:	where it waits; NULL once the application has it
 * @node:	in @listener->asking or @listener->ready
 * @source:	in the domain's epoll until the request is whole
 * @timer:	it must be whole by then
 * @fd:		the TCP connection
 * @startup:	the request
 *
 * Lifetime and locking: the domain's lock, until the application has it; then it
 * is the caller's, until hps_accept() or hps_reject().
 */
struct hps_request {
	struct hps_domain *domain;
	struct hps_listener *listener;
	struct list_head node;
	struct source	source;
	struct timer	timer;
	int		fd;
	struct startup	startup;
};

/* --- requests that come ------------------------------------------------------------ */

static void watch_again(struct hps_listener *l)
{
	if (!l->full || l->count >= l->backlog || !list_empty(&l->retry.node))
		return;
	if (!domain_watch(l->domain, l->fd, &l->source, EPOLLIN))
		l->full = false;
	else
		timer_set(l->domain, &l->retry, RETRY_MS);
}

/* Takes it out of its listener. */
static void detach(struct hps_request *r)
{
	struct hps_listener *l = r->listener;

	list_del(&r->node);
	r->listener = NULL;
	l->count--;
	watch_again(l);
}

static void drop(struct hps_request *r)
{
	timer_clear(&r->timer);
	domain_unwatch(r->domain, r->fd);
	detach(r);
	setup_hang_up(r->fd);
	free(r);
}

static void request_expired(struct timer *timer)
{
	drop(container_of(timer, struct hps_request, timer));
}

static int send_reply(int fd, const struct mpa_startup_info *request,
		      struct mpa_startup_info *reply)
{
	reply->revision = request->revision;
	/* also a rejection: the initiator counts on the depths, RFC 6581 */
	reply->enhanced = request->enhanced;

	return startup_write(fd, true, reply);
}

/* The peer's application shall know that it was understood, and refused. */
static void turn_away(struct hps_request *r)
{
	struct mpa_startup_info reply = { .flags = MPA_FLAG_REJECT };

	if (r->startup.info.revision)
		send_reply(r->fd, &r->startup.info, &reply);
	drop(r);
}

/* RFC 6581: how the initiator offers to begin; we can take two ways of three. */
static bool can_begin(const struct mpa_startup_info *info)
{
	if (!info->enhanced || !(info->ird & MPA_IRD_PEER_TO_PEER))
		return true;

	return info->ord & (MPA_ORD_RTR_WRITE | MPA_ORD_RTR_READ);
}

static void set_ready(struct hps_listener *l)
{
	uint64_t n = 1;

	if (list_empty(&l->ready)) {
		if (read(l->ready_fd, &n, sizeof(n)) < 0)
			return;
	} else if (write(l->ready_fd, &n, sizeof(n)) < 0) {
		return;
	}
}

static void request_event(struct source *source, uint32_t events)
{
	struct hps_request *r = container_of(source, struct hps_request,
					     source);
	struct hps_listener *l = r->listener;
	int err = startup_read(&r->startup, r->fd, false);

	(void)events;
	if (err == -EAGAIN)
		return;
	if (err || !can_begin(&r->startup.info)) {
		turn_away(r);
		return;
	}
	/* What follows is not for us to read before the answer. */
	domain_unwatch(r->domain, r->fd);
	timer_clear(&r->timer);
	list_del(&r->node);
	list_add_tail(&r->node, &l->ready);
	set_ready(l);
}

static void take_connection(struct hps_listener *l, int fd)
{
	struct hps_request *r = calloc(1, sizeof(*r));

	if (!r) {
		setup_hang_up(fd);
		return;
	}
	setup_socket(fd);
	r->domain = l->domain;
	r->listener = l;
	r->fd = fd;
	r->source.event = request_event;
	timer_init(&r->timer, request_expired);
	list_add_tail(&r->node, &l->asking);
	l->count++;
	if (domain_watch(l->domain, fd, &r->source, EPOLLIN)) {
		drop(r);
		return;
	}
	timer_set(l->domain, &r->timer, STARTUP_MS);
	/* mostly it has said all before it is taken */
	request_event(&r->source, EPOLLIN);
}

static void stop_watching(struct hps_listener *l)
{
	domain_unwatch(l->domain, l->fd);
	l->full = true;
}

static void retry_expired(struct timer *timer)
{
	watch_again(container_of(timer, struct hps_listener, retry));
}

/*
 * Who has not said what it wants gives its place to the next: peers that talk
 * slowly do not keep others out.
 */
static void listener_event(struct source *source, uint32_t events)
{
	struct hps_listener *l = container_of(source, struct hps_listener,
					      source);
	int fd;

	(void)events;
	if (l->count >= l->backlog && list_empty(&l->asking)) {
		stop_watching(l);
		return;
	}
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE ||
		       errno == ENOBUFS || errno == ENOMEM)) {
		/* It stays readable: do not spin. */
		stop_watching(l);
		timer_set(l->domain, &l->retry, RETRY_MS);
	}
	if (fd < 0)
		return;
	if (l->count >= l->backlog)
		drop(list_first_entry(&l->asking, struct hps_request, node));
	take_connection(l, fd);
}

/* --- listen --------------------------------------------------------------------------- */

static int listen_tcp(struct hps_listener *l, const struct sockaddr *addr,
		      socklen_t len)
{
	int one = 1, seconds = STARTUP_MS / 1000;

	l->fd = setup_new_socket(l->domain, addr->sa_family);
	if (l->fd < 0)
		return -errno;
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* Who says nothing is the kernel's business for so long. */
	setsockopt(l->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds,
		   sizeof(seconds));
	if (bind(l->fd, addr, len) || listen(l->fd, l->backlog))
		return -errno;
	l->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return l->ready_fd < 0 ? -errno : 0;
}

static void free_listener(struct hps_listener *l)
{
	if (l->fd >= 0)
		setup_hang_up(l->fd);
	if (l->ready_fd >= 0)
		close(l->ready_fd);
	free(l);
}

int hps_listen(struct hps_domain *d, const struct sockaddr *addr,
	       socklen_t addr_len, int backlog, struct hps_listener **listener)
{
	struct hps_listener *l;
	int err;

	if (backlog < 1 || backlog > MAX_BACKLOG)
		return -EINVAL;
	if (addr->sa_family != AF_INET && addr->sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->domain = d;
	l->fd = -1;
	l->ready_fd = -1;
	l->backlog = backlog;
	l->source.event = listener_event;
	INIT_LIST_HEAD(&l->asking);
	INIT_LIST_HEAD(&l->ready);
	timer_init(&l->retry, retry_expired);
	err = listen_tcp(l, addr, addr_len);
	if (err)
		goto err_free;

	domain_lock(d);
	err = domain_watch(d, l->fd, &l->source, EPOLLIN);
	d->objects += !err;
	domain_unlock(d);
	if (err)
		goto err_free;
	*listener = l;

	return 0;

err_free:
	free_listener(l);

	return err;
}

int hps_listener_address(struct hps_listener *l, struct sockaddr *addr,
			 socklen_t *addr_len)
{
	return getsockname(l->fd, addr, addr_len) ? -errno : 0;
}

int hps_listener_fd(struct hps_listener *l)
{
	return l->ready_fd;
}

void hps_listener_close(struct hps_listener *l)
{
	struct hps_domain *d = l->domain;

	domain_lock(d);
	if (!l->full)
		domain_unwatch(d, l->fd);
	/* nothing is watched again */
	timer_clear(&l->retry);
	l->backlog = 0;
	l->full = true;
	while (!list_empty(&l->asking))
		drop(list_first_entry(&l->asking, struct hps_request, node));
	while (!list_empty(&l->ready))
		turn_away(list_first_entry(&l->ready, struct hps_request,
					   node));
	d->objects--;
	domain_unlock(d);
	free_listener(l);
}

/* --- requests that are taken ------------------------------------------------------------ */

static struct hps_request *take_ready(struct hps_listener *l)
{
	struct hps_request *r = NULL;

	domain_lock(l->domain);
	if (!list_empty(&l->ready)) {
		r = list_first_entry(&l->ready, struct hps_request, node);
		detach(r);
		l->domain->objects++;
		if (list_empty(&l->ready))
			set_ready(l);
	}
	domain_unlock(l->domain);

	return r;
}

int hps_listener_next(struct hps_listener *l, struct hps_request **request,
		      int timeout_ms)
{
	struct pollfd p = { .fd = l->ready_fd, .events = POLLIN };
	uint64_t end = now_ms() + timeout_ms;

	for (;;) {
		struct hps_request *r = take_ready(l);
		int left = timeout_ms, n;

		if (r) {
			*request = r;
			return 0;
		}
		if (timeout_ms >= 0) {
			uint64_t now = now_ms();

			left = now < end ? end - now : 0;
			if (!left)
				return -EAGAIN;
		}
		n = poll(&p, 1, left);
		if (n < 0)
			return -errno;
	}
}

const void *hps_request_private(struct hps_request *r, size_t *len)
{
	*len = r->startup.info.private_len;

	return r->startup.info.private_data;
}

int hps_request_peer(struct hps_request *r, struct sockaddr *addr,
		     socklen_t *addr_len)
{
	return getpeername(r->fd, addr, addr_len) ? -errno : 0;
}

/* It is over; @fd is not its any more. */
static void free_request(struct hps_request *r)
{
	domain_lock(r->domain);
	r->domain->objects--;
	domain_unlock(r->domain);
	free(r);
}

/* What we can do of what the peer wants. */
static void negotiate(struct hps_conn *c, const struct mpa_startup_info *request,
		      struct mpa_startup_info *reply)
{
	const struct hps_conn_attr *a = &c->attr;
	uint32_t ird = a->ird, ord = a->ord;

	reply->flags = request->flags & MPA_FLAG_CRC;
	if (!(a->flags & HPS_CONN_NO_CRC))
		reply->flags |= MPA_FLAG_CRC;
	c->crc = reply->flags & MPA_FLAG_CRC;
	c->revision = request->revision;
	if (request->enhanced) {
		ird = min_t(uint32_t, ird, request->ord & MPA_DEPTH_MASK);
		ord = min_t(uint32_t, ord, request->ird & MPA_DEPTH_MASK);
		reply->ird = ird;
		reply->ord = ord;
	}
	if (request->enhanced && request->ird & MPA_IRD_PEER_TO_PEER) {
		reply->ird |= MPA_IRD_PEER_TO_PEER;
		reply->ord |= request->ord & MPA_ORD_RTR_WRITE ?
			      MPA_ORD_RTR_WRITE : MPA_ORD_RTR_READ;
		/* The Read that begins needs room. */
		if (!(request->ord & MPA_ORD_RTR_WRITE))
			ird = max_t(uint32_t, ird, 1);
	}
	setup_depths(c, ird, ord);
}

static int accept_on(struct hps_request *r, struct hps_conn *c,
		     const void *data, size_t len)
{
	struct mpa_startup_info reply = {
		.private_data = data, .private_len = len,
	};
	int err;

	negotiate(c, &r->startup.info, &reply);
	err = direct_attach(c, r->fd);
	if (err)
		return err;
	/* Both under the lock: the peer's first frame finds the connection. */
	domain_lock(c->domain);
	err = send_reply(r->fd, &r->startup.info, &reply);
	if (!err)
		err = conn_open(c, r->fd, false);
	domain_unlock(c->domain);

	return err;
}

int hps_accept(struct hps_request *r, struct hps_conn *c, const void *data,
	       size_t len)
{
	int err;

	if (c->domain != r->domain || len > HPS_MAX_PRIVATE || (len && !data))
		err = -EINVAL;
	else
		err = setup_begin(c);
	if (!err) {
		err = accept_on(r, c, data, len);
		if (err)
			setup_give_up(c, r->fd);
		setup_end(c);
	} else {
		setup_hang_up(r->fd);
	}
	free_request(r);

	return err;
}

int hps_reject(struct hps_request *r, const void *data, size_t len)
{
	struct mpa_startup_info reply = {
		.flags = MPA_FLAG_REJECT,
		.private_data = data, .private_len = len,
	};
	int err = -EINVAL;

	if (len <= HPS_MAX_PRIVATE && (data || !len))
		err = send_reply(r->fd, &r->startup.info, &reply);
	setup_hang_up(r->fd);
	free_request(r);

	return err;
}
