// SPDX-License-Identifier: GPL-2.0
/*
 * The cgroup BPF hooks of addresses: what bind() and connect() name, and what
 * getsockname() and getpeername() tell, passes the programs that are attached
 * to the socket's cgroup, as with TCP. They see protocol IPPROTO_HPS.
 */
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "compat.h"
#include "socket/hps_sock.h"

#ifdef CONFIG_CGROUP_BPF

/* The two attach types of one hook. */
struct hook {
	enum cgroup_bpf_attach_type	v4;
	enum cgroup_bpf_attach_type	v6;
};

static const struct hook bind_hook = { CGROUP_INET4_BIND, CGROUP_INET6_BIND };
static const struct hook connect_hook = {
	CGROUP_INET4_CONNECT, CGROUP_INET6_CONNECT
};
static const struct hook local_hook = {
	CGROUP_INET4_GETSOCKNAME, CGROUP_INET6_GETSOCKNAME
};
static const struct hook remote_hook = {
	CGROUP_INET4_GETPEERNAME, CGROUP_INET6_GETPEERNAME
};

/* The kernel runs them for sockets of the two IP families only. A socket of
 * AF_HPS passes for one of its address's family meanwhile; it has all that such
 * a socket has (struct hps6_sock), for programs can set options and read state.
 */
static int run(struct sock *sk, const struct hook *hook, void *addr, int *len,
	       u32 *flags)
{
	u16 family = sk->sk_family, as = family;
	enum cgroup_bpf_attach_type type;
	int err;

	sock_owned_by_me(sk);
	if (family != AF_INET && family != AF_INET6)
		as = ((const struct sockaddr *)addr)->sa_family;
	type = as == AF_INET6 ? hook->v6 : hook->v4;
	if (!static_key_enabled(&cgroup_bpf_enabled_key[type]))
		return 0;
	WRITE_ONCE(sk->sk_family, as);
	err = hps_cgroup_run(sk, addr, len, type, flags);
	WRITE_ONCE(sk->sk_family, family);
	return err;
}

/**
 * hps_cgroup_bind - ask whether a socket may be bound
 * @sk:		the socket, locked
 * @addr:	the address, checked; a program may change it
 * @len:	its length
 * @any_port:	a program has said that privileged ports are allowed
 *
 * Returns 0, or what bind() fails with.
 */
int hps_cgroup_bind(struct sock *sk, void *addr, int *len, bool *any_port)
{
	u32 flags = 0;
	int err;

	err = run(sk, &bind_hook, addr, len, &flags);
	*any_port = flags & BPF_RET_BIND_NO_CAP_NET_BIND_SERVICE;
	return err;
}

/* The same for connect(). */
int hps_cgroup_connect(struct sock *sk, void *addr, int *len)
{
	return run(sk, &connect_hook, addr, len, NULL);
}

/* An address that is told; programs can change it but not refuse. */
void hps_cgroup_name(struct sock *sk, void *addr, int *len, bool peer)
{
	run(sk, peer ? &remote_hook : &local_hook, addr, len, NULL);
}

#else

int hps_cgroup_bind(struct sock *sk, void *addr, int *len, bool *any_port)
{
	*any_port = false;
	return 0;
}

int hps_cgroup_connect(struct sock *sk, void *addr, int *len)
{
	return 0;
}

void hps_cgroup_name(struct sock *sk, void *addr, int *len, bool peer)
{
}

#endif

/**
 * hps_cgroup_source - the source address that a program chose by bpf_bind()
 * @sk:		the socket, locked
 * @family:	of the remote address
 * @local:	filled, if there is one of this family
 */
void hps_cgroup_source(const struct sock *sk, u16 family, union hps_addr *local)
{
	if (family == AF_INET && inet_sk(sk)->inet_saddr) {
		local->in.sin_family = AF_INET;
		local->in.sin_addr.s_addr = inet_sk(sk)->inet_saddr;
	} else if (family == AF_INET6 && sk->sk_family != AF_INET &&
		   !ipv6_addr_any(&sk->sk_v6_rcv_saddr)) {
		local->in6.sin6_family = AF_INET6;
		local->in6.sin6_addr = sk->sk_v6_rcv_saddr;
	}
}

/* bpf_bind() with a port asks the protocol for it: HPS ports are not given so. */
int hps_cgroup_get_port(struct sock *sk, unsigned short port)
{
	return -EADDRINUSE;
}
