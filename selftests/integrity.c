// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 300
 *
 * Every octet arrives once, in order and unchanged, however it is written and
 * read. Seeds are fixed and printed.
 */
#include <sys/uio.h>

#include "pair.h"

#define SEED	0x1d4e9217
#define LARGEST	300000

struct flow {
	size_t		len;
	uint64_t	seed;
	size_t		largest;	/* of a write or read */
	int		flags;
};

static void write_flow(int fd, const struct flow *f)
{
	static char buf[LARGEST];
	uint64_t s = f->seed;
	size_t at = 0, n;

	while (at < f->len) {
		n = 1 + seeded(&s) % f->largest;
		if (n > f->len - at)
			n = f->len - at;
		pattern(buf, n, at + f->seed);
		send_all(fd, buf, n);
		at += n;
	}
}

static void read_flow(int fd, const struct flow *f)
{
	static char buf[LARGEST];
	uint64_t s = ~f->seed;
	size_t at = 0;
	ssize_t n;

	while (at < f->len) {
		n = recv(fd, buf, 1 + seeded(&s) % f->largest, f->flags);
		CHECK(n > 0);
		CHECK(pattern_ok(buf, n, at + f->seed));
		at += n;
	}
	CHECK_EQ(at, f->len);
}

static void one_way(const struct flow *out, const struct flow *in)
{
	struct pair p;
	pid_t pid;

	printf("# seed %#llx\n", (unsigned long long)out->seed);
	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(p.b);
		write_flow(p.a, out);
		CHECK(shutdown(p.a, SHUT_WR) == 0);
		recv_eof(p.a);
		_exit(0);
	}
	close(p.a);
	read_flow(p.b, in);
	recv_eof(p.b);
	close(p.b);
	reap(pid);
}

TEST(one_octet_writes, V_STREAM)
{
	struct flow out = { 20000, SEED, 1, 0 }, in = { 20000, SEED, 70000, 0 };

	one_way(&out, &in);
}

TEST(one_octet_reads, V_STREAM)
{
	struct flow out = { 60000, SEED, 50000, 0 }, in = { 60000, SEED, 1, 0 };

	one_way(&out, &in);
}

TEST_LIMIT(random_sizes, V_STREAM, 60)
{
	struct flow f = { 20 << 20, SEED, LARGEST, 0 };

	one_way(&f, &f);
}

TEST_LIMIT(small_random_sizes, V_STREAM, 60)
{
	struct flow f = { 3 << 20, SEED, 700, 0 };

	one_way(&f, &f);
}

TEST_LIMIT(waitall_random_sizes, V_STREAM, 60)
{
	struct flow out = { 10 << 20, SEED, LARGEST, 0 }, in = out;

	in.flags = MSG_WAITALL;
	one_way(&out, &in);
}

TEST_LIMIT(both_directions_at_once, V_STREAM, 90)
{
	struct flow f = { 10 << 20, SEED, LARGEST, 0 };
	struct pair p;
	pid_t pid[3];

	printf("# seed %#x\n", SEED);
	pair_open(&p);
	fflush(stdout);
	pid[0] = fork();
	if (!pid[0]) {
		write_flow(p.a, &f);
		_exit(0);
	}
	pid[1] = fork();
	if (!pid[1]) {
		write_flow(p.b, &f);
		_exit(0);
	}
	pid[2] = fork();
	if (!pid[2]) {
		read_flow(p.a, &f);
		_exit(0);
	}
	read_flow(p.b, &f);
	reap(pid[0]);
	reap(pid[1]);
	reap(pid[2]);
}

TEST_LIMIT(small_buffers, V_STREAM, 90)
{
	struct flow f = { 2 << 20, SEED, 20000, 0 };
	struct pair p;
	pid_t pid;

	pair_open_small(&p, 8192, 8192);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		write_flow(p.a, &f);
		_exit(0);
	}
	read_flow(p.b, &f);
	reap(pid);
}

TEST_LIMIT(one_large_write, V_STREAM, 60)
{
	size_t len = 32 << 20;
	char *out = malloc(len);
	struct pair p;
	pid_t pid;

	CHECK(out);
	pattern(out, len, 0);
	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		recv_pattern(p.b, len, 0);
		_exit(0);
	}
	CHECK_EQ(send(p.a, out, len, 0), len);
	reap(pid);
}

TEST_LIMIT(peek_then_read, V_STREAM, 60)
{
	static char peeked[5000], buf[5000];
	struct flow f = { 1 << 20, SEED, 10000, 0 };
	uint64_t s = SEED;
	struct pair p;
	size_t at = 0;
	pid_t pid;

	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		write_flow(p.a, &f);
		_exit(0);
	}
	while (at < f.len) {
		ssize_t n = recv(p.b, peeked, 1 + seeded(&s) % sizeof(peeked),
				 MSG_PEEK);

		CHECK(n > 0);
		CHECK_EQ(recv(p.b, buf, n, 0), n);
		CHECK(!memcmp(buf, peeked, n));
		CHECK(pattern_ok(buf, n, at + SEED));
		at += n;
	}
	reap(pid);
}

TEST_LIMIT(ten_connections_at_once, V_STREAM, 90)
{
	struct pair p[10];
	pid_t pid[20];
	int i;

	for (i = 0; i < 10; i++)
		pair_open(&p[i]);
	fflush(stdout);
	for (i = 0; i < 20; i++) {
		struct flow f = { 1 << 20, SEED + i / 2, 60000, 0 };

		pid[i] = fork();
		if (pid[i])
			continue;
		if (i & 1)
			write_flow(p[i / 2].a, &f);
		else
			read_flow(p[i / 2].b, &f);
		_exit(0);
	}
	for (i = 0; i < 20; i++)
		reap(pid[i]);
}

TEST_LIMIT(nonblocking_with_poll, V_STREAM, 60)
{
	static char out[60000], in[60000];
	size_t len = 5 << 20, sent = 0, got = 0;
	struct pollfd f[2];
	struct pair p;
	ssize_t n;

	pair_open(&p);
	nonblocking(p.a, true);
	nonblocking(p.b, true);
	while (got < len) {
		f[0] = (struct pollfd){ p.a, sent < len ? POLLOUT : 0, 0 };
		f[1] = (struct pollfd){ p.b, POLLIN, 0 };
		CHECK(poll(f, 2, scaled(10000)) > 0);
		if (f[0].revents & POLLOUT) {
			size_t m = len - sent < sizeof(out) ? len - sent :
							      sizeof(out);

			pattern(out, m, sent);
			n = send(p.a, out, m, 0);
			CHECK(n > 0 || errno == EAGAIN);
			sent += n > 0 ? n : 0;
		}
		if (f[1].revents & POLLIN) {
			n = recv(p.b, in, sizeof(in), 0);
			CHECK(n > 0);
			CHECK(pattern_ok(in, n, got));
			got += n;
		}
	}
}
