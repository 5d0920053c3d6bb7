// SPDX-License-Identifier: GPL-2.0
/*
 * MPA start-up (RFC 5044 section 7.1, RFC 6581), and connect.
 */
#include "setup.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "direct.h"

/*
 * Reads what belongs to the frame and no octet more, as far as it is here.
 * Returns 0 when it is whole; -EAGAIN; or why it is refused, what is known in
 * @s->info.
 */
int startup_read(struct startup *s, int fd, bool reply)
{
	const struct mpa_startup *frame = (const void *)s->buf;

	for (;;) {
		size_t need = sizeof(*frame);
		ssize_t n;
		int len;

		len = mpa_bare_parse(s->buf, s->have, reply, &s->info);
		if (len)
			return len < 0 ? len : 0;
		if (s->have >= need)
			need += be16_to_cpu(frame->private_len);
		n = recv(fd, s->buf + s->have, need - s->have, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ECONNRESET;
		s->have += n;
	}
}

/* So few octets always find room in a new connection. */
int startup_write(int fd, bool reply, const struct mpa_startup_info *info)
{
	uint8_t buf[MPA_MAX_STARTUP];
	int len = mpa_bare_build(buf, sizeof(buf), reply, info);
	ssize_t n;

	if (len < 0)
		return len;
	n = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return -errno;

	return n == len ? 0 : -EIO;
}

/* Only one thread may set up a connection, and only once. */
int setup_begin(struct hps_conn *c)
{
	int err = 0;

	domain_lock(c->domain);
	if (c->state != HPS_CONN_NEW)
		err = -EISCONN;
	else if (c->busy)
		err = -EALREADY;
	else
		c->busy = true;
	domain_unlock(c->domain);

	return err;
}

void setup_end(struct hps_conn *c)
{
	domain_lock(c->domain);
	c->busy = false;
	domain_unlock(c->domain);
}

void setup_depths(struct hps_conn *c, uint32_t ird, uint32_t ord)
{
	c->stream.ird = ird;
	c->stream.ord = ord;
}

/* Segments are whole messages or large: nothing is gained by waiting. */
void setup_socket(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* A socket for a connection of this domain, or a listener. */
int setup_new_socket(const struct hps_domain *d, int family)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

	return is_direct(d) ? socket(AF_HPS, type, 0) :
			      socket(family, type, IPPROTO_TCP);
}

/* The connection was not made with this socket after all. */
void setup_give_up(struct hps_conn *c, int fd)
{
	setup_hang_up(fd);
	domain_lock(c->domain);
	direct_close(c);
	domain_unlock(c->domain);
}

/* Ends it for the peer, too, if a forked child still has the descriptor. */
void setup_hang_up(int fd)
{
	shutdown(fd, SHUT_RDWR);
	close(fd);
}

/* --- connect ------------------------------------------------------------------- */

static int wait_for(int fd, short events, uint64_t end, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		uint64_t now = now_ms();
		int left = timeout_ms < 0 ? -1 : now < end ? end - now : 0;

		n = poll(&p, 1, left);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;

	return n ? 0 : -ETIMEDOUT;
}

static int connect_tcp(int fd, const struct sockaddr *addr, socklen_t len,
		       uint64_t end, int timeout_ms)
{
	socklen_t size = sizeof(int);
	int err = 0;

	if (!connect(fd, addr, len))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	err = wait_for(fd, POLLOUT, end, timeout_ms);
	if (err)
		return err;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size))
		return -errno;

	return -err;
}

static void build_request(const struct hps_conn *c, const void *data,
			  size_t len, struct mpa_startup_info *info)
{
	const struct hps_conn_attr *a = &c->attr;

	*info = (struct mpa_startup_info) {
		.flags = a->flags & HPS_CONN_NO_CRC ? 0 : MPA_FLAG_CRC,
		.revision = MPA_REVISION,
		.private_data = data, .private_len = len,
	};
	if (a->flags & HPS_CONN_REVISION_1)
		return;
	info->revision = MPA_REVISION_ENHANCED;
	info->enhanced = true;
	info->ird = MPA_IRD_PEER_TO_PEER | a->ird;
	info->ord = MPA_ORD_RTR_WRITE | a->ord;
}

static int take_reply(struct hps_conn *c, const struct mpa_startup_info *info,
		      const struct mpa_startup_info *request)
{
	const struct hps_conn_attr *a = &c->attr;

	c->private_len = info->private_len;
	memcpy(c->private, info->private_data, info->private_len);
	if (info->flags & MPA_FLAG_REJECT)
		return -ECONNREFUSED;
	if (info->revision != request->revision ||
	    info->enhanced != request->enhanced)
		return -EPROTO;
	c->revision = info->revision;
	c->crc = (info->flags | request->flags) & MPA_FLAG_CRC;
	if (!info->enhanced) {
		setup_depths(c, a->ird, a->ord);
		return 0;
	}
	/* It would ask for more than we have room for. */
	if ((info->ord & MPA_DEPTH_MASK) > a->ird)
		return -EPROTO;
	setup_depths(c, a->ird, min_t(uint32_t, a->ord,
				      info->ird & MPA_DEPTH_MASK));

	return 0;
}

static int shake_hands(struct hps_conn *c, int fd, const void *data, size_t len,
		       uint64_t end, int timeout_ms)
{
	struct mpa_startup_info request;
	struct startup s = {};
	int err;

	build_request(c, data, len, &request);
	err = startup_write(fd, false, &request);
	while (!err) {
		err = wait_for(fd, POLLIN, end, timeout_ms);
		if (err)
			break;
		err = startup_read(&s, fd, true);
		if (!err)
			return take_reply(c, &s.info, &request);
		if (err == -EAGAIN)
			err = 0;
	}

	return err;
}

static int dial(struct hps_conn *c, const struct sockaddr *addr,
		socklen_t addr_len, const void *data, size_t len,
		int timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;
	int fd, err;

	fd = setup_new_socket(c->domain, addr->sa_family);
	if (fd < 0)
		return -errno;
	setup_socket(fd);
	err = direct_attach(c, fd);
	if (!err)
		err = connect_tcp(fd, addr, addr_len, end, timeout_ms);
	if (!err)
		err = shake_hands(c, fd, data, len, end, timeout_ms);
	if (!err) {
		domain_lock(c->domain);
		err = conn_open(c, fd, true);
		domain_unlock(c->domain);
	}
	if (err)
		setup_give_up(c, fd);

	return err;
}

int hps_connect(struct hps_conn *c, const struct sockaddr *addr,
		socklen_t addr_len, const void *data, size_t len,
		int timeout_ms)
{
	int err;

	if (len > HPS_MAX_PRIVATE || (len && !data))
		return -EINVAL;
	if (addr->sa_family != AF_INET && addr->sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	err = setup_begin(c);
	if (err)
		return err;
	err = dial(c, addr, addr_len, data, len, timeout_ms);
	setup_end(c);

	return err;
}
