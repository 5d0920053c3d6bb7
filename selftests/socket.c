// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 * timeout: 300
 *
 * Sockets before data: creation, bind, listen, accept, connect, names.
 */
#include <fcntl.h>
#include <linux/hps.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "pair.h"

static void bind_loopback(int fd, int port)
{
	union address addr;
	socklen_t len = loopback(&addr, port);

	CHECK(bind(fd, &addr.sa, len) == 0);
}

static int try_bind(int fd, int port)
{
	union address addr;
	socklen_t len = loopback(&addr, port);

	return bind(fd, &addr.sa, len);
}

TEST(create_nonblock_cloexec, V_ALL)
{
	int fd = socket(v->domain, v->type | SOCK_NONBLOCK | SOCK_CLOEXEC,
			v->protocol);

	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

TEST(create_wrong_type, V_HPS)
{
	int want = v->domain == AF_HPS ? ESOCKTNOSUPPORT : EPROTONOSUPPORT;

	CHECK_ERR(socket(v->domain, SOCK_DGRAM, v->protocol), want);
	if (v->domain != AF_HPS)
		return;
	CHECK_ERR(socket(v->domain, SOCK_RAW, 0), want);
	CHECK_ERR(socket(v->domain, SOCK_RDM, 0), want);
	CHECK_ERR(socket(v->domain, 11, 0), EINVAL);
}

TEST(create_wrong_protocol, V_HPS)
{
	if (v->domain != AF_HPS)
		return;
	CHECK_ERR(socket(v->domain, v->type, IPPROTO_TCP), EPROTONOSUPPORT);
	CHECK_ERR(socket(v->domain, v->type, IPPROTO_UDP), EPROTONOSUPPORT);
	CHECK_ERR(socket(v->domain, v->type, 77), EPROTONOSUPPORT);
}

TEST(create_pair_unsupported, V_ALL)
{
	int fds[2];

	CHECK_ERR(socketpair(v->domain, v->type, v->protocol, fds),
		  EOPNOTSUPP);
}

TEST(create_many_and_close, V_ALL)
{
	int i;

	for (i = 0; i < 2000; i++)
		CHECK(close(new_socket()) == 0);
}

TEST(identity_options, V_ALL)
{
	int fd = new_socket();
	int protocol = get_int(fd, SOL_SOCKET, SO_PROTOCOL);

	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_TYPE), v->type);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_DOMAIN), v->domain);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_ERROR), 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
	if (!is_hps())
		CHECK_EQ(protocol, IPPROTO_TCP);
	else if (v->domain != AF_HPS)
		CHECK_EQ(protocol, IPPROTO_HPS);
	else
		CHECK(protocol == 0 || protocol == IPPROTO_HPS);
}

TEST(identity_of_accepted, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(get_int(p.b, SOL_SOCKET, SO_TYPE), v->type);
	CHECK_EQ(get_int(p.b, SOL_SOCKET, SO_DOMAIN), v->domain);
	CHECK_EQ(get_int(p.b, SOL_SOCKET, SO_PROTOCOL),
		 get_int(p.a, SOL_SOCKET, SO_PROTOCOL));
	CHECK_EQ(get_int(p.b, SOL_SOCKET, SO_ACCEPTCONN), 0);
	CHECK_EQ(get_int(p.lst, SOL_SOCKET, SO_ACCEPTCONN), 1);
}

/* --- bind ------------------------------------------------------------------ */

TEST(bind_port_zero_chooses, V_ALL)
{
	int a = new_socket(), b = new_socket();

	bind_loopback(a, 0);
	bind_loopback(b, 0);
	CHECK(port_of(a) != 0);
	CHECK(port_of(b) != 0);
	CHECK(port_of(a) != port_of(b));
}

TEST(bind_twice, V_ALL)
{
	int fd = new_socket();

	bind_loopback(fd, 0);
	CHECK_ERR(try_bind(fd, 0), EINVAL);
}

TEST(bind_in_use_by_listener, V_ALL)
{
	int port = port_of(listener(1)), fd = new_socket();

	CHECK_ERR(try_bind(fd, port), EADDRINUSE);
}

TEST(bind_in_use_by_bound, V_ALL)
{
	int a = new_socket(), b = new_socket();

	bind_loopback(a, 0);
	CHECK_ERR(try_bind(b, port_of(a)), EADDRINUSE);
}

TEST(bind_any_conflicts_with_one, V_ALL)
{
	int port = port_of(listener(1)), fd = new_socket();
	union address addr;
	socklen_t len = any_address(&addr, port);

	CHECK_ERR(bind(fd, &addr.sa, len), EADDRINUSE);
}

TEST(bind_is_free_after_close, V_ALL)
{
	int fd = listener(1), port = port_of(fd);

	close(fd);
	CHECK(try_bind(new_socket(), port) == 0);
}

TEST(bind_reuseaddr_shares_until_listen, V_ALL)
{
	int a = new_socket(), b = new_socket();

	set_int(a, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(b, SOL_SOCKET, SO_REUSEADDR, 1);
	bind_loopback(a, 0);
	CHECK(try_bind(b, port_of(a)) == 0);
	CHECK(listen(a, 1) == 0);
	CHECK_ERR(listen(b, 1), EADDRINUSE);
}

TEST(bind_reuseaddr_not_beside_listener, V_ALL)
{
	int a = new_socket(), b = new_socket();

	set_int(a, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(b, SOL_SOCKET, SO_REUSEADDR, 1);
	bind_loopback(a, 0);
	CHECK(listen(a, 1) == 0);
	CHECK_ERR(try_bind(b, port_of(a)), EADDRINUSE);
}

TEST(bind_again_while_connection_lives, V_ALL)
{
	struct pair p;
	int port, fd = new_socket();

	p.lst = new_socket();
	set_int(p.lst, SOL_SOCKET, SO_REUSEADDR, 1);
	bind_loopback(p.lst, 0);
	CHECK(listen(p.lst, 1) == 0);
	port = port_of(p.lst);
	p.a = connected_to(port);
	p.b = accept(p.lst, NULL, NULL);
	close(p.lst);
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	CHECK(try_bind(fd, port) == 0);
	CHECK(listen(fd, 1) == 0);
	connected_to(port);
}

TEST(bind_not_local, V_ALL)
{
	int fd = new_socket();
	union address addr;
	socklen_t len = loopback(&addr, 0);

	if (v->family == AF_INET)
		addr.in.sin_addr.s_addr = htonl(0xc6336401); /* 198.51.100.1 */
	else
		addr.in6.sin6_addr.s6_addr[0] = 0x20;
	CHECK_ERR(bind(fd, &addr.sa, len), EADDRNOTAVAIL);
}

TEST(bind_short_address, V_ALL)
{
	int fd = new_socket();
	union address addr;
	socklen_t len = loopback(&addr, 0);

	CHECK_ERR(bind(fd, &addr.sa, v->family == AF_INET ? len - 1 : 20),
		  EINVAL);
	CHECK_ERR(bind(fd, &addr.sa, 0), EINVAL);
	CHECK_ERR(bind(fd, &addr.sa, 4096), EINVAL);
	CHECK_ERR(bind(fd, NULL, len), EFAULT);
}

TEST(bind_wrong_family, V_ALL)
{
	int fd = new_socket();
	union address addr;
	socklen_t len = loopback(&addr, 0);

	addr.sa.sa_family = AF_UNIX;
	CHECK_ERR(bind(fd, &addr.sa, len), EAFNOSUPPORT);
}

TEST(bind_privileged_port, V_ALL)
{
	int fd = new_socket();

	CHECK(try_bind(fd, 443) == 0);
	close(fd);
	CHECK(setresuid(65534, 65534, 65534) == 0);
	fd = new_socket();
	CHECK_ERR(try_bind(fd, 443), EACCES);
	CHECK(try_bind(fd, 4443) == 0);
}

TEST(bind_hps_ports_are_their_own, V_HPS)
{
	int hps = listener(1), tcp = socket(v->family, SOCK_STREAM, 0);

	CHECK(try_bind(tcp, port_of(hps)) == 0);
	CHECK(listen(tcp, 1) == 0);
}

TEST(connect_from_bound_port, V_ALL)
{
	int lst = listener(1), fd = new_socket(), b;
	union address addr;
	socklen_t len = sizeof(addr);

	bind_loopback(fd, 0);
	CHECK(try_connect(fd, port_of(lst)) == 0);
	b = accept(lst, &addr.sa, &len);
	CHECK(b >= 0);
	CHECK_EQ(ntohs(addr.in.sin_port), port_of(fd));
}

/* --- listen and accept ------------------------------------------------------- */

TEST(listen_binds_by_itself, V_ALL)
{
	int fd = new_socket();

	CHECK(listen(fd, 1) == 0);
	CHECK(port_of(fd) != 0);
	connected_to(port_of(fd));
}

TEST(listen_again_changes_backlog, V_ALL)
{
	int fd = listener(1);

	CHECK(listen(fd, 5) == 0);
	connected_to(port_of(fd));
}

TEST(listen_on_connected, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_ERR(listen(p.a, 1), EINVAL);
	CHECK_ERR(listen(p.b, 1), EINVAL);
}

TEST(accept_without_listen, V_ALL)
{
	int fd = new_socket();

	CHECK_ERR(accept(fd, NULL, NULL), EINVAL);
	bind_loopback(fd, 0);
	CHECK_ERR(accept(fd, NULL, NULL), EINVAL);
}

TEST(accept_nonblocking, V_ALL)
{
	int fd = listener(1);

	nonblocking(fd, true);
	CHECK_ERR(accept(fd, NULL, NULL), EAGAIN);
	connected_to(port_of(fd));
	wait_for(fd, POLLIN);
	CHECK(accept(fd, NULL, NULL) >= 0);
	CHECK_ERR(accept(fd, NULL, NULL), EAGAIN);
}

TEST(accept_timeout, V_ALL)
{
	long long begin = now_ms();
	int fd = listener(1);

	set_timeout(fd, SO_RCVTIMEO, 200);
	CHECK_ERR(accept(fd, NULL, NULL), EAGAIN);
	CHECK(now_ms() - begin >= 150);
}

TEST(accept4_flags, V_ALL)
{
	int lst = listener(4), fd;

	connected_to(port_of(lst));
	connected_to(port_of(lst));
	fd = accept4(lst, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	fd = accept4(lst, NULL, NULL, 0);
	CHECK(fd >= 0);
	CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	CHECK(!(fcntl(fd, F_GETFD) & FD_CLOEXEC));
	CHECK_ERR(accept4(lst, NULL, NULL, 1), EINVAL);
}

static void connect_later(void *port)
{
	usleep(50000);
	recv_eof(connected_to(*(int *)port));
}

TEST(accept_blocks_until_connect, V_ALL)
{
	int lst = listener(1), port = port_of(lst), fd;
	pid_t pid = child(connect_later, &port);

	fd = accept(lst, NULL, NULL);
	CHECK(fd >= 0);
	close(fd);
	reap(pid);
}

static void shut_later(void *fd)
{
	usleep(50000);
	CHECK(shutdown(*(int *)fd, SHUT_RD) == 0);
}

TEST(accept_ends_with_shutdown, V_ALL)
{
	int lst = listener(1);
	pid_t pid = child(shut_later, &lst);

	CHECK_ERR(accept(lst, NULL, NULL), EINVAL);
	reap(pid);
}

TEST(accept_in_order, V_ALL)
{
	int lst = listener(16), fd[10], port[10], i;

	for (i = 0; i < 10; i++) {
		fd[i] = connected_to(port_of(lst));
		port[i] = port_of(fd[i]);
	}
	for (i = 0; i < 10; i++) {
		union address addr;
		socklen_t len = sizeof(addr);

		CHECK(accept(lst, &addr.sa, &len) >= 0);
		CHECK_EQ(ntohs(addr.in.sin_port), port[i]);
	}
}

TEST(accept_of_a_connection_that_ended, V_ALL)
{
	int lst = listener(4), fd = connected_to(port_of(lst)), b;

	send_pattern(fd, 100, 0);
	close(fd);
	b = accept(lst, NULL, NULL);
	CHECK(b >= 0);
	recv_pattern(b, 100, 0);
	recv_eof(b);
}

TEST(accept_finds_early_data, V_ALL)
{
	int lst = listener(4), fd = connected_to(port_of(lst)), b;

	send_pattern(fd, 20000, 0);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	b = accept(lst, NULL, NULL);
	CHECK(b >= 0);
	recv_pattern(b, 20000, 0);
	recv_eof(b);
	send_pattern(b, 20000, 0);
	recv_pattern(fd, 20000, 0);
}

TEST(close_of_listener_resets_pending, V_ALL)
{
	int lst = listener(4), fd = connected_to(port_of(lst));
	char c;

	close(lst);
	CHECK_ERR(recv(fd, &c, 1, 0), ECONNRESET);
}

TEST(close_of_listener_spares_accepted, V_ALL)
{
	struct pair p;

	pair_open(&p);
	close(p.lst);
	send_pattern(p.a, 1000, 0);
	recv_pattern(p.b, 1000, 0);
}

/* As on TCP: who finds no room waits and asks again. */
TEST_LIMIT(backlog_overflow_waits, V_HPS, 40)
{
	long long before = counter("HpsListenOverflow");
	int lst = listener(1), fd[6], i, good = 0;

	for (i = 0; i < 6; i++) {
		fd[i] = new_socket();
		nonblocking(fd[i], true);
		CHECK_ERR(try_connect(fd[i], port_of(lst)), EINPROGRESS);
	}
	usleep(300000);
	for (i = 0; i < 6; i++)
		good += poll_now(fd[i], POLLOUT) == POLLOUT;
	CHECK(good >= 1);
	CHECK(good <= 3);
	CHECK(counter("HpsListenOverflow") > before);
	for (i = 0; i < 6; i++)
		CHECK(accept(lst, NULL, NULL) >= 0);
	for (i = 0; i < 6; i++)
		CHECK_EQ(wait_for(fd[i], POLLOUT), POLLOUT);
}

TEST(listener_is_no_stream, V_ALL)
{
	int fd = listener(1);
	char c = 0;

	CHECK_ERR(recv(fd, &c, 1, 0), ENOTCONN);
	CHECK_ERR(send(fd, &c, 1, MSG_NOSIGNAL), EPIPE);
	CHECK_ERR(try_connect(fd, port_of(fd)), EISCONN);
}

/* --- connect ------------------------------------------------------------------- */

TEST(connect_refused, V_ALL)
{
	int lst = listener(1), port = port_of(lst), fd = new_socket();

	close(lst);
	CHECK_ERR(try_connect(fd, port), ECONNREFUSED);
	CHECK_EQ(so_error(fd), 0);
}

TEST(connect_refused_beside_a_listener, V_ALL)
{
	int lst = listener(1), other = listener(1), port = port_of(other);

	close(other);
	CHECK_ERR(try_connect(new_socket(), port), ECONNREFUSED);
	connected_to(port_of(lst));
}

/* By a peer that speaks HPS, or before that by TCP: nobody has ever listened. */
TEST(connect_refused_is_counted, V_HPS)
{
	long long failed, refused, accepted;
	int lst, other, port;

	/* Where no listener has been, TCP refuses. */
	own_namespace();
	failed = counter("HpsChannelFailed");
	refused = counter("HpsOpenRefused");
	accepted = counter("HpsChannelAccepted");
	CHECK_ERR(try_connect(new_socket(), 1000), ECONNREFUSED);
	CHECK(counter("HpsChannelFailed") > failed);
	CHECK_EQ(counter("HpsOpenRefused"), refused);
	CHECK_EQ(counter("HpsChannelAccepted"), accepted);
	lst = listener(1);
	other = listener(1);
	port = port_of(other);
	close(other);
	CHECK_ERR(try_connect(new_socket(), port), ECONNREFUSED);
	CHECK_EQ(counter("HpsOpenRefused"), refused + 1);
	CHECK(counter("HpsChannelAccepted") > accepted);
	connected_to(port_of(lst));
	CHECK_EQ(counter("HpsOpenRefused"), refused + 1);
}

TEST(connect_again_after_refused, V_ALL)
{
	int lst = listener(1), other = listener(1), port = port_of(other);
	int fd = new_socket();

	close(other);
	CHECK_ERR(try_connect(fd, port), ECONNREFUSED);
	CHECK(try_connect(fd, port_of(lst)) == 0);
	CHECK(accept(lst, NULL, NULL) >= 0);
}

TEST(connect_other_socket_type, V_HPS)
{
	int type = v->type == SOCK_STREAM ? SOCK_SEQPACKET : SOCK_STREAM;
	int fd = socket(v->domain, type, v->protocol), lst = listener(1);

	CHECK(fd >= 0);
	CHECK_ERR(try_connect(fd, port_of(lst)), EPROTONOSUPPORT);
}

TEST(connect_nonblocking, V_ALL)
{
	int lst = listener(1), fd = new_socket();

	nonblocking(fd, true);
	CHECK_ERR(try_connect(fd, port_of(lst)), EINPROGRESS);
	CHECK(!(wait_for(fd, POLLOUT) & (POLLERR | POLLHUP)));
	CHECK_EQ(so_error(fd), 0);
	CHECK(accept(lst, NULL, NULL) >= 0);
	/* the first call tells that it is done, as on TCP */
	CHECK(try_connect(fd, port_of(lst)) == 0);
	CHECK_ERR(try_connect(fd, port_of(lst)), EISCONN);
}

TEST(connect_nonblocking_refused, V_ALL)
{
	int lst = listener(1), port = port_of(lst), fd = new_socket();

	close(lst);
	nonblocking(fd, true);
	CHECK_ERR(try_connect(fd, port), EINPROGRESS);
	wait_for(fd, POLLOUT | POLLERR | POLLHUP);
	CHECK_EQ(so_error(fd), ECONNREFUSED);
	CHECK_EQ(so_error(fd), 0);
}

TEST(connect_twice, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_ERR(try_connect(p.a, port_of(p.lst)), EISCONN);
	CHECK_ERR(try_connect(p.b, port_of(p.lst)), EISCONN);
}

TEST(connect_unreachable, V_ALL)
{
	int fd = new_socket();
	union address addr;
	socklen_t len = loopback(&addr, 1000);

	if (v->family == AF_INET)
		addr.in.sin_addr.s_addr = htonl(0xc6336401);
	else
		addr.in6.sin6_addr.s6_addr[0] = 0x20;
	CHECK_ERR(connect(fd, &addr.sa, len), ENETUNREACH);
}

TEST(connect_bad_address, V_ALL)
{
	int fd = new_socket();
	union address addr;
	socklen_t len = loopback(&addr, 1000);

	CHECK_ERR(connect(fd, &addr.sa, v->family == AF_INET ? len - 1 : 20),
		  EINVAL);
	CHECK_ERR(connect(fd, &addr.sa, 1), EINVAL);
	CHECK_ERR(connect(fd, NULL, len), EFAULT);
	addr.sa.sa_family = AF_UNIX;
	CHECK_ERR(connect(fd, &addr.sa, len), EAFNOSUPPORT);
}

TEST(connect_to_any_is_loopback, V_ALL)
{
	int lst = listener(1), fd = new_socket();
	union address addr;
	socklen_t len = any_address(&addr, port_of(lst));

	CHECK(connect(fd, &addr.sa, len) == 0);
	CHECK(accept(lst, NULL, NULL) >= 0);
}

TEST(connect_to_listener_on_any, V_ALL)
{
	int fd = new_socket();
	union address addr;
	socklen_t len = any_address(&addr, 0);

	CHECK(bind(fd, &addr.sa, len) == 0);
	CHECK(listen(fd, 1) == 0);
	connected_to(port_of(fd));
	CHECK(accept(fd, NULL, NULL) >= 0);
}

TEST(listener_on_any6_takes_ipv4, V_ALL)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	union address addr, peer;
	socklen_t len = any_address(&addr, 0);
	int fd = new_socket(), a, b;

	if (v->family == AF_INET)
		return;
	CHECK(bind(fd, &addr.sa, len) == 0);
	CHECK(listen(fd, 1) == 0);
	a = socket(v->domain == AF_INET6 ? AF_INET : v->domain, v->type,
		   v->protocol);
	CHECK(a >= 0);
	in.sin_port = htons(port_of(fd));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(connect(a, (void *)&in, sizeof(in)) == 0);
	len = sizeof(peer);
	b = accept(fd, &peer.sa, &len);
	CHECK(b >= 0);
	CHECK_EQ(peer.sa.sa_family, AF_INET6);
	CHECK(IN6_IS_ADDR_V4MAPPED(&peer.in6.sin6_addr));
	send_pattern(a, 10, 0);
	recv_pattern(b, 10, 0);
}

TEST(connect_many_on_one_listener, V_ALL)
{
	int lst = listener(64), a[50], b[50], i;

	for (i = 0; i < 50; i++) {
		a[i] = connected_to(port_of(lst));
		b[i] = accept(lst, NULL, NULL);
		CHECK(b[i] >= 0);
	}
	for (i = 0; i < 50; i++)
		send_pattern(a[i], 100 + i, i);
	for (i = 49; i >= 0; i--)
		recv_pattern(b[i], 100 + i, i);
}

/* --- names ----------------------------------------------------------------------- */

static bool same(const union address *x, const union address *y)
{
	if (x->sa.sa_family != y->sa.sa_family)
		return false;
	if (x->sa.sa_family == AF_INET)
		return x->in.sin_port == y->in.sin_port &&
		       x->in.sin_addr.s_addr == y->in.sin_addr.s_addr;
	return x->in6.sin6_port == y->in6.sin6_port &&
	       !memcmp(&x->in6.sin6_addr, &y->in6.sin6_addr, 16);
}

TEST(names_of_both_ends, V_ALL)
{
	union address a, b, peer_a, peer_b, from;
	socklen_t size = v->family == AF_INET ? sizeof(a.in) : sizeof(a.in6);
	socklen_t len = sizeof(a);
	int lst = listener(1), fd = connected_to(port_of(lst)), acc;

	acc = accept(lst, &from.sa, &len);
	CHECK(acc >= 0);
	CHECK_EQ(len, size);
	len = sizeof(a);
	CHECK(getsockname(fd, &a.sa, &len) == 0);
	CHECK_EQ(len, size);
	len = sizeof(a);
	CHECK(getpeername(fd, &peer_a.sa, &len) == 0);
	CHECK_EQ(len, size);
	len = sizeof(a);
	CHECK(getsockname(acc, &b.sa, &len) == 0);
	CHECK_EQ(len, size);
	len = sizeof(a);
	CHECK(getpeername(acc, &peer_b.sa, &len) == 0);
	CHECK_EQ(len, size);
	CHECK(same(&a, &from));
	CHECK(same(&a, &peer_b));
	CHECK(same(&b, &peer_a));
	CHECK_EQ(port_of(acc), port_of(lst));
}

TEST(names_of_fresh_socket, V_ALL)
{
	union address addr;
	socklen_t len = sizeof(addr);
	int fd = new_socket();

	CHECK_ERR(getpeername(fd, &addr.sa, &len), ENOTCONN);
	len = sizeof(addr);
	CHECK(getsockname(fd, &addr.sa, &len) == 0);
	if (v->domain != AF_HPS)
		CHECK_EQ(addr.sa.sa_family, v->family);
	CHECK_EQ(addr.in.sin_port, 0);
}

TEST(names_cut_to_the_buffer, V_ALL)
{
	union address addr;
	socklen_t len = 3;
	int fd = listener(1);

	memset(&addr, 0x5a, sizeof(addr));
	CHECK(getsockname(fd, &addr.sa, &len) == 0);
	CHECK_EQ(len, v->family == AF_INET ? sizeof(addr.in) :
					     sizeof(addr.in6));
	CHECK_EQ(((unsigned char *)&addr)[3], 0x5a);
	CHECK_ERR(getsockname(fd, NULL, &len), EFAULT);
}

TEST(names_after_the_peer_left, V_ALL)
{
	union address addr;
	socklen_t len = sizeof(addr);
	struct pair p;

	pair_open(&p);
	close(p.a);
	recv_eof(p.b);
	CHECK(getpeername(p.b, &addr.sa, &len) == 0);
}
