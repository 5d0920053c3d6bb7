/* SPDX-License-Identifier: GPL-2.0 */
/* hpsperf server: the other end of the tests. */
#ifndef HPSPERF_SERVER_H
#define HPSPERF_SERVER_H

struct options;

/* Runs until killed. -1 after fail(). */
int server_run(const struct options *options, char **args);

#endif /* HPSPERF_SERVER_H */
