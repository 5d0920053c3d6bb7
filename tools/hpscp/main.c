// SPDX-License-Identifier: GPL-2.0
/* hpscp: copies files and parts of files over AF_HPS. The command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "client.h"
#include "common/fail.h"
#include "common/out.h"
#include "common/parse.h"
#include "options.h"
#include "proto.h"
#include "serve.h"

/* Which commands know an option. */
#define GET	1
#define PUT	2
#define SERVE	4
#define CLIENT	(GET | PUT)
#define ANY	(CLIENT | SERVE)

enum long_only {
	OPT_RANGE = 256,
	OPT_PROTO,
	OPT_JSON,
	OPT_BIND,
	OPT_RW,
	OPT_KEY,
	OPT_TIMEOUT,
	OPT_CHECKSUM,
	OPT_DIRECT,
	OPT_MAX_CLIENTS,
};

static const struct option long_options[] = {
	{ "port",	 required_argument, NULL, 'p' },
	{ "quiet",	 no_argument,	    NULL, 'q' },
	{ "times",	 no_argument,	    NULL, 't' },
	{ "help",	 no_argument,	    NULL, 'h' },
	{ "range",	 required_argument, NULL, OPT_RANGE },
	{ "proto",	 required_argument, NULL, OPT_PROTO },
	{ "checksum",	 required_argument, NULL, OPT_CHECKSUM },
	{ "direct",	 no_argument,	    NULL, OPT_DIRECT },
	{ "json",	 no_argument,	    NULL, OPT_JSON },
	{ "bind",	 required_argument, NULL, OPT_BIND },
	{ "rw",		 no_argument,	    NULL, OPT_RW },
	{ "key",	 required_argument, NULL, OPT_KEY },
	{ "timeout",	 required_argument, NULL, OPT_TIMEOUT },
	{ "max-clients", required_argument, NULL, OPT_MAX_CLIENTS },
	{ }
};

static const struct command {
	const char *name;
	unsigned int bit;
	int min_args;
	int max_args;
	int (*run)(const struct options *options, char **args);
} commands[] = {
	{ "get",   GET,   1, 2, client_get },
	{ "put",   PUT,   2, 2, client_put },
	{ "serve", SERVE, 1, 1, serve_run },
};

static void usage(FILE *to)
{
	fputs("usage: hpscp [options] get HOST:PATH [LOCAL]\n"
	      "       hpscp [options] put LOCAL HOST:PATH\n"
	      "       hpscp [options] serve DIR\n"
	      "\n"
	      "  -p, --port PORT        the server's port (18513)\n"
	      "  -4, -6                 only IPv4 or only IPv6\n"
	      "      --proto PROTO      hps (default), tcp or mptcp\n"
	      "      --key FILE         the key that both sides share\n"
	      "      --timeout SECONDS  longest silence of the other side (60)\n"
	      "  -q, --quiet            no progress bar, no report\n"
	      "get and put:\n"
	      "      --range OFF[+LEN]  a part of the remote file; k, M, G, T\n"
	      "  -t, --times            keep the time of the last change\n"
	      "      --checksum NAME    sha256 (default) or poly1305\n"
	      "      --direct           write straight into the receiver's file\n"
	      "      --json             report as JSON\n"
	      "serve:\n"
	      "      --bind ADDR        address to serve (loopback); '*' is all\n"
	      "      --rw               allow put\n"
	      "      --max-clients N    at one time (32)\n", to);
}

static int parse_range(char *text, struct options *options)
{
	char *plus = strchr(text, '+');

	options->part = true;
	options->part_to_end = !plus;
	if (plus) {
		*plus++ = 0;
		if (parse_size(plus, &options->length))
			return -1;
	}
	if (parse_size(text, &options->offset))
		return -1;
	if (options->length > INT64_MAX - options->offset)
		return fail("the range ends beyond what a file can have");
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
	case OPT_KEY:
		options->key_file = optarg;
		return 0;
	case OPT_TIMEOUT:
		if (parse_into(&options->sock.timeout_ms, optarg, "the timeout", 1,
			       86400))
			return -1;
		options->sock.timeout_ms *= 1000;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case OPT_RANGE:
		*known = CLIENT;
		return parse_range(optarg, options);
	case 't':
		*known = CLIENT;
		options->times = true;
		return 0;
	case OPT_CHECKSUM:
		*known = CLIENT;
		options->checksum = checksum_by_name(optarg);
		return options->checksum ? 0 : -1;
	case OPT_DIRECT:
		*known = CLIENT;
		options->direct = true;
		return 0;
	case OPT_JSON:
		*known = CLIENT;
		options->json = true;
		return 0;
	case OPT_BIND:
		*known = SERVE;
		options->bind = optarg;
		return 0;
	case OPT_RW:
		*known = SERVE;
		options->writable = true;
		return 0;
	case OPT_MAX_CLIENTS:
		*known = SERVE;
		return parse_into(&options->max_clients, optarg,
				  "the number of clients", 1, 10000);
	}
	return fail("unknown option (see hpscp --help)");
}

/* Return: the command, or NULL after fail(). */
static const struct command *find_command(const char *name, int args,
					  unsigned int known)
{
	const struct command *command;
	unsigned int i;

	if (!name) {
		fail("say what to do: get, put or serve (see hpscp --help)");
		return NULL;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		command = &commands[i];
		if (strcmp(name, command->name))
			continue;
		if (args >= command->min_args && args <= command->max_args &&
		    known & command->bit)
			return command;
		fail("%s does not take these %s (see hpscp --help)", name,
		     known & command->bit ? "arguments" : "options");
		return NULL;
	}
	fail("'%s' is not a command: get, put or serve", name);
	return NULL;
}

static int run(int argc, char **argv)
{
	struct options options = {
		.sock = { .type = SOCK_STREAM, .timeout_ms = 60000 },
		.port = CP_PORT,
		.checksum = CP_SHA256,
		.max_clients = 32,
	};
	unsigned int known = ANY, knows_this;
	const struct command *command;
	int option;

	while ((option = getopt_long(argc, argv, "p:qth46", long_options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			return 0;
		}
		if (option == '?' || take_option(option, &options, &knows_this))
			return option == '?' ? fail("see hpscp --help") : -1;
		known &= knows_this;
	}
	command = find_command(argv[optind], argc - optind - 1, known);
	if (!command)
		return -1;
	if (options.part && options.times && command->bit == PUT)
		return fail("--times does not go with a part of a file");
	if (options.direct && options.sock.proto != SOCK_PROTO_HPS)
		return fail("%s has no one-sided operations for --direct, only hps has",
			    sock_proto_name(options.sock.proto));
	if (command->bit == SERVE)
		return command->run(&options, argv + optind + 1);

	out_open(options.json);
	if (command->run(&options, argv + optind + 1))
		return -1;
	return options.quiet && !options.json ? 0 : out_close();
}

int main(int argc, char **argv)
{
	if (!run(argc, argv))
		return EXIT_SUCCESS;
	say_error("%s", fail_text());
	return EXIT_FAILURE;
}
