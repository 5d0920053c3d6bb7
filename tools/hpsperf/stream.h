/* SPDX-License-Identifier: GPL-2.0 */
/* hpsperf stream: one-way throughput. */
#ifndef HPSPERF_STREAM_H
#define HPSPERF_STREAM_H

#include <stdint.h>

struct options;

/* How long a stream is to last when nothing else limits it. */
uint64_t stream_time(const struct options *options);

/* Sends what @options ask for and ends this direction. -1 after fail(). */
int stream_send(int fd, const struct options *options);

/* @args: the host. -1 after fail(). */
int stream_run(const struct options *options, char **args);

#endif /* HPSPERF_STREAM_H */
