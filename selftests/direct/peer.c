// SPDX-License-Identifier: GPL-2.0
/* A peer by hand. */
#include "peer.h"

#include <sys/socket.h>

int peer_dial(uint16_t port)
{
	struct sockaddr_storage addr;
	int fd = socket(v->family, SOCK_STREAM, 0);

	loopback(&addr, port);
	CHECK(!connect(fd, (void *)&addr, sizeof(addr)));

	return fd;
}

int peer_listen(uint16_t *port)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int fd = socket(v->family, SOCK_STREAM, 0);

	loopback(&addr, 0);
	CHECK(!bind(fd, (void *)&addr, len) && !listen(fd, 8));
	CHECK(!getsockname(fd, (void *)&addr, &len));
	*port = ntohs(v->family == AF_INET ?
		      ((struct sockaddr_in *)&addr)->sin_port :
		      ((struct sockaddr_in6 *)&addr)->sin6_port);

	return fd;
}

void peer_of_end(struct peer *peer, struct end *e,
		 const struct hps_conn_attr *attr)
{
	struct hps_listener *listener;
	struct hps_request *request;
	struct mpa_startup_info info;
	uint8_t buf[20];

	end_open(e, attr);
	peer->fd = peer_dial(listen_any(e, &listener));
	CHECK_EQ(mpa_startup_build(buf, sizeof(buf), false,
				   peer->crc ? MPA_FLAG_CRC : 0, NULL, 0), 20);
	peer_send(peer, buf, 20);
	OK(hps_listener_next(listener, &request, scaled(10000)));
	OK(hps_accept(request, e->conn, NULL, 0));
	hps_listener_close(listener);
	peer_read(peer, buf, 20);
	CHECK_EQ(mpa_startup_parse(buf, 20, true, &info), 20);
	CHECK(!(info.flags & MPA_FLAG_REJECT));
	peer->crc = info.flags & MPA_FLAG_CRC;
}
