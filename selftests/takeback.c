// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 240
 *
 * Memory that a program takes back while its peer fills it as fast as it can: when
 * the call returns it is the program's own. Memory that it only unmaps is the peer's
 * for as long as it is registered, and nobody else's.
 *
 * A round of it is a race. The peer places on one processor; the program, on another,
 * sees the first octet, takes the memory back and clears octets of it from its end,
 * where what is under way comes last. What is missing in the kernel is found in some
 * rounds, not in each; with one processor in none.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "pair.h"
#include "post.h"

#define PAGE	4096UL
/* About as much as is placed at once. */
#define LEN	(15 * PAGE)
#define ROUNDS	(on_debug_kernel() ? 10 : 40)

/* It does not ask for the kind of socket. */
#define V_RACE	(V_HPS_STREAM | V_ONCE)

/**
 * struct shared - what the program and its peer, a child, tell each other
 * @tag:	a region for the peer
 * @last:	the same; it stays
 * @ended:	so often the peer has ended what it did
 * @stop:	it shall end it
 */
struct shared {
	uint32_t	tag;
	uint32_t	last;
	unsigned int	ended;
	bool		stop;
};

static struct shared *shared;
static char ones[LEN];

#define LOAD(x)		__atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define STORE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELEASE)

/* The rest of this process runs there, if there are as many. */
static void on_cpu(int n)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(n, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static pid_t peer(void (*run)(void *), void *arg)
{
	pid_t pid;

	memset(ones, 0xff, LEN);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	pid = child(run, arg);
	on_cpu(0);
	return pid;
}

static void give(uint32_t tag)
{
	STORE(shared->last, tag);
	STORE(shared->tag, tag);
}

static uint32_t next_tag(void)
{
	uint32_t tag;

	while (!(tag = __atomic_exchange_n(&shared->tag, 0, __ATOMIC_ACQ_REL)))
		sched_yield();
	return tag;
}

static void wait_ended(unsigned int times)
{
	while (LOAD(shared->ended) < times)
		usleep(100);
}

static void has_ended(void)
{
	STORE(shared->ended, shared->ended + 1);
}

/* Now: the peer is in the midst of it. */
static void see(const char *octet)
{
	while (!LOAD(*octet))
		;
}

/* Far fewer octets than are placed meanwhile: what still comes meets cleared ones. */
#define STEP	256

static void clear(char *mem, size_t len)
{
	for (; len; len -= STEP)
		STORE(mem[len - 1], 0);
}

static bool is_clear(const char *mem, size_t len)
{
	while (len && !mem[len - 1])
		len -= STEP;
	return !len;
}

static struct hps_direct_post silent_write(uint32_t tag)
{
	struct hps_direct_post post = post_write(0, tag, 0);

	post.flags = HPS_DIRECT_SILENT;
	return post;
}

/* --- from a peer that writes ------------------------------------------------------ */

/* The peer ends regions itself, and goes on writing. */
static bool invalidates;

static void invalidate(int fd, struct hps_direct_post post)
{
	int i;

	for (i = 0; i < 3; i++)
		post_ok(fd, post, ones, LEN);
	post.op = HPS_DIRECT_INVALIDATE;
	post_ok(fd, post, NULL, 0);
	send_all(fd, "m", 1);
}

/* One connection a round, until it ends. */
static void write_until_refused(void *arg)
{
	struct hps_direct_post post;
	int fd, i;

	on_cpu(1);
	for (i = 0; i < ROUNDS; i++) {
		fd = connected_to(*(int *)arg);
		post = silent_write(next_tag());
		if (invalidates)
			invalidate(fd, post);
		while (try_post(fd, &post, ones, LEN, 0) == (ssize_t)LEN)
			;
		has_ended();
		close(fd);
	}
}

static void by_deregistering(int fd, char *mem, int round)
{
	uint32_t tag = enrol(fd, mem, LEN, HPS_DIRECT_REMOTE_WRITE);

	(void)round;
	give(tag);
	see(mem);
	deregister(fd, tag);
}

/* The peer has, and tells with a message that it has. */
static void by_invalidation(int fd, char *mem, int round)
{
	char c;

	(void)round;
	give(enrol_with(fd, mem, LEN, HPS_DIRECT_REMOTE_WRITE |
			HPS_DIRECT_REMOTE_INVALIDATE, HPS_DIRECT_ONLY));
	CHECK_EQ(recv(fd, &c, 1, 0), 1);
}

/* It is another socket's as well, which registered the memory. */
static void by_ending_domain(int fd, char *mem, int round)
{
	int other = new_socket();

	CHECK_EQ(try_domain(fd, other), 0);
	give(enrol(other, mem, LEN, HPS_DIRECT_REMOTE_WRITE));
	see(mem);
	/* The last one ends it. */
	close(round % 2 ? fd : other);
	close(round % 2 ? other : fd);
}

static void take_back(void (*how)(int fd, char *mem, int round), bool refused)
{
	int lst = listener(8), port = port_of(lst), fd, i;
	pid_t pid = peer(write_until_refused, &port);
	char *mem = memory(LEN);

	for (i = 0; i < ROUNDS; i++) {
		memset(mem, 0, LEN);
		fd = accept(lst, NULL, NULL);
		CHECK(fd >= 0);
		how(fd, mem, i);
		clear(mem, LEN);
		/* What was under way is in place, and what came late is refused. */
		wait_ended(i + 1);
		CHECK(is_clear(mem, LEN));
		if (!refused)
			continue;
		wait_for(fd, POLLHUP);
		CHECK_EQ(reason_of(fd), HPS_REASON_ACCESS);
		close(fd);
	}
	reap(pid);
}

TEST(deregistered, V_RACE)
{
	take_back(by_deregistering, true);
}

TEST(deregistered_page_by_page, V_RACE)
{
	own_namespace();
	sysctl_set("map_budget", 0);
	take_back(by_deregistering, true);
}

TEST(invalidated, V_RACE)
{
	invalidates = true;
	take_back(by_invalidation, true);
}

/* It is done when it is due, not when it can be answered. */
TEST(invalidated_without_room_for_the_answer, V_RACE)
{
	struct ends e;
	char c;

	pair_open_small(&e.p, 32768, 32768);
	e.mem = memory(PAGE);
	e.stag = enrol_with(e.p.b, e.mem, PAGE, HPS_DIRECT_REMOTE_WRITE |
			    HPS_DIRECT_REMOTE_INVALIDATE, HPS_DIRECT_ONLY);
	queue_open(&e.q, e.p.a, HPS_DIRECT_DEPTH);
	fill(e.p.b);
	post_ok(e.p.a, post_write(1, e.stag, 0), "1", 1);
	post_ok(e.p.a, post_invalidate(2, e.stag), NULL, 0);
	send_all(e.p.a, "m", 1);
	CHECK_EQ(recv(e.p.b, &c, 1, 0), 1);
	CHECK_EQ(e.mem[0], '1');
	e.mem[0] = 0;
	post_ok(e.p.a, post_write(3, e.stag, 0), "3", 1);
	wait_for(e.p.b, POLLHUP);
	CHECK_EQ(reason_of(e.p.b), HPS_REASON_ACCESS);
	CHECK_EQ(e.mem[0], 0);
}

TEST(domain_ended, V_RACE)
{
	take_back(by_ending_domain, false);
}

/* --- from what one has posted oneself ------------------------------------------------ */

#define POSTED	(4 * LEN)

/* So much a round. */
static void send_ones(void *arg)
{
	int fd = *(int *)arg, i, n;

	on_cpu(1);
	for (i = 0; i < ROUNDS; i++) {
		next_tag();
		for (n = 0; n < 4; n++)
			send_all(fd, ones, LEN);
	}
}

static void take_receives_back(bool cancel)
{
	static char rest[POSTED];
	struct hps_direct_completion c;
	struct inbox in;
	size_t left;
	pid_t pid;
	int i;

	pair_open(&in.p);
	pid = peer(send_ones, &in.p.a);
	inbox_memory(&in, POSTED);
	queue_open(&in.q, in.p.b, HPS_DIRECT_DEPTH);
	for (i = 0; i < ROUNDS; i++) {
		memset(in.mem, 0, POSTED);
		inbox_post_whole(&in, i, 0, POSTED);
		give(1);
		see(in.mem);
		if (cancel)
			CHECK(!try_cancel(in.p.b, i) || errno == ENOENT);
		else
			deregister(in.p.b, in.stag);
		clear(in.mem, POSTED);
		c = queue_take(&in.q);
		CHECK_EQ(c.data, i);
		left = POSTED - c.len;
		CHECK_EQ(c.status, !left ? 0 : cancel ? -ECANCELED : -EFAULT);
		/* All has come then. */
		if (left)
			CHECK_EQ(recv(in.p.b, rest, left, MSG_WAITALL), left);
		CHECK(is_clear(in.mem, POSTED));
		if (!cancel)
			in.stag = enrol_with(in.p.b, in.mem, POSTED, 0,
					     HPS_DIRECT_SINK);
	}
	reap(pid);
}

TEST(receive_cancelled, V_RACE)
{
	take_receives_back(true);
}

TEST(sink_of_receive_deregistered, V_RACE)
{
	take_receives_back(false);
}

/* Reads to memory that its parent takes away and gives anew. */
static void read_often(void *arg)
{
	struct hps_direct_completion c;
	struct hps_direct_post post;
	struct ends *e = arg;

	on_cpu(1);
	queue_open(&e->q, e->p.a, HPS_DIRECT_DEPTH);
	for (; !LOAD(shared->stop); has_ended()) {
		post = post_read(1, e->stag, 0, LOAD(shared->last), 0, LEN);
		if (try_post(e->p.a, &post, NULL, 0, 0)) {
			CHECK_EQ(errno, EACCES);
			continue;
		}
		c = queue_take(&e->q);
		CHECK(c.status == 0 || c.status == -ECANCELED);
	}
}

TEST(sink_of_read_deregistered, V_RACE)
{
	struct ends e;
	uint32_t tag;
	char *from;
	pid_t pid;
	int i;

	pair_open(&e.p);
	from = memory(LEN);
	memset(from, 0xff, LEN);
	e.stag = enrol(e.p.b, from, LEN, HPS_DIRECT_REMOTE_READ);
	pid = peer(read_often, &e);
	e.sink = memory(LEN);
	for (i = 0; i < ROUNDS; i++) {
		memset(e.sink, 0, LEN);
		tag = enrol_with(e.p.a, e.sink, LEN, 0, HPS_DIRECT_SINK);
		give(tag);
		see(e.sink);
		deregister(e.p.a, tag);
		clear(e.sink, LEN);
		/* the one that is under way, and the next */
		wait_ended(LOAD(shared->ended) + 2);
		CHECK(is_clear(e.sink, LEN));
	}
	STORE(shared->stop, true);
	reap(pid);
}

/* --- memory that is unmapped ------------------------------------------------------------ */

struct visit {
	struct ends	e;
	int		rounds;
};

/* Writes until it is told to stop, then reads what it has written. */
static void write_and_read(void *arg)
{
	struct visit *visit = arg;
	struct ends *e = &visit->e;
	uint32_t tag;
	int i;

	on_cpu(1);
	queue_open(&e->q, e->p.a, HPS_DIRECT_DEPTH);
	e->sink = memory(LEN);
	e->sink_stag = enrol_with(e->p.a, e->sink, LEN, 0, HPS_DIRECT_SINK);
	for (i = 0; i < visit->rounds; i++) {
		tag = next_tag();
		do {
			post_ok(e->p.a, silent_write(tag), ones, LEN);
		} while (!__atomic_exchange_n(&shared->stop, false,
					      __ATOMIC_ACQ_REL));
		memset(e->sink, 0, LEN);
		post_ok(e->p.a, post_read(1, tag, 0, e->sink_stag, 0, LEN),
			NULL, 0);
		queue_expect(&e->q, 1, 0);
		CHECK(is_all(e->sink, LEN, 0xff));
		has_ended();
	}
}

static pid_t visit_open(struct visit *visit, int rounds)
{
	own_namespace();
	sysctl_set("region_cache", 0);
	visit->rounds = rounds;
	pair_open(&visit->e.p);
	return peer(write_and_read, visit);
}

/* The peer goes on, and meets only what was registered. */
static void visit_end(struct visit *visit, const char *mem, size_t len, int round)
{
	long long before = counter("HpsPlacedOctets");

	while (counter("HpsPlacedOctets") < before + 8 * (long long)LEN)
		usleep(100);
	CHECK(is_all(mem, len, 0));
	STORE(shared->stop, true);
	wait_ended(round + 1);
	CHECK(is_all(mem, len, 0));
	deregister(visit->e.p.b, LOAD(shared->last));
	/* its sink */
	CHECK_EQ(counter("HpsRegions"), 1);
	CHECK_EQ(counter("HpsPinnedOctets"), LEN);
}

/* Other memory at the same address. */
static void replace(char *mem, int way)
{
	if (way == 0)
		CHECK(munmap(mem, LEN) == 0);
	if (way == 2)
		CHECK(madvise(mem, LEN, MADV_DONTNEED) == 0);
	else
		CHECK(mmap(mem, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			   MAP_ANONYMOUS | MAP_FIXED, -1, 0) == mem);
	CHECK(is_all(mem, LEN, 0));
}

TEST(unmapped, V_RACE)
{
	struct visit visit;
	pid_t pid = visit_open(&visit, ROUNDS / 2);
	char *mem = memory(LEN);
	int i;

	for (i = 0; i < ROUNDS / 2; i++) {
		memset(mem, 0, LEN);
		give(enrol(visit.e.p.b, mem, LEN, ALL_RIGHTS));
		see(mem);
		replace(mem, i % 3);
		/* pages of its own */
		memset(mem, 0, LEN);
		visit_end(&visit, mem, LEN, i);
	}
	reap(pid);
}

struct leaver {
	int	fd;
	bool	killed;
};

static void register_and_go(void *arg)
{
	const struct leaver *l = arg;
	char *mem = memory(LEN);

	give(enrol(l->fd, mem, LEN, ALL_RIGHTS));
	see(mem);
	if (l->killed)
		kill(getpid(), SIGKILL);
}

/* The process that has registered the memory is gone, its socket is not. */
TEST(process_gone, V_RACE)
{
	const size_t len = 512 * LEN;
	struct visit visit;
	pid_t pid = visit_open(&visit, 4), gone;
	int i, status;
	char *mem;

	for (i = 0; i < 4; i++) {
		struct leaver l = { visit.e.p.b, i % 2 };

		gone = child(register_and_go, &l);
		CHECK_EQ(waitpid(gone, &status, 0), gone);
		CHECK_EQ(status, l.killed ? SIGKILL : 0);
		/* here its pages would be, if they were free */
		mem = memory(len);
		madvise(mem, len, MADV_NOHUGEPAGE);
		memset(mem, 0, len);
		visit_end(&visit, mem, len, i);
		CHECK(munmap(mem, len) == 0);
	}
	reap(pid);
}
