// SPDX-License-Identifier: GPL-2.0
/* What all tests do with the server, around the test itself. */
#include "client.h"

#include <endian.h>

#include "common/fail.h"
#include "common/out.h"
#include "common/perf.h"
#include "common/stats.h"
#include "options.h"

int client_connect(const struct options *options, const char *host)
{
	return sock_connect(&options->sock, host, options->port);
}

int client_result(int fd, struct perf_result *result, struct usage *usage)
{
	if (perf_recv(fd, result, sizeof(*result)))
		return -1;
	usage->user_ns = be64toh(result->user_nsec);
	usage->system_ns = be64toh(result->system_nsec);
	usage->machine_busy = be64toh(result->machine_busy);
	usage->machine_all = be64toh(result->machine_all);
	usage->copied = be64toh(result->copied);
	usage->moved = be64toh(result->moved);
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

void client_print_rtt(const struct stats *stats)
{
	out_double("rtt_median_us", " %13.1f", stats->median_ns / 1e3);
	out_double("rtt_min_us", " %13.1f", stats->min_ns / 1e3);
	out_double("rtt_p99_us", " %13.1f", stats->p99_ns / 1e3);
	out_double("rtt_p999_us", NULL, stats->p999_ns / 1e3);
	out_double("rtt_max_us", NULL, stats->max_ns / 1e3);
}

void client_print_cpu(const struct usage *client, const struct usage *server)
{
	out_object_begin("cpu");
	usage_print("client", client);
	usage_print("server", server);
	out_object_end();
}
