// SPDX-License-Identifier: GPL-2.0
/*
 * hpsperf stream: one-way throughput, measured where the bytes arrive.
 *
 * See meter.c for what is counted there.
 */
#include "stream.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common/clock.h"
#include "common/fail.h"
#include "common/out.h"
#include "common/perf.h"
#include "common/stats.h"
#include "options.h"

#define TIME_DEFAULT_NS	(10 * NSEC_PER_SEC)

/* Between two looks at the clock, which may be a system call: not one per small
 * write, for these are what is measured.
 */
#define CLOCK_BYTES	(16 << 10)

uint64_t stream_time(const struct options *options)
{
	return options->time_ns ? options->time_ns : TIME_DEFAULT_NS;
}

/* Writes for as long as a stream takes. */
static int send_until(int fd, const char *buf, size_t len, uint64_t end)
{
	size_t unseen;

	do
		for (unseen = 0; unseen < CLOCK_BYTES; unseen += len)
			if (perf_send(fd, buf, len))
				return -1;
	while (clock_ns() < end);
	return 0;
}

static int send_bytes(int fd, const char *buf, size_t len, uint64_t left)
{
	for (; left; left -= len) {
		if (left < len)
			len = left;
		if (perf_send(fd, buf, len))
			return -1;
	}
	return 0;
}

int stream_send(int fd, const struct options *options)
{
	uint64_t end = clock_ns() + stream_time(options);
	size_t len = options->write_size;
	char *buf;
	int err;

	buf = malloc(len);
	if (!buf)
		return fail("not enough memory for writes of %zu bytes", len);
	memset(buf, 'h', len);
	err = options->bytes ? send_bytes(fd, buf, len, options->bytes) :
			       send_until(fd, buf, len, end);
	free(buf);
	if (!err && shutdown(fd, SHUT_WR))
		return fail("cannot end the stream: %s", strerror(errno));
	return err;
}

static int print_bins(int fd, const struct options *options, unsigned int count)
{
	unsigned int i;
	__be64 *bins;
	int err;

	if (!count)
		return 0;
	if (count > PERF_BINS_MAX)
		return fail("the server sent a malformed result");
	bins = malloc(count * sizeof(*bins));
	if (!bins)
		return fail("not enough memory for %u intervals", count);
	err = perf_recv(fd, bins, count * sizeof(*bins));
	out_u64("interval_ms", "Mbit/s per %llu ms:", options->interval_ms);
	out_list_begin("intervals_mbit_per_s");
	for (i = 0; !err && i < count; i++)
		out_double(NULL, " %.1f", stats_rate(be64toh(bins[i]),
			   options->interval_ms * NSEC_PER_MSEC));
	out_list_end();
	out_text("\n");
	free(bins);
	return err;
}

static int report(int fd, const struct options *options, const char *host,
		  const struct perf_result *result)
{
	uint64_t steady_nsec = be64toh(result->steady_nsec);
	uint64_t bytes = be64toh(result->bytes);
	uint64_t nsec = be64toh(result->nsec);

	client_print_head(options, "stream", host);
	out_u64("write_size", NULL, options->write_size);
	out_u64("bytes", "%llu bytes", bytes);
	out_double("seconds", " in %.3f s:", nsec / 1e9);
	out_double("mbit_per_s", " %.1f Mbit/s overall", stats_rate(bytes, nsec));
	if (steady_nsec)
		out_double("steady_mbit_per_s", ", %.1f Mbit/s steady",
			   stats_rate(be64toh(result->steady_bytes), steady_nsec));
	else
		out_null("steady_mbit_per_s");
	out_double("longest_gap_ms", ", longest gap %.1f ms",
		   be64toh(result->gap_nsec) / 1e6);
	out_double("server_start_s", NULL, be64toh(result->start_nsec) / 1e9);
	out_text("\n");
	return print_bins(fd, options, be32toh(result->bins));
}

/* Would it last for more intervals than the server counts? */
static bool has_too_many_bins(const struct options *options)
{
	return options->interval_ms && !options->bytes &&
	       stream_time(options) / NSEC_PER_MSEC / options->interval_ms >= PERF_BINS_MAX;
}

static int run_on(int fd, const struct options *options, const char *host)
{
	const struct perf_want want = {
		.test = PERF_STREAM,
		.size = options->write_size,
		.interval_ms = options->interval_ms,
	};
	struct perf_result result;
	struct usage client, server;

	if (has_too_many_bins(options))
		return fail("more than %u intervals: make them longer", PERF_BINS_MAX);
	if ((options->nodelay && sock_set_nodelay(fd)) || perf_start(fd, &want))
		return -1;
	usage_now(&client);
	if (stream_send(fd, options) || client_result(fd, &result, &server))
		return -1;
	usage_since(&client);
	if (options->bytes && be64toh(result.bytes) != options->bytes)
		return fail("the server received %llu bytes of %llu",
			    (unsigned long long)be64toh(result.bytes),
			    (unsigned long long)options->bytes);
	if (report(fd, options, host, &result))
		return -1;
	if (options->cpu)
		client_print_cpu(&client, &server);
	return 0;
}

int stream_run(const struct options *options, char **args)
{
	int err, fd;

	fd = client_connect(options, args[0]);
	if (fd < 0)
		return -1;
	err = run_on(fd, options, args[0]);
	close(fd);
	return err;
}
