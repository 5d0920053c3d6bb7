// SPDX-License-Identifier: GPL-2.0
/* Socket options. What is not supported is refused, never ignored. */
#include <linux/in6.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <linux/tcp.h>
#include <net/sock.h>
#include <uapi/linux/hps.h>

#include "conn/conn.h"
#include "conn/join.h"
#include "conn/path.h"
#include "conn/send.h"
#include "link/bundle.h"
#include "socket/hps_sock.h"
#include "socket/info.h"
#include "socket/zerocopy.h"

/* Options of SOL_SOCKET whose effect the core's own code has, or that are read
 * by connect(), bind() and I/O. SO_KEEPALIVE asks for what is always on.
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
	u32 buffer = min_t(u32, READ_ONCE(sk->sk_rcvbuf),
			   HPS_CREDIT_MAX_BUFFER);
	struct hps_path *path;

	if (!conn)
		return;
	spin_lock_bh(&conn->lock);
	if (buffer > conn->rcv.credit.buffer) {
		conn->rcv.credit.buffer = buffer;
		conn->todo |= HPS_TODO_ACK;
		list_for_each_entry(path, &conn->paths, node)
			path->ch->ops->buffer(path->ch, buffer);
	}
	spin_unlock_bh(&conn->lock);
	hps_send_push(conn);
}

static int set_sol_socket(struct socket *sock, int name, sockptr_t val,
			  unsigned int len)
{
	int err;

	/* The core has it for families that it knows only. */
	if (name == SO_ZEROCOPY)
		return hps_zerocopy_enable(sock->sk, val, len);
	if (!sol_socket_supported(name))
		return -ENOPROTOOPT;
	err = sock_setsockopt(sock, SOL_SOCKET, name, val, len);
	if (err || (name != SO_RCVBUF && name != SO_RCVBUFFORCE))
		return err;
	lock_sock(sock->sk);
	grow_buffer(sock->sk);
	release_sock(sock->sk);
	return 0;
}

static int get_int(sockptr_t val, unsigned int len, int *out)
{
	if (len < sizeof(*out))
		return -EINVAL;
	return copy_from_sockptr(out, val, sizeof(*out)) ? -EFAULT : 0;
}

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
}

static bool is_known(int level, int name)
{
	return (level == SOL_HPS &&
		(name == HPS_POLICY || name == HPS_CUTOFF)) ||
	       (level == IPPROTO_TCP &&
		(name == TCP_NODELAY || name == TCP_CORK)) ||
	       (level == IPPROTO_IPV6 && name == IPV6_V6ONLY);
}

static int set_tcp(struct sock *sk, int name, int val)
{
	struct hps_sock *hs = hps_sk(sk);

	if (name == TCP_NODELAY)
		hs->nodelay = val;
	else
		hs->cork = val;
	apply(hs);
	return 0;
}

static int set_hps(struct sock *sk, int name, int val)
{
	struct hps_sock *hs = hps_sk(sk);

	if (name == HPS_POLICY) {
		int err = val == -1 ? 0 : hps_bundle_check_policy(val);

		if (err)
			return err;
		hs->policy = val + 1;
	} else {
		if (val < -1 || val > (int)HPS_CUTOFF_MAX)
			return -EINVAL;
		hs->own_cutoff = val >= 0;
		hs->cutoff = max(val, 0);
	}
	apply(hs);
	return 0;
}

static int set_v6only(struct sock *sk, int val)
{
	struct hps_sock *hs = hps_sk(sk);

	if (sk->sk_family == AF_INET)
		return -ENOPROTOOPT;
	if (hs->port.port || hs->conn)
		return -EINVAL;
	hs->v6only = val;
	return 0;
}

int hps_setsockopt(struct socket *sock, int level, int name, sockptr_t val,
		   unsigned int len)
{
	struct sock *sk = sock->sk;
	int v, err;

	if (level == SOL_SOCKET)
		return set_sol_socket(sock, name, val, len);
	if (!is_known(level, name))
		return -ENOPROTOOPT;
	err = get_int(val, len, &v);
	if (err)
		return err;
	lock_sock(sk);
	if (level == SOL_HPS)
		err = set_hps(sk, name, v);
	else
		err = level == IPPROTO_TCP ? set_tcp(sk, name, v) :
					     set_v6only(sk, v);
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

int hps_getsockopt(struct socket *sock, int level, int name, char __user *val,
		   int __user *optlen)
{
	const struct hps_sock *hs = hps_sk(sock->sk);
	int v, len;

	if (level == SOL_HPS && name == HPS_INFO)
		return get_info(sock->sk, val, optlen);
	if (level == IPPROTO_TCP && name == TCP_NODELAY)
		v = hs->nodelay;
	else if (level == IPPROTO_TCP && name == TCP_CORK)
		v = hs->cork;
	else if (level == SOL_HPS && name == HPS_POLICY)
		v = hs->policy - 1;
	else if (level == SOL_HPS && name == HPS_CUTOFF)
		v = hs->own_cutoff ? hs->cutoff : -1;
	else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY &&
		 READ_ONCE(sock->ops)->family != PF_INET)
		v = hs->v6only;
	else
		return -ENOPROTOOPT;
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min_t(int, len, sizeof(v));
	if (put_user(len, optlen) || copy_to_user(val, &v, len))
		return -EFAULT;
	return 0;
}
