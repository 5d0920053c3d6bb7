/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two connected ends of libhps, and what tests do with them.
 */
#ifndef _HPS_SELFTESTS_ENDS_H
#define _HPS_SELFTESTS_ENDS_H

#include <netinet/in.h>
#include <stdint.h>

#include "harness.h"
#include "libhps.h"

#define REGION	(64 * 1024)
/* receives that are posted before the connection is made */
#define RECVS	8
#define RECV_LEN (2 * 1024 * 1024)

/**
 * struct end - one end, in a domain of its own
 * @memory:	REGION octets, registered with all rights
 * @inbox:	RECVS buffers of RECV_LEN, posted with ids 1000 and up
 */
struct end {
	struct hps_domain *domain;
	struct hps_cq	*cq;
	struct hps_conn	*conn;
	struct hps_region *region;
	uint8_t		*memory;
	uint8_t		*inbox[RECVS];
};

/* @b accepted what @a asked for. */
struct pair {
	struct end a;
	struct end b;
};

/* Over TCP, and over AF_HPS where there is that. */
#define V_BOTH		(V_TCP | V_HPS_STREAM)

#define OK(expr)	CHECK_EQ(expr, 0)

void loopback(struct sockaddr_storage *addr, uint16_t port);
uint16_t listen_any(struct end *e, struct hps_listener **listener);
void end_open(struct end *e, const struct hps_conn_attr *attr);
void end_close(struct end *e);
void no_leak(void);
void pair_open(struct pair *p, const struct hps_conn_attr *a,
	       const struct hps_conn_attr *b);
void pair_open_in(struct pair *p, struct pair *of);
void pair_close(struct pair *p);

struct iovec piece(void *p, size_t len);
struct hps_remote remote_of(const struct end *e, uint64_t offset);
struct hps_completion next_completion(struct end *e);
struct hps_completion expect(struct end *e, unsigned int op, uint64_t id,
			     unsigned int status);
unsigned int refusal(unsigned int error);
void expect_closed(struct end *e, unsigned int status);
void no_completion(struct end *e);
void fill(void *p, size_t len, unsigned int seed);
bool filled(const void *p, size_t len, unsigned int seed);

#endif /* _HPS_SELFTESTS_ENDS_H */
