// SPDX-License-Identifier: GPL-2.0
/* One-sided operations of AF_HPS sockets: regions, a queue, posting. */
#include "common/direct.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/hps.h>

#include "common/fail.h"

int direct_register(int fd, struct hps_direct_region *region)
{
	socklen_t len = sizeof(*region);
	int err;

	if (!getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, region, &len))
		return 0;
	err = errno;
	if (err == ENOMEM)
		fail("cannot register %llu bytes of memory: see RLIMIT_MEMLOCK (ulimit -l)",
		     (unsigned long long)region->len);
	else if (err == ENOPROTOOPT || err == EOPNOTSUPP)
		fail("this socket has no one-sided operations: the module hps is too old");
	else
		fail("cannot register %llu bytes of memory: %s",
		     (unsigned long long)region->len, strerror(err));
	errno = err;
	return -1;
}

void direct_deregister(int fd, uint32_t stag)
{
	setsockopt(fd, SOL_HPS, HPS_DIRECT_DEREGISTER, &stag, sizeof(stag));
}

bool direct_usable(int fd)
{
	struct hps_direct_region nothing = { 0 };
	socklen_t len = sizeof(nothing);

	/* even nothing counts as a page */
	if (getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, &nothing, &len))
		return errno == ENOMEM;
	direct_deregister(fd, nothing.stag);
	return true;
}

int direct_queue_open(struct direct_queue *queue, int fd, unsigned int entries)
{
	struct hps_direct_queue q = { .entries = entries };
	socklen_t len = sizeof(q);

	queue->fd = -1;
	if (getsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, &q, &len))
		return fail("cannot make a queue of completions: %s", strerror(errno));
	queue->size = HPS_DIRECT_QUEUE_SIZE(q.entries);
	queue->ring = mmap(NULL, queue->size, PROT_READ | PROT_WRITE, MAP_SHARED, q.fd, 0);
	if (queue->ring == MAP_FAILED) {
		fail("cannot map the queue of completions: %s", strerror(errno));
		close(q.fd);
		return -1;
	}
	queue->fd = q.fd;
	if (!setsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, &q.fd, sizeof(q.fd)))
		return 0;
	fail("cannot set the queue of completions: %s", strerror(errno));
	direct_queue_close(queue);
	return -1;
}

void direct_queue_close(struct direct_queue *queue)
{
	if (queue->fd < 0)
		return;
	munmap(queue->ring, queue->size);
	close(queue->fd);
	queue->fd = -1;
}

static int post_failed(void)
{
	if (errno == EOPNOTSUPP)
		return fail("the peer has no one-sided operations: its module hps is too old");
	return fail("posting an operation failed: %s",
		    strerror(errno == EAGAIN ? ETIMEDOUT : errno));
}

/* Return: octets of @buf that were posted, or -1 with errno. */
static ssize_t post_some(int fd, const struct hps_direct_post *post, const void *buf,
			 size_t len)
{
	union {
		struct cmsghdr	head;
		char		room[CMSG_SPACE(sizeof(*post))];
	} control = {
		.head.cmsg_level = SOL_HPS,
		.head.cmsg_type = HPS_DIRECT_POST,
		.head.cmsg_len = CMSG_LEN(sizeof(*post)),
	};
	struct iovec iov = { (void *)buf, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t sent;

	memcpy(CMSG_DATA(&control.head), post, sizeof(*post));
	do
		sent = sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

int direct_post(int fd, const struct hps_direct_post *post, const void *buf, size_t len)
{
	ssize_t sent = post_some(fd, post, buf, len);

	if (sent < 0)
		return post_failed();
	if ((size_t)sent < len)
		return fail("only %zd bytes of %zu were written in time", sent, len);
	return 0;
}

int direct_write(int fd, uint32_t stag, uint64_t offset, const char *buf, size_t len)
{
	struct hps_direct_post post = {
		.op = HPS_DIRECT_WRITE,
		.stag = stag,
		.flags = HPS_DIRECT_SILENT,
	};
	ssize_t sent;

	for (; len; len -= sent) {
		post.offset = offset;
		sent = post_some(fd, &post, buf, len);
		if (sent < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		offset += sent;
		buf += sent;
	}
	return 0;
}

static bool try_take(struct direct_queue *queue, struct hps_direct_completion *done)
{
	struct hps_direct_ring *ring = queue->ring;
	uint32_t n = ring->consumed;

	if (__atomic_load_n(&ring->produced, __ATOMIC_ACQUIRE) == n)
		return false;
	*done = ring->completion[n % ring->entries];
	__atomic_store_n(&ring->consumed, n + 1, __ATOMIC_RELEASE);
	return true;
}

uint64_t direct_moved(int fd)
{
	socklen_t len = sizeof(struct hps_info);
	struct hps_info info = { 0 };

	if (getsockopt(fd, SOL_HPS, HPS_INFO, &info, &len))
		return 0;
	return info.una + info.rcv_ready;
}

int direct_wait(int event_fd, int fd, unsigned int timeout_ms)
{
	struct pollfd event = { .fd = event_fd, .events = POLLIN };
	unsigned int step = timeout_ms / 4 + 1, silent = 0;
	uint64_t moved = 0, before;
	int n;

	while (silent < timeout_ms) {
		n = poll(&event, 1, step);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		/* The first look, which most waits do not come to, only notes. */
		before = moved;
		moved = direct_moved(fd);
		silent = moved == before ? silent + step : 0;
	}
	return -ETIMEDOUT;
}

int direct_take(struct direct_queue *queue, int fd, unsigned int timeout_ms,
		struct hps_direct_completion *done)
{
	int err;

	while (!try_take(queue, done)) {
		err = direct_wait(queue->fd, fd, timeout_ms);
		if (err)
			return fail("waiting for a completion failed: %s", strerror(-err));
	}
	if (done->status)
		return fail("the operation failed: %s", strerror(-done->status));
	return 0;
}
