// SPDX-License-Identifier: GPL-2.0
/*
 * hpsperf hotspot: many clients of one server at once, each with a connection
 * and round trips of its own: what a server's latency becomes under load.
 */
#include "hotspot.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common/clock.h"
#include "common/fail.h"
#include "common/out.h"
#include "common/stats.h"
#include "crowd.h"
#include "options.h"
#include "pingpong.h"

#define COUNT_DEFAULT	8
#define TIME_DEFAULT_NS	NSEC_PER_SEC
/* of one client and size */
#define SAMPLES_MAX	20000
/* Rounds of one request: a client looks at the clock after them. */
#define BATCH_NS	(10 * NSEC_PER_MSEC)
#define BATCH_MAX	500

/* One size. */
struct hotspot {
	const struct options	*options;
	const char		*host;
	uint64_t		size;
};

/* What one client leaves. */
struct client {
	uint64_t	count;
	uint64_t	nsec;
	struct usage	client;
	struct usage	server;
	uint64_t	rtt_ns[SAMPLES_MAX];
};

static int prepare(const void *arg, unsigned int index)
{
	const struct hotspot *test = arg;
	int fd = client_connect(test->options, test->host);

	(void)index;
	if (fd < 0 || !sock_set_nodelay(fd))
		return fd;
	close(fd);
	return -1;
}

/* Another @rounds of a client. */
static int add_batch(int fd, struct batch *batch, uint64_t rounds, struct client *client)
{
	struct usage client_usage, server_usage;

	batch->rounds = rounds;
	batch->rtt_ns = client->rtt_ns + client->count;
	batch->client = &client_usage;
	batch->server = &server_usage;
	if (pingpong_batch(fd, batch))
		return -1;
	client->count += rounds;
	usage_add(&client->client, &client_usage);
	usage_add(&client->server, &server_usage);
	return 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int run_batches(const struct hotspot *test, int fd, struct batch *batch,
		       struct client *client)
{
	const struct options *options = test->options;
	uint64_t time_ns = options->time_ns ? options->time_ns : TIME_DEFAULT_NS;
	uint64_t max = options->rounds ? options->rounds : SAMPLES_MAX;
	uint64_t begin, rounds;

	/* the others begin, too: all are there before it counts */
	for (begin = clock_ns(); clock_ns() - begin < options->warmup_ns; client->count = 0)
		if (add_batch(fd, batch, 1, client))
			return -1;
	memset(&client->client, 0, sizeof(client->client));
	memset(&client->server, 0, sizeof(client->server));
	begin = clock_ns();
	for (rounds = 1; client->count < max; ) {
		if (add_batch(fd, batch, least(rounds, max - client->count), client))
			return -1;
		client->nsec = clock_ns() - begin;
		if (!options->rounds && client->nsec >= time_ns)
			break;
		rounds = least(BATCH_MAX, 1 + BATCH_NS / (client->nsec / client->count + 1));
	}
	return 0;
}

static int run(const void *arg, unsigned int index, int fd, void *slot)
{
	const struct hotspot *test = arg;
	struct batch batch = { .size = test->size };
	char *out;
	int err;

	(void)index;
	err = pingpong_buffers(test->size, &out, &batch.in);
	batch.out = out;
	if (!err)
		err = run_batches(test, fd, &batch, slot);
	free(batch.in);
	free(out);
	return err;
}

static void print_row(uint64_t size, const struct stats *stats, uint64_t count,
		      double per_second, double fairness)
{
	out_object_begin(NULL);
	out_u64("size", "%9llu", size);
	out_u64("rounds", " %8llu", count);
	out_double("rtt_median_us", " %13.1f", stats->median_ns / 1e3);
	out_double("rtt_min_us", " %13.1f", stats->min_ns / 1e3);
	out_double("rtt_p99_us", " %13.1f", stats->p99_ns / 1e3);
	out_double("rtt_max_us", NULL, stats->max_ns / 1e3);
	out_double("round_trips_per_s", " %13.1f", per_second);
	out_double("fairness", " %9.3f", fairness);
	out_text("\n");
	out_object_end();
}

static int report(uint64_t size, const struct client *clients, unsigned int count)
{
	double rates[CROWD_MAX], per_second = 0;
	uint64_t *all, total = 0;
	struct stats stats;
	unsigned int i;

	all = malloc(count * sizeof(clients->rtt_ns));
	if (!all)
		return fail("not enough memory for %u clients", count);
	for (i = 0; i < count; i++) {
		memcpy(all + total, clients[i].rtt_ns, clients[i].count * sizeof(*all));
		total += clients[i].count;
		rates[i] = clients[i].count * 1e9 / (clients[i].nsec + 1);
		per_second += rates[i];
	}
	stats_of(all, total, &stats);
	print_row(size, &stats, total, per_second, stats_fairness(rates, count));
	free(all);
	return 0;
}

static void add_usage(const struct client *clients, unsigned int count,
		      struct usage *client, struct usage *server)
{
	struct usage clients_now = { 0 }, servers_now = { 0 };
	unsigned int i;

	for (i = 0; i < count; i++) {
		usage_join(&clients_now, &clients[i].client);
		usage_join(&servers_now, &clients[i].server);
	}
	usage_add(client, &clients_now);
	usage_add(server, &servers_now);
}

static int run_size(struct crowd *crowd, uint64_t size, struct usage *client,
		    struct usage *server)
{
	struct client *clients = crowd_run(crowd);
	int err;

	if (!clients)
		return -1;
	err = report(size, clients, crowd->count);
	add_usage(clients, crowd->count, client, server);
	crowd_free(crowd, clients);
	return err;
}

int hotspot_run(const struct options *options, char **args)
{
	struct hotspot test = { .options = options, .host = args[0] };
	struct crowd crowd = {
		.count = options->count ? options->count : COUNT_DEFAULT,
		.slot_size = sizeof(struct client),
		.prepare = prepare, .run = run, .arg = &test,
	};
	struct usage client = { 0 }, server = { 0 };
	unsigned int i;

	if (options->rounds > SAMPLES_MAX)
		return fail("hotspot counts up to %d rounds of each client", SAMPLES_MAX);
	client_print_head(options, "hotspot", args[0]);
	out_u64("clients", "%llu clients at once\n", crowd.count);
	out_text("%9s %8s %13s %13s %13s %13s %9s\n", "bytes", "rounds",
		 "median us", "min us", "p99 us", "rounds/s", "fairness");
	out_list_begin("results");
	for (i = 0; i < options->size_count; i++) {
		test.size = options->sizes[i];
		if (run_size(&crowd, test.size, &client, &server))
			return -1;
	}
	out_list_end();
	if (options->cpu)
		client_print_cpu(&client, &server);
	return 0;
}
