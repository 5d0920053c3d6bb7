/* SPDX-License-Identifier: GPL-2.0 */
/* hpsperf pingpong: round trips of messages of many sizes. */
#ifndef HPSPERF_PINGPONG_H
#define HPSPERF_PINGPONG_H

#include <stdbool.h>
#include <stdint.h>

struct direct_queue;
struct options;
struct usage;

/**
 * struct batch - round trips of one size over one connection
 * @out: what is sent
 * @in: room for what comes back
 * @rtt_ns: @rounds results
 * @every_ns: a round begins so long after the one before, or when that has
 *	ended, and is timed from when it should have begun; 0 is at once
 * @queue: what comes back goes to memory that is posted before, its completion
 *	here; NULL: it is read
 * @sink: the region @in of that; @by_record: of messages; @timeout_ms: of waiting
 * @client: CPU use of this side, a result; @server: of the other side
 */
struct batch {
	const char	*out;
	char		*in;
	uint64_t	size;
	uint64_t	rounds;
	uint64_t	every_ns;
	uint64_t	*rtt_ns;
	struct direct_queue *queue;
	uint32_t	sink;
	bool		by_record;
	unsigned int	timeout_ms;
	struct usage	*client;
	struct usage	*server;
};

/* Both return -1 after fail(). */
int pingpong_batch(int fd, const struct batch *batch);
int pingpong_buffers(uint64_t size, char **out, char **in);

/* @args: the host. -1 after fail(). */
int pingpong_run(const struct options *options, char **args);

#endif /* HPSPERF_PINGPONG_H */
