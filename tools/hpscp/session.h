/* SPDX-License-Identifier: GPL-2.0 */
/* The server's side of one transfer. */
#ifndef HPSCP_SESSION_H
#define HPSCP_SESSION_H

#include <stdbool.h>

struct key;

/**
 * struct session_policy - what a server allows
 * @root: the served directory
 * @writable: put is allowed
 * @quiet: no line per transfer on stderr
 * @key: NULL when none is demanded
 * @idle_ms: longest silence of a client
 */
struct session_policy {
	int			root;
	bool			writable;
	bool			quiet;
	const struct key	*key;
	unsigned int		idle_ms;
};

/* For forks_serve(); @arg is a struct session_policy. */
int session_run(int fd, const char *peer, const void *arg);

#endif /* HPSCP_SESSION_H */
