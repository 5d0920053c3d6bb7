/* SPDX-License-Identifier: GPL-2.0 */
/* hpscp get and put. */
#ifndef HPSCP_CLIENT_H
#define HPSCP_CLIENT_H

struct options;

/* @args: HOST:PATH and LOCAL or NULL. -1 after fail(). */
int client_get(const struct options *options, char **args);

/* @args: LOCAL and HOST:PATH. -1 after fail(). */
int client_put(const struct options *options, char **args);

#endif /* HPSCP_CLIENT_H */
