// SPDX-License-Identifier: GPL-2.0
/* Writing to a socket, and waiting for room. */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "compat.h"
#include "conn/ask.h"
#include "conn/conn.h"
#include "conn/join.h"
#include "conn/send.h"
#include "conn/serve.h"
#include "conn/transit.h"
#include "link/bundle.h"
#include "socket/hps_sock.h"
#include "socket/post.h"
#include "socket/zerocopy.h"

/* Pushed at least so often during one large write, and first when idle links
 * have enough to begin with.
 */
#define PUSH_OCTETS	SZ_256K
#define BEGIN_OCTETS	SZ_64K
/* And so often while splice brings one page at a time. */
#define PAGES_OCTETS	SZ_64K
bool hps_has_space(const struct sock *sk, const struct hps_conn *conn)
{
	return hps_send_space(conn) >= READ_ONCE(conn->snd.limit) / 3 &&
	       !READ_ONCE(conn->snd.short_of_memory);
}

/* Called with the data lock held, or by SO_SNDBUF. */
void hps_write_space(struct sock *sk)
{
	const struct hps_conn *conn = hps_sk(sk)->conn;
	struct socket_wq *wq;

	/* Pairs with those behind SOCK_NOSPACE. */
	smp_mb();
	if (!conn || !hps_has_space(sk, conn))
		return;
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (wq && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags)) {
		clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		if (skwq_has_sleeper(wq))
			wake_up_interruptible_poll(&wq->wait, EPOLLOUT |
						   EPOLLWRNORM | EPOLLWRBAND);
		sk_wake_async_rcu(sk, SOCK_WAKE_SPACE, POLL_OUT);
	}
	rcu_read_unlock();
}

static int send_error(struct sock *sk)
{
	int err = READ_ONCE(sk->sk_err);

	/* Taken by take_error() when it is really told. */
	if (err)
		return -err;
	if (sk->sk_shutdown & SEND_SHUTDOWN ||
	    sk->sk_state != TCP_ESTABLISHED)
		return -EPIPE;
	return 0;
}

/* As send_error(), of one that may have slept: another thread can have dropped
 * the connection meanwhile.
 */
static int writer_error(struct sock *sk, const struct hps_conn *conn)
{
	int err = send_error(sk);

	if (!err && hps_sk(sk)->conn != conn)
		err = -EPIPE;
	return err;
}

/* Waits until something can be written. @begun: half a record is out, so only
 * a fatal signal may end the wait.
 */
static int wait_space(struct sock *sk, struct hps_conn *conn, long *timeo,
		      bool begun)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int err;

	add_wait_queue(sk_sleep(sk), &wait);
	for (;;) {
		err = writer_error(sk, conn);
		if (err)
			break;
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		/* Pairs with the free of memory before hps_write_space(). */
		smp_mb();
		if (hps_has_space(sk, conn))
			break;
		hps_conn_watch(conn);
		err = *timeo ? 0 : -EAGAIN;
		if (!err && (begun ? fatal_signal_pending(current) :
				     signal_pending(current)))
			err = sock_intr_errno(*timeo);
		if (err)
			break;
		hps_sleep_on(sk, &wait, timeo);
		if (begun && signal_pending(current))
			schedule_timeout_uninterruptible(1);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return err;
}

/* What is written from now on is this: mostly data without a policy of its own. */
static void set_intent(struct hps_conn *conn, const struct hps_intent *intent)
{
	if (!(intent->kind | intent->policy | READ_ONCE(conn->snd.intent.kind) |
	      READ_ONCE(conn->snd.intent.policy)))
		return;
	spin_lock_bh(&conn->lock);
	conn->snd.intent = *intent;
	if (intent->policy) {
		conn->snd.mixed = true;
		hps_join_if_wanted(conn);
	}
	spin_unlock_bh(&conn->lock);
}

/* So much of a write was copied and @left is not. Is it time to push? */
static bool shall_push(struct hps_conn *conn, size_t copied, size_t left)
{
	if (copied >= PUSH_OCTETS)
		return left;
	return copied >= BEGIN_OCTETS && left >= BEGIN_OCTETS &&
	       READ_ONCE(conn->snd.nxt) == READ_ONCE(conn->snd.una);
}

/* The links begin, and share it as if all of it was there. */
static void push_begun(struct hps_conn *conn, size_t left)
{
	spin_lock_bh(&conn->lock);
	conn->snd.coming = left;
	spin_unlock_bh(&conn->lock);
	hps_send_push(conn);
	spin_lock_bh(&conn->lock);
	conn->snd.coming = 0;
	spin_unlock_bh(&conn->lock);
}

/* Another thread may have written, with its own, while this one waited. */
static void go_on(struct hps_conn *conn, const struct hps_intent *intent,
		  size_t done)
{
	struct hps_intent rest = *intent;

	rest.place += done;
	set_intent(conn, &rest);
}

/* Writes all of @msg, or until it would block. Returns octets, or an error. */
static ssize_t write_payload(struct sock *sk, struct hps_conn *conn,
			     struct msghdr *msg, struct hps_source *src,
			     const struct hps_intent *intent, long timeo)
{
	size_t done = 0, pushed = 0, most;
	bool record = conn->seqpacket && intent->kind == HPS_KIND_DATA;
	bool admitted = record && !timeo;	/* by check_record() */
	int n, err = 0;
	u32 space;

	while (msg_data_left(msg)) {
		err = send_error(sk);
		if (err)
			break;
		space = admitted ? INT_MAX : hps_send_space(conn);
		if (!space) {
			/* First, for what was not tried may have room. */
			hps_send_push(conn);
			space = hps_send_grow(sk, conn, 1);
		}
		if (!space) {
			if (hps_send_memory_full())
				hps_mib_inc(conn->net, HPS_MIB_MEMORY_FULL);
			err = wait_space(sk, conn, &timeo, record && done);
			if (err)
				break;
			go_on(conn, intent, done);
			space = max(hps_send_space(conn), 1U);
		}
		most = min_t(size_t, msg_data_left(msg), space);
		if (!src->pages) {
			n = hps_send_write(conn, &msg->msg_iter, most);
		} else {
			n = hps_send_pages(conn, &msg->msg_iter, most,
					   src->ubuf);
			if (n == -EOPNOTSUPP) {
				hps_zerocopy_copied(conn, src);
				continue;
			}
		}
		if (n < 0) {
			err = n;
			break;
		}
		done += n;
		src->taken = true;
		if (shall_push(conn, done - pushed, msg_data_left(msg))) {
			push_begun(conn, min_t(size_t, msg_data_left(msg), PUSH_OCTETS));
			pushed = done;
		}
	}
	/* An empty record is just a mark. */
	if (record && !err)
		err = hps_send_mark(conn);
	if (record && err && done) {
		/* Half a record cannot be taken back. */
		spin_lock_bh(&conn->lock);
		hps_conn_reset(conn, HPS_REASON_ABORT);
		spin_unlock_bh(&conn->lock);
		return err;
	}
	return done ? done : err;
}

/* What the control messages of a write say. */
struct control {
	u8			policy;		/* as in struct hps_intent */
	bool			posts;		/* an operation: @post, @more */
	struct hps_direct_post	post;
	const struct hps_direct_piece *more;	/* the kernel's copy, of @nr_more */
	size_t			nr_more;
};

static int take_policy(const struct cmsghdr *cmsg, struct control *control)
{
	int policy, err;

	if (cmsg->cmsg_len != CMSG_LEN(sizeof(policy)))
		return -EINVAL;
	memcpy(&policy, CMSG_DATA(cmsg), sizeof(policy));
	err = policy == -1 ? 0 : hps_bundle_check_policy(policy);
	control->policy = policy + 1;
	return err;
}

static int take_post(const struct cmsghdr *cmsg, size_t len,
		     struct control *control)
{
	size_t more = cmsg->cmsg_len - CMSG_LEN(sizeof(control->post));
	int err;

	if (cmsg->cmsg_len < CMSG_LEN(sizeof(control->post)) ||
	    more % sizeof(*control->more) || control->posts)
		return -EINVAL;
	memcpy(&control->post, CMSG_DATA(cmsg), sizeof(control->post));
	control->more = CMSG_DATA(cmsg) + sizeof(control->post);
	control->nr_more = more / sizeof(*control->more);
	control->posts = true;
	err = hps_post_check(&control->post, len);
	return err ? : hps_post_check_pieces(&control->post, control->more,
					     control->nr_more);
}

/* Nothing is ignored. */
static int take_control(struct msghdr *msg, size_t len, struct control *control)
{
	struct cmsghdr *cmsg;
	int err;

	control->policy = 0;
	control->posts = false;
	if (!msg->msg_controllen)
		return 0;
	for_each_cmsghdr(cmsg, msg) {
		err = -EINVAL;
		if (!CMSG_OK(msg, cmsg) || cmsg->cmsg_level != SOL_HPS)
			return err;
		if (cmsg->cmsg_type == HPS_POLICY)
			err = take_policy(cmsg, control);
		else if (cmsg->cmsg_type == HPS_DIRECT_POST)
			err = take_post(cmsg, len, control);
		if (err)
			return err;
	}
	return 0;
}

static int check_send_flags(const struct msghdr *msg)
{
	if (msg->msg_flags & (MSG_OOB | MSG_FASTOPEN))
		return -EOPNOTSUPP;
	return 0;
}

/* A record is not begun unless it can be ended without blocking. */
static int check_record(struct sock *sk, struct hps_conn *conn, size_t len,
			long *timeo)
{
	u32 need = max_t(size_t, len, 1);
	u32 space = hps_send_space(conn);
	int err;

	if (space < need)
		space = hps_send_grow(sk, conn, need);
	if (*timeo) {
		if (space >= min(need, READ_ONCE(conn->snd.limit) / 3))
			return 0;
		err = wait_space(sk, conn, timeo, false);
		/* What is left of the time decides who may block from here on. */
		if (err || *timeo)
			return err;
	}
	if (need > READ_ONCE(conn->snd.limit))
		return -EMSGSIZE;
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* Pairs with the free of memory before hps_write_space(). */
	smp_mb();
	return hps_send_admits(conn, need) ? 0 : -EAGAIN;
}

/* Does the writer announce more? Mostly neither before nor now. */
static void set_more(struct hps_conn *conn, bool more)
{
	if (!more && !READ_ONCE(conn->snd.more) && !READ_ONCE(conn->snd.cork))
		return;
	spin_lock_bh(&conn->lock);
	conn->snd.more = more;
	if (more || conn->snd.cork)
		hps_conn_cork(conn);
	spin_unlock_bh(&conn->lock);
}

/* Sleeps until @may is true; who makes it so wakes the socket. */
static int wait_until(struct sock *sk, struct hps_conn *conn, long *timeo,
		      bool (*may)(struct sock *sk, struct hps_conn *conn))
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int err;

	add_wait_queue(sk_sleep(sk), &wait);
	for (;;) {
		err = writer_error(sk, conn);
		if (err || may(sk, conn))
			break;
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

static bool is_turn(struct sock *sk, struct hps_conn *conn)
{
	if (!conn->snd.in_record)
		return true;
	conn->snd.record_wanted = true;
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	return false;
}

/* A writer of a record unlocks the socket while it waits for room: another
 * thread's record must not get into the middle.
 */
static int wait_turn(struct sock *sk, struct hps_conn *conn, long *timeo)
{
	if (likely(!conn->snd.in_record))
		return 0;
	return wait_until(sk, conn, timeo, is_turn);
}

/* A record may be begun: it is this one's turn, and there is room. */
static int begin_record(struct sock *sk, struct hps_conn *conn, size_t len,
			long *timeo)
{
	int err;

	do {
		err = wait_turn(sk, conn, timeo);
		if (!err)
			err = check_record(sk, conn, len, timeo);
	} while (!err && conn->snd.in_record);
	if (!err)
		WRITE_ONCE(conn->snd.in_record, true);
	return err;
}

static void end_record(struct sock *sk, struct hps_conn *conn)
{
	WRITE_ONCE(conn->snd.in_record, false);
	/* Who makes it meanwhile sees that no record is in its way. */
	smp_mb();
	if (unlikely(READ_ONCE(conn->direct))) {
		spin_lock_bh(&conn->lock);
		hps_serve_run(conn);
		spin_unlock_bh(&conn->lock);
	}
	if (!conn->snd.record_wanted)
		return;
	conn->snd.record_wanted = false;
	wake_up_interruptible(sk_sleep(sk));
	sk->sk_write_space(sk);
}

/* Writes the payload of one message as what @intent says; @lent: nobody writes to it
 * meanwhile. Returns octets or an error.
 */
static ssize_t write_message(struct sock *sk, struct hps_conn *conn,
			     struct msghdr *msg, size_t len, bool lent,
			     const struct hps_intent *intent, long timeo)
{
	struct hps_source src;
	ssize_t n;

	set_intent(conn, intent);
	n = hps_zerocopy_begin(sk, conn, msg, len, lent, &src);
	if (n)
		return n;
	set_more(conn, msg->msg_flags & (MSG_MORE | MSG_SENDPAGE_NOTLAST));
	n = write_payload(sk, conn, msg, &src, intent, timeo);
	hps_zerocopy_end(&src);
	return n;
}

static ssize_t send_data(struct sock *sk, struct hps_conn *conn,
			 struct msghdr *msg, size_t len, u8 policy, long timeo)
{
	const struct hps_intent intent = { .policy = policy };
	ssize_t n;

	if (conn->seqpacket) {
		n = begin_record(sk, conn, len, &timeo);
		if (n)
			return n;
	}
	hps_hist_count(conn->net, HPS_HIST_WRITE, min_t(size_t, len, U32_MAX));
	n = write_message(sk, conn, msg, len, false, &intent, timeo);
	/* One page of many: a few together make one segment. */
	if (!(msg->msg_flags & MSG_SENDPAGE_NOTLAST) ||
	    READ_ONCE(conn->snd.end) - READ_ONCE(conn->snd.nxt) >= PAGES_OCTETS)
		hps_send_written(conn);
	if (conn->seqpacket)
		end_record(sk, conn);
	return n;
}

static bool may_post(struct sock *sk, struct hps_conn *conn)
{
	return hps_ask_room(conn, false);
}

static bool may_request(struct sock *sk, struct hps_conn *conn)
{
	return hps_ask_room(conn, true);
}

/* Waits until one more may be posted, which is not in the middle of a record: a reader
 * would leave that for want of its end, and so hold up what was placed behind.
 */
static int begin_ask(struct sock *sk, struct hps_conn *conn, bool request,
		     long *timeo)
{
	int err;

	do {
		err = wait_until(sk, conn, timeo,
				 request ? may_request : may_post);
		if (!err)
			err = wait_turn(sk, conn, timeo);
	} while (!err && !hps_ask_room(conn, request));
	return err;
}

static ssize_t send_write(struct sock *sk, struct hps_conn *conn,
			  struct msghdr *msg, size_t len,
			  const struct control *control, struct hps_ask *ask,
			  long timeo)
{
	const struct hps_intent intent = {
		.kind = HPS_KIND_PLACE,
		.policy = control->policy,
		.tag = control->post.stag,
		.place = control->post.offset,
	};
	ssize_t n;

	/* No record may begin in the middle of it either. */
	if (conn->seqpacket)
		WRITE_ONCE(conn->snd.in_record, true);
	n = write_message(sk, conn, msg, len,
			  control->post.flags & HPS_DIRECT_LENT, &intent, timeo);
	if (conn->seqpacket)
		end_record(sk, conn);
	if (n < 0) {
		hps_ask_cancel(conn, ask);
		return n;
	}
	hps_ask_written(conn, ask, n);
	return n;
}

/* Posts an operation on the peer's memory. */
static ssize_t send_post(struct sock *sk, struct hps_conn *conn,
			 struct msghdr *msg, size_t len,
			 const struct control *control, long timeo)
{
	bool request = control->post.op != HPS_DIRECT_WRITE;
	struct hps_ask *ask;
	ssize_t n;

	n = hps_post_permit(sk, conn, &control->post);
	while (!n) {
		n = begin_ask(sk, conn, request, &timeo);
		if (n)
			break;
		ask = hps_ask_begin(conn, hps_sk(sk)->cq, &control->post);
		n = PTR_ERR_OR_ZERO(ask);
		if (n)
			break;
		if (!request) {
			n = send_write(sk, conn, msg, len, control, ask, timeo);
			break;
		}
		n = hps_ask_request(conn, ask);
		if (!n)
			break;
		hps_ask_cancel(conn, ask);
		/* There was room a moment ago. */
		if (n == -EAGAIN)
			n = 0;
	}
	hps_send_push(conn);
	return n;
}

int hps_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct control control hps_uninitialized;
	struct sock *sk = sock->sk;
	struct hps_conn *conn;
	ssize_t err;
	long timeo;

	err = check_send_flags(msg);
	if (!err)
		err = take_control(msg, len, &control);
	if (err)
		return err;
	lock_sock(sk);
	if (control.posts && control.post.op == HPS_DIRECT_RECV) {
		err = hps_post_receive(sk, &control.post, control.more,
				       control.nr_more);
		release_sock(sk);
		return err;
	}
	timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	err = hps_wait_connect(sk, &timeo);
	if (!err)
		err = send_error(sk);
	if (err)
		goto out;
	conn = hps_sk(sk)->conn;
	/* Another thread may drop it while this one sleeps. */
	hps_conn_hold(conn);
	hps_options_notice(sk);
	WRITE_ONCE(conn->snd.limit, READ_ONCE(sk->sk_sndbuf));
	if (unlikely(control.posts))
		err = send_post(sk, conn, msg, len, &control, timeo);
	else
		err = send_data(sk, conn, msg, len, control.policy, timeo);
	hps_conn_watch(conn);
	hps_conn_put(conn);
out:
	hps_take_error(sk, err);
	if (err < 0)
		err = sk_stream_error(sk, msg->msg_flags, err);
	release_sock(sk);
	return err;
}
