// SPDX-License-Identifier: GPL-2.0
/* Reading from a socket, and waiting. */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/sockios.h>
#include <linux/uio.h>
#include <net/busy_poll.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include <asm/ioctls.h>

#include "compat.h"
#include "conn/conn.h"
#include "conn/join.h"
#include "conn/recv.h"
#include "conn/send.h"
#include "conn/transit.h"
#include "link/bundle.h"
#include "socket/hps_sock.h"
#include "socket/zerocopy.h"

/* The devices of so many paths are polled at most (SO_BUSY_POLL). */
#define POLL_DEVICES	16

/* Sleeps until somebody wakes the socket. The socket is unlocked meanwhile. */
void hps_sleep_on(struct sock *sk, struct wait_queue_entry *wait, long *timeo)
{
	release_sock(sk);
	*timeo = wait_woken(wait, TASK_INTERRUPTIBLE, *timeo);
	lock_sock(sk);
}

/* Returns 0 when the answer is there, -EAGAIN, or the error of a signal. */
static int wait_answer(struct sock *sk, long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int err = 0;

	add_wait_queue(sk_sleep(sk), &wait);
	while (READ_ONCE(sk->sk_state) == TCP_SYN_SENT) {
		err = *timeo ? 0 : -EAGAIN;
		if (!err && signal_pending(current))
			err = sock_intr_errno(*timeo);
		if (err)
			break;
		hps_sleep_on(sk, &wait, timeo);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return err;
}

/**
 * hps_wait_connect - wait for the answer to connect()
 * @sk:		the socket, locked
 * @timeo:	how long, jiffies; 0 does not wait
 *
 * Returns 0, or the error of the connection, -EAGAIN, or that of a signal.
 */
int hps_wait_connect(struct sock *sk, long *timeo)
{
	int err = 0;

	if (unlikely(READ_ONCE(sk->sk_state) == TCP_SYN_SENT))
		err = wait_answer(sk, timeo);
	if (!err && sk->sk_err)
		err = sock_error(sk);
	return err;
}

/* An error is told once. */
void hps_take_error(struct sock *sk, int err)
{
	if (err < 0 && READ_ONCE(sk->sk_err) == -err)
		sock_error(sk);
}

/* --- reading ------------------------------------------------------------------------- */

static bool readable(struct hps_conn *conn, u64 want)
{
	bool ok;

	spin_lock_bh(&conn->lock);
	ok = hps_recv_readable(conn, want);
	spin_unlock_bh(&conn->lock);
	return ok;
}

/* Why a reader need not wait: 1 at the end of the stream, or an error. */
static int read_end(const struct sock *sk, const struct hps_conn *conn,
		    long timeo)
{
	bool end = READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN ||
		   READ_ONCE(sk->sk_state) == TCP_CLOSE;
	int err;

	/* hps_conn_lost() writes the error before the state. */
	smp_rmb();
	err = READ_ONCE(sk->sk_err);
	if (err)
		return -err;
	if (hps_sk(sk)->conn != conn)
		return -ECONNABORTED;
	if (end || hps_recv_at_end(conn))
		return 1;
	if (!timeo)
		return -EAGAIN;
	return signal_pending(current) ? sock_intr_errno(timeo) : 0;
}

#ifdef CONFIG_NET_RX_BUSY_POLL

/* A look without a lock: is it worth to ask readable()? */
static bool news(const struct sock *sk, const struct hps_conn *conn, u64 want)
{
	return hps_recv_queued(conn) >= want || READ_ONCE(sk->sk_err) ||
	       READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN ||
	       READ_ONCE(sk->sk_state) != TCP_ESTABLISHED;
}

/* Polls for what is to come, the devices of the paths as well, for the time of
 * SO_BUSY_POLL (SV-5). Returns true if something came.
 */
static bool poll_busily(struct sock *sk, struct hps_conn *conn, u64 want)
{
	unsigned int napi[POLL_DEVICES], nr, i;
	unsigned long begin;
	bool found;

	nr = hps_recv_napi(conn, napi, ARRAY_SIZE(napi));
	release_sock(sk);
	begin = busy_loop_current_time();
	while (!(found = news(sk, conn, want)) && !need_resched() &&
	       !signal_pending(current) && !sk_busy_loop_timeout(sk, begin)) {
		for (i = 0; i < nr; i++)
			napi_busy_loop(napi[i], NULL, NULL, false,
				       BUSY_POLL_BUDGET);
		cpu_relax();
	}
	lock_sock(sk);
	if (found)
		hps_mib_inc(conn->net, HPS_MIB_BUSY_POLL);
	return found;
}

#else

static bool poll_busily(struct sock *sk, struct hps_conn *conn, u64 want)
{
	return false;
}

#endif

/* Waits for @want more octets. Returns 0 if reading should be tried, 1 at the
 * end of the stream, or an error.
 */
static int wait_data(struct sock *sk, struct hps_conn *conn, u64 want,
		     long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	bool polled = false;
	int err;

	add_wait_queue(sk_sleep(sk), &wait);
	while (!(err = read_end(sk, conn, *timeo)) &&
	       hps_recv_wait(conn, want)) {
		if (polled || !sk_can_busy_loop(sk) ||
		    !poll_busily(sk, conn, want))
			hps_sleep_on(sk, &wait, timeo);
		polled = true;
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	/* Its data goes, too, if another thread has dropped it meanwhile. */
	if (hps_sk(sk)->conn != conn)
		return read_end(sk, conn, *timeo);
	/* What has come before it counts. */
	if (err && readable(conn, 1))
		err = 0;
	if (!err && hps_recv_at_end(conn))
		err = 1;
	return err;
}

static ssize_t read_stream(struct sock *sk, struct hps_conn *conn,
			   struct hps_read *r, int flags, size_t len)
{
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	size_t target = sock_rcvlowat(sk, flags & MSG_WAITALL, len);
	int err;

	/* A peek cannot be gone on with: first all of it comes. */
	if (r->peek && hps_recv_queued(conn) < target) {
		err = wait_data(sk, conn, min_t(u64, target, INT_MAX), &timeo);
		if (err)
			return err > 0 ? 0 : err;
	}
	for (;;) {
		err = hps_recv_queued(conn) ? hps_recv_read(conn, r) : 0;
		if (err || r->done >= target || !r->len)
			break;
		/* A peek starts again: what it saw is still there. */
		if (r->peek && r->done)
			break;
		err = wait_data(sk, conn,
				r->done ? 1 : min_t(u64, target, INT_MAX),
				&timeo);
		if (err)
			break;
	}
	if (r->done) {
		/* An error that ended the read is for the next call. */
		return r->done;
	}
	return err > 0 ? 0 : err;
}

static ssize_t read_record(struct sock *sk, struct hps_conn *conn,
			   struct hps_read *r, struct msghdr *msg, int flags)
{
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	bool whole;
	size_t len;
	u64 record;
	int err;

	err = wait_data(sk, conn, 1, &timeo);
	if (err)
		return err > 0 ? 0 : err;
	spin_lock_bh(&conn->lock);
	whole = hps_reasm_record(&conn->rcv.reasm, &record);
	/* A part leaves one octet behind, for the record's mark may come alone:
	 * the last part must not be empty.
	 */
	if (!whole)
		r->len = min_t(u64, r->len, hps_recv_queued(conn) - 1);
	spin_unlock_bh(&conn->lock);
	r->record = true;
	err = hps_recv_read(conn, r);
	len = r->done;
	if (!err && r->mark) {
		msg->msg_flags |= MSG_EOR;
	} else if (!err && whole) {
		/* The buffer was too short: the rest is lost, as told. */
		msg->msg_flags |= MSG_TRUNC | MSG_EOR;
		if (r->peek)
			len = record;
		else
			hps_recv_skip_record(conn, &len);
	}
	if (err && !r->done)
		return err;
	return flags & MSG_TRUNC ? len : r->done;
}

/* The connection to read from, with a reference, after waiting for connect(). */
static struct hps_conn *get_readable(struct sock *sk, int flags)
{
	struct hps_conn *conn;
	int err = 0;

	if (!hps_sk(sk)->conn || sk->sk_state == TCP_SYN_SENT) {
		/* As tcp_recvmsg(): an error that waits comes first. */
		if (sk->sk_err)
			err = sock_error(sk);
		else if (sk->sk_state != TCP_SYN_SENT)
			err = -ENOTCONN;
		else if (flags & MSG_DONTWAIT)
			err = -EAGAIN;
		else
			err = hps_wait_connect(sk, &(long){ sock_rcvtimeo(sk, 0) });
		if (err)
			return ERR_PTR(err);
	}
	conn = hps_sk(sk)->conn;
	if (!conn)
		return ERR_PTR(-ENOTCONN);
	/* Another thread may drop it while this one sleeps. */
	hps_conn_hold(conn);
	return conn;
}

int hps_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags)
{
	struct sock *sk = sock->sk;
	struct hps_read r = {
		.to = &msg->msg_iter,
		.len = len,
		.peek = flags & MSG_PEEK,
	};
	struct iov_iter discard;
	struct hps_conn *conn;
	ssize_t err;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return hps_recv_error(sk, msg, len);
	msg->msg_namelen = 0;
	lock_sock(sk);
	conn = get_readable(sk, flags);
	err = PTR_ERR_OR_ZERO(conn);
	if (err)
		goto out;
	/* TCP throws the data away then. */
	if (flags & MSG_TRUNC && !conn->seqpacket) {
		iov_iter_discard(&discard, ITER_DEST, len);
		r.to = &discard;
	}
	if (conn->seqpacket)
		err = read_record(sk, conn, &r, msg, flags);
	else
		err = len ? read_stream(sk, conn, &r, flags, len) : 0;
	if (msg->msg_get_inq)
		msg->msg_inq = min_t(u64, hps_recv_queued(conn), INT_MAX);
	hps_conn_put(conn);
out:
	hps_take_error(sk, err);
	release_sock(sk);
	return err;
}

/**
 * hps_recv_pipe - read into a pipe, by reference
 * @sock:	the socket, SOCK_STREAM
 * @pipe:	the pipe, locked
 * @len:	octets at most
 * @flags:	SPLICE_F_*
 *
 * Returns octets, 0 at the end of the stream, or an error, as recvmsg() would.
 */
ssize_t hps_recv_pipe(struct socket *sock, struct pipe_inode_info *pipe,
		      size_t len, unsigned int flags)
{
	int how = sock->file->f_flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
	struct hps_read r = { .pipe = pipe, .flags = flags, .len = len };
	struct sock *sk = sock->sk;
	struct hps_conn *conn;
	ssize_t err;

	lock_sock(sk);
	conn = get_readable(sk, how);
	err = PTR_ERR_OR_ZERO(conn);
	if (err)
		goto out;
	err = len ? read_stream(sk, conn, &r, how, len) : 0;
	hps_conn_put(conn);
out:
	hps_take_error(sk, err);
	release_sock(sk);
	return err;
}

/* --- poll and ioctl -------------------------------------------------------------------- */

/* What is there may be enough now: who waits must hear of it, as tcp_set_rcvlowat() says
 * it. The socket is locked.
 */
int hps_set_rcvlowat(struct sock *sk, int val)
{
	struct hps_conn *conn = hps_sk(sk)->conn;

	WRITE_ONCE(sk->sk_rcvlowat, val ? : 1);
	if (!conn)
		return 0;
	spin_lock_bh(&conn->lock);
	hps_recv_arrived(conn);
	spin_unlock_bh(&conn->lock);
	return 0;
}

__poll_t hps_poll(struct file *file, struct socket *sock,
		  struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	struct hps_sock *hs = hps_sk(sk);
	struct hps_conn *conn;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	state = READ_ONCE(sk->sk_state);
	if (state == TCP_LISTEN)
		return hps_port_has_ready(&hs->port) ? EPOLLIN | EPOLLRDNORM : 0;

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (READ_ONCE(sk->sk_err) ||
	    !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state == TCP_SYN_SENT)
		return mask;
	/* The socket is not locked: a failed connect() may drop the connection. */
	rcu_read_lock();
	conn = READ_ONCE(hs->conn);
	if (conn && readable(conn, READ_ONCE(sk->sk_rcvlowat)))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (shutdown & SEND_SHUTDOWN || !conn) {
		mask |= EPOLLOUT | EPOLLWRNORM;
	} else if (hps_has_space(sk, conn)) {
		mask |= EPOLLOUT | EPOLLWRNORM;
	} else {
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		smp_mb__after_atomic();
		if (hps_has_space(sk, conn))
			mask |= EPOLLOUT | EPOLLWRNORM;
	}
	rcu_read_unlock();
	return mask;
}

int hps_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	struct hps_conn *conn;
	u64 n = 0;
	int err = 0;

	lock_sock(sk);
	conn = hps_sk(sk)->conn;
	switch (cmd) {
	case SIOCINQ:
		if (sk->sk_state == TCP_LISTEN)
			err = -EINVAL;
		else if (conn)
			n = hps_recv_queued(conn);
		break;
	case SIOCOUTQ:
		if (sk->sk_state == TCP_LISTEN)
			err = -EINVAL;
		else if (conn)
			n = READ_ONCE(conn->snd.end) - READ_ONCE(conn->snd.una);
		break;
	case SIOCOUTQNSD:
		if (sk->sk_state == TCP_LISTEN)
			err = -EINVAL;
		else if (conn)
			n = READ_ONCE(conn->snd.end) - READ_ONCE(conn->snd.nxt);
		break;
	default:
		err = -ENOIOCTLCMD;
	}
	release_sock(sk);
	return err ? err : put_user((int)min_t(u64, n, INT_MAX),
				    (int __user *)arg);
}
