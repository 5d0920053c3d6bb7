/* SPDX-License-Identifier: GPL-2.0 */
/* The bytes of a file, over a connection, with a digest at both ends. */
#ifndef HPSCP_COPY_H
#define HPSCP_COPY_H

#include <stdint.h>
#include <sys/types.h>

#include "proto.h"

#define COPY_CHUNK	(256 * 1024)

struct progress;
struct wire;

/**
 * struct copy_job - what both directions know
 * @fd: sending: read from @offset on; receiving: written from its position on
 * @length: bytes
 * @checksum: algorithm
 * @progress: shown while copying; NULL for none
 * @digest: result: of what was read, or of what was written
 * @placed: result: bytes that the sender wrote into the receiver's file
 * @why_not: result: why not all; empty when they are, or nobody wanted it
 */
struct copy_job {
	int			fd;
	uint64_t		offset;
	uint64_t		length;
	enum cp_checksum	checksum;
	struct progress		*progress;
	__u8			digest[CP_DIGEST_LEN];
	uint64_t		placed;
	char			why_not[CP_ERROR_MAX + 1];
};

/* Sends the bytes as DATA, then END. -1 after fail(). */
int copy_send(struct wire *wire, struct copy_job *job);

/**
 * copy_recv() - write DATA to a file until END and compare the digests
 *
 * Return: 0 when all bytes came and are right, or -1 after fail().
 */
int copy_recv(struct wire *wire, struct copy_job *job);

/* Reads what is left, COPY_CHUNK at most. Return: bytes, or -1 after fail(). */
ssize_t copy_read(int fd, char *buf, uint64_t left, uint64_t offset);

/* Copies @length bytes of @from to @offset of @to. -1 after fail(). */
int copy_within(int from, int to, uint64_t offset, uint64_t length);

#endif /* HPSCP_COPY_H */
