/* SPDX-License-Identifier: GPL-2.0 */
/* hpsperf write, read, atomic: one-sided operations on the server's memory. */
#ifndef HPSPERF_ONESIDED_H
#define HPSPERF_ONESIDED_H

struct options;

/* @args: the host. All return -1 after fail(). */
int onesided_write(const struct options *options, char **args);
int onesided_read(const struct options *options, char **args);
int onesided_atomic(const struct options *options, char **args);

#endif /* HPSPERF_ONESIDED_H */
