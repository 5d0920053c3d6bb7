// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full long short
 * timeout: 240
 *
 * Socket options and ioctls: they do what TCP's do, or are refused.
 */
#include <linux/hps.h>
#include <linux/sockios.h>

#include <sys/epoll.h>

#include "pair.h"

static char buf[65536];

/* --- timeouts ------------------------------------------------------------------ */

TEST(rcvtimeo, V_ALL)
{
	long long begin;
	struct pair p;

	pair_open(&p);
	set_timeout(p.a, SO_RCVTIMEO, 200);
	begin = now_ms();
	CHECK_ERR(recv(p.a, buf, 1, 0), EAGAIN);
	CHECK(now_ms() - begin >= 190);
	CHECK(now_ms() - begin < scaled(5000));
	send_pattern(p.b, 10, 0);
	recv_pattern(p.a, 10, 0);
}

TEST(rcvtimeo_returns_what_there_is, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	set_timeout(p.a, SO_RCVTIMEO, 200);
	send_pattern(p.b, 10, 0);
	CHECK_EQ(recv(p.a, buf, 100, MSG_WAITALL), 10);
}

TEST(sndtimeo, V_STREAM)
{
	long long begin;
	struct pair p;
	ssize_t n;

	pair_open(&p);
	set_timeout(p.a, SO_SNDTIMEO, 300);
	fill(p.a);
	begin = now_ms();
	do
		n = send(p.a, buf, sizeof(buf), 0);
	while (n > 0);
	CHECK_EQ(errno, EAGAIN);
	CHECK(now_ms() - begin >= 290);
}

TEST(timeouts_read_back, V_ALL)
{
	struct timeval tv;
	socklen_t len = sizeof(tv);
	int fd = new_socket();

	set_timeout(fd, SO_RCVTIMEO, 1500);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, &len) == 0);
	CHECK_EQ(tv.tv_sec, 1);
	CHECK(tv.tv_usec >= 490000 && tv.tv_usec <= 510000);
}

/* --- buffers --------------------------------------------------------------------- */

TEST(buffers_read_back, V_ALL)
{
	int fd = new_socket();

	CHECK(get_int(fd, SOL_SOCKET, SO_SNDBUF) > 0);
	CHECK(get_int(fd, SOL_SOCKET, SO_RCVBUF) > 0);
	set_int(fd, SOL_SOCKET, SO_SNDBUF, 50000);
	set_int(fd, SOL_SOCKET, SO_RCVBUF, 60000);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_SNDBUF), 100000);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_RCVBUF), 120000);
}

TEST(buffers_bound_what_is_under_way, V_ALL)
{
	struct pair p;
	long small, n;

	pair_open_small(&p, 50000, 50000);
	small = fill(p.a);
	CHECK(small >= 16384);
	CHECK(small <= 1000000);
	recv_pattern(p.b, small, 0);
	/* the room is given back */
	n = fill(p.a);
	CHECK(n >= small / 2);
	CHECK(n <= 1000000);
}

TEST(buffer_sizes_matter, V_ALL)
{
	struct pair small, large;

	pair_open_small(&small, 30000, 30000);
	pair_open_small(&large, 200000, 200000);
	CHECK(fill(small.a) < fill(large.a));
}

/* The writer has room for all of it: it is the reader's buffer that is full. */
TEST(small_reader_leaves_no_credit, V_HPS)
{
	long long before = counter("HpsCreditStall");
	struct pair p;
	long n;

	p.lst = listener(1);
	set_int(p.lst, SOL_SOCKET, SO_RCVBUF, 20000);
	p.a = new_socket();
	set_int(p.a, SOL_SOCKET, SO_SNDBUF, 200000);
	CHECK(try_connect(p.a, port_of(p.lst)) == 0);
	p.b = accept(p.lst, NULL, NULL);
	CHECK(p.b >= 0);
	n = fill(p.a);
	wait_counter("HpsCreditStall", before);
	recv_pattern(p.b, n, 0);
}

TEST(buffers_smallest, V_ALL)
{
	struct pair p;
	pid_t pid;

	pair_open_small(&p, 1, 1);
	pid = writer(p.a, 200000);
	recv_pattern(p.b, 200000, 0);
	reap(pid);
}

TEST(buffer_changes_under_way, V_ALL)
{
	struct pair p;
	pid_t pid;
	int i;

	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 20; i++) {
			set_int(p.a, SOL_SOCKET, SO_SNDBUF,
				i & 1 ? 200000 : 5000);
			send_pattern(p.a, 100000, 100000 * i);
		}
		_exit(0);
	}
	for (i = 0; i < 20; i++) {
		set_int(p.b, SOL_SOCKET, SO_RCVBUF, i & 1 ? 5000 : 200000);
		recv_pattern(p.b, 100000, 100000 * i);
	}
	reap(pid);
}

TEST(blocking_send_waits_for_room, V_ALL)
{
	long long begin;
	struct pair p;
	pid_t pid;
	long n;

	pair_open_small(&p, 50000, 50000);
	n = fill(p.a);
	fflush(stdout);
	begin = now_ms();
	pid = fork();
	if (!pid) {
		usleep(200000);
		recv_pattern(p.b, n + 500000, 0);
		_exit(0);
	}
	send_pattern(p.a, 500000, n);
	CHECK(now_ms() - begin >= 150);
	reap(pid);
}

/* --- low water --------------------------------------------------------------------- */

TEST(rcvlowat_poll, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	set_int(p.b, SOL_SOCKET, SO_RCVLOWAT, 1000);
	CHECK_EQ(get_int(p.b, SOL_SOCKET, SO_RCVLOWAT), 1000);
	send_pattern(p.a, 500, 0);
	wait_in_queue(p.b, 500);
	CHECK_EQ(poll_now(p.b, POLLIN), 0);
	send_pattern(p.a, 500, 500);
	wait_for(p.b, POLLIN);
	recv_pattern(p.b, 1000, 0);
}

/* Who waits for more hears of it when what is there is enough. */
TEST(rcvlowat_is_lowered, V_STREAM)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ep = epoll_create1(0);
	struct pair p;

	CHECK(ep >= 0);
	pair_open(&p);
	set_int(p.b, SOL_SOCKET, SO_RCVLOWAT, 1000);
	CHECK(!epoll_ctl(ep, EPOLL_CTL_ADD, p.b, &event));
	send_pattern(p.a, 500, 0);
	wait_in_queue(p.b, 500);
	CHECK_EQ(epoll_wait(ep, &event, 1, 0), 0);
	set_int(p.b, SOL_SOCKET, SO_RCVLOWAT, 500);
	CHECK_EQ(epoll_wait(ep, &event, 1, scaled(5000)), 1);
	recv_pattern(p.b, 500, 0);
}

/* A look at all that was asked for waits for it, as a read does. */
TEST(peek_waits_for_all, V_STREAM)
{
	struct pair p;
	pid_t pid;

	pair_open(&p);
	send_pattern(p.a, 1000, 0);
	wait_in_queue(p.b, 1000);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		usleep(50000);
		send_pattern(p.a, 2000, 1000);
		_exit(0);
	}
	CHECK_EQ(recv(p.b, buf, 3000, MSG_PEEK | MSG_WAITALL), 3000);
	CHECK(pattern_ok(buf, 3000, 0));
	CHECK_EQ(recv(p.b, buf, 4000, MSG_PEEK | MSG_WAITALL | MSG_DONTWAIT), 3000);
	/* The end is as much as there will be. */
	shutdown(p.a, SHUT_WR);
	CHECK_EQ(recv(p.b, buf, 4000, MSG_PEEK | MSG_WAITALL), 3000);
	recv_pattern(p.b, 3000, 0);
	reap(pid);
}

/* How much is there? No octet is copied. */
TEST(peek_of_the_length, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 1000, 0);
	wait_in_queue(p.b, 1000);
	CHECK_EQ(recv(p.b, NULL, 65536, MSG_PEEK | MSG_TRUNC), 1000);
	CHECK_EQ(recv(p.b, NULL, 300, MSG_PEEK | MSG_TRUNC), 300);
	recv_pattern(p.b, 1000, 0);
}

TEST(rcvlowat_blocking_recv, V_STREAM)
{
	struct pair p;
	pid_t pid;

	pair_open(&p);
	set_int(p.b, SOL_SOCKET, SO_RCVLOWAT, 1000);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		usleep(50000);
		send_pattern(p.a, 600, 0);
		usleep(20000);
		send_pattern(p.a, 600, 600);
		_exit(0);
	}
	CHECK(recv(p.b, buf, sizeof(buf), 0) >= 1000);
	reap(pid);
}

TEST(rcvlowat_does_not_hide_the_end, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	set_int(p.b, SOL_SOCKET, SO_RCVLOWAT, 1000);
	send_pattern(p.a, 10, 0);
	shutdown(p.a, SHUT_WR);
	wait_for(p.b, POLLIN);
	recv_pattern(p.b, 10, 0);
	recv_eof(p.b);
}

/* More than the window would never come otherwise. */
TEST(rcvlowat_beyond_the_buffer, V_STREAM)
{
	struct pair p;
	pid_t pid;

	pair_open_small(&p, 20000, 0);
	set_int(p.b, SOL_SOCKET, SO_RCVLOWAT, 200000);
	pid = writer(p.a, 500000);
	recv_pattern(p.b, 500000, 0);
	reap(pid);
}

/* What a writer puts behind what the timer of a cork let go goes as well. */
TEST(cork_while_the_reader_pauses, V_STREAM)
{
	const size_t len = (8 << 20) + 10;
	struct pair p;
	pid_t pid;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_CORK, 1);
	pid = writer(p.a, len);
	usleep(500000);
	recv_pattern(p.b, len, 0);
	reap(pid);
}

/* --- TCP's level --------------------------------------------------------------------- */

TEST(nodelay, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(get_int(p.a, IPPROTO_TCP, TCP_NODELAY), 0);
	set_int(p.a, IPPROTO_TCP, TCP_NODELAY, 1);
	CHECK_EQ(get_int(p.a, IPPROTO_TCP, TCP_NODELAY), 1);
	send_pattern(p.a, 10, 0);
	recv_pattern(p.b, 10, 0);
	set_int(p.a, IPPROTO_TCP, TCP_NODELAY, 0);
	CHECK_EQ(get_int(p.a, IPPROTO_TCP, TCP_NODELAY), 0);
}

TEST(nodelay_before_connect_stays, V_ALL)
{
	int lst = listener(1), fd = new_socket();

	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	CHECK(try_connect(fd, port_of(lst)) == 0);
	CHECK_EQ(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 1);
}

TEST(nodelay_is_inherited_by_accepted, V_ALL)
{
	int lst = listener(1), fd;

	set_int(lst, IPPROTO_TCP, TCP_NODELAY, 1);
	connected_to(port_of(lst));
	fd = accept(lst, NULL, NULL);
	CHECK_EQ(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 1);
}

TEST(cork_holds_back, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_CORK, 1);
	CHECK_EQ(get_int(p.a, IPPROTO_TCP, TCP_CORK), 1);
	send_pattern(p.a, 10, 0);
	CHECK_ERR(recv(p.b, buf, 1, MSG_DONTWAIT), EAGAIN);
	set_int(p.a, IPPROTO_TCP, TCP_CORK, 0);
	CHECK_EQ(get_int(p.a, IPPROTO_TCP, TCP_CORK), 0);
	recv_pattern(p.b, 10, 0);
}

TEST(cork_ends_after_200_ms, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_CORK, 1);
	send_pattern(p.a, 10, 0);
	recv_pattern(p.b, 10, 0);
}

TEST(cork_does_not_hold_the_end, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	set_int(p.a, IPPROTO_TCP, TCP_CORK, 1);
	send_pattern(p.a, 10, 0);
	close(p.a);
	recv_pattern(p.b, 10, 0);
	recv_eof(p.b);
}

/* --- refused, never ignored ------------------------------------------------------------ */

TEST(unknown_options, V_ALL)
{
	int fd = new_socket(), x = 1;
	socklen_t len = sizeof(x);

	CHECK_ERR(setsockopt(fd, SOL_SOCKET, 9999, &x, len), ENOPROTOOPT);
	CHECK_ERR(getsockopt(fd, SOL_SOCKET, 9999, &x, &len), ENOPROTOOPT);
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, 9999, &x, len), ENOPROTOOPT);
	CHECK_ERR(getsockopt(fd, IPPROTO_TCP, 9999, &x, &len), ENOPROTOOPT);
	CHECK_ERR(setsockopt(fd, 9999, 1, &x, len), ENOPROTOOPT);
	if (v->domain != AF_INET6)
		CHECK_ERR(getsockopt(fd, 9999, 1, &x, &len), is_hps() ?
			  ENOPROTOOPT : EOPNOTSUPP);
}

TEST(unknown_hps_options, V_HPS)
{
	int fd = new_socket(), x = 1;
	socklen_t len = sizeof(x);

	CHECK_ERR(setsockopt(fd, SOL_HPS, 9999, &x, len), ENOPROTOOPT);
	CHECK_ERR(getsockopt(fd, SOL_HPS, 9999, &x, &len), ENOPROTOOPT);
}

/* --- what a listener hands down ------------------------------------------------------ */

/* Does an established TCP socket with local port @port carry the mark? */
static bool marked(int port)
{
	char line[1000];
	bool found = false;
	FILE *f;

	snprintf(line, sizeof(line),
		 "ss -Htne state established '( sport = :%d )'", port);
	f = popen(line, "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, "fwmark:0x2a") != NULL;
	CHECK(pclose(f) == 0);
	return found;
}

TEST(mark_of_accepted, V_ALL)
{
	int lst = listener(4), port = is_hps() ? 18512 : port_of(lst), a, b;

	set_int(lst, SOL_SOCKET, SO_MARK, 0x2a);
	set_int(lst, SOL_SOCKET, SO_PRIORITY, 5);
	a = connected_to(port_of(lst));
	/* Not that of the time of accept(). */
	set_int(lst, SOL_SOCKET, SO_MARK, 0x2b);
	b = accept(lst, NULL, NULL);
	CHECK(b >= 0);
	CHECK_EQ(get_int(b, SOL_SOCKET, SO_MARK), 0x2a);
	CHECK_EQ(get_int(b, SOL_SOCKET, SO_PRIORITY), 0);
	CHECK(marked(port));
	close(a);
	recv_eof(b);
	close(b);
}

/* A channel that another connection used has forgotten its mark. */
TEST(mark_does_not_stay, V_HPS)
{
	long long end = now_ms() + scaled(8000);
	int lst, a, b;

	own_namespace();
	lst = listener(4);
	set_int(lst, SOL_SOCKET, SO_MARK, 0x2a);
	a = connected_to(port_of(lst));
	b = accept(lst, NULL, NULL);
	CHECK(b >= 0 && marked(18512));
	close(a);
	recv_eof(b);
	close(b);
	/* It is given back when both ends have said so. */
	while (!counter("HpsPoolPut")) {
		CHECK(now_ms() < end);
		usleep(1000);
	}
	set_int(lst, SOL_SOCKET, SO_MARK, 0);
	a = connected_to(port_of(lst));
	b = accept(lst, NULL, NULL);
	CHECK_EQ(counter("HpsPoolHit"), 1);
	CHECK_EQ(get_int(b, SOL_SOCKET, SO_MARK), 0);
	if (marked(18512))
		test_fail(__FILE__, __LINE__, "the mark stays");
}

struct option {
	const char	*name;
	int		level;
	int		option;
	int		value;
};

#define OPTION(level, option, value) { #option, level, option, value }

static const struct option table[] = {
	OPTION(IPPROTO_TCP, TCP_MAXSEG, 1000),
	OPTION(IPPROTO_TCP, TCP_KEEPIDLE, 77),
	OPTION(IPPROTO_TCP, TCP_KEEPINTVL, 7),
	OPTION(IPPROTO_TCP, TCP_KEEPCNT, 3),
	OPTION(IPPROTO_TCP, TCP_SYNCNT, 3),
	OPTION(IPPROTO_TCP, TCP_LINGER2, 7),
	OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT, 1),
	OPTION(IPPROTO_TCP, TCP_WINDOW_CLAMP, 8000),
	OPTION(IPPROTO_TCP, TCP_QUICKACK, 0),
	OPTION(IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1),
	OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, 5000),
	OPTION(IPPROTO_TCP, TCP_REPAIR, 1),
	OPTION(IPPROTO_TCP, TCP_FASTOPEN, 5),
	OPTION(IPPROTO_TCP, TCP_TIMESTAMP, 7),
	OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 9000),
	OPTION(IPPROTO_TCP, TCP_SAVE_SYN, 1),
	OPTION(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1),
	OPTION(IPPROTO_TCP, TCP_INQ, 1),
	OPTION(IPPROTO_IP, IP_TTL, 9),
	OPTION(IPPROTO_IP, IP_TOS, 0x10),
	OPTION(IPPROTO_IP, IP_TRANSPARENT, 1),
	OPTION(IPPROTO_IP, IP_FREEBIND, 1),
	OPTION(IPPROTO_IP, IP_MTU_DISCOVER, 3),
	OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1),
	OPTION(IPPROTO_IPV6, IPV6_V6ONLY, 1),
	OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9),
	OPTION(IPPROTO_IPV6, IPV6_TCLASS, 0x10),
	OPTION(SOL_SOCKET, SO_REUSEPORT, 1),
	OPTION(SOL_SOCKET, SO_ZEROCOPY, 1),
};

TEST(options_work_or_are_refused, V_HPS)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct option *o = &table[i];
		int fd = new_socket(), x = o->value;
		socklen_t len = sizeof(x);

		if (setsockopt(fd, o->level, o->option, &x, len)) {
			if (errno == ENOPROTOOPT || errno == EOPNOTSUPP)
				continue;
			test_fail(__FILE__, __LINE__, "setsockopt %s", o->name);
		}
		x = -1;
		if (getsockopt(fd, o->level, o->option, &x, &len) ||
		    x != o->value)
			test_fail(__FILE__, __LINE__,
				  "%s was set to %d and is %d", o->name,
				  o->value, x);
		close(fd);
	}
}

TEST(options_that_can_never_work, V_HPS)
{
	char md5[sizeof(struct tcp_md5sig)] = {};
	int fd = new_socket(), x = 1;

	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 3), ENOPROTOOPT);
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, md5, sizeof(md5)),
		  ENOPROTOOPT);
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &x, sizeof(x)),
		  ENOPROTOOPT);
}

TEST(option_bad_arguments, V_ALL)
{
	int fd = new_socket(), x = 1;
	socklen_t len = sizeof(x);

	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &x, 1), EINVAL);
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, NULL, len), EFAULT);
	CHECK_ERR(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &x, NULL), EFAULT);
	CHECK_ERR(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, NULL, &len),
		  EFAULT);
	len = -1;
	CHECK_ERR(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &x, &len), EINVAL);
}

/* --- ioctls ---------------------------------------------------------------------------- */

TEST(fionread, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(in_queue(p.b), 0);
	send_pattern(p.a, 1000, 0);
	send_pattern(p.a, 1000, 1000);
	wait_in_queue(p.b, 2000);
	CHECK_EQ(in_queue(p.b), 2000);
	recv_pattern(p.b, 700, 0);
	CHECK_EQ(in_queue(p.b), 1300);
	recv_pattern(p.b, 1300, 700);
	shutdown(p.a, SHUT_WR);
	wait_for(p.b, POLLIN);
	CHECK_EQ(in_queue(p.b), 0);
}

TEST(siocoutq, V_ALL)
{
	struct pair p;
	int n = -1;
	long sum;

	pair_open(&p);
	CHECK(ioctl(p.a, SIOCOUTQ, &n) == 0);
	CHECK_EQ(n, 0);
	send_pattern(p.a, 1000, 0);
	recv_pattern(p.b, 1000, 0);
	wait_out_queue_empty(p.a);
	sum = fill(p.a);
	CHECK(ioctl(p.a, SIOCOUTQ, &n) == 0);
	CHECK(n > 0 && n <= sum);
	recv_pattern(p.b, sum, 0);
	wait_out_queue_empty(p.a);
}

TEST(ioctl_on_listener, V_ALL)
{
	int lst = listener(1), n;

	CHECK_ERR(ioctl(lst, FIONREAD, &n), EINVAL);
	CHECK_ERR(ioctl(lst, SIOCOUTQ, &n), EINVAL);
}

TEST(ioctl_unknown, V_ALL)
{
	struct pair p;
	int n;

	pair_open(&p);
	CHECK_ERR(ioctl(p.a, 0x12345, &n), ENOTTY);
	CHECK_ERR(ioctl(p.a, FIONREAD, NULL), EFAULT);
}

TEST(error_is_reported_once, V_ALL)
{
	struct linger no = { 1, 0 };
	struct pair p;

	pair_open(&p);
	setsockopt(p.a, SOL_SOCKET, SO_LINGER, &no, sizeof(no));
	close(p.a);
	wait_for(p.b, POLLERR);
	CHECK_EQ(so_error(p.b), ECONNRESET);
	CHECK_EQ(so_error(p.b), 0);
	CHECK_EQ(recv(p.b, buf, 1, 0), 0);
}
