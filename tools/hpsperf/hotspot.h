/* SPDX-License-Identifier: GPL-2.0 */
/* hpsperf hotspot: many clients of one server at once. */
#ifndef HPSPERF_HOTSPOT_H
#define HPSPERF_HOTSPOT_H

struct options;

/* @args: the host. -1 after fail(). */
int hotspot_run(const struct options *options, char **args);

#endif /* HPSPERF_HOTSPOT_H */
