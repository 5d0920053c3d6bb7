// SPDX-License-Identifier: GPL-2.0
/* Naming sockets: addresses of the application, bind(), getsockname(). */
#include <linux/net.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "compat.h"
#include "conn/conn.h"
#include "net.h"
#include "socket/hps_sock.h"

/**
 * hps_name_get - read an address of the application
 * @sk:		the socket
 * @from:	the address
 * @len:	its length
 * @to:		filled; v4-mapped ones become IPv4
 *
 * Return: 0, -EINVAL, -EAFNOSUPPORT or -ENETUNREACH.
 */
int hps_name_get(const struct sock *sk, const void *from, int len,
		 union hps_addr *to)
{
	const union hps_addr *a = from;

	if (len < offsetofend(struct sockaddr, sa_family))
		return -EINVAL;
	memset(to, 0, sizeof(*to));
	switch (a->sa.sa_family) {
	case AF_INET:
		if (sk->sk_family == AF_INET6)
			return -EAFNOSUPPORT;
		if (len < sizeof(a->in))
			return -EINVAL;
		to->in.sin_family = AF_INET;
		to->in.sin_port = a->in.sin_port;
		to->in.sin_addr = a->in.sin_addr;
		return 0;
	case AF_INET6:
		if (sk->sk_family == AF_INET)
			return -EAFNOSUPPORT;
		if (len < SIN6_LEN_RFC2133)
			return -EINVAL;
		if (ipv6_addr_v4mapped(&a->in6.sin6_addr)) {
			if (hps_sk(sk)->v6only)
				return -ENETUNREACH;
			to->in.sin_family = AF_INET;
			to->in.sin_port = a->in6.sin6_port;
			to->in.sin_addr.s_addr =
				a->in6.sin6_addr.s6_addr32[3];
			return 0;
		}
		to->in6.sin6_family = AF_INET6;
		to->in6.sin6_port = a->in6.sin6_port;
		to->in6.sin6_addr = a->in6.sin6_addr;
		if (ipv6_addr_type(&a->in6.sin6_addr) & IPV6_ADDR_LINKLOCAL &&
		    len >= sizeof(a->in6))
			to->in6.sin6_scope_id = a->in6.sin6_scope_id;
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

static int put_addr(const struct hps_sock *hs, const union hps_addr *a,
		    void *to)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (a->sa.sa_family == AF_INET6) {
		memcpy(to, &a->in6, sizeof(a->in6));
		return sizeof(a->in6);
	}
	if (!hs->six) {
		struct sockaddr_in in = a->in;

		in.sin_family = AF_INET;
		memcpy(to, &in, sizeof(in));
		return sizeof(in);
	}
	in6.sin6_port = a->in.sin_port;
	if (a->in.sin_addr.s_addr)
		ipv6_addr_set_v4mapped(a->in.sin_addr.s_addr, &in6.sin6_addr);
	memcpy(to, &in6, sizeof(in6));
	return sizeof(in6);
}

static bool is_local4(struct net *net, __be32 addr)
{
	unsigned int type = inet_addr_type(net, addr);

	return !addr || type == RTN_LOCAL ||
	       READ_ONCE(net->ipv4.sysctl_ip_nonlocal_bind);
}

static bool is_local6(struct net *net, const union hps_addr *a)
{
	struct net_device *dev = NULL;
	bool local;

	if (ipv6_addr_any(&a->in6.sin6_addr))
		return true;
	rcu_read_lock();
	if (a->in6.sin6_scope_id)
		dev = dev_get_by_index_rcu(net, a->in6.sin6_scope_id);
	local = ipv6_chk_addr(net, &a->in6.sin6_addr, dev, 0);
	rcu_read_unlock();
	return local || READ_ONCE(net->ipv6.sysctl.ip_nonlocal_bind);
}

/* Reads an address for bind(), after the cgroup's programs have seen it. */
static int get_bind_addr(struct sock *sk, void *uaddr, int len,
			 union hps_addr *addr)
{
	struct net *net = sock_net(sk);
	bool any_port;
	int err;

	err = hps_name_get(sk, uaddr, len, addr);
	if (!err)
		err = hps_cgroup_bind(sk, uaddr, &len, &any_port);
	if (!err)
		err = hps_name_get(sk, uaddr, len, addr);
	if (err)
		return err;
	if (addr->sa.sa_family == AF_INET ?
	    !is_local4(net, addr->in.sin_addr.s_addr) : !is_local6(net, addr))
		return -EADDRNOTAVAIL;
	if (addr->in.sin_port && !any_port &&
	    inet_port_requires_bind_service(net, ntohs(addr->in.sin_port)) &&
	    !ns_capable(net->user_ns, CAP_NET_BIND_SERVICE))
		return -EACCES;
	return 0;
}

/* With whom the port may be shared: SO_REUSEADDR, SO_REUSEPORT. */
void hps_name_share(struct hps_sock *hs)
{
	const struct sock *sk = &hs->inet.sk;

	hps_port_share(sock_net(sk), &hs->port, sk->sk_reuse == SK_CAN_REUSE,
		       sk->sk_reuseport, sk->sk_uid);
}

int hps_bind(struct socket *sock, struct sockaddr_unsized *uaddr, int len)
{
	struct sock *sk = sock->sk;
	struct hps_sock *hs = hps_sk(sk);
	struct net *net = sock_net(sk);
	union hps_addr addr;
	int err;

	lock_sock(sk);
	err = get_bind_addr(sk, uaddr, len, &addr);
	if (err)
		goto out;
	err = -EINVAL;
	if (hs->port.port || hs->conn || sk->sk_state != TCP_CLOSE)
		goto out;
	hs->six = sk->sk_family == AF_INET6 ||
		  ((struct sockaddr *)uaddr)->sa_family == AF_INET6;
	hs->port.addr = addr;
	hs->port.port = addr.in.sin_port;
	hs->port.ifindex = READ_ONCE(sk->sk_bound_dev_if);
	hps_name_share(hs);
	hs->port.v6only = hs->v6only;
	err = hps_port_bind(net, &hs->port);
	if (!err)
		hs->port.addr.in.sin_port = hs->port.port;
out:
	release_sock(sk);
	return err;
}

int hps_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sock *sk = sock->sk;
	struct hps_sock *hs = hps_sk(sk);
	union hps_addr a = {};
	int len;

	lock_sock(sk);
	if (peer) {
		len = -ENOTCONN;
		if (!hs->conn || sk->sk_state == TCP_SYN_SENT ||
		    sk->sk_state == TCP_CLOSE)
			goto out;
		a = hs->conn->remote;
	} else if (hs->conn) {
		a = hs->conn->local;
	} else {
		a = hs->port.addr;
	}
	if (!a.sa.sa_family)
		a.sa.sa_family = hs->six ? AF_INET6 : AF_INET;
	len = put_addr(hs, &a, uaddr);
	hps_cgroup_name(sk, uaddr, &len, peer);
out:
	release_sock(sk);
	return len;
}
