/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bare connections: MPA, DDP and RDMAP over one TCP connection, as siw and iWARP
 * adapters speak them.
 *
 *   bare.c    an end: made, woken by TCP, ended, forgotten
 *   setup.c   MPA start-up, both sides; listening
 *   rx.c      what arrives: messages, placement, answers, requests
 *   tx.c      what goes out: operations, answers to the peer, Terminates
 */
#ifndef _HPS_BARE_BARE_H
#define _HPS_BARE_BARE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <uapi/linux/hps_bare.h>
#include <uapi/linux/hps_direct.h>

#include "ddp/mpa.h"
#include "ddp/stream.h"

struct hps_cq;
struct sock;
struct socket;

/**
 * enum hps_bare_state - what an end does
 *
 *     NEW --listen()--> LISTEN
 *      | connect()        : TCP connects
 *      v                  v
 *   DIALING             ASKED          the request or the reply is awaited
 *      | reply            | accept(): reply
 *      +----> OPEN <------+
 *               | shutdown(), close()
 *               v
 *            CLOSING                   says what is left to say
 *               | said, or the peer's end; from every state: an error
 *               v
 *             ENDED                    all is completed
 */
enum hps_bare_state {
	HPS_BARE_NEW,
	HPS_BARE_LISTEN,
	HPS_BARE_DIALING,
	HPS_BARE_ASKED,
	HPS_BARE_OPEN,
	HPS_BARE_CLOSING,
	HPS_BARE_ENDED,
};

/* What is in the middle of its segments on the way out. */
enum hps_bare_sending {
	HPS_BARE_SENDING_NOTHING,
	HPS_BARE_SENDING_WORK,
	HPS_BARE_SENDING_ANSWER,
};

/* hps_bare_work.post.op of a message; beside HPS_DIRECT_WRITE and so on. */
#define HPS_BARE_OP_SEND	1

/**
 * struct hps_bare_work - an operation of ours, until it is completed
 * @node:	in hps_bare.posted, then in hps_bare.staged
 * @post:	what was posted; of a message only @op
 * @send:	of a message
 * @data:	payload, freed when it is staged
 * @len:	octets
 * @done:	octets that are staged
 * @msn:	of its message or request
 * @end:	SEND, WRITE: place of its last octet among all that went out
 * @value:	atomics: what was there before
 * @status:	what is known of it, a negative errno or 0
 * @queued:	a place in the queue is kept for its completion
 * @answered:	READ, SWAP, ADD: nothing more will come
 */
struct hps_bare_work {
	struct list_head	node;
	struct hps_direct_post	post;
	struct hps_bare_send	send;
	void			*data;
	u32			len;
	u32			done;
	u32			msn;
	u64			end;
	u64			value;
	int			status;
	bool			queued;
	bool			answered;
};

/**
 * struct hps_bare_chunk - octets of a received message
 * @node:	in hps_bare.received
 * @len:	octets in @data
 * @size:	room there
 * @off:	octets that were read
 * @last:	of its message, which is whole then
 * @note:	@last: for the program
 * @data:	octets
 */
struct hps_bare_chunk {
	struct list_head	node;
	u32			len;
	u32			size;
	u32			off;
	bool			last;
	struct hps_bare_received note;
	u8			data[];
};

/* A request of the peer: so much of it is answered. */
struct hps_bare_answer {
	struct rdmap_request	request;
	u32			done;
};

/**
 * struct hps_bare - one end of a bare connection, or a listener
 *
 * Lifetime and locking
 *
 * References: one by the socket, or by the listener as long as it is in its
 * queues, or by itself when it is an orphan (@sk is NULL and @tcp is not); one
 * when @work is queued or runs; a child has one on its @listener. It holds the
 * namespace and the module, so neither goes while orphans have something to say,
 * which net.hps.fin_timeout bounds.
 *
 * @lock guards all but what @queue does. It is taken in process context only, by
 * system calls and by @work, and may be held while the lock of @tcp is taken. The
 * program's socket may be locked when it is taken, never the other way round. TCP
 * calls us back in any context: then @work is queued, nothing else. No memory of the
 * program is touched with it: that may take for ever, and the works of others would
 * have to wait behind ours.
 *
 * @reading is for one reader at a time, outside of @lock: the first message stays
 * while it is copied.
 *
 * @queue guards @asking, @ready, @waiting and, in children, @node; innermost.
 *
 * @sk:		the program's socket; NULL before accept() and after close()
 * @tcp:	NULL before bind() or connect() and when all is over
 * @startup:	the peer's start-up frame, as far as it is here
 * @info:	what it says, once it is whole; private data points into @startup
 * @own, @own_len: private data for the peer
 * @timeout:	@deadline holds
 * @counted:	in hps_net.orphans
 * @hold:	nothing may be sent before the initiator's first FPDU (RFC 5044,
 *		7.1.2)
 * @opened:	it was OPEN once
 * @shut:	our direction has ended
 * @eof:	the peer's direction has ended
 * @broken:	TCP takes nothing any more
 * @error:	errno of the end, or 0
 * @received:	struct hps_bare_chunk
 * @cost:	memory of them, octets
 * @messages:	whole messages in @received
 * @message:	octets of the message that has begun
 * @posted:	struct hps_bare_work of which not all is staged
 * @staged:	those that wait for TCP to take them, or for their answer
 * @works:	how many there are
 * @unsent:	octets of payload in @posted
 * @answers:	ring of the agreed ird: @a_count from @a_first on are to be answered
 * @answer_next: whose turn it is when both could go
 * @out:	octets from @out_off to @out_end go to TCP
 * @out_total:	octets that were ever put there
 * @in:		octets from @in_off to @in_end came from TCP
 */
struct hps_bare {
	refcount_t		refs;
	struct net		*net;
	struct mutex		lock;
	struct mutex		reading;
	struct delayed_work	work;
	struct sock		*sk;
	struct socket		*tcp;
	void			(*old_data_ready)(struct sock *sk);
	void			(*old_write_space)(struct sock *sk);
	void			(*old_state_change)(struct sock *sk);
	enum hps_bare_state	state;
	unsigned long		deadline;
	bool			timeout;

	struct hps_bare_setup	setup;
	u8			*startup;
	u32			startup_len;
	bool			startup_whole;
	bool			request_sent;
	struct mpa_startup_info	info;
	u8			own[HPS_BARE_PRIVATE_MAX];
	u32			own_len;
	bool			initiator;
	bool			crc;
	bool			hold;
	bool			opened;
	bool			counted;
	bool			shut;
	bool			eof;
	bool			broken;
	int			error;
	u8			terminated;
	u32			terminate;

	struct hps_bare		*listener;
	spinlock_t		queue;
	struct list_head	node;
	struct list_head	asking;
	struct list_head	ready;
	unsigned int		waiting;
	unsigned int		backlog;

	struct rdmap_stream	stream;
	struct list_head	received;
	u32			cost;
	u32			messages;
	u64			message;
	struct list_head	posted;
	struct list_head	staged;
	unsigned int		works;
	u32			unsent;
	struct hps_cq		*cq;
	struct hps_bare_answer	*answers;
	u32			a_first;
	u32			a_count;
	enum hps_bare_sending	sending;
	bool			answer_next;

	u8			*out;
	u32			out_off;
	u32			out_end;
	u64			out_total;
	u8			*in;
	u32			in_off;
	u32			in_end;

	u64			frames_sent;
	u64			frames_received;
	u64			octets_placed;
	u64			requests_served;	/* the last 32 bits: their MSN */
};

/* Room of @out and @in: any frame, and a Terminate behind it. */
#define HPS_BARE_RESERVE	128
#define HPS_BARE_BUFFER		(SZ_64K + SZ_4K)

static inline bool hps_bare_is_request(const struct hps_bare_work *w)
{
	return w->post.op == HPS_DIRECT_READ || w->post.op == HPS_DIRECT_SWAP ||
	       w->post.op == HPS_DIRECT_ADD;
}

/* bare.c */
int hps_bare_init(void);
void hps_bare_exit(void);
struct hps_bare *hps_bare_new(struct net *net, gfp_t gfp);
void hps_bare_hold(struct hps_bare *b);
void hps_bare_put(struct hps_bare *b);
void hps_bare_kick(struct hps_bare *b);
void hps_bare_kick_later(struct hps_bare *b, unsigned long delay);
void hps_bare_set_deadline(struct hps_bare *b, unsigned int seconds);
void hps_bare_attach(struct hps_bare *b, struct socket *tcp);
void hps_bare_drop_tcp(struct hps_bare *b, bool abort);
void hps_bare_wake(struct hps_bare *b);
void hps_bare_end(struct hps_bare *b, int error);
void hps_bare_pump(struct hps_bare *b);
void hps_bare_shutdown(struct hps_bare *b);
void hps_bare_close(struct hps_bare *b, bool abort);
void hps_bare_domain(struct hps_bare *b, u32 domain);

/* setup.c */
int hps_bare_bind(struct hps_bare *b, const void *addr, int len);
int hps_bare_connect(struct hps_bare *b, const void *addr, int len);
int hps_bare_listen(struct hps_bare *b, unsigned int backlog);
bool hps_bare_has_ready(struct hps_bare *b);
struct hps_bare *hps_bare_take_ready(struct hps_bare *b);
int hps_bare_accept(struct hps_bare *b, const struct hps_bare *listener,
		    struct sock *sk, u32 domain);
void hps_bare_set_up(struct hps_bare *b);
void hps_bare_unlisten(struct hps_bare *b);

/* rx.c */
void hps_bare_receive(struct hps_bare *b);
void hps_bare_purge(struct hps_bare *b);
struct hps_bare_work *hps_bare_oldest_asked(struct hps_bare *b);

/* tx.c */
void hps_bare_push(struct hps_bare *b);
void hps_bare_greet(struct hps_bare *b);
void hps_bare_terminate(struct hps_bare *b, enum rdmap_error error,
			const void *frame, u32 len);
int hps_bare_post(struct hps_bare *b, struct hps_bare_work *w,
		  struct hps_cq *cq);
void hps_bare_flush(struct hps_bare *b);
bool hps_bare_idle(const struct hps_bare *b);

#endif /* _HPS_BARE_BARE_H */
