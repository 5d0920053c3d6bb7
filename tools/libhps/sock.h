/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets of AF_HPS: the calls of linux/hps_direct.h.
 */
#ifndef _LIBHPS_SOCK_H
#define _LIBHPS_SOCK_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include <linux/hps.h>
#include <linux/hps_direct.h>

/**
 * struct ring - a socket's queue of completions, mapped
 * @fd:		readable while completions are there
 * @entries:	how many it holds
 * @map:	the mapping
 */
struct ring {
	int		fd;
	uint32_t	entries;
	struct hps_direct_ring *map;
};

int sock_register(int fd, struct hps_direct_region *region);
void sock_deregister(int fd, uint32_t stag);
int sock_share_domain(int fd, int with);
int sock_post(int fd, const struct hps_direct_post *post, struct iovec *iov,
	      int iov_len);
int64_t sock_send(int fd, struct iovec *iov, int iov_len);
uint16_t sock_reason(int fd, int *error);

int ring_open(struct ring *r, int fd, uint32_t entries);
void ring_close(struct ring *r);
bool ring_take(struct ring *r, struct hps_direct_completion *completion);

#endif /* _LIBHPS_SOCK_H */
