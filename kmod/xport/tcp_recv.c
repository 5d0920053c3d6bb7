// SPDX-License-Identifier: GPL-2.0
/*
 * Channels over TCP, upwards: frames are recognised where they lie.
 *
 * Payload stays in TCP's receive queue until the reader copies it from there:
 * one copy, no queue of our own, and TCP acknowledges as for an ordinary
 * reader. The parser runs ahead of the reader by looking at frame heads; what
 * nobody needs any more is dropped from the front of the queue.
 */
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "ddp/ddp.h"
#include "ddp/message.h"
#include "ddp/mpa.h"
#include "net.h"
#include "xport/early.h"
#include "xport/tcp.h"

/* Less is not worth an ACK as long as something else waits to be read. */
#define TRIM_LEAST	SZ_16K

/* Heads and most control messages fit here; longer ones are rare. */
#define SMALL_MESSAGE	80

/* End of what has arrived in order, without a FIN. */
static u32 queue_end(const struct sock *sk)
{
	const struct sk_buff *skb = skb_peek_tail(&sk->sk_receive_queue);

	if (!skb)
		return READ_ONCE(tcp_sk(sk)->copied_seq);
	return TCP_SKB_CB(skb)->seq + skb->len;
}

/* The skb that holds @pos. New data is looked at most: search from the tail. */
static struct sk_buff *find_skb(struct sock *sk, u32 pos, u32 *off)
{
	struct sk_buff *skb;

	skb_queue_reverse_walk(&sk->sk_receive_queue, skb) {
		*off = pos - TCP_SKB_CB(skb)->seq;
		if (*off < skb->len)
			return skb;
	}
	return NULL;
}

/* Copies octets that are known to have arrived, in order or not. */
static int peek(struct sock *sk, u32 pos, void *to, u32 len)
{
	struct sk_buff *skb = NULL;
	u32 off = 0, n;

	if (unlikely(!before(pos, tcp_sk(sk)->rcv_nxt)))
		return hps_tcp_early_peek(sk, pos, to, len);

	while (len) {
		/* What follows lies in the next one, unless they overlap. */
		skb = skb ? skb_peek_next(skb, &sk->sk_receive_queue) : NULL;
		if (skb)
			off = pos - TCP_SKB_CB(skb)->seq;
		if (!skb || off >= skb->len)
			skb = find_skb(sk, pos, &off);
		if (!skb)
			return -EPROTO;
		n = min(len, skb->len - off);
		if (skb_copy_bits(skb, off, to, n))
			return -EFAULT;
		pos += n;
		to += n;
		len -= n;
	}
	return 0;
}

/* CRC32c of @len octets at @pos, compared with the field that follows. */
bool hps_tcp_crc_is_right(struct sock *sk, u32 pos, u32 len)
{
	u32 crc = mpa_crc_start();
	u8 buf[256];
	__le32 field;
	u32 n;

	while (len) {
		n = min_t(u32, len, sizeof(buf));
		if (peek(sk, pos, buf, n))
			return false;
		crc = mpa_crc_add(crc, buf, n);
		pos += n;
		len -= n;
	}
	if (peek(sk, pos, &field, sizeof(field)))
		return false;
	return field == mpa_crc_end(crc);
}

/* Counted by what is wrong; -EPROTO counts as a bad message. */
static int bad(struct hps_channel *ch, enum hps_mib_field field)
{
	hps_mib_inc(ch->net, field);
	return -EBADMSG;
}

/* No memory: nothing was taken from the queue, so look again a little later. */
static int stall(struct hps_channel *ch)
{
	set_bit(HPS_CHANNEL_STALLED, &ch->flags);
	hps_channel_back_off(ch);
	return 0;
}

/* The frame that begins with our hello's answer, or with the peer's hello. */
static int receive_startup(struct hps_tcp *t, u32 avail)
{
	u8 buf[sizeof(struct mpa_startup) + MPA_MAX_PRIVATE_DATA];
	struct hps_channel *ch = &t->ch;
	struct mpa_startup_info info;
	struct hps_hello hello;
	int n;

	avail = min_t(u32, avail, sizeof(buf));
	if (peek(t->sk, t->rx.pos, buf, avail))
		return -EPROTO;
	n = mpa_startup_parse(buf, avail, ch->outbound, &info);
	if (n == 0)
		return 0;
	if (n < 0 || info.private_len < sizeof(hello))
		return bad(ch, HPS_MIB_BAD_STARTUP);
	memcpy(&hello, info.private_data, sizeof(hello));
	t->rx.pos += n;
	t->rx.started = true;
	/* Either side may ask for the CRC; the reply says what holds. */
	ch->crc = (info.flags & MPA_FLAG_CRC) || (!ch->outbound && ch->want_crc);
	if (!ch->events)
		return -ECONNABORTED;
	if (ch->outbound && !!(info.flags & MPA_FLAG_REJECT) !=
	    (hello.kind == HPS_MSG_REFUSE))
		return bad(ch, HPS_MIB_BAD_STARTUP);
	if (ch->outbound && !(info.flags & MPA_FLAG_REJECT))
		hps_channel_ready(ch);
	ch->events->hello(ch, &hello);
	/* An initiator speaks first, see hps_channel_may_send(). */
	hps_tcp_kick(ch);
	return 1;
}

static int receive_control(struct hps_tcp *t, const struct hps_msg *msg, u32 len)
{
	struct hps_channel *ch = &t->ch;

	return ch->events ? ch->events->control(ch, msg, len) : -EPROTO;
}

/* A message that is not data; it is handled when all of it is here. */
static int receive_message(struct hps_tcp *t, const u8 *head, u32 avail,
			   u32 frame, u32 len)
{
	const u32 at = t->rx.pos + sizeof(struct hps_frame);
	struct hps_channel *ch = &t->ch;
	void *msg;
	int err;

	if (avail < frame)
		return 0;
	if (sizeof(struct hps_frame) + len <= SMALL_MESSAGE) {
		err = receive_control(t, (void *)(head + sizeof(struct hps_frame)),
				      len);
	} else {
		msg = kmalloc(len, GFP_ATOMIC);
		if (!msg)
			return stall(ch);
		err = peek(t->sk, at, msg, len);
		if (!err)
			err = receive_control(t, msg, len);
		kfree(msg);
	}
	if (err == -ENOMEM)
		return stall(ch);
	if (err)
		return err;
	ch->rx_msn++;
	t->rx.pos += frame;
	return 1;
}

/* Payload was noted: goes on behind it, and behind the trailer after the last. */
static void pass_payload(struct hps_tcp *t, u32 avail, u32 n)
{
	t->rx.pos += n;
	t->rx.payload -= n;
	if (!t->rx.payload) {
		u32 rest = min(avail - n, t->rx.trailer);

		t->rx.pos += rest;
		t->rx.trailer -= rest;
	}
}

static int receive_data(struct hps_tcp *t, const u8 *head, u32 avail,
			const struct hps_msg_info *info, u32 frame, u32 len)
{
	const struct hps_data *data = (void *)(head + sizeof(struct hps_frame));
	const u32 begin = sizeof(struct hps_frame) + info->header_len;
	struct hps_channel *ch = &t->ch;
	u32 payload = len - info->header_len;
	u32 here;
	int n;

	if (!ch->events)
		return -EPROTO;
	here = avail > begin ? min(avail - begin, payload) : 0;
	if (info->type == HPS_MSG_PLACE && payload)
		hps_tcp_early_begin(t, (const void *)head, frame, payload);
	n = ch->events->data(ch, data, payload, t->rx.pos + begin, here);
	if (n < 0)
		return n;
	ch->rx_msn++;
	t->rx.pos += begin;
	t->rx.payload = payload;
	t->rx.trailer = frame - sizeof(struct hps_frame) - len;
	if (n) {
		pass_payload(t, avail - begin, n);
	} else if (!payload) {
		/* A record mark alone is a segment, too. */
		n = ch->events->payload(ch, t->rx.pos, 0, true);
		if (n == -ENOMEM)
			n = -ENOBUFS;	/* cannot be asked again: the path ends */
		if (n)
			return n;
	}
	return 1;
}

/* A header with so many options that it needs memory to be looked at. */
static enum hps_msg_verdict check_long(struct hps_tcp *t, u32 avail, u32 len,
				       struct hps_msg_info *info)
{
	u32 n = min3(avail - (u32)sizeof(struct hps_frame), len,
		     (u32)HPS_MAX_HEADER);
	enum hps_msg_verdict verdict = HPS_MSG_NEED_MORE;
	void *head = kmalloc(n, GFP_ATOMIC);

	if (!head)
		stall(&t->ch);
	else if (!peek(t->sk, t->rx.pos + sizeof(struct hps_frame), head, n))
		verdict = hps_msg_check(head, n, len, info);
	kfree(head);
	return verdict;
}

/* Looks at the head of a frame. Returns 1 for progress, 0 to wait, or an error. */
static int receive_head(struct hps_tcp *t, u32 avail)
{
	struct hps_channel *ch = &t->ch;
	struct hps_msg_info info;
	u8 head[SMALL_MESSAGE] __aligned(8);
	const struct hps_frame *f = (void *)head;
	u32 seen = min_t(u32, avail, sizeof(head));
	enum hps_msg_verdict verdict;
	u32 len, frame;

	if (avail < sizeof(*f))
		return 0;
	if (peek(t->sk, t->rx.pos, head, seen))
		return -EPROTO;
	if (hps_frame_check(f, ch->rx_msn) != HPS_FRAME_OK)
		return bad(ch, HPS_MIB_BAD_FRAME);
	len = hps_frame_payload(f);
	frame = mpa_frame_size(HPS_ULPDU_HEAD + len);
	if (ch->crc) {
		if (avail < frame)
			return 0;
		if (!hps_tcp_crc_is_right(t->sk, t->rx.pos, frame - MPA_CRC_SIZE))
			return bad(ch, HPS_MIB_BAD_CRC);
	}
	verdict = hps_msg_check(head + sizeof(*f), seen - sizeof(*f), len, &info);
	if (verdict == HPS_MSG_NEED_MORE && avail > seen)
		verdict = check_long(t, avail, len, &info);
	switch (verdict) {
	case HPS_MSG_NEED_MORE:
		return 0;
	case HPS_MSG_SKIP:
		if (avail < frame)
			return 0;
		hps_mib_inc(ch->net, HPS_MIB_UNKNOWN_MESSAGE);
		ch->rx_msn++;
		t->rx.pos += frame;
		return 1;
	case HPS_MSG_BAD:
		return -EPROTO;
	case HPS_MSG_OK:
		break;
	}
	switch (info.type) {
	case HPS_MSG_DATA:
	case HPS_MSG_PLACE:
	case HPS_MSG_REQUEST:
	case HPS_MSG_RESULT:
		return receive_data(t, head, avail, &info, frame, len);
	default:
		return receive_message(t, head, avail, frame, len);
	}
}

static int receive_payload(struct hps_tcp *t, u32 avail)
{
	u32 n = min(avail, t->rx.payload);
	u32 pos;
	int err;

	/* The connection may have ended in the middle of a segment. */
	if (!t->ch.events || !t->ch.events->payload)
		return -EPIPE;
	if (n) {
		err = t->ch.events->payload(&t->ch, t->rx.pos, n,
					    n == t->rx.payload);
		if (err == -ENOMEM)
			return stall(&t->ch);
		if (err)
			return err;
	}
	pos = t->rx.pos;
	pass_payload(t, avail, n);
	return t->rx.pos != pos;
}

static int receive_step(struct hps_tcp *t)
{
	u32 avail = queue_end(t->sk) - t->rx.pos;

	if ((s32)avail <= 0)
		return 0;
	/* Urgent data has no place in the protocol and would block reading. */
	if (unlikely(tcp_sk(t->sk)->urg_data))
		return bad(&t->ch, HPS_MIB_BAD_FRAME);
	if (!t->rx.started)
		return receive_startup(t, avail);
	if (t->rx.payload || t->rx.trailer)
		return receive_payload(t, avail);
	return receive_head(t, avail);
}

static int eat(read_descriptor_t *desc, struct sk_buff *skb, unsigned int off,
	       size_t len)
{
	size_t n = min(len, desc->count);

	desc->count -= n;
	return n;
}

/* Drops what lies before @keep from the front of the queue. */
static void trim_to(struct hps_tcp *t, u32 keep)
{
	read_descriptor_t desc = {};
	s32 n = keep - tcp_sk(t->sk)->copied_seq;

	/* Every trim makes TCP send an ACK: not for the head of a segment that
	 * waits to be read.
	 */
	if (n <= 0 || (keep != t->rx.pos && n < TRIM_LEAST) ||
	    test_bit(HPS_CHANNEL_TRIMMING, &t->ch.flags))
		return;
	desc.count = n;
	set_bit(HPS_CHANNEL_TRIMMING, &t->ch.flags);
	tcp_read_sock(t->sk, &desc, eat);
	clear_bit(HPS_CHANNEL_TRIMMING, &t->ch.flags);
}

/**
 * hps_tcp_trim - drop what nobody needs from the front of the receive queue
 * @ch:	the channel, locked
 */
void hps_tcp_trim(struct hps_channel *ch)
{
	struct hps_tcp *t = hps_tcp(ch);
	u32 keep = t->rx.pos;

	if (ch->events && ch->events->keep)
		keep = ch->events->keep(ch, keep);
	trim_to(t, keep);
}

/* Has the other end said anything? The channel is locked. */
bool hps_tcp_heard(const struct hps_tcp *t)
{
	return t->rx.started || queue_end(t->sk) != t->rx.pos;
}

/* TCP delays its ACKs while data lies unread. Where it waits for another path
 * no reader will come soon, and the sender must not be kept waiting for them.
 */
static void acknowledge_waiting(struct hps_tcp *t)
{
	struct inet_connection_sock *icsk = inet_csk(t->sk);
	const struct tcp_sock *tp = tcp_sk(t->sk);

	if (t->ch.waits && tp->rcv_nxt - tp->rcv_wup > icsk->icsk_ack.rcv_mss)
		icsk->icsk_ack.pending |= ICSK_ACK_NOW | ICSK_ACK_SCHED;
}

/**
 * hps_tcp_receive - look at what has arrived
 * @t:	the channel, locked
 */
void hps_tcp_receive(struct hps_tcp *t)
{
	struct hps_channel *ch = &t->ch;
	bool mute = !hps_channel_may_send(ch);
	u32 keep;
	int err;

	if (ch->state == HPS_CHANNEL_DEAD || ch->state == HPS_CHANNEL_DIALING)
		return;
	if (unlikely(test_bit(HPS_CHANNEL_DRAINED, &ch->flags))) {
		t->rx.pos = queue_end(t->sk);
		trim_to(t, t->rx.pos);
		return;
	}
	do {
		err = receive_step(t);
	} while (err > 0 && ch->state != HPS_CHANNEL_DEAD);

	if (err < 0) {
		if (err == -EPROTO)
			hps_mib_inc(ch->net, HPS_MIB_BAD_MESSAGE);
		hps_channel_fail(ch, err);
	}
	if (ch->state == HPS_CHANNEL_DEAD)
		return;
	keep = t->rx.pos;
	if (ch->events && ch->events->parsed)
		keep = ch->events->parsed(ch, keep);
	hps_tcp_early_pass(t);
	if (mute && hps_channel_may_send(ch))
		hps_tcp_kick(ch);
	acknowledge_waiting(t);
	/* What is sent soon can carry TCP's acknowledgement. */
	ch->trim_later = test_bit(HPS_CHANNEL_KICKED, &ch->flags);
	if (!ch->trim_later)
		trim_to(t, keep);
}

/**
 * hps_tcp_peek - copy from the receive queue to memory of the kernel
 * @ch:		the channel, locked
 * @pos:	where
 * @to:		whereto
 * @len:	how much; all of it has arrived
 *
 * Returns 0 or an error, which means that TCP's queue is not as it was seen.
 */
int hps_tcp_peek(struct hps_channel *ch, u32 pos, void *to, u32 len)
{
	return peek(hps_tcp_sk(ch), pos, to, len);
}

/**
 * hps_tcp_read - copy from the receive queue
 * @ch:		the channel, owned
 * @pos:	where
 * @len:	how much; all of it has arrived
 * @to:		whereto
 *
 * Context: process, may sleep. Returns 0 or -EFAULT.
 */
int hps_tcp_read(struct hps_channel *ch, u32 pos, u32 len, struct iov_iter *to)
{
	struct sock *sk = hps_tcp_sk(ch);
	struct sk_buff *skb;
	u32 off, n;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		off = pos - TCP_SKB_CB(skb)->seq;
		if (off >= skb->len)
			continue;
		n = min(len, skb->len - off);
		if (skb_copy_datagram_iter(skb, off, to, n))
			return -EFAULT;
		pos += n;
		len -= n;
		if (!len)
			return 0;
	}
	WARN_ON_ONCE(len);
	return -EFAULT;
}

/**
 * hps_tcp_splice - put references on what has arrived into a pipe
 * @ch:		the channel, owned
 * @pos:	where
 * @len:	how much at most; all of it has arrived
 * @pipe:	whereto, locked
 * @flags:	SPLICE_F_*
 *
 * Context: process. Returns octets (fewer if the pipe is full), or
 * splice_to_pipe()'s error.
 */
int hps_tcp_splice(struct hps_channel *ch, u32 pos, u32 len,
		   struct pipe_inode_info *pipe, unsigned int flags)
{
	struct sock *sk = hps_tcp_sk(ch);
	struct sk_buff *skb;
	u32 off, done = 0;
	int n;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		off = pos + done - TCP_SKB_CB(skb)->seq;
		/* At most so many pages at once as an skb has frags. */
		while (done < len && off < skb->len) {
			n = skb_splice_bits(skb, sk, off, pipe,
					    min(len - done, skb->len - off),
					    flags);
			if (n <= 0)
				return done ? done : n ? n : -ENOMEM;
			done += n;
			off += n;
		}
		if (done == len)
			break;
	}
	return done;
}
