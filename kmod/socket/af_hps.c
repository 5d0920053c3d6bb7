// SPDX-License-Identifier: GPL-2.0
/* The socket family: making, connecting and ending sockets. */
#include <linux/module.h>
#include <linux/net.h>
#include <net/inet_common.h>
#include <net/ipv6.h>
#include <net/protocol.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include <net/transp_v6.h>
#include <uapi/linux/hps.h>
#include <uapi/linux/hps_bare.h>

#include "compat.h"
#include "conn/conn.h"
#include "conn/cq.h"
#include "conn/join.h"
#include "conn/posted.h"
#include "conn/send.h"
#include "ddp/region.h"
#include "link/bundle.h"
#include "net.h"
#include "socket/hps_sock.h"
#include "socket/verbs.h"

/* --- connect, listen, accept --------------------------------------------------------------- */

static void begin_buffers(struct sock *sk)
{
	const struct hps_net *hn = hps_net(sock_net(sk));

	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(hn->sysctl.rmem));
	if (!(sk->sk_userlocks & SOCK_SNDBUF_LOCK))
		WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(hn->sysctl.wmem));
}

static void forget_conn(struct sock *sk, enum hps_reason reason)
{
	struct hps_sock *hs = hps_sk(sk);
	struct hps_conn *conn = hs->conn;

	if (!conn)
		return;
	WRITE_ONCE(hs->conn, NULL);
	hps_conn_close(conn, reason);
	hps_conn_put(conn);
	/* They have grown for the paths of that one. */
	begin_buffers(sk);
}

/* SO_BINDTODEVICE names a bundle, or the one link to be used; without it an
 * address that was bound to may do so.
 */
static void use_bound_device(struct sock *sk, struct hps_conn *conn)
{
	int ifindex = READ_ONCE(sk->sk_bound_dev_if);

	if (!ifindex) {
		if (conn->local.sa.sa_family && !hps_addr_is_any(&conn->local))
			hps_join_stay_with(conn, &conn->local);
	} else if (hps_bundle_find(sock_net(sk), ifindex)) {
		conn->bundle_ifindex = ifindex;
	} else {
		conn->key.ifindex = ifindex;
		conn->one_link = true;
	}
	conn->joined = conn->one_link;
}

static int begin_connect(struct sock *sk, const union hps_addr *remote)
{
	struct hps_sock *hs = hps_sk(sk);
	struct hps_conn *conn;
	int err;

	conn = hps_conn_alloc(sock_net(sk), true, READ_ONCE(sk->sk_rcvbuf),
			      READ_ONCE(sk->sk_sndbuf), GFP_KERNEL);
	if (!conn)
		return -ENOBUFS;
	conn->seqpacket = sk->sk_type == SOCK_SEQPACKET;
	conn->remote = *remote;
	if (hs->port.port) {
		conn->bound_port = hs->port.port;
		if (hs->port.addr.sa.sa_family == remote->sa.sa_family)
			conn->local = hs->port.addr;
	}
	if (!conn->local.sa.sa_family) {
		conn->local.in.sin_port = hs->port.port;
		hps_cgroup_source(sk, remote->sa.sa_family, &conn->local);
	}
	hps_sock_configure(hs, conn);
	hps_options_begin(conn, sk, &hs->opt);
	use_bound_device(sk, conn);
	hps_conn_hold(conn);
	conn->sk = sk;
	hs->conn = conn;
	WRITE_ONCE(sk->sk_state, TCP_SYN_SENT);
	err = hps_conn_connect(sk, conn);
	if (err) {
		WRITE_ONCE(sk->sk_state, TCP_CLOSE);
		forget_conn(sk, HPS_REASON_ABORT);
	} else {
		hps_conn_watch(conn);
	}
	return err;
}

/* connect() with AF_UNSPEC, as tcp_disconnect(): the socket can be used anew,
 * and stays bound.
 */
static void disconnect(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct hps_sock *hs = hps_sk(sk);
	bool abort = false;

	if (hs->conn) {
		spin_lock_bh(&hs->conn->lock);
		abort = sk->sk_state != TCP_CLOSE &&
			!hps_conn_complete(hs->conn);
		spin_unlock_bh(&hs->conn->lock);
	}
	hps_port_close(sock_net(sk), &hs->port);
	forget_conn(sk, abort ? HPS_REASON_ABORT : HPS_REASON_NONE);
	WRITE_ONCE(sk->sk_state, TCP_CLOSE);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock->state = SS_UNCONNECTED;
	if (abort) {
		WRITE_ONCE(sk->sk_err, ECONNRESET);
		sk_error_report(sk);
	}
	sk->sk_state_change(sk);
}

static int hps_connect(struct socket *sock, struct sockaddr_unsized *uaddr,
		       int len, int flags)
{
	const struct sockaddr *sa = (const struct sockaddr *)uaddr;
	struct sock *sk = sock->sk;
	union hps_addr remote;
	long timeo;
	int err;

	if (len < sizeof(sa->sa_family))
		return -EINVAL;
	lock_sock(sk);
	if (sa->sa_family == AF_UNSPEC) {
		disconnect(sock);
		err = 0;
		goto out;
	}
	switch (sock->state) {
	case SS_UNCONNECTED:
		err = -EISCONN;
		if (sk->sk_state != TCP_CLOSE)
			goto out;
		err = hps_name_get(sk, uaddr, len, &remote);
		if (!err)
			err = hps_cgroup_connect(sk, uaddr, &len);
		hps_options_of_core(sk);
		if (!err)
			err = hps_name_get(sk, uaddr, len, &remote);
		if (err)
			goto out;
		if (!hps_sk(sk)->port.port)
			hps_sk(sk)->six = sa->sa_family == AF_INET6;
		forget_conn(sk, HPS_REASON_ABORT);
		sk->sk_shutdown = 0;
		err = begin_connect(sk, &remote);
		if (err)
			goto out;
		sock->state = SS_CONNECTING;
		err = -EINPROGRESS;
		/* Even if the answer is here already, as TCP does. */
		if (!sock_sndtimeo(sk, flags & O_NONBLOCK))
			goto out;
		break;
	case SS_CONNECTING:
		err = -EALREADY;
		break;
	case SS_CONNECTED:
		err = -EISCONN;
		goto out;
	default:
		err = -EINVAL;
		goto out;
	}
	if (READ_ONCE(sk->sk_state) == TCP_SYN_SENT) {
		timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
		if (!timeo)
			goto out;
		err = hps_wait_connect(sk, &timeo);
		if (err == -EAGAIN)
			err = -EINPROGRESS;
		if (err && READ_ONCE(sk->sk_state) == TCP_SYN_SENT)
			goto out;
	}
	/* Asked again after a failure: the error is told once. */
	if (READ_ONCE(sk->sk_state) == TCP_CLOSE) {
		err = sock_error(sk) ? : (err < 0 && err != -EALREADY &&
					  err != -EINPROGRESS ? err :
					  -ECONNABORTED);
		sock->state = SS_UNCONNECTED;
		goto out;
	}
	sock->state = SS_CONNECTED;
	err = 0;
out:
	release_sock(sk);
	return err;
}

static int hps_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	struct hps_sock *hs = hps_sk(sk);
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED ||
	    (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN))
		goto out;
	if (!hs->port.port) {
		/* A family that serves both listens for both. */
		hs->six = sk->sk_family != AF_INET;
		hs->port.addr.sa.sa_family = hs->six ? AF_INET6 : AF_INET;
		hs->port.ifindex = READ_ONCE(sk->sk_bound_dev_if);
		hs->port.v6only = hs->v6only;
		err = hps_port_bind(sock_net(sk), &hs->port);
		if (err)
			goto out;
		hs->port.addr.in.sin_port = hs->port.port;
	}
	/* Options may have been set between bind() and listen(). */
	hps_name_share(hs);
	if (hs->port.ifindex != READ_ONCE(sk->sk_bound_dev_if))
		hps_port_device(sock_net(sk), &hs->port,
				READ_ONCE(sk->sk_bound_dev_if));
	if ((unsigned int)backlog > READ_ONCE(sock_net(sk)->core.sysctl_somaxconn))
		backlog = READ_ONCE(sock_net(sk)->core.sysctl_somaxconn);
	err = hps_port_listen(sk, &hs->port, backlog, &hs->opt, hs->defer);
	if (!err)
		WRITE_ONCE(sk->sk_state, TCP_LISTEN);
out:
	release_sock(sk);
	return err;
}

/* What every socket of ours begins with, whoever made it. */
static void sock_setup(struct sock *sk)
{
	if (sk->sk_family != AF_INET)
		inet_sk(sk)->pinet6 = &((struct hps6_sock *)sk)->inet6;
	sk->sk_write_space = hps_write_space;
	begin_buffers(sk);
	sk->sk_state = TCP_CLOSE;
	hps_sk(sk)->six = sk->sk_family == AF_INET6;
	hps_sk(sk)->v6only = sk->sk_family == AF_INET6 &&
		READ_ONCE(sock_net(sk)->ipv6.sysctl.bindv6only);
	hps_take_sol_socket(sk->sk_socket);
	/* io_uring asks for it before it sends without a copy. */
	set_bit(SOCK_SUPPORT_ZC, &sk->sk_socket->flags);
}

/* Completions that nobody has fetched. */
static void sock_destruct(struct sock *sk)
{
	skb_queue_purge(&sk->sk_error_queue);
}

static struct sock *accept_sock(struct sock *lsk, struct socket *newsock,
				bool kern)
{
	struct hps_sock *hs, *ls = hps_sk(lsk);
	struct sock *sk;

	sk = sk_alloc(sock_net(lsk), lsk->sk_family, GFP_KERNEL, lsk->sk_prot,
		      kern);
	if (!sk)
		return NULL;
	sock_init_data(NULL, sk);
	sock_graft(sk, newsock);
	sk->sk_type = lsk->sk_type;
	sk->sk_protocol = lsk->sk_protocol;
	sk->sk_destruct = lsk->sk_destruct;
	sock_setup(sk);
	/* What a listening TCP socket gives to its children. */
	sk->sk_rcvbuf = lsk->sk_rcvbuf;
	sk->sk_sndbuf = lsk->sk_sndbuf;
	sk->sk_userlocks = lsk->sk_userlocks;
	sk->sk_rcvlowat = lsk->sk_rcvlowat;
	sk->sk_rcvtimeo = lsk->sk_rcvtimeo;
	sk->sk_sndtimeo = lsk->sk_sndtimeo;
	sk->sk_lingertime = lsk->sk_lingertime;
#ifdef CONFIG_NET_RX_BUSY_POLL
	sk->sk_ll_usec = READ_ONCE(lsk->sk_ll_usec);
#endif
	sk->sk_reuse = lsk->sk_reuse;
	sk->sk_reuseport = lsk->sk_reuseport;
	if (sock_flag(lsk, SOCK_LINGER))
		sock_set_flag(sk, SOCK_LINGER);
	if (sock_flag(lsk, SOCK_ZEROCOPY))
		sock_set_flag(sk, SOCK_ZEROCOPY);
	hs = hps_sk(sk);
	hs->six = ls->six;
	hs->v6only = ls->v6only;
	hs->nodelay = ls->nodelay;
	hs->cork = ls->cork;
	hs->policy = ls->policy;
	hs->cutoff = ls->cutoff;
	hs->own_cutoff = ls->own_cutoff;
	hps_verbs_inherit(sk, lsk);
	return sk;
}

static struct hps_conn *wait_accept(struct sock *sk, long timeo)
{
	struct hps_sock *hs = hps_sk(sk);
	DEFINE_WAIT(wait);
	int err = 0;

	while (!hps_port_has_ready(&hs->port)) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait,
					  TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (timeo && !hps_port_has_ready(&hs->port))
			timeo = schedule_timeout(timeo);
		sched_annotate_sleep();
		lock_sock(sk);
		if (sk->sk_state != TCP_LISTEN)
			err = -EINVAL;
		else if (hps_port_has_ready(&hs->port))
			break;
		else if (signal_pending(current))
			err = sock_intr_errno(timeo);
		else if (!timeo)
			err = -EAGAIN;
		if (err)
			break;
	}
	finish_wait(sk_sleep(sk), &wait);
	return err ? ERR_PTR(err) : hps_port_accept(&hs->port);
}

/* Joins a connection that waited to its new socket. */
static void graft(struct sock *sk, struct socket *newsock, struct hps_conn *conn)
{
	struct hps_sock *hs = hps_sk(sk);

	hs->conn = conn;
	hps_conn_hold(conn);
	sk->sk_mark = conn->key.mark;
	newsock->state = SS_CONNECTED;
	spin_lock_bh(&conn->lock);
	conn->sk = sk;
	conn->pending = false;
	hps_sock_configure(hs, conn);
	/* It began with what the listener had then. */
	hs->opt = conn->opt;
	sock_valbool_flag(sk, SOCK_KEEPOPEN, hs->opt.keepalive);
	hps_options_to_core(sk);
	if (conn->state == HPS_CONN_CLOSED) {
		sk->sk_err = -conn->err;
		sk->sk_state = TCP_CLOSE;
		sk->sk_shutdown = SHUTDOWN_MASK;
	} else {
		sk->sk_state = TCP_ESTABLISHED;
		if (hps_conn_heard_all(conn))
			sk->sk_shutdown = RCV_SHUTDOWN;
		hps_conn_watch_locked(conn);
	}
	spin_unlock_bh(&conn->lock);
}

static int hps_accept(struct socket *sock, struct socket *newsock,
		      HPS_ACCEPT_PARAMS)
{
	struct sock *sk = sock->sk, *newsk;
	struct hps_conn *conn;
	int err = -EINVAL;

	lock_sock(sk);
	if (sk->sk_state != TCP_LISTEN)
		goto out;
	conn = wait_accept(sk, sock_rcvtimeo(sk, HPS_ACCEPT_FLAGS & O_NONBLOCK));
	err = PTR_ERR_OR_ZERO(conn);
	if (err)
		goto out;
	newsk = accept_sock(sk, newsock, HPS_ACCEPT_KERN);
	if (!newsk) {
		/* As with TCP the connection is lost then. */
		hps_conn_close(conn, HPS_REASON_MEMORY);
		err = -ENOMEM;
		goto out;
	}
	graft(newsk, newsock, conn);
out:
	release_sock(sk);
	return err;
}

/* --- ending --------------------------------------------------------------------------------- */

static int hps_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	struct hps_sock *hs = hps_sk(sk);
	int err = 0;

	how++;	/* SHUT_RD, WR, RDWR become bits */
	if (how & ~SHUTDOWN_MASK || !how)
		return -EINVAL;
	lock_sock(sk);
	switch (sk->sk_state) {
	case TCP_CLOSE:
		err = -ENOTCONN;
		break;
	case TCP_LISTEN:
		if (!(how & RCV_SHUTDOWN))
			break;
		hps_port_close(sock_net(sk), &hs->port);
		hps_port_unbind(sock_net(sk), &hs->port);
		WRITE_ONCE(sk->sk_state, TCP_CLOSE);
		break;
	case TCP_SYN_SENT:
		forget_conn(sk, HPS_REASON_ABORT);
		WRITE_ONCE(sk->sk_state, TCP_CLOSE);
		sock->state = SS_UNCONNECTED;
		break;
	default:
		/* Softirq sets bits as well, under the data lock. */
		spin_lock_bh(&hs->conn->lock);
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | how);
		hps_posted_look(hs->conn);
		spin_unlock_bh(&hs->conn->lock);
		if (how & SEND_SHUTDOWN) {
			hps_conn_shutdown(hs->conn);
			hps_conn_watch(hs->conn);
		}
	}
	sk->sk_state_change(sk);
	release_sock(sk);
	return err;
}

/* Then close() resets. */
static bool has_unread(const struct hps_conn *conn)
{
	return READ_ONCE(conn->rcv.reasm.ready);
}

/* SO_LINGER: wait until the peer has all, or the time is over. */
static void linger(struct sock *sk, long timeo)
{
	struct hps_conn *conn = hps_sk(sk)->conn;
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	hps_conn_shutdown(conn);
	add_wait_queue(sk_sleep(sk), &wait);
	while (timeo && !signal_pending(current) &&
	       READ_ONCE(conn->state) == HPS_CONN_ESTABLISHED &&
	       !READ_ONCE(conn->snd.fin_acked)) {
		release_sock(sk);
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
}

static int hps_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct hps_domain *domain;
	struct hps_sock *hs;

	if (!sk)
		return 0;
	hs = hps_sk(sk);
	lock_sock(sk);
	hps_port_close(sock_net(sk), &hs->port);
	hps_port_unbind(sock_net(sk), &hs->port);
	if (hs->conn) {
		enum hps_reason reason = HPS_REASON_NONE;

		if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)
			reason = HPS_REASON_ABORT;
		else if (sock_flag(sk, SOCK_LINGER) && !has_unread(hs->conn) &&
			 !(current->flags & PF_EXITING))
			linger(sk, sk->sk_lingertime);
		hps_conn_close(hs->conn, reason);
		hps_conn_put(hs->conn);
		hs->conn = NULL;
	}
	hps_cq_put(hs->cq);
	hs->cq = NULL;
	WRITE_ONCE(sk->sk_state, TCP_CLOSE);
	sk->sk_shutdown = SHUTDOWN_MASK;
	domain = hs->domain;
	hs->domain = NULL;
	sock_orphan(sk);
	release_sock(sk);
	/* ORDER: it needs the namespace, which the socket holds. */
	if (domain)
		hps_domain_put(domain);
	sock->sk = NULL;
	sock_put(sk);
	return 0;
}

/* --- registration ----------------------------------------------------------------------------- */

#define HPS_OPS(pf) {				\
	.family		= pf,			\
	.owner		= THIS_MODULE,		\
	.release	= hps_release,		\
	.bind		= hps_bind,		\
	.connect	= hps_connect,		\
	.socketpair	= sock_no_socketpair,	\
	.accept		= hps_accept,		\
	.getname	= hps_getname,		\
	.poll		= hps_poll,		\
	.ioctl		= hps_ioctl,		\
	.gettstamp	= sock_gettstamp,	\
	.listen		= hps_listen,		\
	.shutdown	= hps_shutdown,		\
	.setsockopt	= hps_setsockopt,	\
	.getsockopt	= hps_getsockopt,	\
	.sendmsg	= hps_sendmsg,		\
	.recvmsg	= hps_recvmsg,		\
	HPS_OPS_SENDPAGE(hps_sendpage)		\
	.splice_read	= hps_splice_read,	\
	.splice_eof	= hps_splice_eof,	\
	.set_rcvlowat	= hps_set_rcvlowat,	\
	.mmap		= sock_no_mmap,		\
}

static const struct proto_ops hps_ops = HPS_OPS(PF_HPS);
static const struct proto_ops hps4_ops = HPS_OPS(PF_INET);
static const struct proto_ops hps6_ops = HPS_OPS(PF_INET6);

/* inet_create() and inet6_create() have made the socket. */
static int init_inet_sock(struct sock *sk)
{
	sock_setup(sk);
	return 0;
}

static struct proto hps_prot = {
	.name		= "HPS",
	.owner		= THIS_MODULE,
	.init		= init_inet_sock,
	.get_port	= hps_cgroup_get_port,
	.keepalive	= hps_keepalive,
	.obj_size	= sizeof(struct hps_sock),
};

static struct proto hps6_prot = {
	.name		= "HPSv6",
	.owner		= THIS_MODULE,
	.init		= init_inet_sock,
	.get_port	= hps_cgroup_get_port,
	.keepalive	= hps_keepalive,
	.obj_size	= sizeof(struct hps6_sock),
	HPS_IPV6_PINFO_OFFSET(offsetof(struct hps6_sock, inet6))
};

static int hps_create(struct net *net, struct socket *sock, int protocol,
		      int kern)
{
	struct sock *sk;

	if (sock->type != SOCK_STREAM && sock->type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	if (protocol && protocol != IPPROTO_HPS && protocol != HPS_PROTO_BARE)
		return -EPROTONOSUPPORT;
	if (protocol == HPS_PROTO_BARE && sock->type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	if (protocol == HPS_PROTO_BARE && !READ_ONCE(hps_net(net)->sysctl.bare))
		return -EPERM;
	sk = sk_alloc(net, PF_HPS, GFP_KERNEL, &hps6_prot, kern);
	if (!sk)
		return -ENOBUFS;
	if (protocol == HPS_PROTO_BARE)
		return hps_bare_create(sock, sk);
	sock->ops = &hps_ops;
	sock_init_data(sock, sk);
	sk->sk_protocol = IPPROTO_HPS;
	sk->sk_destruct = sock_destruct;
	sock_setup(sk);
	return 0;
}

static const struct net_proto_family hps_family = {
	.family	= PF_HPS,
	.create	= hps_create,
	.owner	= THIS_MODULE,
};

static struct inet_protosw hps_protosw[] = {
	{
		.type		= SOCK_STREAM,
		.protocol	= IPPROTO_HPS,
		.prot		= &hps_prot,
		.ops		= &hps4_ops,
	}, {
		.type		= SOCK_SEQPACKET,
		.protocol	= IPPROTO_HPS,
		.prot		= &hps_prot,
		.ops		= &hps4_ops,
	},
};

static struct inet_protosw hps6_protosw[] = {
	{
		.type		= SOCK_STREAM,
		.protocol	= IPPROTO_HPS,
		.prot		= &hps6_prot,
		.ops		= &hps6_ops,
	}, {
		.type		= SOCK_SEQPACKET,
		.protocol	= IPPROTO_HPS,
		.prot		= &hps6_prot,
		.ops		= &hps6_ops,
	},
};

/**
 * hps_socket_init - let programs make sockets
 *
 * ORDER: behind all that sockets use.
 */
int hps_socket_init(void)
{
	unsigned int i;
	int err;

	err = proto_register(&hps_prot, 1);
	if (err)
		return err;
	err = proto_register(&hps6_prot, 1);
	if (err)
		goto err_prot;
	err = sock_register(&hps_family);
	if (err) {
		pr_err("address family %d is taken\n", PF_HPS);
		goto err_prot6;
	}
	for (i = 0; i < ARRAY_SIZE(hps_protosw); i++)
		inet_register_protosw(&hps_protosw[i]);
	for (i = 0; i < ARRAY_SIZE(hps6_protosw); i++)
		inet6_register_protosw(&hps6_protosw[i]);
	return 0;

err_prot6:
	proto_unregister(&hps6_prot);
err_prot:
	proto_unregister(&hps_prot);
	return err;
}

void hps_socket_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hps6_protosw); i++)
		inet6_unregister_protosw(&hps6_protosw[i]);
	for (i = 0; i < ARRAY_SIZE(hps_protosw); i++)
		inet_unregister_protosw(&hps_protosw[i]);
	sock_unregister(PF_HPS);
	proto_unregister(&hps6_prot);
	proto_unregister(&hps_prot);
}
