/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libhps: registered memory, one-sided operations and posted receives.
 *
 * It has two back ends, chosen for each domain. Over sockets of AF_HPS the kernel
 * does the work, over all links. Else a connection is plain iWARP: MPA, DDP and RDMAP
 * (RFC 5044, 5041, 5040, 7306) over one TCP connection, in user space. Both ends of a
 * connection have the same. libhps(3) has the rules of ordering and completion,
 * Documentation/networking/hps-direct.rst teaches it with an example.
 *
 * Functions that return int return 0, or a number where that is said, and a
 * negative error code (-EINVAL) if they fail. Every function may be called from
 * any thread, but no object may be used while another thread ends it. Objects
 * belong to the process that made them, not to a child.
 */
#ifndef LIBHPS_H
#define LIBHPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hps_domain;
struct hps_region;
struct hps_cq;
struct hps_conn;
struct hps_listener;
struct hps_request;

/* --- domains ---------------------------------------------------------------- */

/**
 * enum hps_transport - what connections of a domain are made of
 * @HPS_TRANSPORT_AUTO:	as the environment variable HPS_TRANSPORT says: "hps", "bare" or
 *			"auto"; without it HPS if there are such sockets, else BARE
 * @HPS_TRANSPORT_HPS:	sockets of AF_HPS; the kernel carries out what peers ask for
 * @HPS_TRANSPORT_BARE:	iWARP over TCP in user space
 */
enum hps_transport {
	HPS_TRANSPORT_AUTO	= 0,
	HPS_TRANSPORT_HPS	= 1,
	HPS_TRANSPORT_BARE	= 2,
};

/**
 * hps_domain_open_over() - a protection domain with a back end of one's choice
 * @domain:	the new domain
 * @transport:	of its connections
 *
 * -EAFNOSUPPORT: there are no sockets of AF_HPS; -EINVAL: @transport, or
 * HPS_TRANSPORT, is none.
 */
int hps_domain_open_over(struct hps_domain **domain,
			 enum hps_transport transport);

/* Which it is: HPS_TRANSPORT_HPS or HPS_TRANSPORT_BARE. */
enum hps_transport hps_domain_transport(const struct hps_domain *domain);

/**
 * hps_domain_open() - a protection domain and what drives its connections
 * @domain:	the new domain; its back end is HPS_TRANSPORT_AUTO
 *
 * It starts a thread, which carries out what peers ask for while the
 * application does something else, and which blocks all signals.
 */
int hps_domain_open(struct hps_domain **domain);

/**
 * hps_domain_close() - end it
 * @domain:	the domain
 *
 * Waits, for 2 s at most, until connections that were destroyed have told their
 * peers. -EBUSY: regions, queues, connections, listeners or requests are left.
 */
int hps_domain_close(struct hps_domain *domain);

/* --- regions ------------------------------------------------------------------ */

/* What peers may do with a region. */
#define HPS_REMOTE_READ		0x1
#define HPS_REMOTE_WRITE	0x2
#define HPS_REMOTE_ATOMIC	0x4	/* @addr must be a multiple of 8 */
#define HPS_REMOTE_INVALIDATE	0x8	/* by hps_post_send_inval() */

/**
 * hps_region_register() - let peers use a piece of memory
 * @domain:	connections of this domain may use it
 * @addr:	the memory; must stay mapped until it is deregistered
 * @len:	octets; 0 is allowed and of no use
 * @rights:	HPS_REMOTE_*
 * @only:	the one connection that may use it; NULL: any of @domain
 * @region:	the new region
 *
 * The first octet has offset 0 for peers. Memory that is only the source or the
 * sink of one's own operations need not be registered. Over AF_HPS the kernel pins
 * it: -ENOMEM beyond RLIMIT_MEMLOCK, -EFAULT; -ENOTCONN: @only is not connected.
 */
int hps_region_register(struct hps_domain *domain, void *addr, size_t len,
			unsigned int rights, struct hps_conn *only,
			struct hps_region **region);

/**
 * hps_region_deregister() - take it back
 * @region:	the region
 *
 * When it returns no peer reads or writes the memory any more. A peer that tries
 * loses its connection. The steering tag is not given to another region soon.
 */
void hps_region_deregister(struct hps_region *region);

/**
 * hps_region_stag() - the steering tag, by which peers name the region
 * @region:	the region
 *
 * It is random, and it is what permits the access: who may not use the region
 * must not learn it.
 */
uint32_t hps_region_stag(const struct hps_region *region);

/**
 * struct hps_remote - memory of the peer
 * @offset:	octets from the beginning of the region; if the peer is not
 *		libhps, whatever it says: many have addresses there
 * @stag:	steering tag
 * @reserved:	zero
 */
struct hps_remote {
	uint64_t	offset;
	uint32_t	stag;
	uint32_t	reserved;
};

/* --- completions ---------------------------------------------------------------- */

enum hps_op {
	HPS_OP_SEND	= 1,
	HPS_OP_RECV	= 2,
	HPS_OP_WRITE	= 3,
	HPS_OP_READ	= 4,
	HPS_OP_CAS	= 5,
	HPS_OP_FETCH_ADD = 6,
	HPS_OP_CLOSED	= 7,	/* the connection has ended; its last completion */
};

/**
 * enum hps_status - how it ended
 * @HPS_STATUS_OK:	done. HPS_OP_CLOSED: in an orderly way
 * @HPS_STATUS_REFUSED:	the peer refused this operation, and so the connection; over
 *			AF_HPS: this one, or another that was under way with it
 * @HPS_STATUS_FLUSHED:	the connection ended first. Whether the peer has seen
 *			any of it is not known
 */
enum hps_status {
	HPS_STATUS_OK		= 0,
	HPS_STATUS_REFUSED	= 1,
	HPS_STATUS_FLUSHED	= 2,
};

/* hps_completion.flags */
#define HPS_COMPLETION_SOLICITED	0x1	/* sent with HPS_POST_SOLICITED */
#define HPS_COMPLETION_INVALIDATED	0x2	/* @stag is invalid from now on */

/**
 * struct hps_completion - the end of what was posted
 * @id:		that was given when it was posted; HPS_OP_CLOSED: 0
 * @conn_data:	struct hps_conn_attr.data of its connection
 * @len:	octets that were moved; HPS_OP_RECV: of the message
 * @value:	atomic operations: what was there before
 * @op:		enum hps_op
 * @status:	enum hps_status; unless it is OK, @len and @value are 0
 * @stag:	HPS_COMPLETION_INVALIDATED: a region of ours
 * @flags:	HPS_COMPLETION_*
 */
struct hps_completion {
	uint64_t	id;
	void		*conn_data;
	uint64_t	len;
	uint64_t	value;
	uint16_t	op;
	uint16_t	status;
	uint32_t	stag;
	uint32_t	flags;
	uint32_t	reserved;
};

/**
 * hps_cq_create() - a completion queue, for any number of connections
 * @domain:	of those connections
 * @depth:	completions it can hold, 1 to 1048576. What is posted has its place
 *		reserved, and so has the end of each connection: the queue never
 *		overflows, posting fails instead
 * @cq:		the new queue
 */
int hps_cq_create(struct hps_domain *domain, unsigned int depth,
		  struct hps_cq **cq);

/**
 * hps_cq_destroy() - end it
 * @cq:		the queue; completions in it are lost
 *
 * -EBUSY: a connection uses it.
 */
int hps_cq_destroy(struct hps_cq *cq);

/**
 * hps_cq_poll() - take completions
 * @cq:		the queue
 * @completions: where to
 * @max:	room there
 *
 * Makes no system call while nothing waits for the queue's descriptor.
 * Returns how many there were, 0 if none.
 */
int hps_cq_poll(struct hps_cq *cq, struct hps_completion *completions, int max);

/**
 * hps_cq_wait() - take completions, wait for the first
 * @cq:		the queue
 * @completions: where to
 * @max:	room there
 * @timeout_ms:	-1: for ever
 *
 * Returns how many there were, 0 after @timeout_ms; -EINTR.
 */
int hps_cq_wait(struct hps_cq *cq, struct hps_completion *completions, int max,
		int timeout_ms);

/**
 * hps_cq_fd() - a descriptor that is readable while completions are there
 * @cq:		the queue
 *
 * For poll, epoll, io_uring; level-triggered. It is the queue's: neither read
 * nor close it.
 */
int hps_cq_fd(struct hps_cq *cq);

const char *hps_op_name(unsigned int op);
const char *hps_status_name(unsigned int status);

/* --- connections ------------------------------------------------------------------ */

#define HPS_CONN_NO_CRC		0x1	/* CRC32c only if the peer wants it */
/* connect: RFC 5044 without RFC 6581; not over AF_HPS: -EOPNOTSUPP */
#define HPS_CONN_REVISION_1	0x2

/**
 * struct hps_conn_attr - what a connection is to be like; 0 is a default
 * @cq:		where completions go; must be given
 * @data:	comes back in each completion
 * @send_depth:	operations that may be posted and not completed (128)
 * @recv_depth:	receives that may be posted and not completed (128)
 * @ird:	reads and atomics that the peer may have under way (16)
 * @ord:	the same, ours (16); more wait in the library
 * @segment:	octets of payload in an FPDU (32768), 512 to 65517; an adapter as
 *		the peer may want them to fit in a TCP segment
 * @flags:	HPS_CONN_*
 * @reserved:	zero
 *
 * Depths are 65535 at most, @ird and @ord 1024.
 */
struct hps_conn_attr {
	struct hps_cq	*cq;
	void		*data;
	uint32_t	send_depth;
	uint32_t	recv_depth;
	uint32_t	ird;
	uint32_t	ord;
	uint32_t	segment;
	uint32_t	flags;
	uint32_t	reserved[4];
};

/* The most private data: at connection, at acceptance, at rejection. */
#define HPS_MAX_PRIVATE	508

/**
 * hps_conn_create() - a connection that leads nowhere yet
 * @domain:	its domain
 * @attr:	what it is to be like
 * @conn:	the new connection
 *
 * Post receives now: a message that finds none ends the connection.
 */
int hps_conn_create(struct hps_domain *domain, const struct hps_conn_attr *attr,
		    struct hps_conn **conn);

/**
 * hps_connect() - connect it
 * @conn:	a new connection; one that fails can be tried again
 * @addr:	struct sockaddr_in or sockaddr_in6
 * @addr_len:	its size
 * @data:	private data for the peer, NULL if @len is 0
 * @len:	HPS_MAX_PRIVATE at most
 * @timeout_ms:	-1: for ever
 *
 * Waits. -ECONNREFUSED also if the peer's application rejects it, see
 * hps_conn_private(); -EPROTO, -EPROTONOSUPPORT: the peer speaks something else,
 * or wants markers; -ETIMEDOUT.
 */
int hps_connect(struct hps_conn *conn, const struct sockaddr *addr,
		socklen_t addr_len, const void *data, size_t len,
		int timeout_ms);

/**
 * hps_conn_private() - private data that the peer gave with its answer
 * @conn:	a connection after hps_connect()
 * @len:	octets of it
 */
const void *hps_conn_private(struct hps_conn *conn, size_t *len);

/**
 * hps_listen() - wait for peers
 * @domain:	of the connections to come
 * @addr:	where; port 0 takes any
 * @addr_len:	its size
 * @backlog:	requests that may wait, 1 to 1024
 * @listener:	the new listener
 */
int hps_listen(struct hps_domain *domain, const struct sockaddr *addr,
	       socklen_t addr_len, int backlog, struct hps_listener **listener);

/* Its address, as getsockname(2). */
int hps_listener_address(struct hps_listener *listener, struct sockaddr *addr,
			 socklen_t *addr_len);

/* A descriptor that is readable while a request waits; as hps_cq_fd(). */
int hps_listener_fd(struct hps_listener *listener);

/**
 * hps_listener_next() - take a request for a connection
 * @listener:	the listener
 * @request:	it; ends with hps_accept() or hps_reject()
 * @timeout_ms:	-1: for ever; -EAGAIN when it is over
 *
 * Peers that connect and do not say what they want never get here.
 */
int hps_listener_next(struct hps_listener *listener,
		      struct hps_request **request, int timeout_ms);

/* End it; peers that wait are turned away. */
void hps_listener_close(struct hps_listener *listener);

/* Private data that came with the request. */
const void *hps_request_private(struct hps_request *request, size_t *len);

/* Address of who asks, as getpeername(2). */
int hps_request_peer(struct hps_request *request, struct sockaddr *addr,
		     socklen_t *addr_len);

/**
 * hps_accept() - grant a request
 * @request:	the request; it ends, also on error
 * @conn:	a new connection of the listener's domain
 * @data:	private data for the peer
 * @len:	HPS_MAX_PRIVATE at most
 *
 * What is posted before the peer's first message is sent after it.
 */
int hps_accept(struct hps_request *request, struct hps_conn *conn,
	       const void *data, size_t len);

/**
 * hps_reject() - refuse a request
 * @request:	the request; it ends
 * @data:	private data for the peer
 * @len:	HPS_MAX_PRIVATE at most
 */
int hps_reject(struct hps_request *request, const void *data, size_t len);

/**
 * hps_disconnect() - end a connection in an orderly way
 * @conn:	the connection
 *
 * Returns at once. What is posted is carried out; receives are flushed, then
 * comes HPS_OP_CLOSED.
 */
int hps_disconnect(struct hps_conn *conn);

/**
 * hps_conn_destroy() - end a connection at once, and forget it
 * @conn:	the connection
 *
 * All that is posted and not completed is completed, with HPS_STATUS_FLUSHED
 * (reads and atomic operations whose answer is here: with HPS_STATUS_OK); those
 * completions are in the queue when it returns, and no memory that was given with
 * them is touched any more.
 */
void hps_conn_destroy(struct hps_conn *conn);

enum hps_conn_state {
	HPS_CONN_NEW		= 0,
	HPS_CONN_OPEN		= 1,
	HPS_CONN_CLOSING	= 2,	/* hps_disconnect() */
	HPS_CONN_CLOSED		= 3,
};

/**
 * struct hps_conn_info - how a connection is
 * @state:	enum hps_conn_state
 * @error:	why it was terminated: layer, type and code as in RFC 5040, that
 *		is 0x1101 for DDP, tagged, bounds. Holds if @terminated
 * @error_text:	the same in words; never NULL
 * @terminated:	by a Terminate: 1 of ours, 2 of the peer's
 * @os_error:	errno of the TCP connection that was lost, or 0
 * @crc:	CRC32c is in use
 * @revision:	of MPA
 * @ird:	as negotiated
 * @ord:	as negotiated
 * @octets_sent: to TCP, heads and checksums included; over AF_HPS: of messages and
 *		writes, and of the four counters that follow @octets_received none
 * @octets_received: from TCP
 * @frames_sent: FPDUs
 * @frames_received: FPDUs whose checksum was right
 * @octets_placed: that the peer wrote to our regions
 * @requests_served: reads and atomics of the peer that were answered
 */
struct hps_conn_info {
	uint32_t	state;
	uint32_t	error;
	const char	*error_text;
	uint32_t	terminated;
	int32_t		os_error;
	uint32_t	crc;
	uint32_t	revision;
	uint32_t	ird;
	uint32_t	ord;
	uint64_t	octets_sent;
	uint64_t	octets_received;
	uint64_t	frames_sent;
	uint64_t	frames_received;
	uint64_t	octets_placed;
	uint64_t	requests_served;
	uint64_t	reserved[4];
};

void hps_conn_get_info(struct hps_conn *conn, struct hps_conn_info *info);

/* --- operations ---------------------------------------------------------------------- */

/* Gather and scatter lists are this long at most. */
#define HPS_MAX_IOV		16

/* not before earlier reads and atomics end; over AF_HPS, writes neither */
#define HPS_POST_FENCE		0x1
#define HPS_POST_SOLICITED	0x2	/* Sends: marks the receiver's completion */

/*
 * Each of these either fails, and then nothing was posted, or is completed
 * exactly once. Memory may be used again when the completion is there. Messages
 * and transfers are of 4 GiB - 1 at most.
 *
 * -ENOTCONN: not connected, or not any more; -EAGAIN: as much is posted as the
 * depth allows; -ENOBUFS: the completion queue has no place left; -EMSGSIZE;
 * -EINVAL.
 */
int hps_post_recv(struct hps_conn *conn, const struct iovec *iov, int iov_len,
		  uint64_t id);
int hps_post_send(struct hps_conn *conn, const struct iovec *iov, int iov_len,
		  uint64_t id, unsigned int flags);
/* ... and the peer's region @stag becomes invalid when the message arrives */
int hps_post_send_inval(struct hps_conn *conn, const struct iovec *iov,
			int iov_len, uint32_t stag, uint64_t id,
			unsigned int flags);
int hps_post_write(struct hps_conn *conn, const struct iovec *iov, int iov_len,
		   const struct hps_remote *to, uint64_t id,
		   unsigned int flags);
int hps_post_read(struct hps_conn *conn, const struct iovec *iov, int iov_len,
		  const struct hps_remote *from, uint64_t id,
		  unsigned int flags);
/* 64 bits in the byte order of the peer's machine, at a multiple of 8 */
int hps_post_cas(struct hps_conn *conn, const struct hps_remote *at,
		 uint64_t compare, uint64_t swap, uint64_t id,
		 unsigned int flags);
int hps_post_fetch_add(struct hps_conn *conn, const struct hps_remote *at,
		       uint64_t add, uint64_t id, unsigned int flags);

#ifdef __cplusplus
}
#endif

#endif /* LIBHPS_H */
