/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MPA start-up: what both ends do before the first FPDU.
 */
#ifndef _LIBHPS_SETUP_H
#define _LIBHPS_SETUP_H

#include "conn.h"

#include "ddp/mpa.h"

/**
 * struct startup - a start-up frame that is being read
 * @buf:	its octets
 * @have:	how many are here
 * @info:	what it says, when it is whole
 */
struct startup {
	uint8_t	buf[MPA_MAX_STARTUP];
	size_t	have;
	struct mpa_startup_info info;
};

int startup_read(struct startup *s, int fd, bool reply);
int startup_write(int fd, bool reply, const struct mpa_startup_info *info);
int setup_begin(struct hps_conn *c);
void setup_end(struct hps_conn *c);
void setup_depths(struct hps_conn *c, uint32_t ird, uint32_t ord);
void setup_socket(int fd);
void setup_hang_up(int fd);
int setup_new_socket(const struct hps_domain *d, int family);
void setup_give_up(struct hps_conn *c, int fd);

#endif /* _LIBHPS_SETUP_H */
