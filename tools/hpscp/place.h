/* SPDX-License-Identifier: GPL-2.0 */
/*
 * --direct: bytes that the sender writes into the receiver's file, of which it
 * maps and lends a window at a time. The rest, if it comes to that, is for copy.c.
 */
#ifndef HPSCP_PLACE_H
#define HPSCP_PLACE_H

#include <stdint.h>

struct checksum;
struct copy_job;
struct wire;

/**
 * place_send() - write into the windows that the receiver offers
 * @buf: of COPY_CHUNK
 * @sent: bytes from the start of the job that are with the receiver then
 *
 * Return: 0, or -1 after fail(). When @sent is not all, the receiver wants the
 * rest as DATA and @job says why.
 */
int place_send(struct wire *wire, struct copy_job *job, struct checksum *checksum,
	       char *buf, uint64_t *sent);

/**
 * place_recv() - offer windows of the file until it is full
 * @received: bytes from the start of the job that are in place then; the file's
 *	position is behind them
 *
 * Return: as place_send().
 */
int place_recv(struct wire *wire, struct copy_job *job, struct checksum *checksum,
	       uint64_t *received);

#endif /* HPSCP_PLACE_H */
