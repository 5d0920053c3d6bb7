/* SPDX-License-Identifier: GPL-2.0 */
/* The shared key: its file, and the proof that both sides have it. */
#ifndef HPSCP_KEY_H
#define HPSCP_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "proto.h"

#define KEY_MIN		16
#define KEY_MAX		1024

struct key {
	size_t	len;
	__u8	bytes[KEY_MAX];
};

struct wire;

/* Reads @path, without white space at its end. -1 after fail(). */
int key_load(struct key *key, const char *path);

/* HMAC-SHA256 of all parts in a row; ends the process if the library fails. */
void key_hmac(const void *key, size_t len, const struct iovec *parts,
	      size_t count, __u8 mac[CP_MAC_LEN]);

/**
 * key_hello_client() - exchange HELLOs and, with a key, proofs
 * @key: NULL when we have none
 *
 * A server clears or sets wire->direct as both can; a client has set it as it wants.
 *
 * Return: 0, or -1 after fail(). From here on @wire adds and checks MACs. A client
 * gets 1 when the server does not place directly: another connection is needed.
 */
int key_hello_client(struct wire *wire, const struct key *key);
int key_hello_server(struct wire *wire, const struct key *key);

#endif /* HPSCP_KEY_H */
