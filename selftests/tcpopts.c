// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full long
 * timeout: 120
 *
 * TCP's options on HPS sockets: values, and what they do.
 */
#include <linux/hps.h>
#include <linux/sockios.h>
#include <netinet/ip.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "pair.h"

/* --- values -------------------------------------------------------------------- */

struct value {
	const char	*name;
	int		level;
	int		option;
	int		family;		/* 0: any */
	int		standard;	/* before it is set; -1: do not look */
	int		good;
	int		bad;		/* EINVAL; 0: nothing is */
};

#define ROW(level, option, ...) { #option, level, option, __VA_ARGS__ }

static const struct value values[] = {
	ROW(IPPROTO_TCP, TCP_KEEPIDLE, 0, 7200, 77, 32768),
	ROW(IPPROTO_TCP, TCP_KEEPINTVL, 0, 75, 7, -1),
	ROW(IPPROTO_TCP, TCP_KEEPCNT, 0, 9, 3, 128),
	ROW(IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 0, 5000, -1),
	ROW(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0, 0, 9000, 0),
	ROW(IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, 0, 1, 0),
	ROW(IPPROTO_IP, IP_TOS, AF_INET, 0, 0x10, 0),
	ROW(IPPROTO_IPV6, IPV6_TCLASS, AF_INET6, 0, 0x20, 256),
	ROW(SOL_SOCKET, SO_KEEPALIVE, 0, 0, 1, 0),
	ROW(SOL_SOCKET, SO_REUSEPORT, 0, 0, 1, 0),
	ROW(SOL_SOCKET, SO_MARK, 0, 0, 7, 0),
	ROW(SOL_SOCKET, SO_PRIORITY, 0, 0, 3, 0),
};

/* An AF_HPS socket takes the options of both families. */
static bool has_row(const struct value *o)
{
	return !o->family || v->domain == o->family || v->domain == AF_HPS;
}

static void check_values(int fd, bool set)
{
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct value *o = &values[i];
		int x = -1, want = set ? o->good : o->standard;
		socklen_t len = sizeof(x);

		if (!has_row(o))
			continue;
		if (getsockopt(fd, o->level, o->option, &x, &len) || x != want)
			test_fail(__FILE__, __LINE__, "%s is %d, not %d",
				  o->name, x, want);
	}
}

static void set_values(int fd)
{
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct value *o = &values[i];

		/* IP_TOS sets the priority: it comes before it here */
		if (has_row(o) && setsockopt(fd, o->level, o->option, &o->good,
					     sizeof(o->good)))
			test_fail(__FILE__, __LINE__, "%s: %s", o->name,
				  strerrorname_np(errno));
	}
}

TEST(values_read_back, V_ALL)
{
	int fd = new_socket();

	check_values(fd, false);
	set_values(fd);
	check_values(fd, true);
}

TEST(values_are_checked, V_ALL)
{
	int fd = new_socket();
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct value *o = &values[i];

		if (has_row(o) && o->bad)
			CHECK_ERR(setsockopt(fd, o->level, o->option, &o->bad,
					     sizeof(o->bad)), EINVAL);
	}
}

TEST(values_before_connect_stay, V_ALL)
{
	int lst = listener(1), fd = new_socket();

	set_values(fd);
	CHECK(try_connect(fd, port_of(lst)) == 0);
	check_values(fd, true);
}

TEST(values_can_be_set_when_connected, V_ALL)
{
	struct pair p;

	pair_open(&p);
	set_values(p.a);
	check_values(p.a, true);
	send_pattern(p.a, 100000, 0);
	recv_pattern(p.b, 100000, 0);
}

TEST(accepted_has_the_listeners_values, V_ALL)
{
	static const struct { int level, option, value; } row[] = {
		{ IPPROTO_TCP, TCP_KEEPIDLE, 77 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 7 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 3 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 5000 },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, 9000 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
	};
	int lst = listener(1), fd;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		set_int(lst, row[i].level, row[i].option, row[i].value);
	connected_to(port_of(lst));
	fd = accept(lst, NULL, NULL);
	CHECK(fd >= 0);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CHECK_EQ(get_int(fd, row[i].level, row[i].option),
			 row[i].value);
}

TEST(tos_leaves_ecn_alone_and_sets_priority, V_ALL)
{
	int fd = new_socket();
	unsigned char c = 0x08;
	socklen_t len = 3;

	/* an IPv6 socket has a class of its own: options.sh */
	if (!(v->domain == AF_INET || v->domain == AF_HPS))
		return;
	set_int(fd, IPPROTO_IP, IP_TOS, 0x13);
	CHECK_EQ(get_int(fd, IPPROTO_IP, IP_TOS), 0x10);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_PRIORITY), 6);
	CHECK(setsockopt(fd, IPPROTO_IP, IP_TOS, &c, 1) == 0);
	CHECK_EQ(get_int(fd, IPPROTO_IP, IP_TOS), 0x08);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_PRIORITY), 2);
	/* ip(7): an octet will do, both ways */
	c = 0;
	CHECK(getsockopt(fd, IPPROTO_IP, IP_TOS, &c, &len) == 0);
	CHECK_EQ(len, 1);
	CHECK_EQ(c, 0x08);
}

static void congestion_is(int fd, const char *want)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len) == 0);
	if (strcmp(name, want))
		test_fail(__FILE__, __LINE__, "is %s, not %s", name, want);
}

TEST(congestion, V_ALL)
{
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_congestion_control", "r");
	struct pair p;
	char name[32];

	CHECK(f && fscanf(f, "%31s", name) == 1);
	pair_open(&p);
	congestion_is(p.a, name);
	CHECK_ERR(setsockopt(p.a, IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6),
		  ENOENT);
	CHECK_ERR(setsockopt(p.a, IPPROTO_TCP, TCP_CONGESTION, "x", 0), EINVAL);
	congestion_is(p.a, name);
	CHECK(setsockopt(p.a, IPPROTO_TCP, TCP_CONGESTION, "reno", 4) == 0);
	congestion_is(p.a, "reno");
	send_pattern(p.a, 100000, 0);
	recv_pattern(p.b, 100000, 0);
}

/* Before 6.7 the core takes SOL_SOCKET for itself. */
static bool kernel_asks_us(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	CHECK(uname(&u) == 0 &&
	      sscanf(u.release, "%d.%d", &major, &minor) == 2);
	return major > 6 || (major == 6 && minor >= 7);
}

TEST(paths_do_not_move, V_HPS)
{
	struct pair p;
	int one = 1;

	if (!kernel_asks_us())
		test_skip("this kernel does not ask the family");
	pair_open(&p);
	CHECK_ERR(setsockopt(p.a, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), EISCONN);
	CHECK_ERR(setsockopt(p.a, SOL_SOCKET, SO_BINDTOIFINDEX, &one,
			     sizeof(one)), EISCONN);
}

/* --- keepalive and user timeout -------------------------------------------------- */

TEST(keepalive_keeps_a_live_peer, V_ALL | V_ONCE)
{
	struct pair p;
	long long before;

	own_namespace();
	before = is_hps() ? counter("HpsKeepaliveProbe") : 0;
	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set_int(p.a, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set_int(p.a, IPPROTO_TCP, TCP_KEEPCNT, 1);
	set_int(p.a, SOL_SOCKET, SO_KEEPALIVE, 1);
	usleep(2600000);
	CHECK_EQ(poll_now(p.a, POLLIN | POLLERR), 0);
	if (is_hps())
		CHECK(counter("HpsKeepaliveProbe") >= before + 2);
	send_pattern(p.a, 10, 0);
	recv_pattern(p.b, 10, 0);
}

/* Where both have said all there is nobody to be probed. */
TEST(keepalive_spares_what_has_ended, V_STREAM | V_ONCE)
{
	struct pair p;
	char c;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set_int(p.a, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set_int(p.a, IPPROTO_TCP, TCP_KEEPCNT, 1);
	set_int(p.a, SOL_SOCKET, SO_KEEPALIVE, 1);
	send_pattern(p.b, 10, 0);
	CHECK(shutdown(p.a, SHUT_WR) == 0 && shutdown(p.b, SHUT_WR) == 0);
	usleep(4000000);
	recv_pattern(p.a, 10, 0);
	CHECK_EQ(recv(p.a, &c, 1, 0), 0);
}

/* Shorter than an acknowledgement may be delayed. */
TEST(short_user_timeout_spares_a_healthy_peer, V_STREAM | V_ONCE)
{
	struct pair p;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_USER_TIMEOUT, 10);
	send_pattern(p.a, 10, 0);
	usleep(500000);
	CHECK_EQ(poll_now(p.a, POLLIN | POLLERR), 0);
	recv_pattern(p.b, 10, 0);
}

TEST(no_keepalive_no_probe, V_HPS | V_ONCE)
{
	struct pair p;
	long long before;

	own_namespace();
	before = counter("HpsKeepaliveProbe");
	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	usleep(1500000);
	CHECK_EQ(counter("HpsKeepaliveProbe"), before);
}

/* A reader that does not read counts as well: RFC 5482. */
TEST(user_timeout_of_a_full_window, V_STREAM | V_ONCE)
{
	struct pair p;
	long long before;

	own_namespace();
	before = is_hps() ? counter("HpsConnTimedOut") : 0;
	pair_open(&p);
	fill(p.a);
	set_int(p.a, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000);
	/* TCP sees it at its next probe of the window */
	wait_for(p.a, POLLERR);
	CHECK_EQ(so_error(p.a), ETIMEDOUT);
	if (is_hps())
		CHECK_EQ(counter("HpsConnTimedOut"), before + 1);
}

TEST(user_timeout_ends_a_blocked_write, V_STREAM | V_ONCE)
{
	struct pair p;
	static char buf[65536];
	ssize_t n;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000);
	do
		n = send(p.a, buf, sizeof(buf), MSG_NOSIGNAL);
	while (n > 0);
	CHECK_EQ(errno, ETIMEDOUT);
}

TEST(user_timeout_of_a_slow_reader, V_STREAM | V_ONCE)
{
	struct pair p;
	pid_t pid;
	int i;

	pair_open_small(&p, 50000, 50000);
	set_int(p.a, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000);
	pid = writer(p.a, 750000);
	for (i = 0; i < 15; i++) {
		usleep(100000);
		recv_pattern(p.b, 50000, 50000 * i);
	}
	reap(pid);
	usleep(1300000);
	CHECK_EQ(poll_now(p.a, POLLIN | POLLERR), 0);
}

/* It is ours to send them: the peer owes nothing. */
TEST(user_timeout_spares_what_is_corked, V_STREAM | V_ONCE)
{
	struct pair p;

	pair_open(&p);
	/* less than the 200 ms of a cork */
	set_int(p.a, IPPROTO_TCP, TCP_USER_TIMEOUT, 180);
	set_int(p.a, IPPROTO_TCP, TCP_CORK, 1);
	send_pattern(p.a, 10, 0);
	wait_in_queue(p.b, 10);
	usleep(300000);
	CHECK_EQ(poll_now(p.a, POLLIN | POLLERR), 0);
	recv_pattern(p.b, 10, 0);
}

/* Connections that wait at a listener. */
static int count(int lst)
{
	int n = 0, fd;

	nonblocking(lst, true);
	for (; (fd = accept(lst, NULL, NULL)) >= 0; n++)
		close(fd);
	return n;
}

TEST(user_timeout_of_connect, V_ALL | V_ONCE)
{
	int lst = listener(0), fd = new_socket();
	long long begin = now_ms();

	/* the backlog is full */
	connected_to(port_of(lst));
	set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1500);
	CHECK_ERR(try_connect(fd, port_of(lst)), ETIMEDOUT);
	CHECK(now_ms() - begin < scaled(8000));
	CHECK_EQ(count(lst), 1);
	/* It does not ask again: HPS would have after 3 seconds in all. */
	usleep(3000000);
	CHECK_EQ(count(lst), 0);
}

/* --- not sent ---------------------------------------------------------------------- */

static int unsent(int fd)
{
	int n = -1;

	CHECK(ioctl(fd, SIOCOUTQNSD, &n) == 0);
	return n;
}

TEST(notsent_lowat_bounds_what_waits, V_STREAM | V_ONCE)
{
	struct pair p;
	long sum;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384);
	sum = fill(p.a);
	/* and the write that went beyond; TCP takes a packet of 64 KB */
	CHECK(unsent(p.a) < 16384 + (is_hps() ? 8192 : 65536));
	CHECK(unsent(p.a) >= 16384);
	CHECK_EQ(poll_now(p.a, POLLOUT), 0);
	recv_pattern(p.b, sum, 0);
	wait_for(p.a, POLLOUT);
	CHECK(unsent(p.a) < 16384);
}

TEST(notsent_lowat_transfer, V_ALL | V_ONCE)
{
	struct pair p;
	pid_t pid;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384);
	pid = writer(p.a, 2000000);
	recv_pattern(p.b, 2000000, 0);
	reap(pid);
}

TEST(notsent_lowat_raised_wakes, V_STREAM | V_ONCE)
{
	struct pair p;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384);
	fill(p.a);
	set_int(p.a, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1 << 30);
	wait_for(p.a, POLLOUT);
}

/* Who may write no more must not wait for the end of the cork. */
TEST(notsent_lowat_with_cork, V_STREAM | V_ONCE)
{
	long long begin;
	struct pair p;
	int i;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1000);
	set_int(p.a, IPPROTO_TCP, TCP_CORK, 1);
	begin = now_ms();
	for (i = 0; i < 40; i++)
		send_pattern(p.a, 500, 500 * i);
	/* 20 times 200 ms */
	CHECK(now_ms() - begin < 2000);
	set_int(p.a, IPPROTO_TCP, TCP_CORK, 0);
	recv_pattern(p.b, 20000, 0);
}

/* --- deferred accept ------------------------------------------------------------------ */

static int deferring(int seconds)
{
	int lst = listener(8);

	set_int(lst, IPPROTO_TCP, TCP_DEFER_ACCEPT, seconds);
	return lst;
}

TEST(defer_accept_waits_for_data, V_ALL | V_ONCE)
{
	int lst, a, b;
	long long before;

	own_namespace();
	before = is_hps() ? counter("HpsAcceptDeferred") : 0;
	lst = deferring(10);
	a = connected_to(port_of(lst));
	usleep(500000);
	CHECK_EQ(poll_now(lst, POLLIN), 0);
	nonblocking(lst, true);
	CHECK_ERR(accept(lst, NULL, NULL), EAGAIN);
	send_pattern(a, 10, 0);
	wait_for(lst, POLLIN);
	b = accept(lst, NULL, NULL);
	CHECK(b >= 0);
	if (is_hps())
		CHECK_EQ(counter("HpsAcceptDeferred"), before + 1);
	nonblocking(b, false);
	recv_pattern(b, 10, 0);
	send_pattern(b, 10, 0);
	recv_pattern(a, 10, 0);
}

TEST(defer_accept_wakes_who_blocks, V_ALL | V_ONCE)
{
	int lst = deferring(10), a, b;
	pid_t pid;

	a = connected_to(port_of(lst));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		usleep(300000);
		send_pattern(a, 10, 0);
		_exit(0);
	}
	b = accept(lst, NULL, NULL);
	CHECK(b >= 0);
	recv_pattern(b, 10, 0);
	reap(pid);
}

/* TCP needs another packet of the peer to notice. */
TEST(defer_accept_ends, V_HPS | V_ONCE)
{
	long long begin = now_ms();
	int lst = deferring(1);

	connected_to(port_of(lst));
	CHECK(accept(lst, NULL, NULL) >= 0);
	CHECK(now_ms() - begin >= 900);
}

TEST(defer_accept_counts_in_the_backlog, V_HPS | V_ONCE)
{
	int lst = deferring(20), i, fd;

	CHECK(listen(lst, 1) == 0);
	for (i = 0; i < 2; i++)
		connected_to(port_of(lst));
	fd = new_socket();
	nonblocking(fd, true);
	CHECK_ERR(try_connect(fd, port_of(lst)), EINPROGRESS);
	usleep(300000);
	CHECK_EQ(poll_now(fd, POLLOUT), 0);
}

TEST(defer_accept_listener_closes, V_HPS | V_ONCE)
{
	int lst = deferring(10), a;

	a = connected_to(port_of(lst));
	close(lst);
	wait_for(a, POLLERR);
	CHECK_EQ(so_error(a), ECONNRESET);
}

/* A peer that went away before it spoke is not heard of. */
TEST(defer_accept_peer_resets, V_HPS | V_ONCE)
{
	struct linger no = { 1, 0 };
	int lst = deferring(1), a;

	a = connected_to(port_of(lst));
	setsockopt(a, SOL_SOCKET, SO_LINGER, &no, sizeof(no));
	close(a);
	usleep(1500000);
	nonblocking(lst, true);
	CHECK_ERR(accept(lst, NULL, NULL), EAGAIN);
	connected_to(port_of(lst));
	wait_for(lst, POLLIN);
	CHECK(accept(lst, NULL, NULL) >= 0);
}

/* --- shared ports --------------------------------------------------------------------- */

static int sharing(int port, int backlog)
{
	union address addr;
	socklen_t len = loopback(&addr, port);
	int fd = new_socket();

	set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return bind(fd, &addr.sa, len) || listen(fd, backlog) ? -1 : fd;
}

TEST(reuseport_spreads, V_ALL | V_ONCE)
{
	int lst[3], fd[90], i, sum = 0, n;

	lst[0] = sharing(0, 90);
	CHECK(lst[0] >= 0);
	for (i = 1; i < 3; i++) {
		lst[i] = sharing(port_of(lst[0]), 90);
		CHECK(lst[i] >= 0);
	}
	for (i = 0; i < 90; i++)
		fd[i] = connected_to(port_of(lst[0]));
	for (i = 0; i < 3; i++) {
		n = count(lst[i]);
		/* 30 are expected, the deviation is 4.5 */
		CHECK(n >= 10 && n <= 50);
		sum += n;
	}
	CHECK_EQ(sum, 90);
	for (i = 0; i < 90; i++)
		close(fd[i]);
}

TEST(reuseport_survivor_takes_all, V_ALL | V_ONCE)
{
	int one = sharing(0, 30), two, i, port = port_of(one);

	two = sharing(port, 30);
	CHECK(two >= 0);
	close(one);
	for (i = 0; i < 20; i++)
		connected_to(port);
	CHECK_EQ(count(two), 20);
}

TEST(reuseport_is_for_all_or_none, V_ALL)
{
	union address addr;
	int one = sharing(0, 1), lst = listener(1), fd = new_socket();

	CHECK_ERR(bind(fd, &addr.sa, loopback(&addr, port_of(one))),
		  EADDRINUSE);
	CHECK_ERR(sharing(port_of(lst), 1), EADDRINUSE);
}

TEST(reuseport_is_for_one_user, V_ALL)
{
	int one = sharing(0, 1), status;
	pid_t pid;

	CHECK(one >= 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setuid(1000))
			_exit(1);
		_exit(sharing(port_of(one), 1) < 0 && errno == EADDRINUSE ?
		      0 : 2);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(WEXITSTATUS(status), 0);
}

static void write_sysctl(const char *name, const char *value)
{
	FILE *f = fopen(name, "w");

	CHECK(f && fputs(value, f) >= 0 && fclose(f) == 0);
}

/* Nobody who lets a port be chosen asks to share it. */
TEST(reuseport_does_not_share_chosen_ports, V_ALL)
{
	own_namespace();
	if (is_hps()) {
		write_sysctl("/proc/sys/net/hps/port_max", "32768");
		write_sysctl("/proc/sys/net/hps/port_min", "32768");
	} else {
		write_sysctl("/proc/sys/net/ipv4/ip_local_port_range",
			     "32768 32768");
	}
	CHECK_EQ(port_of(sharing(0, 1)), 32768);
	CHECK_ERR(sharing(0, 1), EADDRINUSE);
	CHECK(sharing(32768, 1) >= 0);
}
