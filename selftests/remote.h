/* SPDX-License-Identifier: GPL-2.0 */
/* What the two ends of remote.c have in common. */
#ifndef _HPS_SELFTESTS_REMOTE_H
#define _HPS_SELFTESTS_REMOTE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define MAGIC		0x68707372u
#define CLIENTS		64
#define COUNTERS	4096		/* octets in front of the shares */
#define RECORD		8192		/* most of one piece of stream data */
#define DEPTH		256		/* most operations under way */

/* Words of the counters. */
enum { SUM, SWAPS, OWN = 8 };

/* The server's first octets; native order, both ends are one machine or alike. */
struct hello {
	uint32_t	magic;
	uint32_t	stag;
	uint32_t	share;
	uint32_t	reserved;
	uint64_t	offset;
	uint64_t	len;
	uint64_t	seed;
};

/* The client's last ones. */
struct goodbye {
	uint64_t	checksum;
	uint64_t	added;
	uint64_t	swapped;
	uint64_t	own;
};

/* What the command line says. */
struct settings {
	uint64_t		region_len, octets, seed;
	unsigned int		shares, largest, depth, at_once, interval, buffer;
	const char		*until, *kinds;
	struct sockaddr_storage	address;
	socklen_t		address_len;
};

extern struct settings want;

uint64_t checksum(const uint8_t *p, size_t len);
void send_all(int fd, const void *buf, size_t len);
int new_socket(void);
uint8_t *memory(size_t len);
uint32_t register_memory(int fd, void *p, size_t len, uint32_t rights,
			 uint32_t flags);
void server(void);
void client(void);

#endif /* _HPS_SELFTESTS_REMOTE_H */
