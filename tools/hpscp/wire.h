/* SPDX-License-Identifier: GPL-2.0 */
/* Messages of proto.h over a socket, with their limits, times and MACs. */
#ifndef HPSCP_WIRE_H
#define HPSCP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto.h"

/**
 * struct wire - one connection
 * @fd: the socket; the owner closes it
 * @role: 'c' or 's', who we are
 * @deadline_ns: when non-zero, receiving ends at this time (clock_ns())
 * @idle_ms: longest wait for a single byte, and for room to send
 * @has_key: messages carry MACs
 * @session_key: for these MACs
 * @data_key: for a checksum that needs one
 * @sent: our messages with a MAC so far
 * @received: the peer's messages with a MAC so far
 * @direct: both sides want to place bytes directly
 * @silent: we waited in vain: what is not said any more is not waited for
 * @peer_gave_up: an ERROR came, or the connection is gone: answer nothing
 */
struct wire {
	int		fd;
	char		role;
	uint64_t	deadline_ns;
	unsigned int	idle_ms;
	bool		has_key;
	__u8		session_key[CP_MAC_LEN];
	__u8		data_key[CP_MAC_LEN];
	uint64_t	sent;
	uint64_t	received;
	bool		direct;
	bool		silent;
	bool		peer_gave_up;
};

/* All of these return -1 after fail(). */
int wire_send(struct wire *wire, enum cp_type type, const void *body, size_t len);
int wire_send_data(struct wire *wire, const void *data, size_t len);

/**
 * wire_recv() - receive a message
 * @max: size of @body; a longer message is refused
 * @type: what came, never CP_ERROR: that becomes our fail() text
 *
 * Return: the length of the body, or -1.
 */
ssize_t wire_recv(struct wire *wire, enum cp_type *type, void *body, size_t max);

/* Expects exactly this type and this length. */
int wire_recv_fixed(struct wire *wire, enum cp_type type, void *body, size_t len);

/* From now on each wait has idle_ms, instead of all together a deadline. */
int wire_end_handshake(struct wire *wire);

/* Sends fail_text() as ERROR, if the peer can still read it. */
void wire_send_error(struct wire *wire);

/* Waits for input as long as the connection moves: recv() does not see writes
 * into our file, nor that what we sent is still on its way.
 */
int wire_wait(struct wire *wire);

/* True when the peer sent something although it is our turn. */
bool wire_has_input(const struct wire *wire);

#endif /* HPSCP_WIRE_H */
