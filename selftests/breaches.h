/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a peer of a bare connection may not do, and the code of the Terminate for it
 * (RFC 5040, 5041, 7306): for libhps (direct/) and for sockets of the kernel. Who
 * includes it says how many octets its region has, REGION.
 */
#ifndef _HPS_SELFTESTS_BREACHES_H
#define _HPS_SELFTESTS_BREACHES_H

#include "ddp/access.h"
#include "ddp/rdmap.h"
#include "ddp/segment.h"

#define TAG	1	/* stands for the region's tag */

/* One segment, the first, and the last of its message; its payload is 0xff. */
static const struct breach {
	const char *what;
	unsigned int error;
	struct ddp_segment seg;
} breaches[] = {
	{ "wrong tag", 0x1100,
	  { .opcode = RDMAP_OP_WRITE, .len = 8, .stag = 0 } },
	{ "one octet beyond", 0x1101,
	  { .opcode = RDMAP_OP_WRITE, .len = 8, .stag = TAG,
	    .offset = REGION - 7 } },
	{ "one octet, behind the last", 0x1101,
	  { .opcode = RDMAP_OP_WRITE, .len = 1, .stag = TAG,
	    .offset = REGION } },
	{ "one octet before", 0x1103,
	  { .opcode = RDMAP_OP_WRITE, .len = 8, .stag = TAG,
	    .offset = UINT64_MAX } },
	{ "before, up to the first", 0x1101,
	  { .opcode = RDMAP_OP_WRITE, .len = 8, .stag = TAG,
	    .offset = UINT64_MAX - 7 } },
	{ "far behind", 0x1101,
	  { .opcode = RDMAP_OP_WRITE, .len = 8, .stag = TAG,
	    .offset = 1ULL << 63 } },
	{ "response that nobody asked for", 0x1100,
	  { .opcode = RDMAP_OP_READ_RESPONSE, .len = 8, .stag = TAG } },
	{ "the same without octets", 0x1100,
	  { .opcode = RDMAP_OP_READ_RESPONSE, .stag = TAG } },
	{ "atomic response that nobody asked for", 0x1202,
	  { .opcode = RDMAP_OP_ATOMIC_RESPONSE, .len = 12, .msn = 1 } },
	{ "message number 0", 0x1203,
	  { .opcode = RDMAP_OP_SEND, .len = 8, .msn = 0 } },
	{ "message number 2", 0x1203,
	  { .opcode = RDMAP_OP_SEND, .len = 8, .msn = 2 } },
	{ "a message's middle first", 0x1204,
	  { .opcode = RDMAP_OP_SEND, .len = 8, .msn = 1, .mo = 8 } },
	{ "request longer than a request", 0x1205,
	  { .opcode = RDMAP_OP_READ_REQUEST, .len = 29, .msn = 1 } },
	{ "request shorter than a request", 0x0207,
	  { .opcode = RDMAP_OP_ATOMIC_REQUEST, .len = 51, .msn = 1 } },
	{ "request number 0", 0x1203,
	  { .opcode = RDMAP_OP_READ_REQUEST, .len = 28, .msn = 0 } },
	{ "request number 2", 0x1203,
	  { .opcode = RDMAP_OP_READ_REQUEST, .len = 28, .msn = 2 } },
	{ "a request's middle", 0x1204,
	  { .opcode = RDMAP_OP_READ_REQUEST, .len = 28, .msn = 1, .mo = 28 } },
	{ "a request for a wrong tag", 0x0100,
	  { .opcode = RDMAP_OP_READ_REQUEST, .len = 28, .msn = 1 } },
	{ "invalidation of a wrong tag", 0x0109,
	  { .opcode = RDMAP_OP_SEND_INVAL, .len = 8, .msn = 1, .stag = 7 } },
	{ "Terminate number 2", 0x1203,
	  { .opcode = RDMAP_OP_TERMINATE, .len = 4, .msn = 2 } },
	{ "Terminate that says nothing", 0x0207,
	  { .opcode = RDMAP_OP_TERMINATE, .len = 3, .msn = 1 } },
	{ "Terminate that says too much", 0x1205,
	  { .opcode = RDMAP_OP_TERMINATE, .len = 129, .msn = 1 } },
};

/* Segments of which the last one is wrong; their payload is zeros. */
static const struct sequence {
	const char *what;
	unsigned int error;
	unsigned int nr;
	struct ddp_segment seg[2];
} sequences[] = {
	{ "a message's number twice", 0x1203, 2, {
	  { .opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 1 },
	  { .opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 1 } } },
	{ "a message's number left out", 0x1203, 2, {
	  { .opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 1 },
	  { .opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 3 } } },
	{ "the next message inside of one", 0x1203, 2, {
	  { .opcode = RDMAP_OP_SEND, .len = 8, .msn = 1 },
	  { .opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 2 } } },
	{ "an octet left out", 0x1204, 2, {
	  { .opcode = RDMAP_OP_SEND, .len = 8, .msn = 1 },
	  { .opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 1,
	    .mo = 9 } } },
	{ "an octet twice", 0x1204, 2, {
	  { .opcode = RDMAP_OP_SEND, .len = 8, .msn = 1 },
	  { .opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 1,
	    .mo = 7 } } },
	{ "a message's begin twice", 0x1204, 2, {
	  { .opcode = RDMAP_OP_SEND, .len = 8, .msn = 1 },
	  { .opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 1 } } },
	{ "a message's place is that of memory before it", 0x1204, 2, {
	  { .opcode = RDMAP_OP_SEND, .len = 8, .msn = 1 },
	  { .opcode = RDMAP_OP_SEND, .last = true, .len = 8, .msn = 1,
	    .mo = UINT32_MAX - 7 } } },
	{ "another operation inside of a message", 0x0206, 2, {
	  { .opcode = RDMAP_OP_SEND, .len = 8, .msn = 1 },
	  { .opcode = RDMAP_OP_SEND_SE, .last = true, .len = 8, .msn = 1,
	    .mo = 8 } } },
	{ "another tag to invalidate", 0x0206, 2, {
	  { .opcode = RDMAP_OP_SEND_INVAL, .len = 8, .msn = 1, .stag = 5 },
	  { .opcode = RDMAP_OP_SEND_INVAL, .last = true, .len = 8, .msn = 1,
	    .stag = 6, .mo = 8 } } },
	{ "a request's number twice", 0x1203, 2, {
	  { .opcode = RDMAP_OP_READ_REQUEST, .last = true, .len = 28,
	    .msn = 1 },
	  { .opcode = RDMAP_OP_READ_REQUEST, .last = true, .len = 28,
	    .msn = 1 } } },
	{ "a request of several segments", 0x1205, 1, {
	  { .opcode = RDMAP_OP_READ_REQUEST, .len = 28, .msn = 1 } } },
	{ "a Terminate of several segments", 0x1205, 1, {
	  { .opcode = RDMAP_OP_TERMINATE, .len = 4, .msn = 1 } } },
	{ "no octets, and not the last", 0x0207, 1, {
	  { .opcode = RDMAP_OP_SEND, .msn = 1 } } },
	{ "the same as a Write", 0x0207, 2, {
	  { .opcode = RDMAP_OP_WRITE, .last = true },
	  { .opcode = RDMAP_OP_WRITE } } },
};

/* Octets of a head that is right, changed. */
static const struct change {
	const char *what;
	unsigned int error;
	uint8_t opcode;
	uint8_t at;
	uint8_t value;
} changes[] = {
	{ "DDP version, untagged", 0x1206, RDMAP_OP_SEND, 2, 0x42 },
	{ "DDP version, tagged", 0x1104, RDMAP_OP_WRITE, 2, 0xc0 },
	{ "RDMAP version", 0x0205, RDMAP_OP_SEND, 3, 0x83 },
	{ "unknown operation", 0x0206, RDMAP_OP_SEND, 3, 0x4e },
	{ "immediate data", 0x0206, RDMAP_OP_SEND, 3, 0x48 },
	{ "tagged Send", 0x0206, RDMAP_OP_WRITE, 3, 0x43 },
	{ "untagged Write", 0x0206, RDMAP_OP_SEND, 3, 0x40 },
	{ "queue 1 for a Send", 0x1201, RDMAP_OP_SEND, 11, 1 },
	{ "queue 2^31", 0x1201, RDMAP_OP_SEND, 8, 0x80 },
	{ "queue 0 for a Terminate", 0x1201, RDMAP_OP_SEND, 3, 0x47 },
};

#define ASK_READ	0xff

/* Requests for a region of 100 octets that has these rights: a READ, or RDMAP_ATOMIC_*. */
static const struct ask {
	unsigned int error;
	uint8_t op;
	uint64_t offset;
	uint32_t len, rights;
} asks[] = {
	{ 0x0102, ASK_READ, 0, 8, DDP_RIGHT_WRITE },
	{ 0x0101, ASK_READ, 93, 8, DDP_RIGHT_READ },
	{ 0x0101, ASK_READ, 100, 1, DDP_RIGHT_READ },
	{ 0x0101, ASK_READ, 0, 101, DDP_RIGHT_READ },
	{ 0x0101, ASK_READ, 0, 0xffffffff, DDP_RIGHT_READ },
	{ 0x0104, ASK_READ, UINT64_MAX, 8, DDP_RIGHT_READ },
	{ 0x0104, ASK_READ, UINT64_MAX - 7, 16, DDP_RIGHT_READ },
	{ 0x0102, RDMAP_ATOMIC_FETCH_ADD, 0, 8, DDP_RIGHT_READ },
	{ 0x0101, RDMAP_ATOMIC_FETCH_ADD, 96, 8, DDP_RIGHT_ATOMIC },
	{ 0x0101, RDMAP_ATOMIC_CMP_SWAP, 104, 8, DDP_RIGHT_ATOMIC },
	{ 0x0101, RDMAP_ATOMIC_FETCH_ADD, UINT64_MAX - 7, 8, DDP_RIGHT_ATOMIC },
	{ 0x0207, RDMAP_ATOMIC_FETCH_ADD, 4, 8, DDP_RIGHT_ATOMIC },
	{ 0x0206, 1, 0, 8, DDP_RIGHT_ATOMIC },
};

/* Answers to a READ of 4096 octets, the first of which is none; @tag is added to what
 * was asked.
 */
static const struct response {
	unsigned int error;
	int tag;
	uint64_t offset;
	uint32_t len;
	bool last;
} responses[] = {
	{ 0x1100, 1, 0, 4096, true },
	{ 0x1101, 0, 1, 4095, true },
	{ 0x1101, 0, 0, 4097, true },
	{ 0x1101, 0, UINT64_MAX, 4096, true },
	{ 0x0207, 0, 0, 4095, true },
	{ 0x0207, 0, 0, 4096, false },
};

#endif /* _HPS_SELFTESTS_BREACHES_H */
