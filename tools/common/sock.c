// SPDX-License-Identifier: GPL-2.0
/* Sockets of any of the protocols that the tools compare. */
#include "common/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/hps.h>

#include "common/fail.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

#define BACKLOG		64

static const char * const proto_names[] = {
	[SOCK_PROTO_HPS]	= "hps",
	[SOCK_PROTO_TCP]	= "tcp",
	[SOCK_PROTO_MPTCP]	= "mptcp",
};

int sock_parse_proto(const char *name, enum sock_proto *proto)
{
	unsigned int i;

	for (i = 0; i < sizeof(proto_names) / sizeof(proto_names[0]); i++) {
		if (!strcmp(name, proto_names[i])) {
			*proto = i;
			return 0;
		}
	}
	return fail("'%s' is not a protocol: hps, tcp or mptcp", name);
}

const char *sock_proto_name(enum sock_proto proto)
{
	return proto_names[proto];
}

static int open_socket(const struct sock_params *params, int family)
{
	int type = params->type | SOCK_CLOEXEC;
	int fd;

	if (params->type == SOCK_SEQPACKET && params->proto != SOCK_PROTO_HPS)
		return fail("%s has no message sockets, only hps has",
			    sock_proto_name(params->proto));
	if (params->proto == SOCK_PROTO_HPS)
		fd = socket(AF_HPS, type, 0);
	else if (params->proto == SOCK_PROTO_MPTCP)
		fd = socket(family, type, IPPROTO_MPTCP);
	else
		fd = socket(family, type, IPPROTO_TCP);
	if (fd >= 0)
		return fd;

	if (errno == EAFNOSUPPORT && params->proto == SOCK_PROTO_HPS)
		return fail("this kernel has no AF_HPS sockets: load the module hps");
	if (errno == EPROTONOSUPPORT && params->proto == SOCK_PROTO_MPTCP)
		return fail("this kernel has no MPTCP");
	return fail("cannot make a %s socket: %s",
		    sock_proto_name(params->proto), strerror(errno));
}

static int resolve(const struct sock_params *params, const char *host,
		   unsigned int port, int flags, struct addrinfo **list)
{
	struct addrinfo hints = {
		.ai_family = params->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags | AI_NUMERICSERV,
	};
	char service[8];
	int err;

	snprintf(service, sizeof(service), "%u", port);
	err = getaddrinfo(host, service, &hints, list);
	if (err)
		return fail("cannot resolve '%s': %s", host ? host : "loopback",
			    err == EAI_SYSTEM ? strerror(errno) : gai_strerror(err));
	return 0;
}

int sock_set_timeout(int fd, unsigned int timeout_ms)
{
	struct timeval tv = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)))
		return fail("cannot set the socket's timeouts: %s",
			    strerror(errno));
	return 0;
}

int sock_set_nodelay(int fd)
{
	int one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		return fail("cannot set TCP_NODELAY: %s", strerror(errno));
	return 0;
}

static int bind_to_device(int fd, const char *device)
{
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)))
		return fail("cannot bind a socket to %s: %s", device,
			    strerror(errno));
	return 0;
}

static int connect_one(const struct sock_params *params,
		       const struct addrinfo *ai, const char *host)
{
	struct sockaddr_storage addr;
	char name[SOCK_NAME_MAX];
	int err, fd;

	fd = open_socket(params, ai->ai_family);
	if (fd < 0)
		return -1;
	if ((params->timeout_ms && sock_set_timeout(fd, params->timeout_ms)) ||
	    (params->device && bind_to_device(fd, params->device))) {
		close(fd);
		return -1;
	}
	if (!connect(fd, ai->ai_addr, ai->ai_addrlen))
		return fd;

	/* SO_SNDTIMEO ends a connect with EINPROGRESS, which tells nobody. */
	err = errno == EINPROGRESS ? ETIMEDOUT : errno;
	memcpy(&addr, ai->ai_addr, ai->ai_addrlen);
	sock_name(&addr, name);
	close(fd);
	return fail("cannot connect to %s (%s) over %s: %s", host, name,
		    sock_proto_name(params->proto), strerror(err));
}

int sock_connect(const struct sock_params *params, const char *host,
		 unsigned int port)
{
	struct addrinfo *list, *ai;
	int fd = -1;

	if (resolve(params, host, port, 0, &list))
		return -1;
	for (ai = list; ai && fd < 0; ai = ai->ai_next)
		fd = connect_one(params, ai, host);
	freeaddrinfo(list);
	if (fd >= 0)
		fail_clear();
	return fd;
}

/* Return: the socket, or -errno after fail(). */
static int listen_one(const struct sock_params *params,
		      const struct addrinfo *ai)
{
	struct sockaddr_storage addr;
	char name[SOCK_NAME_MAX];
	int err, fd, one = 1;

	fd = open_socket(params, ai->ai_family);
	if (fd < 0)
		return -EAFNOSUPPORT;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		goto err_close;
	/* IPv4 has a socket of its own: "*" takes both, one by one. */
	if (ai->ai_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		goto err_close;
	/* A client may give up between poll() and accept(). */
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		goto err_close;
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, BACKLOG))
		goto err_close;
	return fd;

err_close:
	err = -errno;
	close(fd);
	memcpy(&addr, ai->ai_addr, ai->ai_addrlen);
	sock_name(&addr, name);
	fail("cannot listen on %s over %s: %s", name,
	     sock_proto_name(params->proto), strerror(-err));
	return err;
}

int sock_listen(const struct sock_params *params, const char *host,
		unsigned int port, struct sock_listeners *listeners)
{
	bool any = host && !strcmp(host, "*");
	bool guess = any || !host;
	struct addrinfo *list, *ai;
	int fd;

	listeners->count = 0;
	if (resolve(params, any ? NULL : host, port, any ? AI_PASSIVE : 0, &list))
		return -1;
	for (ai = list; ai && listeners->count < SOCK_LISTEN_MAX; ai = ai->ai_next) {
		fd = listen_one(params, ai);
		if (fd >= 0)
			listeners->fds[listeners->count++] = fd;
		else if (!guess || (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL))
			goto err_close;
	}
	freeaddrinfo(list);
	/* A host without IPv6 (or without IPv4) is served on what it has. */
	if (!listeners->count)
		return -1;
	fail_clear();
	return 0;

err_close:
	freeaddrinfo(list);
	sock_listeners_close(listeners);
	return -1;
}

void sock_listeners_close(struct sock_listeners *listeners)
{
	while (listeners->count)
		close(listeners->fds[--listeners->count]);
}

static bool is_loopback(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;

	if (addr->ss_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return addr->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

bool sock_listeners_on_loopback(const struct sock_listeners *listeners)
{
	struct sockaddr_storage addr;
	unsigned int i;
	socklen_t len;

	for (i = 0; i < listeners->count; i++) {
		len = sizeof(addr);
		if (getsockname(listeners->fds[i], (struct sockaddr *)&addr, &len) ||
		    !is_loopback(&addr))
			return false;
	}
	return true;
}

void sock_listeners_announce(const struct sock_listeners *listeners)
{
	struct sockaddr_storage addr;
	char name[SOCK_NAME_MAX];
	unsigned int i;
	socklen_t len;

	for (i = 0; i < listeners->count; i++) {
		len = sizeof(addr);
		if (getsockname(listeners->fds[i], (struct sockaddr *)&addr, &len))
			continue;
		sock_name(&addr, name);
		printf("listening on %s\n", name);
	}
	fflush(stdout);
}

void sock_name(const struct sockaddr_storage *addr, char name[SOCK_NAME_MAX])
{
	bool v6 = addr->ss_family == AF_INET6;
	char host[INET6_ADDRSTRLEN + 20], port[8];

	if (getnameinfo((const struct sockaddr *)addr,
			v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in),
			host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(name, SOCK_NAME_MAX, "an unknown address");
	else
		snprintf(name, SOCK_NAME_MAX, v6 ? "[%s]:%s" : "%s:%s", host, port);
}

static int io_error(void)
{
	return errno == EAGAIN ? -ETIMEDOUT : -errno;
}

int sock_send_all(int fd, struct iovec *iov, size_t count)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = count };
	ssize_t sent;

	while (msg.msg_iovlen) {
		/* A small write is a tenth dearer with a header to copy. */
		if (msg.msg_iovlen == 1)
			sent = send(fd, msg.msg_iov->iov_base,
				    msg.msg_iov->iov_len, MSG_NOSIGNAL);
		else
			sent = sendmsg(fd, &msg, MSG_NOSIGNAL);
		if (sent < 0) {
			if (errno == EINTR)
				continue;
			return io_error();
		}
		while (msg.msg_iovlen && (size_t)sent >= msg.msg_iov->iov_len) {
			sent -= msg.msg_iov->iov_len;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
		if (msg.msg_iovlen) {
			msg.msg_iov->iov_base = (char *)msg.msg_iov->iov_base + sent;
			msg.msg_iov->iov_len -= sent;
		}
	}
	return 0;
}

ssize_t sock_recv_all(int fd, void *buf, size_t len)
{
	size_t have = 0;
	struct msghdr msg;
	struct iovec iov;
	ssize_t got;

	while (have < len) {
		iov = (struct iovec){ (char *)buf + have, len - have };
		msg = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
		got = recvmsg(fd, &msg, 0);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			return io_error();
		}
		if (msg.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		if (!got)
			break;
		have += got;
	}
	return have;
}
