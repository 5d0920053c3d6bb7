// SPDX-License-Identifier: GPL-2.0
/* Socket options. What is not supported is refused, never ignored. */
#include <linux/in6.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <linux/tcp.h>
#include <net/inet_ecn.h>
#include <net/route.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <uapi/linux/hps.h>
#include <uapi/linux/hps_direct.h>

#include "compat.h"
#include "conn/conn.h"
#include "conn/join.h"
#include "conn/path.h"
#include "conn/recv.h"
#include "conn/send.h"
#include "ddp/region.h"
#include "link/bundle.h"
#include "socket/hps_sock.h"
#include "socket/info.h"
#include "socket/post.h"
#include "socket/verbs.h"
#include "socket/queue.h"
#include "socket/zerocopy.h"
#include "xport/tcp.h"

/* --- SOL_SOCKET ------------------------------------------------------------- */

/* Options of SOL_SOCKET whose effect the core's own code has, or that are read
 * by connect(), bind() and I/O.
 */
static bool sol_socket_supported(int name)
{
	switch (name) {
	case SO_REUSEADDR:
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
	case SO_LINGER:
	case SO_RCVLOWAT:
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
	case SO_KEEPALIVE:
	case SO_MARK:
	case SO_PRIORITY:
	case SO_BINDTODEVICE:
	case SO_BINDTOIFINDEX:
	case SO_BUSY_POLL:
		return true;
	default:
		return false;
	}
}

/* The buffer may grow while the connection lives, and TCP's windows with it. */
static void grow_buffer(struct sock *sk)
{
	struct hps_conn *conn = hps_sk(sk)->conn;

	if (!conn)
		return;
	spin_lock_bh(&conn->lock);
	hps_recv_grow(conn, min_t(u32, READ_ONCE(sk->sk_rcvbuf),
				  HPS_CREDIT_MAX_BUFFER));
	spin_unlock_bh(&conn->lock);
	hps_send_push(conn);
}

static void tell_options(struct sock *sk, bool paths)
{
	struct hps_sock *hs = hps_sk(sk);

	if (hs->conn)
		hps_options_change(hs->conn, sk, &hs->opt, paths);
	hps_port_options(&hs->port, &hs->opt, hs->defer);
}

/* Tells who acts upon the options; never sleeps. The socket is locked. */
static void options_changed(struct sock *sk)
{
	tell_options(sk, false);
}

/* The same for options that all paths have; may sleep. */
static void path_options_changed(struct sock *sk)
{
	tell_options(sk, true);
}

#ifdef HPS_CORE_KEEPS_SOL_SOCKET
/**
 * hps_options_notice - see what the core changed without asking
 * @sk:	the socket, locked, with a connection
 */
void hps_options_notice(struct sock *sk)
{
	const struct hps_conn *conn = hps_sk(sk)->conn;

	if (READ_ONCE(sk->sk_mark) != conn->key.mark ||
	    READ_ONCE(sk->sk_priority) != conn->key.priority)
		path_options_changed(sk);
	if (READ_ONCE(sk->sk_rcvbuf) > READ_ONCE(conn->rcv.credit.buffer))
		grow_buffer(sk);
}
#endif

/**
 * hps_options_to_core - show the classes where TCP has them
 * @sk:	the socket, locked
 */
void hps_options_to_core(struct sock *sk)
{
	const struct hps_options *opt = &hps_sk(sk)->opt;

	WRITE_ONCE(inet_sk(sk)->tos, opt->tos);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family != AF_INET)
		inet6_sk(sk)->tclass = opt->tclass;
#endif
}

/**
 * hps_options_of_core - take the classes that a BPF program of connect() has set
 * @sk:	the socket, locked
 *
 * The core writes them where TCP has them, and does not tell.
 */
void hps_options_of_core(struct sock *sk)
{
	struct hps_options *opt = &hps_sk(sk)->opt;

	opt->tos = READ_ONCE(inet_sk(sk)->tos) & ~INET_ECN_MASK;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family != AF_INET)
		opt->tclass = inet6_sk(sk)->tclass & ~INET_ECN_MASK;
#endif
}

/* The core calls it for SO_KEEPALIVE, with the socket locked; for a BPF program
 * under RCU.
 */
void hps_keepalive(struct sock *sk, int on)
{
	hps_sk(sk)->opt.keepalive = on;
	options_changed(sk);
}

static int get_int(sockptr_t val, unsigned int len, int *out)
{
	if (len < sizeof(*out))
		return -EINVAL;
	return copy_from_sockptr(out, val, sizeof(*out)) ? -EFAULT : 0;
}

/* Newer kernels, of stable ones 6.1.y as well, take it from IPv4 and IPv6 sockets
 * only. Those before 6.7 do not ask us.
 */
static int set_reuseport(struct sock *sk, sockptr_t val, unsigned int len)
{
	int v, err;

	err = get_int(val, len, &v);
	if (err)
		return err;
	lock_sock(sk);
	sk->sk_reuseport = !!v;
	release_sock(sk);
	return 0;
}

/* What must follow when the core has set an option. */
static void sol_socket_done(struct sock *sk, int name)
{
	struct hps_sock *hs = hps_sk(sk);

	lock_sock(sk);
	switch (name) {
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		grow_buffer(sk);
		break;
	case SO_MARK:
	case SO_PRIORITY:
		path_options_changed(sk);
		break;
	case SO_BINDTODEVICE:
	case SO_BINDTOIFINDEX:
		if (hs->port.port)
			hps_port_device(sock_net(sk), &hs->port,
					READ_ONCE(sk->sk_bound_dev_if));
		break;
	}
	release_sock(sk);
}

static int set_sol_socket(struct socket *sock, int name, sockptr_t val,
			  unsigned int len)
{
	int err;

	if (name == SO_REUSEPORT)
		return set_reuseport(sock->sk, val, len);
	/* The core has it for families that it knows only. */
	if (name == SO_ZEROCOPY)
		return hps_zerocopy_enable(sock->sk, val, len);
	if (!sol_socket_supported(name))
		return -ENOPROTOOPT;
	/* Paths do not move: not ignored. */
	if ((name == SO_BINDTODEVICE || name == SO_BINDTOIFINDEX) &&
	    READ_ONCE(hps_sk(sock->sk)->conn) &&
	    READ_ONCE(sock->sk->sk_state) != TCP_CLOSE)
		return -EISCONN;
	err = sock_setsockopt(sock, SOL_SOCKET, name, val, len);
	if (!err)
		sol_socket_done(sock->sk, name);
	return err;
}

/* --- the other levels ------------------------------------------------------- */

/* What the socket's options say becomes the connection's. Data lock held, or
 * nobody else knows @conn yet.
 */
void hps_sock_configure(const struct hps_sock *hs, struct hps_conn *conn)
{
	conn->snd.nodelay = hs->nodelay;
	conn->snd.cork = hs->cork;
	conn->policy = hs->policy;
	conn->cutoff = hs->cutoff;
	conn->own_cutoff = hs->own_cutoff;
	WRITE_ONCE(conn->domain, hs->domain ? hs->domain->id : 0);
}

static void apply(struct hps_sock *hs)
{
	struct hps_conn *conn = hs->conn;

	if (!conn)
		return;
	spin_lock_bh(&conn->lock);
	hps_sock_configure(hs, conn);
	hps_join_if_wanted(conn);
	if (!hs->cork)
		conn->snd.more = false;
	spin_unlock_bh(&conn->lock);
	/* What was held back may go now. */
	hps_send_push(conn);
	hps_conn_watch(conn);
}

static int set_nodelay(struct sock *sk, int val)
{
	hps_sk(sk)->nodelay = val;
	apply(hps_sk(sk));
	return 0;
}

static int get_nodelay(const struct sock *sk)
{
	return hps_sk(sk)->nodelay;
}

static int set_cork(struct sock *sk, int val)
{
	hps_sk(sk)->cork = val;
	apply(hps_sk(sk));
	return 0;
}

static int get_cork(const struct sock *sk)
{
	return hps_sk(sk)->cork;
}

static int set_policy(struct sock *sk, int val)
{
	int err = val == -1 ? 0 : hps_bundle_check_policy(val);

	if (err)
		return err;
	hps_sk(sk)->policy = val + 1;
	apply(hps_sk(sk));
	return 0;
}

static int get_policy(const struct sock *sk)
{
	return hps_sk(sk)->policy - 1;
}

static int set_cutoff(struct sock *sk, int val)
{
	if (val < -1 || val > (int)HPS_CUTOFF_MAX)
		return -EINVAL;
	hps_sk(sk)->own_cutoff = val >= 0;
	hps_sk(sk)->cutoff = max(val, 0);
	apply(hps_sk(sk));
	return 0;
}

static int get_cutoff(const struct sock *sk)
{
	return hps_sk(sk)->own_cutoff ? hps_sk(sk)->cutoff : -1;
}

static int set_keep_idle(struct sock *sk, int val)
{
	if (val < 1 || val > MAX_TCP_KEEPIDLE)
		return -EINVAL;
	hps_sk(sk)->opt.keep_idle = val;
	options_changed(sk);
	return 0;
}

static int get_keep_idle(const struct sock *sk)
{
	return hps_options_keep_idle(sock_net(sk), &hps_sk(sk)->opt);
}

static int set_keep_interval(struct sock *sk, int val)
{
	if (val < 1 || val > MAX_TCP_KEEPINTVL)
		return -EINVAL;
	hps_sk(sk)->opt.keep_interval = val;
	options_changed(sk);
	return 0;
}

static int get_keep_interval(const struct sock *sk)
{
	return hps_options_keep_interval(sock_net(sk), &hps_sk(sk)->opt);
}

static int set_keep_count(struct sock *sk, int val)
{
	if (val < 1 || val > MAX_TCP_KEEPCNT)
		return -EINVAL;
	hps_sk(sk)->opt.keep_count = val;
	options_changed(sk);
	return 0;
}

static int get_keep_count(const struct sock *sk)
{
	return hps_options_keep_count(sock_net(sk), &hps_sk(sk)->opt);
}

static int set_user_timeout(struct sock *sk, int val)
{
	if (val < 0)
		return -EINVAL;
	hps_sk(sk)->opt.user_timeout = val;
	options_changed(sk);
	return 0;
}

static int get_user_timeout(const struct sock *sk)
{
	return hps_sk(sk)->opt.user_timeout;
}

static int set_defer_accept(struct sock *sk, int val)
{
	hps_sk(sk)->defer = clamp(val, 0, MAX_TCP_KEEPIDLE);
	options_changed(sk);
	return 0;
}

static int get_defer_accept(const struct sock *sk)
{
	return hps_sk(sk)->defer;
}

static int set_unsent_low(struct sock *sk, int val)
{
	hps_sk(sk)->opt.unsent_low = val;
	options_changed(sk);
	sk->sk_write_space(sk);
	return 0;
}

static int get_unsent_low(const struct sock *sk)
{
	return hps_sk(sk)->opt.unsent_low;
}

/* It also sets the priority, as ip(7) says. */
static int set_tos(struct sock *sk, int val)
{
	u8 tos = val & ~INET_ECN_MASK;

	if (hps_sk(sk)->opt.tos == tos)
		return 0;
	hps_sk(sk)->opt.tos = tos;
	hps_options_to_core(sk);
	WRITE_ONCE(sk->sk_priority, rt_tos2priority(tos));
	path_options_changed(sk);
	return 0;
}

static int get_tos(const struct sock *sk)
{
	return hps_sk(sk)->opt.tos;
}

static int set_tclass(struct sock *sk, int val)
{
	if (val < -1 || val > 0xff)
		return -EINVAL;
	hps_sk(sk)->opt.tclass = val < 0 ? 0 : val & ~INET_ECN_MASK;
	hps_options_to_core(sk);
	path_options_changed(sk);
	return 0;
}

static int get_tclass(const struct sock *sk)
{
	return hps_sk(sk)->opt.tclass;
}

static int set_v6only(struct sock *sk, int val)
{
	struct hps_sock *hs = hps_sk(sk);

	if (hs->port.port || hs->conn)
		return -EINVAL;
	hs->v6only = val;
	return 0;
}

static int get_v6only(const struct sock *sk)
{
	return hps_sk(sk)->v6only;
}

/* Options whose value is an int. Those of IPv6 are not for AF_INET. Without a get()
 * here, hps_getsockopt() knows what to do before it looks here.
 */
static const struct option {
	int level;
	int name;
	int (*set)(struct sock *sk, int val);
	int (*get)(const struct sock *sk);
} options[] = {
	{ IPPROTO_TCP,	TCP_NODELAY,	set_nodelay,	get_nodelay },
	{ IPPROTO_TCP,	TCP_CORK,	set_cork,	get_cork },
	{ IPPROTO_TCP,	TCP_KEEPIDLE,	set_keep_idle,	get_keep_idle },
	{ IPPROTO_TCP,	TCP_KEEPINTVL,	set_keep_interval, get_keep_interval },
	{ IPPROTO_TCP,	TCP_KEEPCNT,	set_keep_count,	get_keep_count },
	{ IPPROTO_TCP,	TCP_USER_TIMEOUT, set_user_timeout, get_user_timeout },
	{ IPPROTO_TCP,	TCP_DEFER_ACCEPT, set_defer_accept, get_defer_accept },
	{ IPPROTO_TCP,	TCP_NOTSENT_LOWAT, set_unsent_low, get_unsent_low },
	{ IPPROTO_IP,	IP_TOS,		set_tos,	get_tos },
	{ IPPROTO_IPV6,	IPV6_TCLASS,	set_tclass,	get_tclass },
	{ IPPROTO_IPV6,	IPV6_V6ONLY,	set_v6only,	get_v6only },
	{ SOL_HPS,	HPS_POLICY,	set_policy,	get_policy },
	{ SOL_HPS,	HPS_CUTOFF,	set_cutoff,	get_cutoff },
	{ SOL_HPS,	HPS_DIRECT_QUEUE, hps_queue_set, NULL },
};

static const struct option *find_option(const struct sock *sk, int level,
					int name)
{
	size_t i;

	if (level == IPPROTO_IPV6 && sk->sk_family == AF_INET)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

static int set_congestion(struct sock *sk, sockptr_t val, unsigned int len)
{
	char name[HPS_CONGESTION_LEN];
	int n, err;

	if (len < 1)
		return -EINVAL;
	n = strncpy_from_sockptr(name, val, min_t(long, sizeof(name) - 1, len));
	if (n < 0)
		return -EFAULT;
	name[n] = 0;
	err = hps_tcp_check_congestion(sock_net(sk), name);
	if (err)
		return err;
	lock_sock(sk);
	strscpy_pad(hps_sk(sk)->opt.congestion, name, HPS_CONGESTION_LEN);
	path_options_changed(sk);
	release_sock(sk);
	return 0;
}

/* Of direct placement: what the socket itself does not keep. */
static int set_direct(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	int v, err;

	err = get_int(val, len, &v);
	if (err)
		return err;
	if (name == HPS_DIRECT_DEREGISTER)
		return hps_verbs_deregister(sk, v);
	return hps_verbs_domain(sk, v);
}

int hps_setsockopt(struct socket *sock, int level, int name, sockptr_t val,
		   unsigned int len)
{
	const struct option *o;
	struct sock *sk = sock->sk;
	u8 octet;
	int v, err;

	if (level == SOL_SOCKET)
		return set_sol_socket(sock, name, val, len);
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return set_congestion(sk, val, len);
	if (level == SOL_HPS && (name == HPS_DIRECT_DEREGISTER ||
				 name == HPS_DIRECT_DOMAIN))
		return set_direct(sk, name, val, len);
	if (level == SOL_HPS && name == HPS_DIRECT_CANCEL)
		return hps_post_cancel(sk, val, len);
	o = find_option(sk, level, name);
	if (!o)
		return -ENOPROTOOPT;
	if (level == IPPROTO_IP && len >= 1 && len < sizeof(v)) {
		/* ip(7): an octet will do. */
		err = copy_from_sockptr(&octet, val, 1) ? -EFAULT : 0;
		v = octet;
	} else {
		err = get_int(val, len, &v);
	}
	if (err)
		return err;
	lock_sock(sk);
	err = o->set(sk, v);
	release_sock(sk);
	return err;
}

/* Writes as much of it as the program has room for, and says how much. */
static int get_info(struct sock *sk, char __user *val, int __user *optlen)
{
	struct hps_info *info;
	int len, size;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	lock_sock(sk);
	info = hps_info_of(sk, &size);
	release_sock(sk);
	if (!info)
		return -ENOMEM;
	len = min(len, size);
	size = put_user(len, optlen) || copy_to_user(val, info, len);
	kfree(info);
	return size ? -EFAULT : 0;
}

static int get_congestion(struct sock *sk, char *name)
{
	lock_sock(sk);
	memcpy(name, hps_sk(sk)->opt.congestion, HPS_CONGESTION_LEN);
	release_sock(sk);
	if (!*name)
		hps_tcp_default_congestion(sock_net(sk), name);
	return HPS_CONGESTION_LEN;
}

int hps_getsockopt(struct socket *sock, int level, int name, char __user *val,
		   int __user *optlen)
{
	const struct option *o = find_option(sock->sk, level, name);
	char congestion[HPS_CONGESTION_LEN] = {};
	const void *from = congestion;
	struct sock *sk = sock->sk;
	int v, size, len;
	u8 octet;

	if (level == SOL_HPS && name == HPS_INFO)
		return get_info(sock->sk, val, optlen);
	if (level == SOL_HPS && name == HPS_DIRECT_REGISTER)
		return hps_verbs_register(sock->sk, val, optlen);
	if (level == SOL_HPS && name == HPS_DIRECT_QUEUE)
		return hps_queue_make(val, optlen);
	if (o) {
		lock_sock(sk);
		v = o->get(sk);
		release_sock(sk);
		from = &v;
		size = sizeof(v);
	} else if (level == IPPROTO_TCP && name == TCP_CONGESTION) {
		size = get_congestion(sk, congestion);
	} else {
		return -ENOPROTOOPT;
	}
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	/* ip(7): an octet will do. */
	if (level == IPPROTO_IP && len >= 1 && len < sizeof(v)) {
		octet = v;
		from = &octet;
		size = 1;
	}
	len = min(len, size);
	if (put_user(len, optlen) || copy_to_user(val, from, len))
		return -EFAULT;
	return 0;
}
