/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections: what is posted, what is under way, and how they end.
 */
#ifndef _LIBHPS_CONN_H
#define _LIBHPS_CONN_H

#include "domain.h"

#include "ddp/stream.h"

#include "cq.h"

struct direct;

/* A domain has its own table of regions, so one number does for all. */
#define DOMAIN_ID	1

/* Room for a Terminate is always left. */
#define OUT_RESERVE	128

/**
 * struct work - an operation that was posted
 * @op:		enum hps_op
 * @flags:	HPS_POST_*
 * @invalidates: Send: @stag is to be invalidated
 * @staged:	all of it is in the output buffer
 * @answered:	Read, atomic: the response is here
 * @refused:	the peer's Terminate names it; over AF_HPS: it was with the peer when
 *		that refused one
 * @failed:	over AF_HPS: the kernel gave it up
 * @parts:	over AF_HPS: operations of the kernel that carry it out
 * @iov_len:	pieces in @iov
 * @iov:	memory of ours
 * @id:		the application's
 * @len:	octets in all
 * @done:	octets that are staged; over AF_HPS the head of a Send counts
 * @stag:	of the peer
 * @offset:	in the peer's region
 * @data:	atomic: to add, or to swap in
 * @compare:	compare-and-swap
 * @value:	atomic: what was there before
 * @msn:	its message, once it is begun
 * @end:	place in the output stream behind it, once it is staged
 */
struct work {
	uint8_t		op;
	uint8_t		flags;
	bool		invalidates;
	bool		staged;
	bool		answered;
	bool		refused;
	bool		failed;
	uint32_t	parts;
	int		iov_len;
	struct iovec	iov[HPS_MAX_IOV];
	uint64_t	id;
	uint64_t	len;
	uint64_t	done;
	uint32_t	stag;
	uint64_t	offset;
	uint64_t	data;
	uint64_t	compare;
	uint64_t	value;
	uint32_t	msn;
	uint64_t	end;
};

/* A receive that was posted. */
struct receive {
	struct iovec	iov[HPS_MAX_IOV];
	int		iov_len;
	uint64_t	id;
	u64		len;
};

/* A peer's request, and octets of it that are answered. */
struct answer {
	struct rdmap_request request;
	uint32_t	done;
};

/* What is in the middle of its message. */
enum sending {
	SENDING_NOTHING,
	SENDING_WORK,
	SENDING_ANSWER,
};

/**
 * struct hps_conn - a connection
 * @domain:	its domain
 * @cq:		where completions go
 * @attr:	what the application wants, with defaults filled in
 * @source:	in the domain's epoll while @fd is open
 * @timer:	set when it ends: the peer has so long to end, too
 * @stream:	checks of what arrives
 * @fd:		the TCP connection, or the socket of AF_HPS, or -1
 * @direct:	over AF_HPS: what it has more, while it has a socket
 * @events:	what is waited for at @fd
 * @state:	enum hps_conn_state
 * @busy:	a thread is connecting or accepting
 * @crc:	CRC32c is in use
 * @revision:	of MPA
 * @hold:	nothing may be sent before the initiator's first FPDU
 *		(RFC 5044 section 7.1.2)
 * @ended:	everything is completed; nothing will be
 * @winding:	what is in @out goes out, then our direction is shut
 * @shut:	it is
 * @eof:	the peer's direction has ended
 * @broken:	TCP takes nothing any more; the peer's last words may still wait
 * @dead:	@fd is of no more use
 * @orphan:	the application has forgotten it
 * @refused:	code of the peer's Terminate, or ours: see @terminated
 * @terminated:	1: we sent a Terminate; 2: the peer did
 * @os_error:	errno
 * @works:	ring of @attr.send_depth: completed | staged | posted
 * @w_head:	oldest that is not completed; counts for ever, as the next three
 * @w_ask:	oldest Read or atomic that may be unanswered
 * @w_stage:	oldest that is not staged
 * @w_tail:	behind the newest
 * @receives:	ring of @attr.recv_depth
 * @r_head:	the next to be filled
 * @r_tail:	behind the newest
 * @answers:	ring of @attr.ird: requests of the peer
 * @a_head:	the one to answer next
 * @a_tail:	behind the newest
 * @sending:	enum sending
 * @answer_next: whose turn it is when both could go
 * @out:	octets from @out_off to @out_end go to TCP
 * @out_total:	octets that were ever put there
 * @in:		octets from @in_off to @in_end came from TCP
 * @frames_sent: counter; it and the four behind it: see struct hps_conn_info
 * @private:	the peer's private data
 * @private_len: octets of it
 *
 * Lifetime and locking: all is guarded by the domain's lock. From
 * hps_conn_create() to hps_conn_destroy(), or as an orphan until @dead. Each
 * entry point ends with conn_settle(), the only place that frees.
 *
 *   NEW --connect, accept--> OPEN --disconnect--> CLOSING --> CLOSED
 *                             |                                 ^
 *                             +--Terminate, end, error of TCP---+
 *
 * CLOSED is entered when everything is completed (@ended); @winding, @shut, @eof
 * and @dead are the way of the TCP connection from then on.
 */
struct hps_conn {
	struct hps_domain *domain;
	struct hps_cq	*cq;
	struct hps_conn_attr attr;
	struct source	source;
	struct timer	timer;
	struct rdmap_stream stream;
	int		fd;
	struct direct	*direct;
	uint32_t	events;
	enum hps_conn_state state;
	bool		busy;
	bool		crc;
	uint8_t		revision;
	bool		hold;
	bool		ended;
	bool		winding;
	bool		shut;
	bool		eof;
	bool		broken;
	bool		dead;
	bool		orphan;
	uint8_t		terminated;
	uint32_t	refused;
	int		os_error;

	struct work	*works;
	uint64_t	w_head;
	uint64_t	w_ask;
	uint64_t	w_stage;
	uint64_t	w_tail;
	struct receive	*receives;
	uint64_t	r_head;
	uint64_t	r_tail;
	struct answer	*answers;
	uint64_t	a_head;
	uint64_t	a_tail;
	enum sending	sending;
	bool		answer_next;

	uint8_t		*out;
	size_t		out_size;
	size_t		out_off;
	size_t		out_end;
	uint64_t	out_total;
	uint8_t		*in;
	size_t		in_size;
	size_t		in_off;
	size_t		in_end;

	uint64_t	frames_sent;
	uint64_t	frames_received;
	uint64_t	octets_received;
	uint64_t	octets_placed;
	uint64_t	requests_served;

	uint8_t		private[HPS_MAX_PRIVATE + 4];
	size_t		private_len;
};

static inline struct work *work_at(struct hps_conn *c, uint64_t i)
{
	return &c->works[i % c->attr.send_depth];
}

static inline struct receive *receive_at(struct hps_conn *c, uint64_t i)
{
	return &c->receives[i % c->attr.recv_depth];
}

static inline struct answer *answer_at(struct hps_conn *c, uint64_t i)
{
	return &c->answers[i % c->attr.ird];
}

/* Octets of the output stream that TCP has taken. */
static inline uint64_t sent_total(const struct hps_conn *c)
{
	return c->out_total - (c->out_end - c->out_off);
}

static inline bool is_request(const struct work *w)
{
	return w->op == HPS_OP_READ || w->op == HPS_OP_CAS ||
	       w->op == HPS_OP_FETCH_ADD;
}

int conn_open(struct hps_conn *c, int fd, bool initiator);
void conn_complete(struct hps_conn *c, struct hps_completion *completion);
void conn_end(struct hps_conn *c, enum hps_status status);
void conn_lost(struct hps_conn *c, int os_error);
void conn_settle(struct hps_conn *c);

#endif /* _LIBHPS_CONN_H */
