/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection: what one socket pair sees, over any number of paths.
 */
#ifndef _HPS_CONN_CONN_H
#define _HPS_CONN_CONN_H

#include <linux/list.h>
#include <linux/random.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "conn/alive.h"
#include "conn/autobuf.h"
#include "conn/credit.h"
#include "conn/options.h"
#include "conn/reasm.h"
#include "net.h"
#include "xport/channel.h"

struct hps_link;
struct hps_listener;
struct hps_path;
struct sock;

/**
 * enum hps_conn_state - life of a connection
 *
 *   OPENING --answer--> ESTABLISHED --both FINs, or lost--> CLOSED
 *   (a passive one begins in ESTABLISHED; any state can go to CLOSED)
 */
enum hps_conn_state {
	HPS_CONN_OPENING,
	HPS_CONN_ESTABLISHED,
	HPS_CONN_CLOSED,
};

/* Messages of the connection that any path may carry; hps_conn.todo. */
#define HPS_TODO_ACK	0x01
#define HPS_TODO_FIN	0x02
#define HPS_TODO_RESET	0x04

/**
 * enum hps_kind - what octets with offsets of the stream are
 * @HPS_KIND_DATA:	the reader's
 * @HPS_KIND_PLACE:	written to a region of the peer
 * @HPS_KIND_ANSWER:	what a request of the peer asked for
 * @HPS_KIND_REQUEST:	struct hps_request_data
 * @HPS_KIND_RESULT:	struct hps_result_data
 */
enum hps_kind {
	HPS_KIND_DATA,
	HPS_KIND_PLACE,
	HPS_KIND_ANSWER,
	HPS_KIND_REQUEST,
	HPS_KIND_RESULT,
};

/**
 * struct hps_intent - what a write is
 * @place:	PLACE, ANSWER: of the first octet, see struct hps_place
 * @tag:	the same
 * @kind:	enum hps_kind
 * @policy:	of the message: enum hps_policy + 1; 0: the connection's
 */
struct hps_intent {
	u64	place;
	u32	tag;
	u8	kind;
	u8	policy;
};

/**
 * struct hps_send - the send side
 * @chunks:	payload that is not acknowledged, in stream order
 * @next:	chunk that holds @nxt, NULL if nothing is unsent
 * @again:	struct hps_segment: lost with their path, to be sent again first
 * @runs:	struct hps_run: what goes over several paths, in stream order
 * @una:	all below was acknowledged by HPS
 * @nxt:	first offset that was never sent
 * @end:	end of what was written
 * @coming:	octets that a writer is about to add, while it has paths begin with what
 *		is there already
 * @looks:	how often what is late was looked for, and nothing was
 * @looked:	@nxt when that began
 * @asked:	end of the last segment that asked to be acknowledged
 * @credit:	what the peer allows
 * @memory:	octets of memory held by @chunks
 * @uncounted:	change of it that net.hps.mem does not know yet
 * @limit:	bound of @memory (SO_SNDBUF)
 * @grow_from:	when this is acknowledged @limit may grow
 * @slice:	octets of a chunk at most: two fill the longest segment
 * @unsent_low:	not writable with so much unsent (TCP_NOTSENT_LOWAT)
 * @short_of_memory: not writable until @cork_timer, for net.hps.mem was reached
 * @nodelay:	TCP_NODELAY
 * @cork:	TCP_CORK is set, or the last write said MSG_MORE
 * @in_record:	a record is half written; the next one waits (socket lock)
 * @record_wanted: somebody waits for that
 * @filling:	sendmsg copies behind the last chunk's end: leave its tail alone
 * @small:	the newest segment did not fill a packet
 * @fin:	no more will be written
 * @fin_sent:	the FIN is on its way or there
 * @fin_acked:	the peer has it
 * @stalled:	out of credit, or nearly; counted once
 * @held:	Nagle held it back when a path was last asked: a backlog of so
 *		much need not wait. 0: nothing was held back
 * @held_below:	the same, and every path has been asked since the backlog began,
 *		so that each with something in flight wants to be kicked
 * @stalls:	how often
 * @resent_octets: payload that was sent again, over all paths ever
 * @awaited:	all below is sent whatever Nagle's rule says: a reader waits
 * @intent:	of the message that is being written
 * @mixed:	a message had a policy of its own
 * @parted:	some of @chunks are not data, or of one policy: segments end where
 *		intents do
 * @single:	the path that policy single uses: its id + 1, or 0
 * @record:	where the record begins that is sent next
 * @flush:	all below is sent whatever TCP_CORK and MSG_MORE say
 * @confirm:	end of the newest WRITE
 * @spare_segment: of those that were acknowledged, one for the next to be sent:
 *		a connection that sends now and then asks the allocator for none
 * @spare_chunk: likewise, one that a writer takes without the data lock
 */
struct hps_send {
	struct list_head	chunks;
	struct hps_chunk	*next;
	struct list_head	again;
	struct list_head	runs;
	u64			una;
	u64			nxt;
	u64			end;
	u64			coming;
	u64			asked;
	u64			looked;
	u64			grow_from;
	u32			looks;
	struct hps_credit_tx	credit;
	u32			memory;
	s32			uncounted;
	u32			limit;
	u32			slice;
	u32			unsent_low;
	bool			short_of_memory;
	bool			nodelay;
	bool			cork;
	bool			more;
	bool			in_record;
	bool			record_wanted;
	bool			filling;
	bool			small;
	bool			fin;
	bool			fin_sent;
	bool			fin_acked;
	bool			stalled;
	u32			held;
	u32			held_below;
	u64			awaited;
	bool			mixed;
	bool			parted;
	u8			single;
	struct hps_intent	intent;
	u64			record;
	u64			flush;
	u64			confirm;
	u64			stalls;
	u64			resent_octets;
	struct hps_segment	*spare_segment;
	struct hps_chunk	*spare_chunk;
};

#define HPS_NO_READER	U64_MAX

/**
 * struct hps_recv - the receive side
 * @reasm:	what has arrived
 * @credit:	what the peer was told
 * @tune:	what the reader takes, for the size of the buffer
 * @ask:	the peer waits for this to be acknowledged
 * @fin_off:	end of the peer's stream, if @fin
 * @told:	frontier that the socket was told of
 * @want:	the least that wakes a sleeping reader, HPS_NO_READER if none sleeps
 * @posted:	receives that are posted: the stream is theirs, and no reader's. Counted
 *		up with the socket locked, too
 * @duplicate_octets: payload that had arrived before, over all paths ever
 */
struct hps_recv {
	struct hps_reasm	reasm;
	struct hps_credit_rx	credit;
	struct hps_autobuf	tune;
	u64			fin_off;
	u64			told;
	u64			want;
	u64			ask;
	u64			duplicate_octets;
	u32			posted;
	bool			fin;
};

/**
 * struct hps_conn - one end of a connection
 *
 * Lifetime and locking: the *data lock* @lock guards all that has no other
 * guard named. It is taken in softirq with a channel locked, and in process
 * context with the socket locked, a channel locked, or neither; nothing but
 * hps_net.lock, the listener's lock and wait queues is taken inside. Order:
 * socket lock, channel lock, data lock.
 *
 * One reference each: being alive (dropped by the @end work, which every
 * connection runs once), the socket, each path. Found by token under RCU with
 * refcount_inc_not_zero. @net is held by the socket, then (@held_net) by the
 * connection itself while it is an orphan; a pending one is bounded by its
 * listener.
 *
 * @sk:		its socket, NULL while pending and when orphaned
 * @key:	of the first path; further ones differ in addresses and device
 * @local, @remote: as getsockname() and getpeername() tell
 * @paths:	struct hps_path
 * @token, @peer_token: name the two ends in joins
 * @domain:	protection domain of its socket, of its listener while pending; 0: none,
 *		and no region is found
 * @stream:	its number among the connections of the namespace, never 0: regions may
 *		be for it alone
 * @nonce:	keys of joins: [0] initiator's, [1] responder's
 * @todo:	HPS_TODO_*
 * @err:	why it is CLOSED, for the socket
 * @pending:	not accepted yet: whoever takes it off the queue ends it
 * @bound_port:	port that an initiator chose by bind(), 0 if none
 * @tries:	how often a full backlog was met
 * @joined:	further paths were asked for
 * @policy:	HPS_POLICY: enum hps_policy + 1; 0: as the bundle says
 * @cutoff:	HPS_CUTOFF, if @own_cutoff
 * @one_link:	never ask for any, offer and take none: the socket is bound to a
 *		device, or to an address that is no bundle's
 * @rejoin:	what is joined from now on may have failed before
 * @join_delay:	of the next attempt in ms, if a join has failed since one was well
 * @many:	had more than one path
 * @kept:	has a path on a dead link for want of another
 * @stranded:	no path works; until @stranded_until, then @lost_err
 * @peer_refused: the peer is there but does not listen; hps_net.lock
 * @waits:	pairs of links to be joined when they work; hps_net.lock
 * @no_waits:	there shall be none any more; hps_net.lock
 * @rtt_us:	longest of the shortest round trips of paths that were lost
 * @offer_later: a responder will tell its links when it lasts or carries something
 * @offered:	links that a responder has told of, as a hash; @nr_offered of them
 * @peer_direct:	the peer understands PLACE, REQUEST and RESULT
 * @direct:	of one-sided operations; NULL before the first
 * @counted:	in hps_net.orphans
 * @ending:	the @end work is queued, or was not needed
 * @deferred:	waits for data before it can be accepted (TCP_DEFER_ACCEPT)
 * @opt:	what the program asked for
 * @alive:	what is known of the peer, for keepalive and user timeout
 * @listener:	whose accept queue it is in
 * @listens:	holds the TCP listener, for its joins
 * @offer:	the peer's links, @nr_offers of them
 * @offer_serial: of the newest LINKS: heard by an initiator, told by a responder
 */
struct hps_conn {
	refcount_t		ref;
	spinlock_t		lock;	/* see above */
	enum hps_conn_state	state;
	struct net		*net;
	struct sock		*sk;
	struct rhash_head	hash;
	struct list_head	net_node;	/* hps_net.lock */
	struct list_head	accept_node;	/* hps_listener.lock */
	struct hps_listener	*listener;
	struct list_head	paths;
	unsigned int		nr_paths;
	bool			initiator;
	bool			seqpacket;
	bool			orphan;
	bool			pending;
	bool			held_net;
	bool			counted;
	bool			peer_direct;
	bool			listens;
	bool			ending;
	bool			joined;
	bool			one_link;
	bool			own_cutoff;
	u8			policy;
	u32			cutoff;
	bool			rejoin;
	bool			stranded;
	bool			peer_refused;
	bool			no_waits;
	bool			many;
	bool			kept;
	bool			deferred;
	u8			todo;
	u8			reason;
	int			err;
	int			bundle_ifindex;
	__be16			bound_port;
	u8			tries;
	u64			token;
	u64			peer_token;
	u32			domain;
	u32			stream;
	u8			nonce[2][HPS_NONCE_LEN];
	union hps_addr		local;
	union hps_addr		remote;
	struct hps_channel_key	key;
	unsigned long		deadline;	/* of an orphan, jiffies */
	struct hps_send		snd;
	struct hps_recv		rcv;
	struct hps_options	opt;
	struct hps_alive	alive;
	struct timer_list	ack_timer;
	struct timer_list	cork_timer;
	struct timer_list	late_timer;
	struct timer_list	watch_timer;
	unsigned long		stranded_until;
	int			lost_err;
	u32			rtt_us;
	u16			join_delay;
	bool			offer_later;
	u32			offered;
	u8			nr_offered;
	struct list_head	waits;
	long			round;		/* linkevent.c, hps_net.lock */
	struct timer_list	alive_timer;
	struct work_struct	end;
	struct work_struct	join;
	struct work_struct	retune;
	struct delayed_work	redial;
	struct hps_direct	*direct;
	struct hps_link_offer	*offer;
	u16			offer_serial;
	u8			nr_offers;
	struct rcu_head		rcu;
};

/* conn.c */
struct hps_conn *hps_conn_alloc(struct net *net, bool initiator, u32 rmem,
				u32 wmem, gfp_t gfp);
int hps_conn_publish(struct hps_conn *conn);
struct hps_conn *hps_conn_find(struct net *net, u64 token);
void hps_conn_put(struct hps_conn *conn);
void hps_conn_established(struct hps_conn *conn);
int hps_conn_reset_errno(const struct hps_conn *conn);
void hps_conn_lost(struct hps_conn *conn, int err, enum hps_reason reason);
void hps_conn_wake(struct hps_conn *conn);
void hps_conn_end(struct hps_conn *conn);
void hps_conn_finish(struct hps_conn *conn);
void hps_conn_net_exit(struct net *net);
int hps_conn_init(void);
void hps_conn_exit(void);

/* From the batch: get_random_bytes() makes a key anew for each call. */
static inline void hps_nonce_draw(u8 *nonce)
{
	u64 drawn[] = { get_random_u64(), get_random_u64() };

	static_assert(sizeof(drawn) == HPS_NONCE_LEN);
	memcpy(nonce, drawn, sizeof(drawn));
}

/* Is all of the peer's stream here? Data lock held. */
static inline bool hps_conn_heard_all(const struct hps_conn *conn)
{
	return conn->rcv.fin && conn->rcv.reasm.frontier == conn->rcv.fin_off;
}

/* What an acknowledgement says: its FIN counts one. Data lock held. */
static inline u64 hps_conn_arrived(const struct hps_conn *conn)
{
	return conn->rcv.reasm.frontier + hps_conn_heard_all(conn);
}

static inline void hps_conn_hold(struct hps_conn *conn)
{
	refcount_inc(&conn->ref);
}

/* open.c */
int hps_conn_connect(struct sock *sk, struct hps_conn *conn);
void hps_conn_answer(struct hps_path *path, const struct hps_hello *hello);
void hps_conn_redial(struct work_struct *work);
bool hps_conn_may_return(const struct hps_conn *conn);
void hps_path_last_lost(struct hps_path *path, int err);

/* close.c */
void hps_conn_shutdown(struct hps_conn *conn);
void hps_conn_close(struct hps_conn *conn, enum hps_reason reason);
void hps_conn_reset(struct hps_conn *conn, enum hps_reason reason);
void hps_conn_abort(struct hps_conn *conn, int err, enum hps_reason reason);
void hps_conn_stop_asking(struct hps_conn *conn);
bool hps_conn_may_finish(const struct hps_conn *conn, const struct hps_path *path);
void hps_conn_check_end(struct hps_conn *conn);
bool hps_conn_complete(const struct hps_conn *conn);
void hps_conn_sweep(struct net *net);

/* linkevent.c */
enum hps_nl_path_cause hps_linkevent_lost(const struct hps_channel *ch);
void hps_linkevent_look(struct net *net);
void hps_linkevent_net_init(struct hps_net *hn);
void hps_linkevent_net_exit(struct hps_net *hn);
int hps_linkevent_init(void);
void hps_linkevent_exit(void);

/* timer.c */
void hps_conn_timers_init(struct hps_conn *conn);
void hps_conn_timers_stop(struct hps_conn *conn);
void hps_conn_ack_later(struct hps_conn *conn);
void hps_conn_ack_soon(struct hps_conn *conn);
void hps_conn_cork(struct hps_conn *conn);
void hps_conn_watch(struct hps_conn *conn);
void hps_conn_watch_locked(struct hps_conn *conn);
void hps_conn_defer(struct hps_conn *conn, unsigned int seconds);
void hps_sweep_start(struct hps_net *hn);
void hps_sweep_stop(struct hps_net *hn);

#endif /* _HPS_CONN_CONN_H */
