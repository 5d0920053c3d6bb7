// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 * timeout: 300
 *
 * The registration cache: who registers the same memory again gets its pages
 * back, and never pages that are not those of the memory now.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "locked.h"
#include "post.h"

#define LEN	(16 * PAGE)

/* It does not ask for the kind of socket. */
#define V_CACHE	(V_HPS_STREAM | V_ONCE)

static void hits_are(long long hits)
{
	CHECK_EQ(counter("HpsRegionCacheHit"), hits);
}

/* Memory at this very address. */
static void map_at(char *p, size_t len)
{
	CHECK(mmap(p, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
}

/* What the peer reads is @c, all of it. */
static void peer_reads(struct ends *e, uint32_t stag, char c)
{
	memset(e->sink, ~c, e->len);
	post_ok(e->p.a, post_read(1, stag, 0, e->sink_stag, 0, e->len), NULL, 0);
	queue_expect(&e->q, 1, 0);
	CHECK(is_all(e->sink, e->len, c));
}

static void peer_writes(struct ends *e, uint32_t stag, char c)
{
	char *p = malloc(e->len);

	CHECK(p);
	memset(p, c, e->len);
	post_ok(e->p.a, post_write(2, stag, 0), p, e->len);
	queue_expect(&e->q, 2, 0);
	free(p);
}

/* The memory of @e is registered: it is what the peer reads and writes. */
static uint32_t is_shared_with_peer(struct ends *e)
{
	uint32_t stag = enrol(e->p.b, e->mem, e->len, ALL_RIGHTS);

	memset(e->mem, 'm', e->len);
	peer_reads(e, stag, 'm');
	peer_writes(e, stag, 'w');
	CHECK(is_all(e->mem, e->len, 'w'));
	return stag;
}

/* @e->mem was registered, all of it is 'i', its pages are idle. */
static void idle_open(struct ends *e)
{
	own_namespace();
	ends_open(e, LEN);
	memset(e->mem, 'i', LEN);
	deregister(e->p.b, e->stag);
	CHECK_EQ(counter("HpsRegionIdleOctets"), LEN);
	CHECK_EQ(counter("HpsPinnedOctets"), 2 * LEN);
}

/* Those pages are given back, and those of the sink remain. */
static void are_dropped(void)
{
	counter_becomes("HpsPinnedOctets", LEN, 20000);
	CHECK_EQ(counter("HpsRegionCacheDropped"), 1);
	CHECK_EQ(counter("HpsRegionCacheEvicted"), 0);
	CHECK_EQ(counter("HpsRegionIdleOctets"), 0);
}

/* --- hits ----------------------------------------------------------------- */

TEST(same_memory_again, V_CACHE)
{
	struct ends e;
	uint32_t stag;
	int i;

	idle_open(&e);
	for (i = 1; i <= 5; i++) {
		stag = is_shared_with_peer(&e);
		CHECK(stag != e.stag);
		hits_are(i);
		CHECK_EQ(counter("HpsPinnedOctets"), 2 * LEN);
		CHECK_EQ(counter("HpsRegionIdleOctets"), 0);
		CHECK_EQ(counter("HpsRegions"), 2);
		deregister(e.p.b, stag);
		e.stag = stag;
	}
	CHECK_EQ(counter("HpsRegions"), 1);
	CHECK_EQ(counter("HpsRegionRegistered"), 7);
	CHECK_EQ(counter("HpsRegionCacheMiss"), 2);
}

TEST(what_is_the_same, V_CACHE)
{
	struct ends e;

	idle_open(&e);
	/* any piece that has the same pages, whatever peers may do with it */
	deregister(e.p.b, enrol(e.p.b, e.mem + 100, LEN - 200,
				HPS_DIRECT_REMOTE_ATOMIC));
	hits_are(1);
	/* another socket's */
	deregister(e.p.a, enrol(e.p.a, e.mem, LEN, ALL_RIGHTS));
	hits_are(2);
	/* pages that may have been pinned otherwise */
	deregister(e.p.b, enrol(e.p.b, e.mem, LEN, HPS_DIRECT_REMOTE_READ));
	deregister(e.p.b, enrol(e.p.b, e.mem, LEN - PAGE, ALL_RIGHTS));
	deregister(e.p.b, enrol(e.p.b, e.mem + PAGE, LEN - PAGE, ALL_RIGHTS));
	deregister(e.p.b, enrol(e.p.b, e.mem, 0, ALL_RIGHTS));
	hits_are(2);
	CHECK_EQ(counter("HpsRegionCacheMiss"), 5);
	/* while they are used they are nobody else's */
	enrol(e.p.b, e.mem, LEN, ALL_RIGHTS);
	enrol(e.p.b, e.mem, LEN, ALL_RIGHTS);
	hits_are(3);
}

TEST(rights_are_new, V_CACHE)
{
	struct ends e;
	uint32_t stag;

	idle_open(&e);
	stag = enrol(e.p.b, e.mem + 8, LEN - 8, HPS_DIRECT_REMOTE_ATOMIC);
	hits_are(1);
	post_ok(e.p.a, post_write(5, stag, 0), "x", 1);
	expect_refused(&e, 5);
	CHECK(is_all(e.mem, LEN, 'i'));
}

TEST(of_a_socket_that_was_closed, V_CACHE)
{
	struct ends e;
	int fd;

	idle_open(&e);
	pair_close(&e.p);
	fd = new_socket();
	counter_becomes("HpsRegionIdleOctets", 2 * LEN, 20000);
	enrol(fd, e.mem, LEN, ALL_RIGHTS);
	hits_are(1);
	close(fd);
	counter_becomes("HpsRegionIdleOctets", 2 * LEN, 20000);
}

/* --- mappings that change ------------------------------------------------- */

TEST(unmapped_and_mapped_again, V_CACHE)
{
	struct ends e;

	idle_open(&e);
	CHECK(munmap(e.mem, LEN) == 0);
	are_dropped();
	CHECK_ERR(try_memory(e.p.b, e.mem, LEN, ALL_RIGHTS), EFAULT);
	map_at(e.mem, LEN);
	is_shared_with_peer(&e);
	hits_are(0);
}

TEST(mapped_over, V_CACHE)
{
	struct ends e;

	idle_open(&e);
	map_at(e.mem, LEN);
	is_shared_with_peer(&e);
	hits_are(0);
	counter_becomes("HpsPinnedOctets", 2 * LEN, 20000);
}

/* One page in the midst of it. */
TEST(partly_mapped_over, V_CACHE)
{
	struct ends e;

	idle_open(&e);
	map_at(e.mem + 7 * PAGE, PAGE);
	are_dropped();
	is_shared_with_peer(&e);
	hits_are(0);
}

/* What happens beside it does not matter. */
TEST(mapped_over_beside_it, V_CACHE)
{
	struct ends e;
	char *p = memory(3 * LEN);

	own_namespace();
	ends_open(&e, LEN);
	memset(p, 'x', 3 * LEN);
	deregister(e.p.b, enrol(e.p.b, p + LEN, LEN, ALL_RIGHTS));
	map_at(p, LEN);
	CHECK(munmap(p + 2 * LEN, LEN) == 0);
	enrol(e.p.b, p + LEN, LEN, ALL_RIGHTS);
	hits_are(1);
}

TEST(mapped_over_while_registered, V_CACHE)
{
	struct ends e;

	own_namespace();
	ends_open(&e, LEN);
	memset(e.mem, 'o', LEN);
	map_at(e.mem, LEN);
	/* the peer still has what was registered */
	peer_reads(&e, e.stag, 'o');
	deregister(e.p.b, e.stag);
	are_dropped();
	is_shared_with_peer(&e);
	hits_are(0);
}

TEST(moved, V_CACHE)
{
	struct ends e;
	char *to = memory(LEN), *from;

	idle_open(&e);
	from = e.mem;
	CHECK(mremap(from, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	are_dropped();
	CHECK_ERR(try_memory(e.p.b, from, LEN, ALL_RIGHTS), EFAULT);
	map_at(from, LEN);
	is_shared_with_peer(&e);
	CHECK(is_all(to, LEN, 'i'));
	e.mem = to;
	is_shared_with_peer(&e);
	hits_are(0);
}

TEST(not_needed, V_CACHE)
{
	struct ends e;
	uint32_t stag;

	idle_open(&e);
	CHECK(madvise(e.mem, LEN, MADV_DONTNEED) == 0);
	are_dropped();
	stag = enrol(e.p.b, e.mem, LEN, ALL_RIGHTS);
	peer_reads(&e, stag, 0);
	deregister(e.p.b, stag);
	is_shared_with_peer(&e);
	hits_are(1);
}

TEST(protected, V_CACHE)
{
	struct ends e;
	uint32_t stag;

	idle_open(&e);
	CHECK(mprotect(e.mem, LEN, PROT_READ) == 0);
	are_dropped();
	CHECK_ERR(try_memory(e.p.b, e.mem, LEN, ALL_RIGHTS), EFAULT);
	stag = enrol(e.p.b, e.mem, LEN, HPS_DIRECT_REMOTE_READ);
	peer_reads(&e, stag, 'i');
	deregister(e.p.b, stag);
	CHECK(mprotect(e.mem, LEN, PROT_NONE) == 0);
	CHECK_ERR(try_memory(e.p.b, e.mem, LEN, HPS_DIRECT_REMOTE_READ), EFAULT);
	CHECK(mprotect(e.mem, LEN, PROT_READ | PROT_WRITE) == 0);
	is_shared_with_peer(&e);
	hits_are(0);
}

TEST(file_cut, V_CACHE)
{
	int mem = memfd_create("cached", 0);
	struct ends e;
	uint32_t stag;
	char *p;

	own_namespace();
	ends_open(&e, LEN);
	CHECK(mem >= 0 && ftruncate(mem, LEN) == 0);
	p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
	CHECK(p != MAP_FAILED);
	deregister(e.p.b, e.stag);
	e.mem = p;
	deregister(e.p.b, is_shared_with_peer(&e));
	deregister(e.p.b, is_shared_with_peer(&e));
	hits_are(1);
	CHECK(ftruncate(mem, 0) == 0);
	CHECK_ERR(try_memory(e.p.b, p, LEN, ALL_RIGHTS), EFAULT);
	CHECK(ftruncate(mem, LEN) == 0);
	stag = enrol(e.p.b, p, LEN, ALL_RIGHTS);
	peer_reads(&e, stag, 0);
	deregister(e.p.b, stag);
	/* a hole, made by somebody who has no mapping of it */
	CHECK(fallocate(mem, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE,
			PAGE) == 0);
	is_shared_with_peer(&e);
	hits_are(1);
}

/* --- fork ----------------------------------------------------------------- */

struct family {
	struct ends	*e;
	int		ready[2];
	int		go[2];
};

/* The copy of the child is registered; the parent looks at it as the peer. */
static void be_the_child(void *arg)
{
	struct family *f = arg;
	uint32_t stag;
	char c;

	CHECK(is_all(f->e->mem, LEN, 'i'));
	memset(f->e->mem, 'c', LEN);
	stag = enrol(f->e->p.b, f->e->mem, LEN, ALL_RIGHTS);
	CHECK_EQ(write(f->ready[1], &stag, sizeof(stag)), sizeof(stag));
	CHECK_EQ(read(f->go[0], &c, 1), 1);
	CHECK(is_all(f->e->mem, LEN, 'w'));
	deregister(f->e->p.b, stag);
	/* a second time, of what is its own now */
	deregister(f->e->p.b, enrol(f->e->p.b, f->e->mem, LEN, ALL_RIGHTS));
}

static void fork_and_look(struct ends *e, bool parent_first)
{
	struct family f = { .e = e };
	uint32_t stag, own;
	pid_t pid;

	CHECK(pipe(f.ready) == 0 && pipe(f.go) == 0);
	pid = child(be_the_child, &f);
	if (parent_first)
		memset(e->mem, 'p', LEN);
	CHECK_EQ(read(f.ready[0], &stag, sizeof(stag)), sizeof(stag));
	if (!parent_first)
		memset(e->mem, 'p', LEN);
	own = enrol(e->p.b, e->mem, LEN, ALL_RIGHTS);
	peer_reads(e, stag, 'c');
	peer_reads(e, own, 'p');
	peer_writes(e, stag, 'w');
	CHECK(is_all(e->mem, LEN, 'p'));
	peer_writes(e, own, 'W');
	CHECK(is_all(e->mem, LEN, 'W'));
	CHECK_EQ(write(f.go[1], "x", 1), 1);
	reap(pid);
	/* nothing of the child is left; twice the parent's, and the sink */
	counter_becomes("HpsPinnedOctets", 2 * LEN, 20000);
	CHECK(is_all(e->mem, LEN, 'W'));
	peer_reads(e, own, 'W');
	deregister(e->p.b, own);
	is_shared_with_peer(e);
}

TEST(forked_parent_writes_first, V_CACHE)
{
	struct ends e;

	idle_open(&e);
	fork_and_look(&e, true);
}

TEST(forked_child_writes_first, V_CACHE)
{
	struct ends e;

	idle_open(&e);
	fork_and_look(&e, false);
}

static void do_nothing(void *arg)
{
	(void)arg;
}

/* fork() makes the memory such that writing to it may copy pages: they are not
 * trusted any more, even if the parent keeps those that are pinned.
 */
TEST(forked_while_idle, V_CACHE)
{
	struct ends e;

	idle_open(&e);
	reap(child(do_nothing, NULL));
	are_dropped();
	is_shared_with_peer(&e);
	hits_are(0);
}

TEST(forked_while_registered, V_CACHE)
{
	struct ends e;

	own_namespace();
	ends_open(&e, LEN);
	memset(e.mem, 'i', LEN);
	reap(child(do_nothing, NULL));
	/* the parent has kept its pages */
	peer_writes(&e, e.stag, 'w');
	CHECK(is_all(e.mem, LEN, 'w'));
	memset(e.mem, 'm', LEN);
	peer_reads(&e, e.stag, 'm');
	deregister(e.p.b, e.stag);
	are_dropped();
	deregister(e.p.b, is_shared_with_peer(&e));
	is_shared_with_peer(&e);
	hits_are(1);
}

/* --- ends of processes ---------------------------------------------------- */

static void register_for_a_moment(void *arg)
{
	int *fd = arg;

	deregister(*fd, enrol(*fd, memory(LEN), LEN, ALL_RIGHTS));
	CHECK_EQ(counter("HpsRegionIdleOctets"), LEN);
}

static void and_be_killed(void *arg)
{
	register_for_a_moment(arg);
	kill(getpid(), SIGKILL);
}

static void and_be_another(void *arg)
{
	register_for_a_moment(arg);
	execlp("sleep", "sleep", "1000", NULL);
}

TEST(exit_gives_all_back, V_CACHE)
{
	int fd, status;
	pid_t pid;

	own_namespace();
	fd = new_socket();
	reap(child(register_for_a_moment, &fd));
	counter_becomes("HpsPinnedOctets", 0, 20000);
	pid = child(and_be_killed, &fd);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	counter_becomes("HpsPinnedOctets", 0, 20000);
	pid = child(and_be_another, &fd);
	counter_becomes("HpsRegionCacheDropped", 3, 20000);
	counter_becomes("HpsPinnedOctets", 0, 20000);
	/* It has not ended: it is another program. */
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(counter("HpsRegionCacheEvicted"), 0);
}

/* A namespace ends with its last socket, and what is idle in it. */
TEST(namespace_ends, V_CACHE)
{
	/* before it is idle for too long */
	long long end = now_ms() + scaled(8000);
	int i, fd;

	for (i = 0; i < 5; i++) {
		own_namespace();
		fd = new_socket();
		deregister(fd, enrol(fd, memory(LEN), LEN, ALL_RIGHTS));
		CHECK(charged());
		close(fd);
	}
	own_namespace();
	while (charged()) {
		CHECK(now_ms() < end);
		usleep(1000);
	}
}

/* --- bounds --------------------------------------------------------------- */

TEST(off, V_CACHE)
{
	char *p = memory(LEN);
	int fd;

	own_namespace();
	sysctl_set("region_cache", 0);
	fd = new_socket();
	deregister(fd, enrol(fd, p, LEN, ALL_RIGHTS));
	CHECK_EQ(charged(), 0);
	CHECK_EQ(counter("HpsPinnedOctets"), 0);
	deregister(fd, enrol(fd, p, LEN, ALL_RIGHTS));
	hits_are(0);
	CHECK_EQ(counter("HpsRegionCacheMiss"), 0);
}

TEST(limit_of_the_cache, V_CACHE)
{
	char *p = memory(LEN);
	int fd, i;

	own_namespace();
	sysctl_set("region_cache", 4 * PAGE);
	fd = new_socket();
	for (i = 0; i < 3; i++)
		deregister(fd, enrol(fd, p + 2 * i * PAGE, 2 * PAGE, ALL_RIGHTS));
	CHECK_EQ(counter("HpsRegionIdleOctets"), 4 * PAGE);
	CHECK_EQ(counter("HpsRegionCacheEvicted"), 1);
	counter_becomes("HpsPinnedOctets", 4 * PAGE, 20000);
	CHECK_EQ(charged(), 4 * PAGE);
	/* the first one went */
	enrol(fd, p + 2 * PAGE, 2 * PAGE, ALL_RIGHTS);
	enrol(fd, p + 4 * PAGE, 2 * PAGE, ALL_RIGHTS);
	hits_are(2);
	enrol(fd, p, 2 * PAGE, ALL_RIGHTS);
	hits_are(2);
	/* more than there is room for */
	deregister(fd, enrol(fd, p, 5 * PAGE, ALL_RIGHTS));
	CHECK_EQ(counter("HpsRegionIdleOctets"), 0);
	CHECK_EQ(charged(), 6 * PAGE);
}

TEST(limit_of_memory, V_CACHE)
{
	struct rlimit less = { 5 * PAGE, 10 * PAGE };
	char *p = memory(40 * PAGE);
	int fd;

	own_namespace();
	be_somebody(10 * PAGE);
	fd = new_socket();
	deregister(fd, enrol(fd, p, 10 * PAGE, ALL_RIGHTS));
	CHECK_EQ(charged(), 10 * PAGE);
	deregister(fd, enrol(fd, p, 10 * PAGE, ALL_RIGHTS));
	hits_are(1);
	/* what is idle is in nobody's way */
	deregister(fd, enrol(fd, p + 10 * PAGE, 6 * PAGE, ALL_RIGHTS));
	CHECK_EQ(counter("HpsRegionCacheEvicted"), 1);
	CHECK_EQ(charged(), 6 * PAGE);
	deregister(fd, enrol(fd, p + 20 * PAGE, 4 * PAGE, ALL_RIGHTS));
	CHECK_EQ(charged(), 10 * PAGE);
	enrol(fd, p, 0, ALL_RIGHTS);
	CHECK_EQ(counter("HpsRegionCacheEvicted"), 2);
	CHECK_EQ(charged(), 5 * PAGE);
	CHECK_ERR(try_memory(fd, p, 10 * PAGE, ALL_RIGHTS), ENOMEM);
	/* nor does it let him have more than he may have now */
	deregister(fd, enrol(fd, p, 9 * PAGE, ALL_RIGHTS));
	CHECK(setrlimit(RLIMIT_MEMLOCK, &less) == 0);
	CHECK_ERR(try_memory(fd, p, 9 * PAGE, ALL_RIGHTS), ENOMEM);
	CHECK_EQ(charged(), PAGE);
	hits_are(1);
}

/* What root has locked without a limit is not what he may lock who he became. */
TEST(limit_of_who_was_privileged, V_CACHE)
{
	char *p = memory(20 * PAGE);
	int fd;

	own_namespace();
	fd = new_socket();
	deregister(fd, enrol(fd, p, 20 * PAGE, ALL_RIGHTS));
	deregister(fd, enrol(fd, p, 5 * PAGE, ALL_RIGHTS));
	be_somebody(10 * PAGE);
	CHECK_ERR(try_memory(fd, p, 20 * PAGE, ALL_RIGHTS), ENOMEM);
	enrol(fd, p, 5 * PAGE, ALL_RIGHTS);
	hits_are(0);
}

/* Pages of one file page, which are in no piece. */
static char *scattered(unsigned int pages)
{
	int mem = memfd_create("scattered", 0);
	char *p = memory(pages * PAGE);
	unsigned int i;

	CHECK(mem >= 0 && ftruncate(mem, PAGE) == 0);
	for (i = 0; i < pages; i++)
		CHECK(mmap(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED, mem, 0) == p + i * PAGE);
	return p;
}

TEST(budget_of_mappings, V_CACHE)
{
	char *p = scattered(8), *q = scattered(8);
	int fd;

	own_namespace();
	sysctl_set("map_budget", 10 * PAGE);
	fd = new_socket();
	deregister(fd, enrol(fd, p, 8 * PAGE, ALL_RIGHTS));
	CHECK_EQ(counter("HpsMappedOctets"), 8 * PAGE);
	enrol(fd, q, 8 * PAGE, ALL_RIGHTS);
	CHECK_EQ(counter("HpsMappedOctets"), 8 * PAGE);
	CHECK_EQ(counter("HpsRegionPerPage"), 0);
	CHECK_EQ(counter("HpsRegionCacheEvicted"), 1);
}

TEST(age, V_CACHE)
{
	char *p = memory(LEN);
	int fd;

	own_namespace();
	fd = new_socket();
	deregister(fd, enrol(fd, p, LEN, ALL_RIGHTS));
	CHECK_EQ(charged(), LEN);
	counter_becomes("HpsPinnedOctets", 0, 20000);
	CHECK_EQ(charged(), 0);
	CHECK_EQ(counter("HpsRegionCacheEvicted"), 1);
	CHECK_EQ(counter("HpsRegionCacheDropped"), 0);
}

/* --- all at once ---------------------------------------------------------- */

static volatile bool over;

/* Changes its memory in all ways, and looks with a peer whether that is what the
 * region has.
 */
static void *changes_its_memory(void *arg)
{
	struct ends *e = arg;
	uint64_t seed = (uintptr_t)e->mem;
	uint32_t stag = 0;
	int i;

	for (i = 0; i < (on_debug_kernel() ? 60 : 300); i++) {
		switch (seeded(&seed) % 6) {
		case 0:
			map_at(e->mem, LEN);
			break;
		case 1:
			map_at(e->mem + seeded(&seed) % 16 * PAGE, PAGE);
			break;
		case 2:
			CHECK(madvise(e->mem, LEN, MADV_DONTNEED) == 0);
			break;
		case 3:
			CHECK(mprotect(e->mem, LEN, PROT_READ) == 0);
			CHECK(mprotect(e->mem, LEN, PROT_READ | PROT_WRITE) == 0);
			break;
		}
		stag = is_shared_with_peer(e);
		deregister(e->p.b, stag);
	}
	return NULL;
}

/* Registers what another one changes: it may get what was before or is after, or
 * nothing.
 */
static void *registers_what_changes(void *arg)
{
	struct ends *e = arg;
	struct hps_direct_region r;

	while (!over) {
		r = region(e->mem, LEN, ALL_RIGHTS);
		if (try_register(e->p.a, &r) == 0)
			deregister(e->p.a, r.stag);
		else
			CHECK(errno == EFAULT);
	}
	return NULL;
}

static void *forks(void *arg)
{
	while (!over) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid)
			_exit(0);
		CHECK_EQ(waitpid(pid, NULL, 0), pid);
		usleep(on_debug_kernel() ? 20000 : 2000);
	}
	return arg;
}

TEST_LIMIT(many_at_once, V_CACHE, 120)
{
	static struct ends ends[3];
	pthread_t changing[3], registering[2], forking;
	int i;

	own_namespace();
	sysctl_set("region_cache", 4 * LEN);
	for (i = 0; i < 3; i++) {
		ends_open(&ends[i], LEN);
		deregister(ends[i].p.b, ends[i].stag);
	}
	for (i = 0; i < 3; i++)
		CHECK(!pthread_create(&changing[i], NULL, changes_its_memory,
				      &ends[i]));
	for (i = 0; i < 2; i++)
		CHECK(!pthread_create(&registering[i], NULL,
				      registers_what_changes, &ends[i]));
	CHECK(!pthread_create(&forking, NULL, forks, NULL));
	for (i = 0; i < 3; i++)
		CHECK(!pthread_join(changing[i], NULL));
	over = true;
	for (i = 0; i < 2; i++)
		CHECK(!pthread_join(registering[i], NULL));
	CHECK(!pthread_join(forking, NULL));
	CHECK(counter("HpsRegionCacheHit") > 0);
	CHECK(counter("HpsRegionCacheDropped") > 0);
	CHECK_EQ(counter("HpsRegions"), 3);
	for (i = 0; i < 3; i++)
		pair_close(&ends[i].p);
	counter_becomes("HpsPinnedOctets", 0, 20000);
	CHECK_EQ(charged(), 0);
}
