/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small harness for tests of sockets: TAP on stdout, one process per test
 * and variant, a limit in time, a network namespace of its own.
 *
 *	TEST(name, VARIANTS)
 *	{
 *		CHECK(listen(fd, 1) == 0);
 *		CHECK_ERR(bind(...), EADDRINUSE);
 *	}
 *
 * A variant says which socket() call is tried; plain TCP is the reference: a
 * test that fails there has a wrong expectation.
 */
#ifndef _HPS_SELFTESTS_HARNESS_H
#define _HPS_SELFTESTS_HARNESS_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/**
 * struct variant - a way to get a socket
 * @name:	in the results
 * @domain:	first argument of socket()
 * @family:	of the addresses
 * @type:	second argument
 * @protocol:	third argument
 * @group:	one of V_TCP, V_HPS_*; with V_DEBUG it is tried on the debug kernel
 */
struct variant {
	const char	*name;
	int		domain;
	int		family;
	int		type;
	int		protocol;
	unsigned int	group;
};

#define V_TCP		0x01
#define V_HPS_STREAM	0x02
#define V_HPS_SEQPACKET	0x04
#define V_DEBUG		0x08

/* With the first variant of each kind only: what waits for a timer and does not
 * ask for the family.
 */
#define V_ONCE		0x10

#define V_HPS		(V_HPS_STREAM | V_HPS_SEQPACKET)
#define V_STREAM	(V_TCP | V_HPS_STREAM)
#define V_ALL		(V_TCP | V_HPS)

struct test {
	const char	*name;
	void		(*run)(void);
	unsigned int	groups;
	unsigned int	seconds;
	struct test	*next;
};

#define EXIT_SKIP	4

/* The variant that the running test is to use. */
extern const struct variant *v;

void harness_add(struct test *t);
bool on_debug_kernel(void);
int scaled(int ms);
void own_namespace(void);
__attribute__((noreturn, format(printf, 3, 4)))
void test_fail(const char *file, int line, const char *fmt, ...);
__attribute__((noreturn)) void test_skip(const char *why);

static inline bool is_hps(void)
{
	return v->group & V_HPS;
}

static inline bool is_seqpacket(void)
{
	return v->group & V_HPS_SEQPACKET;
}

#define TEST_LIMIT(_name, _groups, _seconds)				\
	static void test_##_name(void);					\
	static struct test entry_##_name = {				\
		.name = #_name, .run = test_##_name,			\
		.groups = (_groups), .seconds = (_seconds),		\
	};								\
	__attribute__((constructor)) static void add_##_name(void)	\
	{								\
		harness_add(&entry_##_name);				\
	}								\
	static void test_##_name(void)

/* Long enough for a machine in emulation that has to share its processors. */
#define TEST(name, groups)	TEST_LIMIT(name, groups, 60)

#define CHECK(cond) do {						\
	if (!(cond))							\
		test_fail(__FILE__, __LINE__, "%s", #cond);		\
} while (0)

#define CHECK_EQ(expr, want) do {					\
	long long _got = (expr), _want = (want);			\
	if (_got != _want)						\
		test_fail(__FILE__, __LINE__, "%s is %lld, not %lld",	\
			  #expr, _got, _want);				\
} while (0)

/* @expr fails with errno @err */
#define CHECK_ERR(expr, err) do {					\
	long long _got;							\
									\
	errno = 0;							\
	_got = (expr);							\
	if (_got != -1)							\
		test_fail(__FILE__, __LINE__, "%s is %lld, not an error", \
			  #expr, _got);					\
	if (errno != (err))						\
		test_fail(__FILE__, __LINE__, "%s: not %s", #expr,	\
			  strerrorname_np(err));			\
} while (0)

#endif /* _HPS_SELFTESTS_HARNESS_H */
