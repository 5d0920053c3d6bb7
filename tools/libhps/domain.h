/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domains: the lock, the thread and the tables that their objects share.
 */
#ifndef _LIBHPS_DOMAIN_H
#define _LIBHPS_DOMAIN_H

#include <pthread.h>

#include <linux/list.h>

#include "ddp/access.h"

#include "libhps.h"

/* How long an ended connection may take to tell its peer. */
#define LINGER_MS	2000
/* How long a peer may take from connecting to its whole request. */
#define STARTUP_MS	5000

struct hps_domain;

/**
 * struct source - what the domain's thread waits for
 * @event:	called with the domain's lock held; may free the object
 */
struct source {
	void	(*event)(struct source *source, uint32_t events);
};

/**
 * struct timer - a deadline of an object
 * @node:	in the domain's list; empty: not set
 * @at_ms:	when, on CLOCK_MONOTONIC
 * @expired:	called with the domain's lock held, after removal from the list
 */
struct timer {
	struct list_head node;
	uint64_t	at_ms;
	void		(*expired)(struct timer *timer);
};

/**
 * struct hps_domain - a protection domain
 * @lock:	guards all below, and all objects of the domain but the contents
 *		of completion queues
 * @turn:	held while one waits for @lock, but not by @thread: it passes through
 *		between two events, so that others get @lock then
 * @idle:	signalled when an orphan goes
 * @table:	regions by steering tag
 * @timers:	deadlines, in no order: they are few
 * @epoll:	what the thread waits for
 * @wake:	event descriptor that ends the thread, or makes it look at @timers
 * @thread:	does what peers ask for
 * @objects:	regions, queues, connections, listeners, requests
 * @orphans:	connections that were destroyed and still tell their peer
 * @streams:	number of the last stream; numbers are not used again
 * @ending:	the thread shall end
 * @anchor:	a socket of AF_HPS whose domain in the kernel has our regions, or -1:
 *		connections are over TCP
 * @regions:	struct hps_region, if @anchor is there
 * @sinks:	struct sink that no connection uses
 *
 * Lock order: @turn, @lock, hps_cq.lock. No system call that waits for others is
 * made with @lock held; a region that a peer invalidates over AF_HPS, and the memory
 * that is registered for the first Reads, take some milliseconds.
 */
struct hps_domain {
	pthread_mutex_t	lock;
	pthread_mutex_t	turn;
	pthread_cond_t	idle;
	struct ddp_stag_table table;
	struct list_head timers;
	int		epoll;
	int		wake;
	pthread_t	thread;
	unsigned int	objects;
	unsigned int	orphans;
	uint32_t	streams;
	bool		ending;
	int		anchor;
	struct list_head regions;
	struct list_head sinks;
};

static inline void domain_lock(struct hps_domain *d)
{
	pthread_mutex_lock(&d->turn);
	pthread_mutex_lock(&d->lock);
	pthread_mutex_unlock(&d->turn);
}

static inline void domain_unlock(struct hps_domain *d)
{
	pthread_mutex_unlock(&d->lock);
}

uint64_t now_ms(void);
int domain_watch(struct hps_domain *d, int fd, struct source *source,
		 uint32_t events);
void domain_rewatch(struct hps_domain *d, int fd, struct source *source,
		    uint32_t events);
void domain_unwatch(struct hps_domain *d, int fd);
void timer_init(struct timer *t, void (*expired)(struct timer *timer));
void timer_set(struct hps_domain *d, struct timer *t, unsigned int ms);
void timer_clear(struct timer *t);

#endif /* _LIBHPS_DOMAIN_H */
