/* SPDX-License-Identifier: GPL-2.0 */
/* What all tests do with the server, around the test itself. */
#ifndef HPSPERF_CLIENT_H
#define HPSPERF_CLIENT_H

#include "common/perf.h"
#include "usage.h"

struct options;
struct stats;

/* All of these return -1 after fail(). */
int client_connect(const struct options *options, const char *host);

/* @usage: the server's */
int client_result(int fd, struct perf_result *result, struct usage *usage);

/* The report's first values: which test, against whom. */
void client_print_head(const struct options *options, const char *test,
		       const char *host);

/* Of rounds of one size. */
void client_print_rtt(const struct stats *stats);
void client_print_cpu(const struct usage *client, const struct usage *server);

#endif /* HPSPERF_CLIENT_H */
