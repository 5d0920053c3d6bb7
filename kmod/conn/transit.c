// SPDX-License-Identifier: GPL-2.0
/* What is in transit: acknowledgements, lost paths, and who sends next. */
#include "conn/transit.h"

#include <linux/mm.h>
#include <linux/percpu_counter.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "conn/ask.h"
#include "conn/choose.h"
#include "conn/duplicate.h"
#include "conn/send.h"
#include "conn/serve.h"
#include "control/trace.h"

static struct kmem_cache *chunk_cache;
static struct kmem_cache *segment_cache;

/* What the chunks of all connections take, octets. The tasks' memory cgroups
 * are charged by the pages (begin_chunk()); this bounds what they sum up to, as
 * tcp_mem does for TCP, which does not count pages that it got by reference.
 */
static struct percpu_counter send_memory;

/* Their bound, net.hps.mem: pages. */
unsigned int hps_send_memory_pages;

/* A CPU may be so far off: exactness is not worth a shared cache line. */
#define MEMORY_BATCH	SZ_256K

/* May be held by each connection when memory is full: less is not worth to be
 * counted at once either.
 */
#define LEAST_MEMORY	SZ_16K

static void count_memory(struct hps_send *snd)
{
	percpu_counter_add_batch(&send_memory, snd->uncounted, MEMORY_BATCH);
	snd->uncounted = 0;
}

/**
 * hps_send_charge - a connection holds more, or less, to be sent
 * @conn:	the connection; data lock held
 * @octets:	how much more
 */
void hps_send_charge(struct hps_conn *conn, s32 octets)
{
	struct hps_send *snd = &conn->snd;

	WRITE_ONCE(snd->memory, snd->memory + octets);
	snd->uncounted += octets;
	if (abs(snd->uncounted) >= LEAST_MEMORY)
		count_memory(snd);
}

/* Is net.hps.mem reached? */
bool hps_send_memory_full(void)
{
	s64 limit = (s64)READ_ONCE(hps_send_memory_pages) << PAGE_SHIFT;

	return percpu_counter_read(&send_memory) >= limit;
}

/* Octets that may be written now. */
u32 hps_send_space(const struct hps_conn *conn)
{
	u32 used = READ_ONCE(conn->snd.memory);
	u32 limit = READ_ONCE(conn->snd.limit);

	/* Read without the lock, in this order @nxt may be the newer one. */
	if ((s64)(READ_ONCE(conn->snd.end) - READ_ONCE(conn->snd.nxt)) >=
	    (s64)READ_ONCE(conn->snd.unsent_low))
		return 0;
	/* Who has little gets on whatever the others hold; who has more is
	 * woken when some of it is acknowledged.
	 */
	if (used >= LEAST_MEMORY && hps_send_memory_full())
		return 0;
	return used < limit ? limit - used : 0;
}

/**
 * hps_send_grow - a writer has not enough room: shall the buffer grow?
 * @sk:		the socket, locked
 * @conn:	its connection
 * @need:	octets that the writer wants to have room for
 *
 * It does if it is what holds the writer up (TCP_NOTSENT_LOWAT and net.hps.mem do
 * so, too) and what bounds the rate, unless the program has set it or memory is
 * short. Once per round trip, so that a peer which acknowledges nothing, or a path
 * that has fallen silent, makes nothing grow.
 *
 * Context: process, no channel locked. Returns the octets that may be written now.
 */
u32 hps_send_grow(struct sock *sk, struct hps_conn *conn, u32 need)
{
	struct hps_send *snd = &conn->snd;
	u32 limit, size;

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK || hps_send_memory_full())
		return hps_send_space(conn);
	spin_lock_bh(&conn->lock);
	limit = snd->limit;
	size = limit;
	if (snd->una >= snd->grow_from && snd->memory + (u64)need > limit)
		size = hps_autobuf_send(snd->memory, snd->end - snd->una,
					snd->nxt - snd->una, limit,
					READ_ONCE(hps_net(conn->net)->sysctl.wmem_max));
	if (size > limit && !hps_path_any_squeezed(conn)) {
		WRITE_ONCE(sk->sk_sndbuf, size);
		WRITE_ONCE(snd->limit, size);
		snd->grow_from = snd->nxt;
		hps_mib_inc(conn->net, HPS_MIB_BUFFER_GROWN);
	}
	spin_unlock_bh(&conn->lock);
	return hps_send_space(conn);
}

/**
 * hps_send_admits - may a whole record be written, without waiting for room?
 * @conn:	the connection
 * @len:	octets of the record
 *
 * If memory is full nobody may tell when it is not any more: then the writer is
 * told to try again after a while.
 *
 * Context: process, socket lock held.
 */
bool hps_send_admits(struct hps_conn *conn, u32 len)
{
	if (len > hps_send_space(conn))
		return false;
	if (len + conn->snd.memory <= LEAST_MEMORY || !hps_send_memory_full())
		return true;
	hps_mib_inc(conn->net, HPS_MIB_MEMORY_FULL);
	spin_lock_bh(&conn->lock);
	WRITE_ONCE(conn->snd.short_of_memory, true);
	hps_conn_cork(conn);
	spin_unlock_bh(&conn->lock);
	return false;
}

/* Zeroed. With data lock or not: a writer has none. */
struct hps_chunk *hps_chunk_alloc(struct hps_send *snd, gfp_t gfp)
{
	struct hps_chunk *c = xchg(&snd->spare_chunk, NULL);

	if (!c)
		return kmem_cache_zalloc(chunk_cache, gfp);
	*c = (struct hps_chunk) {};
	return c;
}

/* Data lock held. */
struct hps_segment *hps_segment_alloc(struct hps_send *snd)
{
	struct hps_segment *s = snd->spare_segment;

	snd->spare_segment = NULL;
	return s ? : kmem_cache_alloc(segment_cache, GFP_ATOMIC);
}

/* Data lock held. */
void hps_segment_free(struct hps_send *snd, struct hps_segment *s)
{
	if (snd->spare_segment)
		kmem_cache_free(segment_cache, s);
	else
		snd->spare_segment = s;
}

/* Lets go of a chunk's page; whoever waits for that may be told here. */
void hps_chunk_free(struct hps_send *snd, struct hps_chunk *c)
{
	put_page(c->page);
	if (c->ubuf)
		net_zcopy_put(c->ubuf);
	if (cmpxchg(&snd->spare_chunk, NULL, c))
		kmem_cache_free(chunk_cache, c);
}

/* Nothing will be written any more. Data lock held. */
static void free_spares(struct hps_send *snd)
{
	struct hps_chunk *c = xchg(&snd->spare_chunk, NULL);

	if (c)
		kmem_cache_free(chunk_cache, c);
	if (snd->spare_segment)
		kmem_cache_free(segment_cache, snd->spare_segment);
	snd->spare_segment = NULL;
}

/* Returns what the caller is to take off by hps_send_charge(). */
static u32 free_chunk(struct hps_send *snd, struct hps_chunk *c)
{
	u32 memory = hps_chunk_memory(c);

	list_del(&c->node);
	hps_chunk_free(snd, c);
	return memory;
}

static void free_acked_chunks(struct hps_conn *conn)
{
	struct hps_send *snd = &conn->snd;
	struct hps_chunk *c, *next;
	u32 freed = 0;

	list_for_each_entry_safe(c, next, &snd->chunks, node) {
		if (hps_chunk_end(c) > snd->una || snd->next == c ||
		    (snd->filling && list_is_last(&c->node, &snd->chunks)))
			break;
		freed += free_chunk(snd, c);
	}
	if (list_empty(&snd->chunks))
		snd->parted = false;
	if (freed)
		hps_send_charge(conn, -(s32)freed);
}

/* @octets came by another path, and may be in the way of this one still. */
static void drag(struct hps_path *path, u32 octets)
{
	path->dragged = min_t(u64, (u64)path->dragged + octets, U32_MAX);
}

static void free_acked_segments(struct hps_conn *conn)
{
	struct hps_segment *s, *next;
	struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node)
		list_for_each_entry_safe(s, next, &path->segments, node) {
			if (hps_segment_end(s) > conn->snd.una)
				break;
			list_del(&s->node);
			if (path->arrived == s)
				path->arrived = NULL;
			path->unacked -= s->len + HPS_SEGMENT_OVERHEAD;
			if (s->rescued)
				drag(path, s->len + HPS_SEGMENT_OVERHEAD);
			hps_segment_free(&conn->snd, s);
		}
}

/**
 * hps_send_ack - the peer has acknowledged data and given credit
 * @conn:	the connection; data lock held
 * @ack:	all below has arrived there; the FIN takes one
 * @edge:	offsets below may be sent
 * @buffer:	the peer's receive buffer, 0 if not said
 *
 * Context: a channel is locked. Returns 0 or -EPROTO: acknowledged what was
 * never sent. Old news is ignored.
 */
int hps_send_ack(struct hps_conn *conn, u64 ack, u64 edge, u32 buffer)
{
	struct hps_send *snd = &conn->snd;
	u64 most = snd->nxt + snd->fin_sent;
	bool more_credit, held = false;

	lockdep_assert_held(&conn->lock);
	if (ack > most)
		return -EPROTO;
	more_credit = edge > snd->credit.edge ||
		      (buffer && buffer != snd->credit.buffer);
	hps_credit_tx_update(&snd->credit, edge, buffer ? : snd->credit.buffer,
			     snd->nxt);
	if (ack > snd->una) {
		snd->una = min(ack, snd->end);
		if (ack > snd->end) {
			snd->fin_acked = true;
			hps_conn_wake(conn);
		}
		free_acked_segments(conn);
		hps_duplicate_acked(conn);
		free_acked_chunks(conn);
		hps_ask_advance(conn);
		hps_serve_run(conn);
		if (conn->sk)
			conn->sk->sk_write_space(conn->sk);
		hps_conn_check_end(conn);
		/* Nagle may have held it back for what has arrived now; and if
		 * nothing is under way any more, nothing else has a path asked.
		 */
		held = (snd->held || snd->una == snd->nxt) &&
		       snd->nxt != snd->end;
	}
	if (held || (more_credit && snd->stalled))
		hps_path_kick_all(conn);
	return 0;
}

/* Sorted by offset: what the peer waits for first goes first. */
static void lose_segment(struct hps_send *snd, struct hps_segment *s)
{
	struct hps_segment *at;

	list_for_each_entry_reverse(at, &snd->again, node)
		if (at->off <= s->off)
			break;
	list_move(&s->node, &at->node);
}

/**
 * hps_send_path_lost - what was in transit on a path is ready again
 * @conn:	the connection; data lock held
 * @path:	the path that is down
 */
void hps_send_path_lost(struct hps_conn *conn, struct hps_path *path)
{
	struct hps_segment *s, *next;

	list_for_each_entry_safe(s, next, &path->segments, node) {
		s->rescued = 0;
		s->rescue = false;
		if (!s->copy) {
			lose_segment(&conn->snd, s);
			continue;
		}
		list_del(&s->node);
		hps_segment_free(&conn->snd, s);
	}
	hps_duplicate_path_lost(conn, path);
	path->arrived = NULL;
	drag(path, path->unacked);
	path->unacked = 0;
	if (conn->snd.fin_sent && !conn->snd.fin_acked)
		conn->todo |= HPS_TODO_FIN;
	/* Acknowledgements may have been lost as well. */
	conn->todo |= HPS_TODO_ACK;
}

/**
 * hps_send_forget - let go of what was written, for none of it will be sent
 * @conn:	the connection, CLOSED; data lock held
 *
 * Whoever waits for his pages need not wait for close().
 */
void hps_send_forget(struct hps_conn *conn)
{
	struct hps_send *snd = &conn->snd;
	struct hps_chunk *c, *next;

	snd->next = NULL;
	list_for_each_entry_safe(c, next, &snd->chunks, node) {
		/* sendmsg is about to write to the last one. */
		if (snd->filling && list_is_last(&c->node, &snd->chunks))
			break;
		hps_send_charge(conn, -(s32)free_chunk(snd, c));
	}
}

/* Forgets all that was written. Data lock held. */
void hps_send_purge(struct hps_conn *conn)
{
	struct hps_send *snd = &conn->snd;
	struct hps_segment *s, *next;
	struct hps_chunk *c, *c_next;
	struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node)
		hps_send_path_lost(conn, path);
	list_for_each_entry_safe(s, next, &snd->again, node) {
		list_del(&s->node);
		hps_segment_free(snd, s);
	}
	hps_duplicate_purge(conn);
	snd->next = NULL;
	list_for_each_entry_safe(c, c_next, &snd->chunks, node)
		hps_send_charge(conn, -(s32)free_chunk(snd, c));
	count_memory(snd);
	free_spares(snd);
}

/* Is there anything that could be sent now? Sure with the data lock only. */
bool hps_send_waits(const struct hps_conn *conn)
{
	return READ_ONCE(conn->todo) || !list_empty(&conn->snd.again) ||
	       READ_ONCE(conn->snd.nxt) != READ_ONCE(conn->snd.end);
}

/* The path on which the next octets would go, with a reference, or NULL. */
static struct hps_channel *next_channel(struct hps_conn *conn, u64 *tried)
{
	struct hps_path *best;

	if (!hps_send_waits(conn))
		return NULL;
	best = hps_choose_next(conn, *tried);
	if (!best)
		return NULL;
	*tried |= 1ULL << best->id;
	hps_channel_hold(best->ch);
	return best->ch;
}

/**
 * hps_send_push - send what waits, in the caller's context
 * @conn:	the connection
 *
 * Context: process, no channel locked. The emptiest paths come first, so a
 * small message locks one path only.
 */
void hps_send_push(struct hps_conn *conn)
{
	struct hps_channel *ch;
	u64 tried = 0;

	for (;;) {
		spin_lock_bh(&conn->lock);
		ch = next_channel(conn, &tried);
		if (!ch && conn->snd.nxt != conn->snd.end)
			conn->snd.held_below = conn->snd.held;
		spin_unlock_bh(&conn->lock);
		if (!ch)
			return;
		hps_mib_inc(conn->net, HPS_MIB_CALLER_SEND);
		hps_channel_push(ch);
		hps_channel_put(ch);
		/* Who makes more work meanwhile kicks a path himself. */
		if (!hps_send_waits(conn))
			return;
	}
}

/* Would a push send nothing, for Nagle holds back what was written? */
static bool is_held(const struct hps_conn *conn)
{
	const struct hps_send *snd = &conn->snd;

	return READ_ONCE(snd->end) - READ_ONCE(snd->nxt) <
	       READ_ONCE(snd->held_below) && hps_send_space(conn) &&
	       !READ_ONCE(snd->nodelay) && !READ_ONCE(snd->fin) &&
	       !READ_ONCE(conn->todo) && list_empty(&snd->again);
}

/**
 * hps_send_written - send what was written, unless it must wait for an ACK
 * @conn:	the connection
 *
 * As hps_send_push(), for the common case that a small write joins others that
 * wait already (@held_below): then no path is asked again, for whoever has
 * something in flight asks by itself when that is acknowledged.
 *
 * Context: process, no channel locked.
 */
void hps_send_written(struct hps_conn *conn)
{
	if (!is_held(conn))
		hps_send_push(conn);
}

int hps_send_init(void)
{
	chunk_cache = KMEM_CACHE(hps_chunk, SLAB_ACCOUNT);
	segment_cache = KMEM_CACHE(hps_segment, 0);
	if (chunk_cache && segment_cache &&
	    !percpu_counter_init(&send_memory, 0, GFP_KERNEL))
		return 0;
	kmem_cache_destroy(segment_cache);
	kmem_cache_destroy(chunk_cache);
	return -ENOMEM;
}

void hps_send_exit(void)
{
	WARN_ON_ONCE(percpu_counter_sum(&send_memory));
	percpu_counter_destroy(&send_memory);
	kmem_cache_destroy(segment_cache);
	kmem_cache_destroy(chunk_cache);
}
