// SPDX-License-Identifier: GPL-2.0
/*
 * A peer that goes on sending, whatever the other end does: opens connections
 * to an HPS port by hand and sends on them without regard to credit or
 * answers. Not an HPS socket, so it does not hold the module.
 *
 * usage: pester IPV4-ADDRESS HPS-PORT
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ddp/ddp.h"
#include "ddp/message.h"
#include "ddp/mpa.h"

static struct sockaddr_in address = {
	.sin_family = AF_INET,
};

static int send_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}

static int startup(int fd, int port)
{
	struct hps_hello hello = {
		.version = HPS_WIRE_VERSION,
		.kind = HPS_MSG_OPEN,
		.credit = cpu_to_be32(1 << 20),
		.port = cpu_to_be16(port),
		.socktype = SOCK_STREAM,
	};
	u8 buf[MPA_MAX_STARTUP];
	int n = mpa_startup_build(buf, sizeof(buf), false, 0, &hello,
				  sizeof(hello));

	if (send_all(fd, buf, n))
		return -1;
	n = sizeof(struct mpa_startup) + sizeof(hello);
	return recv(fd, buf, n, MSG_WAITALL) == n ? 0 : -1;
}

static void session(int port)
{
	static u8 msg[sizeof(struct hps_data) + 1000], buf[2000];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct hps_frame head;
	u32 msn;

	if (fd < 0)
		err(1, "socket");
	if (connect(fd, (void *)&address, sizeof(address)) ||
	    startup(fd, port)) {
		poll(NULL, 0, 5);
		close(fd);
		return;
	}
	for (msn = 1; msn < 3000; msn++) {
		size_t n = mpa_frame_size(HPS_ULPDU_HEAD + sizeof(msg));

		hps_data_build((void *)msg, 0, (msn - 1) * 1000ULL, 0, 1 << 20);
		hps_frame_build(&head, sizeof(msg), msn);
		memset(buf, 0, n);
		memcpy(buf, &head, sizeof(head));
		memcpy(buf + sizeof(head), msg, sizeof(msg));
		if (send_all(fd, buf, n))
			break;
	}
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 3 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
		errx(2, "usage: pester IPV4-ADDRESS HPS-PORT");
	address.sin_port = htons(18512);
	for (;;)
		session(atoi(argv[2]));
}
