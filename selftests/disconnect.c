// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 * timeout: 300
 *
 * connect() with AF_UNSPEC: a socket lets go of its connection or its listener,
 * and can be used again.
 */
#include "pair.h"

static int try_disconnect(int fd)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };

	return connect(fd, &sa, sizeof(sa));
}

TEST(disconnect_unconnected, V_ALL)
{
	int fd = new_socket();
	struct sockaddr sa = { .sa_family = AF_UNSPEC };

	CHECK(try_disconnect(fd) == 0);
	CHECK_EQ(so_error(fd), 0);
	CHECK_ERR(connect(fd, &sa, 1), EINVAL);
}

TEST(disconnect_resets_and_is_used_again, V_ALL)
{
	struct pair p;
	union address addr;
	socklen_t len = sizeof(addr);
	int fd;

	pair_open(&p);
	send_pattern(p.b, 100, 0);
	wait_in_queue(p.a, is_seqpacket() ? 101 : 100);
	CHECK(try_disconnect(p.a) == 0);
	CHECK_EQ(so_error(p.a), ECONNRESET);
	CHECK_EQ(so_error(p.a), 0);
	CHECK_ERR(getpeername(p.a, &addr.sa, &len), ENOTCONN);
	CHECK_ERR(send(p.a, "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_ERR(recv(p.a, &addr, 1, 0), ENOTCONN);
	wait_for(p.b, POLLERR);
	CHECK_ERR(recv(p.b, &addr, 1, 0), ECONNRESET);
	CHECK(try_connect(p.a, port_of(p.lst)) == 0);
	fd = accept(p.lst, NULL, NULL);
	CHECK(fd >= 0);
	send_pattern(p.a, 100, 0);
	recv_pattern(fd, 100, 0);
	send_pattern(fd, 100, 0);
	recv_pattern(p.a, 100, 0);
}

TEST(disconnect_accepted, V_ALL)
{
	struct pair p;
	char c;

	pair_open(&p);
	CHECK(try_disconnect(p.b) == 0);
	CHECK_EQ(so_error(p.b), ECONNRESET);
	wait_for(p.a, POLLERR);
	CHECK_ERR(recv(p.a, &c, 1, 0), ECONNRESET);
}

TEST(disconnect_keeps_buffers_that_were_set, V_ALL)
{
	int fd = new_socket();
	struct pair p;

	pair_open(&p);
	set_int(fd, SOL_SOCKET, SO_SNDBUF, 50000);
	set_int(fd, SOL_SOCKET, SO_RCVBUF, 60000);
	CHECK(try_connect(fd, port_of(p.lst)) == 0);
	CHECK(try_disconnect(fd) == 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_SNDBUF), 100000);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_RCVBUF), 120000);
}

/* A thread that waits is told. */
TEST(disconnect_wakes_readers, V_HPS)
{
	struct pair p;
	pid_t pid;
	char c;

	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		usleep(100000);
		CHECK(try_disconnect(p.a) == 0);
		_exit(0);
	}
	CHECK_ERR(recv(p.a, &c, 1, 0), ECONNRESET);
	reap(pid);
}

/* Data and the end come to a reader at once. */
TEST(disconnect_races_the_reader, V_HPS)
{
	struct pair p;
	char c[100];
	pid_t pid;
	ssize_t n;
	int i;

	for (i = 0; i < 50; i++) {
		pair_open(&p);
		fflush(stdout);
		pid = fork();
		if (!pid) {
			send_pattern(p.b, 1000, 0);
			CHECK(try_disconnect(p.a) == 0);
			_exit(0);
		}
		do
			n = recv(p.a, c, sizeof(c), 0);
		while (n > 0);
		CHECK(n < 0);
		CHECK(errno == ECONNRESET || errno == ECONNABORTED ||
		      errno == ENOTCONN);
		reap(pid);
		close(p.a);
		close(p.b);
	}
}

TEST(disconnect_listener, V_ALL)
{
	int lst = new_socket(), fd;
	union address addr;
	socklen_t len = loopback(&addr, 4444);

	CHECK(bind(lst, &addr.sa, len) == 0);
	CHECK(listen(lst, 4) == 0);
	CHECK(try_disconnect(lst) == 0);
	CHECK_EQ(get_int(lst, SOL_SOCKET, SO_ACCEPTCONN), 0);
	CHECK_ERR(try_connect(new_socket(), 4444), ECONNREFUSED);
	CHECK_ERR(accept(lst, NULL, NULL), EINVAL);
	CHECK_EQ(port_of(lst), 4444);
	CHECK(listen(lst, 4) == 0);
	fd = connected_to(4444);
	CHECK(accept(lst, NULL, NULL) >= 0);
	close(fd);
}

TEST(disconnect_again_and_again, V_ALL)
{
	int lst = listener(64), fd = new_socket(), i;

	for (i = 0; i < 50; i++) {
		CHECK(try_connect(fd, port_of(lst)) == 0);
		CHECK(try_disconnect(fd) == 0);
		CHECK_EQ(so_error(fd), ECONNRESET);
	}
}
