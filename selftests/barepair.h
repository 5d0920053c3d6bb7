/* SPDX-License-Identifier: GPL-2.0 */
/* Bare sockets: pairs, messages with notes, what is known of them. */
#ifndef _HPS_SELFTESTS_BAREPAIR_H
#define _HPS_SELFTESTS_BAREPAIR_H

#include <linux/hps_bare.h>

#include "pair.h"
#include "post.h"

/* One family of addresses each: the rest of the variant is not for us. */
#define V_BARE		(V_HPS_SEQPACKET | V_ONCE)

/* Layer, type and code of Terminates, RFC 5040, 5041, 5044 */
#define TERM_STAG		0x1100
#define TERM_BOUNDS		0x1101
#define TERM_REQUEST_STAG	0x0100
#define TERM_RIGHTS		0x0102
#define TERM_INVALIDATE		0x0109
#define TERM_MSN		0x1203
#define TERM_TOO_LONG		0x1205
#define TERM_CRC		0x2002

int bare_socket(void);
int bare_listener(void);
void bare_setup(int fd, unsigned int flags, int ird, int ord);
void bare_private(int fd, const char *data);
int bare_dial(int port);
void bare_dialed(int fd);
void bare_pair(struct pair *p);
void bare_pair_of(struct pair *p, unsigned int a_flags, unsigned int b_flags);
struct hps_bare_info bare_info(int fd);
void bare_terminated(int fd, int by, unsigned int code, int error);
ssize_t bare_send(int fd, const void *buf, size_t len, unsigned int flags,
		  uint32_t stag);
ssize_t bare_recv(int fd, void *buf, size_t len,
		  struct hps_bare_received *note);

#endif /* _HPS_SELFTESTS_BAREPAIR_H */
