// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 240
 *
 * MSG_ZEROCOPY: completions as TCP gives them, and no octet that was written to
 * a buffer after its completion, or before it, is where it does not belong.
 */
#include <grp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "notify.h"
#include "pair.h"

#define LARGE	65536
#define SLOTS	4
#define LARGEST	200000

static char buf[4 * LARGEST];

/* Kernels before 6.7 do not ask the protocol: it cannot be switched on there. */
static void enable(int fd)
{
	int one = 1;

	if (!setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		return;
	CHECK_EQ(errno, EOPNOTSUPP);
	CHECK(is_hps());
	test_skip("the kernel has no SO_ZEROCOPY for this family");
}

static void pair_zerocopy(struct pair *p)
{
	pair_open(p);
	enable(p->a);
}

/* However little it is. */
static void never_copy(void)
{
	FILE *f;

	if (!is_hps())
		return;
	f = fopen("/proc/sys/net/hps/zerocopy_min", "w");
	CHECK(f);
	CHECK(fputs("0", f) > 0 && fclose(f) == 0);
}

/* Waits until each of the first @calls calls has completed, once. */
static void collect(int fd, unsigned int calls, bool *copied)
{
	static bool seen[65536];
	struct notice n = {};
	unsigned int done = 0;
	int got;

	while (done < calls) {
		got = notice_next(fd, &n);
		if (got < 0) {
			CHECK_EQ(errno, EAGAIN);
			wait_for(fd, POLLERR);
			continue;
		}
		CHECK_EQ(got, 1);
		CHECK(n.hi >= n.lo && n.hi < calls);
		for (; n.lo != n.hi + 1; n.lo++, done++) {
			CHECK(!seen[n.lo]);
			seen[n.lo] = true;
		}
		if (copied)
			*copied = n.copied;
	}
	CHECK_ERR(notice_next(fd, &n), EAGAIN);
}

TEST(option, V_STREAM | V_HPS)
{
	int fd = new_socket(), two = 2;

	enable(fd);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_ZEROCOPY), 1);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &two, sizeof(two)),
		  EINVAL);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &two, 2), EINVAL);
	set_int(fd, SOL_SOCKET, SO_ZEROCOPY, 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_ZEROCOPY), 0);
}

TEST(accepted_sockets_inherit, V_ALL)
{
	struct pair p;

	p.lst = listener(1);
	enable(p.lst);
	p.a = connected_to(port_of(p.lst));
	p.b = accept(p.lst, NULL, NULL);
	CHECK_EQ(get_int(p.b, SOL_SOCKET, SO_ZEROCOPY), 1);
}

TEST(completions, V_ALL)
{
	bool copied = false;
	struct pair p;
	int i;

	pair_zerocopy(&p);
	pattern(buf, LARGE, 0);
	for (i = 0; i < 5; i++) {
		CHECK_EQ(send(p.a, buf, LARGE, MSG_ZEROCOPY), LARGE);
		recv_pattern(p.b, LARGE, 0);
	}
	collect(p.a, 5, &copied);
	/* Delivered on this machine: TCP says so as well. */
	CHECK(copied);
	CHECK_EQ(so_error(p.a), 0);
}

TEST(many_small_calls, V_STREAM)
{
	struct pair p;
	int i;

	pair_zerocopy(&p);
	never_copy();
	for (i = 0; i < 2000; i++) {
		pattern(buf + 100 * i, 100, 100 * i);
		CHECK_EQ(send(p.a, buf + 100 * i, 100, MSG_ZEROCOPY), 100);
		if (i % 100 == 99)
			recv_pattern(p.b, 10000, 100 * (i - 99));
	}
	collect(p.a, 2000, NULL);
}

TEST(nothing_completes_without_the_option, V_ALL)
{
	struct notice n = {};
	struct pair p;

	pair_open(&p);
	pattern(buf, LARGE, 0);
	CHECK_EQ(send(p.a, buf, LARGE, MSG_ZEROCOPY), LARGE);
	/* It was copied, so it may change now. */
	memset(buf, 0, LARGE);
	recv_pattern(p.b, LARGE, 0);
	wait_out_queue_empty(p.a);
	CHECK_ERR(notice_next(p.a, &n), EAGAIN);
}

TEST(error_queue_never_blocks, V_ALL)
{
	struct notice n = {};
	struct pair p;

	pair_zerocopy(&p);
	CHECK_ERR(notice_next(p.a, &n), EAGAIN);
	CHECK_ERR(recv(p.a, buf, 1, MSG_ERRQUEUE), EAGAIN);
	CHECK_EQ(poll_now(p.a, POLLOUT), POLLOUT);
}

TEST(empty_and_failed_calls_have_no_completion, V_STREAM)
{
	struct notice n = {};
	struct pair p;

	pair_zerocopy(&p);
	CHECK_EQ(send(p.a, buf, 0, MSG_ZEROCOPY), 0);
	CHECK_ERR(send(p.a, (void *)8, LARGE, MSG_ZEROCOPY), EFAULT);
	CHECK_ERR(notice_next(p.a, &n), EAGAIN);
	CHECK_EQ(send(p.a, buf, LARGE, MSG_ZEROCOPY), LARGE);
	CHECK_EQ(recv(p.b, buf, LARGE, MSG_WAITALL), LARGE);
	collect(p.a, 1, NULL);
}

/* Half of the buffer is not there: what is counts as written. */
TEST(fault_half_way, V_STREAM)
{
	struct pair p;
	ssize_t n;
	char *m;

	pair_zerocopy(&p);
	m = mmap(NULL, LARGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(m != MAP_FAILED);
	CHECK(munmap(m + LARGE / 2, LARGE / 2) == 0);
	pattern(m, LARGE / 2, 0);
	/* TCP forgets what it began with in the skb where it met the fault */
	n = send(p.a, m, LARGE, MSG_ZEROCOPY);
	CHECK(n > (is_hps() ? LARGE / 2 - 1 : 0) && n <= LARGE / 2);
	recv_pattern(p.b, n, 0);
	collect(p.a, 1, NULL);
}

TEST(locked_memory_is_limited, V_ALL)
{
	struct rlimit none = {};
	struct pair p;

	pair_zerocopy(&p);
	CHECK(setrlimit(RLIMIT_MEMLOCK, &none) == 0);
	CHECK(setgroups(0, NULL) == 0 && setresuid(65534, 65534, 65534) == 0);
	CHECK_ERR(send(p.a, buf, LARGE, MSG_ZEROCOPY), ENOBUFS);
	CHECK_EQ(send(p.a, buf, 100, 0), 100);
}

/* --- buffers written again ------------------------------------------------------ */

/* Calls under way for each of SLOTS buffers, each used again when it is free. */
struct reuse {
	unsigned int	under_way[SLOTS];
	unsigned int	calls;
	unsigned char	slot_of[65536];
};

static void await(int fd, struct reuse *r, unsigned int slot)
{
	struct notice n = {};

	while (r->under_way[slot]) {
		if (notice_next(fd, &n) < 0) {
			CHECK_EQ(errno, EAGAIN);
			wait_for(fd, POLLERR);
			continue;
		}
		CHECK(n.hi < r->calls);
		for (; n.lo != n.hi + 1; n.lo++)
			r->under_way[r->slot_of[n.lo]]--;
	}
}

static void write_again_and_again(int fd, size_t total, uint64_t seed)
{
	static struct reuse r;
	unsigned int slot = 0;
	size_t at = 0, n;
	ssize_t sent;
	char *p;

	while (at < total) {
		await(fd, &r, slot);
		p = buf + slot * LARGEST;
		memset(p, 0xdb, LARGEST);
		n = 1 + seeded(&seed) % LARGEST;
		if (n > total - at)
			n = total - at;
		pattern(p, n, at);
		while (n) {
			r.slot_of[r.calls] = slot;
			sent = send(fd, p, n, MSG_ZEROCOPY);
			CHECK(sent > 0);
			r.calls++;
			r.under_way[slot]++;
			p += sent;
			n -= sent;
			at += sent;
		}
		slot = (slot + 1) % SLOTS;
	}
	for (slot = 0; slot < SLOTS; slot++)
		await(fd, &r, slot);
}

TEST_LIMIT(buffers_are_used_again, V_ALL, 60)
{
	const size_t total = 24 << 20;
	struct pair p;
	size_t at = 0;
	pid_t pid;
	ssize_t n;

	pair_zerocopy(&p);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(p.b);
		write_again_and_again(p.a, total, 0x51ca);
		_exit(0);
	}
	close(p.a);
	while (at < total) {
		n = recv(p.b, buf, LARGEST, 0);
		CHECK(n > 0);
		CHECK(pattern_ok(buf, n, at));
		at += n;
	}
	reap(pid);
}

/* --- ends ------------------------------------------------------------------------- */

/* What close() leaves behind is still sent, from the same pages. */
TEST(close_with_calls_under_way, V_STREAM)
{
	size_t at = 0;
	struct pair p;
	ssize_t n;
	char *m;

	pair_zerocopy(&p);
	m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(m != MAP_FAILED);
	pattern(m, 1 << 20, 0);
	n = send(p.a, m, 1 << 20, MSG_ZEROCOPY | MSG_DONTWAIT);
	CHECK(n > 0);
	CHECK(munmap(m, 1 << 20) == 0);
	CHECK(close(p.a) == 0);
	while (at < (size_t)n) {
		ssize_t got = recv(p.b, buf, LARGEST, 0);

		CHECK(got > 0);
		CHECK(pattern_ok(buf, got, at));
		at += got;
	}
	recv_eof(p.b);
}

TEST(reset_with_calls_under_way, V_ALL)
{
	struct linger now = { .l_onoff = 1 };
	struct pair p;
	int i;

	for (i = 0; i < 20; i++) {
		pair_zerocopy(&p);
		while (send(p.a, buf, LARGE, MSG_ZEROCOPY | MSG_DONTWAIT) > 0)
			;
		CHECK(setsockopt(p.a, SOL_SOCKET, SO_LINGER, &now,
				 sizeof(now)) == 0);
		close(p.a);
		close(p.b);
		close(p.lst);
	}
}

/* The peer goes: whatever is under way completes. */
TEST(peer_resets, V_ALL)
{
	struct linger now = { .l_onoff = 1 };
	unsigned int calls = 0;
	struct pair p;

	pair_zerocopy(&p);
	while (send(p.a, buf, LARGE, MSG_ZEROCOPY | MSG_DONTWAIT) > 0)
		calls++;
	CHECK(setsockopt(p.b, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	close(p.b);
	wait_for(p.a, POLLIN | POLLHUP);
	if (is_hps())
		collect(p.a, calls, NULL);
}
