// SPDX-License-Identifier: GPL-2.0
/* hpsperf server: the other end of the tests. */
#include "server.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common/clock.h"
#include "common/fail.h"
#include "common/forks.h"
#include "options.h"
#include "proto.h"
#include "usage.h"

#define READ_SIZE	(256 * 1024)

/**
 * struct test - one test of one client
 * @interval_ns: 0 when no bins are wanted
 * @start_ns: when the answer was sent
 * @last_ns: when the last bytes came
 * @steady_ns: when "steady" began, 0 before
 * @steady_from: bytes received until then
 */
struct test {
	enum perf_test	kind;
	uint64_t	size;
	uint64_t	rounds;
	uint64_t	interval_ns;
	uint64_t	start_ns;
	uint64_t	last_ns;
	uint64_t	steady_ns;
	uint64_t	steady_from;
	uint64_t	bytes;
	unsigned int	bin_count;
	__be64		*bins;
};

static int parse_request(const struct perf_request *request, struct test *test)
{
	memset(test, 0, sizeof(*test));
	test->kind = request->test;
	test->size = be64toh(request->size);
	test->rounds = be64toh(request->rounds);
	test->interval_ns = be32toh(request->interval_ms) * NSEC_PER_MSEC;
	if (memcmp(request->magic, PERF_MAGIC, sizeof(request->magic)))
		return fail("the client does not speak hpsperf's protocol");
	if (be16toh(request->version) != PERF_VERSION)
		return fail("the client speaks version %u of hpsperf's protocol",
			    be16toh(request->version));
	if ((test->kind != PERF_PINGPONG && test->kind != PERF_STREAM) ||
	    request->reserved)
		return fail("the client asks for an unknown test");
	if (!test->size || test->size > PERF_SIZE_MAX)
		return fail("the client asks for messages of %llu bytes",
			    (unsigned long long)test->size);
	return 0;
}

static void count_bin(struct test *test, uint64_t now, uint64_t got)
{
	uint64_t bin;

	if (!test->bins)
		return;
	bin = (now - test->start_ns) / test->interval_ns;
	if (bin >= PERF_BINS_MAX)
		return;
	test->bins[bin] = htobe64(be64toh(test->bins[bin]) + got);
	test->bin_count = bin + 1;
}

static void count_bytes(struct test *test, uint64_t got)
{
	uint64_t now = clock_ns();

	test->bytes += got;
	test->last_ns = now;
	if (!test->steady_ns && now - test->start_ns >= NSEC_PER_SEC) {
		test->steady_ns = now;
		test->steady_from = test->bytes;
	}
	count_bin(test, now, got);
}

static int swallow(int fd, struct test *test, void *buf, size_t size)
{
	struct iovec iov = { buf, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t got;

	if (test->interval_ns) {
		test->bins = calloc(PERF_BINS_MAX, sizeof(*test->bins));
		if (!test->bins)
			return fail("not enough memory for intervals");
	}
	while ((got = recvmsg(fd, &msg, 0)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail("receiving failed: %s", strerror(errno));
		if (msg.msg_flags & MSG_TRUNC)
			return fail("a message was longer than announced");
		count_bytes(test, got);
	}
	return 0;
}

static int echo(int fd, struct test *test, void *buf)
{
	uint64_t i;

	for (i = 0; i < test->rounds; i++) {
		if (client_recv(fd, buf, test->size) ||
		    client_send(fd, buf, test->size))
			return -1;
		test->bytes += test->size;
	}
	test->last_ns = clock_ns();
	return 0;
}

static int send_result(int fd, const struct test *test, const struct usage *usage)
{
	uint64_t steady = test->steady_ns;
	struct perf_result result = {
		.bytes = htobe64(test->bytes),
		.nsec = htobe64(test->bytes ? test->last_ns - test->start_ns : 0),
		.steady_bytes = htobe64(steady ? test->bytes - test->steady_from : 0),
		.steady_nsec = htobe64(steady ? test->last_ns - steady : 0),
		.user_nsec = htobe64(usage->user_ns),
		.system_nsec = htobe64(usage->system_ns),
		.machine_busy = htobe64(usage->machine_busy),
		.machine_all = htobe64(usage->machine_all),
		.cpu_nsec = htobe64(usage->wall_ns),
		.bins = htobe32(test->bin_count),
	};

	if (client_send(fd, &result, sizeof(result)))
		return -1;
	if (!test->bin_count)
		return 0;
	return client_send(fd, test->bins, test->bin_count * sizeof(*test->bins));
}

static int run_test(int fd, struct test *test)
{
	struct perf_answer answer = { .version = htobe16(PERF_VERSION) };
	size_t size = test->size > READ_SIZE ? test->size : READ_SIZE;
	struct usage usage;
	void *buf;
	int err;

	buf = malloc(size);
	if (!buf)
		return fail("not enough memory for messages of %zu bytes", size);
	err = client_send(fd, &answer, sizeof(answer));
	test->start_ns = clock_ns();
	usage_now(&usage);
	if (!err)
		err = test->kind == PERF_STREAM ? swallow(fd, test, buf, size) :
			echo(fd, test, buf);
	usage_since(&usage);
	if (!err)
		err = send_result(fd, test, &usage);
	free(test->bins);
	free(buf);
	return err;
}

static int refuse(int fd)
{
	struct perf_answer answer = {
		.version = htobe16(PERF_VERSION),
		.status = htobe16(PERF_BAD),
	};

	client_send(fd, &answer, sizeof(answer));
	return -1;
}

static int run_tests(int fd)
{
	struct perf_request request;
	struct test test;
	ssize_t got;

	for (;;) {
		got = sock_recv_all(fd, &request, sizeof(request));
		if (!got)
			return 0;
		if (got < 0)
			return fail("receiving failed: %s", strerror(-got));
		if (got < (ssize_t)sizeof(request))
			return fail("the client ended in the middle of a request");
		if (parse_request(&request, &test))
			return refuse(fd);
		if (run_test(fd, &test))
			return -1;
		if (test.kind == PERF_STREAM)
			return 0;
	}
}

static int session(int fd, const char *peer, const void *arg)
{
	const struct options *options = arg;
	int err;

	err = sock_set_timeout(fd, options->sock.timeout_ms);
	if (!err)
		err = sock_set_nodelay(fd);
	if (!err)
		err = run_tests(fd);
	if (err)
		say_error("%s: %s", peer, fail_text());
	close(fd);
	return err ? 1 : 0;
}

int server_run(const struct options *options, char **args)
{
	struct sock_listeners listeners;

	(void)args;
	if (sock_listen(&options->sock, options->bind, options->port, &listeners))
		return -1;
	sock_listeners_announce(&listeners);
	return forks_serve(&listeners, options->max_clients, session, options);
}
