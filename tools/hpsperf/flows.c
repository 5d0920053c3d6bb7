// SPDX-License-Identifier: GPL-2.0
/*
 * hpsperf multistream, fanout and fanin: many streams at once.
 *
 * multistream sends several streams to one host, fanout to each of many; with
 * fanin all of these send to this host. Each stream is a connection with a
 * process of its own and is counted where its bytes arrive.
 */
#include "flows.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common/fail.h"
#include "common/out.h"
#include "common/perf.h"
#include "common/stats.h"
#include "crowd.h"
#include "meter.h"
#include "options.h"
#include "stream.h"

#define COUNT_DEFAULT	8

/**
 * struct flows - the whole test
 * @hosts: stream I has host I modulo @host_count
 * @inward: the hosts send
 */
struct flows {
	const char		*test;
	const struct options	*options;
	char			**hosts;
	unsigned int		host_count;
	bool			inward;
};

/* What one stream leaves. */
struct flow {
	struct perf_result	result;
	struct usage		client;
	struct usage		server;
};

static const char *host_of(const struct flows *flows, unsigned int index)
{
	return flows->hosts[index % flows->host_count];
}

static int prepare(const void *arg, unsigned int index)
{
	const struct flows *flows = arg;
	int fd = client_connect(flows->options, host_of(flows, index));

	if (fd < 0 || !flows->options->nodelay || !sock_set_nodelay(fd))
		return fd;
	close(fd);
	return -1;
}

static int receive_blocks(int fd, void *buf, size_t size, struct meter *meter)
{
	const char *more = buf;

	do {
		if (perf_recv(fd, buf, size))
			return -1;
		meter_count(meter, size);
	} while (*more);
	return 0;
}

static int run_inward(const struct flows *flows, int fd, struct flow *flow)
{
	const struct options *options = flows->options;
	const struct perf_want want = {
		.test = PERF_SOURCE,
		.size = options->write_size,
		.nsec = stream_time(options),
	};
	struct perf_result theirs;
	struct meter meter;
	int err = -1;
	void *buf;

	buf = malloc(options->write_size);
	if (!buf)
		return fail("not enough memory for blocks of %llu bytes",
			    (unsigned long long)options->write_size);
	if (!meter_init(&meter, 0) && !perf_start(fd, &want)) {
		meter_start(&meter);
		err = receive_blocks(fd, buf, options->write_size, &meter);
	}
	free(buf);
	meter_result(&meter, &flow->result);
	return err ? -1 : client_result(fd, &theirs, &flow->server);
}

static int run_outward(const struct flows *flows, int fd, struct flow *flow)
{
	const struct perf_want want = {
		.test = PERF_STREAM,
		.size = flows->options->write_size,
	};

	if (perf_start(fd, &want) || stream_send(fd, flows->options))
		return -1;
	return client_result(fd, &flow->result, &flow->server);
}

static int run(const void *arg, unsigned int index, int fd, void *slot)
{
	const struct flows *flows = arg;
	struct flow *flow = slot;
	int err;

	(void)index;
	usage_now(&flow->client);
	err = flows->inward ? run_inward(flows, fd, flow) :
		run_outward(flows, fd, flow);
	usage_since(&flow->client);
	return err;
}

static double overall(const struct flow *flow)
{
	return stats_rate(be64toh(flow->result.bytes), be64toh(flow->result.nsec));
}

static double steady(const struct flow *flow)
{
	return stats_rate(be64toh(flow->result.steady_bytes),
			  be64toh(flow->result.steady_nsec));
}

static void print_flow(const char *host, const struct flow *flow)
{
	out_object_begin(NULL);
	out_str("host", "%-24s", host);
	out_u64("bytes", " %14llu bytes", be64toh(flow->result.bytes));
	out_double("seconds", " in %8.3f s:", be64toh(flow->result.nsec) / 1e9);
	out_double("mbit_per_s", " %9.1f Mbit/s", overall(flow));
	if (flow->result.steady_nsec)
		out_double("steady_mbit_per_s", ", steady %9.1f", steady(flow));
	else
		out_null("steady_mbit_per_s");
	out_double("longest_gap_ms", NULL, be64toh(flow->result.gap_nsec) / 1e6);
	out_text("\n");
	out_object_end();
}

static void print_sums(const struct flow *flows, unsigned int count)
{
	double rates[CROWD_MAX], sum = 0, steady_sum = 0;
	bool all_steady = true;
	unsigned int i;

	for (i = 0; i < count; i++) {
		rates[i] = overall(&flows[i]);
		sum += rates[i];
		steady_sum += steady(&flows[i]);
		all_steady &= flows[i].result.steady_nsec != 0;
	}
	out_double("mbit_per_s", "all: %.1f Mbit/s overall", sum);
	if (all_steady)
		out_double("steady_mbit_per_s", ", %.1f Mbit/s steady", steady_sum);
	else
		out_null("steady_mbit_per_s");
	out_double("fairness", ", fairness %.3f\n", stats_fairness(rates, count));
}

static void report(const struct flows *test, const struct flow *flows,
		   unsigned int count)
{
	struct usage client = { 0 }, server = { 0 };
	unsigned int i;

	client_print_head(test->options, test->test,
			  test->host_count > 1 ? "several hosts" : test->hosts[0]);
	out_u64("streams", "%llu streams at once\n", count);
	out_u64("write_size", NULL, test->options->write_size);
	out_list_begin("results");
	for (i = 0; i < count; i++) {
		print_flow(host_of(test, i), &flows[i]);
		usage_join(&client, &flows[i].client);
		usage_join(&server, &flows[i].server);
	}
	out_list_end();
	print_sums(flows, count);
	if (test->options->cpu)
		client_print_cpu(&client, &server);
}

static int run_all(struct flows *test, unsigned int count_default)
{
	const struct options *options = test->options;
	unsigned int per_host = options->count ? options->count : count_default;
	struct crowd crowd = {
		.slot_size = sizeof(struct flow),
		.prepare = prepare, .run = run, .arg = test,
	};
	struct flow *flows;

	while (test->hosts[test->host_count])
		test->host_count++;
	crowd.count = per_host * test->host_count;
	if (crowd.count > CROWD_MAX)
		return fail("%u streams are more than %d", crowd.count, CROWD_MAX);
	flows = crowd_run(&crowd);
	if (!flows)
		return -1;
	report(test, flows, crowd.count);
	crowd_free(&crowd, flows);
	return 0;
}

int multistream_run(const struct options *options, char **args)
{
	struct flows test = { .test = "multistream", .options = options, .hosts = args };

	return run_all(&test, COUNT_DEFAULT);
}

int fanout_run(const struct options *options, char **args)
{
	struct flows test = { .test = "fanout", .options = options, .hosts = args };

	return run_all(&test, 1);
}

int fanin_run(const struct options *options, char **args)
{
	struct flows test = {
		.test = "fanin", .options = options, .hosts = args, .inward = true,
	};

	return run_all(&test, 1);
}
