// SPDX-License-Identifier: GPL-2.0
/*
 * The receive side: segments are noted where they lie, and the reader copies
 * them from the paths' receive queues in stream order.
 */
#include "conn/recv.h"

#include <linux/uio.h>
#include <net/sock.h>

#include "conn/path.h"
#include "conn/send.h"
#include "conn/transit.h"

/* One run of octets that lies in one path's receive queue. */
struct run {
	struct hps_channel	*ch;
	u32			pos;
	u32			len;
};

/**
 * hps_recv_grow - the peer may send more from now on
 * @conn:	the connection; data lock held
 * @buffer:	the new receive buffer; a smaller one is ignored
 *
 * TCP's windows grow with it, but for those of channels that have proved nothing yet.
 * The caller pushes: the peer must be told.
 */
void hps_recv_grow(struct hps_conn *conn, u32 buffer)
{
	struct hps_path *path;

	lockdep_assert_held(&conn->lock);
	if (buffer <= conn->rcv.credit.buffer)
		return;
	WRITE_ONCE(conn->rcv.credit.buffer, buffer);
	conn->todo |= HPS_TODO_ACK;
	list_for_each_entry(path, &conn->paths, node)
		if (path->state != HPS_PATH_OPENING || path->ch->outbound)
			path->ch->ops->buffer(path->ch, buffer);
}

static u32 longest_rtt_us(const struct hps_conn *conn)
{
	struct hps_channel_metrics m;
	struct hps_path *path;
	u32 longest = 0;

	list_for_each_entry(path, &conn->paths, node) {
		if (!hps_path_usable(path))
			continue;
		path->ch->ops->metrics(path->ch, &m);
		longest = max(longest, m.min_rtt_us);
	}
	return longest;
}

/* Not for a peer that sends no more, nor when memory is short. */
static bool may_grow(const struct hps_conn *conn, const struct sock *sk)
{
	return sk && !data_race(sk->sk_userlocks & SOCK_RCVBUF_LOCK) &&
	       !conn->rcv.fin && conn->state == HPS_CONN_ESTABLISHED && !hps_send_memory_full();
}

/* Where data is placed nobody holds the socket lock: what SO_RCVBUF sets meanwhile
 * stays. The core sets the bit first.
 */
static bool set_rcvbuf(struct sock *sk, int size)
{
	int old = READ_ONCE(sk->sk_rcvbuf);

	smp_rmb();
	return !data_race(sk->sk_userlocks & SOCK_RCVBUF_LOCK) &&
	       cmpxchg(&sk->sk_rcvbuf, old, size) == old;
}

/* Much was read or placed: is the buffer what holds the sender back? Returns true
 * if the peer must be told. Data lock held.
 */
static bool tune(struct hps_conn *conn)
{
	u32 buffer = conn->rcv.credit.buffer, size;
	struct hps_autobuf *a = &conn->rcv.tune;
	u64 taken = conn->rcv.reasm.next, now;
	struct sock *sk = conn->sk;

	if (likely(!hps_autobuf_is_due(a, taken, buffer)))
		return false;
	now = ktime_to_us(ktime_get());
	if (!may_grow(conn, sk)) {
		hps_autobuf_restart(a, taken, now);
		return false;
	}
	size = hps_autobuf_receive(a, taken, now, longest_rtt_us(conn), buffer,
				   READ_ONCE(hps_net(conn->net)->sysctl.rmem_max));
	if (size <= buffer || hps_path_any_squeezed(conn) ||
	    !set_rcvbuf(sk, size))
		return false;
	hps_recv_grow(conn, size);
	hps_mib_inc(conn->net, HPS_MIB_BUFFER_GROWN);
	return true;
}

/* The reader has taken data: must the peer be told now? Data lock held. */
static bool window_due(struct hps_conn *conn)
{
	struct hps_recv *rcv = &conn->rcv;

	if (conn->state != HPS_CONN_ESTABLISHED ||
	    !hps_credit_rx_window_due(&rcv->credit, rcv->reasm.next))
		return false;
	conn->todo |= HPS_TODO_ACK;
	return true;
}

/**
 * hps_recv_placed - octets were placed in memory: must the peer be told now?
 * @conn:	the connection; data lock held
 *
 * The counterpart of a read for what nobody reads, once for all that has come
 * together. HPS_TODO_ACK is set then; the caller kicks.
 */
void hps_recv_placed(struct hps_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	if (!tune(conn))
		window_due(conn);
}

/* What the reader meets next. One who looks only goes on from @at and steps over
 * what was placed; for one who takes, the reassembly does so.
 */
static struct hps_extent *find_next(struct hps_reasm *reasm, bool peek, u64 *at)
{
	struct hps_extent *e;

	if (!peek || *at <= reasm->next) {
		*at = reasm->next;
		return hps_reasm_head(reasm);
	}
	e = hps_reasm_at(reasm, *at);
	if (e && e->placed) {
		*at = e->off + e->len;
		e = hps_reasm_at(reasm, *at);
	}
	return e;
}

/* Takes the @taken octets that were copied and finds what comes next; @at is where
 * one who looks only has come to, and where that is.
 * Returns false if nothing does, or a mark was met; @due then tells whether
 * the peer must be told what was taken.
 */
static bool next_run(struct hps_conn *conn, struct hps_read *r, u64 *at,
		     u32 taken, struct run *run, bool *due)
{
	struct hps_reasm *reasm = &conn->rcv.reasm;
	struct hps_extent *e;
	bool found = false;

	spin_lock_bh(&conn->lock);
	if (taken)
		hps_reasm_consume(reasm, taken);
	e = find_next(reasm, r->peek, at);
	if (e && e->mark) {
		r->mark = true;
		if (!r->peek)
			hps_reasm_consume(reasm, 1);
	} else if (e && r->len) {
		struct hps_path *path = container_of(e->rxq, struct hps_path,
						     rxq);

		run->ch = path->ch;
		run->pos = e->pos + (*at - e->off);
		run->len = min_t(u64, r->len, e->len - (*at - e->off));
		hps_channel_hold(run->ch);
		found = true;
	}
	if (!found && !r->peek) {
		*due = tune(conn) || window_due(conn);
		hps_conn_check_end(conn);
	}
	spin_unlock_bh(&conn->lock);
	return found;
}

/**
 * hps_recv_let_go - unlock a channel that was read from, and drop the reference
 * @ch:		the channel, locked, or NULL
 * @push:	it carries what must be told as well, before TCP acknowledges what is
 *		dropped: one packet does both
 *
 * Context: process.
 */
void hps_recv_let_go(struct hps_channel *ch, bool push)
{
	if (!ch)
		return;
	if (push)
		hps_channel_push_locked(ch);
	if (ch->state != HPS_CHANNEL_DEAD)
		ch->ops->trim(ch);
	else if (ch->events == &hps_path_events)
		hps_path_release(ch->user);
	hps_channel_unlock(ch);
	hps_channel_put(ch);
}

/* Returns the octets delivered, all of @run unless a pipe is full, or an error. */
static int deliver(struct hps_channel *ch, const struct run *run,
		   const struct hps_read *r)
{
	int err;

	if (r->pipe)
		return ch->ops->splice(ch, run->pos, run->len, r->pipe,
				       r->flags);
	err = ch->ops->read(ch, run->pos, run->len, r->to);
	if (err)
		return err;
	hps_mib_add(ch->net, HPS_MIB_COPIED_OCTETS, run->len);
	return run->len;
}

/**
 * hps_recv_read - give what has arrived to the application
 * @conn:	the connection
 * @r:		what is wanted; tells what was done
 *
 * Context: process, socket lock held; locks channels. Returns 0, -EFAULT, or
 * an error of splice; octets delivered before it count. Tells the peer if that
 * matters.
 */
int hps_recv_read(struct hps_conn *conn, struct hps_read *r)
{
	struct hps_channel *held = NULL;
	bool due = false, same;
	struct run run;
	u32 taken = 0;
	u64 at = 0;
	int n = 0;

	while (next_run(conn, r, &at, taken, &run, &due)) {
		taken = 0;
		if (run.ch != held) {
			hps_recv_let_go(held, false);
			held = run.ch;
			hps_channel_lock(held);
		} else {
			hps_channel_put(run.ch);
		}
		n = deliver(held, &run, r);
		if (n <= 0)
			break;
		at += n;
		r->done += n;
		r->len -= n;
		if (!r->peek)
			taken = n;
		/* The pipe is full. */
		if (n < run.len)
			r->len = 0;
	}
	/* With several paths the least loaded one is the one to tell by. */
	same = due && held && READ_ONCE(conn->nr_paths) == 1;
	hps_recv_let_go(held, same);
	if (due && !same)
		hps_send_push(conn);
	return min(n, 0);
}

/* Data was taken without hps_recv_read(). Socket locked, no channel locked. */
static void tell_taken(struct hps_conn *conn)
{
	bool push;

	spin_lock_bh(&conn->lock);
	push = tune(conn) || window_due(conn);
	hps_conn_check_end(conn);
	spin_unlock_bh(&conn->lock);
	if (push)
		hps_send_push(conn);
}

/**
 * hps_recv_skip_record - take what is left of a record, unread
 * @conn:	the connection; the record is complete
 * @len:	grows by the octets skipped
 *
 * Context: process, socket lock held.
 */
int hps_recv_skip_record(struct hps_conn *conn, size_t *len)
{
	struct hps_reasm *reasm = &conn->rcv.reasm;
	struct hps_channel *ch;
	struct hps_extent *e;
	bool mark = false;

	while (!mark) {
		spin_lock_bh(&conn->lock);
		e = hps_reasm_head(reasm);
		if (!e) {
			spin_unlock_bh(&conn->lock);
			return -EAGAIN;
		}
		mark = e->mark;
		ch = NULL;
		if (!mark) {
			ch = container_of(e->rxq, struct hps_path, rxq)->ch;
			hps_channel_hold(ch);
			*len += e->len;
		}
		hps_reasm_consume(reasm, e->len);
		spin_unlock_bh(&conn->lock);
		if (ch)
			hps_channel_lock(ch);
		hps_recv_let_go(ch, false);
	}
	tell_taken(conn);
	return 0;
}

/* Octets that a read would find, all of them in order: none while receives are posted.
 * With the socket locked that does not become less, for then nobody posts.
 */
u64 hps_recv_queued(const struct hps_conn *conn)
{
	if (unlikely(READ_ONCE(conn->rcv.posted)))
		return 0;
	return READ_ONCE(conn->rcv.reasm.ready);
}

/* Has the peer's stream been read to its end? Without the data lock: on_fin()
 * writes the offset first, else an old one of 0 were the end of a fresh stream.
 */
bool hps_recv_at_end(const struct hps_conn *conn)
{
	return smp_load_acquire(&conn->rcv.fin) &&
	       READ_ONCE(conn->rcv.reasm.next) == READ_ONCE(conn->rcv.fin_off);
}

/**
 * hps_recv_readable - would a read of @want octets go on?
 * @conn:	the connection; data lock held
 * @want:	low-water mark, octets
 *
 * A record must be complete, or as large as the buffer allows.
 */
bool hps_recv_readable(const struct hps_conn *conn, u64 want)
{
	const struct hps_reasm *r = &conn->rcv.reasm;
	u64 queued = r->ready;

	if (unlikely(conn->rcv.posted))
		return false;
	if (hps_conn_heard_all(conn))
		return true;
	if (!queued)
		return false;
	if (conn->seqpacket ? hps_reasm_record(r, NULL) : queued >= want)
		return true;
	/* Never wait for more than credit can bring. */
	return hps_credit_rx_filled(&conn->rcv.credit,
				    conn->rcv.reasm.next) &&
	       (!conn->seqpacket || queued > 1);
}

/**
 * hps_recv_arrived - more of the stream can be read, or its end was reached
 * @conn:	the connection; data lock held
 *
 * The socket is not told before all receives that were posted are completed.
 */
void hps_recv_arrived(struct hps_conn *conn)
{
	struct sock *sk = conn->sk;

	if (!sk || conn->rcv.posted)
		return;
	if (hps_conn_heard_all(conn)) {
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
		sk->sk_state_change(sk);
	}
	if (hps_recv_readable(conn, min_t(u64, READ_ONCE(sk->sk_rcvlowat),
					  conn->rcv.want))) {
		conn->rcv.want = HPS_NO_READER;
		sk->sk_data_ready(sk);
	}
}

/**
 * hps_recv_napi - the device queues by which the paths receive
 * @conn:	the connection
 * @ids:	their NAPI ids
 * @most:	places in @ids
 *
 * Returns how many there are.
 */
unsigned int hps_recv_napi(struct hps_conn *conn, unsigned int *ids,
			   unsigned int most)
{
	struct hps_path *path;
	unsigned int n = 0;

	spin_lock_bh(&conn->lock);
	list_for_each_entry(path, &conn->paths, node) {
		unsigned int id = path->ch->ops->napi(path->ch);

		if (id && n < most)
			ids[n++] = id;
	}
	spin_unlock_bh(&conn->lock);
	return n;
}

/**
 * hps_recv_wait - a reader goes to sleep until it finds @want octets
 * @conn:	the connection
 * @want:	what it was not content with less than
 *
 * It may have data left that it cannot use yet, or wait for the answer to what
 * it wrote: that is not held back any longer for Nagle's rule (SV-4).
 *
 * Context: process, socket lock held, no channel locked. Returns false if they
 * are there now.
 */
bool hps_recv_wait(struct hps_conn *conn, u64 want)
{
	struct hps_recv *rcv = &conn->rcv;
	bool push, wait;

	/* Nobody else takes what is in order: mostly that ends the sleep. */
	if (!conn->seqpacket && hps_recv_queued(conn) >= want)
		return false;
	spin_lock_bh(&conn->lock);
	wait = !hps_recv_readable(conn, want);
	/* It may be less than SO_RCVLOWAT: the last octets of a read. */
	if (wait)
		rcv->want = min(rcv->want, want);
	push = wait && conn->state == HPS_CONN_ESTABLISHED &&
	       hps_credit_rx_starved(&rcv->credit, rcv->reasm.next);
	if (push)
		conn->todo |= HPS_TODO_ACK;
	if (wait && conn->snd.nxt != conn->snd.end &&
	    conn->snd.awaited != conn->snd.end) {
		conn->snd.awaited = conn->snd.end;
		push = true;
	}
	spin_unlock_bh(&conn->lock);
	if (push)
		hps_send_push(conn);
	return wait;
}
