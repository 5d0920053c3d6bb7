/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HPS by hand over a plain TCP socket, for tests that break the protocol. The
 * codec is the module's own.
 */
#ifndef _HPS_SELFTESTS_RAW_H
#define _HPS_SELFTESTS_RAW_H

#include "ddp/ddp.h"
#include "ddp/message.h"
#include "ddp/mpa.h"
#include "wire.h"

#include "pair.h"

/* as in uapi/linux/hps.h, which needs the kernel's own types */
#define RAW_TCP_PORT	18512

/**
 * struct raw - one end of a channel that we play ourselves
 * @fd:		TCP socket
 * @tx_msn:	number of the last FPDU sent
 * @mine:	our hello
 * @theirs:	the module's
 * @flags:	MPA flags of the module's start-up frame
 * @reason:	of the last RESET that came
 * @seen:	bit per message type that came
 */
struct raw {
	int			fd;
	u32			tx_msn;
	struct hps_hello	mine;
	struct hps_hello	theirs;
	u8			flags;
	u32			reason;
	u32			seen;
};

void raw_dial(struct raw *r);
void raw_dial_to(struct raw *r, const union address *addr, socklen_t len);
void raw_send(struct raw *r, const void *buf, size_t len);
void raw_hello(struct raw *r, u8 kind, int port);
void raw_startup(struct raw *r, bool reply, u8 flags);
bool raw_read_startup(struct raw *r);
size_t raw_frame(struct raw *r, void *buf, const void *msg, size_t len);
void raw_message(struct raw *r, const void *msg, size_t len);
ssize_t raw_read_message(struct raw *r, void *buf, size_t size);
bool raw_wait_message(struct raw *r, u8 type, void *buf, size_t size);
void raw_ack(struct raw *r, u64 ack, u64 edge);
void raw_data(struct raw *r, u8 flags, u64 off, size_t len);
void raw_fin(struct raw *r, u64 off);
int raw_open(struct raw *r, int lst);
int raw_open_with(struct raw *r, int lst, u16 features, u32 credit);
bool raw_is_dead(struct raw *r);
void raw_join(struct raw *r, const struct raw *first);
void raw_ask_join(struct raw *r, const struct raw *first);
void raw_proof(const struct raw *join, const struct raw *first, u8 *mac);

void still_works(void);

#endif /* _HPS_SELFTESTS_RAW_H */
