// SPDX-License-Identifier: GPL-2.0
/*
 * Channels over TCP, upwards, out of order: octets that have a place in memory are
 * put there while TCP still waits for what is before them.
 *
 * TCP keeps them in its out-of-order queue for as long as it would anyhow, and they
 * are parsed when their turn comes; what was placed is not copied again then. They
 * are not acknowledged before. What is known meanwhile: early.h.
 */
#include <linux/rbtree.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "net.h"
#include "xport/early.h"
#include "xport/tcp.h"

/* Runs of octets that one arrival may have us look at: a peer that sends every other
 * octet shall not make each of them cost as much as all.
 */
#define LOOK_MOST	64

/* A FIN counts in end_seq. */
static u32 skb_end(const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->seq + skb->len;
}

/* The skb of the out-of-order queue that holds @pos, or else the next one. They may
 * overlap, but none lies within another.
 */
static struct sk_buff *find_skb(const struct sock *sk, u32 pos)
{
	struct rb_node *n = tcp_sk(sk)->out_of_order_queue.rb_node;
	struct sk_buff *skb, *found = NULL;

	while (n) {
		skb = rb_to_skb(n);
		if (before(pos, skb_end(skb))) {
			found = skb;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return found;
}

/* The same, but NULL if that does not hold @pos. */
static struct sk_buff *find_holder(const struct sock *sk, u32 pos)
{
	struct sk_buff *skb = find_skb(sk, pos);

	return skb && !before(pos, TCP_SKB_CB(skb)->seq) ? skb : NULL;
}

/**
 * hps_tcp_early_peek - copy from what TCP holds out of order
 * @sk:		the socket, locked
 * @pos:	where
 * @to:		whereto
 * @len:	how much
 *
 * Context: any. Returns 0, or an error: not all of it is there.
 */
int hps_tcp_early_peek(struct sock *sk, u32 pos, void *to, u32 len)
{
	struct sk_buff *skb;
	u32 off, n;

	for (; len; pos += n, to += n, len -= n) {
		skb = find_holder(sk, pos);
		if (!skb)
			return -EPROTO;
		off = pos - TCP_SKB_CB(skb)->seq;
		n = min(len, skb->len - off);
		if (skb_copy_bits(skb, off, to, n))
			return -EFAULT;
	}
	return 0;
}

static int peek_head(void *source, u32 pos, void *to, u32 len)
{
	struct hps_tcp *t = source;

	return hps_tcp_peek(&t->ch, pos, to, len);
}

/* Is all of the frame here? With CRCs no octet of another may be placed. */
static bool is_complete(const struct sock *sk, const struct hps_early_frame *f)
{
	const u32 end = f->at + f->size;
	unsigned int rounds = LOOK_MOST;
	struct sk_buff *skb;
	u32 pos;

	for (pos = f->at; before(pos, end); pos = skb_end(skb)) {
		skb = rounds-- ? find_holder(sk, pos) : NULL;
		if (!skb)
			return false;
	}
	return true;
}

/* Places [pos, pos + len) of @f and notes it. */
static void place(struct hps_tcp *t, struct hps_early_frame *f, u32 pos, u32 len)
{
	struct hps_channel *ch = &t->ch;

	if (f->refused || hps_early_full(t->early))
		return;
	if (!ch->events->early(ch, &f->head.place, f->payload, pos - f->begin,
			       pos, len)) {
		f->refused = true;
		return;
	}
	hps_early_note(t->early, f, pos, len);
}

/* A frame that is here as a whole is placed as a whole, if its CRC is right. */
static void place_checked(struct hps_tcp *t, struct hps_early_frame *f)
{
	if (f->refused || hps_early_full(t->early) || !is_complete(t->sk, f))
		return;
	if (hps_tcp_crc_is_right(t->sk, f->at, f->size - MPA_CRC_SIZE))
		place(t, f, f->begin, f->payload);
	else
		f->refused = true;
}

/* Places what has a place of [pos, end), which is here. Returns how far there is
 * nothing more to do: beyond @end if a frame does not.
 */
static u32 place_run(struct hps_tcp *t, u32 pos, u32 end)
{
	struct hps_early_frame *f;
	u32 n;

	while (before(pos, end)) {
		f = hps_early_find(t->early, pos);
		if (!f || !before(f->begin, end))
			return end;
		if (before(pos, f->begin))
			pos = f->begin;
		n = min(end - pos, f->begin + f->payload - pos);
		if (!t->ch.crc) {
			if (hps_early_missing(t->early, &pos, &n))
				place(t, f, pos, n);
			pos += n;
		} else {
			if (hps_early_missing(t->early, &pos, &n))
				place_checked(t, f);
			pos = f->at + f->size;
		}
	}
	return pos;
}

/* Looks at what TCP holds of [pos, end). */
static void look(struct hps_tcp *t, u32 pos, u32 end)
{
	unsigned int rounds = LOOK_MOST;
	struct sk_buff *skb;
	u32 n, stop;

	for (; rounds && before(pos, end); rounds--) {
		n = end - pos;
		if (!hps_early_missing(t->early, &pos, &n))
			return;
		skb = find_skb(t->sk, pos);
		if (!skb)
			return;
		stop = pos + n;
		if (before(pos, TCP_SKB_CB(skb)->seq))
			pos = TCP_SKB_CB(skb)->seq;
		if (before(skb_end(skb), stop))
			stop = skb_end(skb);
		if (before(pos, stop))
			pos = place_run(t, pos, stop);
	}
}

/* Is there anybody who would place something? */
static bool is_wanted(const struct hps_tcp *t)
{
	const struct hps_channel *ch = &t->ch;

	return t->early && ch->state == HPS_CHANNEL_READY && ch->events &&
	       ch->events->early && !test_bit(HPS_CHANNEL_DRAINED, &ch->flags);
}

/**
 * hps_tcp_early - something has arrived, and TCP holds data out of order
 * @t:	the channel, locked; all that has arrived in order was parsed
 *
 * Of what was held before nothing new can be placed, unless a head was missing: so
 * only the block with the newest segment is looked at, which SACK knows.
 */
void hps_tcp_early(struct hps_tcp *t)
{
	const struct tcp_sock *tp = tcp_sk(t->sk);
	struct rb_node *first;
	u32 begin, end;

	if (!is_wanted(t))
		return;
	first = rb_first(&tp->out_of_order_queue);
	if (!first)
		return;
	begin = TCP_SKB_CB(rb_to_skb(first))->seq;
	end = skb_end(tp->ooo_last_skb);
	t->early->holding = true;
	t->early->held = begin;
	switch (hps_early_walk(t->early, peek_head, t, end)) {
	case HPS_EARLY_MORE:
		look(t, begin, end);
		return;
	case HPS_EARLY_FAILED:
		hps_mib_inc(t->ch.net, HPS_MIB_EARLY_WALK_FAILED);
		break;
	case HPS_EARLY_DONE:
		break;
	}
	if (tp->rx_opt.num_sacks) {
		begin = tp->selective_acks[0].start_seq;
		end = tp->selective_acks[0].end_seq;
	}
	look(t, begin, end);
}

/**
 * hps_tcp_early_begin - the parser is at the head of a frame with octets to be placed
 * @t:		the channel, locked
 * @head:	the head
 * @size:	of the frame
 * @payload:	octets to be placed
 *
 * Without memory nothing is placed early on this channel until the next one.
 */
void hps_tcp_early_begin(struct hps_tcp *t, const struct hps_early_head *head,
			 u32 size, u32 payload)
{
	if (unlikely(!t->early)) {
		t->early = kmalloc(sizeof(*t->early), GFP_ATOMIC | __GFP_NOWARN);
		if (!t->early)
			return;
		hps_early_init(t->early, t->rx.pos, t->ch.rx_msn);
		t->early->holding = false;
	}
	hps_early_begin(t->early, t->rx.pos, size, payload, head);
}

/**
 * hps_tcp_early_pass - the parser has seen all that has arrived in order
 * @t:	the channel, locked
 */
void hps_tcp_early_pass(struct hps_tcp *t)
{
	const struct hps_tcp_rx *rx = &t->rx;
	struct hps_early *e = t->early;
	s32 filled;

	if (!e)
		return;
	hps_early_pass(e, rx->pos, rx->pos + rx->payload + rx->trailer,
		       t->ch.rx_msn);
	filled = tcp_sk(t->sk)->rcv_nxt - e->held;
	if (!e->holding || filled <= 0)
		return;
	hps_mib_add(t->ch.net, HPS_MIB_EARLY_HELD, filled);
	e->holding = false;
}

/**
 * hps_tcp_early_forget - nobody has a use for it any more
 * @t:	the channel, locked, or known to nobody
 */
void hps_tcp_early_forget(struct hps_tcp *t)
{
	kfree(t->early);
	t->early = NULL;
}

/**
 * hps_tcp_placed - were octets that have arrived in order placed before?
 * @ch:		the channel, locked
 * @pos:	where they begin, in a frame that the parser has come to
 * @len:	how many; becomes the number of those for which the answer is the same
 */
bool hps_tcp_placed(struct hps_channel *ch, u32 pos, u32 *len)
{
	const struct hps_early *e = hps_tcp(ch)->early;

	return e && hps_early_placed(e, pos, len);
}
