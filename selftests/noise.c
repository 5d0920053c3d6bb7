// SPDX-License-Identifier: GPL-2.0
/*
 * usage: noise DEV MBIT [OCTETS]
 *
 * Fills an interface with frames of OCTETS (1514) at MBIT Mbit/s that nobody
 * wants, evenly spaced, until it is killed. Frames go past everything that is
 * above the interface, so its ports in a bond or team can be filled as well.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#define OTHER_PROTO	0x88b5	/* for local experiments */

int main(int argc, char **argv)
{
	static unsigned char frame[65536] = {
		0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, OTHER_PROTO >> 8,
		OTHER_PROTO & 0xff,
	};
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(OTHER_PROTO),
	};
	int len = argc > 3 ? atoi(argv[3]) : 1514;
	double mbit = argc > 2 ? atof(argv[2]) : 0;
	struct timespec due;
	uint64_t at, gap;
	int fd;

	if (mbit <= 0 || len < ETH_ZLEN || len > (int)sizeof(frame))
		errx(2, "usage: noise DEV MBIT [OCTETS]");
	to.sll_ifindex = if_nametoindex(argv[1]);
	if (!to.sll_ifindex)
		err(1, "%s", argv[1]);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		err(1, "socket");
	/* the default slack of 50 us is a quarter of the time between frames */
	prctl(PR_SET_TIMERSLACK, 1);
	gap = len * 8e3 / mbit;
	clock_gettime(CLOCK_MONOTONIC, &due);
	for (at = due.tv_sec * 1000000000ULL + due.tv_nsec;; at += gap) {
		due.tv_sec = at / 1000000000;
		due.tv_nsec = at % 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
		if (sendto(fd, frame, len, 0, (void *)&to, sizeof(to)) < 0 &&
		    errno != ENOBUFS && errno != ENETDOWN)
			err(1, "send");
	}
}
