// SPDX-License-Identifier: GPL-2.0
/*
 * Completion queues: reserve, put, take, wait.
 */
#include "cq.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_DEPTH	(1 << 20)

int hps_cq_create(struct hps_domain *d, unsigned int depth, struct hps_cq **cq)
{
	struct hps_cq *q;

	if (!depth || depth > MAX_DEPTH)
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->ring = calloc(depth, sizeof(*q->ring));
	if (!q->ring) {
		free(q);
		return -ENOMEM;
	}
	pthread_mutex_init(&q->lock, NULL);
	q->domain = d;
	q->depth = depth;
	q->fd = -1;

	domain_lock(d);
	d->objects++;
	domain_unlock(d);
	*cq = q;

	return 0;
}

int hps_cq_destroy(struct hps_cq *cq)
{
	struct hps_domain *d = cq->domain;

	domain_lock(d);
	if (cq->users) {
		domain_unlock(d);
		return -EBUSY;
	}
	d->objects--;
	domain_unlock(d);

	if (cq->fd >= 0)
		close(cq->fd);
	pthread_mutex_destroy(&cq->lock);
	free(cq->ring);
	free(cq);

	return 0;
}

/* A place for one completion to come. */
bool cq_reserve(struct hps_cq *cq)
{
	bool have;

	pthread_mutex_lock(&cq->lock);
	have = cq->count + cq->reserved < cq->depth;
	cq->reserved += have;
	pthread_mutex_unlock(&cq->lock);

	return have;
}

void cq_unreserve(struct hps_cq *cq)
{
	pthread_mutex_lock(&cq->lock);
	cq->reserved--;
	pthread_mutex_unlock(&cq->lock);
}

static void signal_fd(struct hps_cq *cq)
{
	uint64_t one = 1;

	/* It can only fail if the descriptor is readable already. */
	if (cq->fd >= 0 && write(cq->fd, &one, sizeof(one)) < 0)
		return;
}

/* Uses a reserved place. */
void cq_put(struct hps_cq *cq, const struct hps_completion *c)
{
	pthread_mutex_lock(&cq->lock);
	cq->ring[(cq->first + cq->count) % cq->depth] = *c;
	__atomic_store_n(&cq->count, cq->count + 1, __ATOMIC_RELAXED);
	cq->reserved--;
	if (cq->count == 1)
		signal_fd(cq);
	pthread_mutex_unlock(&cq->lock);
}

int hps_cq_poll(struct hps_cq *cq, struct hps_completion *completions, int max)
{
	uint64_t n;
	int i;

	if (!__atomic_load_n(&cq->count, __ATOMIC_RELAXED))
		return 0;
	pthread_mutex_lock(&cq->lock);
	for (i = 0; i < max && cq->count; i++) {
		completions[i] = cq->ring[cq->first];
		cq->first = (cq->first + 1) % cq->depth;
		__atomic_store_n(&cq->count, cq->count - 1, __ATOMIC_RELAXED);
	}
	/* Empty: not readable any more. */
	if (i && !cq->count && cq->fd >= 0 && read(cq->fd, &n, sizeof(n)) < 0)
		n = 0;
	pthread_mutex_unlock(&cq->lock);

	return i;
}

int hps_cq_fd(struct hps_cq *cq)
{
	int fd;

	pthread_mutex_lock(&cq->lock);
	if (cq->fd < 0) {
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fd < 0)
			fd = -errno;
		cq->fd = fd;
		if (fd >= 0 && cq->count)
			signal_fd(cq);
	}
	fd = cq->fd;
	if (fd < 0)
		cq->fd = -1;
	pthread_mutex_unlock(&cq->lock);

	return fd;
}

int hps_cq_wait(struct hps_cq *cq, struct hps_completion *completions, int max,
		int timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;
	struct pollfd p = { .events = POLLIN };

	if (max <= 0)
		return -EINVAL;
	p.fd = hps_cq_fd(cq);
	if (p.fd < 0)
		return p.fd;
	for (;;) {
		int n = hps_cq_poll(cq, completions, max), left = timeout_ms;

		if (n)
			return n;
		if (timeout_ms >= 0) {
			uint64_t now = now_ms();

			left = now < end ? end - now : 0;
		}
		n = poll(&p, 1, left);
		if (n < 0)
			return -errno;
		/* another thread may take what came */
		if (!n && timeout_ms >= 0)
			return hps_cq_poll(cq, completions, max);
	}
}

const char *hps_op_name(unsigned int op)
{
	static const char * const names[] = {
		[HPS_OP_SEND]	   = "send",
		[HPS_OP_RECV]	   = "receive",
		[HPS_OP_WRITE]	   = "write",
		[HPS_OP_READ]	   = "read",
		[HPS_OP_CAS]	   = "compare-and-swap",
		[HPS_OP_FETCH_ADD] = "fetch-and-add",
		[HPS_OP_CLOSED]	   = "closed",
	};

	return op && op < ARRAY_SIZE(names) ? names[op] : "unknown";
}

const char *hps_status_name(unsigned int status)
{
	static const char * const names[] = {
		[HPS_STATUS_OK]	     = "done",
		[HPS_STATUS_REFUSED] = "refused by the peer",
		[HPS_STATUS_FLUSHED] = "flushed",
	};

	return status < ARRAY_SIZE(names) ? names[status] : "unknown";
}
