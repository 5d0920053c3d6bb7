/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HPS_SOCKET_HPS_SOCK_H
#define _HPS_SOCKET_HPS_SOCK_H

#include <linux/ipv6.h>
#include <net/inet_sock.h>

#include "compat.h"
#include "conn/listener.h"

struct hps_bare;
struct hps_conn;
struct hps_domain;
struct hps_cq;
struct pipe_inode_info;

/**
 * struct hps_sock - the socket
 * @inet:	first, for sockets that AF_INET and AF_INET6 made
 * @conn:	the connection, NULL before connect() and on listeners; holds one
 *		reference
 * @bare:	of a bare socket, its end, with a reference from creation to release;
 *		then it has no @conn and of the rest only @domain and @cq. Else NULL
 * @domain:	its protection domain, NULL until it needs one; holds one reference
 * @cq:	where completions go, with a reference; NULL until the program sets it,
 *		then the same until release. Accepted sockets begin with none
 * @port:	the claim that bind() made
 * @six:	addresses are shown as IPv6, v4-mapped where needed
 * @v6only:	IPV6_V6ONLY
 * @nodelay, @cork, @policy, @cutoff, @own_cutoff: TCP_NODELAY, TCP_CORK,
 *		HPS_POLICY, HPS_CUTOFF as in struct hps_conn; kept here until there is a @conn
 * @defer:	TCP_DEFER_ACCEPT, seconds
 * @opt:	the other options; the connection has a copy
 *
 * Locking: the socket lock guards all.
 */
struct hps_sock {
	struct inet_sock	inet;
	struct hps_conn		*conn;
	struct hps_bare		*bare;
	struct hps_domain	*domain;
	struct hps_cq		*cq;
	struct hps_port		port;
	bool			six;
	bool			v6only;
	bool			nodelay;
	bool			cork;
	bool			own_cutoff;
	u8			policy;
	u32			cutoff;
	u32			defer;
	struct hps_options	opt;
};

/* Sockets of AF_INET6 and AF_HPS: the kernel looks for struct ipv6_pinfo at the
 * end.
 */
struct hps6_sock {
	struct hps_sock		hps;
	struct ipv6_pinfo	inet6;
};

static inline struct hps_sock *hps_sk(const struct sock *sk)
{
	return (struct hps_sock *)sk;
}

/* cgroup.c */
int hps_cgroup_bind(struct sock *sk, void *addr, int *len, bool *any_port);
int hps_cgroup_connect(struct sock *sk, void *addr, int *len);
void hps_cgroup_name(struct sock *sk, void *addr, int *len, bool peer);
void hps_cgroup_source(const struct sock *sk, u16 family,
		       union hps_addr *local);
int hps_cgroup_get_port(struct sock *sk, unsigned short port);

/* name.c */
int hps_name_get(const struct sock *sk, const void *from, int len,
		 union hps_addr *to);
void hps_name_share(struct hps_sock *hs);
int hps_bind(struct socket *sock, struct sockaddr_unsized *uaddr, int len);
int hps_getname(struct socket *sock, struct sockaddr *uaddr, int peer);

/* sockopt.c */
int hps_setsockopt(struct socket *sock, int level, int name, sockptr_t val,
		   unsigned int len);
int hps_getsockopt(struct socket *sock, int level, int name, char __user *val,
		   int __user *len);

void hps_keepalive(struct sock *sk, int on);
void hps_options_to_core(struct sock *sk);
void hps_options_of_core(struct sock *sk);
#ifdef HPS_CORE_KEEPS_SOL_SOCKET
void hps_options_notice(struct sock *sk);
#else
static inline void hps_options_notice(struct sock *sk)
{
}
#endif

/* sendmsg.c */
int hps_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
bool hps_has_space(const struct sock *sk, const struct hps_conn *conn);
void hps_write_space(struct sock *sk);

/* sockio.c */
void hps_sleep_on(struct sock *sk, struct wait_queue_entry *wait, long *timeo);
void hps_take_error(struct sock *sk, int err);
int hps_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags);
__poll_t hps_poll(struct file *file, struct socket *sock,
		  struct poll_table_struct *wait);
int hps_set_rcvlowat(struct sock *sk, int val);
int hps_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
ssize_t hps_recv_pipe(struct socket *sock, struct pipe_inode_info *pipe,
		      size_t len, unsigned int flags);
void hps_sock_configure(const struct hps_sock *hs, struct hps_conn *conn);
int hps_wait_connect(struct sock *sk, long *timeo);

/* splice.c */
ssize_t hps_sendpage(struct socket *sock, struct page *page, int offset,
		     size_t size, int flags);
void hps_splice_eof(struct socket *sock);
ssize_t hps_splice_read(struct socket *sock, loff_t *ppos,
			struct pipe_inode_info *pipe, size_t len,
			unsigned int flags);

/* bare.c */
int hps_bare_create(struct socket *sock, struct sock *sk);
int hps_bare_setsockopt(struct socket *sock, int level, int name, sockptr_t val,
			unsigned int len);

/* af_hps.c */
int hps_socket_init(void);
void hps_socket_exit(void);

#endif /* _HPS_SOCKET_HPS_SOCK_H */
