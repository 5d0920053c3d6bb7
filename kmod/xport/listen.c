// SPDX-License-Identifier: GPL-2.0
/* The TCP port behind which all HPS ports of a namespace live. */
#include "xport/listen.h"

#include <linux/in6.h>
#include <linux/slab.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat.h"
#include "net.h"
#include "xport/tcp.h"

#define TCP_BACKLOG	1024
#define ACCEPT_AGAIN	(HZ / 50)

/**
 * struct hps_tcp_listener - the TCP listener of a namespace
 * @net:	the namespace
 * @sock:	kernel socket without a namespace reference: a listener must not
 *		keep its namespace alive
 * @data_ready:	the socket's own callback
 * @accept:	takes new connections off it
 *
 * Lifetime: exists while an HPS listener does; hps_net.listen_mutex.
 */
struct hps_tcp_listener {
	struct net		*net;
	struct socket		*sock;
	void			(*data_ready)(struct sock *sk);
	struct delayed_work	accept;
};

/* Children inherit the callback until they are adopted. */
static void listener_data_ready(struct sock *sk)
{
	struct hps_tcp_listener *l;

	if (sk->sk_state != TCP_LISTEN)
		return;
	read_lock_bh(&sk->sk_callback_lock);
	l = __locked_read_sk_user_data_with_flags(sk, SK_USER_DATA_NOCOPY);
	if (l)
		queue_delayed_work(hps_wq, &l->accept, 0);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void listener_accept(struct work_struct *work)
{
	struct hps_tcp_listener *l =
		container_of(work, struct hps_tcp_listener, accept.work);
	struct hps_net *hn = hps_net(l->net);
	struct socket *sock;
	int err;

	while (!(err = kernel_accept(l->sock, &sock, O_NONBLOCK))) {
		sock->sk->sk_data_ready = l->data_ready;
		if (READ_ONCE(hn->half_open) >=
		    READ_ONCE(hn->sysctl.max_half_open)) {
			hps_mib_inc(l->net, HPS_MIB_HALF_OPEN_DROPPED);
			sock_no_linger(sock->sk);
			sock_release(sock);
		} else if (hps_tcp_adopt(l->net, sock)) {
			sock_release(sock);
		}
	}
	/* No memory: who waits is asked in a little later. */
	if (err != -EAGAIN)
		queue_delayed_work(hps_wq, &l->accept, ACCEPT_AGAIN);
}

static int listener_socket(struct net *net, struct socket **sock)
{
	union hps_addr any = {};
	int len, err;

	err = sock_create_kern(net, AF_INET6, SOCK_STREAM, IPPROTO_TCP, sock);
	if (err) {
		err = sock_create_kern(net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
				       sock);
		if (err)
			return err;
		any.in.sin_family = AF_INET;
		any.in.sin_port = htons(READ_ONCE(hps_net(net)->sysctl.port));
		len = sizeof(any.in);
	} else {
		any.in6.sin6_family = AF_INET6;
		any.in6.sin6_port = htons(READ_ONCE(hps_net(net)->sysctl.port));
		len = sizeof(any.in6);
		/* IPv4 comes in by the same socket, whatever bindv6only says. */
		(*sock)->sk->sk_ipv6only = 0;
	}
	sock_set_reuseaddr((*sock)->sk);
	/* Children inherit it, and with it a window scale that is enough, until
	 * hps_tcp_adopt().
	 */
	(*sock)->sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	(*sock)->sk->sk_rcvbuf = hps_tcp_rcvbuf(net);
	err = kernel_bind(*sock, (struct sockaddr_unsized *)&any, len);
	if (err)
		sock_release(*sock);
	return err;
}

static struct hps_tcp_listener *listener_start(struct net *net)
{
	struct hps_tcp_listener *l = kzalloc(sizeof(*l), GFP_KERNEL);
	struct sock *sk;
	int err;

	if (!l)
		return ERR_PTR(-ENOMEM);
	l->net = net;
	INIT_DELAYED_WORK(&l->accept, listener_accept);
	err = listener_socket(net, &l->sock);
	if (err)
		goto err_free;

	sk = l->sock->sk;
	l->data_ready = sk->sk_data_ready;
	write_lock_bh(&sk->sk_callback_lock);
	__rcu_assign_sk_user_data_with_flags(sk, l, SK_USER_DATA_NOCOPY);
	sk->sk_data_ready = listener_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	err = kernel_listen(l->sock, TCP_BACKLOG);
	if (err)
		goto err_release;
	return l;

err_release:
	sock_release(l->sock);
err_free:
	kfree(l);
	return ERR_PTR(err);
}

static void listener_stop(struct hps_tcp_listener *l)
{
	struct sock *sk = l->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = l->data_ready;
	rcu_assign_sk_user_data(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
	cancel_delayed_work_sync(&l->accept);
	sock_release(l->sock);
	kfree(l);
}

/**
 * hps_listen_get - have the TCP listener of a namespace running
 * @net:	the namespace
 *
 * Context: process. Returns 0 or bind()'s errors, EADDRINUSE if another
 * program has the TCP port.
 */
int hps_listen_get(struct net *net)
{
	struct hps_net *hn = hps_net(net);
	struct hps_tcp_listener *l;
	int err = 0;

	if (atomic_inc_not_zero(&hn->listeners))
		return 0;
	mutex_lock(&hn->listen_mutex);
	if (!atomic_read(&hn->listeners)) {
		l = listener_start(net);
		err = PTR_ERR_OR_ZERO(l);
		if (!err)
			hn->tcp_listener = l;
	}
	if (!err)
		atomic_inc(&hn->listeners);
	mutex_unlock(&hn->listen_mutex);
	return err;
}

/**
 * hps_listen_try_put - the TCP listener has one user less, unless that is the last
 * @net:	the namespace
 *
 * Context: any. Returns whether it was not; the last one calls hps_listen_put().
 */
bool hps_listen_try_put(struct net *net)
{
	return atomic_add_unless(&hps_net(net)->listeners, -1, 1);
}

/**
 * hps_listen_put - the TCP listener has one user less
 * @net:	the namespace
 *
 * Context: process.
 */
void hps_listen_put(struct net *net)
{
	struct hps_net *hn = hps_net(net);

	if (!atomic_dec_and_mutex_lock(&hn->listeners, &hn->listen_mutex))
		return;
	listener_stop(hn->tcp_listener);
	hn->tcp_listener = NULL;
	mutex_unlock(&hn->listen_mutex);
}
