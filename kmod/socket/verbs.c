// SPDX-License-Identifier: GPL-2.0
/* Direct placement as programs ask for it: domains and regions of sockets. */
#include "socket/verbs.h"

#include <linux/net.h>
#include <linux/uaccess.h>
#include <net/sock.h>
#include <uapi/linux/hps_direct.h>

#include "bare/bare.h"
#include "compat.h"
#include "conn/conn.h"
#include "ddp/region.h"
#include "socket/hps_sock.h"

/* From now on the socket, locked, has this domain. Consumes a reference. */
static void set_domain(struct sock *sk, struct hps_domain *d)
{
	struct hps_sock *hs = hps_sk(sk);
	struct hps_conn *conn = hs->conn;

	hs->domain = d;
	if (hs->bare)
		hps_bare_domain(hs->bare, d->id);
	hps_port_domain(&hs->port, d->id);
	if (!conn)
		return;
	spin_lock_bh(&conn->lock);
	WRITE_ONCE(conn->domain, d->id);
	spin_unlock_bh(&conn->lock);
}

/* The domain of a socket, locked, with a reference; one of its own if it has
 * none.
 */
static struct hps_domain *domain_of(struct sock *sk)
{
	struct hps_sock *hs = hps_sk(sk);
	struct hps_domain *d;

	if (!hs->domain) {
		d = hps_domain_new(sock_net(sk));
		if (IS_ERR(d))
			return d;
		set_domain(sk, d);
	}
	hps_domain_get(hs->domain);
	return hs->domain;
}

/* Number of its connection, 0 without one; locked. That of a bare socket it has from
 * the beginning.
 */
static u32 stream_of(const struct sock *sk)
{
	const struct hps_sock *hs = hps_sk(sk);

	if (hs->bare)
		return hs->bare->stream.stream;
	return hs->conn ? hs->conn->stream : 0;
}

/* Is it one of ours? */
static bool is_ours(const struct socket *sock)
{
	const struct proto_ops *ops = READ_ONCE(sock->ops);

	return ops->setsockopt == hps_setsockopt ||
	       ops->setsockopt == hps_bare_setsockopt;
}

/**
 * hps_verbs_register - HPS_DIRECT_REGISTER
 * @sk:		the socket, not locked
 * @optval:	struct hps_direct_region
 * @optlen:	its size
 *
 * Context: process; the socket is not locked while pages are fetched.
 *
 * Return: 0 or -errno, of these -ENOTCONN: HPS_DIRECT_ONLY without a
 * connection.
 */
int hps_verbs_register(struct sock *sk, char __user *optval,
		       int __user *optlen)
{
	struct hps_direct_region arg;
	struct hps_domain *d;
	u32 stream = 0;
	int len, err;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len != sizeof(arg))
		return -EINVAL;
	if (copy_from_user(&arg, optval, sizeof(arg)))
		return -EFAULT;
	err = hps_region_check(&arg);
	if (err)
		return err;
	lock_sock(sk);
	if (arg.flags & HPS_DIRECT_ONLY) {
		stream = stream_of(sk);
		if (!stream) {
			release_sock(sk);
			return -ENOTCONN;
		}
	}
	d = domain_of(sk);
	release_sock(sk);
	if (IS_ERR(d))
		return PTR_ERR(d);
	err = hps_region_register(d, stream, &arg);
	if (!err && copy_to_user(optval, &arg, sizeof(arg))) {
		hps_region_deregister(d, arg.stag);
		err = -EFAULT;
	}
	hps_domain_put(d);
	return err;
}

/**
 * hps_verbs_deregister - HPS_DIRECT_DEREGISTER
 * @sk:		the socket, not locked
 * @stag:	of a region of its domain, whichever socket made it
 *
 * Context: process. Return: 0 or -ENOENT.
 */
int hps_verbs_deregister(struct sock *sk, u32 stag)
{
	struct hps_domain *d;
	int err;

	lock_sock(sk);
	d = hps_sk(sk)->domain;
	if (d)
		hps_domain_get(d);
	release_sock(sk);
	if (!d)
		return -ENOENT;
	err = hps_region_deregister(d, stag);
	hps_domain_put(d);
	return err;
}

/* The domain of another socket, with a reference, if @sk may have it. */
static struct hps_domain *domain_of_other(struct sock *sk, struct socket *other)
{
	struct sock *osk = other->sk;
	struct hps_domain *d;

	if (!is_ours(other) || osk == sk ||
	    !net_eq(sock_net(osk), sock_net(sk)))
		return ERR_PTR(-EINVAL);
	if (!uid_eq(READ_ONCE(osk->sk_uid), READ_ONCE(sk->sk_uid)))
		return ERR_PTR(-EPERM);
	lock_sock(osk);
	d = domain_of(osk);
	release_sock(osk);
	return d;
}

/**
 * hps_verbs_domain - HPS_DIRECT_DOMAIN
 * @sk:	the socket, not locked
 * @fd:	another one of HPS, of the same namespace and user
 *
 * What it registers from now on is for the peers of both, and so is what the
 * other one has registered. It cannot change its domain when others have it as
 * well, or when there are regions in it.
 *
 * Context: process; one socket is locked at a time.
 *
 * Return: 0; -EBADF; -EINVAL: no such socket; -EPERM: another user's; -EBUSY:
 * has a domain that is used; -ENOMEM.
 */
int hps_verbs_domain(struct sock *sk, int fd)
{
	struct hps_domain *d, *old;
	struct socket *other;
	int err;

	other = sockfd_lookup(fd, &err);
	if (!other)
		return err == -ENOTSOCK ? -EINVAL : err;
	d = domain_of_other(sk, other);
	sockfd_put(other);
	if (IS_ERR(d))
		return PTR_ERR(d);
	lock_sock(sk);
	old = hps_sk(sk)->domain;
	if (old && !hps_domain_unused(old)) {
		err = -EBUSY;
		old = d;
	} else {
		err = 0;
		set_domain(sk, d);
	}
	release_sock(sk);
	if (old)
		hps_domain_put(old);
	return err;
}

/**
 * hps_verbs_inherit - what an accepted socket has of its listener
 * @sk:		the new socket, nobody else knows it
 * @listener:	the listening socket, locked
 */
void hps_verbs_inherit(struct sock *sk, struct sock *listener)
{
	struct hps_domain *d = hps_sk(listener)->domain;

	if (!d)
		return;
	hps_domain_get(d);
	set_domain(sk, d);
}
