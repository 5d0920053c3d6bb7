// SPDX-License-Identifier: GPL-2.0
/* hpsperf server: the other end of the tests. */
#include "server.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/direct.h"
#include "common/fail.h"
#include "common/forks.h"
#include "common/perf.h"
#include "meter.h"
#include "options.h"
#include "pattern.h"
#include "usage.h"

#define READ_SIZE	(256 * 1024)

/**
 * struct test - one test of one client, as it asked for it
 * @nsec: of a source
 * @stag: of the memory that is lent for one-sided operations; 0: none is
 */
struct test {
	enum perf_test	kind;
	uint64_t	size;
	uint64_t	rounds;
	uint64_t	nsec;
	uint64_t	interval_ns;
	uint32_t	stag;
};

static int parse_request(const struct perf_request *request, struct test *test)
{
	test->kind = request->test;
	test->size = be64toh(request->size);
	test->rounds = be64toh(request->rounds);
	test->nsec = be64toh(request->nsec);
	test->interval_ns = be32toh(request->interval_ms) * NSEC_PER_MSEC;
	test->stag = 0;
	if (memcmp(request->magic, PERF_MAGIC, sizeof(request->magic)))
		return fail("the client does not speak hpsperf's protocol");
	if (be16toh(request->version) != PERF_VERSION)
		return fail("the client speaks version %u of hpsperf's protocol",
			    be16toh(request->version));
	if (test->kind < PERF_PINGPONG || test->kind > PERF_ATOMIC ||
	    request->reserved)
		return fail("the client asks for an unknown test");
	if (!test->size || test->size > PERF_SIZE_MAX)
		return fail("the client asks for messages of %llu bytes",
			    (unsigned long long)test->size);
	return 0;
}

static bool is_one_sided(const struct test *test)
{
	return test->kind >= PERF_WRITE;
}

static size_t buffer_size(const struct test *test)
{
	return test->size > READ_SIZE ? test->size : READ_SIZE;
}

static int swallow(int fd, const struct test *test, void *buf, struct meter *meter)
{
	struct iovec iov = { buf, buffer_size(test) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t got;

	while ((got = recvmsg(fd, &msg, 0)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail("receiving failed: %s", strerror(errno));
		if (msg.msg_flags & MSG_TRUNC)
			return fail("a message was longer than announced");
		meter_count(meter, got);
	}
	return 0;
}

static int echo(int fd, const struct test *test, void *buf, struct meter *meter)
{
	size_t back = test->kind == PERF_PING ? 1 : test->size;
	uint64_t i;

	for (i = 0; i < test->rounds; i++) {
		if (perf_recv(fd, buf, test->size) ||
		    perf_send(fd, buf, back))
			return -1;
		meter_count(meter, test->size);
	}
	return 0;
}

static int pour(int fd, const struct test *test, void *buf, struct meter *meter)
{
	uint64_t end = meter->start_ns + test->nsec;
	char *more = buf;

	memset(buf, 'h', test->size);
	do {
		*more = clock_ns() < end;
		if (perf_send(fd, buf, test->size))
			return -1;
		meter_count(meter, test->size);
	} while (*more);
	return 0;
}

/* Registers @buf for the client. Return: its status, after fail() if it is none. */
static enum perf_status lend(int fd, struct test *test, void *buf)
{
	static const unsigned int rights[] = {
		/* to see that it is there */
		[PERF_WRITE]	= HPS_DIRECT_REMOTE_WRITE | HPS_DIRECT_REMOTE_READ,
		[PERF_READ]	= HPS_DIRECT_REMOTE_READ,
		[PERF_ATOMIC]	= HPS_DIRECT_REMOTE_ATOMIC,
	};
	struct hps_direct_region region = {
		.addr = (uintptr_t)buf,
		.len = test->size,
		.rights = rights[test->kind],
		.flags = HPS_DIRECT_ONLY,
	};

	if (test->kind == PERF_READ)
		pattern_fill(buf, test->size);
	else
		memset(buf, 0, test->size);
	if (direct_register(fd, &region))
		return errno == ENOMEM ? PERF_MEMORY : PERF_UNABLE;
	test->stag = region.stag;
	return PERF_OK;
}

/* The client does the rest, and then ends. */
static int wait_end(int fd, const struct test *test, void *buf, struct meter *meter)
{
	const struct perf_region region = {
		.stag = htobe32(test->stag),
		.size = htobe64(test->size),
	};
	uint64_t moved;
	ssize_t got;
	char octet;

	(void)buf;
	(void)meter;
	if (perf_send(fd, &region, sizeof(region)))
		return -1;
	do {
		moved = direct_moved(fd);
		got = recv(fd, &octet, 1, 0);
	} while (got < 0 && (errno == EINTR ||
			     (errno == EAGAIN && direct_moved(fd) != moved)));
	if (got < 0)
		return fail("waiting for the client failed: %s",
			    strerror(errno == EAGAIN ? ETIMEDOUT : errno));
	return got ? fail("the client sent octets that nobody wanted") : 0;
}

static int send_result(int fd, const struct meter *meter, const struct usage *usage)
{
	struct perf_result result = {
		.user_nsec = htobe64(usage->user_ns),
		.system_nsec = htobe64(usage->system_ns),
		.machine_busy = htobe64(usage->machine_busy),
		.machine_all = htobe64(usage->machine_all),
		.cpu_nsec = htobe64(usage->wall_ns),
		.copied = htobe64(usage->copied),
		.moved = htobe64(usage->moved),
	};

	meter_result(meter, &result);
	if (perf_send(fd, &result, sizeof(result)))
		return -1;
	if (!meter->bin_count)
		return 0;
	return perf_send(fd, meter->bins, meter->bin_count * sizeof(*meter->bins));
}

static int run_metered(int fd, struct test *test, void *buf, struct meter *meter)
{
	static int (* const kinds[])(int fd, const struct test *test, void *buf,
				     struct meter *meter) = {
		[PERF_PINGPONG]	= echo,
		[PERF_STREAM]	= swallow,
		[PERF_SOURCE]	= pour,
		[PERF_PING]	= echo,
		[PERF_WRITE]	= wait_end,
		[PERF_READ]	= wait_end,
		[PERF_ATOMIC]	= wait_end,
	};
	struct perf_answer answer = { .version = htobe16(PERF_VERSION) };
	enum perf_status status = PERF_OK;
	struct usage usage;

	if (is_one_sided(test))
		status = lend(fd, test, buf);
	answer.status = htobe16(status);
	if (perf_send(fd, &answer, sizeof(answer)) || status)
		return -1;
	meter_start(meter);
	usage_now(&usage);
	if (kinds[test->kind](fd, test, buf, meter))
		return -1;
	usage_since(&usage);
	return send_result(fd, meter, &usage);
}

static int run_test(int fd, struct test *test)
{
	struct meter meter;
	void *buf;
	int err;

	buf = malloc(buffer_size(test));
	if (!buf)
		return fail("not enough memory for messages of %zu bytes",
			    buffer_size(test));
	err = meter_init(&meter, test->kind == PERF_STREAM ? test->interval_ns : 0);
	if (!err)
		err = run_metered(fd, test, buf, &meter);
	/* whatever the client still does */
	if (test->stag)
		direct_deregister(fd, test->stag);
	meter_free(&meter);
	free(buf);
	return err;
}

static int refuse(int fd)
{
	struct perf_answer answer = {
		.version = htobe16(PERF_VERSION),
		.status = htobe16(PERF_BAD),
	};

	perf_send(fd, &answer, sizeof(answer));
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
		if (test.kind == PERF_STREAM || is_one_sided(&test))
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
