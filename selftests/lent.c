// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 *
 * HPS_DIRECT_LENT: payload of WRITEs that goes as it lies in the program's memory.
 */
#include <sys/mman.h>

#include "pair.h"
#include "post.h"

static struct hps_direct_post lent(uint64_t data, uint32_t stag, uint64_t offset)
{
	struct hps_direct_post post = post_write(data, stag, offset);

	post.flags = HPS_DIRECT_LENT;
	return post;
}

/* How many octets of a WRITE went without a copy? */
static long long lent_of(struct ends *e, struct hps_direct_post post, char *from,
			 size_t len)
{
	long long before = counter("HpsLentOctets");

	post_ok(e->p.a, post, from, len);
	queue_expect(&e->q, post.data, 0);
	CHECK(pattern_ok(e->mem + post.offset, len, post.data));
	/* It is the program's again, whoever else still holds the pages. */
	memset(from, 0xee, len);
	CHECK(pattern_ok(e->mem + post.offset, len, post.data));
	return counter("HpsLentOctets") - before;
}

TEST(lent_until_it_is_completed, V_DIRECT)
{
	struct ends e;
	int i;

	ends_open(&e, 4 * MB);
	for (i = 0; i < 8; i++) {
		size_t len = 3 * MB - i;

		CHECK_EQ(lent_of(&e, lent(i, e.stag, 100 * i), pattern_of(len, i),
				 len), len);
	}
}

TEST(lent_at_odd_places, V_DIRECT)
{
	struct ends e;
	char *mem;
	int i;

	ends_open(&e, 1 * MB);
	mem = memory(1 * MB);
	for (i = 1; i < 4096; i = i * 3 + 1) {
		size_t len = 100000 + i;

		pattern(mem + i, len, i);
		CHECK_EQ(lent_of(&e, lent(i, e.stag, 4096 - i), mem + i, len), len);
	}
}

/* What is not lent, or not worth it, or must not change on its way, is copied. */
TEST(copied_all_the_same, V_DIRECT)
{
	struct ends e;

	ends_open(&e, 1 * MB);
	CHECK_EQ(lent_of(&e, post_write(1, e.stag, 0), pattern_of(MB, 1), MB), 0);
	CHECK_EQ(lent_of(&e, lent(2, e.stag, 0), pattern_of(16383, 2), 16383), 0);
	CHECK_EQ(lent_of(&e, lent(3, e.stag, 0), pattern_of(16384, 3), 16384), 16384);
	sysctl_set("zerocopy_min", MB);
	CHECK_EQ(lent_of(&e, lent(4, e.stag, 0), pattern_of(MB - 1, 4), MB - 1), 0);
	CHECK_EQ(lent_of(&e, lent(5, e.stag, 0), pattern_of(MB, 5), MB), MB);
	sysctl_set("zerocopy_min", 16384);
}

TEST(copied_with_crc, V_HPS)
{
	struct linger now = { 1, 0 };
	struct ends e;

	sysctl_set("crc", 1);
	ends_open(&e, 1 * MB);
	CHECK_EQ(lent_of(&e, lent(1, e.stag, 0), pattern_of(MB, 1), MB), 0);
	sysctl_set("crc", 0);
	/* The pool takes no channel that ends so: the next ones are without again. */
	setsockopt(e.p.a, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(e.p.a);
}

/* The pages are held, not the mapping. */
TEST(lent_and_unmapped, V_DIRECT)
{
	struct ends e;
	char *from;

	ends_open(&e, 8 * MB);
	from = mmap(NULL, 8 * MB, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(from != MAP_FAILED);
	pattern(from, 8 * MB, 7);
	post_ok(e.p.a, lent(7, e.stag, 0), from, 8 * MB);
	CHECK(!munmap(from, 8 * MB));
	queue_expect(&e.q, 7, 0);
	CHECK(pattern_ok(e.mem, 8 * MB, 7));
}

TEST(lent_what_cannot_be_read, V_DIRECT)
{
	struct hps_direct_post post;
	struct ends e;
	char *from;

	ends_open(&e, 1 * MB);
	from = mmap(NULL, MB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(from != MAP_FAILED);
	post = lent(1, e.stag, 0);
	CHECK_ERR(try_post(e.p.a, &post, from, MB, 0), EFAULT);
	/* The half that can be read is taken. */
	CHECK(!mprotect(from, MB / 2, PROT_READ | PROT_WRITE));
	pattern(from, MB / 2, 2);
	post = lent(2, e.stag, 0);
	CHECK_EQ(try_post(e.p.a, &post, from, MB, 0), MB / 2);
	queue_expect(&e.q, 2, 0);
	CHECK(pattern_ok(e.mem, MB / 2, 2));
	CHECK(is_all(e.mem + MB / 2, MB / 2, 0));
}

TEST(only_writes_lend, V_DIRECT)
{
	struct hps_direct_post post;
	struct ends e;

	ends_open(&e, 4096);
	post = post_read(1, e.stag, 0, e.sink_stag, 0, 8);
	post.flags = HPS_DIRECT_LENT;
	CHECK_ERR(try_post(e.p.a, &post, NULL, 0, 0), EINVAL);
	post = post_add(1, e.stag, 0, 1);
	post.flags = HPS_DIRECT_LENT;
	CHECK_ERR(try_post(e.p.a, &post, NULL, 0, 0), EINVAL);
	post = post_recv(1, e.sink_stag, 0, 8);
	post.flags = HPS_DIRECT_LENT;
	CHECK_ERR(try_post(e.p.a, &post, NULL, 0, 0), EINVAL);
}
