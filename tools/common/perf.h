/* SPDX-License-Identifier: GPL-2.0 */
/* A client of hpsperf's server: what all tests do around the test itself. */
#ifndef TOOLS_PERF_H
#define TOOLS_PERF_H

#include <stddef.h>
#include <stdint.h>

#include "common/perf_proto.h"

/**
 * struct perf_want - a request in host order
 * @test: what to do
 * @size: of a message, block, longest write or region
 * @rounds: of a pingpong or ping
 * @nsec: of a source
 * @interval_ms: of a stream, 0 is none
 */
struct perf_want {
	enum perf_test test;
	uint64_t size;
	uint64_t rounds;
	uint64_t nsec;
	unsigned int interval_ms;
};

/* All of these return -1 after fail(). */

/* Sends a request and waits until the server starts. */
int perf_start(int fd, const struct perf_want *want);

int perf_send(int fd, const void *buf, size_t len);
int perf_recv(int fd, void *buf, size_t len);

#endif /* TOOLS_PERF_H */
