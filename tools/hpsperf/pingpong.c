// SPDX-License-Identifier: GPL-2.0
/*
 * hpsperf pingpong: round trips of messages of many sizes.
 *
 * All sizes use one connection, as the application would. Each begins with
 * rounds that do not count: they open the transport's window and let it bring
 * up further paths.
 */
#include "pingpong.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "common/clock.h"
#include "common/direct.h"
#include "common/fail.h"
#include "common/out.h"
#include "common/perf.h"
#include "common/stats.h"
#include "options.h"
#include "pattern.h"

#define TIME_DEFAULT_NS	NSEC_PER_SEC

/**
 * struct pingpong - the whole test
 * @out: what is sent
 * @in: what comes back
 * @queue: of receives that are posted, if @posted; @sink: the region @in
 * @rtt_ns: one batch's round trips
 * @client: CPU time of the counted batches; @server likewise
 */
struct pingpong {
	const struct options	*options;
	int			fd;
	char			*out;
	char			*in;
	struct direct_queue	queue;
	uint32_t		sink;
	uint64_t		*rtt_ns;
	struct usage		client;
	struct usage		server;
};

/* Waits for a moment, or not if it has passed. Return: when a round begins. */
static uint64_t wait_until(uint64_t due_ns)
{
	struct timespec due = {
		.tv_sec = due_ns / NSEC_PER_SEC,
		.tv_nsec = due_ns % NSEC_PER_SEC,
	};

	if (clock_ns() > due_ns)
		return due_ns;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
		;
	return clock_ns();
}

static int post_rest(int fd, const struct batch *batch, uint64_t at)
{
	const struct hps_direct_post post = {
		.op = HPS_DIRECT_RECV,
		.flags = batch->by_record ? 0 : HPS_DIRECT_WAITALL,
		.sink = batch->sink,
		.sink_offset = at,
		.len = batch->size - at,
	};

	return direct_post(fd, &post, NULL, 0);
}

/* As below; what comes back goes to memory that is posted before it can come. */
static int exchange_posted(int fd, const struct batch *batch)
{
	struct hps_direct_completion done;
	uint64_t at = 0;

	if (post_rest(fd, batch, 0) || perf_send(fd, batch->out, batch->size))
		return -1;
	for (;;) {
		if (direct_take(batch->queue, fd, batch->timeout_ms, &done))
			return -1;
		if (!done.len || done.value != done.len)
			return fail("the server sent %llu bytes where %llu have room",
				    (unsigned long long)done.value,
				    (unsigned long long)done.len);
		at += done.len;
		/* Several records. */
		if (at == batch->size)
			return 0;
		if (post_rest(fd, batch, at))
			return -1;
	}
}

static int exchange(int fd, const struct batch *batch)
{
	if (batch->queue)
		return exchange_posted(fd, batch);
	if (perf_send(fd, batch->out, batch->size))
		return -1;
	return perf_recv(fd, batch->in, batch->size);
}

static int run_rounds(int fd, const struct batch *batch)
{
	uint64_t begin = clock_ns(), start = begin, now, i;

	for (i = 0; i < batch->rounds; i++) {
		if (batch->every_ns)
			start = wait_until(begin + i * batch->every_ns);
		if (exchange(fd, batch))
			return -1;
		now = clock_ns();
		batch->rtt_ns[i] = now - start;
		start = now;
	}
	return 0;
}

int pingpong_batch(int fd, const struct batch *batch)
{
	const struct perf_want want = {
		.test = PERF_PINGPONG,
		.size = batch->size,
		.rounds = batch->rounds,
	};
	struct perf_result result;

	if (perf_start(fd, &want))
		return -1;
	usage_now(batch->client);
	if (run_rounds(fd, batch))
		return -1;
	usage_since(batch->client);
	if (memcmp(batch->out, batch->in, batch->size))
		return fail("what came back is not what was sent");
	return client_result(fd, &result, batch->server);
}

/* Runs @rounds round trips; what is measured is left in @test. */
static int run_batch(struct pingpong *test, uint64_t size, uint64_t rounds,
		     uint64_t every_ns, struct usage *client, struct usage *server)
{
	struct batch batch = {
		.out = test->out, .in = test->in, .size = size,
		.rounds = rounds, .every_ns = every_ns,
		.queue = test->options->posted ? &test->queue : NULL,
		.sink = test->sink,
		.by_record = test->options->sock.type == SOCK_SEQPACKET,
		.timeout_ms = test->options->sock.timeout_ms,
		.client = client, .server = server,
	};

	batch.rtt_ns = reallocarray(test->rtt_ns, rounds, sizeof(*batch.rtt_ns));
	if (!batch.rtt_ns)
		return fail("not enough memory for %llu rounds",
			    (unsigned long long)rounds);
	test->rtt_ns = batch.rtt_ns;
	return pingpong_batch(test->fd, &batch);
}

/* Return: the round trip in nanoseconds, 0 after fail(). */
static uint64_t warm_up(struct pingpong *test, uint64_t size)
{
	uint64_t begin = clock_ns(), start, rounds;
	struct usage client, server;

	for (rounds = 1; ; rounds *= 2) {
		start = clock_ns();
		if (run_batch(test, size, rounds, 0, &client, &server))
			return 0;
		if (clock_ns() - begin >= test->options->warmup_ns)
			return (clock_ns() - start) / rounds + 1;
	}
}

/* All round trips in their order. */
static void print_samples(const struct pingpong *test, uint64_t rounds)
{
	uint64_t i;

	if (!test->options->samples)
		return;
	out_list_begin("rtt_us");
	for (i = 0; i < rounds; i++)
		out_double(NULL, NULL, test->rtt_ns[i] / 1e3);
	out_list_end();
}

static void print_stats(uint64_t size, const struct stats *stats)
{
	client_print_rtt(stats);
	out_double("mbit_per_s", " %11.3f", stats_mbit_per_s(size, stats->median_ns));
	out_text("\n");
}

/* Return: how many rounds, 0 after fail(). */
static uint64_t choose_rounds(struct pingpong *test, uint64_t size)
{
	const struct options *options = test->options;
	uint64_t time_ns = options->time_ns ? options->time_ns : TIME_DEFAULT_NS;
	uint64_t rtt = warm_up(test, size);

	if (!rtt)
		return 0;
	if (options->rounds)
		return options->rounds;
	if (options->every_ns)
		return 1 + time_ns / options->every_ns;
	return stats_rounds(rtt, time_ns);
}

static int run_size(struct pingpong *test, uint64_t size)
{
	uint64_t rounds = choose_rounds(test, size), start;
	struct usage client, server;
	struct stats stats;

	start = clock_ns();
	if (!rounds || run_batch(test, size, rounds, test->options->every_ns,
				 &client, &server))
		return -1;
	usage_add(&test->client, &client);
	usage_add(&test->server, &server);

	out_object_begin(NULL);
	out_u64("size", "%9llu", size);
	out_u64("rounds", " %8llu", rounds);
	out_double("start_s", NULL, start / 1e9);
	print_samples(test, rounds);
	stats_of(test->rtt_ns, rounds, &stats);
	print_stats(size, &stats);
	out_object_end();
	return 0;
}

int pingpong_buffers(uint64_t size, char **out, char **in)
{
	*out = malloc(size);
	*in = malloc(size);
	if (!*out || !*in)
		return fail("not enough memory for messages of %llu bytes",
			    (unsigned long long)size);
	pattern_fill(*out, size);
	return 0;
}

static int make_buffers(struct pingpong *test)
{
	struct hps_direct_region sink = {
		.len = options_largest(test->options),
		.flags = HPS_DIRECT_SINK,
	};

	if (pingpong_buffers(sink.len, &test->out, &test->in))
		return -1;
	if (!test->options->posted)
		return 0;
	sink.addr = (uintptr_t)test->in;
	if (direct_register(test->fd, &sink))
		return -1;
	test->sink = sink.stag;
	return direct_queue_open(&test->queue, test->fd, 1);
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
	struct pingpong test = { .options = options, .queue.fd = -1 };
	int err;

	if (options->posted && options->sock.proto != SOCK_PROTO_HPS)
		return fail("%s has no posted receives, only hps has",
			    sock_proto_name(options->sock.proto));
	test.fd = client_connect(options, args[0]);
	if (test.fd < 0)
		return -1;
	err = sock_set_nodelay(test.fd);
	if (!err)
		err = make_buffers(&test);
	if (!err)
		err = run_sizes(&test, args[0]);
	direct_queue_close(&test.queue);
	close(test.fd);
	free(test.rtt_ns);
	free(test.in);
	free(test.out);
	return err;
}
