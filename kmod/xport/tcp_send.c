// SPDX-License-Identifier: GPL-2.0
/*
 * Channels over TCP, downwards: a message becomes an MPA frame, and TCP takes
 * references on our pages instead of copying.
 *
 * tcp_sendmsg_locked() gathers pages for MSG_ZEROCOPY with a msg_ubuf; the
 * hook sg_from_iter lets us add 32 KB pieces as single frags. The ubuf has no
 * zerocopy flag, so the skb stays an ordinary one that nobody has to complete
 * or copy: pages once sent are never written again, and the references are all
 * that TCP needs. Where the device cannot gather, TCP copies.
 *
 * Pages of the application (MSG_ZEROCOPY) go with the ubuf of who waits for
 * them: TCP completes it when no skb holds them any more, and copies them where
 * they would be delivered on this machine. Pages of splice are marked as shared:
 * they can change while they are sent.
 */
#include <linux/bvec.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/uio.h>

#include "compat.h"
#include "ddp/ddp.h"
#include "ddp/mpa.h"
#include "net.h"
#include "xport/tcp.h"

/* Zeros for padding and the unused CRC field. */
static const u8 zeros[8];

static void ubuf_done(struct sk_buff *skb, struct ubuf_info *ubuf, bool ok)
{
}

#ifndef HPS_UBUF_CALLBACK
static const struct ubuf_info_ops ubuf_ops = { .complete = ubuf_done };
#endif

static void ubuf_init(struct ubuf_info *ubuf, u8 flags)
{
#ifdef HPS_UBUF_CALLBACK
	ubuf->callback = ubuf_done;
#else
	ubuf->ops = &ubuf_ops;
#endif
	ubuf->flags = flags;
	refcount_set(&ubuf->refcnt, 1);
}

/* Adds the pieces that @from begins with to @skb by reference. */
static int gather(struct sk_buff *skb, struct iov_iter *from, size_t length,
		  u32 *added)
{
	const struct bio_vec *v = from->bvec;
	int frag = skb_shinfo(skb)->nr_frags;
	u32 skip = from->iov_offset;
	u32 done = 0;
	int err = 0;

	length = min(length, iov_iter_count(from));
	for (; done < length; v++, skip = 0) {
		u32 n = min_t(size_t, v->bv_len - skip, length - done);
		u32 off = v->bv_offset + skip;

		if (skb_can_coalesce(skb, frag, v->bv_page, off)) {
			skb_frag_size_add(&skb_shinfo(skb)->frags[frag - 1], n);
		} else if (frag < MAX_SKB_FRAGS) {
			get_page(v->bv_page);
			skb_fill_page_desc(skb, frag++, v->bv_page, off, n);
		} else {
			err = -EMSGSIZE;
			break;
		}
		done += n;
	}
	iov_iter_advance(from, done);
	skb->len += done;
	skb->data_len += done;
	skb->truesize += done;
	*added = done;
	return err;
}

#ifdef HPS_SG_FROM_ITER_SOCK
static int sg_from_iter(struct sock *sk, struct sk_buff *skb,
			struct iov_iter *from, size_t length)
{
	u32 added;
	int err = gather(skb, from, length, &added);

	sk_wmem_queued_add(sk, added);
	if (!skb_zcopy_pure(skb))
		sk_mem_charge(sk, added);
	return err;
}
#else
static int sg_from_iter(struct sk_buff *skb, struct iov_iter *from,
			size_t length)
{
	u32 added;

	return gather(skb, from, length, &added);
}
#endif

/* Hands pieces to TCP. Returns the octets taken, or an error with none. */
static int tcp_give(struct hps_tcp *t, struct bio_vec *vec, unsigned int nr,
		    u32 len, struct ubuf_info *ubuf, bool shared, bool more)
{
	struct msghdr msg = {
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_ZEROCOPY,
		.msg_ubuf = ubuf ? : &t->ubuf,
		.sg_from_iter = sg_from_iter,
	};
	int n;

	if (more)
		msg.msg_flags |= MSG_MORE;
	if (!(t->sk->sk_route_caps & NETIF_F_SG))
		hps_mib_inc(t->ch.net, HPS_MIB_ZERO_COPY_FALLBACK);
	ubuf_init(&t->ubuf, shared ? SKBFL_SHARED_FRAG : 0);
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, vec, nr, len);
	t->sending = true;
	n = tcp_sendmsg_locked(t->sk, &msg, len);
	t->sending = false;
	return n;
}

/* Cuts the first @skip octets off @vec, in place. Returns the pieces left. */
static unsigned int cut_pieces(struct bio_vec *vec, unsigned int nr, u32 skip)
{
	unsigned int first = 0;

	while (first < nr && skip >= vec[first].bv_len)
		skip -= vec[first++].bv_len;
	if (first < nr) {
		vec[first].bv_offset += skip;
		vec[first].bv_len -= skip;
	}
	memmove(vec, vec + first, (nr - first) * sizeof(*vec));
	return nr - first;
}

/* Keeps what TCP did not take; the pages are held until it does. */
static int keep_rest(struct hps_tcp *t, const struct hps_tx *tx, u32 skip,
		     u32 len)
{
	struct hps_tcp_rest *rest = kmalloc(sizeof(*rest), GFP_ATOMIC);
	unsigned int i;

	if (!rest)
		return -ENOMEM;
	memcpy(rest->vec, tx->vec, tx->nr * sizeof(*tx->vec));
	rest->nr = cut_pieces(rest->vec, tx->nr, skip);
	rest->len = len - skip;
	for (i = 0; i < rest->nr; i++)
		get_page(rest->vec[i].bv_page);
	rest->shared = tx->shared;
	rest->ubuf = tx->ubuf;
	if (rest->ubuf)
		net_zcopy_get(rest->ubuf);
	list_add_tail(&rest->node, &t->rest);
	set_bit(HPS_CHANNEL_UNSENT, &t->ch.flags);
	return 0;
}

static void drop_rest(struct hps_tcp_rest *rest)
{
	unsigned int i;

	for (i = 0; i < rest->nr; i++)
		put_page(rest->vec[i].bv_page);
	if (rest->ubuf)
		net_zcopy_put(rest->ubuf);
	list_del(&rest->node);
	kfree(rest);
}

/* Forgets what TCP did not take: the channel ends. */
void hps_tcp_drop_rest(struct hps_tcp *t)
{
	struct hps_tcp_rest *rest, *next;

	list_for_each_entry_safe(rest, next, &t->rest, node)
		drop_rest(rest);
	while (t->nr_held)
		put_page(t->held[--t->nr_held].bv_page);
	t->held_len = 0;
}

static bool no_memory(int err)
{
	return err == -EAGAIN || err == -ENOMEM || err == -ENOBUFS;
}

/**
 * hps_tcp_flush - give TCP what it did not take before
 * @ch:	the channel, locked
 *
 * Returns true if something remains, so that nothing new should be sent.
 */
bool hps_tcp_flush(struct hps_channel *ch)
{
	struct hps_tcp *t = hps_tcp(ch);
	struct hps_tcp_rest *rest, *next;
	unsigned int i, nr;
	int n;

	list_for_each_entry_safe(rest, next, &t->rest, node) {
		n = tcp_give(t, rest->vec, rest->nr, rest->len, rest->ubuf,
			     rest->shared, false);
		if (n == rest->len) {
			drop_rest(rest);
			continue;
		}
		if (n < 0 && !no_memory(n)) {
			hps_channel_fail(ch, n);
			return true;
		}
		if (n > 0) {
			for (i = 0, nr = n; i < rest->nr; i++) {
				if (nr < rest->vec[i].bv_len)
					break;
				nr -= rest->vec[i].bv_len;
				put_page(rest->vec[i].bv_page);
			}
			rest->nr = cut_pieces(rest->vec, rest->nr, n);
			rest->len -= n;
		}
		hps_channel_back_off(ch);
		return true;
	}
	clear_bit(HPS_CHANNEL_UNSENT, &ch->flags);
	return false;
}

/* Page by page: those of an application need not be mapped. */
static u32 piece_crc(u32 crc, const struct bio_vec *v)
{
	u32 at = v->bv_offset, left = v->bv_len, n;
	u8 *page;

	for (; left; at += n, left -= n) {
		n = min_t(u32, left, PAGE_SIZE - offset_in_page(at));
		page = kmap_local_page(pfn_to_page(page_to_pfn(v->bv_page) +
						   (at >> PAGE_SHIFT)));
		crc = mpa_crc_add(crc, page + offset_in_page(at), n);
		kunmap_local(page);
	}
	return crc;
}

/* CRC32c over the frame as it will stand in the stream, trailer excluded. */
static __le32 frame_crc(const struct hps_tx *tx, u32 pad)
{
	u32 crc = mpa_crc_start();
	unsigned int i;

	for (i = 0; i < tx->nr; i++)
		crc = piece_crc(crc, &tx->vec[i]);
	crc = mpa_crc_add(crc, zeros, pad);
	return mpa_crc_end(crc);
}

/* Adds padding and CRC. */
static int add_trailer(struct hps_channel *ch, struct hps_tx *tx)
{
	u32 ulpdu = HPS_ULPDU_HEAD + tx->len;
	u32 size = mpa_frame_size(ulpdu) - MPA_LEN_SIZE - ulpdu;
	u32 pad = size - MPA_CRC_SIZE;
	__le32 crc = ch->crc ? frame_crc(tx, pad) : 0;
	struct bio_vec *last = &tx->vec[tx->nr - 1];
	u8 *tail;

	if (tx->tail_room) {
		tail = page_address(last->bv_page) + last->bv_offset +
		       last->bv_len;
		last->bv_len += size;
	} else if (!ch->crc) {
		get_page(ZERO_PAGE(0));
		bvec_set_page(&tx->vec[tx->nr++], ZERO_PAGE(0), size, 0);
		return 0;
	} else {
		tail = hps_tx_alloc(&tx->vec[tx->nr], size);
		if (!tail)
			return -ENOMEM;
		tx->nr++;
	}
	memset(tail, 0, pad);
	memcpy(tail + pad, &crc, MPA_CRC_SIZE);
	return 0;
}

/* Gives whole frames to TCP, and keeps what it does not take. Returns 0, or an error
 * that has ended the channel.
 */
static int give_or_keep(struct hps_tcp *t, struct hps_tx *tx, u32 size, bool more)
{
	int n;

	/* Frames must not overtake each other. */
	n = list_empty(&t->rest) ?
		tcp_give(t, tx->vec, tx->nr, size, tx->ubuf, tx->shared,
			 more) : 0;
	if (no_memory(n))
		n = 0;
	if (n >= 0 && n < size) {
		int err = keep_rest(t, tx, n, size);

		n = err ? err : n;
		hps_channel_back_off(&t->ch);
	}
	if (n < 0) {
		hps_channel_fail(&t->ch, n);
		return n;
	}
	return 0;
}

/* Sends what was held back; as give_or_keep(). */
static int give_held(struct hps_tcp *t, bool more)
{
	struct hps_tx tx hps_uninitialized;
	u32 size = t->held_len;
	int err;

	if (!t->nr_held)
		return 0;
	memcpy(tx.vec, t->held, t->nr_held * sizeof(*t->held));
	tx.nr = t->nr_held;
	tx.shared = false;
	tx.ubuf = NULL;
	t->nr_held = 0;
	WRITE_ONCE(t->held_len, 0);
	err = give_or_keep(t, &tx, size, more);
	hps_tx_drop(&tx);
	return err;
}

/* The reference on its page passes. */
static void hold_back(struct hps_tcp *t, struct hps_tx *tx, u32 size)
{
	t->held[t->nr_held++] = tx->vec[0];
	WRITE_ONCE(t->held_len, t->held_len + size);
	tx->nr = 0;
}

static int tcp_send_frame(struct hps_channel *ch, struct hps_tx *tx, bool more)
{
	u32 size = mpa_frame_size(HPS_ULPDU_HEAD + tx->len);
	struct hps_tcp *t = hps_tcp(ch);
	bool hold = ch->corked && tx->control;
	int err = 0;

	hps_frame_build(tx->frame, tx->len, ch->tx_msn);
	if (add_trailer(ch, tx))
		return -ENOMEM;
	ch->tx_msn++;
	if (!hold || t->nr_held == HPS_TCP_HELD)
		err = give_held(t, true);
	if (err)
		return err;
	if (hold)
		hold_back(t, tx, size);
	else
		err = give_or_keep(t, tx, size, more);
	return err;
}

/**
 * hps_tcp_send - send one message
 * @ch:		the channel, locked
 * @tx:		the message; its references on pages are consumed
 * @more:	another message follows at once on this channel
 *
 * While a push goes on, messages without payload wait for its end or for data, so that
 * one packet carries them all.
 *
 * Returns 0 if TCP took the message or what it did not take is kept; -ENOMEM
 * if it was not begun; any other error has ended the channel.
 */
int hps_tcp_send(struct hps_channel *ch, struct hps_tx *tx, bool more)
{
	int err = -EPIPE;

	if (ch->state != HPS_CHANNEL_DEAD)
		err = tcp_send_frame(ch, tx, more);
	hps_tx_drop(tx);
	return err;
}

/**
 * hps_tcp_settle - a push has ended
 * @ch:	the channel, locked, alive
 *
 * What was received is dropped only now if a push was to follow, for then its packet
 * has carried TCP's acknowledgement.
 */
void hps_tcp_settle(struct hps_channel *ch)
{
	struct hps_tcp *t = hps_tcp(ch);

	if (give_held(t, false) || !ch->trim_later)
		return;
	ch->trim_later = false;
	hps_tcp_trim(ch);
}

/* Sends the MPA start-up frame with our hello. The channel is locked. By
 * reference, as all else: to copy, TCP would take 32 KB and keep them as long
 * as it lives.
 */
void hps_tcp_send_hello(struct hps_channel *ch)
{
	u32 size = sizeof(struct mpa_startup) + sizeof(struct hps_hello);
	struct bio_vec vec;
	u8 *buf = hps_tx_alloc(&vec, size);
	u8 flags = 0;
	bool sent;
	int n;

	if (!buf) {
		hps_channel_fail(ch, -ENOMEM);
		return;
	}
	if (ch->want_crc || ch->crc)
		flags |= MPA_FLAG_CRC;
	if (ch->hello_reject)
		flags |= MPA_FLAG_REJECT;
	n = mpa_startup_build(buf, size, !ch->outbound, flags, &ch->hello,
			      sizeof(ch->hello));
	sent = tcp_give(hps_tcp(ch), &vec, 1, n, NULL, false, false) == n;
	put_page(vec.bv_page);
	if (!sent) {
		/* The first octets of a connection do not fit: no memory. */
		hps_channel_fail(ch, -ENOMEM);
		return;
	}
	ch->hello_pending = false;
	if (ch->outbound)
		return;
	/* After a rejection the peer closes, or the sweep does: a reset from
	 * here could overtake the reason.
	 */
	if (!ch->hello_reject)
		hps_channel_ready(ch);
}
