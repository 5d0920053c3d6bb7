// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 300
 *
 * Where the kernel sees registered memory: what the budget for mappings did not
 * suffice for is mapped when it is posted and there is room, or room is made; huge
 * pages, with a mapping and without.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pair.h"
#include "post.h"

#define PAGE	4096UL
#define PAGES	8
#define SIZE	(PAGES * PAGE)
/* octets before the page that is there twice */
#define DATA	((PAGES - 1) * PAGE)

static void budget(unsigned long octets)
{
	sysctl_set("map_budget", octets);
}

/* Memory whose last page is its first one: it is in no piece. */
static char *in_no_piece(void)
{
	int mem = memfd_create("in no piece", 0);
	char *p = memory(SIZE);

	CHECK(mem >= 0 && ftruncate(mem, DATA) == 0);
	CHECK(mmap(p, DATA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   mem, 0) == p);
	CHECK(mmap(p + DATA, PAGE, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED, mem, 0) == p + DATA);
	close(mem);
	return p;
}

/* A connection in a namespace with a budget of @octets, memory for receives. */
static void open_with(struct inbox *in, unsigned long octets)
{
	own_namespace();
	/* What is ended shall give its mapping back at once. */
	sysctl_set("region_cache", 0);
	budget(octets);
	pair_open(&in->p);
	queue_open(&in->q, in->p.b, 2 * HPS_DIRECT_DEPTH);
	in->len = SIZE;
	in->mem = in_no_piece();
	in->stag = enrol_with(in->p.b, in->mem, SIZE, 0, HPS_DIRECT_SINK);
}

/* Data comes into posted memory and is right. */
static void receive(struct inbox *in)
{
	memset(in->mem, 0, DATA);
	inbox_post_whole(in, 1, 5, DATA - 5);
	send_pattern(in->p.a, DATA - 5, 0);
	inbox_message(in, 1, DATA - 5);
	CHECK(pattern_ok(in->mem + 5, DATA - 5, 0));
}

static void expect(long long mapped, long long late, long long lost)
{
	CHECK_EQ(counter("HpsMappedOctets"), mapped);
	CHECK_EQ(counter("HpsRegionMappedLate"), late);
	CHECK_EQ(counter("HpsRegionUnmapped"), lost);
}

TEST(when_it_is_posted, V_DIRECT)
{
	struct inbox in;

	open_with(&in, 0);
	CHECK_EQ(counter("HpsRegionPerPage"), 1);
	receive(&in);
	expect(0, 0, 0);
	budget(SIZE - PAGE);
	receive(&in);
	expect(0, 0, 0);
	budget(SIZE);
	receive(&in);
	expect(SIZE, 1, 0);
	receive(&in);
	expect(SIZE, 1, 0);
	deregister(in.p.b, in.stag);
	expect(0, 1, 0);
}

/* Octets come to one that was posted before the region had a mapping. */
TEST(while_it_is_filled, V_HPS_STREAM | V_ONCE)
{
	struct inbox in;

	open_with(&in, 0);
	inbox_post_whole(&in, 1, 0, DATA);
	send_pattern(in.p.a, 10000, 0);
	wait_out_queue_empty(in.p.a);
	budget(SIZE);
	inbox_post(&in, 2, 0, 1);
	expect(SIZE, 1, 0);
	send_pattern(in.p.a, DATA - 10000, 10000);
	inbox_message(&in, 1, DATA);
	CHECK(pattern_ok(in.mem, DATA, 0));
}

/* Not only the first piece of a receive. */
TEST(each_piece, V_DIRECT)
{
	struct hps_direct_piece more = { .len = 1000 };
	struct inbox in;

	open_with(&in, 0);
	more.stag = enrol_with(in.p.b, in_no_piece(), SIZE, 0, HPS_DIRECT_SINK);
	budget(4 * SIZE);
	CHECK_EQ(try_pieces(in.p.b, post_recv(1, in.stag, 0, 1000), &more, 1),
		 0);
	expect(2 * SIZE, 2, 0);
}

TEST(sink_of_a_read, V_DIRECT)
{
	struct inbox in;
	uint32_t stag;

	open_with(&in, 0);
	stag = enrol(in.p.a, pattern_of(DATA, 0), DATA, ALL_RIGHTS);
	budget(SIZE);
	post_ok(in.p.b, post_read(7, stag, 0, in.stag, 0, DATA), NULL, 0);
	queue_expect(&in.q, 7, 0);
	CHECK(pattern_ok(in.mem, DATA, 0));
	expect(SIZE, 1, 0);
}

/* What may not be posted is not mapped. */
TEST(not_if_it_is_refused, V_DIRECT)
{
	struct inbox in;

	open_with(&in, 0);
	budget(SIZE);
	CHECK_ERR(inbox_try(&in, 1, 0, SIZE + 1, 0), EACCES);
	in.stag ^= 1;
	CHECK_ERR(inbox_try(&in, 1, 0, 1, 0), EACCES);
	expect(0, 0, 0);
}

/* Who does not use his mapping loses it to who posts, and goes on page by page;
 * then the other way round.
 */
TEST(room_is_made, V_DIRECT)
{
	struct inbox first, second;

	open_with(&first, SIZE);
	receive(&first);
	expect(SIZE, 0, 0);
	second = first;
	second.mem = in_no_piece();
	second.stag = enrol_with(first.p.b, second.mem, SIZE, 0,
				 HPS_DIRECT_SINK);
	CHECK_EQ(counter("HpsRegionPerPage"), 1);
	while (counter("HpsRegionMappedLate") < 1)
		receive(&second);
	expect(SIZE, 1, 1);
	while (counter("HpsRegionMappedLate") < 2)
		receive(&first);
	expect(SIZE, 2, 2);
	receive(&second);
	deregister(first.p.b, first.stag);
	receive(&second);
	expect(SIZE, 3, 2);
	deregister(first.p.b, second.stag);
	expect(0, 3, 2);
}

/* --- huge pages -------------------------------------------------------------- */

#define HUGE_PAGE	(2 * MB)

static void huge_pages(int nr)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");

	CHECK(f);
	CHECK(fprintf(f, "%d", nr) > 0 && fclose(f) == 0);
}

/* Two huge pages: those of @mem, or turned: in one of these ways they are in no
 * piece.
 */
static char *two_huge_pages(int mem, int turned)
{
	char *p = memory(3 * HUGE_PAGE);
	int i;

	p = (char *)(((uintptr_t)p + HUGE_PAGE - 1) & -HUGE_PAGE);
	for (i = 0; i < 2; i++)
		CHECK(mmap(p + i * HUGE_PAGE, HUGE_PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED, mem,
			   (i ^ turned) * HUGE_PAGE) == p + i * HUGE_PAGE);
	return p;
}

/* @p is @len octets of the pattern from @from at @at, and nothing else. */
static void huge_is(const char *p, size_t at, size_t len, uint64_t from)
{
	CHECK(is_all(p, at, 0));
	CHECK(pattern_ok(p + at, len, from));
	CHECK(is_all(p + at + len, 2 * HUGE_PAGE - at - len, 0));
}

/* WRITE and READ of its octets at @at, as part of all and as a region of its own; then
 * READ to it.
 */
static void across(struct ends *e, char *p, size_t at, size_t len)
{
	uint32_t whole = enrol(e->p.b, p, 2 * HUGE_PAGE, ALL_RIGHTS);
	uint32_t part = enrol(e->p.b, p + at, len, ALL_RIGHTS);
	uint32_t sink = enrol_with(e->p.a, p, 2 * HUGE_PAGE, 0, HPS_DIRECT_SINK);

	memset(p, 0, 2 * HUGE_PAGE);
	post_ok(e->p.a, post_write(1, whole, at), pattern_of(len, 1), len);
	queue_expect(&e->q, 1, 0);
	huge_is(p, at, len, 1);
	memset(e->sink, 0xdb, e->len);
	post_ok(e->p.a, post_read(2, whole, at - 1, e->sink_stag, 0, len + 2),
		NULL, 0);
	queue_expect(&e->q, 2, 0);
	CHECK(!e->sink[0] && pattern_ok(e->sink + 1, len, 1));
	CHECK(!e->sink[len + 1]);
	post_ok(e->p.a, post_write(3, part, 0), pattern_of(len, 2), len);
	queue_expect(&e->q, 3, 0);
	huge_is(p, at, len, 2);
	post_ok(e->p.a, post_read(4, part, 0, e->sink_stag, 0, len), NULL, 0);
	queue_expect(&e->q, 4, 0);
	CHECK(pattern_ok(e->sink, len, 2));
	pattern(e->mem, len, 3);
	post_ok(e->p.a, post_read(5, e->stag, 0, sink, at, len), NULL, 0);
	queue_expect(&e->q, 5, 0);
	huge_is(p, at, len, 3);
	deregister(e->p.b, whole);
	deregister(e->p.b, part);
	deregister(e->p.a, sink);
}

TEST(huge_pages, V_DIRECT)
{
	unsigned long octets;
	struct ends e;
	int i, mem;
	char *p;

	if (access("/sys/kernel/mm/hugepages/hugepages-2048kB", F_OK)) {
		/* the small kernel that looks for faults has none */
		CHECK(on_debug_kernel());
		return;
	}
	own_namespace();
	sysctl_set("region_cache", 0);
	ends_open(&e, 16 * PAGE);
	huge_pages(2);
	mem = memfd_create("huge", MFD_HUGETLB);
	CHECK(mem >= 0 && ftruncate(mem, 2 * HUGE_PAGE) == 0);
	for (octets = 0; octets <= 64 * MB; octets += 64 * MB) {
		budget(octets);
		for (i = 0; i < 2; i++) {
			p = two_huge_pages(mem, i);
			across(&e, p, HUGE_PAGE - 5, 10);
			across(&e, p, HUGE_PAGE - 5, 5);
			across(&e, p, HUGE_PAGE - 5 * PAGE - 5, 10 * PAGE);
			CHECK(munmap(p, 2 * HUGE_PAGE) == 0);
		}
	}
	close(mem);
	p = mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	CHECK(p != MAP_FAILED);
	across(&e, p, HUGE_PAGE - 5, 10);
	huge_pages(0);
}

/* --- races ------------------------------------------------------------------- */

static struct inbox busy;
static uint32_t tag;
static bool over;

/* Regions come and go, with room for their mappings or not. */
static void *registers(void *arg)
{
	char *mem[2] = { in_no_piece(), in_no_piece() };
	int i, rounds = on_debug_kernel() ? 50 : 300;
	uint32_t stag[2] = {};

	(void)arg;
	for (i = 0; i < rounds; i++) {
		budget(0);
		stag[i % 2] = enrol_with(busy.p.b, mem[i % 2], SIZE, 0,
					 HPS_DIRECT_SINK);
		__atomic_store_n(&tag, stag[i % 2], __ATOMIC_RELAXED);
		budget(SIZE);
		if (i)
			deregister(busy.p.b, stag[!(i % 2)]);
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	return NULL;
}

static void *sends(void *arg)
{
	char octets[3000] = {};

	/* until the other end closes */
	while (send(busy.p.a, octets, sizeof(octets), MSG_NOSIGNAL) > 0)
		;
	CHECK(__atomic_load_n(&over, __ATOMIC_RELAXED));
	return arg;
}

/* Posts into what is there, or was until now. */
static void *posts(void *arg)
{
	struct hps_direct_completion c;
	struct inbox in = busy;
	int err;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		in.stag = __atomic_load_n(&tag, __ATOMIC_RELAXED);
		err = inbox_try(&in, 1, 0, DATA, 0) ? errno : 0;
		CHECK(!err || err == EACCES || err == EAGAIN || err == ENOBUFS);
		while (queue_try(&in.q, &c))
			CHECK(c.status == 0 || c.status == -EFAULT);
	}
	return arg;
}

TEST(regions_go_as_they_are_posted, V_DIRECT)
{
	void *(*what[])(void *) = { registers, sends, posts };
	pthread_t threads[3];
	unsigned int i;

	open_with(&busy, 0);
	tag = busy.stag;
	for (i = 0; i < 3; i++)
		CHECK(!pthread_create(&threads[i], NULL, what[i], NULL));
	pthread_join(threads[0], NULL);
	pthread_join(threads[2], NULL);
	close(busy.p.b);
	pthread_join(threads[1], NULL);
	CHECK(counter("HpsRegionMappedLate") > 0);
	close(busy.p.a);
	CHECK_EQ(counter("HpsRegions"), 0);
	CHECK_EQ(counter("HpsMappedOctets"), 0);
}
