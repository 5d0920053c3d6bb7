// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 *
 * Protection domains: who has which, who may share one, when it ends.
 */
#include <fcntl.h>

#include "region.h"

TEST(domain_of_another_socket, V_HPS)
{
	int a = new_socket(), b = new_socket(), c = new_socket();
	char *p = memory(PAGE);
	uint32_t stag;

	no_cache();
	stag = enrol(a, p, PAGE, ALL_RIGHTS);
	CHECK_ERR(try_deregister(b, stag), ENOENT);
	CHECK(try_domain(b, a) == 0);
	deregister(b, stag);
	/* one that has none gets one, and the third in the row has the same */
	CHECK(try_domain(c, b) == 0);
	stag = enrol(c, p, PAGE, ALL_RIGHTS);
	close(c);
	close(b);
	deregister(a, stag);
	CHECK_EQ(charged(), 0);
}

TEST(domain_ends_with_the_last, V_HPS)
{
	int a, b, copy;

	own_namespace();
	a = new_socket();
	b = new_socket();
	copy = dup(b);
	CHECK(try_domain(a, b) == 0);
	enrol(a, memory(PAGE), PAGE, ALL_RIGHTS);
	close(a);
	close(b);
	CHECK_EQ(counter("HpsRegions"), 1);
	close(copy);
	CHECK_EQ(counter("HpsRegions"), 0);
}

TEST(domain_of_what_is_no_socket_of_ours, V_HPS)
{
	int fd = new_socket(), file = open("/", O_RDONLY);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(file >= 0 && tcp >= 0);
	CHECK_ERR(try_domain(fd, -1), EBADF);
	CHECK_ERR(try_domain(fd, 1000), EBADF);
	CHECK_ERR(try_domain(fd, file), EINVAL);
	CHECK_ERR(try_domain(fd, tcp), EINVAL);
	CHECK_ERR(try_domain(fd, fd), EINVAL);
	/* any of ours, however it was made */
	CHECK(try_domain(fd, socket(AF_HPS, SOCK_SEQPACKET, 0)) == 0);
}

TEST(domain_of_any_family, V_HPS)
{
	int fd = new_socket();

	CHECK(try_domain(fd, socket(AF_INET, SOCK_STREAM, IPPROTO_HPS)) == 0);
}

TEST(domain_is_for_life, V_HPS)
{
	int a = new_socket(), b = new_socket(), c = new_socket();
	char *p = memory(PAGE);
	uint32_t stag;

	/* a domain of its own that is not used is none */
	CHECK_ERR(try_memory(a, NULL, 1, ALL_RIGHTS), EFAULT);
	deregister(a, enrol(a, p, PAGE, ALL_RIGHTS));
	CHECK(try_domain(a, b) == 0);
	CHECK_ERR(try_domain(a, c), EBUSY);
	CHECK_ERR(try_domain(a, b), EBUSY);
	/* the one who shares it has it as well */
	CHECK_ERR(try_domain(b, c), EBUSY);
	/* and so has who registered */
	stag = enrol(c, p, PAGE, ALL_RIGHTS);
	CHECK_ERR(try_domain(c, a), EBUSY);
	deregister(c, stag);
	CHECK(try_domain(c, a) == 0);
}

TEST(domain_of_another_namespace, V_HPS)
{
	int other = new_socket(), fd;

	own_namespace();
	fd = new_socket();
	CHECK_ERR(try_domain(fd, other), EINVAL);
	CHECK_ERR(try_domain(other, fd), EINVAL);
	enrol(fd, memory(PAGE), PAGE, ALL_RIGHTS);
}

TEST(domain_of_another_user, V_HPS)
{
	int other = new_socket(), fd;

	be_somebody(PAGE);
	fd = new_socket();
	CHECK_ERR(try_domain(fd, other), EPERM);
	CHECK_ERR(try_domain(other, fd), EPERM);
	CHECK(try_domain(fd, new_socket()) == 0);
}

TEST(domain_of_accepted, V_HPS)
{
	char *p = memory(PAGE);
	struct pair pair;
	int lst, a, b;

	lst = listener(8);
	/* what waits from before has it as well */
	a = connected_to(port_of(lst));
	enrol(lst, p, PAGE, ALL_RIGHTS);
	b = accept(lst, NULL, NULL);
	CHECK(b >= 0);
	deregister(lst, enrol(b, p, PAGE, ALL_RIGHTS));
	deregister(b, enrol(lst, p, PAGE, ALL_RIGHTS));
	CHECK_ERR(try_deregister(a, enrol(b, p, PAGE, ALL_RIGHTS)), ENOENT);
	CHECK_ERR(try_domain(b, a), EBUSY);
	close(lst);
	deregister(b, enrol(b, p, PAGE, ALL_RIGHTS));

	/* that of a listener without one have none */
	pair_open(&pair);
	CHECK_ERR(try_deregister(pair.b, enrol(pair.lst, p, PAGE, ALL_RIGHTS)),
		  ENOENT);
	CHECK(try_domain(pair.b, pair.lst) == 0);
	deregister(pair.b, enrol(pair.lst, p, PAGE, ALL_RIGHTS));
}

TEST(domain_stays_after_disconnect, V_HPS)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	char *p = memory(PAGE);
	struct pair pair;
	uint32_t stag;

	pair_open(&pair);
	stag = enrol(pair.a, p, PAGE, ALL_RIGHTS);
	CHECK(connect(pair.a, &nobody, sizeof(nobody)) == 0);
	CHECK(try_connect(pair.a, port_of(pair.lst)) == 0);
	deregister(pair.a, stag);
}
