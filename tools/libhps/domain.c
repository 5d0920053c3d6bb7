// SPDX-License-Identifier: GPL-2.0
/*
 * Domains: start, end, and the thread that waits for peers.
 */
#include "domain.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "direct.h"

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* --- what the thread waits for ----------------------------------------------- */

int domain_watch(struct hps_domain *d, int fd, struct source *source,
		 uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = source };

	return epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

void domain_rewatch(struct hps_domain *d, int fd, struct source *source,
		    uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = source };

	epoll_ctl(d->epoll, EPOLL_CTL_MOD, fd, &ev);
}

void domain_unwatch(struct hps_domain *d, int fd)
{
	epoll_ctl(d->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void timer_init(struct timer *t, void (*expired)(struct timer *timer))
{
	INIT_LIST_HEAD(&t->node);
	t->expired = expired;
}

void timer_clear(struct timer *t)
{
	if (!list_empty(&t->node))
		list_del(&t->node);
	INIT_LIST_HEAD(&t->node);
}

static void wake(struct hps_domain *d)
{
	uint64_t one = 1;

	/* It fails only if the thread is to wake anyway. */
	if (write(d->wake, &one, sizeof(one)) < 0)
		return;
}

void timer_set(struct hps_domain *d, struct timer *t, unsigned int ms)
{
	timer_clear(t);
	t->at_ms = now_ms() + ms;
	list_add_tail(&t->node, &d->timers);
	wake(d);
}

/* Runs what is due; returns when the next is, for epoll_wait(). */
static int run_timers(struct hps_domain *d)
{
	uint64_t now = now_ms(), next;
	struct timer *t;

again:
	next = now + 3600 * 1000;
	list_for_each_entry(t, &d->timers, node) {
		if (t->at_ms <= now) {
			timer_clear(t);
			/* may set and clear others: begin anew */
			t->expired(t);
			goto again;
		}
		if (t->at_ms < next)
			next = t->at_ms;
	}

	return list_empty(&d->timers) ? -1 : (int)(next - now);
}

/* --- the thread --------------------------------------------------------------- */

/*
 * An event is taken with the lock held, so its object is still there; and one at
 * a time, for it may free the objects of others, and others want the lock. What
 * is not taken stays ready: descriptors are level-triggered, and the kernel takes
 * them in turn.
 */
static void take_event(struct hps_domain *d)
{
	struct epoll_event ev;
	struct source *source;

	if (epoll_wait(d->epoll, &ev, 1, 0) != 1)
		return;
	source = ev.data.ptr;
	source->event(source, ev.events);
}

/* Without this the thread, which never sleeps while peers are busy, would win. */
static void lock_after_others(struct hps_domain *d)
{
	pthread_mutex_lock(&d->turn);
	pthread_mutex_unlock(&d->turn);
	pthread_mutex_lock(&d->lock);
}

static void *domain_thread(void *arg)
{
	struct hps_domain *d = arg;
	int timeout = -1;

	for (;;) {
		struct pollfd p[] = { { d->epoll, POLLIN, 0 },
				      { d->wake, POLLIN, 0 } };
		uint64_t n;

		if (poll(p, 2, timeout) > 0 && p[1].revents &&
		    read(d->wake, &n, sizeof(n)) < 0)
			continue;
		lock_after_others(d);
		if (d->ending)
			break;
		take_event(d);
		timeout = run_timers(d);
		domain_unlock(d);
	}
	domain_unlock(d);

	return NULL;
}

static int start_thread(struct hps_domain *d)
{
	sigset_t all, before;
	int err;

	/* Signals are the application's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&d->thread, NULL, domain_thread, d);
	pthread_sigmask(SIG_SETMASK, &before, NULL);

	return -err;
}

/* What HPS_TRANSPORT says; it decides where the program does not. */
static int transport_of_user(void)
{
	const char *name = getenv("HPS_TRANSPORT");

	if (!name || !*name || !strcmp(name, "auto"))
		return HPS_TRANSPORT_AUTO;
	if (!strcmp(name, "hps"))
		return HPS_TRANSPORT_HPS;

	return strcmp(name, "bare") ? -EINVAL : HPS_TRANSPORT_BARE;
}

/* Makes the socket that regions are registered with, if there are such sockets. */
static int drop_anchor(struct hps_domain *d, int transport)
{
	d->anchor = -1;
	if (transport == HPS_TRANSPORT_BARE)
		return 0;
	d->anchor = socket(AF_HPS, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (d->anchor >= 0)
		return 0;
	/* whatever another protocol of this number says */
	if (transport == HPS_TRANSPORT_AUTO)
		return 0;

	return -errno;
}

static int open_descriptors(struct hps_domain *d, int transport)
{
	int err;

	err = drop_anchor(d, transport);
	if (err)
		return err;
	d->wake = -1;
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (d->epoll >= 0)
		d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return d->wake < 0 ? -errno : 0;
}

static void free_domain(struct hps_domain *d)
{
	if (d->wake >= 0)
		close(d->wake);
	if (d->epoll >= 0)
		close(d->epoll);
	if (d->anchor >= 0)
		close(d->anchor);
	pthread_cond_destroy(&d->idle);
	pthread_mutex_destroy(&d->turn);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

int hps_domain_open_over(struct hps_domain **domain,
			 enum hps_transport transport)
{
	struct hps_domain *d;
	int way = transport, err;

	if (way == HPS_TRANSPORT_AUTO)
		way = transport_of_user();
	if (way < HPS_TRANSPORT_AUTO || way > HPS_TRANSPORT_BARE)
		return -EINVAL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	pthread_mutex_init(&d->lock, NULL);
	pthread_mutex_init(&d->turn, NULL);
	pthread_cond_init(&d->idle, NULL);
	ddp_stag_init(&d->table);
	INIT_LIST_HEAD(&d->timers);
	INIT_LIST_HEAD(&d->regions);
	INIT_LIST_HEAD(&d->sinks);
	d->epoll = -1;
	d->wake = -1;
	err = open_descriptors(d, way);
	if (!err)
		err = start_thread(d);
	if (err) {
		free_domain(d);
		return err;
	}
	*domain = d;

	return 0;
}

int hps_domain_open(struct hps_domain **domain)
{
	return hps_domain_open_over(domain, HPS_TRANSPORT_AUTO);
}

enum hps_transport hps_domain_transport(const struct hps_domain *d)
{
	return is_direct(d) ? HPS_TRANSPORT_HPS : HPS_TRANSPORT_BARE;
}

int hps_domain_close(struct hps_domain *d)
{
	domain_lock(d);
	if (d->objects) {
		domain_unlock(d);
		return -EBUSY;
	}
	/* Their timers see to it that this ends. */
	while (d->orphans)
		pthread_cond_wait(&d->idle, &d->lock);
	d->ending = true;
	wake(d);
	domain_unlock(d);

	pthread_join(d->thread, NULL);
	direct_free_sinks(d);
	free_domain(d);

	return 0;
}
