/* SPDX-License-Identifier: GPL-2.0 */
/* A bare socket whose peer we play by hand. */
#ifndef _HPS_SELFTESTS_BAREHAND_H
#define _HPS_SELFTESTS_BAREHAND_H

#include "fpdu.h"

#include "barepair.h"

/**
 * struct hand - a connection
 * @peer:	our end
 * @bare:	the socket, which accepted
 * @mem:	its region, between guards
 * @stag:	the tag that we name
 */
struct hand {
	struct peer	peer;
	int		bare;
	uint8_t		*mem;
	uint32_t	stag;
};

/* What we name for our own READs. */
#define HAND_SINK	0x11223344

int tcp_dial(int port);
void put_startup(int fd, bool reply, unsigned char flags,
		 unsigned char revision);
unsigned char get_startup(int fd, bool reply);
void hand_open(struct hand *h, bool crc);
void hand_open_on(struct hand *h, int lst, bool crc);
void hand_begin(struct hand *h);
void hand_close(struct hand *h);
void hand_terminated(struct hand *h, unsigned int code);
void hand_unhurt(const struct hand *h);
void hand_ask(struct hand *h, bool atomic, uint32_t msn, uint64_t offset,
	      uint32_t len);
void hand_hear(struct hand *h, uint8_t *to, size_t len);
void hand_write(struct hand *h, uint64_t offset, const void *octets, size_t len);
void hand_ends_well(struct hand *h);
void hand_both_ways(void (*try)(struct hand *h));

#endif /* _HPS_SELFTESTS_BAREHAND_H */
