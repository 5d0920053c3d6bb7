/* SPDX-License-Identifier: GPL-2.0 */
/* A server that gives each client a process, within a limit. */
#ifndef TOOLS_FORKS_H
#define TOOLS_FORKS_H

#include "common/sock.h"

/**
 * forks_serve() - accept clients until killed
 * @listeners: from sock_listen()
 * @max: clients at one time; further ones wait in the accept queue
 * @session: runs in the child with a connected socket; its result is the
 *	child's exit status
 *
 * The children end with their parent.
 *
 * Return: -1 after fail().
 */
int forks_serve(const struct sock_listeners *listeners, unsigned int max,
		int (*session)(int fd, const char *peer, const void *arg),
		const void *arg);

#endif /* TOOLS_FORKS_H */
