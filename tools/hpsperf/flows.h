/* SPDX-License-Identifier: GPL-2.0 */
/* hpsperf multistream, fanout and fanin: many streams at once. */
#ifndef HPSPERF_FLOWS_H
#define HPSPERF_FLOWS_H

struct options;

/* @args: the hosts, and a NULL. -1 after fail(). */
int multistream_run(const struct options *options, char **args);
int fanout_run(const struct options *options, char **args);
int fanin_run(const struct options *options, char **args);

#endif /* HPSPERF_FLOWS_H */
