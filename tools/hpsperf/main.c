// SPDX-License-Identifier: GPL-2.0
/* hpsperf: measures AF_HPS beside TCP and MPTCP. The command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/direct.h"
#include "common/fail.h"
#include "common/out.h"
#include "common/parse.h"
#include "common/perf_proto.h"
#include "crowd.h"
#include "flows.h"
#include "hotspot.h"
#include "onesided.h"
#include "options.h"
#include "pingpong.h"
#include "server.h"
#include "stream.h"

/* Which commands know an option. */
#define PINGPONG	1
#define STREAM		2
#define SERVER		4
#define MULTISTREAM	8
#define HOTSPOT		16
#define FAN		32
#define COPY		64	/* write, read */
#define ATOMIC		128
#define ONESIDED	(COPY | ATOMIC)
#define ROUNDS		(PINGPONG | HOTSPOT | ONESIDED)
#define STREAMS		(STREAM | MULTISTREAM | FAN)
#define CLIENT		(ROUNDS | STREAMS)
#define ANY		(CLIENT | SERVER)

#define MANY		-1

enum long_only {
	OPT_PROTO = 256,
	OPT_SEQPACKET,
	OPT_TIMEOUT,
	OPT_JSON,
	OPT_CPU,
	OPT_BIND,
	OPT_MAX_CLIENTS,
	OPT_SIZES,
	OPT_ROUNDS,
	OPT_TIME,
	OPT_WARMUP,
	OPT_BYTES,
	OPT_WRITE,
	OPT_INTERVAL,
	OPT_NODELAY,
	OPT_EVERY,
	OPT_SAMPLES,
	OPT_POSTED,
	OPT_STREAMS,
	OPT_CLIENTS,
	OPT_DEPTH,
};

static const struct option long_options[] = {
	{ "port",	 required_argument, NULL, 'p' },
	{ "help",	 no_argument,	    NULL, 'h' },
	{ "proto",	 required_argument, NULL, OPT_PROTO },
	{ "seqpacket",	 no_argument,	    NULL, OPT_SEQPACKET },
	{ "timeout",	 required_argument, NULL, OPT_TIMEOUT },
	{ "json",	 no_argument,	    NULL, OPT_JSON },
	{ "cpu",	 no_argument,	    NULL, OPT_CPU },
	{ "bind",	 required_argument, NULL, OPT_BIND },
	{ "max-clients", required_argument, NULL, OPT_MAX_CLIENTS },
	{ "sizes",	 required_argument, NULL, OPT_SIZES },
	{ "rounds",	 required_argument, NULL, OPT_ROUNDS },
	{ "time",	 required_argument, NULL, OPT_TIME },
	{ "warmup",	 required_argument, NULL, OPT_WARMUP },
	{ "bytes",	 required_argument, NULL, OPT_BYTES },
	{ "write",	 required_argument, NULL, OPT_WRITE },
	{ "interval",	 required_argument, NULL, OPT_INTERVAL },
	{ "nodelay",	 no_argument,	    NULL, OPT_NODELAY },
	{ "every",	 required_argument, NULL, OPT_EVERY },
	{ "samples",	 no_argument,	    NULL, OPT_SAMPLES },
	{ "posted",	 no_argument,	    NULL, OPT_POSTED },
	{ "streams",	 required_argument, NULL, OPT_STREAMS },
	{ "clients",	 required_argument, NULL, OPT_CLIENTS },
	{ "depth",	 required_argument, NULL, OPT_DEPTH },
	{ }
};

static const struct command {
	const char *name;
	unsigned int bit;
	int args;
	int (*run)(const struct options *options, char **args);
} commands[] = {
	{ "pingpong",	 PINGPONG,    1,    pingpong_run },
	{ "stream",	 STREAM,      1,    stream_run },
	{ "multistream", MULTISTREAM, 1,    multistream_run },
	{ "hotspot",	 HOTSPOT,     1,    hotspot_run },
	{ "fanout",	 FAN,	      MANY, fanout_run },
	{ "fanin",	 FAN,	      MANY, fanin_run },
	{ "write",	 COPY,	      1,    onesided_write },
	{ "read",	 COPY,	      1,    onesided_read },
	{ "atomic",	 ATOMIC,      1,    onesided_atomic },
	{ "server",	 SERVER,      0,    server_run },
};

#define COMMANDS "server, pingpong, stream, multistream, hotspot, fanout, fanin, " \
		 "write, read or atomic"

static void usage(FILE *to)
{
	fputs("usage: hpsperf [options] server\n"
	      "       hpsperf [options] pingpong HOST\n"
	      "       hpsperf [options] stream HOST\n"
	      "       hpsperf [options] multistream HOST\n"
	      "       hpsperf [options] hotspot HOST\n"
	      "       hpsperf [options] fanout|fanin HOST...\n"
	      "       hpsperf [options] write|read|atomic HOST\n"
	      "\n"
	      "  -p, --port PORT        the server's port (18514)\n"
	      "  -4, -6                 only IPv4 or only IPv6\n"
	      "      --proto PROTO      hps (default), tcp or mptcp\n"
	      "      --seqpacket        message sockets instead of stream sockets\n"
	      "      --timeout SECONDS  longest silence of the other side (120)\n"
	      "server:\n"
	      "      --bind ADDR        address to serve (all)\n"
	      "      --max-clients N    at one time (64)\n"
	      "all tests:\n"
	      "      --json             report as JSON\n"
	      "      --cpu              report the CPU use of both ends\n"
	      "      --time SECONDS     length of a stream (10) or per size (1)\n"
	      "pingpong, hotspot, write, read and atomic:\n"
	      "      --sizes A,B,...    message sizes (4 to 16M; atomic: 8); k, M\n"
	      "      --rounds N         round trips per size (adapted to --time)\n"
	      "      --warmup SECONDS   rounds before these (0.2)\n"
	      "write, read and atomic (one-sided operations of hps):\n"
	      "      --depth N          operations under way at once (1)\n"
	      "pingpong:\n"
	      "      --every MS         a round begins so often (at once)\n"
	      "      --samples          also report every round trip, as JSON\n"
	      "      --posted           receive into memory that is posted (hps)\n"
	      "hotspot:\n"
	      "      --clients N        at once (8)\n"
	      "stream, multistream, fanout and fanin:\n"
	      "      --write SIZE       bytes per write (64k)\n"
	      "      --nodelay          set TCP_NODELAY\n"
	      "multistream, fanout and fanin:\n"
	      "      --streams N        at once (8), or for each host (1)\n"
	      "stream:\n"
	      "      --bytes N          end after so many; k, M, G\n"
	      "      --interval MS      also report the rate in each interval\n", to);
}

static int parse_positive(const char *text, const char *what, uint64_t max,
			  uint64_t *size)
{
	if (parse_size(text, size))
		return -1;
	if (!*size || *size > max)
		return fail("%s '%s' is not from 1 to %llu", what, text,
			    (unsigned long long)max);
	return 0;
}

static int parse_sizes(char *list, struct options *options)
{
	char *size, *rest = list;

	options->size_count = 0;
	while ((size = strsep(&rest, ","))) {
		if (options->size_count == SIZES_MAX)
			return fail("more than %d sizes", SIZES_MAX);
		if (parse_positive(size, "the message size", PERF_SIZE_MAX,
				   &options->sizes[options->size_count]))
			return -1;
		options->size_count++;
	}
	return 0;
}

static int parse_into(unsigned int *number, const char *text, const char *what,
		      unsigned int min, unsigned int max)
{
	uint64_t value;

	if (parse_number(text, what, min, max, &value))
		return -1;
	*number = value;
	return 0;
}

static int parse_time(uint64_t *nsec, const char *text)
{
	double seconds;

	if (parse_seconds(text, &seconds))
		return -1;
	*nsec = seconds * NSEC_PER_SEC;
	return 0;
}

static int take_streams_option(int option, struct options *options,
			       unsigned int *known)
{
	switch (option) {
	case OPT_WRITE:
		*known = STREAMS;
		return parse_positive(optarg, "the write size", PERF_SIZE_MAX,
				      &options->write_size);
	case OPT_NODELAY:
		*known = STREAMS;
		options->nodelay = true;
		return 0;
	case OPT_STREAMS:
		*known = MULTISTREAM | FAN;
		return parse_into(&options->count, optarg, "the number of streams",
				  1, CROWD_MAX);
	case OPT_BYTES:
		*known = STREAM;
		return parse_positive(optarg, "the number of bytes", INT64_MAX,
				      &options->bytes);
	case OPT_INTERVAL:
		*known = STREAM;
		return parse_into(&options->interval_ms, optarg, "the interval", 1,
				  3600000);
	}
	return fail("unknown option (see hpsperf --help)");
}

/* Options of some tests. */
static int take_own_option(int option, struct options *options,
			   unsigned int *known)
{
	unsigned int ms;

	switch (option) {
	case OPT_SIZES:
		*known = ROUNDS & ~ATOMIC;
		return parse_sizes(optarg, options);
	case OPT_ROUNDS:
		*known = ROUNDS;
		return parse_number(optarg, "the number of rounds", 1, 100000000,
				    &options->rounds);
	case OPT_WARMUP:
		*known = ROUNDS;
		return parse_time(&options->warmup_ns, optarg);
	case OPT_EVERY:
		*known = PINGPONG;
		if (parse_into(&ms, optarg, "the time between rounds", 1, 3600000))
			return -1;
		options->every_ns = ms * NSEC_PER_MSEC;
		return 0;
	case OPT_SAMPLES:
		*known = PINGPONG;
		options->samples = true;
		return 0;
	case OPT_POSTED:
		*known = PINGPONG;
		options->posted = true;
		return 0;
	case OPT_DEPTH:
		*known = ONESIDED;
		return parse_into(&options->depth, optarg, "the depth", 1,
				  DIRECT_DEPTH_MAX);
	case OPT_CLIENTS:
		*known = HOTSPOT;
		return parse_into(&options->count, optarg, "the number of clients",
				  1, CROWD_MAX);
	}
	return take_streams_option(option, options, known);
}

/* Options of all tests. */
static int take_test_option(int option, struct options *options,
			    unsigned int *known)
{
	*known = CLIENT;
	switch (option) {
	case OPT_JSON:
		options->json = true;
		return 0;
	case OPT_CPU:
		options->cpu = true;
		return 0;
	case OPT_TIME:
		return parse_time(&options->time_ns, optarg);
	}

	return take_own_option(option, options, known);
}

/* Takes one option; @known becomes the commands that know it. */
static int take_option(int option, struct options *options, unsigned int *known)
{
	*known = ANY;
	switch (option) {
	case 'p':
		return parse_into(&options->port, optarg, "the port", 0, 65535);
	case '4':
	case '6':
		options->sock.family = option == '4' ? AF_INET : AF_INET6;
		return 0;
	case OPT_PROTO:
		return sock_parse_proto(optarg, &options->sock.proto);
	case OPT_SEQPACKET:
		options->sock.type = SOCK_SEQPACKET;
		return 0;
	case OPT_TIMEOUT:
		if (parse_into(&options->sock.timeout_ms, optarg, "the timeout", 1,
			       86400))
			return -1;
		options->sock.timeout_ms *= 1000;
		return 0;
	case OPT_BIND:
		*known = SERVER;
		options->bind = optarg;
		return 0;
	case OPT_MAX_CLIENTS:
		*known = SERVER;
		return parse_into(&options->max_clients, optarg,
				  "the number of clients", 1, 10000);
	}
	return take_test_option(option, options, known);
}

/* Return: the command, or NULL after fail(). */
static const struct command *find_command(const char *name, int args,
					  unsigned int known)
{
	const struct command *command;
	unsigned int i;

	if (!name) {
		fail("say what to do: " COMMANDS " (see hpsperf --help)");
		return NULL;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		command = &commands[i];
		if (strcmp(name, command->name))
			continue;
		if ((args == command->args || (command->args == MANY && args > 0)) &&
		    known & command->bit)
			return command;
		fail("%s does not take these %s (see hpsperf --help)", name,
		     known & command->bit ? "arguments" : "options");
		return NULL;
	}
	fail("'%s' is not a command: " COMMANDS, name);
	return NULL;
}

static int run(int argc, char **argv)
{
	static struct options options = {
		.sock = { .type = SOCK_STREAM, .timeout_ms = 120000 },
		.port = PERF_PORT,
		.bind = "*",
		.max_clients = 64,
		.size_count = 13,
		.sizes = { 4, 16, 64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10,
			   256 << 10, 1 << 20, 2 << 20, 4 << 20, 16 << 20 },
		.warmup_ns = 200 * NSEC_PER_MSEC,
		.depth = 1,
		.write_size = 64 << 10,
	};
	unsigned int known = ANY, knows_this;
	const struct command *command;
	int option;

	while ((option = getopt_long(argc, argv, "p:h46", long_options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			return 0;
		}
		if (option == '?')
			return fail("see hpsperf --help");
		if (take_option(option, &options, &knows_this))
			return -1;
		known &= knows_this;
	}
	command = find_command(argv[optind], argc - optind - 1, known);
	if (!command)
		return -1;
	if (options.bytes && options.time_ns)
		return fail("--bytes and --time exclude each other");
	if (command->bit == SERVER)
		return command->run(&options, argv + optind + 1);

	out_open(options.json);
	if (command->run(&options, argv + optind + 1))
		return -1;
	return out_close();
}

int main(int argc, char **argv)
{
	if (!run(argc, argv))
		return EXIT_SUCCESS;
	say_error("%s", fail_text());
	return EXIT_FAILURE;
}
