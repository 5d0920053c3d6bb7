// SPDX-License-Identifier: GPL-2.0
/*
 * Writing: payload is copied once, into chunks that stay until HPS has acknowledged
 * them. pages.c has the way without a copy.
 *
 * A chunk is a slice of a page frag, the writing task's, with space for the heads in
 * front and the trailer behind.
 */
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/uio.h>

#include "conn/conn.h"
#include "conn/send.h"
#include "conn/serve.h"
#include "conn/transit.h"

/* Below this a new slice is not begun in what a page frag has left. */
#define LEAST_SLICE	512

static struct hps_chunk *last_chunk(struct hps_conn *conn)
{
	if (list_empty(&conn->snd.chunks))
		return NULL;
	return list_last_entry(&conn->snd.chunks, struct hps_chunk, node);
}

/* Octets that may still be appended to the last chunk in place. Data lock. */
static u32 append_room(struct hps_conn *conn, const struct page_frag *frag)
{
	const struct hps_chunk *c = last_chunk(conn);

	if (!c || c->closed || c->mark ||
	    !hps_chunk_goes_on(c, &conn->snd.intent) || c->page != frag->page ||
	    c->page_off + c->len + HPS_TAIL_ROOM != frag->offset)
		return 0;
	return min(frag->size - frag->offset,
		   c->len < conn->snd.slice ? conn->snd.slice - c->len : 0);
}

/* A chunk for at most @len octets, not yet known to others, or NULL. */
static struct hps_chunk *begin_chunk(struct hps_send *snd,
				     const struct hps_intent *intent,
				     struct page_frag *frag, u32 len, gfp_t gfp)
{
	u32 head = sizeof(struct hps_frame) + hps_intent_header(intent);
	struct hps_chunk *c;
	u32 off;

	if (!skb_page_frag_refill(head + HPS_TAIL_ROOM + min_t(u32, len,
							       LEAST_SLICE),
				  frag, gfp))
		return NULL;
	c = hps_chunk_alloc(snd, gfp & ~__GFP_ACCOUNT);
	if (!c)
		return NULL;
	off = ALIGN(frag->offset, 8);
	if (off + head + HPS_TAIL_ROOM + min_t(u32, len, LEAST_SLICE) >
	    frag->size)
		off = frag->offset;
	c->page = frag->page;
	get_page(c->page);
	c->page_off = off + head;
	c->intent = *intent;
	return c;
}

/* Octets that a chunk just begun has room for. */
static u32 chunk_room(const struct hps_conn *conn, const struct hps_chunk *c,
		      const struct page_frag *frag)
{
	return min(frag->size - c->page_off - (u32)HPS_TAIL_ROOM,
		   READ_ONCE(conn->snd.slice));
}

/* Puts a chunk, filled, behind the others. Data lock held. */
static void add_chunk(struct hps_conn *conn, struct page_frag *frag,
		      struct hps_chunk *c)
{
	struct hps_send *snd = &conn->snd;

	frag->offset = c->page_off + c->len + HPS_TAIL_ROOM;
	c->off = snd->end;
	if (!list_empty(&snd->chunks) &&
	    !hps_chunk_goes_on(last_chunk(conn), &c->intent))
		snd->parted = true;
	list_add_tail(&c->node, &snd->chunks);
	if (!snd->next)
		snd->next = c;
	hps_send_charge(conn, hps_chunk_memory(c));
	snd->end += c->len;
}

/* Fills a new chunk. Returns the octets taken, -EFAULT or -ENOMEM. */
static int write_new(struct hps_conn *conn, struct page_frag *frag,
		     struct iov_iter *from, u32 len)
{
	struct hps_chunk *c = begin_chunk(&conn->snd, &conn->snd.intent, frag,
					  len, GFP_KERNEL_ACCOUNT);

	if (!c)
		return -ENOMEM;
	len = min(len, chunk_room(conn, c, frag));
	c->len = copy_from_iter(page_address(c->page) + c->page_off, len, from);
	if (!c->len) {
		hps_chunk_free(&conn->snd, c);
		return -EFAULT;
	}
	/* Others may have freed it when the lock is dropped. */
	len = c->len;
	hps_mib_add(conn->net, HPS_MIB_COPIED_OCTETS, len);
	spin_lock_bh(&conn->lock);
	add_chunk(conn, frag, c);
	conn->snd.intent.place += len;
	spin_unlock_bh(&conn->lock);
	return len;
}

/**
 * hps_send_write - copy payload behind what was written before
 * @conn:	the connection
 * @from:	the payload
 * @len:	how much of it at most
 *
 * Context: process, socket lock held. Returns the octets taken (one chunk at
 * most), -EFAULT or -ENOMEM.
 */
int hps_send_write(struct hps_conn *conn, struct iov_iter *from, u32 len)
{
	struct page_frag *frag = &current->task_frag;
	struct hps_chunk *c;
	u32 room, n;

	if (!frag->page || frag->offset >= frag->size ||
	    list_empty(&conn->snd.chunks))
		return write_new(conn, frag, from, len);
	spin_lock_bh(&conn->lock);
	room = append_room(conn, frag);
	if (room)
		conn->snd.filling = true;
	spin_unlock_bh(&conn->lock);
	if (!room)
		return write_new(conn, frag, from, len);
	/* The last one cannot be acknowledged away while @filling, nor does anybody
	 * add another one.
	 */
	c = last_chunk(conn);
	n = copy_from_iter(page_address(c->page) + c->page_off + c->len,
			   min_t(u32, room, len), from);
	frag->offset += n;
	hps_mib_add(conn->net, HPS_MIB_COPIED_OCTETS, n);

	spin_lock_bh(&conn->lock);
	conn->snd.filling = false;
	c->len += n;
	conn->snd.end += n;
	conn->snd.intent.place += n;
	hps_send_charge(conn, n);
	if (n && !conn->snd.next)
		conn->snd.next = c;
	hps_serve_run(conn);
	spin_unlock_bh(&conn->lock);
	return n ? n : -EFAULT;
}

/**
 * hps_send_mark - end a record (SOCK_SEQPACKET)
 * @conn:	the connection
 *
 * Context: process, socket lock held, room for it was made. Returns 0 or
 * -ENOMEM for an empty record.
 */
int hps_send_mark(struct hps_conn *conn)
{
	struct page_frag *frag = &current->task_frag;
	struct hps_chunk *c, *new = NULL;

	spin_lock_bh(&conn->lock);
	c = last_chunk(conn);
	if (!c || c->mark || c->closed || c->intent.kind != HPS_KIND_DATA) {
		spin_unlock_bh(&conn->lock);
		new = begin_chunk(&conn->snd, &conn->snd.intent, frag, 1,
				  GFP_KERNEL_ACCOUNT);
		if (!new)
			return -ENOMEM;
		spin_lock_bh(&conn->lock);
		add_chunk(conn, frag, new);
		c = new;
	}
	c->mark = true;
	conn->snd.end++;
	if (!conn->snd.next)
		conn->snd.next = c;
	spin_unlock_bh(&conn->lock);
	return 0;
}

/**
 * hps_write_kernel - put octets of our own behind what was written before
 * @conn:	the connection; data lock held, nobody is @filling
 * @frag:	where they are copied to
 * @intent:	what they are
 * @len:	how many at most
 * @fill:	writes @len octets to @to; returns 0 or an error
 * @arg:	for @fill
 *
 * They are sent whatever Nagle's rule, TCP_CORK and MSG_MORE say; the caller kicks.
 *
 * Returns the octets taken, -ENOMEM, or the error of @fill.
 */
int hps_write_kernel(struct hps_conn *conn, struct page_frag *frag,
		     const struct hps_intent *intent, u32 len,
		     int (*fill)(void *to, u32 len, void *arg), void *arg)
{
	struct hps_send *snd = &conn->snd;
	struct hps_chunk *c;
	int err;

	lockdep_assert_held(&conn->lock);
	c = begin_chunk(snd, intent, frag, len, GFP_ATOMIC);
	if (!c)
		return -ENOMEM;
	len = min(len, chunk_room(conn, c, frag));
	/* There is room for LEAST_SLICE, and elements are shorter. */
	err = fill(page_address(c->page) + c->page_off, len, arg);
	if (err) {
		hps_chunk_free(snd, c);
		return err;
	}
	c->len = len;
	add_chunk(conn, frag, c);
	hps_mib_add(conn->net, HPS_MIB_COPIED_OCTETS, len);
	snd->awaited = snd->end;
	snd->flush = snd->end;
	return len;
}
