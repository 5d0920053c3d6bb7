// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 *
 * Completion queues: making, setting, mapping and polling them, and that what a
 * program does to its mapping harms nobody.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "pair.h"
#include "post.h"

#define SHARED	(PROT_READ | PROT_WRITE)

static int make_refused(int fd, unsigned int entries)
{
	struct hps_direct_queue q = { .entries = entries };
	socklen_t len = sizeof(q);

	return queue_ask(fd, &q, &len);
}

static size_t pages_of(unsigned int entries)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (HPS_DIRECT_QUEUE_SIZE(entries) + page - 1) / page * page;
}

static void unmap(struct hps_direct_ring *r, unsigned int entries)
{
	CHECK(munmap(r, HPS_DIRECT_QUEUE_SIZE(entries)) == 0);
}

static bool maps(int queue, size_t len, int prot, int flags, off_t offset)
{
	void *p = mmap(NULL, len, prot, flags, queue, offset);

	if (p == MAP_FAILED)
		return false;
	CHECK(munmap(p, len) == 0);
	errno = 0;
	return true;
}

/* The next descriptor that this process would get: the same again if none leaked. */
static int next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

/* Does touching it end a process with SIGBUS? */
static void touch(void *p)
{
	*(volatile char *)p = 1;
}

static void dies_of_sigbus(void *p)
{
	pid_t pid = child(touch, p);
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

/* --- making ---------------------------------------------------------------------- */

TEST(sizes, V_HPS)
{
	static const unsigned int sizes[][2] = {
		{ 1, 1 }, { 2, 2 }, { 3, 4 }, { 100, 128 }, { 1000, 1024 },
		{ 32769, 65536 }, { 65536, 65536 },
	};
	int fd = new_socket();
	size_t i, at;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct hps_direct_queue q = { .entries = sizes[i][0] };
		socklen_t len = sizeof(q);
		struct hps_direct_ring *r;

		CHECK(queue_ask(fd, &q, &len) == 0);
		CHECK_EQ(q.entries, sizes[i][1]);
		r = queue_map(q.fd, q.entries);
		CHECK_EQ(r->entries, q.entries);
		r->entries = 0;
		for (at = 0; at < pages_of(q.entries); at++)
			CHECK_EQ(((char *)r)[at], 0);
		unmap(r, q.entries);
		close(q.fd);
	}
}

TEST(descriptor, V_HPS)
{
	int queue = queue_make(new_socket(), 10);

	CHECK_EQ(fcntl(queue, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(queue, F_GETFL) & O_ACCMODE, O_RDWR);
}

TEST(sizes_refused, V_HPS)
{
	int fd = new_socket(), next = next_fd();

	CHECK_ERR(make_refused(fd, 0), EINVAL);
	CHECK_ERR(make_refused(fd, HPS_DIRECT_QUEUE_MAX + 1), EINVAL);
	CHECK_ERR(make_refused(fd, 0x80000000), EINVAL);
	CHECK_ERR(make_refused(fd, 0xffffffff), EINVAL);
	CHECK_EQ(next_fd(), next);
}

TEST(make_bad_arguments, V_HPS)
{
	struct hps_direct_queue q = { .entries = 10 };
	int fd = new_socket(), next = next_fd();
	socklen_t len;
	void *p;

	for (len = 0; len < sizeof(q); len++)
		CHECK_ERR(queue_ask(fd, &q, &len), EINVAL);
	len = -1;
	CHECK_ERR(queue_ask(fd, &q, &len), EINVAL);
	len = sizeof(q);
	CHECK_ERR(queue_ask(fd, NULL, &len), EFAULT);
	CHECK_ERR(queue_ask(fd, &q, NULL), EFAULT);
	/* Read, but not written: nothing stays. */
	p = mmap(NULL, 4096, SHARED, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	memcpy(p, &q, sizeof(q));
	CHECK(mprotect(p, 4096, PROT_READ) == 0);
	CHECK_ERR(queue_ask(fd, p, &len), EFAULT);
	CHECK_EQ(next_fd(), next);
}

/* A program that knows a longer structure. */
TEST(make_with_more_room, V_HPS)
{
	struct {
		struct hps_direct_queue	q;
		char			more[24];
	} arg = { .q.entries = 10 };
	socklen_t len = sizeof(arg);

	memset(arg.more, 0x5a, sizeof(arg.more));
	CHECK(queue_ask(new_socket(), &arg.q, &len) == 0);
	CHECK_EQ(len, sizeof(arg.q));
	CHECK_EQ(arg.q.entries, 16);
	CHECK_EQ(arg.more[0], 0x5a);
	CHECK(close(arg.q.fd) == 0);
}

TEST(make_without_descriptors, V_HPS)
{
	int fd = new_socket();
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = next_fd();
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK_ERR(make_refused(fd, 10), EMFILE);
}

/* --- setting --------------------------------------------------------------------- */

TEST(set_wrong_descriptors, V_HPS)
{
	int fd = new_socket(), queue = queue_make(fd, 10), next = next_fd();
	int ends[2], path;

	CHECK_ERR(queue_set(fd, -1), EBADF);
	CHECK_ERR(queue_set(fd, next), EBADF);
	CHECK_ERR(queue_set(fd, fd), EINVAL);
	CHECK_ERR(queue_set(fd, new_socket()), EINVAL);
	CHECK(pipe(ends) == 0);
	CHECK_ERR(queue_set(fd, ends[0]), EINVAL);
	CHECK_ERR(queue_set(fd, epoll_create1(0)), EINVAL);
	CHECK_ERR(queue_set(fd, open("/dev/null", O_RDWR)), EINVAL);
	path = open("/dev/null", O_PATH);
	CHECK(path >= 0);
	CHECK_ERR(queue_set(fd, path), EBADF);
	/* None of them was it. */
	CHECK(queue_set(fd, queue) == 0);
}

TEST(set_bad_arguments, V_HPS)
{
	int fd = new_socket(), queue = queue_make(fd, 10);
	socklen_t len;

	for (len = 0; len < sizeof(queue); len++)
		CHECK_ERR(setsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, &queue, len),
			  EINVAL);
	CHECK_ERR(setsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, NULL,
			     sizeof(queue)), EFAULT);
	CHECK(queue_set(fd, queue) == 0);
}

TEST(set_once, V_HPS)
{
	int fd = new_socket();
	int queue = queue_make(fd, 10), other = queue_make(fd, 10);

	CHECK(queue_set(fd, queue) == 0);
	CHECK_ERR(queue_set(fd, queue), EBUSY);
	CHECK_ERR(queue_set(fd, other), EBUSY);
	CHECK_ERR(queue_set(fd, fd), EINVAL);
	/* Not even when the program has forgotten it. */
	close(queue);
	CHECK_ERR(queue_set(fd, other), EBUSY);
}

TEST(set_for_many_sockets, V_HPS)
{
	int queue = queue_make(new_socket(), 10), fd[20], i;

	for (i = 0; i < 20; i++) {
		fd[i] = new_socket();
		CHECK(queue_set(fd[i], queue) == 0);
	}
	for (i = 0; i < 20; i += 2)
		close(fd[i]);
	close(queue);
	for (i = 1; i < 20; i += 2)
		close(fd[i]);
}

TEST(set_before_connect, V_HPS)
{
	int lst = listener(1), fd = new_socket(), queue = queue_make(fd, 10), b;

	CHECK(queue_set(fd, queue) == 0);
	CHECK(try_connect(fd, port_of(lst)) == 0);
	b = accept(lst, NULL, NULL);
	CHECK(b >= 0);
	CHECK_ERR(queue_set(fd, queue), EBUSY);
	send_pattern(fd, 1000, 0);
	recv_pattern(b, 1000, 0);
	CHECK_EQ(poll_now(queue, POLLIN), 0);
}

TEST(set_after_connect, V_HPS)
{
	struct pair p;
	int queue;

	pair_open(&p);
	queue = queue_make(p.a, 10);
	CHECK(queue_set(p.a, queue) == 0);
	CHECK(queue_set(p.b, queue) == 0);
	send_pattern(p.a, 1000, 0);
	recv_pattern(p.b, 1000, 0);
	pair_close(&p);
	CHECK_EQ(poll_now(queue, POLLIN), 0);
}

TEST(accepted_have_none, V_HPS)
{
	struct pair p;
	int queue;

	p.lst = listener(1);
	queue = queue_make(p.lst, 10);
	CHECK(queue_set(p.lst, queue) == 0);
	p.a = connected_to(port_of(p.lst));
	p.b = accept(p.lst, NULL, NULL);
	CHECK(p.b >= 0);
	CHECK(queue_set(p.b, queue) == 0);
	CHECK(queue_set(p.a, queue) == 0);
}

/* --- mapping --------------------------------------------------------------------- */

TEST(map_lengths, V_HPS)
{
	int queue = queue_make(new_socket(), 1024);
	size_t page = sysconf(_SC_PAGESIZE), all = pages_of(1024);

	CHECK(maps(queue, 1, SHARED, MAP_SHARED, 0));
	CHECK(maps(queue, page, SHARED, MAP_SHARED, 0));
	CHECK(maps(queue, HPS_DIRECT_QUEUE_SIZE(1024), SHARED, MAP_SHARED, 0));
	CHECK(maps(queue, all, SHARED, MAP_SHARED | MAP_POPULATE, 0));
	CHECK(!maps(queue, all + 1, SHARED, MAP_SHARED, 0));
	CHECK_EQ(errno, EINVAL);
	CHECK(!maps(queue, 1UL << 40, SHARED, MAP_SHARED, 0));
	CHECK_EQ(errno, EINVAL);
}

TEST(map_offsets, V_HPS)
{
	int queue = queue_make(new_socket(), 1024);
	size_t page = sysconf(_SC_PAGESIZE);
	off_t far = (off_t)1 << 43;

	CHECK(!maps(queue, page, SHARED, MAP_SHARED, page));
	CHECK_EQ(errno, EINVAL);
	CHECK(!maps(queue, page, SHARED, MAP_SHARED, far));
	CHECK_EQ(errno, EINVAL);
	/* Beyond what a file of its kind can have: not ours to say. */
	CHECK(!maps(queue, page, SHARED, MAP_SHARED, -(off_t)page));
	CHECK(errno == EINVAL || errno == EOVERFLOW);
}

TEST(map_private, V_HPS)
{
	int queue = queue_make(new_socket(), 10);

	CHECK(!maps(queue, 1, SHARED, MAP_PRIVATE, 0));
	CHECK_EQ(errno, EINVAL);
	CHECK(!maps(queue, 1, PROT_READ, MAP_PRIVATE, 0));
	CHECK_EQ(errno, EINVAL);
}

/* Who only looks may. */
TEST(map_read_only, V_HPS)
{
	int queue = queue_make(new_socket(), 10);
	struct hps_direct_ring *r = queue_map(queue, 16);
	const struct hps_direct_ring *view;

	view = mmap(NULL, pages_of(16), PROT_READ, MAP_SHARED, queue, 0);
	CHECK(view != MAP_FAILED);
	CHECK_EQ(view->entries, 16);
	r->consumed = 4711;
	CHECK_EQ(view->consumed, 4711);
}

TEST(map_twice, V_HPS)
{
	int queue = queue_make(new_socket(), 65536);
	struct hps_direct_ring *a = queue_map(queue, 65536);
	struct hps_direct_ring *b = queue_map(queue, 65536);

	a->completion[65535].data = 4711;
	b->completion[0].data = 42;
	CHECK_EQ(b->completion[65535].data, 4711);
	CHECK_EQ(a->completion[0].data, 42);
	unmap(a, 65536);
	CHECK_EQ(b->completion[65535].data, 4711);
}

/* Not a way to what lies behind it. */
TEST(map_grown, V_HPS)
{
	size_t page = sysconf(_SC_PAGESIZE), all = pages_of(1024);
	int queue = queue_make(new_socket(), 1024);
	struct hps_direct_ring *r = queue_map(queue, 1024);
	char *p;

	r->consumed = 4711;
	p = mremap(r, all, all + 4 * page, MREMAP_MAYMOVE);
	if (p == MAP_FAILED)
		return;
	r = (void *)p;
	CHECK_EQ(r->consumed, 4711);
	dies_of_sigbus(p + all);
	dies_of_sigbus(p + all + 4 * page - 1);
}

TEST(map_in_pieces, V_HPS)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int queue = queue_make(new_socket(), 1024);
	struct hps_direct_ring *all = queue_map(queue, 1024);
	struct hps_direct_ring *r = queue_map(queue, 1024);
	char *p = (char *)r;

	all->completion[1023].data = 4711;
	CHECK(munmap(p + page, page) == 0);
	CHECK_EQ(r->completion[1023].data, 4711);
	CHECK(mprotect(p + 2 * page, page, PROT_READ) == 0);
	CHECK(madvise(p, page, MADV_DONTNEED) == 0);
	CHECK_EQ(r->entries, 1024);
	CHECK_EQ(r->completion[1023].data, 4711);
}

/* --- polling --------------------------------------------------------------------- */

TEST(poll_with_nothing, V_HPS)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT };
	int fd = new_socket(), queue = queue_make(fd, 10), ep = epoll_create1(0);

	CHECK_EQ(poll_now(queue, POLLIN | POLLOUT | POLLPRI | POLLRDHUP), 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, queue, &e) == 0);
	CHECK_EQ(epoll_wait(ep, &e, 1, 50), 0);
	CHECK(queue_set(fd, queue) == 0);
	close(fd);
	CHECK_EQ(poll_now(queue, POLLIN), 0);
	/* Closed while it is waited for. */
	close(queue);
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
}

/* It is the kernel that knows what was produced, and the program what it took. */
TEST(poll_compares, V_HPS)
{
	int queue = queue_make(new_socket(), 10);
	struct hps_direct_ring *r = queue_map(queue, 16);

	r->produced = 5;
	CHECK_EQ(poll_now(queue, POLLIN), 0);
	r->consumed = 5;
	CHECK_EQ(poll_now(queue, POLLIN | POLLRDNORM), POLLIN | POLLRDNORM);
	r->consumed = 0;
	CHECK_EQ(poll_now(queue, POLLIN), 0);
}

/* --- harm ------------------------------------------------------------------------ */

static volatile bool enough;

static void *poll_until_enough(void *queue)
{
	while (!enough)
		poll_now(*(int *)queue, POLLIN);
	return NULL;
}

TEST(garbage, V_HPS)
{
	struct hps_direct_ring *r;
	uint64_t seed = 4711;
	size_t i, round;
	uint64_t *words;
	pthread_t t;
	struct pair p;
	int queue;

	pair_open(&p);
	queue = queue_make(p.a, 256);
	CHECK(queue_set(p.a, queue) == 0);
	r = queue_map(queue, 256);
	words = (uint64_t *)r;
	CHECK(pthread_create(&t, NULL, poll_until_enough, &queue) == 0);
	for (round = 0; round < 100; round++) {
		for (i = 0; i < pages_of(256) / 8; i++)
			words[i] = round ? seeded(&seed) : ~0ULL;
		send_pattern(p.a, 100, 100 * round);
		recv_pattern(p.b, 100, 100 * round);
	}
	enough = true;
	CHECK(pthread_join(t, NULL) == 0);
	close(queue);
	/* A new one knows nothing of it. */
	queue = queue_make(p.a, 256);
	CHECK_EQ(poll_now(queue, POLLIN), 0);
	CHECK_EQ(queue_map(queue, 256)->entries, 256);
	pair_close(&p);
}

TEST(io_refused, V_HPS)
{
	int queue = queue_make(new_socket(), 10), zero = open("/dev/zero", O_RDWR);
	char buf[100] = {};
	int ends[2], n;

	CHECK_ERR(read(queue, buf, sizeof(buf)), EINVAL);
	CHECK_ERR(write(queue, buf, sizeof(buf)), EINVAL);
	CHECK_ERR(ioctl(queue, FIONREAD, &n), ENOTTY);
	CHECK_ERR(ioctl(queue, 0x12345, &n), ENOTTY);
	CHECK_ERR(ftruncate(queue, 4096), EINVAL);
	CHECK(pipe(ends) == 0);
	CHECK_ERR(splice(queue, NULL, ends[1], NULL, 100, 0), EINVAL);
	CHECK_ERR(sendfile(queue, zero, NULL, 100), EINVAL);
	CHECK_ERR(send(queue, buf, 1, 0), ENOTSOCK);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", queue);
	CHECK_ERR(open(buf, O_RDWR), ENXIO);
}

/* --- lives ----------------------------------------------------------------------- */

TEST(closed_while_mapped, V_HPS)
{
	int fd = new_socket(), queue = queue_make(fd, 65536);
	struct hps_direct_ring *r = queue_map(queue, 65536);
	size_t i;

	CHECK(queue_set(fd, queue) == 0);
	close(queue);
	for (i = 0; i < 65536; i++)
		r->completion[i].data = i;
	close(fd);
	for (i = 0; i < 65536; i++)
		CHECK_EQ(r->completion[i].data, i);
	unmap(r, 65536);
}

TEST(socket_keeps_it, V_HPS)
{
	struct pair p;
	int queue;

	pair_open(&p);
	queue = queue_make(p.a, 1000);
	CHECK(queue_set(p.a, queue) == 0);
	unmap(queue_map(queue, 1024), 1024);
	close(queue);
	send_pattern(p.a, 1000, 0);
	recv_pattern(p.b, 1000, 0);
	pair_close(&p);
}

/* Both have it, and the end of one is not that of the other. */
TEST(forked, V_HPS)
{
	int fd = new_socket(), queue = queue_make(fd, 1000), other = new_socket();
	struct hps_direct_ring *r = queue_map(queue, 1024);
	pid_t pid;

	r->consumed = 1;
	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		CHECK_EQ(r->consumed, 1);
		CHECK_EQ(poll_now(queue, POLLIN), POLLIN);
		r->consumed = 0;
		r->completion[1023].data = 4711;
		CHECK(queue_set(fd, queue) == 0);
		unmap(r, 1024);
		close(queue);
		_exit(0);
	}
	reap(pid);
	CHECK_EQ(r->consumed, 0);
	CHECK_EQ(r->completion[1023].data, 4711);
	CHECK_EQ(poll_now(queue, POLLIN), 0);
	CHECK_ERR(queue_set(fd, queue), EBUSY);
	CHECK(queue_set(other, queue) == 0);
}

/* Makes a queue, hands it to a child, and ends. The child answers when it is asked. */
static void make_and_leave(void *arg)
{
	int (*ends)[2] = arg, queue = queue_make(new_socket(), 1000);
	struct hps_direct_ring *r = queue_map(queue, 1024);
	char c;

	r->consumed = 4711;
	if (fork())
		return;
	CHECK_EQ(read(ends[0][0], &c, 1), 1);
	CHECK_EQ(r->consumed, 4711);
	CHECK_EQ(poll_now(queue, POLLIN), POLLIN);
	CHECK_EQ(write(ends[1][1], "y", 1), 1);
}

TEST(outlives_the_maker, V_HPS)
{
	int ends[2][2];
	char c;

	CHECK(pipe(ends[0]) == 0 && pipe(ends[1]) == 0);
	reap(child(make_and_leave, ends));
	CHECK_EQ(write(ends[0][1], "?", 1), 1);
	close(ends[1][1]);
	CHECK_EQ(read(ends[1][0], &c, 1), 1);
}

/* --- memory ---------------------------------------------------------------------- */

/* The number behind @key in a file of lines of keys and numbers. */
static long long number(const char *file, const char *key)
{
	FILE *f = fopen(file, "r");
	char line[200];
	long long n = -1;

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			n = atoll(line + strlen(key));
	fclose(f);
	CHECK(n >= 0);
	return n;
}

static long long vmalloced_kb(void)
{
	return number("/proc/meminfo", "VmallocUsed:");
}

#define MANY	256
#define EACH_KB	(HPS_DIRECT_QUEUE_SIZE(8192) / 1024)

/* Some are set, mapped and touched; their three holders let go in any order. */
static void make_many(int first)
{
	long long before = vmalloced_kb(), all = MANY * EACH_KB;
	static struct hps_direct_ring *r[MANY];
	static int fd[MANY], queue[MANY];
	int i, turn;

	for (i = 0; i < MANY; i++) {
		fd[i] = new_socket();
		queue[i] = queue_make(fd[i], 8192);
		CHECK(queue_set(fd[i], queue[i]) == 0);
		r[i] = queue_map(queue[i], 8192);
		r[i]->consumed = i;
	}
	for (turn = first; turn < first + 3; turn++) {
		/* One holder is enough. */
		CHECK(vmalloced_kb() - before > all / 2);
		for (i = 0; i < MANY; i++)
			if (turn % 3 == 0)
				close(fd[i]);
			else if (turn % 3 == 1)
				close(queue[i]);
			else
				unmap(r[i], 8192);
	}
}

TEST(many_are_given_back, V_HPS | V_ONCE)
{
	long long before = vmalloced_kb(), end = now_ms() + scaled(10000);
	int round;

	for (round = 0; round < 6; round++)
		make_many(round);
	/* But for a tenth: something else may run here. */
	while (vmalloced_kb() - before > (long long)(MANY * EACH_KB / 10))
		CHECK(now_ms() < end);
}

/* A cgroup with the memory controller, and this process in it. */
static void enter_cgroup(char *stat, size_t size)
{
	static const char root[] = "/tmp/hps-cq-cgroup";
	char path[64];
	int fd;

	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	mkdir(root, 0700);
	if (mount("none", root, "cgroup2", 0, NULL))
		test_skip("no cgroup2");
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", root);
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0 && write(fd, "+memory", 7) == 7);
	close(fd);
	snprintf(path, sizeof(path), "%s/cq-%d", root, getpid());
	CHECK(mkdir(path, 0700) == 0);
	snprintf(stat, size, "%s/memory.stat", path);
	strcat(path, "/cgroup.procs");
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0 && write(fd, "0", 1) == 1);
	close(fd);
}

TEST(charged, V_HPS | V_ONCE)
{
	long long before, end;
	int fd = new_socket(), queue;
	char stat[100];

	enter_cgroup(stat, sizeof(stat));
	before = number(stat, "vmalloc ");
	queue = queue_make(fd, 65536);
	CHECK(number(stat, "vmalloc ") - before >= (long long)pages_of(65536));
	close(queue);
	end = now_ms() + scaled(10000);
	while (number(stat, "vmalloc ") > before)
		CHECK(now_ms() < end);
}
