// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 240
 *
 * One socket in several hands: fork, dup, threads, signals.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "pair.h"

static char buf[65536];

TEST(dup_shares, V_ALL)
{
	struct pair p;
	int copy;

	pair_open(&p);
	copy = dup(p.a);
	CHECK(copy >= 0);
	close(p.a);
	send_pattern(copy, 100, 0);
	recv_pattern(p.b, 100, 0);
	close(copy);
	recv_eof(p.b);
}

TEST(fork_keeps_it_open, V_ALL)
{
	struct pair p;
	pid_t pid;
	int go[2];

	pair_open(&p);
	CHECK(pipe(go) == 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		CHECK_EQ(read(go[0], buf, 1), 1);
		send_pattern(p.a, 100, 0);
		_exit(0);
	}
	close(p.a);
	CHECK_ERR(recv(p.b, buf, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(write(go[1], "x", 1), 1);
	recv_pattern(p.b, 100, 0);
	recv_eof(p.b);
	reap(pid);
}

TEST(passed_by_scm_rights, V_ALL)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, c = 'x';
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);
	int un[2], fd;
	struct pair p;

	pair_open(&p);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, un) == 0);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &p.a, sizeof(int));
	CHECK_EQ(sendmsg(un[0], &msg, 0), 1);
	close(p.a);
	CHECK_EQ(recvmsg(un[1], &msg, 0), 1);
	memcpy(&fd, CMSG_DATA(cm), sizeof(int));
	send_pattern(fd, 100, 0);
	recv_pattern(p.b, 100, 0);
}

/* Several readers: every octet goes to one of them. */
TEST(many_readers, V_STREAM)
{
	long sums[4] = {}, sum = 0;
	int result[2], i;
	struct pair p;

	pair_open(&p);
	CHECK(pipe(result) == 0);
	fflush(stdout);
	for (i = 0; i < 4; i++) {
		if (fork())
			continue;
		for (;;) {
			ssize_t n = recv(p.b, buf, 1000, 0);

			CHECK(n >= 0);
			if (!n)
				break;
			sum += n;
		}
		CHECK_EQ(write(result[1], &sum, sizeof(sum)), sizeof(sum));
		_exit(0);
	}
	send_pattern(p.a, 2000000, 0);
	shutdown(p.a, SHUT_WR);
	for (i = 0; i < 4; i++) {
		CHECK_EQ(read(result[0], &sums[i], sizeof(sums[i])),
			 sizeof(sums[i]));
		sum += sums[i];
	}
	CHECK_EQ(sum, 2000000);
}

/* Several writers: writes up to a page come out whole, as on TCP. */
TEST(many_writers, V_STREAM)
{
	struct pair p;
	int i, j;

	pair_open(&p);
	fflush(stdout);
	for (i = 0; i < 4; i++) {
		if (fork())
			continue;
		memset(buf, 'a' + i, 100);
		for (j = 0; j < 500; j++)
			send_all(p.a, buf, 100);
		_exit(0);
	}
	for (i = 0; i < 2000; i++) {
		CHECK_EQ(recv(p.b, buf, 100, MSG_WAITALL), 100);
		for (j = 1; j < 100; j++)
			CHECK_EQ(buf[j], buf[0]);
	}
}

/* ... and records whatever their size, though each waits for room. */
TEST(many_writers_of_records, V_HPS_SEQPACKET)
{
	struct pair p;
	int i, j;

	pair_open(&p);
	set_int(p.a, SOL_SOCKET, SO_SNDBUF, 10000);
	fflush(stdout);
	for (i = 0; i < 4; i++) {
		if (fork())
			continue;
		memset(buf, 'a' + i, 60000);
		for (j = 0; j < 20; j++)
			CHECK_EQ(send(p.a, buf, 60000, 0), 60000);
		_exit(0);
	}
	for (i = 0; i < 80; i++) {
		CHECK_EQ(recv(p.b, buf, sizeof(buf), 0), 60000);
		for (j = 1; j < 60000; j++)
			CHECK_EQ(buf[j], buf[0]);
	}
}

TEST(many_acceptors, V_ALL)
{
	int lst = listener(16), i;

	fflush(stdout);
	for (i = 0; i < 4; i++) {
		if (fork())
			continue;
		for (;;) {
			int fd = accept(lst, NULL, NULL);

			CHECK(fd >= 0);
			send_pattern(fd, 10, 0);
			close(fd);
		}
	}
	for (i = 0; i < 100; i++) {
		int fd = connected_to(port_of(lst));

		recv_pattern(fd, 10, 0);
		recv_eof(fd);
		close(fd);
	}
}

struct stream {
	int	fd;
	size_t	len;
};

static void *read_side(void *arg)
{
	struct stream *s = arg;
	char *b = malloc(50000);
	size_t at = 0;

	while (at < s->len) {
		ssize_t n = recv(s->fd, b, 50000, 0);

		CHECK(n > 0);
		CHECK(pattern_ok(b, n, at));
		at += n;
	}
	free(b);
	return NULL;
}

static void *write_side(void *arg)
{
	struct stream *s = arg;
	char *b = malloc(30000);
	size_t at = 0;

	while (at < s->len) {
		size_t n = s->len - at < 30000 ? s->len - at : 30000;

		pattern(b, n, at);
		send_all(s->fd, b, n);
		at += n;
	}
	free(b);
	return NULL;
}

TEST_LIMIT(threads_read_and_write_one_socket, V_ALL, 60)
{
	struct stream a, b;
	pthread_t t[4];
	struct pair p;
	int i;

	pair_open(&p);
	a = (struct stream){ p.a, 4000000 };
	b = (struct stream){ p.b, 4000000 };
	CHECK(!pthread_create(&t[0], NULL, read_side, &a));
	CHECK(!pthread_create(&t[1], NULL, write_side, &a));
	CHECK(!pthread_create(&t[2], NULL, read_side, &b));
	CHECK(!pthread_create(&t[3], NULL, write_side, &b));
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

static void *block_in_recv(void *arg)
{
	char c;

	CHECK_EQ(recv(*(int *)arg, &c, 1, 0), 1);
	return NULL;
}

/* close() in one thread does not take the socket from another's recv(). */
TEST(close_beside_a_blocked_reader, V_ALL)
{
	struct pair p;
	pthread_t t;
	int fd;

	pair_open(&p);
	fd = p.b;
	CHECK(!pthread_create(&t, NULL, block_in_recv, &fd));
	usleep(50000);
	close(p.b);
	send_pattern(p.a, 1, 0);
	pthread_join(t, NULL);
}

/* --- signals ---------------------------------------------------------------------- */

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void alarm_each(int us)
{
	const struct timeval tv = { .tv_usec = us };
	const struct itimerval it = { .it_interval = tv, .it_value = tv };

	setitimer(ITIMER_REAL, &it, NULL);
}

/* Again and again: on a busy host the first may come before the call sleeps. */
static void alarm_soon(int flags)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };

	sigaction(SIGALRM, &sa, NULL);
	alarm_each(100000);
}

static void alarm_no_more(void)
{
	alarm_each(0);
}

TEST(recv_interrupted, V_ALL)
{
	struct pair p;

	pair_open(&p);
	alarm_soon(0);
	CHECK_ERR(recv(p.a, buf, 1, 0), EINTR);
	alarm_no_more();
	send_pattern(p.b, 10, 0);
	recv_pattern(p.a, 10, 0);
}

TEST(recv_restarted, V_ALL)
{
	struct pair p;
	pid_t pid;

	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		usleep(300000);
		send_pattern(p.b, 1, 0);
		_exit(0);
	}
	alarm_soon(SA_RESTART);
	CHECK_EQ(recv(p.a, buf, 1, 0), 1);
	alarm_no_more();
	CHECK(alarms > 0);
	reap(pid);
}

TEST(recv_with_timeout_is_not_restarted, V_ALL)
{
	struct pair p;

	pair_open(&p);
	set_timeout(p.a, SO_RCVTIMEO, 5000);
	alarm_soon(SA_RESTART);
	CHECK_ERR(recv(p.a, buf, 1, 0), EINTR);
}

TEST(waitall_interrupted_returns_what_came, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.b, 10, 0);
	alarm_soon(0);
	CHECK_EQ(recv(p.a, buf, 100, MSG_WAITALL), 10);
}

TEST(send_interrupted, V_STREAM)
{
	struct pair p;
	long sum, part = 0;
	ssize_t n;

	pair_open(&p);
	sum = fill(p.a);
	alarm_soon(0);
	for (;;) {
		pattern(buf, sizeof(buf), sum + part);
		n = send(p.a, buf, sizeof(buf), 0);
		if (n < 0)
			break;
		part += n;
		if (alarms)
			break;
	}
	CHECK(n > 0 || errno == EINTR);
	alarm_no_more();
	shutdown(p.a, SHUT_WR);
	recv_pattern(p.b, sum + part, 0);
	recv_eof(p.b);
}

TEST(accept_interrupted, V_ALL)
{
	int lst = listener(1);

	alarm_soon(0);
	CHECK_ERR(accept(lst, NULL, NULL), EINTR);
	alarm_no_more();
	connected_to(port_of(lst));
	CHECK(accept(lst, NULL, NULL) >= 0);
}

TEST(poll_interrupted, V_ALL)
{
	struct pollfd f = { .events = POLLIN };
	struct pair p;

	pair_open(&p);
	f.fd = p.a;
	alarm_soon(SA_RESTART);
	CHECK_ERR(poll(&f, 1, 5000), EINTR);
}

TEST(sigio, V_ALL)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct pair p;
	int i;

	pair_open(&p);
	sigaction(SIGIO, &sa, NULL);
	CHECK(fcntl(p.b, F_SETOWN, getpid()) == 0);
	CHECK(fcntl(p.b, F_SETFL, O_ASYNC) == 0);
	send_pattern(p.a, 10, 0);
	for (i = 0; i < 1000 && !alarms; i++)
		usleep(scaled(2000));
	CHECK(alarms > 0);
}
