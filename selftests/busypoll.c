// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full
 *
 * A reader that polls for a while before it sleeps (SO_BUSY_POLL).
 */
#include "pair.h"

static char buf[4096];

static long long polled(void)
{
	return counter("HpsBusyPoll");
}

static void echo(int fd)
{
	while (recv(fd, buf, 4, MSG_WAITALL) == 4)
		send_all(fd, buf, 4);
}

static void rounds(struct pair *p, int n)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(p->a);
		echo(p->b);
		_exit(0);
	}
	while (n--) {
		send_pattern(p->a, 4, n);
		recv_pattern(p->a, 4, n);
	}
	CHECK(shutdown(p->a, SHUT_WR) == 0);
	reap(pid);
}

TEST(option, V_HPS)
{
	int fd = new_socket();

	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_BUSY_POLL), 0);
	set_int(fd, SOL_SOCKET, SO_BUSY_POLL, 50);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_BUSY_POLL), 50);
}

/* It needs another processor to bring what is polled for. */
TEST(a_reader_polls, V_HPS)
{
	struct pair p;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		test_skip("one processor");
	own_namespace();
	pair_open(&p);
	rounds(&p, 50);
	CHECK_EQ(polled(), 0);
	pair_open(&p);
	set_int(p.a, SOL_SOCKET, SO_BUSY_POLL, 100000);
	rounds(&p, 200);
	CHECK(polled() > 0);
}

/* The time is bounded, and then it sleeps as long as it must. */
TEST(polling_ends, V_HPS)
{
	long long begin = now_ms();
	struct pair p;

	own_namespace();
	pair_open(&p);
	set_int(p.a, SOL_SOCKET, SO_BUSY_POLL, 1000);
	set_timeout(p.a, SO_RCVTIMEO, 300);
	CHECK_ERR(recv(p.a, buf, 4, 0), EAGAIN);
	CHECK(now_ms() - begin >= 290);
	CHECK_EQ(polled(), 0);
}

TEST(polling_sees_the_end, V_HPS)
{
	struct pair p;

	pair_open(&p);
	set_int(p.a, SOL_SOCKET, SO_BUSY_POLL, 1000000);
	CHECK(shutdown(p.b, SHUT_WR) == 0);
	CHECK_EQ(recv(p.a, buf, 4, 0), 0);
}
