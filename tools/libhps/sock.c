// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets of AF_HPS: options, control messages, the mapped queue. Nothing here
 * waits but for a region that ends.
 */
#include "sock.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- regions -------------------------------------------------------------------- */

/* Fills in the steering tag. */
int sock_register(int fd, struct hps_direct_region *region)
{
	socklen_t len = sizeof(*region);

	return getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, region, &len) ?
	       -errno : 0;
}

/* A tag that is gone already is as good. */
void sock_deregister(int fd, uint32_t stag)
{
	setsockopt(fd, SOL_HPS, HPS_DIRECT_DEREGISTER, &stag, sizeof(stag));
}

/* What is registered with the socket @with is for peers of @fd, too. */
int sock_share_domain(int fd, int with)
{
	return setsockopt(fd, SOL_HPS, HPS_DIRECT_DOMAIN, &with,
			  sizeof(with)) ? -errno : 0;
}

/* --- posting, sending -------------------------------------------------------------- */

/* Returns octets of a WRITE that were taken, 0 for others, or a negative errno. */
int sock_post(int fd, const struct hps_direct_post *post, struct iovec *iov,
	      int iov_len)
{
	union {
		struct cmsghdr	head;
		char		room[CMSG_SPACE(sizeof(*post))];
	} control = {
		.head.cmsg_level = SOL_HPS,
		.head.cmsg_type = HPS_DIRECT_POST,
		.head.cmsg_len = CMSG_LEN(sizeof(*post)),
	};
	struct msghdr msg = {
		.msg_iov = iov, .msg_iovlen = iov_len,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n;

	memcpy(CMSG_DATA(&control.head), post, sizeof(*post));
	do
		n = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

int64_t sock_send(int fd, struct iovec *iov, int iov_len)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = iov_len };
	ssize_t n;

	do
		n = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

/* Why the connection has ended: enum hps_reason, and the errno. */
uint16_t sock_reason(int fd, int *error)
{
	struct hps_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_HPS, HPS_INFO, &info, &len);
	*error = info.error;

	return info.reason;
}

/* --- queue of completions ------------------------------------------------------------ */

/* A queue for the socket @fd, for @entries completions at least. */
int ring_open(struct ring *r, int fd, uint32_t entries)
{
	struct hps_direct_queue q = { .entries = entries };
	socklen_t len = sizeof(q);
	int err;

	if (getsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, &q, &len))
		return -errno;
	r->fd = q.fd;
	r->entries = q.entries;
	r->map = mmap(NULL, HPS_DIRECT_QUEUE_SIZE(q.entries),
		      PROT_READ | PROT_WRITE, MAP_SHARED, q.fd, 0);
	if (r->map == MAP_FAILED) {
		err = -errno;
		close(q.fd);
		return err;
	}
	if (!setsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, &q.fd, sizeof(q.fd)))
		return 0;
	err = -errno;
	ring_close(r);

	return err;
}

void ring_close(struct ring *r)
{
	munmap(r->map, HPS_DIRECT_QUEUE_SIZE(r->entries));
	close(r->fd);
}

/* Takes the next completion, if there is one. */
bool ring_take(struct ring *r, struct hps_direct_completion *completion)
{
	uint32_t n = r->map->consumed;

	if (__atomic_load_n(&r->map->produced, __ATOMIC_ACQUIRE) == n)
		return false;
	*completion = r->map->completion[n % r->entries];
	__atomic_store_n(&r->map->consumed, n + 1, __ATOMIC_RELEASE);

	return true;
}
