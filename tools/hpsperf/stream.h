/* SPDX-License-Identifier: GPL-2.0 */
/* hpsperf stream: one-way throughput. */
#ifndef HPSPERF_STREAM_H
#define HPSPERF_STREAM_H

struct options;

/* @args: the host. -1 after fail(). */
int stream_run(const struct options *options, char **args);

#endif /* HPSPERF_STREAM_H */
