/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocol of hpsperf, version 3. One connection carries tests one after
 * the other; integers are big-endian.
 *
 *	client				server
 *	request			->
 *				<-	answer: starts now, or why not
 *	pingpong: rounds messages of size octets, each sent back whole
 *	ping:     rounds messages of size octets, each answered by one octet
 *	stream:   octets until the client shuts its direction down
 *	source:   blocks of size octets from the server for nsec; the first
 *		  octet of a block is 0 in the last one, 1 before
 *	write, read, atomic:
 *				<-	region of size octets of the server's memory
 *		  one-sided operations on it (hps_direct.h), until the client shuts
 *		  its direction down
 *				<-	result
 *				<-	bins * 8 octets, when there are any
 *
 * On message sockets each of these is a message.
 */
#ifndef TOOLS_PERF_PROTO_H
#define TOOLS_PERF_PROTO_H

#include <assert.h>

#include <linux/types.h>

#define PERF_PORT		18514
#define PERF_VERSION		3
#define PERF_MAGIC		"HPSperf"	/* with its NUL: 8 octets */
#define PERF_SIZE_MAX		(64 * 1024 * 1024)
#define PERF_BINS_MAX		36000

enum perf_test {
	PERF_PINGPONG	= 1,
	PERF_STREAM	= 2,
	PERF_SOURCE	= 3,
	PERF_PING	= 4,
	PERF_WRITE	= 5,
	PERF_READ	= 6,
	PERF_ATOMIC	= 7,
};

struct perf_request {
	__u8	magic[8];
	__be16	version;
	__u8	test;
	__u8	reserved;
	__be32	interval_ms;	/* stream: length of a bin, 0 is none */
	__be64	size;		/* of a message, the longest write, the region */
	__be64	rounds;		/* pingpong, ping */
	__be64	nsec;		/* source: how long */
};
static_assert(sizeof(struct perf_request) == 40, "perf_request");

enum perf_status {
	PERF_OK		= 0,
	PERF_BAD	= 1,	/* not a request that this server knows */
	PERF_UNABLE	= 2,	/* its socket has no one-sided operations */
	PERF_MEMORY	= 3,	/* it cannot lend that much memory */
};

struct perf_answer {
	__be16	version;	/* the server's */
	__be16	status;
	__be32	reserved;
};
static_assert(sizeof(struct perf_answer) == 8, "perf_answer");

/* What a client may write, read or add to. What it reads is the pattern of
 * pattern.h; other memory is zero.
 */
struct perf_region {
	__be32	stag;		/* steering tag */
	__be32	reserved;
	__be64	size;
};
static_assert(sizeof(struct perf_region) == 16, "perf_region");

/*
 * Times in nanoseconds since the answer; see meter.c for "steady". A client
 * that receives makes the first part by itself.
 */
struct perf_result {
	__be64	start_nsec;	/* the answer, by CLOCK_MONOTONIC */
	__be64	bytes;		/* received in the test */
	__be64	nsec;		/* until the last of them */
	__be64	steady_bytes;
	__be64	steady_nsec;
	__be64	gap_nsec;	/* longest silence in the steady part */
	__be64	user_nsec;	/* CPU time of the server's process */
	__be64	system_nsec;
	__be64	machine_busy;	/* ticks of all its CPUs, not idle */
	__be64	machine_all;	/* ticks of all its CPUs */
	__be64	cpu_nsec;	/* the time these CPU figures cover */
	__be64	copied;		/* payload that its HPS copied in that time */
	__be64	moved;		/* and sent or received */
	__be32	bins;
	__be32	reserved;
	/* then, as a message of its own: __be64 bytes per bin */
};
static_assert(sizeof(struct perf_result) == 112, "perf_result");

#endif /* TOOLS_PERF_PROTO_H */
