// SPDX-License-Identifier: GPL-2.0
/*
 * How bare connections begin: TCP, then MPA start-up (RFC 5044 section 7.1, RFC
 * 6581). What RFC 5044 lets one refuse, markers, is refused.
 */
#include "bare/bare.h"

#include <linux/in6.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat.h"
#include "net.h"

#define DEPTH_DEFAULT	16

/* So many connections are taken, then others may have the processor. */
#define ROUNDS		64

/* --- buffers and depths --------------------------------------------------- */

static u32 own_ird(const struct hps_bare *b)
{
	return b->setup.ird ?: DEPTH_DEFAULT;
}

static u32 own_ord(const struct hps_bare *b)
{
	return b->setup.ord ?: DEPTH_DEFAULT;
}

/* What an end needs that is not a listener. The depths stay as they are then. */
static int get_memory(struct hps_bare *b)
{
	/* One more: the Read of no octets that may begin a connection. */
	if (!b->answers)
		b->answers = kcalloc(own_ird(b) + 1, sizeof(*b->answers),
				     GFP_KERNEL_ACCOUNT);
	if (!b->stream.asked)
		b->stream.asked = kcalloc(own_ord(b), sizeof(*b->stream.asked),
					  GFP_KERNEL_ACCOUNT);
	if (!b->startup)
		b->startup = kmalloc(MPA_MAX_STARTUP, GFP_KERNEL_ACCOUNT);
	if (!b->out)
		b->out = kvmalloc(HPS_BARE_BUFFER, GFP_KERNEL_ACCOUNT);
	if (!b->in)
		b->in = kvmalloc(HPS_BARE_BUFFER, GFP_KERNEL_ACCOUNT);
	if (b->answers && b->stream.asked && b->startup && b->out && b->in)
		return 0;
	return -ENOBUFS;
}

static void open(struct hps_bare *b, u32 ird, u32 ord)
{
	b->stream.ird = ird;
	b->stream.ord = ord;
	b->timeout = false;
	b->hold = !b->initiator;
	b->state = HPS_BARE_OPEN;
	b->opened = true;
	hps_mib_inc(b->net, HPS_MIB_BARE_OPENED);
	if (b->initiator)
		hps_bare_greet(b);
	hps_bare_wake(b);
}

/* --- start-up frames ------------------------------------------------------ */

/* Reads what belongs to the frame and no octet more. Returns 0 when it is whole,
 * -EAGAIN, or why it is refused.
 */
static int read_startup(struct hps_bare *b, bool reply)
{
	const struct mpa_startup *frame = (const void *)b->startup;

	for (;;) {
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
		u32 need = sizeof(*frame);
		struct kvec v;
		int n;

		n = mpa_bare_parse(b->startup, b->startup_len, reply, &b->info);
		if (n)
			return min(n, 0);
		if (b->startup_len >= need)
			need += be16_to_cpu(frame->private_len);
		v.iov_base = b->startup + b->startup_len;
		v.iov_len = need - b->startup_len;
		n = kernel_recvmsg(b->tcp, &msg, &v, 1, v.iov_len, MSG_DONTWAIT);
		if (n <= 0)
			return n ?: -ECONNRESET;
		b->startup_len += n;
	}
}

/* So few octets always find room in a new connection. */
static int write_startup(struct hps_bare *b, bool reply,
			 const struct mpa_startup_info *info)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec v;
	int len, n;

	/* Nothing is in the output buffer yet. */
	len = mpa_bare_build(b->out, HPS_BARE_BUFFER, reply, info);
	if (len < 0)
		return len;
	v.iov_base = b->out;
	v.iov_len = len;
	n = kernel_sendmsg(b->tcp, &msg, &v, 1, len);
	if (n < 0)
		return n;
	return n == len ? 0 : -EIO;
}

/* --- TCP ------------------------------------------------------------------ */

/* Not a kernel's socket: it holds the namespace, and so do its children, as long as
 * TCP has something to do with them; and it is the calling program's for cgroups and
 * in the labels of security modules. Their hooks of bind(), connect() and so on are
 * with the system calls: for this socket they are not called.
 */
static int create_tcp(struct hps_bare *b, int family)
{
	struct socket *tcp;
	int err;

	if (b->tcp)
		return b->tcp->sk->sk_family == family ? 0 : -EAFNOSUPPORT;
	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	err = __sock_create(b->net, family, SOCK_STREAM, IPPROTO_TCP, &tcp, 0);
	if (err)
		return err;
	hps_bare_attach(b, tcp);
	return 0;
}

/* The program's options that TCP shall have as well. */
static int give_options(struct hps_bare *b)
{
	const struct sock *from = b->sk;
	struct sock *to = b->tcp->sk;
	int ifindex = READ_ONCE(from->sk_bound_dev_if);

	to->sk_reuse = from->sk_reuse;
	to->sk_mark = READ_ONCE(from->sk_mark);
	to->sk_priority = READ_ONCE(from->sk_priority);
	if (sock_flag(from, SOCK_KEEPOPEN))
		sock_set_keepalive(to);
	/* Segments are whole messages or large: nothing is gained by waiting. */
	tcp_sock_set_nodelay(to);
	/* Only root may do it again. */
	if (!ifindex || ifindex == READ_ONCE(to->sk_bound_dev_if))
		return 0;
	return sock_bindtoindex(to, ifindex, true);
}

/* Of the family of @addr, which comes from the program. */
static int make_tcp(struct hps_bare *b, const void *addr, int len)
{
	const struct sockaddr *sa = addr;
	int err;

	if (len < sizeof(sa->sa_family))
		return -EINVAL;
	err = create_tcp(b, sa->sa_family);
	return err ?: give_options(b);
}

/**
 * hps_bare_bind - bind(): to a TCP port
 * @b:		the end, locked
 * @addr:	of the program
 * @len:	its length
 *
 * Return: 0 or what TCP says.
 */
int hps_bare_bind(struct hps_bare *b, const void *addr, int len)
{
	int err;

	if (b->state != HPS_BARE_NEW || b->tcp)
		return -EINVAL;
	err = make_tcp(b, addr, len);
	if (!err)
		err = kernel_bind(b->tcp, (void *)addr, len);
	if (err)
		hps_bare_drop_tcp(b, false);
	return err;
}

/* --- the side that connects ----------------------------------------------- */

/**
 * hps_bare_connect - begin to connect
 * @b:		the end, locked, with a socket
 * @addr:	of the program
 * @len:	its length
 *
 * Return: -EINPROGRESS, or why not; of a socket that failed before, the error that was
 * not told yet, or -ECONNABORTED.
 */
int hps_bare_connect(struct hps_bare *b, const void *addr, int len)
{
	int err;

	if (b->state == HPS_BARE_DIALING)
		return -EALREADY;
	if (b->state == HPS_BARE_ENDED && !b->opened)
		return sock_error(b->sk) ?: -ECONNABORTED;
	if (b->state != HPS_BARE_NEW)
		return -EISCONN;
	err = make_tcp(b, addr, len);
	if (!err)
		err = get_memory(b);
	if (err)
		return err;
	b->initiator = true;
	err = kernel_connect(b->tcp, (void *)addr, len, O_NONBLOCK);
	if (err && err != -EINPROGRESS)
		return err;
	b->state = HPS_BARE_DIALING;
	hps_bare_wake(b);
	hps_bare_set_deadline(b, READ_ONCE(hps_net(b->net)->sysctl
					   .handshake_timeout));
	hps_bare_kick_later(b, b->deadline - jiffies);
	hps_bare_kick(b);
	return -EINPROGRESS;
}

static void build_request(const struct hps_bare *b,
			  struct mpa_startup_info *info)
{
	*info = (struct mpa_startup_info) {
		.flags = b->setup.flags & HPS_BARE_NO_CRC ? 0 : MPA_FLAG_CRC,
		.revision = MPA_REVISION,
		.private_data = b->own, .private_len = b->own_len,
	};
	if (b->setup.flags & HPS_BARE_REVISION_1)
		return;
	info->revision = MPA_REVISION_ENHANCED;
	info->enhanced = true;
	info->ird = MPA_IRD_PEER_TO_PEER | own_ird(b);
	info->ord = MPA_ORD_RTR_WRITE | own_ord(b);
}

static int take_reply(struct hps_bare *b)
{
	const struct mpa_startup_info *info = &b->info;
	struct mpa_startup_info request;
	u32 ird = own_ird(b), ord = own_ord(b);

	build_request(b, &request);
	if (info->flags & MPA_FLAG_REJECT)
		return -ECONNREFUSED;
	if (info->revision != request.revision ||
	    info->enhanced != request.enhanced)
		return -EPROTO;
	b->crc = (info->flags | request.flags) & MPA_FLAG_CRC;
	if (info->enhanced) {
		/* It would ask for more than we have room for. */
		if ((info->ord & MPA_DEPTH_MASK) > ird)
			return -EPROTO;
		ord = min_t(u32, ord, info->ird & MPA_DEPTH_MASK);
	}
	open(b, ird, ord);
	return 0;
}

static int dial_step(struct hps_bare *b)
{
	struct sock *sk = b->tcp->sk;
	struct mpa_startup_info request;
	int err = 0;

	switch (READ_ONCE(sk->sk_state)) {
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		return -EAGAIN;
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
		break;
	default:
		return sock_error(sk) ?: -ECONNRESET;
	}
	if (!b->request_sent) {
		build_request(b, &request);
		err = write_startup(b, false, &request);
		b->request_sent = !err;
	}
	if (!err)
		err = read_startup(b, true);
	b->startup_whole = !err;
	return err ?: take_reply(b);
}

static void dial(struct hps_bare *b)
{
	int err = dial_step(b);

	if (err == -EAGAIN && time_before(jiffies, b->deadline)) {
		hps_bare_kick_later(b, b->deadline - jiffies);
		return;
	}
	if (!err)
		return;
	if (err == -EAGAIN)
		err = -ETIMEDOUT;
	hps_bare_end(b, -err);
	hps_bare_drop_tcp(b, true);
}

/* --- the side that listens ------------------------------------------------ */

/**
 * hps_bare_listen - listen()
 * @b:		the end, locked, bound
 * @backlog:	connections that may wait
 *
 * Return: 0 or what TCP says.
 */
int hps_bare_listen(struct hps_bare *b, unsigned int backlog)
{
	int err;

	if (b->state == HPS_BARE_LISTEN) {
		b->backlog = max(backlog, 1U);
		return 0;
	}
	if (b->state != HPS_BARE_NEW || !b->tcp)
		return -EINVAL;
	b->backlog = max(backlog, 1U);
	err = kernel_listen(b->tcp, b->backlog);
	if (err)
		return err;
	b->state = HPS_BARE_LISTEN;
	hps_bare_wake(b);
	return 0;
}

/* Takes a child out of its listener. Only who gets true may end it. */
static bool leave(struct hps_bare *child)
{
	struct hps_bare *l = child->listener;
	bool left;

	spin_lock(&l->queue);
	left = !list_empty(&child->node);
	if (left) {
		list_del_init(&child->node);
		l->waiting--;
	}
	spin_unlock(&l->queue);
	return left;
}

/* A child that is in no queue any more: it goes. */
static void forget(struct hps_bare *child)
{
	mutex_lock_nested(&child->lock, SINGLE_DEPTH_NESTING);
	child->state = HPS_BARE_ENDED;
	hps_bare_drop_tcp(child, true);
	mutex_unlock(&child->lock);
	hps_bare_put(child);
}

/* Who has not said what it wants gives its place to the next: peers that talk
 * slowly do not keep others out.
 */
static void make_room(struct hps_bare *b)
{
	struct hps_bare *oldest = NULL;

	spin_lock(&b->queue);
	if (b->waiting >= b->backlog && !list_empty(&b->asking)) {
		oldest = list_first_entry(&b->asking, struct hps_bare, node);
		list_del_init(&oldest->node);
		b->waiting--;
	}
	spin_unlock(&b->queue);
	if (oldest)
		forget(oldest);
}

/* Those that are ready are not dropped: then TCP keeps the others. */
static bool may_take(struct hps_bare *b)
{
	return READ_ONCE(b->waiting) < b->backlog ||
	       !list_empty_careful(&b->asking);
}

static int take_connection(struct hps_bare *b)
{
	struct hps_bare *child;
	struct socket *tcp;
	int err;

	err = kernel_accept(b->tcp, &tcp, O_NONBLOCK);
	if (err)
		return err;
	child = hps_bare_new(b->net, GFP_KERNEL);
	if (child)
		child->startup = kmalloc(MPA_MAX_STARTUP, GFP_KERNEL);
	if (!child || !child->startup) {
		sock_no_linger(tcp->sk);
		sock_release(tcp);
		if (child)
			hps_bare_put(child);
		return -ENOMEM;
	}
	hps_bare_hold(b);
	child->listener = b;
	child->state = HPS_BARE_ASKED;
	make_room(b);
	mutex_lock_nested(&child->lock, SINGLE_DEPTH_NESTING);
	hps_bare_attach(child, tcp);
	hps_bare_set_deadline(child, READ_ONCE(hps_net(b->net)->sysctl
					       .handshake_timeout));
	spin_lock(&b->queue);
	list_add_tail(&child->node, &b->asking);
	b->waiting++;
	spin_unlock(&b->queue);
	/* It may have spoken before the callbacks were ours. */
	hps_bare_kick(child);
	mutex_unlock(&child->lock);
	return 0;
}

static void take_connections(struct hps_bare *b)
{
	int err = 0, i;

	for (i = 0; i < ROUNDS && !err && may_take(b); i++)
		err = take_connection(b);
	if (i == ROUNDS)
		hps_bare_kick(b);
	/* No memory: who waits is asked in a little later. */
	if (err && err != -EAGAIN)
		hps_bare_kick_later(b, HZ / 10);
}

/* RFC 6581: how the initiator offers to begin; we can take two ways of three. */
static bool can_begin(const struct mpa_startup_info *info)
{
	if (!info->enhanced || !(info->ird & MPA_IRD_PEER_TO_PEER))
		return true;
	return info->ord & (MPA_ORD_RTR_WRITE | MPA_ORD_RTR_READ);
}

/* The peer's program shall know that it was understood, and refused. */
static void turn_away(struct hps_bare *child)
{
	struct mpa_startup_info reply = {
		.flags = MPA_FLAG_REJECT,
		.revision = child->info.revision,
		/* It counts on the depths, RFC 6581. */
		.enhanced = child->info.enhanced,
	};

	if (!reply.revision)
		return;
	child->out = kvmalloc(HPS_BARE_BUFFER, GFP_KERNEL);
	if (child->out)
		write_startup(child, true, &reply);
}

/* A child reads what its peer asks for. */
static void be_asked(struct hps_bare *child)
{
	struct hps_bare *l = child->listener;
	int err;

	if (child->startup_whole)
		return;
	err = read_startup(child, false);
	if (err == -EAGAIN && time_before(jiffies, child->deadline)) {
		hps_bare_kick_later(child, child->deadline - jiffies);
		return;
	}
	if (!err && can_begin(&child->info)) {
		child->startup_whole = true;
		child->timeout = false;
		spin_lock(&l->queue);
		if (!list_empty(&child->node))
			list_move_tail(&child->node, &l->ready);
		/* Its socket goes after it has left us alone: unlisten. */
		if (l->sk)
			l->sk->sk_data_ready(l->sk);
		spin_unlock(&l->queue);
		return;
	}
	if (!leave(child))
		return;
	if (err != -EAGAIN && err != -ECONNRESET)
		turn_away(child);
	child->state = HPS_BARE_ENDED;
	/* With what was said: not a reset. */
	hps_bare_drop_tcp(child, !child->out);
	hps_bare_kick(l);
	hps_bare_put(child);
}

bool hps_bare_has_ready(struct hps_bare *b)
{
	return !list_empty_careful(&b->ready);
}

/**
 * hps_bare_take_ready - the next one whose peer has said what it wants
 * @b:	the listener
 *
 * Return: it with its listener's reference, or NULL.
 */
struct hps_bare *hps_bare_take_ready(struct hps_bare *b)
{
	struct hps_bare *child;

	spin_lock(&b->queue);
	child = list_first_entry_or_null(&b->ready, struct hps_bare, node);
	if (child) {
		list_del_init(&child->node);
		b->waiting--;
	}
	spin_unlock(&b->queue);
	if (child)
		hps_bare_kick(b);
	return child;
}

/* What we can do of what the peer wants. */
static void negotiate(struct hps_bare *b, struct mpa_startup_info *reply,
		      u32 *ird, u32 *ord)
{
	const struct mpa_startup_info *request = &b->info;

	*ird = own_ird(b);
	*ord = own_ord(b);
	reply->revision = request->revision;
	reply->enhanced = request->enhanced;
	reply->flags = request->flags & MPA_FLAG_CRC;
	if (!(b->setup.flags & HPS_BARE_NO_CRC))
		reply->flags |= MPA_FLAG_CRC;
	b->crc = reply->flags & MPA_FLAG_CRC;
	if (!request->enhanced)
		return;
	*ird = min_t(u32, *ird, request->ord & MPA_DEPTH_MASK);
	*ord = min_t(u32, *ord, request->ird & MPA_DEPTH_MASK);
	reply->ird = *ird;
	reply->ord = *ord;
	if (!(request->ird & MPA_IRD_PEER_TO_PEER))
		return;
	reply->ird |= MPA_IRD_PEER_TO_PEER;
	reply->ord |= request->ord & MPA_ORD_RTR_WRITE ? MPA_ORD_RTR_WRITE :
							 MPA_ORD_RTR_READ;
	/* The Read that begins needs room. */
	if (!(request->ord & MPA_ORD_RTR_WRITE))
		*ird = max_t(u32, *ird, 1);
}

/**
 * hps_bare_accept - answer the peer: the connection is open
 * @b:		a child of hps_bare_take_ready(), locked
 * @listener:	its listener; its settings do not change any more
 * @sk:		the new socket
 * @domain:	number of its protection domain, 0: none
 *
 * Return: 0, -ENOBUFS, or -ECONNABORTED: the peer has gone. If TCP does not know that
 * yet, it is told by what is done next.
 */
int hps_bare_accept(struct hps_bare *b, const struct hps_bare *listener,
		    struct sock *sk, u32 domain)
{
	struct mpa_startup_info reply = {
		.private_data = listener->own, .private_len = listener->own_len,
	};
	u32 ird, ord;
	int err;

	b->setup = listener->setup;
	err = get_memory(b);
	if (err)
		return err;
	negotiate(b, &reply, &ird, &ord);
	b->stream.domain = domain;
	/* A worker has taken it; filters shall see whose it is. */
	WRITE_ONCE(b->tcp->sk->sk_uid, sk->sk_uid);
	tcp_sock_set_nodelay(b->tcp->sk);
	if (write_startup(b, true, &reply))
		return -ECONNABORTED;
	b->sk = sk;
	open(b, ird, ord);
	hps_bare_kick(b);
	return 0;
}

/**
 * hps_bare_unlisten - a listener ends, and who waits
 * @b:	the listener, locked
 */
void hps_bare_unlisten(struct hps_bare *b)
{
	struct hps_bare *child;

	/* First, so that no more come. */
	hps_bare_drop_tcp(b, false);
	b->state = HPS_BARE_ENDED;
	do {
		spin_lock(&b->queue);
		child = list_first_entry_or_null(&b->ready, struct hps_bare,
						 node) ?:
			list_first_entry_or_null(&b->asking, struct hps_bare,
						 node);
		if (child)
			list_del_init(&child->node);
		spin_unlock(&b->queue);
		if (child)
			forget(child);
	} while (child);
}

/**
 * hps_bare_set_up - go on with what is before OPEN
 * @b:	the end, locked, with a TCP socket
 */
void hps_bare_set_up(struct hps_bare *b)
{
	switch (b->state) {
	case HPS_BARE_LISTEN:
		take_connections(b);
		break;
	case HPS_BARE_DIALING:
		dial(b);
		break;
	case HPS_BARE_ASKED:
		be_asked(b);
		break;
	default:
		break;
	}
}
