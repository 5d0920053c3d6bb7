// SPDX-License-Identifier: GPL-2.0
/* hpsctl: look at and change what AF_HPS does in this network namespace. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/fail.h"
#include "common/out.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

static const struct object {
	const char *name;
	const struct command *commands;	/* NULL: takes no command */
	int (*run)(int argc, char **argv);
} objects[] = {
	{ "bundle",	bundle_commands,	NULL },
	{ "link",	link_commands,		NULL },
	{ "conn",	conn_commands,		NULL },
	{ "peer",	peer_commands,		NULL },
	{ "acl",	acl_commands,		NULL },
	{ "stats",	stats_commands,		NULL },
	{ "explain",	NULL,			explain_run },
	{ "top",	NULL,			top_run },
	{ "tune",	NULL,			tune_run },
	{ "monitor",	NULL,			monitor_run },
};

#define OBJECTS	(sizeof(objects) / sizeof(objects[0]))

static bool json, pretty, misused;
bool want_statistics;

static void usage(FILE *to)
{
	size_t i;

	fprintf(to, "usage: hpsctl [-s] [-j [-p]] OBJECT [COMMAND [ARGUMENT...]]\n");
	for (i = 0; i < OBJECTS; i++) {
		const struct command *c = objects[i].commands;

		if (!c)
			fprintf(to, "       hpsctl %s\n", objects[i].name);
		for (; c && c->name; c++)
			fprintf(to, "       hpsctl %s %s%s%s\n", objects[i].name,
				c->name, *c->usage ? " " : "", c->usage);
	}
	fprintf(to, "options: -j JSON, -p pretty JSON, -s statistics, -h this help; see hpsctl(8)\n");
}

void command_usage(const struct command *table, const char *object)
{
	for (; table->name; table++)
		fprintf(stderr, "usage: hpsctl %s %s%s%s\n", object, table->name,
			*table->usage ? " " : "", table->usage);
}

int command_run(const struct command *table, const char *object, int argc,
		char **argv)
{
	const struct command *c;

	if (!argc)
		return table->run(0, argv);
	for (c = table; c->name; c++) {
		if (!strcmp(argv[0], c->name) ||
		    (!strcmp(argv[0], "list") && c == table))
			return c->run(argc - 1, argv + 1);
	}
	command_usage(table, object);
	misused = true;
	return fail("%s has no command '%s'", object, argv[0]);
}

static int run(int argc, char **argv)
{
	const struct object *o = NULL;
	size_t i;

	for (i = 0; i < OBJECTS; i++) {
		if (!strcmp(argv[0], objects[i].name))
			o = &objects[i];
	}
	if (!o) {
		usage(stderr);
		misused = true;
		return fail("there is no object '%s'", argv[0]);
	}
	if (nl_open())
		return -1;
	if (json && !pretty)
		out_compact();
	out_open(json);
	if (!o->commands)
		return o->run(argc - 1, argv + 1);
	if (command_run(o->commands, o->name, argc - 1, argv + 1))
		return -1;
	return out_close();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json",	no_argument, NULL, 'j' },
		{ "pretty",	no_argument, NULL, 'p' },
		{ "statistics",	no_argument, NULL, 's' },
		{ "help",	no_argument, NULL, 'h' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "+jpsh", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'p':
			pretty = true;
			break;
		case 's':
			want_statistics = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	option = run(argc - optind, argv + optind);
	nl_close();
	if (option) {
		say_error("%s", fail_text());
		return misused ? 2 : 1;
	}
	return 0;
}
