// SPDX-License-Identifier: GPL-2.0
/*
 * hpsperf write, read, atomic: one-sided operations on the server's memory.
 *
 * The server lends a region and does nothing more. All operations are on its
 * beginning, and with more than one under way they overlap: each writes or
 * reads the same octets, so their order does not matter. Each size begins with
 * operations that do not count, as in a pingpong.
 */
#include "onesided.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common/clock.h"
#include "common/direct.h"
#include "common/fail.h"
#include "common/out.h"
#include "common/perf.h"
#include "common/stats.h"
#include "options.h"
#include "pingpong.h"

#define TIME_DEFAULT_NS	NSEC_PER_SEC
#define WORD		sizeof(uint64_t)

/* @depth_max: operations of this kind that the socket has under way */
struct kind {
	const char	*name;
	enum perf_test	test;
	unsigned int	op;
	unsigned int	depth_max;
};

/**
 * struct onesided - the whole test
 * @largest: size of the regions
 * @out: the server's pattern: what is written, or must be read
 * @in: the sink of reads, registered as @sink
 * @stag: the server's region
 * @times_ns: of one batch: when an operation was posted, then how long it took
 * @added: what the atomic operations have made of the server's word
 */
struct onesided {
	const struct options	*options;
	const struct kind	*kind;
	int			fd;
	uint64_t		largest;
	char			*out;
	char			*in;
	uint32_t		sink;
	uint32_t		stag;
	struct direct_queue	queue;
	uint64_t		*times_ns;
	uint64_t		added;
};

static int post(const struct onesided *test, unsigned int op, uint64_t size, uint64_t number)
{
	struct hps_direct_post post = {
		.data = number,
		.op = op,
		.stag = test->stag,
	};

	switch (op) {
	case HPS_DIRECT_WRITE:
		post.flags = HPS_DIRECT_LENT;
		return direct_post(test->fd, &post, test->out, size);
	case HPS_DIRECT_READ:
		post.sink = test->sink;
		post.len = size;
		break;
	case HPS_DIRECT_ADD:
		post.operand = 1;
		break;
	}
	return direct_post(test->fd, &post, NULL, 0);
}

/* The end of operation @number. */
static int take(struct onesided *test, uint64_t size, uint64_t number)
{
	struct hps_direct_completion done;

	if (direct_take(&test->queue, test->fd, test->options->sock.timeout_ms, &done))
		return -1;
	if (done.data != number || done.len != size)
		return fail("completion %llu of %llu bytes came for operation %llu of %llu bytes",
			    (unsigned long long)done.data, (unsigned long long)done.len,
			    (unsigned long long)number, (unsigned long long)size);
	if (done.op == HPS_DIRECT_ADD && done.value != test->added++)
		return fail("the server's word was %llu after %llu additions of 1",
			    (unsigned long long)done.value,
			    (unsigned long long)test->added - 1);
	return 0;
}

/* Return: what the batch took in nanoseconds, 0 after fail(). */
static uint64_t run_batch(struct onesided *test, uint64_t size, uint64_t rounds)
{
	uint64_t begin = clock_ns(), now = begin, posted = 0, done;
	uint64_t *times_ns;

	times_ns = reallocarray(test->times_ns, rounds, sizeof(*times_ns));
	if (!times_ns) {
		fail("not enough memory for %llu rounds", (unsigned long long)rounds);
		return 0;
	}
	test->times_ns = times_ns;
	for (done = 0; done < rounds; done++) {
		for (; posted < rounds && posted - done < test->options->depth; posted++) {
			times_ns[posted] = posted ? clock_ns() : begin;
			if (post(test, test->kind->op, size, posted))
				return 0;
		}
		if (take(test, size, done))
			return 0;
		now = clock_ns();
		times_ns[done] = now - times_ns[done];
	}
	return now - begin + 1;
}

/* What is in place is what was written, or read. */
static int check(struct onesided *test, uint64_t size)
{
	if (test->kind->op == HPS_DIRECT_ADD)
		return 0;
	if (test->kind->op == HPS_DIRECT_WRITE &&
	    (post(test, HPS_DIRECT_READ, size, 0) || take(test, size, 0)))
		return -1;
	if (memcmp(test->in, test->out, size))
		return fail("the server's memory is not what it should be");
	memset(test->in, 0, size);
	return 0;
}

/* Return: nanoseconds per operation, 0 after fail(). */
static uint64_t warm_up(struct onesided *test, uint64_t size)
{
	uint64_t begin = clock_ns(), nsec, rounds;

	for (rounds = 1; ; rounds *= 2) {
		nsec = run_batch(test, size, rounds);
		if (!nsec)
			return 0;
		if (clock_ns() - begin >= test->options->warmup_ns)
			return nsec / rounds + 1;
	}
}

/* Return: how many operations, 0 after fail(). */
static uint64_t choose_rounds(struct onesided *test, uint64_t size)
{
	const struct options *options = test->options;
	uint64_t time_ns = options->time_ns ? options->time_ns : TIME_DEFAULT_NS;
	uint64_t each = warm_up(test, size);

	if (!each)
		return 0;
	return options->rounds ? options->rounds : stats_rounds(each, time_ns);
}

static void print_row(uint64_t size, uint64_t rounds, uint64_t nsec, uint64_t start,
		      const struct stats *stats)
{
	out_object_begin(NULL);
	out_u64("size", "%9llu", size);
	out_u64("operations", " %10llu", rounds);
	out_double("start_s", NULL, start / 1e9);
	client_print_rtt(stats);
	out_double("operations_per_s", " %12.1f", rounds * 1e9 / nsec);
	out_double("mbit_per_s", " %11.3f", stats_rate(size * rounds, nsec));
	out_text("\n");
	out_object_end();
}

static int run_size(struct onesided *test, uint64_t size)
{
	uint64_t rounds = choose_rounds(test, size), start = clock_ns(), nsec;
	struct stats stats;

	nsec = rounds ? run_batch(test, size, rounds) : 0;
	if (!nsec || check(test, size))
		return -1;
	stats_of(test->times_ns, rounds, &stats);
	print_row(size, rounds, nsec, start, &stats);
	return 0;
}

static int run_sizes(struct onesided *test, const char *host)
{
	const struct options *options = test->options;
	unsigned int i;
	int err = 0;

	client_print_head(options, test->kind->name, host);
	out_u64("depth", "up to %llu under way\n", options->depth);
	out_text("%9s %10s %13s %13s %13s %12s %11s\n", "bytes", "operations",
		 "median us", "min us", "p99 us", "operations/s", "Mbit/s");
	out_list_begin("results");
	if (test->kind->op == HPS_DIRECT_ADD)
		err = run_size(test, WORD);
	else
		for (i = 0; !err && i < options->size_count; i++)
			err = run_size(test, options->sizes[i]);
	out_list_end();
	return err;
}

/* What this side needs beside the connection. */
static int prepare(struct onesided *test)
{
	struct hps_direct_region sink = {
		.len = test->largest,
		.flags = HPS_DIRECT_SINK,
	};

	if (pingpong_buffers(test->largest, &test->out, &test->in))
		return -1;
	memset(test->in, 0, test->largest);
	sink.addr = (uintptr_t)test->in;
	if (direct_register(test->fd, &sink))
		return -1;
	test->sink = sink.stag;
	return direct_queue_open(&test->queue, test->fd, test->options->depth);
}

/* The server lends its memory. */
static int borrow(struct onesided *test)
{
	const struct perf_want want = {
		.test = test->kind->test,
		.size = test->largest,
	};
	struct perf_region region;

	if (perf_start(test->fd, &want) || perf_recv(test->fd, &region, sizeof(region)))
		return -1;
	if (be64toh(region.size) < test->largest || region.reserved)
		return fail("the server sent a malformed region");
	test->stag = be32toh(region.stag);
	return 0;
}

static int run_on(struct onesided *test, const char *host)
{
	struct perf_result result;
	struct usage client, server;

	if (sock_set_nodelay(test->fd) || prepare(test) || borrow(test))
		return -1;
	usage_now(&client);
	if (run_sizes(test, host))
		return -1;
	usage_since(&client);
	if (shutdown(test->fd, SHUT_WR))
		return fail("cannot end the test: %s", strerror(errno));
	if (client_result(test->fd, &result, &server))
		return -1;
	if (test->options->cpu)
		client_print_cpu(&client, &server);
	return 0;
}

static int run(const struct kind *kind, const struct options *options, const char *host)
{
	struct onesided test = {
		.options = options,
		.kind = kind,
		.largest = kind->op == HPS_DIRECT_ADD ? WORD : options_largest(options),
		.queue.fd = -1,
	};
	int err;

	if (options->sock.proto != SOCK_PROTO_HPS)
		return fail("%s has no one-sided operations, only hps has",
			    sock_proto_name(options->sock.proto));
	if (options->depth > kind->depth_max)
		return fail("%s has up to %u operations under way", kind->name,
			    kind->depth_max);
	test.fd = client_connect(options, host);
	if (test.fd < 0)
		return -1;
	err = run_on(&test, host);
	/* the sink is not written any more when the socket is gone */
	direct_queue_close(&test.queue);
	close(test.fd);
	free(test.times_ns);
	free(test.in);
	free(test.out);
	return err;
}

int onesided_write(const struct options *options, char **args)
{
	static const struct kind kind = {
		"write", PERF_WRITE, HPS_DIRECT_WRITE, HPS_DIRECT_DEPTH,
	};

	return run(&kind, options, args[0]);
}

int onesided_read(const struct options *options, char **args)
{
	static const struct kind kind = {
		"read", PERF_READ, HPS_DIRECT_READ, HPS_DIRECT_REQUESTS,
	};

	return run(&kind, options, args[0]);
}

int onesided_atomic(const struct options *options, char **args)
{
	static const struct kind kind = {
		"atomic", PERF_ATOMIC, HPS_DIRECT_ADD, HPS_DIRECT_REQUESTS,
	};

	return run(&kind, options, args[0]);
}
