/* SPDX-License-Identifier: GPL-2.0 */
/* hpscp serve: offers the files beneath a directory. */
#ifndef HPSCP_SERVE_H
#define HPSCP_SERVE_H

struct options;

/* Runs until killed. -1 after fail(). */
int serve_run(const struct options *options, char **args);

#endif /* HPSCP_SERVE_H */
