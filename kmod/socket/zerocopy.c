// SPDX-License-Identifier: GPL-2.0
/*
 * Writing without a copy: what MSG_ZEROCOPY, io_uring and splice ask for, and
 * the error queue on which completions are told, all as on TCP; and payload that is lent
 * until a one-sided WRITE is completed, which nobody needs to be told of.
 *
 * The kernel's own ubuf (msg_zerocopy_realloc()) is handed down to the chunks
 * and from there to TCP's skbs. Its last reference puts the completion on the
 * socket's error queue: then HPS has acknowledged and no path holds the pages.
 */
#include "socket/zerocopy.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/skbuff.h>
#include <linux/sockptr.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "compat.h"
#include "conn/conn.h"
#include "conn/send.h"
#include "net.h"
#include "socket/hps_sock.h"

/* Less of a file is cheaper copied than carried as a page of its own. */
#define SPLICE_LEAST	512

/* A ubuf for one more write of @len octets; the one of the write before if
 * that is still on its way, so that many writes need little memory.
 */
static struct ubuf_info *get_ubuf(struct sock *sk, struct hps_conn *conn,
				  size_t len)
{
	struct ubuf_info *last = NULL, *ubuf;

	/* The core extends those of stream sockets only. */
	if (sk->sk_type == SOCK_STREAM)
		last = hps_send_last_ubuf(conn);
	ubuf = hps_msg_zerocopy_realloc(sk, len, last);
	if (last)
		net_zcopy_put(last);
	return ubuf;
}

/**
 * hps_zerocopy_begin - does a write go by reference?
 * @sk:		the socket, locked
 * @conn:	its connection
 * @msg:	what is written
 * @len:	how much
 * @lent:	the application keeps it as it is, and asks for no other completion
 * @src:	the verdict
 *
 * Returns 0, or -ENOBUFS: RLIMIT_MEMLOCK or net.core.optmem_max.
 */
int hps_zerocopy_begin(struct sock *sk, struct hps_conn *conn,
		       struct msghdr *msg, size_t len, bool lent,
		       struct hps_source *src)
{
	size_t least = 0;

	*src = (struct hps_source) {};
	if (!len)
		return 0;
	if (msg->msg_flags & MSG_ZEROCOPY && msg->msg_ubuf) {
		src->ubuf = msg->msg_ubuf;
	} else if (msg->msg_flags & MSG_ZEROCOPY &&
		   sock_flag(sk, SOCK_ZEROCOPY)) {
		src->ubuf = get_ubuf(sk, conn, len);
		if (!src->ubuf)
			return -ENOBUFS;
		src->own = true;
	} else if (msg->msg_flags & MSG_SPLICE_PAGES &&
		   iov_iter_is_bvec(&msg->msg_iter)) {
		least = SPLICE_LEAST;
	} else if (!lent) {
		return 0;
	}
	if (!least)
		least = READ_ONCE(hps_net(conn->net)->sysctl.zerocopy_min);
	src->pages = len >= least &&
		     hps_send_takes_pages(conn, &msg->msg_iter);
	if (!src->pages)
		hps_zerocopy_copied(conn, src);
	return 0;
}

/**
 * hps_zerocopy_copied - the write, or the rest of it, is copied after all
 * @conn:	the connection
 * @src:	the write
 *
 * The application is told, SO_EE_CODE_ZEROCOPY_COPIED.
 */
void hps_zerocopy_copied(struct hps_conn *conn, struct hps_source *src)
{
	src->pages = false;
	if (!src->ubuf)
		return;
	hps_mib_inc(conn->net, HPS_MIB_ZERO_COPY_COPIED);
	net_zcopy_get(src->ubuf);
	hps_ubuf_complete(src->ubuf, false);
}

/**
 * hps_zerocopy_end - the write has ended
 * @src:	the write; if nothing of it was taken there will be no completion
 *
 * Context: socket locked.
 */
void hps_zerocopy_end(const struct hps_source *src)
{
	if (!src->own)
		return;
	if (src->taken)
		net_zcopy_put(src->ubuf);
	else
		msg_zerocopy_put_abort(src->ubuf, true);
}

/**
 * hps_zerocopy_enable - SO_ZEROCOPY
 * @sk:		the socket
 * @val:	an int, 0 or 1
 * @len:	its octets
 *
 * Returns 0, -EINVAL or -EFAULT.
 */
int hps_zerocopy_enable(struct sock *sk, sockptr_t val, unsigned int len)
{
	int on;

	if (len < sizeof(on))
		return -EINVAL;
	if (copy_from_sockptr(&on, val, sizeof(on)))
		return -EFAULT;
	if (on < 0 || on > 1)
		return -EINVAL;
	lock_sock(sk);
	sock_valbool_flag(sk, SOCK_ZEROCOPY, on);
	release_sock(sk);
	return 0;
}

/* recvmsg(MSG_ERRQUEUE): -EAGAIN if nothing is queued; never waits. */
int hps_recv_error(struct sock *sk, struct msghdr *msg, size_t len)
{
	if (hps_sk(sk)->six)
		return sock_recv_errqueue(sk, msg, len, SOL_IPV6, IPV6_RECVERR);
	return sock_recv_errqueue(sk, msg, len, SOL_IP, IP_RECVERR);
}
