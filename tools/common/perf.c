// SPDX-License-Identifier: GPL-2.0
/* A client of hpsperf's server: what all tests do around the test itself. */
#include "common/perf.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "common/fail.h"
#include "common/sock.h"

int perf_send(int fd, const void *buf, size_t len)
{
	struct iovec iov = { (void *)buf, len };
	int err = sock_send_all(fd, &iov, 1);

	if (err == -EMSGSIZE)
		return fail("a message of %zu bytes is too long for this socket", len);
	if (err)
		return fail("sending failed: %s", strerror(-err));
	return 0;
}

int perf_recv(int fd, void *buf, size_t len)
{
	ssize_t got = sock_recv_all(fd, buf, len);

	if (got < 0)
		return fail("receiving failed: %s", strerror(-got));
	if ((size_t)got < len)
		return fail("the server ended the connection");
	return 0;
}

static int refused(unsigned int status, const struct perf_want *want)
{
	switch (status) {
	case PERF_UNABLE:
		return fail("the server has no one-sided operations: its module hps is too old");
	case PERF_MEMORY:
		return fail("the server cannot register %llu bytes of its memory (RLIMIT_MEMLOCK)",
			    (unsigned long long)want->size);
	}
	if (want->test >= PERF_WRITE)
		return fail("the server refused the test: it is too old for one-sided operations");
	return fail("the server refused the test");
}

int perf_start(int fd, const struct perf_want *want)
{
	struct perf_request request = {
		.magic = PERF_MAGIC,
		.version = htobe16(PERF_VERSION),
		.test = want->test,
		.interval_ms = htobe32(want->interval_ms),
		.size = htobe64(want->size),
		.rounds = htobe64(want->rounds),
		.nsec = htobe64(want->nsec),
	};
	struct perf_answer answer;

	if (perf_send(fd, &request, sizeof(request)) ||
	    perf_recv(fd, &answer, sizeof(answer)))
		return -1;
	if (be16toh(answer.version) != PERF_VERSION)
		return fail("the server speaks version %u of hpsperf's protocol, this side version %u",
			    be16toh(answer.version), PERF_VERSION);
	return answer.status ? refused(be16toh(answer.status), want) : 0;
}
