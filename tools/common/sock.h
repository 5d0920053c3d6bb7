/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets of any of the protocols that the tools compare. */
#ifndef TOOLS_SOCK_H
#define TOOLS_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* "[ffff:...%interface]:65535" */
#define SOCK_NAME_MAX	96
#define SOCK_LISTEN_MAX	8

enum sock_proto {
	SOCK_PROTO_HPS,
	SOCK_PROTO_TCP,
	SOCK_PROTO_MPTCP,
};

/**
 * struct sock_params - what kind of socket
 * @proto: whose socket
 * @family: AF_INET, AF_INET6 or AF_UNSPEC: which addresses to use
 * @type: SOCK_STREAM or SOCK_SEQPACKET (hps only)
 * @timeout_ms: of connect and of each later send and receive; 0 is none
 * @device: SO_BINDTODEVICE of what connects, or NULL
 */
struct sock_params {
	enum sock_proto proto;
	int family;
	int type;
	unsigned int timeout_ms;
	const char *device;
};

struct sock_listeners {
	unsigned int count;
	int fds[SOCK_LISTEN_MAX];
};

int sock_parse_proto(const char *name, enum sock_proto *proto);
const char *sock_proto_name(enum sock_proto proto);

/* All of these return -1 after fail(). */
int sock_connect(const struct sock_params *params, const char *host,
		 unsigned int port);

/**
 * sock_listen() - listen on every address that @host means
 * @host: a name or address; NULL is loopback, "*" is every local address
 * @port: 0 lets the kernel choose, then @host must mean one address
 */
int sock_listen(const struct sock_params *params, const char *host,
		unsigned int port, struct sock_listeners *listeners);
void sock_listeners_close(struct sock_listeners *listeners);
bool sock_listeners_on_loopback(const struct sock_listeners *listeners);

/* Prints "listening on ADDRESS" lines: whoever started us can wait for them. */
void sock_listeners_announce(const struct sock_listeners *listeners);

int sock_set_timeout(int fd, unsigned int timeout_ms);
int sock_set_nodelay(int fd);
void sock_name(const struct sockaddr_storage *addr, char name[SOCK_NAME_MAX]);

/**
 * sock_send_all() - send all bytes of an iovec, which is used up
 *
 * Return: 0, or -errno with nothing reported; -ETIMEDOUT after a timeout.
 */
int sock_send_all(int fd, struct iovec *iov, size_t count);

/**
 * sock_recv_all() - receive exactly @len bytes
 *
 * Return: @len; fewer at the end of the stream; or -errno with nothing
 * reported, -ETIMEDOUT after a timeout, -EMSGSIZE for a cut message.
 */
ssize_t sock_recv_all(int fd, void *buf, size_t len);

#endif /* TOOLS_SOCK_H */
