/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Direct data placement with sockets of AF_HPS: registered memory, one-sided
 * operations and queues of completions. Documentation/networking/hps-direct.rst
 * has the rules; libhps wraps it.
 *
 * All are options of level SOL_HPS of a socket, but for HPS_DIRECT_POST, a control
 * message of sendmsg(). Fields called reserved are zero, or the call is refused with
 * EINVAL.
 *
 * @HPS_DIRECT_REGISTER: getsockopt(), struct hps_direct_region: makes a region of
 *	the caller's memory and fills in @stag
 * @HPS_DIRECT_DEREGISTER: setsockopt(), __u32: ends the region with this steering
 *	tag. When it returns no peer reads or writes the memory any more
 * @HPS_DIRECT_DOMAIN: setsockopt(), int: a descriptor of another socket of AF_HPS,
 *	whose protection domain this one has from now on. Before, it has none or one
 *	of its own; an accepted socket has its listener's. EINVAL: no socket of HPS in
 *	this namespace; EPERM: another user's; EBUSY: the one it has is shared, or has
 *	regions
 * @HPS_DIRECT_QUEUE: getsockopt(), struct hps_direct_queue: makes a queue and fills
 *	in @fd; setsockopt(), int: a queue's descriptor: completions of this socket go
 *	there. It can be set once
 * @HPS_DIRECT_POST: control message, struct hps_direct_post: an operation
 * @HPS_DIRECT_CANCEL: setsockopt(), __u64: the receives that were posted with this
 *	@data, or without a value (length 0) all, complete with -ECANCELED; of
 *	SOCK_SEQPACKET not the one of which a record has begun. ENOENT: there is none
 */
#ifndef _UAPI_LINUX_HPS_DIRECT_H
#define _UAPI_LINUX_HPS_DIRECT_H

#include <linux/types.h>

#define HPS_DIRECT_REGISTER	16
#define HPS_DIRECT_DEREGISTER	17
#define HPS_DIRECT_DOMAIN	18
#define HPS_DIRECT_QUEUE	19
#define HPS_DIRECT_POST		20
#define HPS_DIRECT_CANCEL	21

/* hps_direct_region.rights: what peers may do. */
#define HPS_DIRECT_REMOTE_READ		0x1
#define HPS_DIRECT_REMOTE_WRITE		0x2
#define HPS_DIRECT_REMOTE_ATOMIC	0x4
#define HPS_DIRECT_REMOTE_INVALIDATE	0x8	/* only with HPS_DIRECT_ONLY */

/* hps_direct_region.flags */
#define HPS_DIRECT_ONLY		0x1	/* only the peer of this socket */
#define HPS_DIRECT_SINK		0x2	/* our reads and receives may place here */

/**
 * struct hps_direct_region - memory that is registered
 * @addr:	its address
 * @len:	octets; 0 is allowed and of no use
 * @rights:	HPS_DIRECT_REMOTE_*, of peers of sockets of the domain
 * @flags:	HPS_DIRECT_ONLY, HPS_DIRECT_SINK
 * @stag:	out: steering tag, names the region; random
 * @reserved:	zero
 *
 * Its first octet has offset 0 for peers. The pages are pinned and count for
 * RLIMIT_MEMLOCK, each as often as it is registered, a region without any as one:
 * ENOMEM beyond it. When the region ends they may stay pinned for some seconds, for who
 * registers them again (net.hps.region_cache), but are in the way of nothing that is
 * registered. ENOTCONN: ONLY without a connection. EFAULT: not mapped, or not writable where a
 * right or SINK needs that; EOPNOTSUPP: memory that cannot be pinned for long, as
 * that of most files.
 */
struct hps_direct_region {
	__u64	addr;
	__u64	len;
	__u32	rights;
	__u32	flags;
	__u32	stag;
	__u32	reserved;
};

/**
 * struct hps_direct_queue - a queue of completions
 * @entries:	how many it holds; becomes a power of two that is not smaller
 * @fd:		out: its descriptor: to be mapped, polled, set for sockets
 *
 * mmap() of the descriptor at offset 0, readable and writable, MAP_SHARED, of
 * HPS_DIRECT_QUEUE_SIZE(entries) octets is a struct hps_direct_ring. poll() finds
 * it readable while completions are there.
 */
struct hps_direct_queue {
	__u32	entries;
	__s32	fd;
};

#define HPS_DIRECT_QUEUE_MAX	65536

/* Operations; their numbers mean nothing else in libhps. */
#define HPS_DIRECT_RECV		2	/* memory of ours for what comes */
#define HPS_DIRECT_WRITE	3
#define HPS_DIRECT_READ		4
#define HPS_DIRECT_SWAP		5	/* compare and swap 64 bits */
#define HPS_DIRECT_ADD		6	/* fetch and add 64 bits */
#define HPS_DIRECT_INVALIDATE	8	/* end the use of the region */

/* hps_direct_post.flags */
#define HPS_DIRECT_SILENT	0x1	/* no completion unless it fails */
#define HPS_DIRECT_WAITALL	0x2	/* RECV, SOCK_STREAM: not before it is full */
#define HPS_DIRECT_LENT		0x4	/* WRITE: the payload stays as it is until then */

/**
 * struct hps_direct_piece - memory of ours that a receive fills
 * @offset:	octets from the start of the region
 * @len:	octets, HPS_DIRECT_READ_MAX at most
 * @stag:	the region, with HPS_DIRECT_SINK
 * @reserved:	zero
 */
struct hps_direct_piece {
	__u64	offset;
	__u64	len;
	__u32	stag;
	__u32	reserved;
};

/* Pieces of one receive, the first with them. */
#define HPS_DIRECT_PIECES	16

/**
 * struct hps_direct_post - an operation on the peer's memory, or a receive
 * @data:	comes back with the completion
 * @offset:	octets from the start of the peer's region; of atomic operations a
 *		multiple of 8 in its memory
 * @stag:	the peer's region
 * @op:		HPS_DIRECT_WRITE and so on
 * @reserved:	zero
 * @flags:	HPS_DIRECT_SILENT, HPS_DIRECT_WAITALL, HPS_DIRECT_LENT
 * @sink:	READ, RECV: our region with HPS_DIRECT_SINK that gets the octets
 * @sink_offset: READ, RECV: where in it
 * @len:	READ, RECV: octets, HPS_DIRECT_READ_MAX at most; else zero
 * @operand:	ADD: what is added; SWAP: what is swapped in
 * @compare:	SWAP: only if this is there
 *
 * INVALIDATE ends what the peers may do with a region, when all that was posted and sent
 * before has arrived; a message that follows tells the peer so (Send with Invalidate).
 * EBUSY: reads or atomic operations are not completed.
 * The region stays registered, and its memory pinned, until its owner ends it.
 *
 * What WRITE writes is the payload of sendmsg(), which returns its length; all
 * others have no payload and return 0. EAGAIN without waiting: too many operations
 * are under way (HPS_DIRECT_DEPTH), or as for any write; ENOBUFS: the queue may have
 * no room for the completion; EOPNOTSUPP: the peer knows no such operations, or the
 * connection is plain TCP; EDESTADDRREQ: no queue was set, and it is not SILENT.
 *
 * LENT: the payload is not written to before the WRITE, or one that was posted later, is
 * completed. So its pages can go as they are, and nothing is copied here: from
 * net.hps.zerocopy_min octets on, on connections without CRC. If it is written to
 * nevertheless, or after a completion with an error, the peer may get what is there then.
 *
 * An access that the peer does not permit ends the connection, at both ends, with
 * HPS_REASON_ACCESS and errno EREMOTEIO here.
 *
 * RECV is not for the peer's memory, and the peer need not know of it: the next data of
 * the stream goes to @sink, then to the pieces that follow in the control message,
 * struct hps_direct_piece, HPS_DIRECT_PIECES - 1 at most. @stag and @offset are zero. It
 * never waits. EAGAIN: HPS_DIRECT_DEPTH are posted; ENOBUFS and EDESTADDRREQ as above;
 * EACCES: no such memory; EMSGSIZE: a piece is too long; EINVAL: SOCK_STREAM and no
 * octets; ENOTCONN, or the error of the connection.
 */
struct hps_direct_post {
	__u64	data;
	__u64	offset;
	__u32	stag;
	__u8	op;
	__u8	reserved[3];
	__u32	flags;
	__u32	sink;
	__u64	sink_offset;
	__u64	len;
	__u64	operand;
	__u64	compare;
};

#define HPS_DIRECT_READ_MAX	(1U << 30)

/* Operations of a connection that may be posted and not completed, not counting
 * receives, of which there may be as many; and of these, reads and atomics that are
 * with the peer.
 */
#define HPS_DIRECT_DEPTH	1024
#define HPS_DIRECT_REQUESTS	16

/* hps_direct_completion.flags, of RECV */
#define HPS_DIRECT_EOR		0x1	/* the end of a record was reached */
#define HPS_DIRECT_TRUNC	0x2	/* the record was longer */
#define HPS_DIRECT_END		0x4	/* the end of the stream was reached */

/**
 * struct hps_direct_completion - the end of an operation
 * @data:	of hps_direct_post
 * @value:	atomics: what was there before; RECV: octets that came for it, more than
 *		@len if there was not room for all of a record
 * @len:	octets written, read or received; RECV: also with an error
 * @status:	0, or the negative errno of why it was not carried out, or not
 *		surely: -ECONNRESET and others: the connection ended; -ECANCELED: the
 *		sink of a READ was deregistered meanwhile, or a RECV was cancelled;
 *		-EFAULT: the memory of a RECV was deregistered meanwhile
 * @op:		HPS_DIRECT_WRITE and so on
 * @flags:	HPS_DIRECT_EOR, HPS_DIRECT_TRUNC, HPS_DIRECT_END
 * @reserved:	zero
 *
 * Operations of one connection complete in the order in which they were posted, and
 * so do receives among themselves. An operation that is completed is in place, and so
 * is all that was written before; what the peer wrote before the data of a completed
 * receive is in place, too.
 */
struct hps_direct_completion {
	__u64	data;
	__u64	value;
	__u64	len;
	__s32	status;
	__u8	op;
	__u8	flags;
	__u8	reserved[2];
};

/**
 * struct hps_direct_ring - a queue as it is mapped
 * @produced:	completions that were ever put in; by the kernel. Read it with acquire
 *		semantics before the completions
 * @consumed:	completions that were ever taken out; by the program, with release
 *		semantics after reading them
 * @entries:	size of @completion
 * @reserved:	not to be used
 * @completion:	that of number n is completion[n % entries]
 */
struct hps_direct_ring {
	__u32	produced;
	__u32	reserved1[15];
	__u32	consumed;
	__u32	reserved2[15];
	__u32	entries;
	__u32	reserved3[31];
	struct hps_direct_completion completion[];
};

#define HPS_DIRECT_QUEUE_SIZE(entries)					\
	(sizeof(struct hps_direct_ring) +				\
	 (entries) * sizeof(struct hps_direct_completion))

#endif /* _UAPI_LINUX_HPS_DIRECT_H */
