/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Completion queues.
 */
#ifndef _LIBHPS_CQ_H
#define _LIBHPS_CQ_H

#include "domain.h"

/**
 * struct hps_cq - a completion queue
 * @domain:	its domain
 * @users:	connections that use it; domain's lock
 * @lock:	guards all below
 * @ring:	@depth completions, the oldest at @first
 * @count:	completions in @ring; read without @lock as a hint
 * @reserved:	places for what is posted and not completed
 * @fd:		event descriptor, or -1 until somebody waits; readable if @count
 *
 * @count + @reserved never passes @depth, so a completion always has a place.
 */
struct hps_cq {
	struct hps_domain *domain;
	unsigned int	users;
	pthread_mutex_t	lock;
	struct hps_completion *ring;
	unsigned int	depth;
	unsigned int	first;
	unsigned int	count;
	unsigned int	reserved;
	int		fd;
};

bool cq_reserve(struct hps_cq *cq);
void cq_unreserve(struct hps_cq *cq);
void cq_put(struct hps_cq *cq, const struct hps_completion *c);

#endif /* _LIBHPS_CQ_H */
