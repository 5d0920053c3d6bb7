// SPDX-License-Identifier: GPL-2.0
/*
 * hpsperf pingpong: round trips of messages of many sizes.
 *
 * All sizes use one connection, as the application would. Each begins with
 * rounds that do not count: they open the transport's window and let it bring
 * up further paths.
 */
#include "pingpong.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common/clock.h"
#include "common/fail.h"
#include "common/out.h"
#include "options.h"
#include "stats.h"

#define TIME_DEFAULT_NS	NSEC_PER_SEC

/**
 * struct pingpong - the whole test
 * @out: what is sent
 * @in: what comes back
 * @rtt_ns: one batch's round trips
 * @client: CPU time of the counted batches; @server likewise
 */
struct pingpong {
	const struct options	*options;
	int			fd;
	char			*out;
	char			*in;
	uint64_t		*rtt_ns;
	struct usage		client;
	struct usage		server;
};

/* Runs @rounds round trips; what is measured is left in @test. */
static int run_batch(struct pingpong *test, uint64_t size, uint64_t rounds,
		     struct usage *client, struct usage *server)
{
	uint64_t *rtt, start, now, i;
	struct perf_result result;

	rtt = reallocarray(test->rtt_ns, rounds, sizeof(*rtt));
	if (!rtt)
		return fail("not enough memory for %llu rounds",
			    (unsigned long long)rounds);
	test->rtt_ns = rtt;
	if (client_start(test->fd, PERF_PINGPONG, size, rounds, 0))
		return -1;
	usage_now(client);
	start = clock_ns();
	for (i = 0; i < rounds; i++) {
		if (client_send(test->fd, test->out, size) ||
		    client_recv(test->fd, test->in, size))
			return -1;
		now = clock_ns();
		rtt[i] = now - start;
		start = now;
	}
	usage_since(client);
	if (memcmp(test->out, test->in, size))
		return fail("what came back is not what was sent");
	return client_result(test->fd, &result, server);
}

/* Return: the round trip in nanoseconds, 0 after fail(). */
static uint64_t warm_up(struct pingpong *test, uint64_t size)
{
	uint64_t begin = clock_ns(), start, rounds;
	struct usage client, server;

	for (rounds = 1; ; rounds *= 2) {
		start = clock_ns();
		if (run_batch(test, size, rounds, &client, &server))
			return 0;
		if (clock_ns() - begin >= test->options->warmup_ns)
			return (clock_ns() - start) / rounds + 1;
	}
}

static void print_row(uint64_t size, uint64_t rounds, const struct stats *stats)
{
	out_object_begin(NULL);
	out_u64("size", "%9llu", size);
	out_u64("rounds", " %8llu", rounds);
	out_double("rtt_median_us", " %13.1f", stats->median_ns / 1e3);
	out_double("rtt_min_us", " %13.1f", stats->min_ns / 1e3);
	out_double("rtt_p99_us", " %13.1f", stats->p99_ns / 1e3);
	out_double("mbit_per_s", " %11.3f", stats_mbit_per_s(size, stats->median_ns));
	out_text("\n");
	out_object_end();
}

static int run_size(struct pingpong *test, uint64_t size)
{
	const struct options *options = test->options;
	uint64_t rtt, rounds = options->rounds;
	struct usage client, server;
	struct stats stats;

	rtt = warm_up(test, size);
	if (!rtt)
		return -1;
	if (!rounds)
		rounds = stats_rounds(rtt, options->time_ns ? options->time_ns :
				      TIME_DEFAULT_NS);
	if (run_batch(test, size, rounds, &client, &server))
		return -1;
	usage_add(&test->client, &client);
	usage_add(&test->server, &server);
	stats_of(test->rtt_ns, rounds, &stats);
	print_row(size, rounds, &stats);
	return 0;
}

static int make_buffers(struct pingpong *test)
{
	uint64_t i, largest = 0;

	for (i = 0; i < test->options->size_count; i++)
		if (test->options->sizes[i] > largest)
			largest = test->options->sizes[i];
	test->out = malloc(largest);
	test->in = malloc(largest);
	if (!test->out || !test->in)
		return fail("not enough memory for messages of %llu bytes",
			    (unsigned long long)largest);
	/* Pieces in the wrong order must not look right. */
	for (i = 0; i < largest; i++)
		test->out[i] = i * 2654435761u >> 13;
	return 0;
}

static int run_sizes(struct pingpong *test, const char *host)
{
	unsigned int i;

	client_print_head(test->options, "pingpong", host);
	out_text("%9s %8s %13s %13s %13s %11s\n", "bytes", "rounds",
		 "median us", "min us", "p99 us", "Mbit/s");
	out_list_begin("results");
	for (i = 0; i < test->options->size_count; i++)
		if (run_size(test, test->options->sizes[i]))
			return -1;
	out_list_end();
	if (test->options->cpu)
		client_print_cpu(&test->client, &test->server);
	return 0;
}

int pingpong_run(const struct options *options, char **args)
{
	struct pingpong test = { .options = options };
	int err;

	test.fd = client_connect(options, args[0]);
	if (test.fd < 0)
		return -1;
	err = sock_set_nodelay(test.fd);
	if (!err)
		err = make_buffers(&test);
	if (!err)
		err = run_sizes(&test, args[0]);
	free(test.rtt_ns);
	free(test.in);
	free(test.out);
	close(test.fd);
	return err;
}
