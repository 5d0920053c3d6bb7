/* SPDX-License-Identifier: GPL-2.0 */
/* What both tests do with the server, around the test itself. */
#ifndef HPSPERF_CLIENT_H
#define HPSPERF_CLIENT_H

#include <stddef.h>

#include "proto.h"
#include "usage.h"

struct options;

/* All of these return -1 after fail(). */
int client_connect(const struct options *options, const char *host);

/**
 * struct perf_want - a request in host order
 * @test: what to do
 * @size: of a message, block or longest write
 * @rounds: of a pingpong
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

/* Sends a request and waits until the server starts. */
int client_start(int fd, const struct perf_want *want);

/* @usage: the server's */
int client_result(int fd, struct perf_result *result, struct usage *usage);

int client_send(int fd, const void *buf, size_t len);
int client_recv(int fd, void *buf, size_t len);

/* The report's first values: which test, against whom. */
void client_print_head(const struct options *options, const char *test,
		       const char *host);
void client_print_cpu(const struct usage *client, const struct usage *server);

#endif /* HPSPERF_CLIENT_H */
