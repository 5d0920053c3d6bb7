/* SPDX-License-Identifier: GPL-2.0 */
/* One-sided operations of AF_HPS sockets: regions, a queue, posting. */
#ifndef TOOLS_DIRECT_H
#define TOOLS_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/hps_direct.h>

#define DIRECT_DEPTH_MAX	HPS_DIRECT_DEPTH

/**
 * struct direct_queue - a queue of completions, mapped
 * @fd: its descriptor, -1 when there is none
 * @ring: the mapping
 * @size: of that
 */
struct direct_queue {
	int			fd;
	struct hps_direct_ring	*ring;
	size_t			size;
};

/* All that return int return -1 after fail(), but direct_write(). */

/* Fills in the tag of @region. errno says why not. */
int direct_register(int fd, struct hps_direct_region *region);
void direct_deregister(int fd, uint32_t stag);

/* Can this socket register memory at all? It may be of TCP, or of an older module. */
bool direct_usable(int fd);

/* For completions of socket @fd, @entries at one time. */
int direct_queue_open(struct direct_queue *queue, int fd, unsigned int entries);
void direct_queue_close(struct direct_queue *queue);

/* @buf: the @len octets of a WRITE */
int direct_post(int fd, const struct hps_direct_post *post, const void *buf, size_t len);

/**
 * direct_write() - write all of @buf, however many operations that takes
 * @fd: the socket, which needs no queue: there is no completion
 *
 * Return: 0, or -errno with nothing reported; -ETIMEDOUT after a timeout.
 */
int direct_write(int fd, uint32_t stag, uint64_t offset, const char *buf, size_t len);

/**
 * direct_take() - wait for the next completion, which is that of a success
 * @fd: the socket: while its connection moves there is something to wait for
 * @timeout_ms: longest silence
 */
int direct_take(struct direct_queue *queue, int fd, unsigned int timeout_ms,
		struct hps_direct_completion *done);

/* A number that changes when the connection gets or delivers anything. */
uint64_t direct_moved(int fd);

/**
 * direct_wait() - wait until there is something to read
 * @event_fd: where
 * @fd: the connection; as long as octets move there, it is worth waiting
 * @timeout_ms: so long, or a quarter longer, may it be silent
 *
 * Return: 0, -ETIMEDOUT, or another negative errno.
 */
int direct_wait(int event_fd, int fd, unsigned int timeout_ms);

#endif /* TOOLS_DIRECT_H */
