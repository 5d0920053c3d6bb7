// SPDX-License-Identifier: GPL-2.0
/* Sockets of HPS_PROTO_BARE: the system calls. The rest is in bare/. */
#include "bare/bare.h"

#include <linux/mm.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include <uapi/linux/hps.h>

#include "compat.h"
#include "conn/cq.h"
#include "ddp/region.h"
#include "net.h"
#include "socket/hps_sock.h"
#include "socket/post.h"
#include "socket/queue.h"
#include "socket/verbs.h"

static struct hps_bare *bare_of(const struct socket *sock)
{
	return hps_sk(sock->sk)->bare;
}

/* --- waiting -------------------------------------------------------------- */

/* Sleeps until @ready, with the end unlocked. Returns 0, or why not. */
static int wait_until(struct hps_bare *b, bool (*ready)(struct hps_bare *b),
		      struct sock *sk, long *timeo)
{
	while (!ready(b)) {
		if (!*timeo)
			return -EAGAIN;
		mutex_unlock(&b->lock);
		*timeo = wait_event_interruptible_timeout(*sk_sleep(sk),
							  ready(b), *timeo);
		mutex_lock(&b->lock);
		if (*timeo < 0)
			return sock_intr_errno(READ_ONCE(sk->sk_rcvtimeo));
	}
	return 0;
}

static bool is_dialed(struct hps_bare *b)
{
	return READ_ONCE(b->state) != HPS_BARE_DIALING;
}

static bool is_readable(struct hps_bare *b)
{
	return READ_ONCE(b->messages) || READ_ONCE(b->state) == HPS_BARE_ENDED;
}

static bool has_room(const struct hps_bare *b, const struct sock *sk)
{
	return READ_ONCE(b->works) < HPS_DIRECT_DEPTH &&
	       READ_ONCE(b->unsent) <= READ_ONCE(sk->sk_sndbuf) / 2;
}

static bool is_writable(struct hps_bare *b)
{
	return READ_ONCE(b->state) != HPS_BARE_OPEN || has_room(b, b->sk);
}

static bool is_acceptable(struct hps_bare *b)
{
	return hps_bare_has_ready(b) || READ_ONCE(b->state) != HPS_BARE_LISTEN;
}

/* --- names ---------------------------------------------------------------- */

static int bare_bind(struct socket *sock, struct sockaddr_unsized *addr, int len)
{
	struct hps_bare *b = bare_of(sock);
	int err;

	mutex_lock(&b->lock);
	err = hps_bare_bind(b, addr, len);
	mutex_unlock(&b->lock);
	return err;
}

static int bare_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct hps_bare *b = bare_of(sock);
	int err;

	mutex_lock(&b->lock);
	if (!b->tcp)
		err = -ENOTCONN;
	else if (peer)
		err = kernel_getpeername(b->tcp, (void *)addr);
	else
		err = kernel_getsockname(b->tcp, (void *)addr);
	mutex_unlock(&b->lock);
	return err;
}

/* --- connect, listen, accept ---------------------------------------------- */

static int bare_connect(struct socket *sock, struct sockaddr_unsized *addr,
			int len, int flags)
{
	struct hps_bare *b = bare_of(sock);
	struct sock *sk = sock->sk;
	long timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	int err;

	mutex_lock(&b->lock);
	err = hps_bare_connect(b, addr, len);
	if (err == -EINPROGRESS || (err == -EALREADY && timeo)) {
		sock->state = SS_CONNECTING;
		if (timeo)
			err = wait_until(b, is_dialed, sk, &timeo);
		if (err == -EAGAIN)
			err = -EINPROGRESS;
		if (!err && b->state == HPS_BARE_ENDED)
			err = sock_error(sk);
		/* The error was told to somebody else. */
		if (!err && !b->opened)
			err = -ECONNABORTED;
	} else if (b->state == HPS_BARE_OPEN && sock->state == SS_CONNECTING) {
		/* Asked again after EINPROGRESS. */
		err = 0;
	}
	if (!err)
		sock->state = SS_CONNECTED;
	mutex_unlock(&b->lock);
	return err;
}

static int bare_listen(struct socket *sock, int backlog)
{
	struct hps_bare *b = bare_of(sock);
	unsigned int most = READ_ONCE(sock_net(sock->sk)->core.sysctl_somaxconn);
	int err;

	mutex_lock(&b->lock);
	err = hps_bare_listen(b, min_t(unsigned int, backlog, most));
	mutex_unlock(&b->lock);
	return err;
}

static const struct proto_ops bare_ops;

/* What every bare socket begins with. */
static void sock_setup(struct socket *sock, struct sock *sk, struct hps_bare *b)
{
	const struct hps_net *hn = hps_net(sock_net(sk));

	sock->ops = &bare_ops;
	sk->sk_protocol = HPS_PROTO_BARE;
	sk->sk_state = TCP_CLOSE;
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(hn->sysctl.rmem));
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(hn->sysctl.wmem));
	hps_sk(sk)->bare = b;
}

/* A socket for an end that was accepted. */
static int make_accepted(struct sock *lsk, struct socket *newsock, bool kern)
{
	struct sock *sk;

	sk = sk_alloc(sock_net(lsk), lsk->sk_family, GFP_KERNEL, lsk->sk_prot,
		      kern);
	if (!sk)
		return -ENOMEM;
	sock_init_data(NULL, sk);
	sock_graft(sk, newsock);
	sk->sk_type = lsk->sk_type;
	sock_setup(newsock, sk, NULL);
	sk->sk_rcvbuf = lsk->sk_rcvbuf;
	sk->sk_sndbuf = lsk->sk_sndbuf;
	sk->sk_userlocks = lsk->sk_userlocks;
	lock_sock(lsk);
	hps_verbs_inherit(sk, lsk);
	release_sock(lsk);
	return 0;
}

/* The end that was taken from the listener's queue gets the socket; or goes. */
static int graft(struct sock *lsk, struct socket *newsock, struct hps_bare *b)
{
	struct hps_bare *l = hps_sk(lsk)->bare;
	struct sock *sk = newsock->sk;
	struct hps_domain *d = hps_sk(sk)->domain;
	int err;

	/* From the first event on it can be looked at. */
	hps_sk(sk)->bare = b;
	mutex_lock(&l->lock);
	mutex_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
	err = hps_bare_accept(b, l, sk, d ? d->id : 0);
	mutex_unlock(&b->lock);
	mutex_unlock(&l->lock);
	if (!err) {
		newsock->state = SS_CONNECTED;
		return 0;
	}
	hps_sk(sk)->bare = NULL;
	hps_bare_close(b, true);
	return err;
}

/* Returns 0 with @child, or why there is none. */
static int next_child(struct hps_bare *b, struct sock *sk, long *timeo,
		      struct hps_bare **child)
{
	int err;

	*child = NULL;
	mutex_lock(&b->lock);
	do {
		err = -EINVAL;
		if (b->state == HPS_BARE_LISTEN)
			err = wait_until(b, is_acceptable, sk, timeo);
		if (!err)
			*child = hps_bare_take_ready(b);
	} while (!err && !*child);
	mutex_unlock(&b->lock);
	return err;
}

/* Children whose peers have gone again are passed over. */
static int bare_accept(struct socket *sock, struct socket *newsock,
		       HPS_ACCEPT_PARAMS)
{
	struct hps_bare *b = bare_of(sock), *child;
	struct sock *sk = sock->sk;
	long timeo = sock_rcvtimeo(sk, HPS_ACCEPT_FLAGS & O_NONBLOCK);
	int err;

	do {
		err = next_child(b, sk, &timeo, &child);
		if (err)
			return err;
		if (!newsock->sk)
			err = make_accepted(sk, newsock, HPS_ACCEPT_KERN);
		if (err)
			hps_bare_close(child, true);
		else
			err = graft(sk, newsock, child);
	} while (err == -ECONNABORTED);
	return err;
}

/* --- ending --------------------------------------------------------------- */

static int bare_shutdown(struct socket *sock, int how)
{
	struct hps_bare *b = bare_of(sock);
	int err = 0;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	mutex_lock(&b->lock);
	if (b->state == HPS_BARE_LISTEN && how != SHUT_WR) {
		hps_bare_unlisten(b);
		hps_bare_wake(b);
	} else if (b->state != HPS_BARE_OPEN && b->state != HPS_BARE_CLOSING) {
		err = -ENOTCONN;
	} else if (how != SHUT_RD) {
		hps_bare_shutdown(b);
	}
	mutex_unlock(&b->lock);
	return err;
}

static int bare_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct hps_sock *hs;

	if (!sk)
		return 0;
	hs = hps_sk(sk);
	if (hs->bare)
		hps_bare_close(hs->bare, sock_flag(sk, SOCK_LINGER) &&
					 !sk->sk_lingertime);
	hs->bare = NULL;
	hps_cq_put(hs->cq);
	hs->cq = NULL;
	/* ORDER: it needs the namespace, which the socket holds. */
	if (hs->domain)
		hps_domain_put(hs->domain);
	hs->domain = NULL;
	sock_orphan(sk);
	sock->sk = NULL;
	sock_put(sk);
	return 0;
}

/* --- options -------------------------------------------------------------- */

/* Not yet a connection, or where connections come from. */
static bool is_before(const struct hps_bare *b)
{
	return b->state == HPS_BARE_NEW || b->state == HPS_BARE_LISTEN;
}

static int set_setup(struct hps_bare *b, sockptr_t val, unsigned int len)
{
	struct hps_bare_setup setup;
	bool may;

	if (len != sizeof(setup))
		return -EINVAL;
	if (copy_from_sockptr(&setup, val, sizeof(setup)))
		return -EFAULT;
	if (setup.flags & ~(HPS_BARE_NO_CRC | HPS_BARE_REVISION_1) ||
	    setup.ird > HPS_BARE_DEPTH_MAX || setup.ord > HPS_BARE_DEPTH_MAX ||
	    setup.reserved[0] || setup.reserved[1])
		return -EINVAL;
	mutex_lock(&b->lock);
	/* The rings are made with it. */
	may = is_before(b) && !b->answers;
	if (may)
		b->setup = setup;
	mutex_unlock(&b->lock);
	return may ? 0 : -EISCONN;
}

static int set_private(struct hps_bare *b, sockptr_t val, unsigned int len)
{
	u8 data[HPS_BARE_PRIVATE_MAX];
	bool may;

	if (len > sizeof(data))
		return -EINVAL;
	if (copy_from_sockptr(data, val, len))
		return -EFAULT;
	mutex_lock(&b->lock);
	may = is_before(b);
	if (may) {
		memcpy(b->own, data, len);
		b->own_len = len;
	}
	mutex_unlock(&b->lock);
	return may ? 0 : -EISCONN;
}

static int set_queue(struct sock *sk, int fd)
{
	int err;

	lock_sock(sk);
	err = hps_queue_set(sk, fd);
	release_sock(sk);
	return err;
}

static int set_number(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	int v;

	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	switch (name) {
	case HPS_DIRECT_DEREGISTER:
		return hps_verbs_deregister(sk, v);
	case HPS_DIRECT_DOMAIN:
		return hps_verbs_domain(sk, v);
	case HPS_DIRECT_QUEUE:
		return set_queue(sk, v);
	}
	return -ENOPROTOOPT;
}

/* Of level SOL_SOCKET the kernel's core takes care. */
int hps_bare_setsockopt(struct socket *sock, int level, int name, sockptr_t val,
			unsigned int len)
{
	struct hps_bare *b = bare_of(sock);

	if (level != SOL_HPS)
		return -ENOPROTOOPT;
	if (name == HPS_BARE_SETUP)
		return set_setup(b, val, len);
	if (name == HPS_BARE_PRIVATE)
		return set_private(b, val, len);
	return set_number(sock->sk, name, val, len);
}

static void info_of(const struct sock *sk, const struct hps_bare *b,
		    struct hps_bare_info *info)
{
	*info = (struct hps_bare_info) {
		.state = READ_ONCE(sk->sk_state),
		.revision = b->info.revision,
		.terminated = b->terminated,
		.terminate = b->terminate,
		.error = b->error,
		.ird = b->stream.ird,
		.ord = b->stream.ord,
		.frames_sent = b->frames_sent,
		.frames_received = b->frames_received,
		.octets_placed = b->octets_placed,
		.requests_served = b->requests_served,
	};
	if (b->initiator)
		info->flags |= HPS_BARE_INFO_INITIATOR;
	if (b->crc)
		info->flags |= HPS_BARE_INFO_CRC;
	if (b->info.enhanced)
		info->flags |= HPS_BARE_INFO_ENHANCED;
}

static int bare_getsockopt(struct socket *sock, int level, int name,
			   char __user *val, int __user *optlen)
{
	struct hps_bare *b = bare_of(sock);
	struct hps_bare_info info;
	const void *from = &info;
	int len, size = sizeof(info);

	if (level != SOL_HPS)
		return -ENOPROTOOPT;
	if (name == HPS_DIRECT_REGISTER)
		return hps_verbs_register(sock->sk, val, optlen);
	if (name == HPS_DIRECT_QUEUE)
		return hps_queue_make(val, optlen);
	if (name != HPS_BARE_INFO && name != HPS_BARE_PRIVATE)
		return -ENOPROTOOPT;
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	mutex_lock(&b->lock);
	info_of(sock->sk, b, &info);
	if (name == HPS_BARE_PRIVATE) {
		/* It does not change once it is there. */
		from = b->startup_whole ? b->info.private_data : NULL;
		size = b->startup_whole ? b->info.private_len : 0;
	}
	mutex_unlock(&b->lock);
	len = min(len, size);
	if (put_user(len, optlen) || (len && copy_to_user(val, from, len)))
		return -EFAULT;
	return 0;
}

/* --- sending -------------------------------------------------------------- */

static int take_send(const struct cmsghdr *cmsg, struct hps_bare_work *w)
{
	if (cmsg->cmsg_len != CMSG_LEN(sizeof(w->send)))
		return -EINVAL;
	memcpy(&w->send, CMSG_DATA(cmsg), sizeof(w->send));
	if (w->send.flags & ~(HPS_BARE_SOLICITED | HPS_BARE_INVALIDATE) ||
	    (w->send.stag && !(w->send.flags & HPS_BARE_INVALIDATE)))
		return -EINVAL;
	return 0;
}

static int take_post(const struct cmsghdr *cmsg, size_t len,
		     struct hps_bare_work *w)
{
	if (cmsg->cmsg_len != CMSG_LEN(sizeof(w->post)))
		return -EINVAL;
	memcpy(&w->post, CMSG_DATA(cmsg), sizeof(w->post));
	if (w->post.op == HPS_DIRECT_WRITE || hps_bare_is_request(w))
		return hps_post_check(&w->post, len);
	/* The rest is HPS only; INVALIDATE comes with a message, HPS_BARE_SEND. */
	return -EOPNOTSUPP;
}

/* What a write is: a message, or what its control message says. */
static int take_control(struct msghdr *msg, size_t len, struct hps_bare_work *w)
{
	struct cmsghdr *cmsg;
	bool some = false;
	int err;

	w->post.op = HPS_BARE_OP_SEND;
	if (!msg->msg_controllen)
		return 0;
	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg) || cmsg->cmsg_level != SOL_HPS || some)
			return -EINVAL;
		err = -EINVAL;
		if (cmsg->cmsg_type == HPS_BARE_SEND)
			err = take_send(cmsg, w);
		else if (cmsg->cmsg_type == HPS_DIRECT_POST)
			err = take_post(cmsg, len, w);
		if (err)
			return err;
		some = true;
	}
	return 0;
}

/* Copies the payload and finds how much there is to do. */
static int take_payload(struct msghdr *msg, size_t len, const struct sock *sk,
			struct hps_bare_work *w)
{
	if (w->post.op == HPS_DIRECT_READ)
		w->len = w->post.len;
	else if (hps_bare_is_request(w))
		w->len = sizeof(u64);
	else
		w->len = len;
	if (hps_bare_is_request(w) || !len)
		return 0;
	if (len > READ_ONCE(sk->sk_sndbuf))
		return -EMSGSIZE;
	w->data = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!w->data)
		return -ENOMEM;
	return copy_from_iter_full(w->data, len, &msg->msg_iter) ? 0 : -EFAULT;
}

/* May this socket post it now? The sink is checked again when octets come. */
static int permit(const struct sock *sk, const struct hps_bare *b,
		  const struct hps_bare_work *w)
{
	const struct ddp_access access = {
		.stag = w->post.sink,
		.offset = w->post.sink_offset,
		.len = w->post.len,
		.right = DDP_RIGHT_SINK,
		.domain = b->stream.domain,
		.stream = b->stream.stream,
	};

	if (w->post.op == HPS_BARE_OP_SEND)
		return 0;
	if (!hps_sk(sk)->cq && !(w->post.flags & HPS_DIRECT_SILENT))
		return -EDESTADDRREQ;
	if (w->post.op != HPS_DIRECT_READ)
		return 0;
	return hps_region_post(b->net, &access) ? -EACCES : 0;
}

static int send_error(struct sock *sk, const struct hps_bare *b)
{
	if (b->state == HPS_BARE_OPEN)
		return 0;
	if (b->state < HPS_BARE_OPEN)
		return -ENOTCONN;
	return sock_error(sk) ?: -EPIPE;
}

static int post(struct sock *sk, struct hps_bare *b, struct hps_bare_work *w,
		long timeo)
{
	int err;

	do {
		err = wait_until(b, is_writable, sk, &timeo);
		if (!err)
			err = send_error(sk, b);
		if (!err)
			err = permit(sk, b, w);
		if (!err)
			err = hps_bare_post(b, w, hps_sk(sk)->cq);
	} while (err == -EAGAIN && timeo);
	return err;
}

static int bare_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct hps_bare *b = bare_of(sock);
	struct sock *sk = sock->sk;
	struct hps_bare_work *w;
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	int err;

	if (msg->msg_flags & (MSG_OOB | MSG_FASTOPEN))
		return -EOPNOTSUPP;
	w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w)
		return -ENOMEM;
	err = take_control(msg, len, w);
	if (!err)
		err = take_payload(msg, len, sk, w);
	if (!err) {
		mutex_lock(&b->lock);
		err = post(sk, b, w, timeo);
		mutex_unlock(&b->lock);
	}
	if (!err)
		return len;
	kvfree(w->data);
	kfree(w);
	return sk_stream_error(sk, msg->msg_flags, err);
}

/* --- receiving ------------------------------------------------------------ */

static void put_note(struct msghdr *msg, struct hps_bare_received *note)
{
	if (note->flags)
		put_cmsg(msg, SOL_HPS, HPS_BARE_RECEIVED, sizeof(*note), note);
}

static void drop_chunk(struct hps_bare *b, struct hps_bare_chunk *chunk)
{
	b->cost -= sizeof(*chunk) + chunk->size;
	list_del(&chunk->node);
	kvfree(chunk);
}

/* Copies the first message as far as there is room. It is whole and there is no other
 * reader, so it stays as it is though the end is not locked.
 */
static int copy_message(struct hps_bare *b, struct msghdr *msg, int flags)
{
	struct hps_bare_chunk *chunk;
	u32 n, done = 0, whole = 0;

	list_for_each_entry(chunk, &b->received, node) {
		n = min_t(size_t, chunk->len, msg_data_left(msg));
		if (n && copy_to_iter(chunk->data, n, &msg->msg_iter) != n)
			return -EFAULT;
		done += n;
		whole += chunk->len;
		if (chunk->last) {
			put_note(msg, &chunk->note);
			break;
		}
	}
	msg->msg_flags |= MSG_EOR;
	if (whole > done)
		msg->msg_flags |= MSG_TRUNC;
	return flags & MSG_TRUNC ? whole : done;
}

/* The first message was read. What of it did not fit is gone, as with any socket of
 * messages.
 */
static void drop_message(struct hps_bare *b)
{
	struct hps_bare_chunk *chunk, *next;
	bool last;

	mutex_lock(&b->lock);
	list_for_each_entry_safe(chunk, next, &b->received, node) {
		last = chunk->last;
		drop_chunk(b, chunk);
		if (last)
			break;
	}
	WRITE_ONCE(b->messages, b->messages - 1);
	mutex_unlock(&b->lock);
	/* There may be more in TCP than there was room for. */
	hps_bare_kick(b);
}

/* Is there a message? If not, @err says what recv() returns. */
static bool has_message(struct hps_bare *b, struct sock *sk, int *err)
{
	bool some;

	mutex_lock(&b->lock);
	some = b->state >= HPS_BARE_OPEN && b->messages;
	if (b->state < HPS_BARE_OPEN)
		*err = -ENOTCONN;
	else if (b->state == HPS_BARE_ENDED && !some)
		*err = sock_error(sk);
	else
		*err = -EAGAIN;
	mutex_unlock(&b->lock);
	return some;
}

static int read_message(struct hps_bare *b, struct sock *sk, struct msghdr *msg,
			int flags)
{
	int n;

	if (mutex_lock_interruptible(&b->reading))
		return sock_intr_errno(READ_ONCE(sk->sk_rcvtimeo));
	if (has_message(b, sk, &n)) {
		n = copy_message(b, msg, flags);
		if (n >= 0 && !(flags & MSG_PEEK))
			drop_message(b);
	}
	mutex_unlock(&b->reading);
	return n;
}

static int bare_recvmsg(struct socket *sock, struct msghdr *msg, size_t len,
			int flags)
{
	struct hps_bare *b = bare_of(sock);
	struct sock *sk = sock->sk;
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	int n;

	if (flags & (MSG_OOB | MSG_ERRQUEUE))
		return -EOPNOTSUPP;
	for (;;) {
		n = read_message(b, sk, msg, flags);
		if (n != -EAGAIN || !timeo)
			return n;
		timeo = wait_event_interruptible_timeout(*sk_sleep(sk),
							 is_readable(b), timeo);
		if (timeo < 0)
			return sock_intr_errno(READ_ONCE(sk->sk_rcvtimeo));
	}
}

static __poll_t bare_poll(struct file *file, struct socket *sock,
			  struct poll_table_struct *wait)
{
	struct hps_bare *b = bare_of(sock);
	enum hps_bare_state state;
	struct sock *sk = sock->sk;
	__poll_t mask = 0;

	sock_poll_wait(file, sock, wait);
	state = READ_ONCE(b->state);
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (state == HPS_BARE_LISTEN)
		return mask | (hps_bare_has_ready(b) ? EPOLLIN | EPOLLRDNORM : 0);
	if (state == HPS_BARE_ENDED)
		mask |= EPOLLHUP | EPOLLRDHUP;
	if (state >= HPS_BARE_OPEN && is_readable(b))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (state > HPS_BARE_OPEN || (state == HPS_BARE_OPEN && has_room(b, sk)))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/* --- the table ------------------------------------------------------------ */

static const struct proto_ops bare_ops = {
	.family		= PF_HPS,
	.owner		= THIS_MODULE,
	.release	= bare_release,
	.bind		= bare_bind,
	.connect	= bare_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= bare_accept,
	.getname	= bare_getname,
	.poll		= bare_poll,
	.ioctl		= sock_no_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= bare_listen,
	.shutdown	= bare_shutdown,
	.setsockopt	= hps_bare_setsockopt,
	.getsockopt	= bare_getsockopt,
	.sendmsg	= bare_sendmsg,
	.recvmsg	= bare_recvmsg,
	.mmap		= sock_no_mmap,
};

/**
 * hps_bare_create - socket(AF_HPS, SOCK_SEQPACKET, HPS_PROTO_BARE)
 * @sock:	the socket that is made
 * @sk:		its new struct sock; consumed
 *
 * Return: 0 or -ENOBUFS.
 */
int hps_bare_create(struct socket *sock, struct sock *sk)
{
	struct hps_bare *b = hps_bare_new(sock_net(sk), GFP_KERNEL_ACCOUNT);

	if (!b) {
		sk_free(sk);
		return -ENOBUFS;
	}
	sock_init_data(sock, sk);
	sock_setup(sock, sk, b);
	b->sk = sk;
	return 0;
}
