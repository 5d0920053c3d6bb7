// SPDX-License-Identifier: GPL-2.0
/* sendfile() and splice(), to a socket and from one. */
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "compat.h"
#include "conn/conn.h"
#include "conn/send.h"
#include "socket/hps_sock.h"

#ifdef HPS_SENDPAGE
/* Later kernels call sendmsg() like this by themselves. */
ssize_t hps_sendpage(struct socket *sock, struct page *page, int offset,
		     size_t size, int flags)
{
	struct bio_vec vec = {
		.bv_page = page,
		.bv_offset = offset,
		.bv_len = size,
	};
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, size);
	return hps_sendmsg(sock, &msg, size);
}
#endif

/* What splice announced as more does not come: the input has ended. */
void hps_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct hps_conn *conn;

	lock_sock(sk);
	conn = hps_sk(sk)->conn;
	if (conn && READ_ONCE(conn->snd.more)) {
		spin_lock_bh(&conn->lock);
		conn->snd.more = false;
		spin_unlock_bh(&conn->lock);
		hps_send_push(conn);
		hps_conn_watch(conn);
	}
	release_sock(sk);
}

/* Records are copied: a pipe could not tell where one ends. */
ssize_t hps_splice_read(struct socket *sock, loff_t *ppos,
			struct pipe_inode_info *pipe, size_t len,
			unsigned int flags)
{
	if (*ppos)
		return -ESPIPE;
	if (sock->sk->sk_type == SOCK_SEQPACKET)
		return hps_copy_splice_read(sock->file, ppos, pipe, len, flags);
	return hps_recv_pipe(sock, pipe, min_t(size_t, len, INT_MAX), flags);
}
