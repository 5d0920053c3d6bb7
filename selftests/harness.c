// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the tests that a program has, see harness.h.
 *
 * usage: PROGRAM [-l|-n] [VARIANT|TEST]...
 * -l lists; -n stays in the caller's network namespace; names pick variants and
 * tests, none of a kind picks all (on the debug kernel all but TCP).
 * HPS_SLOW=N multiplies all limits (10 on the debug kernel).
 */
#include "harness.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/hps.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Plain TCP shows that an expectation is right, which needs no debug kernel; nor
 * does the full table of families, protocols and types: each has its turn there.
 */
static const struct variant variants[] = {
	{ "tcp4", AF_INET, AF_INET, SOCK_STREAM, 0, V_TCP },
	{ "tcp6", AF_INET6, AF_INET6, SOCK_STREAM, 0, V_TCP },
	{ "hps4", AF_HPS, AF_INET, SOCK_STREAM, 0, V_HPS_STREAM | V_DEBUG },
	{ "hps6", AF_HPS, AF_INET6, SOCK_STREAM, 0, V_HPS_STREAM },
	{ "inet4", AF_INET, AF_INET, SOCK_STREAM, IPPROTO_HPS, V_HPS_STREAM },
	{ "inet6", AF_INET6, AF_INET6, SOCK_STREAM, IPPROTO_HPS, V_HPS_STREAM },
	{ "hps4-seq", AF_HPS, AF_INET, SOCK_SEQPACKET, 0, V_HPS_SEQPACKET },
	{ "hps6-seq", AF_HPS, AF_INET6, SOCK_SEQPACKET, 0, V_HPS_SEQPACKET },
	{ "inet4-seq", AF_INET, AF_INET, SOCK_SEQPACKET, IPPROTO_HPS,
	  V_HPS_SEQPACKET },
	{ "inet6-seq", AF_INET6, AF_INET6, SOCK_SEQPACKET, IPPROTO_HPS,
	  V_HPS_SEQPACKET | V_DEBUG },
};

#define VARIANTS	(sizeof(variants) / sizeof(variants[0]))

const struct variant *v;

static struct test *tests, **tail = &tests;
static int number, failed, skipped, passed;
static char **names;

void harness_add(struct test *t)
{
	*tail = t;
	tail = &t->next;
}

bool on_debug_kernel(void)
{
	const char *kernel = getenv("HPS_KERNEL");

	return kernel && !strcmp(kernel, "debug");
}

static int slowness(void)
{
	const char *s = getenv("HPS_SLOW");

	if (s && atoi(s) > 0)
		return atoi(s);
	return on_debug_kernel() ? 10 : 1;
}

/* A limit in time on this machine. */
int scaled(int ms)
{
	return ms * slowness();
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
	int err = errno;
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("# %s:%d: %s (errno %s)\n", file, line, text,
	       strerrorname_np(err));
	fflush(stdout);
	_exit(1);
}

void test_skip(const char *why)
{
	printf("# skipped: %s\n", why);
	fflush(stdout);
	_exit(EXIT_SKIP);
}

/* Where every thread of a test that hangs stands in the kernel. */
static void show_stacks(pid_t pid)
{
	char cmd[400];

	fflush(stdout);
	snprintf(cmd, sizeof(cmd),
		 "for p in $(pgrep -g %d 2>/dev/null); do for t in /proc/$p/task/*; do echo \"# $t $(cat $t/comm)\"; head -n 12 $t/stack | sed 's/^/#  /'; done; done",
		 pid);
	if (system(cmd))
		printf("# (no stacks)\n");
}

static int run_test(struct test *t)
{
	struct pollfd p = { .events = POLLIN };
	int status, limit = scaled(t->seconds * 1000);
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		t->run();
		fflush(stdout);
		_exit(0);
	}
	setpgid(pid, pid);
	p.fd = syscall(SYS_pidfd_open, pid, 0);
	if (poll(&p, 1, limit) != 1) {
		printf("# not finished after %d ms\n", limit);
		show_stacks(pid);
	}
	close(p.fd);
	/* children of the test too, whatever became of it */
	kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) {
		printf("# killed by signal %d\n", WTERMSIG(status));
		return 1;
	}
	return WEXITSTATUS(status);
}

static bool available(void)
{
	int fd = socket(v->domain, v->type, v->protocol);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || (errno != EAFNOSUPPORT && errno != EPROTONOSUPPORT &&
			   errno != ESOCKTNOSUPPORT);
}

static void report(struct test *t, bool have)
{
	int rc = have ? run_test(t) : EXIT_SKIP;
	const char *note = "";

	if (rc == EXIT_SKIP) {
		note = have ? " # SKIP" : " # SKIP no such socket";
		skipped++;
	} else if (rc) {
		failed++;
	} else {
		passed++;
	}
	printf("%sok %d %s %s%s\n", rc && rc != EXIT_SKIP ? "not " : "",
	       ++number, t->name, v->name, note);
}

static bool is_variant(const char *name)
{
	size_t i;

	for (i = 0; i < VARIANTS; i++)
		if (!strcmp(variants[i].name, name))
			return true;
	return false;
}

/* No name of this kind was given, or this one was. */
static bool picked(const char *name, bool variant)
{
	bool any = false;
	char **p;

	for (p = names; *p; p++) {
		if (is_variant(*p) != variant)
			continue;
		any = true;
		if (!strcmp(*p, name))
			return true;
	}
	return !any && (!variant || v->group & V_DEBUG || !on_debug_kernel());
}

static bool is_first_of_kind(void)
{
	const struct variant *w;

	for (w = variants; w != v; w++)
		if (!((w->group ^ v->group) & V_ALL) &&
		    (w->group & V_DEBUG || !on_debug_kernel()))
			return false;
	return true;
}

static bool is_for(const struct test *t)
{
	return t->groups & v->group &&
	       (is_first_of_kind() || !(t->groups & V_ONCE));
}

static void each(void (*what)(struct test *t, bool have))
{
	struct test *t;
	bool have;
	size_t i;

	for (i = 0; i < VARIANTS; i++) {
		v = &variants[i];
		if (!picked(v->name, true))
			continue;
		have = available();
		for (t = tests; t; t = t->next)
			if (is_for(t) && picked(t->name, false))
				what(t, have);
	}
}

static void list(struct test *t, bool have)
{
	printf("%s %s%s\n", v->name, t->name, have ? "" : " (no such socket)");
}

static void count(struct test *t, bool have)
{
	(void)t;
	(void)have;
	number++;
}

/* A network namespace with nothing but loopback. Each program has one; a test
 * that counts or disturbs what others see takes another.
 */
void own_namespace(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET)) {
		printf("1..0 # SKIP needs root for a network namespace\n");
		exit(EXIT_SKIP);
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr)) {
		perror("lo");
		exit(1);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	bool only_list = argc > 1 && !strcmp(argv[1], "-l");
	bool stay = argc > 1 && !strcmp(argv[1], "-n");

	names = argv + 1 + (only_list || stay);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (only_list) {
		each(list);
		return 0;
	}
	if (!stay)
		own_namespace();
	each(count);
	printf("TAP version 13\n1..%d\n", number);
	number = 0;
	each(report);
	printf("# Totals: pass:%d fail:%d skip:%d\n", passed, failed, skipped);
	if (failed)
		return 1;
	return passed ? 0 : EXIT_SKIP;
}
