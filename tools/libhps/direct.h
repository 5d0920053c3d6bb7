/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections over AF_HPS sockets.
 */
#ifndef _LIBHPS_DIRECT_H
#define _LIBHPS_DIRECT_H

#include "conn.h"
#include "sock.h"

/* Operations that the kernel has; a large one is posted in several parts. */
#define DIRECT_PARTS	256

/* Memory that answers to Reads come to, and how much one part asks for. */
#define SINK_SIZE	(1U << 20)
#define SINK_PIECE	(SINK_SIZE / 8)

/* The reason of the kernel, which does not tell more: unspecified, of RFC 5040. */
#define DIRECT_ERR_ACCESS	0x01ff

enum direct_type {
	DIRECT_SEND		= 1,
	DIRECT_TERMINATE	= 2,
};

#define DIRECT_SOLICITED	0x1
#define DIRECT_INVALIDATES	0x2

/**
 * struct direct_head - what is in front of each message on the stream
 * @len:	octets of the message behind it
 * @type:	enum direct_type
 * @flags:	DIRECT_SOLICITED, DIRECT_INVALIDATES
 * @error:	DIRECT_TERMINATE: enum rdmap_error
 * @stag:	DIRECT_INVALIDATES: region of the receiver
 * @reserved:	zero
 */
struct direct_head {
	__be32	len;
	uint8_t	type;
	uint8_t	flags;
	__be16	error;
	__be32	stag;
	__be32	reserved;
};

/**
 * struct sink - registered memory for answers
 * @node:	in the domain's list while no connection has it
 * @stag:	its tag
 * @memory:	SINK_SIZE octets
 *
 * It stays registered until its domain is closed: to end a region takes long.
 */
struct sink {
	struct list_head node;
	uint32_t	stag;
	uint8_t		*memory;
};

/**
 * struct part - an operation that the kernel has
 * @work:	number of what was posted
 * @at:		its first octet there
 * @len:	Read: octets
 * @place:	Read: where in the sink they come
 * @end:	Read: the sink is used up to here; counts for ever
 */
struct part {
	uint64_t	work;
	uint64_t	at;
	uint32_t	len;
	uint32_t	place;
	uint64_t	end;
};

/**
 * struct direct - what a connection over AF_HPS has more
 * @conn:	the connection
 * @ring:	where the kernel completes
 * @source:	@ring in the domain's epoll, if @watched
 * @watched:	it is
 * @blocked:	the socket had no room: go on when it has
 * @parts:	ring of what the kernel has; it completes in this order
 * @p_head:	the oldest; counts for ever, as @p_tail
 * @p_tail:	behind the newest
 * @asked:	of these, Reads and atomics
 * @sink:	NULL before the first Read
 * @s_head:	the sink is in use from here
 * @s_tail:	to here; both count for ever
 * @head:	of the message that is being received
 * @have:	octets of @head that are here
 * @done:	octets behind it that are here
 *
 * Lifetime and locking: the connection's, while it has a socket; domain's lock.
 */
struct direct {
	struct hps_conn	*conn;
	struct ring	ring;
	struct source	source;
	bool		watched;
	bool		blocked;
	struct part	parts[DIRECT_PARTS];
	uint32_t	p_head;
	uint32_t	p_tail;
	uint32_t	asked;
	struct sink	*sink;
	uint64_t	s_head;
	uint64_t	s_tail;
	struct direct_head head;
	uint32_t	have;
	uint32_t	done;
};

/* Are the domain's connections sockets of AF_HPS? */
static inline bool is_direct(const struct hps_domain *d)
{
	return d->anchor >= 0;
}

int direct_attach(struct hps_conn *c, int fd);
int direct_open(struct hps_conn *c);
void direct_close(struct hps_conn *c);
int direct_prepare(struct hps_conn *c, const struct work *w);
void direct_push(struct hps_conn *c);
void direct_receive(struct hps_conn *c);
void direct_terminate(struct hps_conn *c, enum rdmap_error error);
void direct_reap(struct hps_conn *c);
void direct_free_sinks(struct hps_domain *d);

#endif /* _LIBHPS_DIRECT_H */
