// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 * timeout: 300
 *
 * How connections end: shutdown, close, reset, linger.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include "pair.h"

static char buf[65536];

static void linger(int fd, int on, int seconds)
{
	struct linger l = { on, seconds };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)) == 0);
}

/* After a reset: once the error, then the end. */
static void is_reset(int fd)
{
	CHECK_ERR(recv(fd, buf, 1, 0), ECONNRESET);
	CHECK_EQ(recv(fd, buf, 1, 0), 0);
	CHECK_ERR(send(fd, buf, 1, MSG_NOSIGNAL), EPIPE);
}

TEST(shutdown_unconnected, V_ALL)
{
	CHECK_ERR(shutdown(new_socket(), SHUT_WR), ENOTCONN);
	CHECK_ERR(shutdown(new_socket(), SHUT_RDWR), ENOTCONN);
}

TEST(shutdown_bad_how, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_ERR(shutdown(p.a, 3), EINVAL);
	CHECK_ERR(shutdown(p.a, -1), EINVAL);
}

TEST(shut_wr_ends_the_stream, V_ALL)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 3000, 0);
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	recv_pattern(p.b, 3000, 0);
	recv_eof(p.b);
	recv_eof(p.b);
}

TEST(shut_wr_twice, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	recv_eof(p.b);
}

TEST(half_close_other_direction_lives, V_ALL)
{
	struct pair p;
	pid_t pid;

	pair_open(&p);
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	recv_eof(p.b);
	pid = writer(p.b, 3000000);
	close(p.b);
	recv_pattern(p.a, 3000000, 0);
	recv_eof(p.a);
	reap(pid);
}

TEST(half_close_of_the_accepted_end, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK(shutdown(p.b, SHUT_WR) == 0);
	recv_eof(p.a);
	send_pattern(p.a, 60000, 0);
	recv_pattern(p.b, 60000, 0);
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	recv_eof(p.b);
}

TEST(shut_rd_reads_the_end, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK(shutdown(p.b, SHUT_RD) == 0);
	recv_eof(p.b);
	/* the other direction does not mind, and the peer hears nothing */
	send_pattern(p.b, 100, 0);
	recv_pattern(p.a, 100, 0);
	CHECK_EQ(send(p.a, buf, 100, MSG_NOSIGNAL), 100);
}

TEST(shut_rdwr, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK(shutdown(p.a, SHUT_RDWR) == 0);
	recv_eof(p.a);
	recv_eof(p.b);
	CHECK_ERR(send(p.a, buf, 1, MSG_NOSIGNAL), EPIPE);
}

struct later {
	int	fd;
	int	how;
};

static void shut_later(void *arg)
{
	struct later *l = arg;

	usleep(50000);
	CHECK(shutdown(l->fd, l->how) == 0);
}

TEST(shut_rd_wakes_the_reader, V_ALL)
{
	struct later l = { .how = SHUT_RD };
	struct pair p;
	pid_t pid;

	pair_open(&p);
	l.fd = p.a;
	pid = child(shut_later, &l);
	recv_eof(p.a);
	reap(pid);
}

TEST(shut_wr_wakes_the_writer, V_STREAM)
{
	struct later l = { .how = SHUT_WR };
	struct pair p;
	pid_t pid;
	ssize_t n;

	pair_open(&p);
	fill(p.a);
	l.fd = p.a;
	pid = child(shut_later, &l);
	do
		n = send(p.a, buf, sizeof(buf), MSG_NOSIGNAL);
	while (n > 0);
	CHECK_EQ(errno, EPIPE);
	reap(pid);
}

TEST(close_delivers_what_was_sent, V_ALL)
{
	struct pair p;
	int i;

	pair_open(&p);
	for (i = 0; i < 20; i++)
		send_pattern(p.a, 5000, i * 5000);
	close(p.a);
	recv_pattern(p.b, 20 * 5000, 0);
	recv_eof(p.b);
}

TEST(close_with_unread_data_resets, V_ALL)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 100, 0);
	wait_for(p.b, POLLIN);
	close(p.b);
	is_reset(p.a);
}

TEST(close_with_half_read_data_resets, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 100, 0);
	recv_pattern(p.b, 99, 0);
	close(p.b);
	is_reset(p.a);
}

TEST(data_for_a_closed_end_resets, V_ALL)
{
	struct pair p;
	int i;

	pair_open(&p);
	close(p.b);
	for (i = 0; i < 2000; i++) {
		if (send(p.a, buf, 100, MSG_NOSIGNAL) < 0)
			break;
		usleep(1000);
	}
	/* the end was announced first, so it is a broken pipe */
	CHECK_EQ(errno, EPIPE);
	CHECK(i > 0);
}

TEST(linger_zero_resets, V_ALL)
{
	long long before = counter("HpsResetSent");
	struct pair p;

	pair_open(&p);
	linger(p.a, 1, 0);
	close(p.a);
	is_reset(p.b);
	CHECK_EQ(counter("HpsResetSent"), before + is_hps());
}

TEST(linger_zero_on_a_fresh_socket, V_ALL)
{
	int fd = new_socket();

	linger(fd, 1, 0);
	CHECK(close(fd) == 0);
}

TEST(reset_with_data_waiting, V_ALL)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 1000, 0);
	wait_for(p.b, POLLIN);
	linger(p.a, 1, 0);
	close(p.a);
	wait_for(p.b, POLLERR);
	/* what had arrived can be read, as on TCP */
	recv_pattern(p.b, 1000, 0);
	CHECK_ERR(recv(p.b, buf, 1, 0), ECONNRESET);
}

TEST(reset_wakes_the_reader, V_ALL)
{
	struct pair p;
	pid_t pid;

	pair_open(&p);
	linger(p.a, 1, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(p.a);
		is_reset(p.b);
		_exit(0);
	}
	close(p.b);
	usleep(30000);
	close(p.a);
	reap(pid);
}

TEST(reset_wakes_the_writer, V_STREAM)
{
	struct pair p;
	pid_t pid;

	pair_open(&p);
	fill(p.b);
	linger(p.a, 1, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		ssize_t n;

		close(p.a);
		do
			n = send(p.b, buf, sizeof(buf), MSG_NOSIGNAL);
		while (n > 0);
		CHECK(errno == ECONNRESET || errno == EPIPE);
		_exit(0);
	}
	close(p.b);
	usleep(30000);
	close(p.a);
	reap(pid);
}

TEST(linger_waits_for_the_reader, V_ALL)
{
	long long begin;
	struct pair p;
	int alone[2];
	pid_t pid;
	long n;

	pair_open(&p);
	n = fill(p.a);
	CHECK(pipe(alone) == 0);
	fflush(stdout);
	begin = now_ms();
	pid = fork();
	if (!pid) {
		close(p.a);
		CHECK_EQ(write(alone[1], "x", 1), 1);
		usleep(400000);
		recv_pattern(p.b, n, 0);
		recv_eof(p.b);
		_exit(0);
	}
	CHECK_EQ(read(alone[0], buf, 1), 1);
	linger(p.a, 1, scaled(15));
	CHECK(close(p.a) == 0);
	CHECK(now_ms() - begin >= 400);
	CHECK(now_ms() - begin < scaled(14000));
	reap(pid);
}

TEST(linger_gives_up, V_ALL)
{
	long long begin;
	struct pair p;

	pair_open(&p);
	fill(p.a);
	linger(p.a, 1, 1);
	begin = now_ms();
	CHECK(close(p.a) == 0);
	CHECK(now_ms() - begin >= 900);
	CHECK(now_ms() - begin < 3000 + scaled(1000));
}

TEST(close_does_not_wait_without_linger, V_ALL)
{
	long long begin;
	struct pair p;
	long n;

	pair_open(&p);
	n = fill(p.a);
	begin = now_ms();
	CHECK(close(p.a) == 0);
	CHECK(now_ms() - begin < scaled(5000));
	recv_pattern(p.b, n, 0);
	recv_eof(p.b);
}

struct ender {
	int			fd;
	pthread_barrier_t	*together;
};

static void *shut_and_read(void *arg)
{
	struct ender *e = arg;

	pthread_barrier_wait(e->together);
	CHECK(shutdown(e->fd, SHUT_WR) == 0);
	recv_eof(e->fd);
	CHECK(close(e->fd) == 0);
	return NULL;
}

TEST(simultaneous_shutdown, V_ALL)
{
	pthread_barrier_t together;
	pthread_t t[2];
	int i;

	pthread_barrier_init(&together, NULL, 2);
	for (i = 0; i < 100; i++) {
		struct pair p;
		struct ender a = { .together = &together }, b = a;

		pair_open(&p);
		a.fd = p.a;
		b.fd = p.b;
		CHECK(!pthread_create(&t[0], NULL, shut_and_read, &a));
		CHECK(!pthread_create(&t[1], NULL, shut_and_read, &b));
		pthread_join(t[0], NULL);
		pthread_join(t[1], NULL);
		close(p.lst);
	}
}

static void *just_close(void *arg)
{
	struct ender *e = arg;

	pthread_barrier_wait(e->together);
	CHECK(close(e->fd) == 0);
	return NULL;
}

TEST(simultaneous_close, V_ALL)
{
	pthread_barrier_t together;
	pthread_t t[2];
	int i;

	pthread_barrier_init(&together, NULL, 2);
	for (i = 0; i < 100; i++) {
		struct pair p;
		struct ender a = { .together = &together }, b = a;

		pair_open(&p);
		a.fd = p.a;
		b.fd = p.b;
		if (i & 1)
			send_pattern(p.a, 1000, 0);
		CHECK(!pthread_create(&t[0], NULL, just_close, &a));
		CHECK(!pthread_create(&t[1], NULL, just_close, &b));
		pthread_join(t[0], NULL);
		pthread_join(t[1], NULL);
		close(p.lst);
	}
}

TEST(close_during_connect, V_ALL)
{
	int i;

	for (i = 0; i < 100; i++) {
		int lst = listener(4), fd = new_socket();

		nonblocking(fd, true);
		CHECK_ERR(try_connect(fd, port_of(lst)), EINPROGRESS);
		close(i & 1 ? fd : lst);
		close(i & 1 ? lst : fd);
	}
}

TEST(connect_request_reply_close_often, V_ALL)
{
	int lst = listener(16), i;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 200; i++) {
			int fd = accept(lst, NULL, NULL);

			CHECK(fd >= 0);
			recv_pattern(fd, 100, 0);
			send_pattern(fd, 500, 3);
			recv_eof(fd);
			close(fd);
		}
		_exit(0);
	}
	for (i = 0; i < 200; i++) {
		int fd = connected_to(port_of(lst));

		send_pattern(fd, 100, 0);
		recv_pattern(fd, 500, 3);
		close(fd);
	}
	reap(pid);
}

TEST(server_speaks_first, V_ALL)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.b, 1000, 0);
	recv_pattern(p.a, 1000, 0);
	close(p.b);
	recv_eof(p.a);
}

TEST(killed_process_ends_its_connections, V_ALL)
{
	struct pair p;
	pid_t pid;

	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(p.a);
	kill(pid, SIGKILL);
	recv_eof(p.b);
}
