// SPDX-License-Identifier: GPL-2.0
/*
 * One-sided operations for scripts: clients write, read and change the memory of a
 * server whose program does nothing for it, and check every octet and completion.
 *
 * usage: remote [OPTION]... server|client ADDRESS PORT
 *
 *	server	register a region; say "listening"; tell each client where its share
 *		is, check the stream it sends and send as much back; at its end compare
 *		the share, and the counters when nobody else changes them
 *	client	operate on the share at random; say "done" when all is completed, then
 *		"ok" and figures when the server agrees
 *
 *	-r N	octets of the region (4 MiB)	-n N	shares of it (1)
 *	-s N	octets to write and read, and 8 for each atomic (4 MiB)
 *	-f FILE	instead of -s: until FILE is gone
 *	-w N	largest operation (256 KiB)	-q N	most under way (32)
 *	-k KINDS	letters (wras): write, read, atomics, stream data
 *	-j N	clients at once (1)		-S N	seed (1)
 *	-i N	microseconds between operations
 *	-B N	SO_SNDBUF and SO_RCVBUF
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/hps.h>
#include <linux/hps_direct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "remote.h"

struct settings want = {
	.region_len = 4 << 20, .octets = 4 << 20, .seed = 1, .shares = 1,
	.largest = 256 << 10, .depth = 32, .at_once = 1, .kinds = "wras",
};

uint64_t checksum(const uint8_t *p, size_t len)
{
	uint64_t sum = len;
	size_t i;

	for (i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 0x100000001b3ULL;
	return sum;
}

void send_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			err(1, "send");
		p += n;
		len -= n;
	}
}

int new_socket(void)
{
	int fd = socket(AF_HPS, SOCK_STREAM, 0);

	if (fd < 0)
		err(1, "socket");
	if (want.buffer &&
	    (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &want.buffer, sizeof(want.buffer)) ||
	     setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want.buffer, sizeof(want.buffer))))
		err(1, "buffers");
	return fd;
}

/* Memory, shared so that no fork takes its pages away from a region. */
uint8_t *memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "%zu octets", len);
	return p;
}

uint32_t register_memory(int fd, void *p, size_t len, uint32_t rights,
			 uint32_t flags)
{
	struct hps_direct_region r = {
		.addr = (uintptr_t)p, .len = len, .rights = rights,
		.flags = flags,
	};
	socklen_t size = sizeof(r);

	if (getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, &r, &size))
		err(1, "register");
	return r.stag;
}

static void set_address(const char *text, int port)
{
	struct sockaddr_in6 *in6 = (void *)&want.address;
	struct sockaddr_in *in = (void *)&want.address;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		want.address_len = sizeof(*in);
	} else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		want.address_len = sizeof(*in6);
	} else {
		errx(2, "%s is no address", text);
	}
}

int main(int argc, char **argv)
{
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "r:n:s:f:w:q:k:j:S:i:B:")) != -1) {
		switch (c) {
		case 'r': want.region_len = strtoull(optarg, NULL, 0); break;
		case 'n': want.shares = atoi(optarg); break;
		case 's': want.octets = strtoull(optarg, NULL, 0); break;
		case 'f': want.until = optarg; break;
		case 'w': want.largest = atoi(optarg); break;
		case 'q': want.depth = atoi(optarg); break;
		case 'k': want.kinds = optarg; break;
		case 'j': want.at_once = atoi(optarg); break;
		case 'S': want.seed = strtoull(optarg, NULL, 0); break;
		case 'i': want.interval = atoi(optarg); break;
		case 'B': want.buffer = atoi(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 3 || !*want.kinds || want.kinds[strspn(want.kinds, "wras")] ||
	    !want.largest || want.depth < 2 || want.depth > DEPTH || !want.shares ||
	    want.shares > CLIENTS || want.region_len < COUNTERS + 2 * want.shares)
		errx(2, "usage: remote [OPTION]... server|client ADDRESS PORT");
	set_address(argv[optind + 1], atoi(argv[optind + 2]));
	if (!strcmp(argv[optind], "server"))
		server();
	else if (!strcmp(argv[optind], "client"))
		client();
	else
		errx(2, "no mode %s", argv[optind]);
	return 0;
}
