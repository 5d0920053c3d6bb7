// SPDX-License-Identifier: GPL-2.0
/* Messages of proto.h over a socket, with their limits, times and MACs. */
#include "wire.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/crypto.h>

#include "common/clock.h"
#include "common/direct.h"
#include "common/fail.h"
#include "common/sock.h"
#include "key.h"

/* How long a refused peer may take to read our sentence. */
#define LINGER_MS	2000

static int broken(struct wire *wire, int err, bool sending)
{
	/* One that only keeps silent can still be told why we give up. */
	wire->peer_gave_up |= sending || err != -ETIMEDOUT;
	wire->silent |= err == -ETIMEDOUT;
	if (err == -ETIMEDOUT)
		return fail("the other side has been silent for too long");
	if (err == -EPIPE || err == -ECONNRESET)
		return fail("the other side ended the connection");
	return fail("the connection broke: %s", strerror(-err));
}

static void mac_of(const struct wire *wire, char role, uint64_t number,
		   const struct cp_header *header, const void *body, size_t len,
		   __u8 mac[CP_MAC_LEN])
{
	__be64 count = htobe64(number);
	const struct iovec parts[] = {
		{ &role, 1 },
		{ &count, sizeof(count) },
		{ (void *)header, sizeof(*header) },
		{ (void *)body, len },
	};

	key_hmac(wire->session_key, sizeof(wire->session_key), parts, 4, mac);
}

int wire_send(struct wire *wire, enum cp_type type, const void *body, size_t len)
{
	struct cp_header header = { .type = type, .length = htobe32(len) };
	__u8 mac[CP_MAC_LEN];
	struct iovec iov[] = {
		{ &header, sizeof(header) },
		{ (void *)body, len },
		{ mac, sizeof(mac) },
	};
	int err;

	if (wire->has_key)
		mac_of(wire, wire->role, wire->sent++, &header, body, len, mac);
	err = sock_send_all(wire->fd, iov, wire->has_key ? 3 : 2);
	return err ? broken(wire, err, true) : 0;
}

int wire_send_data(struct wire *wire, const void *data, size_t len)
{
	struct cp_header header = { .type = CP_DATA, .length = htobe32(len) };
	struct iovec iov[] = {
		{ &header, sizeof(header) },
		{ (void *)data, len },
	};
	int err;

	err = sock_send_all(wire->fd, iov, 2);
	return err ? broken(wire, err, true) : 0;
}

static int recv_bytes(struct wire *wire, void *buf, size_t len)
{
	ssize_t got, have = 0;
	uint64_t now, wait;

	while ((size_t)have < len) {
		/* A peer that drips must not renew its time with each byte. */
		if (wire->deadline_ns) {
			now = clock_ns();
			if (now >= wire->deadline_ns)
				return broken(wire, -ETIMEDOUT, false);
			wait = (wire->deadline_ns - now) / NSEC_PER_MSEC + 1;
			if (sock_set_timeout(wire->fd, wait))
				return -1;
			got = recv(wire->fd, (char *)buf + have, len - have, 0);
			if (got < 0 && errno == EINTR)
				continue;
			if (got < 0)
				return broken(wire, errno == EAGAIN ? -ETIMEDOUT : -errno,
					      false);
		} else {
			got = sock_recv_all(wire->fd, buf, len);
			if (got < 0)
				return broken(wire, got, false);
			if ((size_t)got < len)
				got = 0;
		}
		if (!got)
			return broken(wire, -EPIPE, false);
		have += got;
	}
	return 0;
}

static int check_mac(struct wire *wire, const struct cp_header *header,
		     const void *body, size_t len)
{
	char role = wire->role == 'c' ? 's' : 'c';
	__u8 theirs[CP_MAC_LEN], ours[CP_MAC_LEN];

	if (recv_bytes(wire, theirs, sizeof(theirs)))
		return -1;
	mac_of(wire, role, wire->received++, header, body, len, ours);
	if (CRYPTO_memcmp(theirs, ours, sizeof(ours)))
		return fail("a message was changed on the way (its MAC is wrong)");
	return 0;
}

static int recv_error(struct wire *wire, const struct cp_header *header)
{
	size_t len = be32toh(header->length);
	char text[CP_ERROR_MAX + 1];

	if (!len || len > CP_ERROR_MAX)
		return fail("the other side sent a malformed error");
	if (recv_bytes(wire, text, len))
		return -1;
	if (wire->has_key && check_mac(wire, header, text, len))
		return -1;
	text[len] = 0;
	make_printable(text);
	wire->peer_gave_up = true;
	return fail("%s says: %s", wire->role == 'c' ? "the server" : "the client",
		    text);
}

ssize_t wire_recv(struct wire *wire, enum cp_type *type, void *body, size_t max)
{
	static const __u8 zero[3];
	struct cp_header header;
	size_t len;

	if (recv_bytes(wire, &header, sizeof(header)))
		return -1;
	len = be32toh(header.length);
	if (memcmp(header.reserved, zero, sizeof(zero)) || header.type > CP_ORDINARY)
		return fail("the other side does not speak hpscp's protocol");
	if (header.type == CP_ERROR)
		return recv_error(wire, &header);
	if (len > max)
		return fail("message type %u with %zu bytes is too long", header.type,
			    len);
	if (recv_bytes(wire, body, len))
		return -1;
	if (wire->has_key && header.type != CP_DATA &&
	    check_mac(wire, &header, body, len))
		return -1;
	*type = header.type;
	return len;
}

int wire_recv_fixed(struct wire *wire, enum cp_type type, void *body, size_t len)
{
	enum cp_type got;
	ssize_t got_len;

	got_len = wire_recv(wire, &got, body, len);
	if (got_len < 0)
		return -1;
	if (got != type || (size_t)got_len != len)
		return fail("expected message type %u with %zu bytes, got type %u with %zd",
			    type, len, got, got_len);
	return 0;
}

int wire_end_handshake(struct wire *wire)
{
	wire->deadline_ns = 0;
	return sock_set_timeout(wire->fd, wire->idle_ms);
}

void wire_send_error(struct wire *wire)
{
	uint64_t end = clock_ns() + LINGER_MS * NSEC_PER_MSEC;
	char waste[16384];

	if (wire->peer_gave_up ||
	    wire_send(wire, CP_ERROR, fail_text(), strnlen(fail_text(), CP_ERROR_MAX)))
		return;

	/* Closing with unread input resets the connection and may destroy our
	 * sentence on its way: let the peer read it and close first.
	 */
	shutdown(wire->fd, SHUT_WR);
	if (sock_set_timeout(wire->fd, LINGER_MS))
		return;
	while (clock_ns() < end && recv(wire->fd, waste, sizeof(waste), 0) > 0)
		;
}

bool wire_has_input(const struct wire *wire)
{
	struct pollfd poll_fd = { wire->fd, POLLIN, 0 };

	return poll(&poll_fd, 1, 0) > 0;
}

int wire_wait(struct wire *wire)
{
	int err = direct_wait(wire->fd, wire->fd, wire->idle_ms);

	return err ? broken(wire, err, false) : 0;
}
