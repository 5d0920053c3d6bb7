// SPDX-License-Identifier: GPL-2.0
/*
 * The send side without a copy: chunks of pages that belong to somebody else,
 * an application (MSG_ZEROCOPY, HPS_DIRECT_LENT) or a file (sendfile, splice).
 *
 * A chunk holds a reference on its page until HPS has acknowledged it, every
 * message that carries it holds more until its transport has done with it: a
 * segment may have left on several paths. An application's pages come with a
 * ubuf, which is referenced beside the page by both; when the last reference
 * goes the application may write to the pages again, not before.
 */
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/uio.h>

#include "compat.h"
#include "conn/path.h"
#include "conn/send.h"
#include "conn/transit.h"

/* Pages taken from the application in one go. */
#define BATCH	16

/* One page that the kernel has already, referenced. */
static ssize_t take_bvec(struct iov_iter *from, u32 len, struct page **page,
			 size_t *off)
{
	const struct bio_vec *v = from->bvec;
	u32 at = v->bv_offset + from->iov_offset;
	u32 n = min_t(u32, v->bv_len - from->iov_offset, len);

	*page = pfn_to_page(page_to_pfn(v->bv_page) + (at >> PAGE_SHIFT));
	*off = offset_in_page(at);
	n = min_t(u32, n, PAGE_SIZE - *off);
	/* Memory of the allocator knows no references. */
	if (!sendpage_ok(*page))
		return -EOPNOTSUPP;
	get_page(*page);
	iov_iter_advance(from, n);
	return n;
}

/* Pages of at most @len octets, referenced; @off is the place in the first. */
static ssize_t take_pages(struct iov_iter *from, u32 len, struct page **pages,
			  size_t *off)
{
	if (iov_iter_is_bvec(from))
		return take_bvec(from, len, pages, off);
	return iov_iter_get_pages2(from, pages, len, BATCH, off);
}

/* Does @page go on where the chunk ends, under the same reference? */
static bool goes_on(const struct hps_chunk *c, struct page *page, u32 off)
{
	u32 end = c->page_off + c->len;

	return page_folio(c->page) == page_folio(page) &&
	       offset_in_page(end) == off &&
	       page_to_pfn(c->page) + (end >> PAGE_SHIFT) == page_to_pfn(page);
}

/* Puts a page, whose reference is consumed, behind those in @list. */
static int add_page(struct hps_send *snd, struct list_head *list,
		    struct page *page, u32 off, u32 len, struct ubuf_info *ubuf)
{
	struct hps_chunk *c = NULL;

	if (!list_empty(list))
		c = list_last_entry(list, struct hps_chunk, node);
	if (c && goes_on(c, page, off)) {
		c->len += len;
		put_page(page);
		return 0;
	}
	c = hps_chunk_alloc(snd, GFP_KERNEL);
	if (!c) {
		put_page(page);
		return -ENOMEM;
	}
	c->page = page;
	c->page_off = off;
	c->len = len;
	c->head_used = true;
	c->closed = true;
	c->shared = true;
	c->ubuf = ubuf;
	if (ubuf)
		net_zcopy_get(ubuf);
	list_add_tail(&c->node, list);
	return 0;
}

/* Collects chunks for @len octets at most. Returns octets, or an error. */
static int collect(struct hps_send *snd, struct iov_iter *from, u32 len,
		   struct ubuf_info *ubuf, struct list_head *list)
{
	struct page *pages[BATCH];
	unsigned int i, nr;
	int done = 0, err;
	size_t off;
	ssize_t n;

	n = take_pages(from, len, pages, &off);
	if (n <= 0)
		return n ? n : -EFAULT;
	nr = DIV_ROUND_UP(off + n, PAGE_SIZE);
	for (i = 0; i < nr; i++) {
		u32 part = min_t(u32, PAGE_SIZE - off, n - done);

		err = add_page(snd, list, pages[i], off, part, ubuf);
		if (err)
			goto err_put;
		done += part;
		off = 0;
	}
	return done;

err_put:
	while (++i < nr)
		put_page(pages[i]);
	iov_iter_revert(from, n - done);
	return done ? done : err;
}

/**
 * hps_send_takes_pages - can payload be written without a copy?
 * @conn:	the connection
 * @from:	the payload
 *
 * With CRC it cannot: a page that changes on its way would cost the path.
 *
 * Context: process, socket lock held.
 */
bool hps_send_takes_pages(struct hps_conn *conn, const struct iov_iter *from)
{
	struct hps_path *path;
	bool crc = false;

	if (!user_backed_iter(from) && !iov_iter_is_bvec(from))
		return false;
	spin_lock_bh(&conn->lock);
	list_for_each_entry(path, &conn->paths, node)
		crc |= path->ch->crc;
	spin_unlock_bh(&conn->lock);
	return !crc;
}

/**
 * hps_send_last_ubuf - whom the application's newest pages will be told to
 * @conn:	the connection
 *
 * Context: process, socket lock held. Returns it with a reference, or NULL if
 * the newest payload is none of that kind or not there any more.
 */
struct ubuf_info *hps_send_last_ubuf(struct hps_conn *conn)
{
	struct ubuf_info *ubuf = NULL;

	spin_lock_bh(&conn->lock);
	if (!list_empty(&conn->snd.chunks))
		ubuf = list_last_entry(&conn->snd.chunks, struct hps_chunk,
				       node)->ubuf;
	if (ubuf && hps_ubuf_is_msgzc(ubuf))
		net_zcopy_get(ubuf);
	else
		ubuf = NULL;
	spin_unlock_bh(&conn->lock);
	return ubuf;
}

/**
 * hps_send_pages - put payload behind what was written before, by reference
 * @conn:	the connection
 * @from:	the payload, for which hps_send_takes_pages() is true
 * @len:	how much of it at most
 * @ubuf:	whom to tell when the pages are free again, or NULL
 *
 * Context: process, socket lock held. Returns the octets taken, maybe fewer;
 * -EFAULT, -ENOMEM, or -EOPNOTSUPP for pages that must be copied.
 */
int hps_send_pages(struct hps_conn *conn, struct iov_iter *from, u32 len,
		   struct ubuf_info *ubuf)
{
	struct hps_send *snd = &conn->snd;
	struct hps_chunk *c;
	LIST_HEAD(list);
	int n;

	n = collect(snd, from, len, ubuf, &list);
	if (n < 0)
		return n;
	spin_lock_bh(&conn->lock);
	if (!list_empty(&snd->chunks) &&
	    !hps_chunk_goes_on(list_last_entry(&snd->chunks, struct hps_chunk,
					       node), &snd->intent))
		snd->parted = true;
	list_for_each_entry(c, &list, node) {
		c->off = snd->end;
		c->intent = snd->intent;
		snd->intent.place += c->len;
		snd->end += c->len;
		hps_send_charge(conn, hps_chunk_memory(c));
	}
	if (!snd->next)
		snd->next = list_first_entry(&list, struct hps_chunk, node);
	list_splice_tail(&list, &snd->chunks);
	/* It was lost since the caller looked: nobody shall wait for the pages. */
	if (conn->state == HPS_CONN_CLOSED)
		hps_send_forget(conn);
	spin_unlock_bh(&conn->lock);
	hps_mib_add(conn->net, ubuf ? HPS_MIB_ZERO_COPY_OCTETS :
		    iov_iter_is_bvec(from) ? HPS_MIB_SPLICE_OCTETS :
					     HPS_MIB_LENT_OCTETS, n);
	return n;
}
