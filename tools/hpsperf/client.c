// SPDX-License-Identifier: GPL-2.0
/* What both tests do with the server, around the test itself. */
#include "client.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "common/fail.h"
#include "common/out.h"
#include "options.h"

int client_send(int fd, const void *buf, size_t len)
{
	struct iovec iov = { (void *)buf, len };
	int err = sock_send_all(fd, &iov, 1);

	if (err == -EMSGSIZE)
		return fail("a message of %zu bytes is too long for this socket", len);
	if (err)
		return fail("sending failed: %s", strerror(-err));
	return 0;
}

int client_recv(int fd, void *buf, size_t len)
{
	ssize_t got = sock_recv_all(fd, buf, len);

	if (got < 0)
		return fail("receiving failed: %s", strerror(-got));
	if ((size_t)got < len)
		return fail("the server ended the connection");
	return 0;
}

int client_connect(const struct options *options, const char *host)
{
	return sock_connect(&options->sock, host, options->port);
}

int client_start(int fd, const struct perf_want *want)
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

	if (client_send(fd, &request, sizeof(request)) ||
	    client_recv(fd, &answer, sizeof(answer)))
		return -1;
	if (be16toh(answer.version) != PERF_VERSION)
		return fail("the server speaks version %u of hpsperf's protocol, this side version %u",
			    be16toh(answer.version), PERF_VERSION);
	if (answer.status)
		return fail("the server refused the test");
	return 0;
}

int client_result(int fd, struct perf_result *result, struct usage *usage)
{
	if (client_recv(fd, result, sizeof(*result)))
		return -1;
	usage->user_ns = be64toh(result->user_nsec);
	usage->system_ns = be64toh(result->system_nsec);
	usage->machine_busy = be64toh(result->machine_busy);
	usage->machine_all = be64toh(result->machine_all);
	usage->wall_ns = be64toh(result->cpu_nsec);
	return 0;
}

void client_print_head(const struct options *options, const char *test,
		       const char *host)
{
	bool messages = options->sock.type == SOCK_SEQPACKET;

	out_str("tool", NULL, "hpsperf");
	out_str("test", "%s", test);
	out_str("host", " with %s", host);
	out_str("proto", " over %s", sock_proto_name(options->sock.proto));
	out_bool("seqpacket", messages);
	out_text("%s\n", messages ? ", message sockets" : "");
}

void client_print_cpu(const struct usage *client, const struct usage *server)
{
	out_object_begin("cpu");
	usage_print("client", client);
	usage_print("server", server);
	out_object_end();
}
