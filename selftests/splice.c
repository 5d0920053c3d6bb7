// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 240
 *
 * sendfile() and splice(), to a socket and from one.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "pair.h"

#define SIZE	(1 << 20)

static char buf[SIZE];

/* A file of @len octets of the pattern. */
static int file_of(size_t len)
{
	int fd = memfd_create("splice", 0);

	CHECK(fd >= 0);
	pattern(buf, len, 0);
	CHECK_EQ(write(fd, buf, len), (long long)len);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void sendfile_all(int to, int from, size_t len)
{
	while (len) {
		ssize_t n = sendfile(to, from, NULL, len);

		CHECK(n > 0);
		len -= n;
	}
}

TEST(sendfile_goes_by_reference, V_STREAM)
{
	long long before = is_hps() ? counter("HpsSpliceOctets") : 0;
	struct pair p;
	int file;
	pid_t pid;

	file = file_of(SIZE);
	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		sendfile_all(p.a, file, SIZE);
		_exit(0);
	}
	recv_pattern(p.b, SIZE, 0);
	reap(pid);
	if (is_hps())
		CHECK(counter("HpsSpliceOctets") - before > SIZE / 2);
}

TEST(sendfile_from_the_middle, V_STREAM)
{
	int file = file_of(SIZE);
	off_t at = 12345;
	struct pair p;

	pair_open(&p);
	CHECK_EQ(sendfile(p.a, file, &at, 7), 7);
	CHECK_EQ(sendfile(p.a, file, &at, 100001), 100001);
	CHECK_EQ(at, 12345 + 7 + 100001);
	recv_pattern(p.b, 7 + 100001, 12345);
}

/* Each call is a record there. */
TEST(sendfile_of_a_record, V_HPS_SEQPACKET)
{
	int file = file_of(SIZE);
	struct pair p;

	pair_open(&p);
	CHECK_EQ(sendfile(p.a, file, NULL, 4096), 4096);
	CHECK_EQ(recv(p.b, buf, SIZE, 0), 4096);
	CHECK(pattern_ok(buf, 4096, 0));
}

/* A head with MSG_MORE and a file behind it: nothing is held back at the end. Only
 * the machine can make one round take as long as the timer that would send it.
 */
TEST(head_and_file, V_STREAM)
{
	long long begin, least = LLONG_MAX;
	struct pair p;
	int file, i;

	file = file_of(SIZE);
	pair_open(&p);
	for (i = 0; i < 5; i++) {
		off_t at = 100;

		pattern(buf, 100, 0);
		begin = now_ms();
		CHECK_EQ(send(p.a, buf, 100, MSG_MORE), 100);
		CHECK_EQ(sendfile(p.a, file, &at, 5000), 5000);
		recv_pattern(p.b, 5100, 0);
		if (now_ms() - begin < least)
			least = now_ms() - begin;
	}
	CHECK(least < 150);
}

TEST(sendfile_does_not_block, V_STREAM)
{
	int file = file_of(SIZE);
	struct pair p;
	off_t at;

	pair_open_small(&p, 65536, 65536);
	nonblocking(p.a, true);
	do
		at = 0;
	while (sendfile(p.a, file, &at, SIZE) > 0);
	CHECK_EQ(errno, EAGAIN);
}

/* From socket to file by way of a pipe. */
static void splice_in(int sock, int file, size_t len)
{
	int pipes[2];

	CHECK(pipe(pipes) == 0);
	while (len) {
		ssize_t n = splice(sock, NULL, pipes[1], NULL, len,
				   SPLICE_F_MOVE), m;

		CHECK(n > 0);
		len -= n;
		while (n) {
			m = splice(pipes[0], NULL, file, NULL, n,
				   SPLICE_F_MOVE);
			CHECK(m > 0);
			n -= m;
		}
	}
	close(pipes[0]);
	close(pipes[1]);
}

static void check_file(int file, size_t len)
{
	char *m = mmap(NULL, len, PROT_READ, MAP_SHARED, file, 0);

	CHECK(m != MAP_FAILED);
	CHECK(pattern_ok(m, len, 0));
	munmap(m, len);
}

TEST(socket_to_file, V_STREAM)
{
	int file = memfd_create("in", 0);
	struct pair p;
	pid_t pid;

	pair_open(&p);
	pid = writer(p.a, SIZE);
	splice_in(p.b, file, SIZE);
	reap(pid);
	CHECK_EQ(lseek(file, 0, SEEK_END), SIZE);
	check_file(file, SIZE);
}

/* A proxy: socket, pipe, socket; what was written as small pieces, too. */
TEST(socket_to_socket, V_STREAM)
{
	int file = file_of(SIZE), out = memfd_create("out", 0);
	struct pair p, q;
	int pipes[2];
	pid_t one, two;
	ssize_t n, m;

	pair_open(&p);
	pair_open(&q);
	CHECK(pipe(pipes) == 0);
	fflush(stdout);
	one = fork();
	if (!one) {
		size_t left = SIZE;

		while (left) {
			n = sendfile(p.a, file, NULL, left < 777 ? left : 777);
			CHECK(n > 0);
			left -= n;
		}
		shutdown(p.a, SHUT_WR);
		_exit(0);
	}
	two = fork();
	if (!two) {
		splice_in(q.b, out, SIZE);
		_exit(0);
	}
	while ((n = splice(p.b, NULL, pipes[1], NULL, 100000, SPLICE_F_MORE))) {
		CHECK(n > 0);
		while (n) {
			m = splice(pipes[0], NULL, q.a, NULL, n, 0);
			CHECK(m > 0);
			n -= m;
		}
	}
	reap(one);
	reap(two);
	check_file(out, SIZE);
}

TEST(part_of_what_is_there, V_STREAM)
{
	struct pair p;
	int pipes[2];

	pair_open(&p);
	CHECK(pipe(pipes) == 0);
	send_pattern(p.a, 10000, 0);
	wait_in_queue(p.b, 10000);
	CHECK_EQ(splice(p.b, NULL, pipes[1], NULL, 100, 0), 100);
	CHECK_EQ(in_queue(p.b), 9900);
	recv_pattern(p.b, 900, 100);
	CHECK_EQ(splice(p.b, NULL, pipes[1], NULL, 9000, 0), 9000);
	CHECK_EQ(read(pipes[0], buf, 100), 100);
	CHECK(pattern_ok(buf, 100, 0));
	CHECK_EQ(read(pipes[0], buf, SIZE), 9000);
	CHECK(pattern_ok(buf, 9000, 1000));
}

/* More than a slot of a pipe holds, not more than a window. */
TEST(a_full_pipe_takes_no_more, V_STREAM)
{
	struct pair p;
	int pipes[2];
	ssize_t n, all = 0;

	pair_open(&p);
	CHECK(pipe(pipes) == 0);
	CHECK(fcntl(pipes[1], F_SETPIPE_SZ, 4096) == 4096);
	nonblocking(p.b, true);
	send_pattern(p.a, 60000, 0);
	wait_in_queue(p.b, 60000);
	while ((n = splice(p.b, NULL, pipes[1], NULL, SIZE,
			   SPLICE_F_NONBLOCK)) > 0)
		all += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK(all > 0 && all < 60000);
	CHECK_EQ(in_queue(p.b), 60000 - all);
	recv_pattern(p.b, 60000 - all, all);
}

TEST(reading_ends_and_waits_as_recv, V_STREAM)
{
	struct pair p;
	int pipes[2];

	pair_open(&p);
	CHECK(pipe(pipes) == 0);
	nonblocking(p.b, true);
	CHECK_ERR(splice(p.b, NULL, pipes[1], NULL, 100, 0), EAGAIN);
	nonblocking(p.b, false);
	set_timeout(p.b, SO_RCVTIMEO, 100);
	CHECK_ERR(splice(p.b, NULL, pipes[1], NULL, 100, 0), EAGAIN);
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	CHECK_EQ(splice(p.b, NULL, pipes[1], NULL, 100, 0), 0);
	CHECK_ERR(splice(new_socket(), NULL, pipes[1], NULL, 100, 0), ENOTCONN);
}

TEST(records_are_copied, V_HPS_SEQPACKET)
{
	struct pair p;
	int pipes[2];

	pair_open(&p);
	CHECK(pipe(pipes) == 0);
	send_pattern(p.a, 1000, 0);
	send_pattern(p.a, 500, 1000);
	CHECK_EQ(splice(p.b, NULL, pipes[1], NULL, 4096, 0), 1000);
	CHECK_EQ(splice(p.b, NULL, pipes[1], NULL, 4096, 0), 500);
	CHECK_EQ(read(pipes[0], buf, SIZE), 1500);
	CHECK(pattern_ok(buf, 1500, 0));
}
