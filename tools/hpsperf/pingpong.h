/* SPDX-License-Identifier: GPL-2.0 */
/* hpsperf pingpong: round trips of messages of many sizes. */
#ifndef HPSPERF_PINGPONG_H
#define HPSPERF_PINGPONG_H

struct options;

/* @args: the host. -1 after fail(). */
int pingpong_run(const struct options *options, char **args);

#endif /* HPSPERF_PINGPONG_H */
