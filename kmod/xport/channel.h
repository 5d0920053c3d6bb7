/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel: one connected transport between two addresses.
 *
 * The transport carries HPS messages. Whoever uses the channel at the moment
 * (a path, the pool, the server's idle state) hangs its table of events on it.
 */
#ifndef _HPS_XPORT_CHANNEL_H
#define _HPS_XPORT_CHANNEL_H

#include <linux/bvec.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "wire.h"

struct hps_channel;
struct iov_iter;
struct pipe_inode_info;
struct ubuf_info;

/* An address and port of either family; v4-mapped addresses do not occur. */
union hps_addr {
	struct sockaddr		sa;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
};

static inline bool hps_addr_is_any(const union hps_addr *a)
{
	if (a->sa.sa_family == AF_INET6)
		return ipv6_addr_any(&a->in6.sin6_addr);
	return !a->in.sin_addr.s_addr;
}

/* Ports and scopes are not compared. */
static inline bool hps_addr_same_host(const union hps_addr *a,
				      const union hps_addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET6)
		return ipv6_addr_equal(&a->in6.sin6_addr, &b->in6.sin6_addr);
	return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
}

/**
 * enum hps_channel_state - life of a channel
 *
 *   DIALING --TCP established--> HELLO --hello answered--> READY --> DEAD
 *   (one that was accepted is in HELLO once its callbacks are set; any state can go
 *   to DEAD)
 */
enum hps_channel_state {
	HPS_CHANNEL_DIALING,
	HPS_CHANNEL_HELLO,
	HPS_CHANNEL_READY,
	HPS_CHANNEL_DEAD,
};

/* Bits of hps_channel.flags. */
enum {
	HPS_CHANNEL_KICKED,	/* is on a kick list */
	HPS_CHANNEL_PUSH,	/* push as soon as the owner lets the lock go */
	HPS_CHANNEL_BACKOFF,	/* the transport had no memory; a timer runs */
	HPS_CHANNEL_HALF_OPEN,	/* in set-up; counted in hps_net.half_open if inbound */
	HPS_CHANNEL_CLOSING,	/* release work is queued */
	HPS_CHANNEL_TRIMMING,	/* guards against a nested trim */
	HPS_CHANNEL_UNSENT,	/* the transport holds what it could not send */
	HPS_CHANNEL_STALLED,	/* arrivals wait for memory to be looked at */
	HPS_CHANNEL_DRAINED,	/* what arrives is of no interest any more */
};

/* As TCP_CA_NAME_MAX. */
#define HPS_CONGESTION_LEN	16

/* What two uses of a channel must have in common to share it by the pool. From
 * @mark on they can be changed under way (hps_channel_ops.options).
 */
struct hps_channel_key {
	union hps_addr	local;		/* port not compared */
	union hps_addr	remote;
	int		ifindex;
	kuid_t		uid;
	u32		mark;
	u32		priority;
	u8		tos;		/* of IPv4, without the ECN bits */
	u8		tclass;		/* of IPv6, without the ECN bits */
	char		congestion[HPS_CONGESTION_LEN];	/* empty: the namespace's */
};

/* Pieces of one outgoing message: frame head first, trailer added by send. */
#define HPS_TX_VECS	20

/**
 * struct hps_tx - one message to be sent
 * @frame:	where the frame head goes: start of @vec[0]
 * @vec:	frame head and message header, payload; one stays free for the
 *		trailer; each piece holds a reference on its page
 * @nr:		pieces used
 * @len:	octets of the message behind the frame head
 * @tail_room:	the octets behind the last piece belong to this message, so that
 *		padding and CRC may be written there
 * @shared:	a page is not ours and may change meanwhile
 * @control:	one piece without payload; it may wait for the end of the push
 * @ubuf:	told when the transport does not use the pages any more; holds a
 *		reference; may be NULL
 */
struct hps_tx {
	void		*frame;
	struct bio_vec	vec[HPS_TX_VECS];
	unsigned int	nr;
	u32		len;
	bool		tail_room;
	bool		shared;
	bool		control;
	struct ubuf_info *ubuf;
};

/* What the scheduler wants to know; read without the channel's lock. */
struct hps_channel_metrics {
	u32	in_flight;	/* octets given to the transport, not acknowledged */
	u32	unacked;	/* the same, with what arrived behind a lost packet */
	u32	acked;		/* where that begins in what was given, modulo 2^32 */
	u32	min_rtt_us;
	u32	srtt_us;
	u32	mss;
	u64	rate;		/* octets per second */
	u32	cwnd;		/* octets that it lets be in flight */
	u32	ack_us;		/* when that became less, last: low half of tcp_clock_us() */
};

/* Does the other end answer? Read without the channel's lock. */
struct hps_channel_pulse {
	u32	in_transit;	/* octets given to the transport, not acknowledged */
	u32	progress;	/* changes with every acknowledgement of something */
	u32	min_rtt_us;
	u32	srtt_us;
	u32	rttvar_us;	/* mean deviation */
};

/**
 * struct hps_channel_events - what the user of a channel is told
 *
 * All are called with the channel locked (process context or softirq) and must
 * not sleep.
 *
 * @connected:	may be NULL; else the transport is connected and no hello is sent
 * @hello:	the other end's hello came; an initiator gets the answer, a
 *		responder the question (and calls hps_channel_answer())
 * @control:	a message that is not data, whole, in a linear buffer; returns 0,
 *		-ENOMEM with nothing done, to be given it again later, or an error
 * @data:	the header of a segment of @len octets, @here of which lie at @pos in
 *		the receive queue; returns how many of these were noted (none without
 *		memory), or an error
 * @early:	may be NULL; else @len octets at @pos have arrived of a PLACE of @all
 *		octets whose turn has not come, @skip behind its first one. Returns
 *		true if they are in their place now and need no copy later
 * @payload:	more octets of that segment lie at @pos in the receive queue; @end
 *		with the last ones
 * @parsed:	all that arrived was seen; returns what @keep would
 * @keep:	returns the lowest position of the receive queue that is needed,
 *		given that parsing stands at @pos
 * @push:	there may be room: send what waits
 * @down:	the channel is dead; called once
 */
struct hps_channel_events {
	void (*connected)(struct hps_channel *ch);
	void (*hello)(struct hps_channel *ch, const struct hps_hello *hello);
	int  (*control)(struct hps_channel *ch, const struct hps_msg *msg, u32 len);
	int  (*data)(struct hps_channel *ch, const struct hps_data *data, u32 len,
		     u32 pos, u32 here);
	bool (*early)(struct hps_channel *ch, const struct hps_place *head,
		      u32 all, u32 skip, u32 pos, u32 len);
	int  (*payload)(struct hps_channel *ch, u32 pos, u32 len, bool end);
	u32  (*parsed)(struct hps_channel *ch, u32 pos);
	u32  (*keep)(const struct hps_channel *ch, u32 pos);
	void (*push)(struct hps_channel *ch);
	void (*down)(struct hps_channel *ch, int err);
};

/**
 * struct hps_channel_ops - a kind of transport
 * @create:	process context: make a channel as @key says, not yet dialled, with
 *		a reference for the caller, who gives it a user; the local port
 *		is not looked at; or an ERR_PTR
 * @dial:	process context, @tune held: begin to connect; 0 when that is under way,
 *		or an error of connect(); then the channel is still to be closed
 * @lock:	process context: own the channel, may sleep
 * @unlock:	end of @lock
 * @hello:	channel locked: begin the channel with @ch->hello, question or answer
 * @send:	channel locked: send or queue one message; @more says that another
 *		follows at once. What is queued sets UNSENT. While @ch->corked control
 *		messages are held back
 * @flush:	channel locked: send what was queued; true if something remains, so
 *		that nothing new should be sent
 * @settle:	channel locked: a push has ended: send what was held back, and drop from
 *		the receive queue what waited for this. It may end the channel
 * @receive:	channel locked: look at what has arrived, which had to wait
 * @peek:	channel locked: copy @len octets at @pos, which have arrived, to @to
 * @placed:	channel locked: did @early place what lies at @pos? @len becomes the
 *		number of octets for which the answer is the same
 * @read:	channel owned: copy @len octets at @pos to @to, may sleep
 * @splice:	channel owned: as @read, but put references into a pipe, which the
 *		caller has locked; returns octets, maybe fewer, or an error
 * @trim:	channel locked: drop what nobody needs from the receive queue
 * @metrics:	any context
 * @napi:	any context: the NAPI id of its device queue that can be polled, or 0
 * @pulse:	any context
 * @kick:	any context: have @push called soon
 * @buffer:	any context: make the transport's own flow control wide enough for
 *		@credit octets of HPS credit; the user sees that it is called by one
 *		at a time
 * @idle:	channel locked: no connection uses it now; @buffer's effect ends
 * @squeezed:	any context: is the transport under memory pressure?
 * @options:	channel locked: packets carry the mark, priority, TOS and traffic class
 *		of @key from now on
 * @congestion:	process context, channel not locked, @tune held: congestion control
 *		as @key says from now on; -EPERM if an administrator's route says
 *		otherwise
 * @end:	channel locked: nothing more will be sent: tell the other end, behind what
 *		was sent; what has been received can still be read
 * @destroy:	process context: tell the user if it was not told, close
 * @free:	last reference is gone: free it, by @ch->rcu
 */
struct hps_channel_ops {
	struct hps_channel *(*create)(struct net *net,
				      const struct hps_channel_key *key,
				      const struct hps_hello *hello);
	int  (*dial)(struct hps_channel *ch);
	void (*lock)(struct hps_channel *ch);
	void (*unlock)(struct hps_channel *ch);
	void (*hello)(struct hps_channel *ch);
	int  (*send)(struct hps_channel *ch, struct hps_tx *tx, bool more);
	bool (*flush)(struct hps_channel *ch);
	void (*settle)(struct hps_channel *ch);
	void (*receive)(struct hps_channel *ch);
	int  (*peek)(struct hps_channel *ch, u32 pos, void *to, u32 len);
	bool (*placed)(struct hps_channel *ch, u32 pos, u32 *len);
	int  (*read)(struct hps_channel *ch, u32 pos, u32 len, struct iov_iter *to);
	int  (*splice)(struct hps_channel *ch, u32 pos, u32 len,
		       struct pipe_inode_info *pipe, unsigned int flags);
	void (*trim)(struct hps_channel *ch);
	void (*metrics)(const struct hps_channel *ch, struct hps_channel_metrics *m);
	unsigned int (*napi)(const struct hps_channel *ch);
	void (*pulse)(const struct hps_channel *ch, struct hps_channel_pulse *p);
	void (*kick)(struct hps_channel *ch);
	void (*buffer)(struct hps_channel *ch, u32 credit);
	void (*idle)(struct hps_channel *ch);
	bool (*squeezed)(const struct hps_channel *ch);
	void (*options)(struct hps_channel *ch,
			const struct hps_channel_key *key);
	int  (*congestion)(struct hps_channel *ch);
	void (*end)(struct hps_channel *ch);
	void (*destroy)(struct hps_channel *ch);
	void (*free)(struct hps_channel *ch);
};

/**
 * struct hps_channel - state that all transports share
 *
 * Lifetime and locking: made by dial or accept with one reference, which the
 * transport's callbacks own and the release work drops. Users (path, pool),
 * kick lists and hps_net.channels hold more or are bounded by that one.
 * "Channel lock" is the transport's own (for TCP the socket lock, owned in
 * process context or its spinlock in softirq); @state, @events, @user, @hello
 * and the message numbers are written under it. It dies by hps_channel_close()
 * (any context) or by its transport; both end in the release work.
 */
struct hps_channel {
	refcount_t			ref;
	enum hps_channel_state		state;
	unsigned long			flags;
	const struct hps_channel_ops	*ops;
	const struct hps_channel_events	*events;
	void				*user;
	struct net			*net;
	struct list_head		net_node;	/* hps_net.lock */
	struct list_head		use_node;	/* the user's: pool */
	struct list_head		kick_node;	/* per-CPU kick list */
	struct hps_channel_key		key;
	unsigned long			since;		/* jiffies of the last change of use */
	bool				outbound;
	bool				crc;
	bool				want_crc;
	bool				waits;		/* holds data that another path must precede */
	bool				unproven;	/* a join without its proof yet */
	bool				probe;		/* shows whether the peer answers, no more */
	bool				want;		/* user waits for room */
	bool				corked;		/* a push goes on, see @ops->send */
	bool				trim_later;	/* at the end of a push, see @ops->settle */
	long				round;		/* linkevent.c, hps_net.lock */
	u32				want_below;	/* kick at this many in flight */
	u32				tx_msn;
	u32				rx_msn;
	struct hps_hello		hello;		/* ours: question or answer */
	bool				hello_pending;
	bool				hello_reject;
	u8				cause;		/* enum hps_nl_path_cause, if known */
	int				doomed;		/* see hps_channel_abort() */
	int				err;
	struct mutex			tune;		/* @ops->dial and @congestion, not with @destroy */
	struct work_struct		release;
	struct timer_list		backoff;
	struct rcu_head			rcu;
};

struct hps_channel *hps_channel_create(struct net *net,
				       const struct hps_channel_key *key,
				       const struct hps_hello *hello);
void hps_channel_init(struct hps_channel *ch, struct net *net,
		      const struct hps_channel_ops *ops, bool outbound);
void hps_channel_put(struct hps_channel *ch);
int hps_channel_dial(struct hps_channel *ch);
bool hps_channel_is_deaf(const struct hps_channel *ch, u32 octets);
void hps_channel_close(struct hps_channel *ch);
void hps_channel_linger(struct hps_channel *ch);
void hps_channel_drain(struct hps_channel *ch);
void hps_channel_fail(struct hps_channel *ch, int err);
void hps_channel_abort(struct hps_channel *ch, int err, u8 cause);
bool hps_channel_same_pair(const struct hps_channel_key *a,
			   const struct hps_channel_key *b);
bool hps_channel_same_key(const struct hps_channel_key *a,
			  const struct hps_channel_key *b);
void hps_channel_use(struct hps_channel *ch,
		     const struct hps_channel_events *events, void *user);
void hps_channel_answer(struct hps_channel *ch, const struct hps_hello *hello,
			bool reject);
void hps_channel_back_off(struct hps_channel *ch);
void hps_channel_push_locked(struct hps_channel *ch);
void hps_channel_push(struct hps_channel *ch);
void hps_channel_ready(struct hps_channel *ch);
void hps_tx_drop(struct hps_tx *tx);
void *hps_tx_alloc(struct bio_vec *vec, u32 size);
void *hps_tx_head(struct hps_tx *tx, u32 msg_len);
int hps_channel_send_control(struct hps_channel *ch, const void *msg, u32 len);
void hps_channel_sweep(struct net *net);
void hps_channel_net_exit(struct net *net);
int hps_channel_init_all(void);
void hps_channel_exit_all(void);

extern struct workqueue_struct *hps_wq;

/* The events of a channel that a peer opened and nobody uses yet. */
extern const struct hps_channel_events *hps_inbound_events;

static inline void hps_channel_hold(struct hps_channel *ch)
{
	refcount_inc(&ch->ref);
}

static inline void hps_channel_lock(struct hps_channel *ch)
{
	ch->ops->lock(ch);
}

static inline void hps_channel_unlock(struct hps_channel *ch)
{
	ch->ops->unlock(ch);
}

/* May an FPDU be sent? A responder must have got one (RFC 5044, 7.1.2). */
static inline bool hps_channel_may_send(const struct hps_channel *ch)
{
	return ch->state == HPS_CHANNEL_READY && (ch->outbound || ch->rx_msn > 1);
}

#endif /* _HPS_XPORT_CHANNEL_H */
