// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 * timeout: 240
 *
 * poll, epoll and select: what is told, and when it is told anew.
 */
#include <sys/epoll.h>
#include <sys/select.h>

#include "pair.h"

#define EVERYTHING (POLLIN | POLLOUT | POLLRDHUP | POLLPRI)

static int watch(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events };
	int ep = epoll_create1(0);

	CHECK(ep >= 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0);
	return ep;
}

/* Events within @ms, 0 if none came. */
static uint32_t next(int ep, int ms)
{
	struct epoll_event e = {};
	int n = epoll_wait(ep, &e, 1, ms);

	CHECK(n >= 0);
	return n ? e.events : 0;
}

TEST(poll_fresh_socket, V_ALL)
{
	CHECK_EQ(poll_now(new_socket(), EVERYTHING), POLLOUT | POLLHUP);
}

TEST(poll_idle_connection, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(poll_now(p.a, EVERYTHING), POLLOUT);
	CHECK_EQ(poll_now(p.b, EVERYTHING), POLLOUT);
}

TEST(poll_data, V_ALL)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 100, 0);
	wait_for(p.b, POLLIN);
	CHECK_EQ(poll_now(p.b, EVERYTHING), POLLIN | POLLOUT);
	CHECK_EQ(poll_now(p.b, POLLRDNORM | POLLWRNORM),
		 POLLRDNORM | POLLWRNORM);
	recv_pattern(p.b, 100, 0);
	CHECK_EQ(poll_now(p.b, EVERYTHING), POLLOUT);
}

TEST(poll_listener, V_ALL)
{
	int lst = listener(1), fd = new_socket();

	CHECK_EQ(poll_now(lst, EVERYTHING), 0);
	CHECK(try_connect(fd, port_of(lst)) == 0);
	wait_for(lst, POLLIN);
	CHECK_EQ(poll_now(lst, EVERYTHING), POLLIN);
	CHECK(accept(lst, NULL, NULL) >= 0);
	CHECK_EQ(poll_now(lst, EVERYTHING), 0);
}

TEST(poll_peer_shut_down, V_ALL)
{
	struct pair p;

	pair_open(&p);
	shutdown(p.a, SHUT_WR);
	wait_for(p.b, POLLRDHUP);
	CHECK_EQ(poll_now(p.b, EVERYTHING), POLLIN | POLLOUT | POLLRDHUP);
}

TEST(poll_own_shut_wr, V_ALL)
{
	struct pair p;

	pair_open(&p);
	shutdown(p.a, SHUT_WR);
	CHECK_EQ(poll_now(p.a, EVERYTHING), POLLOUT);
}

TEST(poll_own_shut_rd, V_ALL)
{
	struct pair p;

	pair_open(&p);
	shutdown(p.a, SHUT_RD);
	CHECK_EQ(poll_now(p.a, EVERYTHING), POLLIN | POLLOUT | POLLRDHUP);
}

TEST(poll_both_shut_down, V_ALL)
{
	struct pair p;

	pair_open(&p);
	shutdown(p.a, SHUT_WR);
	shutdown(p.b, SHUT_WR);
	wait_for(p.a, POLLHUP);
	CHECK_EQ(poll_now(p.a, EVERYTHING),
		 POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

TEST(poll_reset, V_ALL)
{
	struct linger no = { 1, 0 };
	struct pair p;

	pair_open(&p);
	CHECK(setsockopt(p.a, SOL_SOCKET, SO_LINGER, &no, sizeof(no)) == 0);
	close(p.a);
	wait_for(p.b, POLLERR);
	CHECK_EQ(poll_now(p.b, EVERYTHING),
		 POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR);
	CHECK_EQ(so_error(p.b), ECONNRESET);
	CHECK_EQ(poll_now(p.b, EVERYTHING),
		 POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

TEST(poll_full_and_drained, V_ALL)
{
	struct pair p;
	long n;

	pair_open(&p);
	n = fill(p.a);
	CHECK_EQ(poll_now(p.a, EVERYTHING), 0);
	recv_pattern(p.b, n, 0);
	wait_for(p.a, POLLOUT);
}

static void poll_writable(void *fd)
{
	wait_for(*(int *)fd, POLLOUT);
}

TEST(poll_blocked_writer_is_woken, V_ALL)
{
	struct pair p;
	pid_t pid;
	long n;

	pair_open(&p);
	n = fill(p.a);
	pid = child(poll_writable, &p.a);
	recv_pattern(p.b, n, 0);
	reap(pid);
}

TEST(poll_blocked_reader_is_woken_by_every_event, V_ALL)
{
	struct linger no = { 1, 0 };
	int i;

	for (i = 0; i < 3; i++) {
		struct pair p;
		pid_t pid;

		pair_open(&p);
		fflush(stdout);
		pid = fork();
		if (!pid) {
			close(p.a);
			wait_for(p.b, POLLIN);
			_exit(0);
		}
		/* the child polls or is about to: both must work */
		usleep(20000);
		if (i == 0) {
			send_pattern(p.a, 1, 0);
		} else if (i == 1) {
			shutdown(p.a, SHUT_WR);
		} else {
			setsockopt(p.a, SOL_SOCKET, SO_LINGER, &no, sizeof(no));
			close(p.a);
		}
		reap(pid);
	}
}

TEST(epoll_level, V_ALL)
{
	struct pair p;
	int ep;

	pair_open(&p);
	ep = watch(p.b, EPOLLIN);
	CHECK_EQ(next(ep, 0), 0);
	send_pattern(p.a, 10, 0);
	CHECK_EQ(next(ep, scaled(5000)), EPOLLIN);
	CHECK_EQ(next(ep, 0), EPOLLIN);
	recv_pattern(p.b, 5, 0);
	if (!is_seqpacket()) {
		CHECK_EQ(next(ep, 0), EPOLLIN);
		recv_pattern(p.b, 5, 5);
	}
	CHECK_EQ(next(ep, 0), 0);
}

TEST(epoll_edge_in, V_ALL)
{
	struct pair p;
	int ep;

	pair_open(&p);
	ep = watch(p.b, EPOLLIN | EPOLLET);
	send_pattern(p.a, 10, 0);
	CHECK_EQ(next(ep, scaled(5000)), EPOLLIN);
	CHECK_EQ(next(ep, 0), 0);
	/* new data is a new edge, old data unread or not */
	send_pattern(p.a, 10, 10);
	CHECK_EQ(next(ep, scaled(5000)), EPOLLIN);
	shutdown(p.a, SHUT_WR);
	CHECK_EQ(next(ep, scaled(5000)) & EPOLLIN, EPOLLIN);
}

TEST(epoll_edge_out, V_ALL)
{
	struct pair p;
	long n;
	int ep;

	pair_open(&p);
	ep = watch(p.a, EPOLLOUT | EPOLLET);
	CHECK_EQ(next(ep, 0), EPOLLOUT);
	CHECK_EQ(next(ep, 0), 0);
	n = fill(p.a);
	while (next(ep, 0))
		;
	recv_pattern(p.b, n, 0);
	CHECK_EQ(next(ep, scaled(5000)), EPOLLOUT);
}

TEST(epoll_edge_rdhup_hup, V_ALL)
{
	struct pair p;
	int ep;

	pair_open(&p);
	ep = watch(p.b, EPOLLRDHUP | EPOLLET);
	shutdown(p.a, SHUT_WR);
	CHECK_EQ(next(ep, scaled(5000)), EPOLLRDHUP);
	shutdown(p.b, SHUT_WR);
	CHECK(next(ep, scaled(5000)) & EPOLLHUP);
}

TEST(epoll_err, V_ALL)
{
	struct linger no = { 1, 0 };
	struct pair p;
	int ep;

	pair_open(&p);
	ep = watch(p.b, EPOLLET);
	setsockopt(p.a, SOL_SOCKET, SO_LINGER, &no, sizeof(no));
	close(p.a);
	CHECK_EQ(next(ep, scaled(5000)), EPOLLERR | EPOLLHUP);
}

TEST(epoll_oneshot_listener, V_ALL)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT };
	int lst = listener(4), ep = watch(lst, e.events);

	connected_to(port_of(lst));
	CHECK_EQ(next(ep, scaled(5000)), EPOLLIN);
	CHECK(accept(lst, NULL, NULL) >= 0);
	connected_to(port_of(lst));
	CHECK_EQ(next(ep, 50), 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, lst, &e) == 0);
	CHECK_EQ(next(ep, scaled(5000)), EPOLLIN);
}

TEST(epoll_edge_connect, V_ALL)
{
	int lst = listener(1), fd = new_socket(), ep;
	uint32_t seen = 0;

	nonblocking(fd, true);
	ep = watch(fd, EPOLLOUT | EPOLLET);
	/* a fresh socket is writable and hung up */
	CHECK_EQ(next(ep, 0), EPOLLOUT | EPOLLHUP);
	CHECK_ERR(try_connect(fd, port_of(lst)), EINPROGRESS);
	while (seen != EPOLLOUT) {
		seen = next(ep, scaled(5000));
		CHECK(seen);
	}
	CHECK_EQ(so_error(fd), 0);
}

TEST(epoll_many_sockets, V_ALL)
{
	struct pair p[30];
	int ep = epoll_create1(0), i, n;

	for (i = 0; i < 30; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };

		pair_open(&p[i]);
		CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, p[i].b, &e) == 0);
	}
	for (n = 0; n < 30; n++) {
		struct epoll_event e;

		i = n * 7 % 30;
		send_pattern(p[i].a, 10, i);
		CHECK_EQ(epoll_wait(ep, &e, 1, scaled(5000)), 1);
		CHECK_EQ(e.data.u32, i);
		recv_pattern(p[i].b, 10, i);
		CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	}
}

TEST(select_all_sets, V_ALL)
{
	struct timeval tv = {};
	fd_set r, w, x;
	struct pair p;

	pair_open(&p);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(p.b, &r);
	FD_SET(p.b, &w);
	FD_SET(p.b, &x);
	CHECK_EQ(select(p.b + 1, &r, &w, &x, &tv), 1);
	CHECK(FD_ISSET(p.b, &w) && !FD_ISSET(p.b, &r) && !FD_ISSET(p.b, &x));
	send_pattern(p.a, 1, 0);
	FD_SET(p.b, &r);
	FD_ZERO(&w);
	CHECK_EQ(select(p.b + 1, &r, &w, NULL, NULL), 1);
	CHECK(FD_ISSET(p.b, &r));
}
